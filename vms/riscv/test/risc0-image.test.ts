import { type Bytes, bytesToHex, concatBytes, utf8ToBytes } from '@ninefold/base';
import { sha256 } from '@ninefold/crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isR0bf, parseR0bf } from '../src/code/r0bf.ts';
import { risc0ImageId, taggedStruct } from '../src/host/risc0-image.ts';
import { assemble } from './support/assemble.ts';
import { instructionBytes, writeElf } from '../src/code/write-elf.ts';
import { codeOf } from './support/run.ts';

const u32 = (value: number): Bytes => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
};

const elf = (address: number, words: readonly number[]): Uint8Array =>
  writeElf(32, [{ address, bytes: instructionBytes(words), flags: 5 }], address);

const container = (user: Bytes, kernel: Bytes, header: Bytes = new Uint8Array(16)): Bytes =>
  concatBytes(utf8ToBytes('R0BF'), u32(1), u32(header.length), header, u32(user.length), user, kernel);

const user = elf(0x20_0800, assemble(32, 'addi a0, zero, 1\necall'));
const kernel = elf(0xc000_0000, assemble(32, 'mret'));

describe('the container', () => {
  it('holds two programs, whatever its header says', () => {
    for (const header of [new Uint8Array(0), utf8ToBytes('anything')]) {
      const file = container(user, kernel, header);
      expect(isR0bf(file)).toBe(true);
      expect(parseR0bf(file)).toEqual({ user, kernel });
    }
  });

  it('is refused when it is cut, of another version, or has no kernel', () => {
    const file = container(user, kernel);
    for (const length of [0, 3, 4, 8, 11, 20, 31, 40, file.length - kernel.length])
      expect(codeOf(() => parseR0bf(file.subarray(0, length)))).toBe('RISCV_R0BF_INVALID');
    const other = file.slice();
    other[4] = 2;
    expect(codeOf(() => parseR0bf(other))).toBe('RISCV_R0BF_INVALID');
    expect(isR0bf(user)).toBe(false);
  });

  it('is total', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const file = concatBytes(utf8ToBytes('R0BF'), bytes);
        const code = codeOf(() => parseR0bf(file));
        expect(code === undefined || code === 'RISCV_R0BF_INVALID').toBe(true);
      }),
    );
  });
});

describe('the ImageID', () => {
  const id = bytesToHex(risc0ImageId(container(user, kernel)));

  it('changes with any word of either program and with either entry', () => {
    const others = [
      container(elf(0x20_0800, assemble(32, 'addi a0, zero, 2\necall')), kernel),
      container(elf(0x20_0804, assemble(32, 'addi a0, zero, 1\necall')), kernel),
      container(user, elf(0xc000_0000, assemble(32, 'wfi'))),
      container(user, elf(0xc000_0004, assemble(32, 'mret'))),
    ];
    const ids = new Set([id, ...others.map((file) => bytesToHex(risc0ImageId(file)))]);
    expect(ids.size).toBe(others.length + 1);
  });

  it('does not depend on the header or on zeros that are written out', () => {
    const padded = elf(0x20_0800, [...assemble(32, 'addi a0, zero, 1\necall'), 0, 0]);
    expect(bytesToHex(risc0ImageId(container(padded, kernel, utf8ToBytes('x'))))).toBe(id);
  });

  it('is of 32 bytes and refuses what is no program', () => {
    expect(id).toHaveLength(66);
    expect(codeOf(() => risc0ImageId(container(new Uint8Array(60), kernel)))).toBe('RISCV_ELF_FIELD');
    expect(codeOf(() => risc0ImageId(user))).toBe('RISCV_R0BF_INVALID');
  });
});

describe('tagged structures', () => {
  it('hash the tag, the digests, the words and how many digests there are', () => {
    const digest = sha256(utf8ToBytes('a'));
    const expected = sha256(
      concatBytes(sha256(utf8ToBytes('tag')), digest, u32(7), u32(9), Uint8Array.of(1, 0)),
    );
    expect(taggedStruct('tag', [digest], [7, 9])).toEqual(expected);
  });
});
