import type { Bytes, Hex } from '@ninefold/base';
import { bytesToHex, EMPTY_BYTES } from '@ninefold/base';
import { notFound } from '@ninefold/studio-api';
import type { Account, Evm, ExecutedTransaction, ForkName, RecordedRun, Transaction } from '@ninefold/vm-evm';
import { createRecording } from '@ninefold/vm-evm';
import type { Placed } from '../api/lookup.ts';
import { findTransaction } from '../api/lookup.ts';
import { createDeadline } from '../api/execution.ts';
import { traceTransaction } from '../api/trace/run.ts';
import { EMPTY_CODE_HASH } from '../ledger/account.ts';
import type { EthereumNode } from '../node.ts';

/** What an account or slot held before a transaction. */
export type Before = {
  readonly account: (address: Hex) => Account | undefined;
  readonly storage: (address: Hex, slot: Hex) => Hex;
  readonly code: (codeHash: Hex) => Bytes;
};

/** A transaction that was executed once more, to be looked at. */
export type Replay = {
  readonly placed: Placed;
  readonly run: RecordedRun;
  readonly outcome: ExecutedTransaction;
  readonly transaction: Transaction;
  readonly evm: Evm;
  readonly fork: ForkName;
  readonly before: Before;
  /** Time it took. */
  readonly ms: number;
};

const ZERO_WORD: Hex = `0x${'00'.repeat(32)}`;

/** Replays without steps that are kept: pages of one transaction ask for the same one several times. */
const KEPT_REPLAYS = 32;
const KEPT_FULL_REPLAYS = 2;

/** A recording may take this long. */
export const RECORD_TIMEOUT_MS = 60_000;

/** Executes transactions of the chain again and keeps what came out, newest last. */
export class Replays {
  readonly #node: EthereumNode;
  readonly #light = new Map<string, Replay>();
  readonly #full = new Map<string, Replay>();

  constructor(node: EthereumNode) {
    this.#node = node;
  }

  /** @throws `STUDIO_NOT_FOUND`; as `debug_traceTransaction` when its block's state is gone */
  get(id: string, full: boolean = false, maxSteps: number = Infinity): Replay {
    const hash = id.toLowerCase() as Hex;
    const placed = findTransaction(this.#node, hash);
    if (placed === undefined) throw notFound('transaction', id);
    // A reorganisation can put a transaction elsewhere.
    const key = `${hash}/${placed.executed.hash}/${full ? maxSteps : ''}`;
    const cache = full ? this.#full : this.#light;
    const known = cache.get(key);
    if (known !== undefined) return known;
    const replay = this.#run(placed, full, maxSteps);
    cache.set(key, replay);
    for (const oldest of cache.keys()) {
      if (cache.size <= (full ? KEPT_FULL_REPLAYS : KEPT_REPLAYS)) break;
      cache.delete(oldest);
    }
    return replay;
  }

  #run(placed: Placed, full: boolean, maxSteps: number): Replay {
    const { clock, chain } = this.#node;
    const started = clock.now();
    const { fork } = placed.executed;
    const evm = chain.evm(this.#node.rulesOf(placed.executed));
    let replay: Replay | undefined;
    traceTransaction(
      this.#node,
      placed.executed,
      placed.index,
      ({ view, transaction }) => {
        const codeOf = (address: Hex): Bytes => {
          const hash = view.account(address)?.codeHash;
          if (hash === undefined || hash === EMPTY_CODE_HASH) return EMPTY_BYTES;
          const code = view.code(hash);
          const text = code.length === 23 ? bytesToHex(code) : '';
          return text.startsWith('0xef0100') ? codeOf(`0x${text.slice(8)}`) : code;
        };
        const recording = createRecording({ fork, codeOf, full, maxSteps });
        return {
          hooks: recording.tracer,
          result: (outcome) => {
            const run = recording.finish();
            const before = rememberBefore(view, outcome, run);
            replay = { placed, run, outcome, transaction, evm, fork, before, ms: clock.now() - started };
            return undefined;
          },
        };
      },
      createDeadline(clock, RECORD_TIMEOUT_MS, undefined),
    );
    return replay as Replay;
  }
}

/** The values of all that changed, or was written on the way, copied: the view moves on. */
function rememberBefore(
  view: {
    readonly account: (address: Hex) => Account | undefined;
    readonly storage: (address: Hex, slot: Hex) => Hex | undefined;
    readonly code: (codeHash: Hex) => Bytes;
  },
  { changes }: ExecutedTransaction,
  { frames, writes }: RecordedRun,
): Before {
  const accounts = new Map<Hex, Account | undefined>();
  const storage = new Map<string, Hex>();
  const addresses = [...changes.accounts.keys(), ...frames.flatMap(({ from, to }) => [from, to])];
  for (const address of addresses) if (!accounts.has(address)) accounts.set(address, view.account(address));
  const keep = (address: Hex, slot: Hex): void =>
    void storage.set(`${address}/${slot}`, view.storage(address, slot) ?? ZERO_WORD);
  for (const [address, change] of changes.accounts)
    for (const slot of change.storage.keys()) keep(address, slot);
  for (const key of writes.keys()) {
    const [address, slot] = key.split('/') as [Hex, Hex];
    keep(address, slot);
  }
  return {
    account: (address) => accounts.get(address),
    storage: (address, slot) => storage.get(`${address}/${slot}`) ?? ZERO_WORD,
    code: (hash) => changes.codes.get(hash) ?? view.code(hash),
  };
}
