import { hasLargeOutput } from '@ninefold/chain-bitcoin';
import { CONSENSUS_FLAGS, decodeTransaction, SCRIPT_FLAGS, verifyInputs } from '@ninefold/vm-bitcoin-script';
import type { FolderResult } from '../suite.ts';
import { CaseCounter, fromHex, readJson } from './vectors.ts';

type Vector = {
  readonly name: string;
  readonly reduced_data_active: boolean;
  readonly spent_utxo: 'pre-activation' | 'post-activation';
  readonly spent_outputs: readonly { readonly scriptPubKey: string; readonly amount: number }[];
  readonly tx: string;
  readonly expected: 'valid' | 'invalid';
};

/** BIP 110: what its optional rules refuse and leave, coins from before them exempt. */
export function runReducedData(folder: string): FolderResult {
  const cases = new CaseCounter('bitcoin/bip110');
  const { vectors } = readJson<{ readonly vectors: readonly Vector[] }>(
    folder,
    'bip110-reduced-data.json.gz',
  );
  for (const vector of vectors) {
    const flags =
      vector.reduced_data_active && vector.spent_utxo === 'post-activation'
        ? CONSENSUS_FLAGS | SCRIPT_FLAGS.REDUCED_DATA
        : CONSENSUS_FLAGS;
    const verdict = (): string => {
      const tx = decodeTransaction(fromHex(vector.tx));
      const spent = vector.spent_outputs.map(({ scriptPubKey, amount }) => ({
        value: BigInt(amount),
        scriptPubKey: fromHex(scriptPubKey),
      }));
      const refused =
        (vector.reduced_data_active && hasLargeOutput(tx)) || verifyInputs(tx, spent, flags) !== undefined;
      return refused ? 'invalid' : 'valid';
    };
    cases.equal(vector.name, verdict, vector.expected);
  }
  return cases.result();
}
