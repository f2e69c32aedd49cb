import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isNinefoldError } from '@ninefold/base';
import {
  ByteReader,
  createModule,
  decodeModule,
  disassemble,
  instructionAt,
  MAX_LOCALS,
  readExpression,
} from '@ninefold/wasm';
import { choices, createHost, writeRandomBody } from './generate.ts';
import { wabtText } from './wabt.ts';

const malformed: object = expect.objectContaining({ code: 'WASM_MALFORMED' });
const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

/** A module with something in every section. */
function createFullModule(): Uint8Array {
  const m = createModule();
  const binary = m.type(['i32', 'i64'], ['i32']);
  const nothing = m.type([], []);
  const pair = m.type(['i32'], ['i32', 'i64']);
  m.importFunction('env', 'log', nothing);
  m.importMemory('env', 'mem "é\n', { min: 1, max: 2, shared: true });
  m.importGlobal('env', 'g', { type: 'i32', mutable: false });
  m.importTable('env', 't', { element: 'funcref', min: 1 });
  m.global({ type: 'i64', mutable: true }, -5n);
  m.global({ type: 'funcref', mutable: false }, { func: 0 });
  m.global({ type: 'externref', mutable: false }, null);
  m.global({ type: 'v128', mutable: false }, -2);
  m.global({ type: 'f32', mutable: false }, 0.5);
  m.global({ type: 'f64', mutable: false }, 1e300);
  m.global({ type: 'i32', mutable: false }, { global: 0 });
  m.table({ element: 'externref', min: 1, max: 10 });
  m.table({ element: 'funcref', min: 3 });
  const f = m.func(binary);
  f.local('i32');
  f.local('i32');
  f.local('v128');
  const out = f.block();
  const top = f.loop('i32');
  f.i32_const(-1).br_if(out).local_get(0).i32_load8_u(4).i32_store(8, 0);
  f.i32_const(1).if(pair);
  f.i64_const(3).else().i64_const(4).end().drop();
  f.br_table([out, top], f.body).end().drop().end();
  f.i32_const(0).call_indirect(nothing).call_indirect(nothing, 2).i32_const(3).select_t('i32');
  f.ref_null('externref').table_set(1).f64_const(Number.NaN).f32_const(-Infinity).memory_init(1);
  f.table_init(1, 2).table_copy(0, 2).call(0).return_call_indirect(binary);
  m.func(nothing);
  m.export('main', 'func', f.index);
  m.export('table', 'table', 1);
  m.start(0);
  m.elements({ functions: [0, 1], offset: 0 });
  m.elements({ functions: [0] });
  m.elements({ functions: [1], offset: { global: 0 }, table: 2 });
  m.data({ bytes: Uint8Array.from([0x68, 0x22, 0x5c, 0x0a, 0xff, 0]), offset: { global: 0 } });
  m.data({ bytes: new Uint8Array(0) });
  return m.encode();
}

describe('disassembly', () => {
  it('is what wabt writes', () => {
    const bytes = createFullModule();
    expect(disassemble(bytes)).toBe(wabtText(bytes));
  });

  it('shows one instruction', () => {
    const m = createModule();
    m.memory({ min: 1 });
    const f = m.func(m.type([], ['i32']));
    f.i32_const(300).i32_load(16, 1);
    const bytes = m.encode();
    const { start, end } = decodeModule(bytes).codes[0] as { start: number; end: number };
    const places = Array.from(readExpression(new ByteReader(bytes, start, end)), ({ at }) => at);
    expect(places.map((at) => instructionAt(bytes, at))).toEqual([
      'i32.const 300',
      'i32.load offset=16 align=2',
      'end',
    ]);
  });

  it('keeps the payload of NaNs', () => {
    const body = [0x43, 1, 0, 0x80, 0x7f, 0x1a, 0x44, 1, 0, 0, 0, 0, 0, 0xf8, 0xff, 0x1a, 0x0b];
    const text = disassemble(
      Uint8Array.from([
        ...HEADER,
        1,
        4,
        1,
        0x60,
        0,
        0,
        3,
        2,
        1,
        0,
        10,
        body.length + 3,
        1,
        body.length + 1,
        0,
        ...body,
      ]),
    );
    expect(text).toContain('f32.const nan:0x1\n');
    expect(text).toContain('f64.const -nan:0x8000000000001\n');
  });
});

describe('decoding', () => {
  it('gives the parts of a module', () => {
    const module = decodeModule(createFullModule());
    expect(module.types).toHaveLength(3);
    expect(module.imports.map(({ type }) => type.kind)).toEqual(['func', 'memory', 'global', 'table']);
    expect(module.functions).toEqual([0, 1]);
    expect(module.codes[0]?.locals).toEqual(['i32', 'i32', 'v128']);
    expect(module.elements.map(({ mode, table, items }) => [mode, table, items])).toEqual([
      ['active', 0, [0, 1]],
      ['passive', 0, [0]],
      ['active', 2, [1]],
    ]);
    expect(module.data.map(({ mode }) => mode)).toEqual(['active', 'passive']);
    expect(module.start).toBe(0);
  });

  it('reads element segments of expressions and declarations', () => {
    // passive funcref expressions: ref.null func, ref.func 0; declarative: func 0
    const section = [2, 5, 0x70, 2, 0xd0, 0x70, 0x0b, 0xd2, 0, 0x0b, 3, 0, 1, 0];
    const bytes = Uint8Array.from([
      ...HEADER,
      1,
      4,
      1,
      0x60,
      0,
      0,
      3,
      2,
      1,
      0,
      9,
      section.length,
      ...section,
      10,
      4,
      1,
      2,
      0,
      0x0b,
    ]);
    expect(decodeModule(bytes).elements.map(({ mode }) => mode)).toEqual(['passive', 'declarative']);
    expect(disassemble(bytes)).toBe(wabtText(bytes));
  });

  it('ignores names that cannot be read', () => {
    const m = createModule();
    m.func(m.type([], []));
    m.custom('name', Uint8Array.of(1, 99, 0xff));
    expect(decodeModule(m.encode()).names.functions.size).toBe(0);
  });

  it.each([
    ['nothing', []],
    ['another version', [0, 0x61, 0x73, 0x6d, 2, 0, 0, 0]],
    ['a section that is too long', [...HEADER, 1, 9, 0]],
    ['an unknown section', [...HEADER, 13, 0]],
    ['a section twice', [...HEADER, 1, 1, 0, 1, 1, 0]],
    ['sections in the wrong order', [...HEADER, 3, 1, 0, 1, 1, 0]],
    ['bytes left in a section', [...HEADER, 1, 2, 0, 0]],
    ['a type that is no function', [...HEADER, 1, 2, 1, 0x61]],
    ['an unknown value type', [...HEADER, 1, 5, 1, 0x60, 1, 0x50, 0]],
    ['an integer of six bytes', [...HEADER, 1, 6, 0x80, 0x80, 0x80, 0x80, 0x80, 0]],
    ['an integer of 33 bits', [...HEADER, 1, 5, 0xff, 0xff, 0xff, 0xff, 0x1f]],
    ['a memory of a strange kind', [...HEADER, 5, 3, 1, 0x04, 1]],
    ['a table of numbers', [...HEADER, 4, 4, 1, 0x7f, 0, 1]],
    ['a global of strange mutability', [...HEADER, 6, 6, 1, 0x7f, 2, 0x41, 0, 0x0b]],
    ['functions without bodies', [...HEADER, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0]],
    ['an export of a strange kind', [...HEADER, 7, 4, 1, 0, 4, 0]],
    ['a name that is not UTF-8', [...HEADER, 7, 5, 1, 1, 0xff, 0, 0]],
    ['a body longer than its section', [...HEADER, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 4, 1, 9, 0, 0x0b]],
  ])('refuses %s', (_, bytes) => {
    expect(() => decodeModule(Uint8Array.from(bytes))).toThrow(malformed);
  });

  it.each([
    ['an unknown instruction', [0, 0xff, 0x0b]],
    ['an unknown instruction behind a prefix', [0, 0xfd, 0xff, 0x7f, 0x0b]],
    ['no end', [0, 0x01]],
    ['a block type below all', [0, 0x02, 0x41, 0x0b, 0x0b]],
    ['an i32 of six bytes', [0, 0x41, 0x80, 0x80, 0x80, 0x80, 0x80, 0, 0x1a, 0x0b]],
    ['bytes behind the end', [0, 0x0b, 0x0b]],
    ['too many locals', [1, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f, 0x0b]],
  ])('refuses a body with %s', (_, body) => {
    const code = [1, body.length, ...body];
    const bytes = [...HEADER, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, code.length, ...code];
    expect(() => disassemble(Uint8Array.from(bytes))).toThrow(malformed);
  });

  it('takes as many locals as engines do', () => {
    const m = createModule();
    const f = m.func(m.type([], []));
    for (let i = 0; i < MAX_LOCALS; i++) f.local('i32');
    expect(decodeModule(m.encode()).codes[0]?.locals).toHaveLength(MAX_LOCALS);
    f.local('i32');
    expect(() => decodeModule(m.encode())).toThrow(malformed);
  });

  it('is total: any bytes give a text or the error', () => {
    const full = createFullModule();
    const tryIt = (bytes: Uint8Array): void => {
      try {
        disassemble(bytes);
      } catch (error) {
        if (!isNinefoldError(error, 'WASM_MALFORMED')) throw error;
      }
    };
    for (let length = 0; length < full.length; length++) {
      expect(() => disassemble(full.subarray(0, length))).not.toThrow(TypeError);
    }
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(full.length - 1), fc.nat(255)), { maxLength: 4 }), (changes) => {
        const bytes = full.slice();
        for (const [at, value] of changes) bytes[at] = value;
        tryIt(bytes);
      }),
      { numRuns: 1000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (tail) => tryIt(Uint8Array.from([...HEADER, ...tail]))),
    );
  });

  it('accepts whatever the engine accepts of changed modules', () => {
    // But for instructions of proposals that engines have and the tables leave out: exceptions, typed
    // references, garbage collection.
    const isLeftOut = (error: unknown): boolean =>
      isNinefoldError(error, 'WASM_MALFORMED') &&
      /^unknown instruction 0x([6-9a]|1[4589f]|d[3-6]|fb\w*)$/.test((error.context as { what: string }).what);
    const refusal = (bytes: Uint8Array): unknown => {
      try {
        disassemble(bytes);
        return undefined;
      } catch (error) {
        return error;
      }
    };
    fc.assert(
      fc.property(choices, fc.nat(), fc.nat(255), (body, place, value) => {
        const m = createHost();
        writeRandomBody(m.func(0), body);
        m.elements({ functions: [0] });
        const bytes = m.encode();
        bytes[place % bytes.length] = value;
        if (!WebAssembly.validate(bytes)) return;
        const error = refusal(bytes);
        if (error !== undefined && !isLeftOut(error)) throw error;
      }),
      {
        numRuns: 300,
        // An empty block that has become the beginning of a `try`.
        examples: [
          [[357_913_942, 4_231_938_426, 549_755_814, 357_913_942, 1_026_470_172, 0, 0, 0], 347_611_611, 6],
        ],
      },
    );
  });
});
