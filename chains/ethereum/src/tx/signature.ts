import type { Bytes, Hex } from '@ninefold/base';
import { bytesToHex, defineErrors } from '@ninefold/base';
import { ethereumAddress, secp256k1 } from '@ninefold/crypto';
import type { ForkName } from '@ninefold/vm-evm';
import { isAtLeast } from '@ninefold/vm-evm';
import { memoOf } from './memo.ts';
import { signingHash } from './transaction.ts';
import type { LegacySignature, Signature, SignedTransaction, UnsignedTransaction } from './types.ts';

const fail = defineErrors({
  TX_INVALID_SIGNATURE: (c: {
    readonly problem: 'v' | 'r' | 's' | 'high-s' | 'replay-protection' | 'no-key';
  }) => `The transaction's signature is not valid: ${c.problem}`,
  TX_CHAIN_ID_MISMATCH: (c: { readonly actual: bigint | undefined; readonly expected: bigint }) =>
    `The transaction is signed for chain ${c.actual}, this is chain ${c.expected}`,
});

/** The address a private key signs for. */
export function addressOf(privateKey: Bytes): Hex {
  return bytesToHex(ethereumAddress(secp256k1.publicKey(privateKey)));
}

/**
 * Signs a transaction with the nonce of RFC 6979: equal input gives equal signatures.
 *
 * @param privateKey 32 bytes
 * @param sender the key's address, where it is known: then it need not be recovered
 * @throws `CRYPTO_INVALID_PRIVATE_KEY`
 * @example encodeTransaction(signTransaction(unsigned, privateKey)) // for eth_sendRawTransaction
 */
export function signTransaction(
  transaction: UnsignedTransaction,
  privateKey: Bytes,
  sender?: Hex,
): SignedTransaction {
  const signed = withSignature(transaction, secp256k1.sign(signingHash(transaction), privateKey));
  if (sender !== undefined) memoOf(signed).sender = sender;
  return signed;
}

/** The transaction with a signature made elsewhere; a legacy one gets the `v` that says its chain id. */
export function withSignature(
  transaction: UnsignedTransaction,
  { yParity, r, s }: Signature,
): SignedTransaction {
  if (transaction.type !== 0) return { ...transaction, yParity, r, s };
  const { chainId } = transaction;
  const v = chainId === undefined ? 27n + BigInt(yParity) : 35n + 2n * chainId + BigInt(yParity);
  return { ...transaction, v, r, s };
}

/**
 * A transaction of an account whose key nobody here has, as development nodes allow: its signature
 * repeats the sender's address. A real signature cannot look like that (r and s equal and below
 * 2^160 would take 2^96 attempts), so such transactions are recognised wherever they turn up, but
 * only {@link senderOf} with `allowImpersonation` accepts them.
 */
export function impersonate(transaction: UnsignedTransaction, sender: Hex): SignedTransaction {
  const mark = BigInt(sender);
  const signed = withSignature(transaction, { yParity: 0, r: mark, s: mark });
  memoOf(signed).sender = sender;
  return signed;
}

/** Whether {@link impersonate} made this transaction. */
export function isImpersonated({ r, s }: SignedTransaction): boolean {
  return r === s && r < 1n << 160n;
}

/**
 * The account that signed; recovered once per transaction. Says nothing about the rules of a fork:
 * see {@link checkSignature}.
 *
 * @throws `TX_INVALID_SIGNATURE`
 */
export function senderOf(transaction: SignedTransaction, allowImpersonation = false): Hex {
  const memo = memoOf(transaction);
  if (memo.sender === undefined) {
    memo.sender =
      allowImpersonation && isImpersonated(transaction)
        ? `0x${transaction.r.toString(16).padStart(40, '0')}`
        : recoverSender(transaction);
  }
  return memo.sender;
}

function recoverSender(transaction: SignedTransaction): Hex {
  const { r, s } = transaction;
  const key = secp256k1.recover(signingHash(transaction), r, s, yParityOf(transaction));
  if (key === undefined) throw fail('TX_INVALID_SIGNATURE', { problem: 'no-key' });
  return bytesToHex(ethereumAddress(key));
}

/**
 * The parity of the signature's point.
 *
 * @throws `TX_INVALID_SIGNATURE` when a legacy `v` stands for none
 */
export function yParityOf(transaction: Signature | LegacySignature): 0 | 1 {
  if ('yParity' in transaction) return transaction.yParity;
  const { v } = transaction;
  if (v < 27n || (v > 28n && v < 35n)) throw fail('TX_INVALID_SIGNATURE', { problem: 'v' });
  // 27 and 35 are the even ones of their kinds.
  return (v & 1n) === 1n ? 0 : 1;
}

/**
 * The rules a signature has to keep in `fork` on chain `chainId`, whoever signed: chain id (EIP-155,
 * from Spurious Dragon on), ranges, and low `s` (EIP-2, from Homestead on).
 *
 * @throws `TX_CHAIN_ID_MISMATCH`, `TX_INVALID_SIGNATURE`
 */
export function checkSignature(transaction: SignedTransaction, fork: ForkName, chainId: bigint): void {
  const { r, s } = transaction;
  if (transaction.type !== 0) {
    if (transaction.chainId !== chainId) {
      throw fail('TX_CHAIN_ID_MISMATCH', { actual: transaction.chainId, expected: chainId });
    }
  } else if (transaction.v !== 27n && transaction.v !== 28n) {
    // 0 and 1 speak of no chain, as the parity of a typed transaction does not.
    if (!isAtLeast(fork, 'spuriousDragon') || transaction.v < 2n)
      throw fail('TX_INVALID_SIGNATURE', { problem: 'v' });
    if (transaction.chainId !== chainId) {
      throw fail('TX_CHAIN_ID_MISMATCH', { actual: transaction.chainId, expected: chainId });
    }
  }
  if (r <= 0n || r >= secp256k1.N) throw fail('TX_INVALID_SIGNATURE', { problem: 'r' });
  if (s <= 0n || s >= secp256k1.N) throw fail('TX_INVALID_SIGNATURE', { problem: 's' });
  if (s > secp256k1.HALF_N && isAtLeast(fork, 'homestead')) {
    throw fail('TX_INVALID_SIGNATURE', { problem: 'high-s' });
  }
}
