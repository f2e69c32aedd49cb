import type { Hex } from '@ninefold/base';
import type { Receipt, Request } from '../load/receipts.ts';
import { balanceOfCall, checkArrived, deployToken, signTransfers } from '../load/transfers.ts';
import { cpuOfThisProcess } from '../process.ts';
import { readPrograms } from '../programs.ts';
import type { Contestant } from '../rounds.ts';

export const PROVIDER_TRANSFER = 'raw token transfer, in process';
export const PROVIDER_CALL = 'eth_call balanceOf, in process';

/** What a suite tells a provider's process. */
export type ProviderPlan = { readonly vectors: string; readonly count: number; readonly rounds: number };

/** Transfers and calls on an EIP-1193 provider that lives in this very process. */
export async function providerContestant(
  name: string,
  request: Request,
  plan: ProviderPlan,
): Promise<Contestant> {
  const { initcode } = readPrograms(plan.vectors).contracts['Token']!;
  const token = await deployToken(request, initcode);
  const signed = signTransfers(token, plan.count * (plan.rounds + 1));
  let sent = 0;

  const transfer = async (): Promise<number> => {
    const batch = signed.slice(sent, sent + plan.count);
    sent += batch.length;
    const figure = await cpuPerUnit(batch.length, async () => {
      for (const raw of batch) {
        const hash = (await request('eth_sendRawTransaction', [raw])) as Hex;
        const receipt = (await request('eth_getTransactionReceipt', [hash])) as Receipt;
        if (receipt.status !== '0x1') throw new Error('a transfer failed');
      }
    });
    await checkArrived(request, token, sent);
    return figure;
  };
  const call = (): Promise<number> =>
    cpuPerUnit(plan.count, async () => {
      for (let i = 0; i < plan.count; i++) {
        const balance = await request('eth_call', [balanceOfCall(token), 'latest']);
        if (Number(balance) !== sent) throw new Error('eth_call gave a wrong balance');
      }
    });

  return {
    name,
    sample: (caseName) => (caseName === PROVIDER_TRANSFER ? transfer() : call()),
    close: () => Promise.resolve(),
  };
}

async function cpuPerUnit(count: number, work: () => Promise<void>): Promise<number> {
  const before = cpuOfThisProcess();
  await work();
  return (cpuOfThisProcess() - before) / count;
}
