import { bytesToHex, isNinefoldError, manualClock } from '@ninefold/base';
import { createMemoryStore } from '@ninefold/state';
import { describe, expect, it } from 'vitest';
import { createEthereumChain } from '../src/chain.ts';
import { LEFT_OUT, methodMatrix } from '../src/api/matrix.ts';
import { ERROR_TABLE } from '../src/api/errors.ts';
import type { EthereumChainOptions } from '../src/options.ts';
import { resolveOptions } from '../src/options.ts';
import { ALICE, BOB, CAROL, createTestNode, faceOf, hex, NOBODY, START, word } from './support/rpc.ts';

function codeOf(options: object): string {
  try {
    resolveOptions(options as EthereumChainOptions);
  } catch (error) {
    if (isNinefoldError(error)) return error.code;
    throw error;
  }
  return 'none';
}

describe('options', () => {
  it('have defaults for everything', () => {
    expect(resolveOptions({})).toMatchObject({
      chainId: 31337n,
      fork: 'bpo2',
      accounts: 10,
      balance: 10_000n * 10n ** 18n,
      gasLimit: 60_000_000n,
      mining: { kind: 'auto' },
      callGasCap: 50_000_000n,
      callTimeoutMs: 5_000,
      dialect: 'anvil',
      revertsThrow: false,
      stateHistory: 4_096,
    });
  });

  it('that nobody knows are errors with a suggestion', () => {
    expect(codeOf({ chainID: 1 })).toBe('ETH_UNKNOWN_OPTION');
    try {
      resolveOptions({ gasLimits: 1n } as EthereumChainOptions);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ context: { name: 'gasLimits', suggestion: 'gasLimit' } });
    }
  });

  it.each([
    { accounts: -1 },
    { accounts: 1.5 },
    { accounts: 100_000 },
    { fork: 'brooklyn' },
    { coinbase: '0x1' },
    { chainId: 0 },
    { chainId: 1.5 },
    { balance: -1n },
    { balance: 2n ** 256n },
    { gasLimit: 5 },
    { mining: 0 },
    { mining: 'always' },
    { stateHistory: 0 },
    { stateHistory: 1.5 },
    { stateHistory: Infinity },
  ])('are checked: %o', (options) => {
    expect(codeOf(options)).toBe('ETH_INVALID_OPTION');
  });

  it('shape the chain', async () => {
    const clock = manualClock(START);
    const chain = await createEthereumChain({
      clock,
      chainId: 5,
      accounts: 2,
      balance: 7n,
      gasLimit: 1_000_000n,
      coinbase: BOB,
      timestamp: 1_000n,
      initialBaseFee: 800n,
      mining: 'manual',
      order: 'fifo',
    });
    const { rpc } = faceOf(chain);
    expect(chain.accounts.map(({ address }) => address)).toEqual([ALICE, BOB]);
    expect(await rpc('eth_getBalance', ALICE)).toBe('0x7');
    clock.advance(5_000);
    chain.mine();
    expect(await rpc('eth_getBlockByNumber', 'latest')).toMatchObject({
      miner: BOB,
      gasLimit: hex(1_000_000),
      timestamp: hex(1_005),
      baseFeePerGas: hex(700),
    });
  });
});

describe('the verbs', () => {
  it('do what the cheats do', async () => {
    const { chain, rpc } = await createTestNode();
    chain.setBalance(NOBODY, 5n);
    chain.setNonce(NOBODY, 3n);
    chain.setCode(NOBODY, Uint8Array.of(0x60, 0x01));
    chain.setStorageAt(NOBODY, `0x${word(1)}`, `0x${word(2)}`);
    expect(await rpc('eth_getAccountInfo', NOBODY)).toEqual({ balance: '0x5', nonce: '0x3', code: '0x6001' });
    expect(await rpc('eth_getStorageAt', NOBODY, '0x1')).toBe(`0x${word(2)}`);
    const id = chain.snapshot();
    expect(chain.mine(3)).toHaveLength(3);
    chain.impersonate(NOBODY);
    expect(await rpc('eth_accounts')).toContain(NOBODY);
    chain.stopImpersonating(NOBODY);
    expect(chain.revert(id)).toBe(true);
    expect(await rpc('eth_blockNumber')).toBe('0x0');
    chain.setTime(BigInt(START / 1000) + 500n);
    chain.mine();
    expect((await rpc('eth_getBlockByNumber', 'latest')).timestamp).toBe(hex(START / 1000 + 500));
  });

  it('fork into children that go their own ways', async () => {
    const parent = await createTestNode({ mining: 'manual' });
    const waiting = await parent.rpc('eth_sendTransaction', { from: ALICE, to: BOB, gas: '0x5208' });
    await parent.rpc('anvil_impersonateAccount', NOBODY);
    const child = faceOf(parent.chain.fork());
    expect((await child.rpc('txpool_status')).pending).toBe('0x1');
    expect(await child.rpc('eth_accounts')).toContain(NOBODY);
    await child.rpc('evm_mine');
    await child.rpc('anvil_setBalance', CAROL, '0x1');
    expect((await child.rpc('eth_getTransactionReceipt', waiting)).status).toBe('0x1');
    expect(await parent.rpc('eth_blockNumber')).toBe('0x0');
    expect(await parent.rpc('eth_getBalance', CAROL)).not.toBe('0x1');
    await parent.rpc('anvil_mine', 2);
    expect(await child.rpc('eth_blockNumber')).toBe('0x1');
    expect(await child.rpc('ninefold_instanceId')).not.toBe(await parent.rpc('ninefold_instanceId'));
    expect((await child.rpc('anvil_metadata')).chainId).toBe(31337);
    await child.rpc('anvil_reset');
    expect((await child.rpc('txpool_status')).pending).toBe('0x1');
  });

  it('close once and for all', async () => {
    const { chain } = await createTestNode();
    await chain.close();
    await chain.close();
  });
});

describe('old states', () => {
  it('are missing trie nodes, as of a node that is no archive', async () => {
    const { rpc, fault } = await createTestNode({ stateHistory: 3 });
    await rpc('anvil_mine', hex(5n));
    expect(await rpc('eth_getBalance', ALICE, hex(3n))).toBe(hex(10_000n * 10n ** 18n));
    const { stateRoot } = await rpc('eth_getBlockByNumber', hex(2n), false);
    for (const [method, ...params] of [
      ['eth_getBalance', ALICE, hex(2n)],
      ['eth_call', { to: ALICE }, hex(2n)],
      ['eth_getProof', ALICE, [], hex(2n)],
      ['anvil_rollback', 4],
    ] as const) {
      const { code, message } = await fault(method, ...params);
      expect(code, method).toBe(-32000);
      expect(message, method).toContain('missing trie node ');
      if (method !== 'anvil_rollback') expect(message, method).toContain(stateRoot);
    }
    expect(await rpc('eth_blockNumber')).toBe(hex(5n));
  });

  it('come back with the snapshot that saw them', async () => {
    const { rpc, fault } = await createTestNode({ stateHistory: 3 });
    const id = await rpc('evm_snapshot');
    await rpc('anvil_mine', hex(5n));
    expect((await fault('eth_getBalance', ALICE, 'earliest')).code).toBe(-32000);
    expect(await rpc('evm_revert', id)).toBe(true);
    expect(await rpc('eth_getBalance', ALICE, 'earliest')).toBe(hex(10_000n * 10n ** 18n));
  });
});

describe('a durable chain', () => {
  it('is there again when its store is opened', async () => {
    const store = createMemoryStore();
    const open = (): ReturnType<typeof createTestNode> =>
      createTestNode({ store: { ...store, close: async () => {} }, timestamp: 1_000n });
    const first = await open();
    const hash = await first.rpc('eth_sendTransaction', { from: ALICE, to: BOB, value: '0x5' });
    await first.rpc('anvil_setBalance', NOBODY, '0x9');
    await first.rpc('anvil_impersonateAccount', CAROL);
    const fromCarol = await first.rpc('eth_sendTransaction', { from: CAROL, to: NOBODY, value: '0x1' });
    const head = await first.rpc('eth_getBlockByNumber', 'latest', true);
    await first.chain.close();

    const second = await open();
    expect(await second.rpc('eth_getBlockByNumber', 'latest', true)).toEqual(head);
    expect((await second.rpc('eth_getTransactionReceipt', hash)).status).toBe('0x1');
    expect((await second.rpc('eth_getTransactionReceipt', fromCarol)).from).toBe(CAROL);
    expect(await second.rpc('eth_getBalance', NOBODY)).toBe('0xa');
    await second.rpc('eth_sendTransaction', { from: ALICE, to: BOB });
    expect(await second.rpc('eth_blockNumber')).toBe('0x3');
  });

  it('answers what changes it only when the change is kept', async () => {
    const inner = createMemoryStore();
    let release: () => void = () => {};
    let held = false;
    const store: typeof inner = {
      ...inner,
      commit: async (operations, options) => {
        if (held) await new Promise<void>((resolve) => (release = resolve));
        await inner.commit(operations, options);
      },
    };
    const { rpc } = await createTestNode({ store, timestamp: 1_000n });
    held = true;
    let answered = false;
    const answer = rpc('eth_sendTransaction', { from: ALICE, to: BOB }).then((hash) => {
      answered = true;
      return hash as string;
    });
    for (let i = 0; i < 20; i++) await Promise.resolve();
    expect(await rpc('eth_blockNumber')).toBe('0x1');
    expect(answered).toBe(false);
    held = false;
    release();
    expect(await answer).toMatch(/^0x/);
  });
});

describe('the method matrix', () => {
  it('names every method once, sorted', async () => {
    const { chain } = await createTestNode();
    const names = methodMatrix(chain.methods).map(({ name }) => name);
    expect(names).toEqual([...new Set(names)].sort());
    expect(names.length).toBe(Object.keys(chain.methods).length + Object.keys(LEFT_OUT).length);
  });

  it('leaves nothing out that is there', async () => {
    const { chain } = await createTestNode();
    for (const name of Object.keys(LEFT_OUT)) expect(chain.methods).not.toHaveProperty(name);
  });

  it('marks what changes state', async () => {
    const { chain } = await createTestNode();
    const entries = new Map(methodMatrix(chain.methods).map((entry) => [entry.name, entry]));
    for (const name of ['eth_sendRawTransaction', 'evm_mine', 'anvil_setBalance'])
      expect(entries.get(name)?.mutating).toBe(true);
    for (const name of ['eth_call', 'eth_getBalance', 'debug_traceTransaction'])
      expect(entries.get(name)?.mutating).toBe(false);
  });

  it('answers any parameters of any method without an internal error', async () => {
    const { chain } = await createTestNode();
    const junk = [
      [],
      [null],
      [5],
      ['0x'],
      ['latest'],
      [{}],
      [[]],
      [ALICE, 5],
      [`0x${word(1)}`, 'x'],
      [true, true, true],
      [{ from: 5 }],
    ];
    for (const method of Object.keys(chain.methods)) {
      const before = chain.snapshot();
      for (const params of junk) {
        const text = await chain.dispatcher.handleText(
          JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
          {},
        );
        const { error } = JSON.parse(text as string);
        expect(
          error?.code === -32603 && error.message === 'Internal error',
          `${method} ${JSON.stringify(params)}`,
        ).toBe(false);
      }
      chain.revert(before);
    }
  });

  it('has an answer for every error of the pool', () => {
    for (const answer of Object.values(ERROR_TABLE)) {
      const body = answer({ message: 'm', code: 'c', context: { actual: 1n, expected: 2n } } as never);
      expect(body.code).toBeLessThan(0);
      expect(body.message.length).toBeGreaterThan(0);
    }
    expect(bytesToHex(Uint8Array.of(1))).toBe('0x01');
  });
});
