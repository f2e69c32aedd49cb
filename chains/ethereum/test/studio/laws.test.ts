import type { Hex } from '@ninefold/base';
import { studioLaws } from '../../../../packages/studio-api/test/studio-laws.ts';
import { createEthereumStudio } from '../../src/studio/studio-chain.ts';
import { ALICE, BOB, createTestNode, deployer, hex } from '../support/rpc.ts';

studioLaws('ethereum', async () => {
  const { chain, rpc } = await createTestNode();
  const studio = createEthereumStudio(chain);
  const txs: string[] = [];
  txs.push(await rpc('eth_sendTransaction', { from: ALICE, to: BOB, value: hex(10n ** 17n) }));
  // Stores its argument, logs it, calls itself with half of it, and fails at one.
  const runtime = '5f358060011460265780600055805f5260205fa08060011c5f525f5f60205f5f305af15050005b5f5ffd';
  txs.push(await rpc('eth_sendTransaction', { from: ALICE, data: deployer(runtime), gas: '0xfffff' }));
  const { contractAddress } = await rpc('eth_getTransactionReceipt', txs[1]);
  const call = { from: ALICE, to: contractAddress, gas: '0xfffff' };
  txs.push(await rpc('eth_sendTransaction', { ...call, data: `0x${'0'.repeat(62)}09` }));
  txs.push(await rpc('eth_sendTransaction', { ...call, data: `0x${'0'.repeat(62)}01` }));
  const { id } = await studio.sample('failing');
  txs.push(id);
  const world = (number: bigint): ReturnType<typeof chain.node.chain.worldAt> =>
    chain.node.chain.worldAt(chain.node.chain.blockByNumber(number)?.hash as Hex);
  return {
    chain: studio,
    txs,
    unknownTx: `0x${'ab'.repeat(32)}`,
    stored: ({ what, key, entity }, { block }, side) => {
      // One transaction a block: the state before it is its parent's.
      const state = world(BigInt(block?.number ?? 0) - (side === 'before' ? 1n : 0n));
      const address = entity.id.toLowerCase() as Hex;
      if (what === 'balance') return (state.account(address)?.balance ?? 0n).toString();
      if (what === 'nonce') return (state.account(address)?.nonce ?? 0n).toString();
      if (what === 'code') return undefined;
      return state.storage(address, key as Hex) ?? `0x${'00'.repeat(32)}`;
    },
    close: () => chain.close(),
  };
});
