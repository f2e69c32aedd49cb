import type { AddressInfo, ListenOptions, Server } from 'node:net';
import { defineErrors } from '@ninefold/base';

const fail = defineErrors({
  SERVER_PORT_IN_USE: (context: { readonly address: string }) =>
    `${context.address} is in use by another program: choose another port, or 0 for any`,
  SERVER_LISTEN_FAILED: (context: { readonly address: string; readonly reason: string }) =>
    `Cannot listen on ${context.address} (${context.reason})`,
});

/**
 * Starts listening.
 *
 * @throws `SERVER_PORT_IN_USE`, `SERVER_LISTEN_FAILED`
 */
export async function listen(server: Server, options: ListenOptions): Promise<void> {
  const address = options.path ?? `${options.host ?? ''}:${options.port ?? 0}`;
  await new Promise<void>((resolve, reject) => {
    const onError = (cause: NodeJS.ErrnoException): void => {
      server.removeListener('listening', onListening);
      reject(
        cause.code === 'EADDRINUSE'
          ? fail('SERVER_PORT_IN_USE', { address }, { cause })
          : fail('SERVER_LISTEN_FAILED', { address, reason: cause.code ?? cause.message }, { cause }),
      );
    };
    const onListening = (): void => {
      server.removeListener('error', onError);
      resolve();
    };
    server.once('error', onError);
    server.once('listening', onListening);
    server.listen(options);
  });
}

/** The port a server listens on. */
export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
