import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeLeb128Signed, encodeLeb128Unsigned } from '@ninefold/base';
import type { FunctionBuilder, ModuleBuilder, ValueType } from '@ninefold/wasm';
import { createModule, detectFeatures, disassemble } from '@ninefold/wasm';
import { ByteWriter } from '../src/byte-writer.ts';
import { choices, createHost, writeRandomBody } from './generate.ts';
import { wabtText } from './wabt.ts';

type Exports = Record<string, (...values: unknown[]) => unknown>;

function instantiate(m: ModuleBuilder, imports: WebAssembly.Imports = {}): Exports {
  const bytes = m.encode();
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), imports).exports as Exports;
}

/** Runs one function. */
function run(
  params: readonly ValueType[],
  results: readonly ValueType[],
  write: (f: FunctionBuilder, m: ModuleBuilder) => void,
  values: readonly unknown[] = [],
): unknown {
  const m = createModule();
  const f = m.func(m.type(params, results));
  write(f, m);
  m.export('run', 'func', f.index);
  return instantiate(m)['run']?.(...values);
}

describe('numbers', () => {
  it('have the LEB128 forms', () => {
    const written = (write: (out: ByteWriter) => void): Uint8Array => {
      const out = new ByteWriter(1);
      write(out);
      return out.view().slice();
    };
    fc.assert(
      fc.property(
        fc.integer(),
        fc.nat({ max: 2 ** 32 - 1 }),
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        (s, u, l) => {
          expect(written((out) => out.s32(s))).toEqual(encodeLeb128Signed(s));
          expect(written((out) => out.u32(u))).toEqual(encodeLeb128Unsigned(u));
          expect(written((out) => out.s64(l))).toEqual(encodeLeb128Signed(l));
        },
      ),
    );
    for (let bit = 0n; bit < 63n; bit++) {
      for (const value of [1n << bit, (1n << bit) - 1n, -(1n << bit), -(1n << bit) - 1n]) {
        expect(written((out) => out.s64(value))).toEqual(encodeLeb128Signed(value));
      }
    }
  });

  it('arrive as they were written', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.double(),
        fc.float(),
        (a, b, c, d) => {
          const values = run([], ['i32', 'i64', 'f64', 'f32'], (f) =>
            f.i32_const(a).i64_const(b).f64_const(c).f32_const(d),
          );
          expect(values).toEqual([a, b, c, d]);
        },
      ),
      { numRuns: 30 },
    );
    expect(run([], ['i32', 'i64'], (f) => f.i32_const(0xffffffff).i64_const(2n ** 64n - 1n))).toEqual([
      -1,
      -1n,
    ]);
    expect(run([], ['i64'], (f) => f.i64_const(-5))).toBe(-5n);
  });
});

describe('control', () => {
  it('loops', () => {
    const factorial = run(
      ['i64'],
      ['i64'],
      (f) => {
        const product = f.local('i64');
        f.i64_const(1).local_set(product);
        const done = f.block();
        const top = f.loop();
        f.local_get(0).i64_eqz().br_if(done);
        f.local_get(product).local_get(0).i64_mul().local_set(product);
        f.local_get(0).i64_const(1).i64_sub().local_set(0);
        f.br(top).end().end();
        f.local_get(product);
      },
      [20n],
    );
    expect(factorial).toBe(2432902008176640000n);
  });

  it('chooses', () => {
    const write = (f: FunctionBuilder): void => {
      const outer = f.block('i32');
      const two = f.block();
      const one = f.block();
      f.local_get(0).br_table([one, two], two).end();
      f.i32_const(10).br(outer).end();
      f.local_get(0).i32_const(2).i32_eq();
      f.if('i32');
      f.i32_const(20).else().i32_const(30).end();
      f.end();
    };
    expect([0, 1, 2].map((value) => run(['i32'], ['i32'], write, [value]))).toEqual([10, 30, 20]);
  });

  it('returns through the label of the body', () => {
    expect(run([], ['i32'], (f) => f.i32_const(7).br(f.body))).toBe(7);
  });

  it('branches out of both arms of an if', () => {
    const write = (f: FunctionBuilder): void => {
      f.local_get(0);
      const both = f.if('i32');
      f.i32_const(1).br(both).else().i32_const(2).br(both).end();
    };
    expect([1, 0].map((value) => run(['i32'], ['i32'], write, [value]))).toEqual([1, 2]);
  });

  it('takes and gives several values in a block', () => {
    const sum = run([], ['i32'], (f, m) => {
      f.i32_const(1).i32_const(2);
      f.block(m.type(['i32', 'i32'], ['i32', 'i32']));
      f.i32_const(3).i32_add().end();
      f.i32_add();
    });
    expect(sum).toBe(6);
  });

  it('calls itself in constant space', () => {
    const m = createModule();
    const f = m.func(m.type(['i32'], ['i32']));
    f.local_get(0).i32_eqz().if();
    f.i32_const(42).return().end();
    f.local_get(0).i32_const(1).i32_sub().return_call(f.index);
    m.export('run', 'func', f.index);
    expect(instantiate(m)['run']?.(1_000_000)).toBe(42);
  });
});

describe('modules', () => {
  it('call functions that are written later, imported ones and those of a table', () => {
    const m = createModule('calls');
    const unary = m.type(['i32'], ['i32']);
    const double = m.importFunction('env', 'double', unary, 'double');
    const limit = m.importGlobal('env', 'limit', { type: 'i32', mutable: false });
    const main = m.func(unary, 'main');
    const later = m.func(unary, 'later');
    m.table({ element: 'funcref', min: 2, max: 2 });
    m.elements({ offset: 0, functions: [double, later.index] });
    main.local_get(0).i32_const(1).call_indirect(unary).call(double).global_get(limit).i32_add();
    later.local_get(0).i32_const(100).i32_add();
    m.export('main', 'func', main.index);
    const exports = instantiate(m, { env: { double: (x: number) => 2 * x, limit: 7 } });
    expect(exports['main']?.(1)).toBe(209);
    expect([double, main.index, later.index]).toEqual([0, 1, 2]);
  });

  it('have memory with active and passive data', () => {
    const m = createModule();
    m.memory({ min: 1 });
    const passive = m.data({ bytes: Uint8Array.of(9, 8, 7) });
    m.data({ bytes: Uint8Array.of(1, 2, 3, 4), offset: 8 });
    const f = m.func(m.type([], ['i32', 'i32']));
    f.i32_const(0).i32_const(1).i32_const(2).memory_init(passive).data_drop(passive);
    f.i32_const(100).i32_const(8).i32_const(4).memory_copy();
    f.i32_const(0).i32_load().i32_const(96).i32_load(4);
    m.export('run', 'func', f.index);
    expect(instantiate(m)['run']?.()).toEqual([0x0708, 0x04030201]);
  });

  it('run their start function and keep globals', () => {
    const m = createModule();
    const base = m.global({ type: 'i64', mutable: true }, 5n, 'base');
    const start = m.func(m.type([], []));
    start.global_get(base).i64_const(37).i64_add().global_set(base);
    m.start(start.index);
    m.export('base', 'global', base);
    const exports = instantiate(m) as unknown as { base: WebAssembly.Global };
    expect(exports.base.value).toBe(42n);
  });

  it('share memory between instances', () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    const m = createModule();
    m.importMemory('env', 'memory', { min: 1, max: 1, shared: true });
    const f = m.func(m.type([], ['i32']));
    f.i32_const(8).i32_const(3).i32_atomic_rmw_add().atomic_fence();
    m.export('run', 'func', f.index);
    const [first, second] = [instantiate(m, { env: { memory } }), instantiate(m, { env: { memory } })];
    expect([first['run']?.(), second['run']?.(), first['run']?.()]).toEqual([0, 3, 6]);
  });

  it('compute with vectors', () => {
    const reversed = Array.from({ length: 16 }, (_, i) => 15 - i);
    const lanes = run([], ['i32', 'i32', 'i64'], (f) => {
      const v = f.local('v128');
      f.v128_const(Uint8Array.from(reversed)).local_tee(v).i8x16_extract_lane_u(0);
      f.local_get(v).local_get(v).i8x16_shuffle(reversed).local_tee(v).i8x16_extract_lane_u(1);
      f.i64_const(5).i64x2_splat().i64_const(6).i64x2_splat().i64x2_mul().i64x2_extract_lane(1);
    });
    expect(lanes).toEqual([15, 1, 30n]);
  });

  it('have one index for equal types', () => {
    const m = createModule();
    expect(m.type(['i32'], [])).toBe(m.type(['i32'], []));
    expect(m.type([], ['i32'])).not.toBe(m.type(['i32'], []));
  });

  it('carry names and custom sections', () => {
    const m = createModule('demo');
    const f = m.func(m.type([], []), 'work');
    f.local('i32', 'counter');
    m.global({ type: 'i32', mutable: false }, 1, 'one');
    m.custom('ninefold', Uint8Array.of(1, 2));
    const module = new WebAssembly.Module(m.encode());
    expect(new Uint8Array(WebAssembly.Module.customSections(module, 'ninefold')[0] as ArrayBuffer)).toEqual(
      Uint8Array.of(1, 2),
    );
    expect(WebAssembly.Module.customSections(module, 'name')).toHaveLength(1);
    expect(disassemble(m.encode())).toContain('(func $work (;0;) (type 0)');
    expect(disassemble(m.encode())).toContain('(global $one (;0;) i32 (i32.const 1))');
  });

  it('show names in traps', () => {
    const m = createModule();
    const f = m.func(m.type([], []), 'explode');
    f.unreachable();
    m.export('run', 'func', f.index);
    const { run } = instantiate(m);
    expect(() => run?.()).toThrow(WebAssembly.RuntimeError);
    try {
      run?.();
    } catch (error) {
      expect((error as Error).stack).toContain('explode');
    }
  });
});

describe('random modules', () => {
  it('are valid and read by wabt as by us', () => {
    fc.assert(
      fc.property(fc.array(choices, { minLength: 1, maxLength: 4 }), (bodies) => {
        const m = createHost();
        for (const body of bodies) writeRandomBody(m.func(0), body);
        m.elements({ functions: [0], offset: 1 });
        const bytes = m.encode();
        expect(WebAssembly.validate(bytes)).toBe(true);
        expect(disassemble(bytes)).toBe(wabtText(bytes));
      }),
      { numRuns: 150 },
    );
  });
});

describe('misuse', () => {
  const code = (value: string): object => expect.objectContaining({ code: value });
  const create = (): { m: ModuleBuilder; f: FunctionBuilder } => {
    const m = createModule();
    return { m, f: m.func(m.type(['i32'], []), 'f') };
  };

  it.each<[string, (f: FunctionBuilder, m: ModuleBuilder) => unknown]>([
    ['local', (f) => f.local_get(1)],
    ['local', (f) => f.local_set(-1)],
    ['local', (f) => f.local_tee(0.5)],
    ['type', (f) => f.call_indirect(9)],
    ['type', (f) => f.block(9)],
    ['type', (_, m) => m.func(9)],
    ['type', (_, m) => m.importFunction('a', 'b', 9)],
    ['function', (f) => f.call(-1)],
  ])('of a %s that does not exist is seen at once (%#)', (kind, act) => {
    const { f, m } = create();
    expect(() => act(f, m)).toThrow(
      expect.objectContaining({
        code: 'WASM_UNKNOWN_INDEX',
        context: expect.objectContaining({ kind }) as unknown,
      }),
    );
  });

  it.each<[string, (f: FunctionBuilder, m: ModuleBuilder) => unknown]>([
    ['function', (f) => f.call(1)],
    ['function', (f) => f.return_call(1)],
    ['function', (_, m) => m.start(1)],
    ['function', (_, m) => m.export('x', 'func', 1)],
    ['function', (_, m) => m.elements({ functions: [1] })],
    ['function', (_, m) => m.global({ type: 'funcref', mutable: false }, { func: 1 })],
    ['global', (f) => f.global_get(0)],
    ['global', (_, m) => m.global({ type: 'i32', mutable: false }, { global: 1 })],
    ['global', (_, m) => m.export('x', 'global', 0)],
    ['memory', (f) => f.i32_load()],
    ['memory', (f) => f.memory_grow()],
    ['memory', (_, m) => m.data({ bytes: Uint8Array.of(1), offset: 0 })],
    ['memory', (_, m) => m.export('x', 'memory', 0)],
    ['table', (f) => f.call_indirect(0)],
    ['table', (f) => f.table_get()],
    ['table', (_, m) => m.elements({ functions: [0], offset: 0 })],
    ['data', (f) => f.data_drop(0)],
    ['element', (f) => f.elem_drop(0)],
  ])('of a %s that was never defined is seen in the end (%#)', (kind, act) => {
    const { f, m } = create();
    act(f, m);
    expect(() => m.encode()).toThrow(
      expect.objectContaining({
        code: 'WASM_UNKNOWN_INDEX',
        context: expect.objectContaining({ kind }) as unknown,
      }),
    );
  });

  it('of labels', () => {
    const { f } = create();
    const other = create().f;
    const closed = f.block();
    f.end();
    const unknown = code('WASM_UNKNOWN_LABEL');
    expect(() => f.br(closed)).toThrow(unknown);
    expect(() => f.br(other.body)).toThrow(unknown);
    f.block();
    expect(() => f.br_if(closed)).toThrow(unknown);
    expect(() => f.br_table([f.body], closed)).toThrow(unknown);
    expect(() => f.br_table([closed], f.body)).toThrow(unknown);
  });

  it('of blocks', () => {
    const { m, f } = create();
    const none = code('WASM_NO_OPEN_BLOCK');
    expect(() => f.end()).toThrow(none);
    f.block();
    expect(() => f.else()).toThrow(none);
    f.end();
    f.if();
    f.else();
    expect(() => f.else()).toThrow(none);
    expect(() => m.encode()).toThrow(code('WASM_UNCLOSED_BLOCK'));
  });

  it.each<(f: FunctionBuilder) => unknown>([
    (f) => f.i32_const(2 ** 32),
    (f) => f.i32_const(-(2 ** 31) - 1),
    (f) => f.i32_const(0.5),
    (f) => f.i32_const(Number.NaN),
    (f) => f.i64_const(2n ** 64n),
    (f) => f.i64_const(-(2n ** 63n) - 1n),
    (f) => f.i64_const(2 ** 53),
    (f) => f.i32_load(-1),
    (f) => f.i32_load(2 ** 32),
    (f) => f.i32_load(0, 3),
    (f) => f.i8x16_extract_lane_s(16),
    (f) => f.i64x2_replace_lane(2),
    (f) => f.v128_load32_lane(4),
    (f) => f.i8x16_shuffle([1, 2]),
    (f) => f.i8x16_shuffle(new Array<number>(16).fill(32)),
    (f) => f.v128_const(new Uint8Array(15)),
  ])('of constants (%#)', (act) => {
    expect(() => act(create().f)).toThrow(code('WASM_CONSTANT_RANGE'));
  });

  it('of the order and the shape of definitions', () => {
    const { m } = create();
    expect(() => m.importFunction('a', 'b', 0)).toThrow(code('WASM_LATE_IMPORT'));
    m.memory({ min: 1 });
    expect(() => m.importMemory('a', 'b', { min: 1 })).toThrow(code('WASM_LATE_IMPORT'));
    m.export('x', 'memory', 0);
    expect(() => m.export('x', 'memory', 0)).toThrow(code('WASM_DUPLICATE_EXPORT'));
    for (const limits of [
      { min: -1 },
      { min: 0.5 },
      { min: 2, max: 1 },
      { min: 65_537 },
      { min: 0, max: 65_537 },
      { min: 1, shared: true },
    ]) {
      expect(() => m.memory(limits)).toThrow(code('WASM_INVALID_LIMITS'));
    }
    expect(() => m.table({ element: 'funcref', min: 2 ** 32 })).toThrow(code('WASM_INVALID_LIMITS'));
    m.global({ type: 'externref', mutable: false }, 5);
    expect(() => m.encode()).toThrow(code('WASM_CONSTANT_RANGE'));
  });

  it.each<[ValueType, number | bigint]>([
    ['i32', 2 ** 32],
    ['i32', 0.5],
    ['i32', Number.NaN],
    ['i64', 2n ** 64n],
    ['i64', -(2n ** 63n) - 1n],
    ['i64', 1.5],
    ['v128', 2n ** 128n],
    ['v128', -(2n ** 127n) - 1n],
    ['v128', 0.5],
    ['v128', Number.NaN],
    ['v128', Infinity],
    ['funcref', 0],
  ])('of globals: %s of %s', (type, value) => {
    const { m } = create();
    m.global({ type, mutable: false }, value);
    expect(() => m.encode()).toThrow(code('WASM_CONSTANT_RANGE'));
  });

  it('is none of the ends of what a global can hold', () => {
    for (const [type, values] of [
      ['i32', [-(2 ** 31), 2 ** 32 - 1, 0n]],
      ['i64', [-(2n ** 63n), 2n ** 64n - 1n, 7]],
      ['f32', [Number.NaN, -Infinity, 3n]],
      ['f64', [Number.MAX_VALUE, -0, 3n]],
      ['v128', [-(2n ** 127n), 2n ** 128n - 1n, -1, 5]],
    ] as const) {
      for (const value of values) {
        const { m } = create();
        m.global({ type, mutable: false }, value);
        expect(WebAssembly.validate(m.encode()), `${type} ${value}`).toBe(true);
      }
    }
  });
});

describe('features', () => {
  it('has what Node 20 is known to have', () => {
    const features = detectFeatures();
    for (const feature of [
      'simd',
      'threads',
      'bulkMemory',
      'signExtension',
      'saturatingFloat',
      'tailCalls',
      'multiValue',
      'referenceTypes',
    ] as const) {
      expect(features).toContain(feature);
    }
    expect(detectFeatures()).toBe(features);
  });
});
