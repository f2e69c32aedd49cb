import type { Bytes, Hex } from '@ninefold/base';
import { bytesToHex, bytesToNumber, concatBytes, defineErrors } from '@ninefold/base';
import { sha256 } from '@ninefold/crypto';
import type { Log } from '@ninefold/vm-evm';

/** EIP-7685: what the execution layer asks of the beacon chain. `data` is all requests of one type. */
export type Requests = { readonly type: number; readonly data: Bytes };

/** EIP-6110, EIP-7002, EIP-7251. */
export const DEPOSIT_REQUESTS = 0;
export const WITHDRAWAL_REQUESTS = 1;
export const CONSOLIDATION_REQUESTS = 2;

/** keccak-256 of `DepositEvent(bytes,bytes,bytes,bytes,bytes)`. */
const DEPOSIT_EVENT: Hex = '0x649bbc62d0e31342afea4e5cd82d4049e7e1ee912fc0889aa790803be39038c5';

/**
 * The five byte strings of a deposit event: where in its data the offset of each leads, and how long
 * each is. EIP-6110 accepts this layout only.
 */
const DEPOSIT_FIELDS: readonly { readonly name: string; readonly offset: number; readonly length: number }[] =
  [
    { name: 'pubkey', offset: 160, length: 48 },
    { name: 'withdrawal_credentials', offset: 256, length: 32 },
    { name: 'amount', offset: 320, length: 8 },
    { name: 'signature', offset: 384, length: 96 },
    { name: 'index', offset: 512, length: 8 },
  ];
const DEPOSIT_EVENT_LENGTH = 576;
const WORD = 32;

const fail = defineErrors({
  BLOCK_INVALID_DEPOSIT_LAYOUT: (c: { readonly reason: string }) =>
    `A log of the deposit contract is no deposit in the layout of EIP-6110: ${c.reason}`,
});

/**
 * The deposits among a block's logs, in their order.
 *
 * @throws `BLOCK_INVALID_DEPOSIT_LAYOUT`: the block is invalid
 */
export function depositRequests(logs: Iterable<Log>, depositContract: Hex): Bytes {
  const deposits: Bytes[] = [];
  for (const { address, topics, data } of logs) {
    if (address === depositContract && topics[0] === DEPOSIT_EVENT) deposits.push(...depositFields(data));
  }
  return concatBytes(...deposits);
}

function depositFields(data: Bytes): readonly Bytes[] {
  if (data.length !== DEPOSIT_EVENT_LENGTH) {
    throw fail('BLOCK_INVALID_DEPOSIT_LAYOUT', { reason: `${data.length} bytes` });
  }
  return DEPOSIT_FIELDS.map(({ name, offset, length }, i) => {
    if (!isWord(data, i * WORD, offset)) {
      throw fail('BLOCK_INVALID_DEPOSIT_LAYOUT', { reason: `offset of ${name}` });
    }
    if (!isWord(data, offset, length)) {
      throw fail('BLOCK_INVALID_DEPOSIT_LAYOUT', { reason: `length of ${name}` });
    }
    return data.subarray(offset + WORD, offset + WORD + length);
  });
}

/** Whether the 256-bit word at `at` is `value`. */
function isWord(data: Bytes, at: number, value: number): boolean {
  for (let i = at; i < at + WORD - 4; i++) if (data[i] !== 0) return false;
  return bytesToNumber(data.subarray(at + WORD - 4, at + WORD)) === value;
}

/** SHA-256 of nothing. */
const NO_REQUESTS_HASH: Hex = '0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** What a header's `requestsHash` commits to: types without requests are left out. */
export function requestsHash(requests: readonly Requests[]): Hex {
  if (requests.length === 0) return NO_REQUESTS_HASH;
  const hashes = requests
    .filter(({ data }) => data.length > 0)
    .map(({ type, data }) => sha256(concatBytes(Uint8Array.of(type), data)));
  return bytesToHex(sha256(concatBytes(...hashes)));
}
