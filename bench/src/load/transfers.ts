import { createLegacyTx } from '@ethereumjs/tx';
import { Common, Hardfork, Mainnet } from '@ethereumjs/common';
import { bytesToHex, hexToBytes } from '@ninefold/base';
import type { Hex } from '@ninefold/base';
import type { Request } from './receipts.ts';
import { sendMined } from './receipts.ts';

/** First account of the mnemonic that every development node begins with, and its public test key. */
export const SENDER: Hex = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266';
export const SENDER_KEY: Hex = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80';
const RECIPIENT: Hex = '0x00000000000000000000000000000000000beef1';
const CHAIN_ID = 31_337;
const GAS_PRICE = 10_000_000_000n;

const SELECTOR_TRANSFER = 'a9059cbb';
const SELECTOR_MINT = '40c10f19';
const SELECTOR_BALANCE_OF = '70a08231';

export function balanceOfCall(token: Hex, owner: Hex = RECIPIENT): object {
  return { to: token, data: `0x${SELECTOR_BALANCE_OF}${word(owner)}` };
}

/** Signs `count` transfers with the nonces that follow the two of {@link deployToken}. */
export function signTransfers(token: Hex, count: number): readonly Hex[] {
  const common = new Common({
    chain: { ...Mainnet, chainId: CHAIN_ID },
    hardfork: Hardfork.Cancun,
  });
  const key = hexToBytes(SENDER_KEY);
  const data = hexToBytes(`0x${SELECTOR_TRANSFER}${word(RECIPIENT)}${word('0x01')}`);
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
  const mint = `0x${SELECTOR_MINT}${word(SENDER)}${word('0xffffffff')}`;
  await sendMined(request, { from: SENDER, to: token, data: mint, gas: '0x30d40' });
  return token;
}

/** @throws unless the recipient has `count` tokens. */
export async function checkArrived(request: Request, token: Hex, count: number): Promise<void> {
  const balance = Number(await request('eth_call', [balanceOfCall(token), 'latest']));
  if (balance !== count) throw new Error(`${count} transfers were sent, ${balance} arrived`);
}

function word(hex: Hex): string {
  return hex.slice(2).padStart(64, '0');
}
