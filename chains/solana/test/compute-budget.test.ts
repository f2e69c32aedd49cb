import { addressBytes, mainnetFeatures, PROGRAM } from '@ninefold/vm-svm';
import { describe, expect, it } from 'vitest';
import { addressKey } from '../src/tx/address-key.ts';
import { type ComputeBudget, computeBudgetOf } from '../src/tx/compute-budget.ts';
import type { TransactionError } from '../src/tx/errors.ts';
import { countSignatures, signatureFee } from '../src/tx/fee.ts';
import type { V1Config } from '../src/tx/message.ts';
import { at, budgetCall, bytes, type Call, messageOf, PAYER, transfer, u32, u64 } from './support/world.ts';

const features = mainnetFeatures();
const move = transfer(PAYER.address, at(2), 1n);

function ask(calls: readonly Call[], set = features): ReturnType<typeof computeBudgetOf> {
  const message = messageOf([PAYER.address], calls, at(9));
  return computeBudgetOf(message, message.keys.map(addressKey), set);
}

function budgetOf(calls: readonly Call[], set = features): ComputeBudget {
  const asked = ask(calls, set);
  if ('error' in asked) throw new Error(JSON.stringify(asked.error));
  return asked.budget;
}

const errorOf = (calls: readonly Call[]): TransactionError | undefined => {
  const asked = ask(calls);
  return 'error' in asked ? asked.error : undefined;
};

describe('what a transaction that says nothing gets', () => {
  it('is by the kind of its programs', () => {
    expect(budgetOf([move])).toEqual({
      unitLimit: 3000,
      heapBytes: 32_768,
      loadedDataLimit: 64 * 1024 * 1024,
      priorityFee: 0n,
    });
    const program = { ...move, program: at(7) };
    expect(budgetOf([move, program]).unitLimit).toBe(203_000);
    expect(budgetOf(Array.from({ length: 8 }, () => program)).unitLimit).toBe(1_400_000);
  });

  it('is more for the newest signature program and for votes', () => {
    const of = (address: string): number => budgetOf([{ ...move, program: addressBytes(address) }]).unitLimit;
    expect(of(PROGRAM.ed25519)).toBe(3000);
    expect(of(PROGRAM.secp256r1)).toBe(200_000);
    expect(of(PROGRAM.vote)).toBe(200_000);
    const vote = { ...move, program: addressBytes(PROGRAM.vote) };
    expect(budgetOf([vote], new Set()).unitLimit).toBe(3000);
  });
});

describe('compute budget instructions', () => {
  it('set limits, also beyond what there is', () => {
    expect(budgetOf([budgetCall(2, u32(777))]).unitLimit).toBe(777);
    expect(budgetOf([budgetCall(2, u32(2_000_000))]).unitLimit).toBe(1_400_000);
    expect(budgetOf([budgetCall(1, u32(65_536))]).heapBytes).toBe(65_536);
    expect(budgetOf([budgetCall(4, u32(5000))]).loadedDataLimit).toBe(5000);
    expect(budgetOf([budgetCall(4, u32(2 ** 32 - 1))]).loadedDataLimit).toBe(64 * 1024 * 1024);
  });

  it('set a price for each unit that may be used, rounded up', () => {
    const fee = (limit: number, price: bigint): bigint =>
      budgetOf([budgetCall(2, u32(limit)), budgetCall(3, u64(price))]).priorityFee;
    expect(fee(1000, 1_000_000n)).toBe(1000n);
    expect(fee(333, 1n)).toBe(1n);
    expect(fee(0, 5n)).toBe(0n);
    expect(budgetOf([budgetCall(2, u32(1_400_000)), budgetCall(3, u64(2n ** 64n - 1n))]).priorityFee).toBe(
      2n ** 64n - 1n,
    );
  });

  it('may have more behind them', () => {
    expect(budgetOf([budgetCall(2, u32(777), 1, 2, 3)]).unitLimit).toBe(777);
  });

  it.each([
    ['a tag that is gone', [budgetCall(0, u32(1), u32(1))], 0],
    ['an unknown tag', [move, budgetCall(5)], 1],
    ['no tag', [budgetCall()], 0],
    ['too few bytes', [budgetCall(2, 1, 2)], 0],
    ['too few bytes of a price', [budgetCall(3, u32(1))], 0],
    ['a heap that is too small', [move, budgetCall(1, u32(16_384))], 1],
    ['a heap that is too big', [budgetCall(1, u32(263_168))], 0],
    ['a heap between pages', [budgetCall(1, u32(32_769))], 0],
  ])('fail for %s', (_, calls, index) => {
    expect(errorOf(calls)).toEqual({ InstructionError: [index, 'InvalidInstructionData'] });
  });

  it('come once each', () => {
    expect(errorOf([budgetCall(2, u32(1)), move, budgetCall(2, u32(1))])).toEqual({
      DuplicateInstruction: 2,
    });
  });

  it('cannot ask for nothing to be loaded', () => {
    expect(errorOf([budgetCall(4, u32(0))])).toBe('InvalidLoadedAccountsDataSizeLimit');
  });
});

describe('version 1', () => {
  const of = (config: V1Config): ComputeBudget => {
    const message = {
      ...messageOf([PAYER.address], [budgetCall(2, u32(5))], at(9)),
      version: 1,
      config,
    } as const;
    const asked = computeBudgetOf(message, message.keys.map(addressKey), features);
    return 'budget' in asked ? asked.budget : (undefined as never);
  };

  it('says it in its head, and nothing means none', () => {
    expect(of({})).toEqual({ unitLimit: 0, heapBytes: 32_768, loadedDataLimit: 0, priorityFee: 0n });
    expect(of({ priorityFee: 7n, unitLimit: 9, loadedDataLimit: 10, heapBytes: 65_536 })).toEqual({
      unitLimit: 9,
      heapBytes: 65_536,
      loadedDataLimit: 10,
      priorityFee: 7n,
    });
    expect(of({ unitLimit: 2 ** 32 - 1 }).unitLimit).toBe(1_400_000);
  });
});

describe('signature fees', () => {
  it('are for the transaction and for what signature programs check', () => {
    const check = (program: string, ...data: readonly number[]): Call => ({
      program: addressBytes(program),
      accounts: [],
      data: bytes(...data),
    });
    const message = messageOf(
      [PAYER.address],
      [
        check(PROGRAM.ed25519, 3),
        check(PROGRAM.secp256k1, 1),
        check(PROGRAM.secp256r1, 2),
        check(PROGRAM.ed25519),
      ],
      at(9),
    );
    const counts = countSignatures(message, message.keys.map(addressKey));
    expect(counts).toEqual({ own: 1, ed25519: 3, secp256k1: 1, secp256r1: 2 });
    expect(signatureFee(counts)).toBe(35_000n);
  });
});
