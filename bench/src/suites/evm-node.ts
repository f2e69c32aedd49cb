import type { Hex } from '@ninefold/base';
import type { Connection } from '../load/connection.ts';
import { openConnection } from '../load/connection.ts';
import { receiptOf } from '../load/receipts.ts';
import type { Command, Server } from '../load/server.ts';
import { anvilCommand, ninefoldCommand, startServer } from '../load/server.ts';
import { balanceOfCall, checkArrived, deployToken, signTransfers } from '../load/transfers.ts';
import { cpuOfProcess, residentMemory } from '../process.ts';
import { readPrograms } from '../programs.ts';
import { suiteReport } from '../report.ts';
import type { Case, Contestant } from '../rounds.ts';
import { compete } from '../rounds.ts';
import type { Suite } from '../suite.ts';

const CONNECTIONS = 16;
/** A node that has answered is idle after this long. */
const SETTLE_MS = 1000;

const TRANSFER_CPU = 'raw token transfer, automine, one after the other';
const TRANSFER_RATE = 'raw token transfers, wall clock';
const CALL_CPU = `eth_call balanceOf, ${CONNECTIONS} connections`;
const CALL_RATE = `eth_call balanceOf, ${CONNECTIONS} connections, wall clock`;
const STARTUP = 'start of the process to first answer';
const MEMORY = 'resident memory, idle';

const CASES: readonly Case[] = [
  { name: TRANSFER_CPU, unit: 'ms CPU/transaction', direction: 'lower-is-better' },
  { name: TRANSFER_RATE, unit: 'transactions/s', direction: 'higher-is-better' },
  { name: CALL_CPU, unit: 'ms CPU/call', direction: 'lower-is-better' },
  { name: CALL_RATE, unit: 'calls/s', direction: 'higher-is-better' },
  { name: STARTUP, unit: 'ms', direction: 'lower-is-better' },
  { name: MEMORY, unit: 'MiB', direction: 'lower-is-better' },
];

/** What a developer feels of a node: transactions, calls, start, memory. */
export const evmNodeSuite: Suite = {
  name: 'evm-node',
  about:
    'whole node processes with default settings over HTTP; the load generator is not counted in CPU figures',
  run: async ({ vectors, quick, say }) => {
    const peerCommand = anvilCommand();
    if (peerCommand === undefined) {
      say('evm-node: skipped, there is no anvil package for this platform');
      return undefined;
    }
    const { initcode } = readPrograms(vectors).contracts['Token']!;
    const size = quick
      ? { transfers: 30, calls: 480, rounds: 1 }
      : { transfers: 300, calls: 6400, rounds: 5 };
    const ours = await loadedServer(ninefoldCommand(), initcode, size);
    const peer = await loadedServer(peerCommand, initcode, size);
    try {
      return suiteReport('evm-node', await compete(ours, peer, CASES, size.rounds));
    } finally {
      await ours.close();
      await peer.close();
    }
  },
};

type Size = { readonly transfers: number; readonly calls: number; readonly rounds: number };

async function loadedServer(command: Command, initcode: Hex, size: Size): Promise<Contestant> {
  const server = await startServer(command);
  const token = await deployToken(server.request, initcode);
  // Two cases and one round to warm up use transfers.
  const signed = signTransfers(token, size.transfers * 2 * (size.rounds + 1));
  const connections = await Promise.all(
    Array.from({ length: CONNECTIONS }, () => openConnection(server.port)),
  );
  let sent = 0;
  const sendTransfers = async (): Promise<Figures> => {
    const batch = signed.slice(sent, sent + size.transfers);
    sent += batch.length;
    const figures = await measured(server, batch.length, async () => {
      let last: unknown;
      for (const raw of batch) last = await server.request('eth_sendRawTransaction', [raw]);
      await receiptOf(server.request, last as Hex);
    });
    await checkArrived(server.request, token, sent);
    return figures;
  };
  const call = (): Promise<Figures> =>
    measured(server, size.calls, () => callInParallel(connections, token, size.calls));
  const samples: Readonly<Record<string, () => Promise<number>>> = {
    [TRANSFER_CPU]: async () => (await sendTransfers()).cpuMs,
    [TRANSFER_RATE]: async () => (await sendTransfers()).perSecond,
    [CALL_CPU]: async () => (await call()).cpuMs,
    [CALL_RATE]: async () => (await call()).perSecond,
    [STARTUP]: () => withFresh(command, (fresh) => Promise.resolve(fresh.startupMs)),
    [MEMORY]: () =>
      withFresh(command, async (fresh) => {
        await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
        return residentMemory(fresh.pid);
      }),
  };
  return {
    name: server.name,
    sample: (name) => samples[name]!(),
    close: async () => {
      for (const connection of connections) connection.close();
      await server.stop();
    },
  };
}

type Figures = { readonly cpuMs: number; readonly perSecond: number };

async function measured(server: Server, count: number, work: () => Promise<void>): Promise<Figures> {
  const started = performance.now();
  const cpuBefore = cpuOfProcess(server.pid);
  await work();
  const cpuMs = (cpuOfProcess(server.pid) - cpuBefore) / count;
  return { cpuMs, perSecond: (1000 * count) / (performance.now() - started) };
}

async function callInParallel(connections: readonly Connection[], token: Hex, count: number): Promise<void> {
  const params = [balanceOfCall(token), 'latest'];
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_call', params });
  const expected = JSON.parse(await connections[0]!.post(body)) as { readonly result?: unknown };
  if (expected.result === undefined) throw new Error('eth_call failed');
  await Promise.all(
    connections.map(async (connection) => {
      for (let i = 0; i < count / connections.length; i++) {
        const answer = JSON.parse(await connection.post(body)) as { readonly result?: unknown };
        if (answer.result !== expected.result) throw new Error('eth_call gave different answers');
      }
    }),
  );
}

async function withFresh(command: Command, look: (fresh: Server) => Promise<number>): Promise<number> {
  const fresh = await startServer(command);
  try {
    return await look(fresh);
  } finally {
    await fresh.stop();
  }
}
