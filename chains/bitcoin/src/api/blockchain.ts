import { bytesToHex, isHex, isNinefoldError, hexToBytes } from '@ninefold/base';
import { encodeBlock, encodeBlockHeader, hashToHex, txidOf } from '@ninefold/vm-bitcoin-script';
import type { BlockEntry } from '../ledger/chain.ts';
import { checkBlock } from '../ledger/check-block.ts';
import { type Coin, hashCoins } from '../ledger/coins.ts';
import { sizeOnDisk } from '../ledger/disk-size.ts';
import { muHashCoins } from '../ledger/muhash.ts';
import { MEMPOOL_HEIGHT } from '../pool/mempool.ts';
import { decodeMerkleProof, encodeMerkleProof } from '../tx/merkle-proof.ts';
import type { Api } from './api.ts';
import { coinStatistics, setStatistics } from './coin-statistics.ts';
import {
  invalidParameter,
  notFound,
  RPC_DATABASE_ERROR,
  RPC_MISC_ERROR,
  rpcFailure,
  typeError,
  undecodable,
} from './errors.ts';
import {
  difficultyOf,
  formatBits,
  formatBlock,
  formatHeader,
  formatScript,
  formatTarget,
  formatWork,
  hex,
  type Json,
} from './format.ts';
import { amount } from './json.ts';
import { may, methodsOf, need, type RpcMethods, wrongType } from './method.ts';
import { parseHash } from './parse.ts';
import { blockStatistics } from './block-statistics.ts';
import { scanCoins } from './scan.ts';

/** Methods about blocks and coins. */
export function blockchainMethods(api: Api): RpcMethods {
  const { node, format } = api;
  const { chain } = node;

  const blockOf = (value: unknown, name = 'blockhash'): BlockEntry => {
    const entry = chain.entry(parseHash(value, name));
    if (entry === undefined) throw notFound('Block not found');
    return entry;
  };
  /** A block by its hash or its height. */
  const blockAt = (value: unknown): BlockEntry => {
    if (typeof value !== 'number') return blockOf(value, 'hash_or_height');
    if (value < 0) throw invalidParameter(`Target block height ${value} is negative`);
    const entry = chain.at(value);
    if (entry === undefined) {
      throw invalidParameter(`Target block height ${value} after current tip ${chain.tip.height}`);
    }
    return entry;
  };
  const known = (value: unknown): BlockEntry => blockOf(value);
  const guarded = (action: () => void): null => {
    try {
      action();
    } catch (error) {
      if (isNinefoldError(error, 'CHAIN_INVALID_BLOCK')) {
        throw rpcFailure(RPC_DATABASE_ERROR, 'invalid');
      }
      throw error;
    }
    return null;
  };

  return methodsOf('Blockchain', {
    getblockchaininfo: ['Returns the state of block processing.', [], () => blockchainInfo(api)],
    getblockcount: [
      'Returns the height of the most-work fully-validated chain; that of the genesis block is 0.',
      [],
      () => chain.tip.height,
    ],
    getbestblockhash: ['Returns the hash of the tip of the active chain.', [], () => chain.tip.hash],
    getdifficulty: [
      'Returns how much harder a block is to find than the easiest on the main network.',
      [],
      () => difficultyOf(chain.tip.block.header.bits),
    ],
    getblockhash: [
      'Returns the hash of the block of the active chain at a height.',
      [need('height', 'number')],
      (args) => {
        const entry = chain.at(args.integer('height'));
        if (entry === undefined) throw invalidParameter('Block height out of range');
        return entry.hash;
      },
    ],
    getblockheader: [
      'Returns a block without its transactions.',
      [need('blockhash', 'string'), may('verbose', 'bool', 'hex when false')],
      (args) => {
        const entry = known(args.any('blockhash'));
        return args.bool('verbose', true)
          ? formatHeader(node, entry)
          : hex(encodeBlockHeader(entry.block.header));
      },
    ],
    getblock: [
      'Returns a block: as hex at verbosity 0, with ids of transactions at 1, with all of them at 2, with what they spend at 3.',
      [need('blockhash', 'string'), may('verbosity|verbose', 'any')],
      (args) => {
        const entry = known(args.any('blockhash'));
        const verbosity = verbosityOf(args.any('verbosity'), 1);
        return verbosity <= 0 ? hex(encodeBlock(entry.block)) : formatBlock(node, entry, verbosity, format);
      },
    ],
    getblockstats: [
      'Returns figures of a block, amounts in satoshi.',
      [need('hash_or_height', 'any'), may('stats', 'array')],
      (args) => {
        const wanted = args.maybeArray('stats');
        const all = blockStatistics(node, blockAt(args.any('hash_or_height')));
        if (wanted === undefined) return all;
        for (const name of wanted) {
          if (typeof name !== 'string' || !(name in all)) {
            throw invalidParameter(`Invalid selected statistic '${String(name)}'`);
          }
        }
        return Object.fromEntries(wanted.map((name) => [name, all[name as string]]));
      },
    ],
    getblockfilter: [
      'Returns the compact filter of a block (BIP 157).',
      [need('blockhash', 'string'), may('filtertype', 'string', 'basic')],
      (args) => {
        const entry = known(args.any('blockhash'));
        if ((args.maybeString('filtertype') ?? 'basic') !== 'basic') throw notFound('Unknown filtertype');
        const found = api.filters.get(entry);
        if (found === undefined) {
          throw notFound('Filter not found. Block was not connected to active chain.');
        }
        return { filter: hex(found.filter), header: hashToHex(found.header) };
      },
    ],
    getchaintips: [
      'Returns the ends of all branches.',
      [],
      () =>
        [...new Set([...chain.tips(), chain.tip])]
          // An active tip may have children, all of them invalid.
          .sort((a, b) => b.height - a.height)
          .map((entry) => {
            let fork = entry;
            while (!chain.isActive(fork)) fork = fork.parent as BlockEntry;
            const status =
              entry === chain.tip
                ? 'active'
                : chain.invalidReason(entry) === undefined
                  ? chain.undo(entry) === undefined
                    ? 'valid-headers'
                    : 'valid-fork'
                  : 'invalid';
            return { height: entry.height, hash: entry.hash, branchlen: entry.height - fork.height, status };
          }),
    ],
    getchaintxstats: [
      'Returns how many transactions there were in some last blocks.',
      [may('nblocks', 'number'), may('blockhash', 'string')],
      (args) => {
        const end = args.any('blockhash') === undefined ? chain.tip : known(args.any('blockhash'));
        if (!chain.isActive(end)) throw invalidParameter('Block is not in main chain');
        const month = (30 * 24 * 60 * 60) / 600;
        const count = args.integer('nblocks', Math.max(0, Math.min(month, end.height - 1)));
        if (count < 0 || (count > 0 && count >= end.height)) {
          throw invalidParameter("Invalid block count: should be between 0 and the block's height - 1");
        }
        return chainTransactions(chain.at(end.height - count) as BlockEntry, end, count);
      },
    ],
    getdeploymentinfo: [
      'Returns the state of soft forks.',
      [may('blockhash', 'string')],
      (args) =>
        deploymentInfo(api, args.any('blockhash') === undefined ? chain.tip : known(args.any('blockhash'))),
    ],
    gettxout: [
      'Returns an unspent output, or null.',
      [need('txid', 'string'), need('n', 'number'), may('include_mempool', 'bool')],
      (args) => {
        const txid = parseHash(args.any('txid'), 'txid');
        const coin = node.coin(txid, args.unsigned('n'), !args.bool('include_mempool', true));
        return coin === undefined ? null : formatCoin(api, coin);
      },
    ],
    gettxoutsetinfo: [
      'Returns figures of all unspent outputs.',
      [
        may('hash_type', 'string', 'hash_serialized_3, muhash or none'),
        may('hash_or_height', 'any'),
        may('use_index', 'bool'),
      ],
      (args) => {
        const type = args.maybeString('hash_type') ?? 'hash_serialized_3';
        if (args.any('hash_or_height') !== undefined) {
          throw invalidParameter('Querying specific block heights requires coinstatsindex');
        }
        const figures = setStatistics(chain);
        const common = { height: chain.tip.height, bestblock: chain.tip.hash, ...figures };
        switch (type) {
          case 'hash_serialized_3': {
            const { total_amount, ...counts } = common;
            return {
              ...counts,
              hash_serialized_3: hashToHex(hashCoins(chain.coins)),
              total_amount,
              transactions: new Set([...chain.coins.entries()].map(([key]) => key.split(':')[0])).size,
              disk_size: 0,
            };
          }
          case 'muhash':
          case 'none': {
            const { total_amount, ...counts } = common;
            return {
              ...counts,
              muhash: type === 'muhash' ? hashToHex(muHashCoins(chain.coins)) : undefined,
              total_amount,
              ...coinStatistics(node),
            };
          }
          default:
            throw invalidParameter(`'${type}' is not a valid hash_type`);
        }
      },
    ],
    scantxoutset: [
      'Finds the unspent outputs of descriptors.',
      [need('action', 'string', 'start, abort or status'), may('scanobjects', 'array')],
      (args) => {
        const action = args.string('action');
        // A scan is done when it is answered: there is never one under way.
        if (action === 'status') return null;
        if (action === 'abort') return false;
        if (action !== 'start') throw invalidParameter(`Invalid action '${action}'`);
        const objects = args.maybeArray('scanobjects');
        if (objects === undefined) {
          throw rpcFailure(RPC_MISC_ERROR, 'scanobjects argument is required for the start action');
        }
        return scanCoins(api, objects);
      },
    ],
    gettxoutproof: [
      'Returns a proof that transactions are in a block.',
      [need('txids', 'array'), may('blockhash', 'string')],
      (args) => {
        const ids = args.array('txids').map((id) => parseHash(id, 'txid'));
        if (ids.length === 0) throw invalidParameter("Parameter 'txids' cannot be empty");
        if (new Set(ids).size !== ids.length) {
          throw invalidParameter(
            `Invalid parameter, duplicated txid: ${ids.find((id, i) => ids.indexOf(id) !== i)}`,
          );
        }
        const entry =
          args.any('blockhash') === undefined
            ? node.index.get(ids[0] as string)?.block
            : known(args.any('blockhash'));
        if (entry === undefined) throw notFound('Transaction not yet in block');
        const all = entry.block.transactions.map(txidOf);
        const chosen = new Set(ids);
        const shown = all.map(hashToHex);
        if (ids.some((id) => !shown.includes(id))) {
          throw notFound('Not all transactions found in specified or retrieved block');
        }
        return hex(encodeMerkleProof(entry.block.header, all, (i) => chosen.has(shown[i] as string)));
      },
    ],
    verifytxoutproof: [
      'Returns the ids of the transactions that a proof shows to be in a block of the active chain.',
      [need('proof', 'string')],
      (args) => {
        const text = args.string('proof');
        if (!isHex(`0x${text}`)) throw undecodable('Proof decode failed');
        let proof: ReturnType<typeof decodeMerkleProof>;
        try {
          proof = decodeMerkleProof(hexToBytes(`0x${text}`));
        } catch (error) {
          if (isNinefoldError(error, 'PROOF_INVALID')) return [];
          if (isNinefoldError(error)) throw undecodable('Proof decode failed');
          throw error;
        }
        const entry = [...chain.entries()].find(
          ({ block }) =>
            bytesToHex(encodeBlockHeader(block.header)) === bytesToHex(encodeBlockHeader(proof.header)),
        );
        if (entry === undefined || !chain.isActive(entry)) throw notFound('Block not found in chain');
        // A proof of another number of transactions may pass an inner node for one.
        if (entry.block.transactions.length !== proof.count) return [];
        return proof.found.map(({ id }) => hashToHex(id));
      },
    ],
    getindexinfo: [
      'Returns the state of indexes.',
      [may('index_name', 'string')],
      (args) => {
        const state = { synced: true, best_block_height: chain.tip.height };
        const all: Json = { txindex: state, coinstatsindex: state, 'basic block filter index': state };
        const name = args.maybeString('index_name');
        if (name === undefined) return all;
        return name in all ? { [name]: all[name] } : {};
      },
    ],
    invalidateblock: [
      'Treats a block and all that follow it as invalid.',
      [need('blockhash', 'string')],
      (args) => guarded(() => chain.invalidate(known(args.any('blockhash')).hash)),
    ],
    reconsiderblock: [
      'Forgets that a block was found invalid.',
      [need('blockhash', 'string')],
      (args) => guarded(() => chain.reconsider(known(args.any('blockhash')).hash)),
    ],
    verifychain: [
      'Checks the last blocks of the active chain again: whether each follows the one before and is what it commits to.',
      [may('checklevel', 'number'), may('nblocks', 'number', '6; 0 for all')],
      (args) => {
        const asked = args.integer('nblocks', 6);
        const count = asked <= 0 ? chain.tip.height : Math.min(asked, chain.tip.height);
        for (let height = chain.tip.height; height > chain.tip.height - count; height--) {
          const { block, parent } = chain.at(height) as BlockEntry;
          const fits = parent !== undefined && hashToHex(block.header.previousHash) === parent.hash;
          const context = { height, medianTime: parent?.medianTime ?? 0 };
          if (!fits || checkBlock(block, context, chain.params) !== undefined) return false;
        }
        return true;
      },
    ],
    waitforblockheight: [
      'Waits until the active chain has a height.',
      [need('height', 'number'), may('timeout', 'number', 'milliseconds; 0 for none')],
      (args) => waitFor(api, args.integer('timeout', 0), () => chain.tip.height >= args.integer('height')),
    ],
    waitforblock: [
      'Waits until a block is the tip.',
      [need('blockhash', 'string'), may('timeout', 'number', 'milliseconds; 0 for none')],
      (args) => {
        const hash = parseHash(args.any('blockhash'), 'blockhash');
        return waitFor(api, args.integer('timeout', 0), () => chain.tip.hash === hash);
      },
    ],
    waitfornewblock: [
      'Waits until there is another tip.',
      [may('timeout', 'number', 'milliseconds; 0 for none'), may('current_tip', 'string')],
      (args) => {
        const from = args.any('current_tip') ?? chain.tip.hash;
        return waitFor(api, args.integer('timeout', 0), () => chain.tip.hash !== from);
      },
    ],
  });
}

/** How much is shown: a number, or whether anything but hex. */
export function verbosityOf(value: unknown, fallback: number): number {
  if (value === undefined) return fallback;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value !== 'number') throw typeError(wrongType(value, 'number'));
  return value;
}

function blockchainInfo({ node: { chain } }: Api): Json {
  const { tip } = chain;
  const { bits, time } = tip.block.header;
  let headers = 0;
  for (const { height } of chain.entries()) headers = Math.max(headers, height);
  return {
    chain: chain.params.name,
    blocks: tip.height,
    headers,
    bestblockhash: tip.hash,
    bits: formatBits(bits),
    target: formatTarget(bits),
    difficulty: difficultyOf(bits),
    time,
    mediantime: tip.medianTime,
    verificationprogress: 1,
    initialblockdownload: false,
    chainwork: formatWork(tip.chainWork),
    size_on_disk: sizeOnDisk(chain),
    pruned: false,
    warnings: [],
  };
}

function chainTransactions(start: BlockEntry, end: BlockEntry, count: number): Json {
  let all = 0;
  let inWindow = 0;
  for (let at: BlockEntry | undefined = end; at !== undefined; at = at.parent) {
    all += at.block.transactions.length;
    if (at.height > start.height) inWindow += at.block.transactions.length;
  }
  const interval = end.medianTime - start.medianTime;
  return {
    time: end.block.header.time,
    txcount: all,
    window_final_block_hash: end.hash,
    window_final_block_height: end.height,
    window_block_count: count,
    window_interval: count > 0 ? interval : undefined,
    window_tx_count: count > 0 ? inWindow : undefined,
    txrate: count > 0 && interval > 0 ? inWindow / interval : undefined,
  };
}

const NO_TIMEOUT = 9_223_372_036_854_775_807n;

function deploymentInfo({ node: { chain } }: Api, entry: BlockEntry): Json {
  const { params } = chain;
  const buried = (height: number): Json => ({ type: 'buried', active: entry.height + 1 >= height, height });
  return {
    hash: entry.hash,
    height: entry.height,
    deployments: {
      bip34: buried(params.bip34Height),
      bip66: buried(params.bip66Height),
      bip65: buried(params.bip65Height),
      csv: buried(params.csvHeight),
      segwit: buried(params.segwitHeight),
      taproot: {
        type: 'bip9',
        height: 0,
        active: true,
        bip9: {
          start_time: -1,
          timeout: NO_TIMEOUT,
          min_activation_height: 0,
          status: 'active',
          since: 0,
          status_next: 'active',
        },
      },
    },
  };
}

function formatCoin({ node, format }: Api, coin: Coin): Json {
  const { tip } = node.chain;
  return {
    bestblock: tip.hash,
    confirmations: coin.height === MEMPOOL_HEIGHT ? 0 : tip.height - coin.height + 1,
    value: amount(coin.value),
    scriptPubKey: formatScript(coin.scriptPubKey, format),
    coinbase: coin.coinbase,
  };
}

/** Resolves with the tip once a condition holds, or when the time is over. */
async function waitFor({ node: { chain }, wait }: Api, timeout: number, holds: () => boolean): Promise<Json> {
  if (timeout < 0) throw rpcFailure(RPC_MISC_ERROR, 'Negative timeout');
  if (!holds()) {
    await wait(timeout, (done) =>
      chain.events.on('settled', () => {
        if (holds()) done();
      }),
    );
  }
  return { hash: chain.tip.hash, height: chain.tip.height };
}
