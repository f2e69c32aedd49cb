import { NinefoldError } from '@ninefold/base';
import { describe, expect, it } from 'vitest';
import { isExpectedError } from '../../src/evm/block-exceptions.ts';

const error = (code: string, context: unknown = {}, cause?: unknown): NinefoldError =>
  new NinefoldError(code, code, context, { cause });

describe('expected exceptions of blocks', () => {
  it('are found by name, among alternatives', () => {
    const wrongRoot = error('BLOCK_INVALID_STATE_ROOT');
    expect(isExpectedError('BlockException.INVALID_STATE_ROOT', wrongRoot)).toBe(true);
    expect(
      isExpectedError('BlockException.INVALID_GAS_USED|BlockException.INVALID_STATE_ROOT', wrongRoot),
    ).toBe(true);
    expect(isExpectedError('BlockException.INVALID_GAS_USED', wrongRoot)).toBe(false);
  });

  it('are those of a transaction when that is to blame', () => {
    const refused = error('BLOCK_INVALID_TRANSACTION', { index: 0, reason: 'NONCE_TOO_LOW' });
    expect(isExpectedError('TransactionException.NONCE_MISMATCH_TOO_LOW', refused)).toBe(true);
    expect(isExpectedError('TransactionException.SENDER_NOT_EOA', refused)).toBe(false);
  });

  it('are those of an ommer, or of its header', () => {
    const brother = error('BLOCK_INVALID_OMMER', { problem: 'parent' });
    expect(isExpectedError('UncleIsBrother', brother)).toBe(true);
    const late = error('BLOCK_INVALID_OMMER', { problem: 'header' }, error('BLOCK_INVALID_TIMESTAMP'));
    expect(isExpectedError('InvalidTimestamp', late)).toBe(true);
    expect(isExpectedError('InvalidGasLimit', late)).toBe(false);
  });

  it('are never what is no error of ours', () => {
    expect(isExpectedError('BlockException.INVALID_STATE_ROOT', new TypeError('x'))).toBe(false);
    expect(isExpectedError('BlockException.SOMETHING_NEW', error('SOMETHING_NEW'))).toBe(false);
  });
});
