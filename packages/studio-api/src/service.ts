import type { Clock, Logger, NinefoldError } from '@ninefold/base';
import { silentLogger, systemClock } from '@ninefold/base';
import type {
  Dispatcher,
  MethodTable,
  RpcContext,
  RpcErrorBody,
  SubscriptionHub,
  Validator,
} from '@ninefold/rpc';
import {
  createDispatcher,
  createSubscriptionHub,
  defineMethod,
  INVALID_PARAMS,
  isRpcError,
} from '@ninefold/rpc';
import type { Cheat, StudioChain } from './chain.ts';
import { invalid, notFound } from './errors.ts';
import type { MethodName, ParamsOf, ResultOf } from './methods.ts';
import { MAX_TRACE_STEPS, PARAMS } from './methods.ts';
import { PulseMeter } from './pulse.ts';
import type { Later } from './stream.ts';
import { BatchedStream } from './stream.ts';
import type { Binary } from './traces.ts';
import { Traces } from './traces.ts';
import type { Endpoint, Info, Page, Tx } from './types.ts';

const DEFAULT_PAGE = 50;
const DEFAULT_SEARCH = 12;
const DEFAULT_ORIGIN = 24;
const DEFAULT_FOUND = 100;

/** Beyond what the rpc package knows: the thing asked for is not there. */
const NOT_FOUND = -32004;

export type StudioOptions = {
  readonly chains: readonly StudioChain[];
  /** Where a chain answers, by its id. */
  readonly endpoints?: ((chain: string) => readonly Endpoint[]) | undefined;
  readonly info: Omit<Info, 'memory' | 'startedAt'>;
  /** Bytes the process holds. */
  readonly memory?: (() => number) | undefined;
  readonly clock?: Clock | undefined;
  readonly later?: Later | undefined;
  readonly logger?: Logger | undefined;
};

/** The data side of the studio without any transport: a server or a worker hands requests to it. */
export type Studio = {
  readonly dispatcher: Dispatcher;
  readonly hub: SubscriptionHub;
  /** What stands below `/bin/`. @throws `STUDIO_NOT_FOUND`, `STUDIO_OUT_OF_RANGE` */
  readonly binary: (path: string, query: URLSearchParams) => Binary;
  readonly close: () => void;
};

type Handlers = {
  readonly [Name in MethodName]: (
    params: ParamsOf<Name>,
    context: RpcContext,
  ) => ResultOf<Name> | Promise<ResultOf<Name>>;
};

/**
 * Answers the `ninefold_*` methods for some chains.
 *
 * @example
 * const studio = createStudio({ chains: [studioChain(ethereum)], info });
 * studio.dispatcher.call('ninefold_networks', {}, {}); // [{ id: 'ethereum', … }]
 * studio.close();
 */
export function createStudio(options: StudioOptions): Studio {
  const {
    chains,
    clock = systemClock,
    logger = silentLogger,
    endpoints = () => [],
    memory = () => 0,
  } = options;
  const log = logger.child('studio');
  const hub = createSubscriptionHub({
    method: 'ninefold_event',
    onError: (error) => log.error({ error }, 'stream'),
  });
  const stream = new BatchedStream(hub, options.later ?? timeout);
  const traces = new Traces();
  const startedAt = clock.now();
  const meters = new Map(chains.map(({ id }) => [id, new PulseMeter()]));

  const stops = chains.map((chain) =>
    chain.onNews((news) => {
      meters.get(chain.id)?.add(news, clock.now());
      // Where blocks were only taken back, the one that is the head again is the news.
      const isTakenBack = news.reorganised && news.blocks.length === 0;
      stream.push('heads', isTakenBack ? chain.blocks(undefined, 1).items : news.blocks);
      stream.push('txs', news.txs);
      stream.push('pulse', [chain.id]);
    }),
  );

  const chainOf = (id: string): StudioChain => {
    const chain = chains.find((each) => each.id === id);
    if (chain === undefined) throw notFound('network', id);
    return chain;
  };

  const handlers: Handlers = {
    ninefold_info: () => ({ ...options.info, startedAt, memory: memory() }),
    ninefold_networks: () => chains.map((chain) => chain.net(endpoints(chain.id))),
    ninefold_pulse: ({ seconds = 60, bucketMs = 1000 }) =>
      [...meters].map(([net, meter]) => meter.read(net, clock.now(), seconds, bucketMs)),
    ninefold_search: ({ q, limit = DEFAULT_SEARCH }) => ({
      items: chains
        .flatMap((chain) => chain.search(q.trim(), limit))
        .sort((a, b) => b.score - a.score)
        .slice(0, limit),
    }),
    ninefold_getBlocks: ({ net, before, limit = DEFAULT_PAGE }) => chainOf(net).blocks(before, limit),
    ninefold_getBlock: ({ net, id }) => chainOf(net).block(id),
    ninefold_getTransactions: ({ net, limit = DEFAULT_PAGE, ...filter }) => {
      if (net !== undefined) return chainOf(net).transactions({ ...filter, limit });
      const { status, ...own } = filter;
      // Blocks, accounts and cursors are those of one network.
      if (Object.values(own).some((value) => value !== undefined))
        throw invalid('Transactions', 'a block, an entity and a cursor need the network they are of');
      return latest(chains, limit, status);
    },
    ninefold_getTransaction: ({ net, id }) => chainOf(net).transaction(id),
    ninefold_getCalls: ({ net, id }) => chainOf(net).calls(id),
    ninefold_getStateDiff: ({ net, id, block }) => {
      if (id !== undefined) return chainOf(net).stateDiff({ id });
      if (block !== undefined) return chainOf(net).stateDiff({ block });
      throw invalid('State diff', 'give the id of a transaction or a block');
    },
    ninefold_getCost: ({ net, id, by = 'component' }) => chainOf(net).cost(id, by),
    ninefold_getEntity: ({ net, id, at }) => chainOf(net).entity(id, at),
    ninefold_attachSource: ({ net, files }) => chainOf(net).attachSource(files),
    ninefold_accounts: ({ net }) =>
      (net === undefined ? chains : [chainOf(net)]).flatMap((chain) => chain.accounts()),
    ninefold_faucet: ({ net, to, amount }) => chainOf(net).faucet(to, amount),
    ninefold_cheat: ({ net, ...cheat }) => chainOf(net).cheat(cheatOf(cheat)),
    ninefold_sample: ({ net, name = 'failing' }) => chainOf(net).sample(name),
    ninefold_openTrace: ({ net, id, maxSteps = MAX_TRACE_STEPS }) =>
      traces.open(chainOf(net).record(id, maxSteps)),
    ninefold_traceState: ({ trace, step, parts, memoryAt }) => traces.get(trace).state(step, parts, memoryAt),
    ninefold_traceFind: ({ trace, query, from = 0, dir = 'forward', limit = DEFAULT_FOUND }) =>
      traces.get(trace).find(query, from, dir === 'forward', limit),
    ninefold_traceOrigin: ({ trace, step, loc, dir = 'back', max = DEFAULT_ORIGIN }) =>
      dir === 'back' ? traces.get(trace).origin(step, loc, max) : traces.get(trace).uses(step, loc, max),
    ninefold_traceEvaluate: ({ trace, step, expr }) => traces.get(trace).evaluate(step, expr),
    ninefold_traceLevels: ({ trace, program }) => traces.get(trace).levels(program),
    ninefold_closeTrace: ({ trace }) => traces.close(trace),
    ninefold_reference: ({ net, name }) => chainOf(net).reference(name),
    ninefold_subscribe: ({ topic }, { session }) => {
      if (session === undefined) throw invalid('Subscription', 'this transport only answers');
      return String(session.subscribe(topic));
    },
    ninefold_unsubscribe: ({ sub }, { session }) => session?.unsubscribe(sub) ?? false,
  };

  const dispatcher = createDispatcher({
    methods: tableOf(handlers),
    errors: {
      STUDIO_NOT_FOUND: (error) => bodyOf(error, NOT_FOUND),
      STUDIO_OUT_OF_RANGE: (error) => bodyOf(error, INVALID_PARAMS),
      STUDIO_UNSUPPORTED: (error) => bodyOf(error, INVALID_PARAMS),
      STUDIO_INVALID: (error) => bodyOf(error, INVALID_PARAMS),
    },
    onError: (error, method) => {
      if (!isRpcError(error)) log.error({ method, error }, 'internal error');
    },
  });

  return {
    dispatcher,
    hub,
    binary: (path, query) => {
      const [kind, ...rest] = path.split('/').filter((part) => part !== '');
      if (kind !== 'trace') throw notFound('binary', path);
      return traces.binary(rest, query);
    },
    close: () => {
      for (const stop of stops) stop();
      stream.close();
    },
  };
}

function tableOf(handlers: Handlers): MethodTable {
  const names = Object.keys(handlers) as MethodName[];
  return Object.fromEntries(
    names.map((name) => [
      name,
      defineMethod(
        PARAMS[name] as Validator<never>,
        handlers[name] as (params: never, context: RpcContext) => unknown,
      ),
    ]),
  ) as MethodTable;
}

function bodyOf({ code, message, context }: NinefoldError, rpcCode: number): RpcErrorBody {
  return { code: rpcCode, message, data: { code, context } };
}

/** The newest transactions of all chains by time. */
function latest(
  chains: readonly StudioChain[],
  limit: number,
  status: 'ok' | 'failed' | undefined,
): Page<Tx> {
  const items = chains.flatMap((chain) => chain.transactions({ limit, status }).items);
  return { items: items.sort((a, b) => b.time - a.time).slice(0, limit) };
}

function cheatOf(params: Omit<ParamsOf<'ninefold_cheat'>, 'net'>): Cheat {
  const { op, blocks = 1, id, time, account, amount } = params;
  const need = <Value>(value: Value | undefined, name: string): Value => {
    if (value === undefined) throw invalid(op, `give ${name}`);
    return value;
  };
  switch (op) {
    case 'mine':
      return { op, blocks };
    case 'snapshot':
      return { op };
    case 'revert':
      return { op, id: need(id, 'the id of a snapshot') };
    case 'setTime':
      return { op, time: need(time, 'a time') };
    case 'setBalance':
      return { op, account: need(account, 'an account'), amount: need(amount, 'an amount') };
  }
}

const timeout: Later = (ms, task) => {
  const timer = setTimeout(task, ms);
  // In Node a waiting batch must not keep the process alive.
  (timer as { readonly unref?: () => void }).unref?.();
  return () => clearTimeout(timer);
};
