import { hexToBytes } from '@ninefold/base';
import { describe, expect, it } from 'vitest';
import { ALICE, BOB, CAROL, createTestNode, hex, NOBODY, START, word } from '../support/rpc.ts';

const NOW = BigInt(START / 1000);

const DIALECTS = [
  { prefix: 'anvil', done: null },
  { prefix: 'hardhat', done: true },
] as const;

// balances[holder] in slot keccak(holder, 3); balanceOf(address) and nothing else:
// CALLDATALOAD(4) PUSH0 MSTORE PUSH1 3 PUSH1 32 MSTORE PUSH1 64 PUSH0 KECCAK256 SLOAD PUSH0 MSTORE PUSH1 32 PUSH0 RETURN
const TOKEN = '6004355f52600360205260405f20545f5260205ff3';

describe.each(DIALECTS)('$prefix setters', ({ prefix, done }) => {
  it('change accounts and answer in their dialect', async () => {
    const { rpc } = await createTestNode();
    const set = (name: string, ...params: unknown[]): Promise<unknown> => rpc(`${prefix}_${name}`, ...params);
    expect(await set('setBalance', NOBODY, '0x10')).toBe(done);
    expect(await rpc('eth_getBalance', NOBODY)).toBe('0x10');
    expect(await set('addBalance', NOBODY, 5)).toBe(done);
    expect(await rpc('eth_getBalance', NOBODY)).toBe('0x15');
    expect(await set('setNonce', NOBODY, '0x7')).toBe(done);
    expect(await rpc('eth_getTransactionCount', NOBODY)).toBe('0x7');
    expect(await rpc('eth_getTransactionCount', NOBODY, 'pending')).toBe('0x7');
    expect(await set('setCode', NOBODY, '0x6001')).toBe(done);
    expect(await rpc('eth_getCode', NOBODY)).toBe('0x6001');
    expect(await set('setStorageAt', NOBODY, '0x1', `0x${word(9)}`)).toBe(true);
    expect(await rpc('eth_getStorageAt', NOBODY, '0x1')).toBe(`0x${word(9)}`);
    expect(await set('setStorageAt', NOBODY, '0x1', '0x0')).toBe(true);
    expect(await rpc('eth_getStorageAt', NOBODY, '0x1')).toBe(`0x${word(0)}`);
  });

  it('change what the next block is made of', async () => {
    const { rpc } = await createTestNode();
    const set = (name: string, ...params: unknown[]): Promise<unknown> => rpc(`${prefix}_${name}`, ...params);
    expect(await set('setCoinbase', BOB)).toBe(done);
    expect(await set('setNextBlockBaseFeePerGas', '0x320')).toBe(done);
    expect(await set('setPrevRandao', `0x${word(77)}`)).toBe(done);
    expect(await rpc('eth_coinbase')).toBe(BOB);
    await rpc('evm_mine');
    const block = await rpc('eth_getBlockByNumber', 'latest');
    expect(block).toMatchObject({ miner: BOB, baseFeePerGas: '0x320', mixHash: `0x${word(77)}` });
    await rpc('evm_mine');
    const after = await rpc('eth_getBlockByNumber', 'latest');
    expect(after.miner).toBe(BOB);
    expect(after.mixHash).not.toBe(`0x${word(77)}`);
    expect(BigInt(after.mixHash)).toBeGreaterThan(0n);
    expect(after.baseFeePerGas).toBe('0x2bc');
  });

  it('let anybody send', async () => {
    const { rpc, fault } = await createTestNode();
    const set = (name: string, ...params: unknown[]): Promise<unknown> => rpc(`${prefix}_${name}`, ...params);
    await set('setBalance', NOBODY, hex(10n ** 18n));
    expect((await fault('eth_sendTransaction', { from: NOBODY, to: BOB })).message).toBe('unknown account');
    expect(await set('impersonateAccount', NOBODY)).toBe(done);
    const hash = await rpc('eth_sendTransaction', { from: NOBODY, to: BOB, value: '0x1' });
    expect((await rpc('eth_getTransactionReceipt', hash)).from).toBe(NOBODY);
    expect((await rpc('eth_getBlockByNumber', 'latest', true)).transactions[0].from).toBe(NOBODY);
    expect(await rpc('eth_accounts')).toContain(NOBODY);
    expect(await set('stopImpersonatingAccount', NOBODY)).toBe(prefix === 'hardhat' ? true : null);
    await fault('eth_sendTransaction', { from: NOBODY, to: BOB });
    expect(await set('autoImpersonateAccount', true)).toBe(done);
    await rpc('eth_sendTransaction', { from: NOBODY, to: BOB });
    expect(await set('autoImpersonateAccount', false)).toBe(done);
    await fault('eth_sendTransaction', { from: NOBODY, to: BOB });
  });

  it('let nobody send by the mark of an impersonated transaction alone', async () => {
    const { rpc, fault } = await createTestNode();
    await rpc(`${prefix}_setBalance`, NOBODY, hex(10n ** 18n));
    await rpc(`${prefix}_impersonateAccount`, NOBODY);
    const raw = await rpc('eth_signTransaction', { from: NOBODY, to: BOB, nonce: '0x0' });
    await rpc(`${prefix}_stopImpersonatingAccount`, NOBODY);
    expect((await fault('eth_sendRawTransaction', raw)).message).toBe('invalid sender');
  });

  it('let contracts send, too', async () => {
    const { rpc } = await createTestNode();
    await rpc(`${prefix}_setCode`, NOBODY, '0x00');
    await rpc(`${prefix}_setBalance`, NOBODY, hex(10n ** 18n));
    await rpc(`${prefix}_impersonateAccount`, NOBODY);
    const hash = await rpc('eth_sendTransaction', { from: NOBODY, to: BOB, value: '0x1' });
    expect((await rpc('eth_getTransactionReceipt', hash)).status).toBe('0x1');
  });

  it('mine', async () => {
    const { rpc, fault } = await createTestNode();
    expect(await rpc(`${prefix}_mine`)).toBe(done);
    expect(await rpc(`${prefix}_mine`, '0x3', '0x64')).toBe(done);
    expect(await rpc('eth_blockNumber')).toBe('0x4');
    const times = await Promise.all(
      ['0x2', '0x3', '0x4'].map(async (number) =>
        BigInt((await rpc('eth_getBlockByNumber', number)).timestamp),
      ),
    );
    expect((times[1] as bigint) - (times[0] as bigint)).toBe(100n);
    expect((times[2] as bigint) - (times[1] as bigint)).toBe(100n);
    expect((await fault(`${prefix}_mine`, 1_000_000)).code).toBe(-32602);
  });

  it('drop waiting transactions', async () => {
    const { rpc } = await createTestNode({ mining: 'manual' });
    const send = (from: string): Promise<string> =>
      rpc('eth_sendTransaction', { from, to: CAROL, gas: '0x5208' });
    const hash = await send(ALICE);
    const gone = `0x${word(1)}`;
    expect(await rpc(`${prefix}_dropTransaction`, hash)).toBe(prefix === 'hardhat' ? true : hash);
    expect(await rpc(`${prefix}_dropTransaction`, gone)).toBe(prefix === 'hardhat' ? false : null);
    await send(ALICE);
    await send(BOB);
    expect(await rpc(`${prefix}_removePoolTransactions`, ALICE)).toBe(done);
    expect((await rpc('txpool_status')).pending).toBe('0x1');
    expect(await rpc(`${prefix}_dropAllTransactions`)).toBe(done);
    expect((await rpc('txpool_status')).pending).toBe('0x0');
  });

  it('forget everything on reset', async () => {
    const { rpc, fault } = await createTestNode();
    const genesis = await rpc('eth_getBlockByNumber', 'latest');
    const { instanceId } = await rpc(`${prefix}_metadata`);
    await rpc('eth_sendTransaction', { from: ALICE, to: BOB, value: '0x1' });
    const snapshot = await rpc('evm_snapshot');
    await rpc(`${prefix}_setCoinbase`, BOB);
    expect(await rpc(`${prefix}_reset`)).toBe(done);
    expect(await rpc('eth_getBlockByNumber', 'latest')).toEqual(genesis);
    expect(await rpc('eth_getTransactionCount', ALICE)).toBe('0x0');
    expect(await rpc('evm_revert', snapshot)).toBe(false);
    expect((await rpc(`${prefix}_metadata`)).instanceId).not.toBe(instanceId);
    expect((await fault(`${prefix}_reset`, { forking: { jsonRpcUrl: 'http://localhost' } })).code).toBe(
      -32000,
    );
  });

  it('give tokens', async () => {
    const { rpc, fault } = await createTestNode();
    await rpc('anvil_setCode', NOBODY, `0x${TOKEN}`);
    expect(await rpc(`${prefix}_dealERC20`, BOB, NOBODY, '0x2a')).toBe(done);
    const balance = await rpc('eth_call', { to: NOBODY, data: `0x70a08231${word(BOB)}` });
    expect(balance).toBe(`0x${word(42)}`);
    expect((await fault(`${prefix}_dealERC20`, BOB, CAROL, '0x1')).code).toBe(-32000);
    expect(await rpc(`${prefix}_setERC20Allowance`, BOB, ALICE, NOBODY, '0x7')).toBe(done);
  });

  it('set prices and logging', async () => {
    const { rpc, fault } = await createTestNode();
    expect(await rpc(`${prefix}_setLoggingEnabled`, false)).toBe(done);
    expect(await rpc(`${prefix}_setMinGasPrice`, hex(5n * 10n ** 9n))).toBe(done);
    expect(await rpc('eth_maxPriorityFeePerGas')).toBe(hex(5n * 10n ** 9n));
    const cheap = { from: ALICE, to: BOB, maxFeePerGas: hex(10n ** 10n), maxPriorityFeePerGas: '0x1' };
    expect((await fault('eth_sendTransaction', cheap)).message).toContain('transaction underpriced');
  });

  it('tell about the node', async () => {
    const { rpc } = await createTestNode();
    expect(await rpc(`${prefix}_getAutomine`)).toBe(true);
    expect(await rpc(`${prefix}_metadata`)).toMatchObject({ chainId: 31337, latestBlockNumber: 0 });
  });
});

describe('time', () => {
  it('passes with the clock and never stands still', async () => {
    const { rpc, clock } = await createTestNode();
    const stamp = async (): Promise<bigint> => {
      await rpc('evm_mine');
      return BigInt((await rpc('eth_getBlockByNumber', 'latest')).timestamp);
    };
    expect(await stamp()).toBe(NOW + 1n);
    expect(await stamp()).toBe(NOW + 2n);
    clock.advance(60_000);
    expect(await stamp()).toBe(NOW + 60n);
  });

  it('is moved forward', async () => {
    for (const dialect of ['anvil', 'hardhat'] as const) {
      const { rpc } = await createTestNode({ dialect });
      expect(await rpc('evm_increaseTime', 100)).toBe(dialect === 'anvil' ? 100 : '100');
      expect(await rpc('evm_increaseTime', '0x32')).toBe(dialect === 'anvil' ? 150 : '150');
      expect(await rpc('evm_mine')).toBe(dialect === 'anvil' ? '0x0' : '0');
      expect((await rpc('eth_getBlockByNumber', 'latest')).timestamp).toBe(hex(NOW + 150n));
    }
  });

  it('is set for the next block, from where it goes on', async () => {
    const { rpc, fault, clock } = await createTestNode();
    expect(await rpc('evm_setNextBlockTimestamp', hex(NOW + 1000n))).toBeNull();
    await rpc('evm_mine');
    clock.advance(5000);
    await rpc('evm_mine');
    expect((await rpc('eth_getBlockByNumber', '0x1')).timestamp).toBe(hex(NOW + 1000n));
    expect((await rpc('eth_getBlockByNumber', '0x2')).timestamp).toBe(hex(NOW + 1005n));
    expect((await fault('evm_setNextBlockTimestamp', hex(NOW))).code).toBe(-32602);
    expect((await fault('evm_mine', hex(NOW))).code).toBe(-32602);
    await rpc('evm_mine', { timestamp: hex(NOW + 2000n), blocks: 2 });
    expect((await rpc('eth_getBlockByNumber', '0x3')).timestamp).toBe(hex(NOW + 2000n));
    expect(await rpc('eth_blockNumber')).toBe('0x4');
  });

  it('is set as a whole, in seconds or milliseconds', async () => {
    const { rpc } = await createTestNode();
    expect(await rpc('evm_setTime', Number(NOW + 500n))).toBe(500);
    expect(await rpc('anvil_setTime', Number(NOW + 700n) * 1000)).toBe(700);
  });

  it('goes in steps when that is asked for', async () => {
    const { rpc } = await createTestNode();
    expect(await rpc('anvil_setBlockTimestampInterval', 12)).toBeNull();
    await rpc('anvil_mine', 2);
    expect((await rpc('eth_getBlockByNumber', 'latest')).timestamp).toBe(hex(NOW + 24n));
    expect(await rpc('anvil_removeBlockTimestampInterval')).toBe(true);
    expect(await rpc('anvil_removeBlockTimestampInterval')).toBe(false);
  });
});

describe('mining', () => {
  it('by hand takes what waits, best first', async () => {
    const { rpc } = await createTestNode();
    expect(await rpc('evm_setAutomine', false)).toBeNull();
    expect(await rpc('anvil_getAutomine')).toBe(false);
    const send = (from: string, tip: number): Promise<string> =>
      rpc('eth_sendTransaction', {
        from,
        to: CAROL,
        gas: '0x5208',
        maxFeePerGas: hex(10n ** 10n),
        maxPriorityFeePerGas: hex(tip),
      });
    const [low, high] = [await send(ALICE, 1), await send(BOB, 9)];
    await rpc('evm_mine');
    expect((await rpc('eth_getBlockByNumber', 'latest')).transactions).toEqual([high, low]);
    const waiting = await send(ALICE, 1);
    expect(await rpc('evm_setAutomine', true)).toBeNull();
    expect((await rpc('eth_getTransactionReceipt', waiting)).blockNumber).toBe('0x2');
  });

  it('in intervals follows the scheduler', async () => {
    const { rpc, tick, chain } = await createTestNode();
    expect(await rpc('evm_setIntervalMining', 2)).toBeNull();
    expect(await rpc('anvil_getIntervalMining')).toBe(2);
    await rpc('eth_sendTransaction', { from: ALICE, to: BOB });
    expect(await rpc('eth_blockNumber')).toBe('0x0');
    tick(2000);
    expect((await rpc('eth_getBlockByNumber', 'latest')).transactions).toHaveLength(1);
    tick(4000);
    expect(await rpc('eth_blockNumber')).toBe('0x3');
    await rpc('evm_setIntervalMining', 0);
    tick(4000);
    expect(await rpc('eth_blockNumber')).toBe('0x3');
    expect(await rpc('anvil_getIntervalMining')).toBeNull();
    await rpc('evm_setIntervalMining', 1);
    await chain.close();
    tick(4000);
    expect(await rpc('eth_blockNumber')).toBe('0x3');
  });

  it('in intervals needs a scheduler', async () => {
    const { fault } = await createTestNode({ scheduler: undefined });
    expect((await fault('evm_setIntervalMining', 2)).code).toBe(-32000);
  });

  it('keeps to the gas limit that is set', async () => {
    const { rpc, fault } = await createTestNode();
    expect(await rpc('evm_setBlockGasLimit', '0xf4240')).toBe(true);
    expect((await fault('eth_sendTransaction', { from: ALICE, to: BOB, gas: '0xf4241' })).message).toContain(
      'exceeds block gas limit',
    );
    await rpc('evm_mine');
    expect((await rpc('eth_getBlockByNumber', 'latest')).gasLimit).toBe('0xf4240');
  });

  it('spreads what does not fit over several blocks', async () => {
    const { rpc } = await createTestNode({ mining: 'manual', gasLimit: 50_000n });
    for (let nonce = 0; nonce < 5; nonce++) {
      await rpc('eth_sendTransaction', { from: ALICE, to: BOB, gas: '0x5208', nonce: hex(nonce) });
    }
    await rpc('evm_setAutomine', true);
    const counts = await Promise.all(
      ['0x1', '0x2', '0x3'].map((number) => rpc('eth_getBlockTransactionCountByNumber', number)),
    );
    expect(counts).toEqual(['0x2', '0x2', '0x1']);
  });

  it('goes on after a transaction that makes its block invalid', async () => {
    const { rpc, fault } = await createTestNode();
    const deposits = '0x00000000219ab540356cbb839cbe05303d7705fa';
    // A log of the deposit contract that looks like none of its own: PUSH32 topic PUSH0 PUSH0 LOG1
    const topic = '649bbc62d0e31342afea4e5cd82d4049e7e1ee912fc0889aa790803be39038c5';
    await rpc('anvil_setCode', deposits, `0x7f${topic}5f5fa1`);
    const poison = await fault('eth_sendTransaction', { from: ALICE, to: deposits, gas: '0x186a0' });
    expect(poison.code).toBe(-32000);
    expect((await rpc('txpool_status')).pending).toBe('0x0');
    await rpc('eth_sendTransaction', { from: ALICE, to: BOB });
    expect(await rpc('eth_blockNumber')).toBe('0x1');
  });

  it('shows mined blocks when that is asked for', async () => {
    const { rpc } = await createTestNode();
    const [block] = await rpc('evm_mine_detailed');
    expect(block).toMatchObject({ number: '0x1', transactions: [] });
  });
});

describe('snapshots', () => {
  it('bring everything back, once', async () => {
    const { rpc } = await createTestNode();
    await rpc('anvil_setBalance', NOBODY, '0x1');
    const snapshot = await rpc('evm_snapshot');
    const before = await rpc('eth_getBlockByNumber', 'latest');
    await rpc('eth_sendTransaction', { from: ALICE, to: BOB });
    await rpc('anvil_setBalance', NOBODY, '0x2');
    await rpc('anvil_impersonateAccount', NOBODY);
    await rpc('evm_setAutomine', false);
    await rpc('evm_increaseTime', 1000);
    expect(await rpc('evm_revert', snapshot)).toBe(true);
    expect(await rpc('eth_getBlockByNumber', 'latest')).toEqual(before);
    expect(await rpc('eth_getBalance', NOBODY)).toBe('0x1');
    expect(await rpc('eth_accounts')).not.toContain(NOBODY);
    expect(await rpc('anvil_getAutomine')).toBe(true);
    expect(await rpc('evm_revert', snapshot)).toBe(false);
  });

  it('use up those made later', async () => {
    const { rpc } = await createTestNode();
    const [first, second, third] = [
      await rpc('evm_snapshot'),
      await rpc('evm_snapshot'),
      await rpc('anvil_snapshot'),
    ];
    expect(Object.keys((await rpc('anvil_metadata')).snapshots)).toEqual([first, second, third]);
    expect(await rpc('evm_revert', second)).toBe(true);
    expect(await rpc('evm_revert', third)).toBe(false);
    expect(await rpc('anvil_revert', first)).toBe(true);
    expect(await rpc('evm_revert', '0x99')).toBe(false);
  });

  it('keep what waited', async () => {
    const { rpc } = await createTestNode({ mining: 'manual' });
    const hash = await rpc('eth_sendTransaction', { from: ALICE, to: BOB });
    const snapshot = await rpc('evm_snapshot');
    await rpc('evm_mine');
    expect((await rpc('txpool_status')).pending).toBe('0x0');
    await rpc('evm_revert', snapshot);
    expect((await rpc('txpool_status')).pending).toBe('0x1');
    expect((await rpc('eth_getTransactionByHash', hash)).blockHash).toBeNull();
  });
});

describe('going back', () => {
  it('takes the last blocks and their transactions away', async () => {
    const { rpc, fault } = await createTestNode();
    const hash = await rpc('eth_sendTransaction', { from: ALICE, to: BOB });
    await rpc('anvil_mine', 2);
    expect(await rpc('anvil_rollback')).toBeNull();
    expect(await rpc('eth_blockNumber')).toBe('0x2');
    expect(await rpc('anvil_rollback', 2)).toBeNull();
    expect(await rpc('eth_blockNumber')).toBe('0x0');
    expect(await rpc('eth_getTransactionReceipt', hash)).toBeNull();
    expect((await rpc('txpool_status')).pending).toBe('0x0');
    expect((await fault('anvil_rollback', 5)).code).toBe(-32000);
  });

  it('and on another way is a reorganisation', async () => {
    const { rpc, fault } = await createTestNode();
    const hash = await rpc('eth_sendTransaction', { from: ALICE, to: BOB });
    await rpc('anvil_mine', 2);
    const raw = await rpc('eth_signTransaction', { from: BOB, to: CAROL, nonce: '0x0' });
    const pairs = [
      [{ from: ALICE, to: CAROL, value: '0x3', nonce: '0x0' }, 0],
      [raw, 2],
    ];
    expect(await rpc('anvil_reorg', { depth: 3, tx_block_pairs: pairs })).toBeNull();
    expect(await rpc('eth_blockNumber')).toBe('0x3');
    expect(await rpc('eth_getTransactionReceipt', hash)).toBeNull();
    const counts = await Promise.all(
      ['0x1', '0x2', '0x3'].map((number) => rpc('eth_getBlockTransactionCountByNumber', number)),
    );
    expect(counts).toEqual(['0x1', '0x0', '0x1']);
    expect((await fault('anvil_reorg', { depth: 1, tx_block_pairs: [[raw, 1]] })).code).toBe(-32000);
    expect((await fault('anvil_reorg', { depth: 99 })).code).toBe(-32000);
  });
});

describe('dumps', () => {
  it('carry the state to another node', async () => {
    const one = await createTestNode();
    await one.rpc('anvil_setCode', NOBODY, `0x${TOKEN}`);
    await one.rpc('anvil_setStorageAt', NOBODY, '0x1', `0x${word(5)}`);
    await one.rpc('eth_sendTransaction', { from: ALICE, to: BOB, value: '0x1' });
    const dump = await one.rpc('anvil_dumpState');
    expect(dump).toMatch(/^0x1f8b/);
    const other = await createTestNode();
    expect(await other.rpc('anvil_loadState', dump)).toBe(true);
    for (const method of ['eth_getBalance', 'eth_getCode', 'eth_getTransactionCount']) {
      for (const account of [ALICE, BOB, NOBODY]) {
        expect(await other.rpc(method, account)).toBe(await one.rpc(method, account));
      }
    }
    expect(await other.rpc('eth_getStorageAt', NOBODY, '0x1')).toBe(`0x${word(5)}`);
    expect(await other.rpc('eth_getProof', NOBODY, ['0x1'])).toEqual(
      await one.rpc('eth_getProof', NOBODY, ['0x1']),
    );
  });

  it('are refused when they are none', async () => {
    const { fault } = await createTestNode();
    for (const wrong of ['0x', '0x1f8b00', '0x7b7d', `0x${Buffer.from('{"accounts":5}').toString('hex')}`]) {
      expect((await fault('hardhat_loadState', wrong)).code).toBe(-32602);
    }
  });

  it("are anvil's form of accounts", async () => {
    const { rpc, chain } = await createTestNode();
    const account = { nonce: 3, balance: '0x64', code: '0x6001', storage: { '0x1': '0x2' } };
    const json = JSON.stringify({ accounts: { [NOBODY]: account }, block: { timestamp: hex(NOW + 900n) } });
    await chain.load(new TextEncoder().encode(json));
    expect(await rpc('eth_getTransactionCount', NOBODY)).toBe('0x3');
    expect(await rpc('eth_getStorageAt', NOBODY, '0x1')).toBe(`0x${word(2)}`);
    await rpc('evm_mine');
    expect((await rpc('eth_getBlockByNumber', 'latest')).timestamp).toBe(hex(NOW + 900n));
    expect((await chain.dump()).length).toBeGreaterThan(100);
    expect(hexToBytes(await chain.dump()).length).toBeGreaterThan(50);
  });
});

describe('the rest', () => {
  it('chain id', async () => {
    const { rpc } = await createTestNode();
    expect(await rpc('anvil_setChainId', 99)).toBeNull();
    expect(await rpc('eth_chainId')).toBe('0x63');
    const hash = await rpc('eth_sendTransaction', { from: ALICE, to: BOB });
    expect((await rpc('eth_getTransactionByHash', hash)).chainId).toBe('0x63');
  });

  it('what cast and forge probe', async () => {
    const { rpc } = await createTestNode({ fork: 'prague' });
    expect(await rpc('anvil_nodeInfo')).toMatchObject({
      currentBlockNumber: '0x0',
      hardFork: 'Prague',
      transactionOrder: 'fees',
      environment: { chainId: 31337, gasLimit: hex(60_000_000) },
    });
    expect(await rpc('ninefold_instanceId')).toMatch(/^0x[\da-f]{64}$/);
  });
});
