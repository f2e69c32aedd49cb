export type { RpcErrorBody } from './errors.ts';
export {
  INTERNAL_ERROR,
  INVALID_PARAMS,
  INVALID_REQUEST,
  isRpcError,
  METHOD_NOT_FOUND,
  NOTIFICATIONS_UNSUPPORTED,
  PARSE_ERROR,
  RESPONSE_TOO_LARGE,
  RpcError,
} from './errors.ts';
export { EXACT_JSON, parseExactJson, stringifyExactJson } from './exact-json.ts';
export type { JsonLimits, JsonScan, RawJson } from './json.ts';
export { MAX_JSON_DEPTH, MAX_JSON_NODES, rawJson, scanJson } from './json.ts';
export type { ParamProblem, Shape, ShapeValue, Validated, Validator } from './validators.ts';
export {
  anyOf,
  anything,
  array,
  boolean,
  integer,
  named,
  object,
  oneOf,
  optional,
  ParamFailure,
  pathText,
  string,
  tuple,
  withDefault,
} from './validators.ts';
export { command, query } from './methods.ts';
export type {
  Dispatcher,
  DispatcherOptions,
  Method,
  MethodTable,
  RpcContext,
  RpcErrorTable,
  RpcLimits,
  RpcParams,
  RpcWording,
} from './dispatcher.ts';
export type { JsonCodec } from './json-codec.ts';
export {
  createDispatcher,
  DEFAULT_RPC_LIMITS,
  defineMethod,
  MAX_BATCH_ANSWER_LENGTH,
  MAX_BATCH_CALLS,
} from './dispatcher.ts';
export type {
  Connection,
  NotificationSink,
  Selector,
  Session,
  SubscriptionHub,
  SubscriptionHubOptions,
  SubscriptionId,
} from './subscriptions.ts';
export { createSubscriptionHub, MAX_QUEUED_NOTIFICATIONS, MAX_SUBSCRIPTIONS } from './subscriptions.ts';
export type {
  Provider,
  ProviderEvents,
  ProviderListener,
  ProviderMessage,
  ProviderOptions,
  RequestArguments,
} from './eip1193.ts';
export { createProvider } from './eip1193.ts';
export type { FetchHandlerOptions } from './fetch.ts';
export { createFetchHandler, isJsonContentType, MAX_BODY_BYTES } from './fetch.ts';
