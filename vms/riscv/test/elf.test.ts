import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseElf } from '../src/code/elf.ts';
import { instructionBytes, type SegmentContent, writeElf } from '../src/code/write-elf.ts';
import { programElf, TEXT_ADDRESS } from './support/elf.ts';
import { codeOf } from './support/run.ts';

const text = (address: number, words: number, flags = 5): SegmentContent => ({
  address,
  bytes: instructionBytes(Array.from({ length: words }, () => 0x13)),
  flags,
});

describe.each([32, 64] as const)('program files of RV%i', (xlen) => {
  const valid = programElf(
    xlen,
    [0x13, 0x73],
    [{ address: 0x2_0000, bytes: Uint8Array.of(1, 2), size: 100, flags: 6 }],
  );
  /** The valid file with a byte changed. */
  const changed = (offset: number, value: number): Uint8Array => {
    const copy = valid.slice();
    copy[offset] = value;
    return copy;
  };

  it('gives segments in order, with what the file has and what memory needs', () => {
    const { segments, entry, ...elf } = parseElf(valid);
    expect(elf.xlen).toBe(xlen);
    expect(entry).toBe(TEXT_ADDRESS);
    expect(segments).toEqual([
      {
        address: TEXT_ADDRESS,
        bytes: instructionBytes([0x13, 0x73]),
        size: 8,
        isExecutable: true,
        isWritable: false,
      },
      { address: 0x2_0000, bytes: Uint8Array.of(1, 2), size: 100, isExecutable: false, isWritable: true },
    ]);
  });

  it('sorts segments and leaves out empty ones', () => {
    const elf = writeElf(xlen, [text(0x3000, 4, 6), text(0x5000, 0, 4), text(0x1000, 4)], 0x1004);
    expect(parseElf(elf).segments.map(({ address }) => address)).toEqual([0x1000, 0x3000]);
  });

  it.each([
    ['the magic number', 0, 0x7e],
    ['the class', 4, 3],
    ['big-endian data', 5, 2],
    ['the identification’s version', 6, 0],
    ['a shared object', 16, 3],
    ['another machine', 18, 62],
    ['the file’s version', 20, 2],
    ['the size of program headers', xlen === 64 ? 54 : 42, 40],
  ])('refuses %s', (_, offset, value) => {
    expect(codeOf(() => parseElf(changed(offset, value)))).toBe('RISCV_ELF_FIELD');
  });

  it('refuses more program headers than anyone has, and ones beyond the end', () => {
    const at = xlen === 64 ? 57 : 45;
    expect(codeOf(() => parseElf(changed(at, 0xff)))).toBe('RISCV_ELF_FIELD');
    expect(codeOf(() => parseElf(changed(at, 1)))).toBe('RISCV_ELF_TRUNCATED');
  });

  it('refuses a file that is cut anywhere', () => {
    for (let length = 0; length < valid.length; length++) {
      expect(
        codeOf(() => parseElf(valid.subarray(0, length))),
        String(length),
      ).toBe('RISCV_ELF_TRUNCATED');
    }
  });

  it('refuses segments that overlap', () => {
    const elf = writeElf(xlen, [text(0x1000, 4), text(0x100c, 4, 6)], 0x1000);
    expect(codeOf(() => parseElf(elf))).toBe('RISCV_ELF_SEGMENT');
    expect(
      codeOf(() => parseElf(writeElf(xlen, [text(0x1000, 4), text(0x1010, 4, 6)], 0x1000))),
    ).toBeUndefined();
  });

  it('refuses a segment that is larger in the file than in memory', () => {
    const elf = writeElf(xlen, [{ ...text(0x1000, 4), size: 12 }], 0x1000);
    expect(codeOf(() => parseElf(elf))).toBe('RISCV_ELF_SEGMENT');
  });

  it('takes a segment up to 4 GiB and none beyond', () => {
    const ending = (size: number): Uint8Array =>
      writeElf(xlen, [text(0x1000, 4), { ...text(0xfffffff0, 2, 6), size }], 0x1000);
    expect(codeOf(() => parseElf(ending(16)))).toBeUndefined();
    expect(codeOf(() => parseElf(ending(17)))).toBe('RISCV_ELF_SEGMENT');
  });

  it.each([
    ['is not aligned', 0x1002],
    ['is behind the code', 0x1010],
    ['is in data', 0x3000],
    ['is nowhere', 0],
  ])('refuses an entry point that %s', (_, entry) => {
    const elf = writeElf(xlen, [text(0x1000, 4), text(0x3000, 4, 6)], entry);
    expect(codeOf(() => parseElf(elf))).toBe('RISCV_ELF_ENTRY');
  });

  it('is total on damaged files', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(valid.length - 1), fc.integer({ min: 0, max: 255 })), {
          minLength: 1,
          maxLength: 6,
        }),
        (changes) => {
          const damaged = valid.slice();
          for (const [offset, value] of changes) damaged[offset] = value;
          const code = codeOf(() => parseElf(damaged));
          expect(code === undefined || code.startsWith('RISCV_ELF_')).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('any bytes', () => {
  it('are a program or a typed error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(codeOf(() => parseElf(bytes))).toMatch(/^RISCV_ELF_/);
      }),
    );
  });

  it('refuses addresses of RV64 that do not fit', () => {
    const elf = programElf(64, [0x73]);
    elf[64 + 16 + 4] = 1;
    expect(codeOf(() => parseElf(elf))).toBe('RISCV_ELF_FIELD');
  });

  it('refuses files above the limit without reading them', () => {
    expect(codeOf(() => parseElf(new Uint8Array(2 ** 26 + 1)))).toBe('RISCV_ELF_TOO_LARGE');
  });
});
