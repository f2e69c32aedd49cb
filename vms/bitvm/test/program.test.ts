import { createHash } from 'node:crypto';
import { type Bytes, seededRng } from '@ninefold/base';
import { type Transaction, type TxOutput, weightOf } from '@ninefold/vm-bitcoin-script';
import { describe, expect, it } from 'vitest';
import { BLAKE3_PROGRAM, blake3Input } from '../src/chunk/blake3.ts';
import {
  assertionMove,
  createAssertionGraph,
  disprove,
  readAssertionMove,
  signAssertionFunding,
  signedAssertionFunding,
  takeBack,
  takeForSilence,
} from '../src/chunk/graph.ts';
import {
  assertProgram,
  type Chunk,
  disproofLeaf,
  disproofWitness,
  emitDisproof,
  faultyChunk,
  type Program,
  programKeys,
  readAssertion,
  runProgram,
} from '../src/chunk/program.ts';
import { padSha256, SHA256_INITIAL_STATE, SHA256_PROGRAM } from '../src/chunk/sha256.ts';
import { winternitzWitness } from '../src/chunk/winternitz.ts';
import { keyScript } from '../src/engine/tree.ts';
import { compressedKey, JointSigning } from '../src/game/signing.ts';
import { MAX_STANDARD_WEIGHT } from '../src/spec/limits.ts';
import { codeOf } from './support/code-of.ts';
import { faultOf, runLeaf } from './support/spend.ts';
import { partyOf, PROVER, VERIFIER } from './support/table.ts';

const SEED = new Uint8Array(32).fill(4);

/** y = a + b, z = y ^ a, of 32 bits. */
const chunkOf = (chunk: Omit<Chunk, 'features'>): Chunk => ({
  ...chunk,
  features: { shifts: [], and: false },
});
const word = (bytes: Bytes): number => new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
const bytesOf = (value: number): Bytes => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
};
const SMALL: Program = {
  name: 'small',
  bigEndian: false,
  variables: ['a', 'b', 'y', 'z'].map((name) => ({ name, bytes: 4, isInput: name < 'c' })),
  chunks: [
    chunkOf({
      name: 'sum',
      inputs: ['a', 'b'],
      output: 'y',
      compute: ([a, b]) => bytesOf((word(a!) + word(b!)) >>> 0),
      emit: (machine, [a, b]) => [machine.add({ word: a![0]!, last: true }, { word: b![0]!, last: true })],
    }),
    chunkOf({
      name: 'difference',
      inputs: ['y', 'a'],
      output: 'z',
      compute: ([y, a]) => bytesOf((word(y!) ^ word(a!)) >>> 0),
      emit: (machine, [y, a]) => [machine.xorLast(y![0]!, a![0]!)],
    }),
  ],
};
const VALUES = runProgram(SMALL, { a: bytesOf(0xfedcba98), b: bytesOf(0x12345678) });
const KEYS = programKeys(SMALL, SEED);

describe('programs in chunks', () => {
  it('run', () => {
    expect(word(VALUES['y']!)).toBe((0xfedcba98 + 0x12345678) >>> 0);
    expect(word(VALUES['z']!)).toBe((word(VALUES['y']!) ^ 0xfedcba98) >>> 0);
    expect(codeOf(() => runProgram(SMALL, { a: bytesOf(1) }))).toBe('PROGRAM_WRONG_VALUE');
    expect(codeOf(() => runProgram(SMALL, { a: bytesOf(1), b: new Uint8Array(5) }))).toBe(
      'PROGRAM_WRONG_VALUE',
    );
  });

  it('have a leaf a chunk that succeeds just when it is wrong', () => {
    const rng = seededRng(1);
    for (let round = 0; round < 12; round++) {
      const values = runProgram(SMALL, { a: rng.bytes(4), b: rng.bytes(4) });
      SMALL.chunks.forEach(({ inputs, output }, index) => {
        const leaf = disproofLeaf(SMALL, KEYS, index);
        const items = (shown: typeof values) => {
          const signed = assertProgram(SMALL, SEED, shown);
          return [...inputs, output].flatMap((name) => winternitzWitness(shown[name]!, signed[name]!));
        };
        expect(runLeaf(leaf, items(values))).toBe('EVAL_FALSE');
        for (const name of [...inputs, output]) {
          const wrong = { ...values, [name]: values[name]!.slice() };
          wrong[name]![rng.below(4)]! ^= 1 << rng.below(8);
          expect(runLeaf(leaf, items(wrong))).toBeUndefined();
        }
      });
    }
  });

  it('cannot be disproved with signatures that are not the operator’s', () => {
    const leaf = disproofLeaf(SMALL, KEYS, 0);
    const wrong: typeof VALUES = { ...VALUES, y: bytesOf(7) };
    const forged = assertProgram(SMALL, new Uint8Array(32).fill(5), wrong);
    const items = ['a', 'b', 'y'].flatMap((name) => winternitzWitness(wrong[name]!, forged[name]!));
    expect(runLeaf(leaf, items)).toBe('EQUALVERIFY');
  });

  it('name the first wrong chunk', () => {
    expect(faultyChunk(SMALL, VALUES)).toBeUndefined();
    expect(faultyChunk(SMALL, { ...VALUES, y: bytesOf(7) })).toBe(0);
    expect(faultyChunk(SMALL, { ...VALUES, z: bytesOf(7) })).toBe(1);
    const right = assertProgram(SMALL, SEED, VALUES);
    expect(codeOf(() => disproofWitness(SMALL, 0, VALUES, right))).toBe('PROGRAM_NO_FAULT');
    expect(codeOf(() => assertProgram(SMALL, SEED, { ...VALUES, z: new Uint8Array(3) }))).toBe(
      'PROGRAM_WRONG_VALUE',
    );
    expect(readAssertion(SMALL, KEYS, right)).toEqual(VALUES);
    expect(codeOf(() => readAssertion(SMALL, KEYS, {}))).toBe('WINTERNITZ_WRONG_LENGTH');
  });
});

describe('SHA-256 and BLAKE3', () => {
  it('compute what they are called', () => {
    const message = Uint8Array.of(1, 2, 3, 4, 5);
    const { result } = runProgram(SHA256_PROGRAM, { state: SHA256_INITIAL_STATE, block: padSha256(message) });
    expect(result).toEqual(new Uint8Array(createHash('sha256').update(message).digest()));
    // Of the empty input, from the specification's test vectors.
    const blake3 = runProgram(BLAKE3_PROGRAM, blake3Input(new Uint8Array(0)))['result']!;
    expect(Buffer.from(blake3).toString('hex')).toBe(
      'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262',
    );
  });

  it('fit relaying nodes, chunk by chunk', () => {
    for (const [program, input] of [
      [SHA256_PROGRAM, { state: SHA256_INITIAL_STATE, block: padSha256(Uint8Array.of(9)) }],
      [BLAKE3_PROGRAM, blake3Input(Uint8Array.of(9))],
    ] as const) {
      const keys = programKeys(program, SEED);
      const values = runProgram(program, input);
      const signed = assertProgram(program, SEED, values);
      for (const index of [0, program.chunks.length >> 1, program.chunks.length - 1]) {
        const { inputs, output } = program.chunks[index]!;
        const script = emitDisproof(program, keys, index);
        expect(script.highest).toBeLessThanOrEqual(1000);
        expect(script.finish().length).toBeLessThan(MAX_STANDARD_WEIGHT / 4);
        const right = [...inputs, output].flatMap((name) => winternitzWitness(values[name]!, signed[name]!));
        expect(runLeaf(script.finish(), right)).toBe('EVAL_FALSE');
        const wrong = { ...values, [output]: values[output]!.slice() };
        wrong[output]![3]! ^= 0x80;
        const items = disproofWitness(program, index, wrong, assertProgram(program, SEED, wrong));
        expect(runLeaf(script.finish(), items)).toBeUndefined();
      }
    }
  });
});

describe('an assertion', () => {
  const terms = {
    operator: partyOf(PROVER),
    verifier: partyOf(VERIFIER),
    stake: 200_000n,
    prize: 50_000n,
    timeoutBlocks: 12,
    feeRate: 1,
  };
  const graph = createAssertionGraph(SMALL, KEYS, terms);
  const rng = seededRng(2);
  const mine = new JointSigning([graph.preSignature], PROVER.privateKey, rng.bytes);
  const theirs = new JointSigning([graph.preSignature], VERIFIER.privateKey, rng.bytes);
  const partials = theirs.sign(mine.nonces);
  mine.sign(theirs.nonces);
  const [signature] = mine.finish(partials) as [Bytes];
  const spent = graph.funding.outputs.slice(0, graph.assertion.inputs.length);
  const stake: readonly TxOutput[] = graph.assertion.outputs.slice(0, 1);
  const collection = { payout: keyScript(compressedKey(new Uint8Array(32).fill(6)).slice(1)), feeRate: 1 };
  const make = (values: typeof VALUES): Transaction =>
    assertionMove(graph, signature, PROVER.privateKey, values, assertProgram(SMALL, SEED, values));

  it('is funded by both', () => {
    const funded = signedAssertionFunding(
      graph,
      signAssertionFunding(graph, 'operator', () => PROVER.privateKey),
      signAssertionFunding(graph, 'verifier', () => VERIFIER.privateKey),
    );
    expect(faultOf(funded, [...terms.operator.inputs, ...terms.verifier.inputs])).toBeUndefined();
    expect(codeOf(() => signedAssertionFunding(graph, [], []))).toBe('SIGNING_WRONG_COUNT');
  });

  it('that is right goes back to the operator after the time', () => {
    const tx = make(VALUES);
    expect(faultOf(tx, spent)).toBeUndefined();
    expect(weightOf(tx)).toBeLessThan(MAX_STANDARD_WEIGHT);
    expect(readAssertionMove(graph, tx)!.values).toEqual(VALUES);
    expect(disprove(graph, tx, collection)).toBeUndefined();
    const back = takeBack(graph, PROVER.privateKey, collection);
    expect(faultOf(back, stake)).toBeUndefined();
    const hurried = { ...back, inputs: [{ ...back.inputs[0]!, sequence: 11 }] };
    expect(faultOf(hurried, stake)).toBe('0: UNSATISFIED_LOCKTIME');
    expect(faultOf(takeBack(graph, VERIFIER.privateKey, collection), stake)).toBe('0: SCHNORR_SIG');
  });

  it('that is wrong goes to whoever shows it', () => {
    for (const name of ['y', 'z']) {
      const tx = make({ ...VALUES, [name]: bytesOf(99) });
      expect(faultOf(tx, spent)).toBeUndefined();
      const disproof = disprove(graph, tx, collection)!;
      expect(faultOf(disproof, stake)).toBeUndefined();
      expect(disproof.outputs[0]!.scriptPubKey).toEqual(collection.payout);
    }
  });

  it('that is never made leaves the pot to the verifier', () => {
    const taken = takeForSilence(graph, VERIFIER.privateKey, collection);
    expect(faultOf(taken, spent.slice(0, 1))).toBeUndefined();
    expect(faultOf(takeForSilence(graph, PROVER.privateKey, collection), spent.slice(0, 1))).toBe(
      '0: SCHNORR_SIG',
    );
  });

  it('cannot be read from another transaction', () => {
    expect(readAssertionMove(graph, graph.funding)).toBeUndefined();
    expect(codeOf(() => readAssertionMove(graph, graph.assertion))).toBe('WINTERNITZ_INVALID_DIGIT');
  });

  it('needs coins and sizes that hold', () => {
    const poor = { ...terms, operator: partyOf(PROVER, 1000n) };
    expect(codeOf(() => createAssertionGraph(SMALL, KEYS, poor))).toBe('TERMS_INVALID');
  });
});
