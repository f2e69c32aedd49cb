import type { Hex } from '@ninefold/base';
import type { BlockEnvironment, ExecutedTransaction, StateView, Tracer, Transaction } from '@ninefold/vm-evm';

/** What a tracer may ask about the transaction it watches. */
export type TraceContext = {
  readonly transaction: Transaction;
  readonly block: BlockEnvironment;
  /** The state before the transaction. */
  readonly view: StateView;
  /** Mnemonic of an opcode in the block's fork. */
  readonly opcodeName: (opcode: number) => string;
  readonly isPrecompile: (address: Hex) => boolean;
};

/** One run of one tracer: its hooks, and what it answers when the transaction is over. */
export type TraceRun = {
  readonly hooks: Tracer;
  readonly result: (outcome: ExecutedTransaction) => unknown;
};

// Opcodes the tracers look at.
export const BALANCE = 0x31;
export const EXTCODESIZE = 0x3b;
export const EXTCODECOPY = 0x3c;
export const EXTCODEHASH = 0x3f;
export const SLOAD = 0x54;
export const SSTORE = 0x55;
export const CALL = 0xf1;
export const CALLCODE = 0xf2;
export const DELEGATECALL = 0xf4;
export const STATICCALL = 0xfa;
export const SELFDESTRUCT = 0xff;

const ADDRESS_MASK = (1n << 160n) - 1n;

/** The address in the low 20 bytes of a stack word. */
export function wordToAddress(word: bigint): Hex {
  return `0x${(word & ADDRESS_MASK).toString(16).padStart(40, '0')}`;
}

export function wordToHex(word: bigint): Hex {
  return `0x${word.toString(16).padStart(64, '0')}`;
}
