import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { bytesToHex } from '@ninefold/base';
import { assembleScript } from '@ninefold/vm-bitcoin-script';
import { CircuitBuilder, compressedKey, formatBristol } from '@ninefold/vm-bitvm';
import { describe, expect, it } from 'vitest';
import { DisputeStore } from '../src/bitvm/dispute-store.ts';
import { partyScript } from '../src/bitvm/setup.ts';
import { bitvm } from '../src/cli/commands/bitvm.ts';
import type { Settings } from '../src/cli/flags/flags.ts';
import { startBitcoinNode } from './support/bitcoin-node.ts';
import { temporaryFolder } from './support/cli.ts';
import { runCommand } from './support/command.ts';

const ANYONE = assembleScript('1');
const KEY = new Uint8Array(32).fill(5);

/** Runs the command in this process; all it says is one text. */
async function run(action: readonly string[], settings: Settings) {
  const { result, data, talk } = await runCommand(bitvm, action, settings);
  return { result, text: `${data}\n${talk}` };
}

const codeOf = async (action: readonly string[], settings: Settings): Promise<unknown> =>
  (await run(action, settings)).result;

function circuitFile(folder: string): string {
  const builder = new CircuitBuilder();
  const [a, b] = builder.input(2);
  builder.output([builder.nand(a!, b!)]);
  const file = join(folder, 'nand.txt');
  writeFileSync(file, formatBristol(builder.build()));
  return file;
}

/** A folder with a key that has coins, on a node. */
async function rich(): Promise<{ readonly folder: string; readonly url: string; readonly circuit: string }> {
  const { url, node } = await startBitcoinNode();
  const folder = temporaryFolder();
  const store = await DisputeStore.open(folder);
  node.generate(1, partyScript(await store.key(() => KEY)));
  node.generate(100, ANYONE);
  return { folder, url, circuit: circuitFile(temporaryFolder()) };
}

describe('ninefold bitvm', () => {
  it('wants an action and a folder', async () => {
    const folder = temporaryFolder();
    expect(await codeOf([], { folder })).toBe('CLI_BITVM_ACTION');
    expect(await codeOf(['win'], { folder })).toBe('CLI_BITVM_ACTION');
    expect(await codeOf(['prove', 'more'], { folder })).toBe('CLI_BITVM_ACTION');
    expect(await codeOf(['prove'], {})).toBe('CLI_BITVM_MISSING');
    const file = join(folder, 'file');
    writeFileSync(file, '');
    expect(await codeOf(['prove'], { folder: join(file, 'x') })).toBe('BITVM_STORE_UNUSABLE');
    expect(await codeOf(['prove'], { folder, node: 'nowhere' })).toBe('BITVM_RPC_ADDRESS');
    expect(await codeOf(['prove'], { folder, cookie: join(folder, 'none') })).toBe('BITVM_RPC_COOKIE');
    expect(await codeOf(['watch'], { folder })).toBe('BITVM_STORE_MISSING');
  });

  it('sets up with a role, a circuit, coins and a meeting', async () => {
    const { folder, url, circuit } = await rich();
    const base: Settings = { folder, node: url, circuit, role: 'prover' };
    expect(await codeOf(['setup'], { folder, node: url, circuit })).toBe('CLI_BITVM_MISSING');
    expect(await codeOf(['setup'], { ...base, role: 'judge' })).toBe('CLI_BITVM_INVALID');
    expect(await codeOf(['setup'], { folder, node: url, role: 'prover' })).toBe('CLI_BITVM_MISSING');
    expect(await codeOf(['setup'], { ...base, circuit: join(folder, 'none') })).toBe('CLI_UNREADABLE_FILE');
    expect(await codeOf(['setup'], { ...base, circuit: join(folder, 'key') })).toMatch(/^BRISTOL_/);
    expect(await codeOf(['setup'], { ...base, proverDeposit: 10n ** 15n })).toBe('CLI_BITVM_NO_COINS');
    expect(await codeOf(['setup'], base)).toBe('CLI_BITVM_MISSING');
    expect(await codeOf(['setup'], { ...base, listen: '1', connect: '2' })).toBe('CLI_BITVM_MISSING');
    expect(await codeOf(['setup'], { ...base, connect: 'somewhere' })).toBe('CLI_BITVM_INVALID');
    expect(await codeOf(['setup'], { ...base, connect: '127.0.0.1:1' })).toBe('BITVM_PEER_UNREACHABLE');
    expect(await codeOf(['setup'], { ...base, node: 'http://127.0.0.1:1' })).toBe('BITVM_RPC_UNREACHABLE');
  });

  it('refuses a party that hangs up, or has another key', async () => {
    const { folder, url, circuit } = await rich();
    const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const connect = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const base: Settings = { folder, node: url, circuit, role: 'prover', connect };
    expect(await codeOf(['setup'], base)).toBe('CHANNEL_CLOSED');
    expect(await codeOf(['setup'], { ...base, peer: '0x00' })).toBe('CLI_BITVM_INVALID');
    server.close();
  });

  it('sets up and plays, each command as its user sees it', { timeout: 30_000 }, async () => {
    const { url, node, looks } = await startBitcoinNode();
    const circuit = circuitFile(temporaryFolder());
    const folders = { prover: temporaryFolder(), verifier: temporaryFolder() };
    const keys = { prover: new Uint8Array(32).fill(6), verifier: new Uint8Array(32).fill(7) };
    for (const role of ['prover', 'verifier'] as const) {
      const store = await DisputeStore.open(folders[role]);
      node.generate(1, partyScript(await store.key(() => keys[role])));
    }
    node.generate(100, ANYONE);
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as AddressInfo;
    probe.close();
    await once(probe, 'close');
    const common: Settings = { node: url, circuit, timeoutBlocks: 20, outputPins: '1' };
    const meet = String(port);
    const waiting = run(['setup'], {
      ...common,
      role: 'verifier',
      folder: folders.verifier,
      listen: meet,
      json: true,
    });
    const peer = bytesToHex(compressedKey(keys.verifier));
    const joining = { ...common, role: 'prover', folder: folders.prover, connect: meet, peer };
    let mine = await run(['setup'], joining);
    while (mine.result === 'BITVM_PEER_UNREACHABLE') mine = await run(['setup'], joining);
    const theirs = await waiting;
    expect([mine.result, theirs.result]).toEqual([0, 0]);
    expect(mine.text).toContain('moves at most');
    expect(theirs.text).toContain('"schema":"ninefold/bitvm-setup/1"');
    expect(await codeOf(['setup'], joining)).toBe('BITVM_STORE_IN_USE');

    const play: Settings = { node: url, poll: 10, burial: 1 };
    const { prover, verifier } = folders;
    expect(await codeOf(['challenge'], { ...play, folder: prover })).toBe('CLI_BITVM_WRONG_ROLE');
    expect(await codeOf(['prove'], { ...play, folder: verifier })).toBe('CLI_BITVM_WRONG_ROLE');
    expect(await codeOf(['prove'], { ...play, folder: prover })).toBe('CLI_BITVM_MISSING');
    expect(await codeOf(['prove'], { ...play, folder: prover, claim: '012' })).toBe('CLI_BITVM_INVALID');
    expect(await codeOf(['prove'], { ...play, folder: prover, claim: '0x03' })).toBe('CLI_BITVM_INVALID');
    // 1 NAND 1 is 0, and 1 was agreed on.
    expect(await codeOf(['prove'], { ...play, folder: prover, claim: '11' })).toBe('PROVER_CLAIM_IMPOSSIBLE');

    const players = { done: false };
    const proving = run(['prove'], { ...play, folder: prover, claim: '10' });
    const challenging = run(['challenge'], { ...play, folder: verifier, json: true });
    void Promise.all([proving, challenging]).then(() => (players.done = true));
    while (!players.done) {
      node.generate(1, ANYONE);
      // Blocks wait for both to have seen the last one.
      const before = looks();
      while (!players.done && looks() < before + 6) await new Promise((resolve) => setTimeout(resolve, 2));
    }
    const [proved, challenged] = [await proving, await challenging];
    expect([proved.result, challenged.result]).toEqual([0, 0]);
    expect(proved.text).toMatch(/prover +claim/);
    expect(challenged.text).toContain('"event":"settled"');
    const watched = await run(['watch'], { ...play, folder: verifier });
    expect([watched.result, watched.text.includes('settled')]).toEqual([0, true]);
  });
});
