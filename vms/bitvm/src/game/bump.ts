import type { Bytes } from '@ninefold/base';
import { schnorr } from '@ninefold/crypto';
import {
  plainInput,
  SIGHASH_DEFAULT,
  SignatureHasher,
  type Transaction,
  type TxInput,
  type TxOutput,
  txidOf,
  virtualSize,
} from '@ninefold/vm-bitcoin-script';
import { ANCHOR_VALUE } from '../spec/limits.ts';
import { ANCHOR_OUTPUT } from './dispute.ts';
import { DUST, SEQUENCE_FREE } from './funding.ts';
import { invalidTerms, type FundingInput } from './terms.ts';

/** What a party pays a higher fee with: a coin by key path, and where the rest of it goes. */
export type BumpPurse = {
  readonly coin: FundingInput;
  readonly secret: Bytes;
  readonly payout: Bytes;
};

/**
 * A child that pays for its parent (CPFP): signed long ago, a move has the fee of that day. The child
 * spends the parent's anchor, which anybody may, and a coin of the party's, so that both together pay
 * `feeRate`. Nodes take the two as a package.
 *
 * @param parentFee satoshi the parent pays by itself
 * @throws `TERMS_INVALID` when the coin is too small, or the parent has no anchor
 */
export function bumpTransaction(
  parent: Transaction,
  parentFee: bigint,
  feeRate: number,
  { coin, secret, payout }: BumpPurse,
): Transaction {
  const anchor = parent.outputs.findIndex(({ value, scriptPubKey }) => {
    const { scriptPubKey: script } = ANCHOR_OUTPUT;
    return value === ANCHOR_VALUE && scriptPubKey.length === script.length && scriptPubKey[2] === script[2];
  });
  if (anchor < 0) throw invalidTerms('parent', 'has no anchor to pay a fee by');
  const spent: readonly TxOutput[] = [ANCHOR_OUTPUT, { value: coin.value, scriptPubKey: coin.scriptPubKey }];
  const draft = (value: bigint, signature: Bytes): Transaction => ({
    version: 2,
    inputs: [
      plainInput({ txid: txidOf(parent), vout: anchor }, SEQUENCE_FREE),
      { ...plainInput({ txid: coin.txid, vout: coin.vout }, SEQUENCE_FREE), witness: [signature] },
    ] satisfies readonly TxInput[],
    outputs: [{ value, scriptPubKey: payout }],
    locktime: 0,
  });
  const size = virtualSize(draft(0n, new Uint8Array(64))) + virtualSize(parent);
  const fee = BigInt(size * feeRate) - parentFee;
  const value = ANCHOR_VALUE + coin.value - (fee > 0n ? fee : 0n);
  if (value < DUST) throw invalidTerms('coin', `is too small to pay ${fee} satoshi`);
  const unsigned = draft(value, new Uint8Array(64));
  const hash = new SignatureHasher(unsigned, spent).taproot(1, SIGHASH_DEFAULT, undefined, undefined);
  return draft(value, schnorr.sign(hash as Bytes, secret));
}
