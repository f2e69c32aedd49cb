import { bytesToHex } from '@ninefold/base';
import type { Pool } from '@ninefold/stark';
import { blake2s256, createKey, createPool, encodeProof, prove, SAMPLES, verify } from '@ninefold/stark';

/** How a proof was made, and the hash of its bytes. */
export type ProofFinding = { readonly name: string; readonly threads: number; readonly hash: string };

/** Threads asked for: where there can be no others, one. */
const THREADS = 3;

/** Proves the sample machines alone and with a pool, in whatever JavaScript this is loaded into, and verifies. */
export async function runProofs(): Promise<readonly ProofFinding[]> {
  const pool = await createPool({ threads: THREADS, smallestTask: 0 });
  try {
    return Object.entries(SAMPLES).flatMap(([name, sample]) => {
      const { machine, trace, fixed, publicValues } = sample();
      const key = createKey(machine, fixed, 'p100');
      const proofWith = (chosen: Pool | undefined): ProofFinding => {
        const proof = prove(key, [{ trace, publicValues }], { pool: chosen });
        verify(key.verifyingKey, [publicValues], proof);
        return {
          name,
          threads: chosen?.threads ?? 1,
          hash: bytesToHex(blake2s256(encodeProof(proof))),
        };
      };
      return [proofWith(undefined), proofWith(pool)];
    });
  } finally {
    pool.close();
  }
}
