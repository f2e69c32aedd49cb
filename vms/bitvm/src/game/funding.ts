import type { Bytes } from '@ninefold/base';
import { schnorr } from '@ninefold/crypto';
import {
  plainInput,
  SEQUENCE_FINAL,
  SIGHASH_DEFAULT,
  SignatureHasher,
  strippedSize,
  type Transaction,
  type TxOutput,
  WITNESS_SCALE_FACTOR,
} from '@ninefold/vm-bitcoin-script';
import { MAX_STANDARD_WEIGHT } from '../spec/limits.ts';
import { requireCount, wrongSignature } from './signing.ts';
import { invalidTerms, type PartyTerms } from './terms.ts';

/*
 * The transaction that puts the money of two parties on the table.
 */

/** A party and what it pays in, in satoshi. */
export type Contribution = { readonly field: string; readonly party: PartyTerms; readonly value: bigint };

/** Sequence of an input without a relative lock, in a transaction whose lock time would count. */
export const SEQUENCE_FREE: number = SEQUENCE_FINAL - 2;
/** Bytes of a witness that is one signature by key path. */
export const KEY_SPEND_WITNESS = 66;
/** Marker and flag. */
export const WITNESS_HEAD = 2;
/** What outputs of a key have to be worth at least for nodes to relay them. */
export const DUST = 330n;

/**
 * What a transaction pays that has so many bytes of witnesses.
 *
 * @throws `TERMS_INVALID` when nodes would not relay it
 */
export function feeOf(tx: Transaction, witness: number, feeRate: number): bigint {
  const weight = WITNESS_SCALE_FACTOR * strippedSize(tx) + witness;
  if (weight > MAX_STANDARD_WEIGHT) {
    const reason = `makes a move of weight ${weight}, and nodes relay up to ${MAX_STANDARD_WEIGHT}`;
    throw invalidTerms('circuit', reason);
  }
  return BigInt(Math.ceil(weight / WITNESS_SCALE_FACTOR) * feeRate);
}

/**
 * The funding: outputs as given, and what is left of each party's coins behind them. The first party pays
 * the fee and whatever the outputs are worth beyond both contributions.
 *
 * @throws `TERMS_INVALID` when coins are short or leave dust
 */
export function fundingTransaction(
  outputs: readonly TxOutput[],
  [first, second]: readonly [Contribution, Contribution],
  feeRate: number,
): Transaction {
  const sources = fundingInputs([first.party, second.party]);
  const draft: Transaction = {
    version: 2,
    inputs: sources.map(({ txid, vout }) => plainInput({ txid, vout }, SEQUENCE_FREE)),
    outputs,
    locktime: 0,
  };
  const change = (party: PartyTerms, value: bigint): readonly TxOutput[] =>
    value > 0n ? [{ value, scriptPubKey: party.payout }] : [];
  const widest = [...outputs, ...change(first.party, 1n), ...change(second.party, 1n)];
  const witness = WITNESS_HEAD + KEY_SPEND_WITNESS * sources.length;
  const fee = feeOf({ ...draft, outputs: widest }, witness, feeRate);
  const total = (values: readonly { readonly value: bigint }[]): bigint =>
    values.reduce((sum, { value }) => sum + value, 0n);
  const extra = fee + total(outputs) - first.value - second.value;
  const left = ({ field, party, value }: Contribution, more: bigint): bigint => {
    const rest = total(party.inputs) - value - more;
    if (rest < 0n) throw invalidTerms(`${field}.inputs`, `are ${-rest} satoshi short`);
    if (rest > 0n && rest < DUST)
      throw invalidTerms(`${field}.inputs`, `leave ${rest} satoshi: that is dust`);
    return rest;
  };
  const rests = [...change(first.party, left(first, extra)), ...change(second.party, left(second, 0n))];
  return { ...draft, outputs: [...outputs, ...rests] };
}

function fundingInputs(parties: readonly PartyTerms[]): readonly PartyTerms['inputs'][number][] {
  return parties.flatMap(({ inputs }) => inputs);
}

function spentBy(parties: readonly PartyTerms[]): readonly TxOutput[] {
  return fundingInputs(parties).map(({ value, scriptPubKey }) => ({ value, scriptPubKey }));
}

/**
 * The signatures of a party's coins.
 *
 * @param parties in the order of the transaction's inputs; `own` is the place of the one that signs
 * @param secretOf private key of the output of coin i of its own
 */
export function signCoins(
  tx: Transaction,
  parties: readonly [PartyTerms, PartyTerms],
  own: 0 | 1,
  secretOf: (coin: number) => Bytes,
): readonly Bytes[] {
  const hasher = new SignatureHasher(tx, spentBy(parties));
  const first = own === 0 ? 0 : parties[0].inputs.length;
  return parties[own].inputs.map((_, coin) => {
    const hash = hasher.taproot(first + coin, SIGHASH_DEFAULT, undefined, undefined) as Bytes;
    return schnorr.sign(hash, secretOf(coin));
  });
}

/**
 * The funding with the signatures of both.
 *
 * @throws `SIGNING_WRONG_COUNT`, `SIGNING_WRONG_SIGNATURE` for one that is not by its coin's key
 */
export function withCoinSignatures(
  tx: Transaction,
  parties: readonly [PartyTerms, PartyTerms],
  signatures: readonly [readonly Bytes[], readonly Bytes[]],
): Transaction {
  parties.forEach(({ inputs }, i) =>
    requireCount('signatures of coins', signatures[i as 0 | 1], inputs.length),
  );
  const spent = spentBy(parties);
  const hasher = new SignatureHasher(tx, spent);
  const all = signatures.flat();
  all.forEach((signature, index) => {
    const hash = hasher.taproot(index, SIGHASH_DEFAULT, undefined, undefined) as Bytes;
    const key = spent[index]?.scriptPubKey.slice(2) as Bytes;
    if (signature.length !== 64 || key.length !== 32 || !schnorr.verify(hash, signature, key)) {
      throw wrongSignature(index);
    }
  });
  const inputs = tx.inputs.map((input, i) => ({ ...input, witness: [all[i] as Bytes] }));
  return { ...tx, inputs };
}
