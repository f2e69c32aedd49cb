import type { Bytes } from '@ninefold/base';
import { ADDRESS_SPACE_BYTES, PAGE_BYTES } from '../spec/limits.ts';
import { GuestFault } from './traps.ts';

/**
 * A guest's memory as host calls see it. Whatever lies outside of what the guest itself may touch ends
 * the run with an access trap; numbers are little-endian and need no alignment.
 */
export type GuestMemory = {
  /** A copy. */
  readonly read: (address: number, length: number) => Bytes;
  readonly write: (address: number, bytes: Bytes) => void;
  readonly readU32: (address: number) => number;
  readonly readU64: (address: number) => bigint;
  readonly writeU32: (address: number, value: number) => void;
  readonly writeU64: (address: number, value: bigint) => void;
};

/** Told of what a host call reads and writes, after it was done: `bytes` as they are now. */
export type MemoryObserver = (access: {
  readonly kind: 'read' | 'write';
  readonly address: number;
  readonly bytes: Bytes;
}) => void;

/** Longest piece a host call moves at once; longer ones are the guest's mistake. */
const MAX_TRANSFER_BYTES: number = 2 ** 28;

/**
 * @param hostOf where the byte at an address is in `bytes()`, whose page it makes when there is none;
 *   throws {@link GuestFault} where the guest may not go
 */
export function createGuestMemory(
  bytes: () => Bytes,
  hostOf: (address: number, kind: 'read' | 'write') => number,
  observe: MemoryObserver | undefined,
): GuestMemory {
  /** Calls `move` for each piece of the range that lies in one page. */
  const eachPiece = (
    address: number,
    length: number,
    kind: 'read' | 'write',
    move: (host: number, offset: number, size: number) => void,
  ): void => {
    // Not a number below 2^53 is fine too: it is too large either way.
    if (!(address >= 0 && address + length <= ADDRESS_SPACE_BYTES && length <= MAX_TRANSFER_BYTES)) {
      const at = Number.isSafeInteger(address) ? BigInt(address) : BigInt(ADDRESS_SPACE_BYTES);
      throw new GuestFault({ trap: { kind: kind === 'read' ? 'loadAccess' : 'storeAccess', address: at } });
    }
    for (let offset = 0; offset < length;) {
      const at = address + offset;
      const size = Math.min(PAGE_BYTES - (at % PAGE_BYTES), length - offset);
      move(hostOf(at, kind), offset, size);
      offset += size;
    }
  };

  const read = (address: number, length: number): Bytes => {
    eachPiece(address, length, 'read', () => {});
    const copy = new Uint8Array(length);
    eachPiece(address, length, 'read', (host, offset, size) =>
      copy.set(bytes().subarray(host, host + size), offset),
    );
    observe?.({ kind: 'read', address, bytes: copy });
    return copy;
  };
  const write = (address: number, content: Bytes): void => {
    eachPiece(address, content.length, 'write', () => {});
    eachPiece(address, content.length, 'write', (host, offset, size) =>
      bytes().set(content.subarray(offset, offset + size), host),
    );
    observe?.({ kind: 'write', address, bytes: content });
  };

  const viewOf = (content: Bytes): DataView => new DataView(content.buffer, content.byteOffset);
  return {
    read,
    write,
    readU32: (address) => viewOf(read(address, 4)).getUint32(0, true),
    readU64: (address) => viewOf(read(address, 8)).getBigUint64(0, true),
    writeU32: (address, value) => {
      const content = new Uint8Array(4);
      viewOf(content).setUint32(0, value, true);
      write(address, content);
    },
    writeU64: (address, value) => {
      const content = new Uint8Array(8);
      viewOf(content).setBigUint64(0, value, true);
      write(address, content);
    },
  };
}
