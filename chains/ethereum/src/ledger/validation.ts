import type { Bytes, Hex } from '@ninefold/base';
import { bytesToHex, defineErrors, equalBytes } from '@ninefold/base';
import type { ForkName, Rules } from '@ninefold/vm-evm';
import { isAtLeast } from '@ninefold/vm-evm';
import type { ChainConfig } from '../spec/chain-config.ts';
import { DAO_EXTRA_DATA, DAO_EXTRA_DATA_BLOCKS } from '../spec/dao.ts';
import { GAS_PER_BLOB, maxBlobGas } from '../spec/fees.ts';
import type { Block } from './block.ts';
import { encodeBlock, ommersHash } from './block.ts';
import { comparableGasLimit, expectedBaseFee, expectedDifficulty, expectedExcessBlobGas } from './derive.ts';
import type { Header } from './header.ts';
import { EMPTY_OMMERS_HASH, headerHash, ZERO_NONCE } from './header.ts';
import { withdrawalsRoot } from './withdrawal.ts';

export const MAX_EXTRA_DATA_LENGTH = 32;
export const MINIMUM_GAS_LIMIT = 5000n;
const GAS_LIMIT_ADJUSTMENT_FACTOR = 1024n;
const MAX_GAS_LIMIT = 2n ** 63n - 1n;

/** EIP-7934: 10 MiB less room for the beacon block around it. */
export const MAX_RLP_BLOCK_SIZE = 8_388_608;

export const MAX_OMMERS = 2;
/** An ommer's parent is at most so many generations above the block. */
export const MAX_OMMER_DEPTH = 7;

type Mismatch<Value> = { readonly actual: Value; readonly expected: Value };
type HashMismatch = Mismatch<Hex>;

const mismatch =
  (what: string) =>
  ({ actual, expected }: Mismatch<Hex | bigint>): string =>
    `The block's ${what} is ${actual}, but ${expected} follows from what it contains and extends`;

const fail = defineErrors({
  BLOCK_INVALID_NUMBER: mismatch('number') as (c: Mismatch<bigint>) => string,
  BLOCK_INVALID_TIMESTAMP: (c: { readonly actual: bigint; readonly parent: bigint }) =>
    `The block's time ${c.actual} is not after its parent's, ${c.parent}`,
  BLOCK_INVALID_GAS_LIMIT: (c: { readonly actual: bigint; readonly parent: bigint }) =>
    `The gas limit ${c.actual} is too far from the parent's ${c.parent}, or out of bounds`,
  BLOCK_GAS_USED_ABOVE_LIMIT: (c: { readonly gasUsed: bigint; readonly gasLimit: bigint }) =>
    `The block claims ${c.gasUsed} gas, more than its limit ${c.gasLimit}`,
  BLOCK_EXTRA_DATA_TOO_LONG: (c: { readonly length: number }) =>
    `Extra data of ${c.length} bytes: at most ${MAX_EXTRA_DATA_LENGTH} are allowed`,
  BLOCK_INVALID_DAO_EXTRA_DATA: (c: { readonly actual: Bytes }) =>
    `Extra data ${bytesToHex(c.actual)} in the first blocks after the DAO fork`,
  BLOCK_INVALID_DIFFICULTY: mismatch('difficulty') as (c: Mismatch<bigint>) => string,
  BLOCK_INVALID_POW_NONCE: (c: { readonly actual: Hex }) =>
    `Nonce ${c.actual} in a block after the merge: it has to be zero`,
  BLOCK_OMMERS_AFTER_MERGE: () => 'A block after the merge has no ommers',
  BLOCK_INVALID_BASE_FEE: mismatch('base fee') as (c: Mismatch<bigint>) => string,
  BLOCK_INVALID_EXCESS_BLOB_GAS: mismatch('excess blob gas') as (c: Mismatch<bigint>) => string,
  BLOCK_INVALID_BLOB_GAS_USED: mismatch('blob gas') as (c: Mismatch<bigint>) => string,
  BLOCK_BLOB_GAS_ABOVE_LIMIT: (c: { readonly blobGasUsed: bigint; readonly limit: bigint }) =>
    `Blob gas ${c.blobGasUsed} is no multiple of a blob's or above ${c.limit}`,
  BLOCK_HEADER_FIELD: (c: {
    readonly field: string;
    readonly fork: ForkName;
    readonly problem: 'missing' | 'unexpected';
  }) => `Header field ${c.field} is ${c.problem} in ${c.fork}`,
  BLOCK_WITHDRAWALS_FIELD: (c: { readonly fork: ForkName; readonly problem: 'missing' | 'unexpected' }) =>
    `The list of withdrawals is ${c.problem} in ${c.fork}`,
  BLOCK_TOO_LARGE: (c: { readonly length: number }) =>
    `A block of ${c.length} bytes: at most ${MAX_RLP_BLOCK_SIZE} are allowed`,
  BLOCK_INVALID_TRANSACTIONS_ROOT: mismatch('transactions root') as (c: HashMismatch) => string,
  BLOCK_INVALID_OMMERS_HASH: mismatch('ommers hash') as (c: HashMismatch) => string,
  BLOCK_INVALID_WITHDRAWALS_ROOT: mismatch('withdrawals root') as (c: HashMismatch) => string,
  BLOCK_INVALID_GAS_USED: mismatch('gas used') as (c: Mismatch<bigint>) => string,
  BLOCK_INVALID_STATE_ROOT: mismatch('state root') as (c: HashMismatch) => string,
  BLOCK_INVALID_RECEIPTS_ROOT: mismatch('receipts root') as (c: HashMismatch) => string,
  BLOCK_INVALID_LOGS_BLOOM: () => "The block's bloom is not that of its logs",
  BLOCK_INVALID_REQUESTS_HASH: mismatch('requests hash') as (c: HashMismatch) => string,
  BLOCK_TOO_MANY_OMMERS: (c: { readonly count: number }) =>
    `${c.count} ommers: a block has at most ${MAX_OMMERS}`,
  BLOCK_INVALID_OMMER: (c: {
    readonly ommer: Hex;
    readonly problem: 'ancestor' | 'duplicate' | 'parent' | 'header';
  }) => `Ommer ${c.ommer} is refused: ${c.problem}`,
});

/**
 * The rules on a header that need no more than its parent. Proof of work is not checked.
 *
 * @throws `BLOCK_*`
 */
export function validateHeader(config: ChainConfig, rules: Rules, header: Header, parent: Header): void {
  const { fork } = rules;
  if (header.extraData.length > MAX_EXTRA_DATA_LENGTH) {
    throw fail('BLOCK_EXTRA_DATA_TOO_LONG', { length: header.extraData.length });
  }
  if (header.number !== parent.number + 1n) {
    throw fail('BLOCK_INVALID_NUMBER', { actual: header.number, expected: parent.number + 1n });
  }
  if (header.timestamp <= parent.timestamp) {
    throw fail('BLOCK_INVALID_TIMESTAMP', { actual: header.timestamp, parent: parent.timestamp });
  }
  validateGas(fork, header, parent);
  requireFields(header, fork);
  validateDaoExtraData(config, header);
  const difficulty = expectedDifficulty(config, fork, header, parent);
  if (header.difficulty !== difficulty) {
    throw fail('BLOCK_INVALID_DIFFICULTY', { actual: header.difficulty, expected: difficulty });
  }
  if (isAtLeast(fork, 'paris')) validateProofOfStake(header);
  const baseFee = expectedBaseFee(fork, parent);
  if (baseFee !== undefined && header.baseFeePerGas !== baseFee) {
    throw fail('BLOCK_INVALID_BASE_FEE', { actual: header.baseFeePerGas as bigint, expected: baseFee });
  }
  validateBlobGas(rules, header, parent);
}

/** Fields that are there from a fork on, and not before. */
const FIELDS_SINCE: readonly (readonly [keyof Header, ForkName])[] = [
  ['baseFeePerGas', 'london'],
  ['withdrawalsRoot', 'shanghai'],
  ['blobGasUsed', 'cancun'],
  ['excessBlobGas', 'cancun'],
  ['parentBeaconBlockRoot', 'cancun'],
  ['requestsHash', 'prague'],
  ['blockAccessListHash', 'amsterdam'],
  ['slotNumber', 'amsterdam'],
];

function requireFields(header: Header, fork: ForkName): void {
  for (const [field, since] of FIELDS_SINCE) {
    const present = header[field] !== undefined;
    if (present === isAtLeast(fork, since)) continue;
    throw fail('BLOCK_HEADER_FIELD', { field, fork, problem: present ? 'unexpected' : 'missing' });
  }
}

function validateGas(fork: ForkName, header: Header, parent: Header): void {
  const { gasLimit, gasUsed } = header;
  const before = comparableGasLimit(fork, parent);
  const change = gasLimit > before ? gasLimit - before : before - gasLimit;
  const tooFar = change >= before / GAS_LIMIT_ADJUSTMENT_FACTOR;
  if (gasUsed > gasLimit) throw fail('BLOCK_GAS_USED_ABOVE_LIMIT', { gasUsed, gasLimit });
  if (tooFar || gasLimit < MINIMUM_GAS_LIMIT || gasLimit > MAX_GAS_LIMIT) {
    throw fail('BLOCK_INVALID_GAS_LIMIT', { actual: gasLimit, parent: parent.gasLimit });
  }
}

function validateDaoExtraData({ daoForkBlock }: ChainConfig, { number, extraData }: Header): void {
  if (daoForkBlock === undefined || number < daoForkBlock) return;
  if (number < daoForkBlock + DAO_EXTRA_DATA_BLOCKS && !equalBytes(extraData, DAO_EXTRA_DATA)) {
    throw fail('BLOCK_INVALID_DAO_EXTRA_DATA', { actual: extraData });
  }
}

/** EIP-3675 */
function validateProofOfStake(header: Header): void {
  if (header.ommersHash !== EMPTY_OMMERS_HASH) throw fail('BLOCK_OMMERS_AFTER_MERGE', {});
  if (header.nonce !== ZERO_NONCE) throw fail('BLOCK_INVALID_POW_NONCE', { actual: header.nonce });
}

function validateBlobGas(rules: Rules, header: Header, parent: Header): void {
  const { blobSchedule } = rules;
  const expected = expectedExcessBlobGas(rules, parent);
  if (blobSchedule === undefined || expected === undefined) return;
  const blobGasUsed = header.blobGasUsed as bigint;
  const limit = maxBlobGas(blobSchedule);
  if (header.excessBlobGas !== expected) {
    throw fail('BLOCK_INVALID_EXCESS_BLOB_GAS', { actual: header.excessBlobGas as bigint, expected });
  }
  if (blobGasUsed > limit || blobGasUsed % GAS_PER_BLOB !== 0n) {
    throw fail('BLOCK_BLOB_GAS_ABOVE_LIMIT', { blobGasUsed, limit });
  }
}

/**
 * The rules on what a block contains, compared with its header, before anything is executed.
 *
 * @throws `BLOCK_*`
 */
export function validateBody(rules: Rules, block: Block): void {
  const { header, ommers, withdrawals } = block;
  const { fork } = rules;
  if (isAtLeast(fork, 'osaka')) {
    const { length } = encodeBlock(block);
    if (length > MAX_RLP_BLOCK_SIZE) throw fail('BLOCK_TOO_LARGE', { length });
  }
  if ((withdrawals !== undefined) !== isAtLeast(fork, 'shanghai')) {
    const problem = withdrawals === undefined ? 'missing' : 'unexpected';
    throw fail('BLOCK_WITHDRAWALS_FIELD', { fork, problem });
  }
  if (isAtLeast(fork, 'paris') && ommers.length > 0) throw fail('BLOCK_OMMERS_AFTER_MERGE', {});
  if (ommers.length > MAX_OMMERS) throw fail('BLOCK_TOO_MANY_OMMERS', { count: ommers.length });
  const expectedOmmers = ommersHash(ommers);
  if (header.ommersHash !== expectedOmmers) {
    throw fail('BLOCK_INVALID_OMMERS_HASH', { actual: header.ommersHash, expected: expectedOmmers });
  }
  if (withdrawals === undefined) return;
  const expected = withdrawalsRoot(withdrawals);
  if (header.withdrawalsRoot !== expected) {
    throw fail('BLOCK_INVALID_WITHDRAWALS_ROOT', { actual: header.withdrawalsRoot as Hex, expected });
  }
}

/** An ancestor of the block whose ommers are checked. */
export type Ancestor = { readonly hash: Hex; readonly block: Block };

/**
 * The rules on ommers (Yellow Paper, section 11.1): each is a block that might have been an ancestor,
 * of one of the last seven generations, and is counted once. `ancestors` are the block's parent, its
 * parent and so on; `rulesOf` gives the rules an ommer with this parent was made by.
 *
 * @throws `BLOCK_INVALID_OMMER`
 */
export function validateOmmers(
  config: ChainConfig,
  ommers: readonly Header[],
  ancestors: readonly Ancestor[],
  rulesOf: (ommer: Header, parent: Ancestor) => Rules,
): void {
  const seen = new Set<Hex>();
  for (const { block } of ancestors.slice(0, MAX_OMMER_DEPTH)) {
    for (const ommer of block.ommers) seen.add(headerHash(ommer));
  }
  for (const ommer of ommers) {
    const hash = headerHash(ommer);
    if (seen.has(hash)) throw fail('BLOCK_INVALID_OMMER', { ommer: hash, problem: 'duplicate' });
    seen.add(hash);
    // The block's own parent is no ommer's: that would make the ommer its sibling.
    const parent = ancestors.slice(1, MAX_OMMER_DEPTH).find((each) => each.hash === ommer.parentHash);
    if (parent === undefined) throw fail('BLOCK_INVALID_OMMER', { ommer: hash, problem: 'parent' });
    if (ancestors.some((each) => each.hash === hash)) {
      throw fail('BLOCK_INVALID_OMMER', { ommer: hash, problem: 'ancestor' });
    }
    try {
      validateHeader(config, rulesOf(ommer, parent), ommer, parent.block.header);
    } catch (cause) {
      throw fail('BLOCK_INVALID_OMMER', { ommer: hash, problem: 'header' }, { cause });
    }
  }
}

/** What executing a block gave, as its header states it. */
export type ExecutionResult = {
  readonly transactionsRoot: Hex;
  readonly gasUsed: bigint;
  readonly blobGasUsed: bigint;
  readonly stateRoot: Hex;
  readonly receiptsRoot: Hex;
  readonly logsBloom: Bytes;
  readonly requestsHash: Hex | undefined;
};

/** @throws `BLOCK_*` when the header states something else than execution gave */
export function validateResult(header: Header, result: ExecutionResult): void {
  if (header.transactionsRoot !== result.transactionsRoot) {
    const { transactionsRoot: expected } = result;
    throw fail('BLOCK_INVALID_TRANSACTIONS_ROOT', { actual: header.transactionsRoot, expected });
  }
  if (header.gasUsed !== result.gasUsed) {
    throw fail('BLOCK_INVALID_GAS_USED', { actual: header.gasUsed, expected: result.gasUsed });
  }
  if (header.blobGasUsed !== undefined && header.blobGasUsed !== result.blobGasUsed) {
    throw fail('BLOCK_INVALID_BLOB_GAS_USED', { actual: header.blobGasUsed, expected: result.blobGasUsed });
  }
  if (!equalBytes(header.logsBloom, result.logsBloom)) throw fail('BLOCK_INVALID_LOGS_BLOOM', {});
  if (header.receiptsRoot !== result.receiptsRoot) {
    throw fail('BLOCK_INVALID_RECEIPTS_ROOT', { actual: header.receiptsRoot, expected: result.receiptsRoot });
  }
  if (header.requestsHash !== undefined && header.requestsHash !== result.requestsHash) {
    const expected = result.requestsHash as Hex;
    throw fail('BLOCK_INVALID_REQUESTS_HASH', { actual: header.requestsHash, expected });
  }
  if (header.stateRoot !== result.stateRoot) {
    throw fail('BLOCK_INVALID_STATE_ROOT', { actual: header.stateRoot, expected: result.stateRoot });
  }
}
