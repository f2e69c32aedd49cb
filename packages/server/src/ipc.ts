import { chmod, lstat, unlink } from 'node:fs/promises';
import type { Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { StringDecoder } from 'node:string_decoder';
import { createCallContext } from './call-context.ts';
import { createJsonSplitter } from './json-splitter.ts';
import type { ServerLimits } from './limits.ts';
import { listen } from './listen.ts';
import type { RpcRoute } from './routes.ts';

export type IpcServer = { readonly close: () => void };

/**
 * JSON-RPC over a Unix socket (on Windows a named pipe), the way `geth attach` and Hyperledger
 * tools speak it. The socket's file belongs to the user alone.
 *
 * @throws `SERVER_PORT_IN_USE` when another process answers there; a file left behind is replaced.
 */
export async function createIpcServer(options: {
  readonly path: string;
  readonly route: RpcRoute;
  readonly limits: ServerLimits;
  readonly onError: (error: unknown) => void;
}): Promise<IpcServer> {
  const { path, route, limits, onError } = options;
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    if (sockets.size >= limits.connections) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    serveIpc(socket, route, limits, onError);
  });
  if (await isLeftBehind(path)) await unlink(path);
  await listen(server, { path });
  if (process.platform !== 'win32') await chmod(path, 0o600);
  return {
    close: () => {
      server.close();
      for (const socket of sockets) socket.end();
    },
  };
}

function serveIpc(
  socket: Socket,
  route: RpcRoute,
  limits: ServerLimits,
  onError: (error: unknown) => void,
): void {
  const splitter = createJsonSplitter(limits.ipcMessageLength);
  const decoder = new StringDecoder('utf8');
  const send = (text: string): void => {
    if (!socket.writable) return;
    socket.write(`${text}\n`);
    if (socket.writableLength > limits.bufferedBytes) socket.destroy();
  };
  const connection = route.hub?.connect({ send, isReady: () => !socket.writableNeedDrain });
  let inFlight = 0;
  const answer = async (text: string): Promise<void> => {
    const session = connection?.begin();
    const { context, release } = createCallContext('ipc', socket, limits.executionMs, session);
    inFlight++;
    try {
      const result = await route.handleText(text, context);
      if (result !== undefined) send(result);
    } catch (error) {
      onError(error);
      socket.destroy();
    } finally {
      release();
      session?.end();
      inFlight--;
      if (socket.isPaused() && inFlight < limits.callsInFlight) socket.resume();
    }
  };
  socket.on('data', (chunk: Buffer) => {
    const texts = splitter.push(decoder.write(chunk));
    if (texts === undefined) socket.destroy();
    else for (const text of texts) void answer(text);
    if (inFlight >= limits.callsInFlight) socket.pause();
  });
  socket.on('drain', () => connection?.drain());
  socket.on('error', () => socket.destroy());
  socket.on('close', () => connection?.close());
}

/** Whether there is the file of a socket that no process listens on. */
async function isLeftBehind(path: string): Promise<boolean> {
  // A connection to a plain file is refused as well: that one must not be removed.
  const isSocket = await lstat(path).then(
    (stats) => stats.isSocket(),
    () => false,
  );
  if (!isSocket) return false;
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(false);
    });
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
}
