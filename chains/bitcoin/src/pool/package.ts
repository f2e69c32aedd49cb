import { type Transaction, weightOf } from '@ninefold/vm-bitcoin-script';
import { hashToHex, txidOf, wtxidOf } from '@ninefold/vm-bitcoin-script';
import { coinKey } from '../ledger/coins.ts';
import { MAX_PACKAGE_COUNT, MAX_PACKAGE_WEIGHT } from '../spec/policy.ts';
import { feeRateOf, formatFeeRate } from '../tx/amount.ts';
import {
  type Acceptance,
  type AcceptMode,
  type AcceptScene,
  acceptTransaction,
  checkAcceptance,
  checkEphemeralSpends,
  checkFeeRate,
  checkMaxFeeRate,
  checkScripts,
  commitAcceptance,
  isReject,
  preCheck,
  trimToSize,
  type Workspace,
} from './accept.ts';
import type { PoolEntry } from './mempool.ts';
import type { Reject } from './reject.ts';
import { candidatesOf, isBetterRate, paysTooLittle } from './replace.ts';

/*
 * Several transactions at once: a child that pays for its parents (BIP 331's "child with parents").
 */

/** What became of one transaction of a package. */
export type PackageMember =
  | { readonly status: 'accepted'; readonly acceptance: Acceptance }
  /** It was in the mempool before. */
  | { readonly status: 'known'; readonly entry: PoolEntry }
  | { readonly status: 'rejected'; readonly reject: Reject }
  /** Nothing was tried, since something else was wrong. */
  | { readonly status: 'skipped' };

export type PackageResult = {
  /** `success`, or the reason why not all are in. */
  readonly message: string;
  /** In the order given. */
  readonly members: readonly PackageMember[];
};

/** What is wrong with a package by itself; parents have to stand before children. */
export function checkPackage(txs: readonly Transaction[]): string | undefined {
  if (txs.length > MAX_PACKAGE_COUNT) return 'package-too-many-transactions';
  const weight = txs.reduce((sum, tx) => sum + weightOf(tx), 0);
  // One that is too heavy alone is told so by itself.
  if (txs.length > 1 && weight > MAX_PACKAGE_WEIGHT) return 'package-too-large';
  const ids = txs.map((tx) => hashToHex(txidOf(tx)));
  if (new Set(ids).size !== ids.length) return 'package-contains-duplicates';
  const later = new Set(ids);
  for (const [i, { inputs }] of txs.entries()) {
    later.delete(ids[i] as string);
    if (inputs.some(({ prevout }) => later.has(hashToHex(prevout.txid)))) return 'package-not-sorted';
  }
  const spent = txs.flatMap(({ inputs }) => inputs.map(({ prevout }) => coinKey(prevout)));
  return new Set(spent).size === spent.length ? undefined : 'conflict-in-package';
}

/** Whether the last spends outputs of all others, and none of these another's. */
export function isChildWithParentsTree(txs: readonly Transaction[]): boolean {
  if (txs.length < 2) return false;
  const parents = txs.slice(0, -1);
  const ids = new Set(parents.map((tx) => hashToHex(txidOf(tx))));
  const spentBy = (tx: Transaction): Set<string> =>
    new Set(tx.inputs.map(({ prevout }) => hashToHex(prevout.txid)));
  const child = spentBy(txs[txs.length - 1] as Transaction);
  return (
    [...ids].every((id) => child.has(id)) &&
    parents.every((tx) => [...spentBy(tx)].every((id) => !ids.has(id)))
  );
}

/**
 * Takes a package in: each transaction by itself where that does, then those that pay too little
 * alone together with their child. What cannot come in at all does not keep the others out.
 */
export function acceptPackage(
  txs: readonly Transaction[],
  scene: AcceptScene,
  mode: Pick<AcceptMode, 'maxFeeRate'> = {},
): PackageResult {
  const fault = checkPackage(txs);
  if (fault !== undefined) return { message: fault, members: txs.map(() => ({ status: 'skipped' })) };
  const members: PackageMember[] = [];
  const waiting: number[] = [];
  let hopeless = false;
  for (const [i, tx] of txs.entries()) {
    const known = scene.pool.getByWtxid(hashToHex(wtxidOf(tx))) ?? scene.pool.get(hashToHex(txidOf(tx)));
    if (known !== undefined) {
      members.push({ status: 'known', entry: known });
      continue;
    }
    const result = acceptTransaction(tx, scene, mode);
    if (!isReject(result)) {
      members.push({ status: 'accepted', acceptance: result });
      continue;
    }
    members.push({ status: 'rejected', reject: result });
    // Only fees, and outputs of what came before, are judged otherwise in company.
    if (result.kind === 'reconsiderable' || result.kind === 'missing-inputs') waiting.push(i);
    else hopeless = true;
  }
  if (hopeless || waiting.length === 1) return { message: 'transaction failed', members };
  if (waiting.length === 0) return { message: 'success', members };
  const together = acceptTogether(
    waiting.map((i) => txs[i] as Transaction),
    scene,
    mode,
  );
  if ('message' in together) {
    if (together.at !== undefined) {
      members[waiting[together.at] as number] = { status: 'rejected', reject: together.reject };
    }
    return { message: together.message, members };
  }
  together.forEach((acceptance, i) => {
    members[waiting[i] as number] = { status: 'accepted', acceptance };
  });
  return { message: 'success', members };
}

type TogetherFault = { readonly message: string; readonly at: number | undefined; readonly reject: Reject };

const faultOf = (reject: Reject, at: number): TogetherFault => ({
  message: 'transaction failed',
  at,
  reject,
});

/** All or none, measured by what they pay as a whole. */
function acceptTogether(
  txs: readonly Transaction[],
  scene: AcceptScene,
  mode: AcceptMode,
): readonly Acceptance[] | TogetherFault {
  const workspaces: Workspace[] = [];
  for (const [i, tx] of txs.entries()) {
    const before = workspaces.map(({ entry }) => entry);
    const workspace = preCheck(tx, scene, { package: before, packageFees: true });
    if (isReject(workspace)) return faultOf(workspace, i);
    const dear = checkMaxFeeRate(workspace.entry, scene, mode);
    if (dear !== undefined) return faultOf(dear, i);
    workspaces.push(workspace);
  }
  const entries = workspaces.map(({ entry }) => entry);
  const last = entries.length - 1;
  const fee = entries.reduce((sum, entry) => sum + scene.pool.modifiedFee(entry), 0n);
  const vsize = entries.reduce((sum, entry) => sum + entry.vsize, 0);
  const poor = checkFeeRate(fee, vsize, scene);
  if (poor !== undefined) return faultOf(poor, last);
  const replaced = checkPackageReplacement(workspaces, fee, vsize, scene);
  if ('reason' in replaced) {
    return { message: replaced.reason, at: undefined, reject: replaced };
  }
  for (const [i, workspace] of workspaces.entries()) {
    const failure = checkEphemeralSpends(workspace.entry, scene) ?? checkScripts(workspace, scene.policy);
    if (failure !== undefined) return faultOf(failure, i);
  }
  const includes = entries.map(({ wtxid }) => wtxid);
  const acceptances = entries.map((entry, i) => ({
    entry,
    replaced: i === last ? replaced.replaced : new Set<PoolEntry>(),
    effective: { fee, vsize },
    includes,
  }));
  scene.pool.remove(replaced.replaced, 'replaced');
  for (const acceptance of acceptances) commitAcceptance({ ...acceptance, replaced: new Set() }, scene);
  const dropped = trimToSize(scene);
  const full = entries.findIndex((entry) => dropped.has(entry));
  return full < 0 ? acceptances : faultOf({ kind: 'policy', reason: 'mempool full' }, full);
}

const refusal = (reason: string, details?: string): Reject => ({
  kind: 'policy',
  reason: `package RBF failed: ${reason}`,
  details,
});

/** Whether a package may push others out: one parent and its child, without other ancestors. */
function checkPackageReplacement(
  workspaces: readonly Workspace[],
  fee: bigint,
  vsize: number,
  { pool, policy }: AcceptScene,
): Reject | { readonly replaced: ReadonlySet<PoolEntry> } {
  const conflicts = new Set(workspaces.flatMap((workspace) => [...workspace.conflicts]));
  if (conflicts.size === 0) return { replaced: conflicts };
  const [parent, child] = workspaces;
  if (parent === undefined || child === undefined || workspaces.length !== 2) {
    return refusal('package must be 1-parent-1-child');
  }
  const own = new Set(workspaces.map(({ entry }) => entry));
  if (workspaces.some(({ ancestors }) => [...ancestors].some((ancestor) => !own.has(ancestor)))) {
    return refusal('new transaction cannot have mempool ancestors');
  }
  const replaced = candidatesOf(conflicts);
  const poor = paysTooLittle(child.entry.id, fee, vsize, replaced, pool, policy);
  if (poor !== undefined) return refusal('insufficient anti-DoS fees', poor);
  const parentFee = pool.modifiedFee(parent.entry);
  if (feeRateOf(fee, vsize) <= feeRateOf(parentFee, parent.entry.vsize)) {
    return refusal(
      'package feerate is less than or equal to parent feerate',
      `package feerate ${formatFeeRate(fee, vsize)} <= parent feerate is ${formatFeeRate(parentFee, parent.entry.vsize)}`,
    );
  }
  for (const conflict of conflicts) {
    if (!isBetterRate(fee, vsize, pool.modifiedFee(conflict), conflict.vsize)) {
      return refusal('insufficient feerate: does not improve feerate diagram');
    }
  }
  return { replaced };
}

/**
 * What taking transactions in would come to, without doing so: each by its own fee, children after
 * their parents.
 *
 * @returns a fault of the package as a whole, or the results up to the first refused one
 */
export function testPackage(
  txs: readonly Transaction[],
  scene: AcceptScene,
): { readonly fault?: string | undefined; readonly results: readonly (Acceptance | Reject | undefined)[] } {
  const [only] = txs;
  if (only !== undefined && txs.length === 1) return { results: [checkAcceptance(only, scene)] };
  const fault = checkPackage(txs);
  if (fault !== undefined) return { fault, results: txs.map(() => undefined) };
  const results: (Acceptance | Reject | undefined)[] = [];
  const before: PoolEntry[] = [];
  for (const tx of txs) {
    const workspace = preCheck(tx, scene, { package: before });
    const reject = isReject(workspace)
      ? workspace
      : (checkEphemeralSpends(workspace.entry, scene) ?? checkScripts(workspace, scene.policy));
    if (reject !== undefined || isReject(workspace)) {
      results.push(reject);
      break;
    }
    const { entry } = workspace;
    before.push(entry);
    const effective = { fee: scene.pool.modifiedFee(entry), vsize: entry.vsize };
    results.push({ entry, replaced: new Set(), effective, includes: [entry.wtxid] });
  }
  while (results.length < txs.length) results.push(undefined);
  return { results };
}
