import type { Ext, Extension } from './extension.ts';

/** The transcript that challenges are drawn from, over a base field. */
export type Transcript<Digest> = {
  readonly observe: (word: number) => void;
  readonly observeRoot: (root: Digest) => void;
  /** A word of the base field. */
  readonly sample: () => number;
  /** The lower bits of a draw. */
  readonly bits: (count: number) => number;
};

/** Observes elements of the extension, coordinate by coordinate. */
export function observeAll(transcript: Transcript<never>, elements: readonly Ext[]): void {
  for (const element of elements) for (const word of element) transcript.observe(word);
}

/** Draws an element of the extension. */
export function sampleFrom(transcript: Transcript<never>, { degree }: Extension): Ext {
  return Array.from({ length: degree }, () => transcript.sample());
}

/** Whether a nonce makes the next bits zeros. Without bits it is not observed, so it has to be zero itself. */
export function hasWork(transcript: Transcript<never>, bits: number, nonce: number): boolean {
  if (bits === 0) return nonce === 0;
  transcript.observe(nonce);
  return transcript.bits(bits) === 0;
}
