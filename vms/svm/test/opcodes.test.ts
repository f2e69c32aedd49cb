import { describe, expect, it } from 'vitest';
import { disassemble } from '../src/code/disassemble.ts';
import { functionKey, murmur3, syscallKey } from '../src/code/murmur3.ts';
import { kernelOperationsSource } from '../src/engine/layout.ts';
import { opcodeAt, OPCODES, operationNumber, OPERATIONS } from '../src/spec/opcodes.ts';
import { encode, EXIT } from './support/assemble.ts';

describe('instruction table', () => {
  it('gives each code of a version one meaning', () => {
    for (const version of [0, 1, 2, 3] as const) {
      const codes = OPCODES.filter(({ versions }) => versions.includes(version)).map(({ code }) => code);
      expect(new Set(codes).size).toBe(codes.length);
      for (const code of codes) expect(opcodeAt(code, version)?.code).toBe(code);
    }
  });

  it('has as many instructions as each version', () => {
    const count = (version: 0 | 1 | 2 | 3): number =>
      OPCODES.filter(({ versions }) => versions.includes(version)).length;
    expect([count(0), count(1), count(2), count(3)]).toEqual([91, 91, 100, 113]);
  });

  it('names an operation of the kernel in each row', () => {
    for (const { operation, form } of OPCODES) {
      const name = form === 'endian' ? `${operation}16` : operation;
      expect(operationNumber(name)).toBeGreaterThan(0);
    }
    expect(() => operationNumber('nop')).toThrow('no operation nop');
  });

  it('gives the kernel a constant for each operation', () => {
    const source = kernelOperationsSource();
    expect(source.match(/^export const /gm)).toHaveLength(OPERATIONS.length);
    expect(source).toContain('export const ADD_64_IMM: u32 =');
  });

  it('removes from version 2 what it replaced', () => {
    expect(opcodeAt(0x18, 2)).toBeUndefined();
    expect(opcodeAt(0x27, 0)?.mnemonic).toBe('mul64');
    expect(opcodeAt(0x27, 2)?.mnemonic).toBe('stb');
    expect(opcodeAt(0x36, 2)?.mnemonic).toBe('uhmul64');
    expect(opcodeAt(0x16, 3)?.mnemonic).toBe('jeq32');
    expect(opcodeAt(0x16, 0)).toBeUndefined();
  });
});

describe('disassembly', () => {
  const text = (...bytes: number[][]): Uint8Array => Uint8Array.from(bytes.flat());

  it('prints every form', () => {
    const code = text(
      encode(0x18, { dst: 1, imm: -1 }),
      encode(0, { imm: 1 }),
      encode(0x79, { dst: 2, src: 1, off: -8 }),
      encode(0x7a, { dst: 10, off: 16, imm: -3 }),
      encode(0x7b, { dst: 10, off: 0, src: 4 }),
      encode(0xb4, { dst: 3, imm: -1 }),
      encode(0x0f, { dst: 3, src: 4 }),
      encode(0x87, { dst: 3 }),
      encode(0xdc, { dst: 3, imm: 16 }),
      encode(0x05, { off: 2 }),
      encode(0x15, { dst: 1, imm: 7, off: -4 }),
      encode(0x1d, { dst: 1, src: 2, off: 4 }),
      encode(0x85, { imm: 0x207559bd }),
      encode(0x8d, { imm: 7 }),
      EXIT,
      [0xff, 1, 2, 3, 4, 5, 6, 7],
    );
    expect(disassemble(code, 0)).toEqual([
      'lddw r1, 0x1ffffffff',
      null,
      'ldxdw r2, [r1-8]',
      'stdw [r10+16], -3',
      'stxdw [r10+0], r4',
      'mov32 r3, 4294967295',
      'add64 r3, r4',
      'neg64 r3',
      'be16 r3',
      'ja +2',
      'jeq r1, 7, -4',
      'jeq r1, r2, +4',
      'call 0x207559bd',
      'callx r7',
      'exit',
      '.byte 255, 1, 2, 3, 4, 5, 6, 7',
    ]);
  });

  it('follows the version', () => {
    const call = text(encode(0x85, { src: 1, imm: -3 }), encode(0x8d, { dst: 4, src: 5, imm: 6 }));
    expect(disassemble(call, 3)).toEqual(['call -3', 'callx r4']);
    expect(disassemble(call, 2)[1]).toBe('callx r5');
    expect(disassemble(call, 1)[1]).toBe('callx r6');
  });

  it('takes any bytes', () => {
    expect(disassemble(Uint8Array.of(0x18, 0, 0, 0, 1, 0, 0, 0, 9), 0)).toEqual(['lddw r0, 0x1']);
    for (let code = 0; code < 256; code++) expect(disassemble(text(encode(code)), 2)).toHaveLength(1);
  });
});

describe('keys of calls', () => {
  it('are MurmurHash3', () => {
    expect(murmur3(new Uint8Array(0))).toBe(0);
    expect(syscallKey('abort')).toBe(0xb6fc1a11);
    expect(syscallKey('sol_log_')).toBe(0x207559bd);
    expect(syscallKey('entrypoint')).toBe(0x71e3cf81);
    expect(functionKey(0)).toBe(murmur3(new Uint8Array(8)));
    expect(functionKey(2 ** 33)).toBe(murmur3(Uint8Array.of(0, 0, 0, 0, 2, 0, 0, 0)));
  });
});
