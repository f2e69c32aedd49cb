import { bytesToHex, bytesToUtf8, hexToBytes } from '@ninefold/base';
import { sha256 } from '@ninefold/crypto';
import { type AbiName, createRiscv, risc0ImageId, type RunResult } from '@ninefold/vm-riscv';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { FolderResult } from '../suite.ts';
import { createCounter, differs } from '../svm/read.ts';
import { readBrotli } from './read.ts';
import { problemOf } from './riscv-tests.ts';

export type Expected = {
  readonly exit?: number;
  readonly instret?: number;
  readonly stdout_contains?: string;
  readonly public_values_hex?: string;
  readonly public_words_le?: Readonly<Record<string, number>>;
  readonly syscalls?: Readonly<Record<string, number>>;
  readonly custom?: Readonly<Record<string, number>>;
  readonly image_id_hex?: string;
};

/** A guest of the manifest. */
export type GuestEntry = {
  readonly id: string;
  readonly file: string;
  readonly sha256: string;
  readonly abi: string;
  readonly xlen?: number;
  readonly input_hex_vectors?: readonly string[];
  readonly input_files?: readonly string[];
  readonly expect?: Expected;
};

/** Guests of other zkVMs as their toolchains built them: exit code, output, instructions and host calls. */
export function runGuests(folder: string): FolderResult {
  const entries = readGuestEntries(folder);
  const counter = createCounter('proofs/guests');
  for (const entry of entries) {
    const { expect } = entry;
    if (expect?.instret !== undefined) counter.check(entry.id, () => runGuest(folder, entry, expect));
    const imageId = expect?.image_id_hex;
    if (imageId !== undefined) {
      counter.check(`ImageID of ${entry.id}`, () => {
        const program = readBrotli(folder, basename(entry.file));
        return differs('ImageID', bytesToHex(risc0ImageId(program)).slice(2), imageId);
      });
    }
  }
  return counter.result();
}

/** The guests of the manifest. */
export function readGuestEntries(folder: string): readonly GuestEntry[] {
  return JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as readonly GuestEntry[];
}

/** What a guest reads. */
export function guestInput(folder: string, entry: GuestEntry): readonly Uint8Array[] {
  return [
    ...(entry.input_hex_vectors ?? []).map((hex) => hexToBytes(`0x${hex}`)),
    ...(entry.input_files ?? []).map((file) => readBrotli(folder, basename(file))),
  ];
}

function runGuest(folder: string, entry: GuestEntry, expected: Expected): string | undefined {
  const elf = readBrotli(folder, basename(entry.file));
  const digest = differs('digest of the file', bytesToHex(sha256(elf)).slice(2), entry.sha256);
  if (digest !== undefined) return digest;
  const input = guestInput(folder, entry);
  const result = createRiscv({ elf, abi: entry.abi as AbiName }).run({ input });
  return problemOf(result) ?? differsFromManifest(result, expected);
}

/** In what a run differs from what is recorded of it, if it does. */
export function differsFromManifest(result: RunResult, expected: Expected): string | undefined {
  const { instret, stdout_contains, public_values_hex, public_words_le = {} } = expected;
  const stdout = bytesToUtf8(result.stdout);
  if (stdout_contains !== undefined && !stdout.includes(stdout_contains)) return `stdout is ${stdout}`;
  const journal = new DataView(result.journal.buffer);
  for (const [offset, word] of Object.entries(public_words_le)) {
    const problem = differs(`public word ${offset}`, journal.getUint32(Number(offset), true), word);
    if (problem !== undefined) return problem;
  }
  for (const [name, count] of Object.entries({ ...expected.syscalls, ...expected.custom })) {
    const problem = differs(`calls of ${name}`, result.hostCalls[name] ?? 0, count);
    if (problem !== undefined) return problem;
  }
  return (
    differs('instructions', result.cycles, instret) ??
    (public_values_hex === undefined
      ? undefined
      : differs('public values', bytesToHex(result.journal).slice(2), public_values_hex))
  );
}
