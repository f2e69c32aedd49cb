import { FORKS, isAtLeast } from '@ninefold/vm-evm';
import { describe, expect, it } from 'vitest';
import { ALICE, BOB, createTestNode, word } from '../support/rpc.ts';

// What a client does first on a chain, on a chain of each fork: the rules differ, the methods do not.

const NAMES = FORKS.map(({ name }) => name).filter((name) => !isAtLeast(name, 'amsterdam'));

// MSTORE(0, 42) RETURN(0, 32), with instructions that all forks have.
const RUNTIME = '602a60005260206000f3';
// PUSH1 10 PUSH1 12 PUSH1 0 CODECOPY PUSH1 10 PUSH1 0 RETURN
const INIT = `0x600a600c600039600a6000f3${RUNTIME}`;

describe.each(NAMES)('on a chain of %s', (fork) => {
  const nodeWithContract = async () => {
    const node = await createTestNode({ fork });
    const hash = await node.rpc('eth_sendTransaction', { from: ALICE, data: INIT });
    const { contractAddress } = await node.rpc('eth_getTransactionReceipt', hash);
    return { ...node, hash, contract: contractAddress as string };
  };

  it('a transfer is signed, mined and read back', async () => {
    const { rpc } = await createTestNode({ fork });
    const before = BigInt(await rpc('eth_getBalance', BOB, 'latest'));
    const hash = await rpc('eth_sendTransaction', { from: ALICE, to: BOB, value: '0x5' });
    const transaction = await rpc('eth_getTransactionByHash', hash);
    expect(transaction).toMatchObject({ from: ALICE, to: BOB, value: '0x5', blockNumber: '0x1' });
    expect(transaction.type).toBe(isAtLeast(fork, 'london') ? '0x2' : '0x0');
    // EIP-155: from Spurious Dragon on a signature names its chain.
    expect(transaction.chainId).toBe(isAtLeast(fork, 'spuriousDragon') ? '0x7a69' : undefined);
    expect(BigInt(await rpc('eth_getBalance', BOB, 'latest'))).toBe(before + 5n);
    const raw = await rpc('debug_getRawTransaction', hash);
    const { rpc: other } = await createTestNode({ fork });
    expect(await other('eth_sendRawTransaction', raw)).toBe(hash);
  });

  it('receipts say how it ended: by a status from Byzantium on, by a state root before', async () => {
    const { rpc } = await createTestNode({ fork });
    const hash = await rpc('eth_sendTransaction', { from: ALICE, to: BOB });
    const receipt = await rpc('eth_getTransactionReceipt', hash);
    expect(receipt.status).toBe(isAtLeast(fork, 'byzantium') ? '0x1' : undefined);
    expect(receipt.gasUsed).toBe('0x5208');
  });

  it('a contract answers calls that offer no price, and estimates and traces follow them', async () => {
    const { rpc, contract, hash } = await nodeWithContract();
    const call = { from: ALICE, to: contract };
    const answer = `0x${word(42)}`;
    expect(await rpc('eth_call', call, 'latest')).toBe(answer);
    expect(await rpc('eth_call', { to: contract }, 'latest')).toBe(answer);
    expect(await rpc('eth_call', { ...call, gasPrice: '0x0' }, 'latest')).toBe(answer);
    expect(await rpc('eth_estimateGas', call)).toBe('0x521a');
    expect(await rpc('debug_traceCall', call, 'latest', { tracer: 'callTracer' })).toMatchObject({
      output: answer,
    });
    expect(await rpc('debug_traceTransaction', hash)).toMatchObject({ failed: false });
    expect(await rpc('eth_createAccessList', call, 'latest')).toMatchObject({ accessList: [] });
  });

  it('blocks have the fields of their time', async () => {
    const { rpc } = await nodeWithContract();
    const block = await rpc('eth_getBlockByNumber', 'latest', true);
    expect('baseFeePerGas' in block).toBe(isAtLeast(fork, 'london'));
    expect('withdrawalsRoot' in block).toBe(isAtLeast(fork, 'shanghai'));
    expect('blobGasUsed' in block).toBe(isAtLeast(fork, 'cancun'));
    expect('requestsHash' in block).toBe(isAtLeast(fork, 'prague'));
    expect(BigInt(block.difficulty) === 0n).toBe(isAtLeast(fork, 'paris'));
    expect(await rpc('eth_getBlockReceipts', 'latest')).toHaveLength(1);
  });

  it('fees can be asked for', async () => {
    const { rpc } = await nodeWithContract();
    expect(BigInt(await rpc('eth_gasPrice'))).toBeGreaterThan(0n);
    const history = await rpc('eth_feeHistory', '0x2', 'latest', [50]);
    expect(history.gasUsedRatio).toHaveLength(2);
    expect(history.reward).toHaveLength(2);
  });

  it('blocks are simulated', async () => {
    const { rpc, contract } = await nodeWithContract();
    const [simulated] = await rpc('eth_simulateV1', {
      blockStateCalls: [{ calls: [{ from: ALICE, to: contract }] }],
    });
    expect(simulated.calls[0]).toMatchObject({ status: '0x1', returnData: `0x${word(42)}` });
  });

  it('what an impersonated account sends is mined', async () => {
    const { rpc } = await createTestNode({ fork });
    const whale = `0x${'be'.repeat(20)}`;
    await rpc('anvil_setBalance', whale, '0xde0b6b3a7640000');
    await rpc('anvil_impersonateAccount', whale);
    const hash = await rpc('eth_sendTransaction', { from: whale, to: BOB, value: '0x1' });
    expect(await rpc('eth_getTransactionByHash', hash)).toMatchObject({ from: whale, blockNumber: '0x1' });
  });
});
