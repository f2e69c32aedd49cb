import { hexToBytes } from '@ninefold/base';
import { verifyProof } from '@ninefold/state';
import { keccak256 } from '@ninefold/crypto';
import { createPublicClient, createWalletClient, custom, parseEther } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';
import { describe, expect, it } from 'vitest';
import { DEFAULT_ACCOUNTS } from '../../src/dev/default-accounts.ts';
import { ALICE, BOB, createTestNode, deployer, hex, NOBODY, word } from '../support/rpc.ts';

const ZERO_HASH = `0x${'00'.repeat(32)}`;

// Returns its calldata's first word from storage slot 0 after storing it, and logs it.
// CALLDATALOAD(0) DUP1 PUSH0 SSTORE PUSH0 MSTORE PUSH1 32 PUSH0 LOG0 STOP
const STORE_AND_LOG = '5f35805f555f5260205fa000';

describe('the client', () => {
  it('tells who and where it is', async () => {
    const { rpc } = await createTestNode({ chainId: 7 });
    expect(await rpc('eth_chainId')).toBe('0x7');
    expect(await rpc('net_version')).toBe('7');
    expect(await rpc('web3_clientVersion')).toMatch(/^ninefold\/v/);
    expect(await rpc('eth_syncing')).toBe(false);
    expect(await rpc('net_listening')).toBe(true);
    expect(await rpc('web3_sha3', '0x68656c6c6f')).toBe(
      '0x1c8aff950685c2ed4bc3174f3472287b56d9517b9c948127319a09a7a36deac8',
    );
  });

  it('has the accounts of the common development nodes', async () => {
    const { rpc } = await createTestNode();
    const accounts = await rpc('eth_accounts');
    expect(accounts).toHaveLength(10);
    expect(accounts[0]).toBe(ALICE);
    expect(await rpc('eth_requestAccounts')).toEqual(accounts);
    expect(await rpc('eth_getBalance', ALICE)).toBe(hex(parseEther('10000')));
  });

  it('answers unknown methods and wrong parameters with their codes', async () => {
    const { fault } = await createTestNode();
    expect((await fault('eth_nothing')).code).toBe(-32601);
    expect((await fault('eth_getBalance', 5)).code).toBe(-32602);
    expect((await fault('eth_getBalance')).message).toBe('missing value for required argument 0');
    expect((await fault('eth_getBalance', ALICE, 'latest', 1)).message).toBe(
      'too many arguments, want at most 2',
    );
    expect((await fault('eth_getBlockByNumber', '2')).message).toBe(
      'invalid argument 0: hex string without 0x prefix',
    );
    expect((await fault('eth_getBalance', ALICE, '0x99')).code).toBe(-32000);
  });

  it('describes its forks and what it can tell', async () => {
    const { rpc } = await createTestNode({ fork: 'prague' });
    const { current, next, last } = await rpc('eth_config');
    expect(current.blobSchedule).toEqual({ target: 6, max: 9, baseFeeUpdateFraction: 5007716 });
    expect(current.precompiles).not.toHaveProperty('P256VERIFY');
    expect([next, last]).toEqual([null, null]);
    expect((await rpc('eth_capabilities')).state).toEqual({ disabled: false, oldestBlock: '0x0' });
  });
});

describe('transactions', () => {
  it('are mined at once and found by everything that leads to them', async () => {
    const { rpc } = await createTestNode();
    const hash = await rpc('eth_sendTransaction', { from: ALICE, to: BOB, value: '0x5' });
    const found = await rpc('eth_getTransactionByHash', hash);
    expect(found).toMatchObject({
      hash,
      blockNumber: '0x1',
      transactionIndex: '0x0',
      from: ALICE,
      to: BOB,
      value: '0x5',
      type: '0x2',
      accessList: [],
      chainId: '0x7a69',
    });
    expect(found.yParity).toBe(found.v);
    expect(await rpc('eth_getTransactionByBlockNumberAndIndex', '0x1', '0x0')).toEqual(found);
    expect(await rpc('eth_getTransactionByBlockHashAndIndex', found.blockHash, '0x0')).toEqual(found);
    expect(await rpc('eth_getTransactionByBlockHashAndIndex', found.blockHash, '0x1')).toBeNull();
    const receipt = await rpc('eth_getTransactionReceipt', hash);
    expect(receipt).toMatchObject({
      status: '0x1',
      gasUsed: '0x5208',
      contractAddress: null,
      logs: [],
      type: '0x2',
    });
    expect(BigInt(receipt.effectiveGasPrice)).toBe(BigInt(found.gasPrice));
    expect(await rpc('eth_getBlockReceipts', '0x1')).toEqual([receipt]);
    expect(await rpc('eth_getTransactionCount', ALICE)).toBe('0x1');
    expect(await rpc('eth_getTransactionByHash', ZERO_HASH)).toBeNull();
    expect(await rpc('eth_getTransactionReceipt', ZERO_HASH)).toBeNull();
  });

  it('of all types can be sent', async () => {
    const { rpc } = await createTestNode();
    const send = async (fields: object): Promise<unknown> => {
      const hash = await rpc('eth_sendTransaction', { from: ALICE, to: BOB, ...fields });
      return (await rpc('eth_getTransactionReceipt', hash)).type;
    };
    expect(await send({ gasPrice: '0x77359400' })).toBe('0x0');
    expect(
      await send({ gasPrice: '0x77359400', accessList: [{ address: BOB, storageKeys: [ZERO_HASH] }] }),
    ).toBe('0x1');
    expect(await send({})).toBe('0x2');
    const authority = privateKeyToAccount(DEFAULT_ACCOUNTS[3]?.[1] as `0x${string}`);
    const signed = await authority.signAuthorization({ chainId: 31337, contractAddress: BOB, nonce: 0 });
    const authorization = {
      chainId: hex(signed.chainId),
      address: signed.address,
      nonce: hex(signed.nonce),
      yParity: hex(signed.yParity ?? 0),
      r: signed.r,
      s: signed.s,
    };
    expect(await send({ authorizationList: [authorization] })).toBe('0x4');
    expect(await rpc('eth_getCode', authority.address)).toBe(`0xef0100${BOB.slice(2)}`);
  });

  it('that fail are answered with their hash, or thrown when that is asked for', async () => {
    const revert = deployer('60015f5260205ffd');
    for (const revertsThrow of [false, true]) {
      const { rpc, fault } = await createTestNode({ revertsThrow });
      const deployment = await rpc('eth_sendTransaction', { from: ALICE, data: revert });
      const { contractAddress: to } = await rpc('eth_getTransactionReceipt', deployment);
      const call = { from: ALICE, to, gas: '0x186a0' };
      if (revertsThrow) {
        const error = await fault('eth_sendTransaction', call);
        expect(error.code).toBe(-32603);
        expect(error.data).toMatchObject({ data: `0x${word(1)}` });
      } else {
        const hash = await rpc('eth_sendTransaction', call);
        expect((await rpc('eth_getTransactionReceipt', hash)).status).toBe('0x0');
      }
    }
  });

  it('are refused in words clients know', async () => {
    const { rpc, fault } = await createTestNode();
    const poor = await fault('eth_sendTransaction', {
      from: ALICE,
      to: BOB,
      value: hex(10n ** 30n),
      gas: '0x5208',
    });
    expect([poor.code, poor.message]).toEqual([
      -32003,
      expect.stringContaining('insufficient funds for gas * price + value'),
    ]);
    await rpc('eth_sendTransaction', { from: ALICE, to: BOB });
    const low = await fault('eth_sendTransaction', { from: ALICE, to: BOB, nonce: '0x0' });
    expect(low.message).toContain('nonce too low');
    const gas = await fault('eth_sendTransaction', { from: ALICE, to: BOB, gas: '0x5207' });
    expect(gas.message).toContain('intrinsic gas too low');
    const fee = await fault('eth_sendTransaction', { from: ALICE, to: BOB, gasPrice: '0x1' });
    expect(fee.message).toContain('max fee per gas less than block base fee');
    const big = await fault('eth_sendTransaction', { from: ALICE, to: BOB, gas: hex(17_000_000n) });
    expect(big.message).toContain('transaction gas limit too high');
    const block = await fault('eth_sendTransaction', { from: ALICE, to: BOB, gas: hex(70_000_000n) });
    expect(block.message).toContain('exceeds block gas limit');
    const tip = await fault('eth_sendTransaction', {
      from: ALICE,
      to: BOB,
      maxFeePerGas: '0x77359400',
      maxPriorityFeePerGas: '0x77359401',
    });
    expect(tip.code).toBe(-32000);
    expect((await fault('eth_sendTransaction', { from: NOBODY, to: BOB })).message).toBe('unknown account');
    expect((await fault('eth_sendTransaction', { from: ALICE, chainId: '0x1' })).message).toContain(
      'chainId',
    );
    expect((await fault('eth_sendRawTransaction', '0x')).code).toBe(-32000);
    expect((await fault('eth_sendRawTransaction', '0x05')).code).toBe(-32000);
  });

  it('signed for another chain are refused', async () => {
    const { fault } = await createTestNode();
    const account = privateKeyToAccount(DEFAULT_ACCOUNTS[0]?.[1] as `0x${string}`);
    const raw = await account.signTransaction({
      type: 'eip1559',
      chainId: 1,
      nonce: 0,
      to: BOB,
      gas: 21000n,
      maxFeePerGas: 10n ** 10n,
    });
    expect((await fault('eth_sendRawTransaction', raw)).message).toContain('invalid chain id for signer');
  });

  it('known already are refused while they wait', async () => {
    const { rpc, fault } = await createTestNode({ mining: 'manual' });
    const account = privateKeyToAccount(DEFAULT_ACCOUNTS[0]?.[1] as `0x${string}`);
    const raw = await account.signTransaction({
      type: 'eip1559',
      chainId: 31337,
      nonce: 0,
      to: BOB,
      gas: 21000n,
      maxFeePerGas: 10n ** 10n,
    });
    const hash = await rpc('eth_sendRawTransaction', raw);
    expect((await fault('eth_sendRawTransaction', raw)).message).toBe('already known');
    const waiting = await rpc('eth_getTransactionByHash', hash);
    expect(waiting).toMatchObject({
      blockHash: null,
      blockNumber: null,
      transactionIndex: null,
      from: ALICE,
    });
    expect(await rpc('eth_getTransactionCount', ALICE, 'pending')).toBe('0x1');
    expect(await rpc('eth_getTransactionCount', ALICE)).toBe('0x0');
    expect((await rpc('eth_getBlockByNumber', 'pending')).transactions).toEqual([hash]);
    expect(await rpc('eth_getBalance', ALICE, 'pending')).not.toBe(await rpc('eth_getBalance', ALICE));
    expect(await rpc('debug_getRawTransaction', hash)).toBe(raw);
  });

  it('sent with Sync are answered with the receipt, now or after the next block', async () => {
    const { rpc, tick } = await createTestNode({ mining: 'manual' });
    const account = privateKeyToAccount(DEFAULT_ACCOUNTS[0]?.[1] as `0x${string}`);
    const sign = (nonce: number): Promise<string> =>
      account.signTransaction({
        type: 'eip1559',
        chainId: 31337,
        nonce,
        to: BOB,
        gas: 21000n,
        maxFeePerGas: 10n ** 10n,
      });
    const answer = rpc('eth_sendRawTransactionSync', await sign(0));
    await rpc('evm_mine');
    expect((await answer).status).toBe('0x1');
    const late = rpc('eth_sendRawTransactionSync', await sign(1), '0x64').catch((error: unknown) => error);
    await Promise.resolve();
    tick(200);
    expect(await late).toMatchObject({ code: 4 });
    await rpc('evm_setAutomine', true);
    expect((await rpc('eth_sendRawTransactionSync', await sign(2))).blockNumber).toBe('0x3');
  });
});

describe('blocks', () => {
  it('are found by number, tag and hash', async () => {
    const { rpc } = await createTestNode();
    await rpc('eth_sendTransaction', { from: ALICE, to: BOB });
    const latest = await rpc('eth_getBlockByNumber', 'latest');
    expect(latest.transactions).toHaveLength(1);
    expect(await rpc('eth_getBlockByHash', latest.hash)).toEqual(latest);
    expect(await rpc('eth_getBlockByNumber', '0x1', true)).toMatchObject({ transactions: [{ from: ALICE }] });
    expect((await rpc('eth_getBlockByNumber', 'earliest')).number).toBe('0x0');
    expect((await rpc('eth_getBlockByNumber', 'safe')).number).toBe('0x0');
    expect(await rpc('eth_getBlockByNumber', '0x2')).toBeNull();
    expect(await rpc('eth_getBlockByHash', ZERO_HASH)).toBeNull();
    expect(await rpc('eth_getBlockTransactionCountByNumber', 'latest')).toBe('0x1');
    expect(await rpc('eth_getBlockTransactionCountByHash', ZERO_HASH)).toBeNull();
    expect(await rpc('eth_getUncleCountByBlockNumber', 'latest')).toBe('0x0');
    expect(await rpc('eth_getUncleCountByBlockHash', latest.hash)).toBe('0x0');
    expect(await rpc('eth_getUncleByBlockNumberAndIndex', 'latest', '0x0')).toBeNull();
    expect(await rpc('eth_getUncleByBlockHashAndIndex', latest.hash, '0x0')).toBeNull();
  });

  it('have the fields of their fork and no others', async () => {
    const fieldsOf = async (
      fork: 'berlin' | 'london' | 'shanghai' | 'cancun' | 'prague',
    ): Promise<readonly string[]> => {
      const { rpc } = await createTestNode({ fork });
      await rpc('evm_mine');
      return Object.keys(await rpc('eth_getBlockByNumber', 'latest'));
    };
    expect(await fieldsOf('berlin')).not.toContain('baseFeePerGas');
    expect(await fieldsOf('london')).toContain('baseFeePerGas');
    expect(await fieldsOf('london')).not.toContain('withdrawals');
    expect(await fieldsOf('shanghai')).toEqual(expect.arrayContaining(['withdrawals', 'withdrawalsRoot']));
    expect(await fieldsOf('cancun')).toEqual(
      expect.arrayContaining(['blobGasUsed', 'parentBeaconBlockRoot']),
    );
    expect(await fieldsOf('cancun')).not.toContain('requestsHash');
    expect(await fieldsOf('prague')).toContain('requestsHash');
  });
});

describe('state', () => {
  it('is read at any block by number, tag and hash', async () => {
    const { rpc } = await createTestNode();
    const hash = await rpc('eth_sendTransaction', { from: ALICE, data: deployer(STORE_AND_LOG) });
    const { contractAddress: to, blockHash } = await rpc('eth_getTransactionReceipt', hash);
    await rpc('eth_sendTransaction', { from: ALICE, to, data: `0x${word(42)}` });
    expect(await rpc('eth_getCode', to)).toBe(`0x${STORE_AND_LOG}`);
    expect(await rpc('eth_getCode', to, '0x0')).toBe('0x');
    expect(await rpc('eth_getStorageAt', to, '0x0')).toBe(`0x${word(42)}`);
    expect(await rpc('eth_getStorageAt', to, '0x0', { blockHash })).toBe(`0x${word(0)}`);
    expect(await rpc('eth_getStorageAt', to, '0x0', blockHash)).toBe(`0x${word(0)}`);
    expect(await rpc('eth_getStorageValues', { [to]: ['0x0', '0x1'] })).toEqual({
      [to]: [`0x${word(42)}`, `0x${word(0)}`],
    });
    expect(await rpc('eth_getAccountInfo', to)).toEqual({
      code: `0x${STORE_AND_LOG}`,
      balance: '0x0',
      nonce: '0x1',
    });
    expect((await rpc('eth_getAccount', to)).nonce).toBe('0x1');
    expect(await rpc('eth_getAccount', NOBODY)).toBeNull();
  });

  it('limits what one request may ask for', async () => {
    const { fault } = await createTestNode();
    const slots = Array.from({ length: 1025 }, (_, i) => hex(i));
    expect((await fault('eth_getStorageValues', { [ALICE]: slots })).code).toBe(-32602);
    expect((await fault('eth_getStorageValues', {})).code).toBe(-32602);
    expect((await fault('eth_getProof', ALICE, slots)).code).toBe(-32602);
  });

  it('is proved', async () => {
    const { rpc } = await createTestNode();
    const hash = await rpc('eth_sendTransaction', { from: ALICE, data: deployer(STORE_AND_LOG) });
    const { contractAddress: to } = await rpc('eth_getTransactionReceipt', hash);
    await rpc('eth_sendTransaction', { from: ALICE, to, data: `0x${word(42)}` });
    const proof = await rpc('eth_getProof', to, ['0x0', `0x${word(1)}`], 'latest');
    const { stateRoot } = await rpc('eth_getBlockByNumber', 'latest');
    const nodes = (list: readonly string[]): Uint8Array[] => list.map(hexToBytes);
    expect(
      verifyProof(hexToBytes(stateRoot), keccak256(hexToBytes(to)), nodes(proof.accountProof)),
    ).toBeDefined();
    expect(proof.storageProof[0]).toMatchObject({ key: '0x0', value: '0x2a' });
    expect(proof.storageProof[1]).toMatchObject({ key: `0x${word(1)}`, value: '0x0' });
    const stored = verifyProof(
      hexToBytes(proof.storageHash),
      keccak256(hexToBytes(`0x${word(0)}`)),
      nodes(proof.storageProof[0].proof),
    );
    expect(stored).toEqual(Uint8Array.of(0x2a));
  });
});

describe('fees', () => {
  it('are those of the next block', async () => {
    const { rpc } = await createTestNode();
    expect(await rpc('eth_maxPriorityFeePerGas')).toBe('0x3b9aca00');
    const baseFee = await rpc('eth_baseFee');
    expect(BigInt(await rpc('eth_gasPrice'))).toBe(BigInt(baseFee) + 10n ** 9n);
    await rpc('evm_mine');
    expect((await rpc('eth_getBlockByNumber', 'latest')).baseFeePerGas).toBe(baseFee);
    expect(await rpc('eth_blobBaseFee')).toBe('0x1');
  });

  it('have no history of blocks to come', async () => {
    const { rpc, fault } = await createTestNode();
    await rpc('anvil_mine', 2);
    const error = await fault('eth_feeHistory', '0x1', '0x3', []);
    expect([error.code, error.message]).toEqual([-32000, 'request beyond head block: requested 3, head 2']);
    expect((await fault('eth_feeHistory', '0x1', 'latest', [50, 10])).message).toContain(
      'invalid reward percentile',
    );
    expect((await fault('eth_feeHistory', '0x1', 'latest', [101])).code).toBe(-32602);
  });

  it('have percentiles weighted by gas, cheapest tip first', async () => {
    const { rpc } = await createTestNode({ mining: 'manual' });
    const gwei = (tip: number): string => hex(BigInt(tip) * 10n ** 9n);
    const send = (from: string, tip: number, more: object): Promise<string> =>
      rpc('eth_sendTransaction', {
        from,
        to: BOB,
        maxPriorityFeePerGas: gwei(tip),
        maxFeePerGas: gwei(50),
        ...more,
      });
    // Burns all it gets: 79,000 gas of 100,000 in the block.
    await rpc('anvil_setCode', NOBODY, '0xfe');
    await send(ALICE, 3, { gas: hex(21_000) });
    await send(BOB, 1, { to: NOBODY, gas: hex(79_000) });
    await rpc('evm_mine');
    const { reward, gasUsedRatio } = await rpc('eth_feeHistory', '0x1', 'latest', [0, 50, 79, 80, 100]);
    expect(reward).toEqual([[1, 1, 1, 3, 3].map(gwei)]);
    expect(gasUsedRatio).toEqual([100_000 / 60_000_000]);
    await rpc('evm_mine');
    const empty = await rpc('eth_feeHistory', '0x2', 'latest', [50]);
    expect(empty.reward).toEqual([[gwei(1)], ['0x0']]);
    // EIP-1559: below the target the base fee falls by up to an eighth.
    const [before, after, next] = empty.baseFeePerGas.map(BigInt);
    expect(after - before).toBe(-((before * (30_000_000n - 100_000n)) / 30_000_000n / 8n));
    expect(next - after).toBe(-(after / 8n));
  });

  it('have a history with one more base fee than blocks', async () => {
    const { rpc, fault } = await createTestNode();
    for (let i = 0; i < 3; i++)
      await rpc('eth_sendTransaction', {
        from: ALICE,
        to: BOB,
        maxPriorityFeePerGas: hex(i + 1),
        maxFeePerGas: hex(10n ** 10n),
      });
    const history = await rpc('eth_feeHistory', '0x2', 'latest', [0, 50, 100]);
    expect(history.oldestBlock).toBe('0x2');
    expect(history.baseFeePerGas).toHaveLength(3);
    expect(history.baseFeePerGas[2]).toBe(await rpc('eth_baseFee'));
    expect(history.gasUsedRatio[0]).toBeCloseTo(21_000 / 60_000_000, 10);
    expect(history.reward).toEqual([
      ['0x2', '0x2', '0x2'],
      ['0x3', '0x3', '0x3'],
    ]);
    expect((await rpc('eth_feeHistory', 100, 'latest', [])).gasUsedRatio).toHaveLength(4);
    expect(await rpc('eth_feeHistory', '0x0', 'latest')).toMatchObject({ gasUsedRatio: [] });
    expect((await fault('eth_feeHistory', '0x1', 'latest', [50, 10])).code).toBe(-32000);
    expect((await fault('eth_feeHistory', '0x1', 'latest', [101])).code).toBe(-32602);
    expect((await fault('eth_feeHistory', '0x1', '0x99', [])).code).toBe(-32000);
  });
});

describe('filling and signing', () => {
  it('fills what is missing', async () => {
    const { rpc } = await createTestNode();
    const { raw, tx } = await rpc('eth_fillTransaction', { from: ALICE, to: BOB, value: '0x1' });
    expect(tx).toMatchObject({ nonce: '0x0', gas: '0x5208', type: '0x2', chainId: '0x7a69', value: '0x1' });
    expect(tx).not.toHaveProperty('blockHash');
    expect(raw).toMatch(/^0x02/);
    const legacy = await rpc('eth_fillTransaction', { from: ALICE, to: BOB, gasPrice: '0x77359400' });
    expect(legacy.tx).toMatchObject({ type: '0x0', gasPrice: '0x77359400' });
  });

  it('gives viem what it needs to write', async () => {
    const { chain } = await createTestNode();
    const transport = custom(chain.provider);
    const wallet = createWalletClient({ account: ALICE, chain: foundry, transport });
    const reader = createPublicClient({ chain: foundry, transport });
    const hash = await wallet.sendTransaction({ to: BOB, value: 7n });
    expect((await reader.waitForTransactionReceipt({ hash })).status).toBe('success');
    const local = createWalletClient({
      account: privateKeyToAccount(DEFAULT_ACCOUNTS[1]?.[1] as `0x${string}`),
      chain: foundry,
      transport,
    });
    await local.sendTransaction({ to: ALICE, value: 1n });
    expect(await reader.getBlockNumber()).toBe(2n);
    const message = await wallet.signMessage({ message: 'hello' });
    expect(await reader.verifyMessage({ address: ALICE, message: 'hello', signature: message })).toBe(true);
    const typed = {
      domain: { name: 'Ninefold', chainId: 31337 },
      types: { Note: [{ name: 'text', type: 'string' }] },
      primaryType: 'Note',
      message: { text: 'hi' },
    } as const;
    const signature = await wallet.signTypedData(typed);
    expect(await reader.verifyTypedData({ address: ALICE, ...typed, signature })).toBe(true);
  });

  it('signs transactions without sending them', async () => {
    const { rpc, fault } = await createTestNode();
    const raw = await rpc('eth_signTransaction', { from: ALICE, to: BOB });
    expect(await rpc('eth_blockNumber')).toBe('0x0');
    await rpc('eth_sendRawTransaction', raw);
    expect(await rpc('eth_blockNumber')).toBe('0x1');
    expect((await fault('eth_signTransaction', { to: BOB })).code).toBe(-32000);
  });

  it('signs for nobody else and no nonsense', async () => {
    const { rpc, fault } = await createTestNode();
    expect((await fault('eth_sign', NOBODY, '0x00')).message).toBe('unknown account');
    expect((await fault('eth_signTypedData_v4', ALICE, '{"broken')).code).toBe(-32602);
    expect(
      (await fault('eth_signTypedData_v4', ALICE, { types: {}, primaryType: 'X', domain: {}, message: {} }))
        .code,
    ).toBe(-32602);
    const data = { types: { A: [] }, primaryType: 'A', domain: {}, message: {} };
    expect(await rpc('eth_signTypedData_v3', ALICE, JSON.stringify(data))).toBe(
      await rpc('eth_signTypedData', ALICE, data),
    );
    expect(await rpc('personal_sign', '0x1234', ALICE)).toBe(await rpc('eth_sign', ALICE, '0x1234'));
  });
});

describe('the pool', () => {
  it('is shown as geth shows it', async () => {
    const { rpc } = await createTestNode({ mining: 'manual' });
    await rpc('eth_sendTransaction', { from: ALICE, to: BOB });
    await rpc('eth_sendTransaction', { from: ALICE, to: BOB, nonce: '0x5', gas: '0x5208' });
    expect(await rpc('txpool_status')).toEqual({ pending: '0x1', queued: '0x1' });
    const { pending, queued } = await rpc('txpool_content');
    const checksum = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266';
    expect(Object.keys(pending)).toEqual([checksum]);
    expect(Object.keys(queued[checksum])).toEqual(['5']);
    expect((await rpc('txpool_contentFrom', ALICE)).pending['0'].from).toBe(ALICE);
    expect(await rpc('txpool_contentFrom', BOB)).toEqual({ pending: {}, queued: {} });
    expect((await rpc('txpool_inspect')).queued[checksum]['5']).toMatch(/wei \+ 21000 gas × \d+ wei$/);
  });
});

describe('raw data', () => {
  it('is what the network would send', async () => {
    const { rpc, fault } = await createTestNode();
    const hash = await rpc('eth_sendTransaction', { from: ALICE, to: BOB });
    const header = await rpc('debug_getRawHeader', 'latest');
    const block = await rpc('eth_getBlockByNumber', 'latest');
    expect(`0x${Buffer.from(keccak256(hexToBytes(header))).toString('hex')}`).toBe(block.hash);
    expect(await rpc('debug_getRawBlock', 'latest')).toContain(header.slice(2));
    expect((await rpc('debug_getRawReceipts', 'latest'))[0]).toMatch(/^0x02/);
    expect(
      `0x${Buffer.from(keccak256(hexToBytes(await rpc('debug_getRawTransaction', hash)))).toString('hex')}`,
    ).toBe(hash);
    expect(await rpc('debug_getRawTransaction', ZERO_HASH)).toBe('0x');
    expect(await rpc('debug_getBadBlocks')).toEqual([]);
    expect((await fault('debug_getRawBlock', '0x99')).code).toBe(-32000);
  });

  it('is built without touching the chain', async () => {
    const { rpc, fault } = await createTestNode();
    const { hash, timestamp } = await rpc('eth_getBlockByNumber', 'latest');
    const attributes = {
      timestamp: hex(BigInt(timestamp) + 5n),
      prevRandao: `0x${word(9)}`,
      suggestedFeeRecipient: BOB,
      withdrawals: [],
      parentBeaconBlockRoot: ZERO_HASH,
    };
    const raw = await rpc('eth_signTransaction', { from: ALICE, to: BOB });
    const built = await rpc('testing_buildBlockV1', hash, attributes, [raw], '0x6e');
    expect(built.executionPayload).toMatchObject({
      blockNumber: '0x1',
      extraData: '0x6e',
      feeRecipient: BOB,
      transactions: [raw],
    });
    expect(BigInt(built.blockValue)).toBe(21_000n * 10n ** 9n);
    expect(await rpc('eth_blockNumber')).toBe('0x0');
    expect((await fault('testing_buildBlockV1', ZERO_HASH, attributes, [])).code).toBe(-32602);
    expect((await fault('testing_buildBlockV1', hash, { ...attributes, timestamp }, [])).code).toBe(-32602);
  });
});
