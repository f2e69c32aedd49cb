import { compareBytes } from '@ninefold/base';
import type { RpcError } from '@ninefold/rpc';
import {
  hashToHex,
  hexToHash,
  type Transaction,
  txidOf,
  virtualSize,
  wtxidOf,
} from '@ninefold/vm-bitcoin-script';
import { isUnspendable } from '../ledger/coins.ts';
import { type Acceptance, isReject, mempoolMinFeeRate } from '../pool/accept.ts';
import { ancestorsOf, descendantsOf, type PoolEntry } from '../pool/mempool.ts';
import { isChildWithParentsTree, type PackageMember } from '../pool/package.ts';
import { type Reject, rejectText } from '../pool/reject.ts';
import { feeAt, MAX_PACKAGE_COUNT } from '../spec/policy.ts';
import { dustOutputs } from '../pool/standard.ts';
import { feeRateOf } from '../tx/amount.ts';
import type { Api } from './api.ts';
import {
  invalidParameter,
  notFound,
  RPC_VERIFY_ALREADY_IN_CHAIN,
  RPC_VERIFY_ERROR,
  RPC_VERIFY_REJECTED,
  rpcFailure,
} from './errors.ts';
import type { Json } from './format.ts';
import { amount } from './json.ts';
import { may, methodsOf, need, type RpcMethods } from './method.ts';
import { MAX_BIP125_RBF_SEQUENCE } from './outputs.ts';
import {
  checkMembers,
  parseAmountValue,
  parseFeeRate,
  parseHash,
  parseTransaction,
  parseObject,
} from './parse.ts';

/** 0.10 BTC/kvB: transactions that pay more are taken for a mistake. */
const DEFAULT_MAX_FEE_RATE = 10_000_000n;
const MAX_FEE_EXCEEDED = 'Fee exceeds maximum configured by user (e.g. -maxtxfee, maxfeerate)';
const MAX_BURN_EXCEEDED = 'Unspendable output exceeds maximum configured by user (maxburnamount)';
const DECODE_FAULT = 'TX decode failed. Make sure the tx has at least one input.';
/** What keeps an entry in memory, besides its bytes: an estimate. */
const ENTRY_OVERHEAD = 600;

/** Methods about transactions that wait. */
export function mempoolMethods(api: Api): RpcMethods {
  const { node } = api;
  const { pool, policy } = node;
  const entryOf = (value: unknown): PoolEntry => {
    const entry = pool.get(parseHash(value, 'txid'));
    if (entry === undefined) throw notFound('Transaction not in mempool');
    return entry;
  };
  const listing = (entries: readonly PoolEntry[], verbose: boolean): unknown =>
    verbose
      ? Object.fromEntries(entries.map((entry) => [entry.id, formatEntry(api, entry)]))
      : entries.map(({ id }) => id);

  return methodsOf('Mempool', {
    getmempoolinfo: [
      'Returns the state of the mempool.',
      [],
      () => ({
        loaded: true,
        size: pool.size,
        bytes: pool.vsize,
        usage: [...pool.entries()].reduce((sum, { weight }) => sum + ENTRY_OVERHEAD + weight, 0),
        total_fee: amount(pool.fees),
        maxmempool: policy.maxMempoolBytes,
        mempoolminfee: amount(BigInt(Math.max(policy.minRelayFeeRate, mempoolMinFeeRate(node.scene)))),
        minrelaytxfee: amount(BigInt(policy.minRelayFeeRate)),
        incrementalrelayfee: amount(BigInt(policy.incrementalRelayFeeRate)),
        unbroadcastcount: pool.size,
        fullrbf: true,
      }),
    ],
    getrawmempool: [
      'Returns the ids of all transactions in the mempool.',
      [may('verbose', 'bool'), may('mempool_sequence', 'bool')],
      (args) => {
        const verbose = args.bool('verbose', false);
        const withSequence = args.bool('mempool_sequence', false);
        if (verbose && withSequence) {
          throw invalidParameter('Verbose results cannot contain mempool sequence values.');
        }
        const list = listing(inListingOrder(api), verbose);
        return withSequence ? { txids: list, mempool_sequence: pool.sequence + 1 } : list;
      },
    ],
    getmempoolentry: [
      'Returns a transaction of the mempool.',
      [need('txid', 'string')],
      (args) => formatEntry(api, entryOf(args.any('txid'))),
    ],
    getmempoolancestors: [
      'Returns what a transaction of the mempool depends on there.',
      [need('txid', 'string'), may('verbose', 'bool')],
      (args) => {
        const entry = entryOf(args.any('txid'));
        const all = [...ancestorsOf([entry])].filter((other) => other !== entry);
        return listing(all, args.bool('verbose', false));
      },
    ],
    getmempooldescendants: [
      'Returns what depends on a transaction of the mempool.',
      [need('txid', 'string'), may('verbose', 'bool')],
      (args) => {
        const entry = entryOf(args.any('txid'));
        const all = [...descendantsOf([entry])].filter((other) => other !== entry);
        return listing(all, args.bool('verbose', false));
      },
    ],
    gettxspendingprevout: [
      'Finds the transactions of the mempool that spend some outputs.',
      [need('outputs', 'array')],
      (args) => {
        const outputs = args.array('outputs').map(parseObject);
        if (outputs.length === 0) throw invalidParameter('Invalid parameter, outputs are missing');
        return outputs.map((output) => {
          checkMembers(output, { txid: 'string', vout: 'number' }, 'all');
          const { txid, vout } = output;
          const id = parseHash(txid, 'txid');
          const at = vout as number;
          if (at < 0) throw invalidParameter('Invalid parameter, vout cannot be negative');
          const spender = pool.spenderOf({ txid: hexToHash(id), vout: at });
          return { txid: id, vout: at, spendingtxid: spender?.id };
        });
      },
    ],
    prioritisetransaction: [
      'Adds to the fee by which a transaction is chosen for blocks.',
      [need('txid', 'string'), may('dummy', 'number'), need('fee_delta', 'number', 'satoshi')],
      (args) => {
        const id = parseHash(args.any('txid'), 'txid');
        if ((args.any('dummy') ?? 0) !== 0) {
          throw invalidParameter(
            'Priority is no longer supported, dummy argument to prioritisetransaction must be 0.',
          );
        }
        const waiting = pool.get(id);
        if (waiting !== undefined && dustOutputs(waiting.tx, policy).length > 0) {
          throw invalidParameter('Priority is not supported for transactions with dust outputs.');
        }
        pool.prioritise(id, BigInt(args.longInteger('fee_delta')));
        return true;
      },
    ],
    getprioritisedtransactions: [
      'Returns what was added to fees.',
      [],
      () =>
        Object.fromEntries(
          [...pool.deltas()].map(([id, delta]) => {
            const entry = pool.get(id);
            const modified = entry && pool.modifiedFee(entry);
            return [id, { fee_delta: delta, in_mempool: entry !== undefined, modified_fee: modified }];
          }),
        ),
    ],
    sendrawtransaction: [
      'Takes a transaction into the mempool.',
      [
        need('hexstring', 'string'),
        may('maxfeerate', 'amount', 'BTC/kvB; 0 for none'),
        may('maxburnamount', 'amount'),
      ],
      (args) => {
        const tx = parseTransaction(args.string('hexstring'), { fault: DECODE_FAULT });
        return sendTransaction(api, tx, {
          maxFeeRate: rateOf(args.any('maxfeerate')),
          maxBurn: args.any('maxburnamount') === undefined ? 0n : parseAmountValue(args.any('maxburnamount')),
        });
      },
    ],
    testmempoolaccept: [
      'Says whether transactions would be taken into the mempool.',
      [need('rawtxs', 'array'), may('maxfeerate', 'amount', 'BTC/kvB; 0 for none')],
      (args) => testAccept(api, args.array('rawtxs'), rateOf(args.any('maxfeerate'))),
    ],
    submitpackage: [
      'Takes transactions into the mempool together: parents first, then the child that pays for them.',
      [
        need('package', 'array'),
        may('maxfeerate', 'amount', 'BTC/kvB; 0 for none'),
        may('maxburnamount', 'amount'),
      ],
      (args) => {
        const maxBurn =
          args.any('maxburnamount') === undefined ? 0n : parseAmountValue(args.any('maxburnamount'));
        return submitPackage(api, args.array('package'), rateOf(args.any('maxfeerate')), maxBurn);
      },
    ],
  });
}

function rateOf(value: unknown): bigint {
  return value === undefined ? DEFAULT_MAX_FEE_RATE : parseFeeRate(value);
}

/** As nodes list them: what depends on fewer first, then what pays best by itself. */
function inListingOrder({ node: { pool } }: Api): PoolEntry[] {
  const keyed = [...pool.entries()].map((entry) => ({
    entry,
    depth: ancestorsOf([entry]).size,
    rate: Number(entry.fee) / entry.vsize,
  }));
  keyed.sort((a, b) => a.depth - b.depth || b.rate - a.rate || compareBytes(b.entry.txid, a.entry.txid));
  return keyed.map(({ entry }) => entry);
}

/** An entry with its figures, and those of its relatives. */
export function formatEntry({ node: { pool } }: Api, entry: PoolEntry): Json {
  const ancestors = ancestorsOf([entry]);
  const above = pool.totalsOf(ancestors);
  const below = pool.totalsOf(descendantsOf([entry]));
  return {
    vsize: entry.vsize,
    weight: entry.weight,
    time: entry.time,
    height: entry.height,
    descendantcount: below.count,
    descendantsize: below.vsize,
    ancestorcount: above.count,
    ancestorsize: above.vsize,
    wtxid: entry.wtxid,
    fees: {
      base: amount(entry.fee),
      modified: amount(pool.modifiedFee(entry)),
      ancestor: amount(above.fees),
      descendant: amount(below.fees),
    },
    depends: [...entry.parents].map(({ id }) => id),
    spentby: [...entry.children].map(({ id }) => id),
    'bip125-replaceable': signalsReplacement(entry.tx, entry),
    unbroadcast: true,
  };
}

/** Whether a transaction, or one it depends on in the mempool, tells that it may be replaced (BIP 125). */
export function signalsReplacement(tx: Transaction, entry: PoolEntry | undefined): boolean {
  const line = entry === undefined ? [tx] : [...ancestorsOf([entry])].map((one) => one.tx);
  return line.some(({ inputs }) => inputs.some(({ sequence }) => sequence <= MAX_BIP125_RBF_SEQUENCE));
}

/** A refusal as the error of `sendrawtransaction`. */
export function rejectFailure(reject: Reject): RpcError {
  if (reject.reason === 'txn-already-known') {
    return rpcFailure(RPC_VERIFY_ALREADY_IN_CHAIN, 'Transaction outputs already in utxo set');
  }
  const code = reject.kind === 'missing-inputs' ? RPC_VERIFY_ERROR : RPC_VERIFY_REJECTED;
  return rpcFailure(code, rejectText(reject));
}

function exceedsRate(fee: bigint, vsize: number, maxFeeRate: bigint): boolean {
  return maxFeeRate > 0n && fee > feeAt(Number(maxFeeRate), vsize);
}

function burns({ outputs }: Transaction, maxBurn: bigint): boolean {
  return outputs.some(({ value, scriptPubKey }) => isUnspendable(scriptPubKey) && value > maxBurn);
}

/** As `sendrawtransaction`: the id of a transaction that is in the mempool now. */
export function sendTransaction(
  { node }: Api,
  tx: Transaction,
  { maxFeeRate, maxBurn }: { readonly maxFeeRate: bigint; readonly maxBurn: bigint },
): string {
  if (burns(tx, maxBurn)) throw rpcFailure(RPC_VERIFY_ERROR, MAX_BURN_EXCEEDED);
  const id = hashToHex(txidOf(tx));
  // It may be told again: that does no harm.
  if (node.pool.get(id) !== undefined) return id;
  const [tested] = node.testAccept([tx]).results as readonly [Acceptance | Reject];
  if (isReject(tested)) throw rejectFailure(tested);
  if (exceedsRate(tested.entry.fee, virtualSize(tx), maxFeeRate)) {
    throw rpcFailure(RPC_VERIFY_ERROR, MAX_FEE_EXCEEDED);
  }
  const result = node.accept(tx);
  if (isReject(result)) throw rejectFailure(result);
  return id;
}

const feesOf = ({ entry, effective, includes }: Acceptance): Json => ({
  base: amount(entry.fee),
  'effective-feerate': amount(feeRateOf(effective.fee, effective.vsize)),
  'effective-includes': includes,
});

function testAccept(api: Api, raw: readonly unknown[], maxFeeRate: bigint): readonly Json[] {
  if (raw.length < 1 || raw.length > MAX_PACKAGE_COUNT) {
    throw invalidParameter(`Array must contain between 1 and ${MAX_PACKAGE_COUNT} transactions.`);
  }
  const txs = raw.map((text) =>
    parseTransaction(String(text), {
      fault: `TX decode failed: ${String(text)} Make sure the tx has at least one input.`,
    }),
  );
  const { fault, results } = api.node.testAccept(txs);
  let stopped = false;
  return txs.map((tx, i) => {
    const names = { txid: hashToHex(txidOf(tx)), wtxid: hashToHex(wtxidOf(tx)), 'package-error': fault };
    const result = results[i];
    if (stopped || result === undefined) return names;
    if (isReject(result)) {
      stopped = true;
      const missing = result.kind === 'missing-inputs';
      return {
        ...names,
        allowed: false,
        'reject-reason': missing ? 'missing-inputs' : result.reason,
        'reject-details': missing ? undefined : rejectText(result),
      };
    }
    if (exceedsRate(result.entry.fee, result.entry.vsize, maxFeeRate)) {
      stopped = true;
      return { ...names, allowed: false, 'reject-reason': 'max-fee-exceeded' };
    }
    return { ...names, allowed: true, vsize: result.entry.vsize, fees: feesOf(result) };
  });
}

function submitPackage(api: Api, raw: readonly unknown[], maxFeeRate: bigint, maxBurn: bigint): Json {
  if (raw.length < 1 || raw.length > MAX_PACKAGE_COUNT) {
    throw invalidParameter(`Array must contain between 1 and ${MAX_PACKAGE_COUNT} transactions.`);
  }
  const txs = raw.map((text) =>
    parseTransaction(String(text), {
      fault: `TX decode failed: ${String(text)} Make sure the tx has at least one input.`,
    }),
  );
  if (txs.some((tx) => burns(tx, maxBurn))) throw rpcFailure(RPC_VERIFY_ERROR, MAX_BURN_EXCEEDED);
  if (txs.length > 1 && !isChildWithParentsTree(txs)) {
    throw rpcFailure(
      RPC_VERIFY_ERROR,
      'package topology disallowed. not child-with-parents or parents depend on each other.',
    );
  }
  const { message, members } = api.node.submitPackage(txs, maxFeeRate);
  const replaced = new Set<string>();
  const results = Object.fromEntries(
    txs.map((tx, i) => {
      const member = members[i] as PackageMember;
      if (member.status === 'accepted') for (const { id } of member.acceptance.replaced) replaced.add(id);
      return [hashToHex(wtxidOf(tx)), formatMember(tx, member)];
    }),
  );
  return { package_msg: message, 'tx-results': results, 'replaced-transactions': [...replaced] };
}

function formatMember(tx: Transaction, member: PackageMember): Json {
  const txid = hashToHex(txidOf(tx));
  switch (member.status) {
    case 'accepted':
      return { txid, vsize: member.acceptance.entry.vsize, fees: feesOf(member.acceptance) };
    case 'known': {
      const other = member.entry.wtxid === hashToHex(wtxidOf(tx)) ? undefined : member.entry.wtxid;
      if (other !== undefined) return { txid, 'other-wtxid': other };
      return { txid, vsize: member.entry.vsize, fees: { base: amount(member.entry.fee) } };
    }
    case 'rejected':
      return { txid, error: rejectText(member.reject) };
    case 'skipped':
      return { txid, error: 'package-not-validated' };
  }
}
