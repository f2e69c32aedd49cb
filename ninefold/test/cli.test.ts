import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { addressBytes, findProgramAddress } from '@ninefold/vm-svm';
import { describe, expect, test } from 'vitest';
import { createNode } from '../src/node.ts';
import { ninefold, rpc, startNinefold, temporaryFolder } from './support/cli.ts';

const BOB = '0x70997970c51812dc3a010c7d01b50e0d17dc79c8';
const ALICE = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266';
const version = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
).version;

/** Figures that differ from run to run, by a name. */
const stable = (text: string): string =>
  text
    .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT')
    .replaceAll(/\d+ ms/g, 'N ms')
    .replaceAll(/#k=\S+/g, '#k=TOKEN');

describe('what needs no node', () => {
  test.each([['--version'], ['-V'], ['start', '--version']])('%s', async (...args) => {
    expect(await ninefold(args)).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: '' });
  });

  test('--help goes to stdout', async () => {
    const { exitCode, stdout, stderr } = await ninefold(['--help']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain('Usage: ninefold [command] [flags]');
    expect((await ninefold(['run', '-h'])).stdout).toContain('Usage: ninefold run');
  });

  test.each([
    [['--prot', '1']],
    [['strat']],
    [['run']],
    [['run', '0x0']],
    [['run', '0x00', '0x00']],
    [['start', 'now']],
    [['completion', 'tcsh']],
    [['completion', 'bash', 'zsh']],
    [['bitvm']],
    [['bitvm', 'setpu']],
    [['--cors', 'https://app.example/']],
    [['--cors', 'app.example']],
    [['--port', '0', '--dump-state', '/nowhere/state.json']],
    [['--port', '0', '--ready-file', '/nowhere/ready']],
    [['--chains', 'bitcoin', '--bitcoin-auth', 'name']],
    [['--dialect', 'ganache']],
    [['--chains', 'solano']],
    [['--chains', 'solana', '--programs', 'program.so']],
    [['--chains', 'solana', '--programs', `0=${import.meta.filename}`]],
    [['--chains', 'solana', '--programs', '11111111111111111111111111111112=nowhere.so']],
    [['--chains', 'solana', '--programs', `11111111111111111111111111111112=${import.meta.filename}`]],
    [['--mnemonic', 'no such words']],
    [['--derivation-path', 'somewhere']],
    [['--block-time', '1', '--no-mining']],
  ])('%j is a mistake of usage: exit code 2', async (args) => {
    const { exitCode, stdout, stderr } = await ninefold(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^error /);
  });

  test.each(['CI', 'FORCE_COLOR', 'COLORTERM'])('no colours in a pipe, whatever %s says', async (name) => {
    const { stderr } = await ninefold(['strat'], { env: { [name]: 'true' } });
    expect(stderr).toMatch(/^error /);
  });

  test('a bad configuration file: exit code 4', async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'ninefold.config.mjs'), 'export default { prot: 1 };');
    const { exitCode, stderr } = await ninefold([], { cwd });
    expect(exitCode).toBe(4);
    expect(stderr).toContain('Did you mean port?');
    writeFileSync(join(cwd, 'genesis.json'), '{"alloc":5}');
    expect((await ninefold(['--config', 'none.mjs'], { cwd })).exitCode).toBe(4);
    writeFileSync(join(cwd, 'ninefold.config.mjs'), 'export default { genesis: "genesis.json" };');
    expect((await ninefold([], { cwd })).exitCode).toBe(4);
  });

  test('a port in use: exit code 3', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { exitCode, stderr } = await ninefold(['--port', String(port)]);
    server.close();
    expect(exitCode).toBe(3);
    expect(stderr).toContain(String(port));
  });
});

describe('ninefold run', () => {
  // PUSH1 42 PUSH1 0 MSTORE PUSH1 32 PUSH1 0 RETURN
  const ANSWER = '0x602a60005260206000f3';

  test('tells output, gas and logs', async () => {
    const { exitCode, stdout, stderr } = await ninefold(['run', ANSWER]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatchInlineSnapshot(`
      "status   success
      output   0x000000000000000000000000000000000000000000000000000000000000002a
      gas      18 (21018 as a transaction)
      "
    `);
  });

  test('as JSON', async () => {
    // PUSH1 7 PUSH1 0 MSTORE, LOG1 of one word with topic 5
    const { stdout } = await ninefold(['run', '6007600052600560206000a100', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 'ninefold/run/1',
      status: 'success',
      output: '0x',
      logs: [{ topics: [`0x${'05'.padStart(64, '0')}`], data: `0x${'07'.padStart(64, '0')}` }],
    });
  });

  test('passes calldata, value, chain id and rules', async () => {
    const jsonOf = async (...args: string[]) =>
      JSON.parse((await ninefold(['run', ...args, '--json'])).stdout) as {
        status: string;
        output: string;
        halt?: string;
      };
    // CALLDATALOAD(0) + CALLVALUE + CHAINID
    const code = '600035340146015f5260205ff3';
    const { output } = await jsonOf(
      code,
      '--input',
      `0x${'64'.padStart(64, '0')}`,
      '--value',
      '0.000000000000000010',
      '--chain-id',
      '3',
    );
    expect(BigInt(output)).toBe(113n);
    // PUSH0 came with Shanghai.
    expect(await jsonOf('5f00', '--hardfork', 'paris')).toMatchObject({
      status: 'halt',
      halt: 'INVALID_OPCODE',
    });
    expect(await jsonOf('5b600056', '--gas', '1000')).toMatchObject({ status: 'halt', halt: 'OUT_OF_GAS' });
  });

  test('deploys and calls', async () => {
    // Init code that leaves ANSWER behind.
    const init = `0x69${ANSWER.slice(2)}600052600a6016f3`;
    const { stdout, exitCode } = await ninefold(['run', init, '--create', '--input', '0x', '--json']);
    expect(exitCode).toBe(0);
    const report = JSON.parse(stdout) as { output: string; address: string };
    expect(BigInt(report.output)).toBe(42n);
    expect(report.address).toMatch(/^0x[\da-f]{40}$/);
  });

  test('a revert is a failure: exit code 1', async () => {
    const { exitCode, stdout } = await ninefold(['run', '0x60006000fd']);
    expect(exitCode).toBe(1);
    expect(stdout).toContain('status   revert');
  });

  test('reads files: hex, Hardhat and Foundry artifacts', async () => {
    const folder = temporaryFolder();
    const answerOf = async (name: string, text: string) => {
      const file = join(folder, name);
      writeFileSync(file, text);
      const { stdout } = await ninefold(['run', file, '--json']);
      return BigInt((JSON.parse(stdout) as { output: string }).output);
    };
    expect(await answerOf('a.hex', `${ANSWER}\n`)).toBe(42n);
    expect(await answerOf('hardhat.json', JSON.stringify({ deployedBytecode: ANSWER }))).toBe(42n);
    expect(await answerOf('foundry.json', JSON.stringify({ deployedBytecode: { object: ANSWER } }))).toBe(
      42n,
    );
  });
});

describe('ninefold trace', () => {
  test('shows each step', async () => {
    const { exitCode, stdout } = await ninefold(['trace', '0x602a60005260206000f3', '--gas', '100000']);
    expect(exitCode).toBe(0);
    const [, ...rows] = stdout.trimEnd().split('\n');
    expect(rows.map((row) => row.trim().split(/\s+/)[4])).toEqual([
      'PUSH1',
      'PUSH1',
      'MSTORE',
      'PUSH1',
      'PUSH1',
      'RETURN',
      expect.anything(),
    ]);
    expect(rows.at(-1)).toMatch(/^success, /);
  });

  test('shows calls, as JSON too', async () => {
    // STATICCALL of the identity precompile
    const code = '0x60206000602060006004612710fa00';
    const { stdout } = await ninefold(['trace', code, '--calls', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ schema: 'ninefold/calls/1', type: 'CALL' });
    expect((await ninefold(['trace', code, '--calls'])).stdout).toMatch(/^CALL /);
  });

  test('asks a node about a transaction', async () => {
    const node = await startNinefold();
    const hash = (await node.request('eth_sendTransaction', [
      { from: ALICE, to: BOB, value: '0x1' },
    ])) as string;
    const { exitCode, stdout } = await ninefold(['trace', hash, '--calls', '--rpc', node.http]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('value 1 wei');
    await node.stop();
    const gone = await ninefold(['trace', hash, '--rpc', node.http]);
    expect(gone.exitCode).toBe(1);
  });
});

describe('ninefold doctor', () => {
  test('finds all well', async () => {
    const { exitCode, stdout } = await ninefold(['doctor', '--port', '0', '--json']);
    const report = JSON.parse(stdout) as { ok: boolean; findings: { check: string; status: string }[] };
    expect({ exitCode, ok: report.ok }).toEqual({ exitCode: 0, ok: true });
    expect(report.findings.map(({ check }) => check)).toEqual(
      expect.arrayContaining(['Node', 'WebAssembly', 'port', 'lmdb']),
    );
  });

  test('finds a port in use and a damaged folder', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'ethereum'));
    const { exitCode, stdout } = await ninefold(['doctor', '--port', String(port), '--state', folder]);
    server.close();
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/problem +port/);
    expect(stdout).toMatch(/problem +state/);
  });
});

describe('ninefold start', () => {
  test('announces itself as JSON and ends in good order', async () => {
    const node = await startNinefold();
    expect(node.ready).toMatchObject({
      schema: 'ninefold/ready/1',
      event: 'ready',
      version,
      chains: { ethereum: { chainId: 31_337 } },
    });
    expect(await node.request('eth_blockNumber')).toBe('0x0');
    const { exitCode, stdout } = await node.stop('SIGTERM');
    expect(exitCode).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(1);
  });

  test('runs Solana beside Ethereum', async () => {
    const node = await startNinefold(['--chains', 'ethereum,solana', '--slot-time', '0', '--accounts', '0']);
    expect(await node.request('eth_blockNumber')).toBe('0x0');
    const { http, ws, genesisHash } = node.ready.chains.solana!;
    expect(Number(new URL(ws).port)).toBe(Number(new URL(http).port) + 1);
    expect(await rpc(http, 'getGenesisHash', [])).toBe(genesisHash);
    const address = '11111111111111111111111111111112';
    await rpc(http, 'requestAirdrop', [address, 5_000_000_000]);
    expect(await rpc(http, 'getBalance', [address])).toMatchObject({ value: 5_000_000_000 });
    const { exitCode, stderr } = await node.stop();
    expect(exitCode).toBe(0);
    expect(stderr).toContain('"module":"solana"');
  });

  test('runs Solana alone, with a program, and says which settings nobody reads', async () => {
    const token = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';
    const alone = await createNode({ chains: { solana: { slotMs: 0 } } });
    const holder = findProgramAddress(
      [addressBytes(token)],
      addressBytes('BPFLoaderUpgradeab1e11111111111111111111111'),
    )!.address;
    const { data } = alone.solana.node.account(holder, 'processed')!;
    await alone.close();
    const file = join(temporaryFolder(), 'token.so');
    writeFileSync(file, data.subarray(45));
    const at = '11111111111111111111111111111112';
    const node = await startNinefold(['--chains', 'solana', '--programs', `${at}=${file}`, '--state', 'x']);
    expect(node.ready.chains).toEqual({
      solana: { http: node.http, ws: expect.any(String), genesisHash: expect.any(String) },
    });
    expect(await node.request('getAccountInfo', [at, { encoding: 'base64' }])).toMatchObject({
      value: { executable: true },
    });
    expect((await node.stop()).stderr).toContain('"name":"state"');
  });

  test('SIGINT ends it too: exit code 130', async () => {
    const node = await startNinefold();
    expect((await node.stop('SIGINT')).exitCode).toBe(130);
  });

  test('a second signal ends it at once', async () => {
    const node = await startNinefold();
    // A connection in the middle of a request holds up the first.
    const socket = connect(Number(new URL(node.http).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write(
      'POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{',
    );
    await node.request('eth_blockNumber');
    node.kill('SIGINT');
    node.kill('SIGINT');
    socket.on('error', () => {});
    expect((await node.finished).exitCode).toBe(130);
    socket.destroy();
  });

  test('says hello to people on stderr', async () => {
    const folder = temporaryFolder();
    const readyFile = join(folder, 'ready.json');
    const child = ninefold(['--port', '0', '--ready-file', readyFile, '--accounts', '2']);
    const ready = await appears(readyFile);
    process.kill((JSON.parse(ready) as { pid: number }).pid, 'SIGTERM');
    const { stdout, stderr } = await child;
    expect(stdout).toBe('');
    expect(stable(stderr).replaceAll(version, 'VERSION')).toMatchInlineSnapshot(`
      "ninefold VERSION

        ethereum  http://127.0.0.1:PORT  ws://127.0.0.1:PORT
                  chain id 31337, bpo2
        studio    http://127.0.0.1:PORT/#k=TOKEN

      Accounts  public test keys: never send them anything of value

         0  0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266  0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80
         1  0x70997970c51812dc3a010c7d01b50e0d17dc79c8  0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d

            mnemonic  test test test test test test test test test test test junk

      Ready in N ms. Ctrl+C stops, twice at once.
      info  stopping
      "
    `);
  });

  test('--quiet and --silent leave that out', async () => {
    const folder = temporaryFolder();
    for (const flag of ['--quiet', '--silent']) {
      const readyFile = join(folder, `${flag}.json`);
      const child = ninefold(['--port', '0', '--ready-file', readyFile, flag]);
      process.kill((JSON.parse(await appears(readyFile)) as { pid: number }).pid, 'SIGTERM');
      const { stdout, stderr } = await child;
      expect({ stdout, stderr }).toEqual({ stdout: '', stderr: '' });
    }
  });

  test('logs blocks, as JSON beside --json', async () => {
    const node = await startNinefold();
    await node.request('evm_mine');
    const { stderr } = await node.stop();
    const records = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(records).toContainEqual(
      expect.objectContaining({ level: 'info', module: 'ethereum', number: '1' }),
    );
  });

  test('has the accounts asked for', async () => {
    const node = await startNinefold([
      '--accounts',
      '3',
      '--balance',
      '5',
      '--chain-id',
      '7',
      '--hardfork',
      'cancun',
    ]);
    expect(await node.request('eth_accounts')).toHaveLength(3);
    expect(await node.request('eth_getBalance', [ALICE, 'latest'])).toBe('0x4563918244f40000');
    expect(await node.request('eth_chainId')).toBe('0x7');
    const other = await startNinefold([
      '--mnemonic',
      'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about',
      '-a',
      '1',
    ]);
    expect(await other.request('eth_accounts')).toEqual([
      expect.stringMatching(/^0x9858effd232b4033e47d90003d41ec34ecaeda94$/i),
    ]);
    await Promise.all([node.stop(), other.stop()]);
  });

  test('sets up the first block', async () => {
    const node = await startNinefold([
      '--gas-limit',
      '12345678',
      '--base-fee',
      '77',
      '--timestamp',
      '1700000000',
    ]);
    expect(await node.request('eth_getBlockByNumber', ['0x0', false])).toMatchObject({
      gasLimit: '0xbc614e',
      baseFeePerGas: '0x4d',
      timestamp: '0x6553f100',
    });
    await node.stop();
  });

  test('takes a genesis', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'genesis.json');
    writeFileSync(
      file,
      JSON.stringify({
        config: {
          chainId: 99,
          homesteadBlock: 0,
          eip150Block: 0,
          eip155Block: 0,
          eip158Block: 0,
          byzantiumBlock: 0,
          constantinopleBlock: 0,
          petersburgBlock: 0,
          istanbulBlock: 0,
          berlinBlock: 0,
          londonBlock: 0,
          terminalTotalDifficulty: 0,
          shanghaiTime: 0,
        },
        alloc: { [BOB]: { balance: '0x5' } },
        gasLimit: '0x1c9c380',
        difficulty: '0x0',
        timestamp: '0x10',
      }),
    );
    const node = await startNinefold(['--genesis', file]);
    expect(await node.request('eth_chainId')).toBe('0x63');
    expect(await node.request('eth_getBalance', [BOB, 'latest'])).toBe('0x5');
    await node.stop();
  });

  test('mines when told, or on a beat', async () => {
    const manual = await startNinefold(['--no-mining']);
    await manual.request('eth_sendTransaction', [{ from: ALICE, to: BOB }]);
    expect(await manual.request('eth_blockNumber')).toBe('0x0');
    await manual.request('evm_mine');
    expect(await manual.request('eth_blockNumber')).toBe('0x1');
    await manual.stop();
    const beat = await startNinefold(['--block-time', '0.02']);
    await eventually(async () => Number(await beat.request('eth_blockNumber')) >= 2);
    await beat.stop();
  });

  test('dumps its state at the end and begins with it', async () => {
    const file = join(temporaryFolder(), 'state.json');
    const first = await startNinefold(['--dump-state', file]);
    await first.request('anvil_setBalance', [BOB, '0x1234']);
    await first.request('anvil_setCode', [`0x${'ab'.repeat(20)}`, '0x6001']);
    expect((await first.stop('SIGINT')).exitCode).toBe(130);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toHaveProperty('accounts');
    const second = await startNinefold(['--load-state', file]);
    expect(await second.request('eth_getBalance', [BOB, 'latest'])).toBe('0x1234');
    expect(await second.request('eth_getCode', [`0x${'ab'.repeat(20)}`, 'latest'])).toBe('0x6001');
    await second.stop();
    writeFileSync(file, 'nonsense');
    expect((await ninefold(['--port', '0', '--load-state', file])).exitCode).toBe(5);
    writeFileSync(file, '{"accounts":5}');
    expect((await ninefold(['--port', '0', '--load-state', file])).exitCode).toBe(5);
  });

  test('keeps its state in a folder, whatever ends it', async () => {
    const folder = join(temporaryFolder(), 'state');
    const first = await startNinefold(['--state', folder]);
    const genesis = await first.request('eth_getBlockByNumber', ['0x0', false]);
    const hash = await first.request('eth_sendTransaction', [{ from: ALICE, to: BOB, value: '0x7' }]);
    const receipt = await first.request('eth_getTransactionReceipt', [hash]);
    expect(receipt).not.toBeNull();
    expect((await first.stop('SIGKILL')).exitCode).toBeNull();
    const second = await startNinefold(['--state', folder]);
    expect(await second.request('eth_getBlockByNumber', ['0x0', false])).toEqual(genesis);
    expect(await second.request('eth_getTransactionReceipt', [hash])).toEqual(receipt);
    expect(await second.request('eth_blockNumber')).toBe('0x1');
    // Two nodes cannot have the same folder.
    expect((await ninefold(['--port', '0', '--state', folder])).exitCode).toBe(1);
    await second.stop();
    // Nor can another chain take it over.
    expect((await ninefold(['--port', '0', '--state', folder, '--chain-id', '5'])).exitCode).toBe(4);
  });

  test('a damaged folder: exit code 5 and what to do', async () => {
    const folder = join(temporaryFolder(), 'state');
    await (await startNinefold(['--state', folder])).stop();
    writeFileSync(join(folder, 'ethereum', 'data.mdb'), 'this was a database');
    const damaged = await ninefold(['--port', '0', '--state', folder]);
    expect(damaged.exitCode).toBe(5);
    expect(damaged.stderr).toMatch(/not a usable store.*restore/i);
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, 'not a folder');
    expect((await ninefold(['--port', '0', '--state', file])).exitCode).toBe(5);
    const foreign = temporaryFolder();
    writeFileSync(join(foreign, 'holiday.jpg'), '');
    expect((await ninefold(['--port', '0', '--state', foreign])).exitCode).toBe(5);
  });

  test('answers on a Unix socket', async () => {
    const path = join(temporaryFolder(), 'node.ipc');
    const node = await startNinefold(['--ipc', path]);
    expect(node.ready.chains.ethereum.ipc).toBe(path);
    const socket = connect(path);
    socket.write('{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(JSON.parse(answer.toString())).toEqual({ jsonrpc: '2.0', id: 1, result: '0x7a69' });
    socket.destroy();
    await node.stop();
    expect(existsSync(path)).toBe(false);
  });

  test('listens where and to whom it is told', async () => {
    const node = await startNinefold([
      '--host',
      '127.0.0.1',
      '--cors',
      'https://app.example',
      '--allowed-hosts',
      'node.test',
    ]);
    const statusOf = async (headers: Readonly<Record<string, string>>) =>
      (
        await fetch(node.http, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body: '{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}',
        })
      ).status;
    expect(await statusOf({ origin: 'https://app.example' })).toBe(200);
    expect(await statusOf({ origin: 'https://evil.example' })).toBe(403);
    await node.stop();
  });

  test('follows a dialect', async () => {
    const node = await startNinefold(['--dialect', 'hardhat']);
    expect(await node.request('evm_increaseTime', [5])).toBe('5');
    await node.stop();
  });

  test('takes settings from variables and a file', async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'ninefold.config.mjs'), 'export default { chainId: 11, accounts: 4 };');
    const node = await startNinefold([], { cwd, env: { NINEFOLD_ACCOUNTS: '5' } });
    expect(await node.request('eth_chainId')).toBe('0xb');
    expect(await node.request('eth_accounts')).toHaveLength(5);
    await node.stop();
  });

  test('goes on when nobody reads what it says', async () => {
    const node = await startNinefold();
    node.stopReading();
    await node.request('evm_mine');
    await node.request('evm_mine');
    expect(await node.request('eth_blockNumber')).toBe('0x2');
    expect((await node.stop()).exitCode).toBe(0);
  });

  test('a bug ends it: exit code 70, with the stack', async () => {
    const plant = async (script: string) => {
      const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(script)}`;
      const { exitCode, stderr } = await ninefold(['--port', '0', '--quiet'], { env: { NODE_OPTIONS } });
      expect(exitCode).toBe(70);
      expect(stderr).toContain('planted');
    };
    await plant('setTimeout(() => { throw new Error("planted"); }, 1500)');
    await plant('setTimeout(() => Promise.reject(new Error("planted")), 1500)');
  });
});

/** The content of a file as soon as it is there. */
async function appears(file: string): Promise<string> {
  await eventually(() => Promise.resolve(existsSync(file)));
  return readFileSync(file, 'utf8');
}

async function eventually(condition: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 15_000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error('it did not come to be');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
