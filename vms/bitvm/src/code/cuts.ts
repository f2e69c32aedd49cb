import { defineErrors } from '@ninefold/base';
import { type Circuit, gateAt, inputCount } from './circuit.ts';

/*
 * What a dispute searches in. The gates stand in blocks, one behind the other, and between two blocks is
 * a cut: the wires that were driven before it and are needed after it. Who knows the values at a cut can
 * compute all that follows. Cut 0 is the inputs, the last cut the outputs.
 */

/** A circuit divided into blocks. */
export type Cuts = {
  /** Blocks; cuts are one more. */
  readonly count: number;
  /** The first gate of each block, and behind the last block the number of gates. */
  readonly starts: Uint32Array;
  /** The wires of cut k, ascending: from `offsets[k]` to `offsets[k + 1]`. */
  readonly wires: Uint32Array;
  readonly offsets: Uint32Array;
  /** Wires of the widest cut. */
  readonly width: number;
};

const fail = defineErrors({
  CIRCUIT_BLOCK_SIZE: (c: { readonly gates: number }) => `A block cannot have ${c.gates} gates`,
});

/** No gate reads it. */
const UNUSED = -1;

/**
 * Divides a circuit into blocks of equal size, the last one smaller.
 *
 * @throws `CIRCUIT_BLOCK_SIZE`
 * @example cutCircuit(sha256Circuit, 512).count // 264
 */
export function cutCircuit(circuit: Circuit, blockGates: number): Cuts {
  const { wireCount, outputs, kinds, left, right, out } = circuit;
  const gates = kinds.length;
  if (!Number.isSafeInteger(blockGates) || blockGates < 1) {
    throw fail('CIRCUIT_BLOCK_SIZE', { gates: blockGates });
  }
  const count = Math.ceil(gates / blockGates);
  const inputs = inputCount(circuit);
  const firstOutput = wireCount - outputs.reduce((sum, size) => sum + size, 0);
  // A wire is in the cuts after the block that drives it, up to the block of its last reader.
  const lastUse = new Int32Array(wireCount).fill(UNUSED);
  const drivenIn = new Int32Array(wireCount).fill(UNUSED);
  for (let gate = 0; gate < gates; gate++) {
    const block = Math.floor(gate / blockGates);
    const { arity } = gateAt(circuit, gate);
    if (arity > 0) lastUse[left[gate] as number] = block;
    if (arity > 1) lastUse[right[gate] as number] = block;
    drivenIn[out[gate] as number] = block;
  }
  lastUse.fill(count, firstOutput);
  const range = (wire: number): readonly [first: number, last: number] => {
    const first = (drivenIn[wire] as number) + 1;
    const last = lastUse[wire] as number;
    // The claim shows all inputs, also those that nothing reads.
    return wire < inputs ? [0, Math.max(last, 0)] : [first, last];
  };

  const offsets = new Uint32Array(count + 2);
  for (let wire = 0; wire < wireCount; wire++) {
    const [first, last] = range(wire);
    for (let cut = first; cut <= last; cut++) offsets[cut + 1] = (offsets[cut + 1] as number) + 1;
  }
  let width = 0;
  for (let cut = 0; cut <= count; cut++) {
    width = Math.max(width, offsets[cut + 1] as number);
    offsets[cut + 1] = (offsets[cut + 1] as number) + (offsets[cut] as number);
  }
  const wires = new Uint32Array(offsets[count + 1] as number);
  const next = offsets.slice();
  for (let wire = 0; wire < wireCount; wire++) {
    const [first, last] = range(wire);
    for (let cut = first; cut <= last; cut++) {
      wires[next[cut] as number] = wire;
      next[cut] = (next[cut] as number) + 1;
    }
  }
  const starts = Uint32Array.from({ length: count + 1 }, (_, block) => Math.min(block * blockGates, gates));
  return { count, starts, wires, offsets, width };
}

/** The wires of a cut. */
export function cutWires({ wires, offsets }: Cuts, cut: number): Uint32Array {
  return wires.subarray(offsets[cut], offsets[cut + 1]);
}

/** The wires that the gates of a block drive. */
export function blockWires({ out }: Circuit, { starts }: Cuts, block: number): Uint32Array {
  return out.subarray(starts[block], starts[block + 1]);
}

/** Rounds it takes to find one of `blocks` blocks by halving. */
export function searchDepth(blocks: number): number {
  return Math.ceil(Math.log2(blocks));
}

/**
 * The cuts that can be asked for in a round of the search, ascending: those in the middle of what may be
 * left then. With them all cuts inside belong to one round each.
 */
export function cutsOfRound(blocks: number, round: number): readonly number[] {
  let ranges: (readonly [number, number])[] = [[0, blocks]];
  for (let i = 0; i < round; i++) {
    ranges = ranges.flatMap(([low, high]): (readonly [number, number])[] => {
      const middle = middleOf(low, high);
      return [
        [low, middle],
        [middle, high],
      ].filter((range): range is [number, number] => (range[1] as number) - (range[0] as number) > 1);
    });
  }
  return ranges.filter(([low, high]) => high - low > 1).map(([low, high]) => middleOf(low, high));
}

/** The cut that halves what lies between two cuts. */
export function middleOf(low: number, high: number): number {
  return (low + high) >> 1;
}
