import { bytesToHex } from '@ninefold/base';
import type { Hex } from '@ninefold/base';
import * as fc from 'fast-check';
import type { SignedTransaction } from '../../src/tx/types.ts';

export const u64: fc.Arbitrary<bigint> = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
export const u256: fc.Arbitrary<bigint> = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n });
export const hex = (length: number): fc.Arbitrary<Hex> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map(bytesToHex);
export const address: fc.Arbitrary<Hex> = hex(20);
export const word: fc.Arbitrary<Hex> = hex(32);

const plain = { noNullPrototype: true } as const;
const data = fc.uint8Array({ maxLength: 80 });
const bit = fc.constantFrom<0 | 1>(0, 1);
const accessList = fc.array(fc.record({ address, storageKeys: fc.array(word, { maxLength: 3 }) }, plain), {
  maxLength: 3,
});
const authorization = fc.record(
  { chainId: u256, address, nonce: u64, yParity: fc.nat(255), r: u256, s: u256 },
  plain,
);

const common = { nonce: u64, gasLimit: u64, value: u256, data, r: u256, s: u256 };
const receiver = fc.option(address, { nil: undefined });
const typed = { chainId: u256, accessList, yParity: bit };
const fees = { maxPriorityFeePerGas: u256, maxFeePerGas: u256 };

const legacy = fc.record({ ...common, to: receiver, gasPrice: u256, v: u256 }, plain).map((fields) => ({
  type: 0 as const,
  chainId: fields.v >= 35n ? (fields.v - 35n) / 2n : undefined,
  ...fields,
}));

/** Every shape of transaction the decoder may give, whether or not it could ever be executed. */
export const transactions: fc.Arbitrary<SignedTransaction> = fc.oneof(
  legacy,
  fc.record({ type: fc.constant(1 as const), ...common, ...typed, to: receiver, gasPrice: u256 }, plain),
  fc.record({ type: fc.constant(2 as const), ...common, ...typed, ...fees, to: receiver }, plain),
  fc.record(
    {
      type: fc.constant(3 as const),
      ...common,
      ...typed,
      ...fees,
      to: address,
      maxFeePerBlobGas: u256,
      blobVersionedHashes: fc.array(word, { maxLength: 3 }),
    },
    plain,
  ),
  fc.record(
    {
      type: fc.constant(4 as const),
      ...common,
      ...typed,
      ...fees,
      to: address,
      authorizationList: fc.array(authorization, { maxLength: 3 }),
    },
    plain,
  ),
);
