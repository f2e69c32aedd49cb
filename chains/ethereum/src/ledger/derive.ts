import type { BlockEnvironment, BlobSchedule, ForkName, Rules } from '@ninefold/vm-evm';
import { isAtLeast } from '@ninefold/vm-evm';
import type { ChainConfig } from '../spec/chain-config.ts';
import { nextDifficulty } from '../spec/difficulty.ts';
import { blobBaseFee, INITIAL_BASE_FEE, nextBaseFee, nextExcessBlobGas } from '../spec/fees.ts';
import type { Header } from './header.ts';
import { EMPTY_OMMERS_HASH } from './header.ts';

// What a header must say because of its parent: the builder writes it, the validation compares it.

/** The difficulty of the block after `parent`. */
export function expectedDifficulty(
  config: ChainConfig,
  fork: ForkName,
  block: { readonly number: bigint; readonly timestamp: bigint },
  parent: Header,
): bigint {
  if (isAtLeast(fork, 'paris')) return 0n;
  const { difficulty, timestamp } = parent;
  const hasOmmers = parent.ommersHash !== EMPTY_OMMERS_HASH;
  return nextDifficulty(config, fork, block, { difficulty, timestamp, hasOmmers });
}

/** The base fee of the block after `parent`; none before London (EIP-1559). */
export function expectedBaseFee(fork: ForkName, parent: Header): bigint | undefined {
  if (!isAtLeast(fork, 'london')) return undefined;
  const { baseFeePerGas, gasLimit, gasUsed } = parent;
  return baseFeePerGas === undefined ? INITIAL_BASE_FEE : nextBaseFee({ baseFeePerGas, gasLimit, gasUsed });
}

/** The excess blob gas of the block after `parent`; none before Cancun (EIP-4844, EIP-7918). */
export function expectedExcessBlobGas({ fork, blobSchedule }: Rules, parent: Header): bigint | undefined {
  return blobSchedule === undefined ? undefined : nextExcessBlobGas(fork, blobSchedule, parent);
}

/** The parent's gas limit as the rule on its change sees it: at the London block it counts double. */
export function comparableGasLimit(fork: ForkName, parent: Header): bigint {
  const isLondonBlock = isAtLeast(fork, 'london') && parent.baseFeePerGas === undefined;
  return isLondonBlock ? 2n * parent.gasLimit : parent.gasLimit;
}

/** What transactions in the block with this header see of it. */
export function environmentOf(
  header: Omit<Header, 'stateRoot' | 'transactionsRoot' | 'receiptsRoot' | 'logsBloom' | 'gasUsed'>,
  chainId: bigint,
  blobSchedule: BlobSchedule | undefined,
): BlockEnvironment {
  return {
    chainId,
    number: header.number,
    timestamp: header.timestamp,
    gasLimit: header.gasLimit,
    coinbase: header.beneficiary,
    difficulty: header.difficulty,
    prevRandao: header.mixHash,
    baseFee: header.baseFeePerGas ?? 0n,
    blobBaseFee:
      header.excessBlobGas === undefined || blobSchedule === undefined
        ? 0n
        : blobBaseFee(header.excessBlobGas, blobSchedule),
    slotNumber: header.slotNumber ?? 0n,
  };
}
