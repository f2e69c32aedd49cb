import { bytesToHex, hexToBytes } from '@ninefold/base';
import { keccak256, sha256 } from '@ninefold/crypto';
import { blake2s256, createPoseidon2, POSEIDON2_SPECS } from '@ninefold/stark';
import type { Poseidon2Spec } from '@ninefold/stark';
import type { FolderResult } from '../suite.ts';
import { createCounter, differs } from '../svm/read.ts';
import { differsList, readJson } from './read.ts';

type ByteHashes = {
  readonly rows: readonly {
    readonly len: number;
    readonly blake2s256: string;
    readonly sha256: string;
    readonly keccak256: string;
  }[];
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

/** Runs the known answers of the byte hashes that provers and guests use, and of Poseidon2. */
export function runHashes(folder: string): FolderResult {
  const { check, result } = createCounter('proofs/hashes');
  for (const row of readJson<ByteHashes>(folder, 'byte_hashes.json.gz').rows) {
    const message = Uint8Array.from({ length: row.len }, (_, i) => i % 251);
    for (const [name, hash] of Object.entries({ blake2s256, sha256, keccak256 })) {
      const expected = row[name as 'blake2s256' | 'sha256' | 'keccak256'];
      check(`${name} of ${row.len} bytes`, () =>
        differs('digest', bytesToHex(hash(message)), bytesToHex(hexToBytes(`0x${expected}`))),
      );
    }
  }
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
