import type { Hex } from '@ninefold/base';
import { describe, expect, it } from 'vitest';
import {
  blockHashOf,
  environmentOf,
  rulesOf,
  toBigint,
  toWord,
  transactionOf,
} from '../../src/evm/state-record.ts';
import { COINBASE, CONTRACT, RECORD, SENDER } from './fixture.ts';

const first = { data: 0, gas: 0, value: 0 };

describe('numbers of fixtures', () => {
  it('may have zeros in front or be nothing', () => {
    expect(toBigint('0x000a')).toBe(10n);
    expect(toBigint('0x')).toBe(0n);
    expect(toBigint('')).toBe(0n);
    expect(toWord('0x0a')).toBe(`0x${'0'.repeat(63)}a`);
  });
});

describe('environment of a record', () => {
  it('has the rules of its network', () => {
    expect(rulesOf(RECORD, 'Cancun')).toEqual({ fork: 'cancun', blobSchedule: undefined });
    expect(rulesOf(RECORD, 'Nowhere')).toBeUndefined();
    const blobSchedule = { Cancun: { target: '0x03', max: '0x06', baseFeeUpdateFraction: '0x32f0ed' } };
    expect(rulesOf({ ...RECORD, config: { blobSchedule } }, 'Cancun')?.blobSchedule).toEqual({
      target: 3,
      max: 6,
      updateFraction: 3_338_477n,
    });
  });

  it('prices blobs from Cancun on', () => {
    const cancun = { fork: 'cancun', blobSchedule: undefined } as const;
    const environment = environmentOf(RECORD, cancun);
    expect(environment).toMatchObject({
      chainId: 1n,
      number: 1n,
      timestamp: 1000n,
      gasLimit: 100_000_000n,
      coinbase: COINBASE,
      baseFee: 10n,
      blobBaseFee: 1n,
      prevRandao: toWord('0x2a'),
    });
    const expensive = { ...RECORD, env: { ...RECORD.env, currentExcessBlobGas: '0x05000000' } };
    expect(environmentOf(expensive, cancun).blobBaseFee).toBeGreaterThan(1_000_000n);
    expect(environmentOf(expensive, { fork: 'london', blobSchedule: undefined }).blobBaseFee).toBe(0n);
  });

  it('has addresses in lower case', () => {
    const env = { ...RECORD.env, currentCoinbase: '0xABCDEF0000000000000000000000000000000003' };
    expect(environmentOf({ ...RECORD, env }, { fork: 'london', blobSchedule: undefined }).coinbase).toBe(
      '0xabcdef0000000000000000000000000000000003',
    );
  });

  it('has a base fee even where none is given', () => {
    const { currentBaseFee: _, ...env } = RECORD.env;
    expect(environmentOf({ ...RECORD, env }, { fork: 'london', blobSchedule: undefined }).baseFee).toBe(10n);
  });

  it('hashes blocks by their number', () => {
    // keccak-256 of "1".
    expect(blockHashOf(1n)).toBe('0xc89efdaa54c0f20c7adf612882df0950f5a951637e0307cdcb4c672f298b8bc6');
  });
});

describe('transaction of a record', () => {
  it('is the variant the indexes name', () => {
    expect(transactionOf(RECORD, first, 1n)).toMatchObject({
      type: 0,
      from: SENDER,
      to: CONTRACT,
      gasLimit: 100_000n,
      maxFeePerGas: 10n,
      maxPriorityFeePerGas: 10n,
      value: 0n,
      data: new Uint8Array(0),
      accessList: undefined,
    });
    expect(transactionOf(RECORD, { ...first, data: 1, gas: 1 }, 1n)).toMatchObject({
      type: 1,
      gasLimit: 20_999n,
      data: Uint8Array.of(0, 255),
      accessList: [{ address: CONTRACT, storageKeys: [toWord('0x0')] }],
    });
  });

  it('creates a contract when it goes nowhere', () => {
    for (const to of ['', '0x']) {
      const creation = { ...RECORD, transaction: { ...RECORD.transaction, to } };
      expect(transactionOf(creation, first, 1n)?.to).toBeUndefined();
    }
  });

  it('is none when a field is over its width', () => {
    expect(transactionOf(RECORD, { ...first, value: 1 }, 1n)).toBeUndefined();
    const large = { ...RECORD.transaction, nonce: '0x010000000000000000' };
    expect(transactionOf({ ...RECORD, transaction: large }, first, 1n)).toBeUndefined();
  });

  it('has the type its fields give it', () => {
    const { gasPrice: _, accessLists: __, ...rest } = RECORD.transaction;
    const typeOf = (fields: object) =>
      transactionOf({ ...RECORD, transaction: { ...rest, ...fields } }, first, 1n)?.type;
    const fees = { maxFeePerGas: '0x0a', maxPriorityFeePerGas: '0x00' };
    expect(typeOf(fees)).toBe(2);
    expect(typeOf({ ...fees, maxFeePerBlobGas: '0x01', blobVersionedHashes: [] })).toBe(3);
    const authorization = {
      chainId: '0x00',
      address: CONTRACT as Hex,
      nonce: '0x01',
      v: '0x01',
      r: '0x02',
      s: '0x03',
    };
    expect(typeOf({ ...fees, authorizationList: [authorization] })).toBe(4);
    const transaction = { ...rest, ...fees, authorizationList: [authorization] };
    expect(transactionOf({ ...RECORD, transaction }, first, 1n)?.authorizations).toEqual([
      { chainId: 0n, address: CONTRACT, nonce: 1n, yParity: 1, r: 2n, s: 3n },
    ]);
  });
});
