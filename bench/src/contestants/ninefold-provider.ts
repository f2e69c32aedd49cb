import { createNode } from 'ninefold';
import type { Contestant } from '../rounds.ts';
import type { ProviderPlan } from './provider.ts';
import { providerContestant } from './provider.ts';

/** A node in this process, with its defaults. */
export async function createContestant(argument: string): Promise<Contestant> {
  const { ethereum } = await createNode();
  const request = (method: string, params: readonly unknown[]): Promise<unknown> =>
    ethereum.request({ method, params });
  return providerContestant('ninefold', request, JSON.parse(argument) as ProviderPlan);
}
