import { createLogger, isNinefoldError } from '@ninefold/base';
import type { KvOperation, KvStore } from '@ninefold/state';
import { createMemoryStore } from '@ninefold/state';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Chain } from '../../src/ledger/types.ts';
import { transactionHash } from '../../src/tx/transaction.ts';
import { accounts, createTestChain, mine, RECEIVER, transfer, word } from './harness.ts';

/** Everything a client could see of a chain. */
function visible(chain: Chain): unknown {
  const blocks = [];
  for (let number = 0n; ; number++) {
    const block = chain.blockByNumber(number);
    if (block === undefined) break;
    const { transactions } = block.block;
    blocks.push({ block, locations: transactions.map((each) => chain.locate(transactionHash(each))) });
  }
  const world = chain.worldAt(chain.head().hash);
  const dump = Array.from(world.dump()).sort((a, b) => (a.address < b.address ? -1 : 1));
  return {
    blocks,
    dump,
    root: world.root(),
    head: chain.head().hash,
    safe: chain.safe().hash,
    finalized: chain.finalized().hash,
  };
}

async function codeOf(act: () => unknown): Promise<string | undefined> {
  try {
    await act();
  } catch (error) {
    if (!isNinefoldError(error)) throw error;
    return error.code;
  }
  return undefined;
}

/** A store whose commits fail from the `n`-th on, as a full disk does: nothing of them is written. */
function failingStore(store: KvStore, n: number): KvStore {
  let commits = 0;
  return {
    ...store,
    commit: async (batch, options) => {
      commits++;
      if (commits >= n) throw new Error('disk full');
      await store.commit(batch, options);
    },
  };
}

describe('a durable chain', () => {
  it('is the same when it is opened again', async () => {
    const store = createMemoryStore();
    const chain = createTestChain({ store });
    mine(chain, [transfer(0, 0, { writes: [[word(1), word(2)]] }), transfer(1, 0)]);
    mine(chain, [
      transfer(0, 1, {
        writes: [
          [word(1), word(0)],
          [word(3), word(4)],
        ],
      }),
    ]);
    chain.setHead(chain.head().hash, { safe: chain.blockByNumber(1n)!.hash });
    await chain.flushed();
    const again = createTestChain({ store });
    expect(visible(again)).toEqual(visible(chain));
    const block = mine(again, [transfer(0, 2)]);
    expect(again.blockByNumber(3n)).toBe(block);
    expect(again.worldAt(again.blockByNumber(1n)!.hash).storage(RECEIVER, word(1))).toBe(word(2));
  });

  it('is the same as one in memory, whatever happens to it', async () => {
    const step = fc.oneof(
      fc.record({
        do: fc.constant('mine' as const),
        writes: fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { maxLength: 3 }),
      }),
      fc.record({ do: fc.constant('rollback' as const), depth: fc.nat(3) }),
      fc.record({ do: fc.constant('amend' as const), balance: fc.nat(100) }),
      fc.record({ do: fc.constant('snapshot' as const) }),
      fc.record({ do: fc.constant('revert' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 15 }), async (steps) => {
        const store = createMemoryStore();
        const chains = [createTestChain(), createTestChain({ store })];
        let snapshots = chains.map((chain) => chain.snapshot());
        for (const [index, each] of steps.entries()) {
          for (const [which, chain] of chains.entries()) {
            const head = chain.head();
            if (each.do === 'mine') {
              const nonce = chain.worldAt(head.hash).account(accounts[0]!)!.nonce;
              const writes = each.writes.map(([slot, value]) => [word(slot), word(value)] as const);
              mine(chain, [transfer(0, nonce, { writes })], BigInt(index));
            } else if (each.do === 'rollback') {
              const { number } = head.block.header;
              const target = number > BigInt(each.depth) ? number - BigInt(each.depth) : 0n;
              chain.setHead(chain.blockByNumber(target)!.hash);
            } else if (each.do === 'amend') {
              const account = chain.worldAt(head.hash).account(accounts[1]!)!;
              const change = {
                account: { ...account, balance: BigInt(each.balance) },
                storageCleared: false,
                storage: new Map(),
              };
              chain.amendHead({ accounts: new Map([[accounts[1]!, change]]), codes: new Map() });
            } else if (each.do === 'snapshot') {
              snapshots = snapshots.with(which, chain.snapshot());
            } else {
              chain.revert(snapshots[which]!);
            }
          }
        }
        const [inMemory, durable] = chains as [Chain, Chain];
        await durable.flushed();
        expect(visible(durable)).toEqual(visible(inMemory));
        expect(visible(createTestChain({ store }))).toEqual(visible(inMemory));
      }),
      { numRuns: 40 },
    );
  });

  it('finds blocks and states it no longer has in memory', async () => {
    const store = createMemoryStore();
    const chain = createTestChain({ store });
    for (let nonce = 0; nonce < 140; nonce++) mine(chain, [transfer(0, nonce)]);
    const old = chain.blockByNumber(3n)!;
    expect(chain.locate(transactionHash(old.block.transactions[0]!))?.blockNumber).toBe(3n);
    expect(chain.worldAt(old.hash).account(RECEIVER)?.balance).toBe(3n);
    chain.setHead(old.hash);
    expect(chain.blockByNumber(4n)).toBeUndefined();
    mine(chain, [transfer(0, 3, { value: 5n })]);
    expect(chain.worldAt(chain.head().hash).account(RECEIVER)?.balance).toBe(8n);
    await chain.flushed();
    expect(visible(createTestChain({ store }))).toEqual(visible(chain));
  });

  it('goes on from what was acknowledged, whichever commit fails', async () => {
    for (let n = 2; n <= 6; n++) {
      const store = createMemoryStore();
      const logged: string[] = [];
      const logger = createLogger({ sink: ({ level, message }) => logged.push(`${level} ${message}`) });
      const chain = createTestChain({ store: failingStore(store, n), logger });
      const acknowledged = [chain.genesis().hash];
      let failure: string | undefined;
      for (let nonce = 0; nonce < 5 && failure === undefined; nonce++) {
        failure = await codeOf(async () => {
          const { hash } = mine(chain, [transfer(0, nonce, { writes: [[word(nonce), word(nonce)]] })]);
          await chain.flushed();
          acknowledged.push(hash);
        });
      }
      expect(failure).toBe(n === 7 ? undefined : 'CHAIN_STORE_FAILED');
      expect(logged).toContain('error the store refused a write');
      expect(await codeOf(() => mine(chain))).toBe('CHAIN_STORE_FAILED');
      expect(await codeOf(() => chain.flushed())).toBe('CHAIN_STORE_FAILED');
      const again = createTestChain({ store });
      expect(again.head().hash).toBe(acknowledged.at(-1));
      expect(again.blockByNumber(BigInt(acknowledged.length))).toBeUndefined();
      mine(again, [transfer(0, acknowledged.length - 1)]);
    }
  });

  it('is written in one batch a block', async () => {
    const store = createMemoryStore();
    const batches: (readonly KvOperation[])[] = [];
    const chain = createTestChain({
      store: {
        ...store,
        commit: async (batch, options) => {
          batches.push(batch);
          expect(options?.durable).toBe(true);
          await store.commit(batch, options);
        },
      },
    });
    expect(batches).toHaveLength(1);
    mine(chain, [transfer(0, 0)]);
    expect(batches).toHaveLength(2);
    const before = batches[1]!.length;
    mine(chain);
    expect(batches).toHaveLength(3);
    expect(batches[2]!.length).toBeLessThan(before);
  });

  it('does not open a store that is damaged', async () => {
    const store = createMemoryStore();
    const chain = createTestChain({ store });
    mine(chain, [transfer(0, 0)]);
    await chain.flushed();
    const entries = Array.from(store.range());
    const own = chain.head().hash;
    for (const [key, value] of entries) {
      const kind = String.fromCharCode(key[0]!);
      const damagedStore = createMemoryStore();
      const damaged = Uint8Array.from(value);
      damaged[damaged.length >> 1]! ^= 1;
      await damagedStore.commit(
        entries.map(([k, v]) => ({ type: 'put', key: k, value: k === key ? damaged : v }) as const),
      );
      const code = await codeOf(() => createTestChain({ store: damagedStore }));
      const isHead = Buffer.from(key.subarray(1)).toString('hex') === own.slice(2);
      if (kind === 'm' || (kind === 'b' && isHead)) expect(code).toBe('CHAIN_CORRUPT_STORE');
      else expect([undefined, 'CHAIN_CORRUPT_STORE']).toContain(code);
    }
  });

  it('refuses the store of another chain', async () => {
    const store = createMemoryStore();
    await createTestChain({ store }).flushed();
    expect(await codeOf(() => createTestChain({ store, fork: 'london' }))).toBe('CHAIN_OTHER_GENESIS');
  });

  it('takes nothing once closed, and closes its store', async () => {
    const store = createMemoryStore();
    const chain = createTestChain({ store });
    mine(chain);
    await chain.close();
    await chain.close();
    expect(await codeOf(() => mine(chain))).toBe('CHAIN_CLOSED');
    expect(await codeOf(() => store.get(Uint8Array.of(1)))).toBe('STATE_STORE_CLOSED');
  });

  it('has forks that live in memory', async () => {
    const store = createMemoryStore();
    const chain = createTestChain({ store });
    for (let nonce = 0; nonce < 135; nonce++) mine(chain, [transfer(0, nonce)]);
    const fork = chain.fork();
    chain.setHead(chain.blockByNumber(1n)!.hash);
    mine(chain, [transfer(1, 0)]);
    mine(fork, [transfer(0, 135)]);
    expect(fork.head().block.header.number).toBe(136n);
    expect(fork.blockByNumber(2n)?.hash).not.toBe(chain.blockByNumber(2n)?.hash);
    expect(fork.worldAt(fork.blockByNumber(2n)!.hash).account(RECEIVER)?.balance).toBe(2n);
    await chain.flushed();
    const kept = createTestChain({ store });
    expect(kept.head().block.header.number).toBe(2n);
    await fork.close();
    expect(kept.blockByNumber(2n)).toBeDefined();
  });

  it('has forks that keep their own states for as long as others in memory do', async () => {
    const chain = createTestChain({ store: createMemoryStore(), stateHistory: 2 });
    const shared = mine(chain, [transfer(0, 0)]);
    const fork = chain.fork();
    const own = mine(fork, [transfer(0, 1)]);
    for (let i = 0; i < 4; i++) mine(fork);
    expect(await codeOf(() => fork.worldAt(own.hash))).toBe('CHAIN_STATE_UNAVAILABLE');
    expect(fork.worldAt(shared.hash).account(RECEIVER)?.balance).toBe(1n);
    await fork.close();
    await chain.close();
  });
});
