import type { Bytes } from '@ninefold/base';
import { bytesToBigint, bytesToHex, bytesToUtf8 } from '@ninefold/base';
import { RpcError } from '@ninefold/rpc';
import { EXECUTION_REVERTED } from './errors.ts';

// Selectors of Solidity's two built-in errors.
const ERROR_STRING = '0x08c379a0';
const PANIC_UINT = '0x4e487b71';

const WORD = 32;

/** Meanings of Solidity's panic codes, in geth's words. */
const PANIC_REASONS: ReadonlyMap<bigint, string> = new Map([
  [0x00n, 'generic panic'],
  [0x01n, 'assert(false)'],
  [0x11n, 'arithmetic underflow or overflow'],
  [0x12n, 'division or modulo by zero'],
  [0x21n, 'enum overflow'],
  [0x22n, 'invalid encoded storage byte array accessed'],
  [0x31n, 'out-of-bounds array access; popping on an empty array'],
  [0x32n, 'out-of-bounds access of an array or bytesN'],
  [0x41n, 'out of memory'],
  [0x51n, 'uninitialized function'],
]);

/**
 * The text inside revert data of `Error(string)` or `Panic(uint256)`; `undefined` for other data.
 *
 * @example revertReason(hexToBytes('0x4e487b71…12')) // 'division or modulo by zero'
 */
export function revertReason(output: Bytes): string | undefined {
  if (output.length < 4) return undefined;
  const selector = bytesToHex(output.subarray(0, 4));
  const body = output.subarray(4);
  if (selector === ERROR_STRING) return abiString(body);
  if (selector !== PANIC_UINT || body.length < WORD) return undefined;
  const code = bytesToBigint(body.subarray(0, WORD));
  return PANIC_REASONS.get(code) ?? `unknown panic code: 0x${code.toString(16)}`;
}

/** What `eth_call` and `eth_estimateGas` answer when the call reverts. */
export function revertError(output: Bytes): RpcError {
  return new RpcError(EXECUTION_REVERTED, revertMessage(output), bytesToHex(output));
}

export function revertMessage(output: Bytes): string {
  const reason = revertReason(output);
  return reason === undefined ? 'execution reverted' : `execution reverted: ${reason}`;
}

/** A single `string` argument: offset, length, bytes; `undefined` when it is not encoded so. */
function abiString(body: Bytes): string | undefined {
  if (body.length < 2 * WORD) return undefined;
  const offset = bytesToBigint(body.subarray(0, WORD));
  if (offset + BigInt(WORD) > BigInt(body.length)) return undefined;
  const start = Number(offset) + WORD;
  const length = bytesToBigint(body.subarray(start - WORD, start));
  if (BigInt(start) + length > BigInt(body.length)) return undefined;
  return bytesToUtf8(body.subarray(start, start + Number(length)));
}
