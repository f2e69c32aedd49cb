import type { Bytes, Hex } from '@ninefold/base';
import { hexToBytes } from '@ninefold/base';
import type { Validator } from '@ninefold/rpc';
import { object, optional, ParamFailure } from '@ninefold/rpc';
import type { Log } from '@ninefold/vm-evm';
import { bloomMayContain } from '../ledger/bloom.ts';
import type { BlockTag } from './values.ts';
import { address, blockNumber, hash } from './values.ts';

/** Which logs are wanted: by contract and by topic. */
export type LogCriteria = {
  /** Any of these contracts; empty for all. */
  readonly addresses: readonly Hex[];
  /** Per position any of these topics; empty for all. */
  readonly topics: readonly (readonly Hex[])[];
};

/** Where to look for them. */
export type LogRange =
  | { readonly blockHash: Hex }
  | {
      readonly blockHash: undefined;
      readonly fromBlock: BlockTag | bigint | undefined;
      readonly toBlock: BlockTag | bigint | undefined;
    };

export type LogFilter = LogCriteria & { readonly range: LogRange };

/** geth's limits: more positions than a log has never match, more values are not worth the time. */
export const MAX_TOPICS = 4;
export const MAX_FILTER_VALUES = 1_000;

/** One value or a list of values; `null` and the empty list stand for any. */
function choices(item: Validator<Hex>): Validator<readonly Hex[]> {
  return (value) => {
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) return [item(value)];
    if (value.length > MAX_FILTER_VALUES) {
      throw new ParamFailure(`exceed max addresses or topics per search position`);
    }
    // `null` among the choices makes the whole position match anything.
    return value.includes(null) ? [] : value.map((each) => item(each));
  };
}

const anyAddress = choices(address);
const anyTopic = choices(hash);

const topics: Validator<readonly (readonly Hex[])[]> = (value) => {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new ParamFailure('invalid topics: expected an array');
  if (value.length > MAX_TOPICS) throw new ParamFailure('exceed max topics');
  return value.map(anyTopic);
};

const shape = object(
  {
    blockHash: optional(hash),
    fromBlock: optional(blockNumber),
    toBlock: optional(blockNumber),
    address: anyAddress,
    topics,
  },
  { unknownKeys: 'ignore' },
);

/** The filter object of `eth_getLogs`, `eth_newFilter` and the `logs` subscription. */
export const logFilter: Validator<LogFilter> = (value) => {
  const { blockHash, fromBlock, toBlock, address: addresses, topics } = shape(value);
  if (blockHash === undefined) {
    return { addresses, topics, range: { blockHash, fromBlock, toBlock } };
  }
  if (fromBlock !== undefined || toBlock !== undefined) {
    throw new ParamFailure('cannot specify both BlockHash and FromBlock/ToBlock, choose one or the other');
  }
  return { addresses, topics, range: { blockHash } };
};

/** Whether a log is wanted. */
export function matchesLog({ addresses, topics }: LogCriteria, log: Log): boolean {
  if (addresses.length > 0 && !addresses.includes(log.address)) return false;
  if (topics.length > log.topics.length) return false;
  return topics.every((wanted, i) => wanted.length === 0 || wanted.includes(log.topics[i] as Hex));
}

/** Whether a block with this bloom can have such a log: false is certain, true a guess. */
export function mayHaveLogs({ addresses, topics }: LogCriteria, bloom: Bytes): boolean {
  return [addresses, ...topics].every(
    (wanted) => wanted.length === 0 || wanted.some((value) => bloomMayContain(bloom, hexToBytes(value))),
  );
}
