import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import type { TestNode } from '@ninefold/environment-kit';
import { contract, startNode } from '@ninefold/environment-kit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const ALICE = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266';
const ALICE_KEY = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80';
const BOB = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';

const run = promisify(execFile);
const binary = castBinary();

/** Out of the npm package for this platform, whose wrapper costs a second process a call. */
function castBinary(): string | undefined {
  const architecture = { x64: 'amd64', arm64: 'arm64' }[process.arch as string];
  try {
    return createRequire(import.meta.url).resolve(
      `@foundry-rs/cast-${process.platform}-${architecture}/bin/cast`,
    );
  } catch {
    return undefined;
  }
}

describe.skipIf(binary === undefined)('cast', () => {
  let node: TestNode;
  let token: string;

  const cast = async (...args: readonly string[]): Promise<string> => {
    const { stdout } = await run(binary as string, [...args], {
      env: { ...process.env, ETH_RPC_URL: node.http, NO_COLOR: '1' },
    });
    return stdout.trim();
  };
  const json = async (...args: readonly string[]): Promise<Record<string, string>> =>
    JSON.parse(await cast(...args, '--json')) as Record<string, string>;

  beforeAll(async () => {
    node = await startNode();
    const supply = '0'.repeat(60) + '03e8';
    const receipt = await json(
      'send',
      '--private-key',
      ALICE_KEY,
      '--create',
      contract('Token').bytecode + supply,
    );
    token = receipt['contractAddress']!;
  });
  afterAll(() => node.close());

  test('knows the chain', async () => {
    expect(await cast('chain-id')).toBe('31337');
    expect(await cast('block-number')).toBe('1');
    expect(Number(await cast('gas-price'))).toBeGreaterThan(0);
    expect(Number(await cast('base-fee'))).toBeGreaterThan(0);
    expect(await cast('client')).toMatch(/\S/);
  });

  test('looks at accounts', async () => {
    expect(await cast('balance', BOB, '--ether')).toBe('10000.000000000000000000');
    expect(await cast('nonce', ALICE)).toBe('1');
    expect(await cast('code', token)).toBe(contract('Token').runtime);
    expect(await cast('codesize', token)).toBe(String(contract('Token').runtime.length / 2 - 1));
    expect(BigInt(await cast('storage', token, '0'))).toBe(1000n);
    const proof = await json('proof', token, '0');
    expect(proof['address']?.toLowerCase()).toBe(token.toLowerCase());
    expect(proof['storageProof']).toHaveLength(1);
  });

  test('calls, estimates and sends', async () => {
    expect(await cast('call', token, 'balanceOf(address)(uint256)', ALICE)).toBe('1000');
    expect(await cast('call', token, 'name()(string)')).toBe('"Ninefold Test Token"');
    const estimate = Number(
      await cast('estimate', token, 'transfer(address,uint256)', BOB, '5', '--from', ALICE),
    );
    const receipt = await json(
      'send',
      token,
      'transfer(address,uint256)',
      BOB,
      '5',
      '--private-key',
      ALICE_KEY,
    );
    expect(receipt).toMatchObject({ status: '0x1', type: '0x2' });
    expect(Number(receipt['gasUsed'])).toBeLessThanOrEqual(estimate);
    expect(await cast('call', token, 'balanceOf(address)(uint256)', BOB)).toBe('5');
    const hash = receipt['transactionHash']!;
    expect(await cast('tx', hash, 'nonce')).toBe('1');
    expect(await cast('receipt', hash, 'status')).toBe('true');
    expect(await json('tx', hash)).toMatchObject({ hash });
    const legacy = await json('send', BOB, '--value', '1', '--legacy', '--private-key', ALICE_KEY);
    expect(legacy).toMatchObject({ status: '0x1', type: '0x0' });
    const unlocked = await json('send', BOB, '--value', '1', '--unlocked', '--from', ALICE);
    expect(unlocked).toMatchObject({ status: '0x1' });
  });

  test('publishes what it signed before', async () => {
    const raw = await cast('mktx', BOB, '--value', '3', '--private-key', ALICE_KEY);
    const hash = await cast('publish', '--async', raw);
    expect(hash).toMatch(/^"?0x[\da-f]{64}"?$/);
    expect(await cast('receipt', hash.replaceAll('"', ''), 'status')).toBe('true');
  });

  test('finds logs', async () => {
    const logs = await json(
      'logs',
      'Transfer(address indexed from, address indexed to, uint256 value)',
      '--address',
      token,
      '--from-block',
      '0',
    );
    expect(logs).toHaveLength(2);
    const toBob = await json(
      'logs',
      '--address',
      token,
      '--from-block',
      '0',
      'Transfer(address indexed,address indexed,uint256)',
      ALICE,
      BOB,
    );
    expect(toBob).toHaveLength(1);
  });

  test('shows blocks', async () => {
    const block = await json('block', 'latest');
    expect(block['stateRoot']).toMatch(/^0x[\da-f]{64}$/);
    expect(await cast('block', '1', '--field', 'number')).toBe('1');
    expect(await cast('age', '1')).toMatch(/\d{4}/);
    expect(await cast('find-block', String(Number(block['timestamp'])))).toMatch(/^\d+$/);
  });

  test('asks anything', async () => {
    expect(JSON.parse(await cast('rpc', 'eth_chainId'))).toBe('0x7a69');
    expect(await cast('rpc', 'anvil_setBalance', BOB, '0x5')).toBe('null');
    expect(await cast('balance', BOB)).toBe('5');
    await cast('rpc', 'evm_mine');
    const list = await json('access-list', token, 'transfer(address,uint256)', BOB, '1', '--from', ALICE);
    expect(JSON.stringify(list)).toContain(token.toLowerCase());
    expect(
      await cast(
        'rpc',
        'debug_traceCall',
        JSON.stringify({ to: token }),
        'latest',
        '{"tracer":"callTracer"}',
      ),
    ).toContain('"type":"CALL"');
  });

  test('says why a call reverts', async () => {
    const failure = cast(
      'call',
      token,
      'transfer(address,uint256)',
      ALICE,
      '5',
      '--from',
      '0x0000000000000000000000000000000000000001',
    );
    await expect(failure).rejects.toMatchObject({ stderr: expect.stringContaining('revert') as string });
  });
});
