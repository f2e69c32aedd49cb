import { defineErrors } from '@ninefold/base';

/** What callers of this package can do wrong, and what may be wrong with a proof. */
export const STARK_ERRORS = {
  STARK_INVALID_AIR: (context: { readonly chip: string; readonly what: string }): string =>
    `Chip '${context.chip}': ${context.what}`,
  STARK_INVALID_MACHINE: (context: { readonly machine: string; readonly what: string }): string =>
    `Machine '${context.machine}': ${context.what}`,
  STARK_INVALID_TRACE: (context: { readonly chip: string; readonly what: string }): string =>
    `Trace of chip '${context.chip}': ${context.what}`,
  STARK_UNSATISFIED: (context: { readonly violations: readonly string[] }): string =>
    `The trace does not satisfy the constraints: ${context.violations.join('; ')}`,
  STARK_INVALID_PARAMETERS: (context: { readonly what: string }): string =>
    `Proof parameters: ${context.what}`,
  STARK_INSECURE: (context: { readonly bits: number; readonly target: number }): string =>
    `These heights leave ${context.bits.toFixed(1)} proven bits, below the set's ${context.target}: prove smaller segments or choose another parameter set`,
  STARK_TOO_MANY_MESSAGES: (context: { readonly messages: number }): string =>
    `${context.messages} messages on buses are more than can be counted modulo 2^31 - 1: prove less at a time`,
  STARK_OUT_OF_MEMORY: (context: { readonly bytes: number; readonly limit: number }): string =>
    `The prover needs ${context.bytes} bytes, above its limit of ${context.limit}: prove smaller segments`,
  STARK_MEMORY_REFUSED: (context: { readonly bytes: number }): string =>
    `The system refuses the prover a memory of ${context.bytes} bytes: free some, take fewer cycles a segment, or set a lower memory limit to be told at once`,
  STARK_WORKER_FAILED: (context: { readonly what: string }): string =>
    `The prover's threads cannot go on: ${context.what}. Make a new pool`,
  STARK_CANCELLED: (_context: Readonly<Record<never, never>>): string => 'The proof was cancelled',
  STARK_MALFORMED_PROOF: (context: { readonly what: string; readonly offset: number }): string =>
    `Malformed proof at byte ${context.offset}: ${context.what}`,
  STARK_INVALID_PROOF: (context: { readonly what: string }): string =>
    `The proof does not hold: ${context.what}`,
};

export const fail: ReturnType<typeof defineErrors<typeof STARK_ERRORS>> = defineErrors(STARK_ERRORS);
