import { type Bytes, equalBytes } from '@ninefold/base';
import { addressBytes, deployedFile, PROGRAM, programDataOf } from '@ninefold/vm-svm';
import { LOADER_V3 } from '../spec/addresses.ts';
import { addressKey, type AddressKey } from '../tx/address-key.ts';

type AccountContent = { readonly owner: Bytes; readonly data: Bytes };

const LOADER_V1: Bytes = addressBytes(PROGRAM.loaderV1);
const LOADER_V2: Bytes = addressBytes(PROGRAM.loaderV2);

/** Whether one of the loaders owns the account, so that it can be called. */
export function isLoader(owner: Bytes): boolean {
  return equalBytes(owner, LOADER_V3) || equalBytes(owner, LOADER_V2) || equalBytes(owner, LOADER_V1);
}

/** Where the file of an upgradeable program is; `undefined` when the account is none. */
export function programDataKey(account: AccountContent): AddressKey | undefined {
  const address = programDataOf(account);
  return address === undefined ? undefined : addressKey(address);
}

/**
 * The file of a program's account; `undefined` when there is none, or when it was put there in `slot`
 * itself: it takes effect in the next one.
 */
export function programFileOf(
  account: AccountContent,
  slot: number,
  find: (key: AddressKey) => AccountContent | undefined,
): Bytes | undefined {
  if (!equalBytes(account.owner, LOADER_V3)) return isLoader(account.owner) ? account.data : undefined;
  const key = programDataKey(account);
  const holder = key === undefined ? undefined : find(key);
  const isHolder = holder !== undefined && equalBytes(holder.owner, LOADER_V3);
  return isHolder ? deployedFile(holder.data, BigInt(slot)) : undefined;
}
