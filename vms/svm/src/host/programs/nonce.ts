import { type Bytes, concatBytes, equalBytes, utf8ToBytes } from '@ninefold/base';
import { sha256 } from '@ninefold/crypto';
import { SYSVAR } from '../../spec/addresses.ts';
import type { BorrowedAccount } from '../accounts.ts';
import { toBase58 } from '../base58.ts';
import { customFailure, InstructionFailure } from '../failure.ts';
import type { InstructionContext } from '../invoke.ts';
import { minimumBalance, requireSysvar } from './sysvars.ts';

// Nonce accounts: a stored hash that stands in for a recent blockhash until it is advanced.

/** Bytes of a nonce account's state. */
export const NONCE_BYTES = 80;

const NO_RECENT_BLOCKHASHES = 6;
const BLOCKHASH_NOT_EXPIRED = 7;

const VERSION = { legacy: 0, current: 1 } as const;
const STATE = { uninitialized: 0, initialized: 1 } as const;

const PREFIX: Bytes = utf8ToBytes('DURABLE_NONCE');

/** An initialized nonce account. */
export type Nonce = {
  readonly authority: Bytes;
  readonly durableNonce: Bytes;
  readonly lamportsPerSignature: bigint;
};

type Stored = { readonly version: number; readonly nonce: Nonce | undefined };

/** What a blockhash is stored as. */
export function durableNonceOf(blockhash: Bytes): Bytes {
  return sha256(concatBytes(PREFIX, blockhash));
}

/** The state in an account's data; `undefined` when it is none. */
export function readNonce(data: Bytes): Stored | undefined {
  if (data.length < 8) return undefined;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const version = view.getUint32(0, true);
  const state = view.getUint32(4, true);
  if (version > VERSION.current || state > STATE.initialized) return undefined;
  if (state === STATE.uninitialized) return { version, nonce: undefined };
  if (data.length < NONCE_BYTES) return undefined;
  const nonce = {
    authority: data.slice(8, 40),
    durableNonce: data.slice(40, 72),
    lamportsPerSignature: view.getBigUint64(72, true),
  };
  return { version, nonce };
}

function store(account: BorrowedAccount, nonce: Nonce | undefined): void {
  const data = account.state.data.slice();
  if (data.length < (nonce === undefined ? 8 : NONCE_BYTES))
    throw new InstructionFailure('AccountDataTooSmall');
  const view = new DataView(data.buffer);
  view.setUint32(0, VERSION.current, true);
  view.setUint32(4, nonce === undefined ? STATE.uninitialized : STATE.initialized, true);
  if (nonce !== undefined) {
    data.set(nonce.authority, 8);
    data.set(nonce.durableNonce, 40);
    view.setBigUint64(72, nonce.lamportsPerSignature, true);
  }
  account.setData(data);
}

function stateOf(account: BorrowedAccount): Stored {
  const stored = readNonce(account.state.data);
  if (stored === undefined) throw new InstructionFailure('InvalidAccountData');
  return stored;
}

/** Says in the log what is wrong with an action on an account, and fails. */
function refuse(context: InstructionContext, text: string, failure: InstructionFailure): never {
  context.log(text);
  throw failure;
}

function requireBlockhashes(context: InstructionContext, position: number, action: string): void {
  requireSysvar(context, position, SYSVAR.recentBlockhashes);
  if (context.invoker.setup.transaction.environment.blockhash !== undefined) return;
  refuse(
    context,
    `${action} nonce account: recent blockhash list is empty`,
    customFailure(NO_RECENT_BLOCKHASHES),
  );
}

function requireWritable(context: InstructionContext, account: BorrowedAccount, action: string): void {
  if (account.isWritable) return;
  const text = `${action} nonce account: Account ${toBase58(account.state.key)} must be writeable`;
  refuse(context, text, new InstructionFailure('InvalidArgument'));
}

const isSigned = (context: InstructionContext, key: Bytes): boolean =>
  context.instruction.accounts.some(
    ({ isSigner }, i) => isSigner && equalBytes(context.account(i).state.key, key),
  );

function invalidState(context: InstructionContext, account: BorrowedAccount, action: string): never {
  const text = `${action} nonce account: Account ${toBase58(account.state.key)} state is invalid`;
  return refuse(context, text, new InstructionFailure('InvalidAccountData'));
}

function currentNonce(context: InstructionContext): Pick<Nonce, 'durableNonce' | 'lamportsPerSignature'> {
  const { blockhash, lamportsPerSignature } = context.invoker.setup.transaction.environment;
  return {
    durableNonce: durableNonceOf(blockhash ?? new Uint8Array(32)),
    lamportsPerSignature: lamportsPerSignature ?? 0n,
  };
}

/** AdvanceNonceAccount: stores the latest blockhash, once for each. */
export function advanceNonce(context: InstructionContext): void {
  const account = context.account(0);
  requireBlockhashes(context, 1, 'Advance');
  requireWritable(context, account, 'Advance');
  const { nonce } = stateOf(account);
  if (nonce === undefined) return invalidState(context, account, 'Advance');
  if (!isSigned(context, nonce.authority)) {
    const text = `Advance nonce account: Account ${toBase58(nonce.authority)} must be a signer`;
    refuse(context, text, new InstructionFailure('MissingRequiredSignature'));
  }
  const next = currentNonce(context);
  if (equalBytes(nonce.durableNonce, next.durableNonce)) {
    const text = 'Advance nonce account: nonce can only advance once per slot';
    refuse(context, text, customFailure(BLOCKHASH_NOT_EXPIRED));
  }
  store(account, { ...next, authority: nonce.authority });
}

/** WithdrawNonceAccount: takes lamports out; all of them empty the account. */
export function withdrawNonce(context: InstructionContext, lamports: bigint): void {
  requireSysvar(context, 2, SYSVAR.recentBlockhashes);
  requireSysvar(context, 3, SYSVAR.rent);
  const from = context.account(0);
  requireWritable(context, from, 'Withdraw');
  const { nonce } = stateOf(from);
  const available = from.state.lamports;
  const requireFunds = (needed: bigint): void => {
    if (needed <= available) return;
    const text = `Withdraw nonce account: insufficient lamports ${available}, need ${needed}`;
    refuse(context, text, new InstructionFailure('InsufficientFunds'));
  };
  if (nonce === undefined) requireFunds(lamports);
  else if (lamports === available) {
    if (equalBytes(nonce.durableNonce, currentNonce(context).durableNonce)) {
      const text = 'Withdraw nonce account: nonce can only advance once per slot';
      refuse(context, text, customFailure(BLOCKHASH_NOT_EXPIRED));
    }
    store(from, undefined);
  } else requireFunds(lamports + minimumBalance(context, from.state.data.length));
  const signer = nonce?.authority ?? from.state.key;
  if (!isSigned(context, signer)) {
    const text = `Withdraw nonce account: Account ${toBase58(signer)} must sign`;
    refuse(context, text, new InstructionFailure('MissingRequiredSignature'));
  }
  from.setLamports(from.state.lamports - lamports);
  const to = context.account(1);
  to.setLamports(to.state.lamports + lamports);
}

/** InitializeNonceAccount: makes an empty account a nonce account. */
export function initializeNonce(context: InstructionContext, authority: Bytes): void {
  const account = context.account(0);
  requireBlockhashes(context, 1, 'Initialize');
  requireSysvar(context, 2, SYSVAR.rent);
  requireWritable(context, account, 'Initialize');
  if (stateOf(account).nonce !== undefined) return invalidState(context, account, 'Initialize');
  const needed = minimumBalance(context, account.state.data.length);
  if (account.state.lamports < needed) {
    const text = `Initialize nonce account: insufficient lamports ${account.state.lamports}, need ${needed}`;
    refuse(context, text, new InstructionFailure('InsufficientFunds'));
  }
  store(account, { ...currentNonce(context), authority });
}

/** AuthorizeNonceAccount: hands the account to another authority. */
export function authorizeNonce(context: InstructionContext, authority: Bytes): void {
  const account = context.account(0);
  requireWritable(context, account, 'Authorize');
  const { nonce } = stateOf(account);
  if (nonce === undefined) return invalidState(context, account, 'Authorize');
  if (!isSigned(context, nonce.authority)) {
    const text = `Authorize nonce account: Account ${toBase58(nonce.authority)} must sign`;
    refuse(context, text, new InstructionFailure('MissingRequiredSignature'));
  }
  store(account, { ...nonce, authority });
}

/** UpgradeNonceAccount: takes an account of the first version over, once. */
export function upgradeNonce(context: InstructionContext): void {
  const account = context.account(0);
  if (!account.isOwned()) throw new InstructionFailure('InvalidAccountOwner');
  if (!account.isWritable) throw new InstructionFailure('InvalidArgument');
  const { version, nonce } = stateOf(account);
  if (version !== VERSION.legacy || nonce === undefined) throw new InstructionFailure('InvalidArgument');
  // Once the domain of stored hashes was separated from that of blockhashes.
  store(account, { ...nonce, durableNonce: durableNonceOf(nonce.durableNonce) });
}
