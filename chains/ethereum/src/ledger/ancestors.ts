import type { Hex } from '@ninefold/base';
import type { ExecutedBlock } from './types.ts';

/**
 * Hashes of `block` and its ancestors by number. The walk goes as far back as it was ever asked for
 * and no further, so the 256 blocks that BLOCKHASH reaches cost only programs that use it.
 */
export function ancestorHashes(
  block: ExecutedBlock,
  blockByHash: (hash: Hex) => ExecutedBlock | undefined,
): (number: bigint) => Hex | undefined {
  const top = block.block.header.number;
  const hashes: Hex[] = [block.hash];
  let lowest: ExecutedBlock | undefined = block;
  return (number) => {
    if (number > top || number < 0n) return undefined;
    const depth = Number(top - number);
    while (hashes.length <= depth && lowest !== undefined) {
      lowest = blockByHash(lowest.block.header.parentHash);
      if (lowest !== undefined) hashes.push(lowest.hash);
    }
    return hashes[depth];
  };
}

/**
 * What it takes to get from head `from` to head `to`: blocks that leave the canonical chain, newest
 * first, and blocks that join it, oldest first.
 */
export function pathBetween(
  from: ExecutedBlock,
  to: ExecutedBlock,
  parentOf: (block: ExecutedBlock) => ExecutedBlock,
): { readonly removed: readonly ExecutedBlock[]; readonly added: readonly ExecutedBlock[] } {
  const removed: ExecutedBlock[] = [];
  const added: ExecutedBlock[] = [];
  let left = from;
  let right = to;
  while (left.hash !== right.hash) {
    const order = left.block.header.number - right.block.header.number;
    if (order >= 0n) {
      removed.push(left);
      left = parentOf(left);
    }
    if (order <= 0n) {
      added.push(right);
      right = parentOf(right);
    }
  }
  return { removed, added: added.reverse() };
}
