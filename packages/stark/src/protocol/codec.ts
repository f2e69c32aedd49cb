import type { Bytes } from '@ninefold/base';
import type { TreeOpening } from '../commit/tree.ts';
import { fail } from '../errors.ts';
import type { Ext } from '../field/extension.ts';
import { DIGEST_WORDS } from '../kernel/hasher.ts';
import { PROTOCOL_VERSION } from './digest.ts';
import type { VerifyingKey } from './keys.ts';
import type { Layout } from './layout.ts';
import { layoutOf } from './layout.ts';
import { parameterCode, parametersOfCode } from './parameters.ts';
import type { Proof, SegmentProof } from './proof.ts';
import { MAX_SEGMENTS } from './proof.ts';
import { checkHeights } from './statement.ts';

// A proof as little-endian 32-bit words. Sizes follow from the machine and the heights, except those of the
// openings, which depend on where queries fall together:
//   magic, version, parameter set, lookup nonce, segments, then of each segment:
//   heights (0 for a chip that is left out), main root, [interaction root], claimed sums, composition root,
//   opened values, quotient root, fold roots, final polynomial, nonces,
//   and for each opening: words of values, words of siblings, the values, the siblings

/** "9STK" */
const MAGIC = 0x4b545339;

/** Longest proof that is looked at, in bytes. */
export const MAX_PROOF_BYTES: number = 2 ** 26;

/** The bytes of a proof. `decodeProof(key, encodeProof(proof))` gives it back. */
export function encodeProof(proof: Proof): Bytes {
  const parts: ArrayLike<number>[] = [
    [MAGIC, PROTOCOL_VERSION, parameterCode(proof.parameters), proof.lookupNonce, proof.segments.length],
  ];
  for (const segment of proof.segments) {
    parts.push(
      segment.logHeights.map((height) => height ?? 0),
      segment.mainRoot,
      segment.interactionRoot ?? [],
      segment.claimedSums.flat(),
      segment.compositionRoot,
      ...segment.opened,
      segment.quotientRoot,
      ...segment.foldRoots,
      segment.finalPolynomial.flat(),
      segment.nonces,
    );
    for (const { values, siblings } of segment.openings) {
      parts.push([values.length, siblings.length], values, siblings);
    }
  }
  const count = parts.reduce((total, part) => total + part.length, 0);
  const view = new DataView(new ArrayBuffer(4 * count));
  let at = 0;
  for (const part of parts) {
    for (let i = 0; i < part.length; i++, at += 4) view.setUint32(at, part[i] as number, true);
  }
  return new Uint8Array(view.buffer);
}

/**
 * Reads a proof of a machine. What it says is not checked here: that is `verify`'s part. The proof's words are
 * those of `bytes`, not copies, as long as these begin at a multiple of four bytes: leave them as they are.
 *
 * @throws `STARK_MALFORMED_PROOF` with the byte where it goes wrong, `STARK_INVALID_PROOF` for other
 * parameters or impossible heights
 */
export function decodeProof(key: VerifyingKey, bytes: Bytes): Proof {
  const reader = new Reader(bytes);
  const { machine, parameters } = key;
  if (reader.word() !== MAGIC) throw reader.wrong('it does not begin like a proof');
  if (reader.word() !== PROTOCOL_VERSION) throw reader.wrong('it has another version');
  if (parametersOfCode(reader.word())?.name !== parameters.name) {
    throw reader.wrong('it was made with other parameters');
  }
  const lookupNonce = reader.word();
  const count = reader.word();
  if (count === 0 || count > MAX_SEGMENTS) throw reader.wrong(`${count} segments`);
  const segments: SegmentProof[] = [];
  for (let i = 0; i < count; i++) {
    const logHeights = machine.chips.map(() => reader.word() || undefined);
    checkHeights(key, logHeights);
    segments.push(readSegment(reader, key, logHeights, layoutOf(key, logHeights)));
  }
  reader.end();
  return { parameters: parameters.name, lookupNonce, segments };
}

function readSegment(
  reader: Reader,
  { parameters, preprocessedRoot }: VerifyingKey,
  logHeights: readonly (number | undefined)[],
  { chips, groups, fold }: Layout,
): SegmentProof {
  const { extensionDegree } = parameters;
  const elements = (count: number): Ext[] => {
    const words = Array.from(reader.words(count * extensionDegree));
    return Array.from({ length: count }, (_, i) =>
      words.slice(i * extensionDegree, (i + 1) * extensionDegree),
    );
  };
  const digest = (): Uint32Array => reader.words(DIGEST_WORDS);
  const talking = chips.filter(({ compiled }) => compiled.groups.length > 0).length;
  const folds = fold.layers.length;
  const mainRoot = digest();
  const interactionRoot = talking > 0 ? digest() : undefined;
  const claimedSums = elements(talking);
  const compositionRoot = digest();
  const opened = groups.map(({ openings }) => reader.words(extensionDegree * openings.length));
  const quotientRoot = digest();
  const foldRoots = Array.from({ length: folds }, digest);
  const finalPolynomial = elements(2 ** fold.logFinal);
  const nonces = Array.from(reader.words(5 + folds));
  const trees = [preprocessedRoot, interactionRoot].filter((root) => root !== undefined).length + 3 + folds;
  const openings = Array.from({ length: trees }, (): TreeOpening => {
    const values = reader.word();
    const siblings = reader.word();
    return { values: reader.words(values), siblings: reader.words(siblings) };
  });
  return {
    logHeights,
    mainRoot,
    interactionRoot,
    claimedSums,
    compositionRoot,
    opened,
    quotientRoot,
    foldRoots,
    finalPolynomial,
    nonces,
    openings,
  };
}

class Reader {
  /** In the order of this machine, which is that of WebAssembly: little-endian. */
  readonly #words: Uint32Array;
  #at = 0;

  constructor(bytes: Bytes) {
    this.#words = new Uint32Array(0);
    if (bytes.length > MAX_PROOF_BYTES) throw this.wrong(`${bytes.length} bytes are too many`);
    if (bytes.length % 4 !== 0) throw this.wrong('it is cut within a word');
    const isAligned = bytes.byteOffset % 4 === 0;
    const { buffer, byteOffset } = isAligned ? bytes : new Uint8Array(bytes);
    this.#words = new Uint32Array(buffer, byteOffset, bytes.length / 4);
  }

  word(): number {
    if (this.#at >= this.#words.length) throw this.wrong('it ends too early');
    return this.#words[this.#at++] as number;
  }

  /** The next words: part of the proof's own. */
  words(count: number): Uint32Array {
    if (this.#at + count > this.#words.length) throw this.wrong('it ends too early');
    return this.#words.subarray(this.#at, (this.#at += count));
  }

  end(): void {
    if (this.#at !== this.#words.length) throw this.wrong('it goes on after its end');
  }

  wrong(what: string): Error {
    return fail('STARK_MALFORMED_PROOF', { what, offset: 4 * this.#at });
  }
}
