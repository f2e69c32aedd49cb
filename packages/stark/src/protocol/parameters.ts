import type { ExtensionDegree } from '../field/extension.ts';
import type { HashName } from '../kernel/hasher.ts';

/** What a proof's size, speed and security follow from. */
export type Parameters = {
  readonly name: ParameterSet;
  /** Of trees and transcript. */
  readonly hash: HashName;
  /** Bits a proof has to reach, proven, at its actual heights; 0 for the insecure set. */
  readonly targetBits: number;
  readonly extensionDegree: ExtensionDegree;
  /** log2 of evaluation domain over trace. */
  readonly logBlowup: number;
  readonly queries: number;
  /** Bits of work before the query indices are drawn. */
  readonly queryGrinding: number;
  /** Bits of work before each other challenge. */
  readonly grinding: number;
  /** Most folds between two committed layers. */
  readonly maxFold: number;
  /** log2 of the most coefficients of the final polynomial. */
  readonly logFinal: number;
};

export type ParameterSet = 'p100' | 'p128' | 'evm' | 'dev';

/** The code of a set in an encoded proof is its place here: only ever append. */
const SETS: readonly Parameters[] = [
  {
    name: 'p100',
    hash: 'blake2s',
    targetBits: 100,
    extensionDegree: 4,
    logBlowup: 1,
    queries: 193,
    queryGrinding: 20,
    grinding: 14,
    maxFold: 3,
    logFinal: 6,
  },
  {
    name: 'p128',
    hash: 'blake2s',
    targetBits: 128,
    extensionDegree: 6,
    logBlowup: 2,
    queries: 160,
    queryGrinding: 20,
    grinding: 0,
    maxFold: 3,
    logFinal: 6,
  },
  {
    // Few queries, for verifiers that pay for every byte, and the hash that contracts have.
    name: 'evm',
    hash: 'keccak256',
    targetBits: 100,
    extensionDegree: 4,
    logBlowup: 4,
    queries: 88,
    queryGrinding: 20,
    grinding: 14,
    maxFold: 3,
    logFinal: 6,
  },
  {
    // INSECURE: quick proofs for tests.
    name: 'dev',
    hash: 'blake2s',
    targetBits: 0,
    extensionDegree: 4,
    logBlowup: 1,
    queries: 8,
    queryGrinding: 0,
    grinding: 0,
    maxFold: 2,
    logFinal: 2,
  },
];

/** The parameters of each set: `p100` unless there is a reason; `dev` is insecure. */
export const PARAMETER_SETS: Readonly<Record<ParameterSet, Parameters>> = Object.fromEntries(
  SETS.map((set) => [set.name, set]),
) as Record<ParameterSet, Parameters>;

/** The code of a set in an encoded proof. */
export function parameterCode(name: ParameterSet): number {
  return SETS.findIndex((set) => set.name === name);
}

/** The set of a code, undefined for none. */
export function parametersOfCode(code: number): Parameters | undefined {
  return SETS[code];
}

const HASH_CODES: Readonly<Record<HashName, number>> = { blake2s: 0, keccak256: 1 };

/** The parameters as the transcript absorbs them. */
export function parameterWords(parameters: Parameters): number[] {
  const { hash, extensionDegree, logBlowup, queries, queryGrinding, grinding, maxFold, logFinal } =
    parameters;
  return [
    parameterCode(parameters.name),
    HASH_CODES[hash],
    extensionDegree,
    logBlowup,
    queries,
    queryGrinding,
    grinding,
    maxFold,
    logFinal,
  ];
}
