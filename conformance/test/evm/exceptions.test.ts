import { describe, expect, it } from 'vitest';
import { isExpected } from '../../src/evm/exceptions.ts';
import { forkOfNetwork } from '../../src/evm/networks.ts';

describe('expected exceptions', () => {
  it('are met by the reason they name, and no other', () => {
    expect(isExpected('TransactionException.SENDER_NOT_EOA', 'SENDER_NOT_EOA')).toBe(true);
    expect(isExpected('SenderNotEOA', 'SENDER_NOT_EOA')).toBe(true);
    expect(isExpected('TransactionException.SENDER_NOT_EOA', 'INSUFFICIENT_FUNDS')).toBe(false);
    expect(isExpected('TR_RLP_WRONGVALUE', 'NOT_ENCODABLE')).toBe(true);
  });

  it('are met by any of their alternatives', () => {
    const either =
      'TransactionException.INSUFFICIENT_ACCOUNT_FUNDS|TransactionException.INTRINSIC_GAS_TOO_LOW';
    expect(isExpected(either, 'INSUFFICIENT_FUNDS')).toBe(true);
    expect(isExpected(either, 'INTRINSIC_GAS_TOO_LOW')).toBe(true);
    expect(isExpected(either, 'NONCE_TOO_LOW')).toBe(false);
  });

  it('are never met when their name is not known', () => {
    expect(isExpected('TransactionException.NO_SUCH_NAME', 'SENDER_NOT_EOA')).toBe(false);
    expect(isExpected('constructor', 'SENDER_NOT_EOA')).toBe(false);
    expect(isExpected('', 'SENDER_NOT_EOA')).toBe(false);
  });

  it('may leave the reason open', () => {
    expect(isExpected('ANY', 'NONCE_TOO_HIGH')).toBe(true);
  });
});

describe('networks', () => {
  it('are forks', () => {
    expect(forkOfNetwork('EIP150')).toBe('tangerineWhistle');
    expect(forkOfNetwork('EIP158')).toBe('spuriousDragon');
    expect(forkOfNetwork('ConstantinopleFix')).toBe('petersburg');
    expect(forkOfNetwork('Osaka')).toBe('osaka');
  });

  it('are undefined when they are transitions or unknown', () => {
    expect(forkOfNetwork('ShanghaiToCancunAtTime15k')).toBeUndefined();
    expect(forkOfNetwork('toString')).toBeUndefined();
  });
});
