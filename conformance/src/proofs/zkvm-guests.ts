import { bytesToHex } from '@ninefold/base';
import { mutateTrace } from '@ninefold/stark';
import {
  type CallSystemName,
  chipsOf,
  createRiscv,
  createRiscvProver,
  decodeReceipt,
  encodeReceipt,
  inertCells,
  machineFor,
  type Receipt,
  type RiscvProver,
  verifyReceipt,
  type Xlen,
} from '@ninefold/vm-riscv';
import { basename } from 'node:path';
import type { FolderResult } from '../suite.ts';
import { createCounter, differs } from '../svm/read.ts';
import { differsFromManifest, type GuestEntry, guestInput, readGuestEntries } from './guests.ts';
import { readBrotli } from './read.ts';

/** Guests of other zkVMs, as their toolchains built them, whose calls all have chips. */
const PROVED: readonly string[] = [
  'openvm-rv32-fibonacci',
  'openvm-rv32-quicksort',
  'sp1-rv32-fibonacci',
  'sp1-rv64-fibonacci',
  'sp1-rv64-keccak',
  'sp1-rv32-ssz-withdrawals',
];

/** More than any of them runs; quicksort takes five segments. */
const CYCLES = 10_000_000;

const elfOf = (folder: string, { file }: GuestEntry): Uint8Array => readBrotli(folder, basename(file));

function proverOf(folder: string, entry: GuestEntry, parameters: 'p100' | 'dev'): RiscvProver {
  return createRiscvProver({ elf: elfOf(folder, entry), guest: entry.abi as CallSystemName, parameters });
}

/** Unmodified guests: proved with 100 bits, written, read, verified; and refused when something else is said. */
export function runGuestProofs(folder: string): FolderResult {
  const counter = createCounter('proofs/zkvm-guests');
  let other: RiscvProver | undefined;
  for (const entry of readGuestEntries(folder).filter(({ id }) => PROVED.includes(id))) {
    counter.check(entry.id, () => {
      const prover = proverOf(folder, entry, 'p100');
      const begun = performance.now();
      const { receipt, result } = prover.prove({
        input: guestInput(folder, entry),
        limits: { cycles: CYCLES },
      });
      const proved = performance.now();
      const bytes = encodeReceipt(receipt);
      const decoded = decodeReceipt(bytes);
      const { exitCode, journal, security } = verifyReceipt(decoded, { programId: prover.programId });
      const ended = performance.now();
      process.stderr.write(
        `  ${entry.id}: ${result.cycles} instructions, proved in ${((proved - begun) / 1000).toFixed(1)} s, verified in ${Math.round(ended - proved)} ms, ${bytes.length} bytes\n`,
      );
      const stranger = other ?? prover;
      other = prover;
      return (
        differsFromManifest(result, entry.expect ?? {}) ??
        differs('exit code', exitCode, entry.expect?.exit) ??
        differs('journal', bytesToHex(journal), bytesToHex(result.journal)) ??
        (security.provenBits < 100 ? `${security.provenBits} bits are proven` : undefined) ??
        acceptedLie(decoded, prover, stranger)
      );
    });
  }
  return counter.result();
}

/** What else the proof is taken for, if it is. */
function acceptedLie(receipt: Receipt, prover: RiscvProver, stranger: RiscvProver): string | undefined {
  const { exitCode, journal } = receipt;
  const lies: readonly (readonly [string, Receipt, Uint8Array?])[] = [
    ['another exit code', { ...receipt, exitCode: exitCode + 1 }],
    ['a longer journal', { ...receipt, journal: Uint8Array.of(...journal, 1, 2, 3, 4) }],
    [
      'a changed journal',
      { ...receipt, journal: journal.length === 0 ? Uint8Array.of(0) : journal.map((byte) => byte ^ 1) },
    ],
    ['a standard guest', { ...receipt, guest: 'standard' }],
    ['another entry', { ...receipt, entry: receipt.entry + 4 }],
    ...(stranger === prover ? [] : [['another program', receipt, stranger.programId] as const]),
  ];
  for (const [what, lie, programId = prover.programId] of lies) {
    try {
      verifyReceipt(lie, { programId });
      return `it is taken for ${what}`;
    } catch (error) {
      const code = (error as { readonly code?: string }).code ?? 'no code';
      if (
        !/^(STARK_INVALID_PROOF|STARK_MALFORMED_PROOF|RISCV_OTHER_PROGRAM|RISCV_JOURNAL_LENGTH)$/.test(code)
      )
        return `${what} ends with ${code}`;
    }
  }
  return undefined;
}

/** Guests whose tables of calls are changed, and the cells of a chip that are. */
const MUTATED: readonly string[] = ['openvm-rv32-fibonacci', 'sp1-rv32-fibonacci', 'sp1-rv64-fibonacci'];
const MUTATED_CELLS = 4000;

/**
 * Changes cells in the tables of calls, and in those that are others where accesses are aligned: every change
 * of a cell that matters has to be caught. A case is a chip in a guest.
 */
export function runGuestMutations(folder: string): FolderResult {
  const counter = createCounter('proofs/zkvm-guest-mutation');
  for (const entry of readGuestEntries(folder).filter(({ id }) => MUTATED.includes(id))) {
    const prover = proverOf(folder, entry, 'dev');
    const input = guestInput(folder, entry);
    const { trace, publicValues } = prover.witness({ input });
    const guest = entry.abi as CallSystemName;
    const xlen = entry.xlen as Xlen;
    const chips = chipsOf({ xlen, guest, fetch: 'program' });
    const isInert = inertCells(chips, trace);
    const own = new Set(
      [...chips.calls.chips, chips.memoryEnds, ...chips.memory.map(({ chip }) => chip)].map(
        ({ name }) => name,
      ),
    );
    const { journal } = createRiscv({ elf: elfOf(folder, entry), abi: guest }).run({ input });
    const machine = machineFor({ xlen, guest, fetch: 'program' }, journal.length);
    const { chips: reports } = mutateTrace(
      { machine, trace, fixed: prover.fixed, publicValues },
      {
        maxCells: MUTATED_CELLS,
        dontCare: (place) => !own.has(place.chip) || isInert(place),
        findsNeeded: false,
      },
    );
    for (const { chip, survivors, mutants } of reports) {
      if (!own.has(chip)) continue;
      counter.check(`${entry.id} ${chip}`, () => {
        const [first] = survivors;
        if (first === undefined) return undefined;
        const { column, row, from, to } = first;
        return `${survivors.length} of ${mutants} survive: '${column}' row ${row} from ${from} to ${to}`;
      });
    }
  }
  return counter.result();
}
