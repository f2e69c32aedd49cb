import { sha256 } from '@ninefold/crypto';
import { addressBytes, mainnetFeatures, SYSVAR, verifyEd25519 } from '@ninefold/vm-svm';
import { describe, expect, it } from 'vitest';
import { type Bank, type BankRules, bankHash, type FrozenBank, openBank } from '../src/bank/bank.ts';
import { createGenesis } from '../src/bank/genesis.ts';
import { latticeOf, replaceInLattice } from '../src/bank/lattice.ts';
import { decodeSlotHashes } from '../src/bank/sysvars.ts';
import { INCINERATOR } from '../src/spec/addresses.ts';
import { addressKey, keyAddress } from '../src/tx/address-key.ts';
import {
  at,
  budgetCall,
  LEADER,
  PAYER,
  payerTransaction,
  rich,
  rulesOf,
  SOL,
  transfer,
  u32,
  u64,
} from './support/world.ts';

const rules = rulesOf();
const genesisOf = (ruleset: BankRules = rules): FrozenBank =>
  createGenesis({
    features: ruleset.features,
    epochSchedule: ruleset.epochSchedule,
    unixTimestamp: 1_700_000_000,
    accounts: [rich(PAYER.address), rich(LEADER), rich(at(2))],
  });
const genesis = genesisOf();
const lastHash = (number: number): Uint8Array => sha256(Uint8Array.of(number));
const move = (bank: Bank, to: Uint8Array, lamports: bigint) =>
  payerTransaction([transfer(PAYER.address, to, lamports)], bank.blockhash);
const balance = (bank: { readonly account: Bank['account'] }, address: Uint8Array): bigint =>
  bank.account(address)?.lamports ?? 0n;

describe('genesis', () => {
  it('counts everything there is', () => {
    let sum = 0n;
    const lattice = new Uint16Array(1024);
    for (const [key, account] of genesis.accounts) {
      sum += account.lamports;
      replaceInLattice(lattice, new Uint16Array(1024), latticeOf(keyAddress(key), account));
    }
    expect(genesis.capitalization).toBe(sum);
    expect(genesis.lattice).toEqual(lattice);
  });

  it('is the same for the same accounts, and another for others', () => {
    expect(genesisOf().hash).toEqual(genesis.hash);
    const other = createGenesis({ features: rules.features, epochSchedule: rules.epochSchedule });
    expect(other.blockhash).not.toEqual(genesis.blockhash);
  });
});

describe('a slot', () => {
  it('knows the time and its parent', () => {
    const bank = openBank(genesis, rules, 1, 1_700_000_005);
    expect(bank.clock()).toEqual({
      slot: 1n,
      epochStartTimestamp: 1_700_000_000n,
      epoch: 0n,
      leaderScheduleEpoch: 1n,
      unixTimestamp: 1_700_000_005n,
    });
    const hashes = bank.account(addressBytes(SYSVAR.slotHashes))!;
    expect(decodeSlotHashes(hashes.data)).toEqual([{ slot: 0n, hash: genesis.hash }]);
    expect(bank.blockHeight).toBe(1);
    expect(bank.blockhash).toEqual(genesis.blockhash);
  });

  it('has a time that never goes back, and stands still unless told', () => {
    expect(openBank(genesis, rules, 1).clock().unixTimestamp).toBe(1_700_000_000n);
    expect(openBank(genesis, rules, 1, 5).clock().unixTimestamp).toBe(1_700_000_000n);
  });

  it('begins an epoch with its time', () => {
    const bank = openBank(genesis, rules, 64, 1_700_000_100);
    expect(bank.clock()).toMatchObject({ epoch: 1n, epochStartTimestamp: 1_700_000_100n });
    expect(bank.epoch()).toEqual({ epoch: 1, index: 0, slots: 64 });
  });

  it('comes after its parent', () => {
    expect(() => openBank(genesis, rules, 0)).toThrow();
  });

  it('keeps what transactions do', () => {
    const bank = openBank(genesis, rules, 1);
    const result = bank.process(move(bank, at(2), 7n));
    expect(result).toMatchObject({ stage: 'executed', error: undefined, units: 150 });
    expect(balance(bank, at(2))).toBe(10n * SOL + 7n);
    expect(balance(bank, PAYER.address)).toBe(10n * SOL - 7n - 5000n);
    expect(bank.transactionCount()).toBe(1);
    expect(bank.fees()).toEqual({ signatures: 5000n, priority: 0n });
    // The same account objects as before where nothing was touched.
    expect(result.before[2]).toBe(result.after[2]);
  });

  it('takes each message once', () => {
    const bank = openBank(genesis, rules, 1);
    const transaction = move(bank, at(2), 7n);
    bank.process(transaction);
    expect(bank.process(transaction)).toMatchObject({ stage: 'refused', error: 'AlreadyProcessed' });
    const next = openBank(bank.freeze(lastHash(1)), rules, 2);
    expect(next.process(transaction).error).toBe('AlreadyProcessed');
  });

  it('takes fees for what fails', () => {
    const bank = openBank(genesis, rules, 1);
    const result = bank.process(move(bank, at(2), 100n * SOL));
    expect(result).toMatchObject({ stage: 'executed', error: { InstructionError: [0, { Custom: 1 }] } });
    expect(balance(bank, PAYER.address)).toBe(10n * SOL - 5000n);
    expect(balance(bank, at(2))).toBe(10n * SOL);
  });

  it('takes fees for what cannot be loaded', () => {
    const bank = openBank(genesis, rules, 1);
    const missing = payerTransaction(
      [{ program: at(77), accounts: [], data: new Uint8Array(0) }],
      bank.blockhash,
    );
    expect(bank.process(missing)).toMatchObject({ stage: 'charged', error: 'ProgramAccountNotFound' });
    const wallet = payerTransaction(
      [{ program: at(2), accounts: [], data: new Uint8Array(0) }],
      bank.blockhash,
    );
    expect(bank.process(wallet)).toMatchObject({ stage: 'charged', error: 'InvalidProgramForExecution' });
    const narrow = payerTransaction(
      [budgetCall(4, u32(100)), transfer(PAYER.address, at(2), 1n)],
      bank.blockhash,
    );
    expect(bank.process(narrow)).toMatchObject({
      stage: 'charged',
      error: 'MaxLoadedAccountsDataSizeExceeded',
      loadedBytes: 100,
    });
    expect(balance(bank, PAYER.address)).toBe(10n * SOL - 15_000n);
    expect(balance(bank, at(2))).toBe(10n * SOL);
  });

  it('refuses without a trace what it does not know the blockhash of', () => {
    const bank = openBank(genesis, rules, 1);
    const old = payerTransaction([transfer(PAYER.address, at(2), 1n)], at(123));
    expect(bank.process(old)).toMatchObject({ stage: 'refused', error: 'BlockhashNotFound' });
    expect(balance(bank, PAYER.address)).toBe(10n * SOL);
    expect(bank.transactionCount()).toBe(0);
  });

  it('checks signatures when it is told how', () => {
    const checking = rulesOf({ verify: verifyEd25519 });
    const bank = openBank(genesis, checking, 1);
    const good = move(bank, at(2), 1n);
    const forged = {
      ...good,
      signatures: [new Uint8Array(64).fill(1)],
    };
    expect(bank.process(forged).error).toBe('SignatureFailure');
    expect(bank.process(good).error).toBeUndefined();
    expect(openBank(genesis, rules, 1).process(forged).error).toBeUndefined();
  });

  it('has room for so much work on one account', () => {
    const narrow = rulesOf({ limits: { blockUnits: 100_000, accountUnits: 50_000, newDataBytes: 1000 } });
    const bank = openBank(genesisOf(narrow), narrow, 1);
    const problems = Array.from(
      { length: 6 },
      (_, i) => bank.process(move(bank, at(2), BigInt(i + 1))).error,
    );
    // What is not said about loading counts in full before, and as it was after.
    expect(problems.slice(0, 2)).toEqual([undefined, undefined]);
    expect(problems.at(-1)).toBeUndefined();
    const many = Array.from({ length: 40 }, (_, i) => bank.process(move(bank, at(2), BigInt(i + 100))).error);
    expect(many.at(-1)).toBe('WouldExceedMaxAccountCostLimit');
  });

  it('goes two ways after a fork', () => {
    const bank = openBank(genesis, rules, 1);
    bank.process(move(bank, at(2), 1n));
    const other = bank.fork();
    other.process(move(other, at(2), 5n));
    expect(balance(bank, at(2))).toBe(10n * SOL + 1n);
    expect(balance(other, at(2))).toBe(10n * SOL + 6n);
    expect(bank.transactionCount()).toBe(1);
    expect(other.transactionCount()).toBe(2);
  });

  it('lets accounts be put in place, sysvars at once', () => {
    const bank = openBank(genesis, rules, 1);
    const rent = bank.account(addressBytes(SYSVAR.rent))!;
    const data = rent.data.slice();
    new DataView(data.buffer).setBigUint64(0, 1n, true);
    bank.setAccount(addressBytes(SYSVAR.rent), { ...rent, data });
    expect(bank.rent().lamportsPerByte).toBe(1n);
    expect(bank.process(move(bank, at(200), 128n)).error).toBeUndefined();
    bank.setAccount(at(2), undefined);
    expect(bank.account(at(2))).toBeUndefined();
  });
});

describe('simulation', () => {
  it('leaves nothing behind', () => {
    const bank = openBank(genesis, rules, 1);
    const result = bank.simulate(move(bank, at(2), 7n));
    expect(result.after[1]?.lamports).toBe(10n * SOL + 7n);
    expect(balance(bank, at(2))).toBe(10n * SOL);
    expect(bank.process(result.transaction).error).toBeUndefined();
  });

  it('may take the newest blockhash, and check signatures', () => {
    const bank = openBank(genesis, rulesOf({ verify: verifyEd25519 }), 1);
    const old = payerTransaction([transfer(PAYER.address, at(2), 1n)], at(123));
    expect(bank.simulate(old).error).toBe('BlockhashNotFound');
    expect(bank.simulate(old, { replacesBlockhash: true }).error).toBeUndefined();
    const unsigned = { ...old, signatures: [new Uint8Array(64)] };
    expect(bank.simulate(unsigned, { replacesBlockhash: true }).error).toBeUndefined();
    expect(bank.simulate(unsigned, { checksSignatures: true }).error).toBe('SignatureFailure');
  });
});

describe('the end of a slot', () => {
  it('gives the leader half of the signature fees and all of the priority fees', () => {
    const bank = openBank(genesis, rules, 1);
    bank.process(
      payerTransaction(
        [budgetCall(2, u32(1000)), budgetCall(3, u64(1_000_000n)), transfer(PAYER.address, at(2), 1n)],
        bank.blockhash,
      ),
    );
    const frozen = bank.freeze(lastHash(1));
    expect(frozen.distribution).toEqual({ total: 6000n, burned: 2500n, toLeader: 3500n });
    expect(frozen.accounts.get(addressKey(LEADER))?.lamports).toBe(10n * SOL + 3500n);
    expect(frozen.signatureCount).toBe(1);
    expect(frozen.transactionCount).toBe(1);
  });

  it('burns what a leader may not have', () => {
    const bank = openBank(genesis, rulesOf({ leader: () => at(201) }), 1);
    bank.process(move(bank, at(2), 1n));
    const { distribution, accounts } = bank.freeze(lastHash(1));
    expect(distribution).toEqual({ total: 5000n, burned: 5000n, toLeader: 0n });
    expect(accounts.get(addressKey(at(201)))).toBeUndefined();
  });

  it('destroys what was sent to the incinerator', () => {
    const bank = openBank(genesis, rules, 1);
    const address = addressBytes(INCINERATOR);
    expect(bank.process(move(bank, address, 5n)).error).toBeUndefined();
    expect(balance(bank, address)).toBe(5n);
    const frozen = bank.freeze(lastHash(1));
    expect(frozen.accounts.get(addressKey(address))).toBeUndefined();
    expect(frozen.capitalization).toBe(genesis.capitalization - 2500n - 5n);
  });

  it('keeps the sum over all accounts', () => {
    let frozen: FrozenBank = genesis;
    for (let slot = 1; slot <= 3; slot++) {
      const bank = openBank(frozen, rules, slot);
      bank.process(move(bank, at(2), BigInt(slot)));
      frozen = bank.freeze(lastHash(slot));
    }
    const lattice = new Uint16Array(1024);
    let sum = 0n;
    for (const [key, account] of frozen.accounts) {
      sum += account.lamports;
      replaceInLattice(lattice, new Uint16Array(1024), latticeOf(keyAddress(key), account));
    }
    expect(frozen.lattice).toEqual(lattice);
    expect(frozen.capitalization).toBe(sum);
  });

  it('has a hash of its parent, its signatures, its last hash and its accounts', () => {
    const end = (signatures: number): FrozenBank => {
      const bank = openBank(genesis, rules, 1);
      for (let i = 0; i < signatures; i++) bank.process(move(bank, at(2), BigInt(i + 1)));
      return bank.freeze(lastHash(1));
    };
    expect(end(1).hash).toEqual(end(1).hash);
    expect(end(1).hash).toEqual(bankHash(genesis.hash, 1, lastHash(1), end(1).lattice));
    expect(end(2).hash).not.toEqual(end(1).hash);
    const forked = openBank(genesis, rulesOf({ hardForks: [{ slot: 1, count: 1 }] }), 1).freeze(lastHash(1));
    const past = openBank(genesis, rulesOf({ hardForks: [{ slot: 2, count: 1 }] }), 1).freeze(lastHash(1));
    expect(forked.hash).not.toEqual(past.hash);
    expect(past.hash).toEqual(end(0).hash);
  });

  it('makes its last hash the blockhash that counts', () => {
    const frozen = openBank(genesis, rules, 1).freeze(lastHash(1));
    const next = openBank(frozen, rules, 2);
    expect(next.blockhash).toEqual(lastHash(1));
    const old = payerTransaction([transfer(PAYER.address, at(2), 1n)], genesis.blockhash);
    expect(next.process(old).error).toBeUndefined();
  });

  it('comes once', () => {
    const bank = openBank(genesis, rules, 1);
    const transaction = move(bank, at(2), 1n);
    bank.freeze(lastHash(1));
    expect(() => bank.freeze(lastHash(1))).toThrow();
    expect(() => bank.process(transaction)).toThrow();
  });

  it('lets go of messages whose blockhash is gone', () => {
    let frozen: FrozenBank = genesis;
    const bank = openBank(frozen, rules, 1);
    const first = move(bank, at(2), 1n);
    bank.process(first);
    frozen = bank.freeze(lastHash(1));
    for (let slot = 2; slot <= 152; slot++) {
      const next = openBank(frozen, rules, slot);
      if (slot === 151) expect(next.process(first).error).toBe('AlreadyProcessed');
      frozen = next.freeze(sha256(u32(slot)));
    }
    expect(openBank(frozen, rules, 153).process(first).error).toBe('BlockhashNotFound');
  });
});

describe('features', () => {
  it('decide whether version 1 is taken', () => {
    const before = rulesOf({
      features: new Set([...mainnetFeatures()].filter((name) => name !== 'enable_tx_v1')),
    });
    const of = (ruleset: BankRules) => {
      const bank = openBank(genesisOf(ruleset), ruleset, 1);
      const { message } = move(bank, at(2), 1n);
      const config = { unitLimit: 1000, loadedDataLimit: 100_000 };
      const transaction = { ...move(bank, at(2), 1n), message: { ...message, version: 1, config } as const };
      return bank.process(transaction).error;
    };
    expect(of(before)).toBe('UnsupportedVersion');
    expect(of(rules)).toBeUndefined();
  });
});
