import { type Bytes, defineErrors, equalBytes, utf8ToBytes } from '@ninefold/base';
import { sha256 } from '@ninefold/kernels';
import {
  decodeProof,
  MAX_SEGMENTS,
  PARAMETER_SETS,
  type ParameterSet,
  restoreVerifyingKey,
  type SecurityReport,
  verify,
  type VerifyingKey,
} from '@ninefold/stark';
import type { Fetch } from './buses.ts';
import type { CallSystemName } from './calls/call-system.ts';
import { CALL_SYSTEMS } from './calls/systems.ts';
import {
  machineFor,
  type MachineKind,
  publicValuesOf,
  segmentPublicValues,
  type Statement,
} from './machine.ts';

const fail = defineErrors({
  RISCV_MALFORMED_RECEIPT: (c: { readonly offset: number; readonly problem: string }) =>
    `Not a receipt: ${c.problem} at byte ${c.offset}`,
  RISCV_OTHER_PROGRAM: (c: { readonly expected: string; readonly found: string }) =>
    `The receipt is of program ${c.found}, not of ${c.expected}`,
  RISCV_OTHER_SEGMENTS: (c: { readonly expected: number; readonly found: number }) =>
    `The receipt says that its run has ${c.expected} segments; its proof has ${c.found}`,
  RISCV_INSECURE_RECEIPT: (c: { readonly parameters: string; readonly provenBits: number }) =>
    `A proof by '${c.parameters}' proves ${c.provenBits.toFixed(1)} bits only: it is for tests. Allow it explicitly or ask for another`,
});

/** Commitment to a program as a verifier knows it: its fixed columns' root and heights. */
export type ProgramCommitment = MachineKind & {
  readonly parameters: ParameterSet;
  readonly entry: number;
  readonly root: Uint32Array;
  readonly logHeights: readonly number[];
};

/** What a proof says, and the proof: in how many segments, which say it together. */
export type Receipt = ProgramCommitment & Statement & { readonly segments: number; readonly proof: Bytes };

/** What a verified receipt stands for. */
export type Verified = {
  readonly programId: Bytes;
  readonly exitCode: number;
  readonly journal: Bytes;
  readonly segments: number;
  /** Over all segments. */
  readonly security: SecurityReport;
};

/** Longest journal of a receipt. */
export const MAX_JOURNAL_BYTES = 65_536;

const ID_TAG = 'ninefold.riscv.program.3';
/** "9RCP" */
const MAGIC = 0x50435239;
const VERSION = 4;
const ROOT_WORDS = 8;
const MAX_HEIGHTS = 16;
const SETS: readonly ParameterSet[] = ['p100', 'p128', 'evm', 'dev'];
/** Numbers of the ways to fetch, and of the guest interfaces. */
const FETCHES: readonly Fetch[] = ['program', 'memory'];
const GUESTS = Object.keys(CALL_SYSTEMS) as readonly CallSystemName[];

const words = (values: ArrayLike<number>): Bytes => {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) view.setUint32(4 * i, values[i] as number, true);
  return bytes;
};

const joined = (...parts: readonly Bytes[]): Bytes => {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
};

/**
 * What a program is known by, 32 bytes: it binds every instruction, every initial byte, the entry, the width,
 * the guest interface and the way to fetch.
 */
export function programIdOf({
  xlen,
  guest,
  fetch,
  parameters,
  entry,
  root,
  logHeights,
}: ProgramCommitment): Bytes {
  const { logBlowup } = PARAMETER_SETS[parameters];
  const kind = [xlen, GUESTS.indexOf(guest), FETCHES.indexOf(fetch)];
  const head = words([...kind, logBlowup, entry, logHeights.length, ...logHeights]);
  return sha256(joined(utf8ToBytes(ID_TAG), head, words(root)));
}

/** The bytes of a receipt. */
export function encodeReceipt(receipt: Receipt): Bytes {
  const { xlen, guest, fetch, parameters, entry, exitCode, segments, root, logHeights, journal, proof } =
    receipt;
  return joined(
    words([
      MAGIC,
      VERSION,
      xlen,
      GUESTS.indexOf(guest),
      FETCHES.indexOf(fetch),
      SETS.indexOf(parameters),
      entry,
      exitCode,
      segments,
      logHeights.length,
      ...logHeights,
    ]),
    words(root),
    words([journal.length, proof.length]),
    journal,
    proof,
  );
}

/**
 * Reads a receipt; what it says is not checked here.
 *
 * @throws `RISCV_MALFORMED_RECEIPT` with the place
 */
export function decodeReceipt(bytes: Bytes): Receipt {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const wrong = (problem: string, offset = at): Error => fail('RISCV_MALFORMED_RECEIPT', { offset, problem });
  const word = (what: string): number => {
    if (at + 4 > bytes.length) throw wrong(`it ends before its ${what}`);
    at += 4;
    return view.getUint32(at - 4, true);
  };
  if (word('magic number') !== MAGIC) throw wrong('no magic number', 0);
  if (word('version') !== VERSION) throw wrong('another version', 4);
  const xlen = word('width');
  if (xlen !== 32 && xlen !== 64) throw wrong(`a width of ${xlen}`, 8);
  const guest = GUESTS[word('guest interface')];
  if (guest === undefined) throw wrong('an unknown guest interface', 12);
  const fetch = FETCHES[word('way to fetch')];
  if (fetch === undefined) throw wrong('an unknown way to fetch', 16);
  const parameters = SETS[word('parameters')];
  if (parameters === undefined) throw wrong('unknown parameters', 20);
  const entry = word('entry');
  const exitCode = word('exit code');
  const segments = word('segments');
  if (segments === 0 || segments > MAX_SEGMENTS) throw wrong(`${segments} segments`, at - 4);
  const count = word('heights');
  if (count > MAX_HEIGHTS) throw wrong(`${count} heights`, at - 4);
  const logHeights = Array.from({ length: count }, () => word('heights'));
  const root = Uint32Array.from({ length: ROOT_WORDS }, () => word('root'));
  const journalLength = word('journal length');
  if (journalLength > MAX_JOURNAL_BYTES) throw wrong(`a journal of ${journalLength} bytes`, at - 4);
  const proofLength = word('proof length');
  if (at + journalLength + proofLength !== bytes.length)
    throw wrong('journal and proof are not all that is left');
  const journal = bytes.slice(at, at + journalLength);
  const proof = bytes.slice(at + journalLength);
  return { xlen, guest, fetch, parameters, entry, exitCode, segments, root, logHeights, journal, proof };
}

/** The verifying key for receipts of a program with a journal of that length. */
export function verifyingKeyOf(commitment: ProgramCommitment, journalLength: number): VerifyingKey {
  const { parameters, root, logHeights } = commitment;
  return restoreVerifyingKey(machineFor(commitment, journalLength), parameters, root, logHeights);
}

/**
 * Checks that a receipt proves what it says of the program with that id: that it ran from its entry to its
 * end on some input, with that journal and that exit code. The exit code is the caller's to judge.
 *
 * @param options.programId what the caller knows the program by
 * @param options.allowInsecure take proofs by parameters that are for tests
 * @throws `RISCV_OTHER_PROGRAM`, `RISCV_OTHER_SEGMENTS`, `RISCV_INSECURE_RECEIPT`, `RISCV_JOURNAL_LENGTH`,
 *   `STARK_MALFORMED_PROOF`, `STARK_INVALID_PROOF`,
 *   `STARK_INVALID_TRACE` for heights that are none
 */
export function verifyReceipt(
  receipt: Receipt,
  options: { readonly programId: Bytes; readonly allowInsecure?: boolean | undefined },
): Verified {
  const programId = programIdOf(receipt);
  if (!equalBytes(programId, options.programId)) {
    throw fail('RISCV_OTHER_PROGRAM', { expected: hex(options.programId), found: hex(programId) });
  }
  const { targetBits, name } = PARAMETER_SETS[receipt.parameters];
  const publicValues = publicValuesOf(receipt);
  const key = verifyingKeyOf(receipt, receipt.journal.length);
  const proof = decodeProof(key, receipt.proof);
  const segments = proof.segments.length;
  if (receipt.segments !== segments) {
    throw fail('RISCV_OTHER_SEGMENTS', { expected: receipt.segments, found: segments });
  }
  const security = verify(key, segmentPublicValues(publicValues, segments), proof);
  if (targetBits === 0 && options.allowInsecure !== true) {
    throw fail('RISCV_INSECURE_RECEIPT', { parameters: name, provenBits: security.provenBits });
  }
  return { programId, exitCode: receipt.exitCode, journal: receipt.journal, segments, security };
}

const hex = (bytes: Bytes): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
