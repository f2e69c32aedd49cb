import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Evm } from '../src/types.ts';
import { RETURN_TOP } from './support/asm.ts';
import { createBuilds } from './support/builds.ts';
import { run, wordOf } from './support/run.ts';

const MODULUS = 1n << 256n;
const MIN = 1n << 255n;
const MAX = MODULUS - 1n;

const signed = (x: bigint): bigint => BigInt.asIntN(256, x);
const unsigned = (x: bigint): bigint => BigInt.asUintN(256, x);
const bool = (x: boolean): bigint => (x ? 1n : 0n);

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let bit = 255n; bit >= 0n; bit--) {
    result = unsigned(result * result);
    if ((exponent >> bit) & 1n) result = unsigned(result * base);
  }
  return result;
}

// What the Yellow Paper, appendix H.2, says of operands a (top), b and c.
const ORACLE: Readonly<Record<string, (a: bigint, b: bigint, c: bigint) => bigint>> = {
  ADD: (a, b) => a + b,
  MUL: (a, b) => a * b,
  SUB: (a, b) => a - b,
  DIV: (a, b) => (b === 0n ? 0n : a / b),
  SDIV: (a, b) => (b === 0n ? 0n : signed(a) / signed(b)),
  MOD: (a, b) => (b === 0n ? 0n : a % b),
  SMOD: (a, b) => (b === 0n ? 0n : signed(a) % signed(b)),
  ADDMOD: (a, b, c) => (c === 0n ? 0n : (a + b) % c),
  MULMOD: (a, b, c) => (c === 0n ? 0n : (a * b) % c),
  EXP: (a, b) => power(a, b),
  SIGNEXTEND: (a, b) => (a > 30n ? b : BigInt.asIntN(8 * (Number(a) + 1), b)),
  LT: (a, b) => bool(a < b),
  GT: (a, b) => bool(a > b),
  SLT: (a, b) => bool(signed(a) < signed(b)),
  SGT: (a, b) => bool(signed(a) > signed(b)),
  EQ: (a, b) => bool(a === b),
  ISZERO: (a) => bool(a === 0n),
  AND: (a, b) => a & b,
  OR: (a, b) => a | b,
  XOR: (a, b) => a ^ b,
  NOT: (a) => ~a,
  BYTE: (a, b) => (a > 31n ? 0n : (b >> (8n * (31n - a))) & 0xffn),
  SHL: (a, b) => (a > 255n ? 0n : b << a),
  SHR: (a, b) => (a > 255n ? 0n : b >> a),
  SAR: (a, b) => signed(b) >> (a > 255n ? 255n : a),
  CLZ: (a) => 256n - BigInt(a === 0n ? 0 : a.toString(2).length),
};
const OPERANDS: Readonly<Record<string, number>> = { ISZERO: 1, NOT: 1, CLZ: 1, ADDMOD: 3, MULMOD: 3 };

const EDGES: readonly bigint[] = [
  0n,
  1n,
  2n,
  3n,
  31n,
  32n,
  64n,
  255n,
  256n,
  0x80n,
  (1n << 63n) - 1n,
  1n << 63n,
  (1n << 64n) - 1n,
  1n << 64n,
  (1n << 128n) - 1n,
  1n << 128n,
  (1n << 192n) + 0x1234n,
  MIN - 1n,
  MIN,
  MIN + 1n,
  MAX - 1n,
  MAX,
  0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47n,
];
const FEW: readonly bigint[] = [0n, 1n, 2n, (1n << 64n) - 1n, 1n << 128n, MIN, MAX - 1n, MAX];

const { machines, sharedGuard } = createBuilds('osaka');

function execute(evm: Evm, mnemonic: string, operands: readonly bigint[]): bigint {
  const { status, output } = run([...operands.toReversed(), mnemonic, ...RETURN_TOP], { evm });
  return status === 'success' ? wordOf(output) : -1n;
}

function casesOf(mnemonic: string): (readonly [bigint, bigint, bigint])[] {
  const count = OPERANDS[mnemonic] ?? 2;
  if (count === 1) return EDGES.map((a) => [a, 0n, 0n]);
  if (count === 2) return EDGES.flatMap((a) => EDGES.map((b) => [a, b, 0n] as const));
  return FEW.flatMap((a) => FEW.flatMap((b) => FEW.map((c) => [a, b, c] as const)));
}

describe.each(Object.entries(machines))('%s build', (_build, evm) => {
  it.each(Object.keys(ORACLE))('%s on edge operands', (mnemonic) => {
    const expected = ORACLE[mnemonic] as (typeof ORACLE)[string];
    const count = OPERANDS[mnemonic] ?? 2;
    for (const [a, b, c] of casesOf(mnemonic)) {
      const result = execute(evm, mnemonic, [a, b, c].slice(0, count));
      if (result !== unsigned(expected(a, b, c))) {
        expect({ mnemonic, a, b, c, result }).toEqual({
          mnemonic,
          a,
          b,
          c,
          result: unsigned(expected(a, b, c)),
        });
      }
    }
  });

  it('any operands', () => {
    const operand = fc.oneof(
      fc.bigInt(0n, MAX),
      fc.bigInt(0n, 1n << 64n),
      fc.nat(300).map(BigInt),
      fc.constantFrom(...EDGES),
    );
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(ORACLE)), operand, operand, operand, (mnemonic, a, b, c) => {
        const expected = ORACLE[mnemonic] as (typeof ORACLE)[string];
        const operands = [a, b, c].slice(0, OPERANDS[mnemonic] ?? 2);
        return execute(evm, mnemonic, operands) === unsigned(expected(a, b, c));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the shared build', () => {
  it('stays in its region', () => expect(sharedGuard()).toBe(true));
});
