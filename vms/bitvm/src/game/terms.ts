import { type Bytes, defineErrors } from '@ninefold/base';
import { musig } from '@ninefold/crypto';
import { witnessProgramOf } from '@ninefold/vm-bitcoin-script';
import { type Circuit, inputCount, outputCount } from '../code/circuit.ts';
import { MAX_TIMEOUT_BLOCKS, MIN_TIMEOUT_BLOCKS } from '../spec/limits.ts';

/** The two parties of a dispute. */
export type Role = 'prover' | 'verifier';

export function otherRole(role: Role): Role {
  return role === 'prover' ? 'verifier' : 'prover';
}

/** A coin that a party puts in: the output of a key of its own, spent by key path. */
export type FundingInput = {
  readonly txid: Bytes;
  readonly vout: number;
  readonly value: bigint;
  readonly scriptPubKey: Bytes;
};

/** What one party brings in. */
export type PartyTerms = {
  /** Signs for the party and, with the other's, for both: compressed, 33 bytes. */
  readonly key: Bytes;
  /** Where the party's money goes. */
  readonly payout: Bytes;
  readonly inputs: readonly FundingInput[];
};

/** All that two parties agree on before they make a dispute possible. */
export type Terms = {
  /** What both call this dispute; the locks of each are made for it alone: 32 bytes. */
  readonly session: Bytes;
  readonly prover: PartyTerms;
  readonly verifier: PartyTerms;
  /** Satoshi the verifier pays for a claim that is not disproved. */
  readonly prize: bigint;
  /** Satoshi each party loses when it cheats or is silent. */
  readonly proverDeposit: bigint;
  readonly verifierDeposit: bigint;
  /** Blocks a party has for each move. */
  readonly timeoutBlocks: number;
  /** Satoshi a virtual byte that signed transactions pay without being bumped. */
  readonly feeRate: number;
  /** Gates of a block of the circuit. */
  readonly blockGates: number;
  /** A character a wire: `0` or `1` where the parties agree on it, `*` where the prover is free. */
  readonly inputPins: string;
  readonly outputPins: string;
};

const fail = defineErrors({
  TERMS_INVALID: (c: { readonly field: string; readonly reason: string }) =>
    `The terms cannot be kept: ${c.field} ${c.reason}`,
});

/** Terms' error, for what only the graph of transactions shows. */
export function invalidTerms(field: string, reason: string): Error {
  return fail('TERMS_INVALID', { field, reason });
}

const MAX_FEE_RATE = 100_000;

/**
 * Checks terms against the circuit they are about.
 *
 * @throws `TERMS_INVALID` with the field; `MUSIG_…` for keys off the curve
 */
export function checkTerms(terms: Terms, circuit: Circuit): void {
  const { session, timeoutBlocks, feeRate, blockGates, prover, verifier } = terms;
  if (session.length !== 32) throw invalidTerms('session', 'has to have 32 bytes');
  checkParty('prover', prover);
  checkParty('verifier', verifier);
  musig.aggregateKeys(musig.sortKeys([prover.key, verifier.key]));
  for (const field of ['prize', 'proverDeposit', 'verifierDeposit'] as const) {
    if (terms[field] < 0n) throw invalidTerms(field, 'is negative');
  }
  const isWhole = (value: number, low: number, high: number): boolean =>
    Number.isSafeInteger(value) && value >= low && value <= high;
  if (!isWhole(timeoutBlocks, MIN_TIMEOUT_BLOCKS, MAX_TIMEOUT_BLOCKS)) {
    throw invalidTerms('timeoutBlocks', `has to be between ${MIN_TIMEOUT_BLOCKS} and ${MAX_TIMEOUT_BLOCKS}`);
  }
  if (!isWhole(feeRate, 1, MAX_FEE_RATE)) {
    throw invalidTerms('feeRate', `has to be between 1 and ${MAX_FEE_RATE}`);
  }
  if (!isWhole(blockGates, 1, circuit.kinds.length)) {
    throw invalidTerms('blockGates', `has to be between 1 and the ${circuit.kinds.length} gates`);
  }
  checkPins('inputPins', terms.inputPins, inputCount(circuit));
  checkPins('outputPins', terms.outputPins, outputCount(circuit));
}

/**
 * Checks what one party brings in.
 *
 * @throws `TERMS_INVALID` with the field
 */
export function checkParty(field: string, { key, inputs, payout }: PartyTerms): void {
  if (key.length !== COMPRESSED_KEY_BYTES) throw invalidTerms(`${field}.key`, 'has to have 33 bytes');
  // An output that nodes do not relay would keep the other party's settlement from the blocks as well.
  if (!isKeyOutput(payout)) throw invalidTerms(`${field}.payout`, 'has to be an output of a key (BIP 341)');
  for (const { txid, value, scriptPubKey } of inputs) {
    if (txid.length !== 32 || value <= 0n) {
      throw invalidTerms(`${field}.inputs`, 'have to be coins with a value');
    }
    // Signatures do not cover the scriptSig of inputs before SegWit: with one of these, a party could
    // change the funding's id behind the other's back, and none of the moves would fit it any more.
    if (!isKeyOutput(scriptPubKey)) {
      throw invalidTerms(`${field}.inputs`, 'have to be outputs of keys (BIP 341)');
    }
  }
}

const COMPRESSED_KEY_BYTES = 33;

function isKeyOutput(script: Bytes): boolean {
  const program = witnessProgramOf(script);
  return program?.version === 1 && program.program.length === 32;
}

function checkPins(field: string, pins: string, count: number): void {
  if (pins.length !== count) throw invalidTerms(field, `has to have ${count} characters, not ${pins.length}`);
  const wrong = pins.search(/[^01*]/);
  if (wrong >= 0) throw invalidTerms(field, `has ${JSON.stringify(pins[wrong])} at ${wrong}`);
}
