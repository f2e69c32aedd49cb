import { isNinefoldError } from '@ninefold/base';
import { isRpcError, MAX_JSON_DEPTH, MAX_JSON_NODES, scanJson } from '@ninefold/rpc';
import {
  RPC_INVALID_REQUEST,
  RPC_METHOD_NOT_FOUND,
  RPC_MISC_ERROR,
  RPC_PARSE_ERROR,
  rpcFailure,
} from './errors.ts';
import { writeJson } from './json.ts';
import { type CallContext, readArguments, type RpcMethods } from './method.ts';

/*
 * JSON-RPC as bitcoind speaks it: the protocol of 2010 unless a call says "2.0", with the HTTP
 * statuses its clients look at.
 */

export type RpcReply = {
  readonly status: number;
  /** With a line's end; empty where nothing is answered. */
  readonly body: string;
};

type Failure = { readonly code: number; readonly message: string };
type Outcome = { readonly result: unknown } | { readonly failure: Failure };

/** What is read of a body before anything is made of it. */
const JSON_LIMITS = { depth: MAX_JSON_DEPTH, nodes: MAX_JSON_NODES };
const STATUS_OK = 200;
const STATUS_NO_CONTENT = 204;

export type BitcoinDispatcher = {
  readonly methods: RpcMethods;
  /** Calls a method; rejects with an RPC error. The result may hold amounts: see `writeJson`. */
  readonly call: (method: string, params: unknown, context?: CallContext) => Promise<unknown>;
  /** Answers the body of a request. */
  readonly handleText: (body: string, context?: CallContext) => Promise<RpcReply>;
};

const NO_WALLET: CallContext = { wallet: undefined };

/**
 * Answers calls of some methods.
 *
 * @param options `onError` hears of bugs: what is thrown that is no error of ours
 */
export function createBitcoinDispatcher(options: {
  readonly methods: RpcMethods;
  readonly onError: (error: unknown, method: string) => void;
  /** What a call waits for before it is answered. */
  readonly settle?: (() => Promise<void>) | undefined;
}): BitcoinDispatcher {
  const { methods, onError, settle } = options;

  const failureOf = (error: unknown, method: string): Failure => {
    if (isRpcError(error)) return { code: error.code, message: error.message };
    if (isNinefoldError(error)) return { code: RPC_MISC_ERROR, message: error.message };
    onError(error, method);
    return { code: RPC_MISC_ERROR, message: 'Internal bug detected' };
  };

  const call: BitcoinDispatcher['call'] = async (name, params, context = NO_WALLET) => {
    const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
    if (method === undefined) throw rpcFailure(RPC_METHOD_NOT_FOUND, 'Method not found');
    const result = await method.handler(readArguments(name, method, params), context);
    await settle?.();
    return result;
  };

  const run = async (request: unknown, context: CallContext): Promise<Outcome> => {
    const fault = requestFault(request);
    if (fault !== undefined) return { failure: fault };
    const { method, params } = request as { readonly method: string; readonly params: unknown };
    try {
      return { result: await call(method, params, context) };
    } catch (error) {
      return { failure: failureOf(error, method) };
    }
  };

  /** The answer to one call; undefined for a notification. */
  const respond = async (
    request: unknown,
    id: string | undefined,
    context: CallContext,
  ): Promise<RpcReply | undefined> => {
    const modern = isModern(request);
    const outcome = await run(request, context);
    if (modern && id === undefined && !isMalformed(outcome)) return undefined;
    return { status: statusOf(outcome, modern), body: write(outcome, id ?? 'null', modern) };
  };

  const handleText: BitcoinDispatcher['handleText'] = async (body, context = NO_WALLET) => {
    const protocolFault = (failure: Failure, status: number): RpcReply => ({
      status,
      body: `${write({ failure }, 'null', false)}\n`,
    });
    const { tooLarge, ids } = scanJson(body, JSON_LIMITS);
    if (tooLarge) return protocolFault({ code: RPC_PARSE_ERROR, message: 'Parse error' }, 500);
    let request: unknown;
    try {
      request = JSON.parse(body);
    } catch {
      return protocolFault({ code: RPC_PARSE_ERROR, message: 'Parse error' }, 500);
    }
    if (typeof request !== 'object' || request === null) {
      return protocolFault({ code: RPC_PARSE_ERROR, message: 'Top-level object parse error' }, 500);
    }
    if (!Array.isArray(request)) {
      const reply = await respond(request, ids[0], context);
      return reply === undefined
        ? { status: STATUS_NO_CONTENT, body: '' }
        : { status: reply.status, body: `${reply.body}\n` };
    }
    const answers: string[] = [];
    // One after another: a later call may need what an earlier one has changed.
    for (const [i, one] of request.entries()) {
      const reply = await respond(one, ids[i], context);
      if (reply !== undefined) answers.push(reply.body);
    }
    if (answers.length === 0 && request.length > 0) return { status: STATUS_NO_CONTENT, body: '' };
    return { status: STATUS_OK, body: `[${answers.join(',')}]\n` };
  };

  return { methods, call, handleText };
}

function isModern(request: unknown): boolean {
  return (
    typeof request === 'object' && request !== null && (request as { jsonrpc?: unknown }).jsonrpc === '2.0'
  );
}

/** What is wrong with a call before its method is looked at. */
function requestFault(request: unknown): Failure | undefined {
  const invalid = (message: string): Failure => ({ code: RPC_INVALID_REQUEST, message });
  if (typeof request !== 'object' || request === null || Array.isArray(request)) {
    return invalid('Invalid Request object');
  }
  const { jsonrpc, method, params } = request as Readonly<Record<string, unknown>>;
  if (jsonrpc !== undefined && typeof jsonrpc !== 'string') return invalid('jsonrpc field must be a string');
  if (jsonrpc !== undefined && !['1.0', '1.1', '2.0'].includes(jsonrpc)) {
    return invalid('JSON-RPC version not supported');
  }
  if (method === undefined || method === null) return invalid('Missing method');
  if (typeof method !== 'string') return invalid('Method must be a string');
  if (params !== undefined && params !== null && typeof params !== 'object') {
    return invalid('Params must be an array or object');
  }
  return undefined;
}

function isMalformed(outcome: Outcome): boolean {
  return 'failure' in outcome && outcome.failure.code === RPC_INVALID_REQUEST;
}

function statusOf(outcome: Outcome, modern: boolean): number {
  if (modern || !('failure' in outcome)) return STATUS_OK;
  if (outcome.failure.code === RPC_INVALID_REQUEST) return 400;
  return outcome.failure.code === RPC_METHOD_NOT_FOUND ? 404 : 500;
}

function write(outcome: Outcome, id: string, modern: boolean): string {
  const error =
    'failure' in outcome
      ? JSON.stringify({ code: outcome.failure.code, message: outcome.failure.message })
      : 'null';
  const result = 'failure' in outcome ? 'null' : writeJson(outcome.result ?? null);
  if (!modern) return `{"result":${result},"error":${error},"id":${id}}`;
  const member = 'failure' in outcome ? `"error":${error}` : `"result":${result}`;
  return `{"jsonrpc":"2.0",${member},"id":${id}}`;
}
