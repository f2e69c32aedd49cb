import { MAX_BODY_BYTES } from '@ninefold/rpc';

const MIB = 1024 * 1024;

/** What one client, or all together, may take. Times are milliseconds, sizes bytes. */
export type ServerLimits = {
  readonly bodyBytes: number;
  /** Sockets of all kinds. */
  readonly connections: number;
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  /** How often the two timeouts above are looked at. */
  readonly timeoutCheckMs: number;
  /** After this time a handler's `cancelled()` is true. */
  readonly executionMs: number;
  /** Unsent bytes at which a WebSocket is closed with 1013, an IPC connection cut. */
  readonly bufferedBytes: number;
  /** Unanswered messages at which a WebSocket or IPC connection is no longer read. */
  readonly callsInFlight: number;
  readonly webSocketMessageBytes: number;
  readonly webSocketsPerAddress: number;
  readonly pingMs: number;
  readonly ipcMessageLength: number;
  /** How long `close` waits for answers in flight. */
  readonly graceMs: number;
};

export const DEFAULT_SERVER_LIMITS: ServerLimits = {
  bodyBytes: MAX_BODY_BYTES,
  connections: 1024,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  keepAliveTimeoutMs: 30_000,
  timeoutCheckMs: 5000,
  executionMs: 5000,
  webSocketMessageBytes: 15 * MIB,
  bufferedBytes: 64 * MIB,
  webSocketsPerAddress: 128,
  callsInFlight: 256,
  pingMs: 30_000,
  ipcMessageLength: 15 * MIB,
  graceMs: 5000,
};
