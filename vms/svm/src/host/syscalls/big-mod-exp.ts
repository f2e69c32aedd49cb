import { bigintToBytes, bytesToBigint } from '@ninefold/base';
import { syscallFault } from '../../engine/faults.ts';
import { BIG_MOD_EXP, SYSCALL_BASE } from '../../spec/costs.ts';
import { BYTE, consume, readBytes, type Syscall, translateSlice, writeAt } from '../call.ts';

/** Base, exponent and modulus, each by address and length. */
const PARAMETERS = { size: 48, align: 8 };

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  if (modulus <= 1n) return 0n;
  let result = 1n;
  let square = base % modulus;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

export const bigModExp: Syscall = (call, parameters, out) => {
  const host = translateSlice(call, parameters, 1n, PARAMETERS);
  const view = call.run.memory.view();
  const field = (i: number): bigint => view.getBigUint64(host + 8 * i, true);
  const [base, baseLength, exponent, exponentLength, modulus, modulusLength] = [0, 1, 2, 3, 4, 5].map(
    field,
  ) as [bigint, bigint, bigint, bigint, bigint, bigint];
  const limit = BigInt(BIG_MOD_EXP.maxBytes);
  if (baseLength > limit || exponentLength > limit || modulusLength > limit)
    throw syscallFault('InvalidLength');
  const longest = Math.max(Number(baseLength), Number(exponentLength), Number(modulusLength));
  consume(call, SYSCALL_BASE + Math.floor(longest ** 2 / BIG_MOD_EXP.divisor) + BIG_MOD_EXP.base);
  const b = bytesToBigint(readBytes(call, base, baseLength));
  const e = bytesToBigint(readBytes(call, exponent, exponentLength));
  const m = bytesToBigint(readBytes(call, modulus, modulusLength));
  const target = translateSlice(call, out, modulusLength, BYTE, true);
  writeAt(call, target, bigintToBytes(power(b, e, m), Number(modulusLength)));
  return 0n;
};
