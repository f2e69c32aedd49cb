import type { Hex } from '@ninefold/base';
import { bytesToHex, concatBytes, hexToBytes, isNinefoldError } from '@ninefold/base';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codecLaws } from '../../../../packages/codec/test/laws.ts';
import type { Block } from '../../src/ledger/block.ts';
import { decodeBlock, encodeBlock, ommersHash, transactionsRoot } from '../../src/ledger/block.ts';
import { bloomMayContain, joinBlooms, logsBloom } from '../../src/ledger/bloom.ts';
import type { Header } from '../../src/ledger/header.ts';
import {
  decodeHeader,
  EMPTY_OMMERS_HASH,
  EMPTY_ROOT,
  encodeHeader,
  headerHash,
  ZERO_ADDRESS,
  ZERO_HASH,
} from '../../src/ledger/header.ts';
import type { Receipt } from '../../src/ledger/receipt.ts';
import { decodeReceipt, encodeReceipt, receiptsRoot } from '../../src/ledger/receipt.ts';
import { depositRequests, requestsHash } from '../../src/ledger/requests.ts';
import { withdrawalsRoot } from '../../src/ledger/withdrawal.ts';
import { address, hex, transactions, u256, u64, word } from '../tx/arbitraries.ts';

const plain = { noNullPrototype: true } as const;
const bloom = fc.uint8Array({ minLength: 256, maxLength: 256 });

const later: readonly (readonly [keyof Header, fc.Arbitrary<bigint | Hex>])[] = [
  ['baseFeePerGas', u256],
  ['withdrawalsRoot', word],
  ['blobGasUsed', u64],
  ['excessBlobGas', u64],
  ['parentBeaconBlockRoot', word],
  ['requestsHash', word],
  ['blockAccessListHash', word],
  ['slotNumber', u64],
];

/** Headers of all forks: a number of the later fields, the others undefined. */
const headers: fc.Arbitrary<Header> = fc.nat(later.length).chain(
  (count) =>
    fc.record(
      {
        parentHash: word,
        ommersHash: word,
        beneficiary: address,
        stateRoot: word,
        transactionsRoot: word,
        receiptsRoot: word,
        logsBloom: bloom,
        difficulty: u256,
        number: u64,
        gasLimit: u64,
        gasUsed: u64,
        timestamp: u64,
        extraData: fc.uint8Array({ maxLength: 40 }),
        mixHash: word,
        nonce: hex(8),
        ...Object.fromEntries(
          later.map(([name, value], i) => [name, i < count ? value : fc.constant(undefined)]),
        ),
      },
      plain,
    ) as unknown as fc.Arbitrary<Header>,
);

const withdrawal = fc.record({ index: u64, validatorIndex: u64, address, amount: u64 }, plain);
const logs = fc.array(
  fc.record(
    { address, topics: fc.array(word, { maxLength: 4 }), data: fc.uint8Array({ maxLength: 40 }) },
    plain,
  ),
  { maxLength: 3 },
);

const blocks: fc.Arbitrary<Block> = fc.record(
  {
    header: headers,
    transactions: fc.array(transactions, { maxLength: 3 }),
    ommers: fc.array(headers, { maxLength: 2 }),
    withdrawals: fc.option(fc.array(withdrawal, { maxLength: 2 }), { nil: undefined }),
  },
  plain,
);

const receipts: fc.Arbitrary<Receipt> = fc.record(
  {
    type: fc.constantFrom(0 as const, 1 as const, 2 as const, 3 as const, 4 as const),
    outcome: fc.oneof(fc.boolean(), word),
    cumulativeGasUsed: u64,
    logsBloom: bloom,
    logs,
  },
  plain,
);

const STRUCTURE_ERRORS = ['ETH_MALFORMED_RLP', 'ETH_FIELD_COUNT', 'ETH_INVALID_FIELD'];

codecLaws({
  name: 'headers',
  encode: encodeHeader,
  decode: decodeHeader,
  values: headers,
  errors: STRUCTURE_ERRORS,
});
codecLaws({
  name: 'receipts',
  encode: encodeReceipt,
  decode: decodeReceipt,
  values: receipts,
  errors: STRUCTURE_ERRORS,
});
codecLaws({
  name: 'blocks',
  encode: encodeBlock,
  decode: decodeBlock,
  values: blocks,
  errors: [...STRUCTURE_ERRORS, 'TX_EMPTY', 'TX_TYPE_UNKNOWN'],
});

/** The header of Ethereum's genesis block. */
const genesis: Header = {
  parentHash: ZERO_HASH,
  ommersHash: EMPTY_OMMERS_HASH,
  beneficiary: ZERO_ADDRESS,
  stateRoot: '0xd7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544',
  transactionsRoot: EMPTY_ROOT,
  receiptsRoot: EMPTY_ROOT,
  logsBloom: new Uint8Array(256),
  difficulty: 17_179_869_184n,
  number: 0n,
  gasLimit: 5000n,
  gasUsed: 0n,
  timestamp: 0n,
  extraData: hexToBytes('0x11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa'),
  mixHash: ZERO_HASH,
  nonce: '0x0000000000000042',
  baseFeePerGas: undefined,
  withdrawalsRoot: undefined,
  blobGasUsed: undefined,
  excessBlobGas: undefined,
  parentBeaconBlockRoot: undefined,
  requestsHash: undefined,
  blockAccessListHash: undefined,
  slotNumber: undefined,
};

describe('headers', () => {
  it('hash to the identity of the block', () => {
    expect(headerHash(genesis)).toBe('0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3');
    expect(headerHash(decodeHeader(encodeHeader(genesis)))).toBe(headerHash(genesis));
  });
});

describe('commitments to nothing', () => {
  it('are the constants of the protocol', () => {
    expect(transactionsRoot([])).toBe(EMPTY_ROOT);
    expect(receiptsRoot([])).toBe(EMPTY_ROOT);
    expect(withdrawalsRoot([])).toBe(EMPTY_ROOT);
    expect(ommersHash([])).toBe(EMPTY_OMMERS_HASH);
    expect(requestsHash([])).toBe('0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });
});

describe('blooms', () => {
  it('contain every address and topic of their logs', () => {
    fc.assert(
      fc.property(logs, (list) => {
        const filter = logsBloom(list);
        for (const { address: from, topics } of list) {
          expect(bloomMayContain(filter, hexToBytes(from))).toBe(true);
          for (const topic of topics) expect(bloomMayContain(filter, hexToBytes(topic))).toBe(true);
        }
      }),
    );
  });

  it('join to the bloom of all logs', () => {
    fc.assert(
      fc.property(fc.array(logs, { maxLength: 4 }), (lists) => {
        expect(joinBlooms(lists.map((list) => logsBloom(list)))).toEqual(logsBloom(lists.flat()).slice());
      }),
    );
  });

  it('set at most three bits an entry, counted from the last byte', () => {
    const filter = logsBloom([{ address: ZERO_ADDRESS, topics: [], data: new Uint8Array(0) }]);
    const bits = Array.from(filter).reduce(
      (sum, byte) => sum + byte.toString(2).replaceAll('0', '').length,
      0,
    );
    expect(bits).toBeGreaterThan(0);
    expect(bits).toBeLessThanOrEqual(3);
    expect(bloomMayContain(filter, hexToBytes(`0x${'11'.repeat(20)}`))).toBe(false);
  });
});

describe('deposit requests', () => {
  const contract: Hex = '0x00000000219ab540356cbb839cbe05303d7705fa';
  const event: Hex = '0x649bbc62d0e31342afea4e5cd82d4049e7e1ee912fc0889aa790803be39038c5';
  const uint = (value: number): Uint8Array => hexToBytes(`0x${value.toString(16).padStart(64, '0')}`);
  const field = (length: number, fill: number): Uint8Array => {
    const padded = new Uint8Array(Math.ceil(length / 32) * 32);
    padded.fill(fill, 0, length);
    return concatBytes(uint(length), padded);
  };
  const data = concatBytes(
    ...[160, 256, 320, 384, 512].map(uint),
    ...(
      [
        [48, 1],
        [32, 2],
        [8, 3],
        [96, 4],
        [8, 5],
      ] as const
    ).map(([length, fill]) => field(length, fill)),
  );
  const log = { address: contract, topics: [event], data };

  it('are the fields of the event one after another', () => {
    expect(data.length).toBe(576);
    const one = concatBytes(
      new Uint8Array(48).fill(1),
      new Uint8Array(32).fill(2),
      new Uint8Array(8).fill(3),
      new Uint8Array(96).fill(4),
      new Uint8Array(8).fill(5),
    );
    expect(bytesToHex(depositRequests([log], contract))).toBe(bytesToHex(one));
    expect(depositRequests([log, log], contract)).toEqual(concatBytes(one, one));
  });

  it('come from the deposit contract and its event only', () => {
    expect(depositRequests([{ ...log, address: ZERO_ADDRESS }], contract)).toHaveLength(0);
    expect(depositRequests([{ ...log, topics: [ZERO_HASH] }], contract)).toHaveLength(0);
    expect(depositRequests([{ ...log, topics: [] }], contract)).toHaveLength(0);
  });

  it('are refused in any other layout', () => {
    const damaged = [31, 63, 95, 127, 159, 160 + 31, 256 + 31, 320 + 31, 384 + 31, 512 + 31, 0, 512].map(
      (at) => {
        const copy = Uint8Array.from(data);
        copy[at] = (copy[at] as number) ^ 1;
        return copy;
      },
    );
    for (const bytes of [data.subarray(1), concatBytes(data, uint(0)), ...damaged]) {
      let caught: unknown;
      try {
        depositRequests([{ ...log, data: bytes }], contract);
      } catch (error) {
        caught = error;
      }
      expect(isNinefoldError(caught, 'BLOCK_INVALID_DEPOSIT_LAYOUT')).toBe(true);
    }
  });
});
