import { createCipheriv, createHash } from 'node:crypto';
import { type Bytes, bytesToHex, seededRng, systemClock } from '@ninefold/base';
import { BitcoinNode, type BlockEntry } from '@ninefold/chain-bitcoin';
import { assembleScript, type Transaction, txidOf } from '@ninefold/vm-bitcoin-script';
import {
  assertionMove,
  assertProgram,
  askMove,
  BLAKE3_PROGRAM,
  blake3Input,
  type ChainView,
  checkSignatures,
  type Circuit,
  compressedKey,
  createAssertionGraph,
  createDispute,
  decideProver,
  decideVerifier,
  type Dispute,
  disprove,
  DisputeWatch,
  evaluateCircuit,
  evaluateFrom,
  Evidence,
  type FundingInput,
  gateHolds,
  inputCount,
  JointSigning,
  keyScript,
  outputCount,
  padSha256,
  parseBristol,
  partySecrets,
  type PartySecrets,
  positionOf,
  preSignatures,
  type Program,
  programKeys,
  proverLocks,
  proverMove,
  runProgram,
  SHA256_INITIAL_STATE,
  SHA256_PROGRAM,
  type Sighting,
  signAssertionFunding,
  signedAssertionFunding,
  signedFunding,
  signFunding,
  type Stage,
  takeBack,
  verifierLocks,
} from '@ninefold/vm-bitvm';
import type { FolderResult } from '../suite.ts';
import { CaseCounter, readText } from './vectors.ts';

/** Bits of bytes as the circuit files order them: the last bit of the last byte first. */
function bitsOf(...parts: readonly Uint8Array[]): number[] {
  return parts.flatMap((bytes) =>
    [...bytes].flatMap((byte) => [7, 6, 5, 4, 3, 2, 1, 0].map((bit) => (byte >> bit) & 1)).reverse(),
  );
}

function bytesOf(bits: Iterable<number>): string {
  const text = [...bits].reverse().join('');
  return text.replaceAll(/.{8}/g, (byte) => Number.parseInt(byte, 2).toString(16).padStart(2, '0'));
}

/** What each circuit computes, by other means. */
function checkCircuits(folder: string, cases: CaseCounter): void {
  const rng = seededRng(1);
  const load = (name: string): Circuit => parseBristol(readText(folder, `${name}.txt.gz`));
  const run = (circuit: Circuit, input: readonly number[]): number[] =>
    Array.from(evaluateCircuit(circuit, input).subarray(-outputCount(circuit)));

  const sha256 = load('sha256');
  const message = rng.bytes(40);
  cases.equal(
    'sha256',
    () => bytesOf(run(sha256, bitsOf(padSha256(message), SHA256_INITIAL_STATE))),
    createHash('sha256').update(message).digest('hex'),
  );
  const aes = load('aes_128');
  const [key, plain] = [rng.bytes(16), rng.bytes(16)];
  const cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  const encrypted = cipher.update(plain).toString('hex');
  cases.check('aes_128', () => {
    const found = [
      [plain, key],
      [key, plain],
    ].map((parts) => bytesOf(run(aes, bitsOf(...parts))));
    return found.includes(encrypted) ? undefined : `got ${found.join(' or ')}, expected ${encrypted}`;
  });
  const adder = load('adder_32bit');
  const [a, b] = [rng.u32(), rng.u32()];
  const word = (value: number): number[] => Array.from({ length: 32 }, (_, i) => (value >>> i) & 1);
  cases.equal(
    'adder_32bit',
    () => String(run(adder, [...word(a), ...word(b)]).reduce((sum, bit, i) => sum + bit * 2 ** i, 0)),
    String(a + b),
  );
  const sha1 = load('sha-1');
  const short = rng.bytes(30);
  cases.check('sha-1', () => {
    const bits = run(sha1, bitsOf(padSha256(short)));
    const got = [bytesOf(bits), bytesOf(bits.toReversed())];
    const first = run(sha1, bitsOf(padSha256(short)).reverse());
    got.push(bytesOf(first), bytesOf(first.toReversed()));
    const expected = createHash('sha1').update(short).digest('hex');
    return got.includes(expected) ? undefined : `got ${got.join(' or ')}, expected ${expected}`;
  });
}

const ANYONE = assembleScript('1');
const COIN_BLOCKS = 101;
const TIMEOUT_BLOCKS = 6;
const FEE_RATE = 1;
const MAX_BLOCKS = 300;
const DEPOSIT = 2_000_000n;
const PRIZE = 500_000n;

/** A node, and two parties with a coin each. */
function scene(seed: number): {
  readonly node: BitcoinNode;
  readonly prover: PartySecrets;
  readonly verifier: PartySecrets;
  readonly session: Bytes;
  readonly coinOf: (party: PartySecrets) => FundingInput;
} {
  const rng = seededRng(seed);
  const node = new BitcoinNode({ clock: systemClock });
  const session = rng.bytes(32);
  const [prover, verifier] = [rng.bytes(32), rng.bytes(32)].map((key) => partySecrets(key, session)) as [
    PartySecrets,
    PartySecrets,
  ];
  const coins = new Map<PartySecrets, FundingInput>();
  for (const party of [prover, verifier]) {
    const scriptPubKey = payoutOf(party);
    node.generate(1, scriptPubKey);
    const [coinbase] = node.chain.tip.block.transactions as [Transaction];
    const value = coinbase.outputs[0]?.value ?? 0n;
    coins.set(party, { txid: txidOf(coinbase), vout: 0, value, scriptPubKey });
  }
  node.generate(COIN_BLOCKS, ANYONE);
  return { node, prover, verifier, session, coinOf: (party) => coins.get(party) as FundingInput };
}

const payoutOf = ({ privateKey }: PartySecrets): Bytes => keyScript(compressedKey(privateKey).slice(1));

type Table = ReturnType<typeof scene> & {
  readonly dispute: Dispute;
  readonly signatures: readonly Bytes[];
  readonly funding: Transaction;
};

function setTable(circuit: Circuit, seed: number): Table {
  const parties = scene(seed);
  const { prover, verifier, session, coinOf } = parties;
  const partyOf = (party: PartySecrets): Dispute['terms']['prover'] => ({
    key: compressedKey(party.privateKey),
    payout: payoutOf(party),
    inputs: [coinOf(party)],
  });
  const blockGates = Math.min(512, circuit.kinds.length);
  const dispute = createDispute(
    {
      session,
      prover: partyOf(prover),
      verifier: partyOf(verifier),
      prize: PRIZE,
      proverDeposit: DEPOSIT,
      verifierDeposit: DEPOSIT,
      timeoutBlocks: TIMEOUT_BLOCKS,
      feeRate: FEE_RATE,
      blockGates,
      inputPins: '*'.repeat(inputCount(circuit)),
      outputPins: '*'.repeat(outputCount(circuit)),
    },
    circuit,
    { ...proverLocks(prover, circuit), ...verifierLocks(verifier, circuit, blockGates) },
  );
  const messages = preSignatures(dispute);
  const rng = seededRng(seed + 1);
  const [mine, theirs] = [prover, verifier].map(
    (p) => new JointSigning(messages, p.privateKey, rng.bytes),
  ) as [JointSigning, JointSigning];
  const partials = theirs.sign(mine.nonces);
  mine.sign(theirs.nonces);
  const signatures = mine.finish(partials);
  checkSignatures(messages, signatures);
  const funding = signedFunding(
    dispute,
    signFunding(dispute, 'prover', () => prover.privateKey),
    signFunding(dispute, 'verifier', () => verifier.privateKey),
  );
  return { ...parties, dispute, signatures, funding };
}

/** How the two play; without anything, honestly. */
type Strategy = {
  /** What the prover shows at a move, given the right values. */
  readonly shown?: (values: Uint8Array, stage: Stage) => Uint8Array;
  /** The moves a party does not make any more. */
  readonly silentFrom?: { readonly player: 'prover' | 'verifier'; readonly stage: number };
  /** Whether the verifier challenges what is right. */
  readonly falseChallenge?: boolean;
};

/** Plays to the end over the node's own mempool; what it refuses, no block has. */
function playOut(table: Table, { shown, silentFrom, falseChallenge = false }: Strategy): string {
  const { node, dispute, signatures, funding, prover, verifier } = table;
  const { circuit } = dispute;
  const input = bitsOf(padSha256(Uint8Array.of(1, 2, 3)), SHA256_INITIAL_STATE);
  const values = evaluateCircuit(circuit, input);
  const watch = new DisputeWatch(dispute);
  const evidence = new Evidence(dispute);
  const start = node.chain.tip.height;
  const common = { dispute, signatures, funding, feeRate: FEE_RATE };
  for (let blocks = 0; blocks < MAX_BLOCKS; blocks++) {
    const view = viewOf(node, watch, start);
    evidence.observe(view);
    const { state = -1, outcome } = positionOf(dispute, view);
    if (outcome !== undefined) return `${outcome.kind} ${outcome.winner ?? 'both'}`;
    const stage = dispute.stages[state];
    const isSilent =
      silentFrom !== undefined && stage?.player === silentFrom.player && state >= silentFrom.stage;
    const made: (Transaction | undefined)[] = [];
    if (stage?.player === 'prover' && !isSilent) {
      const honest = shown === undefined;
      const lie = honest ? values : shown(values, stage);
      made.push(proverMove({ dispute, signatures, secrets: prover }, view, stage, bend(dispute, lie, stage)));
    } else if (stage?.player !== 'prover') {
      made.push(...decideProver({ ...common, secrets: prover, input }, view, values).transactions);
    }
    if (stage?.player === 'verifier' && falseChallenge) {
      if (!isSilent) made.push(askMove(dispute, signatures, verifier, stage, stage.choices.length >> 1));
    } else if (!isSilent || stage?.player !== 'verifier') {
      made.push(...decideVerifier({ ...common, secrets: verifier }, view, evidence).transactions);
    }
    for (const tx of made) if (tx !== undefined) node.accept(tx);
    node.generate(1, ANYONE);
  }
  return 'no end';
}

/** Of a gate only values that fit can be shown: a liar has to bend its output. */
function bend({ circuit }: Dispute, values: Uint8Array, stage: Stage): Uint8Array {
  if (stage.kind !== 'show-gate') return values;
  const bent = values.slice();
  for (let gate = 0; gate < circuit.kinds.length; gate++) {
    const wire = circuit.out[gate] as number;
    if (!gateHolds(circuit, gate, bent)) bent[wire] = 1 - (bent[wire] as number);
  }
  return bent;
}

function viewOf(node: BitcoinNode, watch: DisputeWatch, from: number): ChainView {
  const sightings: Sighting[] = [];
  for (let height = from; height <= node.chain.tip.height; height++) {
    for (const tx of (node.chain.at(height) as BlockEntry).block.transactions) {
      if (watch.concerns(tx)) sightings.push({ tx, height });
    }
  }
  return { tip: node.chain.tip.height, sightings };
}

const SETUP_SECONDS = 10;
const SETUP_BYTES = 2 ** 30;

/** Disputes about one compression of SHA-256: 135,073 gates. */
function checkDisputes(folder: string, cases: CaseCounter): void {
  const circuit = parseBristol(readText(folder, 'sha256.txt.gz'));
  const firstOutput = circuit.wireCount - outputCount(circuit);
  const flip = (values: Uint8Array, wire: number): Uint8Array => {
    const lie = values.slice();
    lie[wire] = 1 - (lie[wire] as number);
    return lie;
  };
  // Some gates' outputs are masked by others: the first one from the middle on that changes the result.
  const wrongGate = (values: Uint8Array): Uint8Array => {
    for (let gate = circuit.kinds.length >> 1; ; gate++) {
      const lie = flip(values, circuit.out[gate] as number);
      evaluateFrom(circuit, lie, gate + 1);
      if (lie.subarray(firstOutput).some((bit, i) => bit !== values[firstOutput + i])) return lie;
    }
  };
  const games: readonly (readonly [name: string, strategy: Strategy, outcome: string])[] = [
    ['honest', {}, 'settled both'],
    ['false challenge', { falseChallenge: true }, 'collected prover'],
    [
      'silent verifier',
      { falseChallenge: true, silentFrom: { player: 'verifier', stage: 5 } },
      'collected prover',
    ],
    ['wrong output', { shown: (values) => flip(values, firstOutput + 77) }, 'collected verifier'],
    ['wrong gate', { shown: wrongGate }, 'collected verifier'],
    [
      'equivocation',
      { shown: (values, { index }) => (index === 0 ? flip(values, firstOutput) : values) },
      'collected verifier',
    ],
    ['silent prover', { silentFrom: { player: 'prover', stage: 0 } }, 'collected verifier'],
    [
      'silent prover in a dispute',
      { shown: wrongGate, silentFrom: { player: 'prover', stage: 8 } },
      'collected verifier',
    ],
  ];
  games.forEach(([name, strategy, outcome], i) => {
    const started = performance.now();
    const table = setTable(circuit, 100 + i);
    const seconds = (performance.now() - started) / 1000;
    cases.check(`set-up ${i}`, () => {
      const { rss } = process.memoryUsage();
      return seconds < SETUP_SECONDS && rss < SETUP_BYTES ? undefined : `${seconds} s, ${rss} bytes`;
    });
    cases.equal(`sha256: ${name}`, () => playOut(table, strategy), outcome);
  });
}

/** Programs in chunks: a right assertion is paid for, a wrong value of any variable loses the stake to anybody. */
function checkAssertions(cases: CaseCounter): void {
  const message = Uint8Array.of(0x61, 0x62, 0x63);
  const programs: readonly (readonly [Program, Readonly<Record<string, Bytes>>])[] = [
    [SHA256_PROGRAM, { state: SHA256_INITIAL_STATE, block: padSha256(message) }],
    [BLAKE3_PROGRAM, blake3Input(message)],
  ];
  for (const [program, input] of programs) {
    const outputs = program.variables.filter(({ isInput }) => !isInput);
    const right = runProgram(program, input);
    cases.equal(`${program.name}: right`, () => playAssertion(program, right), 'taken back');
    for (const { name } of outputs) {
      const value = (right[name] as Bytes).slice();
      value[7] = (value[7] as number) ^ 0x40;
      const play = (): string => playAssertion(program, { ...right, [name]: value });
      cases.equal(`${program.name}: wrong ${name}`, play, 'disproved');
    }
  }
}

function playAssertion(program: Program, values: ReturnType<typeof runProgram>): string {
  const { node, prover: operator, verifier, coinOf } = scene(7);
  const { seed } = operator;
  const partyOf = (party: PartySecrets): Dispute['terms']['prover'] => ({
    key: compressedKey(party.privateKey),
    payout: payoutOf(party),
    inputs: [coinOf(party)],
  });
  const graph = createAssertionGraph(program, programKeys(program, seed), {
    operator: partyOf(operator),
    verifier: partyOf(verifier),
    stake: DEPOSIT,
    prize: PRIZE,
    timeoutBlocks: TIMEOUT_BLOCKS,
    feeRate: FEE_RATE,
  });
  const rng = seededRng(9);
  const [mine, theirs] = [operator, verifier].map(
    (party) => new JointSigning([graph.preSignature], party.privateKey, rng.bytes),
  ) as [JointSigning, JointSigning];
  const partials = theirs.sign(mine.nonces);
  mine.sign(theirs.nonces);
  const [signature] = mine.finish(partials) as [Bytes];
  node.send(
    signedAssertionFunding(
      graph,
      signAssertionFunding(graph, 'operator', () => operator.privateKey),
      signAssertionFunding(graph, 'verifier', () => verifier.privateKey),
    ),
  );
  node.generate(1, ANYONE);
  node.send(
    assertionMove(graph, signature, operator.privateKey, values, assertProgram(program, seed, values)),
  );
  node.generate(1, ANYONE);
  const asserted = node.chain.tip.block.transactions[1] as Transaction;
  // Anybody: the payout is a key that is no party's.
  const stranger = keyScript(compressedKey(new Uint8Array(32).fill(5)).slice(1));
  const disproof = disprove(graph, asserted, { payout: stranger, feeRate: FEE_RATE });
  const back = takeBack(graph, operator.privateKey, { payout: payoutOf(operator), feeRate: FEE_RATE });
  const early = node.accept(back);
  if ('entry' in early) return 'taken back before its time';
  if (disproof !== undefined) {
    node.send(disproof);
    node.generate(1, ANYONE);
    return bytesToHex(txidOf(node.chain.tip.block.transactions[1] as Transaction)) ===
      bytesToHex(txidOf(disproof))
      ? 'disproved'
      : 'not in a block';
  }
  node.generate(TIMEOUT_BLOCKS, ANYONE);
  node.send(back);
  return 'taken back';
}

/** Circuits, and disputes about them and about programs in chunks, on a chain. */
export function runBitvm(folder: string): FolderResult {
  const cases = new CaseCounter('bitcoin/bitvm');
  checkCircuits(folder, cases);
  checkDisputes(folder, cases);
  checkAssertions(cases);
  return cases.result();
}
