import { concatBytes, utf8ToBytes } from '@ninefold/base';
import { sha256 } from '@ninefold/crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_ACCOUNT_DATA_BYTES } from '../src/host/accounts.ts';
import { addressBytes, toBase58 } from '../src/host/base58.ts';
import type { Environment } from '../src/host/call.ts';
import { durableNonceOf, NONCE_BYTES, readNonce } from '../src/host/programs/nonce.ts';
import { type AccountState, createSvm, type Instruction, type MessageOutcome } from '../src/run.ts';
import { SYSVAR } from '../src/spec/addresses.ts';
import { ENVIRONMENT } from './support/call.ts';
import { account, key, meta, pack, SYSTEM, systemAccount } from './support/world.ts';

const PRICE = 10n;
const RENT = concatBytes(pack(PRICE), new Uint8Array(new Float64Array([1]).buffer), Uint8Array.of(50));
const BLOCKHASH = key(77);
const OWNER = key(9);
const SEED = utf8ToBytes('seed');
const MINIMUM = (128n + BigInt(NONCE_BYTES)) * PRICE;

type Metas = Instruction['accounts'];

/** Executes one instruction of the system program on `accounts`. */
function system(
  accounts: readonly AccountState[],
  metas: Metas,
  data: Uint8Array,
  environment: Partial<Environment> = {},
): MessageOutcome {
  const svm = createSvm({
    environment: {
      ...ENVIRONMENT,
      sysvars: new Map([[SYSVAR.rent as string, RENT]]),
      blockhash: BLOCKHASH,
      lamportsPerSignature: 5000n,
      ...environment,
    },
    programFile: () => undefined,
  });
  const all = [...accounts, systemAccount()];
  return svm.run({
    accounts: all,
    instructions: [{ program: all.length - 1, accounts: metas, data }],
    budget: 1000,
  });
}

const errorOf = (...args: Parameters<typeof system>): unknown => system(...args).error?.[1];
const text = (bytes: Uint8Array): Uint8Array => concatBytes(pack(BigInt(bytes.length)), bytes);
const derived = (base: Uint8Array, seed = SEED, owner = OWNER): Uint8Array =>
  sha256(concatBytes(base, seed, owner));

describe('the data of an instruction', () => {
  const complete: readonly (readonly [name: string, data: Uint8Array])[] = [
    ['CreateAccount', pack(0, 1n, 2n, OWNER)],
    ['Assign', pack(1, OWNER)],
    ['Transfer', pack(2, 1n)],
    ['CreateAccountWithSeed', pack(3, key(1), text(SEED), 1n, 2n, OWNER)],
    ['AdvanceNonceAccount', pack(4)],
    ['WithdrawNonceAccount', pack(5, 1n)],
    ['InitializeNonceAccount', pack(6, key(4))],
    ['AuthorizeNonceAccount', pack(7, key(4))],
    ['Allocate', pack(8, 1n)],
    ['AllocateWithSeed', pack(9, key(1), text(SEED), 2n, OWNER)],
    ['AssignWithSeed', pack(10, key(1), text(SEED), OWNER)],
    ['TransferWithSeed', pack(11, 1n, text(SEED), OWNER)],
    ['UpgradeNonceAccount', pack(12)],
    ['CreateAccountAllowPrefund', pack(13, 1n, 2n, OWNER)],
  ];

  it.each(complete)('%s needs every byte, then its accounts', (_, data) => {
    for (let length = 0; length < data.length; length++) {
      expect(errorOf([], [], data.subarray(0, length)), `${length} bytes`).toBe('InvalidInstructionData');
    }
    expect(errorOf([], [], data)).toBe('MissingAccount');
    expect(errorOf([], [], concatBytes(data, new Uint8Array(9)))).toBe('MissingAccount');
  });

  it('costs 150 units, whatever comes of it', () => {
    expect(system([], [], new Uint8Array(0)).units).toBe(150);
    expect(system([account(key(1))], [meta(0, 's')], pack(1, SYSTEM)).units).toBe(150);
  });

  it('holds seeds that are text', () => {
    const data = pack(10, key(1), text(Uint8Array.of(0xff)), OWNER);
    expect(errorOf([account(key(1))], [meta(0)], data)).toBe('InvalidInstructionData');
  });

  it('is read up to the size of a packet', () => {
    const seed = new Uint8Array(1232 - 4 - 8 - 8 - 32).fill(97);
    const fits = pack(11, 1n, text(seed), OWNER);
    expect(fits).toHaveLength(1232);
    expect(errorOf([], [], fits)).toBe('MissingAccount');
    const longer = pack(11, 1n, text(concatBytes(seed, seed.subarray(0, 1))), OWNER);
    expect(errorOf([], [], longer)).toBe('InvalidInstructionData');
  });

  it('may be any bytes', () => {
    fc.assert(
      fc.property(fc.nat(14), fc.uint8Array({ maxLength: 160 }), (tag, rest) => {
        const outcome = system(
          [account(key(1), { lamports: 5n }), account(key(2))],
          [meta(0, 'sw'), meta(1, 'sw')],
          concatBytes(pack(tag), rest),
        );
        expect(outcome.units).toBe(150);
      }),
      { numRuns: 200 },
    );
  });
});

describe('Transfer', () => {
  it('takes nothing from accounts with data', () => {
    const from = account(key(1), { lamports: 9n, data: new Uint8Array(1) });
    expect(errorOf([from, account(key(2))], [meta(0, 'sw'), meta(1, 'w')], pack(2, 1n))).toBe(
      'InvalidArgument',
    );
  });

  it('takes nothing from accounts of others', () => {
    const from = account(key(1), { lamports: 9n, owner: OWNER });
    expect(errorOf([from, account(key(2))], [meta(0, 'sw'), meta(1, 'w')], pack(2, 1n))).toBe(
      'ExternalAccountLamportSpend',
    );
  });

  it('to oneself changes nothing', () => {
    const self = account(key(1), { lamports: 9n });
    expect(errorOf([self], [meta(0, 'sw'), meta(0, 'sw')], pack(2, 9n))).toBeUndefined();
    expect(self.lamports).toBe(9n);
  });

  it('keeps the sum, for any amounts', () => {
    const amount = fc.bigInt({ min: 0n, max: 2n ** 62n });
    fc.assert(
      fc.property(amount, amount, amount, (had, has, moved) => {
        const [from, to] = [account(key(1), { lamports: had }), account(key(2), { lamports: has })];
        const error = errorOf([from, to], [meta(0, 'sw'), meta(1, 'w')], pack(2, moved));
        expect(error).toEqual(moved > had ? { Custom: 1 } : undefined);
        expect(from.lamports + to.lamports).toBe(had + has);
      }),
      { numRuns: 100 },
    );
  });
});

describe('TransferWithSeed', () => {
  const base = key(1);
  const world = (from = derived(base)) => [account(from, { lamports: 50n }), account(base), account(key(3))];
  const data = (lamports: bigint, seed = SEED, owner = OWNER) => pack(11, lamports, text(seed), owner);
  const metas = (signs = 's'): Metas => [meta(0, 'w'), meta(1, signs), meta(2, 'w')];

  it('lets the base sign', () => {
    const accounts = world();
    expect(errorOf(accounts, metas(), data(20n))).toBeUndefined();
    expect(accounts.map(({ lamports }) => lamports)).toEqual([30n, 0n, 20n]);
    expect(errorOf(world(), metas(''), data(20n))).toBe('MissingRequiredSignature');
  });

  it('derives the address', () => {
    const wrong = system(world(key(8)), metas(), data(20n));
    expect(wrong.error?.[1]).toEqual({ Custom: 5 });
    expect(wrong.logs[1]).toBe(
      `Transfer: 'from' address ${toBase58(key(8))} does not match derived address ${toBase58(derived(base))}`,
    );
    expect(errorOf(world(), metas(), data(51n))).toEqual({ Custom: 1 });
    expect(errorOf(world(), metas(), data(1n, new Uint8Array(33)))).toEqual({ Custom: 0 });
  });

  it('refuses owners that look like the end of a program address', () => {
    const owner = concatBytes(new Uint8Array(11), utf8ToBytes('ProgramDerivedAddress'));
    expect(errorOf(world(), metas(), data(1n, SEED, owner))).toEqual({ Custom: 2 });
  });
});

describe('accounts with seeds', () => {
  const base = key(1);

  it('are created, paid by another', () => {
    const created = account(derived(base));
    const accounts = [account(key(2), { lamports: 100n }), created, account(base)];
    const data = pack(3, base, text(SEED), 40n, 8n, OWNER);
    expect(errorOf(accounts, [meta(0, 'sw'), meta(1, 'w')], data)).toBe('MissingRequiredSignature');
    expect(errorOf(accounts, [meta(0, 'sw'), meta(1, 'w'), meta(2, 's')], data)).toBeUndefined();
    expect(created).toMatchObject({ lamports: 40n, owner: OWNER, data: new Uint8Array(8) });
  });

  it('are allocated and assigned at once', () => {
    const there = account(derived(base));
    const data = pack(9, base, text(SEED), 8n, OWNER);
    const unsigned = system([there, account(base)], [meta(0, 'w'), meta(1)], data);
    expect(unsigned.error?.[1]).toBe('MissingRequiredSignature');
    expect(unsigned.logs[1]).toBe(
      `Allocate: 'to' account Address { address: ${toBase58(there.key)}, base: Some(${toBase58(base)}) } must sign`,
    );
    expect(errorOf([there, account(base)], [meta(0, 'w'), meta(1, 's')], data)).toBeUndefined();
    expect(there).toMatchObject({ owner: OWNER, data: new Uint8Array(8) });
    expect(errorOf([there, account(base)], [meta(0, 'w'), meta(1, 's')], data)).toEqual({ Custom: 0 });
    expect(errorOf([account(key(5)), account(base)], [meta(0, 'w'), meta(1, 's')], data)).toEqual({
      Custom: 5,
    });
  });

  it('are assigned', () => {
    const there = account(derived(base));
    const data = pack(10, base, text(SEED), OWNER);
    expect(errorOf([there, account(base)], [meta(0, 'w'), meta(1)], data)).toBe('MissingRequiredSignature');
    expect(errorOf([there, account(base)], [meta(0, 'w'), meta(1, 's')], data)).toBeUndefined();
    expect(there.owner).toEqual(OWNER);
    // Nobody has to sign for what is so already.
    expect(errorOf([there], [meta(0, 'w')], data)).toBeUndefined();
  });
});

describe('Allocate and Assign', () => {
  it('have 10 MiB as their limit', () => {
    const space = BigInt(MAX_ACCOUNT_DATA_BYTES);
    const there = account(key(1));
    expect(errorOf([there], [meta(0, 'sw')], pack(8, space + 1n))).toEqual({ Custom: 3 });
    expect(errorOf([there], [meta(0, 'sw')], pack(8, 2n ** 64n - 1n))).toEqual({ Custom: 3 });
    expect(errorOf([there], [meta(0, 'sw')], pack(8, space))).toBeUndefined();
    expect(there.data).toHaveLength(MAX_ACCOUNT_DATA_BYTES);
  });

  it('want a signature, a writable account and one of the system', () => {
    expect(errorOf([account(key(1))], [meta(0, 'w')], pack(8, 1n))).toBe('MissingRequiredSignature');
    expect(errorOf([account(key(1))], [meta(0, 's')], pack(8, 1n))).toBe('ReadonlyDataModified');
    expect(errorOf([account(key(1), { owner: OWNER })], [meta(0, 'sw')], pack(8, 1n))).toEqual({ Custom: 0 });
    expect(errorOf([account(key(1))], [meta(0, 'w')], pack(1, OWNER))).toBe('MissingRequiredSignature');
    expect(errorOf([account(key(1))], [meta(0, 's')], pack(1, OWNER))).toBe('ModifiedProgramId');
    expect(errorOf([account(key(1), { owner: key(8) })], [meta(0, 'sw')], pack(1, OWNER))).toBe(
      'ModifiedProgramId',
    );
  });
});

describe('CreateAccountAllowPrefund', () => {
  it('tops up from a payer, who signs', () => {
    const run = (rights: string) => {
      const [to, payer] = [account(key(2), { lamports: 5n }), account(key(1), { lamports: 100n })];
      const error = errorOf([to, payer], [meta(0, 'sw'), meta(1, rights)], pack(13, 30n, 4n, OWNER));
      return { error, to, payer };
    };
    const paid = run('sw');
    expect(paid.error).toBeUndefined();
    expect([paid.to.lamports, paid.payer.lamports]).toEqual([35n, 70n]);
    expect(run('w').error).toBe('MissingRequiredSignature');
  });

  it('needs a payer for lamports only', () => {
    const to = () => account(key(2), { lamports: 5n });
    expect(errorOf([to()], [meta(0, 'sw')], pack(13, 1n, 4n, OWNER))).toBe('MissingAccount');
    expect(errorOf([to()], [meta(0, 'sw')], pack(13, 0n, 4n, OWNER))).toBeUndefined();
  });
});

/** State of an account that `authority` holds, with the nonce of `blockhash`. */
const nonceData = (authority: Uint8Array, blockhash: Uint8Array, version = 1): Uint8Array =>
  pack(version, 1, authority, durableNonceOf(blockhash), 5000n);
const nonceAccount = (more: Partial<AccountState> = {}): AccountState =>
  account(key(2), { lamports: 5000n, data: nonceData(key(4), key(10)), ...more });
const BLOCKHASHES = account(addressBytes(SYSVAR.recentBlockhashes));
const RENT_SYSVAR = account(addressBytes(SYSVAR.rent));
const AUTHORITY = account(key(4));

describe('AdvanceNonceAccount', () => {
  const advance = (nonce: AccountState, metas: Metas, environment: Partial<Environment> = {}) =>
    errorOf([nonce, BLOCKHASHES, AUTHORITY], metas, pack(4), environment);
  const metas = [meta(0, 'w'), meta(1), meta(2, 's')];

  it('stores the blockhash and its fee', () => {
    const nonce = nonceAccount();
    expect(advance(nonce, metas)).toBeUndefined();
    expect(readNonce(nonce.data)).toEqual({
      version: 1,
      nonce: { authority: key(4), durableNonce: durableNonceOf(BLOCKHASH), lamportsPerSignature: 5000n },
    });
    expect(advance(nonce, metas)).toEqual({ Custom: 7 });
  });

  it('checks in order: sysvar, blockhashes, rights, state, authority', () => {
    const data = new Uint8Array(NONCE_BYTES);
    expect(advance(nonceAccount({ data }), [meta(0), meta(2), meta(2)])).toBe('InvalidArgument');
    expect(advance(nonceAccount({ data }), [meta(0), meta(1)], { blockhash: undefined })).toEqual({
      Custom: 6,
    });
    expect(advance(nonceAccount({ data }), [meta(0), meta(1)])).toBe('InvalidArgument');
    expect(advance(nonceAccount({ data }), [meta(0, 'w'), meta(1)])).toBe('InvalidAccountData');
    expect(advance(nonceAccount(), [meta(0, 'w'), meta(1), meta(2)])).toBe('MissingRequiredSignature');
    expect(advance(nonceAccount(), [meta(0, 'w')])).toBe('MissingAccount');
  });

  it('leaves what is behind the state', () => {
    const nonce = nonceAccount({ data: concatBytes(nonceData(key(4), key(10)), Uint8Array.of(1, 2)) });
    expect(advance(nonce, metas)).toBeUndefined();
    expect([...nonce.data.subarray(NONCE_BYTES)]).toEqual([1, 2]);
  });

  it('refuses accounts of other programs', () => {
    expect(advance(nonceAccount({ owner: OWNER }), metas)).toBe('ExternalAccountDataModified');
  });
});

describe('WithdrawNonceAccount', () => {
  const withdraw = (nonce: AccountState, lamports: bigint, metas: Metas, environment = {}) =>
    errorOf(
      [nonce, account(key(5)), BLOCKHASHES, RENT_SYSVAR, AUTHORITY],
      metas,
      pack(5, lamports),
      environment,
    );
  const metas = (nonce = 'w', authority = 's'): Metas => [
    meta(0, nonce),
    meta(1, 'w'),
    meta(2),
    meta(3),
    meta(4, authority),
  ];

  it('leaves the minimum balance, or nothing', () => {
    expect(withdraw(nonceAccount(), 5000n - MINIMUM, metas())).toBeUndefined();
    expect(withdraw(nonceAccount(), 5001n - MINIMUM, metas())).toBe('InsufficientFunds');
    expect(withdraw(nonceAccount(), 5001n, metas())).toBe('InsufficientFunds');
    const closed = nonceAccount();
    expect(withdraw(closed, 5000n, metas())).toBeUndefined();
    expect(readNonce(closed.data)).toEqual({ version: 1, nonce: undefined });
    const fresh = nonceAccount({ data: nonceData(key(4), BLOCKHASH) });
    expect(withdraw(fresh, 5000n, metas())).toEqual({ Custom: 7 });
  });

  it('wants the authority’s signature, or before there is one the account’s own', () => {
    expect(withdraw(nonceAccount(), 1n, metas('w', ''))).toBe('MissingRequiredSignature');
    const empty = () => nonceAccount({ data: new Uint8Array(NONCE_BYTES) });
    expect(withdraw(empty(), 5000n, metas('w'))).toBe('MissingRequiredSignature');
    expect(withdraw(empty(), 5001n, metas('sw'))).toBe('InsufficientFunds');
    // There is no minimum then.
    expect(withdraw(empty(), 4999n, metas('sw'))).toBeUndefined();
  });

  it('wants the sysvars and a writable account', () => {
    expect(withdraw(nonceAccount(), 1n, metas(''))).toBe('InvalidArgument');
    expect(withdraw(nonceAccount(), 1n, [meta(0, 'w'), meta(1, 'w'), meta(3), meta(3)])).toBe(
      'InvalidArgument',
    );
    expect(withdraw(nonceAccount(), 1n, [meta(0, 'w'), meta(1, 'w'), meta(2), meta(2)])).toBe(
      'InvalidArgument',
    );
    expect(withdraw(nonceAccount(), 1n, metas(), { sysvars: new Map() })).toBe('UnsupportedSysvar');
  });
});

describe('InitializeNonceAccount', () => {
  const initialize = (nonce: AccountState, metas: Metas, environment = {}) =>
    errorOf([nonce, BLOCKHASHES, RENT_SYSVAR], metas, pack(6, key(4)), environment);
  const metas = [meta(0, 'w'), meta(1), meta(2)];
  const empty = (lamports: bigint, length = NONCE_BYTES) =>
    account(key(2), { lamports, data: new Uint8Array(length) });

  it('wants the minimum balance', () => {
    expect(initialize(empty(MINIMUM - 1n), metas)).toBe('InsufficientFunds');
    expect(initialize(empty(MINIMUM), metas)).toBeUndefined();
  });

  it('wants room, a blockhash and a writable account', () => {
    expect(initialize(empty(5000n, NONCE_BYTES - 1), metas)).toBe('AccountDataTooSmall');
    expect(initialize(empty(5000n, 7), metas)).toBe('InvalidAccountData');
    expect(initialize(empty(5000n), metas, { blockhash: undefined })).toEqual({ Custom: 6 });
    expect(initialize(empty(5000n), [meta(0), meta(1), meta(2)])).toBe('InvalidArgument');
    expect(initialize(empty(5000n), [meta(0, 'w'), meta(1), meta(1)])).toBe('InvalidArgument');
    expect(initialize(nonceAccount(), metas)).toBe('InvalidAccountData');
  });
});

describe('AuthorizeNonceAccount and UpgradeNonceAccount', () => {
  it('want the right account in the right state', () => {
    const authorize = (nonce: AccountState, rights = 'w') =>
      errorOf([nonce, AUTHORITY], [meta(0, rights), meta(1, 's')], pack(7, key(6)));
    expect(authorize(nonceAccount(), '')).toBe('InvalidArgument');
    expect(authorize(nonceAccount({ data: new Uint8Array(NONCE_BYTES) }))).toBe('InvalidAccountData');
    expect(authorize(nonceAccount({ data: nonceData(key(4), key(10), 2) }))).toBe('InvalidAccountData');
    const nonce = nonceAccount();
    expect(authorize(nonce)).toBeUndefined();
    expect(readNonce(nonce.data)?.nonce?.durableNonce).toEqual(durableNonceOf(key(10)));

    const upgrade = (more: Partial<AccountState>, rights = 'w') =>
      errorOf([nonceAccount(more)], [meta(0, rights)], pack(12));
    const legacy = nonceData(key(4), key(10), 0);
    expect(upgrade({ data: legacy, owner: OWNER })).toBe('InvalidAccountOwner');
    expect(upgrade({ data: legacy }, '')).toBe('InvalidArgument');
    expect(upgrade({ data: new Uint8Array(NONCE_BYTES) })).toBe('InvalidArgument');
    expect(upgrade({ data: new Uint8Array(4) })).toBe('InvalidAccountData');
    expect(upgrade({ data: legacy })).toBeUndefined();
  });

  it('read no state from bytes that are none', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const stored = readNonce(bytes);
        if (stored !== undefined) expect(stored.version).toBeLessThanOrEqual(1);
        if (stored?.nonce !== undefined) expect(bytes.length).toBeGreaterThanOrEqual(NONCE_BYTES);
      }),
    );
    expect(readNonce(pack(1, 1))).toBeUndefined();
    expect(readNonce(pack(1, 2))).toBeUndefined();
  });
});
