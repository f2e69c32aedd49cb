import type { Hex } from '@ninefold/base';
import { bytesToHex, toQuantity, utf8ToBytes } from '@ninefold/base';
import { keccak256 } from '@ninefold/crypto';
import type { MethodTable, Validator } from '@ninefold/rpc';
import { anything, array, boolean, object, optional, ParamFailure, withDefault } from '@ninefold/rpc';
import { serverError } from '../api/errors.ts';
import { signRequest } from '../api/fill.ts';
import { suggestedTip } from '../api/fees.ts';
import type { TransactionRequest } from '../api/requests.ts';
import { transactionRequest } from '../api/requests.ts';
import { bytes, looseUint, looseUint64 } from '../api/values.ts';
import type { ForkName } from '@ninefold/vm-evm';
import type { EthereumNode } from '../node.ts';
import { decodeTransaction } from '../tx/transaction.ts';
import type { SignedTransaction } from '../tx/types.ts';
import { alias, setter } from './dialect.ts';
import { dumpState, loadState } from './state-dump.ts';

type ReorgTransaction = { readonly block: bigint; readonly source: Uint8Array | TransactionRequest };

const reorgPair: Validator<ReorgTransaction> = (value) => {
  if (!Array.isArray(value) || value.length !== 2)
    throw new ParamFailure('expected a pair of transaction and block');
  const source = typeof value[0] === 'string' ? bytes(value[0]) : transactionRequest(value[0]);
  return { source, block: looseUint64(value[1]) };
};

const reorgOptions = object(
  {
    depth: looseUint64,
    tx_block_pairs: withDefault(array(reorgPair, 10_000), []),
    txBlockPairs: withDefault(array(reorgPair, 10_000), []),
  },
  { unknownKeys: 'ignore' },
);

/** Cheats about the chain as a whole: back in time, another branch, out to a file and in again. */
export function chainCheats(node: EthereumNode): MethodTable {
  const { chain, miner } = node;
  const height = (): bigint => chain.head().block.header.number;
  const goBack = (depth: bigint): void => {
    if (depth > height()) {
      throw serverError(
        `rollback depth must not exceed current chain height: depth ${depth}, height ${height()}`,
      );
    }
    node.rollback(depth);
  };

  return {
    ...alias(['evm_snapshot', 'anvil_snapshot'], [], () => node.snapshot()),
    ...alias(['evm_revert', 'anvil_revert'], [looseUint], ([id]) => node.revert(id)),
    ...setter(node, ['anvil_reset', 'hardhat_reset'], [optional(anything)], ([options]) => {
      const forking = (options as { readonly forking?: unknown } | undefined)?.forking;
      if (forking !== undefined && forking !== null)
        throw serverError('forking from another chain is not supported');
      node.reset();
    }),
    ...setter(node, ['anvil_rollback'], [withDefault(looseUint64, 1n)], ([depth]) => goBack(depth)),
    ...setter(node, ['anvil_reorg'], [reorgOptions], ([options], { cancelled }) => {
      const { depth } = options;
      const pairs = [...options.tx_block_pairs, ...options.txBlockPairs];
      const late = pairs.find(({ block }) => block >= depth);
      if (late !== undefined) throw serverError(`block number ${late.block} is out of reorg depth ${depth}`);
      goBack(depth);
      for (let i = 0n; i < depth; i++) {
        const builder = miner.begin();
        for (const { block, source } of pairs) {
          if (block === i) builder.add(toTransaction(source, cancelled));
        }
        miner.append(builder);
      }
    }),
    ...setter(node, ['anvil_setChainId'], [looseUint64], ([chainId]) => chain.configure({ chainId })),
    ...setter(
      node,
      ['anvil_setLoggingEnabled', 'hardhat_setLoggingEnabled'],
      [boolean],
      ([loggingEnabled]) => {
        node.settings = { ...node.settings, loggingEnabled };
      },
    ),
    ...alias(['anvil_dumpState', 'hardhat_dumpState'], [optional(boolean)], () => dumpState(node)),
    ...alias(['anvil_loadState', 'hardhat_loadState'], [bytes], async ([dump]) => {
      await loadState(node, dump);
      return true;
    }),
    ...alias(['anvil_metadata'], [], () => ({ ...metadata(node), snapshots: node.snapshots() })),
    ...alias(['hardhat_metadata'], [], () => metadata(node)),
    ...alias(['anvil_nodeInfo'], [], () => nodeInfo(node)),
    ...alias(['ninefold_instanceId'], [], () => instanceId(node)),
  };

  function toTransaction(source: ReorgTransaction['source'], cancelled?: () => boolean): SignedTransaction {
    if (source instanceof Uint8Array) return decodeTransaction(source);
    return signRequest(node, source, node.deadline(cancelled));
  }
}

/** Tells this node from others, and its life since a reset from the one before. */
function instanceId(node: EthereumNode): Hex {
  return bytesToHex(keccak256(utf8ToBytes(`${node.instance}/${node.chain.genesis().hash}/${node.resets}`)));
}

function metadata(node: EthereumNode): Record<string, unknown> {
  const { block, hash } = node.chain.head();
  return {
    clientVersion: node.clientVersion,
    chainId: Number(node.chainId),
    instanceId: instanceId(node),
    latestBlockNumber: Number(block.header.number),
    latestBlockHash: hash,
  };
}

/** A fork in the tools' spelling, to whom blob schedules are no forks of their own. */
function hardForkName(fork: ForkName): string {
  if (fork.startsWith('bpo')) return 'Osaka';
  return fork === 'tangerineWhistle' ? 'Tangerine' : `${(fork[0] as string).toUpperCase()}${fork.slice(1)}`;
}

/** What cast and forge ask a local node first. */
function nodeInfo(node: EthereumNode): unknown {
  const { block, hash, fork } = node.chain.head();
  const baseFee = node.miner.nextBaseFee();
  return {
    currentBlockNumber: toQuantity(block.header.number),
    currentBlockTimestamp: Number(block.header.timestamp),
    currentBlockHash: hash,
    hardFork: hardForkName(fork),
    transactionOrder: node.miner.order,
    environment: {
      baseFee: toQuantity(baseFee),
      chainId: Number(node.chainId),
      gasLimit: toQuantity(node.miner.state.gasLimit ?? block.header.gasLimit),
      gasPrice: toQuantity(baseFee + suggestedTip(node)),
    },
    forkConfig: { forkUrl: null, forkBlockNumber: null, forkRetryBackoff: null },
  };
}
