import type { Machine } from '../air/machine.ts';
import type { Ext, ExtensionField } from '../field/extension.ts';
import type { ExtPoint } from '../circle/point.ts';
import { pointOfParameter } from '../circle/point.ts';
import type { VerifyingKey } from './keys.ts';
import { parameterWords } from './parameters.ts';
import type { Transcript } from './transcript.ts';
import { MESSAGES } from './transcript.ts';

// The order of the transcript, once for prover and verifier (DESIGN of both depends on it):
//   statements of all segments (machine, parameters, fixed root, public values, heights, main root)
//   -> lookup challenges -> per segment: interaction root, claimed sums -> constraints' challenge
//   -> composition root -> point -> opened values -> batching challenge -> quotient root -> folding …

/** Alpha and the powers of beta that the longest message needs. */
export function lookupChallengeCount(machine: Machine): number {
  return machine.buses.length === 0 ? 0 : 1 + Math.max(...machine.buses.map(({ arity }) => arity));
}

/** Absorbs what a segment states, before anything is drawn. */
export function absorbStatement(
  transcript: Transcript,
  key: VerifyingKey,
  publicValues: readonly number[],
  logHeights: readonly (number | undefined)[],
  mainRoot: ArrayLike<number>,
): void {
  const root = key.preprocessedRoot ?? new Uint32Array(0);
  transcript.absorb(MESSAGES.statement, [
    ...parameterWords(key.parameters),
    ...key.machineDigest,
    root.length,
    ...root,
    publicValues.length,
    ...publicValues,
    ...logHeights.map((height) => height ?? 0),
    ...Array.from(mainRoot),
  ]);
}

/** alpha, beta, beta^2, …: as many as the machine's messages need. */
export function drawLookupChallenges(transcript: Transcript, field: ExtensionField, machine: Machine): Ext[] {
  const count = lookupChallengeCount(machine);
  if (count === 0) return [];
  const alpha = transcript.element(field);
  const beta = transcript.element(field);
  return [alpha, ...field.powers(beta, count).slice(1)];
}

/** The point all polynomials are opened at: none whose conjugate shares a coordinate's upper half with it. */
export function drawPoint(transcript: Transcript, field: ExtensionField): ExtPoint {
  for (;;) {
    const point = pointOfParameter(field, transcript.element(field));
    if (point === undefined) continue;
    // Quotients divide by the upper half of y; a point over B would lie with its conjugate on no line.
    if (!field.isZero(point.y.slice(field.half)) && !field.isZero(point.x.slice(field.half))) return point;
  }
}
