import { type Bytes, equalBytes } from '@ninefold/base';
import { durableNonceOf, NONCE_BYTES, readNonce } from '@ninefold/vm-svm';
import { LAMPORTS_PER_SIGNATURE } from '../spec/fees.ts';
import { SYSTEM_PROGRAM } from '../spec/addresses.ts';
import type { AccountList } from '../tx/account-list.ts';
import type { Message } from '../tx/message.ts';
import type { Account } from './account.ts';

/** The system instruction that a transaction starts with whose blockhash is a stored nonce. */
const ADVANCE_NONCE = 4;

const CURRENT_VERSION = 1;

/** Where a transaction's nonce is stored, and the account as it will be once it is used up. */
export type UsedNonce = { readonly index: number; readonly advanced: Account };

/** What nonce accounts say of themselves: initialized, and not of the first version. */
function currentNonce(account: Account): ReturnType<typeof readNonce> {
  if (!equalBytes(account.owner, SYSTEM_PROGRAM)) return undefined;
  const stored = readNonce(account.data);
  return stored?.version === CURRENT_VERSION ? stored : undefined;
}

/** Whether an account is an initialized nonce account of the system program, of any version. */
export function isNonceAccount({ owner, data }: Account): boolean {
  if (data.length !== NONCE_BYTES || !equalBytes(owner, SYSTEM_PROGRAM)) return false;
  return readNonce(data)?.nonce !== undefined;
}

/** The account with `durableNonce` and today's fee in it. */
function advance(account: Account, durableNonce: Bytes): Account {
  const data = account.data.slice();
  data.set(durableNonce, 40);
  new DataView(data.buffer).setBigUint64(72, LAMPORTS_PER_SIGNATURE, true);
  return { ...account, data };
}

/**
 * The nonce that stands in for a recent blockhash: the first instruction advances it, its account is
 * one of the message's own and writable, it holds the message's blockhash, and its authority signs.
 *
 * @param latest the newest blockhash, to which the nonce is advanced
 */
export function usedNonce(
  message: Message,
  list: AccountList,
  latest: Bytes,
  accountAt: (index: number) => Account | undefined,
): UsedNonce | undefined {
  const [first] = message.instructions;
  const index = first?.accounts[0];
  if (first === undefined || index === undefined || first.data.length < 4) return undefined;
  const { data } = first;
  const tag = new DataView(data.buffer, data.byteOffset, 4).getUint32(0, true);
  const isSystem = equalBytes(list.addresses[first.program] as Bytes, SYSTEM_PROGRAM);
  if (!isSystem || tag !== ADVANCE_NONCE) return undefined;
  if (list.isWritable[index] !== true || index >= message.keys.length) return undefined;
  const account = accountAt(index);
  const nonce = account === undefined ? undefined : currentNonce(account)?.nonce;
  if (account === undefined || nonce === undefined) return undefined;
  const next = durableNonceOf(latest);
  // One advance for each blockhash: what would come out must not be what is there.
  if (equalBytes(next, message.blockhash) || !equalBytes(nonce.durableNonce, message.blockhash))
    return undefined;
  const isAuthorized = first.accounts.some(
    (at) => at < list.signers && equalBytes(list.addresses[at] as Bytes, nonce.authority),
  );
  return isAuthorized ? { index, advanced: advance(account, next) } : undefined;
}
