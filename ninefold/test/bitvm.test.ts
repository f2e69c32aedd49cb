import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { seededRng } from '@ninefold/base';
import { addressToScript, ADDRESS_FORMATS } from '@ninefold/chain-bitcoin';
import { assembleScript } from '@ninefold/vm-bitcoin-script';
import {
  askMove,
  CircuitBuilder,
  DisputeWatch,
  formatBristol,
  parseTranscript,
  partySecrets,
  positionOf,
  proverMove,
  claimValues,
  decideVerifier,
  Evidence,
} from '@ninefold/vm-bitvm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BitcoinRpc } from '../src/bitvm/bitcoin-rpc.ts';
import { ChainFollower } from '../src/bitvm/chain-follower.ts';
import { DisputeStore } from '../src/bitvm/dispute-store.ts';
import { partyScript } from '../src/bitvm/setup.ts';
import { startBitcoinNode } from './support/bitcoin-node.ts';
import { cleanEnvironment, ninefold, temporaryFolder } from './support/cli.ts';

const BIN = fileURLToPath(new URL('../bin.js', import.meta.url));
const ANYONE = assembleScript('1');
const BITS = 4;

/** Two numbers of four bits, added and compared. */
function circuitText(): string {
  const builder = new CircuitBuilder();
  const a = builder.input(BITS);
  const b = builder.input(BITS);
  builder.output(builder.add(a, b));
  builder.output([builder.equals(a, b)]);
  return formatBristol(builder.build());
}

type Process = {
  readonly child: ChildProcess;
  readonly exited: Promise<number | null>;
  readonly text: () => { readonly stdout: string; readonly stderr: string };
};

function launch(...args: readonly string[]): Process {
  const child = spawn(process.execPath, [BIN, 'bitvm', ...args], {
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += String(chunk)));
  child.stderr.on('data', (chunk: Buffer) => (stderr += String(chunk)));
  const exited = once(child, 'close').then(([code]) => code as number | null);
  return { child, exited, text: () => ({ stdout, stderr }) };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A node, and two parties whose processes have set a dispute up over a socket. */
async function table(timeoutBlocks = 8) {
  const { url, node, looks } = await startBitcoinNode();
  const folder = temporaryFolder();
  const circuit = join(folder, 'circuit.txt');
  writeFileSync(circuit, circuitText());
  const common = ['--node', url, '--circuit', circuit, '--timeout-blocks', String(timeoutBlocks)];
  const folders = { prover: join(folder, 'prover'), verifier: join(folder, 'verifier') };
  for (const store of await Promise.all(Object.values(folders).map(DisputeStore.open))) {
    const key = await store.key(() => Uint8Array.from({ length: 32 }, () => 1 + Math.random() * 255));
    node.generate(1, partyScript(key));
  }
  node.generate(100, ANYONE);
  const port = await freePort();
  const meeting = (role: 'prover' | 'verifier', flag: string): string[] => [
    'setup',
    '--role',
    role,
    '--folder',
    folders[role],
    ...common,
    '--block-gates',
    '5',
    flag,
    `127.0.0.1:${port}`,
  ];
  const verifier = launch(...meeting('verifier', '--listen'));
  while (!verifier.text().stderr.includes('waiting for the other party')) await sleep(20);
  const prover = launch(...meeting('prover', '--connect'));
  expect([await prover.exited, await verifier.exited]).toEqual([0, 0]);
  return { url, node, looks, folders };
}

const play = (action: string, folder: string, url: string, ...more: readonly string[]): Process =>
  launch(action, '--folder', folder, '--node', url, '--poll', '20', '--burial', '2', '--json', ...more);

/**
 * Mines until a process is done; it is killed and started again a few times on the way. Blocks wait for
 * the process, however slow the machine is.
 */
async function playOut(
  { node, looks }: Pick<Awaited<ReturnType<typeof table>>, 'node' | 'looks'>,
  start: () => Process,
  options: { readonly kills: number; readonly step?: () => Promise<void> },
): Promise<{ readonly code: number | null; readonly stdout: string }> {
  const rng = seededRng(7);
  node.generate(1, ANYONE);
  let running = start();
  const isOver = (): boolean => running.child.exitCode !== null || running.child.signalCode !== null;
  // It tells of the funding as soon as it has read the chain.
  const awake = async (): Promise<void> => {
    while (running.text().stdout === '' && !isOver()) await sleep(10);
  };
  await awake();
  let { kills } = options;
  for (let blocks = 0; blocks < 400 && !isOver(); blocks++) {
    await options.step?.();
    const before = looks();
    while (looks() < before + 3 && !isOver()) await sleep(5);
    node.generate(1, ANYONE);
    if (kills > 0 && rng.below(3) === 0 && !isOver()) {
      kills--;
      running.child.kill('SIGKILL');
      await running.exited;
      running = start();
      await awake();
    }
  }
  return { code: await running.exited, stdout: running.text().stdout };
}

describe('two processes', () => {
  it('settle a right claim, whatever is killed in between', { timeout: 120_000 }, async () => {
    const scene = await table();
    const { url, folders } = scene;
    const verifier = play('challenge', folders.verifier, url);
    const { code, stdout } = await playOut(
      scene,
      () => play('prove', folders.prover, url, '--claim', '0x53'),
      { kills: 1 },
    );
    expect(code).toBe(0);
    const events = parseTranscript(stdout);
    expect(events.map(({ event }) => event)).toEqual(['funded', 'claim', 'settled']);
    // 3 + 5 = 8, and they are not equal.
    expect(events[1]!.bits).toBe('1100101000010');
    expect(await verifier.exited).toBe(0);
    // Anyone with the folder can look at it again later.
    const watched = await play('watch', folders.verifier, url).exited;
    expect(watched).toBe(0);
  });

  it(
    'take the deposit of a prover that lies, though the verifier is killed',
    { timeout: 120_000 },
    async () => {
      const scene = await table();
      const { url, folders } = scene;
      const store = await DisputeStore.open(folders.prover);
      const { dispute, signatures, height } = await store.contract();
      const key = await store.key(() => new Uint8Array(32));
      const secrets = partySecrets(key, dispute.terms.session);
      const values = claimValues(dispute, Array(2 * BITS).fill(1));
      values[dispute.circuit.out[3]!] = 1 - values[dispute.circuit.out[3]!]!;
      values[dispute.circuit.wireCount - 1] = 1 - values[dispute.circuit.wireCount - 1]!;
      const rpc = new BitcoinRpc(url);
      const follower = new ChainFollower(rpc, new DisputeWatch(dispute), height);
      const lie = async (): Promise<void> => {
        const view = await follower.poll();
        const { state } = positionOf(dispute, view);
        const stage = state === undefined ? undefined : dispute.stages[state];
        const move =
          stage?.player === 'prover' && proverMove({ dispute, signatures, secrets }, view, stage, values);
        if (move) await rpc.send(move).catch(() => undefined);
      };
      const { code, stdout } = await playOut(scene, () => play('challenge', folders.verifier, url), {
        kills: 1,
        step: lie,
      });
      expect(code).toBe(0);
      const events = parseTranscript(stdout);
      expect(events.at(-1)).toMatchObject({ event: 'collected', player: 'verifier' });
      expect(events.map(({ event }) => event)).toContain('ask-gate');
    },
  );

  it('take the deposit of a verifier that asks for nothing', { timeout: 120_000 }, async () => {
    const scene = await table();
    const { url, folders } = scene;
    const store = await DisputeStore.open(folders.verifier);
    const { dispute, signatures, height } = await store.contract();
    const key = await store.key(() => new Uint8Array(32));
    const secrets = partySecrets(key, dispute.terms.session);
    const rpc = new BitcoinRpc(url);
    const follower = new ChainFollower(rpc, new DisputeWatch(dispute), height);
    const evidence = new Evidence(dispute);
    const disturb = async (): Promise<void> => {
      const view = await follower.poll();
      evidence.observe(view);
      const { state } = positionOf(dispute, view);
      const stage = state === undefined ? undefined : dispute.stages[state];
      const funding = (await store.funding())!;
      // Once an equivocation is there, an honest verifier would take the pot: here there never is.
      const honest = decideVerifier({ dispute, signatures, funding, secrets, feeRate: 1 }, view, evidence);
      expect(evidence.equivocation).toBeUndefined();
      if (stage?.player !== 'verifier') {
        for (const tx of honest.transactions) await rpc.send(tx).catch(() => undefined);
      } else await rpc.send(askMove(dispute, signatures, secrets, stage, 0)).catch(() => undefined);
    };
    const { code, stdout } = await playOut(
      scene,
      () => play('prove', folders.prover, url, '--claim', '10101010'),
      { kills: 1, step: disturb },
    );
    expect(code).toBe(0);
    expect(parseTranscript(stdout).at(-1)).toMatchObject({ event: 'collected', player: 'prover' });
  });
});

describe('the command', () => {
  it('says what is missing or wrong', async () => {
    const folder = temporaryFolder();
    const run = async (...args: readonly string[]): Promise<unknown> => {
      const { exitCode, stderr } = await ninefold(['bitvm', ...args]);
      return [exitCode, stderr.split('\n')[0]];
    };
    expect(await run('provee')).toEqual([2, expect.stringContaining('prove')]);
    expect(await run('prove', '--folder', folder)).toEqual([1, expect.stringContaining('contract.json')]);
    expect(await run('setup', '--folder', folder, '--role', 'judge')).toEqual([
      2,
      expect.stringContaining('--role'),
    ]);
    expect(existsSync(join(folder, 'key'))).toBe(false);
    // Without coins, set-up says where to pay to.
    const { url } = await startBitcoinNode();
    const circuit = join(folder, 'circuit.txt');
    writeFileSync(circuit, circuitText());
    const setup = ['setup', '--role', 'prover', '--circuit', circuit, '--listen', '1', '--node', url];
    const [exitCode, text] = (await run(...setup, '--folder', folder)) as [number, string];
    const address = /bcrt1\w+/.exec(text)![0];
    const store = await DisputeStore.open(folder);
    const script = partyScript(await store.key(() => new Uint8Array(32)));
    expect([exitCode, addressToScript(address, ADDRESS_FORMATS.regtest)]).toEqual([1, script]);
  });

  it('refuses a folder that was tampered with', { timeout: 60_000 }, async () => {
    const { url, folders } = await table();
    const path = join(folders.prover, 'contract.json');
    const text = readFileSync(path, 'utf8');
    const codeOf = async (): Promise<string> => {
      const store = await DisputeStore.open(folders.prover);
      return store.contract().then(
        () => 'fine',
        (error: { readonly code: string }) => error.code,
      );
    };
    const change = (edit: (json: Record<string, unknown>) => void): void => {
      const json = JSON.parse(text) as Record<string, unknown>;
      edit(json);
      writeFileSync(path, JSON.stringify(json));
    };
    change((json) => (json['schema'] = 'other'));
    expect(await codeOf()).toBe('BITVM_STORE_CORRUPT');
    change((json) => ((json['terms'] as Record<string, unknown>)['prize'] = '-1'));
    expect(await codeOf()).toBe('CONTRACT_INVALID');
    change((json) => ((json['terms'] as Record<string, unknown>)['prize'] = '5'));
    expect(await codeOf()).toBe('SIGNING_WRONG_SIGNATURE');
    change((json) => (json['signatures'] = []));
    expect(await codeOf()).toBe('SIGNING_WRONG_COUNT');
    writeFileSync(path, '{');
    expect(await codeOf()).toBe('BITVM_STORE_CORRUPT');
    writeFileSync(path, text);
    expect(await codeOf()).toBe('fine');
    const locks = join(folders.prover, 'locks.bin');
    const bytes = readFileSync(locks);
    bytes[5]! ^= 1;
    writeFileSync(locks, bytes);
    expect(await codeOf()).toBe('BITVM_STORE_CORRUPT');
    const { exitCode } = await ninefold(['bitvm', 'watch', '--folder', folders.prover, '--node', url]);
    expect(exitCode).toBe(5);
  });

  it('claims one input only', { timeout: 60_000 }, async () => {
    const folder = temporaryFolder();
    const store = await DisputeStore.open(folder);
    await store.settleClaim('0101');
    await store.settleClaim('0101');
    await expect(store.settleClaim('0111')).rejects.toMatchObject({ code: 'BITVM_STORE_OTHER_CLAIM' });
    expect(await store.claim()).toBe('0101');
  });

  it('keeps evidence line by line, and lives with half a line', async () => {
    const folder = temporaryFolder();
    const store = await DisputeStore.open(folder);
    const secret = new Uint8Array(20).fill(7);
    await store.addEvidence([[4, secret]]);
    const path = join(folder, 'evidence.txt');
    writeFileSync(path, `${readFileSync(path, 'utf8')}5 0x0707`);
    await store.addEvidence([[6, secret]]);
    expect((await store.evidence()).map(([lock]) => lock)).toEqual([4, 6]);
  });
});
