import { createLegacyTx } from '@ethereumjs/tx';
import { Common, Hardfork, Mainnet } from '@ethereumjs/common';
import { bytesToHex, hexToBytes } from '@ninefold/base';
import type { Hex } from '@ninefold/base';
import type { Request } from './receipts.ts';
import { sendMined } from './receipts.ts';

/** First account of the mnemonic that every development node begins with, and its public test key. */
export const SENDER: Hex = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266';
export const SENDER_KEY: Hex = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80';
/** The second one, whose key the nodes hold as well. */
export const SECOND_SENDER: Hex = '0x70997970c51812dc3a010c7d01b50e0d17dc79c8';
export const SECOND_SENDER_KEY: Hex = '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d';
const RECIPIENT: Hex = '0x00000000000000000000000000000000000beef1';
const CHAIN_ID = 31_337;
const GAS_PRICE = 10_000_000_000n;

const SELECTOR_TRANSFER = 'a9059cbb';
const SELECTOR_MINT = '40c10f19';
const SELECTOR_BALANCE_OF = '70a08231';

const TRANSFER: Hex = `0x${SELECTOR_TRANSFER}${word(RECIPIENT)}${word('0x01')}`;

export function balanceOfCall(token: Hex, owner: Hex = RECIPIENT): object {
  return { to: token, data: `0x${SELECTOR_BALANCE_OF}${word(owner)}` };
}

/** A transfer of one token to the recipient, for a node to sign. */
export function transferCall(from: Hex, token: Hex): object {
  return { from, to: token, data: TRANSFER, gas: '0x186a0', gasPrice: `0x${GAS_PRICE.toString(16)}` };
}

/** Signs `count` transfers with the nonces that follow the two of {@link deployToken}. */
export function signTransfers(token: Hex, count: number): readonly Hex[] {
  const common = new Common({
    chain: { ...Mainnet, chainId: CHAIN_ID },
    hardfork: Hardfork.Cancun,
  });
  const key = hexToBytes(SENDER_KEY);
  const data = hexToBytes(TRANSFER);
  return Array.from({ length: count }, (_, i) => {
    const transaction = createLegacyTx(
      { nonce: 2 + i, gasPrice: GAS_PRICE, gasLimit: 100_000n, to: token, data },
      { common },
    );
    return bytesToHex(transaction.sign(key).serialize());
  });
}

/** Deploys the token from the first account and mints to it: nonces 0 and 1. */
export async function deployToken(request: Request, initcode: Hex): Promise<Hex> {
  const created = await sendMined(request, { from: SENDER, data: initcode, gas: '0x2dc6c0' });
  const token = created.contractAddress;
  await mint(request, token, SENDER);
  return token;
}

/** Mints to the second account as well, by a transaction of its own: the first one's nonces stay. */
export async function mintToSecondSender(request: Request, token: Hex): Promise<void> {
  await mint(request, token, SECOND_SENDER);
}

async function mint(request: Request, token: Hex, to: Hex): Promise<void> {
  const data = `0x${SELECTOR_MINT}${word(to)}${word('0xffffffff')}`;
  await sendMined(request, { from: to, to: token, data, gas: '0x30d40' });
}

/** @throws unless the recipient has `count` tokens. */
export async function checkArrived(request: Request, token: Hex, count: number): Promise<void> {
  const balance = Number(await request('eth_call', [balanceOfCall(token), 'latest']));
  if (balance !== count) throw new Error(`${count} transfers were sent, ${balance} arrived`);
}

function word(hex: Hex): string {
  return hex.slice(2).padStart(64, '0');
}
