import { bytesToHex } from '@ninefold/base';
import type { Hex } from '@ninefold/base';
import { describe, expect, it } from 'vitest';
import type { ExecutedTransaction } from '../src/types.ts';
import type { Item } from './support/asm.ts';
import { asm, RETURN_TOP, storeCode } from './support/asm.ts';
import { evmOf, run, wordOf } from './support/run.ts';
import type { RunOptions } from './support/run.ts';
import { addressOf, CONTRACT, SENDER, transactionWith, word } from './support/world.ts';

// Prices of EIP-8037 at 1530 gas a byte.
const NEW_SLOT = 64n * 1530n;
const NEW_ACCOUNT = 120n * 1530n;
/** EIP-2780: base and the recipient's access. */
const CALL_BASE = 15_000n;
const SYSTEM = '0xfffffffffffffffffffffffffffffffffffffffe';
const TRANSFER = '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef';
const NOBODY = addressOf(0x404);

const amsterdam = (items: readonly Item[], given: RunOptions = {}): ExecutedTransaction =>
  run(items, { fork: 'amsterdam', ...given });
const topic = (address: Hex): Hex => word(BigInt(address));

describe('intrinsic gas (EIP-2780, 7976, 7981)', () => {
  const evm = evmOf('amsterdam');
  const price = (changes: Parameters<typeof transactionWith>[0]): readonly [bigint, bigint] => {
    const { intrinsic, floor } = evm.intrinsicGas(transactionWith(changes));
    return [intrinsic, floor];
  };

  it('is made of what the transaction touches', () => {
    expect(price({})).toEqual([15_000n, 15_000n]);
    expect(price({ value: 1n })).toEqual([21_000n, 21_000n]);
    expect(price({ to: SENDER, value: 1n })).toEqual([12_000n, 12_000n]);
    expect(price({ to: undefined })).toEqual([24_000n, 24_000n]);
    expect(price({ data: Uint8Array.of(0, 1) })).toEqual([15_020n, 15_128n]);
    const accessList = [{ address: NOBODY, storageKeys: [word(1)] }];
    expect(price({ accessList })).toEqual([15_000n + 2900n + 2000n + 52n * 64n, 15_000n + 52n * 64n]);
  });
});

describe('state gas (EIP-8037)', () => {
  it('is charged for new slots and given back when they are cleared', () => {
    const set = amsterdam([1, 0, 'SSTORE']);
    expect(set.gasUsed).toBe(CALL_BASE + 6n + 2000n + 10_100n + NEW_SLOT);
    expect(set.blockStateGasUsed).toBe(NEW_SLOT);
    expect(set.blockGasUsed).toBe(set.gasUsed - NEW_SLOT);
    const cleared = amsterdam([1, 0, 'SSTORE', 0, 0, 'SSTORE']);
    expect(cleared.blockStateGasUsed).toBe(0n);
    expect(cleared.gasUsed + cleared.gasRefunded).toBe(CALL_BASE + 12n + 12_100n + 100n);
    const changed = amsterdam([2, 0, 'SSTORE'], { self: { storage: { [word(0)]: word(1) } } });
    expect(changed.blockStateGasUsed).toBe(0n);
  });

  it('comes out of what the limit has over the cap, and then out of the gas', () => {
    const items = [1, 0, 'SSTORE', 'GAS', ...RETURN_TOP];
    const cap = 2n ** 24n;
    const seen = (gasLimit: bigint): bigint => wordOf(amsterdam(items, { transaction: { gasLimit } }).output);
    const spent = 6n + 12_100n + 2n;
    expect(seen(cap)).toBe(cap - CALL_BASE - spent - NEW_SLOT);
    expect(seen(cap + NEW_SLOT)).toBe(cap - CALL_BASE - spent);
    expect(seen(cap + 1000n)).toBe(cap - CALL_BASE - spent - NEW_SLOT + 1000n);
  });

  it('is charged for accounts that come into being', () => {
    const self = { balance: 9n };
    const call: readonly Item[] = [0, 0, 0, 0, 1, BigInt(NOBODY), 0, 'CALL'];
    expect(amsterdam(call, { self }).blockStateGasUsed).toBe(NEW_ACCOUNT);
    expect(amsterdam([BigInt(NOBODY), 'SELFDESTRUCT'], { self }).blockStateGasUsed).toBe(NEW_ACCOUNT);
    expect(amsterdam([], { transaction: { to: NOBODY, value: 1n } }).blockStateGasUsed).toBe(NEW_ACCOUNT);
    expect(amsterdam(call, { self, accounts: { [NOBODY]: { nonce: 1n } } }).blockStateGasUsed).toBe(0n);
  });

  it('of a creation is account and code, and comes back when it fails', () => {
    const create = (initcode: Hex): ExecutedTransaction => {
      const length = (initcode.length - 2) / 2;
      return amsterdam([...storeCode(initcode), length, 32 - length, 0, 'CREATE']);
    };
    expect(create(asm(3, 0, 'RETURN')).blockStateGasUsed).toBe(NEW_ACCOUNT + 3n * 1530n);
    expect(create(asm('INVALID')).blockStateGasUsed).toBe(0n);
    expect(create(asm(0, 0, 'REVERT')).blockStateGasUsed).toBe(0n);
    expect(create(asm(0, 0, 'REVERT')).gasUsed).toBeLessThan(NEW_ACCOUNT);
  });

  it('of a reverted frame comes back to the gas it was taken from', () => {
    const callee = addressOf(0xca11);
    const accounts = { [callee]: { code: asm(1, 0, 'SSTORE', 0, 0, 'REVERT') } };
    const items: readonly Item[] = [0, 0, 0, 0, 0, BigInt(callee), 500_000, 'CALL'];
    const outcome = amsterdam(items, { accounts });
    expect(outcome.blockStateGasUsed).toBe(0n);
    expect(outcome.gasUsed).toBe(CALL_BASE + 21n + 3000n + 6n + 12_100n + 6n);
  });

  it('that cannot be paid before the first instruction undoes all but nonce and fee', () => {
    const to = NOBODY;
    const outcome = amsterdam([], { transaction: { to, value: 1n, gasLimit: 100_000n } });
    expect(outcome).toMatchObject({ status: 'halt', halt: 'OUT_OF_GAS', gasUsed: 100_000n });
    expect([...outcome.changes.accounts.keys()]).toEqual([SENDER]);
  });
});

describe('transfers (EIP-7708)', () => {
  it('are logged by the system’s address, in order, and undone with their frame', () => {
    const callee = addressOf(0xca11);
    const items: readonly Item[] = [0, 0, 0, 0, 3, BigInt(callee), 0, 'CALL', 7, 0, 0, 'LOG1'];
    const given: RunOptions = { transaction: { value: 5n }, accounts: { [callee]: { nonce: 1n } } };
    const { logs } = amsterdam(items, given);
    expect(logs.map(({ address, topics }) => [address, ...topics])).toEqual([
      [SYSTEM, TRANSFER, topic(SENDER), topic(CONTRACT)],
      [SYSTEM, TRANSFER, topic(CONTRACT), topic(callee)],
      [CONTRACT, word(7)],
    ]);
    expect(bytesToHex(logs[1]?.data as Uint8Array)).toBe(word(3));
    const failing = { ...given, accounts: { [callee]: { code: asm('INVALID') } } };
    expect(amsterdam(items, failing).logs).toHaveLength(2);
  });

  it('to oneself and of nothing are not', () => {
    expect(amsterdam([], { transaction: { value: 0n } }).logs).toEqual([]);
    expect(amsterdam([], { transaction: { to: SENDER, value: 1n } }).logs).toEqual([]);
    expect(amsterdam(['ADDRESS', 'SELFDESTRUCT'], { self: { balance: 1n } }).logs).toEqual([]);
    expect(amsterdam([BigInt(SENDER), 'SELFDESTRUCT'], { self: { balance: 1n } }).logs).toHaveLength(1);
  });
});

describe('SELFDESTRUCT (EIP-8246)', () => {
  it('in the creating transaction keeps the balance', () => {
    const initcode = asm('ADDRESS', 'SELFDESTRUCT');
    const data = Uint8Array.from(initcode.slice(2).match(/../g) as string[], (byte) =>
      Number.parseInt(byte, 16),
    );
    const outcome = amsterdam([], { transaction: { to: undefined, data, value: 4n } });
    const change = outcome.changes.accounts.get(outcome.createdAddress as Hex);
    expect(change).toMatchObject({ account: { nonce: 0n, balance: 4n }, storageCleared: true });
  });
});

describe('DUPN, SWAPN, EXCHANGE (EIP-8024)', () => {
  // The items 0, 1, … with the highest on top.
  const filled = (count: number): Item[] => Array.from({ length: count }, (_, i) => i);
  const top = (count: number, code: Hex): bigint =>
    wordOf(amsterdam([...filled(count), code, ...RETURN_TOP]).output);

  it('reach the items of their immediate byte', () => {
    // 0x80: (128 + 145) mod 256 = 17.
    expect(top(17, '0xe680')).toBe(0n);
    expect(top(30, '0xe680')).toBe(13n);
    // 0x00: 145.
    expect(top(200, '0xe600')).toBe(55n);
    expect(top(18, '0xe780')).toBe(0n);
    expect(top(100, '0xe780')).toBe(82n);
  });

  it('EXCHANGE swaps below the top', () => {
    // 0x8e xor 143 = 0x01: q 0, r 1, positions 1 and 2.
    const items = [...filled(10), '0xe88e', 'POP', ...RETURN_TOP];
    expect(wordOf(amsterdam(items).output)).toBe(7n);
  });

  it('do not allow what looks like JUMPDEST or a push, and check the stack', () => {
    expect(amsterdam([...filled(255), '0xe65b'])).toMatchObject({ halt: 'INVALID_OPCODE' });
    expect(amsterdam([...filled(255), '0xe77f'])).toMatchObject({ halt: 'INVALID_OPCODE' });
    expect(amsterdam([...filled(255), '0xe852'])).toMatchObject({ halt: 'INVALID_OPCODE' });
    expect(amsterdam([...filled(16), '0xe680'])).toMatchObject({ halt: 'STACK_UNDERFLOW' });
    expect(amsterdam([...filled(17), '0xe780'])).toMatchObject({ halt: 'STACK_UNDERFLOW' });
    expect(amsterdam([...filled(2), '0xe88e'])).toMatchObject({ halt: 'STACK_UNDERFLOW' });
  });

  it('leave jump targets as they are: an immediate that is JUMPDEST may be jumped to', () => {
    expect(amsterdam([4, 'JUMP', '0xe65b', 'STOP']).status).toBe('success');
    expect(run([...filled(17), '0xe680']).halt).toBe('INVALID_OPCODE');
  });
});
