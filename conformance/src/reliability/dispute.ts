import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createNetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Rng, seededRng } from '@ninefold/base';
import { type BitcoinNode, createBitcoin } from '@ninefold/chain-bitcoin';
import { assembleScript, type Transaction } from '@ninefold/vm-bitcoin-script';
import {
  askMove,
  CircuitBuilder,
  DisputeWatch,
  formatBristol,
  partySecrets,
  positionOf,
  proverMove,
} from '@ninefold/vm-bitvm';
import { BitcoinRpc, ChainFollower, claimValues, DisputeStore, partyScript } from 'ninefold/bitvm';

const USAGE = `usage: node conformance/dist/reliability/dispute.js [--games N] [--seed N]

Two parties set a dispute up as processes; then one plays by the rules and is killed (SIGKILL) at random
moments, again and again, while the other cheats. Whatever happens, the honest one must win.
`;

const BIN = join(dirname(fileURLToPath(import.meta.resolve('ninefold'))), 'bin.js');
const ANYONE = assembleScript('1');
const BITS = 8;
const MATURITY = 100;
const TIMEOUT_BLOCKS = 12;
/** A kill falls within this time after a block. */
const LONGEST_LIFE_MS = 600;
/** Looks at the chain between two blocks: the honest party gets to see each. */
const LOOKS = 3;
const MAX_BLOCKS = 400;

type Role = 'prover' | 'verifier';
type Game = { readonly kills: number; readonly blocks: number; readonly failure: string | undefined };

/** A Bitcoin node behind HTTP, and how often it was looked at. */
async function startNode(): Promise<{ node: BitcoinNode; url: string; looks: () => number; server: Server }> {
  const { node, rpc } = await createBitcoin();
  let looks = 0;
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      if (body.includes('"getrawmempool"')) looks++;
      void (async () => {
        const reply = await rpc.handleText(body);
        response.statusCode = reply.status;
        response.end(reply.body);
      })();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { node, url, looks: () => looks, server };
}

function launch(args: readonly string[]): { readonly child: ChildProcess; readonly output: () => string } {
  const child = spawn(process.execPath, [BIN, 'bitvm', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  }
  return { child, output: () => output };
}

async function freePort(): Promise<number> {
  const server = createNetServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function circuitText(): string {
  const builder = new CircuitBuilder();
  const a = builder.input(BITS);
  const b = builder.input(BITS);
  builder.output(builder.add(a, b));
  builder.output([builder.equals(a, b)]);
  return formatBristol(builder.build());
}

/** Both parties' set-ups, each a process. */
async function setUp(
  folder: string,
  url: string,
  node: BitcoinNode,
): Promise<Readonly<Record<Role, string>>> {
  const circuit = join(folder, 'circuit.txt');
  writeFileSync(circuit, circuitText());
  const folders = { prover: join(folder, 'prover'), verifier: join(folder, 'verifier') };
  for (const path of Object.values(folders)) {
    const store = await DisputeStore.open(path);
    const key = await store.key(() => crypto.getRandomValues(new Uint8Array(32)));
    node.generate(1, partyScript(key));
  }
  node.generate(MATURITY, ANYONE);
  const address = `127.0.0.1:${await freePort()}`;
  const start = (role: Role, flag: string): ReturnType<typeof launch> =>
    launch(
      `setup --role ${role} ${flag} ${address} --node ${url} --timeout-blocks ${TIMEOUT_BLOCKS} --block-gates 4`
        .split(' ')
        .concat('--circuit', circuit, '--folder', folders[role]),
    );
  const verifier = start('verifier', '--listen');
  while (!verifier.output().includes('waiting') && verifier.child.exitCode === null) await sleep(20);
  const prover = start('prover', '--connect');
  for (const { child, output } of [prover, verifier]) {
    if (child.exitCode === null) await once(child, 'close');
    if (child.exitCode !== 0) throw new Error(`set-up failed: ${output()}`);
  }
  return folders;
}

/** What the dishonest party does at every block: shows a lie, or asks for what is right. */
async function createCheat(role: Role, folder: string, url: string, rng: Rng): Promise<() => Promise<void>> {
  const store = await DisputeStore.open(folder);
  const { dispute, signatures, height } = await store.contract();
  const privateKey = await store.key(() => {
    throw new Error('the key is gone');
  });
  const secrets = partySecrets(privateKey, dispute.terms.session);
  const rpc = new BitcoinRpc(url);
  const follower = new ChainFollower(rpc, new DisputeWatch(dispute), height);
  const funding = await store.funding();
  const input = Array.from({ length: 2 * BITS }, () => rng.below(2));
  const lie = claimValues(dispute, input);
  const wire = dispute.circuit.wireCount - 1 - rng.below(BITS + 1);
  lie[wire] = 1 - (lie[wire] as number);
  return async () => {
    const view = await follower.poll();
    const { state } = positionOf(dispute, view);
    const stage = state === undefined ? undefined : dispute.stages[state];
    let tx: Transaction | undefined = state === undefined ? funding : undefined;
    if (stage?.player === role) {
      tx =
        role === 'prover'
          ? proverMove({ dispute, signatures, secrets }, view, stage, lie)
          : askMove(dispute, signatures, secrets, stage, rng.below(stage.choices.length));
    }
    if (tx !== undefined) await rpc.send(tx).catch(() => undefined);
  };
}

async function play(seed: number): Promise<Game> {
  const rng = seededRng(seed);
  const folder = mkdtempSync(join(tmpdir(), 'ninefold-dispute-'));
  const { node, url, looks, server } = await startNode();
  let running: ReturnType<typeof launch> | undefined;
  try {
    const folders = await setUp(folder, url, node);
    node.generate(1, ANYONE);
    const honest: Role = rng.below(2) === 0 ? 'prover' : 'verifier';
    const other: Role = honest === 'prover' ? 'verifier' : 'prover';
    const cheat = await createCheat(other, folders[other], url, rng);
    const bits = Array.from({ length: 2 * BITS }, () => rng.below(2)).join('');
    const claim = honest === 'prover' ? ['--claim', bits] : [];
    const action = honest === 'prover' ? 'prove' : 'challenge';
    const start = (): ReturnType<typeof launch> =>
      launch([action, '--folder', folders[honest], '--node', url, '--poll', '20', '--burial', '2', ...claim]);
    const isOver = (): boolean => running?.child.exitCode !== null || running.child.signalCode !== null;
    running = start();
    let kills = 0;
    for (let blocks = 0; blocks < MAX_BLOCKS; blocks++) {
      await cheat();
      if (rng.below(2) === 0) {
        await sleep(rng.below(LONGEST_LIFE_MS));
        if (isOver()) return verdict(running, kills, blocks);
        running.child.kill('SIGKILL');
        await once(running.child, 'close');
        kills++;
        running = start();
      }
      const before = looks();
      while (looks() < before + LOOKS && !isOver()) await sleep(5);
      if (isOver()) return verdict(running, kills, blocks);
      node.generate(1, ANYONE);
    }
    return { kills, blocks: MAX_BLOCKS, failure: 'the dispute did not end' };
  } finally {
    running?.child.kill('SIGKILL');
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function verdict({ child, output }: ReturnType<typeof launch>, kills: number, blocks: number): Game {
  const failure = child.exitCode === 0 ? undefined : `exit code ${child.exitCode}: ${output().slice(-500)}`;
  return { kills, blocks, failure };
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      games: { type: 'string', default: '10' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', default: false },
    },
  });
  const [games, seed] = [Number(values.games), Number(values.seed)];
  if (values.help || ![games, seed].every(Number.isSafeInteger)) {
    process.stderr.write(USAGE);
    return values.help ? 0 : 2;
  }
  let [failed, kills] = [0, 0];
  for (let i = 0; i < games; i++) {
    const game = await play(seed + i);
    kills += game.kills;
    if (game.failure === undefined) continue;
    failed++;
    process.stderr.write(`seed ${seed + i}: ${game.failure}\n`);
  }
  process.stdout.write(`${games} disputes, ${kills} kills\n`);
  process.stdout.write(`${games - failed} passed, ${failed} failed, 0 skipped\n`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main();
