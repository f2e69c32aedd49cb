import { bytesToHex, equalBytes } from '@ninefold/base';
import {
  blockHashOf,
  blockWeight,
  checkCommitments,
  checkTransaction,
  decodeBlock,
  encodeBlock,
  encodeTransaction,
  hashToHex,
  hexToHash,
  MAX_BLOCK_SIGOPS_COST,
  MAX_BLOCK_WEIGHT,
  SCRIPT_FLAGS,
  sigopCost,
  totalSize,
  type TxOutput,
  txidOf,
  verifyInputs,
} from '@ninefold/vm-bitcoin-script';
import type { FolderResult } from '../suite.ts';
import { CaseCounter, fromHex, readGzip, readJson } from './vectors.ts';

type SpentBlock = {
  readonly height: number;
  readonly block: string;
  readonly prevouts: readonly {
    readonly txid: string;
    readonly vout: number;
    readonly value: number;
    readonly scriptPubKey: string;
  }[];
};

/** BIP 16 was the only soft fork of scripts at that height. */
const FLAGS_277647 = SCRIPT_FLAGS.P2SH;

/** Whole mainnet blocks: formats, commitments, and in 277647 every script. */
export function runBlocks(folder: string): FolderResult {
  const cases = new CaseCounter('bitcoin/blocks');
  const vector = readJson<SpentBlock>(folder, 'mainnet-277647.json.gz');
  const block = decodeBlock(fromHex(vector.block));
  cases.equal('277647 round trip', () => bytesToHex(encodeBlock(block)).slice(2), vector.block);
  cases.check('277647 commitments', () => checkCommitments(block, false));
  cases.check('277647 hash meets its target', () =>
    hashToHex(blockHashOf(block.header)).startsWith('00000000000000') ? undefined : 'too little work',
  );

  const outputs = new Map<string, TxOutput>(
    vector.prevouts.map(({ txid, vout, value, scriptPubKey }) => [
      `${bytesToHex(hexToHash(txid))}:${vout}`,
      { value: BigInt(value), scriptPubKey: fromHex(scriptPubKey) },
    ]),
  );
  let sigops = 0;
  block.transactions.forEach((tx, i) => {
    cases.check(`277647 transaction ${i}`, () => {
      const fault = checkTransaction(tx);
      if (fault !== undefined) return fault;
      const txid = bytesToHex(txidOf(tx));
      tx.outputs.forEach((output, vout) => outputs.set(`${txid}:${vout}`, output));
      if (i === 0) return undefined;
      const spent = tx.inputs.map(
        ({ prevout }) => outputs.get(`${bytesToHex(prevout.txid)}:${prevout.vout}`) as TxOutput,
      );
      if (spent.includes(undefined as never)) return 'spends an unknown output';
      sigops += sigopCost(tx, spent, FLAGS_277647);
      const failure = verifyInputs(tx, spent, FLAGS_277647);
      return failure && `input ${failure.index}: ${failure.error}`;
    });
  });
  cases.check('277647 signature checks within the limit', () =>
    sigops <= MAX_BLOCK_SIGOPS_COST ? undefined : String(sigops),
  );

  const raw = readGzip(folder, 'block-0000000000000000001602407ac49862.blk.gz');
  const later = decodeBlock(raw);
  cases.check('SegWit block round trip', () =>
    equalBytes(encodeBlock(later), raw) ? undefined : 'other bytes',
  );
  cases.check('SegWit block commitments', () => checkCommitments(later, true));
  cases.check('SegWit block weight', () => {
    const weight = blockWeight(later);
    return weight <= MAX_BLOCK_WEIGHT && weight > raw.length ? undefined : String(weight);
  });
  later.transactions.forEach((tx, i) => {
    cases.check(`SegWit block transaction ${i}`, () =>
      totalSize(tx) === encodeTransaction(tx).length ? checkTransaction(tx) : 'size differs from the bytes',
    );
  });
  return cases.result();
}
