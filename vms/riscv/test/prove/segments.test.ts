import { equalBytes, seededRng } from '@ninefold/base';
import {
  type Chip,
  checkSegments,
  cloneTrace,
  createKey,
  createTable,
  encodeProof,
  logHeightFor,
  prove,
  type Trace,
  verify,
  violationText,
} from '@ninefold/stark';
import { describe, expect, it } from 'vitest';
import { MIN_STEP_MESSAGES } from '../../src/prove/buses.ts';
import { createCells } from '../../src/prove/cells.ts';
import { fillMemoryEnds, SOURCE } from '../../src/prove/chips/memory-ends.ts';
import { createLookups } from '../../src/prove/lookups.ts';
import { STANDARD_CONVENTION } from '../../src/prove/lower.ts';
import { lowerProgram } from '../../src/prove/lower-program.ts';
import { chipsOf, machineFor, publicValuesOf, segmentPublicValues } from '../../src/prove/machine.ts';
import { isCall, programTables } from '../../src/prove/program-tables.ts';
import {
  createRiscvProver,
  MAX_SEGMENT_CYCLES,
  MIN_SEGMENT_CYCLES,
  type RiscvProver,
  type WitnessSegment,
} from '../../src/prove/prover.ts';
import { decodeReceipt, encodeReceipt, type Receipt, verifyReceipt } from '../../src/prove/receipt.ts';
import { createRecorder, type RecordLimits } from '../../src/prove/record.ts';
import { standard } from '../../src/host/standard.ts';
import { createRiscv } from '../../src/run.ts';
import type { Xlen } from '../../src/spec/opcodes.ts';
import { assemble } from '../support/assemble.ts';
import { programElf } from '../support/elf.ts';
import { EXIT_CODE, everythingElf } from '../support/everything.ts';
import { codeOf } from '../support/run.ts';

const INPUT = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9);
const JOURNAL = Uint8Array.of(2, 3, 4, 5, 6);
const KIND = { guest: 'standard', fetch: 'program' } as const;

const proverOf = (elf: Uint8Array, segmentCycles?: number): RiscvProver =>
  createRiscvProver({ elf, parameters: 'dev', segmentCycles });

/** What is wrong with segments, as text. */
function problems(prover: RiscvProver, xlen: Xlen, segments: readonly WitnessSegment[]): string[] {
  const machine = machineFor({ xlen, ...KIND }, (segments[0]?.publicValues.length ?? 4) - 4);
  const violations = checkSegments(machine, segments, { fixed: prover.fixed, maxViolations: 3 });
  return violations.map(violationText);
}

describe.each<Xlen>([32, 64])('a run of RV%i in segments', (xlen) => {
  const elf = everythingElf(xlen);
  const prover = proverOf(elf, MIN_SEGMENT_CYCLES);
  const segments = prover.segments({ input: INPUT });
  const { receipt, result } = prover.prove({ input: INPUT });
  const { programId } = prover;
  const check = (changed: Partial<Receipt>): string | undefined =>
    codeOf(() => verifyReceipt({ ...receipt, ...changed }, { programId, allowInsecure: true }));

  it('satisfies the constraints, with what it says in the last one', () => {
    expect(segments.length).toBe(Math.ceil(result.cycles / MIN_SEGMENT_CYCLES));
    expect(problems(prover, xlen, segments)).toEqual([]);
    for (const { publicValues, trace } of segments.slice(0, -1)) {
      expect(publicValues.every((value) => value === 0)).toBe(true);
      expect(Object.keys(trace)).not.toContain('memory ends');
      expect(Object.keys(trace)).not.toContain('registers');
    }
    expect(segments.at(-1)?.publicValues.slice(0, 4)).toEqual([1, 0x1_0000 / 4, EXIT_CODE, 0]);
  });

  it('has the same statement and program id as in one piece', () => {
    const whole = proverOf(elf);
    const one = whole.prove({ input: INPUT }).receipt;
    expect(one.segments).toBe(1);
    const facts = ({ exitCode, journal, entry, root, logHeights }: Receipt): object => ({
      exitCode,
      journal,
      entry,
      root,
      logHeights,
    });
    expect(facts(receipt)).toEqual(facts(one));
    expect(whole.programId).toEqual(programId);
    const verified = verifyReceipt(decodeReceipt(encodeReceipt(receipt)), { programId, allowInsecure: true });
    expect(verified).toMatchObject({ exitCode: EXIT_CODE, journal: JOURNAL, segments: segments.length });
  });

  it('is not proved by other numbers of segments or other statements', () => {
    expect(check({ segments: receipt.segments + 1 })).toBe('RISCV_OTHER_SEGMENTS');
    expect(check({ segments: 1 })).toBe('RISCV_OTHER_SEGMENTS');
    expect(check({ exitCode: 0 })).toBe('STARK_INVALID_PROOF');
    expect(check({ journal: JOURNAL.toReversed() })).toBe('STARK_INVALID_PROOF');
  });

  it('estimates every segment', () => {
    const estimate = prover.estimate({ input: INPUT });
    expect(estimate.cycles).toBe(result.cycles);
    expect(estimate.segments.length).toBe(segments.length);
    for (const [i, heights] of estimate.segments.entries()) {
      const made = Object.entries(segments[i]?.trace ?? {}).map(([name, { logHeight }]) => [name, logHeight]);
      expect(heights).toEqual(Object.fromEntries(made));
    }
  });
});

describe('what a prover could try with segments', () => {
  const xlen = 32;
  // Two loops over one word, so that segments share memory, registers and instructions.
  const text = `li s0, 0x20000\nli s1, 90\nlw t0, 0(s0)\naddi t0, t0, 3\nsw t0, 0(s0)\naddi s1, s1, -1
    bne s1, zero, -16\naddi a0, t0, 0\naddi a7, zero, 93\necall`;
  const prover = proverOf(programElf(xlen, assemble(xlen, text)), MIN_SEGMENT_CYCLES);
  const segments = prover.segments();
  const statement = { xlen, ...KIND, entry: 0x1_0000, exitCode: 270, journal: new Uint8Array(0) } as const;
  const publicValues = segmentPublicValues(publicValuesOf(statement), segments.length);
  const changed = (index: number, change: (trace: Record<string, Trace[string]>) => void): WitnessSegment[] =>
    segments.map((segment, i) => {
      if (i !== index) return segment;
      const trace = { ...segment.trace };
      change(trace);
      return { ...segment, trace };
    });
  const last = segments.length - 1;
  const ends = segments[last]?.trace as Trace;
  const provingKey = createKey(machineFor({ xlen, ...KIND }, 0), prover.fixed, 'dev');
  const key = provingKey.verifyingKey;
  const honest = prove(provingKey, segments);
  /** Proves what need not be true, and verifies it as anyone would. */
  const verdict = (dishonest: readonly WitnessSegment[], statements = publicValues): string | undefined => {
    const proof = prove(provingKey, dishonest);
    return codeOf(() => verify(key, statements, proof));
  };

  it('begins with what is true', () => {
    expect(segments.length).toBe(2);
    expect(problems(prover, xlen, segments)).toEqual([]);
    expect(codeOf(() => verify(key, publicValues, honest))).toBeUndefined();
  });

  it('memory and registers cannot begin twice', () => {
    for (const name of ['memory ends', 'registers']) {
      const twice = changed(0, (trace) => (trace[name] = ends[name] as Trace[string]));
      if (name === 'memory ends') expect(problems(prover, xlen, twice)).not.toEqual([]);
      // Where the public value is 0, registers count for nothing.
      else expect(problems(prover, xlen, twice)).toEqual([]);
      // With a 1 in both segments they do begin twice, but that is not what a verifier says.
      const bold = twice.map((segment, i) => ({
        ...segment,
        publicValues: [1, ...publicValues[i]!.slice(1)],
      }));
      expect(problems(prover, xlen, bold), name).not.toEqual([]);
      if (name === 'registers') expect(verdict(bold)).toBe('STARK_INVALID_PROOF');
    }
  });

  it('a word cannot begin again, even where that balances', () => {
    const { memoryEnds, bytes, amounts, program, shape, system } = chipsOf({ xlen, ...KIND });
    const again = changed(0, (trace) => {
      const table = createTable(memoryEnds, 3);
      const counts = cloneTrace(trace);
      const columnsOf =
        (chip: Chip) =>
        (name: string): Uint32Array =>
          counts[chip.name]?.columns[chip.main.indexOf(name)] as Uint32Array;
      const lookups = createLookups(columnsOf(bytes), columnsOf(amounts), columnsOf(program));
      fillMemoryEnds(
        table.column,
        lookups,
        shape,
        system.memory,
      )({
        count: 1,
        high: Uint16Array.of(0),
        index: Uint32Array.of(0x8000),
        source: Uint8Array.of(SOURCE.ZERO),
        first: Uint32Array.of(0),
        last: Uint32Array.of(0),
        time: Uint32Array.of(0),
      });
      trace['memory ends'] = table;
      trace['bytes'] = counts['bytes'] as Trace[string];
    });
    const [problem, ...others] = problems(prover, xlen, again);
    expect(problem).toContain('memory begins in one segment');
    expect(others).toEqual([]);
  });

  it('memory cannot begin elsewhere than in the last one', () => {
    const moved = changed(0, (trace) => {
      for (const name of ['memory ends', 'registers']) trace[name] = ends[name] as Trace[string];
    }).map((segment, i) => ({ ...segment, publicValues: publicValues[1 - i]! }));
    expect(verdict(moved)).toBe('STARK_INVALID_PROOF');
  });

  it('no table of beginnings can be left out', () => {
    for (const name of ['memory ends', 'registers']) {
      const without = changed(last, (trace) => delete trace[name]);
      expect(problems(prover, xlen, without), name).not.toEqual([]);
    }
    const without = changed(last, (trace) => delete trace['image']);
    expect(codeOf(() => verdict(without))).toBe('STARK_INVALID_TRACE');
    const image = key.machine.chips.findIndex(({ chip }) => chip.name === 'image');
    const cut = honest.segments.map((segment) => ({
      ...segment,
      logHeights: segment.logHeights.map((height, i) => (i === image ? undefined : height)),
    }));
    expect(codeOf(() => verify(key, publicValues, { ...honest, segments: cut }))).toBe('STARK_INVALID_PROOF');
  });

  it('segments cannot be left out, repeated or moved', () => {
    const [first, second] = segments as [WitnessSegment, WitnessSegment];
    expect(problems(prover, xlen, [second])).not.toEqual([]);
    expect(problems(prover, xlen, [first, first, second])).not.toEqual([]);
    const swapped = { ...honest, segments: honest.segments.toReversed() };
    expect(codeOf(() => verify(key, publicValues, swapped))).toBe('STARK_INVALID_PROOF');
    expect(codeOf(() => verify(key, publicValues.toReversed(), swapped))).toBe('STARK_INVALID_PROOF');
    // The order of segments is no part of what they say: time is.
    const reordered = prove(provingKey, [second, first]);
    expect(codeOf(() => verify(key, publicValues.toReversed(), reordered))).toBeUndefined();
    expect(equalBytes(encodeProof(reordered), encodeProof(honest))).toBe(false);
  });

  it('a word cannot be another in the next segment', () => {
    const other = changed(last, (trace) => {
      const load = trace['load'] as Trace[string];
      const seen = chipsOf({ xlen, ...KIND }).memory[0]?.chip.main.indexOf('seen.0') as number;
      const columns = load.columns.map((column) => column.slice());
      columns[seen]![0]! += 1;
      trace['load'] = { ...load, columns };
    });
    expect(problems(prover, xlen, other)).not.toEqual([]);
  });
});

describe('the clock', () => {
  const GUESTS = { 32: ['standard', 'sp1', 'openvm'], 64: ['standard', 'sp1'] } as const;

  it.each<Xlen>([32, 64])('cannot come near its end on RV%i', (xlen) => {
    for (const guest of GUESTS[xlen]) {
      const { buses, steps, memory, across, calls } = chipsOf({ xlen, guest, fetch: 'program' });
      const chips = [...[...steps, ...memory, ...across].map((own) => own.chip), ...calls.chips];
      // These move it by a step a row; the verifier refuses 2^31 - 1 messages.
      const movers = chips.filter(({ interactions }) =>
        interactions.some(({ bus }) => bus === buses.state || bus.name === 'output'),
      );
      expect(movers.length).toBeGreaterThan(steps.length + memory.length);
      for (const { name, interactions } of movers)
        expect(interactions.length, name).toBeGreaterThanOrEqual(MIN_STEP_MESSAGES);
    }
    expect((4 * 2 ** 31) / MIN_STEP_MESSAGES).toBeLessThan(2 ** 31 - 2 ** 29);
  });
});

describe('where a run is cut', () => {
  const elfOf = (xlen: Xlen, rounds: number): Uint8Array =>
    programElf(
      xlen,
      assemble(
        xlen,
        `li s1, ${rounds}\nmul t0, s1, s1\naddi s1, s1, -1\nbne s1, zero, -8\naddi a0, zero, 0\naddi a7, zero, 93\necall`,
      ),
    );
  const recordWith = (limits: Partial<RecordLimits>, rounds = 200): number[] => {
    const abi = standard;
    const program = createRiscv({ elf: elfOf(32, rounds), abi });
    const chips = chipsOf({ xlen: 32, ...KIND });
    const tables = programTables(
      chips,
      program.elf,
      lowerProgram(program.elf, chips.shape, { convention: STANDARD_CONVENTION }),
    );
    const effects = [{ registers: new Map(), writes: [] }];
    const recorder = createRecorder(
      chips,
      tables,
      createCells(chips.shape, tables.image, new Map()),
      effects,
      {
        segmentCycles: Infinity,
        segmentCells: Infinity,
        cycles: Infinity,
        ...limits,
      },
    );
    const { cycles } = program.run({ rows: recorder.take });
    const segments = recorder.end(new Uint8Array(0));
    for (const pending of segments) {
      const steps = pending.filter(({ chip }) => chip.optional && !/registers|ends|call/.test(chip.name));
      const tableCells = steps.map(({ chip, rows: own }) => chip.main.length * 2 ** logHeightFor(own));
      const size = tableCells.reduce((sum, own) => sum + own, 0);
      expect(size).toBeLessThanOrEqual(limits.segmentCells ?? Infinity);
    }
    const rows = segments.map((pending) =>
      pending
        .filter(({ chip }) => !['registers', 'memory ends'].includes(chip.name))
        .reduce((sum, own) => sum + own.rows, 0),
    );
    expect(rows.reduce((sum, own) => sum + own, 0)).toBe(cycles);
    expect(isCall(chips, tables, 0, 0)).toBe(false);
    return rows;
  };

  it('is after so many cycles, or so many cells', () => {
    expect(recordWith({})).toEqual([605]);
    expect(recordWith({ segmentCycles: 200 })).toEqual([200, 200, 200, 5]);
    const byCells = recordWith({ segmentCells: 8000 });
    expect(byCells.length).toBeGreaterThan(3);
    expect(Math.max(...byCells)).toBeLessThan(200);
  });

  it('is not after too many cycles', () => {
    expect(codeOf(() => recordWith({ cycles: 604 }))).toBe('RISCV_TOO_LONG');
    expect(recordWith({ cycles: 605 })).toEqual([605]);
  });

  it('is where the caller says, within limits', () => {
    const elf = elfOf(32, 1);
    for (const segmentCycles of [MIN_SEGMENT_CYCLES - 1, MAX_SEGMENT_CYCLES + 1, 300.5, Number.NaN])
      expect(codeOf(() => proverOf(elf, segmentCycles))).toBe('RISCV_SEGMENT_CYCLES');
    expect(codeOf(() => proverOf(elf, MAX_SEGMENT_CYCLES))).toBeUndefined();
  });

  it.each<Xlen>([32, 64])('changes nothing of what is proved on RV%i', (xlen) => {
    const rng = seededRng(xlen);
    const elf = elfOf(xlen, 400);
    const whole = proverOf(elf);
    for (let i = 0; i < 2; i++) {
      const segmentCycles = MIN_SEGMENT_CYCLES + rng.below(700);
      const prover = proverOf(elf, segmentCycles);
      const segments = prover.segments();
      expect(problems(prover, xlen, segments), `${segmentCycles}`).toEqual([]);
      // The same rows, in other tables.
      const counts = (list: readonly WitnessSegment[]): number =>
        list.reduce((sum, { trace }) => {
          const real = chipsOf({ xlen, ...KIND }).steps[0]?.chip.main.indexOf('real') as number;
          return sum + (trace['add']?.columns[real]?.reduce((total, value) => total + value, 0) ?? 0);
        }, 0);
      expect(counts(segments)).toBe(counts([whole.witness()]));
    }
  });
});

describe('while it is proved', () => {
  const elf = programElf(
    32,
    assemble(32, 'li s1, 200\naddi s1, s1, -1\nbne s1, zero, -4\naddi a0, zero, 0\naddi a7, zero, 93\necall'),
  );

  it('says which segment it is at', () => {
    const seen = new Set<string>();
    proverOf(elf, MIN_SEGMENT_CYCLES).prove(
      {},
      { onProgress: (phase, segment, segments) => void seen.add(`${phase} ${segment + 1}/${segments}`) },
    );
    for (const phase of ['main', 'interaction', 'composition', 'openings', 'folding', 'queries'])
      for (const part of ['1/2', '2/2']) expect(seen).toContain(`${phase} ${part}`);
  });

  it('can be cancelled, also while the program runs', () => {
    let asked = 0;
    const cancelAt = (at: number): string | undefined => {
      asked = 0;
      return codeOf(() => proverOf(elf).prove({}, { isCancelled: () => ++asked >= at }));
    };
    expect(cancelAt(1)).toBe('STARK_CANCELLED');
    expect(asked).toBe(1);
    expect(cancelAt(50)).toBe('STARK_CANCELLED');
  });
});
