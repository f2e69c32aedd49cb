import { hexToBytes } from '@ninefold/base';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { abiPathAt, canonicalType, decodeAbi, parseAbi, wordValue } from '../../src/index.ts';

const word = (value: bigint | number): string => BigInt(value).toString(16).padStart(64, '0');
const bytes = (...words: readonly (bigint | number)[]): Uint8Array =>
  hexToBytes(`0x${words.map(word).join('')}`);

const TRANSFER = {
  type: 'function',
  name: 'transfer',
  inputs: [
    { name: 'to', type: 'address' },
    { name: 'amount', type: 'uint256' },
  ],
  outputs: [{ name: '', type: 'bool' }],
};
const FILL = {
  name: 'fills',
  type: 'tuple[]',
  components: [
    { name: 'id', type: 'uint256' },
    { name: 'amount', type: 'uint256' },
  ],
};
const SETTLE = { type: 'function', name: 'settle', inputs: [FILL, { name: 'price', type: 'uint256' }] };

const inputsOf = (...types: readonly object[]): ReturnType<typeof parseAbi>[number]['inputs'] =>
  parseAbi([{ type: 'function', name: 'f', inputs: types }])[0]?.inputs ?? [];

describe('an ABI', () => {
  it('gives selectors and signatures', () => {
    const [transfer, settle, event] = parseAbi([
      TRANSFER,
      SETTLE,
      {
        type: 'event',
        name: 'Transfer',
        inputs: [{ type: 'address', indexed: true }, { type: 'address', indexed: true }, { type: 'uint256' }],
      },
    ]);
    expect(transfer).toMatchObject({ signature: 'transfer(address,uint256)', selector: '0xa9059cbb' });
    expect(settle?.signature).toBe('settle((uint256,uint256)[],uint256)');
    expect(event?.selector).toBe('0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef');
    expect(settle?.inputs.map(canonicalType)).toEqual(['(uint256,uint256)[]', 'uint256']);
  });

  it.each([
    null,
    7,
    {},
    [null],
    [{ type: 'function' }],
    [{ type: 'function', name: 'f', inputs: [{}] }],
    [{ type: 'fallback' }],
  ])('leaves out what makes no sense: %j', (json) => expect(parseAbi(json)).toEqual([]));
});

describe('values', () => {
  it('of static types', () => {
    const types = inputsOf(
      { type: 'address' },
      { type: 'bool' },
      { type: 'int8' },
      { type: 'bytes4' },
      { type: 'uint8[2]' },
    );
    const data = bytes(0xabn, 1, (1n << 256n) - 1n, 0x12345678n << 224n, 1, 2);
    expect(decodeAbi(types, data)).toEqual([`0x${'00'.repeat(19)}ab`, true, '-1', '0x12345678', ['1', '2']]);
  });

  it('of dynamic types, nested', () => {
    const types = inputsOf(FILL, { type: 'string' }, { type: 'bytes' });
    const text = BigInt(`0x${Buffer.from('hello').toString('hex')}`) << 216n;
    const data = bytes(0x60, 0x100, 0x140, 2, 41, 125_000, 42, 64_000, 5, text, 0);
    expect(decodeAbi(types, data)).toEqual([
      [
        ['41', '125000'],
        ['42', '64000'],
      ],
      'hello',
      '0x',
    ]);
  });

  it('names the value a byte belongs to', () => {
    const types = parseAbi([SETTLE])[0]?.inputs ?? [];
    const data = bytes(0x40, 1002, 2, 41, 125_000, 42, 64_000);
    const at = (offset: number): string | undefined => abiPathAt(types, data, offset);
    expect([at(0x20), at(0x40), at(0x60), at(0x80), at(0xc0), at(0xdf)]).toEqual([
      'price',
      'fills.length',
      'fills[0].id',
      'fills[0].amount',
      'fills[1].amount',
      'fills[1].amount',
    ]);
    expect(at(0)).toBeUndefined();
    expect(at(0xe0)).toBeUndefined();
  });

  it('refuses what is cut off, out of bounds or endless', () => {
    const types = inputsOf(FILL);
    expect(decodeAbi(types, bytes(0x20, 2, 1))).toBeUndefined();
    expect(decodeAbi(types, bytes(1n << 200n))).toBeUndefined();
    expect(decodeAbi(inputsOf({ type: 'uint256[]' }), bytes(0x20, 1n << 40n))).toBeUndefined();
    expect(
      decodeAbi(inputsOf({ type: `uint256${'[]'.repeat(40)}` }), bytes(0x20, 1, 0x20, 1)),
    ).toBeUndefined();
    expect(wordValue('thing', hexToBytes(`0x${word(5)}`))).toBe(`0x${word(5)}`);
  });

  it('are total on any bytes', () => {
    const types = inputsOf(FILL, { type: 'string[]' }, { type: 'bytes' }, { type: 'uint8[3][]' });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(500), (data, offset) => {
        const values = decodeAbi(types, data);
        expect(values === undefined || values.length === types.length).toBe(true);
        const path = abiPathAt(types, data, offset);
        expect(path === undefined || typeof path === 'string').toBe(true);
      }),
    );
  });
});
