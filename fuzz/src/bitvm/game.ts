import { bytesToHex, type Rng, seededRng } from '@ninefold/base';
import {
  type ChainView,
  claimIsRight,
  correctValues,
  DisputeWatch,
  Evidence,
  formatTranscript,
  parseTranscript,
  positionOf,
  transcriptOf,
} from '@ninefold/vm-bitvm';
import { randomCircuit } from './circuits.ts';
import {
  createProver,
  createVerifier,
  PROVER_FAULTS,
  type Player,
  type ProverFault,
  VERIFIER_FAULTS,
  type VerifierFault,
} from './players.ts';
import { DEPOSIT, PRIZE, setTable, type Table } from './setup.ts';
import { World } from './world.ts';

/** How a game went. */
export type GameResult = {
  readonly seed: number;
  readonly prover: string;
  readonly verifier: string;
  readonly outcome: string;
  /** State the pot was taken from, and blocks the game took. */
  readonly state: number;
  readonly blocks: number;
  readonly reorganisations: number;
  readonly crashes: number;
  /** What an honest party lost that it should not have. */
  readonly problems: readonly string[];
};

/** No transaction waits longer for a block. */
const PATIENCE = 3;
/** Blocks a crashed process is away. */
const AWAY = 2;
const MAX_REORGANISATION = 2;
const MAX_BLOCKS = 2000;
/** Blocks on top of the end, within which nothing may change it any more. */
const BURIAL = 4;

/** Plays one random game to its end: circuit, faults, delays, crashes and reorganisations follow from the seed. */
export function playGame(seed: number): GameResult {
  const rng = seededRng(seed);
  const world = new World(rng);
  const table = setTable(world, randomCircuit(rng), rng);
  // At most one of the two is dishonest: nobody owes anything to two cheats.
  const side = rng.below(5);
  const proverFault: ProverFault | undefined = side >= 2 ? undefined : rng.pick(PROVER_FAULTS);
  const verifierFault: VerifierFault | undefined =
    side === 2 || side === 3 ? rng.pick(VERIFIER_FAULTS) : undefined;
  const prover = createProver(table, proverFault, rng);
  const verifier = createVerifier(table, verifierFault, rng);
  return play(seed, world, table, prover, verifier, rng);
}

function play(
  seed: number,
  world: World,
  table: Table,
  prover: Player,
  verifier: Player,
  rng: Rng,
): GameResult {
  const { dispute } = table;
  const watch = new DisputeWatch(dispute);
  const start = world.chain.tip.height;
  const everything = new Evidence(dispute);
  let claimWasRight: boolean | undefined;
  let reorganisations = 0;
  let crashes = 0;
  let buried = 0;
  const away = new Map<Player, number>();
  let view: ChainView = world.view(watch, start);
  for (let blocks = 0; blocks < MAX_BLOCKS; blocks++) {
    view = world.view(watch, start);
    everything.observe(view);
    const { state = 0, outcome } = positionOf(dispute, view);
    if (state >= 1) {
      const values = correctValues(dispute, everything);
      claimWasRight ??= values && claimIsRight(dispute, everything, values);
    }
    if (outcome === undefined) buried = 0;
    else if (++buried > BURIAL) {
      const problems = judge(table, view, prover, verifier, claimWasRight, everything);
      const text = `${outcome.kind}${outcome.winner === undefined ? '' : ` by ${outcome.winner}`}`;
      const facts = { state, blocks, reorganisations, crashes, problems };
      return { seed, prover: prover.name, verifier: verifier.name, outcome: text, ...facts };
    }
    for (const player of [prover, verifier]) {
      const until = away.get(player) ?? 0;
      if (blocks < until) continue;
      if (rng.below(12) === 0) {
        crashes++;
        player.crash();
        away.set(player, blocks + 1 + rng.below(AWAY));
        continue;
      }
      for (const tx of player.act(view)) world.broadcast(tx);
    }
    if (rng.below(10) === 0 && world.chain.tip.height - start > MAX_REORGANISATION) {
      reorganisations++;
      world.reorganise(1 + rng.below(MAX_REORGANISATION), 0.6, PATIENCE);
    } else world.mine(0.7, PATIENCE);
  }
  const problems = ['the game did not end'];
  const names = { prover: prover.name, verifier: verifier.name };
  return {
    seed,
    ...names,
    outcome: 'none',
    state: 0,
    blocks: MAX_BLOCKS,
    reorganisations,
    crashes,
    problems,
  };
}

/** What the honest lost, in satoshi and in words. */
function judge(
  { dispute }: Table,
  view: ChainView,
  prover: Player,
  verifier: Player,
  claimWasRight: boolean | undefined,
  everything: Evidence,
): readonly string[] {
  const { outcome } = positionOf(dispute, view);
  if (outcome === undefined) return ['no outcome'];
  const told = parseTranscript(formatTranscript(transcriptOf(dispute, view))).at(-1);
  if (told?.event !== outcome.kind || told.height !== outcome.height) {
    return ['the transcript ends otherwise'];
  }
  const { terms, totalFees } = dispute;
  const received = (payout: Uint8Array): bigint =>
    outcome.tx.outputs
      .filter(({ scriptPubKey }) => bytesToHex(scriptPubKey) === bytesToHex(payout))
      .reduce((sum, { value }) => sum + value, 0n);
  const [got, kept] = [received(terms.prover.payout), received(terms.verifier.payout)];
  const problems: string[] = [];
  if (prover.isHonest && got < PRIZE + DEPOSIT - totalFees)
    problems.push(`the honest prover got only ${got}`);
  if (prover.isHonest && outcome.kind === 'collected' && outcome.winner !== 'prover') {
    problems.push('the verifier collected from an honest prover');
  }
  if (!verifier.isHonest) return problems;
  if (kept < DEPOSIT) problems.push(`the honest verifier got only ${kept}`);
  if (outcome.kind === 'settled' && (claimWasRight === false || everything.equivocation !== undefined)) {
    problems.push('a wrong claim was paid for');
  }
  return problems;
}
