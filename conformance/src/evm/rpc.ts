import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import type { Bytes, Hex } from '@ninefold/base';
import type { EthereumChain, GethGenesis } from '@ninefold/chain-ethereum';
import { createEthereumChain, methodMatrix, parseGethGenesis } from '@ninefold/chain-ethereum';
import type { FolderResult } from '../suite.ts';

/** A test of execution-apis: requests in order, each with the answer that is expected. */
type Dialogue = {
  readonly name: string;
  readonly exchanges: readonly { readonly request: string; readonly expected: Answer }[];
  /** Only the shape of results is laid down; they depend on the client. */
  readonly shapeOnly: boolean;
};

type Answer = { readonly result?: unknown; readonly error?: { readonly code: number } };

type ForkchoiceUpdate = {
  readonly params: readonly [
    { readonly headBlockHash: Hex; readonly safeBlockHash: Hex; readonly finalizedBlockHash: Hex },
    unknown,
  ];
};

/**
 * Runs the dialogues of execution-apis over their chain of 54 blocks, and checks that every method
 * of the official definitions is either answered or left out for a reason.
 *
 * @param dir the folder with `io-tests.json.br`, `openrpc-src.json.br`, `chain.rlp` and so on
 */
export async function runRpc(dir: string): Promise<FolderResult> {
  const failures: string[] = [];
  let passed = 0;
  const count = (name: string, problem: string | undefined): void => {
    if (problem === undefined) passed++;
    else failures.push(`${name}: ${problem}`);
  };

  const chain = await openChain(dir);
  for (const dialogue of readDialogues(dir)) {
    // Each on a child of its own: what is sent in one must not be seen in another.
    count(dialogue.name, await hold(dialogue, chain.fork()));
  }
  const known = new Set(methodMatrix(chain.methods).map(({ name }) => name));
  for (const method of officialMethods(dir)) {
    count(`method ${method}`, known.has(method) ? undefined : 'neither answered nor left out for a reason');
  }
  await chain.close();
  return { suite: 'evm/rpc', passed, failed: failures.length, failures };
}

async function openChain(dir: string): Promise<EthereumChain> {
  const genesis = parseGethGenesis(
    JSON.parse(readFileSync(join(dir, 'genesis.json'), 'utf8')) as GethGenesis,
  );
  const chain = await createEthereumChain({ genesis, mining: 'manual', accounts: 0 });
  for (const block of rlpItems(readFileSync(join(dir, 'chain.rlp')))) chain.node.chain.importBlock(block);
  const { params } = JSON.parse(readFileSync(join(dir, 'headfcu.json'), 'utf8')) as ForkchoiceUpdate;
  const [{ headBlockHash, safeBlockHash, finalizedBlockHash }] = params;
  chain.node.chain.setHead(headBlockHash, { safe: safeBlockHash, finalized: finalizedBlockHash });
  return chain;
}

/** The items of concatenated RLP, each a list of more than 55 bytes. */
function* rlpItems(bytes: Bytes): Generator<Bytes> {
  for (let at = 0; at < bytes.length;) {
    const lengthBytes = (bytes[at] as number) - 0xf7;
    let length = 0;
    for (let i = 1; i <= lengthBytes; i++) length = length * 256 + (bytes[at + i] as number);
    const end = at + 1 + lengthBytes + length;
    yield bytes.subarray(at, end);
    at = end;
  }
}

function readJson(dir: string, file: string): Readonly<Record<string, string>> {
  const text = brotliDecompressSync(readFileSync(join(dir, file))).toString('utf8');
  return JSON.parse(text) as Readonly<Record<string, string>>;
}

function readDialogues(dir: string): readonly Dialogue[] {
  return Object.entries(readJson(dir, 'io-tests.json.br')).map(([path, text]) => {
    const lines = text.split('\n');
    const requests = lines.filter((line) => line.startsWith('>> ')).map((line) => line.slice(3));
    const answers = lines.filter((line) => line.startsWith('<< ')).map((line) => line.slice(3));
    return {
      name: path,
      exchanges: requests.map((request, i) => ({
        request,
        expected: JSON.parse(answers[i] as string) as Answer,
      })),
      shapeOnly: lines.some((line) => line.startsWith('// speconly:')),
    };
  });
}

/** What went wrong, or `undefined`. */
async function hold({ exchanges, shapeOnly }: Dialogue, chain: EthereumChain): Promise<string | undefined> {
  for (const { request, expected } of exchanges) {
    const text = await chain.dispatcher.handleText(request, {});
    const actual = JSON.parse(text as string) as Answer;
    const problem = compare(actual, expected, shapeOnly);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Results have to be equal, errors only in their code: messages are the client's own. */
function compare(actual: Answer, expected: Answer, shapeOnly: boolean): string | undefined {
  if (expected.error !== undefined || actual.error !== undefined) {
    if (actual.error?.code === expected.error?.code) return undefined;
    return `${JSON.stringify(actual).slice(0, 400)} instead of ${JSON.stringify(expected).slice(0, 400)}`;
  }
  const matches = shapeOnly ? sameShape : sameValue;
  return matches(actual.result, expected.result, 'result');
}

function sameValue(actual: unknown, expected: unknown, path: string): string | undefined {
  if (Object.is(actual, expected)) return undefined;
  if (Array.isArray(actual) && Array.isArray(expected)) {
    if (actual.length !== expected.length)
      return `${path} has ${actual.length} items, not ${expected.length}`;
    return firstProblem(expected.map((item, i) => sameValue(actual[i], item, `${path}[${i}]`)));
  }
  if (!isObject(actual) || !isObject(expected)) {
    return `${path} is ${JSON.stringify(actual)?.slice(0, 200)}, not ${JSON.stringify(expected)?.slice(0, 200)}`;
  }
  const names = new Set([...Object.keys(expected), ...Object.keys(actual)]);
  return firstProblem([...names].map((name) => sameValue(actual[name], expected[name], `${path}.${name}`)));
}

/** Members named by data: their names say nothing about the shape. */
const IS_DATA = /^(0x[\da-fA-F]+|\d+)$/;

/** Whether a result is of the kind of another: same types, and no member the other does not have. */
function sameShape(actual: unknown, expected: unknown, path: string): string | undefined {
  if (kindOf(actual) !== kindOf(expected)) return `${path} is ${kindOf(actual)}, not ${kindOf(expected)}`;
  if (Array.isArray(actual) && Array.isArray(expected)) {
    const [model] = expected as readonly unknown[];
    if (model === undefined) return undefined;
    return firstProblem(actual.map((item, i) => sameShape(item, expected[i] ?? model, `${path}[${i}]`)));
  }
  if (!isObject(actual) || !isObject(expected)) return undefined;
  return firstProblem(
    Object.keys(actual).map((name) => {
      if (Object.hasOwn(expected, name)) return sameShape(actual[name], expected[name], `${path}.${name}`);
      return IS_DATA.test(name) ? undefined : `${path}.${name} should not be there`;
    }),
  );
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return value.startsWith('0x') ? 'hex' : 'text';
  return typeof value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function firstProblem(problems: readonly (string | undefined)[]): string | undefined {
  return problems.find((problem) => problem !== undefined);
}

/** Names of the methods in the official definitions: the items at the margin of the method files. */
function officialMethods(dir: string): readonly string[] {
  const names: string[] = [];
  for (const [path, text] of Object.entries(readJson(dir, 'openrpc-src.json.br'))) {
    if (path.includes('/schemas/') || path.includes('error-groups')) continue;
    for (const [, name] of text.matchAll(/^- name: (\w+)$/gm)) names.push(name as string);
  }
  return names;
}
