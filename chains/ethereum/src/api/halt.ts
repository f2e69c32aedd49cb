import type { HaltedAt, HaltReason } from '@ninefold/vm-evm';
import { OPCODES } from '@ninefold/vm-evm';

// Halts as geth words them; clients and tracers' users know these words.

const HALT_TEXT: Readonly<Record<HaltReason, string>> = {
  OUT_OF_GAS: 'out of gas',
  STACK_UNDERFLOW: 'stack underflow',
  STACK_OVERFLOW: 'stack limit reached 1024 (1023)',
  INVALID_JUMP: 'invalid jump destination',
  INVALID_OPCODE: 'invalid opcode',
  STATIC_VIOLATION: 'write protection',
  RETURN_DATA_OUT_OF_BOUNDS: 'return data out of bounds',
  INVALID_CODE_PREFIX: 'invalid code: must not begin with 0xef',
  CODE_SIZE_EXCEEDED: 'max code size exceeded',
  INITCODE_SIZE_EXCEEDED: 'max initcode size exceeded',
  ADDRESS_COLLISION: 'contract address collision',
  NONCE_OVERFLOW: 'nonce uint64 overflow',
  PRECOMPILE_FAILURE: 'precompile failed',
  CALL_DEPTH_EXCEEDED: 'max call depth exceeded',
  INSUFFICIENT_BALANCE: 'insufficient balance for transfer',
};

/** Halts whose text speaks of the instruction. */
export const NAMES_INSTRUCTION: ReadonlySet<HaltReason> = new Set([
  'INVALID_OPCODE',
  'STACK_UNDERFLOW',
  'STACK_OVERFLOW',
]);

/**
 * The text of a halt, as far as is known where it happened.
 *
 * @example haltText('INVALID_OPCODE', { opcode: 0x0c, stackHeight: 0 }) // 'invalid opcode: opcode 0xc not defined'
 */
export function haltText(halt: HaltReason, instruction?: HaltedAt): string {
  const text = HALT_TEXT[halt];
  if (instruction === undefined) return text;
  const { opcode, stackHeight } = instruction;
  // Names of other forks' instructions, too.
  const spec = OPCODES.find(({ code }) => code === opcode);
  switch (halt) {
    case 'INVALID_OPCODE':
      return `${text}: ${spec?.mnemonic ?? `opcode 0x${opcode.toString(16)} not defined`}`;
    case 'STACK_UNDERFLOW':
      return `${text} (${stackHeight} <=> ${spec?.operands.length ?? 0})`;
    default:
      return text;
  }
}
