import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { network } from 'hardhat';

describe('Counter', async () => {
  const { viem, provider, networkName } = await network.getOrCreate();
  const client = await viem.getPublicClient();

  it('runs on the network that was asked for', async () => {
    assert.equal(networkName, 'ninefold');
    assert.match((await provider.request({ method: 'web3_clientVersion' })) as string, /^ninefold/i);
  });

  it('is deployed and counts', async () => {
    const counter = await viem.deployContract('Counter');
    await counter.write.increment([3n]);
    await counter.write.increment([4n]);
    assert.equal(await counter.read.count(), 7n);
  });

  it('emits events', async () => {
    const counter = await viem.deployContract('Counter');
    const [wallet] = await viem.getWalletClients();
    await viem.assertions.emitWithArgs(counter.write.increment([5n]), counter, 'Incremented', [
      wallet.account.address,
      5n,
    ]);
    const events = await client.getContractEvents({
      address: counter.address,
      abi: counter.abi,
      eventName: 'Incremented',
      fromBlock: 0n,
      strict: true,
    });
    assert.deepEqual(
      events.map(({ args }) => args.count),
      [5n],
    );
  });

  it('reverts with reasons and errors', async () => {
    const counter = await viem.deployContract('Counter');
    const [, stranger] = await viem.getWalletClients();
    await viem.assertions.revertWith(counter.write.increment([0n]), 'increment by nothing');
    await viem.assertions.revertWithCustomErrorWithArgs(
      counter.write.reset({ account: stranger.account }),
      counter,
      'NotOwner',
      [stranger.account.address],
    );
  });

  it('moves ether between its accounts', async () => {
    const [alice, bob] = await viem.getWalletClients();
    await viem.assertions.balancesHaveChanged(alice.sendTransaction({ to: bob.account.address, value: 5n }), [
      { address: bob.account.address, amount: 5n },
    ]);
  });

  it('travels in time and back', async () => {
    const test = await viem.getTestClient({ mode: 'hardhat' });
    const snapshot = await test.snapshot();
    const { timestamp } = await client.getBlock();
    await test.increaseTime({ seconds: 3600 });
    await test.mine({ blocks: 1 });
    assert.ok((await client.getBlock()).timestamp >= timestamp + 3600n);
    await test.revert({ id: snapshot });
    assert.equal((await client.getBlock()).timestamp, timestamp);
  });
});
