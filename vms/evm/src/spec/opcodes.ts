import type { ForkName } from '../types.ts';
import { forkIndex, FORKS, isAtLeast } from './forks.ts';

export type OpCategory =
  | 'arithmetic'
  | 'comparison'
  | 'bitwise'
  | 'hash'
  | 'environment'
  | 'block'
  | 'stack'
  | 'memory'
  | 'storage'
  | 'flow'
  | 'log'
  | 'system';

/** A byte range named by operands, or by a number where it is fixed. */
type Range = { readonly offset: string; readonly length: string | number };

/**
 * A place besides the stack that a step reads or writes, in terms of its operands: what a
 * value's origin is traced through. `address` names an operand, or `self` for the running account.
 */
export type Location =
  | ({ readonly in: 'memory' | 'calldata' | 'code' | 'returndata' } & Range)
  | ({ readonly in: 'externalCode'; readonly address: string } & Range)
  | { readonly in: 'storage' | 'transientStorage'; readonly slot: string }
  | { readonly in: 'balance' | 'codeSize' | 'codeHash' | 'nonce'; readonly address: string }
  | { readonly in: 'account'; readonly address: string }
  | { readonly in: 'newAccount' | 'log' | 'calldataSize' | 'returndataSize' | 'memorySize' | 'gas' | 'pc' }
  | {
      readonly in: 'frame' | 'transaction' | 'block';
      readonly field: string;
    };

/** Base cost by the fork it came with; the first fork is the one that introduced the instruction. */
export type CostHistory = Readonly<Partial<Record<ForkName, number>>>;

export type OpSpec = {
  readonly code: number;
  readonly mnemonic: string;
  /** Mnemonic in older texts and tools. */
  readonly formerly?: string | undefined;
  readonly category: OpCategory;
  /** Stack items taken, top first. */
  readonly operands: readonly string[];
  /** Stack items left, top first. */
  readonly results: readonly string[];
  readonly cost: CostHistory;
  /** Bytes of the instruction that follow the opcode. */
  readonly immediate?: number | undefined;
  readonly reads?: readonly Location[] | undefined;
  readonly writes?: readonly Location[] | undefined;
  /** Fails in a static call whatever its operands (CALL only with value, so not here). */
  readonly forbiddenInStatic?: true | undefined;
  /** Execution does not go on behind it. */
  readonly terminates?: true | undefined;
  /** Has a part of its cost that depends on operands or state. */
  readonly dynamicCost?: true | undefined;
  /** The EIP that introduced it; otherwise the Yellow Paper, appendix H. */
  readonly eip?: number | undefined;
  readonly doc: string;
};

const oneTo = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i + 1);
const ordinal = (n: number): string =>
  `${n}${['th', 'st', 'nd', 'rd'][n <= 3 || n > 20 ? n % 10 : 0] ?? 'th'}`;
const items = (n: number): readonly string[] => oneTo(n).map((i) => `item${i}`);

const push = (n: number): OpSpec => ({
  code: 0x5f + n,
  mnemonic: `PUSH${n}`,
  category: 'stack',
  operands: [],
  results: ['value'],
  cost: { frontier: 3 },
  immediate: n,
  doc:
    n === 1 ? 'Pushes the byte behind it.' : `Pushes the ${n} bytes behind it; bytes past the end are zero.`,
});

const dup = (n: number): OpSpec => ({
  code: 0x7f + n,
  mnemonic: `DUP${n}`,
  category: 'stack',
  operands: items(n),
  results: [`item${n}`, ...items(n)],
  cost: { frontier: 3 },
  doc: `Pushes a copy of the ${ordinal(n)} item.`,
});

const swap = (n: number): OpSpec => ({
  code: 0x8f + n,
  mnemonic: `SWAP${n}`,
  category: 'stack',
  operands: items(n + 1),
  results: [`item${n + 1}`, ...items(n).slice(1), 'item1'],
  cost: { frontier: 3 },
  doc: `Swaps the top with the ${ordinal(n + 1)} item.`,
});

const log = (n: number): OpSpec => ({
  code: 0xa0 + n,
  mnemonic: `LOG${n}`,
  category: 'log',
  operands: ['offset', 'size', ...oneTo(n).map((i) => `topic${i}`)],
  results: [],
  cost: { frontier: 375 * (n + 1) },
  reads: [memory('offset', 'size')],
  writes: [{ in: 'log' }],
  forbiddenInStatic: true,
  dynamicCost: true,
  doc: `Logs memory with ${n === 0 ? 'no topic' : n === 1 ? 'one topic' : `${n} topics`}.`,
});

function memory(offset: string, length: string | number): Location {
  return { in: 'memory', offset, length };
}

/** The instruction set of all forks, by ascending code. */
export const OPCODES: readonly OpSpec[] = [
  {
    code: 0x00,
    mnemonic: 'STOP',
    category: 'flow',
    operands: [],
    results: [],
    cost: { frontier: 0 },
    terminates: true,
    doc: 'Ends the frame with empty return data.',
  },
  {
    code: 0x01,
    mnemonic: 'ADD',
    category: 'arithmetic',
    operands: ['a', 'b'],
    results: ['sum'],
    cost: { frontier: 3 },
    doc: 'Sum modulo 2^256.',
  },
  {
    code: 0x02,
    mnemonic: 'MUL',
    category: 'arithmetic',
    operands: ['a', 'b'],
    results: ['product'],
    cost: { frontier: 5 },
    doc: 'Product modulo 2^256.',
  },
  {
    code: 0x03,
    mnemonic: 'SUB',
    category: 'arithmetic',
    operands: ['a', 'b'],
    results: ['difference'],
    cost: { frontier: 3 },
    doc: 'a - b modulo 2^256.',
  },
  {
    code: 0x04,
    mnemonic: 'DIV',
    category: 'arithmetic',
    operands: ['a', 'b'],
    results: ['quotient'],
    cost: { frontier: 5 },
    doc: 'Unsigned a / b; 0 when b is 0.',
  },
  {
    code: 0x05,
    mnemonic: 'SDIV',
    category: 'arithmetic',
    operands: ['a', 'b'],
    results: ['quotient'],
    cost: { frontier: 5 },
    doc: 'Signed a / b, rounded to zero; 0 when b is 0.',
  },
  {
    code: 0x06,
    mnemonic: 'MOD',
    category: 'arithmetic',
    operands: ['a', 'b'],
    results: ['remainder'],
    cost: { frontier: 5 },
    doc: 'Unsigned a mod b; 0 when b is 0.',
  },
  {
    code: 0x07,
    mnemonic: 'SMOD',
    category: 'arithmetic',
    operands: ['a', 'b'],
    results: ['remainder'],
    cost: { frontier: 5 },
    doc: 'Signed remainder with the sign of a; 0 when b is 0.',
  },
  {
    code: 0x08,
    mnemonic: 'ADDMOD',
    category: 'arithmetic',
    operands: ['a', 'b', 'modulus'],
    results: ['remainder'],
    cost: { frontier: 8 },
    doc: '(a + b) mod modulus without overflow; 0 when the modulus is 0.',
  },
  {
    code: 0x09,
    mnemonic: 'MULMOD',
    category: 'arithmetic',
    operands: ['a', 'b', 'modulus'],
    results: ['remainder'],
    cost: { frontier: 8 },
    doc: '(a * b) mod modulus without overflow; 0 when the modulus is 0.',
  },
  {
    code: 0x0a,
    mnemonic: 'EXP',
    category: 'arithmetic',
    operands: ['base', 'exponent'],
    results: ['power'],
    cost: { frontier: 10 },
    dynamicCost: true,
    doc: 'Power modulo 2^256; each byte of the exponent costs extra.',
  },
  {
    code: 0x0b,
    mnemonic: 'SIGNEXTEND',
    category: 'arithmetic',
    operands: ['byteIndex', 'value'],
    results: ['extended'],
    cost: { frontier: 5 },
    doc: 'Extends the sign bit of byte byteIndex, counted from the low end.',
  },
  {
    code: 0x10,
    mnemonic: 'LT',
    category: 'comparison',
    operands: ['a', 'b'],
    results: ['flag'],
    cost: { frontier: 3 },
    doc: '1 when a < b, unsigned.',
  },
  {
    code: 0x11,
    mnemonic: 'GT',
    category: 'comparison',
    operands: ['a', 'b'],
    results: ['flag'],
    cost: { frontier: 3 },
    doc: '1 when a > b, unsigned.',
  },
  {
    code: 0x12,
    mnemonic: 'SLT',
    category: 'comparison',
    operands: ['a', 'b'],
    results: ['flag'],
    cost: { frontier: 3 },
    doc: '1 when a < b, signed.',
  },
  {
    code: 0x13,
    mnemonic: 'SGT',
    category: 'comparison',
    operands: ['a', 'b'],
    results: ['flag'],
    cost: { frontier: 3 },
    doc: '1 when a > b, signed.',
  },
  {
    code: 0x14,
    mnemonic: 'EQ',
    category: 'comparison',
    operands: ['a', 'b'],
    results: ['flag'],
    cost: { frontier: 3 },
    doc: '1 when a equals b.',
  },
  {
    code: 0x15,
    mnemonic: 'ISZERO',
    category: 'comparison',
    operands: ['a'],
    results: ['flag'],
    cost: { frontier: 3 },
    doc: '1 when a is 0.',
  },
  {
    code: 0x16,
    mnemonic: 'AND',
    category: 'bitwise',
    operands: ['a', 'b'],
    results: ['result'],
    cost: { frontier: 3 },
    doc: 'Bitwise and.',
  },
  {
    code: 0x17,
    mnemonic: 'OR',
    category: 'bitwise',
    operands: ['a', 'b'],
    results: ['result'],
    cost: { frontier: 3 },
    doc: 'Bitwise or.',
  },
  {
    code: 0x18,
    mnemonic: 'XOR',
    category: 'bitwise',
    operands: ['a', 'b'],
    results: ['result'],
    cost: { frontier: 3 },
    doc: 'Bitwise exclusive or.',
  },
  {
    code: 0x19,
    mnemonic: 'NOT',
    category: 'bitwise',
    operands: ['a'],
    results: ['result'],
    cost: { frontier: 3 },
    doc: 'Bitwise complement.',
  },
  {
    code: 0x1a,
    mnemonic: 'BYTE',
    category: 'bitwise',
    operands: ['index', 'value'],
    results: ['byte'],
    cost: { frontier: 3 },
    doc: 'Byte of value counted from the high end; 0 from index 32 on.',
  },
  {
    code: 0x1b,
    mnemonic: 'SHL',
    category: 'bitwise',
    operands: ['shift', 'value'],
    results: ['result'],
    cost: { constantinople: 3 },
    eip: 145,
    doc: 'Shift left; 0 from 256 bits on.',
  },
  {
    code: 0x1c,
    mnemonic: 'SHR',
    category: 'bitwise',
    operands: ['shift', 'value'],
    results: ['result'],
    cost: { constantinople: 3 },
    eip: 145,
    doc: 'Logical shift right; 0 from 256 bits on.',
  },
  {
    code: 0x1d,
    mnemonic: 'SAR',
    category: 'bitwise',
    operands: ['shift', 'value'],
    results: ['result'],
    cost: { constantinople: 3 },
    eip: 145,
    doc: 'Arithmetic shift right.',
  },
  {
    code: 0x1e,
    mnemonic: 'CLZ',
    category: 'bitwise',
    operands: ['value'],
    results: ['zeros'],
    cost: { osaka: 5 },
    eip: 7939,
    doc: 'Number of leading zero bits; 256 for 0.',
  },
  {
    code: 0x20,
    mnemonic: 'KECCAK256',
    formerly: 'SHA3',
    category: 'hash',
    operands: ['offset', 'size'],
    results: ['hash'],
    cost: { frontier: 30 },
    reads: [memory('offset', 'size')],
    dynamicCost: true,
    doc: 'keccak-256 of memory.',
  },
  {
    code: 0x30,
    mnemonic: 'ADDRESS',
    category: 'environment',
    operands: [],
    results: ['address'],
    cost: { frontier: 2 },
    reads: [{ in: 'frame', field: 'address' }],
    doc: 'Address of the running account.',
  },
  {
    code: 0x31,
    mnemonic: 'BALANCE',
    category: 'environment',
    operands: ['address'],
    results: ['balance'],
    cost: { frontier: 20, tangerineWhistle: 400, istanbul: 700, berlin: 100 },
    reads: [{ in: 'balance', address: 'address' }],
    dynamicCost: true,
    doc: "An account's balance in wei.",
  },
  {
    code: 0x32,
    mnemonic: 'ORIGIN',
    category: 'environment',
    operands: [],
    results: ['address'],
    cost: { frontier: 2 },
    reads: [{ in: 'transaction', field: 'from' }],
    doc: 'Sender of the transaction.',
  },
  {
    code: 0x33,
    mnemonic: 'CALLER',
    category: 'environment',
    operands: [],
    results: ['address'],
    cost: { frontier: 2 },
    reads: [{ in: 'frame', field: 'caller' }],
    doc: 'Account that called this frame.',
  },
  {
    code: 0x34,
    mnemonic: 'CALLVALUE',
    category: 'environment',
    operands: [],
    results: ['value'],
    cost: { frontier: 2 },
    reads: [{ in: 'frame', field: 'value' }],
    doc: 'Wei that came with the call.',
  },
  {
    code: 0x35,
    mnemonic: 'CALLDATALOAD',
    category: 'environment',
    operands: ['offset'],
    results: ['word'],
    cost: { frontier: 3 },
    reads: [{ in: 'calldata', offset: 'offset', length: 32 }],
    doc: '32 bytes of calldata; zeros past its end.',
  },
  {
    code: 0x36,
    mnemonic: 'CALLDATASIZE',
    category: 'environment',
    operands: [],
    results: ['size'],
    cost: { frontier: 2 },
    reads: [{ in: 'calldataSize' }],
    doc: 'Length of the calldata.',
  },
  {
    code: 0x37,
    mnemonic: 'CALLDATACOPY',
    category: 'environment',
    operands: ['destOffset', 'offset', 'size'],
    results: [],
    cost: { frontier: 3 },
    reads: [{ in: 'calldata', offset: 'offset', length: 'size' }],
    writes: [memory('destOffset', 'size')],
    dynamicCost: true,
    doc: 'Copies calldata to memory; zeros past its end.',
  },
  {
    code: 0x38,
    mnemonic: 'CODESIZE',
    category: 'environment',
    operands: [],
    results: ['size'],
    cost: { frontier: 2 },
    reads: [{ in: 'frame', field: 'codeSize' }],
    doc: 'Length of the running code.',
  },
  {
    code: 0x39,
    mnemonic: 'CODECOPY',
    category: 'environment',
    operands: ['destOffset', 'offset', 'size'],
    results: [],
    cost: { frontier: 3 },
    reads: [{ in: 'code', offset: 'offset', length: 'size' }],
    writes: [memory('destOffset', 'size')],
    dynamicCost: true,
    doc: 'Copies the running code to memory; zeros past its end.',
  },
  {
    code: 0x3a,
    mnemonic: 'GASPRICE',
    category: 'environment',
    operands: [],
    results: ['price'],
    cost: { frontier: 2 },
    reads: [{ in: 'transaction', field: 'gasPrice' }],
    doc: 'Wei the sender pays for a unit of gas.',
  },
  {
    code: 0x3b,
    mnemonic: 'EXTCODESIZE',
    category: 'environment',
    operands: ['address'],
    results: ['size'],
    cost: { frontier: 20, tangerineWhistle: 700, berlin: 100, amsterdam: 200 },
    reads: [{ in: 'codeSize', address: 'address' }],
    dynamicCost: true,
    doc: "Length of an account's code.",
  },
  {
    code: 0x3c,
    mnemonic: 'EXTCODECOPY',
    category: 'environment',
    operands: ['address', 'destOffset', 'offset', 'size'],
    results: [],
    cost: { frontier: 20, tangerineWhistle: 700, berlin: 100, amsterdam: 200 },
    reads: [{ in: 'externalCode', address: 'address', offset: 'offset', length: 'size' }],
    writes: [memory('destOffset', 'size')],
    dynamicCost: true,
    doc: "Copies an account's code to memory; zeros past its end.",
  },
  {
    code: 0x3d,
    mnemonic: 'RETURNDATASIZE',
    category: 'environment',
    operands: [],
    results: ['size'],
    cost: { byzantium: 2 },
    reads: [{ in: 'returndataSize' }],
    eip: 211,
    doc: 'Length of what the last call returned.',
  },
  {
    code: 0x3e,
    mnemonic: 'RETURNDATACOPY',
    category: 'environment',
    operands: ['destOffset', 'offset', 'size'],
    results: [],
    cost: { byzantium: 3 },
    reads: [{ in: 'returndata', offset: 'offset', length: 'size' }],
    writes: [memory('destOffset', 'size')],
    dynamicCost: true,
    eip: 211,
    doc: 'Copies return data to memory; fails past its end.',
  },
  {
    code: 0x3f,
    mnemonic: 'EXTCODEHASH',
    category: 'environment',
    operands: ['address'],
    results: ['hash'],
    cost: { constantinople: 400, istanbul: 700, berlin: 100 },
    reads: [{ in: 'codeHash', address: 'address' }],
    dynamicCost: true,
    eip: 1052,
    doc: "Hash of an account's code; 0 when there is no account.",
  },
  {
    code: 0x40,
    mnemonic: 'BLOCKHASH',
    category: 'block',
    operands: ['number'],
    results: ['hash'],
    cost: { frontier: 20 },
    reads: [{ in: 'block', field: 'hash' }],
    doc: 'Hash of one of the 256 blocks before this one; else 0.',
  },
  {
    code: 0x41,
    mnemonic: 'COINBASE',
    category: 'block',
    operands: [],
    results: ['address'],
    cost: { frontier: 2 },
    reads: [{ in: 'block', field: 'coinbase' }],
    doc: 'Account that receives the fees.',
  },
  {
    code: 0x42,
    mnemonic: 'TIMESTAMP',
    category: 'block',
    operands: [],
    results: ['timestamp'],
    cost: { frontier: 2 },
    reads: [{ in: 'block', field: 'timestamp' }],
    doc: 'Seconds since 1970.',
  },
  {
    code: 0x43,
    mnemonic: 'NUMBER',
    category: 'block',
    operands: [],
    results: ['number'],
    cost: { frontier: 2 },
    reads: [{ in: 'block', field: 'number' }],
    doc: 'Number of the block.',
  },
  {
    code: 0x44,
    mnemonic: 'PREVRANDAO',
    formerly: 'DIFFICULTY',
    category: 'block',
    operands: [],
    results: ['random'],
    cost: { frontier: 2 },
    reads: [{ in: 'block', field: 'prevRandao' }],
    doc: "The beacon chain's randomness; before Paris the difficulty.",
  },
  {
    code: 0x45,
    mnemonic: 'GASLIMIT',
    category: 'block',
    operands: [],
    results: ['limit'],
    cost: { frontier: 2 },
    reads: [{ in: 'block', field: 'gasLimit' }],
    doc: 'Gas limit of the block.',
  },
  {
    code: 0x46,
    mnemonic: 'CHAINID',
    category: 'block',
    operands: [],
    results: ['chainId'],
    cost: { istanbul: 2 },
    reads: [{ in: 'block', field: 'chainId' }],
    eip: 1344,
    doc: 'Identifier of the chain.',
  },
  {
    code: 0x47,
    mnemonic: 'SELFBALANCE',
    category: 'environment',
    operands: [],
    results: ['balance'],
    cost: { istanbul: 5 },
    reads: [{ in: 'balance', address: 'self' }],
    eip: 1884,
    doc: 'Balance of the running account.',
  },
  {
    code: 0x48,
    mnemonic: 'BASEFEE',
    category: 'block',
    operands: [],
    results: ['baseFee'],
    cost: { london: 2 },
    reads: [{ in: 'block', field: 'baseFee' }],
    eip: 3198,
    doc: 'Base fee of the block.',
  },
  {
    code: 0x49,
    mnemonic: 'BLOBHASH',
    category: 'environment',
    operands: ['index'],
    results: ['hash'],
    cost: { cancun: 3 },
    reads: [{ in: 'transaction', field: 'blobHashes' }],
    eip: 4844,
    doc: "Versioned hash of one of the transaction's blobs; 0 past the last.",
  },
  {
    code: 0x4a,
    mnemonic: 'BLOBBASEFEE',
    category: 'block',
    operands: [],
    results: ['fee'],
    cost: { cancun: 2 },
    reads: [{ in: 'block', field: 'blobBaseFee' }],
    eip: 7516,
    doc: 'Price of a unit of blob gas.',
  },
  {
    code: 0x4b,
    mnemonic: 'SLOTNUM',
    category: 'block',
    operands: [],
    results: ['slotNumber'],
    cost: { amsterdam: 2 },
    reads: [{ in: 'block', field: 'slotNumber' }],
    eip: 7843,
    doc: "The beacon chain's slot of the block.",
  },
  {
    code: 0x50,
    mnemonic: 'POP',
    category: 'stack',
    operands: ['item'],
    results: [],
    cost: { frontier: 2 },
    doc: 'Drops the top.',
  },
  {
    code: 0x51,
    mnemonic: 'MLOAD',
    category: 'memory',
    operands: ['offset'],
    results: ['word'],
    cost: { frontier: 3 },
    reads: [memory('offset', 32)],
    dynamicCost: true,
    doc: '32 bytes of memory.',
  },
  {
    code: 0x52,
    mnemonic: 'MSTORE',
    category: 'memory',
    operands: ['offset', 'value'],
    results: [],
    cost: { frontier: 3 },
    writes: [memory('offset', 32)],
    dynamicCost: true,
    doc: 'Writes 32 bytes to memory.',
  },
  {
    code: 0x53,
    mnemonic: 'MSTORE8',
    category: 'memory',
    operands: ['offset', 'value'],
    results: [],
    cost: { frontier: 3 },
    writes: [memory('offset', 1)],
    dynamicCost: true,
    doc: 'Writes the lowest byte to memory.',
  },
  {
    code: 0x54,
    mnemonic: 'SLOAD',
    category: 'storage',
    operands: ['slot'],
    results: ['value'],
    cost: { frontier: 50, tangerineWhistle: 200, istanbul: 800, berlin: 100 },
    reads: [{ in: 'storage', slot: 'slot' }],
    dynamicCost: true,
    doc: 'Reads a storage slot.',
  },
  {
    code: 0x55,
    mnemonic: 'SSTORE',
    category: 'storage',
    operands: ['slot', 'value'],
    results: [],
    cost: { frontier: 0 },
    writes: [{ in: 'storage', slot: 'slot' }],
    forbiddenInStatic: true,
    dynamicCost: true,
    doc: 'Writes a storage slot; all of its cost depends on what was there.',
  },
  {
    code: 0x56,
    mnemonic: 'JUMP',
    category: 'flow',
    operands: ['target'],
    results: [],
    cost: { frontier: 8 },
    doc: 'Continues at a JUMPDEST.',
  },
  {
    code: 0x57,
    mnemonic: 'JUMPI',
    category: 'flow',
    operands: ['target', 'condition'],
    results: [],
    cost: { frontier: 10 },
    doc: 'Continues at a JUMPDEST unless the condition is 0.',
  },
  {
    code: 0x58,
    mnemonic: 'PC',
    category: 'flow',
    operands: [],
    results: ['offset'],
    cost: { frontier: 2 },
    reads: [{ in: 'pc' }],
    doc: 'Offset of this instruction.',
  },
  {
    code: 0x59,
    mnemonic: 'MSIZE',
    category: 'memory',
    operands: [],
    results: ['size'],
    cost: { frontier: 2 },
    reads: [{ in: 'memorySize' }],
    doc: 'Size of memory, a multiple of 32.',
  },
  {
    code: 0x5a,
    mnemonic: 'GAS',
    category: 'environment',
    operands: [],
    results: ['gas'],
    cost: { frontier: 2 },
    reads: [{ in: 'gas' }],
    doc: 'Gas left after this instruction.',
  },
  {
    code: 0x5b,
    mnemonic: 'JUMPDEST',
    category: 'flow',
    operands: [],
    results: [],
    cost: { frontier: 1 },
    doc: 'Marks a place that can be jumped to.',
  },
  {
    code: 0x5c,
    mnemonic: 'TLOAD',
    category: 'storage',
    operands: ['slot'],
    results: ['value'],
    cost: { cancun: 100 },
    reads: [{ in: 'transientStorage', slot: 'slot' }],
    eip: 1153,
    doc: 'Reads transient storage.',
  },
  {
    code: 0x5d,
    mnemonic: 'TSTORE',
    category: 'storage',
    operands: ['slot', 'value'],
    results: [],
    cost: { cancun: 100 },
    writes: [{ in: 'transientStorage', slot: 'slot' }],
    forbiddenInStatic: true,
    eip: 1153,
    doc: 'Writes transient storage, which ends with the transaction.',
  },
  {
    code: 0x5e,
    mnemonic: 'MCOPY',
    category: 'memory',
    operands: ['destOffset', 'offset', 'size'],
    results: [],
    cost: { cancun: 3 },
    reads: [memory('offset', 'size')],
    writes: [memory('destOffset', 'size')],
    dynamicCost: true,
    eip: 5656,
    doc: 'Copies memory; the ranges may overlap.',
  },
  {
    code: 0x5f,
    mnemonic: 'PUSH0',
    category: 'stack',
    operands: [],
    results: ['value'],
    cost: { shanghai: 2 },
    eip: 3855,
    doc: 'Pushes 0.',
  },
  ...oneTo(32).map(push),
  ...oneTo(16).map(dup),
  ...oneTo(16).map(swap),
  ...[0, 1, 2, 3, 4].map(log),
  {
    code: 0xe6,
    mnemonic: 'DUPN',
    category: 'stack',
    operands: [],
    results: ['item'],
    cost: { amsterdam: 3 },
    immediate: 1,
    eip: 8024,
    doc: 'Pushes a copy of the item its immediate byte names, 17th to 235th.',
  },
  {
    code: 0xe7,
    mnemonic: 'SWAPN',
    category: 'stack',
    operands: [],
    results: [],
    cost: { amsterdam: 3 },
    immediate: 1,
    eip: 8024,
    doc: 'Swaps the top with the item its immediate byte names, 18th to 236th.',
  },
  {
    code: 0xe8,
    mnemonic: 'EXCHANGE',
    category: 'stack',
    operands: [],
    results: [],
    cost: { amsterdam: 3 },
    immediate: 1,
    eip: 8024,
    doc: 'Swaps two items below the top, both named by its immediate byte.',
  },
  {
    code: 0xf0,
    mnemonic: 'CREATE',
    category: 'system',
    operands: ['value', 'offset', 'size'],
    results: ['address'],
    cost: { frontier: 32_000, amsterdam: 12_000 },
    reads: [memory('offset', 'size')],
    writes: [{ in: 'newAccount' }, { in: 'nonce', address: 'self' }, { in: 'balance', address: 'self' }],
    forbiddenInStatic: true,
    dynamicCost: true,
    doc: 'Runs initcode from memory and keeps what it returns as a new contract.',
  },
  {
    code: 0xf1,
    mnemonic: 'CALL',
    category: 'system',
    operands: ['gas', 'address', 'value', 'argsOffset', 'argsSize', 'retOffset', 'retSize'],
    results: ['success'],
    cost: { frontier: 40, tangerineWhistle: 700, berlin: 100 },
    reads: [{ in: 'account', address: 'address' }, memory('argsOffset', 'argsSize')],
    writes: [
      { in: 'balance', address: 'self' },
      { in: 'balance', address: 'address' },
      memory('retOffset', 'retSize'),
    ],
    dynamicCost: true,
    doc: 'Calls an account, with value.',
  },
  {
    code: 0xf2,
    mnemonic: 'CALLCODE',
    category: 'system',
    operands: ['gas', 'address', 'value', 'argsOffset', 'argsSize', 'retOffset', 'retSize'],
    results: ['success'],
    cost: { frontier: 40, tangerineWhistle: 700, berlin: 100 },
    reads: [{ in: 'account', address: 'address' }, memory('argsOffset', 'argsSize')],
    writes: [memory('retOffset', 'retSize')],
    dynamicCost: true,
    doc: "Runs another account's code on this account, called by itself.",
  },
  {
    code: 0xf3,
    mnemonic: 'RETURN',
    category: 'flow',
    operands: ['offset', 'size'],
    results: [],
    cost: { frontier: 0 },
    reads: [memory('offset', 'size')],
    terminates: true,
    dynamicCost: true,
    doc: 'Ends the frame with return data from memory.',
  },
  {
    code: 0xf4,
    mnemonic: 'DELEGATECALL',
    category: 'system',
    operands: ['gas', 'address', 'argsOffset', 'argsSize', 'retOffset', 'retSize'],
    results: ['success'],
    cost: { homestead: 40, tangerineWhistle: 700, berlin: 100 },
    reads: [{ in: 'account', address: 'address' }, memory('argsOffset', 'argsSize')],
    writes: [memory('retOffset', 'retSize')],
    dynamicCost: true,
    eip: 7,
    doc: "Runs another account's code on this account, with its caller and value.",
  },
  {
    code: 0xf5,
    mnemonic: 'CREATE2',
    category: 'system',
    operands: ['value', 'offset', 'size', 'salt'],
    results: ['address'],
    cost: { constantinople: 32_000, amsterdam: 12_000 },
    reads: [memory('offset', 'size')],
    writes: [{ in: 'newAccount' }, { in: 'nonce', address: 'self' }, { in: 'balance', address: 'self' }],
    forbiddenInStatic: true,
    dynamicCost: true,
    eip: 1014,
    doc: 'As CREATE, at an address that follows from initcode and salt.',
  },
  {
    code: 0xfa,
    mnemonic: 'STATICCALL',
    category: 'system',
    operands: ['gas', 'address', 'argsOffset', 'argsSize', 'retOffset', 'retSize'],
    results: ['success'],
    cost: { byzantium: 700, berlin: 100 },
    reads: [{ in: 'account', address: 'address' }, memory('argsOffset', 'argsSize')],
    writes: [memory('retOffset', 'retSize')],
    dynamicCost: true,
    eip: 214,
    doc: 'Calls an account; nothing below may change the state.',
  },
  {
    code: 0xfd,
    mnemonic: 'REVERT',
    category: 'flow',
    operands: ['offset', 'size'],
    results: [],
    cost: { byzantium: 0 },
    reads: [memory('offset', 'size')],
    terminates: true,
    dynamicCost: true,
    eip: 140,
    doc: 'Undoes the frame, keeps its gas, and returns data from memory.',
  },
  {
    code: 0xfe,
    mnemonic: 'INVALID',
    category: 'flow',
    operands: [],
    results: [],
    cost: { frontier: 0 },
    terminates: true,
    eip: 141,
    doc: 'Designated invalid instruction: takes all gas of the frame.',
  },
  {
    code: 0xff,
    mnemonic: 'SELFDESTRUCT',
    formerly: 'SUICIDE',
    category: 'system',
    operands: ['beneficiary'],
    results: [],
    cost: { frontier: 0, tangerineWhistle: 5000 },
    reads: [{ in: 'balance', address: 'self' }],
    writes: [
      { in: 'balance', address: 'self' },
      { in: 'balance', address: 'beneficiary' },
    ],
    forbiddenInStatic: true,
    terminates: true,
    dynamicCost: true,
    doc: 'Moves the whole balance and ends the frame; up to Shanghai the account goes too.',
  },
];

const BY_CODE: ReadonlyMap<number, OpSpec> = new Map(OPCODES.map((spec) => [spec.code, spec]));

/** The fork that introduced an instruction. */
export function introducedIn(spec: OpSpec): ForkName {
  return (FORKS.find(({ name }) => spec.cost[name] !== undefined) as { readonly name: ForkName }).name;
}

/** Base cost in `fork`; `undefined` where the instruction does not exist yet. */
export function baseCost(spec: OpSpec, fork: ForkName): number | undefined {
  for (let i = forkIndex(fork); i >= 0; i--) {
    const cost = spec.cost[(FORKS[i] as (typeof FORKS)[number]).name];
    if (cost !== undefined) return cost;
  }
  return undefined;
}

/**
 * The instruction that `code` is in `fork`; `undefined` where it is none.
 *
 * @example opcodeAt(0x5f, 'london') // undefined: PUSH0 came with Shanghai
 */
export function opcodeAt(code: number, fork: ForkName): OpSpec | undefined {
  const spec = BY_CODE.get(code);
  return spec !== undefined && isAtLeast(fork, introducedIn(spec)) ? spec : undefined;
}

/** Name of `code` in `fork` as clients print it: DIFFICULTY before Paris, `0x0c` style when undefined. */
export function mnemonicOf(code: number, fork: ForkName): string {
  const spec = opcodeAt(code, fork);
  if (spec === undefined) return `0x${code.toString(16).padStart(2, '0')}`;
  return spec.mnemonic === 'PREVRANDAO' && !isAtLeast(fork, 'paris') ? 'DIFFICULTY' : spec.mnemonic;
}

/** Where an instruction is specified. */
export function specLink(spec: OpSpec): string {
  return spec.eip === undefined
    ? 'https://ethereum.github.io/yellowpaper/paper.pdf#appendix.H'
    : `https://eips.ethereum.org/EIPS/eip-${spec.eip}`;
}
