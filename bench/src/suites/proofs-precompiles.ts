import { createRiscvProver, machineFor, verifyReceipt, type Xlen } from '@ninefold/vm-riscv';
import { cpuOfThisProcess } from '../process.ts';
import { type HashCall, hashGuest } from '../proofs/hash-guest.ts';
import { median, result, suiteReport } from '../report.ts';
import type { Result } from '../report.ts';
import type { Suite } from '../suite.ts';

/** A function with chips of its own: how it is called, and the rows of a call in each table. */
type Precompile = {
  readonly name: string;
  readonly calls: readonly HashCall[];
  readonly rows: Readonly<Record<string, number>>;
  /** Main cells of SP1 for the same work: columns of `rv64im_costs.json` times rows (succinctlabs/sp1@f66b4bff). */
  readonly sp1Cells: number;
};

const PRECOMPILES: readonly Precompile[] = [
  {
    name: 'Keccak-f',
    calls: [{ code: 0x010109, hasState: false }],
    rows: { keccak: 24, 'keccak memory': 5, KECCAK_PERMUTE: 1 },
    sp1Cells: 24 * 2640,
  },
  {
    name: 'SHA-256 block',
    calls: [
      { code: 0x300105, hasState: false },
      { code: 0x010106, hasState: true },
    ],
    rows: { 'sha-256 extend': 64, SHA_EXTEND: 1, 'sha-256 compress': 80, SHA_COMPRESS: 1 },
    sp1Cells: 48 * 128 + 80 * 206,
  },
];

/** Calls in a proof: as many permutations as a table of 2^13 rows has room for. */
const TURNS = 341;

const ROUNDS = 3;

/** What is aimed at: committed cells of main and lookup columns a second on one core. */
const GOAL_CELLS = 10e6;

/** Words that a lookup column takes. */
const WORDS_OF_E = 4;

type Cells = { readonly main: number; readonly lookup: number };

function cellsOf(xlen: Xlen, { rows }: Precompile): Cells {
  const { chips } = machineFor({ xlen, guest: 'sp1', fetch: 'program' }, 0);
  let [main, lookup] = [0, 0];
  for (const { chip, wideColumns } of chips) {
    const count = rows[chip.name] ?? 0;
    main += count * chip.main.length;
    lookup += count * wideColumns * WORDS_OF_E;
  }
  return { main, lookup };
}

/** Hash functions as the machine's own chips: how many cells they take, and how fast they are proved. */
export const proofsPrecompilesSuite: Suite = {
  name: 'proofs-precompiles',
  about:
    'calls of a guest with 100 proven bits on one thread: main cells of a call in all tables, against SP1; CPU time of a proof of 341 calls, all that belongs to it included, for the cells of the calls with those of the lookup argument, against the goal',
  run: async ({ quick, say }) => {
    const results: Result[] = [];
    for (const xlen of quick ? ([64] as const) : ([32, 64] as const)) {
      for (const precompile of PRECOMPILES) {
        const name = `RV${xlen} ${precompile.name}`;
        const { main, lookup } = cellsOf(xlen, precompile);
        results.push(
          result(`${name}: main cells`, 'cells', 'lower-is-better', main, precompile.sp1Cells, 'SP1'),
        );
        // The first proof generates the chips' code.
        cpuOfProof(xlen, precompile, 1);
        const spent = median(
          Array.from({ length: quick ? 1 : ROUNDS }, () => cpuOfProof(xlen, precompile, TURNS)),
        );
        const cellsPerSecond = ((main + lookup) * TURNS * 1000) / spent;
        results.push(
          result(
            `${name}: prove`,
            'M cells/s',
            'higher-is-better',
            cellsPerSecond / 1e6,
            GOAL_CELLS / 1e6,
            'goal',
          ),
        );
        say(`${name}: ${main} main cells, ${lookup} lookup cells, ${(spent / TURNS).toFixed(1)} ms a call`);
      }
    }
    return suiteReport('proofs-precompiles', results);
  },
};

/** CPU time of a proof with so many calls, in milliseconds; the receipt is verified too. */
function cpuOfProof(xlen: Xlen, { calls }: Precompile, turns: number): number {
  const prover = createRiscvProver({ elf: hashGuest(xlen, calls, turns), guest: 'sp1' });
  const before = cpuOfThisProcess();
  const { receipt } = prover.prove();
  const spent = cpuOfThisProcess() - before;
  verifyReceipt(receipt, prover);
  return spent;
}
