import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OpName, OpRow, ValueType } from '@ninefold/wasm';
import { createModule, OPCODES } from '@ninefold/wasm';
import { effectOf, emit } from './generate.ts';

type Call = (...values: unknown[]) => unknown;

const OP_TABLE = OPCODES as Readonly<Record<OpName, OpRow>>;

/** A function that applies one instruction to its parameters. */
function compile(name: OpName, immediates: readonly unknown[] = [], memory?: WebAssembly.Memory): Call {
  const { params, results } = effectOf(OP_TABLE[name]) as { params: ValueType[]; results: ValueType[] };
  const m = createModule();
  if (memory !== undefined) m.importMemory('env', 'memory', { min: 1, max: 1, shared: true });
  const f = m.func(m.type(params, results));
  for (const i of params.keys()) f.local_get(i);
  emit(f, name, immediates);
  m.export('run', 'func', f.index);
  const imports: WebAssembly.Imports = memory === undefined ? {} : { env: { memory } };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(m.encode()), imports);
  return exports['run'] as Call;
}

/** A function from lanes to lanes: vectors travel through memory. */
function compileVector(name: OpName): (...operands: (Uint8Array | number)[]) => Uint8Array | number {
  const { params, results } = effectOf(OP_TABLE[name]) as { params: ValueType[]; results: ValueType[] };
  const memory = new WebAssembly.Memory({ initial: 1 });
  const m = createModule();
  m.importMemory('env', 'memory', { min: 1 });
  const scalars = params.map((type) => (type === 'v128' ? 'i32' : type));
  const f = m.func(m.type(scalars, results[0] === 'v128' ? [] : results));
  if (results[0] === 'v128') f.i32_const(512);
  for (const [i, type] of params.entries()) {
    f.local_get(i);
    if (type === 'v128') f.v128_load();
  }
  emit(f, name, []);
  if (results[0] === 'v128') f.v128_store();
  m.export('run', 'func', f.index);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(m.encode()), { env: { memory } });
  return (...operands) => {
    const bytes = new Uint8Array(memory.buffer);
    const places = operands.map((operand, i) => {
      if (typeof operand === 'number') return operand;
      bytes.set(operand, 16 * i);
      return 16 * i;
    });
    const result = (exports['run'] as Call)(...places) as number;
    return results[0] === 'v128' ? bytes.slice(512, 528) : result;
  };
}

const signed = (bits: number, value: bigint): bigint => BigInt.asIntN(bits, value);
const unsigned = (bits: number, value: bigint): bigint => BigInt.asUintN(bits, value);
const flag = (value: boolean): bigint => (value ? 1n : 0n);

/** Integer instructions on unsigned operands, by the words of the specification (§4.3.2). */
const BINARY: Readonly<Record<string, (a: bigint, b: bigint, bits: number) => bigint>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  shl: (a, b, bits) => a << (b % BigInt(bits)),
  shr_u: (a, b, bits) => a >> (b % BigInt(bits)),
  shr_s: (a, b, bits) => signed(bits, a) >> (b % BigInt(bits)),
  rotl: (a, b, bits) => (a << (b % BigInt(bits))) | (a >> (BigInt(bits) - (b % BigInt(bits)))),
  rotr: (a, b, bits) => (a >> (b % BigInt(bits))) | (a << (BigInt(bits) - (b % BigInt(bits)))),
  div_u: (a, b) => a / b,
  rem_u: (a, b) => a % b,
  div_s: (a, b, bits) => signed(bits, a) / signed(bits, b),
  rem_s: (a, b, bits) => signed(bits, a) % signed(bits, b),
  eq: (a, b) => flag(a === b),
  ne: (a, b) => flag(a !== b),
  lt_u: (a, b) => flag(a < b),
  gt_u: (a, b) => flag(a > b),
  le_u: (a, b) => flag(a <= b),
  ge_u: (a, b) => flag(a >= b),
  lt_s: (a, b, bits) => flag(signed(bits, a) < signed(bits, b)),
  gt_s: (a, b, bits) => flag(signed(bits, a) > signed(bits, b)),
  le_s: (a, b, bits) => flag(signed(bits, a) <= signed(bits, b)),
  ge_s: (a, b, bits) => flag(signed(bits, a) >= signed(bits, b)),
};

const binary = (a: bigint, bits: number): string => unsigned(bits, a).toString(2).padStart(bits, '0');

const UNARY: Readonly<Record<string, (a: bigint, bits: number) => bigint>> = {
  eqz: (a) => flag(a === 0n),
  clz: (a, bits) => BigInt(/^0*/.exec(binary(a, bits))?.[0].length ?? 0),
  ctz: (a, bits) => BigInt(/0*$/.exec(binary(a, bits))?.[0].length ?? 0),
  popcnt: (a, bits) => BigInt(binary(a, bits).replaceAll('0', '').length),
  extend8_s: (a) => signed(8, a),
  extend16_s: (a) => signed(16, a),
};

/** Values near the edges as well as any. */
const integer = (bits: number): fc.Arbitrary<bigint> =>
  fc.oneof(
    fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n }),
    fc.bigInt({ min: 0n, max: 65n }),
    fc.constantFrom((1n << BigInt(bits - 1)) - 1n, 1n << BigInt(bits - 1), (1n << BigInt(bits)) - 1n),
  );

const passed = (bits: number, value: bigint): number | bigint =>
  bits === 32 ? Number(value) | 0 : signed(64, value);
const received = (bits: number, value: unknown): bigint => unsigned(bits, BigInt(value as number | bigint));

describe.each([32, 64])('i%d', (bits) => {
  it.each(Object.entries(BINARY))('%s computes as specified', (op, expected) => {
    const run = compile(`i${bits}.${op}` as OpName);
    fc.assert(
      fc.property(integer(bits), integer(bits), (a, b) => {
        const overflows =
          op === 'div_s' && signed(bits, a) === -(1n << BigInt(bits - 1)) && signed(bits, b) === -1n;
        if ((/div|rem/.test(op) && b === 0n) || overflows) {
          expect(() => run(passed(bits, a), passed(bits, b))).toThrow(WebAssembly.RuntimeError);
          return;
        }
        const result = run(passed(bits, a), passed(bits, b));
        const width = typeof result === 'bigint' ? 64 : 32;
        expect(received(width, result)).toBe(unsigned(width, expected(a, b, bits)));
      }),
    );
  });

  it.each(Object.entries(UNARY))('%s computes as specified', (op, expected) => {
    const run = compile(`i${bits}.${op}` as OpName);
    fc.assert(
      fc.property(integer(bits), (a) => {
        const result = run(passed(bits, a));
        const width = typeof result === 'bigint' ? 64 : 32;
        expect(received(width, result)).toBe(unsigned(width, expected(a, bits)));
      }),
    );
  });
});

describe('memory', () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const view = new DataView(memory.buffer);

  it.each(
    [8, 16, 32, 64].flatMap((width) =>
      [32, 64]
        .filter((bits) => width <= bits)
        .flatMap((bits) => ['', '.atomic'].map((kind) => [bits, kind, width] as const)),
    ),
  )('i%d%s accesses of %d bits are little-endian', (bits, kind, width) => {
    const narrow = width < bits;
    const storeName = `i${bits}${kind}.store${narrow ? width : ''}` as OpName;
    const loadNames = narrow
      ? kind === ''
        ? [`i${bits}.load${width}_s`, `i${bits}.load${width}_u`]
        : [`i${bits}.atomic.load${width}_u`]
      : [`i${bits}${kind}.load`];
    const store = compile(storeName, [16], memory);
    const loads = loadNames.map((name) => [name, compile(name as OpName, [16], memory)] as const);
    fc.assert(
      fc.property(fc.nat(100), integer(bits), (slot, value) => {
        const at = 8 * slot;
        store(at, passed(bits, value));
        const bytes = Array.from({ length: width / 8 }, (_, i) => view.getUint8(at + 16 + i));
        expect(bytes).toEqual(bytes.map((_, i) => Number((value >> BigInt(8 * i)) & 0xffn)));
        for (const [name, load] of loads) {
          const kept = unsigned(width, value);
          const expected = name.endsWith('_s') ? signed(width, kept) : kept;
          expect(received(bits, load(at))).toBe(unsigned(bits, expected));
        }
      }),
    );
  });

  it.each([
    ['add', (old: bigint, value: bigint) => old + value],
    ['sub', (old: bigint, value: bigint) => old - value],
    ['and', (old: bigint, value: bigint) => old & value],
    ['or', (old: bigint, value: bigint) => old | value],
    ['xor', (old: bigint, value: bigint) => old ^ value],
    ['xchg', (_: bigint, value: bigint) => value],
  ])('atomic %s gives the old value and keeps the new one', (op, update) => {
    for (const [bits, width] of [
      [32, 8],
      [32, 16],
      [32, 32],
      [64, 8],
      [64, 16],
      [64, 32],
      [64, 64],
    ] as const) {
      const suffix = width < bits ? '_u' : '';
      const run = compile(
        `i${bits}.atomic.rmw${width < bits ? width : ''}.${op}${suffix}` as OpName,
        [],
        memory,
      );
      fc.assert(
        fc.property(integer(64), integer(bits), (old, value) => {
          view.setBigUint64(64, old, true);
          const kept = unsigned(width, old);
          expect(received(bits, run(64, passed(bits, value)))).toBe(kept);
          const rest = (old >> BigInt(width)) << BigInt(width);
          expect(view.getBigUint64(64, true)).toBe(
            rest | unsigned(width, update(kept, unsigned(width, value))),
          );
        }),
        { numRuns: 20 },
      );
    }
  });

  it('atomic compare and exchange writes when it finds what it expects', () => {
    const run = compile('i64.atomic.rmw.cmpxchg', [], memory);
    view.setBigUint64(64, 5n, true);
    expect(run(64, 4n, 9n)).toBe(5n);
    expect(view.getBigUint64(64, true)).toBe(5n);
    expect(run(64, 5n, 9n)).toBe(5n);
    expect(view.getBigUint64(64, true)).toBe(9n);
  });

  it('nobody waits: notify wakes none', () => {
    expect(compile('memory.atomic.notify', [], memory)(64, 10)).toBe(0);
  });
});

const LANES: readonly (readonly [shape: string, bits: number])[] = [
  ['i8x16', 8],
  ['i16x8', 16],
  ['i32x4', 32],
  ['i64x2', 64],
];

function lanesOf(bytes: Uint8Array, bits: number): bigint[] {
  const lanes: bigint[] = [];
  for (let at = 0; at < 16; at += bits / 8) {
    const lane = Array.from(bytes.subarray(at, at + bits / 8)).reduceRight(
      (sum, byte) => (sum << 8n) | BigInt(byte),
      0n,
    );
    lanes.push(lane);
  }
  return lanes;
}

const clamp = (value: bigint, low: bigint, high: bigint): bigint =>
  value < low ? low : value > high ? high : value;
const all = (value: bigint): bigint => -value;
const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/** Vector instructions that work lane by lane. */
const LANE_OPS: Readonly<Record<string, (a: bigint, b: bigint, bits: number) => bigint>> = {
  ...Object.fromEntries(
    ['add', 'sub', 'mul'].map((op) => [op, BINARY[op] as (a: bigint, b: bigint) => bigint]),
  ),
  ...Object.fromEntries(
    ['eq', 'ne', 'lt_s', 'lt_u', 'gt_s', 'gt_u', 'le_s', 'le_u', 'ge_s', 'ge_u'].map((op) => [
      op,
      (a: bigint, b: bigint, bits: number) =>
        all((BINARY[op] as (a: bigint, b: bigint, bits: number) => bigint)(a, b, bits)),
    ]),
  ),
  min_u: min,
  max_u: max,
  min_s: (a, b, bits) => min(signed(bits, a), signed(bits, b)),
  max_s: (a, b, bits) => max(signed(bits, a), signed(bits, b)),
  avgr_u: (a, b) => (a + b + 1n) / 2n,
  add_sat_u: (a, b, bits) => clamp(a + b, 0n, (1n << BigInt(bits)) - 1n),
  sub_sat_u: (a, b) => clamp(a - b, 0n, a),
  add_sat_s: (a, b, bits) =>
    clamp(signed(bits, a) + signed(bits, b), -(1n << BigInt(bits - 1)), (1n << BigInt(bits - 1)) - 1n),
  sub_sat_s: (a, b, bits) =>
    clamp(signed(bits, a) - signed(bits, b), -(1n << BigInt(bits - 1)), (1n << BigInt(bits - 1)) - 1n),
};

const vector = fc.uint8Array({ minLength: 16, maxLength: 16 });

describe.each(LANES)('%s', (shape, bits) => {
  const present = Object.entries(LANE_OPS).filter(([op]) => `${shape}.${op}` in OPCODES);

  it.each(present)('%s works lane by lane', (op, expected) => {
    const run = compileVector(`${shape}.${op}` as OpName);
    fc.assert(
      fc.property(vector, vector, (a, b) => {
        const right = lanesOf(b, bits);
        const wanted = lanesOf(a, bits).map((lane, i) =>
          unsigned(bits, expected(lane, right[i] as bigint, bits)),
        );
        expect(lanesOf(run(a, b) as Uint8Array, bits)).toEqual(wanted);
      }),
      { numRuns: 40 },
    );
  });

  it.each(['shl', 'shr_s', 'shr_u'] as const)('%s shifts all lanes', (op) => {
    const run = compileVector(`${shape}.${op}` as OpName);
    const shift = BINARY[op] as (a: bigint, b: bigint, bits: number) => bigint;
    fc.assert(
      fc.property(vector, fc.nat(200), (a, by) => {
        const wanted = lanesOf(a, bits).map((lane) => unsigned(bits, shift(lane, BigInt(by), bits)));
        expect(lanesOf(run(a, by) as Uint8Array, bits)).toEqual(wanted);
      }),
      { numRuns: 40 },
    );
  });

  it('bitmask, all_true, abs and neg look at each lane', () => {
    const bitmask = compileVector(`${shape}.bitmask` as OpName);
    const allTrue = compileVector(`${shape}.all_true` as OpName);
    const abs = compileVector(`${shape}.abs` as OpName);
    const neg = compileVector(`${shape}.neg` as OpName);
    fc.assert(
      fc.property(vector, (a) => {
        const lanes = lanesOf(a, bits);
        const sign = (lane: bigint): bigint => lane >> BigInt(bits - 1);
        expect(bitmask(a)).toBe(lanes.reduce((sum, lane, i) => sum + Number(sign(lane)) * 2 ** i, 0));
        expect(allTrue(a)).toBe(lanes.every((lane) => lane !== 0n) ? 1 : 0);
        expect(lanesOf(abs(a) as Uint8Array, bits)).toEqual(
          lanes.map((lane) => unsigned(bits, sign(lane) === 1n ? -lane : lane)),
        );
        expect(lanesOf(neg(a) as Uint8Array, bits)).toEqual(lanes.map((lane) => unsigned(bits, -lane)));
      }),
      { numRuns: 40 },
    );
  });
});

describe('conversions', () => {
  it.each<[OpName, unknown, unknown]>([
    ['i32.wrap_i64', 0x1_8000_0001n, -0x7fff_ffff],
    ['i64.extend_i32_s', -1, -1n],
    ['i64.extend_i32_u', -1, 0xffff_ffffn],
    ['i64.extend32_s', 0x8000_0000n, -0x8000_0000n],
    ['i32.trunc_f64_s', -1.9, -1],
    ['i32.trunc_f64_u', 4294967295.9, -1],
    ['i64.trunc_f64_s', -1.9, -1n],
    ['i32.trunc_sat_f64_s', 1e300, 0x7fff_ffff],
    ['i32.trunc_sat_f64_u', -5, 0],
    ['i64.trunc_sat_f32_s', Number.NaN, 0n],
    ['f64.convert_i32_u', -1, 4294967295],
    ['f64.convert_i32_s', -1, -1],
    ['f64.convert_i64_u', -1n, 2 ** 64],
    ['f32.convert_i64_s', 16777217n, 16777216],
    ['f32.demote_f64', 0.1, Math.fround(0.1)],
    ['f64.promote_f32', 0.5, 0.5],
    ['i32.reinterpret_f32', 1, 0x3f80_0000],
    ['i64.reinterpret_f64', -0, -(2n ** 63n)],
    ['f32.reinterpret_i32', 0x4000_0000, 2],
    ['f64.reinterpret_i64', 0x4000_0000_0000_0000n, 2],
    ['f64.nearest', 2.5, 2],
    ['f64.trunc', -1.9, -1],
    ['f64.floor', -1.1, -2],
    ['f64.ceil', 1.1, 2],
    ['f64.sqrt', 9, 3],
    ['f32.neg', 0, -0],
    ['f32.abs', -3, 3],
  ])('%s of %s is %s', (name, value, expected) => {
    expect(compile(name)(value)).toBe(expected);
  });

  it.each<[OpName, number, number, number]>([
    ['f64.min', 0, -0, -0],
    ['f64.max', 0, -0, 0],
    ['f64.copysign', 3, -0, -3],
    ['f32.div', 1, 0, Infinity],
    ['f32.sub', 1, 0.5, 0.5],
    ['f64.le', 1, 1, 1],
    ['f64.gt', 1, Number.NaN, 0],
    ['f32.ne', Number.NaN, Number.NaN, 1],
  ])('%s of %d and %d is %d', (name, a, b, expected) => {
    expect(compile(name)(a, b)).toBe(expected);
  });
});
