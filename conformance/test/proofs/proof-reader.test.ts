import { describe, expect, it } from 'vitest';
import { alterations } from '../../src/proofs/plonky3/alterations.ts';
import { readCircleProof } from '../../src/proofs/plonky3/circle.ts';
import { createExtension } from '../../src/proofs/plonky3/extension.ts';
import { PostcardReader } from '../../src/proofs/plonky3/postcard.ts';
import { ProofReader } from '../../src/proofs/plonky3/proof.ts';

const read = (...bytes: number[]): PostcardReader => new PostcardReader(Uint8Array.from(bytes));

describe('postcard', () => {
  it('has integers of seven bits a byte', () => {
    expect(read(0).integer()).toBe(0);
    expect(read(127).integer()).toBe(127);
    expect(read(0x80, 1).integer()).toBe(128);
    expect(read(0xe5, 0x8e, 0x26).integer()).toBe(624485);
    expect(() => read(0x80).integer()).toThrow(RangeError);
    expect(() => read(...new Array<number>(11).fill(0x80), 1).integer()).toThrow(RangeError);
  });

  it('has lists, options and a definite end', () => {
    const list = read(2, 5, 6);
    expect(list.list(() => list.integer())).toEqual([5, 6]);
    list.end();
    const option = read(1, 7, 0);
    expect(option.option(() => option.integer())).toBe(7);
    expect(option.option(() => option.integer())).toBeUndefined();
    expect(() => read(2).option(() => 0)).toThrow(RangeError);
    expect(() => read(1).end()).toThrow(RangeError);
  });

  it('does not believe a length', () => {
    const long = read(0xff, 0xff, 0xff, 0xff, 0x0f, 1);
    expect(() => long.list(() => long.integer())).toThrow(RangeError);
    expect(() => read(1, 2).bytes(3)).toThrow(RangeError);
  });
});

describe('a proof', () => {
  const format = {
    field: createExtension(2 ** 31 - 1, 3, 5),
    word: (raw: number): number => raw,
    digest: (from: ProofReader<number>): number => from.word(),
  };
  const reader = (...bytes: number[]): ProofReader<number> => new ProofReader(Uint8Array.from(bytes), format);

  it('has canonical words', () => {
    expect(reader(0xfe, 0xff, 0xff, 0x7f).word()).toBe(2 ** 31 - 2);
    expect(() => reader(0xff, 0xff, 0xff, 0x7f).word()).toThrow(RangeError);
    expect(() => reader(0, 0, 0, 0x80).word()).toThrow(RangeError);
  });

  it('has commitments of one root', () => {
    expect(reader(1, 9, 0, 0, 0).root()).toBe(9);
    expect(() => reader(0).root()).toThrow(RangeError);
    expect(() => reader(2, 1, 0, 0, 0, 2, 0, 0, 0).root()).toThrow(RangeError);
  });

  it('has no parts for hiding and no preprocessed columns', () => {
    const roots = [1, 1, 0, 0, 0, 1, 2, 0, 0, 0];
    const opened = reader(...roots, 0, 0, 1, 0, 0, 0, 0, 0).openedValues();
    expect(opened).toEqual({ traceRoot: 1, quotientRoot: 2, local: [], next: [], chunks: [] });
    expect(() => reader(...roots, 1, 1, 3, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0).openedValues()).toThrow(RangeError);
    expect(() => reader(...roots, 0, 0, 0, 1, 0, 0, 0, 0).openedValues()).toThrow(RangeError);
  });

  it('is not read from other bytes', () => {
    for (const bytes of [new Uint8Array(), new Uint8Array(5000), new Uint8Array(5000).fill(255)]) {
      expect(() => readCircleProof(bytes)).toThrow(RangeError);
    }
  });
});

describe('alterations', () => {
  it('change each number, byte and list', () => {
    const value = { a: 1, b: [[2], [3]], c: Uint8Array.of(8) };
    expect([...alterations(value)].map(([path]) => path)).toEqual([
      '.a + 1',
      '.b[0][0] + 1',
      '.b[0] less the last',
      '.b[0] the last twice',
      '.b[1][0] + 1',
      '.b[1] less the last',
      '.b[1] the last twice',
      '.b[0] and [1]',
      '.b less the last',
      '.b the last twice',
      '.c[0]',
    ]);
    for (const [, altered] of alterations(value)) expect(altered).not.toEqual(value);
    expect(value).toEqual({ a: 1, b: [[2], [3]], c: Uint8Array.of(8) });
  });
});
