import type { Bytes } from '@ninefold/base';
import { type Circuit, gateWires, inputCount, outputCount } from '../code/circuit.ts';
import { blockWires, type Cuts, cutsOfRound, cutWires, searchDepth } from '../code/cuts.ts';
import {
  ASK_LEAF_SIZE,
  type AskedLock,
  GATE_LEAF_SIZE,
  type Pin,
  revealLeafSize,
  writeAskLeaf,
  writeGateLeaf,
  writeRevealLeaf,
} from '../engine/leaves.ts';
import { LeafTree, NUMS_KEY, type TapOutput, tapOutput } from '../engine/tree.ts';
import { LOCK_BYTES, MAX_LANE_BITS } from '../spec/limits.ts';
import type { Role } from './terms.ts';

/*
 * The moves of a dispute in their order. The prover claims inputs and outputs. The verifier asks for cuts,
 * each halving what is left, then for a block, then for a gate; the prover shows what was asked for.
 */

export type StageKind =
  | 'claim'
  | 'ask-cut'
  | 'show-cut'
  | 'ask-block'
  | 'show-block'
  | 'ask-gate'
  | 'show-gate';

/** One input of a move: an output with the scripts of all choices the player has. */
export type Lane = {
  readonly tree: LeafTree;
  readonly output: TapOutput;
  /** The wires that a choice opens, in the order the script takes them. */
  readonly wires: (choice: number) => ArrayLike<number>;
};

/** A move. */
export type Stage = {
  readonly index: number;
  readonly kind: StageKind;
  readonly player: Role;
  /** Of the search, for cuts. */
  readonly round: number;
  readonly lanes: readonly Lane[];
  /** What choice i is: cut, block or gate i of these; a claim has the one choice 0. */
  readonly choices: ArrayLike<number>;
  /** The verifier's locks that open a choice; for claims there are none. */
  readonly asked: ((choice: number) => AskedLock) | undefined;
  /** Most bytes of a lane's witness, by lane. */
  readonly witnessSizes: readonly number[];
};

/** The hash locks of both parties. */
export type DisputeLocks = {
  /** The prover's: two a wire. */
  readonly wires: Bytes;
  /** The verifier's: one a cut (the first and the last are never asked for), block and gate. */
  readonly askCut: Bytes;
  readonly askBlock: Bytes;
  readonly askGate: Bytes;
};

export type StageInput = {
  readonly circuit: Circuit;
  readonly cuts: Cuts;
  readonly locks: DisputeLocks;
  /** x-only, 32 bytes */
  readonly proverKey: Bytes;
  readonly verifierKey: Bytes;
  readonly pin: (wire: number) => Pin;
};

const SIGNATURE_ITEM = 65;
const SECRET_ITEM = 1 + LOCK_BYTES;
const NO_WIRES: ArrayLike<number> = [];

type ChoiceWires = (choice: number) => Uint32Array;

/** All moves; building their trees is the work of a set-up. */
export function buildStages(input: StageInput): readonly Stage[] {
  const { circuit, cuts, locks, verifierKey } = input;
  const stages: Stage[] = [];
  const add = (stage: Omit<Stage, 'index'>): void => void stages.push({ ...stage, index: stages.length });

  const ask = (kind: StageKind, round: number, choices: ArrayLike<number>, hashes: Bytes): Stage['asked'] => {
    const asked = (choice: number): AskedLock => ({ locks: hashes, index: choices[choice] as number });
    const tree = new LeafTree({
      count: choices.length,
      size: ASK_LEAF_SIZE,
      write: (script, choice) => writeAskLeaf(script, asked(choice), verifierKey),
    });
    const lanes = [{ tree, output: tapOutput(NUMS_KEY, tree.root), wires: () => NO_WIRES }];
    const witnessSizes = [laneWitnessSize(tree, 1)];
    add({ kind, player: 'verifier', round, lanes, choices, asked, witnessSizes });
    return asked;
  };
  const show = (
    kind: StageKind,
    round: number,
    choices: ArrayLike<number>,
    asked: Stage['asked'],
    wires: ChoiceWires,
  ): void => {
    const { lanes, witnessSizes } = revealLanes(input, choices.length, wires, asked);
    add({ kind, player: 'prover', round, lanes, choices, asked, witnessSizes });
  };

  const claim = claimLanes(input);
  add({ kind: 'claim', player: 'prover', round: 0, choices: [0], asked: undefined, ...claim });
  for (let round = 0; round < searchDepth(cuts.count); round++) {
    const choices = cutsOfRound(cuts.count, round);
    const asked = ask('ask-cut', round, choices, locks.askCut);
    show('show-cut', round, choices, asked, (choice) => cutWires(cuts, choices[choice] as number));
  }
  const blocks = Uint32Array.from({ length: cuts.count }, (_, block) => block);
  const askedBlock = ask('ask-block', 0, blocks, locks.askBlock);
  show('show-block', 0, blocks, askedBlock, (block) => blockWires(circuit, cuts, block));
  const gates = Uint32Array.from({ length: circuit.kinds.length }, (_, gate) => gate);
  const askedGate = ask('ask-gate', 0, gates, locks.askGate);
  add({
    kind: 'show-gate',
    player: 'prover',
    round: 0,
    choices: gates,
    asked: askedGate,
    ...gateLane(input),
  });
  return stages;
}

type Lanes = Pick<Stage, 'lanes' | 'witnessSizes'>;

/** As many lanes as the choice with the most wires needs; of others the last lanes open fewer or none. */
function revealLanes(
  input: StageInput,
  count: number,
  wires: ChoiceWires,
  asked: Stage['asked'],
  pin?: (wire: number) => Pin,
): Lanes {
  let width = 0;
  for (let choice = 0; choice < count; choice++) width = Math.max(width, wires(choice).length);
  const laneCount = Math.max(1, Math.ceil(width / MAX_LANE_BITS));
  const lanes: Lane[] = [];
  const witnessSizes: number[] = [];
  for (let lane = 0; lane < laneCount; lane++) {
    const first = lane * MAX_LANE_BITS;
    const laneWires = (choice: number): Uint32Array => wires(choice).subarray(first, first + MAX_LANE_BITS);
    const widest = Math.min(MAX_LANE_BITS, width - first);
    const tree = new LeafTree({
      count,
      size: revealLeafSize(widest),
      write: (script, choice) =>
        writeRevealLeaf(script, {
          locks: input.locks.wires,
          wires: laneWires(choice),
          pins: pin,
          asked: asked?.(choice),
          key: input.proverKey,
        }),
    });
    lanes.push({ tree, output: tapOutput(NUMS_KEY, tree.root), wires: laneWires });
    witnessSizes.push(laneWitnessSize(tree, widest + (asked === undefined ? 0 : 1)));
  }
  return { lanes, witnessSizes };
}

/** Inputs and outputs, in lanes of their own: what both agreed on is checked here and nowhere else. */
function claimLanes(input: StageInput): Lanes {
  const { circuit, pin } = input;
  const ins = Uint32Array.from({ length: inputCount(circuit) }, (_, wire) => wire);
  const firstOutput = circuit.wireCount - outputCount(circuit);
  const outs = Uint32Array.from({ length: outputCount(circuit) }, (_, i) => firstOutput + i);
  const parts = [ins, outs].map((wires) => revealLanes(input, 1, () => wires, undefined, pin));
  return {
    lanes: parts.flatMap(({ lanes }) => lanes),
    witnessSizes: parts.flatMap(({ witnessSizes }) => witnessSizes),
  };
}

function gateLane({ circuit, locks, proverKey }: StageInput): Lanes {
  const tree = new LeafTree({
    count: circuit.kinds.length,
    size: GATE_LEAF_SIZE,
    write: (script, gate) =>
      writeGateLeaf(script, circuit, gate, {
        locks: locks.wires,
        asked: { locks: locks.askGate, index: gate },
        key: proverKey,
      }),
  });
  const wires = (gate: number): readonly number[] => gateWires(circuit, gate);
  return {
    lanes: [{ tree, output: tapOutput(NUMS_KEY, tree.root), wires }],
    witnessSizes: [laneWitnessSize(tree, 4)],
  };
}

/** Most bytes of the witness of a leaf with so many secrets. */
function laneWitnessSize(tree: LeafTree, secrets: number): number {
  return 3 + SIGNATURE_ITEM + SECRET_ITEM * secrets + (5 + tree.source.size) + (3 + 33 + 32 * tree.depth);
}

/** The x-only form of a compressed key. */
export function xOnly(key: Bytes): Bytes {
  return key.slice(1);
}
