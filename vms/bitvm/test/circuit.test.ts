import { isNinefoldError, type NinefoldError } from '@ninefold/base';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatBristol, parseBristol } from '../src/code/bristol.ts';
import { CircuitBuilder } from '../src/code/builder.ts';
import {
  checkCircuit,
  type Circuit,
  circuitDigest,
  evaluateCircuit,
  gateHolds,
  gateWires,
} from '../src/code/circuit.ts';
import { blockWires, cutCircuit, cutsOfRound, cutWires, middleOf, searchDepth } from '../src/code/cuts.ts';
import { GATE, GATES } from '../src/spec/gates.ts';
import { MAX_GATES, MAX_WIRES } from '../src/spec/limits.ts';

const errorOf = (action: () => unknown): NinefoldError | undefined => {
  try {
    action();
  } catch (error) {
    if (isNinefoldError(error)) return error;
    throw error;
  }
  return undefined;
};
const toBits = (value: number, size: number): number[] =>
  Array.from({ length: size }, (_, i) => Math.floor(value / 2 ** i) % 2);
const fromBits = (bits: Iterable<number>): number =>
  [...bits].reduce((value, bit, i) => value + bit * 2 ** i, 0);

/** Random circuits of all kinds of gates. */
const circuits = fc
  .record({ inputs: fc.integer({ min: 1, max: 5 }), gates: fc.integer({ min: 1, max: 30 }) })
  .chain(({ inputs, gates }) =>
    fc
      .tuple(
        fc.array(fc.tuple(fc.nat(GATES.length - 1), fc.nat(999), fc.nat(999)), {
          minLength: gates,
          maxLength: gates,
        }),
        fc.integer({ min: 1, max: Math.min(gates, 4) }),
      )
      .map(([list, outputs]): Circuit => {
        const column = (at: 1 | 2): Uint32Array =>
          Uint32Array.from(list, (gate, i) => gate[at] % (inputs + i));
        return {
          wireCount: inputs + gates,
          inputs: [inputs],
          outputs: [outputs],
          kinds: Uint8Array.from(list, ([kind]) => kind),
          left: column(1),
          right: column(2),
          out: Uint32Array.from(list, (_, i) => inputs + i),
        };
      }),
  );

describe('circuits', () => {
  it('compute what each kind of gate is called', () => {
    const meaning: Record<string, (a: number, b: number) => number> = {
      NAND: (a, b) => 1 - (a & b),
      AND: (a, b) => a & b,
      OR: (a, b) => a | b,
      NOR: (a, b) => 1 - (a | b),
      XOR: (a, b) => a ^ b,
      XNOR: (a, b) => 1 - (a ^ b),
      INV: (a) => 1 - a,
      EQW: (a) => a,
      CONST0: () => 0,
      CONST1: () => 1,
    };
    for (const { name } of GATES) {
      const builder = new CircuitBuilder();
      const [a, b] = builder.input(2);
      builder.output([builder.gate(name, a, b)]);
      const circuit = builder.build();
      for (const [x, y] of [
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
      ] as const) {
        const wires = evaluateCircuit(circuit, [x, y]);
        expect([name, x, y, wires[circuit.wireCount - 1]]).toEqual([name, x, y, meaning[name]!(x, y)]);
      }
    }
  });

  it('hold at all gates of an evaluation, and not where a wire was changed', () => {
    fc.assert(
      fc.property(circuits, fc.nat(), fc.nat(), (circuit, input, which) => {
        const wires = evaluateCircuit(circuit, toBits(input, circuit.inputs[0]!));
        const gates = circuit.kinds.length;
        for (let gate = 0; gate < gates; gate++) expect(gateHolds(circuit, gate, wires)).toBe(true);
        const gate = which % gates;
        wires[circuit.out[gate]!] = 1 - wires[circuit.out[gate]!]!;
        expect(gateHolds(circuit, gate, wires)).toBe(false);
      }),
    );
  });

  it('are refused with the gate and the wire at fault', () => {
    const good = parseBristol('2 5\n2 1 2\n1 1\n2 1 0 1 3 AND\n2 1 2 3 4 XOR\n');
    const change = (columns: Partial<Circuit>): unknown => {
      const error = errorOf(() => checkCircuit({ ...good, ...columns }));
      return error && [error.code, error.context];
    };
    expect(change({})).toBeUndefined();
    expect(change({ left: Uint32Array.of(0, 9) })).toEqual(['CIRCUIT_WIRE_RANGE', { gate: 1, wire: 9 }]);
    expect(change({ out: Uint32Array.of(3, 9) })).toEqual(['CIRCUIT_WIRE_RANGE', { gate: 1, wire: 9 }]);
    expect(change({ left: Uint32Array.of(4, 2) })).toEqual(['CIRCUIT_WIRE_NOT_DRIVEN', { gate: 0, wire: 4 }]);
    expect(change({ out: Uint32Array.of(3, 3) })).toEqual([
      'CIRCUIT_WIRE_DRIVEN_TWICE',
      { gate: 1, wire: 3 },
    ]);
    expect(change({ wireCount: 6 })).toEqual(['CIRCUIT_OUTPUT_NOT_DRIVEN', { wire: 5 }]);
    expect(change({ kinds: Uint8Array.of(0, 99) })).toEqual(['CIRCUIT_UNKNOWN_GATE', { gate: 1, kind: 99 }]);
    expect(change({ kinds: new Uint8Array(0) })).toEqual(['CIRCUIT_EMPTY', {}]);
    expect(change({ wireCount: MAX_WIRES + 1 })).toMatchObject(['CIRCUIT_TOO_LARGE', { what: 'wires' }]);
    expect(change({ kinds: new Uint8Array(MAX_GATES + 1) })).toMatchObject([
      'CIRCUIT_TOO_LARGE',
      { what: 'gates' },
    ]);
    expect(errorOf(() => evaluateCircuit(good, [1]))?.code).toBe('CIRCUIT_INPUT_COUNT');
  });

  it('have a digest that sees every part', () => {
    const good = parseBristol('2 5\n2 1 2\n1 1\n2 1 0 1 3 AND\n2 1 2 3 4 XOR\n');
    const others: Partial<Circuit>[] = [
      { kinds: Uint8Array.of(GATE.AND, GATE.AND) },
      { left: Uint32Array.of(1, 2) },
      { right: Uint32Array.of(0, 3) },
      { inputs: [3] },
      { inputs: [2, 1] },
      { outputs: [2] },
    ];
    const digests = [good, ...others.map((part) => ({ ...good, ...part }))].map((circuit) =>
      circuitDigest(circuit).join(),
    );
    expect(new Set(digests).size).toBe(digests.length);
  });
});

describe('the builder', () => {
  it('adds, compares and selects', () => {
    const builder = new CircuitBuilder();
    const a = builder.input(8);
    const b = builder.input(8);
    const sum = builder.add(a, b);
    const same = builder.equals(a, b);
    builder.output(sum);
    builder.output([same]);
    builder.output(builder.select(same, a, sum));
    const circuit = builder.build();
    expect(circuit.outputs).toEqual([8, 1, 8]);
    fc.assert(
      fc.property(fc.nat(255), fc.nat(255), fc.boolean(), (x, other, equal) => {
        const y = equal ? x : other;
        const wires = evaluateCircuit(circuit, [...toBits(x, 8), ...toBits(y, 8)]);
        const out = [...wires.subarray(-17)];
        expect(fromBits(out.slice(0, 8))).toBe((x + y) & 255);
        expect(out[8]).toBe(x === y ? 1 : 0);
        expect(fromBits(out.slice(9))).toBe(x === y ? x : (x + y) & 255);
      }),
    );
  });

  it('makes constants and single gates', () => {
    const builder = new CircuitBuilder();
    const [a, b] = builder.input(2);
    const wires = [
      builder.constant(0),
      builder.constant(1),
      builder.not(a!),
      builder.nand(a!, b!),
      builder.or(a!, b!),
    ];
    builder.output(wires);
    expect([...evaluateCircuit(builder.build(), [1, 0]).subarray(-5)]).toEqual([0, 1, 0, 1, 1]);
    expect(() => builder.input(1)).toThrow(RangeError);
  });
});

describe('Bristol files', () => {
  const positionOf = (text: string): unknown => {
    const error = errorOf(() => parseBristol(text));
    const { line, column } = (error?.context ?? {}) as { line?: number; column?: number };
    return [error?.code, line, column];
  };

  it('are read in both formats', () => {
    const fashion = parseBristol('1 3\n2 1 1\n1 1\n\n2 1 0 1 2 AND\n');
    const old = parseBristol('1 3\n1 1   1\n\n2 1 0 1 2 AND\n');
    expect(old).toEqual(fashion);
    const single = parseBristol('1 2\n1 0   1\n\n1 1 0 1 INV\n');
    expect([single.inputs, single.outputs]).toEqual([[1], [1]]);
    // Two inputs of sizes 1 and 1 against `n1 n2 n3` = 2 1 1.
    expect(parseBristol('1 4\n2 1 1\n\n2 1 0 1 3 AND\n').inputs).toEqual([2, 1]);
  });

  it('know constants, copies and MAND', () => {
    const circuit = parseBristol(
      '4 9\n1 4\n1 5\n1 1 1 4 EQ\n1 1 0 5 EQ\n1 1 0 6 EQW\n4 2 0 1 2 3 7 8 MAND\n',
    );
    expect(circuit.kinds).toHaveLength(5);
    expect([...evaluateCircuit(circuit, [1, 1, 1, 0]).subarray(4)]).toEqual([1, 0, 1, 1, 0]);
  });

  it('say where they are wrong', () => {
    expect(positionOf('')).toEqual(['BRISTOL_TRUNCATED', 1, 1]);
    expect(positionOf('1 3\n2 1 1\n1 1\n2 1 0 1 2 AND\n2')).toEqual(['BRISTOL_TRAILING_TEXT', 5, 1]);
    expect(positionOf('1 3\n2 1 1\n1 1\n2 1 0 x 2 AND')).toEqual(['BRISTOL_INVALID_NUMBER', 4, 7]);
    expect(positionOf('1 3\n2 1 1\n1 1\n2 1 0 4294967296 2 AND')).toEqual(['BRISTOL_INVALID_NUMBER', 4, 7]);
    expect(positionOf('1 3\n2 1 1\n1 1\n2 1 0 1 2 AMD')).toEqual(['BRISTOL_UNKNOWN_GATE', 4, 11]);
    expect(positionOf('1 3\n2 1 1\n1 1\n1 1 0 2 AND')).toEqual(['BRISTOL_WRONG_ARITY', 4, 9]);
    expect(positionOf('1 3\n2 1 1\n1 1\n2 1 0 1 2')).toEqual(['BRISTOL_TRUNCATED', 4, 10]);
    for (const header of ['3 1 1', '1 1 1', '0 1 1', '2 2']) {
      expect(positionOf(`1 3\n${header}\n1 1\n2 1 0 1 2 AND`)).toEqual(['BRISTOL_WRONG_HEADER', 3, 1]);
    }
    expect(positionOf('1 3\n3 1 1 1\n2 1\n2 1 0 1 2 AND')).toEqual(['BRISTOL_WRONG_HEADER', 4, 1]);
    expect(positionOf('1 3\n2 9 1\n1 1\n2 1 0 1 2 AND')).toEqual(['BRISTOL_WRONG_HEADER', 4, 1]);
    expect(positionOf('99999999 3\n')).toEqual(['BRISTOL_WRONG_HEADER', 1, 1]);
    expect(positionOf('1 3\n2 1 1\n1 1\n9999 1 0')).toEqual(['BRISTOL_WRONG_ARITY', 4, 8]);
    expect(errorOf(() => parseBristol('1 3\n2 1 1\n1 1\n2 1 0 2 2 AND'))?.code).toBe(
      'CIRCUIT_WIRE_NOT_DRIVEN',
    );
  });

  it('are total: any text is a circuit or a typed error', () => {
    const word = fc.constantFrom('0', '1', '2', '3', '4', 'AND', 'XOR', 'MAND', 'EQ', '\n', '-1', 'é', '1e3');
    fc.assert(
      fc.property(fc.array(word, { maxLength: 40 }), (words) => {
        errorOf(() => parseBristol(words.join(' ')));
      }),
      { numRuns: 500 },
    );
  });

  it('come back from their text', () => {
    fc.assert(
      fc.property(circuits, (circuit) => {
        const back = parseBristol(formatBristol(circuit));
        expect(back.kinds).toEqual(circuit.kinds);
        for (let gate = 0; gate < circuit.kinds.length; gate++) {
          expect(gateWires(back, gate)).toEqual(gateWires(circuit, gate));
        }
        expect([back.inputs, back.outputs, back.wireCount]).toEqual([
          circuit.inputs,
          circuit.outputs,
          circuit.wireCount,
        ]);
      }),
    );
  });
});

describe('cuts', () => {
  it('begin with the inputs, end with the outputs, and carry what a block needs', () => {
    fc.assert(
      fc.property(circuits, fc.integer({ min: 1, max: 9 }), (circuit, blockGates) => {
        const cuts = cutCircuit(circuit, blockGates);
        const inputs = circuit.inputs[0]!;
        const firstOutput = circuit.wireCount - circuit.outputs[0]!;
        expect([...cutWires(cuts, 0)]).toEqual(expect.arrayContaining([...Array(inputs).keys()]));
        expect([...cutWires(cuts, cuts.count)]).toEqual(
          Array.from({ length: circuit.outputs[0]! }, (_, i) => firstOutput + i),
        );
        for (let block = 0; block < cuts.count; block++) {
          const known = new Set([...cutWires(cuts, block), ...blockWires(circuit, cuts, block)]);
          // Whoever knows a cut and what its block drives can check every gate and the next cut.
          for (let gate = cuts.starts[block]!; gate < cuts.starts[block + 1]!; gate++) {
            for (const wire of gateWires(circuit, gate)) expect(known.has(wire)).toBe(true);
          }
          for (const wire of cutWires(cuts, block + 1)) expect(known.has(wire)).toBe(true);
          expect(cutWires(cuts, block).length).toBeLessThanOrEqual(cuts.width);
        }
      }),
    );
  });

  it('belong to one round each', () => {
    for (let blocks = 1; blocks < 40; blocks++) {
      const rounds = Array.from({ length: searchDepth(blocks) }, (_, round) => cutsOfRound(blocks, round));
      expect(rounds.every(({ length }) => length > 0)).toBe(true);
      expect(rounds.flat().sort((a, b) => a - b)).toEqual(
        Array.from({ length: blocks - 1 }, (_, i) => i + 1),
      );
    }
  });

  it('let a search end at any block', () => {
    for (let blocks = 1; blocks < 40; blocks++) {
      for (let target = 0; target < blocks; target++) {
        let [low, high] = [0, blocks];
        for (let round = 0; round < searchDepth(blocks) && high - low > 1; round++) {
          const middle = middleOf(low, high);
          expect(cutsOfRound(blocks, round)).toContain(middle);
          if (target >= middle) low = middle;
          else high = middle;
        }
        expect([low, high]).toEqual([target, target + 1]);
      }
    }
  });

  it('need blocks of a gate at least', () => {
    const circuit = parseBristol('1 3\n2 1 1\n1 1\n2 1 0 1 2 AND\n');
    for (const size of [0, -1, 1.5, Number.NaN]) {
      expect(errorOf(() => cutCircuit(circuit, size))?.code).toBe('CIRCUIT_BLOCK_SIZE');
    }
  });
});
