import { bytesToHex } from '@ninefold/base';
import { MAX_BLOCK_WEIGHT, MAX_MONEY, WITNESS_SCALE_FACTOR } from '../spec/limits.ts';
import { isCoinbase, isNullOutPoint, strippedSize, type Transaction } from './transaction.ts';

/** Why a transaction cannot be valid in any block: Bitcoin Core's reject reasons. */
export type TransactionFault =
  | 'bad-txns-vin-empty'
  | 'bad-txns-vout-empty'
  | 'bad-txns-oversize'
  | 'bad-txns-vout-negative'
  | 'bad-txns-vout-toolarge'
  | 'bad-txns-txouttotal-toolarge'
  | 'bad-txns-inputs-duplicate'
  | 'bad-cb-length'
  | 'bad-txns-prevout-null';

const MIN_COINBASE_SCRIPT = 2;
const MAX_COINBASE_SCRIPT = 100;

/** What is wrong with a transaction whatever the chain looks like; the first fault in Core's order. */
export function checkTransaction(tx: Transaction): TransactionFault | undefined {
  const { inputs, outputs } = tx;
  if (inputs.length === 0) return 'bad-txns-vin-empty';
  if (outputs.length === 0) return 'bad-txns-vout-empty';
  if (strippedSize(tx) * WITNESS_SCALE_FACTOR > MAX_BLOCK_WEIGHT) return 'bad-txns-oversize';
  let total = 0n;
  for (const { value } of outputs) {
    if (value < 0n) return 'bad-txns-vout-negative';
    if (value > MAX_MONEY) return 'bad-txns-vout-toolarge';
    total += value;
    if (total > MAX_MONEY) return 'bad-txns-txouttotal-toolarge';
  }
  // CVE-2018-17144: an output spent twice by one transaction would make money.
  const spent = new Set(inputs.map(({ prevout }) => `${bytesToHex(prevout.txid)}:${prevout.vout}`));
  if (spent.size !== inputs.length) return 'bad-txns-inputs-duplicate';
  if (isCoinbase(tx)) {
    const length = inputs[0]?.scriptSig.length ?? 0;
    return length < MIN_COINBASE_SCRIPT || length > MAX_COINBASE_SCRIPT ? 'bad-cb-length' : undefined;
  }
  return inputs.some(({ prevout }) => isNullOutPoint(prevout)) ? 'bad-txns-prevout-null' : undefined;
}
