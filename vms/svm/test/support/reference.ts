import type { SbpfVersion } from '../../src/spec/versions.ts';

// A second interpreter, written from the instruction set's text with plain bigints and without the
// tables, decoder or kernel of the package. It knows no calls besides `exit`.

/** Memory at `base`; `gap` bytes of nothing follow every `gap` bytes where that is not 0. */
export type Area = { base: bigint; bytes: Uint8Array; isWritable: boolean; gap?: bigint };
type Result = { status: string; registers: bigint[]; left: number };

const U64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const U32 = (value: bigint): bigint => BigInt.asUintN(32, value);
const S64 = (value: bigint): bigint => BigInt.asIntN(64, value);
const S32 = (value: bigint): bigint => BigInt.asIntN(32, value);

class Stop extends Error {}

/** Runs `text` with `registers` on `areas`, whose bytes it changes. */
export function interpret(
  version: SbpfVersion,
  text: Uint8Array,
  start: readonly bigint[],
  budget: number,
  areas: readonly Area[],
): Result {
  const r = start.map(U64);
  const view = new DataView(text.buffer, text.byteOffset, text.byteLength);
  let pc = 0;
  let left = budget;

  const place = (address: bigint, size: number, isWrite: boolean): Uint8Array => {
    for (const { base, bytes, isWritable, gap = 0n } of areas) {
      let at = U64(address) - base;
      if (at < 0n || at >= BigInt(bytes.length) * (gap === 0n ? 1n : 2n)) continue;
      if (gap !== 0n) {
        if ((at / gap) % 2n === 1n) break;
        at = (at / gap / 2n) * gap + (at % gap);
      }
      if (at + BigInt(size) > BigInt(bytes.length) || (isWrite && !isWritable)) break;
      return bytes.subarray(Number(at), Number(at) + size);
    }
    throw new Stop('access');
  };
  const load = (address: bigint, size: number): bigint =>
    place(address, size, false).reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
  const store = (address: bigint, size: number, value: bigint): void => {
    place(address, size, true).forEach((_, i, bytes) => {
      bytes[i] = Number((U64(value) >> BigInt(8 * i)) & 255n);
    });
  };

  const alu = (code: number, is64: boolean, a: bigint, b: bigint, isReg: boolean): bigint => {
    const cut = is64 ? U64 : U32;
    const sign = is64 ? S64 : S32;
    const shift = cut(b) & (is64 ? 63n : 31n);
    // Sums, differences and products of 32 bits are sign-extended, except in version 2.
    const extended = (value: bigint): bigint => U64(is64 || version === 2 ? cut(value) : S32(value));
    switch (code >> 4) {
      case 0:
        return extended(a + b);
      case 1:
        return extended(version === 2 && !isReg ? b - a : a - b);
      case 2:
        return extended(a * b);
      case 3:
      case 9:
        if (cut(b) === 0n) throw new Stop('divide');
        return code >> 4 === 3 ? cut(a) / cut(b) : cut(a) % cut(b);
      case 4:
        return cut(a) | cut(b);
      case 5:
        return cut(a) & cut(b);
      case 6:
        return cut(cut(a) << shift);
      case 7:
        return cut(a) >> shift;
      case 8:
        return cut(-a);
      case 10:
        return cut(a) ^ cut(b);
      case 11:
        return version === 2 && !is64 && isReg ? U64(S32(b)) : cut(b);
      case 12:
        return cut(sign(a) >> shift);
      default:
        return U64(a | (b << 32n));
    }
  };

  const pqr = (code: number, a: bigint, b: bigint): bigint => {
    const is64 = (code & 0x10) !== 0;
    const cut = is64 ? U64 : U32;
    const sign = is64 ? S64 : S32;
    const isReg = (code & 8) !== 0;
    const unsigned = isReg ? cut(b) : U32(b);
    const lowest = is64 ? -(2n ** 63n) : -(2n ** 31n);
    const check = (divisor: bigint): void => {
      if (divisor === 0n) throw new Stop('divide');
    };
    switch (code & 0xe0) {
      case 0x20:
        return (U64(a) * (isReg ? U64(b) : U32(b))) >> 64n;
      case 0x40:
        check(unsigned);
        return cut(a) / unsigned;
      case 0x60:
        check(unsigned);
        return cut(a) % unsigned;
      case 0x80:
        return cut(a * b);
      case 0xa0:
        return U64((S64(a) * S64(b)) >> 64n);
      default:
        check(sign(b));
        if (sign(a) === lowest && sign(b) === -1n) throw new Stop('overflow');
        return cut((code & 0xe0) === 0xc0 ? sign(a) / sign(b) : sign(a) % sign(b));
    }
  };

  const holds = (code: number, is64: boolean, left: bigint, right: bigint): boolean => {
    const [a, b] = is64 ? [U64(left), U64(right)] : [U32(left), U32(right)];
    const [sa, sb] = is64 ? [S64(a), S64(b)] : [S32(a), S32(b)];
    return [
      true,
      a === b,
      a > b,
      a >= b,
      (a & b) !== 0n,
      a !== b,
      sa > sb,
      sa >= sb,
      false,
      false,
      a < b,
      a <= b,
      sa < sb,
      sa <= sb,
    ][code >> 4]!;
  };

  const swap = (value: bigint, bits: bigint): bigint => {
    let swapped = 0n;
    for (let i = 0n; i < bits; i += 8n) swapped = (swapped << 8n) | ((value >> i) & 255n);
    return swapped;
  };

  const step = (): void => {
    if (left === 0) throw new Stop('meter');
    left--;
    if (8 * pc >= text.length) throw new Stop('overrun');
    const code = text[8 * pc]!;
    const dst = text[8 * pc + 1]! & 15;
    const src = text[8 * pc + 1]! >> 4;
    const off = view.getInt16(8 * pc + 2, true);
    const imm = BigInt(view.getInt32(8 * pc + 4, true));
    const operand = (code & 8) !== 0 ? r[src]! : imm;
    const sizes = [4, 2, 1, 8];
    pc++;
    if (code === 0x95) throw new Stop('exit');
    if (version === 2) {
      const moved = { 2: 1, 3: 2, 8: 4, 9: 8 }[code >> 4];
      const low = code & 15;
      if (moved !== undefined && low === 12) return void (r[dst] = load(r[src]! + BigInt(off), moved));
      if (moved !== undefined && low === 7) return store(r[dst]! + BigInt(off), moved, imm);
      if (moved !== undefined && low === 15) return store(r[dst]! + BigInt(off), moved, r[src]!);
    }
    if (code === 0x18) {
      r[dst] = U64((BigInt(view.getInt32(8 * pc + 4, true)) << 32n) | U32(imm));
      pc++;
      return;
    }
    if (code === 0xd4) return void (r[dst] = BigInt.asUintN(Number(imm), r[dst]!));
    if (code === 0xdc) return void (r[dst] = swap(r[dst]!, imm));
    switch (code & 7) {
      case 1:
        r[dst] = load(r[src]! + BigInt(off), sizes[(code >> 3) & 3]!);
        return;
      case 2:
      case 3:
        store(r[dst]! + BigInt(off), sizes[(code >> 3) & 3]!, (code & 7) === 2 ? imm : r[src]!);
        return;
      case 4:
      case 7:
        r[dst] = alu(code, (code & 7) === 7, r[dst]!, operand, (code & 8) !== 0);
        return;
      case 6:
        if (version === 2) {
          r[dst] = pqr(code, r[dst]!, operand);
          return;
        }
        if (holds(code, false, r[dst]!, operand)) pc += off;
        return;
      default:
        if (holds(code, true, r[dst]!, operand)) pc += off;
    }
  };

  for (;;) {
    try {
      step();
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      return { status: error.message, registers: r, left };
    }
  }
}
