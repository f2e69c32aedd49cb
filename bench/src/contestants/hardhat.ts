import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { resolveFromHardhat } from '../hardhat.ts';
import type { Contestant } from '../rounds.ts';
import type { ProviderPlan } from './provider.ts';
import { providerContestant } from './provider.ts';

/** The part of Hardhat 3 that is used. */
type Hardhat = {
  readonly createHardhatRuntimeEnvironment: (config: object) => Promise<{
    readonly network: {
      readonly connect: () => Promise<{
        readonly provider: {
          readonly request: (call: {
            readonly method: string;
            readonly params: readonly unknown[];
          }) => Promise<unknown>;
        };
      }>;
    };
  }>;
};

/** Hardhat's simulated network as its users reach it, with Hardhat's defaults. */
export async function createContestant(argument: string): Promise<Contestant> {
  const { createHardhatRuntimeEnvironment } = (await import(
    pathToFileURL(resolveFromHardhat('hardhat/hre')).href
  )) as Hardhat;
  const { network } = await createHardhatRuntimeEnvironment({});
  const { provider } = await network.connect();
  const request = (method: string, params: readonly unknown[]): Promise<unknown> =>
    provider.request({ method, params });
  const manifest = readFileSync(resolveFromHardhat('hardhat/package.json'), 'utf8');
  const { version } = JSON.parse(manifest) as { readonly version: string };
  return providerContestant(`Hardhat ${version}`, request, JSON.parse(argument) as ProviderPlan);
}
