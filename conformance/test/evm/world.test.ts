import { bytesToHex, hexToBytes, type Hex } from '@ninefold/base';
import { keccak256 } from '@ninefold/crypto';
import type { AccountChange, StateChanges } from '@ninefold/vm-evm';
import { describe, expect, it } from 'vitest';
import { toWord } from '../../src/evm/state-record.ts';
import { createWorld, logsHash } from '../../src/evm/world.ts';
import { COINBASE, CONTRACT, RECORD, SENDER } from './fixture.ts';

const EMPTY_ROOT = '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421';
const NO_CODE = bytesToHex(keccak256(new Uint8Array(0)));

const changesOf = (accounts: Readonly<Record<Hex, AccountChange>>): StateChanges => ({
  accounts: new Map(Object.entries(accounts) as [Hex, AccountChange][]),
  codes: new Map(),
});
const gone: AccountChange = { account: undefined, storageCleared: true, storage: new Map() };

describe('the view of a world', () => {
  const { view } = createWorld(RECORD.pre);

  it('has its accounts, code and storage without zeros', () => {
    expect(view.account(SENDER)).toEqual({ nonce: 0n, balance: 10n ** 18n, codeHash: NO_CODE });
    expect(view.account(COINBASE)).toBeUndefined();
    const hash = view.account(CONTRACT)?.codeHash as Hex;
    expect(view.code(hash)).toEqual(hexToBytes('0x600160005500'));
    expect(view.storage(CONTRACT, toWord('0x02'))).toBe(toWord('0x0a'));
    expect(view.storage(CONTRACT, toWord('0x03'))).toBeUndefined();
    expect([view.hasStorage(CONTRACT), view.hasStorage(SENDER)]).toEqual([true, false]);
  });
});

describe('the root of a world', () => {
  it('is that of an empty trie when nothing is there', () => {
    expect(createWorld({}).rootAfter(undefined, 'osaka', undefined)).toBe(EMPTY_ROOT);
  });

  it('is the same for a change as for a world that began with it', () => {
    const account = { nonce: 1n, balance: 5n, codeHash: bytesToHex(keccak256(hexToBytes('0x600160005500'))) };
    const storage = new Map([
      [toWord('0x02'), toWord('0x00')],
      [toWord('0x07'), toWord('0x01')],
    ]);
    const changes = changesOf({ [CONTRACT]: { account, storageCleared: false, storage } });
    const after = {
      ...RECORD.pre,
      [CONTRACT]: { balance: '0x05', nonce: '0x01', code: '0x600160005500', storage: { '0x07': '0x01' } },
    };
    const expected = createWorld(after).rootAfter(undefined, 'osaka', undefined);
    const world = createWorld(RECORD.pre);
    expect(world.rootAfter(changes, 'osaka', undefined)).toBe(expected);
    // The world itself does not change.
    expect(world.rootAfter(changes, 'osaka', undefined)).toBe(expected);
    expect(world.rootAfter(undefined, 'osaka', undefined)).not.toBe(expected);
  });

  it('forgets cleared storage and removed accounts', () => {
    const world = createWorld(RECORD.pre);
    const { [CONTRACT]: contract, ...others } = RECORD.pre;
    expect(world.rootAfter(changesOf({ [CONTRACT]: gone }), 'osaka', undefined)).toBe(
      createWorld(others).rootAfter(undefined, 'osaka', undefined),
    );
    const account = world.view.account(CONTRACT);
    const cleared = changesOf({ [CONTRACT]: { account, storageCleared: true, storage: new Map() } });
    expect(world.rootAfter(cleared, 'osaka', undefined)).toBe(
      createWorld({ ...others, [CONTRACT]: { ...contract!, storage: {} } }).rootAfter(
        undefined,
        'osaka',
        undefined,
      ),
    );
  });

  it('shows the reward of 0: an empty account before EIP-161, none from then on', () => {
    const empty = { balance: '0x', nonce: '0x', code: '0x', storage: {} };
    const without = createWorld(RECORD.pre);
    const withEmpty = createWorld({ ...RECORD.pre, [COINBASE]: empty });
    const rootWithout = without.rootAfter(undefined, 'osaka', undefined);
    const rootWith = withEmpty.rootAfter(undefined, 'osaka', undefined);
    expect(rootWith).not.toBe(rootWithout);
    expect(without.rootAfter(undefined, 'tangerineWhistle', COINBASE)).toBe(rootWith);
    expect(withEmpty.rootAfter(undefined, 'tangerineWhistle', COINBASE)).toBe(rootWith);
    expect(without.rootAfter(undefined, 'spuriousDragon', COINBASE)).toBe(rootWithout);
    expect(withEmpty.rootAfter(undefined, 'spuriousDragon', COINBASE)).toBe(rootWithout);
    // An account with anything in it stays.
    expect(without.rootAfter(undefined, 'osaka', SENDER)).toBe(rootWithout);
  });

  it('looks at the coinbase after the transaction', () => {
    const paid = {
      account: { nonce: 0n, balance: 1n, codeHash: NO_CODE },
      storageCleared: false,
      storage: new Map(),
    };
    const world = createWorld(RECORD.pre);
    const changes = changesOf({ [COINBASE]: paid });
    expect(world.rootAfter(changes, 'frontier', COINBASE)).toBe(
      world.rootAfter(changes, 'frontier', undefined),
    );
    expect(world.rootAfter(changesOf({ [SENDER]: gone }), 'frontier', SENDER)).not.toBe(
      world.rootAfter(changesOf({ [SENDER]: gone }), 'frontier', undefined),
    );
  });
});

describe('the hash of logs', () => {
  it('of none is that of an empty list', () => {
    expect(logsHash([])).toBe('0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347');
  });

  it('depends on every part and the order', () => {
    const log = { address: CONTRACT, topics: [toWord('0x01')], data: Uint8Array.of(1) } as const;
    const hashes = [
      logsHash([log]),
      logsHash([{ ...log, address: SENDER }]),
      logsHash([{ ...log, topics: [] }]),
      logsHash([{ ...log, data: new Uint8Array(0) }]),
      logsHash([log, { ...log, topics: [] }]),
      logsHash([{ ...log, topics: [] }, log]),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});
