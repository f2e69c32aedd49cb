import { base64ToBytes } from '@ninefold/base';
import { ed25519PartsBase64 } from '../generated/ed25519-parts.ts';

const { memory, ...exported } = new WebAssembly.Instance(
  new WebAssembly.Module(base64ToBytes(ed25519PartsBase64) as Uint8Array<ArrayBuffer>),
).exports as unknown as { readonly memory: WebAssembly.Memory };

/** The functions under the kernel's exports, by name. */
export const parts = exported as unknown as Readonly<Record<string, (...parameters: number[]) => number>>;

/** First byte that no function uses; 256 KiB follow. */
export const HEAP: number = memory.buffer.byteLength;
memory.grow(4);

export const view: DataView = new DataView(memory.buffer);

/** The kernel's memory itself. */
export const bytesAt = (at: number, length: number): Uint8Array => new Uint8Array(memory.buffer, at, length);
