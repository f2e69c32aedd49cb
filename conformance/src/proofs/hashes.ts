import type { Bytes } from '@ninefold/base';
import { bytesToHex, hexToBytes } from '@ninefold/base';
import { blake3, keccak256, keccakF1600, sha256 } from '@ninefold/crypto';
import { blake2s256, createPoseidon2, POSEIDON2_SPECS } from '@ninefold/stark';
import type { Poseidon2Spec } from '@ninefold/stark';
import { POSEIDON2_CELLS, poseidon2Mix } from '@ninefold/vm-riscv';
import type { FolderResult } from '../suite.ts';
import { createCounter, differs } from '../svm/read.ts';
import { differsList, readJson } from './read.ts';

type ByteHashes = {
  readonly rows: readonly {
    readonly len: number;
    readonly blake2s256: string;
    readonly sha256: string;
    readonly sha3_256: string;
    readonly keccak256: string;
    readonly blake3: string;
  }[];
  readonly keccak_f1600: readonly { readonly in: string; readonly out: string }[];
};

type KnownAnswers = {
  readonly kat: readonly { readonly input: readonly number[]; readonly output: readonly number[] }[];
};

type Poseidon2Vectors = {
  readonly fields: Readonly<
    Record<
      string,
      {
        readonly p: number;
        readonly alpha: number;
        readonly instances: Readonly<
          Record<
            string,
            {
              readonly full_rounds: number;
              readonly partial_rounds: number;
              readonly kat: readonly {
                readonly input: readonly number[];
                readonly output: readonly number[];
              }[];
            }
          >
        >;
      }
    >
  >;
};

/** What sha3-256 takes in before each permutation. */
const SHA3_RATE = 136;

/** FIPS 202's sponge over the permutation that guests call. */
function sha3(message: Bytes): Bytes {
  const padded = new Uint8Array(message.length + SHA3_RATE - (message.length % SHA3_RATE));
  padded.set(message);
  padded[message.length] = 0x06;
  padded[padded.length - 1] = (padded.at(-1) as number) | 0x80;
  let state: Bytes = new Uint8Array(200);
  for (let at = 0; at < padded.length; at += SHA3_RATE) {
    const taken = state.slice();
    for (let i = 0; i < SHA3_RATE; i++) taken[i] = (taken[i] as number) ^ (padded[at + i] as number);
    state = keccakF1600(taken);
  }
  return state.slice(0, 32);
}

const HASHES = {
  blake2s256,
  sha256,
  sha3_256: sha3,
  keccak256,
  blake3: (message: Bytes) => blake3([message]),
} as const;

/** Runs the known answers of the byte hashes that provers and guests use, and of Poseidon2. */
export function runHashes(folder: string): FolderResult {
  const { check, result } = createCounter('proofs/hashes');
  const { rows, keccak_f1600 } = readJson<ByteHashes>(folder, 'byte_hashes.json.gz');
  for (const row of rows) {
    const message = Uint8Array.from({ length: row.len }, (_, i) => i % 251);
    for (const [name, hash] of Object.entries(HASHES)) {
      const expected = row[name as keyof typeof HASHES];
      check(`${name} of ${row.len} bytes`, () =>
        differs('digest', bytesToHex(hash(message)), `0x${expected}`),
      );
    }
  }
  keccak_f1600.forEach((state, i) =>
    check(`keccak-f ${i}`, () =>
      differs('state', bytesToHex(keccakF1600(hexToBytes(`0x${state.in}`))), `0x${state.out}`),
    ),
  );
  const risc0 = readJson<KnownAnswers>(folder, 'poseidon2_risc0_babybear24.json.gz');
  risc0.kat.forEach(({ input, output }, i) =>
    check(`poseidon2 of RISC Zero ${i}`, () => {
      const cells = Float64Array.from({ length: POSEIDON2_CELLS }, (_, cell) => input[cell] ?? NaN);
      poseidon2Mix(cells);
      return differsList('output', [...cells], output);
    }),
  );
  const { fields } = readJson<Poseidon2Vectors>(folder, 'poseidon2_plonky3.json.gz');
  for (const [field, { p, alpha, instances }] of Object.entries(fields)) {
    const specs: Readonly<Record<string, Poseidon2Spec>> =
      POSEIDON2_SPECS[field as keyof typeof POSEIDON2_SPECS];
    for (const [width, instance] of Object.entries(instances)) {
      const spec = specs[width];
      instance.kat.forEach(({ input, output }, i) =>
        check(`poseidon2 ${field} ${width} ${i}`, () => {
          if (spec === undefined) return 'no such instance';
          const rounds = [spec.prime, spec.alpha, spec.fullRounds, spec.partialRounds];
          return (
            differsList('parameters', rounds, [p, alpha, instance.full_rounds, instance.partial_rounds]) ??
            differsList('output', createPoseidon2(spec).permute(input), output)
          );
        }),
      );
    }
  }
  return result();
}
