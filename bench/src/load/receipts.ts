import type { Hex } from '@ninefold/base';

export type Request = (method: string, params: readonly unknown[]) => Promise<unknown>;

export type Receipt = { readonly status: Hex; readonly gasUsed: Hex; readonly contractAddress: Hex };

const PATIENCE_MS = 30_000;

/** Sends a transaction and waits until it is mined: anvil answers before that. */
export async function sendMined(request: Request, transaction: object): Promise<Receipt> {
  const hash = (await request('eth_sendTransaction', [transaction])) as Hex;
  const receipt = await receiptOf(request, hash);
  if (receipt.status !== '0x1') throw new Error('a transaction of the set-up failed');
  return receipt;
}

export async function receiptOf(request: Request, hash: Hex): Promise<Receipt> {
  const started = performance.now();
  for (;;) {
    const receipt = (await request('eth_getTransactionReceipt', [hash])) as Receipt | null;
    if (receipt !== null) return receipt;
    if (performance.now() - started > PATIENCE_MS) throw new Error(`transaction ${hash} was not mined`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
