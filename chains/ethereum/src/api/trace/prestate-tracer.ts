import type { Hex } from '@ninefold/base';
import { bytesToHex, toQuantity } from '@ninefold/base';
import type { ExecutedTransaction, FrameStart, Step } from '@ninefold/vm-evm';
import { EMPTY_CODE_HASH } from '../../ledger/account.ts';
import { reportTouches } from './touches.ts';
import type { TraceContext, TraceRun } from './trace.ts';
import { wordToHex } from './trace.ts';

export type PrestateTracerConfig = {
  /** Answers what changed, before and after, instead of all that was read. */
  readonly diffMode: boolean;
  readonly disableCode: boolean;
  readonly disableStorage: boolean;
  /** Also lists accounts that were empty. */
  readonly includeEmpty: boolean;
};

type AccountState = {
  readonly balance: bigint;
  readonly nonce: bigint;
  readonly codeHash: Hex;
  readonly code: Hex;
};

const ZERO_WORD = wordToHex(0n);
const DELEGATION_PREFIX = '0xef0100';

/** geth's `prestateTracer`: the accounts and slots a transaction touches, as they were before it. */
export function createPrestateTracer(config: PrestateTracerConfig, context: TraceContext): TraceRun {
  const { view, transaction, block } = context;
  const accounts = new Map<Hex, AccountState | undefined>();
  const storages = new Map<Hex, Map<Hex, Hex>>();

  const lookUp = (address: Hex): AccountState | undefined => {
    if (!accounts.has(address)) accounts.set(address, readAccount(context, address));
    return accounts.get(address);
  };
  const lookUpCode = (address: Hex): void => {
    const code = lookUp(address)?.code;
    // The code that runs for a delegated account is another account's (EIP-7702).
    if (code?.startsWith(DELEGATION_PREFIX) === true && code.length === 48) lookUp(`0x${code.slice(8)}`);
  };
  const lookUpSlot = (address: Hex, slot: Hex): void => {
    lookUp(address);
    let storage = storages.get(address);
    if (storage === undefined) storages.set(address, (storage = new Map()));
    if (!storage.has(slot)) storage.set(slot, view.storage(address, slot) ?? ZERO_WORD);
  };

  lookUp(transaction.from);
  if (transaction.to !== undefined) lookUpCode(transaction.to);
  lookUp(block.coinbase);

  const step = (step: Step): void =>
    reportTouches(step, { slot: lookUpSlot, account: lookUp, callee: lookUpCode });

  const enter = ({ kind, to }: FrameStart): void => {
    if (kind === 'CREATE' || kind === 'CREATE2') lookUp(to);
  };

  const listed = (address: Hex): boolean =>
    config.includeEmpty || (accounts.get(address) !== undefined && !isEmpty(accounts.get(address)));

  const touched = (): unknown => {
    const pre: Record<string, unknown> = {};
    for (const [address, account] of accounts) {
      if (listed(address)) pre[address] = shown(account, storages.get(address) ?? new Map(), config);
    }
    return pre;
  };

  const changed = ({ changes }: ExecutedTransaction): unknown => {
    const pre: Record<string, unknown> = {};
    const post: Record<string, unknown> = {};
    // What changed without being looked up: withdrawals of fees, authorities of delegations.
    for (const address of changes.accounts.keys()) lookUp(address);
    for (const [address, before] of accounts) {
      const change = changes.accounts.get(address);
      if (change === undefined) continue;
      const slots = new Map<Hex, Hex>();
      const after: Record<string, unknown> = {};
      const newSlots: Record<Hex, Hex> = {};
      for (const [slot, value] of change.storage) {
        const old = view.storage(address, slot) ?? ZERO_WORD;
        if (old === value) continue;
        if (old !== ZERO_WORD) slots.set(slot, old);
        if (value !== ZERO_WORD) newSlots[slot] = value;
      }
      const destroyed = change.account === undefined && before !== undefined;
      if (change.account !== undefined) {
        const { balance, nonce, codeHash } = change.account;
        if (balance !== (before?.balance ?? 0n)) after['balance'] = toQuantity(balance);
        if (codeHash !== (before?.codeHash ?? EMPTY_CODE_HASH)) {
          const code = changes.codes.get(codeHash) ?? view.code(codeHash);
          if (!config.disableCode && code.length > 0) after['code'] = bytesToHex(code);
          if (codeHash !== EMPTY_CODE_HASH) after['codeHash'] = codeHash;
        }
        if (nonce !== (before?.nonce ?? 0n)) after['nonce'] = Number(nonce);
      }
      if (!config.disableStorage && Object.keys(newSlots).length > 0) after['storage'] = newSlots;
      const modified = destroyed || slots.size > 0 || Object.keys(after).length > 0;
      if (!modified) continue;
      if (!destroyed) post[address] = after;
      if (before !== undefined && !isEmpty(before)) pre[address] = shown(before, slots, config);
    }
    return { post, pre };
  };

  return { hooks: { step, enter }, result: (outcome) => (config.diffMode ? changed(outcome) : touched()) };
}

// keccak-256 of nothing.

function readAccount({ view }: TraceContext, address: Hex): AccountState | undefined {
  const account = view.account(address);
  if (account === undefined) return undefined;
  const { balance, nonce, codeHash } = account;
  const code = codeHash === EMPTY_CODE_HASH ? '0x' : bytesToHex(view.code(codeHash));
  return { balance, nonce, codeHash, code };
}

function isEmpty(account: AccountState | undefined): boolean {
  return (
    account === undefined ||
    (account.balance === 0n && account.nonce === 0n && account.codeHash === EMPTY_CODE_HASH)
  );
}

function shown(
  account: AccountState | undefined,
  slots: ReadonlyMap<Hex, Hex>,
  config: PrestateTracerConfig,
): Record<string, unknown> {
  const entry: Record<string, unknown> = { balance: toQuantity(account?.balance ?? 0n) };
  if (account !== undefined) {
    if (!config.disableCode && account.code !== '0x') entry['code'] = account.code;
    if (account.codeHash !== EMPTY_CODE_HASH) entry['codeHash'] = account.codeHash;
    if (account.nonce > 0n) entry['nonce'] = Number(account.nonce);
  }
  if (!config.disableStorage && slots.size > 0) {
    entry['storage'] = Object.fromEntries([...slots].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
  return entry;
}
