import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { seededRng } from '@ninefold/base';
import {
  compressedKey,
  createDispute,
  hashLocks,
  inputCount,
  keyScript,
  LOCK_DOMAIN,
  outputCount,
  parseBristol,
  type PartySecrets,
  partySecrets,
  preSignatures,
  proverLocks,
  type Terms,
  verifierLocks,
} from '@ninefold/vm-bitvm';
import { median, result, suiteReport } from '../report.ts';
import type { Suite } from '../suite.ts';

/** What is aimed at: seconds and bytes for one side's set-up of SHA-256's circuit, hash locks a second. */
const GOALS = { seconds: 10, bytes: 2 ** 30, locks: 200_000 } as const;
const ROUNDS = 3;
const BLOCK_GATES = 512;
const LOCKS = 100_000;
const MEGA = 1_000_000;

/** Setting up a dispute about 135,073 gates, against the project's own goals. */
export const bitcoinBitvmSuite: Suite = {
  name: 'bitcoin-bitvm',
  about:
    "one side's set-up of a dispute about SHA-256 in CPU time: the file read, both parties' hash locks, all trees and transactions, the messages to be signed; the peer is the goal",
  run: async ({ vectors, quick }) => {
    const text = gunzipSync(readFileSync(join(vectors, 'bitcoin/circuits/sha256.txt.gz'))).toString();
    const rounds = quick ? 1 : ROUNDS;
    const seconds = Array.from({ length: rounds }, () => cpuSeconds(() => setUp(text)));
    const bytes = 1024 * process.resourceUsage().maxRSS;
    const locks = Array.from({ length: rounds }, () => {
      const seed = new Uint8Array(32);
      return LOCKS / cpuSeconds(() => void hashLocks(seed, LOCK_DOMAIN.wire, LOCKS));
    });
    return suiteReport('bitcoin-bitvm', [
      result('set-up of SHA-256', 's CPU', 'lower-is-better', median(seconds), GOALS.seconds, 'goal'),
      result('most memory', 'MB', 'lower-is-better', bytes / MEGA, GOALS.bytes / MEGA, 'goal'),
      result('hash locks', '1/CPU s', 'higher-is-better', median(locks), GOALS.locks, 'goal'),
    ]);
  },
};

function setUp(text: string): void {
  const rng = seededRng(1);
  const circuit = parseBristol(text);
  const session = rng.bytes(32);
  const [prover, verifier] = [rng.bytes(32), rng.bytes(32)].map((key) => partySecrets(key, session)) as [
    PartySecrets,
    PartySecrets,
  ];
  const partyOf = ({ privateKey }: PartySecrets): Terms['prover'] => {
    const key = compressedKey(privateKey);
    const payout = keyScript(key.slice(1));
    return {
      key,
      payout,
      inputs: [{ txid: rng.bytes(32), vout: 0, value: 50n * 10n ** 8n, scriptPubKey: payout }],
    };
  };
  const terms: Terms = {
    session,
    prover: partyOf(prover),
    verifier: partyOf(verifier),
    prize: 100_000n,
    proverDeposit: 1_000_000n,
    verifierDeposit: 1_000_000n,
    timeoutBlocks: 144,
    feeRate: 1,
    blockGates: BLOCK_GATES,
    inputPins: '*'.repeat(inputCount(circuit)),
    outputPins: '*'.repeat(outputCount(circuit)),
  };
  const locks = { ...proverLocks(prover, circuit), ...verifierLocks(verifier, circuit, BLOCK_GATES) };
  preSignatures(createDispute(terms, circuit, locks));
}

function cpuSeconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / MEGA;
}
