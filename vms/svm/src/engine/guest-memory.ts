import type { Bytes } from '@ninefold/base';
import { SBPF_VERSIONS, STACK_FRAME_BYTES } from '../spec/versions.ts';
import type { Program } from './decode.ts';
import { accessFault, type MemoryAccess, SyscallFault } from './faults.ts';
import type { KernelMemory } from './kernel-memory.ts';
import { SHALLOW } from './layout.ts';

/** How a piece of the address space becomes longer while a program runs. */
export type Growth = {
  /** Bytes that it has at most. */
  readonly capacity: number;
  /** Asked for more when a write does not fit, up to the capacity: the length from then on. */
  readonly grow: () => number;
};

/** A piece of the program's address space and where it is in the kernel's memory. */
export type Piece = {
  readonly address: bigint;
  /** What lies behind it, up to its capacity, is zero. */
  length: number;
  readonly host: number;
  isWritable: boolean;
  readonly growth: Growth | undefined;
  /** Every other 4 KiB of the address space are nothing (the stack of version 0). */
  readonly isGapped: boolean;
  /** Whether what lies behind its first bytes is clean unless it says that it was reached. */
  readonly isShallow: boolean;
  isReached: boolean;
};

/** The running program's memory as syscalls see it. */
export type GuestMemory = {
  /**
   * Where `length` bytes at `address` are in {@link bytes}.
   *
   * @throws `SyscallFault` when they are not all in one piece, or read-only and to be written
   */
  readonly map: (address: bigint, length: bigint, isWrite: boolean) => number;
  /** Gives the piece that begins at `address` another length, within its capacity, and other rights. */
  readonly reshape: (address: bigint, length: number, isWritable: boolean) => void;
  /** The kernel's whole memory; valid until the program goes on. */
  readonly bytes: () => Bytes;
  readonly view: () => DataView;
};

/** Addresses that the piece covers, gaps included. */
function spanOf(piece: Piece): bigint {
  return BigInt(piece.length) * (piece.isGapped ? 2n : 1n);
}

/** The last of `pieces`, ascending by address, that begins at or before `address`. */
function pieceAt(pieces: readonly Piece[], address: bigint): Piece | undefined {
  let low = 0;
  let high = pieces.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((pieces[middle] as Piece).address <= address) low = middle + 1;
    else high = middle;
  }
  return pieces[low - 1];
}

/** Whether anything is at `address`, gaps included: what fault texts go by. */
export function isAllocated(pieces: readonly Piece[], address: bigint): boolean {
  const piece = pieceAt(pieces, address);
  return piece !== undefined && address - piece.address < spanOf(piece);
}

/** Has the piece that a write begins in grow for it; the piece, when it then is long enough. */
export function growFor(pieces: readonly Piece[], access: MemoryAccess): Piece | undefined {
  const piece = pieceAt(pieces, access.address);
  if (piece?.growth === undefined || !piece.isWritable || !access.isWrite) return undefined;
  const wanted = access.address - piece.address + access.bytes;
  if (wanted <= piece.length || wanted > piece.growth.capacity) return undefined;
  piece.length = piece.growth.grow();
  return wanted <= piece.length ? piece : undefined;
}

/**
 * Memory made of `pieces`, ascending by address; valid until the kernel's memory grows.
 *
 * @param onChange told of pieces whose length or rights have changed
 */
export function createGuestMemory(
  { bytes, view }: Pick<KernelMemory, 'bytes' | 'view'>,
  pieces: readonly Piece[],
  { executable: { version } }: Program,
  onChange: (piece: Piece) => void,
): GuestMemory {
  const hostOf = (address: bigint, length: bigint, isWrite: boolean): number | undefined => {
    const piece = pieceAt(pieces, address);
    if (piece === undefined || (isWrite && !piece.isWritable)) return undefined;
    let offset = Number(address - piece.address);
    if (piece.isGapped) {
      const frame = Math.floor(offset / STACK_FRAME_BYTES);
      if (frame % 2 === 1) return undefined;
      offset -= (frame / 2) * STACK_FRAME_BYTES;
    }
    const end = offset + Number(length);
    if (end > piece.length) return undefined;
    if (isWrite && piece.isShallow && end > SHALLOW.BYTES) piece.isReached = true;
    return piece.host + offset;
  };
  return {
    map(address, length, isWrite) {
      const host = hostOf(address, length, isWrite);
      if (host !== undefined) return host;
      const access = { address, bytes: length, isWrite };
      const grown = growFor(pieces, access);
      if (grown === undefined)
        throw new SyscallFault(accessFault(version, access, isAllocated(pieces, address)));
      onChange(grown);
      return grown.host + Number(address - grown.address);
    },
    reshape(address, length, isWritable) {
      const piece = pieceAt(pieces, address) as Piece;
      if (length < piece.length) bytes.fill(0, piece.host + length, piece.host + piece.length);
      piece.length = length;
      piece.isWritable = isWritable;
      onChange(piece);
    },
    bytes: () => bytes,
    view: () => view,
  };
}

/** Bytes of the stack's address space between two frames. */
export function frameStep({ executable, hasStackGaps }: Program): number {
  if (SBPF_VERSIONS[executable.version].manualStackFrames) return 0;
  return hasStackGaps ? 2 * STACK_FRAME_BYTES : STACK_FRAME_BYTES;
}
