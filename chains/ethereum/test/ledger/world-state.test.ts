import type { Bytes, Hex } from '@ninefold/base';
import { bytesToHex, concatBytes, hexToBytes, isNinefoldError } from '@ninefold/base';
import { keccak256 } from '@ninefold/crypto';
import { verifyProof } from '@ninefold/state';
import type { Account, AccountChange, StateChanges } from '@ninefold/vm-evm';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  codeHashOf,
  decodeAccount,
  decodeSlot,
  EMPTY_CODE_HASH,
  hashedKey,
} from '../../src/ledger/account.ts';
import { createDictionary, createPreimages } from '../../src/ledger/dictionary.ts';
import { EMPTY_ROOT, ZERO_HASH } from '../../src/ledger/header.ts';
import { Overlay } from '../../src/ledger/pending-state.ts';
import type { WorldBacking, WorldState } from '../../src/ledger/world-state.ts';
import { openWorld } from '../../src/ledger/world-state.ts';
import { word } from './harness.ts';

type ModelAccount = { readonly account: Account; readonly storage: ReadonlyMap<Hex, Hex> };
/** What a world should say, kept as plain maps. */
type Model = ReadonlyMap<Hex, ModelAccount>;

const ADDRESSES: readonly Hex[] = [1, 2, 3, 4].map((fill): Hex => `0x${`0${fill}`.repeat(20)}`);
const SLOTS: readonly Hex[] = [0, 1, 2, 1000].map(word);

/** A world whose nodes go nowhere but memory, or into `nodes` when saved. */
function backing(nodes: Map<Hex, Bytes> = new Map()): WorldBacking {
  return {
    nodes: { get: (hash) => nodes.get(bytesToHex(hash)) },
    codes: createDictionary('code'),
    preimages: createPreimages(),
  };
}

const change: fc.Arbitrary<AccountChange> = fc.record(
  {
    account: fc.option(
      fc.record(
        { nonce: fc.bigInt(0n, 3n), balance: fc.bigInt(0n, 300n), codeHash: fc.constant(EMPTY_CODE_HASH) },
        { noNullPrototype: true },
      ),
      { nil: undefined, freq: 4 },
    ),
    storageCleared: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true)),
    storage: fc
      .array(fc.tuple(fc.constantFrom(...SLOTS), fc.bigInt(0n, 3n).map(word)), { maxLength: 4 })
      .map((entries) => new Map(entries)),
  },
  { noNullPrototype: true },
);

const changes: fc.Arbitrary<StateChanges> = fc
  .array(fc.tuple(fc.constantFrom(...ADDRESSES), change), { maxLength: 4 })
  .map((entries) => ({ accounts: new Map(entries), codes: new Map() }));

function applyToModel(model: Model, { accounts }: StateChanges): Model {
  const next = new Map(model);
  for (const [address, { account, storageCleared, storage }] of accounts) {
    if (account === undefined) {
      next.delete(address);
      continue;
    }
    const slots = new Map(storageCleared ? [] : model.get(address)?.storage);
    for (const [slot, value] of storage) {
      if (value === ZERO_HASH) slots.delete(slot);
      else slots.set(slot, value);
    }
    next.set(address, { account, storage: slots });
  }
  return next;
}

function expectEqual(view: Pick<WorldState, 'account' | 'storage' | 'hasStorage'>, model: Model): void {
  for (const address of ADDRESSES) {
    const expected = model.get(address);
    expect(view.account(address)).toEqual(expected?.account);
    expect(view.hasStorage(address)).toBe((expected?.storage.size ?? 0) > 0);
    for (const slot of SLOTS) expect(view.storage(address, slot)).toBe(expected?.storage.get(slot));
  }
}

/** The one world with this content, made in one go. */
function worldOf(model: Model): WorldState {
  const accounts = new Map(
    Array.from(model, ([address, { account, storage }]) => [
      address,
      { account, storageCleared: true, storage },
    ]),
  );
  return openWorld(EMPTY_ROOT, backing()).apply({ accounts, codes: new Map() });
}

describe('worlds', () => {
  it('say what maps would say, and their root depends on nothing else', () => {
    fc.assert(
      fc.property(fc.array(changes, { maxLength: 6 }), (steps) => {
        let world = openWorld(EMPTY_ROOT, backing());
        let model: Model = new Map();
        const past: (readonly [WorldState, Model])[] = [];
        for (const step of steps) {
          world = world.apply(step);
          model = applyToModel(model, step);
          past.push([world, model]);
        }
        for (const [then, expected] of past) {
          expectEqual(then, expected);
          expect(then.root()).toBe(worldOf(expected).root());
        }
      }),
    );
  });

  it('can be dumped', () => {
    fc.assert(
      fc.property(fc.array(changes, { maxLength: 4 }), (steps) => {
        let world = openWorld(EMPTY_ROOT, backing());
        let model: Model = new Map();
        for (const step of steps) {
          world = world.apply(step);
          model = applyToModel(model, step);
        }
        const dumped = new Map(
          Array.from(world.dump(), ({ address, account, storage }) => [address, { account, storage }]),
        );
        expect(dumped).toEqual(new Map(model));
      }),
    );
  });

  it('are found again in a store', () => {
    fc.assert(
      fc.property(fc.array(changes, { minLength: 1, maxLength: 5 }), fc.boolean(), (steps, forget) => {
        const nodes = new Map<Hex, Bytes>();
        const shared = backing(nodes);
        let world = openWorld(EMPTY_ROOT, shared);
        let model: Model = new Map();
        for (const step of steps) {
          world = world.apply(step);
          model = applyToModel(model, step);
          for (const { hash, rlp } of world.unsavedNodes()) nodes.set(bytesToHex(hash), rlp);
          world = world.saved(forget);
          expect(world.unsavedNodes()).toEqual([]);
        }
        expectEqual(world, model);
        expectEqual(openWorld(world.root(), shared), model);
      }),
    );
  });

  it('prove what they say', () => {
    fc.assert(
      fc.property(changes, (step) => {
        const world = openWorld(EMPTY_ROOT, backing()).apply(step);
        for (const address of ADDRESSES) {
          const proof = world.prove(address, SLOTS);
          const leaf = verifyProof(hexToBytes(world.root()), hashedKey(address), proof.accountProof);
          expect(proof.account).toEqual(world.account(address));
          expect(leaf && decodeAccount(leaf).account).toEqual(proof.account);
          for (const { slot, value, proof: nodes } of proof.storageProofs) {
            const encoded = verifyProof(hexToBytes(proof.storageRoot), hashedKey(slot), nodes);
            expect(encoded && decodeSlot(encoded)).toBe(value);
          }
        }
      }),
    );
  });

  it('have the code of their accounts', () => {
    const code = Uint8Array.of(0x60, 0x00);
    const codeHash = codeHashOf(code);
    const account = { nonce: 1n, balance: 0n, codeHash };
    const world = openWorld(EMPTY_ROOT, backing()).apply({
      accounts: new Map([[ADDRESSES[0]!, { account, storageCleared: false, storage: new Map() }]]),
      codes: new Map([[codeHash, code]]),
    });
    expect(world.code(codeHash)).toEqual(code);
    expect(world.code(EMPTY_CODE_HASH)).toHaveLength(0);
    expect(codeHashOf(new Uint8Array(0))).toBe(EMPTY_CODE_HASH);
  });
});

describe('a state on top of a world', () => {
  it('is the world with the changes, before and after they are made one', () => {
    fc.assert(
      fc.property(changes, fc.array(changes, { maxLength: 5 }), (first, steps) => {
        const world = openWorld(EMPTY_ROOT, backing()).apply(first);
        const overlay = new Overlay(world, () => undefined);
        let model = applyToModel(new Map(), first);
        for (const step of steps) {
          overlay.apply(step);
          model = applyToModel(model, step);
        }
        expectEqual(overlay, model);
        expectEqual(overlay.world(), model);
        expect(overlay.world().root()).toBe(worldOf(model).root());
      }),
    );
  });

  it('adds to balances, and nothing adds nothing', () => {
    const overlay = new Overlay(openWorld(EMPTY_ROOT, backing()), () => undefined);
    overlay.addBalance(ADDRESSES[0]!, 0n);
    expect(overlay.account(ADDRESSES[0]!)).toBeUndefined();
    overlay.addBalance(ADDRESSES[0]!, 5n);
    overlay.addBalance(ADDRESSES[0]!, 6n);
    expect(overlay.account(ADDRESSES[0]!)).toEqual({ nonce: 0n, balance: 11n, codeHash: EMPTY_CODE_HASH });
  });
});

describe('hashed keys', () => {
  it('are the hashes of their bytes', () => {
    expect(hashedKey('0x0102')).toEqual(keccak256(concatBytes(Uint8Array.of(1), Uint8Array.of(2))));
    expect(hashedKey('0x0102')).toBe(hashedKey('0x0102'));
  });
});

describe('dictionaries', () => {
  it('give back what was added, and hand it over once', () => {
    const dictionary = createDictionary('code', { fallback: () => undefined, limit: 1 });
    dictionary.add('0x01', Uint8Array.of(1));
    dictionary.add('0x02', Uint8Array.of(2));
    expect(dictionary.get('0x01')).toEqual(Uint8Array.of(1));
    expect(Array.from(dictionary.takeAdded().keys())).toEqual(['0x01', '0x02']);
    expect(dictionary.takeAdded().size).toBe(0);
  });

  it('note keys once, until they are too many to remember', () => {
    const preimages = createPreimages();
    const key = word(5);
    preimages.note(key, hashedKey(key));
    preimages.note(key, hashedKey(key));
    expect(bytesToHex(preimages.get(bytesToHex(hashedKey(key))))).toBe(key);
  });

  it('fall back, and say when nothing is there', () => {
    const dictionary = createDictionary('code', {
      fallback: (hash) => (hash === '0x07' ? Uint8Array.of(7) : undefined),
    });
    expect(dictionary.get('0x07')).toEqual(Uint8Array.of(7));
    let code: string | undefined;
    try {
      dictionary.get('0x08');
    } catch (error) {
      code = isNinefoldError(error) ? error.code : undefined;
    }
    expect(code).toBe('CHAIN_MISSING_ENTRY');
  });
});
