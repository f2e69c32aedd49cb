import type { Bytes, Hex } from '@ninefold/base';
import { bytesToHex } from '@ninefold/base';
import { ethereumAddress, secp256k1 } from '@ninefold/crypto';
import type { Authorization } from '@ninefold/vm-evm';
import { hashFields } from './encode-fields.ts';

/** What is signed: use the code of `address` for my account, as long as its nonce is `nonce`. */
export type UnsignedAuthorization = Pick<Authorization, 'chainId' | 'address' | 'nonce'>;

/** EIP-7702: sets authorizations apart from everything else that is signed. */
const MAGIC = 0x05;

/** The 32 bytes that are signed for an authorization. */
export function authorizationHash({ chainId, address, nonce }: UnsignedAuthorization): Bytes {
  return hashFields([chainId, address, nonce], MAGIC);
}

/**
 * @param privateKey 32 bytes, of the account that is to run the code
 * @throws `CRYPTO_INVALID_PRIVATE_KEY`
 */
export function signAuthorization(authorization: UnsignedAuthorization, privateKey: Bytes): Authorization {
  const { chainId, address, nonce } = authorization;
  return { chainId, address, nonce, ...secp256k1.sign(authorizationHash(authorization), privateKey) };
}

/**
 * The account an authorization speaks for; `undefined` when its signature is no good, in which case
 * it has no effect.
 */
export function authorityOf(authorization: Authorization): Hex | undefined {
  const { yParity, r, s } = authorization;
  if (yParity > 1 || s > secp256k1.HALF_N) return undefined;
  const key = secp256k1.recover(authorizationHash(authorization), r, s, yParity);
  return key === undefined ? undefined : bytesToHex(ethereumAddress(key));
}
