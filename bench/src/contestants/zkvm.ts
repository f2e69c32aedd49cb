import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createRiscvProver,
  decodeReceipt,
  encodeReceipt,
  verifyReceipt,
  type Xlen,
} from '@ninefold/vm-riscv';
import { cpuOfThisProcess } from '../process.ts';
import { mixedLoopGuest } from '../proofs/mixed-loop.ts';
import type { Case, Contestant } from '../rounds.ts';

/** A run to prove. */
export type ZkvmPlan = { readonly name: string; readonly xlen: Xlen; readonly logCycles: number };

/** What is measured of a run, in this order, with what is aimed at on the reference machine. */
export const ZKVM_CASES: readonly (Case & { readonly goal: number })[] = [
  { name: 'prove', unit: 'kHz', direction: 'higher-is-better', goal: 50 },
  { name: 'peak memory', unit: 'MiB', direction: 'lower-is-better', goal: 2048 },
  { name: 'receipt', unit: 'kB', direction: 'lower-is-better', goal: 1500 },
  { name: 'verify, first', unit: 'ms CPU', direction: 'lower-is-better', goal: 50 },
  { name: 'verify, warm', unit: 'ms CPU', direction: 'lower-is-better', goal: 50 },
  { name: 'verify, a process of its own', unit: 'ms CPU', direction: 'lower-is-better', goal: 90 },
  { name: 'a process of its own that does nothing', unit: 'ms CPU', direction: 'lower-is-better', goal: 50 },
];

/** Verifications before the warm one. */
const WARMING = 5;

export function zkvmCases(quick: boolean): readonly ZkvmPlan[] {
  const runs: readonly ZkvmPlan[] = [
    { name: 'RV32 2^17 cycles', xlen: 32, logCycles: 17 },
    { name: 'RV64 2^17 cycles', xlen: 64, logCycles: 17 },
    { name: 'RV32 2^18 cycles', xlen: 32, logCycles: 18 },
    { name: 'RV32 2^20 cycles', xlen: 32, logCycles: 20 },
    { name: 'RV32 2^22 cycles in 4 segments', xlen: 32, logCycles: 22 },
  ];
  return quick ? runs.slice(0, 1) : runs;
}

/** The built `ninefold`. */
const COMMAND = fileURLToPath(new URL('./dist/bin.js', import.meta.resolve('ninefold/package.json')));

/** Has a process say at its end what CPU time it has used, as the last line of what it says to people. */
const SAY_TIME = `data:text/javascript,process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  process.stderr.write('\\n' + (user + system) / 1000);
});`;

/** CPU milliseconds of Node with these arguments: the least of three, since a start waits for the disk. */
function cpuOfCommand(args: readonly string[]): number {
  const once = (): number => {
    const { status, stderr } = spawnSync(process.execPath, ['--import', SAY_TIME, ...args], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(stderr);
    return Number(stderr.trimEnd().split('\n').at(-1));
  };
  return Math.min(once(), once(), once());
}

/** The prover of one run. The first verification is one of a fresh process but for what proving has loaded. */
export async function createContestant(argument: string): Promise<Contestant> {
  const { name, xlen, logCycles } = JSON.parse(argument) as ZkvmPlan;
  const prover = createRiscvProver({ elf: mixedLoopGuest(xlen, 2 ** logCycles) });
  const cpuOf = (work: () => void): number => {
    const before = cpuOfThisProcess();
    work();
    return cpuOfThisProcess() - before;
  };
  let receipt: Uint8Array = new Uint8Array(0);
  const verify = (): void => void verifyReceipt(decodeReceipt(receipt), prover);
  const measures: Readonly<Record<string, () => number>> = {
    prove: () => {
      let cycles = 0;
      const spent = cpuOf(() => {
        const proved = prover.prove();
        cycles = proved.result.cycles;
        receipt = encodeReceipt(proved.receipt);
      });
      return cycles / spent;
    },
    'peak memory': () => process.resourceUsage().maxRSS / 1024,
    receipt: () => receipt.length / 1000,
    'verify, first': () => cpuOf(verify),
    'verify, warm': () => {
      for (let i = 0; i < WARMING; i++) verify();
      return cpuOf(verify);
    },
    'verify, a process of its own': () => {
      const folder = mkdtempSync(join(tmpdir(), 'ninefold-bench-'));
      try {
        const file = join(folder, 'r.bin');
        writeFileSync(file, receipt);
        return cpuOfCommand([COMMAND, 'verify', file]);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
    'a process of its own that does nothing': () => cpuOfCommand(['--eval', '']),
  };
  return {
    name,
    sample: async (caseName) => (measures[caseName] as () => number)(),
    close: async () => {},
  };
}
