import { type Bytes, seededRng } from '@ninefold/base';
import {
  checkSegments,
  checkTrace,
  cloneTrace,
  lintMachine,
  type Trace,
  violationText,
} from '@ninefold/stark';
import { describe, expect, it } from 'vitest';
import type { CallSystemName } from '../../src/prove/calls/call-system.ts';
import { inertCells } from '../../src/prove/inert.ts';
import { chipsOf, machineFor } from '../../src/prove/machine.ts';
import {
  createRiscvProver,
  MIN_SEGMENT_CYCLES,
  type RiscvProver,
  type WitnessSegment,
} from '../../src/prove/prover.ts';
import { programIdOf, verifyReceipt } from '../../src/prove/receipt.ts';
import type { Xlen } from '../../src/spec/opcodes.ts';
import { assemble } from '../support/assemble.ts';
import { programElf } from '../support/elf.ts';
import {
  DATA,
  openvm,
  OPENVM_INPUT,
  OPENVM_JOURNAL,
  openvmElf,
  sp1,
  SP1_HINTS,
  SP1_PUBLIC_VALUES,
  sp1Elf,
} from '../support/guests.ts';
import { codeOf } from '../support/run.ts';

type Guest = {
  readonly guest: CallSystemName;
  readonly xlen: Xlen;
  readonly elf: Bytes;
  readonly input: readonly Bytes[];
  readonly journal: Bytes;
  readonly exitCode: number;
};

const GUESTS: readonly (readonly [string, Guest])[] = [
  ...([32, 64] as const).map((xlen): readonly [string, Guest] => [
    `SP1 on RV${xlen}`,
    { guest: 'sp1', xlen, elf: sp1Elf(xlen), input: SP1_HINTS, journal: SP1_PUBLIC_VALUES, exitCode: 5 },
  ]),
  [
    'OpenVM',
    {
      guest: 'openvm',
      xlen: 32,
      elf: openvmElf(),
      input: [OPENVM_INPUT],
      journal: OPENVM_JOURNAL,
      exitCode: 6,
    },
  ],
];

/** Chips of calls that have tests of their own. */
const PRECOMPILES = [
  'KECCAK_PERMUTE',
  'keccak memory',
  'keccak',
  'SHA_EXTEND',
  'sha-256 extend',
  'SHA_COMPRESS',
  'sha-256 compress',
];

type Subject = { readonly trace: Trace; readonly fixed: Trace; readonly publicValues: readonly number[] };

const proverOf = ({ guest, elf }: Pick<Guest, 'guest' | 'elf'>): RiscvProver =>
  createRiscvProver({ elf, guest, parameters: 'dev' });

describe.each(GUESTS)('a guest of %s', (_, { guest, xlen, elf, input, journal, exitCode }) => {
  const prover = proverOf({ guest, elf });
  const subject: Subject = { ...prover.witness({ input }), fixed: prover.fixed };
  const { receipt, result } = prover.prove({ input });
  const machine = machineFor({ xlen, guest, fetch: 'program' }, journal.length);
  const chips = chipsOf({ xlen, guest, fetch: 'program' });
  /** The chips of calls that the guest makes. */
  const own = chips.calls.chips.filter(({ name }) => subject.trace[name] !== undefined);
  const problems = (changed: Partial<Subject>): string[] => {
    const { trace, fixed, publicValues } = { ...subject, ...changed };
    return checkTrace(machine, trace, { fixed, publicValues, maxViolations: 3 }).map(violationText);
  };
  /** What is wrong when cells of a table are others. */
  const changed = (chip: string, change: (column: (name: string) => Uint32Array) => void): string[] => {
    const trace = cloneTrace(subject.trace);
    const names = machine.chips.find((compiled) => compiled.chip.name === chip)?.chip.main ?? [];
    change((name) => trace[chip]?.columns[names.indexOf(name)] as Uint32Array);
    return problems({ trace });
  };

  it('is a run that satisfies a machine without lint', () => {
    expect(problems({})).toEqual([]);
    const ends = guest === 'sp1' ? ['commit'] : ['revealed'];
    expect(lintMachine(machine, ['state', 'exit', ...ends])).toEqual([]);
    for (const { degree } of machine.chips) expect(degree).toBeLessThanOrEqual(3);
    const absent = chips.calls.chips.filter((chip) => !own.includes(chip));
    expect(absent.map(({ name }) => name)).toEqual(guest === 'sp1' ? PRECOMPILES : []);
  });

  it('catches changes of cells that matter', () => {
    const rng = seededRng(xlen);
    const isInert = inertCells(chips, subject.trace);
    const tables = [...own, chips.memoryEnds];
    for (let tried = 0; tried < 12;) {
      const chip = rng.pick(tables);
      const column = chip.main[rng.below(chip.main.length)] as string;
      const row = rng.below(4);
      if (isInert({ chip: chip.name, column, row })) continue;
      tried++;
      const broken = changed(chip.name, (columns) => {
        const cells = columns(column);
        cells[row] = (cells[row] as number) === 0 ? 1 : (cells[row] as number) - 1;
      });
      expect(broken, `${chip.name} ${column} ${row}`).not.toEqual([]);
    }
  });

  it('gives a receipt of its own interface', () => {
    const options = { programId: prover.programId, allowInsecure: true };
    expect(result.journal).toEqual(journal);
    expect(verifyReceipt(receipt, options)).toMatchObject({ journal, exitCode });
    const verdict = (other: Partial<typeof receipt>): string | undefined =>
      codeOf(() => verifyReceipt({ ...receipt, ...other }, options));
    expect(verdict({ guest: 'standard' })).toBe('RISCV_OTHER_PROGRAM');
    expect(verdict({ exitCode: exitCode + 1 })).toBe('STARK_INVALID_PROOF');
    for (const other of [
      journal.map((byte, i) => (i === 0 ? byte ^ 1 : byte)),
      journal.slice(4),
      Uint8Array.of(...journal, 0, 0, 0, 0),
      new Uint8Array(0),
    ])
      expect(verdict({ journal: other })).toBe('STARK_INVALID_PROOF');
  });

  it('is no run of a standard guest, whatever its id', () => {
    const passed = { ...receipt, guest: 'standard' } as const;
    const options = { programId: programIdOf(passed), allowInsecure: true };
    expect(codeOf(() => verifyReceipt(passed, options))).toMatch(/^STARK_/);
  });

  it('may be cut between its calls', () => {
    const cut = createRiscvProver({ elf, guest, parameters: 'dev', segmentCycles: MIN_SEGMENT_CYCLES });
    const segments = cut.segments({ input });
    expect(segments.length).toBeGreaterThan(1);
    const broken = (changed: readonly WitnessSegment[]): string[] =>
      checkSegments(machine, changed, { fixed: cut.fixed, maxViolations: 3 }).map(violationText);
    expect(broken(segments)).toEqual([]);
    // Hints and public values of one segment once more in the other.
    for (const { name } of chips.calls.chips) {
      const isMissing = ({ trace }: WitnessSegment): boolean => trace[name] === undefined;
      const table = segments.find((segment) => !isMissing(segment))?.trace[name];
      if (table === undefined || !segments.some(isMissing)) continue;
      const twice = segments.map((segment) => ({
        ...segment,
        trace: { ...segment.trace, [name]: segment.trace[name] ?? table },
      }));
      expect(broken(twice), name).not.toEqual([]);
    }
  });

  it('has hints in the places that the program names, and nowhere else', () => {
    const far = (column: Uint32Array): void => void (column[0] = (column[0] as number) + 1);
    for (const name of ['index', 'space', 'time', 'left'])
      expect(
        changed('hint', (column) => far(column(name))),
        name,
      ).not.toEqual([]);
    // The request is one word longer, and the word goes where none was asked for.
    expect(
      changed('hint', (column) => {
        const last = column('last').indexOf(1);
        [column('last')[last], column('more')[last]] = [0, 1];
      }),
    ).not.toEqual([]);
    // A limb that is none, in the place of a limb that is one.
    expect(changed('hint', (column) => (column('given.0')[0] = 65_536))).not.toEqual([]);
  });

  it('ends once, by the call that ends it', () => {
    const [call, exit] = guest === 'sp1' ? ['sp1 call', 'HALT'] : ['openvm call', 'terminate'];
    // It goes on behind its end.
    expect(
      changed(call, (column) => {
        const row = column(exit).indexOf(1);
        column('goes on')[row] = 1;
      }),
    ).not.toEqual([]);
    // Another call is taken for the end.
    expect(
      changed(call, (column) => {
        column(exit)[0] = 1;
        column('goes on')[0] = 0;
      }),
    ).not.toEqual([]);
  });
});

describe('SP1’s public values', () => {
  const prover = (text: string): RiscvProver =>
    proverOf({ guest: 'sp1', elf: programElf(32, assemble(32, text)) });
  const none = new Uint8Array(0);
  const words = sp1.commit(none).split('addi a0, zero, ').slice(1);
  const commits = (...order: readonly number[]): string =>
    order.map((i) => `addi a0, zero, ${words[i]}`).join('\n');

  it('may be committed to in any order', () => {
    const subject = prover(`${commits(3, 0, 1, 2, 7, 6, 5, 4)}\n${sp1.halt(0)}`);
    const { trace, publicValues } = subject.witness();
    const machine = machineFor({ xlen: 32, guest: 'sp1', fetch: 'program' }, 0);
    expect(checkTrace(machine, trace, { fixed: subject.fixed, publicValues })).toEqual([]);
  });

  it.each([
    ['a word is missing', commits(0, 1, 2, 3, 4, 5, 6)],
    ['no word is there', ''],
    ['a word comes twice', commits(0, 0, 1, 2, 3, 4, 5, 6, 7)],
    ['a word is another', `${commits(1, 2, 3, 4, 5, 6, 7)}\n${sp1.commitWord(0, 1)}`],
    ['there is a ninth', `${commits(0, 1, 2, 3, 4, 5, 6, 7)}\n${sp1.commitWord(8, 0)}`],
    ['a proof is deferred', `${commits(0, 1, 2, 3, 4, 5, 6, 7)}\n${sp1.commitWord(0, 1, 0x1a)}`],
    ['a deferred word is the ninth', `${commits(0, 1, 2, 3, 4, 5, 6, 7)}\n${sp1.commitWord(8, 0, 0x1a)}`],
  ])('make no proof when %s', (_, text) => {
    expect(codeOf(() => prover(`${text}\n${sp1.halt(0)}`).estimate())).toBe('RISCV_UNPROVABLE');
  });

  it('make no proof behind calls without a chip', () => {
    for (const code of [0x03, 0x0101_1d, 0x01_010a])
      expect(codeOf(() => prover(`li a0, ${DATA}\nli a1, ${DATA}\n${sp1.call(code)}`).estimate())).toMatch(
        /^RISCV_(UNPROVABLE|RUN_NOT_ENDED)$/,
      );
  });
});

describe('OpenVM’s public values', () => {
  const proved = (text: string): ReturnType<RiscvProver['prove']> & { readonly programId: Bytes } => {
    const prover = proverOf({ guest: 'openvm', elf: programElf(32, assemble(32, text)) });
    return { ...prover.prove(), programId: prover.programId };
  };

  it('may be none', () => {
    const { receipt, programId } = proved(openvm.terminate(0));
    const verdict = (journal: Bytes): string | undefined =>
      codeOf(() => verifyReceipt({ ...receipt, journal }, { programId, allowInsecure: true }));
    expect(verdict(new Uint8Array(0))).toBeUndefined();
    expect(verdict(new Uint8Array(4))).toBe('STARK_INVALID_PROOF');
    expect(verdict(new Uint8Array(3))).toBe('RISCV_JOURNAL_LENGTH');
  });

  it('end with the highest that was revealed, even as zero', () => {
    const { receipt, programId } = proved(`${openvm.reveal(4, 0, 0)}\n${openvm.terminate(0)}`);
    expect(receipt.journal).toEqual(new Uint8Array(8));
    const options = { programId, allowInsecure: true };
    expect(verifyReceipt(receipt, options).journal).toEqual(new Uint8Array(8));
    for (const length of [0, 4, 12])
      expect(codeOf(() => verifyReceipt({ ...receipt, journal: new Uint8Array(length) }, options))).toBe(
        'STARK_INVALID_PROOF',
      );
  });
});
