import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Account } from '../src/bank/account.ts';
import { Accounts } from '../src/bank/accounts.ts';
import { BlockhashQueue } from '../src/bank/blockhash-queue.ts';
import { decodeRent, isRentTransitionAllowed, minimumBalance, rentOf } from '../src/bank/rent.ts';
import { StatusCache } from '../src/bank/status-cache.ts';
import { encodeRent } from '../src/bank/sysvars.ts';
import { addressKey, keyAddress } from '../src/tx/address-key.ts';
import { account, at, SYSTEM } from './support/world.ts';

const of = (lamports: bigint): Account => account({ lamports });

describe('keys of addresses', () => {
  it('come back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (address) => {
        expect(keyAddress(addressKey(address))).toEqual(address);
      }),
    );
  });
});

describe('accounts of a slot', () => {
  it('lie over those of its parent', () => {
    const parent = Accounts.on();
    parent.set('a', of(1n));
    parent.set('b', of(2n));
    const accounts = Accounts.on(parent.snapshot());
    accounts.set('a', of(5n));
    accounts.set('b', undefined);
    expect(accounts.get('a')?.lamports).toBe(5n);
    expect(accounts.get('b')).toBeUndefined();
    expect(parent.get('a')?.lamports).toBe(1n);
    expect(parent.get('b')?.lamports).toBe(2n);
  });

  it('are none without lamports', () => {
    const accounts = Accounts.on();
    accounts.set('a', of(1n));
    accounts.set('a', of(0n));
    expect(accounts.get('a')).toBeUndefined();
    expect(accounts.snapshot().size).toBe(0);
  });

  it('say what has changed, once, and not what came back', () => {
    const start = of(1n);
    const parent = Accounts.on();
    parent.set('a', start);
    const accounts = Accounts.on(parent.snapshot());
    accounts.set('a', of(2n));
    accounts.snapshot();
    accounts.set('b', of(3n));
    accounts.set('b', of(4n));
    expect(
      [...accounts.changes()].map(({ key, before, after }) => [key, before?.lamports, after?.lamports]),
    ).toEqual([
      ['a', 1n, 2n],
      ['b', undefined, 4n],
    ]);
    accounts.set('a', start);
    expect([...accounts.changes()].map(({ key }) => key)).toEqual(['b']);
  });

  it('behave as a map does, forks included', () => {
    const action = fc.record({
      kind: fc.constantFrom('set', 'delete', 'snapshot', 'fork'),
      key: fc.constantFrom('a', 'b', 'c', 'd'),
      lamports: fc.bigInt({ min: 1n, max: 9n }),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 30 }), (actions) => {
        const model = new Map<string, bigint>();
        let accounts = Accounts.on();
        const left: (readonly [Accounts, ReadonlyMap<string, bigint>])[] = [];
        for (const { kind, key, lamports } of actions) {
          if (kind === 'set') {
            accounts.set(key, of(lamports));
            model.set(key, lamports);
          } else if (kind === 'delete') {
            accounts.set(key, undefined);
            model.delete(key);
          } else if (kind === 'snapshot') accounts.snapshot();
          else {
            left.push([accounts, new Map(model)]);
            accounts = accounts.fork();
          }
        }
        for (const [some, expected] of [...left, [accounts, model] as const]) {
          for (const key of ['a', 'b', 'c', 'd']) expect(some.get(key)?.lamports).toBe(expected.get(key));
        }
      }),
    );
  });
});

describe('rent', () => {
  const rent = { lamportsPerByte: 6960n, threshold: 1, burnPercent: 50 };

  it('has the price that features set', () => {
    expect(rentOf(new Set()).lamportsPerByte).toBe(6960n);
    expect(rentOf(new Set(['set_lamports_per_byte_to_6333'])).lamportsPerByte).toBe(6333n);
    const both = new Set(['set_lamports_per_byte_to_6333', 'set_lamports_per_byte_to_5080']);
    expect(rentOf(both).lamportsPerByte).toBe(5080n);
  });

  it('comes back from its sysvar', () => {
    const odd = { lamportsPerByte: 3480n, threshold: 2, burnPercent: 7 };
    expect(decodeRent(encodeRent(odd))).toEqual(odd);
  });

  it('exempts from a balance on', () => {
    expect(minimumBalance(rent, 0)).toBe(890_880n);
    expect(minimumBalance({ ...rent, lamportsPerByte: 3480n, threshold: 2 }, 165)).toBe(2_039_280n);
  });

  describe.each([true, false])('with the relaxed rule: %s', (isRelaxed) => {
    const may = (before: Account, after: Account): boolean =>
      isRentTransitionAllowed(rent, before, after, isRelaxed);

    it('lets accounts be exempt or vanish', () => {
      expect(may(of(0n), of(890_880n))).toBe(true);
      expect(may(of(890_880n), of(0n))).toBe(true);
      expect(may(of(5n), of(0n))).toBe(true);
    });

    it('makes nobody short of the minimum', () => {
      expect(may(of(0n), of(890_879n))).toBe(false);
      expect(may(of(890_880n), of(890_879n))).toBe(false);
      expect(may(of(5n), account({ lamports: 5n, data: new Uint8Array(1) }))).toBe(false);
    });
  });

  it('without the relaxed rule takes in no more from those who are short', () => {
    expect(isRentTransitionAllowed(rent, of(5n), of(5n), false)).toBe(true);
    expect(isRentTransitionAllowed(rent, of(5n), of(4n), false)).toBe(true);
    expect(isRentTransitionAllowed(rent, of(5n), of(6n), false)).toBe(false);
  });

  it('with the relaxed rule leaves those who are short what they have', () => {
    const may = (after: Account): boolean => isRentTransitionAllowed(rent, of(5n), after, true);
    expect(may(of(5n))).toBe(true);
    expect(may(of(6n))).toBe(true);
    expect(may(of(4n))).toBe(false);
    expect(may(account({ lamports: 5n, owner: at(7) }))).toBe(false);
    expect(may(account({ lamports: 5n, owner: SYSTEM.slice() }))).toBe(true);
  });
});

describe('blockhashes', () => {
  const hash = (number: number): Uint8Array => {
    const bytes = new Uint8Array(32);
    new DataView(bytes.buffer).setUint32(0, number);
    return bytes;
  };

  it('are recent for 150 more, and kept for 300', () => {
    let queue = new BlockhashQueue([hash(0)]);
    for (let i = 1; i <= 150; i++) queue = queue.with(hash(i));
    expect(queue.isRecent(hash(0))).toBe(true);
    expect(queue.latest).toEqual(hash(150));
    const next = queue.with(hash(151));
    expect(next.isRecent(hash(0))).toBe(false);
    expect(next.ageOf(hash(0))).toBe(151);
    expect(queue.isRecent(hash(0))).toBe(true);
    for (let i = 152; i <= 301; i++) queue = queue.with(hash(i));
    expect(queue.hashes).toHaveLength(301);
    expect(queue.isRecent(hash(999))).toBe(false);
    expect(queue.ageOf(hash(999))).toBeUndefined();
  });
});

describe('processed messages', () => {
  it('are known with their blockhash, in each version of the cache', () => {
    const empty = StatusCache.empty();
    const one = empty.with(at(1), at(2));
    const two = one.with(at(1), at(3)).with(at(4), at(2));
    expect(empty.has(at(1), at(2))).toBe(false);
    expect(one.has(at(1), at(2))).toBe(true);
    expect(one.has(at(1), at(3))).toBe(false);
    expect(two.has(at(1), at(3))).toBe(true);
    expect(two.has(at(4), at(3))).toBe(false);
    const pruned = two.pruned((key) => key === addressKey(at(4)));
    expect(pruned.has(at(1), at(2))).toBe(false);
    expect(pruned.has(at(4), at(2))).toBe(true);
  });
});
