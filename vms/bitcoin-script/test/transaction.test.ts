import { bytesToHex, concatBytes, hexToBytes } from '@ninefold/base';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_MONEY } from '../src/spec/limits.ts';
import {
  blockHashOf,
  blockSizes,
  blockWeight,
  blockWitnessRoot,
  type Block,
  checkCommitments,
  decodeBlock,
  decodeBlockHeader,
  encodeBlock,
  encodeBlockHeader,
  merkleRoot,
  witnessCommitment,
  witnessCommitmentOf,
  witnessCommitmentScript,
} from '../src/tx/block.ts';
import { checkTransaction } from '../src/tx/check.ts';
import {
  decodeTransaction,
  encodeTransaction,
  hash256,
  hashToHex,
  hexToHash,
  isCoinbase,
  NULL_VOUT,
  plainInput,
  strippedSize,
  totalSize,
  type Transaction,
  txidOf,
  virtualSize,
  weightOf,
  witnessSize,
  wtxidOf,
} from '../src/tx/transaction.ts';
import { codeOf } from './support/spend.ts';

const u32 = fc.integer({ min: 0, max: 0xffffffff });
const blob = fc.uint8Array({ maxLength: 300 });
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const transaction: fc.Arbitrary<Transaction> = fc.record({
  version: u32,
  inputs: fc.array(
    fc.record({
      prevout: fc.record({ txid: hash, vout: u32 }),
      scriptSig: blob,
      sequence: u32,
      witness: fc.array(blob, { maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  outputs: fc.array(
    fc.record({ value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), scriptPubKey: blob }),
    { maxLength: 3 },
  ),
  locktime: u32,
});

const zeros = new Uint8Array(32);
const output = { value: 1n, scriptPubKey: Uint8Array.of(0x51) };
const plain: Transaction = {
  version: 1,
  inputs: [plainInput({ txid: new Uint8Array(32).fill(1), vout: 0 })],
  outputs: [output],
  locktime: 0,
};
const coinbase = (scriptSig: Uint8Array, witness: readonly Uint8Array[] = []): Transaction => ({
  ...plain,
  inputs: [{ prevout: { txid: zeros, vout: NULL_VOUT }, scriptSig, sequence: 0, witness }],
});

describe('transactions', () => {
  it('round trip, sizes and weight', () => {
    fc.assert(
      fc.property(transaction, (tx) => {
        const bytes = encodeTransaction(tx);
        const stripped = encodeTransaction(tx, { witness: false });
        expect(decodeTransaction(bytes)).toEqual(tx);
        expect(totalSize(tx)).toBe(bytes.length);
        expect(strippedSize(tx)).toBe(stripped.length);
        expect(weightOf(tx)).toBe(3 * stripped.length + bytes.length);
        expect(virtualSize(tx)).toBe(Math.ceil((3 * stripped.length + bytes.length) / 4));
        expect(txidOf(tx)).toEqual(hash256(stripped));
        expect(wtxidOf(tx)).toEqual(hash256(bytes));
      }),
    );
  });

  it('any prefix is refused with an error of its own', () => {
    const bytes = encodeTransaction({
      ...plain,
      inputs: plain.inputs.map((input) => ({ ...input, witness: [Uint8Array.of(1, 2)] })),
    });
    for (let length = 0; length < bytes.length; length++) {
      expect(codeOf(() => decodeTransaction(bytes.subarray(0, length)))).toMatch(/^(WIRE|COMPACT_SIZE)_/);
    }
    expect(codeOf(() => decodeTransaction(concatBytes(bytes, zeros)))).toBe('WIRE_TRAILING_BYTES');
  });

  it('any bytes decode or are refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const code = codeOf(() => decodeTransaction(bytes));
        expect(code ?? 'TX_').toMatch(/^(WIRE|COMPACT_SIZE|TX)_/);
      }),
    );
  });

  it('refuses a marker without witnesses, unknown flags, and counts without bytes', () => {
    const input = `${'01'.repeat(32)}0000000000ffffffff`;
    const body = `01${input}0101000000000000000151`;
    expect(codeOf(() => decodeTransaction(hexToBytes(`0x010000000001${body}0000000000`)))).toBe(
      'TX_SUPERFLUOUS_WITNESS',
    );
    expect(codeOf(() => decodeTransaction(hexToBytes(`0x010000000002${body}00000000`)))).toBe(
      'TX_UNKNOWN_OPTIONAL_DATA',
    );
    expect(codeOf(() => decodeTransaction(hexToBytes('0x01000000feffffff7f')))).toBe('WIRE_COUNT');
    expect(codeOf(() => decodeTransaction(hexToBytes('0x01000000fd0100')))).toBe(
      'COMPACT_SIZE_NOT_CANONICAL',
    );
  });

  it('without inputs: read in the form before SegWit', () => {
    const empty = { ...plain, inputs: [] };
    const bytes = encodeTransaction(empty);
    expect(decodeTransaction(bytes, { witness: false })).toEqual(empty);
    expect(codeOf(() => decodeTransaction(bytes))).toBeDefined();
    const nothing = { ...empty, outputs: [] };
    expect(decodeTransaction(encodeTransaction(nothing))).toEqual(nothing);
  });

  it('hashes are shown the other way round', () => {
    const text = `${'00'.repeat(31)}01`;
    expect(hexToHash(text)[0]).toBe(1);
    expect(hashToHex(hexToHash(text))).toBe(text);
    expect(codeOf(() => hexToHash('0x'))).toBe('BASE_INVALID_HEX');
  });

  it('size of a witness counts its lengths', () => {
    expect(witnessSize([])).toBe(1);
    expect(witnessSize([new Uint8Array(0), new Uint8Array(253)])).toBe(1 + 1 + 3 + 253);
  });
});

describe('checkTransaction', () => {
  const check = (change: Partial<Transaction>): string => checkTransaction({ ...plain, ...change }) ?? 'OK';

  it('finds each fault', () => {
    expect(check({})).toBe('OK');
    expect(check({ inputs: [] })).toBe('bad-txns-vin-empty');
    expect(check({ outputs: [] })).toBe('bad-txns-vout-empty');
    expect(check({ outputs: [{ ...output, scriptPubKey: new Uint8Array(1_000_000) }] })).toBe(
      'bad-txns-oversize',
    );
    expect(check({ outputs: [{ ...output, value: -1n }] })).toBe('bad-txns-vout-negative');
    expect(check({ outputs: [{ ...output, value: MAX_MONEY }] })).toBe('OK');
    expect(check({ outputs: [{ ...output, value: MAX_MONEY + 1n }] })).toBe('bad-txns-vout-toolarge');
    expect(check({ outputs: [output, { ...output, value: MAX_MONEY }] })).toBe(
      'bad-txns-txouttotal-toolarge',
    );
    expect(check({ inputs: [plain.inputs[0]!, plain.inputs[0]!] })).toBe('bad-txns-inputs-duplicate');
    const nothing = plainInput({ txid: zeros, vout: NULL_VOUT });
    expect(check({ inputs: [plain.inputs[0]!, nothing] })).toBe('bad-txns-prevout-null');
  });

  it('coinbases have 2 to 100 bytes of script', () => {
    for (const [length, fault] of [
      [1, 'bad-cb-length'],
      [2, undefined],
      [100, undefined],
      [101, 'bad-cb-length'],
    ] as const) {
      const tx = coinbase(new Uint8Array(length));
      expect(isCoinbase(tx)).toBe(true);
      expect(checkTransaction(tx)).toBe(fault);
    }
  });
});

describe('blocks', () => {
  // The genesis block of every network but for time, bits and nonce.
  const genesis = hexToBytes(
    `0x01000000${'00'.repeat(32)}3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4adae5494dffff7f2002000000`,
  );

  it('header round trip: regtest’s genesis', () => {
    const header = decodeBlockHeader(genesis);
    expect(header).toMatchObject({ version: 1, time: 1296688602, bits: 0x207fffff, nonce: 2 });
    expect(encodeBlockHeader(header)).toEqual(genesis);
    expect(hashToHex(blockHashOf(header))).toBe(
      '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206',
    );
    expect(codeOf(() => decodeBlockHeader(genesis.subarray(1)))).toBe('WIRE_TRUNCATED');
  });

  const witnessed: Transaction = {
    ...plain,
    inputs: plain.inputs.map((input) => ({ ...input, witness: [Uint8Array.of(1)] })),
  };
  const seal = (transactions: readonly Transaction[]): Block => ({
    header: { ...decodeBlockHeader(genesis), merkleRoot: merkleRoot(transactions.map(txidOf)).root },
    transactions,
  });
  const committing = (reserved: Uint8Array, others: readonly Transaction[], extra?: Uint8Array): Block => {
    const bare = coinbase(Uint8Array.of(1, 1), [reserved]);
    const root = blockWitnessRoot(seal([bare, ...others]));
    const script = witnessCommitmentScript(extra ?? witnessCommitment(root, reserved));
    return seal([{ ...bare, outputs: [output, { value: 0n, scriptPubKey: script }] }, ...others]);
  };

  it('round trip, sizes, weight', () => {
    const block = committing(zeros, [witnessed]);
    const bytes = encodeBlock(block);
    expect(decodeBlock(bytes)).toEqual(block);
    const stripped = encodeBlock(block, { witness: false }).length;
    expect(blockSizes(block)).toEqual({ total: bytes.length, stripped });
    expect(blockWeight(block)).toBe(3 * stripped + bytes.length);
  });

  it('commitments: right, wrong, missing', () => {
    expect(checkCommitments(committing(zeros, [witnessed]), true)).toBeUndefined();
    expect(checkCommitments(committing(zeros, [witnessed], zeros), true)).toBe('bad-witness-merkle-match');
    expect(checkCommitments(committing(zeros.subarray(1), [witnessed]), true)).toBe('bad-witness-nonce-size');
    expect(checkCommitments(seal([coinbase(zeros), witnessed]), true)).toBe('unexpected-witness');
    expect(checkCommitments(committing(zeros, [witnessed]), false)).toBe('unexpected-witness');
    expect(checkCommitments(seal([coinbase(zeros), plain]), true)).toBeUndefined();
    const block = seal([coinbase(zeros)]);
    const header = { ...block.header, merkleRoot: zeros };
    expect(checkCommitments({ ...block, header }, true)).toBe('bad-txnmrklroot');
  });

  it('the last commitment counts', () => {
    const script = (byte: number) => witnessCommitmentScript(new Uint8Array(32).fill(byte));
    const tx = { ...plain, outputs: [1, 2].map((byte) => ({ value: 0n, scriptPubKey: script(byte) })) };
    expect(witnessCommitmentOf(tx)).toEqual(new Uint8Array(32).fill(2));
    expect(witnessCommitmentOf(plain)).toBeUndefined();
  });

  it('merkle root: one, odd rows doubled, mutation seen', () => {
    const leaves = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte));
    const [a, b, c] = leaves as [Uint8Array, Uint8Array, Uint8Array];
    expect(merkleRoot([a])).toEqual({ root: a, mutated: false });
    const right = hash256(concatBytes(c, c));
    const root = hash256(concatBytes(hash256(concatBytes(a, b)), right));
    expect(merkleRoot(leaves)).toEqual({ root, mutated: false });
    expect(merkleRoot([a, b, c, c])).toEqual({ root, mutated: true });
    expect(bytesToHex(merkleRoot([]).root)).toBe(bytesToHex(zeros));
    expect(checkCommitments(seal([coinbase(zeros), plain, plain]), false)).toBeUndefined();
    expect(checkCommitments(seal([plain, plain]), false)).toBe('bad-txns-duplicate');
  });
});
