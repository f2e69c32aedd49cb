import type { Bytes } from '@ninefold/base';
import { musig } from '@ninefold/crypto';
import {
  OP,
  plainInput,
  SIGHASH_DEFAULT,
  SignatureHasher,
  tapBranchHash,
  tapLeafHash,
  TAPROOT_LEAF_TAPSCRIPT,
  tapTweakHash,
  type Transaction,
  type TxInput,
  type TxOutput,
  txidOf,
} from '@ninefold/vm-bitcoin-script';
import { type Circuit, checkCircuit, inputCount, outputCount } from '../code/circuit.ts';
import { type Cuts, cutCircuit } from '../code/cuts.ts';
import {
  EQUIVOCATION_LEAF_SIZE,
  type Pin,
  TIMEOUT_LEAF_SIZE,
  writeEquivocationLeaf,
  writeTimeoutLeaf,
} from '../engine/leaves.ts';
import { checkLocks, checkWireLocks } from '../engine/locks.ts';
import { writeScript } from '../engine/script-writer.ts';
import { LeafTree, type TapOutput, tapOutput } from '../engine/tree.ts';
import { ANCHOR_VALUE, CONNECTOR_VALUE } from '../spec/limits.ts';
import {
  type Contribution,
  DUST,
  feeOf,
  fundingTransaction,
  KEY_SPEND_WITNESS,
  SEQUENCE_FREE,
  signCoins,
  WITNESS_HEAD,
  withCoinSignatures,
} from './funding.ts';
import type { JointMessage } from './signing.ts';
import { buildStages, type DisputeLocks, type Stage, xOnly } from './stages.ts';
import { checkTerms, invalidTerms, otherRole, type Role, type Terms } from './terms.ts';

/*
 * The graph of transactions of a dispute.
 *
 * Transaction 0 funds it. Each further one is a move: it spends the pot of the one before, for which both
 * parties have signed beforehand, and the connectors with the scripts of the move's choices, for which the
 * player signs when it is made. A signature covers all inputs and outputs but not which leaf of another
 * input is taken (BIP 341), so that one is enough for a move with 135,073 choices. Who does not move in
 * time, or opens a bit both ways, loses the pot to the other by a leaf of the pot itself.
 */

/** Where a dispute stands after a transaction of its graph. */
export type DisputeState = {
  readonly tx: Transaction;
  readonly txid: Bytes;
  readonly pot: Pot;
  /** Whose move is next; in the last state the verifier can do nothing but show that bits were opened twice. */
  readonly player: Role;
};

/** The money, and who may take it in what case. */
export type Pot = {
  readonly value: bigint;
  readonly output: TapOutput;
  /** Who may take it after the time is over, and the script; not behind a claim, see {@link Dispute.settlement}. */
  readonly timeout: { readonly winner: Role; readonly script: Bytes; readonly leafHash: Bytes } | undefined;
};

/** All that both parties make of the terms, the circuit and the locks, each by itself. */
export type Dispute = {
  readonly terms: Terms;
  readonly circuit: Circuit;
  readonly cuts: Cuts;
  readonly locks: DisputeLocks;
  readonly stages: readonly Stage[];
  /** State i is that after transaction i, in which the move is stage i. */
  readonly states: readonly DisputeState[];
  /** Pays the prize for a claim that nobody challenged, and the deposits back. */
  readonly settlement: Transaction;
  readonly equivocations: LeafTree;
  readonly jointKey: musig.MusigKey;
  /** Satoshi of all moves' fees together. */
  readonly totalFees: bigint;
};

/** `1 <4e73>`: anyone may spend it to pay a higher fee for the transaction it is in. */
export const ANCHOR_OUTPUT: TxOutput = {
  value: ANCHOR_VALUE,
  scriptPubKey: Uint8Array.of(OP.OP_1, 2, 0x4e, 0x73),
};

/** Output 0 of all transactions of the graph is the pot. */
export const POT_VOUT = 0;
/** Taking the pot: one input by a leaf, one output. */
const COLLECTION_VSIZE = 400;

/**
 * Builds the graph.
 *
 * @throws `TERMS_INVALID`, `LOCKS_…`, `CIRCUIT_…`
 * @example createDispute(terms, parseBristol(text), locks).states.length // 24 for SHA-256
 */
export function createDispute(terms: Terms, circuit: Circuit, locks: DisputeLocks): Dispute {
  checkCircuit(circuit);
  checkTerms(terms, circuit);
  const cuts = cutCircuit(circuit, terms.blockGates);
  checkWireLocks(locks.wires, circuit.wireCount);
  checkLocks('cuts', locks.askCut, cuts.count + 1);
  checkLocks('blocks', locks.askBlock, cuts.count);
  checkLocks('gates', locks.askGate, circuit.kinds.length);

  const proverKey = xOnly(terms.prover.key);
  const verifierKey = xOnly(terms.verifier.key);
  const pin = pinsOf(terms, circuit);
  const stages = buildStages({ circuit, cuts, locks, proverKey, verifierKey, pin });
  const equivocations = new LeafTree({
    count: circuit.wireCount,
    size: EQUIVOCATION_LEAF_SIZE,
    write: (script, wire) => writeEquivocationLeaf(script, locks.wires, wire, verifierKey),
  });
  const jointKey = musig.aggregateKeys(musig.sortKeys([terms.prover.key, terms.verifier.key]));

  const playerOf = (state: number): Role => stages[state]?.player ?? 'verifier';
  const equivocationRoot = equivocations.root;
  const potOf = (state: number, value: bigint): Pot => {
    const winner = otherRole(playerOf(state));
    // Behind a claim the time is the verifier's to challenge: if she does not, the settlement is due.
    const script =
      state === 1
        ? undefined
        : writeScript(TIMEOUT_LEAF_SIZE, (leaf) =>
            writeTimeoutLeaf(leaf, terms.timeoutBlocks, winner === 'prover' ? proverKey : verifierKey),
          );
    const leafHash = script && tapLeafHash(TAPROOT_LEAF_TAPSCRIPT, script);
    const root = leafHash === undefined ? equivocationRoot : tapBranchHash(leafHash, equivocationRoot);
    const timeout = script && leafHash && { winner, script, leafHash };
    return { value, output: tapOutput(musig.xOnlyKey(jointKey), root), timeout };
  };

  const states: DisputeState[] = [];
  const add = (tx: Transaction, pot: Pot): void =>
    void states.push({ tx, txid: txidOf(tx), pot, player: playerOf(states.length) });
  const firstPot = potOf(0, terms.prize + terms.proverDeposit + terms.verifierDeposit);
  const outputs = [potOutput(firstPot), ...connectorsOf(stages[0]), ANCHOR_OUTPUT];
  add(fundingTransaction(outputs, contributions(terms), terms.feeRate), firstPot);
  let totalFees = 0n;
  for (const stage of stages) {
    const { pot, txid } = states[stage.index] as DisputeState;
    const inputs = [POT_VOUT, ...stage.lanes.map((_, lane) => 1 + lane)].map((vout) =>
      plainInput({ txid, vout }, SEQUENCE_FREE),
    );
    const connectors = connectorsOf(stages[stage.index + 1]);
    const draft = moveTransaction(inputs, potOf(stage.index + 1, 0n), connectors);
    const witness = KEY_SPEND_WITNESS + stage.witnessSizes.reduce((sum, size) => sum + size, WITNESS_HEAD);
    const fee = feeOf(draft, witness, terms.feeRate);
    const spent = pot.value + CONNECTOR_VALUE * BigInt(stage.lanes.length);
    const next = potOf(
      stage.index + 1,
      spent - CONNECTOR_VALUE * BigInt(connectors.length) - ANCHOR_VALUE - fee,
    );
    totalFees += pot.value - next.value;
    add(moveTransaction(inputs, next, connectors), next);
  }
  requireAffordable(terms, totalFees);
  const settlement = settlementTransaction(terms, states[1] as DisputeState);
  return { terms, circuit, cuts, locks, stages, states, settlement, equivocations, jointKey, totalFees };
}

function pinsOf({ inputPins, outputPins }: Terms, circuit: Circuit): (wire: number) => Pin {
  const firstOutput = circuit.wireCount - outputCount(circuit);
  const inputs = inputCount(circuit);
  const read = (pin: string | undefined): Pin => (pin === '0' ? 0 : pin === '1' ? 1 : undefined);
  return (wire) =>
    (wire < inputs ? read(inputPins[wire]) : undefined) ?? read(outputPins[wire - firstOutput]);
}

function connectorsOf(stage: Stage | undefined): readonly TxOutput[] {
  return (stage?.lanes ?? []).map(({ output }) => ({
    value: CONNECTOR_VALUE,
    scriptPubKey: output.scriptPubKey,
  }));
}

const potOutput = ({ value, output }: Pot): TxOutput => ({ value, scriptPubKey: output.scriptPubKey });

function moveTransaction(inputs: readonly TxInput[], pot: Pot, connectors: readonly TxOutput[]): Transaction {
  return { version: 2, inputs, outputs: [potOutput(pot), ...connectors, ANCHOR_OUTPUT], locktime: 0 };
}

/** What the parties pay in; the prover comes first and pays for the funding. */
function contributions(terms: Terms): readonly [Contribution, Contribution] {
  const { prover, verifier, prize, proverDeposit, verifierDeposit } = terms;
  return [
    { field: 'prover', party: prover, value: proverDeposit },
    { field: 'verifier', party: verifier, value: verifierDeposit + prize },
  ];
}

/** Whoever wins a dispute must not have paid more for it than the loser's deposit makes up for. */
function requireAffordable({ proverDeposit, verifierDeposit, feeRate }: Terms, moves: bigint): void {
  const needed = moves + BigInt(COLLECTION_VSIZE * feeRate) + DUST;
  for (const [field, value] of Object.entries({ proverDeposit, verifierDeposit })) {
    if (value < needed)
      throw invalidTerms(field, `has to be ${needed} satoshi at least, to pay for a dispute`);
  }
}

function settlementTransaction(terms: Terms, { txid, pot }: DisputeState): Transaction {
  const { prover, verifier, verifierDeposit, timeoutBlocks, feeRate } = terms;
  const draft: Transaction = {
    version: 2,
    inputs: [plainInput({ txid, vout: POT_VOUT }, timeoutBlocks)],
    outputs: [
      { value: pot.value, scriptPubKey: prover.payout },
      { value: verifierDeposit, scriptPubKey: verifier.payout },
      ANCHOR_OUTPUT,
    ],
    locktime: 0,
  };
  const fee = feeOf(draft, WITNESS_HEAD + KEY_SPEND_WITNESS, feeRate);
  const [reward, ...others] = draft.outputs as [TxOutput, ...TxOutput[]];
  const value = pot.value - verifierDeposit - ANCHOR_VALUE - fee;
  return { ...draft, outputs: [{ ...reward, value }, ...others] };
}

/** One of the signatures that both parties make before the funding: of a pot, by the key of both. */
export type PreSignature = JointMessage & {
  /** The transaction; its input 0 spends the pot. */
  readonly tx: Transaction;
  /** The state whose pot it spends. */
  readonly state: number;
};

/** What both parties sign: all moves in their order, then the settlement. */
export function preSignatures(dispute: Dispute): readonly PreSignature[] {
  const { states, settlement } = dispute;
  const moves = states.slice(1).map(({ tx }, state) => preSignature(dispute, tx, state));
  return [...moves, preSignature(dispute, settlement, 1)];
}

function preSignature(dispute: Dispute, tx: Transaction, state: number): PreSignature {
  const { output } = (dispute.states[state] as DisputeState).pot;
  const message = new SignatureHasher(tx, spentOutputs(dispute, tx, state)).taproot(
    0,
    SIGHASH_DEFAULT,
    undefined,
    undefined,
  ) as Bytes;
  const root = potRoot(dispute, state);
  const tweak = tapTweakHash(output.internalKey, root);
  return { tx, state, message, key: musig.tweakKey(dispute.jointKey, { tweak, xOnly: true }) };
}

/** The root of a pot's tree. */
function potRoot({ states, equivocations }: Dispute, state: number): Bytes {
  const { timeout } = (states[state] as DisputeState).pot;
  return timeout === undefined ? equivocations.root : tapBranchHash(timeout.leafHash, equivocations.root);
}

/** The outputs of a state that a transaction spends, which has no other inputs. */
export function spentOutputs({ states }: Dispute, tx: Transaction, state: number): readonly TxOutput[] {
  const { outputs } = (states[state] as DisputeState).tx;
  return tx.inputs.map(({ prevout }) => outputs[prevout.vout] as TxOutput);
}

/** The signatures of a party's coins in the funding, by key path. */
export function signFunding(
  { terms, states }: Dispute,
  role: Role,
  secretOf: (coin: number) => Bytes,
): readonly Bytes[] {
  const { tx } = states[0] as DisputeState;
  return signCoins(tx, [terms.prover, terms.verifier], role === 'prover' ? 0 : 1, secretOf);
}

/**
 * The funding with the signatures of both.
 *
 * @throws `SIGNING_WRONG_COUNT`, `SIGNING_WRONG_SIGNATURE`
 */
export function signedFunding(
  { terms, states }: Dispute,
  prover: readonly Bytes[],
  verifier: readonly Bytes[],
): Transaction {
  const { tx } = states[0] as DisputeState;
  return withCoinSignatures(tx, [terms.prover, terms.verifier], [prover, verifier]);
}
