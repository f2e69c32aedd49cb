import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import type { Hex, Rng } from '@ninefold/base';
import { bytesToHex, seededRng } from '@ninefold/base';
import type { NodeProcess } from './node-process.ts';
import { startNode } from './node-process.ts';

const USAGE = `usage: node conformance/dist/reliability/kill.js [--rounds N] [--accounts N] [--seed N] [--json]

Starts a node that keeps its state in a folder, sends it transactions, kills it (SIGKILL) at a random
moment and starts it again: whatever was acknowledged must be there, and the start be quick.
`;

const SENDER = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266';
/** Transactions on their way at a time. */
const CLIENTS = 8;
/** The moment of the kill is uniform in this time after the first transaction. */
const LONGEST_ROUND_MS = 1000;
const RESTART_LIMIT_MS = 1000;
/** Of the acknowledgements of earlier rounds, so many are asked for again. */
const OLD_SAMPLES = 25;
const ACCOUNTS_PER_LOAD = 25_000;

type Acknowledged = {
  readonly hash: Hex;
  readonly blockHash: Hex;
  readonly blockNumber: Hex;
  readonly to: Hex;
};

type Figures = {
  readonly rounds: number;
  readonly accounts: number;
  readonly acknowledged: number;
  /** Acknowledged transactions that were not there any more, or elsewhere. */
  readonly lost: number;
  /** Blocks that were there in part: a missing parent, receipt or state. */
  readonly broken: number;
  readonly restartMedianMs: number;
  readonly restartMaxMs: number;
};

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '200' },
      accounts: { type: 'string', default: '100000' },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const [rounds, accounts, seed] = [values.rounds, values.accounts, values.seed].map(Number) as [
    number,
    number,
    number,
  ];
  if (values.help || ![rounds, accounts, seed].every((value) => Number.isSafeInteger(value) && value >= 0)) {
    process.stderr.write(USAGE);
    return values.help ? 0 : 2;
  }
  const folder = mkdtempSync(join(tmpdir(), 'ninefold-kill-'));
  try {
    const figures = await torture(join(folder, 'state'), rounds, accounts, seededRng(seed));
    const failures = figures.lost + figures.broken + (figures.restartMedianMs > RESTART_LIMIT_MS ? 1 : 0);
    process.stdout.write(values.json ? `${JSON.stringify(figures)}\n` : report(figures));
    process.stdout.write(`${rounds} passed, ${failures} failed, 0 skipped\n`);
    return failures === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function report(figures: Figures): string {
  return `kill -9: ${figures.rounds} rounds at ${figures.accounts} accounts
  acknowledged transactions  ${figures.acknowledged}
  of them lost               ${figures.lost}
  broken blocks              ${figures.broken}
  restart                    median ${figures.restartMedianMs} ms, longest ${figures.restartMaxMs} ms (limit of the median ${RESTART_LIMIT_MS} ms)
`;
}

async function torture(state: string, rounds: number, accounts: number, rng: Rng): Promise<Figures> {
  const acknowledged: Acknowledged[] = [];
  const restarts: number[] = [];
  let lost = 0;
  let broken = 0;
  let recipient = 1;
  let node = await startNode(state);
  await fill(node, accounts, rng);
  for (let round = 0; round < rounds; round++) {
    const fresh = acknowledged.length;
    const target = node;
    const clients = Array.from({ length: CLIENTS }, async () => {
      for (;;) {
        const to: Hex = `0xee${(recipient++).toString(16).padStart(38, '0')}`;
        const receipt = await send(target, to);
        if (receipt === undefined) return;
        acknowledged.push(receipt);
      }
    });
    await new Promise((resolve) => setTimeout(resolve, rng.below(LONGEST_ROUND_MS)));
    await node.kill();
    await Promise.all(clients);

    node = await startNode(state);
    restarts.push(node.startupMs);
    const asked = acknowledged.slice(fresh);
    const samples = fresh === 0 ? 0 : OLD_SAMPLES;
    for (let i = 0; i < samples; i++) asked.push(acknowledged[rng.below(fresh)]!);
    for (const one of asked) if (!(await isThere(node, one))) lost++;
    broken += await brokenBlocks(node, fresh === 0 ? 1 : Number(acknowledged[fresh - 1]!.blockNumber));
  }
  await node.kill();
  restarts.sort((a, b) => a - b);
  return {
    rounds,
    accounts,
    acknowledged: acknowledged.length,
    lost,
    broken,
    restartMedianMs: Math.round(restarts[restarts.length >> 1] ?? 0),
    restartMaxMs: Math.round(restarts.at(-1) ?? 0),
  };
}

/** Accounts as they would be after a long life. */
async function fill(node: NodeProcess, accounts: number, rng: Rng): Promise<void> {
  for (let done = 0; done < accounts; done += ACCOUNTS_PER_LOAD) {
    const count = Math.min(ACCOUNTS_PER_LOAD, accounts - done);
    const dump = Object.fromEntries(
      Array.from({ length: count }, () => [
        bytesToHex(rng.bytes(20)),
        { nonce: 0, balance: '0xde0b6b3a7640000', code: '0x', storage: {} },
      ]),
    );
    await node.request('anvil_loadState', [bytesToHex(gzipSync(JSON.stringify({ accounts: dump })))]);
  }
}

/** Undefined when the node died before it had acknowledged. */
async function send(node: NodeProcess, to: Hex): Promise<Acknowledged | undefined> {
  try {
    const hash = (await node.request('eth_sendTransaction', [{ from: SENDER, to, value: '0x1' }])) as Hex;
    const receipt = (await node.request('eth_getTransactionReceipt', [hash])) as Acknowledged | null;
    return receipt === null
      ? undefined
      : { hash, blockHash: receipt.blockHash, blockNumber: receipt.blockNumber, to };
  } catch (error) {
    if (node.isDead()) return undefined;
    throw error;
  }
}

async function isThere(node: NodeProcess, { hash, blockHash, to }: Acknowledged): Promise<boolean> {
  const receipt = (await node.request('eth_getTransactionReceipt', [hash])) as Acknowledged | null;
  const balance = await node.request('eth_getBalance', [to, 'latest']);
  return receipt?.blockHash === blockHash && balance === '0x1';
}

/** Blocks from `from` to the head that are not there in full. */
async function brokenBlocks(node: NodeProcess, from: number): Promise<number> {
  const head = Number(await node.request('eth_blockNumber', []));
  let broken = 0;
  for (let number = from; number <= head; number++) {
    const tag = `0x${number.toString(16)}`;
    const block = (await node.request('eth_getBlockByNumber', [tag, false])) as {
      readonly hash: Hex;
      readonly parentHash: Hex;
      readonly transactions: readonly Hex[];
    } | null;
    const parent = (await node.request('eth_getBlockByNumber', [
      `0x${(number - 1).toString(16)}`,
      false,
    ])) as {
      readonly hash: Hex;
    } | null;
    const receipts = (await node.request('eth_getBlockReceipts', [tag])) as readonly unknown[] | null;
    const isWhole =
      block !== null && block.parentHash === parent?.hash && receipts?.length === block.transactions.length;
    if (!isWhole) broken++;
  }
  // The state behind the head answers for every transaction ever mined.
  const nonce = Number(await node.request('eth_getTransactionCount', [SENDER, 'latest']));
  return nonce === head ? broken : broken + 1;
}

process.exitCode = await main();
