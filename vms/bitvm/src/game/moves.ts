import { type Bytes, defineErrors, equalBytes } from '@ninefold/base';
import { schnorr } from '@ninefold/crypto';
import {
  ANNEX_TAG,
  hash160,
  NO_CODE_SEPARATOR,
  plainInput,
  SIGHASH_DEFAULT,
  SignatureHasher,
  tapLeafHash,
  TAPROOT_LEAF_TAPSCRIPT,
  type Transaction,
  type TxInput,
  type TxOutput,
  virtualSize,
} from '@ninefold/vm-bitcoin-script';
import type { AskedLock } from '../engine/leaves.ts';
import { LOCK_DOMAIN, lockAt, lockPreimage, openedBit, wirePreimage } from '../engine/locks.ts';
import { controlBlock } from '../engine/tree.ts';
import { type Dispute, type DisputeState, POT_VOUT, spentOutputs } from './dispute.ts';
import { SEQUENCE_FREE } from './funding.ts';
import type { Lane, Stage, StageKind } from './stages.ts';
import type { Role } from './terms.ts';

/*
 * Moves as transactions, and what is in them. All of it is a function of its arguments.
 */

/** What a party keeps to itself. */
export type PartySecrets = {
  readonly privateKey: Bytes;
  /** Of its locks in this dispute, see `sessionSeed`. */
  readonly seed: Bytes;
};

const fail = defineErrors({
  MOVE_NOT_A_CHOICE: (c: { readonly stage: number; readonly choice: number; readonly choices: number }) =>
    `Move ${c.stage} has ${c.choices} choices, and ${c.choice} is none of them`,
});

/** Whether the wires of a choice are opened by secrets of these values. */
type SecretOf = (wire: number) => Bytes;

/**
 * The prover's move: opens the wires of a choice.
 *
 * @param signatures of both parties, in the order of `preSignatures`
 * @param asked the secret of the verifier's that unlocked the choice; none for a claim
 * @param values of all wires, one byte each
 * @throws `MOVE_NOT_A_CHOICE`
 */
export function showMove(
  dispute: Dispute,
  signatures: readonly Bytes[],
  secrets: PartySecrets,
  stage: Stage,
  options: { readonly choice: number; readonly asked: Bytes | undefined; readonly values: Uint8Array },
): Transaction {
  const { choice, asked, values } = options;
  const secretOf: SecretOf = (wire) => wirePreimage(secrets.seed, wire, values[wire] as number);
  return makeMove(dispute, signatures, secrets.privateKey, stage, choice, (lane) => {
    const secretsOfWires = Array.from(lane.wires(choice), secretOf).reverse();
    return asked === undefined ? secretsOfWires : [...secretsOfWires, asked];
  });
}

/**
 * The verifier's move: unlocks a choice for the prover.
 *
 * @throws `MOVE_NOT_A_CHOICE`
 */
export function askMove(
  dispute: Dispute,
  signatures: readonly Bytes[],
  secrets: PartySecrets,
  stage: Stage,
  choice: number,
): Transaction {
  const secret = lockPreimage(secrets.seed, askDomain(stage.kind), stage.choices[choice] as number);
  return makeMove(dispute, signatures, secrets.privateKey, stage, choice, () => [secret]);
}

function askDomain(kind: StageKind): number {
  if (kind === 'ask-cut') return LOCK_DOMAIN.askCut;
  return kind === 'ask-block' ? LOCK_DOMAIN.askBlock : LOCK_DOMAIN.askGate;
}

function makeMove(
  dispute: Dispute,
  signatures: readonly Bytes[],
  privateKey: Bytes,
  stage: Stage,
  choice: number,
  itemsOf: (lane: Lane) => readonly Bytes[],
): Transaction {
  if (!Number.isSafeInteger(choice) || choice < 0 || choice >= stage.choices.length) {
    throw fail('MOVE_NOT_A_CHOICE', { stage: stage.index, choice, choices: stage.choices.length });
  }
  const { tx } = dispute.states[stage.index + 1] as DisputeState;
  const hasher = new SignatureHasher(tx, spentOutputs(dispute, tx, stage.index));
  const pot: TxInput = { ...(tx.inputs[0] as TxInput), witness: [signatures[stage.index] as Bytes] };
  const lanes = stage.lanes.map((lane, i): TxInput => {
    const script = lane.tree.script(choice);
    const signature = signLeaf(hasher, 1 + i, script, privateKey);
    const control = controlBlock(lane.output, lane.tree.path(choice));
    return { ...(tx.inputs[1 + i] as TxInput), witness: [signature, ...itemsOf(lane), script, control] };
  });
  return { ...tx, inputs: [pot, ...lanes] };
}

/** The signature by which a leaf of an input is spent, over all of the transaction. */
export function signLeaf(hasher: SignatureHasher, index: number, script: Bytes, privateKey: Bytes): Bytes {
  const leafHash = tapLeafHash(TAPROOT_LEAF_TAPSCRIPT, script);
  // No leaf has an OP_CODESEPARATOR.
  const extension = { leafHash, codeSeparatorPosition: NO_CODE_SEPARATOR };
  return schnorr.sign(hasher.taproot(index, SIGHASH_DEFAULT, undefined, extension) as Bytes, privateKey);
}

/** The settlement with the signature of both. */
export function settlementMove({ settlement }: Dispute, signatures: readonly Bytes[]): Transaction {
  const [input, ...rest] = settlement.inputs as [TxInput, ...TxInput[]];
  const signature = signatures[signatures.length - 1] as Bytes;
  return { ...settlement, inputs: [{ ...input, witness: [signature] }, ...rest] };
}

/** Where a winner's money goes, and what it pays for that. */
export type Collection = { readonly payout: Bytes; readonly feeRate: number };

/**
 * Takes the pot of a state because the other party did not move in time; undefined when the state knows no
 * such right.
 */
export function collectByTimeout(
  dispute: Dispute,
  state: number,
  privateKey: Bytes,
  collection: Collection,
): Transaction | undefined {
  const { pot } = dispute.states[state] as DisputeState;
  if (pot.timeout === undefined) return undefined;
  const { script } = pot.timeout;
  const control = controlBlock(pot.output, [dispute.equivocations.root]);
  return collect(dispute, state, dispute.terms.timeoutBlocks, privateKey, collection, script, control, []);
}

/** Both secrets of one wire: what shows that its bit was opened both ways. */
export type Equivocation = { readonly wire: number; readonly secrets: readonly [zero: Bytes, one: Bytes] };

/** Takes the pot of a state because the prover opened a bit both ways. Needs no waiting. */
export function collectByEquivocation(
  dispute: Dispute,
  state: number,
  privateKey: Bytes,
  { wire, secrets }: Equivocation,
  collection: Collection,
): Transaction {
  const { pot } = dispute.states[state] as DisputeState;
  const { equivocations } = dispute;
  const script = equivocations.script(wire);
  const above = pot.timeout === undefined ? [] : [pot.timeout.leafHash];
  const control = controlBlock(pot.output, [...equivocations.path(wire), ...above]);
  const [zero, one] = secrets;
  return collect(dispute, state, SEQUENCE_FREE, privateKey, collection, script, control, [one, zero]);
}

function collect(
  { states }: Dispute,
  state: number,
  sequence: number,
  privateKey: Bytes,
  { payout, feeRate }: Collection,
  script: Bytes,
  control: Bytes,
  items: readonly Bytes[],
): Transaction {
  const { txid, pot } = states[state] as DisputeState;
  const spent: TxOutput = { value: pot.value, scriptPubKey: pot.output.scriptPubKey };
  const input = plainInput({ txid, vout: POT_VOUT }, sequence);
  const draft = (value: bigint, signature: Bytes): Transaction => ({
    version: 2,
    inputs: [{ ...input, witness: [signature, ...items, script, control] }],
    outputs: [{ value, scriptPubKey: payout }],
    locktime: 0,
  });
  const fee = BigInt(virtualSize(draft(pot.value, new Uint8Array(64))) * feeRate);
  const value = pot.value - fee;
  const unsigned = draft(value, new Uint8Array(64));
  const signature = signLeaf(new SignatureHasher(unsigned, [spent]), 0, script, privateKey);
  return draft(value, signature);
}

/** What a move shows of the player's secrets. */
export type MoveContent = {
  readonly choice: number;
  /** The verifier's secret that the move opens or repeats. */
  readonly asked: Bytes | undefined;
  /** The secrets of wires that it opens, and what they say. */
  readonly opened: readonly { readonly wire: number; readonly bit: 0 | 1; readonly secret: Bytes }[];
};

/**
 * Reads what a move's witnesses show; undefined for a transaction that a node would not have let pass.
 *
 * @param tx the transaction of the graph after that stage
 */
export function readMove(dispute: Dispute, stage: Stage, tx: Transaction): MoveContent | undefined {
  const opened: { readonly wire: number; readonly bit: 0 | 1; readonly secret: Bytes }[] = [];
  let choice: number | undefined = stage.asked === undefined ? 0 : undefined;
  let asked: Bytes | undefined;
  for (const [i, lane] of stage.lanes.entries()) {
    const items = leafItems(tx.inputs[1 + i]?.witness ?? []);
    if (items === undefined) return undefined;
    // From the top of the stack down; at the bottom is the signature.
    let top = items.length;
    if (stage.asked !== undefined) {
      asked = items[--top];
      if (asked === undefined) return undefined;
      choice ??= choiceOf(stage, stage.asked, asked);
    }
    if (choice === undefined) return undefined;
    const wires = lane.wires(choice);
    if (top !== wires.length + 1) return undefined;
    for (let at = 0; at < wires.length; at++) {
      const wire = wires[at] as number;
      const secret = items[--top] as Bytes;
      const bit = openedBit(dispute.locks.wires, wire, secret);
      if (bit === undefined) return undefined;
      opened.push({ wire, bit, secret });
    }
  }
  return choice === undefined ? undefined : { choice, asked, opened };
}

/** The stack a leaf started with: a witness without its annex, control block and script. */
function leafItems(witness: readonly Bytes[]): readonly Bytes[] | undefined {
  const last = witness[witness.length - 1];
  const hasAnnex = witness.length > 1 && last?.[0] === ANNEX_TAG;
  const end = witness.length - (hasAnnex ? 3 : 2);
  return end < 1 ? undefined : witness.slice(0, end);
}

function choiceOf(stage: Stage, askedOf: (choice: number) => AskedLock, secret: Bytes): number | undefined {
  const hash = hash160(secret);
  for (let choice = 0; choice < stage.choices.length; choice++) {
    const { locks, index } = askedOf(choice);
    if (equalBytes(lockAt(locks, index), hash)) return choice;
  }
  return undefined;
}

/** The winner of a pot that a transaction outside of the graph took: whose key its leaf has. */
export function collectorOf(dispute: Dispute, state: number, tx: Transaction): Role | undefined {
  const { txid, pot } = dispute.states[state] as DisputeState;
  const input = tx.inputs.find(({ prevout }) => prevout.vout === POT_VOUT && equalBytes(prevout.txid, txid));
  const items = input && leafItems(input.witness);
  if (items === undefined) return undefined;
  return items.length === 3 ? 'verifier' : pot.timeout?.winner;
}
