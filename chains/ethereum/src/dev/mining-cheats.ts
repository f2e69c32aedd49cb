import type { MethodTable, Validator } from '@ninefold/rpc';
import { boolean, object, optional, ParamFailure, withDefault } from '@ninefold/rpc';
import { blockJson } from '../api/format.ts';
import { sendersOf } from '../api/lookup.ts';
import { address, hash, looseUint, looseUint64, slot } from '../api/values.ts';
import type { EthereumNode } from '../node.ts';
import { alias, bilingual, setter } from './dialect.ts';
import type { MinedBlock } from './miner.ts';

/** Blocks one call may mine: each is real, and the caller waits for all of them. */
export const MAX_MINED_BLOCKS = 100_000n;

const blockCount: Validator<bigint> = (value) => {
  const count = looseUint64(value);
  if (count > MAX_MINED_BLOCKS)
    throw new ParamFailure(`cannot mine more than ${MAX_MINED_BLOCKS} blocks at once`);
  return count;
};

const mineOptions = object(
  { timestamp: optional(looseUint64), blocks: optional(blockCount) },
  { unknownKeys: 'ignore' },
);

/** `evm_mine` takes a time or an object. */
const mineRequest: Validator<{ readonly timestamp: bigint | undefined; readonly blocks: bigint }> = (
  value,
) => {
  if (value === undefined || value === null) return { timestamp: undefined, blocks: 1n };
  if (typeof value !== 'object') return { timestamp: looseUint64(value), blocks: 1n };
  const { timestamp, blocks } = mineOptions(value);
  return { timestamp, blocks: blocks ?? 1n };
};

/** Cheats about blocks and time. */
export function miningCheats(node: EthereumNode): MethodTable {
  const { miner, pool } = node;
  const mineMany = (blocks: bigint, timestamp?: bigint, interval?: bigint): readonly MinedBlock[] => {
    const mined: MinedBlock[] = [];
    for (let i = 0n; i < blocks; i++) {
      const parent = node.chain.head().block.header.timestamp;
      const time = i === 0n ? timestamp : interval === undefined ? undefined : parent + interval;
      mined.push(miner.mine(time));
    }
    return mined;
  };

  return {
    ...bilingual(
      node,
      ['evm_mine'],
      [mineRequest],
      ([{ blocks, timestamp }]) => mineMany(blocks, timestamp),
      { anvil: () => '0x0', hardhat: () => '0' },
    ),
    ...alias(['evm_mine_detailed', 'anvil_mine_detailed'], [mineRequest], ([{ blocks, timestamp }]) =>
      mineMany(blocks, timestamp).map(({ block }) => blockJson(block.block, sendersOf(block))),
    ),
    ...setter(
      node,
      ['anvil_mine', 'hardhat_mine'],
      [withDefault(blockCount, 1n), optional(looseUint64)],
      ([blocks, interval]) => void mineMany(blocks, undefined, interval),
    ),
    ...bilingual(
      node,
      ['evm_increaseTime', 'anvil_increaseTime'],
      [looseUint64],
      ([seconds]) => {
        // Hardhat counts from the head, which is ahead of the clock when blocks came faster than seconds.
        const ahead = node.chain.head().block.header.timestamp - miner.now();
        const catchUp = node.dialect === 'hardhat' && ahead > 0n ? ahead : 0n;
        miner.update({ timeOffset: miner.state.timeOffset + catchUp + seconds });
        return miner.state.timeOffset;
      },
      { anvil: Number, hardhat: String },
    ),
    ...bilingual(
      node,
      ['evm_setNextBlockTimestamp', 'anvil_setNextBlockTimestamp'],
      [looseUint64],
      ([timestamp]) => {
        miner.setNextTimestamp(timestamp);
        return timestamp;
      },
      { anvil: () => null, hardhat: String },
    ),
    // Older clients give milliseconds: no time of this age has thirteen digits in seconds.
    ...alias(['evm_setTime', 'anvil_setTime'], [looseUint64], ([time]) => {
      const seconds = time > 1_000_000_000_000n ? time / 1000n : time;
      miner.setNow(seconds);
      return Number(miner.state.timeOffset);
    }),
    ...setter(node, ['anvil_setBlockTimestampInterval'], [looseUint64], ([seconds]) =>
      miner.update({ timestampInterval: seconds }),
    ),
    ...alias(['anvil_removeBlockTimestampInterval'], [], () => {
      const had = miner.state.timestampInterval !== undefined;
      miner.update({ timestampInterval: undefined });
      return had;
    }),

    ...alias(['anvil_getAutomine', 'hardhat_getAutomine'], [], () => miner.state.mode.kind === 'auto'),
    ...setter(node, ['evm_setAutomine', 'anvil_setAutomine'], [boolean], ([enabled]) => {
      miner.update({ mode: enabled ? { kind: 'auto' } : { kind: 'manual' } });
      if (enabled) miner.mineReady();
    }),
    ...setter(node, ['evm_setIntervalMining', 'anvil_setIntervalMining'], [looseUint64], ([interval]) => {
      // anvil counts seconds, Hardhat milliseconds.
      const ms = Number(interval) * (node.dialect === 'hardhat' ? 1 : 1000);
      miner.update({ mode: ms === 0 ? { kind: 'manual' } : { kind: 'interval', ms } });
    }),
    ...alias(['anvil_getIntervalMining'], [], () => {
      const { mode } = miner.state;
      return mode.kind === 'interval' ? mode.ms / 1000 : null;
    }),

    // Both nodes answer `true`.
    ...alias(['evm_setBlockGasLimit', 'anvil_setBlockGasLimit'], [looseUint64], ([gasLimit]) => {
      miner.update({ gasLimit });
      return true;
    }),
    ...setter(node, ['anvil_setCoinbase', 'hardhat_setCoinbase'], [address], ([coinbase]) =>
      miner.update({ coinbase }),
    ),
    ...setter(
      node,
      ['anvil_setNextBlockBaseFeePerGas', 'hardhat_setNextBlockBaseFeePerGas'],
      [looseUint],
      ([nextBaseFee]) => miner.update({ nextBaseFee }),
    ),
    ...setter(node, ['anvil_setPrevRandao', 'hardhat_setPrevRandao'], [slot], ([nextPrevRandao]) =>
      miner.update({ nextPrevRandao }),
    ),
    ...setter(node, ['anvil_setMinGasPrice', 'hardhat_setMinGasPrice'], [looseUint], ([minGasPrice]) => {
      node.settings = { ...node.settings, minGasPrice };
    }),

    ...bilingual(
      node,
      ['anvil_dropTransaction', 'hardhat_dropTransaction'],
      [hash],
      ([hash]) => pool.remove(hash),
      { anvil: (dropped) => dropped?.hash ?? null, hardhat: (dropped) => dropped !== undefined },
    ),
    ...setter(node, ['anvil_dropAllTransactions', 'hardhat_dropAllTransactions'], [], () => pool.clear()),
    ...setter(
      node,
      ['anvil_removePoolTransactions', 'hardhat_removePoolTransactions'],
      [address],
      ([sender]) => pool.clear(sender),
    ),
  };
}
