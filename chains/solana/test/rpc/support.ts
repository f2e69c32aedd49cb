import { manualClock } from '@ninefold/base';
import { addressBytes, toBase58 } from '@ninefold/vm-svm';
import { createSolanaChain, type SolanaChain } from '../../src/chain.ts';
import { type NodeKey, nodeKey } from '../../src/dev/keys.ts';
import type { SolanaChainOptions } from '../../src/options.ts';
import { SYSTEM_PROGRAM } from '../../src/spec/addresses.ts';
import { encodeMessage, type Message } from '../../src/tx/message.ts';
import { createTransaction, encodeTransaction, type Transaction } from '../../src/tx/transaction.ts';
import { createWriter } from '../../src/tx/writer.ts';

export const SOL = 1_000_000_000n;

export const alice: NodeKey = nodeKey('alice');
export const bob: NodeKey = nodeKey('bob');
export const name = ({ address }: NodeKey): string => toBase58(address);

type Body = {
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
};

/** A chain and its answers as they go over the wire. */
export type World = {
  readonly chain: SolanaChain;
  readonly clock: ReturnType<typeof manualClock>;
  /** The result; throws what the node answers instead. */
  // oxlint-disable-next-line typescript/no-explicit-any -- tests read answers as they are
  readonly call: <Result = any>(method: string, ...params: readonly unknown[]) => Promise<Result>;
  readonly errorOf: (method: string, ...params: readonly unknown[]) => Promise<NonNullable<Body['error']>>;
};

export async function openWorld(options: SolanaChainOptions = {}): Promise<World> {
  const clock = manualClock(1_800_000_000_000);
  const chain = await createSolanaChain({ clock, ...options });
  const answer = async (method: string, params: readonly unknown[]): Promise<Body> => {
    const text = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    return JSON.parse((await chain.dispatcher.handleText(text, {}))!) as Body;
  };
  return {
    chain,
    clock,
    async call(method, ...params) {
      const { result, error } = await answer(method, params);
      if (error !== undefined) throw new Error(`${error.code} ${error.message}`);
      return result as never;
    },
    async errorOf(method, ...params) {
      const { error } = await answer(method, params);
      if (error === undefined) throw new Error(`${method} did not fail`);
      return error;
    },
  };
}

/** A transfer in the legacy format. */
export function transfer(
  from: NodeKey,
  to: Uint8Array,
  lamports: bigint,
  blockhash: Uint8Array,
): Transaction {
  const data = createWriter();
  data.u32(2);
  data.u64(lamports);
  const message: Message = {
    version: 'legacy',
    header: { signatures: 1, readonlySigned: 0, readonlyUnsigned: 1 },
    keys: [from.address, to, SYSTEM_PROGRAM],
    blockhash,
    instructions: [{ program: 2, accounts: Uint8Array.of(0, 1), data: data.finish() }],
  };
  return createTransaction(message, [from.sign(encodeMessage(message))]);
}

export const wire = (transaction: Transaction): string =>
  Buffer.from(encodeTransaction(transaction)).toString('base64');

export const BASE64 = { encoding: 'base64', preflightCommitment: 'processed' } as const;

/** Sends lamports from alice and gives the signature. */
export function pay({ chain, call }: World, to: NodeKey, lamports: bigint): Promise<string> {
  const { blockhash } = chain.node.ledger.bank;
  return call('sendTransaction', wire(transfer(alice, to.address, lamports, blockhash)), BASE64);
}

export const address = (text: string): Uint8Array => addressBytes(text);
