import {
  COINBASE_MATURITY,
  encodeTransaction,
  hashToHex,
  isCoinbase,
  type Transaction,
  wtxidOf,
} from '@ninefold/vm-bitcoin-script';
import { scriptToAddress } from '../tx/address.ts';
import type { Wallet } from '../wallet/wallet.ts';
import type { WalletTransaction } from '../wallet/history.ts';
import type { Api } from './api.ts';
import { invalidParameter, notFound } from './errors.ts';
import { formatTransaction, hex, type Json } from './format.ts';
import { amount } from './json.ts';
import { signalsReplacement } from './mempool.ts';
import { type CallContext, may, methodsOf, need, type RpcMethods } from './method.ts';
import { parseHash } from './parse.ts';

/** Stands for all labels. */
const ANY_LABEL = '*';

/** Methods about what a wallet has sent and received. */
export function walletHistoryMethods(api: Api): RpcMethods {
  const { node, format, wallets } = api;
  const own = ({ wallet }: CallContext): Wallet => wallets.of(wallet);
  const found = (wallet: Wallet, txid: unknown): WalletTransaction => {
    const entry = wallet.history.transaction(parseHash(txid, 'txid'));
    if (entry === undefined) throw notFound('Invalid or non-wallet transaction id');
    return entry;
  };

  return methodsOf('Wallet', {
    gettransaction: [
      'Returns a transaction of the wallet.',
      [need('txid', 'string'), may('include_watchonly', 'bool'), may('verbose', 'bool')],
      (args, context) => {
        const wallet = own(context);
        const entry = found(wallet, args.any('txid'));
        const { net, fee } = effectOf(wallet, entry.tx);
        return {
          amount: amount(net),
          fee: fee === undefined ? undefined : amount(-fee),
          ...placeOf(api, wallet, entry),
          details: detailsOf(api, wallet, entry),
          hex: hex(encodeTransaction(entry.tx)),
          decoded: args.bool('verbose', false)
            ? formatTransaction(entry.tx, format, { hex: false })
            : undefined,
          lastprocessedblock: { hash: node.chain.tip.hash, height: node.chain.tip.height },
        };
      },
    ],
    listtransactions: [
      'Lists what the wallet has sent and received, the latest last.',
      [
        may('label', 'string'),
        may('count', 'number'),
        may('skip', 'number'),
        may('include_watchonly', 'bool'),
      ],
      (args, context) => {
        const wallet = own(context);
        const count = args.integer('count', 10);
        const skip = args.integer('skip', 0);
        if (count < 0) throw invalidParameter('Negative count');
        if (skip < 0) throw invalidParameter('Negative from');
        const label = args.maybeString('label') ?? ANY_LABEL;
        // Nodes turn the whole list round, the lines of each transaction with it.
        const all = wallet.history.transactions().flatMap((entry) => listed(api, wallet, entry).reverse());
        // What is sent has a name as well, but is not asked for by it.
        const chosen =
          label === ANY_LABEL
            ? all
            : all.filter((one) => one['category'] !== 'send' && (one['label'] ?? '') === label);
        const end = Math.max(0, chosen.length - skip);
        return chosen.slice(Math.max(0, end - count), end);
      },
    ],
    listsinceblock: [
      'Lists what has happened since a block.',
      [
        may('blockhash', 'string'),
        may('target_confirmations', 'number'),
        may('include_watchonly', 'bool'),
        may('include_removed', 'bool'),
        may('include_change', 'bool'),
        may('label', 'string'),
      ],
      (args, context) => {
        const wallet = own(context);
        const hash = args.any('blockhash');
        const since = hash === undefined ? undefined : node.chain.entry(parseHash(hash, 'blockhash'));
        if (hash !== undefined && since === undefined) throw notFound('Block not found');
        const target = args.integer('target_confirmations', 1);
        if (target < 1) throw invalidParameter('Invalid parameter');
        // Blocks beside the active chain count from where they left it.
        let fork = since;
        const left: Transaction[] = [];
        for (; fork !== undefined && !node.chain.isActive(fork); fork = fork.parent) {
          left.push(...fork.block.transactions);
        }
        const height = fork?.height ?? -1;
        const withChange = args.bool('include_change', false);
        const label = args.maybeString('label');
        const lines = (entry: WalletTransaction): Json[] =>
          listed(api, wallet, entry, withChange).filter(
            (one) => label === undefined || (one['category'] !== 'send' && (one['label'] ?? '') === label),
          );
        const removed = left.flatMap((tx) => {
          const entry = wallet.history
            .transactions()
            .find((one) => hashToHex(wtxidOf(one.tx)) === hashToHex(wtxidOf(tx)));
          return entry === undefined ? [] : lines(entry);
        });
        const last = node.chain.at(Math.max(0, node.chain.tip.height + 1 - target));
        return {
          transactions: wallet.history
            .transactions()
            .filter(({ block }) => block === undefined || block.height > height)
            .flatMap(lines),
          removed: args.bool('include_removed', true) ? removed : undefined,
          lastblock: last?.hash,
        };
      },
    ],
    abandontransaction: [
      'Gives up a transaction that is in neither a block nor the mempool.',
      [need('txid', 'string')],
      (args, context) => {
        const wallet = own(context);
        const entry = found(wallet, args.any('txid'));
        if (wallet.history.depthOf(entry) !== 0 || wallet.history.isInMempool(entry)) {
          throw notFound('Transaction not eligible for abandonment');
        }
        entry.abandoned = true;
        return null;
      },
    ],
  });
}

/** What a transaction has brought or taken, in satoshi, and what it paid where the wallet pays for it. */
function effectOf(
  wallet: Wallet,
  tx: Transaction,
): { readonly net: bigint; readonly fee: bigint | undefined } {
  const debit = tx.inputs.reduce((sum, _, i) => sum + (wallet.history.spentBy(tx, i)?.value ?? 0n), 0n);
  const credit = tx.outputs.reduce(
    (sum, { value, scriptPubKey }) => (wallet.ownScript(scriptPubKey) === undefined ? sum : sum + value),
    0n,
  );
  const paid = tx.outputs.reduce((sum, { value }) => sum + value, 0n);
  const fee = wallet.history.isFromMe({ tx }) ? debit - paid : undefined;
  return { net: credit - debit + (fee ?? 0n), fee };
}

function placeOf({ node: { pool } }: Api, wallet: Wallet, entry: WalletTransaction): Json {
  const { block, tx, id, time, notes } = entry;
  const wtxid = hashToHex(wtxidOf(tx));
  const place =
    block === undefined
      ? { trusted: wallet.history.isTrusted(entry) }
      : {
          blockhash: block.hash,
          blockheight: block.height,
          blockindex: block.block.transactions.findIndex((other) => hashToHex(wtxidOf(other)) === wtxid),
          blocktime: block.block.header.time,
        };
  const conflicts = wallet.history.conflictsOf(entry).map((other) => other.id);
  const inPool = new Set(tx.inputs.map(({ prevout }) => pool.spenderOf(prevout)?.id));
  return {
    confirmations: wallet.history.depthOf(entry),
    generated: isCoinbase(tx) ? true : undefined,
    ...place,
    txid: id,
    wtxid,
    walletconflicts: conflicts,
    mempoolconflicts: [...inPool].filter((other) => other !== undefined && other !== id),
    time,
    timereceived: time,
    'bip125-replaceable': block === undefined ? replaceability(wallet, entry, pool) : 'no',
    ...Object.fromEntries(notes),
  };
}

/** Whether a transaction without a block tells that it may be replaced, itself or by an ancestor. */
function replaceability(wallet: Wallet, { tx, id }: WalletTransaction, pool: Api['node']['pool']): string {
  const entry = pool.get(id);
  if (signalsReplacement(tx, entry)) return 'yes';
  return entry === undefined ? 'unknown' : 'no';
}

/** Each payment of a transaction: what was sent to others, and what came in that is no change. */
function detailsOf({ format }: Api, wallet: Wallet, entry: WalletTransaction, withChange = false): Json[] {
  const { tx, abandoned } = entry;
  const { fee } = effectOf(wallet, tx);
  const [sent, received]: [Json[], Json[]] = [[], []];
  tx.outputs.forEach(({ value, scriptPubKey }, vout) => {
    const own = wallet.ownScript(scriptPubKey);
    const address = scriptToAddress(scriptPubKey, format);
    const label = wallet.labelOf(scriptPubKey);
    if (fee !== undefined) {
      if (!withChange && wallet.isChange(scriptPubKey)) return;
      sent.push({
        address,
        category: 'send',
        amount: amount(-value),
        label,
        vout,
        fee: amount(-fee),
        abandoned,
      });
    }
    // What a block has made void brings nothing.
    if (own === undefined || wallet.history.depthOf(entry) < 0) return;
    received.push({
      address,
      parent_descs: [own.source.descriptor.toText('normalized')],
      category: categoryOf(wallet, entry),
      amount: amount(value),
      label,
      vout,
      abandoned,
    });
  });
  return [...sent, ...received];
}

function categoryOf(wallet: Wallet, entry: WalletTransaction): string {
  if (!isCoinbase(entry.tx)) return 'receive';
  const depth = wallet.history.depthOf(entry);
  if (depth < 1) return 'orphan';
  return depth <= COINBASE_MATURITY ? 'immature' : 'generate';
}

function listed(api: Api, wallet: Wallet, entry: WalletTransaction, withChange = false): Json[] {
  const place = placeOf(api, wallet, entry);
  return detailsOf(api, wallet, entry, withChange).map((detail) => ({ ...detail, ...place }));
}
