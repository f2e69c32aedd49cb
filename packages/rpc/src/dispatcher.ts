import type { Bytes, Metrics, NinefoldError } from '@ninefold/base';
import { bytesToUtf8, createMetrics, isNinefoldError } from '@ninefold/base';
import type { RpcErrorBody } from './errors.ts';
import {
  INTERNAL_ERROR,
  INVALID_PARAMS,
  INVALID_REQUEST,
  isRpcError,
  METHOD_NOT_FOUND,
  PARSE_ERROR,
  RESPONSE_TOO_LARGE,
  RpcError,
} from './errors.ts';
import { type JsonCodec, PLAIN_JSON } from './json-codec.ts';
import { MAX_JSON_DEPTH, MAX_JSON_NODES, RawJson, scanJson } from './json.ts';
import type { Session } from './subscriptions.ts';
import type { Validator } from './validators.ts';
import { ParamFailure, pathText } from './validators.ts';

export const MAX_BATCH_CALLS = 1000;
export const MAX_BATCH_ANSWER_LENGTH = 25_000_000;

/** What a handler may know about who asks. Transports and chains extend it. */
export type RpcContext = {
  /** Aborted when the caller has left. */
  readonly signal?: AbortSignal | undefined;
  /** Whether the work is no longer wanted: the caller left or the time is up. Cheap: ask it often. */
  readonly cancelled?: (() => boolean) | undefined;
  /** Where notifications can go; absent on transports that only answer. */
  readonly session?: Session | undefined;
};

export type RpcParams = readonly unknown[] | Readonly<Record<string, unknown>>;

/**
 * One method. A handler returns its result or a promise of it; undefined is answered as `null`. The
 * two functions are declared as methods on purpose: their parameters compare bivariantly, which
 * lets handlers with different validated parameters share one table.
 */
export type Method<Context extends RpcContext = RpcContext, Params = RpcParams> = {
  readonly params?: Validator<Params> | undefined;
  /** Whether it changes state; part of a chain's method matrix. */
  readonly mutating?: boolean | undefined;
  // oxlint-disable-next-line typescript/method-signature-style -- see above
  handler(params: Params, context: Context): unknown;
};

export type MethodTable<Context extends RpcContext = RpcContext> = Readonly<Record<string, Method<Context>>>;

/**
 * A method whose handler's parameters have the type its validator gives.
 *
 * @example defineMethod(tuple([integer()]), ([n]) => n + 1)
 */
export function defineMethod<Params, Context extends RpcContext = RpcContext>(
  params: Validator<Params>,
  handler: (params: Params, context: Context) => unknown,
  traits: { readonly mutating?: boolean | undefined } = {},
): Method<Context, Params> {
  return { params, handler, ...traits };
}

export type RpcLimits = {
  readonly batchCalls: number;
  /** UTF-16 units of a batch's answer. */
  readonly batchAnswerLength: number;
  readonly jsonDepth: number;
  readonly jsonNodes: number;
};

export const DEFAULT_RPC_LIMITS: RpcLimits = {
  batchCalls: MAX_BATCH_CALLS,
  batchAnswerLength: MAX_BATCH_ANSWER_LENGTH,
  jsonDepth: MAX_JSON_DEPTH,
  jsonNodes: MAX_JSON_NODES,
};

/** How a chain's real node words the protocol's own errors; SDKs parse some of these strings. */
export type RpcWording = {
  readonly parseError: () => RpcErrorBody;
  readonly invalidRequest: () => RpcErrorBody;
  readonly methodNotFound: (method: string) => RpcErrorBody;
  readonly invalidParams: (failure: ParamFailure, method: string) => RpcErrorBody;
  readonly internalError: () => RpcErrorBody;
  readonly batchTooLarge: (limit: number) => RpcErrorBody;
  readonly responseTooLarge: () => RpcErrorBody;
};

const SPEC_WORDING: RpcWording = {
  parseError: () => ({ code: PARSE_ERROR, message: 'Parse error' }),
  invalidRequest: () => ({ code: INVALID_REQUEST, message: 'Invalid Request' }),
  methodNotFound: () => ({ code: METHOD_NOT_FOUND, message: 'Method not found' }),
  invalidParams: ({ path, message }) => ({
    code: INVALID_PARAMS,
    message: `Invalid params: ${pathText(path)}: ${message}`,
  }),
  internalError: () => ({ code: INTERNAL_ERROR, message: 'Internal error' }),
  batchTooLarge: () => ({ code: INVALID_REQUEST, message: 'batch too large' }),
  responseTooLarge: () => ({ code: RESPONSE_TOO_LARGE, message: 'response too large' }),
};

/** How a chain answers its typed errors: code of the error -> body of the answer. */
export type RpcErrorTable = Readonly<Record<string, (error: NinefoldError) => RpcErrorBody>>;

export type DispatcherOptions<Context extends RpcContext> = {
  readonly methods: MethodTable<Context>;
  readonly errors?: RpcErrorTable | undefined;
  readonly wording?: Partial<RpcWording> | undefined;
  readonly limits?: Partial<RpcLimits> | undefined;
  /** With one of its own, `call` answers with whatever values that codec can write. */
  readonly json?: JsonCodec | undefined;
  /** Whether calls must say `"jsonrpc":"2.0"`; Bitcoin's clients send other versions. Default true. */
  readonly requireVersion?: boolean | undefined;
  /** Hears of every bug behind an internal error. */
  readonly onError?: ((error: unknown, method: string) => void) | undefined;
  readonly metrics?: Metrics | undefined;
};

type Answer = string | undefined;

export type Dispatcher<Context extends RpcContext = RpcContext> = {
  readonly methods: ReadonlyMap<string, Method<Context>>;
  /**
   * One call in process: the result itself, as JSON values, or a promise when the handler is
   * asynchronous.
   *
   * @throws `RpcError`, also as the promise's rejection; nothing else.
   */
  readonly call: (method: string, params: RpcParams | undefined, context: Context) => unknown;
  /** One parsed call or batch; the answer is JSON text, undefined when there were only notifications. */
  readonly dispatch: (request: unknown, context: Context) => Answer | Promise<Answer>;
  /** As `dispatch` for the bytes of a request body or message. */
  readonly handleText: (body: string | Bytes, context: Context) => Answer | Promise<Answer>;
};

/**
 * A JSON-RPC 2.0 dispatcher over a fixed table of methods. Synchronous handlers are answered
 * synchronously. The calls of a batch run one after the other, in order.
 *
 * @example
 * const dispatcher = createDispatcher({ methods: { eth_chainId: { handler: () => '0x7a69' } } });
 * dispatcher.call('eth_chainId', [], {}); // '0x7a69'
 * dispatcher.handleText('{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}', {});
 */
export function createDispatcher<Context extends RpcContext = RpcContext>(
  options: DispatcherOptions<Context>,
): Dispatcher<Context> {
  const {
    errors = {},
    json = PLAIN_JSON,
    onError = () => {},
    requireVersion = true,
    metrics = createMetrics(),
  } = options;
  // A Map: a method called "constructor" must not be found.
  const methods: ReadonlyMap<string, Method<Context>> = new Map(Object.entries(options.methods));
  const errorTable = new Map(Object.entries(errors));
  const wording: RpcWording = { ...SPEC_WORDING, ...options.wording };
  const limits: RpcLimits = { ...DEFAULT_RPC_LIMITS, ...options.limits };
  const jsonLimits = { depth: limits.jsonDepth, nodes: limits.jsonNodes };
  const calls = metrics.counter('ninefold_rpc_calls_total', 'Calls received.');
  const failures = metrics.counter('ninefold_rpc_errors_total', 'Calls answered with an error.');
  const bugs = metrics.counter(
    'ninefold_rpc_internal_errors_total',
    'Calls answered with an internal error.',
  );

  const report = (error: unknown, method: string): RpcErrorBody => {
    bugs.add();
    onError(error, method);
    return wording.internalError();
  };

  const errorBody = (error: unknown, method: string): RpcErrorBody => {
    failures.add();
    if (isRpcError(error)) return error;
    if (error instanceof ParamFailure) return wording.invalidParams(error, method);
    const translate = isNinefoldError(error) ? errorTable.get(error.code) : undefined;
    return translate === undefined ? report(error, method) : translate(error as NinefoldError);
  };

  const run = (name: string, given: unknown, context: Context): unknown => {
    calls.add();
    const method = methods.get(name);
    if (method === undefined) throw toRpcError(wording.methodNotFound(name));
    const params = given ?? [];
    if (typeof params !== 'object') throw new ParamFailure('expected an array or an object');
    const checked = method.params === undefined ? (params as RpcParams) : method.params(params);
    return method.handler(checked, context);
  };

  const plainResult = (result: unknown, name: string): unknown => {
    if (result === undefined) return null;
    if (result instanceof RawJson) return json.parse(result.text);
    if (typeof result === 'bigint' && json === PLAIN_JSON)
      throw toRpcError(report(new TypeError('bigint in a result'), name));
    return result;
  };

  const rejection = (error: unknown, name: string): RpcError =>
    isRpcError(error) ? error : toRpcError(errorBody(error, name));

  const call = (name: string, params: RpcParams | undefined, context: Context): unknown => {
    try {
      const result = run(name, params, context);
      if (!isPromise(result)) return plainResult(result, name);
      return result
        .then((value) => plainResult(value, name))
        .catch((error: unknown) => {
          throw rejection(error, name);
        });
    } catch (error) {
      throw rejection(error, name);
    }
  };

  const failure = (id: string, error: unknown, method: string): string => {
    const body = errorBody(error, method);
    return errorAnswer(id, body, json) ?? (errorAnswer(id, report(error, method), json) as string);
  };

  const success = (id: string, result: unknown, method: string): string => {
    try {
      const text = result instanceof RawJson ? result.text : (json.stringify(result) ?? 'null');
      return `{"jsonrpc":"2.0","id":${id},"result":${text}}`;
    } catch (error) {
      // A bigint, a cycle or more than a string can hold.
      return failure(id, error, method);
    }
  };

  const protocolError = (id: string, body: RpcErrorBody): string => {
    failures.add();
    return errorAnswer(id, body, json) as string;
  };

  /** One member of a batch or a single call; `rawId` is the text of its id when that is known. */
  const respond = (
    request: unknown,
    rawId: string | undefined,
    context: Context,
  ): Answer | Promise<Answer> => {
    if (typeof request !== 'object' || request === null || Array.isArray(request)) {
      return protocolError('null', wording.invalidRequest());
    }
    const { jsonrpc, id, method, params } = request as Record<string, unknown>;
    const isNotification = id === undefined;
    const idText = isScalarId(id) ? (rawId ?? scalarText(id)) : 'null';
    if (
      typeof method !== 'string' ||
      (requireVersion && jsonrpc !== '2.0') ||
      !(isNotification || isScalarId(id))
    ) {
      return protocolError(idText, wording.invalidRequest());
    }
    try {
      const result = run(method, params, context);
      if (!isPromise(result)) return isNotification ? undefined : success(idText, result, method);
      return result.then(
        (value) => (isNotification ? undefined : success(idText, value, method)),
        (error: unknown) => {
          const answer = failure(idText, error, method);
          return isNotification ? undefined : answer;
        },
      );
    } catch (error) {
      const answer = failure(idText, error, method);
      return isNotification ? undefined : answer;
    }
  };

  const respondToBatch = (
    batch: readonly unknown[],
    rawIds: readonly (string | undefined)[],
    context: Context,
  ): Answer | Promise<Answer> => {
    if (batch.length === 0) return protocolError('null', wording.invalidRequest());
    if (batch.length > limits.batchCalls) {
      // As go-ethereum: a batch of one error that carries the first id.
      const first = batch.findIndex((request) => isScalarId(idOf(request)));
      const id = first < 0 ? 'null' : (rawIds[first] ?? scalarText(idOf(batch[first])));
      return `[${protocolError(id, wording.batchTooLarge(limits.batchCalls))}]`;
    }
    const answers: string[] = [];
    let length = 0;
    const keep = (answer: Answer): void => {
      if (answer === undefined) return;
      answers.push(answer);
      length += answer.length;
    };
    const finish = (): Answer => (answers.length === 0 ? undefined : `[${answers.join(',')}]`);
    const answerFrom = (start: number): Answer | Promise<Answer> => {
      for (let i = start; i < batch.length; i++) {
        if (context.cancelled?.() === true) return undefined;
        if (length > limits.batchAnswerLength) {
          keep(refuseRest(batch[i], rawIds[i]));
          continue;
        }
        const answer = respond(batch[i], rawIds[i], context);
        if (isPromise(answer)) {
          return answer.then((text) => {
            keep(text);
            return answerFrom(i + 1);
          });
        }
        keep(answer);
      }
      return finish();
    };
    return answerFrom(0);
  };

  const refuseRest = (request: unknown, rawId: string | undefined): Answer => {
    const id = idOf(request);
    if (!isScalarId(id)) return undefined;
    return protocolError(rawId ?? scalarText(id), wording.responseTooLarge());
  };

  const dispatch = (
    request: unknown,
    context: Context,
    rawIds: readonly (string | undefined)[] = [],
  ): Answer | Promise<Answer> =>
    Array.isArray(request) ? respondToBatch(request, rawIds, context) : respond(request, rawIds[0], context);

  const handleText = (body: string | Bytes, context: Context): Answer | Promise<Answer> => {
    const text = typeof body === 'string' ? body : bytesToUtf8(body);
    const { tooLarge, ids } = scanJson(text, jsonLimits);
    if (tooLarge) return protocolError('null', wording.invalidRequest());
    let request: unknown;
    try {
      request = json.parse(text);
    } catch {
      return protocolError('null', wording.parseError());
    }
    return dispatch(request, context, ids);
  };

  return { methods, call, dispatch: (request, context) => dispatch(request, context), handleText };
}

function toRpcError({ code, message, data }: RpcErrorBody): RpcError {
  return new RpcError(code, message, data);
}

function isPromise<Value>(value: Value | Promise<Value>): value is Promise<Value> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { readonly then?: unknown }).then === 'function'
  );
}

function idOf(request: unknown): unknown {
  return typeof request === 'object' && request !== null ? (request as { id?: unknown }).id : undefined;
}

function isScalarId(id: unknown): id is string | number | bigint | null {
  return typeof id === 'string' || typeof id === 'number' || typeof id === 'bigint' || id === null;
}

function scalarText(id: unknown): string {
  return typeof id === 'bigint' ? id.toString() : JSON.stringify(id);
}

/** Undefined when the error's data cannot be written as JSON. */
function errorAnswer(
  id: string,
  { code, message, data }: RpcErrorBody,
  { stringify }: JsonCodec,
): string | undefined {
  try {
    return `{"jsonrpc":"2.0","id":${id},"error":${stringify({ code, message, data })}}`;
  } catch {
    return undefined;
  }
}
