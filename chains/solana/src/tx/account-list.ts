import type { Bytes } from '@ninefold/base';
import { addressBytes } from '@ninefold/vm-svm';
import { LOADER_V3, RESERVED_ADDRESSES } from '../spec/addresses.ts';
import { addressKey, type AddressKey } from './address-key.ts';
import type { LookedUpKeys } from './lookup-table.ts';
import type { Message } from './message.ts';

/** The accounts of a transaction: its own keys, then writable and read-only ones from tables. */
export type AccountList = {
  readonly addresses: readonly Bytes[];
  readonly keys: readonly AddressKey[];
  /** The first so many keys sign. */
  readonly signers: number;
  /** By position: what the transaction may write to, after reserved and called keys are taken out. */
  readonly isWritable: readonly boolean[];
};

const RESERVED: ReadonlySet<AddressKey> = new Set(
  RESERVED_ADDRESSES.map((text) => addressKey(addressBytes(text))),
);
/** Whether no transaction may write to an account, whatever it says. */
export const isReserved = (key: AddressKey): boolean => RESERVED.has(key);

const LOADER_V3_KEY: AddressKey = addressKey(LOADER_V3);

const NO_LOOKUPS: LookedUpKeys = { writable: [], readonly: [] };

/** Whether a message's instruction calls the account at `index`. */
function isCalled({ instructions }: Message, index: number): boolean {
  for (const { program } of instructions) if (program === index) return true;
  return false;
}

/** Lists the accounts of `message`, whose lookups stand for `lookedUp`. */
export function listAccounts(message: Message, lookedUp: LookedUpKeys = NO_LOOKUPS): AccountList {
  const { header } = message;
  const own = message.keys.length;
  const addresses =
    lookedUp === NO_LOOKUPS ? message.keys : [...message.keys, ...lookedUp.writable, ...lookedUp.readonly];
  const keys = addresses.map(addressKey);
  const signers = header.signatures;
  const firstReadonlySigned = signers - header.readonlySigned;
  const firstReadonlyUnsigned = own - header.readonlyUnsigned;
  const firstReadonlyLookedUp = own + lookedUp.writable.length;
  const isAsked = (index: number): boolean => {
    if (index < signers) return index < firstReadonlySigned;
    if (index < own) return index < firstReadonlyUnsigned;
    return index < firstReadonlyLookedUp;
  };
  // Programs that are called cannot change, unless their loader takes part.
  const mayWriteCalled = keys.includes(LOADER_V3_KEY);
  const isWritable = keys.map(
    (key, index) => isAsked(index) && !RESERVED.has(key) && (mayWriteCalled || !isCalled(message, index)),
  );
  return { addresses, keys, signers, isWritable };
}
