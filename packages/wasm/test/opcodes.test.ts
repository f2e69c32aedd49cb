import { describe, expect, it } from 'vitest';
import { createModule, disassemble, OPCODES } from '@ninefold/wasm';
import type { OpName } from '@ninefold/wasm';
import { ALL_TYPES, createHost, effectOf, emit, immediatesFor, OPS } from './generate.ts';
import { wabtText } from './wabt.ts';

const CONTROL: readonly OpName[] = ['block', 'loop', 'if', 'else', 'end', 'br', 'br_if', 'br_table'];

describe('the table', () => {
  it('has each code once', () => {
    const codes = OPS.map(([, [code]]) => code);
    expect(new Set(codes).size).toBe(codes.length);
  });

  it('has all of SIMD, atomics, bulk memory, sign extension and tail calls', () => {
    const count = (from: number, to: number): number =>
      OPS.filter(([, [code]]) => code >= from && code < to).length;
    expect(count(0xfd0000, 0xfd0100)).toBe(236);
    expect(count(0xfe0000, 0xfe0100)).toBe(67);
    expect(count(0xfc0000, 0xfc0100)).toBe(18);
    expect(count(0x45, 0xc5)).toBe(128);
  });

  it('names and encodes every instruction as wabt reads it', () => {
    const m = createHost();
    const f = m.func(0);
    f.local('i32');
    m.elements({ functions: [f.index] });
    let seed = 1;
    const draw = (limit: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return Math.floor((seed / 2 ** 32) * limit);
    };
    const plain = OPS.filter(([name]) => !CONTROL.includes(name));
    for (const [name, [, kind]] of plain) emit(f, name, immediatesFor(kind, draw));
    const bytes = m.encode();
    const text = disassemble(bytes);
    expect(text).toBe(wabtText(bytes));
    for (const [name] of plain)
      expect(text).toContain(`    ${name === 'select.t' ? 'select (result' : name}`);
  });

  it.each(OPS.filter(([name, row]) => effectOf(row) !== undefined && name !== 'ref.func'))(
    'has the stack effect of %s',
    (name, row) => {
      const { params, results } = effectOf(row) as { params: never[]; results: never[] };
      const m = createHost();
      const f = m.func(m.type(params, results));
      f.local('i32');
      m.elements({ functions: [f.index] });
      for (const index of params.keys()) f.local_get(index);
      emit(
        f,
        name,
        immediatesFor(row[1], () => 0),
      );
      expect(WebAssembly.validate(m.encode())).toBe(true);
    },
  );

  it('has the stack effect of ref.func', () => {
    const m = createHost();
    const f = m.func(m.type([], ['funcref']));
    m.elements({ functions: [f.index] });
    f.ref_func(f.index);
    expect(OPCODES['ref.func'][2]).toBe('-> funcref');
    expect(WebAssembly.validate(m.encode())).toBe(true);
  });
});

it('covers all value types in effects', () => {
  const seen = new Set(OPS.flatMap(([, row]) => effectOf(row)?.results ?? []));
  for (const type of ALL_TYPES) expect(seen).toContain(type);
  expect(createModule().encode()).toHaveLength(8);
});
