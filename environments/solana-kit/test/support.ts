import { createKitChannels, createKitTransport } from 'ninefold/solana';
import { createNode, type Node } from 'ninefold';
import {
  airdropFactory,
  createSolanaRpc,
  createSolanaRpcFromTransport,
  createSolanaRpcSubscriptions,
  createSolanaRpcSubscriptionsFromTransport,
  createRpcSubscriptionsTransportFromChannelCreator,
  generateKeyPairSigner,
  type KeyPairSigner,
  lamports,
  type Rpc,
  type RpcSubscriptions,
  type SolanaRpcApi,
  type SolanaRpcSubscriptionsApi,
} from '@solana/kit';

export const SOL = 1_000_000_000n;

/** A node, and kit connected to it. */
export type World = {
  readonly node: Node<'solana'>;
  readonly rpc: Rpc<SolanaRpcApi>;
  readonly rpcSubscriptions: RpcSubscriptions<SolanaRpcSubscriptionsApi>;
};

export const TRANSPORTS = ['HTTP and WebSocket', 'in process'] as const;

export async function openWorld(transport: (typeof TRANSPORTS)[number], slotMs = 0): Promise<World> {
  const node = await createNode({ chains: { solana: { slotMs } } });
  if (transport === 'in process') {
    const channels = createRpcSubscriptionsTransportFromChannelCreator(
      createKitChannels(node.solana) as never,
    );
    return {
      node,
      rpc: createSolanaRpcFromTransport(createKitTransport(node.solana.dispatcher)) as Rpc<SolanaRpcApi>,
      rpcSubscriptions: createSolanaRpcSubscriptionsFromTransport(
        channels as never,
      ) as unknown as RpcSubscriptions<SolanaRpcSubscriptionsApi>,
    };
  }
  const { solana } = await node.listen({ port: 0 });
  return {
    node,
    rpc: createSolanaRpc(solana.http as never) as Rpc<SolanaRpcApi>,
    rpcSubscriptions: createSolanaRpcSubscriptions(
      solana.ws as never,
    ) as unknown as RpcSubscriptions<SolanaRpcSubscriptionsApi>,
  };
}

/** A new signer with lamports, airdropped and confirmed as kit does it. */
export async function rich({ rpc, rpcSubscriptions }: World, amount = 100n * SOL): Promise<KeyPairSigner> {
  const signer = await generateKeyPairSigner();
  const airdrop = airdropFactory({ rpc, rpcSubscriptions } as never);
  await airdrop({
    recipientAddress: signer.address,
    lamports: lamports(amount),
    commitment: 'confirmed',
  });
  return signer;
}
