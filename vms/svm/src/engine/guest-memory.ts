import type { Bytes } from '@ninefold/base';
import { SBPF_VERSIONS, type SbpfVersion, STACK_FRAME_BYTES } from '../spec/versions.ts';
import { accessFault, SyscallFault } from './faults.ts';
import type { KernelMemory } from './kernel-memory.ts';
import { SHALLOW } from './layout.ts';

/** A piece of the program's address space and where it is in the kernel's memory. */
export type Piece = {
  readonly address: bigint;
  readonly length: number;
  readonly host: number;
  readonly isWritable: boolean;
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

/** Memory made of `pieces`, ascending by address; valid until the kernel's memory grows. */
export function createGuestMemory(
  { bytes, view }: Pick<KernelMemory, 'bytes' | 'view'>,
  pieces: readonly Piece[],
  version: SbpfVersion,
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
      throw new SyscallFault(accessFault(version, access, isAllocated(pieces, address)));
    },
    bytes: () => bytes,
    view: () => view,
  };
}

/** Bytes of the stack's address space between two frames. */
export function frameStep(version: SbpfVersion): number {
  const { manualStackFrames, stackFrameGaps } = SBPF_VERSIONS[version];
  if (manualStackFrames) return 0;
  return stackFrameGaps ? 2 * STACK_FRAME_BYTES : STACK_FRAME_BYTES;
}
