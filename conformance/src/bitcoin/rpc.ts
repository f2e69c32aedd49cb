import { manualClock } from '@ninefold/base';
import { createBitcoin } from '@ninefold/chain-bitcoin';
import type { FolderResult } from '../suite.ts';
import { CaseCounter, readJson } from './vectors.ts';

type Call = {
  readonly method: string;
  readonly params: readonly unknown[];
  readonly http: number;
  readonly result: unknown;
  readonly error: { readonly code: number; readonly message: string } | null;
};

type Recording = {
  readonly mocktime: number;
  readonly blocks: readonly string[];
  readonly mempool: readonly (string | { readonly hex: string })[];
  readonly rpc: readonly Call[];
};

/** Members that name the recorded node's own version or its inner counters, not the chain. */
const OWN_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  getmempoolinfo: ['usage'],
  getnetworkinfo: ['version', 'subversion', 'localservices', 'localservicesnames'],
  getblocktemplate: ['longpollid'],
  testmempoolaccept: ['usage'],
};

/** Methods of which the recorded node had no account, or whose answer is a time. */
const ABSENT_THERE = new Set(['getdifficulty']);
const TIMES = new Set(['uptime']);

/**
 * The blocks and transactions of a recorded node told to ours by JSON-RPC, then 154 calls, whose
 * answers have to be the same: the HTTP status, codes and texts of errors, and all members both have.
 */
export async function runRecordedRpc(folder: string): Promise<FolderResult> {
  const cases = new CaseCounter('bitcoin/rpc');
  const { mocktime, blocks, mempool, rpc } = readJson<Recording>(folder, 'regtest-golden.json.gz');
  const bitcoin = await createBitcoin({ clock: manualClock(mocktime * 1000) });
  let id = 0;
  const ask = async (
    method: string,
    params: readonly unknown[],
  ): Promise<{ status: number; answer: Reply }> => {
    const { status, body } = await bitcoin.rpc.handleText(JSON.stringify({ id: id++, method, params }));
    return { status, answer: JSON.parse(body) as Reply };
  };
  for (const [i, block] of blocks.entries()) {
    const { answer } = await ask('submitblock', [block]);
    cases.equal(`block ${i + 1}`, () => JSON.stringify(answer.result), 'null');
  }
  for (const [i, entry] of mempool.entries()) {
    const hex = typeof entry === 'string' ? entry : entry.hex;
    const { answer } = await ask('sendrawtransaction', [hex]);
    cases.equal(`mempool ${i}`, () => JSON.stringify(answer.error), 'null');
  }
  for (const [i, call] of rpc.entries()) {
    const { status, answer } = await ask(call.method, call.params);
    const name = `${i} ${call.method}`;
    if (ABSENT_THERE.has(call.method)) {
      cases.equal(name, () => typeof answer.result, 'number');
      continue;
    }
    cases.check(name, () => {
      if (status !== call.http)
        return `status ${status}, expected ${call.http}: ${JSON.stringify(answer.error)}`;
      if (call.error !== null) return errorDifference(answer.error, call);
      if (TIMES.has(call.method)) return typeof answer.result === 'number' ? undefined : 'no number';
      if (call.method === 'help')
        return firstLine(answer.result) === firstLine(call.result) ? undefined : 'another usage';
      return difference(answer.result, call.result, '', OWN_MEMBERS[call.method] ?? []);
    });
  }
  await bitcoin.close();
  return cases.result();
}

type Reply = { readonly result: unknown; readonly error: Call['error'] };

const firstLine = (text: unknown): string => String(text).split('\n', 1)[0] as string;

function errorDifference(actual: Call['error'], { error }: Call): string | undefined {
  if (error === null || actual === null) return `no error, expected ${JSON.stringify(error)}`;
  // A usage error carries the whole help; the words of that are each node's own.
  const isUsage = error.code === -1 && error.message.includes('\n');
  const same = isUsage
    ? firstLine(actual.message) === firstLine(error.message)
    : actual.message === error.message;
  return actual.code === error.code && same
    ? undefined
    : `got ${actual.code} ${actual.message}, expected ${error.code} ${error.message}`;
}

/** Where two answers differ, in members that both have. */
function difference(
  actual: unknown,
  expected: unknown,
  at: string,
  ignored: readonly string[],
): string | undefined {
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) {
      return `${at}: got ${JSON.stringify(actual)}, expected ${JSON.stringify(expected)}`;
    }
    for (const [i, item] of expected.entries()) {
      const found = difference(actual[i], item, `${at}[${i}]`, ignored);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (typeof expected === 'object' && expected !== null) {
    if (typeof actual !== 'object' || actual === null) return `${at}: got ${JSON.stringify(actual)}`;
    const shared = Object.keys(expected).filter((key) => key in actual && !ignored.includes(key));
    if (shared.length === 0 && Object.keys(expected).length > 0 && ignored.length === 0) {
      return `${at}: nothing in common`;
    }
    const [mine, theirs] = [actual as Record<string, unknown>, expected as Record<string, unknown>];
    for (const key of shared) {
      const found = difference(mine[key], theirs[key], `${at}.${key}`, ignored);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  return Object.is(actual, expected)
    ? undefined
    : `${at}: got ${JSON.stringify(actual)}, expected ${JSON.stringify(expected)}`;
}
