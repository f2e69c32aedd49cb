import { concatBytes, hexToBytes, utf8ToBytes } from '@ninefold/base';
import { sha256 } from '@ninefold/crypto';
import { encodeTransaction, plainInput, type Transaction } from '@ninefold/vm-bitcoin-script';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PSBT_FIELDS, psbtField } from '../src/psbt/fields.ts';
import {
  decodePsbt,
  encodePsbt,
  type Psbt,
  type PsbtEntry,
  psbtLocktime,
  psbtTransaction,
  psbtValue,
} from '../src/psbt/psbt.ts';
import { codeOf } from './support.ts';

const EMPTY = new Uint8Array(0);
const u32 = (value: number): Uint8Array => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
};
const entry = (type: number, value: Uint8Array, key: Uint8Array = EMPTY): PsbtEntry => ({ type, key, value });
const tx: Transaction = {
  version: 2,
  inputs: [plainInput({ txid: new Uint8Array(32).fill(3), vout: 1 })],
  outputs: [{ value: 5n, scriptPubKey: Uint8Array.of(0x51) }],
  locktime: 7,
};
const zero: Psbt = {
  version: 0,
  global: [entry(0x00, encodeTransaction(tx, { witness: false }))],
  inputs: [[]],
  outputs: [[]],
};
const input = (...more: readonly PsbtEntry[]): readonly PsbtEntry[] => [
  entry(0x0e, new Uint8Array(32).fill(3)),
  entry(0x0f, u32(1)),
  ...more,
];
const two = (inputs: readonly (readonly PsbtEntry[])[], ...global: readonly PsbtEntry[]): Psbt => ({
  version: 2,
  global: [
    entry(0xfb, u32(2)),
    entry(0x02, u32(2)),
    entry(0x04, Uint8Array.of(inputs.length)),
    entry(0x05, Uint8Array.of(1)),
    ...global,
  ],
  inputs,
  outputs: [[entry(0x03, concatBytes(u32(5), u32(0))), entry(0x04, Uint8Array.of(0x51))]],
});
/** What decoding says of a PSBT that was put together by hand. */
const verdict = (psbt: Psbt): string => codeOf(() => decodePsbt(encodePsbt(psbt))) ?? 'OK';
const withInput = (...entries: readonly PsbtEntry[]): Psbt => ({ ...zero, inputs: [entries] });

describe('the table of fields', () => {
  it('has each type once, and finds it', () => {
    for (const scope of ['global', 'input', 'output'] as const) {
      const types = PSBT_FIELDS[scope].map(({ type }) => type);
      expect(new Set(types).size).toBe(types.length);
      for (const type of types) expect(psbtField(scope, type)?.type).toBe(type);
    }
    expect(psbtField('output', 0x99)).toBeUndefined();
  });
});

describe('decoding', () => {
  it('round trip of both versions, unknown fields kept', () => {
    const unknown = entry(0x1234, Uint8Array.of(9), Uint8Array.of(1, 2));
    for (const psbt of [zero, withInput(unknown), two([input(unknown)], unknown)]) {
      expect(decodePsbt(encodePsbt(psbt))).toEqual(psbt);
    }
  });

  it('both versions stand for the same transaction', () => {
    expect(psbtTransaction(zero)).toEqual(tx);
    expect(psbtTransaction(two([input()], entry(0x03, u32(7))))).toEqual(tx);
    const final = psbtTransaction(two([input(entry(0x10, u32(9)))]));
    expect(final.inputs[0]?.sequence).toBe(9);
  });

  it('refuses what is no PSBT', () => {
    expect(codeOf(() => decodePsbt(EMPTY))).toBe('PSBT_BAD_MAGIC');
    expect(codeOf(() => decodePsbt(utf8ToBytes('psbt!')))).toBe('PSBT_BAD_MAGIC');
    const bytes = encodePsbt(zero);
    for (let length = 5; length < bytes.length; length++) {
      expect(codeOf(() => decodePsbt(bytes.subarray(0, length)))).toMatch(/^(PSBT|WIRE|COMPACT_SIZE)_/);
    }
    expect(codeOf(() => decodePsbt(concatBytes(bytes, Uint8Array.of(0))))).toBe('WIRE_TRAILING_BYTES');
    expect(verdict({ ...zero, global: [...zero.global, entry(0xfb, u32(1))] })).toBe('PSBT_BAD_VERSION');
  });

  it('any damage gives an error of ours, or another PSBT', () => {
    const bytes = encodePsbt(two([input(entry(0x11, u32(1_700_000_000)))]));
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, byte) => {
        const damaged = bytes.slice();
        damaged[at] = byte;
        expect(codeOf(() => decodePsbt(damaged)) ?? 'PSBT_').toMatch(/^(PSBT|WIRE|COMPACT_SIZE|TX)_/);
      }),
    );
  });

  it('refuses a key twice, other data or not', () => {
    expect(verdict(withInput(entry(0x04, EMPTY), entry(0x04, Uint8Array.of(1))))).toBe('PSBT_DUPLICATE_KEY');
    const key = new Uint8Array(33).fill(2);
    const other = new Uint8Array(33).fill(3);
    expect(verdict(withInput(entry(0x02, key, key), entry(0x02, key, other)))).toBe('OK');
  });

  it('refuses fields of another version, and missing ones', () => {
    expect(verdict({ ...zero, global: [...zero.global, entry(0x02, u32(2))] })).toBe('PSBT_WRONG_VERSION');
    expect(verdict({ ...zero, global: [] })).toBe('PSBT_MISSING_FIELD');
    expect(verdict(two([[]]))).toBe('PSBT_MISSING_FIELD');
    expect(verdict(two([input()], ...zero.global))).toBe('PSBT_WRONG_VERSION');
  });

  it('refuses signed transactions as the unsigned one', () => {
    const inputs = tx.inputs.map((plain) => ({ ...plain, scriptSig: Uint8Array.of(0x51) }));
    const global = [entry(0x00, encodeTransaction({ ...tx, inputs }))];
    expect(verdict({ ...zero, global })).toBe('PSBT_BAD_FIELD');
  });

  it('checks forms of keys and values', () => {
    const preimage = Uint8Array.of(1, 2, 3);
    const good: readonly PsbtEntry[] = [
      entry(0x0b, preimage, sha256(preimage)),
      entry(0x01, concatBytes(new Uint8Array(8), Uint8Array.of(1, 0x51))),
      entry(0x13, new Uint8Array(64)),
      entry(0x15, Uint8Array.of(0xc0), new Uint8Array(65)),
      entry(0x16, hexToBytes(`0x00${'00'.repeat(8)}`), new Uint8Array(32)),
      entry(0x1b, new Uint8Array(66), new Uint8Array(98)),
      entry(0x08, hexToBytes('0x020101010a')),
    ];
    const bad: readonly PsbtEntry[] = [
      entry(0x0b, preimage, new Uint8Array(32)),
      entry(0x01, new Uint8Array(10)),
      entry(0x13, new Uint8Array(63)),
      entry(0x15, Uint8Array.of(0xc0), new Uint8Array(64)),
      entry(0x15, Uint8Array.of(0xc0), new Uint8Array(33 + 32 * 129)),
      entry(0x16, hexToBytes('0x0000'), new Uint8Array(32)),
      entry(0x1b, new Uint8Array(66), new Uint8Array(97)),
      entry(0x04, EMPTY, Uint8Array.of(1)),
      entry(0x02, preimage, new Uint8Array(32)),
    ];
    for (const item of good) expect(verdict(withInput(item)), `type ${item.type}`).toBe('OK');
    for (const item of bad)
      expect(verdict(withInput(item)), `type ${item.type}`).toMatch(/^(PSBT_BAD|WIRE_)/);
    const paths = new Uint8Array(78);
    paths[4] = 2;
    const xpub = (size: number) => ({
      ...zero,
      global: [...zero.global, entry(0x01, new Uint8Array(size), paths)],
    });
    expect(verdict(xpub(12))).toBe('OK');
    expect(verdict(xpub(8))).toBe('PSBT_BAD_FIELD');
  });

  it('finds values by type', () => {
    expect(psbtValue(input(), 0x0f)).toEqual(u32(1));
    expect(psbtValue(input(), 0x10)).toBeUndefined();
  });
});

describe('lock time', () => {
  const height = (value: number) => entry(0x12, u32(value));
  const time = (value: number) => entry(0x11, u32(value));

  it('the largest that serves all inputs, a height before a time', () => {
    expect(psbtLocktime(zero)).toBe(7);
    expect(psbtLocktime(two([input()]))).toBe(0);
    expect(psbtLocktime(two([input()], entry(0x03, u32(44))))).toBe(44);
    expect(psbtLocktime(two([input(height(10)), input(height(20)), input()]))).toBe(20);
    expect(psbtLocktime(two([input(height(10), time(1_600_000_000)), input(time(1_700_000_000))]))).toBe(
      1_700_000_000,
    );
    expect(psbtLocktime(two([input(height(10), time(1_600_000_000))]))).toBe(10);
    expect(codeOf(() => psbtLocktime(two([input(height(10)), input(time(1_600_000_000))])))).toBe(
      'PSBT_LOCKTIME_CONFLICT',
    );
  });

  it('heights and times are what they say', () => {
    for (const wrong of [height(0), height(500_000_000), time(499_999_999), entry(0x12, new Uint8Array(5))]) {
      expect(verdict(two([input(wrong)]))).toBe('PSBT_BAD_FIELD');
    }
    expect(verdict(two([input(height(1), time(500_000_000))]))).toBe('OK');
  });
});
