import { addressBytes, mainnetFeatures, PROGRAM } from '@ninefold/vm-svm';
import { describe, expect, it } from 'vitest';
import { costOf, createCostTracker, isSimpleVote, newDataBytesOf } from '../src/bank/cost.ts';
import type { Prepared } from '../src/bank/process.ts';
import { listAccounts } from '../src/tx/account-list.ts';
import { addressKey } from '../src/tx/address-key.ts';
import { computeBudgetOf } from '../src/tx/compute-budget.ts';
import { countSignatures } from '../src/tx/fee.ts';
import type { Message } from '../src/tx/message.ts';
import { createTransaction } from '../src/tx/transaction.ts';
import { at, bytes, type Call, messageOf, PAYER, SYSTEM, transfer, u32, u64 } from './support/world.ts';

const VOTE = addressBytes(PROGRAM.vote);

function prepared(calls: readonly Call[]): Prepared {
  const message = messageOf([PAYER.address], calls, at(9));
  const transaction = createTransaction(message, [new Uint8Array(64)]);
  const list = listAccounts(message);
  const computed = computeBudgetOf(message, list.keys, mainnetFeatures());
  if ('error' in computed) throw new Error('no budget');
  const signatures = countSignatures(message, list.keys);
  return {
    transaction,
    list,
    budget: computed.budget,
    signatures,
    fee: { signatures: 5000n, priority: 0n },
    isCountedAsVote: false,
  };
}

const system = (...data: readonly (number | Uint8Array)[]): Call => ({
  program: SYSTEM,
  accounts: [PAYER.address, at(2)],
  data: bytes(...data),
});

const newBytes = (...calls: readonly Call[]): number => {
  const message = messageOf([PAYER.address], calls, at(9));
  return newDataBytesOf(message, message.keys.map(addressKey));
};

describe('the cost of a transaction', () => {
  it('is for signatures, locks, data, units and what is loaded', () => {
    const move = prepared([transfer(PAYER.address, at(2), 1n)]);
    // One signature, two accounts to write to, twelve bytes of data.
    expect(costOf(move, 150, 0)).toEqual({ units: 720 + 600 + 3 + 150, newDataBytes: 0 });
    expect(costOf(move, 150, 1).units).toBe(720 + 600 + 3 + 150 + 8);
    expect(costOf(move, 0, 65_537).units).toBe(720 + 600 + 3 + 24);
  });
});

describe('votes', () => {
  const vote = (calls: number): Message =>
    messageOf(
      [PAYER.address],
      Array.from({ length: calls }, () => ({ ...system(1), program: VOTE })),
      at(9),
    );
  const keysOf = ({ keys }: Message): readonly string[] => keys.map(addressKey);

  it('are simple when there is nothing else', () => {
    expect(isSimpleVote(vote(1), keysOf(vote(1)))).toBe(true);
    expect(isSimpleVote(vote(2), keysOf(vote(2)))).toBe(false);
    const move = messageOf([PAYER.address], [transfer(PAYER.address, at(2), 1n)], at(9));
    expect(isSimpleVote(move, keysOf(move))).toBe(false);
    const versioned = { ...vote(1), version: 0, lookups: [] } as Message;
    expect(isSimpleVote(versioned, keysOf(versioned))).toBe(false);
  });

  it('cost the same each where they are counted alike', () => {
    const counted = { ...prepared([transfer(PAYER.address, at(2), 1n)]), isCountedAsVote: true };
    expect(costOf(counted, 2100, 5000)).toEqual({ units: 3428, newDataBytes: 0 });
  });
});

describe('bytes of new accounts', () => {
  const seed = bytes(u64(3n), 1, 2, 3);

  it('are read from what allocates', () => {
    expect(newBytes(transfer(PAYER.address, at(2), 1n))).toBe(0);
    expect(newBytes(system(u32(0), u64(1n), u64(200n), at(3)))).toBe(200);
    expect(newBytes(system(u32(8), u64(300n)))).toBe(300);
    expect(newBytes(system(u32(3), at(1), seed, u64(1n), u64(400n), at(3)))).toBe(400);
    expect(newBytes(system(u32(9), at(1), seed, u64(500n), at(3)))).toBe(500);
    expect(newBytes(system(u32(8), u64(300n)), system(u32(8), u64(7n)))).toBe(307);
  });

  it('are none when an instruction is broken or asks for too much', () => {
    expect(newBytes(system(u32(8), u64(300n)), system(u32(8)))).toBe(0);
    expect(newBytes(system(1))).toBe(0);
    expect(newBytes(system(u32(3), at(1)))).toBe(0);
    expect(newBytes(system(u32(3), at(1), u64(2n ** 60n)))).toBe(0);
    expect(newBytes(system(u32(8), u64(10_485_761n)))).toBe(0);
  });

  it('are 20 MiB at most', () => {
    const most = system(u32(8), u64(10_485_760n));
    expect(newBytes(most, most, most)).toBe(20_971_520);
  });

  it('are those of the system program only', () => {
    expect(newBytes({ ...system(u32(8), u64(300n)), program: at(7) })).toBe(0);
  });
});

describe('a block', () => {
  const limits = { blockUnits: 100, accountUnits: 40, newDataBytes: 50 };
  const cost = (units: number, newDataBytes = 0) => ({ units, newDataBytes });

  it('has a share for each account that is written to, and others still fit', () => {
    const tracker = createCostTracker(limits);
    tracker.add(cost(30), ['hot', 'a']);
    expect(tracker.problem(cost(11), ['hot', 'b'])).toBe('WouldExceedMaxAccountCostLimit');
    expect(tracker.problem(cost(10), ['hot', 'b'])).toBeUndefined();
    expect(tracker.problem(cost(40), ['b'])).toBeUndefined();
    expect(tracker.problem(cost(41), ['b'])).toBe('WouldExceedMaxAccountCostLimit');
    expect(tracker.accountUnits('hot')).toBe(30);
    expect(tracker.accountUnits('b')).toBe(0);
  });

  it('is full at its limit', () => {
    const tracker = createCostTracker(limits);
    for (const key of ['a', 'b']) tracker.add(cost(40), [key]);
    expect(tracker.units()).toBe(80);
    expect(tracker.problem(cost(20), ['c'])).toBeUndefined();
    expect(tracker.problem(cost(21), ['c'])).toBe('WouldExceedMaxBlockCostLimit');
  });

  it('has room for so much new data', () => {
    const tracker = createCostTracker(limits);
    tracker.add(cost(1, 30), ['a']);
    expect(tracker.problem(cost(1, 20), ['b'])).toBeUndefined();
    expect(tracker.problem(cost(1, 21), ['b'])).toBe('WouldExceedAccountDataBlockLimit');
  });
});
