import { base64ToBytes, equalBytes, isNinefoldError } from '@ninefold/base';
import { decodePsbt, encodePsbt, psbtLocktime, psbtTransaction } from '@ninefold/chain-bitcoin';
import type { FolderResult } from '../suite.ts';
import { CaseCounter, readJson } from './vectors.ts';

type PsbtVector = { readonly section: string; readonly caption: string; readonly base64: string };

/**
 * The PSBTs of BIP 174, 370, 371 and 373: invalid ones are refused with an error of the codec, others
 * give their own bytes again, and the lock time where the BIP says one.
 */
export function runPsbt(folder: string): FolderResult {
  const cases = new CaseCounter('bitcoin/psbt');
  const bips = readJson<Readonly<Record<string, readonly PsbtVector[]>>>(folder, 'psbt.json.gz');
  for (const [bip, vectors] of Object.entries(bips)) {
    vectors.forEach(({ section, caption, base64 }, i) => {
      const bytes = base64ToBytes(base64);
      cases.check(`${bip} ${i} ${caption}`, () => {
        if (section.includes('invalid')) {
          return refusal(() => decodePsbt(bytes)) === undefined ? 'is accepted' : undefined;
        }
        const psbt = decodePsbt(bytes);
        if (!equalBytes(encodePsbt(psbt), bytes)) return 'other bytes';
        if (section.includes('cannot be computed')) {
          const code = refusal(() => psbtLocktime(psbt));
          return code === 'PSBT_LOCKTIME_CONFLICT' ? undefined : `lock time: ${code}`;
        }
        const expected = /computed to be (\d+)/.exec(section)?.[1];
        const { locktime } = psbtTransaction(psbt);
        return expected === undefined || Number(expected) === locktime ? undefined : `lock time ${locktime}`;
      });
    });
  }
  return cases.result();
}

/** The code of the error thrown; what is no error of ours goes on. */
function refusal(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    if (isNinefoldError(error)) return error.code;
    throw error;
  }
  return undefined;
}
