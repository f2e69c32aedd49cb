import { createNode } from 'ninefold';
import Client from 'bitcoin-core';

/** A node that listens, and the client of its JSON-RPC. */
export async function listeningNode() {
  const node = await createNode({ chains: { bitcoin: {} } });
  const { bitcoin: urls } = await node.listen({ port: 0, bitcoinAuth: 'alice:secret' });
  const client = new Client({ host: urls.http, username: 'alice', password: 'secret' });
  return { node, urls, client };
}

export type ListeningNode = Awaited<ReturnType<typeof listeningNode>>;

/** The coinbase of a height, which pays to an address. */
export async function coinbaseAt({ client }: ListeningNode, height: number) {
  const hash = await client.command('getblockhash', height);
  const block = (await client.command('getblock', hash, 2)) as {
    readonly tx: readonly [
      { readonly txid: string; readonly hex: string; readonly vout: readonly [{ readonly value: number }] },
    ];
  };
  const [{ txid, hex, vout }] = block.tx;
  return { txid, hex, value: BigInt(Math.round(vout[0].value * 1e8)) };
}
