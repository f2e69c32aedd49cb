import { createNode } from 'ninefold';
import { runStateRecord } from '../evm/state.ts';
import type { StateRecord } from '../evm/state-record.ts';

/** Name of a case -> what is wrong with it, empty when nothing is. */
export type CaseResults = Readonly<Record<string, string>>;

/** Runs state tests with `createEvm`, in whatever JavaScript this is loaded into. */
export function runRecords(lines: readonly string[]): CaseResults {
  const results: Record<string, string> = {};
  for (const line of lines) {
    runStateRecord(JSON.parse(line) as StateRecord, {
      check: (name, check) => {
        results[name] = outcomeOf(check);
      },
    });
  }
  return results;
}

function outcomeOf(check: () => string | undefined): string {
  try {
    return check() ?? '';
  } catch (error) {
    return `threw ${String(error)}`;
  }
}

/** In a page: the records behind a URL. */
export async function fetchAndRun(url: string): Promise<CaseResults> {
  const response = await fetch(url);
  const text = await response.text();
  return runRecords(text.trimEnd().split('\n'));
}

/** PUSH1 1 PUSH1 0 SSTORE, LOG0 of nothing, and a contract that stays empty. */
const INIT_CODE = '0x600160005560006000a000';

/** A whole node, with a clock that stands still: the hash of its second block says it all. */
export async function runNode(): Promise<string> {
  const node = await createNode({ clock: { now: () => 1_700_000_000_000 } });
  const { request, accounts } = node.ethereum;
  const from = accounts[0]?.address;
  await request({ method: 'eth_sendTransaction', params: [{ from, data: INIT_CODE, gas: '0x186a0' }] });
  await request({
    method: 'eth_sendTransaction',
    params: [{ from, to: accounts[1]?.address, value: '0x1' }],
  });
  const block = (await request({ method: 'eth_getBlockByNumber', params: ['latest', false] })) as {
    readonly number: string;
    readonly hash: string;
  };
  await node.close();
  return `${block.number} ${block.hash}`;
}
