import type { Bytes, Hex } from '@ninefold/base';
import type { AccessListEntry, Authorization } from '@ninefold/vm-evm';

// Addresses and hashes are lower-case `0x` hex of full width, quantities `bigint`.

/** The fields every transaction has. */
type Common = {
  readonly nonce: bigint;
  readonly gasLimit: bigint;
  /** `undefined` creates a contract. */
  readonly to: Hex | undefined;
  readonly value: bigint;
  readonly data: Bytes;
};

type FeeMarket = {
  readonly chainId: bigint;
  readonly maxPriorityFeePerGas: bigint;
  readonly maxFeePerGas: bigint;
  readonly accessList: readonly AccessListEntry[];
};

/** The original format; with a `chainId` its signature holds on that chain only (EIP-155). */
export type UnsignedLegacyTransaction = Common & {
  readonly type: 0;
  readonly chainId: bigint | undefined;
  readonly gasPrice: bigint;
};

/** EIP-2930. */
export type UnsignedAccessListTransaction = Common & {
  readonly type: 1;
  readonly chainId: bigint;
  readonly gasPrice: bigint;
  readonly accessList: readonly AccessListEntry[];
};

/** EIP-1559. */
export type UnsignedFeeMarketTransaction = Common & FeeMarket & { readonly type: 2 };

/** EIP-4844, as it is signed and included: without its blobs. Always calls. */
export type UnsignedBlobTransaction = Common &
  FeeMarket & {
    readonly type: 3;
    readonly to: Hex;
    readonly maxFeePerBlobGas: bigint;
    readonly blobVersionedHashes: readonly Hex[];
  };

/** EIP-7702. Always calls. */
export type UnsignedSetCodeTransaction = Common &
  FeeMarket & {
    readonly type: 4;
    readonly to: Hex;
    readonly authorizationList: readonly Authorization[];
  };

export type UnsignedTransaction =
  | UnsignedLegacyTransaction
  | UnsignedAccessListTransaction
  | UnsignedFeeMarketTransaction
  | UnsignedBlobTransaction
  | UnsignedSetCodeTransaction;

/** An ECDSA signature on secp256k1 with the parity of its point. */
export type Signature = { readonly yParity: 0 | 1; readonly r: bigint; readonly s: bigint };

/**
 * `v` is 27 + parity, or 35 + parity + 2 · chain id (EIP-155). Kept as it came: other values are
 * refused by {@link checkTransaction}, not by the decoder, since the rule depends on the fork.
 */
export type LegacySignature = { readonly v: bigint; readonly r: bigint; readonly s: bigint };

export type LegacyTransaction = UnsignedLegacyTransaction & LegacySignature;
export type AccessListTransaction = UnsignedAccessListTransaction & Signature;
export type FeeMarketTransaction = UnsignedFeeMarketTransaction & Signature;
export type BlobTransaction = UnsignedBlobTransaction & Signature;
export type SetCodeTransaction = UnsignedSetCodeTransaction & Signature;

/** A transaction as blocks carry it. Immutable: hash, encoding and sender are remembered by identity. */
export type SignedTransaction =
  | LegacyTransaction
  | AccessListTransaction
  | FeeMarketTransaction
  | BlobTransaction
  | SetCodeTransaction;

export type TransactionType = SignedTransaction['type'];
