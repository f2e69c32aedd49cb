import type { Bytes } from '@ninefold/base';
import { blake3 } from '@ninefold/crypto';
import type { Account } from './account.ts';

/** Lanes of a lattice hash, 16 bits each. */
export const LATTICE_LANES = 1024;

/** A homomorphic hash of accounts (SIMD-0215): sums wrap in each lane. */
export type Lattice = Uint16Array;

const ZERO: Lattice = new Uint16Array(LATTICE_LANES);

// An account keeps its value: most of what a slot replaces was hashed when it was put there.
const values = new WeakMap<Account, Lattice>();

/** What one account adds; nothing when it has no lamports. */
export function latticeOf(address: Bytes, account: Account | undefined): Lattice {
  if (account === undefined || account.lamports === 0n) return ZERO;
  let value = values.get(account);
  if (value === undefined) {
    value = computeLattice(address, account);
    values.set(account, value);
  }
  return value;
}

function computeLattice(address: Bytes, { lamports, data, isExecutable, owner }: Account): Lattice {
  const head = new Uint8Array(8);
  new DataView(head.buffer).setBigUint64(0, lamports, true);
  const executable = Uint8Array.of(isExecutable ? 1 : 0);
  return decodeLattice(blake3([head, data, executable, owner, address], 2 * LATTICE_LANES));
}

export function decodeLattice(bytes: Bytes): Lattice {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lattice = new Uint16Array(LATTICE_LANES);
  for (let i = 0; i < LATTICE_LANES; i++) lattice[i] = view.getUint16(2 * i, true);
  return lattice;
}

/** 2048 bytes, lanes little-endian. */
export function encodeLattice(lattice: Lattice): Bytes {
  const bytes = new Uint8Array(2 * LATTICE_LANES);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < LATTICE_LANES; i++) view.setUint16(2 * i, lattice[i] as number, true);
  return bytes;
}

/** Takes `before` out of `sum` and puts `after` in. */
export function replaceInLattice(sum: Lattice, before: Lattice, after: Lattice): void {
  for (let i = 0; i < LATTICE_LANES; i++)
    sum[i] = (sum[i] as number) - (before[i] as number) + (after[i] as number);
}
