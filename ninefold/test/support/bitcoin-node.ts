import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bytesToHex, equalBytes, hexToBytes, isNinefoldError, systemClock } from '@ninefold/base';
import { BitcoinNode } from '@ninefold/chain-bitcoin';
import { decodeTransaction, encodeBlock, encodeTransaction, hashToHex } from '@ninefold/vm-bitcoin-script';
import { onTestFinished } from 'vitest';

const bare = (bytes: Uint8Array): string => bytesToHex(bytes).slice(2);
const decode = (hex: unknown) => decodeTransaction(hexToBytes(`0x${String(hex)}`));

/** The methods a dispute needs, as a Bitcoin node answers them, over HTTP. */
export async function startBitcoinNode(): Promise<{
  readonly url: string;
  readonly node: BitcoinNode;
  /** How often the mempool was asked for: once at every look a party takes. */
  readonly looks: () => number;
}> {
  const node = new BitcoinNode({ clock: systemClock });
  let looks = 0;
  const methods: Record<string, (...params: readonly unknown[]) => unknown> = {
    getblockcount: () => node.chain.tip.height,
    getblockhash: (height) => node.chain.at(height as number)!.hash,
    getblock: (hash) => bare(encodeBlock(node.chain.entry(hash as string)!.block)),
    getrawmempool: () => {
      looks++;
      return [...node.pool.entries()].map(({ id }) => id);
    },
    getrawtransaction: (id) => {
      const found = node.find(id as string);
      if (found === undefined) throw new Error('No such mempool or blockchain transaction');
      return bare(encodeTransaction(found.tx));
    },
    sendrawtransaction: (hex) => node.send(decode(hex)).id,
    submitpackage: (list) => {
      const result = node.submitPackage((list as readonly unknown[]).map(decode));
      return {
        package_msg: JSON.stringify(result, (_, value) =>
          typeof value === 'bigint' ? String(value) : value,
        ),
      };
    },
    scantxoutset: (_action, objects) => {
      const [descriptor] = objects as readonly [string];
      const script = hexToBytes(`0x${descriptor.slice(4, -1)}`);
      const unspents = [...node.chain.coins.entries()]
        .filter(([, coin]) => equalBytes(coin.scriptPubKey, script))
        .map(([key, { value, height, coinbase }]) => {
          const [txid, vout] = key.split(':') as [string, string];
          const id = hashToHex(hexToBytes(txid));
          return { txid: id, vout: Number(vout), amount: Number(value) / 1e8, height, coinbase };
        });
      return { success: true, height: node.chain.tip.height, unspents };
    },
  };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      const { id, method, params } = JSON.parse(body) as {
        id: number;
        method: string;
        params: readonly unknown[];
      };
      try {
        const result = methods[method]!(...params);
        response.end(JSON.stringify({ result, error: null, id }));
      } catch (error) {
        const message = isNinefoldError(error) ? error.message : String(error);
        response.statusCode = 500;
        response.end(JSON.stringify({ result: null, error: { code: -26, message }, id }));
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, node, looks: () => looks };
}
