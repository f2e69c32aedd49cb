import { type Chip, cloneTrace, type Trace, type Violation } from '@ninefold/stark';
import { describe, expect, it } from 'vitest';
import { SLOT, START_TIME, TIME_STEP } from '../../src/prove/buses.ts';
import { chipsOf, machineFor } from '../../src/prove/machine.ts';
import type { MachineOperation } from '../../src/prove/lower.ts';
import type { Xlen } from '../../src/spec/opcodes.ts';
import { assemble } from '../support/assemble.ts';
import { programElf } from '../support/elf.ts';
import { everythingElf } from '../support/everything.ts';
import {
  type FaultyProver,
  faultyProver,
  type FaultyRow,
  type FaultyWitness,
} from '../support/faulty-run.ts';

// A fault between execution and the filling of tables (Arguzz, arXiv 2509.10819): what an executor with a bug, or
// a prover that lies about a result, would have proved. The tables are filled by the prover's own code.

const INPUT = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9);
const EXIT = 'addi a0, zero, 0\naddi a7, zero, 93\necall';

/** Rows of chips that break a constraint, with the constraints. */
function brokenRows(problems: readonly Violation[]): Map<string, string[]> {
  const rows = new Map<string, string[]>();
  for (const violation of problems) {
    if (violation.kind === 'bus') continue;
    const place = `${violation.chip} ${violation.row}`;
    rows.set(place, [...(rows.get(place) ?? []), violation.constraint]);
  }
  return rows;
}

/** The times of the instructions that break a constraint, or leave or find another content than others do. */
function timesOfFaults(problems: readonly Violation[], trace: Trace, chips: readonly Chip[]): Set<number> {
  const times = new Set<number>();
  for (const problem of problems) {
    if (problem.kind === 'constraint') {
      const place = chips.find(({ name }) => name === problem.chip)?.main.indexOf('time') ?? -1;
      times.add(trace[problem.chip]?.columns[place]?.[problem.row] as number);
    } else if (problem.bus === 'memory') {
      const time = problem.values[2] as number;
      times.add(time - (time % TIME_STEP));
    }
  }
  return times;
}

const rulesOf = (problems: readonly Violation[]): string[] =>
  problems.map((problem) =>
    problem.kind === 'bus' ? `bus ${problem.bus}` : `${problem.chip}: ${problem.constraint}`,
  );

type Change = (low: number, high: number) => readonly [low: number, high: number];

const CHANGES: Readonly<Record<string, Change>> = {
  'one more': (low, high) => [low + 1, low === 0xffff_ffff ? high + 1 : high],
  'the second limb': (low, high) => [low ^ 0x1_0000, high],
  'the sign': (low, high) => [low ^ 0x8000_0000, high],
  'all bits': (low, high) => [~low, ~high],
};

describe.each<Xlen>([32, 64])('wrong results on RV%i', (xlen) => {
  const prover = faultyProver(everythingElf(xlen), INPUT);
  const chips = machineFor({ xlen, guest: 'standard', fetch: 'program' }, 5).chips.map(({ chip }) => chip);
  // These registers take results that nobody reads: one wrong result is one wrong row.
  const isUnread = ({ rd, operation }: FaultyRow): boolean =>
    operation !== 'host' && (rd === 13 || (rd === 10 && operation !== 'addi'));

  it('are none without a fault', () => {
    expect(prover.problems(prover.run(() => undefined))).toEqual([]);
  });

  it.each(Object.entries(CHANGES))('that differ by %s are each caught', (_name, change) => {
    const operations = new Set<string>();
    const faults: number[] = [];
    const witness = prover.run((row, index) => {
      if (!isUnread(row)) return undefined;
      const [low, high] = change(...row.result);
      row.result = [low >>> 0, xlen === 64 ? high >>> 0 : 0];
      operations.add(row.operation);
      faults.push(START_TIME + TIME_STEP * index);
      return undefined;
    });
    const caught = timesOfFaults(prover.problems(witness), witness.trace, chips);
    expect(faults.filter((time) => !caught.has(time))).toEqual([]);
    expect(caught.size).toBe(faults.length);
    expect(operations.size).toBe(xlen === 64 ? 43 : 31);
  });

  it('are each caught by a rule that says what the result is, and by no other', () => {
    const problems = prover.problems(
      prover.run((row) => {
        const [low, high] = row.result;
        if (isUnread(row)) row.result = [(low ^ 1) >>> 0, high];
        return undefined;
      }),
    );
    const alone = new Set(
      [...brokenRows(problems)].flatMap(([place, names]) =>
        names.length === 1 ? [`${place.replace(/ \d+$/, '')}: ${names.join()}`] : [],
      ),
    );
    const needed = ['sum 0', 'difference 0'].map((name) => `add: ${name}`);
    needed.push(...['and 0', 'or 0', 'xor 0'].map((name) => `bitwise: ${name}`));
    needed.push(...['left 0', 'right 0'].map((name) => `sll: ${name}`));
    needed.push(...['low half 0', 'high half 0'].map((name) => `mul: ${name}`));
    needed.push(...['quotient 0', 'remainder 0'].map((name) => `div: ${name}`));
    needed.push('load: result 0', 'load across: result 0');
    for (const rule of needed) expect(alone).toContain(rule);
  });
});

describe.each<Xlen>([32, 64])('other faults on RV%i', (xlen) => {
  const chips = machineFor({ xlen, guest: 'standard', fetch: 'program' }, 0).chips.map(({ chip }) => chip);
  const program = (text: string): FaultyProver => faultyProver(programElf(xlen, assemble(xlen, text)), INPUT);

  it('an instruction that is skipped', () => {
    const prover = program(`addi t0, zero, 1\naddi t1, zero, 2\nfence\n${EXIT}`);
    for (const at of [1, 2]) {
      const witness = prover.run((_row, index) => (index === at ? 'skip' : undefined));
      expect(prover.problems(witness), `${at}`).not.toEqual([]);
    }
  });

  it('branches that are taken, and should not be', () => {
    const branches = [
      ['beq', 5, 6],
      ['bne', 5, 5],
      ['blt', 6, 5],
      ['bge', -6, 5],
      ['bltu', -1, 5],
      ['bgeu', 5, -1],
    ] as const;
    const blocks = branches.map(
      ([mnemonic, a, b]) =>
        `addi t0, zero, ${a}\naddi t1, zero, ${b}\n${mnemonic} t0, t1, 8\naddi t2, zero, 1\n`,
    );
    const prover = program(`${blocks.join('')}${EXIT}`);
    // Without the row behind a branch the run goes on where the branch would have gone.
    const isBehind = (index: number): boolean => index % 4 === 3 && index < 4 * branches.length;
    const witness = prover.run((_row, index) => (isBehind(index) ? 'skip' : undefined));
    const broken = [...brokenRows(prover.problems(witness))];
    expect(broken).toEqual(branches.map((_, i) => [`branch ${i}`, ['next is what it is called']]));
  });

  it('accesses at another address, and a load for x0 of another value', () => {
    const accesses = ['sw t1, 0(t0)', 'sb t1, 33(t0)', 'lw t2, 64(t0)', 'lbu t2, 97(t0)', 'lh t2, 130(t0)'];
    const prover = program(
      `li t0, 0x20000\nli t1, 0x12345678\n${accesses.join('\n')}\nlw zero, 160(t0)\n${EXIT}`,
    );
    for (const offset of [8, 0x1_0000]) {
      const faults: number[] = [];
      const witness = prover.run((row, index) => {
        if (index < 4 || index > 4 + accesses.length) return undefined;
        if (row.rd === 0 && row.operation === 'lw') row.result = [7, 0];
        else row.address = [row.address[0] + offset, row.address[1]];
        faults.push(START_TIME + TIME_STEP * index);
        return undefined;
      });
      const caught = timesOfFaults(prover.problems(witness), witness.trace, chips);
      expect(faults.length).toBe(accesses.length + 1);
      expect(faults.filter((time) => !caught.has(time))).toEqual([]);
    }
  });

  it('an answer of the host that is another', () => {
    const prover = program(`addi a7, zero, 1\necall\n${EXIT}`);
    const lie = (value: bigint): string[] =>
      rulesOf(
        prover.problems(
          prover.run(
            () => undefined,
            ([effect]) => (effect?.registers as Map<number, bigint> | undefined)?.set(10, value),
          ),
        ),
      );
    expect(lie(0x4000_0000n)).toEqual([]);
    expect(lie(0x4000_0001n)).toEqual(["host call: a0 is the input's address 0"]);
    expect(lie(0x5000_0000n)).toEqual(["host call: a0 is the input's address 1"]);
  });
});

/** Changes cells of a table in the witness of a right run. */
function forged(
  honest: FaultyWitness,
  chip: Chip,
  edits: readonly (readonly [row: number, cells: Readonly<Record<string, number>>])[],
): FaultyWitness {
  const trace = cloneTrace(honest.trace);
  for (const [row, cells] of edits) {
    for (const [name, value] of Object.entries(cells)) {
      const column = trace[chip.name]?.columns[chip.main.indexOf(name)];
      if (column === undefined) throw new Error(`no column '${name}'`);
      column[row] = value;
    }
  }
  return { ...honest, trace };
}

const chipOf = (operation: MachineOperation): Chip => {
  const { steps } = chipsOf({ xlen: 32, guest: 'standard', fetch: 'program' });
  return steps.find(({ operations }) => operations.includes(operation))?.chip as Chip;
};

describe('two reads of one register', () => {
  // A machine that ties each read to memory by itself lets neither be forged (RISC Zero GHSA-g3qg-6746-3mg9).
  const FORMS = ['add t2, t0, t0', 'add t0, t0, t1', 'add t0, t1, t0', 'add t0, t0, t0', 'add zero, t0, t0'];
  const BEFORE = 2;

  it('are both bound, however registers coincide', () => {
    const text = `addi t0, zero, 20\naddi t1, zero, 30\n${FORMS.join('\n')}\n${EXIT}`;
    const prover = faultyProver(programElf(32, assemble(32, text)));
    const honest = prover.run(() => undefined);
    const chip = chipOf('add');
    const cell = (name: string, row: number): number =>
      honest.trace[chip.name]?.columns[chip.main.indexOf(name)]?.[row] as number;
    expect(prover.problems(honest)).toEqual([]);
    for (const [name, slot] of [
      ['a.0', SLOT.RS1],
      ['b.0', SLOT.RS2],
    ] as const) {
      const edits = FORMS.map((_, i): [number, Record<string, number>] => {
        const row = BEFORE + i;
        // The sum is made right, so that only the read is wrong.
        return [row, { [name]: cell(name, row) + 1, 'c.0': cell('c.0', row) + 1 }];
      });
      const problems = prover.problems(forged(honest, chip, edits));
      expect(brokenRows(problems)).toEqual(new Map());
      const times = new Set(
        problems.flatMap((problem) => (problem.kind === 'bus' ? [problem.values[2]] : [])),
      );
      for (const [row] of edits) expect(times).toContain(START_TIME + TIME_STEP * row + slot);
    }
  });
});

describe('divisions', () => {
  // A second quotient and remainder for the same operands (RISC Zero GHSA-f6rc-24x4-ppxp, ZisK #477).
  const ONE_LESS = {
    'quotient byte.0': 1,
    'q.0': 1,
    'rest.0': 5,
    'r.0': 5,
    'rest borrow.0': 0,
    'rest borrow.1': 0,
  };
  const ALL_ONES = { 'q.0': 0xffff, 'q.1': 0xffff, 'c.0': 0xffff, 'c.1': 0xffff };
  const BELOW = ['the rest is below the divisor'];

  it.each<
    readonly [string, number, number, MachineOperation, Readonly<Record<string, number>>, readonly string[]]
  >([
    ['a quotient that is one less', 9, 4, 'divu', { ...ONE_LESS, 'c.0': 1 }, BELOW],
    ['a quotient that is one less', 9, 4, 'div', { ...ONE_LESS, 'c.0': 1 }, BELOW],
    ['a remainder above the divisor', 9, 4, 'remu', { ...ONE_LESS, 'c.0': 5 }, BELOW],
    ['a remainder above the divisor', 9, 4, 'rem', { ...ONE_LESS, 'c.0': 5 }, BELOW],
    ['a low half by zero', 9, 0, 'divu', { 'q.0': 7, 'c.0': 7 }, ['all ones 0']],
    ['a high half by zero', 9, 0, 'div', { 'q.1': 0, 'c.1': 0 }, ['all ones 1']],
    [
      'a divisor that is none',
      9,
      3,
      'divu',
      { 'by zero': 1, divides: 0, inverse: 0, ...ALL_ONES },
      ['zero limb 0'],
    ],
    [
      'a quotient of another sign',
      -9,
      4,
      'div',
      { 'q is negative': 0 },
      ['q is negative is what it is called'],
    ],
    ['a sign without one', -9, 4, 'divu', { 'a is negative': 1 }, ['a has a sign only when signed']],
  ])('do not have %s', (_name, a, b, operation, cells, rules) => {
    const text = `addi t0, zero, ${a}\naddi t1, zero, ${b}\n${operation} t2, t0, t1\n${EXIT}`;
    const prover = faultyProver(programElf(32, assemble(32, text)));
    const witness = forged(
      prover.run(() => undefined),
      chipOf(operation),
      [[0, cells]],
    );
    const broken = brokenRows(prover.problems(witness)).get('div 0') ?? [];
    expect(broken).toEqual(expect.arrayContaining([...rules]));
    // Where the wrong cells are right among themselves, one rule is all that refuses them.
    if (Object.keys(cells).length > 1) expect(broken).toEqual(rules);
  });
});
