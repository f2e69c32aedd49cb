import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type BitcoinNode, createBitcoin } from '@ninefold/chain-bitcoin';
import { onTestFinished } from 'vitest';

/** A Bitcoin node on a free port; it is gone after the test. */
export async function startBitcoinNode(policy: Parameters<typeof createBitcoin>[0] = {}): Promise<{
  readonly url: string;
  readonly node: BitcoinNode;
  /** How often the mempool was asked for: once at every look a party takes. */
  readonly looks: () => number;
}> {
  const { node, rpc, close } = await createBitcoin(policy);
  let looks = 0;
  const answer = async (body: string, response: ServerResponse): Promise<void> => {
    const reply = await rpc.handleText(body);
    response.statusCode = reply.status;
    response.end(reply.body);
  };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      if (body.includes('"getrawmempool"')) looks++;
      void answer(body, response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, node, looks: () => looks };
}
