import { hexToBytes } from '@ninefold/base';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeSourceMap, disassemble, SourceLevel } from '../../src/index.ts';

describe('source maps of solc', () => {
  it('repeat what is left out', () => {
    expect(decodeSourceMap('1:2:0:-;;:9;5:::i;::-1:o:3')).toEqual([
      { start: 1, length: 2, file: 0, jump: '-' },
      { start: 1, length: 2, file: 0, jump: '-' },
      { start: 1, length: 9, file: 0, jump: '-' },
      { start: 5, length: 9, file: 0, jump: 'i' },
      { start: 5, length: 9, file: -1, jump: 'o' },
    ]);
    expect(decodeSourceMap('')).toEqual([]);
  });

  it('are read whatever stands in them', () => {
    fc.assert(fc.property(fc.string(), (text) => Array.isArray(decodeSourceMap(text))));
    expect(decodeSourceMap('x:y:z:q')).toEqual([{ start: 0, length: 0, file: -1, jump: '-' }]);
  });
});

describe('the source level', () => {
  const text = 'contract A {\n  function f(uint a) public {\n    b = a * 2 + 1;\n  }\n}\n';
  const expression = text.indexOf('a * 2');
  const definition = text.indexOf('function f');
  const code = hexToBytes('0x6001600202005b');
  const map = `${expression}:9:3:-;${expression}:5:3;;99999:4:3;${definition}:${text.lastIndexOf('}\n}') - definition + 1}:3`;
  const level = new SourceLevel(
    decodeSourceMap(map),
    disassemble(code, 'osaka'),
    new Map([[3, { path: 'A.sol', text }]]),
  );

  it('finds lines, expressions and functions', () => {
    expect(level.files.map(({ path }) => path)).toEqual(['A.sol']);
    expect(level.placeAt(0)).toEqual({ file: 0, line: 3, endLine: 3 });
    expect(level.expressionAt(0)).toBe('a * 2 + 1');
    expect(level.expressionAt(2)).toBe('a * 2');
    expect(level.placeAt(6)).toMatchObject({ line: 2, endLine: 4 });
    expect(level.functionAt(6)).toBe('f');
    expect(level.functionAt(0)).toBeUndefined();
  });

  it('tells nothing of what lies outside, between instructions or in no source', () => {
    expect(level.placeAt(5)).toBeUndefined();
    expect(level.placeAt(1)).toBeUndefined();
    expect(level.entryAt(77)).toBeUndefined();
    const other = new SourceLevel(decodeSourceMap('0:1:9:-'), disassemble(code, 'osaka'), new Map());
    expect(other.placeAt(0)).toBeUndefined();
    expect(other.textAt(0)).toBeUndefined();
  });
});

it('instructions follow their immediates; those cut off are read all the same', () => {
  expect(disassemble(hexToBytes('0x60ff7f11'), 'osaka')).toEqual([
    { pc: 0, opcode: 0x60, mnemonic: 'PUSH1', immediate: '0xff' },
    { pc: 2, opcode: 0x7f, mnemonic: 'PUSH32', immediate: '0x11' },
  ]);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (code) => {
      const list = disassemble(code, 'osaka');
      for (const [i, { pc, immediate }] of list.entries()) {
        const next = list[i + 1]?.pc ?? code.length;
        expect(next).toBe(Math.min(code.length, pc + 1 + Math.max(0, immediate.length / 2 - 1)));
      }
    }),
  );
});
