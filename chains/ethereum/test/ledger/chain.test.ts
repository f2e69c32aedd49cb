import { isNinefoldError } from '@ninefold/base';
import type { ForkName } from '@ninefold/vm-evm';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeBlock } from '../../src/ledger/block.ts';
import type { HeadChange } from '../../src/ledger/types.ts';
import { transactionHash } from '../../src/tx/transaction.ts';
import { accounts, createTestChain, ETHER, mine, RECEIVER, transfer, word } from './harness.ts';

const FORKS: readonly ForkName[] = ['frontier', 'byzantium', 'london', 'paris', 'shanghai', 'cancun', 'bpo2'];

/** The code `act` fails with. */
function codeOf(act: () => unknown): string | undefined {
  try {
    act();
  } catch (error) {
    if (!isNinefoldError(error)) throw error;
    return error.code;
  }
  return undefined;
}

describe('a new chain', () => {
  it('begins with its genesis', () => {
    const chain = createTestChain();
    const genesis = chain.genesis();
    expect(chain.head()).toBe(genesis);
    expect(genesis.block.header.stateRoot).toBe(chain.worldAt(genesis.hash).root());
    expect(chain.blockByNumber(0n)).toBe(genesis);
    expect(chain.blockByNumber(1n)).toBeUndefined();
    expect(chain.worldAt(genesis.hash).account(accounts[0]!)?.balance).toBe(1000n * ETHER);
  });
});

describe('blocks made here', () => {
  it('become the head, with indexes and state', () => {
    const chain = createTestChain();
    const transaction = transfer(0, 0, { value: 7n, writes: [[word(1), word(2)]] });
    const block = mine(chain, [transaction]);
    expect(chain.head()).toBe(block);
    expect(chain.blockByNumber(1n)).toBe(block);
    expect(chain.locate(transactionHash(transaction))).toEqual({
      blockHash: block.hash,
      blockNumber: 1n,
      index: 0,
    });
    const world = chain.worldAt(block.hash);
    expect(world.account(RECEIVER)?.balance).toBe(7n);
    expect(world.storage(RECEIVER, word(1))).toBe(word(2));
    expect(world.root()).toBe(block.block.header.stateRoot);
    expect(chain.worldAt(chain.genesis().hash).account(RECEIVER)).toBeUndefined();
  });

  it('must extend the head', () => {
    const chain = createTestChain();
    const sealed = chain.createBuilder({ timestamp: 1n }).seal();
    mine(chain);
    expect(codeOf(() => chain.append(sealed))).toBe('CHAIN_STALE_BLOCK');
  });

  it('come after their parent', () => {
    expect(codeOf(() => createTestChain().createBuilder({ timestamp: 0n }))).toBe(
      'CHAIN_TIME_NOT_AFTER_PARENT',
    );
  });

  it('take no transaction that is not valid, nor any once sealed', () => {
    const builder = createTestChain().createBuilder({ timestamp: 1n });
    expect(builder.add(transfer(0, 1))).toEqual({ valid: false, reason: 'NONCE_TOO_HIGH' });
    const sealed = builder.seal();
    expect(sealed.executed.receipts).toEqual([]);
    expect(builder.seal()).toBe(sealed);
    expect(codeOf(() => builder.add(transfer(0, 0)))).toBe('CHAIN_BLOCK_SEALED');
  });

  it('can follow sealed blocks that were never kept', () => {
    const chain = createTestChain();
    const first = chain.createBuilder({ timestamp: 1n });
    first.add(transfer(0, 0));
    const sealed = first.seal();
    const second = chain.createBuilder({ timestamp: 2n }, sealed);
    second.add(transfer(0, 1));
    expect(second.state.blockHash(1n)).toBe(sealed.executed.hash);
    expect(second.state.blockHash(0n)).toBe(chain.genesis().hash);
    expect(second.seal().world.account(RECEIVER)?.balance).toBe(2n);
    expect(chain.head()).toBe(chain.genesis());
  });

  it('are what another chain verifies, in every era', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...FORKS),
        fc.array(fc.array(fc.tuple(fc.nat(2), fc.nat(3), fc.nat(3)), { maxLength: 4 }), { maxLength: 4 }),
        (fork, plan) => {
          const maker = createTestChain({ fork });
          const checker = createTestChain({ fork });
          const nonces = [0, 0, 0];
          for (const moves of plan) {
            const transactions = moves.map(([account, slot, value]) => {
              const nonce = nonces[account]!++;
              return transfer(account, nonce, { chainId: undefined, writes: [[word(slot), word(value)]] });
            });
            const block = mine(maker, transactions);
            const { block: verified, status } = checker.importBlock(encodeBlock(block.block));
            expect(status).toBe('canonical');
            expect(verified).toEqual(block);
          }
          expect(checker.worldAt(checker.head().hash).root()).toBe(maker.worldAt(maker.head().hash).root());
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('blocks that come in', () => {
  it('are known the second time', () => {
    const maker = createTestChain();
    const { block } = mine(maker);
    const chain = createTestChain();
    expect(chain.importBlock(block).status).toBe('canonical');
    expect(chain.importBlock(block).status).toBe('known');
  });

  it('are refused without effect', () => {
    const maker = createTestChain();
    const { block } = mine(maker, [transfer(0, 0)]);
    const { header } = block;
    const damage = {
      BLOCK_UNKNOWN_PARENT: { parentHash: word(9) },
      BLOCK_INVALID_STATE_ROOT: { stateRoot: word(9) },
      BLOCK_INVALID_RECEIPTS_ROOT: { receiptsRoot: word(9) },
      BLOCK_INVALID_TRANSACTIONS_ROOT: { transactionsRoot: word(9) },
      BLOCK_INVALID_WITHDRAWALS_ROOT: { withdrawalsRoot: word(9) },
      BLOCK_INVALID_REQUESTS_HASH: { requestsHash: word(9) },
      BLOCK_INVALID_LOGS_BLOOM: { logsBloom: new Uint8Array(256).fill(1) },
      BLOCK_INVALID_GAS_USED: { gasUsed: header.gasUsed + 1n },
      BLOCK_GAS_USED_ABOVE_LIMIT: { gasUsed: header.gasLimit + 1n },
      BLOCK_INVALID_GAS_LIMIT: { gasLimit: header.gasLimit * 2n },
      BLOCK_INVALID_TIMESTAMP: { timestamp: 0n },
      BLOCK_INVALID_NUMBER: { number: 2n },
      BLOCK_INVALID_BASE_FEE: { baseFeePerGas: 7n },
      BLOCK_INVALID_DIFFICULTY: { difficulty: 1n },
      BLOCK_INVALID_POW_NONCE: { nonce: '0x0000000000000001' as const },
      BLOCK_OMMERS_AFTER_MERGE: { ommersHash: word(9) },
      BLOCK_EXTRA_DATA_TOO_LONG: { extraData: new Uint8Array(33) },
      BLOCK_INVALID_EXCESS_BLOB_GAS: { excessBlobGas: 1n },
      BLOCK_INVALID_BLOB_GAS_USED: { blobGasUsed: 131_072n },
      BLOCK_BLOB_GAS_ABOVE_LIMIT: { blobGasUsed: 1n },
      BLOCK_HEADER_FIELD: { requestsHash: undefined },
    };
    for (const [code, fields] of Object.entries(damage)) {
      const chain = createTestChain();
      const changed = { ...block, header: { ...header, ...fields } };
      expect(codeOf(() => chain.importBlock(changed))).toBe(code);
      expect(chain.head()).toBe(chain.genesis());
      expect(chain.importBlock(block).status).toBe('canonical');
    }
  });

  it('are refused for a transaction that is not valid there', () => {
    const maker = createTestChain();
    const { block } = mine(maker, [transfer(0, 0)]);
    const chain = createTestChain();
    chain.amendHead({
      accounts: new Map([
        [
          accounts[0]!,
          {
            account: { ...chain.worldAt(chain.head().hash).account(accounts[0]!)!, nonce: 5n },
            storageCleared: false,
            storage: new Map(),
          },
        ],
      ]),
      codes: new Map(),
    });
    expect(codeOf(() => chain.importBlock(block))).toBe('BLOCK_INVALID_TRANSACTION');
  });

  it('are refused when they are no blocks', () => {
    const chain = createTestChain();
    expect(codeOf(() => chain.importBlock(Uint8Array.of(0xc0)))).toBe('ETH_FIELD_COUNT');
    expect(codeOf(() => chain.importBlock(Uint8Array.of(1, 2)))).toBe('ETH_MALFORMED_RLP');
  });
});

describe('the canonical chain', () => {
  it('is the one with the most total difficulty before the merge', () => {
    const one = createTestChain({ fork: 'byzantium' });
    const two = createTestChain({ fork: 'byzantium' });
    const chain = createTestChain({ fork: 'byzantium' });
    const slow = [mine(one, [transfer(0, 0)], 50n)];
    const fast = [mine(two, [transfer(1, 0)]), mine(two)];
    expect(chain.importBlock(slow[0]!.block).status).toBe('canonical');
    const first = chain.importBlock(fast[0]!.block);
    expect(first.status).toBe(fast[0]!.totalDifficulty > slow[0]!.totalDifficulty ? 'canonical' : 'side');
    const heads: HeadChange[] = [];
    chain.on('head', (change) => heads.push(change));
    chain.importBlock(fast[1]!.block);
    expect(chain.head().hash).toBe(fast[1]!.hash);
    expect(heads.at(-1)?.head.hash).toBe(fast[1]!.hash);
    expect(chain.blockByNumber(1n)?.hash).toBe(fast[0]!.hash);
    expect(chain.locate(transactionHash(slow[0]!.block.transactions[0]!))).toBeUndefined();
    expect(chain.locate(transactionHash(fast[0]!.block.transactions[0]!))?.blockHash).toBe(fast[0]!.hash);
  });

  it('goes where it is told to, and says what left and what joined', () => {
    const chain = createTestChain();
    const trunk = mine(chain);
    const left = [mine(chain, [transfer(0, 0)]), mine(chain, [transfer(0, 1)])];
    chain.setHead(trunk.hash);
    expect(chain.head().hash).toBe(trunk.hash);
    expect(chain.blockByNumber(2n)).toBeUndefined();
    const right = mine(chain, [transfer(1, 0)], 1n);
    const heads: HeadChange[] = [];
    chain.on('head', (change) => heads.push(change));
    chain.setHead(left[1]!.hash, { safe: trunk.hash, finalized: chain.genesis().hash });
    expect(heads).toHaveLength(1);
    expect(heads[0]!.removed.map(({ hash }) => hash)).toEqual([right.hash]);
    expect(heads[0]!.added.map(({ hash }) => hash)).toEqual(left.map(({ hash }) => hash));
    expect(chain.safe().hash).toBe(trunk.hash);
    expect(chain.blockByHash(right.hash)).toBeDefined();
    expect(chain.locate(transactionHash(right.block.transactions[0]!))).toBeUndefined();
    expect(chain.worldAt(right.hash).account(RECEIVER)?.balance).toBe(1n);
    expect(chain.worldAt(left[1]!.hash).account(RECEIVER)?.balance).toBe(2n);
    expect(codeOf(() => chain.setHead(word(3)))).toBe('CHAIN_UNKNOWN_BLOCK');
  });

  it('is always the way from the head to genesis', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(20), fc.nat(3)), { maxLength: 15 }), (steps) => {
        const chain = createTestChain();
        const all = [chain.genesis()];
        for (const [pick, extra] of steps) {
          chain.setHead(all[pick % all.length]!.hash);
          all.push(mine(chain, [], BigInt(extra)));
        }
        let block = chain.head();
        for (let number = block.block.header.number; number >= 0n; number--) {
          expect(chain.blockByNumber(number)?.hash).toBe(block.hash);
          if (number > 0n) block = chain.blockByHash(block.block.header.parentHash)!;
        }
        expect(block.hash).toBe(chain.genesis().hash);
        expect(chain.blockByNumber(chain.head().block.header.number + 1n)).toBeUndefined();
      }),
      { numRuns: 30 },
    );
  });
});

describe('snapshots', () => {
  it('bring everything back, as often as wanted', () => {
    const chain = createTestChain();
    mine(chain, [transfer(0, 0)]);
    const before = chain.head();
    const snapshot = chain.snapshot();
    for (let round = 0; round < 2; round++) {
      const transaction = transfer(0, 1, { value: BigInt(round + 1) });
      mine(chain, [transaction]);
      mine(chain);
      const gone: number[] = [];
      const stop = chain.on('head', ({ removed }) => gone.push(removed.length));
      chain.revert(snapshot);
      stop();
      expect(gone).toEqual([2]);
      expect(chain.head()).toBe(before);
      expect(chain.locate(transactionHash(transaction))).toBeUndefined();
      expect(chain.worldAt(before.hash).account(RECEIVER)?.balance).toBe(1n);
    }
  });

  it('undo amendments and settings', () => {
    const chain = createTestChain();
    const snapshot = chain.snapshot();
    const rich = {
      nonce: 0n,
      balance: 5n,
      codeHash: chain.worldAt(chain.head().hash).account(accounts[0]!)!.codeHash,
    };
    chain.amendHead({
      accounts: new Map([
        [RECEIVER, { account: rich, storageCleared: false, storage: new Map([[word(1), word(1)]]) }],
      ]),
      codes: new Map(),
    });
    chain.configure({ chainId: 5n });
    expect(chain.worldAt(chain.head().hash).storage(RECEIVER, word(1))).toBe(word(1));
    const block = mine(chain);
    expect(chain.worldAt(block.hash).account(RECEIVER)).toEqual(rich);
    chain.revert(snapshot);
    expect(chain.config.chainId).toBe(31_337n);
    expect(chain.worldAt(chain.head().hash).account(RECEIVER)).toBeUndefined();
  });
});

describe('forks', () => {
  it('go their own way', () => {
    const chain = createTestChain();
    mine(chain, [transfer(0, 0)]);
    const fork = chain.fork();
    const here = mine(chain, [transfer(0, 1)]);
    const there = mine(fork, [transfer(1, 0), transfer(1, 1)], 1n);
    expect(chain.head()).toBe(here);
    expect(fork.head()).toBe(there);
    expect(chain.blockByHash(there.hash)).toBeUndefined();
    expect(fork.worldAt(there.hash).account(RECEIVER)?.balance).toBe(3n);
    expect(chain.worldAt(here.hash).account(RECEIVER)?.balance).toBe(2n);
  });
});

describe('state history', () => {
  it('keeps as many states as asked for', () => {
    const chain = createTestChain({ stateHistory: 2 });
    const blocks = [1, 2, 3, 4].map(() => mine(chain));
    expect(codeOf(() => chain.worldAt(blocks[1]!.hash))).toBe('CHAIN_STATE_UNAVAILABLE');
    expect(codeOf(() => chain.worldAt(blocks[2]!.hash))).toBeUndefined();
    expect(chain.blockByNumber(1n)?.hash).toBe(blocks[0]!.hash);
  });

  it('of a snapshot outlasts it', () => {
    const chain = createTestChain({ stateHistory: 2 });
    const early = mine(chain, [transfer(0, 0)]);
    const snapshot = chain.snapshot();
    for (let i = 0; i < 5; i++) mine(chain);
    expect(codeOf(() => chain.worldAt(early.hash))).toBe('CHAIN_STATE_UNAVAILABLE');
    chain.revert(snapshot);
    expect(chain.worldAt(early.hash).account(RECEIVER)?.balance).toBe(1n);
  });

  it('is as far back as the head can go', () => {
    const chain = createTestChain({ stateHistory: 2 });
    const [first, , third, head] = [1, 2, 3, 4].map(() => mine(chain));
    expect(codeOf(() => chain.setHead(first!.hash))).toBe('CHAIN_STATE_UNAVAILABLE');
    expect(chain.head()).toBe(head);
    chain.setHead(third!.hash);
    expect(mine(chain, [transfer(0, 0)]).block.header.number).toBe(4n);
  });

  it('changes no state: a world that has been followed answers as before', () => {
    const chain = createTestChain();
    const before = mine(chain, [transfer(0, 0)]);
    const world = chain.worldAt(before.hash);
    const root = world.root();
    mine(chain, [transfer(0, 1)]);
    expect(chain.worldAt(before.hash)).toBe(world);
    expect(world.root()).toBe(root);
    expect(world.account(RECEIVER)?.balance).toBe(1n);
  });
});
