import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressBytes, fromBase58, toBase58 } from '../src/host/base58.ts';
import { createLog } from '../src/host/log.ts';
import { describeUtf8Error } from '../src/host/utf8.ts';
import { PROGRAM, SYSVAR } from '../src/spec/addresses.ts';
import { allFeatures, FEATURES, mainnetFeatures } from '../src/spec/features.ts';
import { describeError, returnedError } from '../src/spec/instruction-errors.ts';

describe('base58', () => {
  it('goes both ways', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect([...fromBase58(toBase58(bytes))]).toEqual([...bytes]);
      }),
    );
    expect(toBase58(new TextEncoder().encode('Hello World!'))).toBe('2NEpo7TZRRrLZSi2U');
    expect(toBase58(new Uint8Array(32))).toBe(PROGRAM.system);
  });

  it('refuses other letters and lengths', () => {
    expect(() => fromBase58('0OIl')).toThrow(expect.objectContaining({ code: 'SVM_INVALID_BASE58' }));
    expect(() => addressBytes('abc')).toThrow(expect.objectContaining({ code: 'SVM_INVALID_ADDRESS' }));
    expect(() => addressBytes('1'.repeat(45))).toThrow(
      expect.objectContaining({ code: 'SVM_INVALID_ADDRESS' }),
    );
    for (const address of [...Object.values(PROGRAM), ...Object.values(SYSVAR)]) {
      expect(toBase58(addressBytes(address))).toBe(address);
    }
  });
});

describe('log', () => {
  it('is cut once', () => {
    const log = createLog(10);
    for (const line of ['12345', '6789', 'a', 'b']) log.write(line);
    expect(log.lines).toEqual(['12345', '6789', 'Log truncated']);
  });

  it('counts bytes, not characters', () => {
    const log = createLog(4);
    log.write('ää');
    expect(log.lines).toEqual(['Log truncated']);
  });
});

describe('malformed UTF-8', () => {
  it.each([
    [[0x61, 0xff], 'invalid utf-8 sequence of 1 bytes from index 1'],
    [[0xc3], 'incomplete utf-8 byte sequence from index 0'],
    [[0xe2, 0x82, 0x41], 'invalid utf-8 sequence of 2 bytes from index 0'],
    [[0xed, 0xa0, 0x80], 'invalid utf-8 sequence of 1 bytes from index 0'],
    [[0xf0, 0x80, 0x80, 0x80], 'invalid utf-8 sequence of 1 bytes from index 0'],
    [[0xf4, 0x90, 0x80, 0x80], 'invalid utf-8 sequence of 1 bytes from index 0'],
    [[0xc3, 0xa4, 0x80], 'invalid utf-8 sequence of 1 bytes from index 2'],
  ])('%j', (bytes, text) => {
    expect(describeUtf8Error(Uint8Array.from(bytes))).toBe(text);
  });

  it('is found wherever the decoder finds it', () => {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
        let isValid = true;
        try {
          decoder.decode(bytes);
        } catch {
          isValid = false;
        }
        expect(describeUtf8Error(bytes) === '').toBe(isValid);
      }),
    );
  });
});

describe('features', () => {
  it('are 292 with names and addresses of their own', () => {
    expect(FEATURES).toHaveLength(292);
    expect(new Set(FEATURES.map(([name]) => name)).size).toBe(292);
    expect(new Set(FEATURES.map(([, address]) => address)).size).toBe(292);
    for (const [, address] of FEATURES) expect(addressBytes(address)).toHaveLength(32);
  });

  it('are active from their slot on', () => {
    expect(mainnetFeatures(425_952_003).has('enable_bls12_381_syscall')).toBe(false);
    expect(mainnetFeatures(425_952_004).has('enable_bls12_381_syscall')).toBe(true);
    expect(mainnetFeatures().has('enable_big_mod_exp_syscall')).toBe(false);
    expect(allFeatures().size).toBe(292);
  });
});

describe('results of programs', () => {
  it.each([
    [0n, undefined],
    [42n, { Custom: 42 }],
    [1n << 32n, { Custom: 0 }],
    [2n << 32n, 'InvalidArgument'],
    [26n << 32n, 'IncorrectAuthority'],
    [27n << 32n, 'InvalidError'],
    [(2n << 32n) | 1n, 'InvalidError'],
  ])('%s', (r0, error) => {
    expect(returnedError(r0)).toEqual(error);
  });

  it('have a text', () => {
    expect(describeError({ Custom: 6022 })).toBe('custom program error: 0x1786');
    expect(describeError('InvalidArgument')).toBe('invalid program argument');
    expect(describeError('Unheard')).toBe('Unheard');
  });
});
