import { type Bytes, EMPTY_BYTES, equalBytes } from '@ninefold/base';
import { decodeScriptNumber, encodeScriptNumber, isTrue } from '../code/script-number.ts';
import type { ScriptError } from '../spec/errors.ts';
import { SCRIPT_FLAGS } from '../spec/flags.ts';
import { MAX_NUMBER_SIZE } from '../spec/limits.ts';
import { OP } from '../spec/opcodes.ts';

export const TRUE: Bytes = Uint8Array.of(1);
export const FALSE: Bytes = EMPTY_BYTES;

/** How many elements an instruction needs below it, from OP_2DROP on; others need none. */
const NEEDS: Readonly<Record<number, number>> = {
  [OP.OP_TOALTSTACK]: 1,
  [OP.OP_2DROP]: 2,
  [OP.OP_2DUP]: 2,
  [OP.OP_3DUP]: 3,
  [OP.OP_2OVER]: 4,
  [OP.OP_2ROT]: 6,
  [OP.OP_2SWAP]: 4,
  [OP.OP_IFDUP]: 1,
  [OP.OP_DROP]: 1,
  [OP.OP_DUP]: 1,
  [OP.OP_NIP]: 2,
  [OP.OP_OVER]: 2,
  [OP.OP_PICK]: 2,
  [OP.OP_ROLL]: 2,
  [OP.OP_ROT]: 3,
  [OP.OP_SWAP]: 2,
  [OP.OP_TUCK]: 2,
  [OP.OP_SIZE]: 1,
  [OP.OP_EQUAL]: 2,
  [OP.OP_EQUALVERIFY]: 2,
};

const NEEDED: Uint8Array = Uint8Array.from({ length: 256 }, (_, code) => NEEDS[code] ?? 0);

/** OP_TOALTSTACK to OP_EQUALVERIFY: elements change places, are copied, measured or compared. */
export function stackOperation(
  opcode: number,
  stack: Bytes[],
  altStack: Bytes[],
  flags: number,
): ScriptError | undefined {
  const size = stack.length;
  if (size < (NEEDED[opcode] as number)) return 'INVALID_STACK_OPERATION';
  const at = (depth: number): Bytes => stack[size - depth] as Bytes;
  switch (opcode) {
    case OP.OP_TOALTSTACK:
      altStack.push(stack.pop() as Bytes);
      return undefined;
    case OP.OP_FROMALTSTACK: {
      const element = altStack.pop();
      if (element === undefined) return 'INVALID_ALTSTACK_OPERATION';
      stack.push(element);
      return undefined;
    }
    case OP.OP_2DROP:
      stack.length = size - 2;
      return undefined;
    case OP.OP_2DUP:
      stack.push(at(2), at(1));
      return undefined;
    case OP.OP_3DUP:
      stack.push(at(3), at(2), at(1));
      return undefined;
    case OP.OP_2OVER:
      stack.push(at(4), at(3));
      return undefined;
    case OP.OP_2ROT:
      stack.push(...stack.splice(size - 6, 2));
      return undefined;
    case OP.OP_2SWAP:
      stack.push(...stack.splice(size - 4, 2));
      return undefined;
    case OP.OP_IFDUP:
      if (isTrue(at(1))) stack.push(at(1));
      return undefined;
    case OP.OP_DEPTH:
      stack.push(encodeScriptNumber(size));
      return undefined;
    case OP.OP_DROP:
      stack.pop();
      return undefined;
    case OP.OP_DUP:
      stack.push(at(1));
      return undefined;
    case OP.OP_NIP:
      stack[size - 2] = stack.pop() as Bytes;
      return undefined;
    case OP.OP_OVER:
      stack.push(at(2));
      return undefined;
    case OP.OP_PICK:
    case OP.OP_ROLL:
      return pick(opcode === OP.OP_ROLL, stack, flags);
    case OP.OP_ROT: {
      const [lowest, middle, top] = [at(3), at(2), at(1)];
      stack[size - 3] = middle;
      stack[size - 2] = top;
      stack[size - 1] = lowest;
      return undefined;
    }
    case OP.OP_SWAP: {
      const top = at(1);
      stack[size - 1] = at(2);
      stack[size - 2] = top;
      return undefined;
    }
    case OP.OP_TUCK: {
      const [below, top] = [at(2), at(1)];
      stack[size - 2] = top;
      stack[size - 1] = below;
      stack.push(top);
      return undefined;
    }
    case OP.OP_SIZE:
      stack.push(encodeScriptNumber(at(1).length));
      return undefined;
    case OP.OP_EQUAL:
    case OP.OP_EQUALVERIFY: {
      const equal = equalBytes(at(1), at(2));
      stack.length = size - 2;
      if (opcode === OP.OP_EQUALVERIFY) return equal ? undefined : 'EQUALVERIFY';
      stack.push(equal ? TRUE : FALSE);
      return undefined;
    }
    default:
      return 'BAD_OPCODE';
  }
}

/** Copies, or takes out, the element as many places below as the top says. */
function pick(takeOut: boolean, stack: Bytes[], flags: number): ScriptError | undefined {
  const top = stack.pop() as Bytes;
  const depth = decodeScriptNumber(top, MAX_NUMBER_SIZE, (flags & SCRIPT_FLAGS.MINIMALDATA) !== 0);
  if (Number.isNaN(depth)) return 'SCRIPTNUM';
  const from = stack.length - 1 - depth;
  if (depth < 0 || from < 0) return 'INVALID_STACK_OPERATION';
  const element = stack[from] as Bytes;
  if (takeOut) stack.splice(from, 1);
  stack.push(element);
  return undefined;
}
