import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { decodeRlp } from '@ninefold/codec';
import { hexToBytes } from '@ninefold/base';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openConnection } from '../src/load/connection.ts';
import { receiptOf, sendMined } from '../src/load/receipts.ts';
import { rpc } from '../src/load/server.ts';
import { balanceOfCall, checkArrived, signTransfers } from '../src/load/transfers.ts';
import { gasOfTransaction } from '../src/programs.ts';
import { cpuOfThisProcess } from '../src/process.ts';

async function serve(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const connection = await openConnection((server.address() as AddressInfo).port);
  onTestFinished(() => {
    connection.close();
    server.close();
  });
  return connection;
}

describe('a connection', () => {
  test('is kept alive and cuts out the body', async () => {
    let requests = 0;
    const sockets = new Set<unknown>();
    const connection = await serve((request, response) => {
      requests++;
      sockets.add(request.socket);
      request.resume().on('end', () => response.setHeader('content-length', '5').end('ünf'.padEnd(4, '!')));
    });
    for (let i = 0; i < 3; i++) expect(await connection.post('{"a":1}')).toBe('ünf!');
    expect([requests, sockets.size]).toEqual([3, 1]);
  });

  test('waits for a body that comes in pieces', async () => {
    const connection = await serve((request, response) => {
      request.resume().on('end', () => {
        response.setHeader('content-length', '6');
        response.write('abc');
        setImmediate(() => response.end('def'));
      });
    });
    expect(await connection.post('{}')).toBe('abcdef');
  });

  test('says what went wrong', async () => {
    const refusing = await serve(
      (_, response) => void response.writeHead(403, { 'content-length': 2 }).end('no'),
    );
    await expect(refusing.post('{}')).rejects.toThrow('403');
    const closing = await serve((request) => void request.socket.destroy());
    await expect(closing.post('{}')).rejects.toThrow('closed');
  });

  test('carries JSON-RPC', async () => {
    const connection = await serve((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const { method } = JSON.parse(body) as { method: string };
        const answer = method === 'ok' ? { result: 7 } : { error: { code: -1, message: 'bad' } };
        const text = JSON.stringify(answer);
        response.setHeader('content-length', text.length).end(text);
      });
    });
    const request = rpc(connection);
    expect(await request('ok', [])).toBe(7);
    await expect(request('other', [])).rejects.toThrow('other: -1 bad');
  });
});

describe('receipts', () => {
  test('are waited for', async () => {
    let asked = 0;
    const receipt = { status: '0x1', gasUsed: '0x1', contractAddress: '0x' } as const;
    const request = (method: string) =>
      Promise.resolve(method === 'eth_sendTransaction' ? '0xabc' : ++asked < 3 ? null : receipt);
    expect(await sendMined(request, {})).toEqual(receipt);
    expect(asked).toBe(3);
    expect(await receiptOf(request, '0xabc')).toEqual(receipt);
  });

  test('of a failed transaction end the run', async () => {
    const request = (method: string) =>
      Promise.resolve(method === 'eth_sendTransaction' ? '0xabc' : { status: '0x0' });
    await expect(sendMined(request, {})).rejects.toThrow('failed');
  });
});

describe('transfers', () => {
  const token = `0x${'ab'.repeat(20)}` as const;

  test('are signed with nonces in a row, the same every time', () => {
    const signed = signTransfers(token, 3);
    expect(signTransfers(token, 3)).toEqual(signed);
    const nonces = signed.map((raw) => Number((decodeRlp(hexToBytes(raw)) as readonly Uint8Array[])[0]![0]));
    expect(nonces).toEqual([2, 3, 4]);
  });

  test('are counted by the balance', async () => {
    const request = () => Promise.resolve(`0x${'5'.padStart(64, '0')}`);
    await checkArrived(request, token, 5);
    await expect(checkArrived(request, token, 6)).rejects.toThrow('6 transfers were sent, 5 arrived');
    expect(balanceOfCall(token)).toMatchObject({
      to: token,
      data: expect.stringMatching(/^0x70a08231[\da-f]{64}$/) as string,
    });
  });
});

test('gas of a transaction counts calldata, and that the called address is warm', () => {
  const run = { name: 'x', contract: 'c', calldata: '0x0001', gasUsed: 10, returnData: '0x' } as const;
  expect(gasOfTransaction(run)).toBe(21_000 + 10 + 4 + 16);
  expect(gasOfTransaction({ ...run, name: 'Work.self' })).toBe(21_000 + 10 + 20 - 2500);
});

test('CPU time grows with work', () => {
  const before = cpuOfThisProcess();
  for (let text = '', i = 0; i < 20_000; i++) text = JSON.stringify({ i, text: text.slice(0, 50) });
  expect(cpuOfThisProcess()).toBeGreaterThan(before);
});
