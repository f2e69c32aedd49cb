import { isNinefoldError } from '@ninefold/base';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ALL_SCRIPT_FLAGS,
  CONSENSUS_FLAGS,
  fillScriptFlags,
  formatScriptFlags,
  parseScriptFlags,
  requireConsistentFlags,
  SCRIPT_FLAGS,
  STANDARD_FLAGS,
  trimScriptFlags,
} from '../src/spec/flags.ts';
import { isDisabledOpcode, isSuccessOpcode, OP, opcodeInfo, OPCODES } from '../src/spec/opcodes.ts';

const anyFlags = fc.integer({ min: 0, max: ALL_SCRIPT_FLAGS });

const codeOf = (action: () => unknown): string | undefined => {
  try {
    action();
  } catch (error) {
    return isNinefoldError(error) ? error.code : String(error);
  }
  return undefined;
};

describe('opcodes', () => {
  it('are one entry a code, ascending', () => {
    for (let i = 1; i < OPCODES.length; i++) {
      expect(OPCODES[i]!.code).toBeGreaterThan(OPCODES[i - 1]!.code);
    }
    expect(new Set(OPCODES.map(({ name }) => name)).size).toBe(OPCODES.length);
  });

  it('are found by code and by name', () => {
    expect(OP.OP_CHECKSIGADD).toBe(0xba);
    expect(opcodeInfo(OP.OP_DUP)).toMatchObject({ name: 'OP_DUP', group: 'stack' });
    expect(opcodeInfo(0x4b)).toBeUndefined();
    expect(opcodeInfo(0xbb)).toBeUndefined();
  });

  it('leave no gap from OP_PUSHDATA1 to OP_CHECKSIGADD', () => {
    for (let code = 0x4c; code <= 0xba; code++) expect(opcodeInfo(code)?.code).toBe(code);
  });

  it('disabled: the fifteen of 2010', () => {
    expect(OPCODES.filter(({ code }) => isDisabledOpcode(code))).toHaveLength(15);
  });

  it('success: 87 codes, among them all disabled ones, none that means something', () => {
    const codes = Array.from({ length: 256 }, (_, code) => code).filter(isSuccessOpcode);
    expect(codes).toHaveLength(87);
    for (const { code, group } of OPCODES) {
      if (group === 'disabled') expect(isSuccessOpcode(code)).toBe(true);
      else if (group !== 'reserved') expect(isSuccessOpcode(code)).toBe(false);
    }
    expect(isSuccessOpcode(0xff)).toBe(false);
  });
});

describe('flags', () => {
  it('are distinct bits', () => {
    const bits = Object.values(SCRIPT_FLAGS);
    expect(new Set(bits).size).toBe(bits.length);
    expect(ALL_SCRIPT_FLAGS | SCRIPT_FLAGS.REDUCED_DATA).toBe(2 ** bits.length - 1);
    expect(ALL_SCRIPT_FLAGS & SCRIPT_FLAGS.REDUCED_DATA).toBe(0);
  });

  it('consensus is part of the standard', () => {
    expect(CONSENSUS_FLAGS & ~STANDARD_FLAGS).toBe(0);
    expect(formatScriptFlags(CONSENSUS_FLAGS)).toBe(
      'P2SH,DERSIG,NULLDUMMY,CHECKLOCKTIMEVERIFY,CHECKSEQUENCEVERIFY,WITNESS,TAPROOT',
    );
  });

  it('text round trip', () => {
    fc.assert(
      fc.property(anyFlags, (flags) => {
        expect(parseScriptFlags(formatScriptFlags(flags))).toBe(flags);
      }),
    );
    expect(parseScriptFlags('NONE')).toBe(0);
    expect(codeOf(() => parseScriptFlags('P2SH,p2sh'))).toBe('SCRIPT_UNKNOWN_FLAG');
    expect(codeOf(() => parseScriptFlags('toString'))).toBe('SCRIPT_UNKNOWN_FLAG');
  });

  it('filled and trimmed flags are consistent, and no more than needed', () => {
    fc.assert(
      fc.property(anyFlags, (flags) => {
        const filled = fillScriptFlags(flags);
        const trimmed = trimScriptFlags(flags);
        requireConsistentFlags(filled);
        requireConsistentFlags(trimmed);
        expect(filled & flags).toBe(flags);
        expect(trimmed & ~flags).toBe(0);
        expect(fillScriptFlags(filled)).toBe(filled);
        expect(trimScriptFlags(trimmed)).toBe(trimmed);
      }),
    );
  });

  it('inconsistent ones are refused', () => {
    for (const text of ['WITNESS', 'CLEANSTACK', 'P2SH,CLEANSTACK']) {
      expect(codeOf(() => requireConsistentFlags(parseScriptFlags(text)))).toBe('SCRIPT_INCONSISTENT_FLAGS');
    }
  });
});
