import type { Ext } from '../field/extension.ts';
import type { TreeOpening } from '../commit/tree.ts';
import type { ParameterSet } from './parameters.ts';

/** Most segments of one proof. */
export const MAX_SEGMENTS = 1024;

/** Everything a prover says about one segment. Its parts' sizes follow from the machine and the heights. */
export type SegmentProof = {
  /** Of each chip of the machine, undefined for one that is left out. */
  readonly logHeights: readonly (number | undefined)[];
  readonly mainRoot: Uint32Array;
  /** Undefined when no chip uses a bus. */
  readonly interactionRoot: Uint32Array | undefined;
  /** Of each chip that is there and uses buses. */
  readonly claimedSums: readonly Ext[];
  readonly compositionRoot: Uint32Array;
  /** Values at the point and the next row's, by height group and in its order: words of elements. */
  readonly opened: readonly Uint32Array[];
  readonly quotientRoot: Uint32Array;
  readonly foldRoots: readonly Uint32Array[];
  readonly finalPolynomial: readonly Ext[];
  /** Work before the constraints' challenge, the point, the batching, each folding, the queries. */
  readonly nonces: readonly number[];
  /** Of the trees that are there: preprocessed, main, interaction, composition, quotients, folds. */
  readonly openings: readonly TreeOpening[];
};

/** A proof of one or several segments that share their buses. */
export type Proof = {
  readonly parameters: ParameterSet;
  /** Work before the lookup argument's challenges, which all segments share. */
  readonly lookupNonce: number;
  readonly segments: readonly SegmentProof[];
};
