import { bytesToHex, hexToBytes, isNinefoldError, utf8ToBytes } from '@ninefold/base';
import * as fc from 'fast-check';
import type { TypedDataDefinition } from 'viem';
import { hashMessage, hashTypedData } from 'viem';
import { describe, expect, it } from 'vitest';
import type { TypedData, TypedDataField } from '../../src/dev/typed-data.ts';
import { encodeType, isTypedData, personalMessageHash, typedDataHash } from '../../src/dev/typed-data.ts';

const MAIL: TypedData = {
  types: {
    EIP712Domain: [
      { name: 'name', type: 'string' },
      { name: 'version', type: 'string' },
      { name: 'chainId', type: 'uint256' },
      { name: 'verifyingContract', type: 'address' },
    ],
    Person: [
      { name: 'name', type: 'string' },
      { name: 'wallet', type: 'address' },
    ],
    Mail: [
      { name: 'from', type: 'Person' },
      { name: 'to', type: 'Person' },
      { name: 'contents', type: 'string' },
    ],
  },
  primaryType: 'Mail',
  domain: {
    name: 'Ether Mail',
    version: '1',
    chainId: 1,
    verifyingContract: '0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC',
  },
  message: {
    from: { name: 'Cow', wallet: '0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826' },
    to: { name: 'Bob', wallet: '0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB' },
    contents: 'Hello, Bob!',
  },
};

const codeOf = (task: () => unknown): string => {
  try {
    task();
  } catch (error) {
    if (isNinefoldError(error)) return error.code;
    throw error;
  }
  return 'none';
};

function of(type: string, value: unknown, types: TypedData['types'] = {}): TypedData {
  return {
    types: { Root: [{ name: 'it', type }], ...types },
    primaryType: 'Root',
    domain: {},
    message: { it: value },
  };
}

describe('EIP-712', () => {
  it("gives the digest of the specification's example", () => {
    expect(bytesToHex(typedDataHash(MAIL))).toBe(
      '0xbe609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2',
    );
  });

  it('writes a type with all it refers to, sorted', () => {
    expect(encodeType('Mail', new Map(Object.entries(MAIL.types)))).toBe(
      'Mail(Person from,Person to,string contents)Person(string name,address wallet)',
    );
  });

  it('takes the domain from its members when its type is not spelled out', () => {
    const { EIP712Domain: _, ...types } = MAIL.types;
    expect(typedDataHash({ ...MAIL, types })).toEqual(typedDataHash(MAIL));
  });

  it('hashes the domain alone for the primary type EIP712Domain', () => {
    const data = { ...MAIL, primaryType: 'EIP712Domain' };
    expect(bytesToHex(typedDataHash(data))).toBe(hashTypedData(data as unknown as TypedDataDefinition));
  });

  it('follows recursive types until a member is missing', () => {
    const node: readonly TypedDataField[] = [
      { name: 'value', type: 'uint8' },
      { name: 'next', type: 'Node' },
    ];
    const leaf = of('Node', { value: 1 }, { Node: node });
    const chain = of('Node', { value: 1, next: { value: 2 } }, { Node: node });
    expect(typedDataHash(leaf)).not.toEqual(typedDataHash(chain));
  });

  it.each([
    ['uint8', 256],
    ['uint8', -1],
    ['int8', 128],
    ['int8', -129],
    ['uint256', 1.5],
    ['uint256', 'many'],
    ['bool', 1],
    ['address', '0x1234'],
    ['bytes4', '0x0102030405'],
    ['bytes', 'text'],
    ['string', 5],
    ['uint8[]', 'no list'],
    ['Root', []],
  ])('refuses %s %s', (type, value) => {
    expect(codeOf(() => typedDataHash(of(type, value)))).toBe('ETH_TYPED_DATA_VALUE');
  });

  it.each(['uint7', 'uint264', 'bytes0', 'bytes33', 'float', 'int0', 'uint8[x]'])(
    'does not know %s',
    (type) => {
      const value =
        type === 'bytes33'
          ? `0x${'00'.repeat(33)}`
          : type.startsWith('bytes')
            ? '0x'
            : type.includes('[')
              ? []
              : 0;
      expect(codeOf(() => typedDataHash(of(type, value)))).toBe('ETH_TYPED_DATA_TYPE');
    },
  );

  it('counts the items of sized arrays', () => {
    expect(codeOf(() => typedDataHash(of('uint8[2]', [1])))).toBe('ETH_TYPED_DATA_LENGTH');
    expect(codeOf(() => typedDataHash(of('uint8[2]', [1, 2])))).toBe('none');
  });

  it('stops at a depth no real data has', () => {
    const deep = `uint8${'[]'.repeat(100)}`;
    const nested = Array.from({ length: 100 }).reduce<unknown>((inner) => [inner], []);
    expect(codeOf(() => typedDataHash(of(deep, nested)))).toBe('ETH_TYPED_DATA_DEPTH');
  });

  it('recognises what has the shape of typed data', () => {
    expect(isTypedData(MAIL)).toBe(true);
    for (const wrong of [
      null,
      5,
      {},
      { ...MAIL, types: 5 },
      { ...MAIL, message: [] },
      { ...MAIL, types: { A: [5] } },
    ]) {
      expect(isTypedData(wrong)).toBe(false);
    }
  });
});

/** A type with a value of it. */
type Typed = { readonly type: string; readonly value: unknown };

const bits = fc.integer({ min: 1, max: 32 }).map((bytes) => 8 * bytes);

const atom: fc.Arbitrary<Typed> = fc.oneof(
  bits.chain((size) =>
    fc.bigInt(0n, (1n << BigInt(size)) - 1n).map((value) => ({ type: `uint${size}`, value })),
  ),
  bits.chain((size) => {
    const limit = 1n << BigInt(size - 1);
    return fc.bigInt(-limit, limit - 1n).map((value) => ({ type: `int${size}`, value }));
  }),
  fc.boolean().map((value) => ({ type: 'bool', value })),
  fc.string({ unit: 'grapheme', maxLength: 20 }).map((value) => ({ type: 'string', value })),
  fc.uint8Array({ maxLength: 40 }).map((value) => ({ type: 'bytes', value: bytesToHex(value) })),
  fc
    .integer({ min: 1, max: 32 })
    .chain((size) =>
      fc
        .uint8Array({ minLength: size, maxLength: size })
        .map((value) => ({ type: `bytes${size}`, value: bytesToHex(value) })),
    ),
  fc
    .uint8Array({ minLength: 20, maxLength: 20 })
    .map((value) => ({ type: 'address', value: bytesToHex(value) })),
);

const member: fc.Arbitrary<Typed> = fc.oneof(
  { weight: 4, arbitrary: atom },
  {
    weight: 1,
    arbitrary: fc.tuple(atom, fc.nat(3), fc.boolean()).map(([{ type, value }, length, sized]) => ({
      type: `${type}[${sized ? length : ''}]`,
      value: Array.from({ length }, () => value),
    })),
  },
);

describe('against viem', () => {
  it('agrees on structs of everything', () => {
    const data = fc
      .tuple(
        fc.array(member, { minLength: 1, maxLength: 5 }),
        fc.array(member, { minLength: 1, maxLength: 3 }),
      )
      .map(([outer, inner]): TypedData => {
        const fields = (typed: readonly Typed[]): TypedDataField[] =>
          typed.map(({ type }, i) => ({ name: `m${i}`, type }));
        const values = (typed: readonly Typed[]): Record<string, unknown> =>
          Object.fromEntries(typed.map(({ value }, i) => [`m${i}`, value]));
        return {
          types: {
            Outer: [...fields(outer), { name: 'one', type: 'Inner' }, { name: 'many', type: 'Inner[]' }],
            Inner: fields(inner),
          },
          primaryType: 'Outer',
          domain: { name: 'Ninefold', chainId: 31337 },
          message: { ...values(outer), one: values(inner), many: [values(inner), values(inner)] },
        };
      });
    fc.assert(
      fc.property(data, (data) => {
        expect(bytesToHex(typedDataHash(data))).toBe(hashTypedData(data as unknown as TypedDataDefinition));
      }),
      { numRuns: 100 },
    );
  });

  it('agrees on personal messages', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (raw) => {
        expect(bytesToHex(personalMessageHash(raw))).toBe(hashMessage({ raw }));
      }),
      { numRuns: 50 },
    );
    expect(bytesToHex(personalMessageHash(utf8ToBytes('hello')))).toBe(hashMessage('hello'));
    expect(bytesToHex(personalMessageHash(hexToBytes('0x')))).toBe(hashMessage(''));
  });
});
