import type { Hex } from '@ninefold/base';
import type { Step } from '@ninefold/vm-evm';
import {
  BALANCE,
  CALL,
  CALLCODE,
  DELEGATECALL,
  EXTCODECOPY,
  EXTCODEHASH,
  EXTCODESIZE,
  SELFDESTRUCT,
  SLOAD,
  SSTORE,
  STATICCALL,
  wordToAddress,
  wordToHex,
} from './trace.ts';

/** Who hears of the state that a step reaches for. */
export type TouchListener = {
  readonly slot: (address: Hex, slot: Hex) => void;
  readonly account: (address: Hex) => void;
  /** An account whose code is to run. */
  readonly callee: (address: Hex) => void;
};

/**
 * Tells `listener` which slot or account a step names on its stack, before it executes: the
 * instructions that EIP-2929 prices by access. A step without its operands names nothing.
 */
export function reportTouches(step: Step, listener: TouchListener): void {
  const height = step.stackHeight;
  switch (step.opcode) {
    case SLOAD:
    case SSTORE:
      if (height >= 1) listener.slot(step.address(), wordToHex(step.stack(0)));
      break;
    case BALANCE:
    case EXTCODESIZE:
    case EXTCODECOPY:
    case EXTCODEHASH:
    case SELFDESTRUCT:
      if (height >= 1) listener.account(wordToAddress(step.stack(0)));
      break;
    case CALL:
    case CALLCODE:
    case DELEGATECALL:
    case STATICCALL:
      if (height >= 5) listener.callee(wordToAddress(step.stack(1)));
      break;
  }
}
