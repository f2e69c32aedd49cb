import type { FeatureSet } from '@ninefold/vm-svm';
import type { Activation, StakeHistory } from './history.ts';
import { type Delegation, NO_EPOCH } from './stake-account.ts';

/** How fast stake becomes effective and ineffective. */
export type ActivationRules = {
  /** Share of a cluster's effective stake that may change in an epoch, in hundredths of a percent. */
  readonly rate: bigint;
  /** Whether shares are computed with integers, as the stake program does since version 5.1. */
  readonly isExact: boolean;
};

const RATE = { original: 2500n, reduced: 900n } as const;
const BASIS_POINTS = 10_000n;
const U64_MAX = 2n ** 64n - 1n;
const U128_MAX = 2n ** 128n - 1n;

export function activationRulesOf(features: FeatureSet): ActivationRules {
  return {
    rate: features.has('reduce_stake_warmup_cooldown') ? RATE.reduced : RATE.original,
    isExact: features.has('upgrade_bpf_stake_program_to_v5_1'),
  };
}

const saturated = (value: bigint): bigint => (value > U128_MAX ? U128_MAX : value);

/**
 * What a delegation may change in an epoch: of all that the cluster may change, its share in what
 * the cluster wants to change.
 *
 * @param own what of the delegation is left to change
 * @param all what of the cluster was left to change in the epoch before
 */
export function allowance(own: bigint, all: bigint, effective: bigint, rules: ActivationRules): bigint {
  if (own === 0n || all === 0n || effective === 0n) return 0n;
  if (!rules.isExact) {
    const weight = Number(own) / Number(all);
    const share = weight * (Number(effective) * (Number(rules.rate) / Number(BASIS_POINTS)));
    return share >= 2 ** 64 ? U64_MAX : BigInt(Math.floor(share));
  }
  const share = saturated(saturated(own * effective) * rules.rate) / saturated(all * BASIS_POINTS);
  return share < own ? share : own;
}

const atLeastOne = (lamports: bigint): bigint => (lamports > 1n ? lamports : 1n);

/** What is effective of a delegation in an epoch, and what is yet to be, if nobody had asked it back. */
function warmUp(
  delegation: Delegation,
  epoch: bigint,
  history: StakeHistory,
  rules: ActivationRules,
): readonly [effective: bigint, activating: bigint] {
  const { stake, activationEpoch, deactivationEpoch } = delegation;
  if (activationEpoch === NO_EPOCH) return [stake, 0n];
  if (activationEpoch === deactivationEpoch || epoch < activationEpoch) return [0n, 0n];
  if (epoch === activationEpoch) return [0n, stake];
  let before = history.get(activationEpoch);
  // Forgotten: that was long ago.
  if (before === undefined) return [stake, 0n];
  let effective = 0n;
  for (let at = activationEpoch + 1n; before !== undefined; at++) {
    if (before.activating === 0n) break;
    const more = allowance(stake - effective, before.activating, before.effective, rules);
    effective += atLeastOne(more);
    if (effective >= stake) return [stake, 0n];
    if (at >= epoch || at >= deactivationEpoch) break;
    before = history.get(at);
  }
  return [effective, stake - effective];
}

/**
 * How a delegation stands in an epoch (`Delegation::stake_activating_and_deactivating`): it warms up
 * from the epoch after its activation on and cools down from the one after its deactivation on, both
 * as fast as the whole cluster's changes allow.
 *
 * @example activationOf(delegation, 12n, history, activationRulesOf(features)).effective
 */
export function activationOf(
  delegation: Delegation,
  epoch: bigint,
  history: StakeHistory,
  rules: ActivationRules,
): Activation {
  const [warm, activating] = warmUp(delegation, epoch, history, rules);
  const { deactivationEpoch } = delegation;
  if (epoch < deactivationEpoch) return { effective: warm, activating, deactivating: 0n };
  if (epoch === deactivationEpoch) return { effective: warm, activating: 0n, deactivating: warm };
  let before = history.get(deactivationEpoch);
  if (before === undefined) return { effective: 0n, activating: 0n, deactivating: 0n };
  let effective = warm;
  for (let at = deactivationEpoch + 1n; before !== undefined; at++) {
    if (before.deactivating === 0n) break;
    const less = atLeastOne(allowance(effective, before.deactivating, before.effective, rules));
    effective = effective > less ? effective - less : 0n;
    if (effective === 0n || at >= epoch) break;
    before = history.get(at);
  }
  return { effective, activating: 0n, deactivating: effective };
}

/** The sum of many. */
export function sumOf(activations: Iterable<Activation>): Activation {
  let [effective, activating, deactivating] = [0n, 0n, 0n];
  for (const each of activations) {
    effective += each.effective;
    activating += each.activating;
    deactivating += each.deactivating;
  }
  return { effective, activating, deactivating };
}
