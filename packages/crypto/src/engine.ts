import type { Bytes } from '@ninefold/base';

/** An ECDSA signature over secp256k1, with the parity of the point whose x is `r`. */
export type Secp256k1Signature = {
  readonly r: bigint;
  readonly s: bigint;
  readonly yParity: 0 | 1;
};

/**
 * The functions another implementation may take over, for example a native addon. Arguments are
 * checked before an engine sees them, as each function says; results are those of the public
 * function of the same name, in every case: consensus depends on it.
 */
export type CryptoEngine = {
  /** `secp256k1.sign`: hash and key have 32 bytes; undefined when the key is out of range. */
  readonly secp256k1Sign: (hash: Bytes, privateKey: Bytes) => Secp256k1Signature | undefined;
  /** `secp256k1.recover`: hash has 32 bytes, 0 < r, s < n, recovery id 0 to 3. */
  readonly secp256k1Recover: (hash: Bytes, r: bigint, s: bigint, recoveryId: number) => Bytes | undefined;
  /** `secp256k1.publicKey`: key has 32 bytes; undefined when it is out of range. */
  readonly secp256k1PublicKey: (privateKey: Bytes) => Bytes | undefined;
  /** `secp256k1.verify`: hash has 32, key 64 bytes, 0 < r < n, 0 < s <= n/2. */
  readonly secp256k1Verify: (hash: Bytes, r: bigint, s: bigint, publicKey: Bytes) => boolean;
  /** `secp256k1.verifySec1`: hash has 32, signature 64, key 33 or 65 bytes. */
  readonly secp256k1VerifySec1: (hash: Bytes, compact: Bytes, publicKey: Bytes) => boolean;
  /** `schnorr.verify`: key has 32, signature 64 bytes. */
  readonly schnorrVerify: (message: Bytes, signature: Bytes, publicKey: Bytes) => boolean;
  /** `verifyEd25519`: signature has 64, key 32 bytes; the strict rule. */
  readonly ed25519Verify: (signature: Bytes, message: Bytes, key: Bytes) => boolean;
  /** `p256Verify`: input of 160 bytes. */
  readonly p256Verify: (input: Bytes) => boolean;
  /** Input of 128 bytes. */
  readonly bn254Add: (input: Bytes) => Bytes | undefined;
  /** Input of 96 bytes. */
  readonly bn254Mul: (input: Bytes) => Bytes | undefined;
  /** Input of any multiple of 192 bytes. */
  readonly bn254Pairing: (input: Bytes) => boolean | undefined;
  /** Input of 256 bytes. */
  readonly bls12G1Add: (input: Bytes) => Bytes | undefined;
  /** Input of a positive multiple of 160 bytes. */
  readonly bls12G1Msm: (input: Bytes) => Bytes | undefined;
  /** Input of 512 bytes. */
  readonly bls12G2Add: (input: Bytes) => Bytes | undefined;
  /** Input of a positive multiple of 288 bytes. */
  readonly bls12G2Msm: (input: Bytes) => Bytes | undefined;
  /** Input of a positive multiple of 384 bytes. */
  readonly bls12Pairing: (input: Bytes) => boolean | undefined;
  /** Input of 64 bytes. */
  readonly bls12MapFpToG1: (input: Bytes) => Bytes | undefined;
  /** Input of 128 bytes. */
  readonly bls12MapFp2ToG2: (input: Bytes) => Bytes | undefined;
};

/** Only what was replaced: each function's default stands beside it, and bundlers drop the unused. */
let overrides: Partial<CryptoEngine> = {};

/**
 * Replaces some functions of this package by others, for all callers. Returns the way back.
 *
 * @example
 * const restore = useCryptoEngine({ secp256k1Recover: native.recover });
 */
export function useCryptoEngine(functions: Partial<CryptoEngine>): () => void {
  const before = overrides;
  overrides = { ...before, ...functions };
  return () => {
    overrides = before;
  };
}

/** What stands in for `name`'s default, if anything. */
export function overrideOf<Name extends keyof CryptoEngine>(name: Name): CryptoEngine[Name] | undefined {
  return overrides[name];
}
