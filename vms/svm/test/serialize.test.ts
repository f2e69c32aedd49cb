import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  inputLayout,
  type InputLayout,
  type SerializedAccount,
  serializeInput,
} from '../src/host/serialize.ts';
import { INPUT } from './support/assemble.ts';

const PLAIN: InputLayout = {
  isUnaligned: false,
  splitsRegions: false,
  mapsData: false,
  hasPointers: false,
  masksRentEpoch: false,
};
const key = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

const account = (more: Partial<SerializedAccount> = {}): SerializedAccount => ({
  key: key(1),
  lamports: 7n,
  data: Uint8Array.of(9, 8, 7),
  owner: key(2),
  isExecutable: false,
  rentEpoch: 5n,
  isSigner: true,
  isWritable: false,
  isDataChangeable: false,
  ...more,
});

describe('program input', () => {
  it('is aligned, with room to grow', () => {
    const input = serializeInput([account(), { duplicateOf: 0 }], Uint8Array.of(1, 2), key(3), PLAIN);
    const view = new DataView(input.buffer.buffer);
    expect(view.getBigUint64(0, true)).toBe(2n);
    expect([...input.buffer.subarray(8, 12)]).toEqual([255, 1, 0, 0]);
    expect(input.accounts[0]).toMatchObject({
      originalLength: 3,
      account: INPUT + 8n,
      key: INPUT + 16n,
      owner: INPUT + 48n,
      lamports: INPUT + 80n,
      data: INPUT + 96n,
    });
    expect(input.accounts[1]).toBe(input.accounts[0]);
    expect(view.getBigUint64(88, true)).toBe(3n);
    const rentEpoch = 96 + 3 + 10_240 + 5;
    expect(view.getBigUint64(rentEpoch, true)).toBe(5n);
    expect(input.instructionData).toBe(INPUT + BigInt(rentEpoch + 8 + 8 + 8));
    expect(input.buffer).toHaveLength(rentEpoch + 8 + 8 + 8 + 2 + 32);
    expect(input.regions).toHaveLength(1);
  });

  it('is packed for programs of the first loader', () => {
    const layout = { ...PLAIN, isUnaligned: true, masksRentEpoch: true };
    const input = serializeInput([account(), { duplicateOf: 0 }], new Uint8Array(0), key(3), layout);
    expect(input.buffer).toHaveLength(8 + 3 + 32 + 8 + 8 + 3 + 32 + 1 + 8 + 1 + 8 + 32);
    expect(input.accounts[0]?.account).toBe(0n);
    expect(input.accounts[0]?.owner).toBe(INPUT + 62n);
    expect([...input.buffer.subarray(95, 103)]).toEqual(Array.from({ length: 8 }, () => 255));
  });

  it('maps data as regions of their own', () => {
    const data = Uint8Array.of(1, 2, 3, 4);
    const layout = { ...PLAIN, splitsRegions: true, mapsData: true };
    const { regions } = serializeInput([account({ data, isDataChangeable: true })], data, key(3), layout);
    expect(regions.map(({ isWritable }) => isWritable)).toEqual([true, true, true]);
    expect(regions[1]?.bytes).toBe(data);
    expect(regions[2]?.address).toBe(INPUT + 96n + 4n + 10_240n);
    expect(regions[2]?.bytes.length).toBe(4 + 8 + 8 + 4 + 32);
  });

  it('ends with pointers where programs get them', () => {
    const layout = { ...PLAIN, hasPointers: true };
    const { buffer } = serializeInput([account(), { duplicateOf: 0 }], Uint8Array.of(1), key(3), layout);
    const view = new DataView(buffer.buffer, buffer.byteOffset);
    expect(view.getBigUint64(buffer.length - 16, true)).toBe(INPUT + 8n);
    expect(view.getBigUint64(buffer.length - 8, true)).toBe(INPUT + 8n);
  });

  it('follows the features', () => {
    const [split, mapped] = ['virtual_address_space_adjustments', 'account_data_direct_mapping'] as const;
    expect(inputLayout(new Set([split]), false)).toEqual({ ...PLAIN, splitsRegions: true });
    expect(inputLayout(new Set([split, mapped]), false).mapsData).toBe(true);
    expect(inputLayout(new Set([mapped]), false).mapsData).toBe(false);
    expect(inputLayout(new Set(['direct_account_pointers_in_program_input']), true).hasPointers).toBe(false);
    expect(inputLayout(new Set(), true)).toEqual({ ...PLAIN, isUnaligned: true });
  });
});

describe('what a program reads', () => {
  const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
  const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  const anyAccount: fc.Arbitrary<SerializedAccount> = fc.record({
    key: bytes32,
    lamports: u64,
    data: fc.uint8Array({ maxLength: 40 }),
    owner: bytes32,
    isExecutable: fc.boolean(),
    rentEpoch: u64,
    isSigner: fc.boolean(),
    isWritable: fc.boolean(),
    isDataChangeable: fc.boolean(),
  });
  type Read = Omit<SerializedAccount, 'isDataChangeable'> | { readonly duplicateOf: number };

  /** Reads an input as the entry points of programs do. */
  function read(
    input: Uint8Array,
    isUnaligned: boolean,
  ): { accounts: Read[]; data: Uint8Array; program: Uint8Array } {
    const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
    let at = 0;
    const take = (length: number): Uint8Array => input.slice(at, (at += length));
    const word = (): bigint => view.getBigUint64((at += 8) - 8, true);
    const bit = (): boolean => take(1)[0] === 1;
    const accounts: Read[] = [];
    const count = Number(word());
    for (let i = 0; i < count; i++) {
      const marker = take(1)[0]!;
      if (marker !== 255) {
        accounts.push({ duplicateOf: marker });
        if (!isUnaligned) at += 7;
        continue;
      }
      const [isSigner, isWritable] = [bit(), bit()];
      if (isUnaligned) {
        const [key, lamports] = [take(32), word()];
        const data = take(Number(word()));
        const [owner, isExecutable, rentEpoch] = [take(32), bit(), word()];
        accounts.push({ key, lamports, data, owner, isExecutable, rentEpoch, isSigner, isWritable });
        continue;
      }
      const isExecutable = bit();
      at += 4;
      const [key, owner, lamports] = [take(32), take(32), word()];
      const data = take(Number(word()));
      at = Math.ceil((at + 10_240) / 8) * 8;
      accounts.push({
        key,
        lamports,
        data,
        owner,
        isExecutable,
        rentEpoch: word(),
        isSigner,
        isWritable,
      });
    }
    const data = take(Number(word()));
    const program = take(32);
    expect(at).toBe(input.length);
    return { accounts, data, program };
  }

  it.each([false, true])('is what was laid out (unaligned: %s)', (isUnaligned) => {
    fc.assert(
      fc.property(
        fc.array(anyAccount, { maxLength: 4 }),
        fc.array(fc.nat(), { maxLength: 3 }),
        fc.uint8Array({ maxLength: 20 }),
        bytes32,
        (accounts, duplicates, data, program) => {
          const again =
            accounts.length === 0 ? [] : duplicates.map((n) => ({ duplicateOf: n % accounts.length }));
          const inputs = [...accounts, ...again];
          const input = serializeInput(inputs, data, program, { ...PLAIN, isUnaligned });
          const expected = inputs.map((account) => {
            if ('duplicateOf' in account) return account;
            const { isDataChangeable: _, ...visible } = account;
            return visible;
          });
          expect(read(input.buffer, isUnaligned)).toEqual({ accounts: expected, data, program });
          // The addresses point at the same fields.
          for (const [i, account] of accounts.entries()) {
            const addresses = input.accounts[i]!;
            const at = (address: bigint): number => Number(address - INPUT);
            expect(input.buffer.slice(at(addresses.key), at(addresses.key) + 32)).toEqual(account.key);
            expect(input.buffer.slice(at(addresses.owner), at(addresses.owner) + 32)).toEqual(account.owner);
            expect(addresses.originalLength).toBe(account.data.length);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
