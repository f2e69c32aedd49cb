import { fixedClock } from '@ninefold/base';
import { expect, test } from 'vitest';
import { createEthereumChain } from '../../src/chain.ts';

/** Three blocks in one second, then an hour. */
async function hourAfterThreeBlocks(dialect: 'anvil' | 'hardhat') {
  const chain = await createEthereumChain({ dialect, clock: fixedClock(1_700_000_000_000) });
  chain.mine(3);
  const before = chain.node.chain.head().block.header.timestamp;
  const offset = await chain.request({ method: 'evm_increaseTime', params: [3600] });
  chain.mine();
  return { passed: chain.node.chain.head().block.header.timestamp - before, offset };
}

test('anvil counts from the clock', async () => {
  expect(await hourAfterThreeBlocks('anvil')).toEqual({ passed: 3597n, offset: 3600 });
});

test('Hardhat counts from the last block', async () => {
  expect(await hourAfterThreeBlocks('hardhat')).toEqual({ passed: 3600n, offset: '3603' });
});
