import type { Hex } from '@ninefold/base';
import { describe, expect, test } from 'vitest';
import type { EthereumChain } from '../../src/chain.ts';
import { createEthereumChain } from '../../src/chain.ts';

/** Has code from genesis on. */
const CONTRACT: Hex = '0x00000000219ab540356cbb839cbe05303d7705fa';
const STRANGER: Hex = `0x${'5a'.repeat(20)}`;
const TO: Hex = `0x${'70'.repeat(20)}`;

async function rich(...addresses: readonly Hex[]): Promise<EthereumChain> {
  const chain = await createEthereumChain();
  for (const address of addresses) chain.setBalance(address, 10n ** 18n);
  return chain;
}

async function sendFrom(chain: EthereumChain, method: string, from: Hex): Promise<unknown> {
  const hash = await chain.request({ method, params: [{ from, to: TO, value: '0x5' }] });
  return chain.request({ method: 'eth_getTransactionReceipt', params: [hash] });
}

describe('impersonation', () => {
  test('is for contracts too', async () => {
    const chain = await rich(CONTRACT);
    await expect(sendFrom(chain, 'eth_sendTransaction', CONTRACT)).rejects.toThrow('unknown account');
    chain.impersonate(CONTRACT);
    expect(await sendFrom(chain, 'eth_sendTransaction', CONTRACT)).toMatchObject({
      status: '0x1',
      from: CONTRACT,
    });
  });

  test('happens for one transaction by eth_sendUnsignedTransaction', async () => {
    const chain = await rich(STRANGER);
    const receipt = await sendFrom(chain, 'eth_sendUnsignedTransaction', STRANGER);
    expect(receipt).toMatchObject({ status: '0x1', from: STRANGER });
    await expect(sendFrom(chain, 'eth_sendTransaction', STRANGER)).rejects.toThrow('unknown account');
  });

  test('is not needed by an account whose key the node holds', async () => {
    const chain = await rich();
    const { address } = chain.accounts[0]!;
    expect(await sendFrom(chain, 'eth_sendUnsignedTransaction', address)).toMatchObject({ from: address });
  });
});
