import type { Socket } from 'node:net';
import type { Session } from '@ninefold/rpc';
import type { TransportContext } from './routes.ts';

/** The context of one call, and its end. */
export type CallContext = {
  readonly context: TransportContext;
  /** Removes what the context has hung on the socket; call it when the answer is written. */
  readonly release: () => void;
};

/**
 * PERF: most handlers never ask for the signal, and an AbortController costs more than a small
 * call: it is made on first use.
 */
export function createCallContext(
  transport: TransportContext['transport'],
  socket: Socket,
  executionMs: number,
  session?: Session,
): CallContext {
  const deadline = performance.now() + executionMs;
  let controller: AbortController | undefined;
  const abort = (): void => controller?.abort();
  const context: TransportContext = {
    transport,
    remoteAddress: socket.remoteAddress,
    session,
    cancelled: () => socket.destroyed || performance.now() > deadline,
    get signal() {
      if (controller === undefined) {
        controller = new AbortController();
        if (socket.destroyed) controller.abort();
        else socket.once('close', abort);
      }
      return controller.signal;
    },
  };
  const release = (): void => {
    if (controller !== undefined) socket.removeListener('close', abort);
  };
  return { context, release };
}
