import { toQuantity } from '@ninefold/base';
import type { MethodTable, Validator } from '@ninefold/rpc';
import { boolean, query, withDefault } from '@ninefold/rpc';
import type { ExecutedBlock } from '../ledger/types.ts';
import type { EthereumNode } from '../node.ts';
import { senderOf } from '../tx/signature.ts';
import { blockJson, ommerJson, receiptJson } from './format.ts';
import { receiptContexts, sendersOf } from './lookup.ts';
import type { BlockHashRef, BlockTag } from './values.ts';
import { blockNumber, blockRef, hash, uint64 } from './values.ts';

const byHash: Validator<BlockHashRef> = (value) => ({ hash: hash(value), requireCanonical: false });
const inFull = withDefault(boolean, false);

/** `eth_getBlock*`, `eth_getUncle*` and the number of the head. Unknown blocks give `null`. */
export function blockMethods(node: EthereumNode): MethodTable {
  const countTransactions = (ref: BlockTag | bigint | BlockHashRef): unknown => {
    const found = node.findOrBuild(ref);
    return found && toQuantity(found.block.transactions.length);
  };
  const countOmmers = (ref: BlockTag | bigint | BlockHashRef): unknown =>
    node.find(ref) && toQuantity((node.find(ref) as ExecutedBlock).block.ommers.length);
  const ommer = (ref: BlockTag | bigint | BlockHashRef, index: bigint): unknown => {
    const header = node.find(ref)?.block.ommers[Number(index)];
    return header && ommerJson(header);
  };
  const getBlock = (ref: BlockTag | bigint | BlockHashRef, full: boolean): unknown => {
    if (ref === 'pending') return pendingBlockJson(node, full);
    const found = node.find(ref);
    return found && blockJson(found.block, full ? sendersOf(found) : undefined);
  };

  return {
    eth_blockNumber: query([], () => toQuantity(node.chain.head().block.header.number)),
    eth_getBlockByHash: query([byHash, inFull], ([ref, full]) => getBlock(ref, full)),
    eth_getBlockByNumber: query([blockNumber, inFull], ([ref, full]) => getBlock(ref, full)),
    eth_getBlockTransactionCountByHash: query([byHash], ([ref]) => countTransactions(ref)),
    eth_getBlockTransactionCountByNumber: query([blockNumber], ([ref]) => countTransactions(ref)),
    eth_getUncleCountByBlockHash: query([byHash], ([ref]) => countOmmers(ref)),
    eth_getUncleCountByBlockNumber: query([blockNumber], ([ref]) => countOmmers(ref)),
    eth_getUncleByBlockHashAndIndex: query([byHash, uint64], ([ref, index]) => ommer(ref, index)),
    eth_getUncleByBlockNumberAndIndex: query([blockNumber, uint64], ([ref, index]) => ommer(ref, index)),
    eth_getBlockReceipts: query([blockRef], ([ref]) => {
      const found = node.findOrBuild(ref);
      return found && receiptContexts(node, found).map(receiptJson);
    }),
  };
}

/** The block that would be mined now: what only sealing decides is `null`, as in geth. */
function pendingBlockJson(node: EthereumNode, full: boolean): unknown {
  const { block } = node.pendingBlock();
  const json = blockJson(block, full ? block.transactions.map((each) => senderOf(each, true)) : undefined);
  return { ...json, hash: null, nonce: null, miner: null };
}
