import type { EthereumOptions } from 'ninefold';
import { createNode } from 'ninefold';

/** A node a test talks to. */
export type TestNode = {
  readonly http: string;
  readonly ws: string;
  /** The same node without a socket; undefined where there is only the URL of `NINEFOLD_TEST_RPC`. */
  readonly provider: unknown;
  readonly close: () => Promise<void>;
};

/**
 * A fresh node on a free port. With `NINEFOLD_TEST_RPC` set to a URL, the node that answers there:
 * so the same tests can be asked of another implementation.
 */
export async function startNode(options: EthereumOptions = {}): Promise<TestNode> {
  const elsewhere = process.env['NINEFOLD_TEST_RPC'];
  if (elsewhere !== undefined) {
    return {
      http: elsewhere,
      ws: elsewhere.replace(/^http/, 'ws'),
      provider: undefined,
      close: () => Promise.resolve(),
    };
  }
  const node = await createNode({ chains: { ethereum: options } });
  const { ethereum } = await node.listen({ port: 0 });
  return { http: ethereum.http, ws: ethereum.ws, provider: node.ethereum.provider, close: node.close };
}
