import { bytesToHex, hexToBytes, manualClock } from '@ninefold/base';
import {
  assembleScript,
  type Block,
  blockMerkleRoot,
  blockHashOf,
  encodeBlock,
  plainInput,
  type Transaction,
  txidOf,
} from '@ninefold/vm-bitcoin-script';
import { describe, expect, it } from 'vitest';
import { BitcoinChain } from '../src/ledger/chain.ts';
import { coinKey, hashCoins } from '../src/ledger/coins.ts';
import { mineBlock } from '../src/ledger/mine.ts';
import { meetsTarget, targetOf, workOf } from '../src/ledger/work.ts';
import { blockSubsidy, regtestParams } from '../src/spec/params.ts';
import { codeOf } from './support.ts';

const START = 1_700_000_000;
const TRUE = assembleScript('1');
/** A chain and what mines on it, one block a minute. */
function scene() {
  const clock = manualClock(START * 1000);
  const chain = new BitcoinChain(regtestParams(), clock);
  let extra = 0;
  const make = (transactions: readonly Transaction[] = [], fees = 0n, scriptPubKey = TRUE): Block => {
    clock.advance(60_000);
    const time = Math.floor(clock.now() / 1000);
    return mineBlock(chain, {
      scriptPubKey,
      transactions,
      fees,
      time,
      extra: Uint8Array.of(1, extra++ & 0xff),
    })!;
  };
  const mine = (count: number): void => {
    for (let i = 0; i < count; i++) expect(chain.submit(make())).toBeUndefined();
  };
  /** A transaction that spends the coinbase of a block. */
  const spend = (height: number, fee = 0n, change: Partial<Transaction> = {}): Transaction => {
    const [coinbase] = chain.at(height)!.block.transactions;
    return {
      version: 2,
      inputs: [plainInput({ txid: txidOf(coinbase!), vout: 0 })],
      outputs: [{ value: coinbase!.outputs[0]!.value - fee, scriptPubKey: TRUE }],
      locktime: 0,
      ...change,
    };
  };
  return { chain, clock, make, mine, spend };
}

/** The block with another header or other transactions, and a nonce that fits again. */
function remade(block: Block, change: Partial<Block['header']>, transactions = block.transactions): Block {
  const root = blockMerkleRoot({ ...block, transactions }).root;
  for (let nonce = 0; ; nonce++) {
    const header = { ...block.header, merkleRoot: root, nonce, ...change };
    if (meetsTarget(blockHashOf(header), 0x207fffff, 0x207fffff)) return { header, transactions };
  }
}

/** A coinbase that commits to no witnesses, for blocks whose transactions are exchanged. */
function withoutCommitment(coinbase: Transaction): Transaction {
  const inputs = coinbase.inputs.map((input) => ({ ...input, witness: [] }));
  return { ...coinbase, inputs, outputs: coinbase.outputs.slice(0, 1) };
}

describe('regtest', () => {
  it('begins with its first block, whose coinbase is no coin', () => {
    const { chain } = scene();
    expect(chain.tip.hash).toBe('0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206');
    expect(chain.tip.chainWork).toBe(2n);
    expect(chain.coins.size).toBe(0);
    expect(bytesToHex(blockMerkleRoot(chain.tip.block).root)).toBe(
      bytesToHex(chain.tip.block.header.merkleRoot),
    );
  });

  it('halves every 150 blocks', () => {
    const params = regtestParams();
    expect([0, 149, 150, 300, 149 + 150 * 63].map((height) => blockSubsidy(height, params))).toEqual([
      5_000_000_000n,
      5_000_000_000n,
      2_500_000_000n,
      1_250_000_000n,
      0n,
    ]);
    expect(blockSubsidy(150 * 64, params)).toBe(0n);
  });

  it('targets: long form, work, what is none', () => {
    expect(targetOf(0x207fffff)).toBe(0x7fffffn << 232n);
    expect(targetOf(0x1d00ffff)).toBe(0xffffn << 208n);
    expect(targetOf(0x03123456)).toBe(0x123456n);
    expect(targetOf(0x01120000)).toBe(0x12n);
    for (const bits of [0, 0x04800001, 0x01003456, 0x21ffff00 | 0x00800000, 0xff123456]) {
      expect(targetOf(bits)).toBeUndefined();
      expect(workOf(bits)).toBe(0n);
    }
    expect(workOf(0x1d00ffff)).toBe(0x100010001n);
    expect(meetsTarget(new Uint8Array(32), 0x207fffff, 0x1d00ffff)).toBe(false);
    expect(meetsTarget(new Uint8Array(32).fill(255), 0x207fffff, 0x207fffff)).toBe(false);
  });
});

describe('a chain', () => {
  it('grows: coins, coinbases ripe after 100 blocks', () => {
    const { chain, mine, spend, make } = scene();
    mine(100);
    expect(chain.tip.height).toBe(100);
    expect(chain.coins.size).toBe(100);
    expect(chain.submit(make([spend(2)]))).toBe('bad-txns-premature-spend-of-coinbase');
    const tx = spend(1, 1000n);
    expect(chain.submit(make([tx], 1000n))).toBeUndefined();
    expect(chain.coins.size).toBe(101);
    expect(chain.coins.get(coinKey({ txid: txidOf(tx), vout: 0 }))).toMatchObject({
      height: 101,
      coinbase: false,
    });
    expect(chain.submit(make([spend(1)]))).toBe('bad-txns-inputs-missingorspent');
  });

  it('takes blocks as bytes, once', () => {
    const { chain, make } = scene();
    const block = make();
    expect(chain.submitBytes(encodeBlock(block))).toBeUndefined();
    expect(chain.submit(block)).toBe('duplicate');
    expect(codeOf(() => chain.submitBytes(hexToBytes('0x00')))).toBe('WIRE_TRUNCATED');
  });

  it('spends inside a block what the block has made', () => {
    const { chain, mine, spend, make } = scene();
    mine(101);
    const first = spend(1);
    const second = { ...first, inputs: [plainInput({ txid: txidOf(first), vout: 0 })] };
    const before = hashCoins(chain.coins);
    expect(chain.submit(make([second, first]))).toBe('bad-txns-inputs-missingorspent');
    expect(hashCoins(chain.coins)).toEqual(before);
    expect(chain.submit(make([first, second]))).toBeUndefined();
    expect(chain.coins.size).toBe(102);
    chain.invalidate(chain.tip.hash);
    expect(hashCoins(chain.coins)).toEqual(before);
  });

  it('refuses what is wrong, with the reasons nodes give', () => {
    const { chain, clock, mine, make, spend } = scene();
    mine(101);
    const good = make();
    const time = good.header.time;
    const coinbase = withoutCommitment(good.transactions[0]!);
    const paying = (value: bigint): Transaction => ({
      ...coinbase,
      outputs: [{ value, scriptPubKey: TRUE }],
    });
    const scripted = (text: string): Transaction => ({
      ...coinbase,
      inputs: [{ ...coinbase.inputs[0]!, scriptSig: assembleScript(text) }],
    });
    const cases: readonly (readonly [Block, string])[] = [
      [remade(good, { previousHash: new Uint8Array(32) }), 'prev-blk-not-found'],
      [remade(good, { merkleRoot: new Uint8Array(32) }), 'bad-txnmrklroot'],
      [remade(good, { time: chain.tip.medianTime }), 'time-too-old'],
      [remade(good, { time: Math.floor(clock.now() / 1000) + 7201 }), 'time-too-new'],
      [remade(good, { version: 3 }), 'bad-version(0x00000003)'],
      [remade(good, { bits: 0x207ffffe }), 'bad-diffbits'],
      [remade(good, {}, []), 'bad-blk-length'],
      [remade(good, {}, [spend(1)]), 'bad-cb-missing'],
      [remade(good, {}, [coinbase, coinbase]), 'bad-txns-duplicate'],
      [remade(good, {}, [coinbase, scripted('102 1')]), 'bad-cb-multiple'],
      [remade(good, {}, [scripted('101 1')]), 'bad-cb-height'],
      [remade(good, {}, [paying(5_000_000_001n)]), 'bad-cb-amount'],
      [remade(good, {}, [paying(-1n)]), 'bad-txns-vout-negative'],
      [remade(good, {}, [coinbase, spend(1, -1n)]), 'bad-txns-in-belowout'],
      [
        remade(good, {}, [
          coinbase,
          spend(1, 0n, { locktime: 102, inputs: [{ ...spend(1).inputs[0]!, sequence: 0 }] }),
        ]),
        'bad-txns-nonfinal',
      ],
      [
        remade(good, {}, [
          coinbase,
          { ...spend(1), inputs: [{ ...spend(1).inputs[0]!, scriptSig: assembleScript('RETURN') }] },
        ]),
        'block-script-verify-flag-failed (OP_RETURN was encountered)',
      ],
      [
        remade(good, {}, [coinbase, { ...spend(1), inputs: [{ ...spend(1).inputs[0]!, witness: [TRUE] }] }]),
        'unexpected-witness',
      ],
    ];
    const coins = hashCoins(chain.coins);
    const { hash } = chain.tip;
    for (const [block, reason] of cases) expect(chain.submit(block), reason).toBe(reason);
    expect(time).toBeGreaterThan(0);
    expect(chain.tip.hash).toBe(hash);
    expect(hashCoins(chain.coins)).toEqual(coins);
    let nonce = 0;
    while (meetsTarget(blockHashOf({ ...good.header, nonce }), 0x207fffff, 0x207fffff)) nonce++;
    expect(chain.submit({ ...good, header: { ...good.header, nonce } })).toBe('high-hash');
    expect(chain.testNext(good)).toBeUndefined();
    expect(chain.testNext(remade(good, {}, [paying(5_000_000_001n)]))).toBe('bad-cb-amount');
    expect(chain.submit(good)).toBeUndefined();
  });

  it('relative locks wait for blocks, and for time', () => {
    const { chain, mine, make, spend } = scene();
    mine(110);
    const locked = (height: number, sequence: number): Transaction => ({
      ...spend(height),
      inputs: [{ ...spend(height).inputs[0]!, sequence }],
    });
    expect(chain.submit(make([locked(5, 107)]))).toBe('bad-txns-nonfinal');
    expect(chain.submit(make([locked(5, 106)]))).toBeUndefined();
    expect(chain.submit(make([{ ...locked(6, 200), version: 1 }]))).toBeUndefined();
    // A hundred blocks, a minute each: 6,000 seconds are less than 12 times 512.
    expect(chain.submit(make([locked(7, 0x00400000 | 13)]))).toBe('bad-txns-nonfinal');
    expect(chain.submit(make([locked(7, 0x00400000 | 12)]))).toBeUndefined();
  });

  it('goes over to the branch with more work, and back', () => {
    const { chain, mine, make } = scene();
    mine(3);
    const common = chain.tip;
    const commonCoins = hashCoins(chain.coins);
    mine(2);
    const first = chain.tip;
    const firstCoins = hashCoins(chain.coins);

    chain.invalidate(chain.at(4)!.hash);
    expect(chain.tip).toBe(common);
    expect(hashCoins(chain.coins)).toEqual(commonCoins);
    mine(3);
    const second = chain.tip;
    chain.reconsider(first.hash);
    expect(chain.tip).toBe(second);
    expect(chain.tips().map(({ height }) => height)).toEqual([6, 5]);
    expect(chain.isActive(first)).toBe(false);

    // Without its last block the branch has as much work as the first, which was there before.
    chain.invalidate(second.hash);
    expect(chain.invalidReason(second)).toBe('invalidated');
    expect(chain.tip).toBe(first);
    expect(hashCoins(chain.coins)).toEqual(firstCoins);
    chain.reconsider(second.hash);
    expect(chain.tip).toBe(second);
    expect(chain.submit(first.block)).toBe('duplicate');
    expect(chain.submit(make())).toBeUndefined();
  });

  it('a branch that turns out invalid leaves the chain as it was', () => {
    const { chain, mine, make } = scene();
    mine(2);
    const block = make();
    const coinbase = withoutCommitment(block.transactions[0]!);
    const greedy = { ...coinbase, outputs: [{ value: 6_000_000_000n, scriptPubKey: TRUE }] };
    const bad = remade(block, {}, [greedy]);
    mine(1);
    const before = [chain.tip.hash, bytesToHex(hashCoins(chain.coins))];
    // Beside the tip, its coins are not looked at yet.
    expect(chain.submit(bad)).toBe('inconclusive');
    const child = remade(make(), { previousHash: blockHashOf(bad.header) });
    expect(chain.submit(child)).toBe('bad-cb-amount');
    expect([chain.tip.hash, bytesToHex(hashCoins(chain.coins))]).toEqual(before);
    expect(chain.submit(bad)).toBe('duplicate-invalid');
    const after = remade(make(), { previousHash: blockHashOf(child.header) });
    expect(chain.submit(after)).toBe('bad-prevblk');
    mine(1);
  });

  it('knows its blocks', () => {
    const { chain, mine } = scene();
    mine(1);
    expect(chain.entry(chain.tip.hash)).toBe(chain.tip);
    expect(chain.entry('00')).toBeUndefined();
    expect(chain.at(2)).toBeUndefined();
    expect(codeOf(() => chain.invalidate('00'))).toBe('CHAIN_UNKNOWN_BLOCK');
    expect(codeOf(() => chain.reconsider('00'))).toBe('CHAIN_UNKNOWN_BLOCK');
    expect(codeOf(() => chain.invalidate(chain.at(0)!.hash))).toBe('CHAIN_INVALID_BLOCK');
  });
});
