import type { Bytes } from '@ninefold/base';
import { ripemd160, sha1, sha256 } from '@ninefold/crypto';
import type { ScriptError } from '../spec/errors.ts';
import { OP } from '../spec/opcodes.ts';
import { hash256 } from '../tx/transaction.ts';

/** RIPEMD-160 of SHA-256: 20 bytes, what addresses are of. */
export function hash160(bytes: Bytes): Bytes {
  return ripemd160(sha256(bytes));
}

/** OP_RIPEMD160 to OP_HASH256: the top gives way to its hash. */
export function hashOperation(opcode: number, stack: Bytes[]): ScriptError | undefined {
  const last = stack.length - 1;
  if (last < 0) return 'INVALID_STACK_OPERATION';
  stack[last] = hashOf(opcode)(stack[last] as Bytes);
  return undefined;
}

function hashOf(opcode: number): (bytes: Bytes) => Bytes {
  switch (opcode) {
    case OP.OP_RIPEMD160:
      return ripemd160;
    case OP.OP_SHA1:
      return sha1;
    case OP.OP_SHA256:
      return sha256;
    case OP.OP_HASH160:
      return hash160;
    default:
      return hash256;
  }
}
