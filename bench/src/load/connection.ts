import type { Socket } from 'node:net';
import { connect } from 'node:net';

export type RpcAnswer = {
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
};

/**
 * A kept-alive HTTP/1.1 connection for JSON-RPC that costs little itself: one request at a time,
 * written as one buffer, the answer cut out of the bytes. Both contestants are asked through it.
 */
export type Connection = {
  readonly post: (body: string) => Promise<string>;
  readonly close: () => void;
};

export async function openConnection(port: number, host = '127.0.0.1'): Promise<Connection> {
  const socket = await dial(port, host);
  let pending: { resolve: (body: string) => void; reject: (error: Error) => void } | undefined;
  let received: Buffer = Buffer.alloc(0);
  const fail = (error: Error): void => {
    pending?.reject(error);
    pending = undefined;
  };
  socket.on('data', (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    let body: string | undefined;
    try {
      body = completeBody(received);
    } catch (error) {
      fail(error as Error);
      return;
    }
    if (body === undefined) return;
    received = Buffer.alloc(0);
    const waiting = pending;
    pending = undefined;
    waiting?.resolve(body);
  });
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('the server closed the connection')));
  return {
    post: (body) =>
      new Promise((resolve, reject) => {
        pending = { resolve, reject };
        socket.write(
          `POST / HTTP/1.1\r\nhost: ${host}:${port}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
        );
      }),
    close: () => {
      socket.removeAllListeners('close');
      socket.destroy();
    },
  };
}

function dial(port: number, host: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host, noDelay: true }, () => {
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

/** The body of the one response in `bytes`; undefined until it is there in full. */
function completeBody(bytes: Buffer): string | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const head = bytes.toString('latin1', 0, headEnd);
  const status = /^HTTP\/1\.1 (\d+)/.exec(head)?.[1];
  if (status !== '200') throw new Error(`HTTP status ${status}: ${bytes.toString('utf8', headEnd + 4)}`);
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length === undefined) throw new Error('a response without content-length');
  const end = headEnd + 4 + Number(length);
  return bytes.length < end ? undefined : bytes.toString('utf8', headEnd + 4, end);
}
