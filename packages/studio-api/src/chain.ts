import type { TraceSession } from './trace.ts';
import type {
  Account,
  Block,
  BlockRef,
  CallTree,
  Change,
  CostBy,
  CostRow,
  Endpoint,
  Entity,
  Json,
  Net,
  Page,
  Reference,
  SearchHit,
  Tx,
  TxDetail,
} from './types.ts';

/** What just became part of the chain, and what waits. */
export type ChainNews = {
  readonly blocks: readonly Block[];
  readonly txs: readonly Tx[];
  /** Blocks were taken back: what was known of later ones does not hold any more. */
  readonly reorganised: boolean;
};

export type TxFilter = {
  readonly block?: string | undefined;
  readonly entity?: string | undefined;
  readonly status?: 'ok' | 'failed' | undefined;
  readonly before?: string | undefined;
  readonly limit: number;
};

/** `failing`: a program with source and a bug; `readme`: the first example of the README, bytecode alone. */
export type SampleName = 'failing' | 'readme';

export type SourceFile = { readonly name: string; readonly text: string };

export type AttachResult = {
  /** Names of the programs that were found in the files. */
  readonly programs: readonly string[];
  /** Deployed programs they belong to, as far as looked for. */
  readonly matched: number;
  readonly problems: readonly string[];
};

export type Cheat =
  | { readonly op: 'mine'; readonly blocks: number }
  | { readonly op: 'snapshot' }
  | { readonly op: 'revert'; readonly id: string }
  | { readonly op: 'setTime'; readonly time: number }
  | { readonly op: 'setBalance'; readonly account: string; readonly amount: string };

/**
 * A chain's side of the studio. Synchronous but for what changes the chain: everything is answered from
 * the state in memory. Ids that name nothing throw `STUDIO_NOT_FOUND`.
 */
export type StudioChain = {
  readonly id: string;
  readonly net: (endpoints: readonly Endpoint[]) => Net;
  readonly onNews: (listener: (news: ChainNews) => void) => () => void;
  readonly blocks: (before: string | undefined, limit: number) => Page<Block>;
  readonly block: (id: string) => Block & { readonly raw: string };
  readonly transactions: (filter: TxFilter) => Page<Tx>;
  readonly transaction: (id: string) => TxDetail;
  readonly calls: (id: string) => CallTree;
  readonly stateDiff: (of: { readonly id: string } | { readonly block: string }) => readonly Change[];
  readonly cost: (id: string, by: CostBy) => readonly CostRow[];
  readonly entity: (id: string, at: BlockRef['number'] | undefined) => Entity;
  readonly search: (text: string, limit: number) => readonly SearchHit[];
  readonly accounts: () => readonly Account[];
  /** Gives an account so much more; the transaction's id where there is one. */
  readonly faucet: (to: string, amount: string) => Promise<{ readonly id?: string }>;
  readonly cheat: (cheat: Cheat) => Promise<Json>;
  /** Sends a sample and gives the transaction worth looking at. */
  readonly sample: (name: SampleName) => Promise<{ readonly id: string }>;
  readonly attachSource: (files: readonly SourceFile[]) => AttachResult;
  readonly record: (id: string, maxSteps: number) => TraceSession;
  readonly reference: (name: string) => Reference;
};
