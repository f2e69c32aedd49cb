import type { Bytes } from '@ninefold/base';
import { decodeScriptNumber, encodeScriptNumber } from '../code/script-number.ts';
import type { ScriptError } from '../spec/errors.ts';
import { SCRIPT_FLAGS } from '../spec/flags.ts';
import { MAX_NUMBER_SIZE } from '../spec/limits.ts';
import { OP } from '../spec/opcodes.ts';

/**
 * OP_1ADD to OP_WITHIN. Operands have 4 bytes at most; results are pushed whatever their length, and
 * one of 5 bytes is no operand any more.
 */
export function arithmeticOperation(opcode: number, stack: Bytes[], flags: number): ScriptError | undefined {
  const operands = opcode >= OP.OP_WITHIN ? 3 : opcode >= OP.OP_ADD ? 2 : 1;
  const size = stack.length;
  // These two have no meaning; they stand between comparison and arithmetic in the table.
  if (opcode === OP.OP_RESERVED1 || opcode === OP.OP_RESERVED2) return 'BAD_OPCODE';
  if (size < operands) return 'INVALID_STACK_OPERATION';
  const minimal = (flags & SCRIPT_FLAGS.MINIMALDATA) !== 0;
  const a = decodeScriptNumber(stack[size - operands] as Bytes, MAX_NUMBER_SIZE, minimal);
  const b =
    operands > 1 ? decodeScriptNumber(stack[size - operands + 1] as Bytes, MAX_NUMBER_SIZE, minimal) : 0;
  const c = operands > 2 ? decodeScriptNumber(stack[size - 1] as Bytes, MAX_NUMBER_SIZE, minimal) : 0;
  if (Number.isNaN(a + b + c)) return 'SCRIPTNUM';
  stack.length = size - operands;
  const result = operands === 1 ? unary(opcode, a) : operands === 2 ? binary(opcode, a, b) : a >= b && a < c;
  if (opcode === OP.OP_NUMEQUALVERIFY) return result === true ? undefined : 'NUMEQUALVERIFY';
  stack.push(encodeScriptNumber(Number(result)));
  return undefined;
}

function unary(opcode: number, a: number): number | boolean {
  switch (opcode) {
    case OP.OP_1ADD:
      return a + 1;
    case OP.OP_1SUB:
      return a - 1;
    case OP.OP_NEGATE:
      return -a;
    case OP.OP_ABS:
      return Math.abs(a);
    case OP.OP_NOT:
      return a === 0;
    default:
      // OP_0NOTEQUAL
      return a !== 0;
  }
}

function binary(opcode: number, a: number, b: number): number | boolean {
  switch (opcode) {
    case OP.OP_ADD:
      return a + b;
    case OP.OP_SUB:
      return a - b;
    case OP.OP_BOOLAND:
      return a !== 0 && b !== 0;
    case OP.OP_BOOLOR:
      return a !== 0 || b !== 0;
    case OP.OP_NUMEQUAL:
    case OP.OP_NUMEQUALVERIFY:
      return a === b;
    case OP.OP_NUMNOTEQUAL:
      return a !== b;
    case OP.OP_LESSTHAN:
      return a < b;
    case OP.OP_GREATERTHAN:
      return a > b;
    case OP.OP_LESSTHANOREQUAL:
      return a <= b;
    case OP.OP_GREATERTHANOREQUAL:
      return a >= b;
    case OP.OP_MIN:
      return Math.min(a, b);
    default:
      // OP_MAX
      return Math.max(a, b);
  }
}
