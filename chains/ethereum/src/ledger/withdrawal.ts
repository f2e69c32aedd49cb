import type { Hex } from '@ninefold/base';
import { bytesToHex } from '@ninefold/base';
import type { RlpValue } from '@ninefold/codec';
import { orderedTrieRoot } from '@ninefold/state';
import type { Field } from '../tx/encode-fields.ts';
import { encodeFields } from '../tx/encode-fields.ts';
import { FieldReader } from '../tx/fields.ts';
import { EMPTY_ROOT } from './header.ts';

/** EIP-4895: ether that comes from the beacon chain. */
export type Withdrawal = {
  readonly index: bigint;
  readonly validatorIndex: bigint;
  readonly address: Hex;
  /** In gwei. */
  readonly amount: bigint;
};

/** Wei in one gwei. */
export const GWEI = 1_000_000_000n;

/** What is encoded of a withdrawal. */
export function withdrawalFields(withdrawal: Withdrawal): Field {
  const { index, validatorIndex, address, amount } = withdrawal;
  return [index, validatorIndex, address, amount];
}

/** @throws `ETH_FIELD_COUNT`, `ETH_INVALID_FIELD` */
export function withdrawalFromRlp(item: RlpValue): Withdrawal {
  const fields = new FieldReader(item, 'withdrawal', 4);
  return {
    index: fields.uint('index', 8),
    validatorIndex: fields.uint('validatorIndex', 8),
    address: fields.hex('address', 20),
    amount: fields.uint('amount', 8),
  };
}

/** What a header's `withdrawalsRoot` commits to. */
export function withdrawalsRoot(withdrawals: readonly Withdrawal[]): Hex {
  if (withdrawals.length === 0) return EMPTY_ROOT;
  return bytesToHex(orderedTrieRoot(withdrawals.map((each) => encodeFields(withdrawalFields(each)))));
}
