import { attachWeb3, createWeb3Fetch } from 'ninefold/solana';
import { createNode, type Node } from 'ninefold';
import { Connection, Keypair, type PublicKey, SystemProgram, Transaction } from '@solana/web3.js';

export const SOL = 1_000_000_000;

/** A node and a connection to it, over HTTP and WebSocket or within the process. */
export type World = {
  readonly connection: Connection;
  readonly node: Node<'solana'>;
  readonly close: () => Promise<void>;
};

export const TRANSPORTS = ['HTTP and WebSocket', 'in process'] as const;

export async function openWorld(
  transport: (typeof TRANSPORTS)[number],
  options: { readonly slotsPerEpoch?: number; readonly votes?: boolean } = {},
): Promise<World> {
  const node = await createNode({ chains: { solana: { slotMs: 0, ...options } } });
  if (transport === 'in process') {
    const connection = new Connection('http://in.process', {
      commitment: 'confirmed',
      fetch: createWeb3Fetch(node.solana) as never,
    });
    attachWeb3(connection, node.solana);
    return { connection, node, close: () => node.close() };
  }
  const { solana } = await node.listen({ port: 0 });
  return { connection: new Connection(solana.http, 'confirmed'), node, close: () => node.close() };
}

/** A new key with lamports. */
export async function rich({ connection }: World, lamports = 100 * SOL): Promise<Keypair> {
  const key = Keypair.generate();
  const signature = await connection.requestAirdrop(key.publicKey, lamports);
  await connection.confirmTransaction({ signature, ...(await connection.getLatestBlockhash()) });
  return key;
}

export const transfer = (from: PublicKey, to: PublicKey, lamports: number): Transaction =>
  new Transaction().add(SystemProgram.transfer({ fromPubkey: from, toPubkey: to, lamports }));
