import { addressBytes } from '@ninefold/vm-svm';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeSlotHashes } from '../src/bank/sysvars.ts';
import { MIGRATED_PROGRAM } from '../src/spec/addresses.ts';
import { listAccounts } from '../src/tx/account-list.ts';
import { decodeLookupTable, type LookupScene, NEVER, resolveLookups } from '../src/tx/lookup-table.ts';
import { at, bytes, messageOf, PAYER, SYSTEM, transfer, u32, u64 } from './support/world.ts';

const OWNER = addressBytes(MIGRATED_PROGRAM.addressLookupTable);

type Fields = {
  readonly deactivated?: bigint;
  readonly extended?: bigint;
  readonly start?: number;
  readonly authority?: Uint8Array;
};

function tableData(addresses: readonly Uint8Array[], fields: Fields = {}): Uint8Array {
  const { deactivated = NEVER, extended = 5n, start = 0, authority } = fields;
  const head = bytes(u32(1), u64(deactivated), u64(extended), start, authority === undefined ? 0 : 1);
  const data = new Uint8Array(56 + 32 * addresses.length);
  data.set(head);
  if (authority !== undefined) data.set(authority, 22);
  addresses.forEach((address, i) => data.set(address, 56 + 32 * i));
  return data;
}

const scene = (data: Uint8Array, more: Partial<LookupScene> = {}): LookupScene => ({
  slot: 10,
  slotHashes: undefined,
  account: () => ({ owner: OWNER, data }),
  ...more,
});

const ask = { table: at(1), writable: Uint8Array.of(0), readonly: Uint8Array.of(1) };
const two = tableData([at(20), at(21)]);

describe('tables', () => {
  it('are read', () => {
    expect(decodeLookupTable(tableData([at(20)], { authority: at(3), start: 4 }))).toEqual({
      deactivationSlot: NEVER,
      lastExtendedSlot: 5n,
      lastExtendedStart: 4,
      authority: at(3),
      addresses: [at(20)],
    });
  });

  it('are none with another tag, length or authority', () => {
    const broken = (at: number, value: number): Uint8Array => {
      const data = two.slice();
      data[at] = value;
      return data;
    };
    expect(decodeLookupTable(broken(0, 0))).toBeUndefined();
    expect(decodeLookupTable(broken(0, 2))).toBeUndefined();
    expect(decodeLookupTable(broken(21, 2))).toBeUndefined();
    expect(decodeLookupTable(two.subarray(0, 55))).toBeUndefined();
    expect(decodeLookupTable(two.subarray(0, 57))).toBeUndefined();
  });

  it('of any bytes are read or none', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (data) => {
        const table = decodeLookupTable(data);
        if (table !== undefined) expect(table.addresses).toHaveLength((data.length - 56) / 32);
      }),
    );
  });
});

describe('lookups', () => {
  it('give keys to write and to read', () => {
    expect(resolveLookups([ask], scene(two))).toEqual({ writable: [at(20)], readonly: [at(21)] });
    const both = resolveLookups(
      [ask, { ...ask, writable: Uint8Array.of(1, 0), readonly: new Uint8Array(0) }],
      scene(two),
    );
    expect(both).toEqual({ writable: [at(20), at(21), at(20)], readonly: [at(21)] });
  });

  it('fail without a table, or with what is none', () => {
    expect(resolveLookups([ask], scene(two, { account: () => undefined }))).toBe(
      'AddressLookupTableNotFound',
    );
    const foreign = scene(two, { account: () => ({ owner: SYSTEM, data: two }) });
    expect(resolveLookups([ask], foreign)).toBe('InvalidAddressLookupTableOwner');
    expect(resolveLookups([ask], scene(two.subarray(1)))).toBe('InvalidAddressLookupTableData');
    expect(resolveLookups([{ ...ask, readonly: Uint8Array.of(2) }], scene(two))).toBe(
      'InvalidAddressLookupTableIndex',
    );
  });

  it('see what was added from the next slot on', () => {
    const fresh = tableData([at(20), at(21)], { extended: 10n, start: 1 });
    expect(resolveLookups([ask], scene(fresh))).toBe('InvalidAddressLookupTableIndex');
    expect(resolveLookups([ask], scene(fresh, { slot: 11 }))).toEqual({
      writable: [at(20)],
      readonly: [at(21)],
    });
    const lying = tableData([at(20)], { extended: 10n, start: 9 });
    expect(resolveLookups([ask], scene(lying))).toBe('InvalidAddressLookupTableData');
  });

  it('work in a table that goes out of use until its slot is forgotten', () => {
    const closing = tableData([at(20), at(21)], { deactivated: 7n });
    const hashes = (...slots: readonly bigint[]): Uint8Array =>
      encodeSlotHashes(slots.map((slot) => ({ slot, hash: at(1) })));
    const of = (slotHashes: Uint8Array | undefined, slot = 10): unknown =>
      resolveLookups([ask], scene(closing, { slotHashes, slot }));
    expect(of(hashes(9n, 8n, 7n, 6n))).toMatchObject({ writable: [at(20)] });
    expect(of(hashes(9n, 8n))).toBe('AddressLookupTableNotFound');
    expect(of(hashes(6n, 5n))).toBe('AddressLookupTableNotFound');
    expect(of(undefined)).toBe('AddressLookupTableNotFound');
    expect(of(undefined, 7)).toMatchObject({ writable: [at(20)] });
  });
});

describe('the accounts of a message', () => {
  const message = messageOf([PAYER.address], [transfer(PAYER.address, at(2), 1n)], at(9));

  it('can be written to as the header says, but programs and reserved addresses', () => {
    const list = listAccounts(message);
    expect(list.addresses).toEqual([PAYER.address, at(2), SYSTEM]);
    expect(list.isWritable).toEqual([true, true, false]);
    const everything = { ...message, header: { ...message.header, readonlyUnsigned: 0 } };
    expect(listAccounts(everything).isWritable).toEqual([true, true, false]);
  });

  it('cannot be written to when they are called, unless their loader takes part', () => {
    const call = { program: at(7), accounts: [], data: new Uint8Array(0) };
    const open = {
      ...messageOf([PAYER.address], [call], at(9)),
      header: { signatures: 1, readonlySigned: 0, readonlyUnsigned: 0 },
    };
    expect(listAccounts(open).isWritable).toEqual([true, false]);
    const loader = addressBytes('BPFLoaderUpgradeab1e11111111111111111111111');
    expect(listAccounts({ ...open, keys: [...open.keys, loader] }).isWritable).toEqual([true, true, false]);
  });

  it('continue with those of tables', () => {
    const list = listAccounts(message, { writable: [at(20)], readonly: [at(21)] });
    expect(list.addresses.slice(3)).toEqual([at(20), at(21)]);
    expect(list.isWritable.slice(3)).toEqual([true, false]);
    expect(list.signers).toBe(1);
  });
});
