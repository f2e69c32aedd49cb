import { seededRng } from '@ninefold/base';
import type { ForkName } from '@ninefold/vm-evm';
import { PEER_FORKS, runEthereumjs } from './ethereumjs.ts';
import { runOurs } from './ours.ts';
import { differences } from './result.ts';
import type { Scene } from './scene.ts';
import { randomScene } from './scene.ts';

export type Finding = {
  readonly seed: number;
  readonly fork: ForkName;
  readonly differences: readonly string[];
};

export type CampaignReport = {
  readonly scenes: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly refused: number;
  readonly findings: readonly Finding[];
};

/** The scene of one seed: the fork follows from the seed too, unless one is given. */
export function sceneOf(seed: number, fork: ForkName | undefined): Scene {
  const rng = seededRng(seed);
  return randomScene(rng, seed, fork ?? rng.pick(Object.keys(PEER_FORKS) as ForkName[]));
}

/** Runs one seed on both machines. */
export async function compareScene(scene: Scene): Promise<{
  readonly outcome: 'succeeded' | 'failed' | 'refused';
  readonly differences: readonly string[];
}> {
  const ours = runOurs(scene);
  const addresses = new Set([...scene.accounts.keys(), ...(ours.valid ? ours.accounts.keys() : [])]);
  const peer = await runEthereumjs(scene, addresses);
  const outcome = !ours.valid ? 'refused' : ours.success ? 'succeeded' : 'failed';
  return { outcome, differences: differences(ours, peer) };
}

/**
 * Scenes of consecutive seeds until `goOn` says no. Every finding can be repeated by its seed.
 *
 * @example await runCampaign({ firstSeed: 1, fork: undefined, goOn: (n) => n < 100, onFinding: console.error })
 */
export async function runCampaign(options: {
  readonly firstSeed: number;
  readonly fork: ForkName | undefined;
  readonly goOn: (scenes: number) => boolean;
  readonly onFinding: (finding: Finding) => void;
}): Promise<CampaignReport> {
  const counts = { succeeded: 0, failed: 0, refused: 0 };
  const findings: Finding[] = [];
  let scenes = 0;
  for (; options.goOn(scenes); scenes++) {
    const scene = sceneOf(options.firstSeed + scenes, options.fork);
    const result = await compareScene(scene);
    counts[result.outcome]++;
    if (result.differences.length === 0) continue;
    const finding = { seed: scene.seed, fork: scene.fork, differences: result.differences };
    findings.push(finding);
    options.onFinding(finding);
  }
  return { scenes, ...counts, findings };
}
