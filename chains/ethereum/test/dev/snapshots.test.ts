import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALICE, BOB, CAROL, createTestNode, faceOf, hex, NOBODY, type TestNode } from '../support/rpc.ts';

// Snapshots and forks by law: whatever happened, going back gives what could be seen before, all of it.

type Face = Pick<TestNode, 'chain' | 'rpc' | 'fault'>;

const ACCOUNTS = [ALICE, BOB, CAROL, NOBODY];
const SLOT = hex(0);

/** What anyone can see of a node. */
async function observe({ rpc }: Face): Promise<unknown> {
  const accounts = await Promise.all(
    ACCOUNTS.map(async (address) => [
      await rpc('eth_getBalance', address, 'latest'),
      await rpc('eth_getTransactionCount', address, 'pending'),
      await rpc('eth_getCode', address, 'latest'),
      await rpc('eth_getStorageAt', address, SLOT, 'latest'),
    ]),
  );
  const number = BigInt(await rpc('eth_blockNumber'));
  const blocks = [];
  for (let each = 0n; each <= number; each++) blocks.push(await rpc('eth_getBlockByNumber', hex(each), true));
  const { timestamp, baseFeePerGas } = await rpc('eth_getBlockByNumber', 'pending', false);
  return {
    accounts,
    blocks,
    pool: await rpc('txpool_content'),
    waiting: { timestamp, baseFeePerGas },
    senders: await rpc('eth_accounts'),
    automine: await rpc('anvil_getAutomine'),
    logs: await rpc('eth_getLogs', { fromBlock: 'earliest', toBlock: 'latest' }),
    fees: await rpc('eth_feeHistory', '0x4', 'latest', [50]),
  };
}

/** Something that is done to a node. */
const STEPS: Readonly<Record<string, (face: Face, n: number) => Promise<unknown>>> = {
  pay: ({ rpc }, n) =>
    rpc('eth_sendTransaction', { from: ALICE, to: ACCOUNTS[n % 4], value: hex(n), gas: '0x186a0' }),
  mine: ({ rpc }, n) => rpc('anvil_mine', hex(1 + (n % 3))),
  setBalance: ({ rpc }, n) => rpc('anvil_setBalance', ACCOUNTS[n % 4], hex(10n ** 18n + BigInt(n))),
  setCode: ({ rpc }, n) => rpc('anvil_setCode', NOBODY, n % 2 === 0 ? '0x' : '0x5f5ff3'),
  setStorage: ({ rpc }, n) =>
    rpc('anvil_setStorageAt', NOBODY, SLOT, `0x${n.toString(16).padStart(64, '0')}`),
  setNonce: async ({ rpc }, n) => {
    const now = BigInt(await rpc('eth_getTransactionCount', CAROL, 'latest'));
    return rpc('anvil_setNonce', CAROL, hex(now + BigInt(n % 5)));
  },
  later: ({ rpc }, n) => rpc('evm_increaseTime', hex(n)),
  nextTime: async ({ rpc }, n) => {
    const { timestamp } = await rpc('eth_getBlockByNumber', 'latest', false);
    return rpc('evm_setNextBlockTimestamp', hex(BigInt(timestamp) + 1n + BigInt(n)));
  },
  nextFee: ({ rpc }, n) => rpc('anvil_setNextBlockBaseFeePerGas', hex(10n ** 9n + BigInt(n))),
  coinbase: ({ rpc }, n) => rpc('anvil_setCoinbase', ACCOUNTS[n % 4]),
  automine: ({ rpc }, n) => rpc('evm_setAutomine', n % 2 === 0),
  impersonate: ({ rpc }, n) =>
    rpc(n % 2 === 0 ? 'anvil_impersonateAccount' : 'anvil_stopImpersonatingAccount', NOBODY),
  drop: ({ rpc }) => rpc('anvil_dropAllTransactions'),
};

const anySteps = fc.array(fc.tuple(fc.constantFrom(...Object.keys(STEPS)), fc.nat(200)), { maxLength: 8 });

async function take(face: Face, steps: readonly (readonly [string, number])[]): Promise<void> {
  for (const [name, n] of steps) await STEPS[name]!(face, n);
}

describe('a snapshot', () => {
  it('brings everything back, and can be used once', async () => {
    await fc.assert(
      fc.asyncProperty(anySteps, anySteps, async (before, after) => {
        const node = await createTestNode({ accounts: 3 });
        await take(node, before);
        const seen = await observe(node);
        const id = await node.rpc('evm_snapshot');
        await take(node, after);
        expect(await node.rpc('evm_revert', id)).toBe(true);
        expect(await observe(node)).toEqual(seen);
        expect(await node.rpc('evm_revert', id)).toBe(false);
        expect(await observe(node)).toEqual(seen);
        await node.chain.close();
      }),
      { numRuns: 40 },
    );
  });

  it('ends all that were taken after it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anySteps, { minLength: 2, maxLength: 4 }),
        fc.nat(),
        async (stages, choice) => {
          const node = await createTestNode({ accounts: 3 });
          const taken: { readonly id: string; readonly seen: unknown }[] = [];
          for (const steps of stages) {
            await take(node, steps);
            taken.push({ seen: await observe(node), id: await node.rpc('evm_snapshot') });
          }
          const at = choice % taken.length;
          expect(await node.rpc('evm_revert', taken[at]!.id)).toBe(true);
          expect(await observe(node)).toEqual(taken[at]!.seen);
          for (const { id } of taken.slice(at)) expect(await node.rpc('evm_revert', id)).toBe(false);
          if (at > 0) {
            expect(await node.rpc('evm_revert', taken[at - 1]!.id)).toBe(true);
            expect(await observe(node)).toEqual(taken[at - 1]!.seen);
          }
          await node.chain.close();
        },
      ),
      { numRuns: 20 },
    );
  });

  it('goes on as if nothing had been in between', async () => {
    await fc.assert(
      fc.asyncProperty(anySteps, anySteps, anySteps, async (before, between, after) => {
        const [plain, reverted] = [
          await createTestNode({ accounts: 3 }),
          await createTestNode({ accounts: 3 }),
        ];
        await take(plain, before);
        await take(reverted, before);
        const id = await reverted.rpc('evm_snapshot');
        await take(reverted, between);
        await reverted.rpc('evm_revert', id);
        await take(plain, after);
        await take(reverted, after);
        expect(await observe(reverted)).toEqual(await observe(plain));
        await plain.chain.close();
        await reverted.chain.close();
      }),
      { numRuns: 30 },
    );
  });
});

describe('a fork', () => {
  it('begins as its parent is, and neither sees what the other does', async () => {
    await fc.assert(
      fc.asyncProperty(anySteps, anySteps, anySteps, async (before, ours, theirs) => {
        const parent = await createTestNode({ accounts: 3 });
        await take(parent, before);
        const child = faceOf(parent.chain.fork());
        const seen = await observe(parent);
        expect(await observe(child)).toEqual(seen);
        await take(child, theirs);
        expect(await observe(parent)).toEqual(seen);
        const theirView = await observe(child);
        await take(parent, ours);
        expect(await observe(child)).toEqual(theirView);
        await child.chain.close();
        await parent.chain.close();
      }),
      { numRuns: 30 },
    );
  });
});

describe('a dump', () => {
  it('begins another chain with the same accounts', async () => {
    await fc.assert(
      fc.asyncProperty(anySteps, async (steps) => {
        const node = await createTestNode({ accounts: 3 });
        await take(node, steps);
        const dump = await node.rpc('anvil_dumpState');
        const other = await createTestNode({ accounts: 3 });
        expect(await other.rpc('anvil_loadState', dump)).toBe(true);
        const accountsOf = async (face: Face) =>
          ((await observe(face)) as { accounts: unknown[][] }).accounts;
        const [a, b] = [await accountsOf(node), await accountsOf(other)];
        // The pool is not dumped: nonces may count what waits.
        const settled = (accounts: unknown[][]) =>
          accounts.map(([balance, , code, slot]) => [balance, code, slot]);
        expect(settled(b)).toEqual(settled(a));
        await node.chain.close();
        await other.chain.close();
      }),
      { numRuns: 20 },
    );
  });
});
