import { isNinefoldError, seededRng } from '@ninefold/base';
import { decodeProof, restoreVerifyingKey, SAMPLES, verify } from '@ninefold/stark';
import { decodeReceipt, programIdOf, verifyReceipt } from '@ninefold/vm-riscv';
import { damages } from './damage.ts';
import type { Subject } from './subjects.ts';

/** What verifiers say of bytes that prove nothing. */
const REFUSALS: ReadonlySet<string> = new Set([
  'STARK_MALFORMED_PROOF',
  'STARK_INVALID_PROOF',
  'STARK_INVALID_TRACE',
  'RISCV_MALFORMED_RECEIPT',
]);

/** What became of one subject's damaged proofs. */
export type Refusals = {
  readonly name: string;
  readonly size: number;
  readonly cases: number;
  readonly codes: Readonly<Record<string, number>>;
  /** The longest that an answer took. */
  readonly slowest: { readonly milliseconds: number; readonly what: string };
  /** Most memory of the process so far. */
  readonly peakBytes: number;
  /** Damages that were accepted, or ended in anything but a refusal. */
  readonly findings: readonly { readonly what: string; readonly outcome: string }[];
};

/** Answers that take longer are asked for again: others may have had the processor. */
const SLOW_MILLISECONDS = 100;
const REPETITIONS = 3;
const MAX_FINDINGS = 20;

/** Has a subject verified with all kinds of damage, for so many seconds. */
export function refuseDamaged(
  subject: Subject,
  { seed, seconds, peak }: { readonly seed: number; readonly seconds: number; readonly peak: () => number },
): Refusals {
  const codes: Record<string, number> = {};
  const findings: { what: string; outcome: string }[] = [];
  let cases = 0;
  let slowest = { milliseconds: 0, what: 'nothing' };
  const ask = outcomeOf(subject);
  const intact = ask(subject.bytes);
  if (intact !== 'accepted') findings.push({ what: 'intact', outcome: intact });
  const started = performance.now();
  for (const { what, bytes } of damages(subject.bytes, seededRng(seed))) {
    if (performance.now() - started > 1000 * seconds || findings.length >= MAX_FINDINGS) break;
    if (sameBytes(bytes, subject.bytes)) continue;
    cases++;
    let outcome = '';
    let milliseconds = Number.POSITIVE_INFINITY;
    for (let times = 0; times < REPETITIONS && milliseconds > SLOW_MILLISECONDS; times++) {
      const before = performance.now();
      outcome = ask(bytes);
      milliseconds = Math.min(milliseconds, performance.now() - before);
    }
    codes[outcome] = (codes[outcome] ?? 0) + 1;
    if (!REFUSALS.has(outcome)) findings.push({ what, outcome });
    if (milliseconds > slowest.milliseconds) slowest = { milliseconds, what };
  }
  return {
    name: subject.name,
    size: subject.bytes.length,
    cases,
    codes,
    slowest,
    peakBytes: peak(),
    findings,
  };
}

/** Asks a verifier; gives 'accepted', the error's code, or what else was thrown. */
function outcomeOf(subject: Subject): (bytes: Uint8Array) => string {
  const check = verifierOf(subject);
  return (bytes) => {
    try {
      check(bytes);
      return 'accepted';
    } catch (error) {
      if (isNinefoldError(error)) return error.code;
      return error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
  };
}

function verifierOf(subject: Subject): (bytes: Uint8Array) => void {
  if (subject.kind === 'receipt') {
    return (bytes) => {
      const receipt = decodeReceipt(bytes);
      // Of whatever program it says: the proof alone has to refuse.
      verifyReceipt(receipt, { programId: programIdOf(receipt), allowInsecure: true });
    };
  }
  const { machine } = SAMPLES[subject.sample]();
  const key = restoreVerifyingKey(machine, subject.parameters, subject.root, subject.logHeights);
  return (bytes) => {
    const proof = decodeProof(key, bytes);
    // A proof of more segments is of as many statements.
    const publicValues = proof.segments.map(
      (_, i) => subject.publicValues[i] ?? subject.publicValues[0] ?? [],
    );
    verify(
      key,
      proof.segments.length < subject.publicValues.length ? subject.publicValues : publicValues,
      proof,
    );
  };
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
