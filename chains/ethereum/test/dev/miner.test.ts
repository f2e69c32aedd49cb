import type { Hex } from '@ninefold/base';
import { manualClock } from '@ninefold/base';
import { createEvm } from '@ninefold/vm-evm';
import { describe, expect, it } from 'vitest';
import type { MinerState, Scheduler } from '../../src/dev/miner.ts';
import { Miner } from '../../src/dev/miner.ts';
import { createChain } from '../../src/ledger/chain.ts';
import { devGenesis } from '../../src/ledger/genesis.ts';
import type { Chain } from '../../src/ledger/types.ts';
import { headSenders } from '../../src/node.ts';
import { TransactionPool } from '../../src/pool/pool.ts';
import { createDevConfig } from '../../src/spec/chain-config.ts';
import { addressOf, signTransaction } from '../../src/tx/signature.ts';
import { transactionHash } from '../../src/tx/transaction.ts';
import type { SignedTransaction } from '../../src/tx/types.ts';

const KEYS = [1, 2].map((value) => new Uint8Array(32).fill(value));
const [FIRST, SECOND] = KEYS.map(addressOf) as [Hex, Hex];
const TO: Hex = `0x${'cc'.repeat(20)}`;
const START = 1_000_000;

const STATE: MinerState = {
  mode: { kind: 'manual' },
  coinbase: TO,
  timeOffset: 0n,
  timestampInterval: undefined,
  nextTimestamp: undefined,
  nextBaseFee: undefined,
  nextPrevRandao: undefined,
  gasLimit: undefined,
  extraData: undefined,
};

type Setup = {
  readonly chain: Chain;
  readonly pool: TransactionPool;
  readonly miner: Miner;
  readonly clock: ReturnType<typeof manualClock>;
  readonly send: (key: number, nonce: number, fields?: object) => SignedTransaction;
};

function setup(
  options: { scheduler?: Scheduler; gasLimit?: bigint; onError?: (error: unknown) => void } = {},
): Setup {
  const clock = manualClock(START * 1000);
  const accounts = new Map([FIRST, SECOND].map((address) => [address, { balance: 10n ** 20n }] as const));
  const config = createDevConfig({ fork: 'osaka' });
  const genesis = devGenesis({ config, timestamp: BigInt(START), accounts, gasLimit: options.gasLimit });
  const chain = createChain({ genesis, createEvm });
  const pool = new TransactionPool(headSenders(chain));
  chain.on('head', () => pool.reset(headSenders(chain)));
  const { scheduler, onError } = options;
  const miner = new Miner({ chain, pool, clock, scheduler, order: 'fees', state: STATE, onError });
  const send = (key: number, nonce: number, fields: object = {}): SignedTransaction => {
    const transaction = signTransaction(
      {
        type: 2,
        chainId: 31337n,
        nonce: BigInt(nonce),
        gasLimit: 21_000n,
        to: TO,
        value: 1n,
        data: new Uint8Array(0),
        maxFeePerGas: 10n ** 10n,
        maxPriorityFeePerGas: 1n,
        accessList: [],
        ...fields,
      },
      KEYS[key] as Uint8Array,
    );
    const sender = key === 0 ? FIRST : SECOND;
    pool.add({ hash: transactionHash(transaction), sender, transaction, sidecar: undefined });
    return transaction;
  };
  return { chain, pool, miner, clock, send };
}

describe('time', () => {
  it('is the clock’s, but always after the parent’s', () => {
    const { miner, clock, chain } = setup();
    expect(miner.now()).toBe(BigInt(START));
    expect(miner.nextTimestamp()).toBe(BigInt(START + 1));
    miner.mine();
    clock.advance(10_500);
    expect(miner.nextTimestamp()).toBe(BigInt(START + 10));
    miner.mine();
    expect(chain.head().block.header.timestamp).toBe(BigInt(START + 10));
  });

  it('can be set for good or for one block', () => {
    const { miner, clock } = setup();
    miner.setNow(5_000_000n);
    expect(miner.now()).toBe(5_000_000n);
    clock.advance(1_000);
    expect(miner.now()).toBe(5_000_001n);
    miner.setNextTimestamp(6_000_000n);
    expect(miner.nextTimestamp()).toBe(6_000_000n);
    miner.mine();
    expect(miner.state.nextTimestamp).toBeUndefined();
    expect(miner.now()).toBe(6_000_000n);
    expect(() => miner.setNextTimestamp(6_000_000n)).toThrow(
      expect.objectContaining({ code: 'ETH_TIMESTAMP_NOT_AFTER_PARENT' }),
    );
  });

  it('goes in steps where there is an interval', () => {
    const { miner, chain } = setup();
    miner.update({ timestampInterval: 7n });
    miner.mine();
    miner.mine();
    expect(chain.head().block.header.timestamp).toBe(BigInt(START + 14));
  });
});

describe('blocks', () => {
  it('hold what waits, and say what each transaction did', () => {
    const { miner, send, chain, pool } = setup();
    const [a, b] = [send(0, 0), send(1, 0)];
    const { block, outcomes } = miner.mine();
    expect(block.block.transactions).toEqual([a, b]);
    expect(outcomes.map(({ status }) => status)).toEqual(['success', 'success']);
    expect(chain.head()).toBe(block);
    expect(pool.size).toBe(0);
    expect(block.block.header.beneficiary).toBe(TO);
  });

  it('leave out what does not fit until there is room', () => {
    const { miner, send, pool } = setup({ gasLimit: 50_000n });
    send(0, 0);
    send(0, 1);
    send(0, 2);
    expect(miner.mine().outcomes).toHaveLength(2);
    expect(pool.size).toBe(1);
    expect(miner.mine().outcomes).toHaveLength(1);
  });

  it('take those of others when one sender’s do not fit', () => {
    const { miner, send, pool } = setup({ gasLimit: 60_000n });
    send(0, 0, { gasLimit: 55_000n, maxPriorityFeePerGas: 1n });
    const small = send(1, 0, { maxPriorityFeePerGas: 9n });
    const { block } = miner.mine();
    expect(block.block.transactions).toEqual([small]);
    expect(pool.size).toBe(1);
  });

  it('follow each other until nothing is left', () => {
    const { miner, send, pool } = setup({ gasLimit: 50_000n });
    for (let nonce = 0; nonce < 5; nonce++) send(0, nonce);
    expect(miner.mineReady().map(({ outcomes }) => outcomes.length)).toEqual([2, 2, 1]);
    expect(pool.size).toBe(0);
    expect(miner.mineReady()).toEqual([]);
  });

  it('are not made for transactions that cannot pay them', () => {
    const { miner, send, chain } = setup();
    send(0, 0, { maxFeePerGas: 5n });
    expect(miner.mineReady()).toEqual([]);
    expect(chain.head().block.header.number).toBe(0n);
    miner.update({ nextBaseFee: 1n });
    expect(miner.mineReady()).toHaveLength(1);
  });

  it('drop transactions that can never be valid again', () => {
    const { miner, pool, send } = setup();
    // Valid for the pool alone: it does not look at gas.
    send(0, 0, { gasLimit: 20_000n });
    expect(miner.mine().outcomes).toEqual([]);
    expect(pool.size).toBe(0);
  });

  it('can be looked at before they are made', () => {
    const { miner, send, pool, chain } = setup();
    send(0, 0);
    const builder = miner.begin();
    expect(miner.fill(builder, false)).toHaveLength(1);
    expect(builder.state.account(TO)?.balance).toBeGreaterThan(0n);
    expect(pool.size).toBe(1);
    expect(chain.head().block.header.number).toBe(0n);
  });

  it('take what was asked for the next one, once', () => {
    const { miner } = setup();
    const prevRandao: Hex = `0x${'07'.repeat(32)}`;
    miner.update({ nextBaseFee: 800n, nextPrevRandao: prevRandao, extraData: Uint8Array.of(1) });
    expect(miner.mine().block.block.header).toMatchObject({ baseFeePerGas: 800n, mixHash: prevRandao });
    const { header } = miner.mine().block.block;
    expect(header.baseFeePerGas).toBe(700n);
    expect(header.mixHash).not.toBe(prevRandao);
    expect(header.extraData).toEqual(Uint8Array.of(1));
  });

  it('have randomness that can be computed again', () => {
    const [a, b] = [setup(), setup()];
    for (const { miner } of [a, b]) miner.mine();
    expect(a.miner.mine().block.hash).toBe(b.miner.mine().block.hash);
    const { header } = a.chain.head().block;
    expect(header.mixHash).not.toBe(a.miner.mine().block.block.header.mixHash);
  });
});

describe('the beat', () => {
  it('mines and can be stopped', () => {
    let task: (() => void) | undefined;
    const scheduler: Scheduler = {
      every: (_ms, each) => {
        task = each;
        return () => {
          task = undefined;
        };
      },
    };
    const { miner, chain } = setup({ scheduler });
    miner.update({ mode: { kind: 'interval', ms: 5 } });
    task?.();
    task?.();
    expect(chain.head().block.header.number).toBe(2n);
    miner.update({ mode: { kind: 'manual' } });
    expect(task).toBeUndefined();
    miner.update({ mode: { kind: 'interval', ms: 5 } });
    miner.close();
    expect(task).toBeUndefined();
  });

  it('goes on when a block could not be mined', () => {
    let task: (() => void) | undefined;
    const errors: unknown[] = [];
    const scheduler: Scheduler = { every: (_ms, each) => ((task = each), () => {}) };
    const { miner, chain, clock } = setup({ scheduler, onError: (error) => errors.push(error) });
    miner.update({ mode: { kind: 'interval', ms: 5 }, timestampInterval: 0n });
    task?.();
    expect(errors).toHaveLength(1);
    miner.update({ timestampInterval: undefined });
    clock.advance(1_000);
    task?.();
    expect(chain.head().block.header.number).toBe(1n);
  });

  it('needs a scheduler', () => {
    const { miner } = setup();
    expect(() => miner.update({ mode: { kind: 'interval', ms: 5 } })).toThrow(
      expect.objectContaining({ code: 'ETH_NO_SCHEDULER' }),
    );
  });
});
