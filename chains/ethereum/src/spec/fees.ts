import type { BlobSchedule, ForkName } from '@ninefold/vm-evm';
import { isAtLeast } from '@ninefold/vm-evm';

/** EIP-1559. */
export const INITIAL_BASE_FEE = 1_000_000_000n;
const ELASTICITY_MULTIPLIER = 2n;
const BASE_FEE_MAX_CHANGE_DENOMINATOR = 8n;

/** EIP-4844: 2^17, the gas a blob uses. */
export const GAS_PER_BLOB = 131_072n;
const MIN_BASE_FEE_PER_BLOB_GAS = 1n;

/** EIP-7918: a blob costs at least as much as this much gas, in that it else stops getting cheaper. */
const BLOB_BASE_COST = 8_192n;

/** The base fee of the block after `parent`, which is itself a London block. */
export function nextBaseFee(parent: {
  readonly baseFeePerGas: bigint;
  readonly gasUsed: bigint;
  readonly gasLimit: bigint;
}): bigint {
  const { baseFeePerGas, gasUsed } = parent;
  const target = parent.gasLimit / ELASTICITY_MULTIPLIER;
  if (gasUsed === target) return baseFeePerGas;
  if (gasUsed > target) {
    const rise = (baseFeePerGas * (gasUsed - target)) / target / BASE_FEE_MAX_CHANGE_DENOMINATOR;
    return baseFeePerGas + (rise > 0n ? rise : 1n);
  }
  return baseFeePerGas - (baseFeePerGas * (target - gasUsed)) / target / BASE_FEE_MAX_CHANGE_DENOMINATOR;
}

/** EIP-4844: `factor · e^(numerator / denominator)` by its Taylor series in integers. */
export function fakeExponential(factor: bigint, numerator: bigint, denominator: bigint): bigint {
  let sum = 0n;
  let term = factor * denominator;
  for (let i = 1n; term > 0n; i++) {
    sum += term;
    term = (term * numerator) / (denominator * i);
  }
  return sum / denominator;
}

/** Price of a unit of blob gas in a block with this excess. */
export function blobBaseFee(excessBlobGas: bigint, schedule: BlobSchedule): bigint {
  return fakeExponential(MIN_BASE_FEE_PER_BLOB_GAS, excessBlobGas, schedule.updateFraction);
}

/** The most blob gas one block may use. */
export function maxBlobGas(schedule: BlobSchedule): bigint {
  return BigInt(schedule.max) * GAS_PER_BLOB;
}

/**
 * The excess blob gas of the block after `parent`, all parameters being those of that block's own
 * fork. A parent from before Cancun counts as one without blobs.
 */
export function nextExcessBlobGas(
  fork: ForkName,
  schedule: BlobSchedule,
  parent: {
    readonly excessBlobGas: bigint | undefined;
    readonly blobGasUsed: bigint | undefined;
    readonly baseFeePerGas: bigint | undefined;
  },
): bigint {
  const { excessBlobGas = 0n, blobGasUsed = 0n, baseFeePerGas = 0n } = parent;
  const target = BigInt(schedule.target) * GAS_PER_BLOB;
  const total = excessBlobGas + blobGasUsed;
  if (total < target) return 0n;
  if (
    isAtLeast(fork, 'osaka') &&
    BLOB_BASE_COST * baseFeePerGas > GAS_PER_BLOB * blobBaseFee(excessBlobGas, schedule)
  ) {
    return excessBlobGas + (blobGasUsed * BigInt(schedule.max - schedule.target)) / BigInt(schedule.max);
  }
  return total - target;
}
