import { isNinefoldError } from '@ninefold/base';
import { describe, expect, it } from 'vitest';
import { createEvm } from '../src/run.ts';
import type { InvalidReason, StateView, Transaction } from '../src/types.ts';
import {
  addressOf,
  BLOCK,
  COINBASE,
  CONTRACT,
  createWorld,
  executed,
  SENDER,
  transactionWith,
  word,
} from './support/world.ts';

const ETHER = 10n ** 18n;
const RECIPIENT = addressOf(0xbeef);
const rich = { [SENDER]: { balance: ETHER } };

describe('a plain transfer', () => {
  const evm = createEvm();
  const outcome = executed(
    evm.transact(transactionWith({ to: RECIPIENT, value: 5n }), BLOCK, createWorld(rich)),
  );

  it('uses the intrinsic gas and pays sender, recipient and coinbase exactly', () => {
    expect(outcome).toMatchObject({
      status: 'success',
      gasUsed: 21_000n,
      gasRefunded: 0n,
      effectiveGasPrice: 9n,
    });
    const { accounts } = outcome.changes;
    expect(accounts.get(SENDER)?.account).toMatchObject({ nonce: 1n, balance: ETHER - 5n - 9n * 21_000n });
    expect(accounts.get(RECIPIENT)?.account).toMatchObject({ nonce: 0n, balance: 5n });
    expect(accounts.get(COINBASE)?.account).toMatchObject({ balance: 2n * 21_000n });
    expect(accounts.size).toBe(3);
  });

  it('has no output, logs, codes or created address', () => {
    expect(outcome.output.length).toBe(0);
    expect(outcome.logs).toEqual([]);
    expect(outcome.changes.codes.size).toBe(0);
    expect(outcome.createdAddress).toBeUndefined();
  });

  it('leaves the same outcome when executed again', () => {
    const again = evm.transact(transactionWith({ to: RECIPIENT, value: 5n }), BLOCK, createWorld(rich));
    expect(again).toEqual({ valid: true, ...outcome });
  });
});

describe('refusals', () => {
  const cases: readonly (readonly [InvalidReason, Partial<Transaction>])[] = [
    ['CHAIN_ID_MISMATCH', { chainId: 2n }],
    ['NONCE_TOO_HIGH', { nonce: 1n }],
    ['NONCE_IS_MAX', { nonce: 2n ** 64n }],
    ['INSUFFICIENT_FUNDS', { value: ETHER }],
    ['INSUFFICIENT_FUNDS', { maxFeePerGas: 2n ** 255n, maxPriorityFeePerGas: 0n }],
    ['INTRINSIC_GAS_TOO_LOW', { gasLimit: 20_999n }],
    ['GAS_BELOW_FLOOR', { gasLimit: 21_900n, data: new Uint8Array(100) }],
    ['GAS_LIMIT_EXCEEDS_CAP', { gasLimit: 2n ** 24n + 1n }],
    ['FEE_CAP_BELOW_BASE_FEE', { maxFeePerGas: 6n, maxPriorityFeePerGas: 1n }],
    ['PRIORITY_FEE_ABOVE_FEE_CAP', { maxPriorityFeePerGas: 11n }],
    ['INITCODE_TOO_LARGE', { to: undefined, data: new Uint8Array(49_153), gasLimit: 10_000_000n }],
    ['BLOB_LIST_EMPTY', { type: 3, blobHashes: [] }],
    ['BLOB_VERSION_INVALID', { type: 3, blobHashes: [word(1)] }],
    ['BLOB_FEE_CAP_TOO_LOW', { type: 3, blobHashes: [`0x01${'00'.repeat(31)}`] }],
    ['BLOB_CREATES_CONTRACT', { type: 3, to: undefined, blobHashes: [`0x01${'00'.repeat(31)}`] }],
    ['AUTHORIZATION_LIST_EMPTY', { type: 4 }],
    ['SET_CODE_CREATES_CONTRACT', { type: 4, to: undefined }],
  ];
  const evm = createEvm();
  for (const [reason, change] of cases) {
    it(reason, () => {
      expect(evm.transact(transactionWith(change), BLOCK, createWorld(rich))).toEqual({
        valid: false,
        reason,
      });
    });
  }

  it('NONCE_TOO_LOW, SENDER_NOT_EOA, BLOCK_GAS_EXCEEDED depend on state and block', () => {
    const later = createWorld({ [SENDER]: { balance: ETHER, nonce: 3n } });
    expect(evm.transact(transactionWith(), BLOCK, later)).toMatchObject({ reason: 'NONCE_TOO_LOW' });
    const contract = createWorld({ [SENDER]: { balance: ETHER, code: '0x00' } });
    expect(evm.transact(transactionWith(), BLOCK, contract)).toMatchObject({ reason: 'SENDER_NOT_EOA' });
    expect(
      evm.transact(transactionWith(), BLOCK, createWorld(rich), { blockGasUsed: 59_500_000n }),
    ).toMatchObject({ reason: 'BLOCK_GAS_EXCEEDED' });
  });

  it('TYPE_NOT_SUPPORTED before a type’s fork', () => {
    const outcome = createEvm({ fork: 'istanbul' }).transact(transactionWith(), BLOCK, createWorld(rich));
    expect(outcome).toEqual({ valid: false, reason: 'TYPE_NOT_SUPPORTED' });
  });
});

describe('options', () => {
  it('leave out the checks they name', () => {
    const evm = createEvm();
    const call = transactionWith({
      nonce: 9n,
      gasLimit: 2n ** 25n,
      maxFeePerGas: 0n,
      maxPriorityFeePerGas: 0n,
    });
    const world = createWorld({ [SENDER]: { code: '0x00' } });
    const all = { skipNonce: true, skipFees: true, skipSenderCode: true, skipGasCap: true };
    const outcome = executed(evm.transact(call, BLOCK, world, all));
    expect(outcome.gasUsed).toBe(21_000n);
    expect([...outcome.changes.accounts.keys()]).toEqual([SENDER]);
    expect(outcome.changes.accounts.get(SENDER)?.account).toMatchObject({ nonce: 1n, balance: 0n });
  });

  it('that are unknown are errors with a suggestion', () => {
    // @ts-expect-error -- a slip of the keyboard
    expect(() => createEvm({ frok: 'cancun' })).toThrow(/did you mean 'fork'/);
    // @ts-expect-error -- no such fork
    expect(() => createEvm({ fork: 'cancum' })).toThrow(/did you mean 'cancun'/);
    const evm = createEvm();
    // @ts-expect-error -- no such option
    expect(() => evm.transact(transactionWith(), BLOCK, createWorld(rich), { skipFee: true })).toThrow();
  });
});

describe('the view', () => {
  const evm = createEvm();
  // PUSH1 0 SLOAD PUSH1 1 ADD PUSH1 0 SSTORE
  const world = createWorld({ ...rich, [CONTRACT]: { code: '0x60005460010160005500' } });

  it('may throw at any question, and the next transaction is not affected', () => {
    const expected = evm.transact(transactionWith(), BLOCK, world);
    const questions = world.reads.length;
    for (let failing = 0; failing < questions; failing++) {
      let asked = 0;
      const suspending: StateView = {
        ...world,
        account: (address) => {
          if (asked++ === failing) throw new Error('suspended');
          return world.account(address);
        },
        storage: (address, slot) => {
          if (asked++ === failing) throw new Error('suspended');
          return world.storage(address, slot);
        },
      };
      expect(() => evm.transact(transactionWith(), BLOCK, suspending)).toThrow('suspended');
      expect(evm.transact(transactionWith(), BLOCK, world)).toEqual(expected);
    }
  });

  it('must not call the machine', () => {
    const nosy: StateView = {
      ...world,
      account: (address) => {
        evm.transact(transactionWith(), BLOCK, world);
        return world.account(address);
      },
    };
    try {
      evm.transact(transactionWith(), BLOCK, nosy);
      expect.unreachable();
    } catch (error) {
      expect(isNinefoldError(error, 'EVM_REENTERED')).toBe(true);
    }
  });

  it('is asked once for each account and slot', () => {
    const code = '0x60005460005460005500';
    const counted = createWorld({ ...rich, [CONTRACT]: { code, storage: { [word(9)]: word(1) } } });
    executed(evm.transact(transactionWith(), BLOCK, counted));
    expect(counted.reads.toSorted()).toEqual(
      [SENDER, CONTRACT, `${CONTRACT}/${word(0)}`, COINBASE].toSorted(),
    );
  });

  it('is not asked for slots of an account that has none', () => {
    // Writes slot 0, reads slots 0 and 1.
    const counted = createWorld({ ...rich, [CONTRACT]: { code: '0x600760005560005460015400' } });
    const { changes } = executed(evm.transact(transactionWith(), BLOCK, counted));
    expect(counted.reads.toSorted()).toEqual([SENDER, CONTRACT, COINBASE].toSorted());
    expect([...(changes.accounts.get(CONTRACT)?.storage ?? [])]).toEqual([[word(0), word(7)]]);
  });
});

describe('access records', () => {
  it('name accounts and slots met, also by what was undone', () => {
    // SLOAD 5, BALANCE 0x99, REVERT
    const world = createWorld({ ...rich, [CONTRACT]: { code: '0x600554609931600080fd' } });
    const outcome = executed(createEvm().transact(transactionWith(), BLOCK, world, { recordAccess: true }));
    expect(outcome.status).toBe('revert');
    expect(outcome.accessed?.addresses.toSorted()).toEqual(
      [SENDER, CONTRACT, COINBASE, addressOf(0x99)].toSorted(),
    );
    expect(outcome.accessed?.slots.get(CONTRACT)).toEqual([word(5)]);
  });
});

describe('intrinsic gas', () => {
  it('counts data, access list, initcode and authorizations', () => {
    const evm = createEvm();
    const data = Uint8Array.of(0, 1, 0, 2);
    expect(evm.intrinsicGas(transactionWith({ data }))).toEqual({
      intrinsic: 21_000n + 2n * 4n + 2n * 16n,
      floor: 21_000n + 2n * 10n + 2n * 40n,
    });
    const accessList = [{ address: RECIPIENT, storageKeys: [word(1), word(2)] }];
    expect(evm.intrinsicGas(transactionWith({ accessList })).intrinsic).toBe(21_000n + 2400n + 3800n);
    expect(evm.intrinsicGas(transactionWith({ to: undefined, data })).intrinsic).toBe(53_000n + 40n + 2n);
    expect(createEvm({ fork: 'frontier' }).intrinsicGas(transactionWith({ data }))).toEqual({
      intrinsic: 21_000n + 2n * 4n + 2n * 68n,
      floor: 0n,
    });
  });
});
