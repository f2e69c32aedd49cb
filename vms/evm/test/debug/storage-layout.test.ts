import type { Hex } from '@ninefold/base';
import { bytesToHex, hexToBytes } from '@ninefold/base';
import { keccak256 } from '@ninefold/crypto';
import { describe, expect, it } from 'vitest';
import { parseStorageLayout, partValue, SlotNames } from '../../src/index.ts';

const word = (value: bigint | number): Hex => `0x${BigInt(value).toString(16).padStart(64, '0')}`;

const LAYOUT = {
  storage: [
    { label: 'locked', slot: '0', offset: 0, type: 't_bool' },
    { label: 'owner', slot: '0', offset: 1, type: 't_address' },
    { label: 'fees', slot: '1', offset: 0, type: 't_uint256' },
    { label: 'orders', slot: '2', offset: 0, type: 't_map_order' },
    { label: 'list', slot: '3', offset: 0, type: 't_array' },
    { label: 'name', slot: '4', offset: 0, type: 't_string' },
    { label: 'pair', slot: '5', offset: 0, type: 't_order' },
    { label: 'allowed', slot: '7', offset: 0, type: 't_map_map' },
  ],
  types: {
    t_bool: { label: 'bool', encoding: 'inplace', numberOfBytes: '1' },
    t_address: { label: 'address', encoding: 'inplace', numberOfBytes: '20' },
    t_uint256: { label: 'uint256', encoding: 'inplace', numberOfBytes: '32' },
    t_uint64: { label: 'uint64', encoding: 'inplace', numberOfBytes: '8' },
    t_string: { label: 'string', encoding: 'bytes', numberOfBytes: '32' },
    t_order: {
      label: 'struct Order',
      encoding: 'inplace',
      numberOfBytes: '64',
      members: [
        { label: 'maker', slot: '0', offset: 0, type: 't_address' },
        { label: 'filled', slot: '1', offset: 0, type: 't_uint256' },
      ],
    },
    t_map_order: {
      label: 'mapping(uint256 => struct Order)',
      encoding: 'mapping',
      numberOfBytes: '32',
      key: 't_uint256',
      value: 't_order',
    },
    t_map: {
      label: 'mapping(address => uint256)',
      encoding: 'mapping',
      numberOfBytes: '32',
      key: 't_address',
      value: 't_uint256',
    },
    t_map_map: {
      label: 'mapping(address => mapping(address => uint256))',
      encoding: 'mapping',
      numberOfBytes: '32',
      key: 't_address',
      value: 't_map',
    },
    t_array: { label: 'uint64[]', encoding: 'dynamic_array', numberOfBytes: '32', base: 't_uint64' },
  },
};

const preimages = new Map<Hex, Uint8Array>();
function hashed(...words: readonly Hex[]): bigint {
  const input = hexToBytes(`0x${words.map((each) => each.slice(2)).join('')}`);
  const hash = bytesToHex(keccak256(input));
  preimages.set(hash, input);
  return BigInt(hash);
}

const order = hashed(word(41), word(2));
const elements = hashed(word(3));
const inner = hashed(word(0xaa), word(7));
const nested = hashed(word(0xbb), word(inner));
const layout = parseStorageLayout(LAYOUT);
const names = new SlotNames(layout as NonNullable<typeof layout>, preimages);
const labels = (slot: bigint | number): readonly string[] =>
  names.parts(word(slot)).map(({ label }) => label);

describe('names of slots', () => {
  it('of declared variables, several in one slot', () => {
    expect(labels(0)).toEqual(['locked', 'owner']);
    expect(labels(1)).toEqual(['fees']);
    expect(labels(6)).toEqual(['pair.filled']);
  });

  it('of mappings, structs in them, and mappings in mappings', () => {
    expect(labels(order)).toEqual(['orders[41].maker']);
    expect(labels(order + 1n)).toEqual(['orders[41].filled']);
    expect(labels(nested)[0]).toMatch(/^allowed\[0x0000…00aa\]\[0x0000…00bb\]$/);
  });

  it('of elements of arrays, four in one slot', () => {
    expect(labels(elements + 2n)).toEqual(['list[8]', 'list[9]', 'list[10]', 'list[11]']);
  });

  it('are none for what was never hashed', () => {
    expect(labels(99)).toEqual([]);
    expect(labels(2n ** 255n)).toEqual([]);
  });
});

it('values are read out of their part of the slot', () => {
  const slot = word((0xabn << 8n) | 1n);
  const [locked, owner] = names.parts(word(0));
  expect(partValue(locked as NonNullable<typeof locked>, slot)).toBe(true);
  expect(partValue(owner as NonNullable<typeof owner>, slot)).toBe(`0x${'00'.repeat(19)}ab`);
  const [name] = names.parts(word(4));
  const short: Hex = `0x${Buffer.from('hey').toString('hex').padEnd(62, '0')}06`;
  expect(partValue(name as NonNullable<typeof name>, short)).toBe('hey');
  expect(partValue(name as NonNullable<typeof name>, word(2 * 70 + 1))).toBe('70 bytes');
});

it('layouts that lie are survived', () => {
  expect(parseStorageLayout(null)).toBeUndefined();
  expect(parseStorageLayout({ storage: 7 })).toBeUndefined();
  const cyclic = parseStorageLayout({
    storage: [
      { label: 'a', slot: '0', offset: 0, type: 't' },
      { label: 7 },
      { label: 'b', slot: 'x', type: 't' },
    ],
    types: {
      t: {
        label: 't',
        encoding: 'inplace',
        numberOfBytes: '64',
        members: [{ label: 'a', slot: '0', offset: 0, type: 't' }],
      },
    },
  });
  expect(new SlotNames(cyclic as NonNullable<typeof cyclic>, new Map()).parts(word(0))).toEqual([]);
});
