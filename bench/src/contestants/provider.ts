import type { Hex } from '@ninefold/base';
import type { Receipt, Request } from '../load/receipts.ts';
import {
  balanceOfCall,
  checkArrived,
  deployToken,
  mintToSecondSender,
  SECOND_SENDER,
  signTransfers,
  transferCall,
} from '../load/transfers.ts';
import { cpuOfThisProcess } from '../process.ts';
import { readPrograms } from '../programs.ts';
import type { Case, Contestant } from '../rounds.ts';

const RAW = 'raw token transfer and receipt';
const SENT = 'token transfer by eth_sendTransaction and receipt';
const CALL = 'eth_call balanceOf';
const WORKS = [RAW, SENT, CALL] as const;

/** Every piece of work is measured both ways, each in samples of its own. */
const MEASURES = {
  'ms CPU': cpuOfThisProcess,
  'ms wall': () => performance.now(),
} as const;
type Measure = keyof typeof MEASURES;

type Sample = { readonly work: (typeof WORKS)[number]; readonly measure: Measure };

const SAMPLES: ReadonlyMap<string, Sample> = new Map(
  WORKS.flatMap((work) =>
    (Object.keys(MEASURES) as Measure[]).map(
      (measure) => [`${work}, ${measure}`, { work, measure }] as const,
    ),
  ),
);

export const PROVIDER_CASES: readonly Case[] = Array.from(SAMPLES, ([name, { measure }]) => ({
  name,
  unit: `${measure}/request`,
  direction: 'lower-is-better',
}));

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
  await mintToSecondSender(request, token);
  // One round of both measures to warm up.
  const signed = signTransfers(token, plan.count * (plan.rounds + 1) * Object.keys(MEASURES).length);
  let sent = 0;
  let arrived = 0;

  const mined = async (hash: Hex): Promise<void> => {
    const receipt = (await request('eth_getTransactionReceipt', [hash])) as Receipt;
    if (receipt.status !== '0x1') throw new Error('a transfer failed');
    arrived++;
  };
  const works: Readonly<Record<Sample['work'], () => Promise<void>>> = {
    [RAW]: async () => mined((await request('eth_sendRawTransaction', [signed[sent++]])) as Hex),
    [SENT]: async () =>
      mined((await request('eth_sendTransaction', [transferCall(SECOND_SENDER, token)])) as Hex),
    [CALL]: async () => {
      const balance = await request('eth_call', [balanceOfCall(token), 'latest']);
      if (Number(balance) !== arrived) throw new Error('eth_call gave a wrong balance');
    },
  };

  return {
    name,
    sample: async (caseName) => {
      const { work, measure } = SAMPLES.get(caseName)!;
      const now = MEASURES[measure];
      const before = now();
      for (let i = 0; i < plan.count; i++) await works[work]();
      const figure = (now() - before) / plan.count;
      await checkArrived(request, token, arrived);
      return figure;
    },
    close: () => Promise.resolve(),
  };
}
