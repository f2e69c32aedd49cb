import type { Hex } from '@ninefold/base';
import { bytesToHex, hexToBytes } from '@ninefold/base';
import { isAddress, isHash, isHex } from 'viem';
import { describe, expect, it } from 'vitest';
import { checksumAddress } from '../../src/api/checksum.ts';
import { createdAddress } from '../../src/api/created-address.ts';
import {
  blockJson,
  effectiveGasPrice,
  headerJson,
  logJson,
  ommerJson,
  receiptJson,
  transactionJson,
  withdrawalJson,
} from '../../src/api/format.ts';
import type { Header } from '../../src/ledger/header.ts';
import {
  EMPTY_OMMERS_HASH,
  EMPTY_ROOT,
  headerHash,
  ZERO_ADDRESS,
  ZERO_HASH,
  ZERO_NONCE,
} from '../../src/ledger/header.ts';
import { transactionHash } from '../../src/tx/transaction.ts';
import type { SignedTransaction } from '../../src/tx/types.ts';

const FROM: Hex = `0x${'aa'.repeat(20)}`;
const TO: Hex = `0x${'bb'.repeat(20)}`;

const HEADER: Header = {
  parentHash: ZERO_HASH,
  ommersHash: EMPTY_OMMERS_HASH,
  beneficiary: ZERO_ADDRESS,
  stateRoot: EMPTY_ROOT,
  transactionsRoot: EMPTY_ROOT,
  receiptsRoot: EMPTY_ROOT,
  logsBloom: new Uint8Array(256),
  difficulty: 0n,
  number: 7n,
  gasLimit: 30_000_000n,
  gasUsed: 21_000n,
  timestamp: 99n,
  extraData: Uint8Array.of(1, 2),
  mixHash: ZERO_HASH,
  nonce: ZERO_NONCE,
  baseFeePerGas: 10n,
  withdrawalsRoot: EMPTY_ROOT,
  blobGasUsed: 0n,
  excessBlobGas: 0n,
  parentBeaconBlockRoot: ZERO_HASH,
  requestsHash: ZERO_HASH,
  blockAccessListHash: undefined,
  slotNumber: undefined,
};

const COMMON = { nonce: 3n, gasLimit: 21_000n, to: TO, value: 5n, data: Uint8Array.of(9) };
const MARKET = { ...COMMON, chainId: 1n, maxFeePerGas: 100n, maxPriorityFeePerGas: 2n, accessList: [] };
const SIGNATURE = { yParity: 1, r: 0x00ffn, s: 0x01n } as const;

const TRANSACTIONS: readonly SignedTransaction[] = [
  { type: 0, chainId: undefined, gasPrice: 50n, ...COMMON, v: 28n, r: 1n, s: 2n },
  { type: 0, chainId: 1n, gasPrice: 50n, ...COMMON, v: 38n, r: 1n, s: 2n },
  {
    type: 1,
    chainId: 1n,
    gasPrice: 50n,
    ...COMMON,
    accessList: [{ address: TO, storageKeys: [ZERO_HASH] }],
    ...SIGNATURE,
  },
  { type: 2, ...MARKET, ...SIGNATURE },
  { type: 3, ...MARKET, maxFeePerBlobGas: 4n, blobVersionedHashes: [ZERO_HASH], ...SIGNATURE },
  {
    type: 4,
    ...MARKET,
    authorizationList: [{ chainId: 1n, address: TO, nonce: 0n, yParity: 0, r: 1n, s: 2n }],
    ...SIGNATURE,
  },
];

const KINDS = TRANSACTIONS.map((transaction, i) => [`${transaction.type} (${i})`, transaction] as const);

describe('transactions', () => {
  it.each(KINDS)('of type %s have the fields of their type', (_, transaction) => {
    const json = transactionJson(transaction, FROM, { header: HEADER, index: 2 });
    expect(json).toMatchObject({
      blockHash: headerHash(HEADER),
      blockNumber: '0x7',
      blockTimestamp: '0x63',
      from: FROM,
      gas: '0x5208',
      hash: transactionHash(transaction),
      input: '0x09',
      nonce: '0x3',
      to: TO,
      transactionIndex: '0x2',
      value: '0x5',
      type: `0x${transaction.type}`,
    });
    expect('accessList' in json).toBe(transaction.type > 0);
    expect('yParity' in json).toBe(transaction.type > 0);
    expect('maxFeePerGas' in json).toBe(transaction.type >= 2);
    expect('maxFeePerBlobGas' in json).toBe(transaction.type === 3);
    expect('blobVersionedHashes' in json).toBe(transaction.type === 3);
    expect('authorizationList' in json).toBe(transaction.type === 4);
    expect('chainId' in json).toBe(transaction.chainId !== undefined);
  });

  it.each(KINDS)('of type %s have no leading zeros in quantities', (_, transaction) => {
    const json = transactionJson(transaction, FROM, { header: HEADER, index: 0 });
    for (const name of ['gas', 'gasPrice', 'nonce', 'value', 'v', 'r', 's', 'type', 'transactionIndex']) {
      expect(json[name], name).toMatch(/^0x(0|[1-9a-f][\da-f]*)$/);
    }
  });

  it.each(KINDS)('of type %s are nowhere while they wait', (_, transaction) => {
    expect(transactionJson(transaction, FROM, undefined)).toMatchObject({
      blockHash: null,
      blockNumber: null,
      blockTimestamp: null,
      transactionIndex: null,
    });
  });

  it('show the price they pay once that is known, and their cap before', () => {
    const market = TRANSACTIONS[3] as SignedTransaction;
    expect(effectiveGasPrice(market, HEADER)).toBe(12n);
    expect(transactionJson(market, FROM, { header: HEADER, index: 0 })['gasPrice']).toBe('0xc');
    expect(transactionJson(market, FROM, undefined)['gasPrice']).toBe('0x64');
    const tight = { ...market, maxFeePerGas: 11n } as SignedTransaction;
    expect(effectiveGasPrice(tight, HEADER)).toBe(11n);
  });

  it('that create have no receiver', () => {
    const creation = { ...(TRANSACTIONS[3] as SignedTransaction), to: undefined } as SignedTransaction;
    expect(transactionJson(creation, FROM, undefined)['to']).toBeNull();
  });
});

describe('receipts', () => {
  const log = { address: TO, topics: [ZERO_HASH], data: Uint8Array.of(1) };
  const context = (
    transaction: SignedTransaction,
    outcome: boolean | Hex,
  ): Parameters<typeof receiptJson>[0] => ({
    header: HEADER,
    index: 1,
    transaction,
    sender: FROM,
    receipt: {
      type: transaction.type,
      outcome,
      cumulativeGasUsed: 42_000n,
      logsBloom: new Uint8Array(256),
      logs: [log, log],
    },
    gasUsed: 21_000n,
    firstLogIndex: 4,
    blobBaseFee: 7n,
  });

  it.each(KINDS)('of type %s say what happened', (_, transaction) => {
    const json = receiptJson(context(transaction, true));
    expect(json).toMatchObject({
      blockHash: headerHash(HEADER),
      blockNumber: '0x7',
      contractAddress: null,
      cumulativeGasUsed: '0xa410',
      gasUsed: '0x5208',
      effectiveGasPrice: `0x${effectiveGasPrice(transaction, HEADER).toString(16)}`,
      from: FROM,
      to: TO,
      status: '0x1',
      transactionHash: transactionHash(transaction),
      transactionIndex: '0x1',
      type: `0x${transaction.type}`,
    });
    expect(json['logs']).toMatchObject([{ logIndex: '0x4' }, { logIndex: '0x5' }]);
    expect(json['blobGasUsed']).toBe(transaction.type === 3 ? '0x20000' : undefined);
    expect(json['blobGasPrice']).toBe(transaction.type === 3 ? '0x7' : undefined);
  });

  it('have a status from Byzantium on and a root before', () => {
    const [transaction] = TRANSACTIONS as readonly [SignedTransaction];
    expect(receiptJson(context(transaction, false))['status']).toBe('0x0');
    const old = receiptJson(context(transaction, EMPTY_ROOT));
    expect(old['root']).toBe(EMPTY_ROOT);
    expect(old).not.toHaveProperty('status');
  });

  it('name the contract a transaction created', () => {
    const creation = { ...(TRANSACTIONS[3] as SignedTransaction), to: undefined } as SignedTransaction;
    const { contractAddress, to } = receiptJson(context(creation, true));
    expect([contractAddress, to]).toEqual([createdAddress(FROM, 3n), null]);
  });

  it('hold logs that may be taken back', () => {
    const json = logJson(log, { header: HEADER, index: 1, hash: ZERO_HASH }, 3, true);
    expect(json).toMatchObject({
      address: TO,
      data: '0x01',
      logIndex: '0x3',
      removed: true,
      blockTimestamp: '0x63',
    });
  });
});

describe('blocks', () => {
  it('have the fields of their header', () => {
    const json = headerJson(HEADER);
    for (const name of ['hash', 'parentHash', 'stateRoot', 'sha3Uncles', 'mixHash', 'requestsHash']) {
      expect(isHash(json[name] as string), name).toBe(true);
    }
    expect(isAddress(json['miner'] as string)).toBe(true);
    expect(json).toMatchObject({ extraData: '0x0102', nonce: '0x0000000000000000', baseFeePerGas: '0xa' });
    expect(json).not.toHaveProperty('blockAccessListHash');
    const old = headerJson({ ...HEADER, baseFeePerGas: undefined, withdrawalsRoot: undefined });
    expect(old).not.toHaveProperty('baseFeePerGas');
    expect(headerJson({ ...HEADER, slotNumber: 5n })['slotNumber']).toBe('0x5');
  });

  it('show hashes of transactions, or all of them', () => {
    const block = { header: HEADER, transactions: TRANSACTIONS, ommers: [HEADER], withdrawals: [] };
    const short = blockJson(block, undefined);
    expect(short['transactions']).toEqual(TRANSACTIONS.map(transactionHash));
    expect(short['uncles']).toEqual([headerHash(HEADER)]);
    const full = blockJson(
      block,
      TRANSACTIONS.map(() => FROM),
    );
    expect(full['transactions']).toHaveLength(TRANSACTIONS.length);
    expect((full['transactions'] as { from: Hex }[])[0]?.from).toBe(FROM);
    expect(isHex(full['size'])).toBe(true);
    expect(ommerJson(HEADER)).toMatchObject({ number: '0x7', transactions: [], uncles: [] });
  });

  it('list withdrawals', () => {
    const withdrawal = { index: 1n, validatorIndex: 2n, address: TO, amount: 3n };
    expect(withdrawalJson(withdrawal)).toEqual({
      index: '0x1',
      validatorIndex: '0x2',
      address: TO,
      amount: '0x3',
    });
    const json = blockJson(
      { header: HEADER, transactions: [], ommers: [], withdrawals: [withdrawal] },
      undefined,
    );
    expect(json['withdrawals']).toHaveLength(1);
  });
});

describe('addresses', () => {
  it.each([
    '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
    '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359',
    '0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB',
    '0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb',
  ])('have the checksum of EIP-55: %s', (address) => {
    expect(checksumAddress(address.toLowerCase() as Hex)).toBe(address);
  });

  it('of new contracts follow from sender and nonce', () => {
    const sender: Hex = '0x6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0';
    expect([0n, 1n, 2n].map((nonce) => createdAddress(sender, nonce))).toEqual([
      '0xcd234a471b72ba2f1ccf0a70fcaba648a5eecd8d',
      '0x343c43a37d37dff08ae8c4a11544c718abb4fcf8',
      '0xf778b86fa74e846c4f0a1fbd1335fe81c00a0c91',
    ]);
    expect(bytesToHex(hexToBytes(createdAddress(sender, 2n ** 40n)))).toHaveLength(42);
  });
});
