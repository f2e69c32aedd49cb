import type { Ext, Extension } from './extension.ts';
import { PostcardReader } from './postcard.ts';

/** What is opened of the trace and of the quotient, at the point and, of the trace, at the next one. */
export type OpenedValues<Digest> = {
  readonly traceRoot: Digest;
  readonly quotientRoot: Digest;
  readonly local: readonly Ext[];
  readonly next: readonly Ext[];
  /** The quotient's chunks: for each the coordinates of its values. */
  readonly chunks: readonly (readonly Ext[])[];
};

/** Opened rows by query and matrix, with the digests their paths share. */
export type MultiOpening<Digest> = {
  readonly rows: readonly (readonly (readonly number[])[])[];
  readonly digests: readonly Digest[];
};

/** All queries' openings of one folded codeword: what is beside the values that the verifier knows. */
export type FoldStep<Digest> = {
  readonly logArity: number;
  readonly siblings: readonly (readonly Ext[])[];
  readonly digests: readonly Digest[];
};

/** The folds of a proof: a root, a nonce and a step for each, then coefficients and the last nonce. */
export type Folds<Digest> = {
  readonly roots: readonly Digest[];
  readonly nonces: readonly number[];
  readonly steps: readonly FoldStep<Digest>[];
  readonly final: readonly Ext[];
  readonly nonce: number;
};

/** How a configuration writes its words and digests. */
export type Format<Digest> = {
  readonly field: Extension;
  /** What four bytes stand for: the word itself or its Montgomery form; below the prime. */
  readonly word: (raw: number) => number;
  readonly digest: (reader: ProofReader<Digest>) => Digest;
};

/** Reads the parts that all proofs of Plonky3's uni-stark have. */
export class ProofReader<Digest> extends PostcardReader {
  readonly #format: Format<Digest>;

  constructor(bytes: Uint8Array, format: Format<Digest>) {
    super(bytes);
    this.#format = format;
  }

  word(): number {
    const bytes = this.bytes(4);
    const raw = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
    if (raw >= this.#format.field.prime) throw new RangeError('a word is not canonical');
    return this.#format.word(raw);
  }

  element(): Ext {
    return Array.from({ length: this.#format.field.degree }, () => this.word());
  }

  elements(): Ext[] {
    return this.list(() => this.element());
  }

  digests(): Digest[] {
    return this.list(() => this.#format.digest(this));
  }

  /** A commitment: a cap of one root. */
  root(): Digest {
    const [only, ...more] = this.digests();
    if (only === undefined || more.length > 0) throw new RangeError('a commitment of several roots');
    return only;
  }

  openedValues(): OpenedValues<Digest> {
    const traceRoot = this.root();
    const quotientRoot = this.root();
    const random = this.option(() => this.root());
    const local = this.elements();
    const next = this.option(() => this.elements());
    const preprocessed = [this.option(() => this.elements()), this.option(() => this.elements())];
    const chunks = this.list(() => this.elements());
    const randomValues = this.option(() => this.elements());
    if ([random, randomValues, ...preprocessed].some((part) => part !== undefined)) {
      throw new RangeError('parts that this table does not have');
    }
    return { traceRoot, quotientRoot, local, next: next ?? [], chunks };
  }

  openings(): MultiOpening<Digest>[] {
    return this.list(() => ({
      rows: this.list(() => this.list(() => this.list(() => this.word()))),
      digests: this.digests(),
    }));
  }

  steps(): FoldStep<Digest>[] {
    return this.list(() => ({
      logArity: (this.bytes(1) as unknown as [number])[0],
      siblings: this.list(() => this.elements()),
      digests: this.digests(),
    }));
  }
}
