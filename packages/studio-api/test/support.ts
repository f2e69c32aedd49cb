import { notFound } from '../src/index.ts';
import type { Block, ChainNews, StudioChain, TraceSession, Tx } from '../src/index.ts';

export const block = (net: string, number: number): Block => ({
  net,
  number: String(number),
  time: number,
  txCount: 1,
  failed: 0,
  extra: {},
});

export const tx = (net: string, id: string, time: number, status: Tx['status'] = 'ok'): Tx => ({
  net,
  id,
  time,
  kind: 'call',
  status,
  traceable: true,
  summary: [id],
  cost: [],
});

/** What was asked of a chain: the member and its arguments. */
export type Asked = readonly [member: string, ...args: readonly unknown[]];

/** A chain that remembers what it was asked, and answers as `answers` say. */
export function recordingChain(
  id: string,
  answers: Partial<StudioChain> = {},
): {
  readonly chain: StudioChain;
  readonly asked: Asked[];
  readonly tell: (news: Partial<ChainNews>) => void;
  readonly listeners: () => number;
} {
  const asked: Asked[] = [];
  const listeners = new Set<(news: ChainNews) => void>();
  const answer =
    <Member extends keyof StudioChain>(member: Member, value: unknown) =>
    (...args: readonly unknown[]): never => {
      asked.push([member, ...args]);
      const own = answers[member] as ((...args: readonly unknown[]) => unknown) | undefined;
      return (own === undefined ? value : own(...args)) as never;
    };
  const session = { manifest: (trace: string) => ({ id: trace, steps: 10 }) } as unknown as TraceSession;
  const chain: StudioChain = {
    id,
    net: answer('net', { id }),
    onNews: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    blocks: answer('blocks', { items: [block(id, 7)] }),
    block: answer('block', { ...block(id, 1), raw: '0x' }),
    transactions: answer('transactions', { items: [] }),
    transaction: answer('transaction', {}),
    calls: answer('calls', { calls: [], events: [] }),
    stateDiff: answer('stateDiff', []),
    cost: answer('cost', []),
    entity: answer('entity', {}),
    search: answer('search', []),
    accounts: answer('accounts', [{ id: `${id} account` }]),
    faucet: answer('faucet', Promise.resolve({ id: 'sent' })),
    cheat: answer('cheat', Promise.resolve(null)),
    sample: answer('sample', Promise.resolve({ id: 'sample' })),
    attachSource: answer('attachSource', { programs: [], matched: 0, problems: [] }),
    record: answer('record', session),
    reference: answer('reference', {}),
  };
  return {
    chain,
    asked,
    tell: (news) => {
      for (const listener of listeners) listener({ blocks: [], txs: [], reorganised: false, ...news });
    },
    listeners: () => listeners.size,
  };
}

/** A chain's way to say that an id names nothing. */
export const nothing = (): never => {
  throw notFound('transaction', '0x00');
};
