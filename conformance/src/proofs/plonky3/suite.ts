import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FolderResult } from '../../suite.ts';
import { createCounter } from '../../svm/read.ts';
import { alterations } from './alterations.ts';
import { readCircleProof, verifyCircle } from './circle.ts';
import type { FibonacciValues } from './fibonacci.ts';
import { readTwoAdicProof, verifyTwoAdic } from './two-adic.ts';

type Fixture<Proof extends object> = {
  readonly name: string;
  readonly file: string;
  readonly read: (bytes: Uint8Array) => Proof;
  readonly verify: (proof: Proof, values: FibonacciValues) => string | undefined;
};

/** Eight rows of the table; what each of the fixtures proves. */
const VALUES: FibonacciValues = [0, 1, 21];

/** Between the bytes that are changed, prime to the sizes of all parts. */
const BYTE_STEP = 7;

/** Runs Plonky3's fixtures: the proofs hold, and with anything changed they do not. */
export function runPlonky3(folder: string): FolderResult {
  const { check, result } = createCounter('proofs/plonky3');
  const run = <Proof extends object>({ name, file, read, verify }: Fixture<Proof>): void => {
    const bytes = new Uint8Array(readFileSync(join(folder, file)));
    const proof = read(bytes);
    check(name, () => verify(proof, VALUES));
    VALUES.forEach((_, i) =>
      check(`${name}, public value ${i} changed`, () => {
        const values = VALUES.map((value, j) => (i === j ? value + 1 : value));
        return refused(verify(proof, values as unknown as FibonacciValues));
      }),
    );
    for (const part of Object.keys(proof) as (keyof Proof & string)[]) {
      check(`${name}, ${part} changed`, () => {
        for (const [path, altered] of alterations(proof[part])) {
          const problem = refused(verify({ ...proof, [part]: altered }, VALUES));
          if (problem !== undefined) return `${path}: ${problem}`;
        }
        return undefined;
      });
    }
    check(`${name}, bytes changed`, () => {
      for (let at = 0; at < bytes.length; at += BYTE_STEP) {
        const changed = bytes.with(at, (bytes[at] as number) ^ 4);
        if (isRead(read, changed) && verify(read(changed), VALUES) === undefined) {
          return `byte ${at} does not matter`;
        }
      }
      return undefined;
    });
    check(`${name}, cut and extended`, () => {
      for (let length = 0; length < bytes.length; length += BYTE_STEP) {
        if (isRead(read, bytes.subarray(0, length))) return `${length} bytes are enough`;
      }
      return isRead(read, Uint8Array.of(...bytes, 0)) ? 'a byte more is not noticed' : undefined;
    });
  };
  run({
    name: 'circle proof',
    file: 'uni_stark_circle_v1.postcard',
    read: readCircleProof,
    verify: verifyCircle,
  });
  run({
    name: 'two-adic proof',
    file: 'uni_stark_two_adic_v1.postcard',
    read: readTwoAdicProof,
    verify: verifyTwoAdic,
  });
  return result();
}

function refused(problem: string | undefined): string | undefined {
  return problem === undefined ? 'it is accepted' : undefined;
}

function isRead(read: (bytes: Uint8Array) => unknown, bytes: Uint8Array): boolean {
  try {
    read(bytes);
    return true;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return false;
  }
}
