export type { Server, ServerOptions } from './server.ts';
export { createServer } from './server.ts';
export type { AccessOptions } from './access.ts';
export type { ServerLimits } from './limits.ts';
export { DEFAULT_SERVER_LIMITS } from './limits.ts';
export type {
  HttpAnswer,
  HttpRequest,
  HttpRoute,
  Route,
  Routes,
  RpcRoute,
  TransportContext,
} from './routes.ts';
export { httpRoute, rpcRoute } from './routes.ts';
