import type { Bytes, Hex } from '@ninefold/base';
import { bytesToHex, hexToBytes } from '@ninefold/base';
import type { BlockEnvironment, Evm } from '@ninefold/vm-evm';
import { createEvm } from '@ninefold/vm-evm';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeHashOf } from '../../src/ledger/account.ts';
import { createDictionary, createPreimages } from '../../src/ledger/dictionary.ts';
import { EMPTY_ROOT, ZERO_ADDRESS, ZERO_HASH } from '../../src/ledger/header.ts';
import { Overlay } from '../../src/ledger/pending-state.ts';
import {
  HISTORY_BUFFER_LENGTH,
  storeBeaconRoot,
  storeParentHash,
  takeRequests,
} from '../../src/ledger/system-calls.ts';
import type { WorldState } from '../../src/ledger/world-state.ts';
import { openWorld } from '../../src/ledger/world-state.ts';
import { predeploys } from '../../src/spec/predeploys.ts';
import {
  BEACON_ROOTS_ADDRESS,
  CONSOLIDATION_REQUESTS_ADDRESS,
  HISTORY_STORAGE_ADDRESS,
  WITHDRAWAL_REQUESTS_ADDRESS,
} from '../../src/spec/system-contracts.ts';
import { word } from './harness.ts';

const evm = createEvm({ fork: 'osaka' });
const RECEIVERS = [WITHDRAWAL_REQUESTS_ADDRESS, CONSOLIDATION_REQUESTS_ADDRESS] as const;
/** Stores the first word of its input at slot 0: no system contract of mainnet. */
const OTHER_CODE = hexToBytes('0x5f355f5500');

/** A world with the system contracts, or others in their places, and storage they have. */
function worldWith(
  storage: ReadonlyMap<Hex, ReadonlyMap<Hex, Hex>> = new Map(),
  replaced?: Bytes,
): WorldState {
  const empty = openWorld(EMPTY_ROOT, {
    nodes: { get: () => undefined },
    codes: createDictionary('code'),
    preimages: createPreimages(),
  });
  const accounts = new Map();
  const codes = new Map<Hex, Bytes>();
  for (const [address, { nonce, code: own }] of predeploys('osaka')) {
    const code = replaced ?? own;
    const codeHash = codeHashOf(code);
    codes.set(codeHash, code);
    accounts.set(address, {
      account: { nonce, balance: 0n, codeHash },
      storageCleared: false,
      storage: storage.get(address) ?? new Map(),
    });
  }
  return empty.apply({ accounts, codes });
}

function environment(number: bigint, timestamp: bigint): BlockEnvironment {
  return {
    chainId: 1n,
    number,
    timestamp,
    gasLimit: 30_000_000n,
    coinbase: ZERO_ADDRESS,
    difficulty: 0n,
    prevRandao: ZERO_HASH,
    baseFee: 7n,
    blobBaseFee: 1n,
    slotNumber: 0n,
  };
}

/** What the machine makes of the call, and how it answers. */
function called(world: WorldState, block: BlockEnvironment, address: Hex, data: Bytes) {
  const state = new Overlay(world, () => undefined);
  const outcome = evm.systemCall(address, data, block, state);
  state.apply(outcome.changes);
  return { outcome, root: state.world().root() };
}

/** A machine that counts how often it is asked. */
function counting() {
  const seen: Hex[] = [];
  const machine: Evm = {
    ...evm,
    systemCall: (to, ...rest) => {
      seen.push(to);
      return evm.systemCall(to, ...rest);
    },
  };
  return { machine, seen };
}

const hash = fc
  .oneof(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.constant(new Uint8Array(32)))
  .map((bytes) => bytesToHex(bytes));
const number = fc.oneof(
  fc.bigInt({ min: 1n, max: (1n << 63n) - 1n }),
  fc.bigInt({ min: 1n, max: 3n * HISTORY_BUFFER_LENGTH }),
  fc.constantFrom(1n, 2n, HISTORY_BUFFER_LENGTH, HISTORY_BUFFER_LENGTH + 1n, 2n * HISTORY_BUFFER_LENGTH),
);

describe('system calls with the code of mainnet', () => {
  it('store what a call would store, for any block, over any earlier entry', () => {
    fc.assert(
      fc.property(number, number, hash, hash, (height, time, root, old) => {
        const world = worldWith(
          new Map([
            [BEACON_ROOTS_ADDRESS, new Map([[word((time % 8191n) + 8191n), old]])],
            [HISTORY_STORAGE_ADDRESS, new Map([[word((height - 1n) % 8191n), old]])],
          ]),
        );
        const block = environment(height, time);
        const { machine, seen } = counting();

        const roots = new Overlay(world, () => undefined);
        storeBeaconRoot({ evm: machine, environment: block, state: roots }, root);
        expect(roots.world().root()).toBe(called(world, block, BEACON_ROOTS_ADDRESS, hexToBytes(root)).root);

        const hashes = new Overlay(world, () => undefined);
        storeParentHash({ evm: machine, environment: block, state: hashes }, root);
        expect(hashes.world().root()).toBe(
          called(world, block, HISTORY_STORAGE_ADDRESS, hexToBytes(root)).root,
        );
        expect(seen).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it('store over entries of the same block', () => {
    const world = worldWith();
    const state = new Overlay(world, () => undefined);
    const caller = { evm, environment: environment(5n, 9n), state };
    storeParentHash(caller, word(1n));
    storeParentHash(caller, word(2n));
    expect(state.storage(HISTORY_STORAGE_ADDRESS, word(4n))).toBe(word(2n));
  });

  it('find empty queues without a call', () => {
    const world = worldWith();
    const block = environment(1n, 1n);
    const { machine, seen } = counting();
    for (const address of RECEIVERS) {
      const expected = called(world, block, address, new Uint8Array(0));
      const state = new Overlay(world, () => undefined);
      const { status, output, logs, changes } = takeRequests(
        { evm: machine, environment: block, state },
        address,
      );
      expect({ status, output, logs }).toEqual({
        status: expected.outcome.status,
        output: expected.outcome.output,
        logs: expected.outcome.logs,
      });
      state.apply(changes);
      expect(state.world().root()).toBe(expected.root);
      expect(expected.root).toBe(world.root());
    }
    expect(seen).toEqual([]);
  });
});

describe('system calls are made', () => {
  const block = environment(3n, 3n);

  it('when a queue has any storage', () => {
    // An excess that decays, a count, an inhibitor: slot 0 and 1 of both contracts.
    for (const address of RECEIVERS) {
      for (const [slot, value] of [
        [0n, 5n],
        [0n, (1n << 256n) - 1n],
        [1n, 3n],
      ] as const) {
        const world = worldWith(new Map([[address, new Map([[word(slot), word(value)]])]]));
        const state = new Overlay(world, () => undefined);
        const { machine, seen } = counting();
        const outcome = takeRequests({ evm: machine, environment: block, state }, address);
        expect(seen).toEqual([address]);
        expect(outcome).toEqual(called(world, block, address, new Uint8Array(0)).outcome);
      }
    }
  });

  it('when the code is another', () => {
    const world = worldWith(new Map(), OTHER_CODE);
    const { machine, seen } = counting();
    const state = new Overlay(world, () => undefined);
    const caller = { evm: machine, environment: block, state };
    storeBeaconRoot(caller, word(7n));
    storeParentHash(caller, word(8n));
    for (const address of RECEIVERS) takeRequests(caller, address);
    expect(seen).toEqual([BEACON_ROOTS_ADDRESS, HISTORY_STORAGE_ADDRESS, ...RECEIVERS]);
    expect(state.storage(BEACON_ROOTS_ADDRESS, word(0n))).toBe(word(7n));
    expect(state.storage(HISTORY_STORAGE_ADDRESS, word(0n))).toBe(word(8n));
  });

  it('and say when there is no code', () => {
    const world = openWorld(EMPTY_ROOT, {
      nodes: { get: () => undefined },
      codes: createDictionary('code'),
      preimages: createPreimages(),
    });
    const state = new Overlay(world, () => undefined);
    const caller = { evm, environment: block, state };
    storeBeaconRoot(caller, word(7n));
    storeParentHash(caller, word(8n));
    expect(state.world().root()).toBe(world.root());
    for (const address of RECEIVERS) expect(takeRequests(caller, address).status).toBe('missing-code');
  });
});
