import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** A valid spend of a Taproot output, as Bitcoin Core's script_assets_test.json has it. */
export type TaprootSpend = {
  readonly tx: string;
  readonly prevouts: readonly string[];
  readonly index: number;
  readonly scriptSig: string;
  readonly witness: readonly string[];
};

type Vector = {
  readonly tx: string;
  readonly prevouts: readonly string[];
  readonly index: number;
  readonly flags: string;
  readonly success?: { readonly scriptSig: string; readonly witness: readonly string[] };
};

/** The valid spends by the key alone, and those by a script. */
export type TaprootSpends = Readonly<Record<'key path' | 'script path', readonly TaprootSpend[]>>;

/** So many of each: enough for a figure, few enough for the slower side. */
const SPENDS = 100;

/** Spends from the vectors, evenly taken from all there are. */
export function readTaprootSpends(vectors: string): TaprootSpends {
  const file = join(vectors, 'bitcoin/taproot/script_assets_slice.json.gz');
  const all = (JSON.parse(gunzipSync(readFileSync(file)).toString()) as readonly Vector[]).flatMap(
    ({ tx, prevouts, index, flags, success }) => {
      // A program of version 1 with 32 bytes.
      const isTaproot = prevouts[index]?.slice(16).startsWith('225120') === true;
      const usable = success !== undefined && isTaproot && flags.includes('TAPROOT');
      return usable ? [{ tx, prevouts, index, ...success }] : [];
    },
  );
  const isKeyPath = ({ witness }: TaprootSpend): boolean =>
    witness.length === 1 || (witness.length === 2 && witness[1]?.startsWith('50') === true);
  const pick = (list: readonly TaprootSpend[]): TaprootSpend[] => {
    const step = Math.max(1, list.length / SPENDS);
    return Array.from(
      { length: Math.min(SPENDS, list.length) },
      (_, i) => list[Math.floor(i * step)] as TaprootSpend,
    );
  };
  return {
    'key path': pick(all.filter(isKeyPath)),
    'script path': pick(all.filter((spend) => !isKeyPath(spend))),
  };
}

/** How many times a second of CPU time a list is gone through, in its items. */
export function perCpuSecond(count: number, leastMs: number, run: () => void): number {
  const start = process.cpuUsage();
  let done = 0;
  let spent: number;
  do {
    run();
    done += count;
    const { user, system } = process.cpuUsage(start);
    spent = (user + system) / 1000;
  } while (spent < leastMs);
  return (done / spent) * 1000;
}
