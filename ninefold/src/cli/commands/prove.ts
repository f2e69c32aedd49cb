import { existsSync } from 'node:fs';
import { type Bytes, bytesToHex, defineErrors, didYouMean } from '@ninefold/base';
import {
  type CallSystemName,
  createRiscvProver,
  encodeReceipt,
  type Estimate,
  PROVABLE_INTERFACES,
  type Receipt,
  type RunResult,
  verifyReceipt,
} from '@ninefold/vm-riscv';
import { createPool, type Pool, securityText } from '@ninefold/stark';
import type { CommandInput } from '../command-input.ts';
import { EXIT_OK } from '../exit-codes.ts';
import { readBytes, writeWhole } from '../files.ts';
import { COMMAND_HELP } from '../help.ts';
import { toJson } from '../output.ts';
import { onlyArgument, parseHex } from '../program.ts';
import { progressBar } from '../progress.ts';

/** Sets of parameters a proof can be asked for. */
const PARAMETER_SETS = ['p100', 'p128', 'evm', 'dev'] as const;

const GUESTS = Object.keys(PROVABLE_INTERFACES) as readonly CallSystemName[];

type Choice = {
  readonly name: string;
  readonly choices: readonly string[];
  readonly suggestion: string | undefined;
};

const oneOf = ({ choices, suggestion }: Choice): string =>
  `choose one of ${choices.join(', ')}${suggestion === undefined ? '' : `. Did you mean ${suggestion}?`}`;

const fail = defineErrors({
  CLI_UNKNOWN_PARAMETERS: (c: Choice) => `There are no parameters ${JSON.stringify(c.name)}: ${oneOf(c)}`,
  CLI_UNKNOWN_ABI: (c: Choice) => `There are no proofs of guests of ${JSON.stringify(c.name)}: ${oneOf(c)}`,
});

/** Phases of a proof's work, as the framework names them. */
const PHASES = ['main', 'interaction', 'composition', 'openings', 'folding', 'queries'];

/** Runs a RISC-V guest and proves the run, or says what that would take. */
export async function prove({ settings, positionals, output }: CommandInput): Promise<number> {
  const file = onlyArgument(positionals, COMMAND_HELP.prove.usage);
  const { parameters = 'p100', abi = 'standard' } = settings;
  const prover = createRiscvProver({
    elf: await readBytes(file),
    parameters: chosen(parameters, PARAMETER_SETS, 'CLI_UNKNOWN_PARAMETERS'),
    guest: chosen(abi, GUESTS, 'CLI_UNKNOWN_ABI'),
    segmentCycles: settings.segmentCycles,
  });
  const run = {
    input: await inputOf(settings.input),
    ...(settings.cycles === undefined ? {} : { limits: { cycles: settings.cycles } }),
  };
  const { programId } = prover;
  if (settings.estimate === true) {
    const estimate = prover.estimate(run);
    output.data(
      settings.json === true ? estimateJson(programId, estimate) : estimateText(programId, estimate),
    );
    return EXIT_OK;
  }
  const started = performance.now();
  const bar = progressBar(PHASES);
  const pool = await createPool({ threads: settings.threads });
  const { receipt, result } = provedBy(pool, () =>
    prover.prove(run, {
      pool,
      onProgress: (phase, segment, segments) =>
        bar.at(phase, segments > 1 ? `segment ${segment + 1} of ${segments}` : undefined),
    }),
  );
  bar.end();
  const ms = Math.round(performance.now() - started);
  const bytes = encodeReceipt(receipt);
  // What goes out has been checked as whoever gets it will.
  const { security } = verifyReceipt(receipt, { programId, allowInsecure: true });
  const out = settings.out ?? `${file}.receipt`;
  await writeWhole(out, bytes);
  const facts = { receipt, result, ms, out, size: bytes.length, security: securityText(security) };
  output.data(settings.json === true ? proofJson(programId, facts) : proofText(programId, facts));
  return EXIT_OK;
}

/** Runs `work` and ends the pool, whatever comes of it. */
function provedBy<Proved>(pool: Pool, work: () => Proved): Proved {
  try {
    return work();
  } finally {
    pool.close();
  }
}

/** The choice of that name. */
function chosen<Name extends string>(
  name: string,
  choices: readonly Name[],
  code: 'CLI_UNKNOWN_PARAMETERS' | 'CLI_UNKNOWN_ABI',
): Name {
  const found = choices.find((choice) => choice === name);
  if (found !== undefined) return found;
  throw fail(code, { name, choices, suggestion: didYouMean(name, choices) });
}

/** The input, one piece at most: a file's bytes, or hex. */
async function inputOf(input: string | undefined): Promise<readonly Bytes[]> {
  if (input === undefined) return [];
  return [existsSync(input) ? await readBytes(input) : parseHex(input, '--input')];
}

function estimateJson(programId: Bytes, { cycles, cells, segments }: Estimate): string {
  return toJson({
    schema: 'ninefold/estimate/1',
    programId: bytesToHex(programId),
    cycles,
    cells,
    segments,
  });
}

function estimateText(programId: Bytes, { cycles, cells, segments }: Estimate): string {
  const tables = segments.flatMap((logHeights, i) => [
    `tables of segment ${i + 1} of ${segments.length}`,
    ...Object.entries(logHeights).map(([name, log]) => `  ${name.padEnd(14)} 2^${log} rows`),
  ]);
  return [`program  ${bytesToHex(programId)}`, `cycles   ${cycles}`, `cells    ${cells}`, ...tables].join(
    '\n',
  );
}

type Facts = {
  readonly receipt: Receipt;
  readonly result: RunResult;
  readonly ms: number;
  readonly out: string;
  readonly size: number;
  readonly security: string;
};

function proofJson(programId: Bytes, { receipt, result, ms, out, size, security }: Facts): string {
  return toJson({
    schema: 'ninefold/proof/1',
    programId: bytesToHex(programId),
    abi: receipt.guest,
    exitCode: receipt.exitCode,
    journal: bytesToHex(receipt.journal),
    cycles: result.cycles,
    segments: receipt.segments,
    ms,
    receipt: out,
    bytes: size,
    security,
  });
}

function proofText(programId: Bytes, { receipt, result, ms, out, size, security }: Facts): string {
  return [
    `program   ${bytesToHex(programId)}, a guest of ${receipt.guest}`,
    `exit code ${receipt.exitCode}`,
    `journal   ${bytesToHex(receipt.journal)}`,
    `cycles    ${result.cycles} in ${receipt.segments} segment${receipt.segments === 1 ? '' : 's'}, proved in ${ms} ms`,
    `receipt   ${out}, ${size} bytes`,
    `security  ${security}`,
  ].join('\n');
}
