import {
  checkTransaction,
  hashToHex,
  isCoinbase,
  SCRIPT_ERRORS,
  SCRIPT_FLAGS,
  sigopCost,
  STANDARD_FLAGS,
  type Transaction,
  txidOf,
  verifyInputs,
  weightOf,
  wtxidOf,
} from '@ninefold/vm-bitcoin-script';
import type { BitcoinChain } from '../ledger/chain.ts';
import { isFinal } from '../ledger/check-block.ts';
import { type Coin, coinKey } from '../ledger/coins.ts';
import { hasLargeOutput } from '../ledger/reduced-data.ts';
import { checkInputs, meetsSequenceLocks } from '../ledger/connect-block.ts';
import {
  ANCESTOR_LIMIT,
  ANCESTOR_SIZE_LIMIT,
  BYTES_PER_SIGOP,
  DESCENDANT_LIMIT,
  DESCENDANT_SIZE_LIMIT,
  EXTRA_DESCENDANT_TX_SIZE_LIMIT,
  feeAt,
  MAX_STANDARD_TX_SIGOPS_COST,
  type Policy,
  TRUC_VERSION,
} from '../spec/policy.ts';
import { feeRateOf } from '../tx/amount.ts';
import { ancestorsOf, descendantsOf, type Mempool, MEMPOOL_HEIGHT, type PoolEntry } from './mempool.ts';
import type { Reject } from './reject.ts';
import type { RollingFee } from './rolling-fee.ts';
import { checkReplacement } from './replace.ts';
import { areInputsStandard, checkStandard, dustOutputs, isTooSmall, isWitnessStandard } from './standard.ts';
import { checkTruc } from './truc.ts';

/** What accepting depends on. */
export type AcceptScene = {
  readonly chain: BitcoinChain;
  readonly pool: Mempool;
  readonly policy: Policy;
  /** Seconds since 1970. */
  readonly now: () => number;
  /** What is asked for since the mempool was full. */
  readonly rollingFee: RollingFee;
};

/** A transaction that may come in. */
export type Acceptance = {
  readonly entry: PoolEntry;
  readonly replaced: ReadonlySet<PoolEntry>;
  /** What it counts as paying, with those it came with: satoshi and virtual bytes. */
  readonly effective: { readonly fee: bigint; readonly vsize: number };
  /** The wtxids this is counted over. */
  readonly includes: readonly string[];
};

/** A transaction that has passed what can be told of it without running scripts. */
export type Workspace = {
  readonly entry: PoolEntry;
  readonly coins: readonly Coin[];
  /** Ancestors in the mempool and before it in its package, without itself. */
  readonly ancestors: ReadonlySet<PoolEntry>;
  readonly conflicts: ReadonlySet<PoolEntry>;
  /** Whether one of `conflicts` is the other child of a version 3 parent, not a double spend. */
  readonly evictsSibling: boolean;
};

/** How a transaction is looked at. */
export type AcceptMode = {
  /** Entries before it in its package. */
  readonly package?: readonly PoolEntry[] | undefined;
  /** Whether the package as a whole pays, so that one alone need not. */
  readonly packageFees?: boolean | undefined;
  /** Satoshi for 1000 virtual bytes that nobody means to pay: 0 or absent for no limit. */
  readonly maxFeeRate?: bigint | undefined;
  /** After a reorganisation: what was in a block already is not measured by fees and limits. */
  readonly bypassLimits?: boolean | undefined;
};

export function isReject(value: object): value is Reject {
  return 'reason' in value;
}

const policy = (reason: string, details?: string): Reject => ({ kind: 'policy', reason, details });
const consensus = (reason: string, details?: string): Reject => ({ kind: 'consensus', reason, details });

/** Virtual bytes as the mempool counts them. */
export function poolVsize(weight: number, sigops: number): number {
  return Math.ceil(Math.max(weight, sigops * BYTES_PER_SIGOP) / 4);
}

/**
 * Everything but the scripts, in Bitcoin Core's order: which reason is told depends on it.
 */
export function preCheck(tx: Transaction, scene: AcceptScene, mode: AcceptMode = {}): Workspace | Reject {
  const { chain, pool } = scene;
  const fault = checkTransaction(tx);
  if (fault !== undefined) return consensus(fault);
  if (isCoinbase(tx)) return consensus('coinbase');
  if (scene.policy.requireStandard) {
    const unusual = checkStandard(tx, scene.policy);
    if (unusual !== undefined) return policy(unusual);
  }
  if (scene.policy.reducedData && hasLargeOutput(tx)) return policy('bad-txns-vout-script-toolarge');
  if (isTooSmall(tx)) return policy('tx-size-small');
  const { tip } = chain;
  if (!isFinal(tx, tip.height + 1, tip.medianTime)) return policy('non-final');
  const txid = txidOf(tx);
  const id = hashToHex(txid);
  const wtxid = hashToHex(wtxidOf(tx));
  if (pool.getByWtxid(wtxid) !== undefined) return policy('txn-already-in-mempool');
  if (pool.get(id) !== undefined) return policy('txn-same-nonwitness-data-in-mempool');
  const conflicts = new Set<PoolEntry>();
  for (const { prevout } of tx.inputs) {
    const spender = pool.spenderOf(prevout);
    if (spender === undefined) continue;
    if (mode.package !== undefined && mode.packageFees !== true)
      return policy('bip125-replacement-disallowed');
    conflicts.add(spender);
  }
  const found = findCoins(tx, txid, scene, mode.package ?? []);
  if (!Array.isArray(found)) return found as Reject;
  const coins = found as readonly Coin[];
  const context = {
    height: tip.height + 1,
    medianTime: tip.medianTime,
    medianTimeAt: (height: number) => (chain.at(height) ?? tip).medianTime,
  };
  const placed = coins.map((coin) =>
    coin.height === MEMPOOL_HEIGHT ? { ...coin, height: tip.height + 1 } : coin,
  );
  if (!meetsSequenceLocks(tx, placed, context)) return policy('non-BIP68-final');
  const fee = checkInputs(tx, placed, tip.height + 1);
  if (typeof fee === 'string') return consensus(fee);
  if (scene.policy.requireStandard && !areInputsStandard(tx, coins)) {
    return policy('bad-txns-nonstandard-inputs');
  }
  if (scene.policy.requireStandard && !isWitnessStandard(tx, coins)) return policy('bad-witness-nonstandard');
  const sigops = sigopCost(tx, coins, STANDARD_FLAGS);
  if (sigops > MAX_STANDARD_TX_SIGOPS_COST) return policy('bad-txns-too-many-sigops', String(sigops));

  const weight = weightOf(tx);
  const entry: PoolEntry = {
    tx,
    txid,
    id,
    wtxid,
    fee,
    weight,
    sigopCost: sigops,
    vsize: poolVsize(weight, sigops),
    time: scene.now(),
    height: tip.height,
    spent: coins,
    parents: parentsOf(tx, pool, mode.package ?? []),
    children: new Set(),
  };
  return preCheckEntry(entry, coins, conflicts, scene, mode);
}

/** Fees and the place in the graph. */
function preCheckEntry(
  entry: PoolEntry,
  coins: readonly Coin[],
  conflicts: Set<PoolEntry>,
  scene: AcceptScene,
  mode: AcceptMode,
): Workspace | Reject {
  const { pool } = scene;
  const modified = entry.fee + pool.deltaOf(entry.id);
  if (scene.policy.requireStandard && (entry.fee !== 0n || modified !== 0n)) {
    if (dustOutputs(entry.tx, scene.policy).length > 0) {
      return policy('dust', 'tx with dust output must be 0-fee');
    }
  }
  const isTruc = entry.tx.version === TRUC_VERSION;
  if (mode.bypassLimits !== true) {
    // But for version 3, no company makes up for a fee that is not relayed.
    const unpaid = isTruc ? undefined : checkRelayFee(modified, entry.vsize, scene.policy);
    if (unpaid !== undefined) return { ...unpaid, kind: 'policy' };
    const poor = mode.packageFees === true ? undefined : checkFeeRate(modified, entry.vsize, scene);
    if (poor !== undefined) return poor;
  }
  const ancestors = ancestorsOf(entry.parents);
  const long = mode.bypassLimits === true ? undefined : checkChainLimits(entry, ancestors, conflicts);
  if (long !== undefined) return long;
  const truc = checkTruc(entry, ancestors, conflicts);
  const sibling = mode.package === undefined ? truc?.sibling : undefined;
  if (truc !== undefined && sibling === undefined) return policy('TRUC-violation', truc.details);
  if (sibling !== undefined) conflicts.add(sibling);
  for (const ancestor of ancestors) {
    if (!conflicts.has(ancestor)) continue;
    const details = `${entry.id} spends conflicting transaction ${ancestor.id}`;
    return consensus('bad-txns-spends-conflicting-tx', details);
  }
  return { entry, coins, ancestors, conflicts, evictsSibling: sibling !== undefined };
}

/** What the inputs spend: coins of the chain, of the mempool, of the package. */
function findCoins(
  tx: Transaction,
  txid: Uint8Array,
  { chain, pool }: AcceptScene,
  before: readonly PoolEntry[],
): readonly Coin[] | Reject {
  const coins: Coin[] = [];
  for (const { prevout } of tx.inputs) {
    const id = hashToHex(prevout.txid);
    const output = before.find((entry) => entry.id === id)?.tx.outputs[prevout.vout];
    const coin =
      chain.coins.get(coinKey(prevout)) ??
      pool.coin(id, prevout.vout) ??
      (output && { ...output, height: MEMPOOL_HEIGHT, coinbase: false });
    if (coin === undefined) {
      // Its outputs are coins already: it is in a block, and that is why its inputs are not there.
      const known = tx.outputs.some((_, vout) => chain.coins.get(coinKey({ txid, vout })) !== undefined);
      if (known) return { kind: 'consensus', reason: 'txn-already-known' };
      return { kind: 'missing-inputs', reason: 'bad-txns-inputs-missingorspent' };
    }
    coins.push(coin);
  }
  return coins;
}

function parentsOf({ inputs }: Transaction, pool: Mempool, before: readonly PoolEntry[]): Set<PoolEntry> {
  const parents = new Set<PoolEntry>();
  for (const { prevout } of inputs) {
    const id = hashToHex(prevout.txid);
    const parent = pool.get(id) ?? before.find((entry) => entry.id === id);
    if (parent !== undefined) parents.add(parent);
  }
  return parents;
}

/** The rate that the mempool asks for now, in satoshi for 1000 virtual bytes; 0 while it has room. */
export function mempoolMinFeeRate({ pool, policy: { maxMempoolBytes }, rollingFee }: AcceptScene): number {
  return rollingFee.rate(pool.vsize / maxMempoolBytes);
}

const tooLow = (reason: string, fee: bigint, least: bigint): Reject | undefined =>
  fee >= least ? undefined : { kind: 'reconsiderable', reason, details: `${fee} < ${least}` };

function checkRelayFee(fee: bigint, vsize: number, { minRelayFeeRate }: Policy): Reject | undefined {
  return tooLow('min relay fee not met', fee, feeAt(minRelayFeeRate, vsize));
}

/** Why a fee is too low for the mempool as it is, or to be relayed at all. */
export function checkFeeRate(fee: bigint, vsize: number, scene: AcceptScene): Reject | undefined {
  return (
    tooLow('mempool min fee not met', fee, feeAt(mempoolMinFeeRate(scene), vsize)) ??
    checkRelayFee(fee, vsize, scene.policy)
  );
}

/** Why a transaction pays more than its sender can have meant. */
export function checkMaxFeeRate(
  entry: PoolEntry,
  { pool }: AcceptScene,
  { maxFeeRate = 0n }: AcceptMode,
): Reject | undefined {
  if (maxFeeRate === 0n || feeRateOf(pool.modifiedFee(entry), entry.vsize) <= maxFeeRate) return undefined;
  return policy('max feerate exceeded');
}

function checkChainLimits(
  entry: PoolEntry,
  ancestors: ReadonlySet<PoolEntry>,
  conflicts: ReadonlySet<PoolEntry>,
): Reject | undefined {
  // What is replaced makes room.
  const room = conflicts.size === 1 ? 1 : 0;
  const [conflict] = conflicts;
  let sizeRoom = 0;
  if (room === 1 && conflict !== undefined) {
    for (const { vsize } of descendantsOf([conflict])) sizeRoom += vsize;
  }
  const fault = chainFault(entry, ancestors, ANCESTOR_LIMIT, DESCENDANT_LIMIT + room, sizeRoom);
  if (fault === undefined) return undefined;
  const mayCarve = entry.vsize <= EXTRA_DESCENDANT_TX_SIZE_LIMIT && entry.tx.version !== TRUC_VERSION;
  const extra = sizeRoom + EXTRA_DESCENDANT_TX_SIZE_LIMIT;
  if (mayCarve && chainFault(entry, ancestors, 2, DESCENDANT_LIMIT + room + 1, extra) === undefined) {
    return undefined;
  }
  return policy('too-long-mempool-chain', fault);
}

function chainFault(
  entry: PoolEntry,
  ancestors: ReadonlySet<PoolEntry>,
  ancestorLimit: number,
  descendantLimit: number,
  sizeRoom: number,
): string | undefined {
  let size = entry.vsize;
  for (const ancestor of ancestors) {
    const below = descendantsOf([ancestor]);
    below.delete(entry);
    let belowSize = entry.vsize;
    for (const { vsize } of below) belowSize += vsize;
    size += ancestor.vsize;
    if (belowSize > DESCENDANT_SIZE_LIMIT + sizeRoom) {
      return `exceeds descendant size limit for tx ${ancestor.id} [limit: ${DESCENDANT_SIZE_LIMIT + sizeRoom}]`;
    }
    if (below.size + 1 > descendantLimit) {
      return `too many descendants for tx ${ancestor.id} [limit: ${descendantLimit}]`;
    }
    if (size > ANCESTOR_SIZE_LIMIT) return `exceeds ancestor size limit [limit: ${ANCESTOR_SIZE_LIMIT}]`;
  }
  return ancestors.size + 1 > ancestorLimit
    ? `too many unconfirmed ancestors [limit: ${ancestorLimit}]`
    : undefined;
}

/** Runs the scripts by the rules of relay, which hold those of blocks. */
export function checkScripts({ entry, coins }: Workspace, rules: Policy): Reject | undefined {
  const { tx } = entry;
  const flags = rules.reducedData ? STANDARD_FLAGS | SCRIPT_FLAGS.REDUCED_DATA : STANDARD_FLAGS;
  const failure = verifyInputs(tx, coins, flags);
  if (failure === undefined) return undefined;
  const { txid, vout } = (tx.inputs[failure.index] as Transaction['inputs'][0]).prevout;
  return {
    kind: 'consensus',
    reason: `mempool-script-verify-flag-failed (${SCRIPT_ERRORS[failure.error]})`,
    details:
      `input ${failure.index} of ${entry.id} (wtxid ${entry.wtxid}), ` +
      `spending ${hashToHex(txid)}:${vout}`,
  };
}

/** What dust an ancestor left that an entry of it does not spend along. */
export function checkEphemeralSpends(entry: PoolEntry, { policy: rules }: AcceptScene): Reject | undefined {
  if (!rules.requireStandard) return undefined;
  const spends = new Set(entry.tx.inputs.map(({ prevout }) => coinKey(prevout)));
  for (const parent of entry.parents) {
    for (const vout of dustOutputs(parent.tx, rules)) {
      if (spends.has(coinKey({ txid: parent.txid, vout }))) continue;
      return policy(
        'missing-ephemeral-spends',
        `tx ${entry.id} (wtxid=${entry.wtxid}) did not spend parent's ephemeral dust`,
      );
    }
  }
  return undefined;
}

/**
 * Whether a transaction may come in by itself. Changes nothing.
 *
 * @example
 * const result = checkAcceptance(tx, scene);
 * if (!isReject(result)) commit(result, scene);
 */
export function checkAcceptance(
  tx: Transaction,
  scene: AcceptScene,
  mode: AcceptMode = {},
): Acceptance | Reject {
  const workspace = preCheck(tx, scene, mode);
  if (isReject(workspace)) return workspace;
  const { entry, conflicts } = workspace;
  const dear = checkMaxFeeRate(entry, scene, mode);
  if (dear !== undefined) return dear;
  let replaced: ReadonlySet<PoolEntry> = new Set();
  if (conflicts.size > 0) {
    const suffix = workspace.evictsSibling ? ' (including sibling eviction)' : '';
    const result = checkReplacement(entry, conflicts, scene.pool, scene.policy, suffix);
    if (isReject(result)) return result;
    ({ replaced } = result);
  }
  const dusty = mode.bypassLimits === true ? undefined : checkEphemeralSpends(entry, scene);
  const failure = dusty ?? checkScripts(workspace, scene.policy);
  if (failure !== undefined) return failure;
  const fee = scene.pool.modifiedFee(entry);
  return { entry, replaced, effective: { fee, vsize: entry.vsize }, includes: [entry.wtxid] };
}

/** Puts what was accepted in, and takes out what it replaces. */
export function commitAcceptance({ entry, replaced }: Acceptance, { pool }: AcceptScene): void {
  pool.remove(replaced, 'replaced');
  pool.add(entry);
}

/**
 * Takes a transaction in, if it may.
 */
export function acceptTransaction(
  tx: Transaction,
  scene: AcceptScene,
  mode: AcceptMode = {},
): Acceptance | Reject {
  const result = checkAcceptance(tx, scene, mode);
  if (isReject(result)) return result;
  commitAcceptance(result, scene);
  if (!trimToSize(scene).has(result.entry)) return result;
  return { kind: 'policy', reason: 'mempool full' };
}

/** Drops what pays least, with all that depends on it, until the rest fits. */
export function trimToSize(scene: AcceptScene): ReadonlySet<PoolEntry> {
  const {
    pool,
    policy: { maxMempoolBytes },
  } = scene;
  const dropped = new Set<PoolEntry>();
  while (pool.vsize > maxMempoolBytes) {
    let worst:
      | { readonly entries: Set<PoolEntry>; readonly fees: bigint; readonly vsize: number }
      | undefined;
    for (const entry of pool.entries()) {
      const entries = descendantsOf([entry]);
      const { fees, vsize } = pool.totalsOf(entries);
      if (worst === undefined || fees * BigInt(worst.vsize) < worst.fees * BigInt(vsize)) {
        worst = { entries, fees, vsize };
      }
    }
    if (worst === undefined) break;
    for (const entry of worst.entries) dropped.add(entry);
    scene.rollingFee.dropped(worst.fees, worst.vsize);
    pool.remove(worst.entries, 'sizelimit');
  }
  return dropped;
}
