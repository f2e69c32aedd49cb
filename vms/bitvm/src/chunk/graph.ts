import { type Bytes, EMPTY_BYTES, equalBytes } from '@ninefold/base';
import { musig } from '@ninefold/crypto';
import {
  ANNEX_TAG,
  OP,
  plainInput,
  SIGHASH_DEFAULT,
  SignatureHasher,
  tapLeafHash,
  TAPROOT_LEAF_TAPSCRIPT,
  tapTweakHash,
  type Transaction,
  type TxInput,
  type TxOutput,
  txidOf,
  virtualSize,
} from '@ninefold/vm-bitcoin-script';

import { TIMEOUT_LEAF_SIZE, writeTimeoutLeaf } from '../engine/leaves.ts';
import { writeScript } from '../engine/script-writer.ts';
import { controlBlock, LeafTree, NUMS_KEY, type TapOutput, tapOutput } from '../engine/tree.ts';
import { ANCHOR_OUTPUT } from '../game/dispute.ts';
import {
  feeOf,
  fundingTransaction,
  KEY_SPEND_WITNESS,
  SEQUENCE_FREE,
  signCoins,
  WITNESS_HEAD,
  withCoinSignatures,
} from '../game/funding.ts';
import { type Collection, signLeaf } from '../game/moves.ts';
import type { JointMessage } from '../game/signing.ts';
import { xOnly } from '../game/stages.ts';
import { checkParty, type PartyTerms } from '../game/terms.ts';
import { CONNECTOR_VALUE, MAX_LANE_BITS } from '../spec/limits.ts';
import {
  type Assertion,
  type Assignment,
  disproofLeaf,
  disproofWitness,
  faultyChunk,
  type Program,
  type ProgramKeys,
  readAssertion,
  type Variable,
} from './program.ts';
import {
  checksumDigits,
  messageDigits,
  winternitzScriptSize,
  winternitzWitness,
  writeWinternitz,
} from './winternitz.ts';

/*
 * BitVM2's game: the operator asserts all values of a program at once, and for a while anybody may take its
 * stake by showing one wrong chunk; then the stake is the operator's again. Three transactions: the funding,
 * the assertion, for which both parties have signed beforehand so that it can pay to nothing but the output
 * with the disproofs, and what spends that.
 */

/** What operator and verifier agree on. */
export type AssertionTerms = {
  readonly operator: PartyTerms;
  readonly verifier: PartyTerms;
  /** Satoshi of the operator's that a disproof takes, and the verifier's that a right assertion earns. */
  readonly stake: bigint;
  readonly prize: bigint;
  /** Blocks the operator has to assert, and all others to disprove. */
  readonly timeoutBlocks: number;
  readonly feeRate: number;
};

/** An output whose one leaf opens some of the variables. */
type AssertionLane = {
  readonly variables: readonly Variable[];
  readonly script: Bytes;
  readonly output: TapOutput;
};

/** All transactions, but for the choices of those who sign them. */
export type AssertionGraph = {
  readonly terms: AssertionTerms;
  readonly program: Program;
  readonly keys: ProgramKeys;
  readonly lanes: readonly AssertionLane[];
  readonly funding: Transaction;
  /** Its witnesses are made with {@link assertionMove}. */
  readonly assertion: Transaction;
  /** What both sign before the funding: the pot's spending by the assertion. */
  readonly preSignature: JointMessage;
  /** Leaf 0 gives the stake back after the time, leaf i + 1 disproves chunk i. */
  readonly disproofs: LeafTree;
  readonly stakeOutput: TapOutput;
  /** Leaf of the funding's pot by which the verifier takes it when nothing is asserted. */
  readonly silence: { readonly script: Bytes; readonly output: TapOutput };
};

/** Lanes of variables, each few enough for the stack. */
function packVariables(variables: readonly Variable[]): readonly (readonly Variable[])[] {
  const lanes: Variable[][] = [];
  let used = Number.POSITIVE_INFINITY;
  for (const variable of variables) {
    const items = 2 * (messageDigits(variable.bytes) + checksumDigits(variable.bytes));
    if (used + items > MAX_LANE_BITS) {
      lanes.push([]);
      used = 0;
    }
    (lanes[lanes.length - 1] as Variable[]).push(variable);
    used += items;
  }
  return lanes;
}

function buildLane(variables: readonly Variable[], keys: ProgramKeys, operatorKey: Bytes): AssertionLane {
  const size = variables.reduce((sum, { bytes }) => sum + winternitzScriptSize(bytes) + bytes, 40);
  const script = writeScript(size, (writer) => {
    // The last variable's signature lies on top.
    for (const { name, bytes } of variables.toReversed()) {
      writeWinternitz(writer, keys[name] as readonly Bytes[], bytes);
      for (let i = 0; i < messageDigits(bytes); i += 2) writer.op(OP.OP_2DROP);
    }
    writer.push(operatorKey).op(OP.OP_CHECKSIG);
  });
  return { variables, script, output: tapOutput(NUMS_KEY, tapLeafHash(TAPROOT_LEAF_TAPSCRIPT, script)) };
}

/** Most bytes of a lane's witness. */
function laneWitnessSize({ variables, script }: AssertionLane): number {
  const digits = variables.reduce((sum, { bytes }) => sum + messageDigits(bytes) + checksumDigits(bytes), 0);
  return 3 + 65 + 23 * digits + (5 + script.length) + 34;
}

/**
 * Builds the transactions.
 *
 * @throws `TERMS_INVALID`
 */
export function createAssertionGraph(
  program: Program,
  keys: ProgramKeys,
  terms: AssertionTerms,
): AssertionGraph {
  const { operator, verifier, stake, prize, timeoutBlocks, feeRate } = terms;
  checkParty('operator', operator);
  checkParty('verifier', verifier);
  const lanes = packVariables(program.variables).map((group) => buildLane(group, keys, xOnly(operator.key)));
  const timeoutFor = (key: Bytes): Bytes =>
    writeScript(TIMEOUT_LEAF_SIZE, (writer) => writeTimeoutLeaf(writer, timeoutBlocks, xOnly(key)));
  const leaves = [timeoutFor(operator.key), ...program.chunks.map((_, i) => disproofLeaf(program, keys, i))];
  const disproofs = new LeafTree({
    count: leaves.length,
    size: Math.max(...leaves.map(({ length }) => length)),
    write: (writer, index) => {
      writer.bytes.set(leaves[index] as Bytes, writer.at);
      writer.at += (leaves[index] as Bytes).length;
    },
  });
  const stakeOutput = tapOutput(NUMS_KEY, disproofs.root);

  const jointKey = musig.aggregateKeys(musig.sortKeys([operator.key, verifier.key]));
  const script = timeoutFor(verifier.key);
  const root = tapLeafHash(TAPROOT_LEAF_TAPSCRIPT, script);
  const output = tapOutput(musig.xOnlyKey(jointKey), root);
  const pot: TxOutput = { value: stake + prize, scriptPubKey: output.scriptPubKey };
  const connectors = lanes.map((lane) => ({
    value: CONNECTOR_VALUE,
    scriptPubKey: lane.output.scriptPubKey,
  }));
  const funding = fundingTransaction(
    [pot, ...connectors, ANCHOR_OUTPUT],
    [
      { field: 'operator', party: operator, value: stake },
      { field: 'verifier', party: verifier, value: prize },
    ],
    feeRate,
  );
  const txid = txidOf(funding);
  const spent = [pot, ...connectors];
  const total = spent.reduce((sum, { value }) => sum + value, 0n);
  const assertionWith = (value: bigint): Transaction => ({
    version: 2,
    inputs: spent.map((_, vout) => plainInput({ txid, vout }, SEQUENCE_FREE)),
    outputs: [{ value, scriptPubKey: stakeOutput.scriptPubKey }, ANCHOR_OUTPUT],
    locktime: 0,
  });
  const witness = lanes.reduce((sum, lane) => sum + laneWitnessSize(lane), WITNESS_HEAD + KEY_SPEND_WITNESS);
  const fee = feeOf(assertionWith(total), witness, feeRate);
  const assertion = assertionWith(total - fee - ANCHOR_OUTPUT.value);
  const message = new SignatureHasher(assertion, spent).taproot(0, SIGHASH_DEFAULT, undefined, undefined);
  const tweak = tapTweakHash(output.internalKey, root);
  const preSignature = { message: message as Bytes, key: musig.tweakKey(jointKey, { tweak, xOnly: true }) };
  const silence = { script, output };
  return {
    terms,
    program,
    keys,
    lanes,
    funding,
    assertion,
    preSignature,
    disproofs,
    stakeOutput,
    silence,
  };
}

/** The signatures of a party's coins in the funding, by key path. */
export function signAssertionFunding(
  { funding, terms }: AssertionGraph,
  role: 'operator' | 'verifier',
  secretOf: (coin: number) => Bytes,
): readonly Bytes[] {
  return signCoins(funding, [terms.operator, terms.verifier], role === 'operator' ? 0 : 1, secretOf);
}

/**
 * The funding with the signatures of both.
 *
 * @throws `SIGNING_WRONG_COUNT`, `SIGNING_WRONG_SIGNATURE`
 */
export function signedAssertionFunding(
  { funding, terms }: AssertionGraph,
  operator: readonly Bytes[],
  verifier: readonly Bytes[],
): Transaction {
  return withCoinSignatures(funding, [terms.operator, terms.verifier], [operator, verifier]);
}

/** The operator's assertion of values, by the signatures of all of them. */
export function assertionMove(
  graph: AssertionGraph,
  jointSignature: Bytes,
  privateKey: Bytes,
  values: Assignment,
  assertion: Assertion,
): Transaction {
  const { lanes, assertion: tx, funding } = graph;
  const hasher = new SignatureHasher(tx, funding.outputs.slice(0, tx.inputs.length));
  const pot: TxInput = { ...(tx.inputs[0] as TxInput), witness: [jointSignature] };
  const inputs = lanes.map(({ variables, script, output }, i): TxInput => {
    const signature = signLeaf(hasher, 1 + i, script, privateKey);
    const items = variables.flatMap(({ name }) =>
      winternitzWitness(values[name] as Bytes, assertion[name] as readonly Bytes[]),
    );
    return {
      ...(tx.inputs[1 + i] as TxInput),
      witness: [signature, ...items, script, controlBlock(output, [])],
    };
  });
  return { ...tx, inputs: [pot, ...inputs] };
}

/**
 * What an assertion on the chain has signed; undefined for a transaction that is none.
 *
 * @throws `WINTERNITZ_…` for witnesses that no block would have
 */
export function readAssertionMove(
  graph: AssertionGraph,
  tx: Transaction,
): { readonly values: Assignment; readonly assertion: Assertion } | undefined {
  if (!equalBytes(txidOf(tx), txidOf(graph.assertion))) return undefined;
  const assertion: Record<string, readonly Bytes[]> = {};
  for (const [i, { variables }] of graph.lanes.entries()) {
    const witness = tx.inputs[1 + i]?.witness ?? [];
    const hasAnnex = witness[witness.length - 1]?.[0] === ANNEX_TAG;
    const items = witness.slice(1, hasAnnex ? -3 : -2);
    let at = 0;
    for (const { name, bytes } of variables) {
      const count = messageDigits(bytes) + checksumDigits(bytes);
      assertion[name] = Array.from({ length: count }, (_, digit) => items[at + 2 * digit] ?? EMPTY_BYTES);
      at += 2 * count;
    }
  }
  return { values: readAssertion(graph.program, graph.keys, assertion), assertion };
}

/**
 * Takes the stake of a wrong assertion; undefined when it is right. Anybody can: no key is needed.
 */
export function disprove(
  graph: AssertionGraph,
  tx: Transaction,
  { payout, feeRate }: Collection,
): Transaction | undefined {
  const read = readAssertionMove(graph, tx);
  const index = read && faultyChunk(graph.program, read.values);
  if (read === undefined || index === undefined) return undefined;
  const items = disproofWitness(graph.program, index, read.values, read.assertion);
  return spendStake(graph, SEQUENCE_FREE, index + 1, payout, feeRate, () => items);
}

/** Gives the operator the stake and the prize when nobody has disproved the assertion in time. */
export function takeBack(
  graph: AssertionGraph,
  privateKey: Bytes,
  { payout, feeRate }: Collection,
): Transaction {
  const spent = graph.assertion.outputs.slice(0, 1);
  return spendStake(graph, graph.terms.timeoutBlocks, 0, payout, feeRate, (draft, script) => [
    signLeaf(new SignatureHasher(draft, spent), 0, script, privateKey),
  ]);
}

function spendStake(
  { assertion, disproofs, stakeOutput }: AssertionGraph,
  sequence: number,
  leaf: number,
  payout: Bytes,
  feeRate: number,
  itemsOf: (draft: Transaction, script: Bytes) => readonly Bytes[],
): Transaction {
  const script = disproofs.script(leaf);
  const control = controlBlock(stakeOutput, disproofs.path(leaf));
  return spendOne(
    { txid: txidOf(assertion), value: (assertion.outputs[0] as TxOutput).value },
    sequence,
    { payout, feeRate },
    (draft) => [...itemsOf(draft, script), script, control],
  );
}

/** Gives the verifier the pot of an operator that did not assert anything in time. */
export function takeForSilence(
  graph: AssertionGraph,
  privateKey: Bytes,
  collection: Collection,
): Transaction {
  const { funding, silence, terms } = graph;
  const spent = funding.outputs.slice(0, 1);
  const pot = { txid: txidOf(funding), value: (spent[0] as TxOutput).value };
  const control = controlBlock(silence.output, []);
  return spendOne(pot, terms.timeoutBlocks, collection, (draft) => [
    signLeaf(new SignatureHasher(draft, spent), 0, silence.script, privateKey),
    silence.script,
    control,
  ]);
}

/** A transaction of output 0 of another to one output, less the fee. */
function spendOne(
  { txid, value }: { readonly txid: Bytes; readonly value: bigint },
  sequence: number,
  { payout, feeRate }: Collection,
  witnessOf: (draft: Transaction) => readonly Bytes[],
): Transaction {
  const draft = (paid: bigint): Transaction => ({
    version: 2,
    inputs: [plainInput({ txid, vout: 0 }, sequence)],
    outputs: [{ value: paid, scriptPubKey: payout }],
    locktime: 0,
  });
  const signed = (tx: Transaction): Transaction => ({
    ...tx,
    inputs: [{ ...(tx.inputs[0] as TxInput), witness: witnessOf(tx) }],
  });
  const fee = BigInt(virtualSize(signed(draft(value))) * feeRate);
  return signed(draft(value - fee));
}
