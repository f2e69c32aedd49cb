import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Hex } from '@ninefold/base';

export type Program = {
  readonly name: string;
  readonly contract: string;
  readonly calldata: Hex;
  /** Execution gas of the message call alone, Cancun rules. */
  readonly gasUsed: number;
  readonly returnData: Hex;
};

export type Programs = {
  readonly contracts: Readonly<Record<string, { readonly initcode: Hex; readonly runtime: Hex }>>;
  readonly runs: readonly Program[];
};

/** The workload programs of the conformance vectors. */
export function readPrograms(vectors: string): Programs {
  return JSON.parse(readFileSync(join(vectors, 'evm/bench/programs.json'), 'utf8')) as Programs;
}

// EIP-2929: 2600 for an address touched first, 100 afterwards. The vectors count a bare message call,
// in which a contract that calls itself pays the former; in a transaction the address called is warm.
const WARM_IN_TRANSACTION = 2500;
const CALLS_ITSELF: ReadonlySet<string> = new Set(['Work.self']);

/** Exact gas of a run as a transaction under Cancun rules, intrinsic gas (EIP-2028) included. */
export function gasOfTransaction({ name, calldata, gasUsed }: Program): number {
  let gas = 21_000 + gasUsed;
  for (let at = 2; at < calldata.length; at += 2) gas += calldata.startsWith('00', at) ? 4 : 16;
  return CALLS_ITSELF.has(name) ? gas - WARM_IN_TRANSACTION : gas;
}
