import type { Socket } from 'node:net';
import {
  type Bytes,
  bytesToHex,
  bytesToUtf8,
  concatBytes,
  defineErrors,
  hexToBytes,
  isHex,
  utf8ToBytes,
} from '@ninefold/base';
import { schnorr, sha256, type TaggedHash, taggedHash } from '@ninefold/crypto';
import type { Role } from '@ninefold/vm-bitvm';
import { compressedKey, otherRole } from '@ninefold/vm-bitvm';

/** What both sides speak. */
export const PROTOCOL = 'ninefold/bitvm/1';

/** Largest frame: the locks of a circuit of 1.6 million wires. */
export const MAX_FRAME_BYTES: number = 2 ** 26;
/** How long the other side may take for a message, in milliseconds. */
export const REPLY_TIMEOUT_MS = 120_000;

const LENGTH_BYTES = 4;
const SIGNATURE_BYTES = 64;

const fail = defineErrors({
  CHANNEL_CLOSED: (c: { readonly reason: string }) => `The other party has gone: ${c.reason}`,
  CHANNEL_TIMEOUT: (c: { readonly seconds: number }) =>
    `The other party has said nothing for ${c.seconds} seconds`,
  CHANNEL_FRAME_TOO_LARGE: (c: { readonly length: number; readonly limit: number }) =>
    `A message of ${c.length} bytes is above the limit of ${c.limit}`,
  CHANNEL_MALFORMED: (c: { readonly message: number; readonly reason: string }) =>
    `Message ${c.message} of the other party is malformed: ${c.reason}`,
  CHANNEL_UNEXPECTED: (c: { readonly expected: string; readonly found: string }) =>
    `The other party sent ${JSON.stringify(c.found)} where ${JSON.stringify(c.expected)} was due`,
  CHANNEL_WRONG_SIGNATURE: (c: { readonly message: number }) =>
    `Message ${c.message} is not signed by the other party's key`,
  CHANNEL_WRONG_PEER: (c: { readonly reason: string }) => `This is not the other party: ${c.reason}`,
});

/** A message: what it is, small members, and bytes in bulk. */
export type Message = {
  readonly name: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly blob: Bytes;
};

/** Frames of a socket, one at a time. */
class FrameReader {
  readonly #socket: Socket;
  readonly #timeoutMs: number;
  #chunks: Buffer[] = [];
  #size = 0;
  #closed: string | undefined;
  #wake: (() => void) | undefined;

  constructor(socket: Socket, timeoutMs: number) {
    this.#socket = socket;
    this.#timeoutMs = timeoutMs;
    const wake = (): void => this.#wake?.();
    const close = (reason: string): void => {
      this.#closed ??= reason;
      wake();
    };
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#size += chunk.length;
      // What nobody waits for must not fill the memory.
      if (this.#size > 2 * MAX_FRAME_BYTES) socket.pause();
      wake();
    });
    socket.on('end', () => close('the connection ended'));
    socket.on('close', () => close('the connection was closed'));
    socket.on('error', (error) => close(error.message));
  }

  async #take(size: number): Promise<Bytes> {
    while (this.#size < size) {
      if (this.#closed !== undefined) throw fail('CHANNEL_CLOSED', { reason: this.#closed });
      await this.#more();
    }
    const all = Buffer.concat(this.#chunks);
    this.#chunks = [all.subarray(size)];
    this.#size -= size;
    this.#socket.resume();
    return new Uint8Array(all.subarray(0, size));
  }

  #more(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#wake = undefined;
        reject(fail('CHANNEL_TIMEOUT', { seconds: this.#timeoutMs / 1000 }));
      }, this.#timeoutMs);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
    });
  }

  async frame(): Promise<Bytes> {
    const head = await this.#take(LENGTH_BYTES);
    const length = new DataView(head.buffer).getUint32(0);
    if (length > MAX_FRAME_BYTES) throw fail('CHANNEL_FRAME_TOO_LARGE', { length, limit: MAX_FRAME_BYTES });
    return this.#take(length);
  }
}

function writeFrame(socket: Socket, payload: Bytes): void {
  const length = payload.length;
  if (length > MAX_FRAME_BYTES) throw fail('CHANNEL_FRAME_TOO_LARGE', { length, limit: MAX_FRAME_BYTES });
  const head = new Uint8Array(LENGTH_BYTES);
  new DataView(head.buffer).setUint32(0, length);
  socket.write(concatBytes(head, payload));
}

let contextHash: TaggedHash | undefined;
let messageHash: TaggedHash | undefined;

/**
 * A connection of two parties that know each other by their keys. Every message is signed over both
 * sides' fresh numbers, its sender and its place, so that none can be forged, replayed or swapped.
 */
export class Channel {
  /** What only this connection has: the name of the dispute that is set up over it, 32 bytes. */
  readonly session: Bytes;
  /** The other party's key, compressed. */
  readonly peerKey: Bytes;
  readonly #socket: Socket;
  readonly #reader: FrameReader;
  readonly #privateKey: Bytes;
  readonly #role: Role;
  #sent = 0;
  #received = 0;

  private constructor(
    socket: Socket,
    reader: FrameReader,
    own: { readonly role: Role; readonly privateKey: Bytes },
    peerKey: Bytes,
    session: Bytes,
  ) {
    this.#socket = socket;
    this.#reader = reader;
    this.#role = own.role;
    this.#privateKey = own.privateKey;
    this.peerKey = peerKey;
    this.session = session;
  }

  /**
   * Greets the other side of a socket.
   *
   * @param expectedKey the other party's key, when it is known beforehand
   * @throws `CHANNEL_…`
   */
  static async open(
    socket: Socket,
    options: {
      readonly role: Role;
      readonly privateKey: Bytes;
      readonly nonce: Bytes;
      readonly expectedKey?: Bytes | undefined;
      readonly timeoutMs?: number | undefined;
    },
  ): Promise<Channel> {
    const { role, privateKey, nonce, expectedKey, timeoutMs = REPLY_TIMEOUT_MS } = options;
    const reader = new FrameReader(socket, timeoutMs);
    const key = compressedKey(privateKey);
    const hello = { protocol: PROTOCOL, role, key: bytesToHex(key), nonce: bytesToHex(nonce) };
    writeFrame(socket, utf8ToBytes(JSON.stringify(hello)));
    const theirs = parseJson(await reader.frame(), 0);
    const { protocol, role: theirRole, key: theirKey, nonce: theirNonce } = theirs;
    if (protocol !== PROTOCOL) throw fail('CHANNEL_WRONG_PEER', { reason: `it speaks ${String(protocol)}` });
    if (theirRole !== otherRole(role))
      throw fail('CHANNEL_WRONG_PEER', { reason: `it is a ${role} as well` });
    if (!isHex(theirKey, 33) || !isHex(theirNonce, 32)) {
      throw fail('CHANNEL_MALFORMED', { message: 0, reason: 'no key of 33 bytes, or no number of 32' });
    }
    if (expectedKey !== undefined && theirKey.toLowerCase() !== bytesToHex(expectedKey)) {
      throw fail('CHANNEL_WRONG_PEER', { reason: `its key is ${theirKey}` });
    }
    const peerKey = hexToBytes(theirKey);
    const sides = [key, nonce, peerKey, hexToBytes(theirNonce)] as const;
    const [proverKey, proverNonce, verifierKey, verifierNonce] =
      role === 'prover' ? sides : ([sides[2], sides[3], sides[0], sides[1]] as const);
    contextHash ??= taggedHash('ninefold/bitvm/channel');
    const session = contextHash(proverKey, proverNonce, verifierKey, verifierNonce);
    return new Channel(socket, reader, { role, privateKey }, peerKey, session);
  }

  #digest(sender: Role, count: number, payload: Bytes): Bytes {
    messageHash ??= taggedHash('ninefold/bitvm/message');
    const place = new Uint8Array(5);
    place[0] = sender === 'prover' ? 0 : 1;
    new DataView(place.buffer).setUint32(1, count);
    return messageHash(this.session, place, sha256(payload));
  }

  send(name: string, body: Readonly<Record<string, unknown>>, blob: Bytes = new Uint8Array(0)): void {
    const head = utf8ToBytes(`${JSON.stringify({ name, ...body })}\n`);
    const payload = concatBytes(head, blob);
    const signature = schnorr.sign(this.#digest(this.#role, this.#sent++, payload), this.#privateKey);
    writeFrame(this.#socket, concatBytes(signature, payload));
  }

  /**
   * The next message, which has to be of that name.
   *
   * @throws `CHANNEL_…`
   */
  async receive(name: string): Promise<Message> {
    const frame = await this.#reader.frame();
    const message = this.#received++;
    const payload = frame.subarray(SIGNATURE_BYTES);
    if (frame.length < SIGNATURE_BYTES) throw fail('CHANNEL_MALFORMED', { message, reason: 'no signature' });
    const digest = this.#digest(otherRole(this.#role), message, payload);
    if (!schnorr.verify(digest, frame.slice(0, SIGNATURE_BYTES), this.peerKey.slice(1))) {
      throw fail('CHANNEL_WRONG_SIGNATURE', { message });
    }
    const end = payload.indexOf(0x0a);
    if (end < 0) throw fail('CHANNEL_MALFORMED', { message, reason: 'no first line' });
    const { name: found, ...body } = parseJson(payload.subarray(0, end), message);
    if (found === 'refuse') throw fail('CHANNEL_CLOSED', { reason: String(body['reason']) });
    if (found !== name) throw fail('CHANNEL_UNEXPECTED', { expected: name, found: String(found) });
    return { name, body, blob: payload.slice(end + 1) };
  }

  /** Tells the other side why this is the end, and closes. */
  refuse(reason: string): void {
    this.send('refuse', { reason });
    this.close();
  }

  close(): void {
    this.#socket.end();
  }
}

function parseJson(bytes: Bytes, message: number): Readonly<Record<string, unknown>> {
  try {
    const value = JSON.parse(bytesToUtf8(bytes)) as unknown;
    if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw fail('CHANNEL_MALFORMED', { message, reason: (cause as Error).message }, { cause });
  }
  throw fail('CHANNEL_MALFORMED', { message, reason: 'expected an object' });
}
