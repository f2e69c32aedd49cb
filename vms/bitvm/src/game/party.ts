import type { Bytes } from '@ninefold/base';
import type { Circuit } from '../code/circuit.ts';
import { cutCircuit } from '../code/cuts.ts';
import { hashLocks } from '../engine/kernel.ts';
import { LOCK_DOMAIN, sessionSeed, wireLocks } from '../engine/locks.ts';
import type { PartySecrets } from './moves.ts';
import type { DisputeLocks } from './stages.ts';

/** The locks one party brings in. */
export type ProverLocks = Pick<DisputeLocks, 'wires'>;
export type VerifierLocks = Omit<DisputeLocks, 'wires'>;

/**
 * A party's secrets in one dispute.
 *
 * @param privateKey 32 bytes; also what the locks' seed is made of
 * @param session 32 bytes, never used before with this key
 */
export function partySecrets(privateKey: Bytes, session: Bytes): PartySecrets {
  return { privateKey, seed: sessionSeed(privateKey, session) };
}

/** The commitments to all wires: of SHA-256, 271,682 hashes. */
export function proverLocks({ seed }: PartySecrets, { wireCount }: Circuit): ProverLocks {
  return { wires: wireLocks(seed, wireCount) };
}

/** One lock a question. */
export function verifierLocks({ seed }: PartySecrets, circuit: Circuit, blockGates: number): VerifierLocks {
  const { count } = cutCircuit(circuit, blockGates);
  return {
    askCut: hashLocks(seed, LOCK_DOMAIN.askCut, count + 1),
    askBlock: hashLocks(seed, LOCK_DOMAIN.askBlock, count),
    askGate: hashLocks(seed, LOCK_DOMAIN.askGate, circuit.kinds.length),
  };
}
