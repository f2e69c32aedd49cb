import type { Bytes } from '@ninefold/base';
import { OP } from '@ninefold/vm-bitcoin-script';
import { type Circuit, gateAt } from '../code/circuit.ts';
import { LOCK_BYTES } from '../spec/limits.ts';
import type { ScriptWriter } from './script-writer.ts';

/*
 * The leaves of a dispute. In the comments, what lies lower on the stack stands further left; a witness
 * is the stack a leaf starts with.
 */

/** Free bits may be opened either way; others only as both parties agreed. */
export type Pin = 0 | 1 | undefined;

/**
 * Fails unless the secret on top has 20 bytes. Without, a party could choose one so long that no node
 * relays the transaction in which the other has to repeat it.
 */
function writeSizeCheck(script: ScriptWriter): void {
  script.op(OP.OP_SIZE).number(LOCK_BYTES).op(OP.OP_EQUALVERIFY);
}

/** `preimage → bit`: what it says of a wire; fails when it says nothing. */
export function writeBit(script: ScriptWriter, locks: Bytes, wire: number): void {
  writeSizeCheck(script);
  script
    .op(OP.OP_HASH160, OP.OP_DUP)
    .lock(locks, 2 * wire + 1)
    .op(OP.OP_EQUAL);
  script
    .op(OP.OP_DUP, OP.OP_ROT)
    .lock(locks, 2 * wire)
    .op(OP.OP_EQUAL, OP.OP_BOOLOR, OP.OP_VERIFY);
}

/** `preimage →`: fails unless it says something of a wire, and what both agreed on if they did. */
export function writeReveal(script: ScriptWriter, locks: Bytes, wire: number, pin: Pin): void {
  writeSizeCheck(script);
  if (pin !== undefined) {
    script
      .op(OP.OP_HASH160)
      .lock(locks, 2 * wire + pin)
      .op(OP.OP_EQUALVERIFY);
    return;
  }
  script
    .op(OP.OP_HASH160, OP.OP_DUP)
    .lock(locks, 2 * wire + 1)
    .op(OP.OP_EQUAL, OP.OP_SWAP);
  script.lock(locks, 2 * wire).op(OP.OP_EQUAL, OP.OP_BOOLOR, OP.OP_VERIFY);
}

/** `preimage →`: fails unless it opens the lock. Its size is checked where it is opened first. */
function writeOpened(script: ScriptWriter, locks: Bytes, index: number): void {
  script.op(OP.OP_HASH160).lock(locks, index).op(OP.OP_EQUALVERIFY);
}

/** A hash lock of the verifier's that has to be open, one of a list. */
export type AskedLock = { readonly locks: Bytes; readonly index: number };

/**
 * Opens a number of wires. Witness: `signature, secrets from the last wire to the first[, the verifier's
 * secret]`.
 */
export function writeRevealLeaf(
  script: ScriptWriter,
  options: {
    readonly locks: Bytes;
    readonly wires: ArrayLike<number>;
    readonly pins?: ((wire: number) => Pin) | undefined;
    readonly asked?: AskedLock | undefined;
    readonly key: Bytes;
  },
): void {
  const { locks, wires, pins, asked, key } = options;
  if (asked !== undefined) writeOpened(script, asked.locks, asked.index);
  for (let i = 0; i < wires.length; i++) {
    const wire = wires[i] as number;
    writeReveal(script, locks, wire, pins?.(wire));
  }
  script.push(key).op(OP.OP_CHECKSIG);
}

/** Most bytes of a {@link writeRevealLeaf} with that many wires. */
export function revealLeafSize(wires: number): number {
  return 23 + 53 * wires + 34;
}

/**
 * Opens the wires of one gate in accordance with it. Witness: `signature, secret of the output, of the
 * right input, of the left input, the verifier's secret`, without the inputs that the gate does not have.
 */
export function writeGateLeaf(
  script: ScriptWriter,
  circuit: Circuit,
  gate: number,
  options: { readonly locks: Bytes; readonly asked: AskedLock; readonly key: Bytes },
): void {
  const { locks, asked, key } = options;
  const { arity, script: compute } = gateAt(circuit, gate);
  writeOpened(script, asked.locks, asked.index);
  if (arity > 0) writeBit(script, locks, circuit.left[gate] as number);
  if (arity > 1) {
    script.op(OP.OP_TOALTSTACK);
    writeBit(script, locks, circuit.right[gate] as number);
    script.op(OP.OP_FROMALTSTACK);
  }
  script.op(...compute).op(OP.OP_TOALTSTACK);
  writeBit(script, locks, circuit.out[gate] as number);
  script.op(OP.OP_FROMALTSTACK, OP.OP_EQUALVERIFY).push(key).op(OP.OP_CHECKSIG);
}

/** Most bytes of a {@link writeGateLeaf}: a hash lock, three bits, eight instructions, a key. */
export const GATE_LEAF_SIZE: number = 23 + 3 * 54 + 8 + 33;

/** Punishes who opened a wire both ways. Witness: `signature, secret for 1, secret for 0`. */
export function writeEquivocationLeaf(script: ScriptWriter, locks: Bytes, wire: number, key: Bytes): void {
  writeOpened(script, locks, 2 * wire);
  writeOpened(script, locks, 2 * wire + 1);
  script.push(key).op(OP.OP_CHECKSIG);
}

/** Bytes of a {@link writeEquivocationLeaf}. */
export const EQUIVOCATION_LEAF_SIZE = 80;

/** Opens one of the verifier's locks: her question. Witness: `signature, secret`. */
export function writeAskLeaf(script: ScriptWriter, { locks, index }: AskedLock, key: Bytes): void {
  writeSizeCheck(script);
  writeOpened(script, locks, index);
  script.push(key).op(OP.OP_CHECKSIG);
}

/** Bytes of a {@link writeAskLeaf}. */
export const ASK_LEAF_SIZE = 61;

/** Pays who waited `blocks` blocks for the other's move. Witness: `signature`. */
export function writeTimeoutLeaf(script: ScriptWriter, blocks: number, key: Bytes): void {
  script.number(blocks).op(OP.OP_CHECKSEQUENCEVERIFY, OP.OP_DROP).push(key).op(OP.OP_CHECKSIG);
}

/** Most bytes of a {@link writeTimeoutLeaf}. */
export const TIMEOUT_LEAF_SIZE = 40;
