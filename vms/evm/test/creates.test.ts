import { bytesToHex, concatBytes, hexToBytes } from '@ninefold/base';
import type { Bytes, Hex } from '@ninefold/base';
import { keccak256 } from '@ninefold/kernels';
import { encodeRlp } from '@ninefold/codec';
import { describe, expect, it } from 'vitest';
import type { ForkName } from '../src/types.ts';
import type { Item } from './support/asm.ts';
import { asm, RETURN_TOP, storeCode } from './support/asm.ts';
import { gasOf, run, wordOf, wordsOf } from './support/run.ts';
import { addressOf, CONTRACT, hashOf, SENDER, word } from './support/world.ts';

const minimal = (value: bigint): Bytes =>
  value === 0n
    ? new Uint8Array(0)
    : hexToBytes(
        `0x${value.toString(16).padStart(value.toString(16).length + (value.toString(16).length % 2), '0')}`,
      );

const lastTwenty = (hash: Bytes): Hex => bytesToHex(hash.subarray(12));
const createAddress = (creator: Hex, nonce: bigint): Hex =>
  lastTwenty(keccak256(encodeRlp([hexToBytes(creator), minimal(nonce)])));
const create2Address = (creator: Hex, salt: bigint, initcode: Bytes): Hex =>
  lastTwenty(
    keccak256(
      concatBytes(Uint8Array.of(0xff), hexToBytes(creator), hexToBytes(word(salt)), keccak256(initcode)),
    ),
  );

/** Initcode, up to 32 bytes, that deploys `code`, up to 16. */
const deploying = (code: Hex): Hex => {
  const length = (code.length - 2) / 2;
  return asm(...storeCode(code), length, 32 - length, 'RETURN');
};
const create = (initcode: Hex, value = 0): readonly Item[] => {
  const length = (initcode.length - 2) / 2;
  return [...storeCode(initcode), length, 32 - length, value, 'CREATE'];
};

describe('addresses', () => {
  it.each([0n, 1n, 0x7fn, 0x80n, 0xffn, 0x100n, 0xffffn, 2n ** 32n, 2n ** 64n - 3n])(
    'of CREATE at nonce %d',
    (nonce) => {
      const outcome = run([...create(deploying('0x00')), ...RETURN_TOP], { self: { nonce } });
      const address = createAddress(CONTRACT, nonce);
      expect(wordOf(outcome.output)).toBe(BigInt(address));
      expect(outcome.changes.accounts.get(address)?.account).toMatchObject({ nonce: 1n });
      expect(outcome.changes.accounts.get(CONTRACT)?.account?.nonce).toBe(nonce + 1n);
    },
  );

  it('of CREATE2', () => {
    const initcode = deploying('0x00');
    const items = [...create(initcode)].slice(0, -1);
    const salted = [...items.slice(0, 3), 0x5a17n, ...items.slice(3), 'CREATE2', ...RETURN_TOP];
    expect(wordOf(run(salted).output)).toBe(BigInt(create2Address(CONTRACT, 0x5a17n, hexToBytes(initcode))));
  });

  it('of a creating transaction', () => {
    const data = hexToBytes(deploying('0x6001'));
    const outcome = run([], { transaction: { to: undefined, data } });
    const address = createAddress(SENDER, 0n);
    expect(outcome.createdAddress).toBe(address);
    const { account, storageCleared } = outcome.changes.accounts.get(address) as NonNullable<
      ReturnType<typeof outcome.changes.accounts.get>
    >;
    expect(account?.codeHash).toBe(hashOf(Uint8Array.of(0x60, 0x01)));
    expect(storageCleared).toBe(true);
    expect(outcome.changes.codes.get(account?.codeHash as Hex)).toEqual(Uint8Array.of(0x60, 0x01));
    expect(outcome.gasUsed).toBe(
      53_000n + 2n + [...data].reduce((sum, byte) => sum + (byte === 0 ? 4n : 16n), 0n) + 18n + 400n,
    );
  });
});

describe('creations that fail', () => {
  const flagAndData: readonly Item[] = ['RETURNDATASIZE', 32, 'MSTORE', 0, 'MSTORE', 64, 0, 'RETURN'];
  const attempt = (initcode: Hex, fork: ForkName = 'osaka', self = {}): bigint[] =>
    wordsOf(
      run([...create(initcode), ...flagAndData], { fork, self, transaction: { gasLimit: 10_000_000n } })
        .output,
    );

  it('push 0; only a revert leaves return data', () => {
    expect(attempt(asm('INVALID'))).toEqual([0n, 0n]);
    expect(attempt(asm(9, 0, 'REVERT'))).toEqual([0n, 9n]);
    expect(attempt(asm(1, 0, 'RETURN'))).toEqual([BigInt(createAddress(CONTRACT, 0n)), 0n]);
  });

  it('for code over 24576 bytes, from EIP-170', () => {
    expect(attempt(asm(24_577, 0, 'RETURN'))[0]).toBe(0n);
    expect(attempt(asm(24_576, 0, 'RETURN'))[0]).not.toBe(0n);
    expect(
      run([...create(asm(24_577, 0, 'RETURN')), ...RETURN_TOP], {
        fork: 'tangerineWhistle',
        transaction: { gasLimit: 10_000_000n },
      }).status,
    ).toBe('success');
  });

  it('for code that begins with 0xEF, from EIP-3541', () => {
    expect(attempt(deploying('0xef'))[0]).toBe(0n);
    expect(attempt(deploying('0xef'), 'berlin')[0]).not.toBe(0n);
  });

  it('for code that cannot be paid, but not in Frontier', () => {
    const items = [...create(asm(1000, 0, 'RETURN')), ...RETURN_TOP];
    const given = { transaction: { gasLimit: 21_000n + 32_000n + 20_000n } };
    expect(wordOf(run(items, { ...given, fork: 'frontier' }).output)).toBe(
      BigInt(createAddress(CONTRACT, 0n)),
    );
    const homestead = run(items, { ...given, fork: 'homestead' });
    expect(homestead.status === 'halt' || wordOf(homestead.output) === 0n).toBe(true);
  });

  it('for initcode over 49152 bytes, from EIP-3860, which halts the creator', () => {
    const items = [49_153, 0, 0, 'CREATE'];
    expect(run(items)).toMatchObject({ halt: 'INITCODE_SIZE_EXCEEDED' });
    expect(run(items, { fork: 'paris' }).status).toBe('success');
  });

  it('on a taken address: nonce, code or storage', () => {
    const address = createAddress(CONTRACT, 0n);
    for (const taken of [{ nonce: 1n }, { code: '0x00' as const }, { storage: { [word(1)]: word(1) } }]) {
      const outcome = run([...create(deploying('0x00')), ...RETURN_TOP], { accounts: { [address]: taken } });
      expect(wordOf(outcome.output)).toBe(0n);
      expect(outcome.changes.accounts.get(CONTRACT)?.account?.nonce).toBe(1n);
      expect(outcome.gasUsed).toBeGreaterThan(900_000n);
    }
    const rich = run([...create(deploying('0x00'), 2), ...RETURN_TOP], {
      self: { balance: 2n },
      accounts: { [address]: { balance: 7n } },
    });
    expect(rich.changes.accounts.get(address)?.account?.balance).toBe(9n);
  });

  it('without balance or at the last nonce: the creator’s nonce stays', () => {
    const poor = run([...create(deploying('0x00'), 1), ...RETURN_TOP]);
    expect(wordOf(poor.output)).toBe(0n);
    expect(poor.changes.accounts.has(CONTRACT)).toBe(false);
    const last = run([...create(deploying('0x00')), ...RETURN_TOP], { self: { nonce: 2n ** 64n - 1n } });
    expect(wordOf(last.output)).toBe(0n);
  });
});

describe('new contracts', () => {
  it('start with nonce 1 from EIP-161', () => {
    const nonce = (fork: ForkName): bigint | undefined =>
      run(create(deploying('0x00')), { fork }).changes.accounts.get(createAddress(CONTRACT, 0n))?.account
        ?.nonce;
    expect(nonce('spuriousDragon')).toBe(1n);
    expect(nonce('tangerineWhistle')).toBe(0n);
  });

  it('write their storage from nothing', () => {
    const initcode = asm(7, 3, 'SSTORE', 0, 4, 'SSTORE');
    const change = run(create(initcode)).changes.accounts.get(createAddress(CONTRACT, 0n));
    expect(change).toMatchObject({ storageCleared: true });
    expect(change?.storage).toEqual(new Map([[word(3), word(7)]]));
  });

  it('cost 32000, 2 a word of initcode and 200 a byte of code', () => {
    const initcode = deploying('0x00');
    const inside = 3n + 3n + 3n + 3n + 3n + 3n;
    const outside = 3n + 3n + 3n + 3n + 9n + 32_000n + 2n;
    expect(gasOf(run(create(initcode)))).toBe(outside + inside + 200n);
  });
});

describe('SELFDESTRUCT', () => {
  const heir = addressOf(0x4e14);
  const items = [BigInt(heir), 'SELFDESTRUCT'];
  const self = { balance: 5n, storage: { [word(1)]: word(1) } };

  it('deletes the account until Cancun', () => {
    const { changes, gasRefunded } = run(items, { fork: 'shanghai', self });
    expect(changes.accounts.get(CONTRACT)).toMatchObject({ account: undefined, storageCleared: true });
    expect(changes.accounts.get(heir)?.account?.balance).toBe(5n);
    expect(gasRefunded).toBe(0n);
    expect(run(items, { fork: 'berlin', self }).gasRefunded).toBeGreaterThan(0n);
  });

  it('only moves the balance from Cancun', () => {
    const { changes } = run(items, { self });
    expect(changes.accounts.get(CONTRACT)).toMatchObject({ account: { balance: 0n }, storageCleared: false });
    expect(changes.accounts.get(heir)?.account?.balance).toBe(5n);
    const toItself = run(['ADDRESS', 'SELFDESTRUCT'], { self });
    expect(toItself.changes.accounts.has(CONTRACT)).toBe(false);
  });

  it('deletes what the same transaction created, and burns a balance left to itself', () => {
    const created = createAddress(CONTRACT, 0n);
    const outcome = run(create(asm('ADDRESS', 'SELFDESTRUCT'), 3), { self: { balance: 3n } });
    expect(outcome.changes.accounts.has(created)).toBe(false);
    expect(outcome.changes.accounts.get(CONTRACT)?.account?.balance).toBe(0n);
  });

  it.each([
    ['homestead', 0n, 0n],
    ['tangerineWhistle', 0n, 30_000n],
    ['spuriousDragon', 0n, 5000n],
    ['spuriousDragon', 5n, 30_000n],
    ['berlin', 0n, 7600n],
    ['berlin', 5n, 32_600n],
  ] as const)('costs in %s with balance %d: %d', (fork, balance, gas) => {
    expect(gasOf(run(items, { fork, self: { balance } }))).toBe(3n + gas);
  });
});
