import { type Bytes, concatBytes } from '@ninefold/base';
import { keccakF1600 } from '@ninefold/kernels';
import type { Machine } from '../engine/machine.ts';
import { refuse } from '../engine/traps.ts';
import { OPENVM_FUNCT3, OPENVM_HINT, OPENVM_PHANTOM } from '../spec/guest-calls.ts';
import type { Abi, Answer, HostInstruction } from './abi.ts';
import { fromLittleEndian, toLittleEndian } from './accelerators/integers.ts';
import type { Outputs } from './outputs.ts';

/**
 * Guests of OpenVM 2 (RV32). Input: each piece is one vector of the input stream. Journal: the user
 * public values up to the highest word that was revealed.
 */
export const openvm: Abi = {
  name: 'openvm',
  xlens: [32],
  bounds: { low: 0, high: 2 ** 29 },
  fetch: 'program',
  misaligned: 'trap',
  start: (machine, input, outputs) => {
    const hints = createHints(input);
    return {
      answer: (instruction) =>
        instruction.spec.mnemonic === 'custom-0'
          ? answerCustom(machine, hints, outputs, instruction)
          : 'illegal',
    };
  },
};

type Hints = { readonly next: () => void; readonly take: (length: number) => Bytes };

/** The input's vectors, and the stream that the one being read makes. */
function createHints(input: readonly Bytes[]): Hints {
  const vectors = [...input];
  let stream: Bytes = new Uint8Array(0);
  return {
    next: () => {
      const vector = vectors.shift();
      if (vector === undefined) throw refuse('OpenVM: no input is left');
      const length = new Uint8Array(4);
      new DataView(length.buffer).setUint32(0, vector.length, true);
      stream = concatBytes(length, vector, new Uint8Array(-vector.length & 3));
    },
    take: (length) => {
      if (length > stream.length)
        throw refuse(`OpenVM: ${length} bytes asked for of ${stream.length} hinted`);
      const taken = stream.subarray(0, length);
      stream = stream.subarray(length);
      return taken;
    },
  };
}

function answerCustom(
  machine: Machine,
  hints: Hints,
  outputs: Outputs,
  { word, rd, rs1, rs2 }: HostInstruction,
): Answer {
  const immediate = word >> 20;
  const { memory } = machine;
  switch ((word >>> 12) & 7) {
    case OPENVM_FUNCT3.TERMINATE:
      outputs.count('terminate');
      return { exit: immediate & 0xff };
    case OPENVM_FUNCT3.HINT: {
      if (immediate !== OPENVM_HINT.WORD && immediate !== OPENVM_HINT.BUFFER) return 'illegal';
      const isWord = immediate === OPENVM_HINT.WORD;
      outputs.count(isWord ? 'hintstorew' : 'hintbuffer');
      const [address, words] = [machine.word(rd), isWord ? 1 : machine.word(rs1)];
      if (words === 0) throw refuse('OpenVM: a hint of no words');
      memory.write(wordAddress(address), hints.take(4 * words));
      return 'next';
    }
    case OPENVM_FUNCT3.REVEAL: {
      outputs.count('reveal');
      const at = wordAddress((machine.word(rd) + immediate) >>> 0);
      outputs.writeAt('journal', at, toLittleEndian(machine.register(rs1), 8).subarray(0, 4));
      return 'next';
    }
    case OPENVM_FUNCT3.PHANTOM:
      return answerPhantom(machine, hints, outputs, immediate, machine.word(rd), machine.word(rs1));
    case OPENVM_FUNCT3.HASH:
      return answerHash(
        machine,
        outputs,
        word >>> 25,
        machine.word(rd),
        machine.word(rs1),
        machine.word(rs2),
      );
    case OPENVM_FUNCT3.INT256:
      return answerInt256(
        machine,
        outputs,
        word >>> 25,
        machine.word(rd),
        machine.word(rs1),
        machine.word(rs2),
      );
    default:
      return 'illegal';
  }
}

function wordAddress(address: number): number {
  if (address % 4 !== 0) throw refuse(`OpenVM: ${address} is no word's address`);
  return address;
}

function answerPhantom(
  machine: Machine,
  hints: Hints,
  outputs: Outputs,
  immediate: number,
  rd: number,
  rs1: number,
): Answer {
  switch (immediate) {
    case OPENVM_PHANTOM.INPUT:
      outputs.count('hintinput');
      hints.next();
      return 'next';
    case OPENVM_PHANTOM.PRINT:
      outputs.count('print');
      outputs.write('stdout', machine.memory.read(rd, rs1));
      return 'next';
    default:
      return 'illegal';
  }
}

const KECCAK_STATE_BYTES = 200;

function answerHash(
  { memory }: Machine,
  outputs: Outputs,
  funct7: number,
  rd: number,
  rs1: number,
  length: number,
): Answer {
  switch (funct7) {
    case 0:
      outputs.count('keccakf');
      memory.write(rd, keccakF1600(memory.read(rd, KECCAK_STATE_BYTES)));
      return 'next';
    case 1: {
      outputs.count('xorin');
      const state = memory.read(rd, length);
      const block = memory.read(rs1, length);
      for (let i = 0; i < length; i++) state[i] = (state[i] as number) ^ (block[i] as number);
      memory.write(rd, state);
      return 'next';
    }
    default:
      return 'illegal';
  }
}

type Operation = readonly [name: string, compute: (a: bigint, b: bigint) => bigint];

const signed = (value: bigint): bigint => BigInt.asIntN(256, value);

/** Operations on 256 bits in order of funct7; shifts take the low 8 bits of the amount. */
const INT256_OPERATIONS: readonly Operation[] = [
  ['add256', (a, b) => a + b],
  ['sub256', (a, b) => a - b],
  ['xor256', (a, b) => a ^ b],
  ['or256', (a, b) => a | b],
  ['and256', (a, b) => a & b],
  ['sll256', (a, b) => a << (b & 255n)],
  ['srl256', (a, b) => a >> (b & 255n)],
  ['sra256', (a, b) => signed(a) >> (b & 255n)],
  ['slt256', (a, b) => (signed(a) < signed(b) ? 1n : 0n)],
  ['sltu256', (a, b) => (a < b ? 1n : 0n)],
  ['mul256', (a, b) => a * b],
];

function answerInt256(
  { memory }: Machine,
  outputs: Outputs,
  funct7: number,
  rd: number,
  rs1: number,
  rs2: number,
): Answer {
  const operation = INT256_OPERATIONS[funct7];
  if (operation === undefined) return 'illegal';
  const [name, compute] = operation;
  outputs.count(name);
  const read = (address: number): bigint => fromLittleEndian(memory.read(address, 32));
  memory.write(rd, toLittleEndian(BigInt.asUintN(256, compute(read(rs1), read(rs2))), 32));
  return 'next';
}
