import { seededRng } from '@ninefold/base';
import { keccakF1600, sha256 } from '@ninefold/kernels';
import { type Chip, checkTrace, cloneTrace, lintMachine, type Trace, violationText } from '@ninefold/stark';
import { describe, expect, it } from 'vitest';
import { inertCells } from '../../src/prove/inert.ts';
import { chipsOf, machineFor } from '../../src/prove/machine.ts';
import { keccakComputation } from '../../src/prove/precompiles/keccak.ts';
import { createRiscvProver, type RiscvProver } from '../../src/prove/prover.ts';
import { verifyReceipt } from '../../src/prove/receipt.ts';
import { bytesOf, limbsFromBytes, type Shape, SHAPES } from '../../src/prove/words.ts';
import { createRiscv, type RunOutcome } from '../../src/run.ts';
import type { Xlen } from '../../src/spec/opcodes.ts';
import { assemble } from '../support/assemble.ts';
import { programElf } from '../support/elf.ts';
import { DATA, sp1 } from '../support/guests.ts';
import { BENCH_SPACE, memoryBench } from '../support/memory-bench.ts';
import { survivors } from '../support/survivors.ts';

const CODE = { SHA_EXTEND: 0x300105, SHA_COMPRESS: 0x010106, KECCAK_PERMUTE: 0x010109 } as const;

/** A proof may take its time on a machine with other work. */
const PATIENCE = 120_000;

const bytes = (seed: number, count: number): Uint8Array => {
  const rng = seededRng(seed);
  return Uint8Array.from({ length: count }, () => rng.below(256));
};

describe.each<Xlen>([32, 64])('Keccak-f in memory of %i bits', (xlen) => {
  const shape: Shape = SHAPES[xlen];
  const bench = memoryBench(shape, keccakComputation);
  const [chip] = bench.computation.chips as [Chip, Chip];
  const words = 200 / shape.bytes;
  const problems = (trace: Trace): string[] =>
    checkTrace(bench.machine, trace, { fixed: bench.fixed, maxViolations: 1 }).map(violationText);
  const image = (first: number, state: Uint8Array): [number, readonly number[]][] =>
    Array.from({ length: words }, (_, i) => [
      first + i,
      limbsFromBytes(state.subarray(i * shape.bytes, (i + 1) * shape.bytes)),
    ]);
  /** The states at words 10 and 300, the first one permuted twice. */
  const states = [bytes(1, 200), bytes(2, 200)] as const;
  const calls = [10, 300, 10].map((index, i) => ({ time: 4 + 4 * i, space: BENCH_SPACE, index }));
  const { trace: valid, cell } = bench.trace(
    new Map([...image(10, states[0]), ...image(300, states[1])]),
    calls,
    calls.map(({ time, space, index }) => [time, space, index]),
  );
  const at = (first: number): Uint8Array =>
    Uint8Array.from(Array.from({ length: words }, (_, i) => bytesOf(cell(first + i).value)).flat());

  it('has chips without lint and of degree 3', () => {
    expect(lintMachine(bench.machine, ['and', 'pair'])).toEqual([]);
    expect(bench.machine.chips.slice(0, 2).map(({ degree }) => degree)).toEqual([3, 3]);
  });

  it('is what the kernel computes', () => {
    expect(problems(valid)).toEqual([]);
    expect(at(10)).toEqual(keccakF1600(keccakF1600(states[0])));
    expect(at(300)).toEqual(keccakF1600(states[1]));
  });

  it('catches every change of what goes from memory to the permutation and back', () => {
    expect(survivors(chip, valid, { maxCells: 400, dontCare: ({ row }) => row >= 15 })).toEqual([]);
  });

  it('catches planes that are left out, swapped, of another call or at another time', () => {
    const edited = (edit: (column: Uint32Array, name: string) => void): Trace => {
      const trace = cloneTrace(valid);
      trace[chip.name]?.columns.forEach((column, i) => edit(column, chip.main[i] as string));
      return trace;
    };
    const exchange = (column: Uint32Array, a: number, b: number): void => {
      [column[a], column[b]] = [column[b] as number, column[a] as number];
    };
    expect(problems(edited((column) => (column[2] = 0)))).not.toEqual([]);
    expect(problems(edited((column) => exchange(column, 1, 2)))).not.toEqual([]);
    expect(problems(edited((column) => exchange(column, 4, 9)))).not.toEqual([]);
    expect(
      problems(edited((column, name) => /^(before|after)/.test(name) && exchange(column, 4, 9))),
    ).not.toEqual([]);
    expect(problems(edited((column, name) => name === 'time' && column.fill(8, 0, 5)))).not.toEqual([]);
    expect(problems(edited((column, name) => name === 'index' && exchange(column, 0, 5)))).not.toEqual([]);
  });
});

/** PF_R and PF_W. */
const WRITABLE = 6;

/** Where the guest of these tests has a schedule, a state of SHA-256, and one of Keccak. */
const SCHEDULE = DATA;
const STATE = DATA + 0x400;
const SPONGE = DATA + 0x800;

const INITIAL = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];

const call = (code: number, a0: number, a1 = 0): string => `li a0, ${a0}\nli a1, ${a1}\n${sp1.call(code)}`;

/** Words of SHA-256 as machine words. */
const machineWords = (xlen: Xlen, values: readonly number[]): Uint8Array => {
  const content = new Uint8Array((values.length * xlen) / 8);
  const view = new DataView(content.buffer);
  values.forEach((value, i) => view.setUint32((i * xlen) / 8, value, true));
  return content;
};

/** A guest that hashes "abc" and permutes a state twice, and ends with the low byte of word `chosen` of the data. */
function hashingElf(xlen: Xlen, chosen: number): Uint8Array {
  const block = new Array<number>(16).fill(0);
  block[0] = 0x61626380;
  block[15] = 24;
  const text = `${call(CODE.SHA_EXTEND, SCHEDULE)}
    ${call(CODE.SHA_COMPRESS, SCHEDULE, STATE)}
    ${call(CODE.KECCAK_PERMUTE, SPONGE)}
    ${call(CODE.KECCAK_PERMUTE, SPONGE)}
    ${sp1.commit(new Uint8Array(0))}
    ${sp1.commitDeferred()}
    li t1, ${chosen}
    lbu a0, 0(t1)
    ${sp1.call(0)}`;
  return programElf(xlen, assemble(xlen, text), [
    { address: SCHEDULE, bytes: machineWords(xlen, block), flags: WRITABLE },
    { address: STATE, bytes: machineWords(xlen, INITIAL), flags: WRITABLE },
    { address: SPONGE, bytes: bytes(3, 200), flags: WRITABLE },
  ]);
}

const proverOf = (elf: Uint8Array): RiscvProver =>
  createRiscvProver({ elf, guest: 'sp1', parameters: 'dev' });

describe.each<Xlen>([32, 64])('calls of an SP1 guest on RV%i', (xlen) => {
  const machine = machineFor({ xlen, guest: 'sp1', fetch: 'program' }, 0);
  const chipNamed = (name: string): Chip =>
    machine.chips.find(({ chip }) => chip.name === name)?.chip as Chip;
  const prover = proverOf(hashingElf(xlen, STATE));
  const { trace, publicValues } = prover.witness();
  const problems = (changed: Trace): string[] =>
    checkTrace(machine, changed, { fixed: prover.fixed, publicValues, maxViolations: 3 }).map(violationText);

  it('satisfy the constraints', () => {
    expect(problems(trace)).toEqual([]);
  });

  // What satisfies the constraints is proved alike on both widths; all vectors are, on both, by conformance.
  it.runIf(xlen === 64)(
    'are proved with their results',
    () => {
      const { receipt } = prover.prove();
      const { exitCode } = verifyReceipt(receipt, { programId: prover.programId, allowInsecure: true });
      const digest = new DataView(sha256(Uint8Array.of(0x61, 0x62, 0x63)).slice().buffer);
      expect(exitCode).toBe(digest.getUint32(0) & 255);
    },
    PATIENCE,
  );

  it('leave the permuted state in memory', () => {
    const { outcome } = createRiscv({ elf: hashingElf(xlen, SPONGE + 77), abi: 'sp1' }).run();
    const code = keccakF1600(keccakF1600(bytes(3, 200)))[77] as number;
    expect(outcome).toEqual({ kind: 'exit', code });
  });

  it('have chips without lint and of degree 3', () => {
    expect(lintMachine(machine, ['state', 'exit', 'commit'])).toEqual([]);
    for (const { degree } of machine.chips) expect(degree).toBeLessThanOrEqual(3);
  });

  it('are bound to the addresses and the time of the instruction', () => {
    const dontCare = inertCells(chipsOf({ xlen, guest: 'sp1', fetch: 'program' }), trace);
    for (const name of ['KECCAK_PERMUTE', 'SHA_EXTEND', 'SHA_COMPRESS']) {
      expect(dontCare({ chip: name, column: 'a0.0', row: 0 })).toBe(false);
      expect(survivors(chipNamed(name), trace, { dontCare })).toEqual([]);
    }
  });

  it('are refused where they are no words, or with an argument too many', () => {
    const outcomeOf = (text: string): RunOutcome =>
      createRiscv({ elf: programElf(xlen, assemble(xlen, text)), abi: 'sp1' }).run().outcome;
    for (const text of [
      call(CODE.KECCAK_PERMUTE, SPONGE + 2),
      call(CODE.KECCAK_PERMUTE, SPONGE, 1),
      call(CODE.SHA_EXTEND, SCHEDULE + 1),
      call(CODE.SHA_EXTEND, SCHEDULE, STATE),
      call(CODE.SHA_COMPRESS, SCHEDULE, STATE + 2),
      call(CODE.SHA_COMPRESS, SCHEDULE + 2, STATE),
    ])
      expect(outcomeOf(text), text).toMatchObject({ trap: { kind: 'hostCall' } });
  });
});
