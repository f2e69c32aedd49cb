// The shapes that cross the border between a node and the studio, as JSON: integers above 2^53 and all
// balances are decimal text, bytes are `0x` hex, times are milliseconds since the epoch, ids are the
// chain's own text form. Unknown members and unknown values of a set must be tolerated by the reader.

export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [name: string]: Json | undefined };

export type Family = 'evm' | 'zkevm' | 'zkvm' | 'privacy' | 'svm' | 'fuel' | 'esc' | 'bitvm' | 'move';

/** What a chain can do beyond being looked at; the studio hides what is missing. */
export type Cap =
  | 'trace'
  | 'stateDiff'
  | 'faucet'
  | 'mine'
  | 'setTime'
  | 'snapshot'
  | 'setBalance'
  | 'sample'
  | 'source';

export type BlockRef = { readonly number: string; readonly hash?: string };

export type Endpoint = { readonly kind: 'http' | 'ws' | 'ipc' | 'in-process'; readonly url: string };

/** A chain that runs, in its own words. */
export type Net = {
  readonly id: string;
  readonly family: Family;
  readonly name: string;
  readonly vm: string;
  readonly version: string;
  readonly chainId: string;
  readonly instance: string;
  readonly endpoints: readonly Endpoint[];
  readonly head: BlockRef & { readonly time: number };
  readonly parent?: string;
  readonly caps: readonly Cap[];
  readonly words: {
    readonly block: string;
    readonly tx: string;
    readonly entity: string;
    readonly program: string;
    readonly step: string;
    readonly cost: string;
  };
  readonly units: {
    readonly cost: { readonly symbol: string; readonly limitPerBlock?: string };
    readonly money: { readonly symbol: string; readonly decimals: number };
  };
};

export type EntityRef = {
  readonly net: string;
  readonly id: string;
  readonly kind: string;
  readonly name?: string;
};

export type AssetRef = { readonly symbol: string; readonly decimals: number };

/** A piece of a sentence. Text is text: nothing in it is ever taken for markup. */
export type Span =
  | string
  | { readonly entity: EntityRef }
  | { readonly amount: string; readonly asset: AssetRef }
  | { readonly code: string };

export type CostItem = {
  readonly key: string;
  readonly label: string;
  readonly amount: string;
  readonly unit: string;
};

/** A place in a program or a trace. */
export type Place = {
  readonly step?: number;
  readonly file?: string;
  /** From 1. */
  readonly line?: number;
  readonly fn?: string;
};

export type Block = BlockRef & {
  readonly net: string;
  readonly parent?: string;
  readonly time: number;
  readonly txCount: number;
  readonly failed: number;
  readonly cost?: string;
  readonly costLimit?: string;
  readonly root?: string;
  readonly extra: Readonly<Record<string, Json>>;
};

export type TxError = { readonly code: string; readonly message: string; readonly where?: Place };

export type Tx = {
  readonly net: string;
  readonly id: string;
  readonly block?: BlockRef;
  readonly index?: number;
  readonly time: number;
  readonly kind: string;
  readonly status: 'pending' | 'ok' | 'failed' | 'dropped' | 'private';
  readonly error?: TxError;
  /** The sentence. */
  readonly summary: readonly Span[];
  readonly from?: readonly EntityRef[];
  readonly to?: readonly EntityRef[];
  /** Sums to the chain's own total. */
  readonly cost: readonly CostItem[];
  readonly fee?: string;
  readonly steps?: number;
  readonly traceable: boolean;
};

export type Field = {
  readonly name: string;
  readonly type: string;
  readonly value: Json;
  readonly raw?: string;
  readonly entity?: EntityRef;
};

/** A field of a transaction's bytes. */
export type RawField = {
  readonly name: string;
  readonly offset: number;
  readonly length: number;
  readonly value: string;
};

export type TxDetail = Tx & {
  readonly raw: string;
  readonly native: Json;
  readonly fields: readonly RawField[];
  /** Who owns how much more or less of what. */
  readonly moved: readonly {
    readonly entity: EntityRef;
    readonly asset: AssetRef;
    readonly amount: string;
  }[];
};

/** One call of the tree, which comes flat in pre-order. */
export type Call = {
  readonly i: number;
  readonly parent: number;
  readonly depth: number;
  readonly kind: string;
  readonly program: EntityRef;
  readonly fn?: string;
  readonly args?: readonly Field[];
  readonly ret?: readonly Field[];
  readonly value?: string;
  readonly costOwn: string;
  readonly costTotal: string;
  readonly status: 'ok' | 'failed';
  readonly error?: string;
  /** Steps [s0, s1). */
  readonly s0: number;
  readonly s1: number;
  readonly events: number;
  readonly writes: number;
};

export type EventItem = {
  readonly call: number;
  readonly step: number;
  readonly emitter: EntityRef;
  readonly name?: string;
  readonly fields?: readonly Field[];
  readonly topics: readonly string[];
  readonly data: string;
};

export type CallTree = { readonly calls: readonly Call[]; readonly events: readonly EventItem[] };

export type Change = {
  readonly entity: EntityRef;
  readonly what: 'balance' | 'slot' | 'field' | 'object' | 'utxo' | 'note' | 'code' | 'nonce' | 'mapping';
  readonly key: string;
  readonly label?: string;
  readonly before: Json;
  readonly after: Json;
  readonly rawBefore?: string;
  readonly rawAfter?: string;
  readonly firstStep?: number;
  readonly lastStep?: number;
};

export type CostBy = 'component' | 'function' | 'line' | 'op';

export type CostRow = {
  readonly key: string;
  readonly label: string;
  readonly own: string;
  readonly total: string;
  readonly count: number;
  readonly place?: Place;
};

export type Entity = {
  readonly ref: EntityRef;
  readonly balances: readonly { readonly asset: AssetRef; readonly amount: string }[];
  readonly fields: readonly Field[];
  /** Variables of a contract whose source is known. */
  readonly state: readonly Field[];
  readonly program?: ProgramInfo;
  readonly raw: Json;
};

export type ProgramInfo = {
  readonly ref: EntityRef;
  readonly size: number;
  readonly hash: string;
  readonly verified: boolean;
  readonly compiler?: string;
  readonly abi?: Json;
};

export type Account = {
  readonly ref: EntityRef;
  readonly path: string;
  readonly balance: string;
  readonly nonce: number;
  /** Development keys only. */
  readonly key?: string;
};

export type SearchHit = {
  readonly kind: 'block' | 'tx' | 'entity' | 'program';
  readonly net: string;
  readonly id: string;
  readonly label: string;
  readonly score: number;
};

export type Page<Item> = { readonly items: readonly Item[]; readonly next?: string };

export type Pulse = {
  readonly net: string;
  readonly t0: number;
  readonly bucketMs: number;
  readonly txs: readonly number[];
  readonly failed: readonly number[];
  readonly blocks: readonly number[];
};

export type Info = {
  readonly version: string;
  readonly instance: string;
  readonly startedAt: number;
  readonly readyMs: number;
  readonly memory: number;
  /** Where the node runs. */
  readonly host: string;
};

/** An entry of a machine's specification table. */
export type Reference = {
  readonly name: string;
  readonly effect: string;
  readonly cost: string;
  readonly since: string;
  readonly doc: string;
  readonly link?: string;
};
