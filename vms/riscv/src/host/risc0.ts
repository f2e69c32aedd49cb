import { type Bytes, bytesToUtf8, concatBytes, type Rng, seededRng } from '@ninefold/base';
import { sha256 } from '@ninefold/kernels';
import { isR0bf, parseR0bf } from '../code/r0bf.ts';
import type { Machine } from '../engine/machine.ts';
import { refuse } from '../engine/traps.ts';
import { REGISTER } from '../spec/registers.ts';
import type { Abi, Answer } from './abi.ts';
import { fromLittleEndian, toLittleEndian } from './accelerators/integers.ts';
import { sha256Compress, sha256Extend } from './accelerators/sha256.ts';
import type { Outputs } from './outputs.ts';
import { taggedStruct } from './risc0-image.ts';

/** Calls by their number in t0 (risc0/zkvm/platform/src/syscall.rs). */
const ECALL = { HALT: 0, INPUT: 1, SOFTWARE: 2, SHA: 3, BIGINT: 4 } as const;

const HALT_TERMINATE = 0;
const FD = { STDIN: 0, STDOUT: 1, STDERR: 2, JOURNAL: 3 } as const;

/** What an unset variable of the environment has for its length. */
const NO_VALUE = 0xffffffffn;
const STACK_TOP = 0x0020_0400n;
const DIGEST_BYTES = 32;
const BIGINT_BYTES = 32;
/** Longest name of a software call. */
const MAX_NAME_BYTES = 256;
/** Most random words given at once. */
const MAX_RANDOM_WORDS: number = 2 ** 20;
/** Most blocks that are hashed at once: 64 MiB. */
const MAX_SHA_BLOCKS: number = 2 ** 20;
/** Random words are the host's choice: here the same ones in every run. */
const RANDOM_SEED = 0;

/**
 * User mode of RISC Zero, with the host doing what its kernel does: a program in its container or a
 * plain ELF file. Input: all pieces one after the other are stdin. Journal: what was written to its
 * descriptor; the digest that the program halts with has to be that of the journal.
 */
export const risc0: Abi = {
  name: 'risc0',
  xlens: [32],
  bounds: { low: 0x1_0000, high: 0xc000_0000 },
  fetch: 'memory',
  misaligned: 'trap',
  unpack: (file) => (isR0bf(file) ? parseR0bf(file).user : file),
  start: (machine, input, outputs) => {
    machine.setRegister(REGISTER.sp, STACK_TOP);
    const stdin = createStdin(concatBytes(...input));
    const chance = seededRng(RANDOM_SEED);
    return {
      answer: ({ spec }) =>
        spec.mnemonic === 'ecall' ? answerCall(machine, { stdin, chance }, outputs) : 'illegal',
    };
  },
};

type Stdin = (length: number) => Bytes;

/** What a run's host gives besides memory. */
type Sources = { readonly stdin: Stdin; readonly chance: Rng };

/** Gives the next bytes, fewer at the end. */
function createStdin(bytes: Bytes): Stdin {
  let at = 0;
  return (length) => {
    const taken = bytes.subarray(at, at + length);
    at += taken.length;
    return taken;
  };
}

function answerCall(machine: Machine, sources: Sources, outputs: Outputs): Answer {
  const code = machine.word(REGISTER.t0);
  const args = Array.from({ length: 8 }, (_, i) => machine.word(REGISTER.a0 + i));
  switch (code) {
    case ECALL.HALT:
      outputs.count('HALT');
      return halt(machine, outputs, args);
    case ECALL.INPUT:
      outputs.count('INPUT');
      // The words of the input digest, which is zero for programs that run from their start.
      machine.setRegister(REGISTER.a0, 0n);
      return 'next';
    case ECALL.SOFTWARE:
      return software(machine, sources, outputs, args);
    case ECALL.SHA:
      outputs.count('SHA');
      shaBlocks(machine, args);
      return 'next';
    case ECALL.BIGINT:
      outputs.count('BIGINT');
      multiplyModulo(machine, args);
      return 'next';
    default:
      throw refuse(`RISC Zero: call ${code} is not one that user mode is given here`);
  }
}

/** Ends the run after comparing the digest that the program commits to with what it has written. */
function halt(machine: Machine, outputs: Outputs, [kind = 0, digestAt = 0]: readonly number[]): Answer {
  if ((kind & 0xff) !== HALT_TERMINATE)
    throw refuse('RISC Zero: a program that pauses cannot be resumed here');
  const committed = machine.memory.read(digestAt, DIGEST_BYTES);
  const noAssumptions = new Uint8Array(DIGEST_BYTES);
  const expected = taggedStruct('risc0.Output', [sha256(outputs.bytesOf('journal')), noAssumptions], []);
  // A program that ends by a failure commits to no output at all.
  const isEmpty = committed.every((byte) => byte === 0);
  if (!isEmpty && !committed.every((byte, i) => byte === expected[i]))
    throw refuse('RISC Zero: the digest of the output is not that of the journal');
  return { exit: (kind >>> 8) & 0xff };
}

/** The name of a software call without its module path: `SYS_READ`. */
function nameOf({ memory }: Machine, address: number): string {
  const bytes: number[] = [];
  for (let byte = 1; bytes.length < MAX_NAME_BYTES;) {
    byte = memory.read(address + bytes.length, 1)[0] as number;
    if (byte === 0) break;
    bytes.push(byte);
  }
  return bytesToUtf8(Uint8Array.from(bytes)).split('::').at(-1) ?? '';
}

function software(
  machine: Machine,
  { stdin, chance }: Sources,
  outputs: Outputs,
  args: readonly number[],
): Answer {
  const [buffer = 0, words = 0, name = 0, a3 = 0, a4 = 0, a5 = 0] = args;
  const { memory } = machine;
  const call = nameOf(machine, name);
  outputs.count(call);
  const give = (a0: bigint, a1 = 0n): Answer => {
    machine.setRegister(REGISTER.a0, a0);
    machine.setRegister(REGISTER.a1, a1);
    return 'next';
  };
  switch (call) {
    case 'SYS_READ': {
      if (a3 !== FD.STDIN) throw refuse(`RISC Zero: descriptor ${a3} cannot be read`);
      const bytes = stdin(a4);
      const whole = Math.min(bytes.length, 4 * words);
      if (bytes.length > 4 * words + 4) throw refuse('RISC Zero: more bytes are read than there is room for');
      memory.write(buffer, bytes.subarray(0, whole));
      return give(BigInt(bytes.length), fromLittleEndian(bytes.subarray(whole)));
    }
    case 'SYS_WRITE': {
      const bytes = memory.read(a4, a5);
      if (a3 === FD.STDOUT) outputs.write('stdout', bytes);
      else if (a3 === FD.STDERR) outputs.write('stderr', bytes);
      else if (a3 === FD.JOURNAL) outputs.write('journal', bytes);
      else throw refuse(`RISC Zero: descriptor ${a3} cannot be written`);
      return give(0n);
    }
    case 'SYS_LOG':
      outputs.write('stdout', concatBytes(memory.read(a3, a4), Uint8Array.of(0x0a)));
      return give(0n);
    case 'SYS_PANIC':
      throw refuse(`the guest panicked: ${bytesToUtf8(memory.read(a3, a4))}`);
    case 'SYS_CYCLE_COUNT': {
      const cycles = BigInt(machine.cycles());
      return give(cycles >> 32n, cycles);
    }
    case 'SYS_RANDOM':
      if (words > MAX_RANDOM_WORDS)
        throw refuse(`RISC Zero: ${words} random words of at most ${MAX_RANDOM_WORDS}`);
      memory.write(buffer, chance.bytes(4 * words));
      return give(0n);
    case 'SYS_GETENV':
      return give(NO_VALUE);
    case 'SYS_ARGC':
      return give(0n);
    default:
      throw refuse(`RISC Zero: the host has no call ${call}`);
  }
}

/** SHA-256's words lie in memory as the digest's bytes do. */
function shaBlocks(
  { memory }: Machine,
  [out = 0, input = 0, first = 0, second = 0, count = 0]: readonly number[],
): void {
  const wordsOf = (bytes: Bytes): number[] => {
    const view = new DataView(bytes.buffer);
    return Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(4 * i, false));
  };
  if (count > MAX_SHA_BLOCKS) throw refuse(`RISC Zero: ${count} blocks to hash of at most ${MAX_SHA_BLOCKS}`);
  const state = Uint32Array.from(wordsOf(memory.read(input, DIGEST_BYTES)));
  for (let block = 0; block < count; block++) {
    const schedule = new Uint32Array(64);
    schedule.set(wordsOf(memory.read(first + 64 * block, DIGEST_BYTES)), 0);
    schedule.set(wordsOf(memory.read(second + 64 * block, DIGEST_BYTES)), 8);
    sha256Extend(schedule);
    sha256Compress(state, schedule);
  }
  const bytes = new Uint8Array(DIGEST_BYTES);
  const view = new DataView(bytes.buffer);
  state.forEach((word, i) => view.setUint32(4 * i, word, false));
  memory.write(out, bytes);
}

/** result = x y modulo the modulus, or its low half when that is 0. */
function multiplyModulo(
  { memory }: Machine,
  [result = 0, operation = 0, x = 0, y = 0, modulus = 0]: readonly number[],
): void {
  if (operation !== 0) throw refuse(`RISC Zero: no operation ${operation} on big integers`);
  const [a, b, m] = [x, y, modulus].map((at) => fromLittleEndian(memory.read(at, BIGINT_BYTES))) as [
    bigint,
    bigint,
    bigint,
  ];
  memory.write(result, toLittleEndian(m === 0n ? a * b : (a * b) % m, BIGINT_BYTES));
}
