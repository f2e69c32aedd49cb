import { seededRng } from '@ninefold/base';
import type { SolanaSvm } from '@ninefold/chain-solana';
import { addressBytes, fromBase58, PROGRAM } from '@ninefold/vm-svm';
import type { LiteSvm } from 'litesvm/dist/internal.js';
import { enterPeer, openPeer } from './litesvm.ts';
import { enterOurs, openOurs } from './ours.ts';
import { differences } from './result.ts';
import { randomScene, type SceneMaker } from './scene.ts';

export type SvmFinding = {
  readonly seed: number;
  /** Position of the transaction in its scene. */
  readonly transaction: number;
  readonly differences: readonly string[];
};

export type SvmReport = {
  readonly scenes: number;
  readonly transactions: number;
  readonly succeeded: number;
  readonly findings: readonly SvmFinding[];
};

/** What a validator takes a fee for and the peer does not: a scene ends there. */
const UNLOADED: readonly string[] = [
  'ProgramAccountNotFound',
  'InvalidProgramForExecution',
  'MaxLoadedAccountsDataSizeExceeded',
];

/** The engines of a campaign. */
export type SvmPair = { readonly ours: SolanaSvm; readonly peer: LiteSvm; readonly blockhash: Uint8Array };

/** @param changes of the features that the peer has when it is new: names, with `-` of what is left out */
export async function openPair(changes: readonly string[] = []): Promise<SvmPair> {
  const peer = openPeer(changes);
  const blockhash = peer.latestBlockhash();
  const ours = await openOurs(blockhash, changes);
  const clock = peer.getClock();
  ours.setClock({
    slot: clock.slot,
    epochStartTimestamp: clock.epochStartTimestamp,
    epoch: clock.epoch,
    leaderScheduleEpoch: clock.leaderScheduleEpoch,
    unixTimestamp: clock.unixTimestamp,
  });
  // The peer has another name in it than validators.
  const system = peer.getAccount(addressBytes(PROGRAM.system));
  const account = ours.getAccount(PROGRAM.system);
  if (system !== null && account !== undefined)
    ours.setAccount(PROGRAM.system, { ...account, data: system.data() });
  return { ours, peer, blockhash: fromBase58(blockhash) };
}

/** Runs one seed on both engines, up to the first difference. */
export function compareScene(
  pair: SvmPair,
  seed: number,
  make: SceneMaker = randomScene,
): { readonly transactions: number; readonly succeeded: number; readonly finding: SvmFinding | undefined } {
  const scene = make(seededRng(seed), seed, pair.blockhash);
  const ours = enterOurs(pair.ours, scene);
  const peer = enterPeer(pair.peer, scene);
  let succeeded = 0;
  for (const [index, bytes] of scene.transactions.entries()) {
    const expected = peer.run(bytes);
    const got = ours.run(bytes);
    const transactions = index + 1;
    if (UNLOADED.includes(expected.error)) {
      const found = UNLOADED.includes(got.error) ? [] : [`error: ${got.error}, peer ${expected.error}`];
      const finding = found.length === 0 ? undefined : { seed, transaction: index, differences: found };
      return { transactions, succeeded, finding };
    }
    const found = differences(got, expected);
    if (found.length > 0)
      return { transactions, succeeded, finding: { seed, transaction: index, differences: found } };
    if (expected.error === '') succeeded++;
  }
  return { transactions: scene.transactions.length, succeeded, finding: undefined };
}

/**
 * Scenes of consecutive seeds until `goOn` says no. Every finding can be repeated by its seed.
 *
 * @example await runSvmCampaign({ firstSeed: 1, goOn: (n) => n < 100, onFinding: console.error })
 */
export async function runSvmCampaign(options: {
  readonly firstSeed: number;
  readonly features?: readonly string[] | undefined;
  readonly make?: SceneMaker | undefined;
  readonly goOn: (scenes: number) => boolean;
  readonly onFinding: (finding: SvmFinding) => void;
}): Promise<SvmReport> {
  const pair = await openPair(options.features);
  const counts = { transactions: 0, succeeded: 0 };
  const findings: SvmFinding[] = [];
  let scenes = 0;
  for (; options.goOn(scenes); scenes++) {
    const { transactions, succeeded, finding } = compareScene(pair, options.firstSeed + scenes, options.make);
    counts.transactions += transactions;
    counts.succeeded += succeeded;
    if (finding === undefined) continue;
    findings.push(finding);
    options.onFinding(finding);
  }
  return { scenes, ...counts, findings };
}
