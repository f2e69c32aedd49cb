import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Order } from './child.ts';
import type { Refusals } from './refuse.ts';
import { createSubjects, type Subject } from './subjects.ts';

/** What no answer may take, whatever the bytes. */
export const BOUNDS: { readonly milliseconds: number; readonly bytes: number } = {
  milliseconds: 1000,
  bytes: 256 * 2 ** 20,
};

/** The JavaScript heap of a verifying process, in MiB: what its kernels need comes on top. */
const HEAP_MEBIBYTES = 128;

/** What is wrong with a subject's answers: nothing, when all were refusals within the bounds. */
export function problemsOf({ slowest, peakBytes, findings }: Refusals): string[] {
  const problems = findings.map(({ what, outcome }) => `${what}: ${outcome}`);
  if (slowest.milliseconds > BOUNDS.milliseconds) {
    problems.push(`${slowest.what}: ${slowest.milliseconds.toFixed(0)} ms`);
  }
  if (peakBytes > BOUNDS.bytes) problems.push(`${(peakBytes / 2 ** 20).toFixed(0)} MiB of memory`);
  return problems;
}

/** Damages proofs and receipts and has them verified, each subject in a process of its own. */
export async function runProofCampaign(options: {
  readonly seed: number;
  readonly seconds: number;
  readonly onSubject: (refusals: Refusals) => void;
}): Promise<Refusals[]> {
  const { seed, seconds, onSubject } = options;
  const subjects = createSubjects();
  const all: Refusals[] = [];
  for (const subject of subjects) {
    const refusals = await refuseInChild({ subject, seed, seconds: seconds / subjects.length });
    onSubject(refusals);
    all.push(refusals);
  }
  return all;
}

function refuseInChild(order: Order): Promise<Refusals> {
  return new Promise((resolve) => {
    const child = fork(fileURLToPath(new URL('child.js', import.meta.url)), {
      execArgv: [`--max-old-space-size=${HEAP_MEBIBYTES}`],
      env: {},
      serialization: 'advanced',
    });
    child.once('message', (refusals: Refusals) => resolve(refusals));
    child.once('exit', (code, signal) => resolve(ended(order.subject, `it ended by ${signal ?? code}`)));
    child.send(order);
  });
}

/** A process that did not come to an answer. */
function ended({ name, bytes }: Subject, outcome: string): Refusals {
  return {
    name,
    size: bytes.length,
    cases: 0,
    codes: {},
    slowest: { milliseconds: 0, what: 'nothing' },
    peakBytes: 0,
    findings: [{ what: 'the process', outcome }],
  };
}
