import { ParamFailure } from '@ninefold/rpc';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logFilter } from '../../src/api/log-filter.ts';
import { blockOverrides, stateOverrides } from '../../src/api/overrides.ts';
import { transactionRequest } from '../../src/api/requests.ts';
import { tracerFactory } from '../../src/api/trace/run.ts';
import {
  address,
  blockNumber,
  blockRef,
  bytes,
  dictionary,
  hash,
  hexBytes,
  looseUint,
  looseUint64,
  slot,
  uint256,
  uint64,
} from '../../src/api/values.ts';

const VALIDATORS = {
  address,
  blockNumber,
  blockRef,
  bytes,
  hash,
  hexBytes,
  looseUint,
  looseUint64,
  slot,
  uint256,
  uint64,
  logFilter,
  blockOverrides,
  stateOverrides,
  transactionRequest,
  tracerFactory,
};

const WORD = `0x${'ab'.repeat(32)}`;

describe('values', () => {
  it('give lower-case hex of the right width', () => {
    expect(address(`0x${'Ab'.repeat(20)}`)).toBe(`0x${'ab'.repeat(20)}`);
    expect(hash(`0x${'AB'.repeat(32)}`)).toBe(WORD);
    expect(hexBytes('0xABcd')).toBe('0xabcd');
    expect(bytes('0x0102')).toEqual(Uint8Array.of(1, 2));
    expect(bytes('0x')).toEqual(new Uint8Array(0));
  });

  it.each([`${'ab'.repeat(20)}`, `0x${'ab'.repeat(19)}`, '0xabc', '0xzz', 5, null, undefined, {}, []])(
    'no address: %j',
    (value) => {
      expect(() => address(value)).toThrow(ParamFailure);
      expect(() => hash(value)).toThrow(ParamFailure);
    },
  );

  it('are quantities with or without leading zeros', () => {
    expect(uint256('0x0')).toBe(0n);
    expect(uint256('0x00ff')).toBe(255n);
    expect(uint64(`0x${'f'.repeat(16)}`)).toBe((1n << 64n) - 1n);
  });

  it.each(['0x', '10', '', '0x1g', `0x1${'0'.repeat(64)}`, `0x${'0'.repeat(200)}`, 5, -1, true, null])(
    'no quantity: %j',
    (value) => expect(() => uint256(value)).toThrow(ParamFailure),
  );

  it('keep 64-bit quantities below 2^64', () => {
    expect(() => uint64(`0x1${'0'.repeat(16)}`)).toThrow(ParamFailure);
    expect(() => looseUint64(`0x1${'0'.repeat(16)}`)).toThrow(ParamFailure);
  });

  it('are loose where development tools are', () => {
    expect([looseUint(7), looseUint('7'), looseUint('0x7')]).toEqual([7n, 7n, 7n]);
    for (const wrong of [-1, 1.5, '1.5', 'seven', 2 ** 60, '9'.repeat(100)]) {
      expect(() => looseUint(wrong)).toThrow(ParamFailure);
    }
  });

  it('widen slots to a word', () => {
    expect(slot('0x1')).toBe(`0x${'0'.repeat(63)}1`);
    expect(slot('0x')).toBe(`0x${'0'.repeat(64)}`);
    expect(slot(WORD)).toBe(WORD);
    expect(() => slot(`${WORD}00`)).toThrow(ParamFailure);
    expect(() => slot('0xxy')).toThrow(ParamFailure);
  });

  it('name blocks by tag, number and hash (EIP-1898)', () => {
    expect(blockRef('safe')).toBe('safe');
    expect(blockRef('0x10')).toBe(16n);
    expect(blockRef(WORD)).toEqual({ hash: WORD, requireCanonical: false });
    expect(blockRef({ blockHash: WORD, requireCanonical: true })).toEqual({
      hash: WORD,
      requireCanonical: true,
    });
    expect(blockRef({ blockNumber: '0x1' })).toBe(1n);
    expect(blockRef({ blockNumber: 'latest' })).toBe('latest');
    for (const wrong of [{}, { blockHash: WORD, blockNumber: '0x1' }, 'newest', '2', 5, null]) {
      expect(() => blockRef(wrong)).toThrow(ParamFailure);
    }
    expect(() => blockNumber(WORD)).toThrow(ParamFailure);
  });

  it('say where in a dictionary the fault is', () => {
    const check = dictionary(address, uint64);
    const key = `0x${'00'.repeat(20)}`;
    expect(check({ [key]: '0x1' })).toEqual(new Map([[key, 1n]]));
    try {
      check({ [key]: 'x' });
      expect.unreachable();
    } catch (error) {
      expect((error as ParamFailure).path).toEqual([key]);
    }
  });
});

describe('transaction requests', () => {
  it('take data and input for the same', () => {
    expect(transactionRequest({ data: '0x01' }).data).toEqual(Uint8Array.of(1));
    expect(transactionRequest({ input: '0x01', data: '0x01' }).data).toEqual(Uint8Array.of(1));
    expect(() => transactionRequest({ input: '0x01', data: '0x02' })).toThrow(ParamFailure);
  });

  it('take gasLimit for gas, and null for absent', () => {
    expect(transactionRequest({ gasLimit: '0x5' }).gas).toBe(5n);
    expect(transactionRequest({ to: null, gas: null })).toMatchObject({ to: undefined, gas: undefined });
  });

  it('do not mix two kinds of fees', () => {
    expect(() => transactionRequest({ gasPrice: '0x1', maxFeePerGas: '0x1' })).toThrow(ParamFailure);
  });

  it('read authorizations with either name of the parity', () => {
    const base = { chainId: '0x1', address: `0x${'00'.repeat(20)}`, nonce: '0x0', r: '0x1', s: '0x2' };
    const parityOf = (more: object): unknown =>
      transactionRequest({ authorizationList: [{ ...base, ...more }] }).authorizationList?.[0]?.yParity;
    expect([parityOf({ yParity: '0x1' }), parityOf({ v: '0x1c' }), parityOf({ v: '0x0' })]).toEqual([
      1, 1, 0,
    ]);
    expect(() => parityOf({})).toThrow(ParamFailure);
  });
});

describe('log filters', () => {
  it('take one or many values in each place, null for any', () => {
    const one = `0x${'11'.repeat(20)}`;
    const { addresses, topics } = logFilter({ address: one, topics: [null, WORD, [WORD, WORD], []] });
    expect(addresses).toEqual([one]);
    expect(topics).toEqual([[], [WORD], [WORD, WORD], []]);
    expect(logFilter({ address: [one, one] }).addresses).toHaveLength(2);
    expect(logFilter({ topics: [[WORD, null]] }).topics).toEqual([[]]);
  });

  it('are of one block or of a range', () => {
    expect(logFilter({ blockHash: WORD }).range).toEqual({ blockHash: WORD });
    expect(logFilter({ fromBlock: '0x1' }).range).toMatchObject({ fromBlock: 1n, toBlock: undefined });
    expect(() => logFilter({ blockHash: WORD, toBlock: '0x1' })).toThrow(ParamFailure);
  });

  it('keep limits', () => {
    expect(() => logFilter({ topics: [null, null, null, null, null] })).toThrow(ParamFailure);
    expect(() => logFilter({ address: Array.from({ length: 1001 }, () => `0x${'11'.repeat(20)}`) })).toThrow(
      ParamFailure,
    );
  });
});

describe('every validator', () => {
  it.each(Object.entries(VALIDATORS))('%s answers any JSON with a value or a ParamFailure', (_, validate) => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
        try {
          validate(value);
        } catch (error) {
          const isExpected = error instanceof ParamFailure || (error as Error).name === 'RpcError';
          if (!isExpected) throw error;
        }
      }),
      { numRuns: 200 },
    );
  });
});
