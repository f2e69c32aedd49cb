import { sha256 } from '@ninefold/kernels';
import { mutateTrace } from '@ninefold/stark';
import {
  chipsOf,
  createRiscvProver,
  encodeInstruction,
  inertCells,
  instructionBytes,
  machineFor,
  REGISTER,
  type SegmentContent,
  verifyReceipt,
  writeElf,
  type Xlen,
} from '@ninefold/vm-riscv';
import type { FolderResult } from '../suite.ts';
import { createCounter, differs, fromHex } from '../svm/read.ts';
import { readJson } from './read.ts';

// Guests of SP1 that are a call or a few, and a comparison of what they left in memory with what the vectors
// say: the exit code tells whether it is that.

const { a0, a1, t0 } = REGISTER;
const [t1, t2, s0, s1] = [6, 7, 8, 9] as const;
const CALL = {
  HALT: 0x00,
  COMMIT: 0x10,
  SHA_EXTEND: 0x300105,
  SHA_COMPRESS: 0x010106,
  KECCAK_PERMUTE: 0x010109,
} as const;

const TEXT = 0x1_0000;
const DATA = 0x8_0000;
const WRITABLE = 6;
const EXECUTABLE = 5;

type Line = Parameters<typeof encodeInstruction>;

const instruction = (xlen: Xlen, mnemonic: string, operands: Line[1] = {}): number =>
  encodeInstruction(mnemonic, operands, xlen);

/** A constant of 32 bits, sign-extended. */
function constant(xlen: Xlen, rd: number, value: number): number[] {
  const low = (value << 20) >> 20;
  return [
    instruction(xlen, 'lui', { rd, imm: ((value | 0) - low) | 0 }),
    instruction(xlen, xlen === 64 ? 'addiw' : 'addi', { rd, rs1: rd, imm: low }),
  ];
}

const call = (xlen: Xlen, code: number, first: number, second = 0): number[] => [
  ...constant(xlen, a0, first),
  ...constant(xlen, a1, second),
  ...constant(xlen, t0, code),
  instruction(xlen, 'ecall'),
];

/** Collects in s1 whether one of the words, `stride` bytes apart, is another one. */
const compare = (xlen: Xlen, address: number, stride: number, expected: readonly number[]): number[] => [
  ...constant(xlen, s0, address),
  ...expected.flatMap((word, i) => [
    instruction(xlen, 'lw', { rd: t1, rs1: s0, imm: i * stride }),
    ...constant(xlen, t2, word),
    instruction(xlen, 'xor', { rd: t1, rs1: t1, rs2: t2 }),
    instruction(xlen, 'or', { rd: s1, rs1: s1, rs2: t1 }),
  ]),
];

/** Makes nothing public, and exits with 1 where a comparison failed. */
function end(xlen: Xlen): number[] {
  const digest = new DataView(sha256(new Uint8Array(0)).slice().buffer);
  return [
    ...Array.from({ length: 8 }, (_, i) => call(xlen, CALL.COMMIT, i, digest.getUint32(4 * i, true))).flat(),
    instruction(xlen, 'sltu', { rd: a0, rs1: 0, rs2: s1 }),
    ...constant(xlen, t0, CALL.HALT),
    instruction(xlen, 'ecall'),
  ];
}

const guest = (xlen: Xlen, words: readonly number[], data: readonly SegmentContent[]): Uint8Array =>
  writeElf(xlen, [{ address: TEXT, bytes: instructionBytes(words), flags: EXECUTABLE }, ...data], TEXT);

const wordsOf = (bytes: Uint8Array, littleEndian: boolean): number[] => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(4 * i, littleEndian));
};

function keccakGuest(xlen: Xlen, before: Uint8Array, after: Uint8Array): Uint8Array {
  return guest(
    xlen,
    [...call(xlen, CALL.KECCAK_PERMUTE, DATA), ...compare(xlen, DATA, 4, wordsOf(after, true)), ...end(xlen)],
    [{ address: DATA, bytes: before, flags: WRITABLE }],
  );
}

const SCHEDULE_WORDS = 64;
const BLOCK_BYTES = 64;
const INITIAL = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];

/** Words of SHA-256 in memory, a machine word each. */
function spread(xlen: Xlen, words: readonly number[]): Uint8Array {
  const stride = xlen / 8;
  const bytes = new Uint8Array(words.length * stride);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => view.setUint32(i * stride, word, true));
  return bytes;
}

/** The message with its padding (FIPS 180-4, section 5.1.1). */
function padded(message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(BLOCK_BYTES * Math.ceil((message.length + 9) / BLOCK_BYTES));
  bytes.set(message);
  bytes[message.length] = 0x80;
  new DataView(bytes.buffer).setUint32(bytes.length - 4, 8 * message.length);
  return bytes;
}

function sha256Guest(xlen: Xlen, message: Uint8Array, digest: Uint8Array): Uint8Array {
  const words = wordsOf(padded(message), false);
  const stride = xlen / 8;
  const blocks = words.length / 16;
  const scheduleAt = (block: number): number => DATA + (STATE_WORDS + block * SCHEDULE_WORDS) * stride;
  return guest(
    xlen,
    [
      ...Array.from({ length: blocks }, (_, block) => [
        ...call(xlen, CALL.SHA_EXTEND, scheduleAt(block)),
        ...call(xlen, CALL.SHA_COMPRESS, scheduleAt(block), DATA),
      ]).flat(),
      ...compare(xlen, DATA, stride, wordsOf(digest, false)),
      ...end(xlen),
    ],
    [
      { address: DATA, bytes: spread(xlen, INITIAL), flags: WRITABLE },
      ...Array.from({ length: blocks }, (_, block) => ({
        address: scheduleAt(block),
        bytes: spread(xlen, words.slice(16 * block, 16 * (block + 1))),
        flags: WRITABLE,
      })),
    ],
  );
}

const STATE_WORDS = INITIAL.length;

type Hashes = {
  readonly rows: readonly { readonly len: number; readonly sha256: string }[];
  readonly keccak_f1600: readonly { readonly in: string; readonly out: string }[];
};

/** Longest message that is proved; those behind it differ in the number of blocks only. */
const MAX_MESSAGE_BYTES = 136;

/** Proves the run with 100 bits and verifies that it ended with `expected`. */
function proved(elf: Uint8Array, expected: number): string | undefined {
  const prover = createRiscvProver({ elf, guest: 'sp1' });
  const { receipt } = prover.prove();
  const { exitCode, security } = verifyReceipt(receipt, { programId: prover.programId });
  return (
    differs('exit code', exitCode, expected) ??
    (security.provenBits < 100 ? `${security.provenBits} bits are proven` : undefined)
  );
}

/** Chips of precompiles whose traces are changed. */
const MUTATED = [
  'keccak',
  'keccak memory',
  'sha-256 extend',
  'sha-256 compress',
  'KECCAK_PERMUTE',
  'SHA_EXTEND',
  'SHA_COMPRESS',
];

/** Cells of a chip that are changed, each in every way. */
const MUTATED_CELLS = 3000;

/** Changes of the chips' cells that nothing catches. */
function mutated(counter: ReturnType<typeof createCounter>, name: string, xlen: Xlen, elf: Uint8Array): void {
  const prover = createRiscvProver({ elf, guest: 'sp1', parameters: 'dev' });
  const { trace, publicValues } = prover.witness();
  const whole = machineFor({ xlen, guest: 'sp1', fetch: 'program' }, 0);
  const machine = { ...whole, chips: whole.chips.filter(({ chip }) => MUTATED.includes(chip.name)) };
  const dontCare = inertCells(chipsOf({ xlen, guest: 'sp1', fetch: 'program' }), trace);
  const options = { maxCells: MUTATED_CELLS, dontCare, findsNeeded: false };
  for (const { chip, survivors, mutants } of mutateTrace({ machine, trace, publicValues }, options).chips) {
    counter.check(`mutants of ${chip} in ${name}`, () => {
      const [first] = survivors;
      if (first === undefined) return undefined;
      const { column, row, from, to } = first;
      return `${survivors.length} of ${mutants} survive: '${column}' row ${row} from ${from} to ${to}`;
    });
  }
}

/** Keccak-f and SHA-256 by their chips, on both widths: the vectors' answers, and no other ones. */
export function runPrecompileProofs(folder: string): FolderResult {
  const { rows, keccak_f1600: states } = readJson<Hashes>(folder, 'byte_hashes.json.gz');
  const counter = createCounter('proofs/zkvm-precompiles');
  const messages = rows.filter(({ len }) => len <= MAX_MESSAGE_BYTES);
  const messageOf = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i % 251);
  for (const xlen of [32, 64] as const) {
    states.forEach(({ in: before, out: after }, i) => {
      counter.check(`rv${xlen} keccak-f ${i}`, () =>
        proved(keccakGuest(xlen, fromHex(before), fromHex(after)), 0),
      );
    });
    for (const { len, sha256: digest } of messages) {
      counter.check(`rv${xlen} sha-256 of ${len} bytes`, () =>
        proved(sha256Guest(xlen, messageOf(len), fromHex(digest)), 0),
      );
    }
    const [state] = states as [Hashes['keccak_f1600'][number]];
    counter.check(`rv${xlen} keccak-f is nothing else`, () =>
      proved(keccakGuest(xlen, fromHex(state.in), fromHex(state.out).reverse()), 1),
    );
    const two = messages.find(({ len }) => len > 64) as Hashes['rows'][number];
    mutated(counter, `rv${xlen} keccak-f`, xlen, keccakGuest(xlen, fromHex(state.out), fromHex(state.out)));
    const hash = sha256Guest(xlen, messageOf(two.len), fromHex(two.sha256));
    mutated(counter, `rv${xlen} sha-256 of ${two.len} bytes`, xlen, hash);
  }
  return counter.result();
}
