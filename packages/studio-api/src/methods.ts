import type { Validator } from '@ninefold/rpc';
import { array, integer, named, object, oneOf, optional, ParamFailure, string } from '@ninefold/rpc';
import type { AttachResult, SampleName, SourceFile } from './chain.ts';
import type {
  FindResult,
  Location,
  OriginNode,
  StatePart,
  TraceLevels,
  TraceManifest,
  TraceQuery,
  TraceState,
} from './trace.ts';
import { STATE_PARTS } from './trace.ts';
import type {
  Account,
  Block,
  CallTree,
  Change,
  CostBy,
  CostRow,
  Entity,
  Field,
  Info,
  Json,
  Net,
  Page,
  Pulse,
  Reference,
  SearchHit,
  Tx,
  TxDetail,
} from './types.ts';

/** Items of one page of a list. */
export const MAX_PAGE = 500;
/** Steps of a trace unless fewer are asked for. */
export const MAX_TRACE_STEPS = 10_000_000;
export const MAX_ATTACHED_FILES = 500;
/** Characters of one attached file: a build-info of a large project. */
export const MAX_FILE_LENGTH: number = 4 * 1024 * 1024;
/** Steps one search may name. */
export const MAX_FOUND = 1000;

type Opt<Value> = Value | undefined;
type Method<Params, Result> = { readonly params: Params; readonly result: Result };
type OfTx = { readonly net: string; readonly id: string };
type OfStep = { readonly trace: string; readonly step: number };

/** Every method: what it takes, by name, and what it answers. Lists are `{ items, next? }`. */
export type StudioMethods = {
  readonly ninefold_info: Method<object, Info>;
  readonly ninefold_networks: Method<object, readonly Net[]>;
  readonly ninefold_pulse: Method<
    { readonly seconds?: Opt<number>; readonly bucketMs?: Opt<number> },
    readonly Pulse[]
  >;
  readonly ninefold_search: Method<
    { readonly q: string; readonly limit?: Opt<number> },
    { readonly items: readonly SearchHit[] }
  >;
  readonly ninefold_getBlocks: Method<
    { readonly net: string; readonly before?: Opt<string>; readonly limit?: Opt<number> },
    Page<Block>
  >;
  readonly ninefold_getBlock: Method<OfTx, Block & { readonly raw: string }>;
  readonly ninefold_getTransactions: Method<
    {
      /** All networks when absent: then there is no other filter than the status, and no next page. */
      readonly net?: Opt<string>;
      readonly block?: Opt<string>;
      readonly entity?: Opt<string>;
      readonly status?: Opt<'ok' | 'failed'>;
      readonly before?: Opt<string>;
      readonly limit?: Opt<number>;
    },
    Page<Tx>
  >;
  readonly ninefold_getTransaction: Method<OfTx, TxDetail>;
  readonly ninefold_getCalls: Method<OfTx, CallTree>;
  readonly ninefold_getStateDiff: Method<
    { readonly net: string; readonly id?: Opt<string>; readonly block?: Opt<string> },
    readonly Change[]
  >;
  readonly ninefold_getCost: Method<OfTx & { readonly by?: Opt<CostBy> }, readonly CostRow[]>;
  readonly ninefold_getEntity: Method<OfTx & { readonly at?: Opt<string> }, Entity>;
  readonly ninefold_attachSource: Method<
    { readonly net: string; readonly files: readonly SourceFile[] },
    AttachResult
  >;
  readonly ninefold_accounts: Method<{ readonly net?: Opt<string> }, readonly Account[]>;
  readonly ninefold_faucet: Method<
    { readonly net: string; readonly to: string; readonly amount: string },
    { readonly id?: string }
  >;
  readonly ninefold_cheat: Method<
    {
      readonly net: string;
      readonly op: 'mine' | 'snapshot' | 'revert' | 'setTime' | 'setBalance';
      readonly blocks?: Opt<number>;
      readonly id?: Opt<string>;
      readonly time?: Opt<number>;
      readonly account?: Opt<string>;
      readonly amount?: Opt<string>;
    },
    Json
  >;
  readonly ninefold_sample: Method<
    { readonly net: string; readonly name?: Opt<SampleName> },
    { readonly id: string }
  >;
  readonly ninefold_openTrace: Method<OfTx & { readonly maxSteps?: Opt<number> }, TraceManifest>;
  readonly ninefold_traceState: Method<
    OfStep & { readonly parts: readonly StatePart[]; readonly memoryAt?: Opt<number> },
    TraceState
  >;
  readonly ninefold_traceFind: Method<
    {
      readonly trace: string;
      readonly query: TraceQuery;
      readonly from?: Opt<number>;
      readonly dir?: Opt<'forward' | 'back'>;
      readonly limit?: Opt<number>;
    },
    FindResult
  >;
  readonly ninefold_traceOrigin: Method<
    OfStep & { readonly loc: Location; readonly dir?: Opt<'back' | 'forward'>; readonly max?: Opt<number> },
    readonly OriginNode[]
  >;
  readonly ninefold_traceEvaluate: Method<OfStep & { readonly expr: string }, Field>;
  readonly ninefold_traceLevels: Method<{ readonly trace: string; readonly program: number }, TraceLevels>;
  readonly ninefold_closeTrace: Method<{ readonly trace: string }, boolean>;
  readonly ninefold_reference: Method<{ readonly net: string; readonly name: string }, Reference>;
  /** Notifications `ninefold_event` carry `{ topic, seq, items, dropped }` at most every 100 ms. */
  readonly ninefold_subscribe: Method<{ readonly topic: Topic }, string>;
  readonly ninefold_unsubscribe: Method<{ readonly sub: string }, boolean>;
};

export type Topic = 'heads' | 'txs' | 'pulse';
export type MethodName = keyof StudioMethods;
export type ParamsOf<Name extends MethodName> = StudioMethods[Name]['params'];
export type ResultOf<Name extends MethodName> = StudioMethods[Name]['result'];

const id = string(200);
const text = string(1000);
const cursor = optional(string(1000));
const limit = optional(integer(1, MAX_PAGE));
const step = integer(0, 2 ** 32 - 1);

/** Decimal text. */
const amount: Validator<string> = (value) => {
  const digits = string(80)(value);
  if (!/^\d+$/.test(digits)) throw new ParamFailure('expected a decimal integer as text');
  return digits;
};

const query: Validator<TraceQuery> = object({
  op: optional(string(32)),
  pc: optional(integer()),
  program: optional(integer()),
  file: optional(text),
  line: optional(integer(1)),
  value: optional(string(100)),
  writes: optional(string(300)),
  kind: optional(oneOf(['event', 'call', 'failure', 'write', 'jump'])),
  minCost: optional(integer()),
}) as Validator<TraceQuery>;

const ofTx = { net: id, id };

/** What each method's parameters must be: a handler can work with what comes through. */
export const PARAMS: { readonly [Name in MethodName]: Validator<ParamsOf<Name>> } = {
  ninefold_info: named({}),
  ninefold_networks: named({}),
  ninefold_pulse: named({
    seconds: optional(integer(1, 600)),
    bucketMs: optional(integer(100, 60_000)),
  }),
  ninefold_search: named({ q: string(100_000), limit: optional(integer(1, 50)) }),
  ninefold_getBlocks: named({ net: id, before: cursor, limit }),
  ninefold_getBlock: named(ofTx),
  ninefold_getTransactions: named({
    net: optional(id),
    block: optional(id),
    entity: optional(id),
    status: optional(oneOf(['ok', 'failed'])),
    before: cursor,
    limit,
  }),
  ninefold_getTransaction: named(ofTx),
  ninefold_getCalls: named(ofTx),
  ninefold_getStateDiff: named({ net: id, id: optional(id), block: optional(id) }),
  ninefold_getCost: named({ ...ofTx, by: optional(oneOf(['component', 'function', 'line', 'op'])) }),
  ninefold_getEntity: named({ ...ofTx, at: optional(id) }),
  ninefold_attachSource: named({
    net: id,
    files: array(object({ name: text, text: string(MAX_FILE_LENGTH) }), MAX_ATTACHED_FILES),
  }),
  ninefold_accounts: named({ net: optional(id) }),
  ninefold_faucet: named({ net: id, to: id, amount }),
  ninefold_cheat: named({
    net: id,
    op: oneOf(['mine', 'snapshot', 'revert', 'setTime', 'setBalance']),
    blocks: optional(integer(1, 1000)),
    id: optional(id),
    time: optional(integer()),
    account: optional(id),
    amount: optional(amount),
  }),
  ninefold_sample: named({ net: id, name: optional(oneOf(['failing', 'readme'])) }),
  ninefold_openTrace: named({ ...ofTx, maxSteps: optional(integer(1, MAX_TRACE_STEPS)) }),
  ninefold_traceState: named({
    trace: id,
    step,
    parts: array(oneOf(STATE_PARTS), STATE_PARTS.length),
    memoryAt: optional(integer()),
  }),
  ninefold_traceFind: named({
    trace: id,
    query,
    from: optional(step),
    dir: optional(oneOf(['forward', 'back'])),
    limit: optional(integer(1, MAX_FOUND)),
  }),
  ninefold_traceOrigin: named({
    trace: id,
    step,
    loc: string(300),
    dir: optional(oneOf(['back', 'forward'])),
    max: optional(integer(1, 200)),
  }),
  ninefold_traceEvaluate: named({ trace: id, step, expr: string(300) }),
  ninefold_traceLevels: named({ trace: id, program: integer(0, 2 ** 15) }),
  ninefold_closeTrace: named({ trace: id }),
  ninefold_reference: named({ net: id, name: string(64) }),
  ninefold_subscribe: named({ topic: oneOf(['heads', 'txs', 'pulse']) }),
  ninefold_unsubscribe: named({ sub: string(64) }),
};
