import { hasEdr } from '../contestants/edr.ts';
import { forkContestant } from '../contestants/fork.ts';
import type { ProviderPlan } from '../contestants/provider.ts';
import { PROVIDER_CALL, PROVIDER_TRANSFER } from '../contestants/provider.ts';
import { suiteReport } from '../report.ts';
import type { Case } from '../rounds.ts';
import { compete } from '../rounds.ts';
import type { Suite } from '../suite.ts';

const CASES: readonly Case[] = [
  { name: PROVIDER_TRANSFER, unit: 'ms CPU/transaction', direction: 'lower-is-better' },
  { name: PROVIDER_CALL, unit: 'ms CPU/call', direction: 'lower-is-better' },
];

/** Transactions without a socket, against the engine inside Hardhat. */
export const evmProviderSuite: Suite = {
  name: 'evm-provider',
  about:
    'CPU milliseconds in process by EIP-1193 request, automine; a receipt is fetched for every transaction',
  run: async ({ vectors, quick, say }) => {
    if (!hasEdr()) {
      say('evm-provider: skipped, EDR is not installed: run "npm install" in environments/hardhat');
      return undefined;
    }
    const plan: ProviderPlan = { vectors, count: quick ? 50 : 400, rounds: quick ? 1 : 7 };
    const ours = await forkContestant('./ninefold-provider.js', JSON.stringify(plan));
    const peer = await forkContestant('./edr.js', JSON.stringify(plan));
    try {
      return suiteReport('evm-provider', await compete(ours, peer, CASES, plan.rounds));
    } finally {
      await ours.close();
      await peer.close();
    }
  },
};
