import { seededRng } from '@ninefold/base';
import {
  createMachine,
  decodeProgram,
  type EngineChoice,
  type Machine,
  type Outcome,
  type RunSetup,
  syscallFault,
} from '@ninefold/vm-svm';
import { INPUT_START, type RandomProgram, randomProgram, SYSCALL } from './program.ts';

export type EngineFinding = { readonly seed: number; readonly budget: number; readonly difference: string };

export type EngineReport = {
  readonly programs: number;
  readonly runs: number;
  /** Runs by what ended them. */
  readonly ends: Readonly<Record<string, number>>;
  readonly findings: readonly EngineFinding[];
};

/** Units that suffice for most programs that end, and end the others soon. */
const BUDGET = 400;

/** Budgets from 0 on that a program is cut off at, one after the other. */
const CUTS = 48;

/** Everything that can be seen of a run. */
function describe(machine: Machine, { executable, registers }: RandomProgram, run: RunOptions): string {
  const { seed, budget, program } = run;
  const rng = seededRng(seed);
  const asked: string[] = [];
  const setup: RunSetup = {
    program,
    budget,
    registers,
    input: [
      { address: INPUT_START, bytes: rng.bytes(48), isWritable: true },
      { address: INPUT_START + 48n, bytes: rng.bytes(24), isWritable: false },
      { address: INPUT_START + 100n, bytes: rng.bytes(40), isWritable: true },
    ],
    answersMemory: rng.below(4) > 0,
    ...(rng.below(4) === 0 ? { maxCallDepth: 1 + rng.below(6) } : {}),
    syscall(key, values, vm) {
      asked.push(`${key}(${values.join()}) ${vm.remaining()}`);
      if (key === SYSCALL.failing) throw syscallFault('as asked for');
      if (key === SYSCALL.unknown) return undefined;
      vm.setRemaining(Math.max(0, vm.remaining() - 3));
      return (values[1] as bigint) ^ (values[2] as bigint);
    },
  };
  const outcome = machine.run(setup);
  return [endOf(outcome), outcome.fault?.text, outcome.pc, outcome.left, outcome.registers.join()]
    .concat(asked)
    .concat(outcome.input().map((bytes) => Buffer.from(bytes).toString('hex')))
    .concat(`v${executable.version}`)
    .join('\n');
}

type RunOptions = { readonly seed: number; readonly budget: number; readonly program: RunSetup['program'] };

const endOf = ({ fault }: Outcome): string => fault?.kind ?? 'exit';

/** The machines that have to agree. */
export type EnginePair = { readonly interpreted: Machine; readonly compiled: Machine };

export function openEngines(): EnginePair {
  const open = (engine: EngineChoice): Machine => createMachine({ engine });
  return { interpreted: open('interpreted'), compiled: open('compiled') };
}

/** Runs the program of a seed on both, with enough units and with too few at each of its first steps. */
export function compareEngines(
  { interpreted, compiled }: EnginePair,
  seed: number,
): { readonly ends: readonly string[]; readonly finding: EngineFinding | undefined } {
  const random = randomProgram(seededRng(seed));
  const program = decodeProgram(random.executable);
  const ends: string[] = [];
  for (let cut = CUTS; cut >= 0; cut--) {
    const budget = cut === CUTS ? BUDGET : cut;
    const expected = describe(interpreted, random, { seed, budget, program });
    const got = describe(compiled, random, { seed, budget, program });
    ends.push(expected.slice(0, expected.indexOf('\n')));
    if (got === expected) continue;
    return { ends, finding: { seed, budget, difference: `${got}\n--- interpreted:\n${expected}` } };
  }
  return { ends, finding: undefined };
}

/**
 * Programs of consecutive seeds until `goOn` says no. Every finding can be repeated by its seed.
 *
 * @example runEngineCampaign({ firstSeed: 1, goOn: (n) => n < 100, onFinding: console.error })
 */
export function runEngineCampaign(options: {
  readonly firstSeed: number;
  readonly goOn: (programs: number) => boolean;
  readonly onFinding: (finding: EngineFinding) => void;
}): EngineReport {
  const pair = openEngines();
  const ends: Record<string, number> = {};
  const findings: EngineFinding[] = [];
  let runs = 0;
  let programs = 0;
  for (; options.goOn(programs); programs++) {
    const result = compareEngines(pair, options.firstSeed + programs);
    for (const end of result.ends) ends[end] = (ends[end] ?? 0) + 1;
    runs += result.ends.length;
    if (result.finding === undefined) continue;
    findings.push(result.finding);
    options.onFinding(result.finding);
  }
  return { programs, runs, ends, findings };
}
