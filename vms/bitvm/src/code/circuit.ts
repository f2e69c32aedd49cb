import { type Bytes, defineErrors } from '@ninefold/base';
import { sha256 } from '@ninefold/crypto';
import { GATES, type GateInfo } from '../spec/gates.ts';
import { MAX_GATES, MAX_WIRES } from '../spec/limits.ts';

/**
 * A circuit of gates with one output each, in an order in which each gate comes after those it reads.
 * Columns, not objects: SHA-256 has 135,073 gates.
 */
export type Circuit = {
  readonly wireCount: number;
  /** Sizes of the input values; their wires are the first ones, in this order. */
  readonly inputs: readonly number[];
  /** Sizes of the output values; their wires are the last ones, in this order. */
  readonly outputs: readonly number[];
  /** Kind of each gate, see `GATES`. */
  readonly kinds: Uint8Array;
  /** First and second wire each gate reads; 0 where it reads fewer. */
  readonly left: Uint32Array;
  readonly right: Uint32Array;
  /** The wire each gate drives. */
  readonly out: Uint32Array;
};

type GateFault = { readonly gate: number; readonly wire: number };

const fail = defineErrors({
  CIRCUIT_EMPTY: (_context: Readonly<Record<string, never>>) =>
    'The circuit has no gates: there is nothing to dispute',
  CIRCUIT_TOO_LARGE: (c: { readonly what: string; readonly count: number; readonly limit: number }) =>
    `The circuit has ${c.count} ${c.what}; the limit is ${c.limit}`,
  CIRCUIT_UNKNOWN_GATE: (c: { readonly gate: number; readonly kind: number }) =>
    `Gate ${c.gate} is of the unknown kind ${c.kind}`,
  CIRCUIT_WIRE_RANGE: ({ gate, wire }: GateFault) =>
    `Gate ${gate} names wire ${wire}, which the circuit does not have`,
  CIRCUIT_WIRE_NOT_DRIVEN: ({ gate, wire }: GateFault) =>
    `Gate ${gate} reads wire ${wire} before anything drives it`,
  CIRCUIT_WIRE_DRIVEN_TWICE: ({ gate, wire }: GateFault) => `Gate ${gate} drives wire ${wire} once more`,
  CIRCUIT_OUTPUT_NOT_DRIVEN: (c: { readonly wire: number }) => `Nothing drives the output wire ${c.wire}`,
  CIRCUIT_INPUT_COUNT: (c: { readonly expected: number; readonly actual: number }) =>
    `The circuit takes ${c.expected} input bits, not ${c.actual}`,
});

const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0);

/** How many wires are inputs: wires 0 up to that. */
export function inputCount({ inputs }: Circuit): number {
  return sum(inputs);
}

/** How many wires are outputs: the last ones. */
export function outputCount({ outputs }: Circuit): number {
  return sum(outputs);
}

/** What kind of gate stands at an index. */
export function gateAt({ kinds }: Circuit, gate: number): GateInfo {
  return GATES[kinds[gate] as number] as GateInfo;
}

/** The wires a gate touches: those it reads, then the one it drives. */
export function gateWires(circuit: Circuit, gate: number): readonly number[] {
  const { left, right, out } = circuit;
  const { arity } = gateAt(circuit, gate);
  const output = out[gate] as number;
  if (arity === 0) return [output];
  return arity === 1 ? [left[gate] as number, output] : [left[gate] as number, right[gate] as number, output];
}

/**
 * Makes sure of all that the other functions rely on.
 *
 * @throws `CIRCUIT_…` with the gate and the wire at fault
 */
export function checkCircuit(circuit: Circuit): Circuit {
  const { wireCount, kinds, out } = circuit;
  const inputs = inputCount(circuit);
  const outputs = outputCount(circuit);
  if (kinds.length === 0) throw fail('CIRCUIT_EMPTY', {});
  if (kinds.length > MAX_GATES) {
    throw fail('CIRCUIT_TOO_LARGE', { what: 'gates', count: kinds.length, limit: MAX_GATES });
  }
  if (wireCount > MAX_WIRES || inputs > wireCount || outputs > wireCount) {
    const count = Math.max(wireCount, inputs, outputs);
    throw fail('CIRCUIT_TOO_LARGE', { what: 'wires', count, limit: Math.min(wireCount, MAX_WIRES) });
  }
  const driven = new Uint8Array(wireCount).fill(1, 0, inputs);
  for (let gate = 0; gate < kinds.length; gate++) {
    const kind = kinds[gate] as number;
    if (kind >= GATES.length) throw fail('CIRCUIT_UNKNOWN_GATE', { gate, kind });
    for (const wire of gateWires(circuit, gate).slice(0, -1)) {
      if (wire >= wireCount) throw fail('CIRCUIT_WIRE_RANGE', { gate, wire });
      if (driven[wire] === 0) throw fail('CIRCUIT_WIRE_NOT_DRIVEN', { gate, wire });
    }
    const wire = out[gate] as number;
    if (wire >= wireCount) throw fail('CIRCUIT_WIRE_RANGE', { gate, wire });
    if (driven[wire] !== 0) throw fail('CIRCUIT_WIRE_DRIVEN_TWICE', { gate, wire });
    driven[wire] = 1;
  }
  for (let wire = wireCount - outputs; wire < wireCount; wire++) {
    if (driven[wire] === 0) throw fail('CIRCUIT_OUTPUT_NOT_DRIVEN', { wire });
  }
  return circuit;
}

/**
 * The values of all wires, one byte each.
 *
 * @param bits of all input wires
 * @throws `CIRCUIT_INPUT_COUNT`
 * @example evaluateCircuit(adder, bits).subarray(-33) // the sum
 */
export function evaluateCircuit(circuit: Circuit, bits: ArrayLike<number>): Uint8Array {
  const expected = inputCount(circuit);
  if (bits.length !== expected) throw fail('CIRCUIT_INPUT_COUNT', { expected, actual: bits.length });
  const wires = new Uint8Array(circuit.wireCount);
  for (let i = 0; i < expected; i++) wires[i] = (bits[i] as number) & 1;
  evaluateFrom(circuit, wires, 0);
  return wires;
}

/** Runs the gates from `first` on over the values in `wires`. */
export function evaluateFrom({ kinds, left, right, out }: Circuit, wires: Uint8Array, first: number): void {
  for (let gate = first; gate < kinds.length; gate++) {
    const { arity, truth } = GATES[kinds[gate] as number] as GateInfo;
    const a = wires[left[gate] as number] as number;
    const b = wires[right[gate] as number] as number;
    const row = arity === 2 ? 2 * a + b : arity === 1 ? a : 0;
    wires[out[gate] as number] = (truth >> row) & 1;
  }
}

/** Whether a gate's output follows from its inputs. */
export function gateHolds(circuit: Circuit, gate: number, wires: Uint8Array): boolean {
  const { arity, truth } = gateAt(circuit, gate);
  const a = wires[circuit.left[gate] as number] as number;
  const b = wires[circuit.right[gate] as number] as number;
  const row = arity === 2 ? 2 * a + b : arity === 1 ? a : 0;
  return wires[circuit.out[gate] as number] === ((truth >> row) & 1);
}

/** A hash of all that makes a circuit: two parties compare it before they talk about money. */
export function circuitDigest(circuit: Circuit): Bytes {
  const { wireCount, inputs, outputs, kinds, left, right, out } = circuit;
  const head = [wireCount, kinds.length, inputs.length, ...inputs, outputs.length, ...outputs];
  const bytes = new Uint8Array(4 * head.length + 13 * kinds.length);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const number of head) {
    view.setUint32(at, number, true);
    at += 4;
  }
  for (let gate = 0; gate < kinds.length; gate++) {
    bytes[at] = kinds[gate] as number;
    view.setUint32(at + 1, left[gate] as number, true);
    view.setUint32(at + 5, right[gate] as number, true);
    view.setUint32(at + 9, out[gate] as number, true);
    at += 13;
  }
  return sha256(bytes);
}
