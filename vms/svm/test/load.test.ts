import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadProgram } from '../src/code/load.ts';
import { ENTRYPOINT_KEY, functionKey } from '../src/code/murmur3.ts';
import { verify } from '../src/code/verify.ts';
import { mainnetFeatures } from '../src/spec/features.ts';
import { enabledVersions } from '../src/spec/versions.ts';
import { encode, EXIT, PROGRAM_START } from './support/assemble.ts';
import { lenientElf, strictElf } from './support/elf.ts';

function codeOf(file: Uint8Array, options = {}): string | undefined {
  try {
    loadProgram(file, options);
    return undefined;
  } catch (error) {
    return (error as { readonly code: string }).code;
  }
}

const patched = (file: Uint8Array, at: number, ...bytes: number[]): Uint8Array => {
  const copy = file.slice();
  copy.set(bytes, at);
  return copy;
};

describe('strict files', () => {
  const plain = strictElf([encode(0xb7, { imm: 5 }), EXIT]);
  const withData = strictElf([EXIT, EXIT], [1, 2, 3, 4, 5, 6, 7, 8], 1);

  it('give code, data and entry', () => {
    const program = loadProgram(withData);
    expect(program.version).toBe(3);
    expect(program.entryPc).toBe(1);
    expect(program.textAddress).toBe(PROGRAM_START);
    expect([...program.readOnly]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(program.readOnlyAddress).toBe(0n);
    expect(loadProgram(plain).readOnly).toHaveLength(0);
  });

  it('have every field of the header fixed', () => {
    for (const at of [0, 4, 5, 6, 7, 8, 9, 15, 18, 20, 32, 52, 54]) {
      expect(codeOf(patched(plain, at, 0xee)), `byte ${at}`).toBe('SVM_ELF_FILE_HEADER');
    }
    expect(codeOf(patched(plain, 16, 2))).toBeUndefined();
    expect(codeOf(patched(plain, 40, 0xff))).toBeUndefined();
  });

  it('have every field of the segments fixed', () => {
    for (const at of [64, 68, 72, 80, 88, 96, 104]) {
      expect(codeOf(patched(plain, at, 0xee)), `byte ${at}`).toBe('SVM_ELF_PROGRAM_HEADER');
    }
  });

  it('enter at a whole instruction of the code', () => {
    expect(codeOf(patched(plain, 24, 4))).toBe('SVM_ELF_FILE_HEADER');
    expect(codeOf(patched(plain, 24, 16))).toBe('SVM_ELF_FILE_HEADER');
    expect(codeOf(patched(plain, 28, 0))).toBe('SVM_ELF_FILE_HEADER');
  });

  it('that begin with data need code behind it', () => {
    expect(codeOf(patched(withData, 56, 1))).toBe('SVM_ELF_FILE_HEADER');
  });
});

describe('lenient files', () => {
  it('turn relative calls into calls by key', () => {
    const program = loadProgram(lenientElf([encode(0x85, { imm: 1 }), EXIT, EXIT]));
    expect(program.functions.get(functionKey(2))).toBe(2);
    expect(program.functions.get(ENTRYPOINT_KEY)).toBe(0);
    expect(new DataView(program.text.slice().buffer).getUint32(4, true)).toBe(functionKey(2));
    expect(program.textAddress).toBe(PROGRAM_START + 64n);
  });

  it('show programs zeros in front of the code', () => {
    const { readOnly } = loadProgram(lenientElf([EXIT]));
    expect(readOnly).toHaveLength(72);
    expect(readOnly.subarray(0, 64).every((byte) => byte === 0)).toBe(true);
  });

  it('refuse calls out of the code and entries outside', () => {
    expect(codeOf(lenientElf([encode(0x85, { imm: 7 }), EXIT]))).toBe('SVM_ELF_RELATIVE_JUMP');
    expect(codeOf(lenientElf([EXIT], { entry: 1 }))).toBe('SVM_ELF_ENTRYPOINT_OUT_OF_BOUNDS');
    expect(codeOf(patched(lenientElf([EXIT, EXIT]), 24, 68))).toBe('SVM_ELF_ENTRYPOINT');
  });

  it('refuse functions whose key is a syscall', () => {
    const file = lenientElf([encode(0x85, { imm: 1 }), EXIT, EXIT]);
    expect(codeOf(file, { syscalls: new Set([functionKey(2)]) })).toBe('SVM_ELF_HASH_COLLISION');
  });

  it('name what is wrong in the header', () => {
    const file = lenientElf([EXIT]);
    expect(codeOf(patched(file, 7, 1))).toBe('SVM_ELF_ABI');
    expect(codeOf(patched(file, 18, 62))).toBe('SVM_ELF_MACHINE');
    expect(codeOf(patched(file, 16, 2))).toBe('SVM_ELF_TYPE');
    expect(codeOf(patched(file, 62, 9))).toBe('SVM_ELF_FILE_HEADER');
    expect(codeOf(patched(file, 62, 0))).toBe('SVM_ELF_NO_SECTION_NAMES');
  });
});

describe('versions', () => {
  it('run only where they are enabled', () => {
    expect(loadProgram(lenientElf([EXIT], { version: 2 })).version).toBe(2);
    expect(codeOf(lenientElf([EXIT], { version: 4 }))).toBe('SVM_ELF_VERSION');
    expect(codeOf(lenientElf([EXIT], { version: 1 }), { versions: [0, 3] })).toBe('SVM_ELF_VERSION');
    expect(codeOf(new Uint8Array(63))).toBe('SVM_ELF_OUT_OF_BOUNDS');
  });
});

describe('features', () => {
  it('say which versions run', () => {
    const v3 = 'enable_sbpf_v3_deployment_and_execution';
    expect(enabledVersions(new Set())).toEqual([0]);
    expect(enabledVersions(new Set(['enable_sbpf_v2_deployment_and_execution']))).toEqual([0, 1, 2]);
    expect(enabledVersions(mainnetFeatures())).toEqual([0, 1, 2, 3]);
    expect(enabledVersions(new Set([v3, 'disable_sbpf_v0_execution']))).toEqual([3]);
    const again = ['disable_sbpf_v0_execution', 'reenable_sbpf_v0_execution'];
    expect(enabledVersions(new Set([v3, ...again]))).toEqual([0, 1, 2, 3]);
  });
});

describe('hostile files', () => {
  it('are loaded or refused with a code', () => {
    const bases = [strictElf([EXIT], [0, 0, 0, 0, 0, 0, 0, 0]), lenientElf([encode(0x85, { imm: 0 }), EXIT])];
    const patch = fc.tuple(fc.nat(400), fc.uint8Array({ minLength: 1, maxLength: 8 }));
    fc.assert(
      fc.property(fc.constantFrom(...bases), fc.array(patch, { maxLength: 4 }), (base, patches) => {
        const file = base.slice();
        for (const [at, bytes] of patches) {
          if (at + bytes.length <= file.length) file.set(bytes, at);
        }
        try {
          verify(loadProgram(file));
        } catch (error) {
          expect((error as { readonly code?: string }).code).toMatch(/^SVM_(ELF|VERIFY)_/);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('may be any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(codeOf(bytes)).toMatch(/^SVM_ELF_/);
      }),
    );
  });
});
