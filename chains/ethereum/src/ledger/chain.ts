import type { Bytes, Hex } from '@ninefold/base';
import { createEmitter, defineErrors, silentLogger } from '@ninefold/base';
import type { Logger } from '@ninefold/base';
import type { KvStore } from '@ninefold/state';
import type { Evm, ForkName, Rules, StateChanges } from '@ninefold/vm-evm';
import { createEvm, DEFAULT_FORK, isAtLeast } from '@ninefold/vm-evm';
import type { ChainConfig } from '../spec/chain-config.ts';
import { rulesAt } from '../spec/chain-config.ts';
import { ancestorHashes, pathBetween } from './ancestors.ts';
import type { Block } from './block.ts';
import { decodeBlock } from './block.ts';
import type { BlockTree } from './block-tree.ts';
import {
  addBlock,
  appendBlock,
  forgetBlocks,
  forgetWorlds,
  moveHead,
  plantTree,
  replaceWorld,
} from './block-tree.ts';
import { createBlockBuilder } from './builder.ts';
import { environmentOf } from './derive.ts';
import { createDictionary, createPreimages } from './dictionary.ts';
import type { Genesis } from './genesis.ts';
import { genesisChanges, genesisHeader } from './genesis.ts';
import type { Header } from './header.ts';
import { EMPTY_ROOT, headerHash } from './header.ts';
import { Overlay } from './pending-state.ts';
import { BlockExecution } from './processor.ts';
import type { Archive } from './store.ts';
import { ChainBatch, createArchive, readPointers } from './store.ts';
import type { WriteBehindStore } from './write-behind.ts';
import { writeBehind } from './write-behind.ts';
import { summarize } from './summary.ts';
import type {
  BlockAttributes,
  BlockBuilder,
  Chain,
  ChainEvents,
  ChainSnapshot,
  ExecutedBlock,
  HeadChange,
  ImportResult,
  SealedBlock,
} from './types.ts';
import type { Ancestor } from './validation.ts';
import {
  MAX_OMMER_DEPTH,
  validateBody,
  validateHeader,
  validateOmmers,
  validateResult,
} from './validation.ts';
import type { WorldBacking, WorldState } from './world-state.ts';
import { openWorld } from './world-state.ts';

const fail = defineErrors({
  BLOCK_UNKNOWN_PARENT: (c: { readonly parentHash: Hex }) =>
    `The block's parent ${c.parentHash} is not known: import it first`,
  CHAIN_UNKNOWN_BLOCK: (c: { readonly hash: Hex }) => `Block ${c.hash} is not known`,
  CHAIN_STATE_UNAVAILABLE: (c: { readonly hash: Hex; readonly stateRoot: Hex }) =>
    // Begins as geth does: clients that know an archive to ask look for that.
    `missing trie node ${c.stateRoot}: the state after block ${c.hash} is not available any more, a longer state history would keep it`,
  CHAIN_STALE_BLOCK: (c: { readonly parentHash: Hex; readonly head: Hex }) =>
    `The block extends ${c.parentHash}, but the head is ${c.head} by now: build it again`,
  CHAIN_FORK_UNSUPPORTED: (c: { readonly fork: ForkName }) =>
    `Blocks of ${c.fork} are not supported yet: choose ${DEFAULT_FORK} or an earlier fork`,
  CHAIN_OTHER_GENESIS: (c: { readonly stored: Hex; readonly given: Hex }) =>
    `The store holds a chain that begins with ${c.stored}, not with ${c.given}: use its genesis or another store`,
  CHAIN_CLOSED: () => 'The chain is closed: open it again',
  CHAIN_STORE_FAILED: () =>
    'The store refused a write: the chain takes no more blocks until it is opened again',
});

/** Blocks whose objects and states a durable chain keeps in memory; the others are read from the store. */
const RECENT_BLOCKS = 128n;

/** After so many blocks a durable chain lets go of the trie nodes it has read. */
const FORGET_NODES_INTERVAL = 1024n;

export type ChainOptions = {
  readonly genesis: Genesis;
  /** Makes the machine for some rules; `createEvm` of the machine's package by default. */
  readonly createEvm?: ((rules: Rules) => Evm) | undefined;
  /** Where blocks and states are kept; in memory alone without. */
  readonly store?: KvStore | undefined;
  /** States of how many blocks stay available in memory; all by default. A store keeps all. */
  readonly stateHistory?: number | undefined;
  /** Takes transactions that `impersonate` made: for development chains only. */
  readonly allowImpersonation?: boolean | undefined;
  readonly logger?: Logger | undefined;
};

/**
 * Opens a chain: the one in `options.store`, or a new one that begins with `options.genesis`.
 *
 * @throws `CHAIN_FORK_UNSUPPORTED`, `CHAIN_CORRUPT_STORE`, `CHAIN_OTHER_GENESIS`
 * @example
 * const chain = createChain({ genesis: devGenesis({ config: createDevConfig(), timestamp: 0n }) });
 * const builder = chain.createBuilder({ timestamp: 12n });
 * builder.add(transaction);
 * chain.append(builder.seal());
 */
export function createChain(options: ChainOptions): Chain {
  requireSupported(options.genesis.config);
  const { genesis } = options;
  const store = options.store && writeBehind(options.store);
  const archive = store && createArchive(store);
  const backing = archive?.backing ?? memoryBacking();
  const world = openWorld(EMPTY_ROOT, backing).apply(genesisChanges(genesis));
  const first = executedGenesis(genesis, world.root());
  const chain = (tree: BlockTree): LedgerChain =>
    new LedgerChain(options, genesis.config, first, tree, backing, archive, store);
  const pointers = store && archive && readPointers(store, archive);
  if (pointers === undefined || archive === undefined) {
    const fresh = chain(plantTree(first, world));
    fresh.persistGenesis();
    return fresh.face();
  }
  if (pointers.genesis !== first.hash) {
    throw fail('CHAIN_OTHER_GENESIS', { stored: pointers.genesis, given: first.hash });
  }
  // What the genesis added is in the store already.
  backing.codes.takeAdded();
  backing.preimages.takeAdded();
  const head = archive.block(pointers.head) as ExecutedBlock;
  const tree = plantTree(head, openWorld(archive.stateRootAfter(head), backing));
  return chain({ ...tree, safe: pointers.safe, finalized: pointers.finalized }).face();
}

/** The machine knows Amsterdam's transactions; its blocks commit to access lists, which is yet to come. */
function requireSupported({ forks }: ChainConfig): void {
  const unsupported = forks.find(({ fork }) => isAtLeast(fork, 'amsterdam'));
  if (unsupported !== undefined) throw fail('CHAIN_FORK_UNSUPPORTED', { fork: unsupported.fork });
}

function memoryBacking(): WorldBacking {
  return {
    nodes: { get: () => undefined },
    codes: createDictionary('code'),
    preimages: createPreimages(),
  };
}

function executedGenesis(genesis: Genesis, stateRoot: Hex): ExecutedBlock {
  const header = genesisHeader(genesis, stateRoot);
  const { number, timestamp } = header;
  const { fork } = rulesAt(genesis.config, { number, timestamp, totalDifficulty: 0n });
  const withdrawals = isAtLeast(fork, 'shanghai') ? [] : undefined;
  return {
    block: { header, transactions: [], ommers: [], withdrawals },
    hash: headerHash(header),
    fork,
    receipts: [],
    requests: [],
    totalDifficulty: header.difficulty,
  };
}

/** What a snapshot holds. */
type Saved = { readonly tree: BlockTree; readonly config: ChainConfig };

class LedgerChain {
  readonly #options: ChainOptions;
  readonly #backing: WorldBacking;
  readonly #archive: Archive | undefined;
  readonly #store: WriteBehindStore | undefined;
  readonly #events = createEmitter<ChainEvents>((error) => this.#logger.error({ error }, 'listener failed'));
  readonly #logger: Logger;
  readonly #machines = new Map<string, Evm>();
  readonly #genesis: ExecutedBlock;
  #config: ChainConfig;
  #tree: BlockTree;
  #headBlock: ExecutedBlock | undefined;
  #flushed: Promise<void> = Promise.resolve();
  #storeFailed = false;
  #closed = false;

  constructor(
    options: ChainOptions,
    config: ChainConfig,
    genesis: ExecutedBlock,
    tree: BlockTree,
    backing: WorldBacking,
    archive: Archive | undefined,
    store: WriteBehindStore | undefined,
  ) {
    this.#options = options;
    this.#config = config;
    this.#genesis = genesis;
    this.#tree = tree;
    this.#backing = backing;
    this.#archive = archive;
    this.#store = store;
    this.#logger = options.logger ?? silentLogger;
  }

  face(): Chain {
    const config = (): ChainConfig => this.#config;
    return {
      get config() {
        return config();
      },
      on: this.#events.on,
      genesis: () => this.#genesis,
      head: () => this.#head(),
      safe: () => this.#known(this.#tree.safe),
      finalized: () => this.#known(this.#tree.finalized),
      blockByHash: (hash) => this.#blockByHash(hash),
      blockByNumber: (number) => this.#blockByNumber(number),
      locate: (hash) => this.#tree.locations.get(hash) ?? this.#archive?.locate(hash),
      worldAt: (hash) => this.#worldAfter(this.#known(hash)),
      viewAt: (hash) => this.#viewAfter(this.#known(hash)),
      evm: (rules) => this.#evm(rules),
      rulesAfter: (parent, timestamp) => this.#rulesAfter(parent, timestamp),
      environmentOf: (block) => this.#environmentOf(block),
      importBlock: (block) => this.#importBlock(block),
      createBuilder: (attributes, parent) => this.#createBuilder(attributes, parent),
      append: (sealed) => this.#append(sealed),
      setHead: (head, finality) => this.#setHead(head, finality),
      amendHead: (changes) => this.#amendHead(changes),
      configure: (changes) => {
        const config = { ...this.#config, ...changes };
        requireSupported(config);
        this.#config = config;
      },
      snapshot: () =>
        ({ tree: this.#tree, config: this.#config }) satisfies Saved as unknown as ChainSnapshot,
      revert: (snapshot) => this.#revert(snapshot as unknown as Saved),
      fork: () => this.#fork(),
      flushed: () => this.#flushed,
      close: () => this.#close(),
    };
  }

  // PERF: asked for a dozen times for each transaction.
  #head(): ExecutedBlock {
    const { head } = this.#tree;
    let block = this.#headBlock;
    if (block?.hash !== head) {
      block = this.#blockByHash(head);
      if (block === undefined) throw fail('CHAIN_UNKNOWN_BLOCK', { hash: head });
      this.#headBlock = block;
    }
    return block;
  }

  #blockByHash(hash: Hex): ExecutedBlock | undefined {
    return this.#tree.entries.get(hash)?.block ?? this.#archive?.block(hash);
  }

  #blockByNumber(number: bigint): ExecutedBlock | undefined {
    if (number > this.#head().block.header.number) return undefined;
    const hash = this.#tree.heights.get(String(number))?.canonical ?? this.#archive?.canonicalHash(number);
    return hash === undefined ? undefined : this.#blockByHash(hash);
  }

  #known(hash: Hex): ExecutedBlock {
    if (hash === this.#tree.head) return this.#head();
    const block = this.#blockByHash(hash);
    if (block === undefined) throw fail('CHAIN_UNKNOWN_BLOCK', { hash });
    return block;
  }

  #parentOf(block: ExecutedBlock): ExecutedBlock {
    return this.#known(block.block.header.parentHash);
  }

  #worldAfter(block: ExecutedBlock): WorldState {
    const world = this.#worldOf(block.hash);
    if (world !== undefined) return world;
    const archive = this.#archive;
    // A fork of a durable chain finds there its parent's states, not those it let go itself.
    if (archive === undefined || (this.#store === undefined && archive.block(block.hash) === undefined)) {
      const { stateRoot } = block.block.header;
      throw fail('CHAIN_STATE_UNAVAILABLE', { hash: block.hash, stateRoot });
    }
    return openWorld(archive.stateRootAfter(block), this.#backing);
  }

  /** The state after a block where the tree has it. */
  #worldOf(hash: Hex): WorldState | undefined {
    return this.#tree.entries.get(hash)?.world;
  }

  #viewAfter(block: ExecutedBlock): Overlay {
    return new Overlay(this.#worldAfter(block), this.#hashesUpTo(block));
  }

  #hashesUpTo(block: ExecutedBlock): (number: bigint) => Hex | undefined {
    return ancestorHashes(block, (hash) => this.#blockByHash(hash));
  }

  #rulesAfter(parent: ExecutedBlock, timestamp: bigint): Rules {
    const number = parent.block.header.number + 1n;
    return rulesAt(this.#config, { number, timestamp, totalDifficulty: parent.totalDifficulty });
  }

  #environmentOf({ block, totalDifficulty }: ExecutedBlock): ReturnType<Chain['environmentOf']> {
    const { header } = block;
    const { number, timestamp, difficulty } = header;
    const position = { number, timestamp, totalDifficulty: totalDifficulty - difficulty };
    return environmentOf(header, this.#config.chainId, rulesAt(this.#config, position).blobSchedule);
  }

  #evm(rules: Rules): Evm {
    const { fork, blobSchedule } = rules;
    const key = [fork, blobSchedule?.target, blobSchedule?.max, blobSchedule?.updateFraction].join();
    let machine = this.#machines.get(key);
    if (machine === undefined) {
      machine = (this.#options.createEvm ?? createEvm)(rules);
      this.#machines.set(key, machine);
    }
    return machine;
  }

  #importBlock(input: Block | Bytes): ImportResult {
    this.#requireWritable();
    const block = input instanceof Uint8Array ? decodeBlock(input) : input;
    const hash = headerHash(block.header);
    const known = this.#blockByHash(hash);
    if (known !== undefined) return { block: known, status: 'known' };
    const { parentHash } = block.header;
    const parent = this.#blockByHash(parentHash);
    if (parent === undefined) throw fail('BLOCK_UNKNOWN_PARENT', { parentHash });
    const { executed, world } = this.#verify(block, hash, parent);
    this.#tree = addBlock(this.#tree, executed, world);
    if (!this.#prefers(executed)) {
      this.#persist(executed, undefined);
      return { block: executed, status: 'side' };
    }
    this.#advance(executed, executed);
    return { block: executed, status: 'canonical' };
  }

  /** Executes a block and compares it with its header; changes nothing. */
  #verify(
    block: Block,
    hash: Hex,
    parent: ExecutedBlock,
  ): { readonly executed: ExecutedBlock; readonly world: WorldState } {
    const { header } = block;
    const rules = this.#rulesAfter(parent, header.timestamp);
    validateHeader(this.#config, rules, header, parent.block.header);
    validateBody(rules, block);
    if (block.ommers.length > 0) this.#validateOmmers(block.ommers, parent);
    const execution = new BlockExecution({
      config: this.#config,
      rules,
      evm: this.#evm(rules),
      environment: environmentOf(header, this.#config.chainId, rules.blobSchedule),
      parentHash: parent.hash,
      parentBeaconBlockRoot: header.parentBeaconBlockRoot,
      world: this.#worldAfter(parent),
      blockHash: this.#hashesUpTo(parent),
      allowImpersonation: this.#options.allowImpersonation ?? false,
    });
    execution.begin();
    for (const transaction of block.transactions) execution.replay(transaction);
    const requests = execution.finish(block.ommers, block.withdrawals);
    const world = execution.state.world();
    validateResult(header, summarize(execution, requests, world));
    const { receipts } = execution;
    const totalDifficulty = parent.totalDifficulty + header.difficulty;
    return { executed: { block, hash, fork: rules.fork, receipts, requests, totalDifficulty }, world };
  }

  #validateOmmers(ommers: readonly Header[], parent: ExecutedBlock): void {
    const ancestors: Ancestor[] = [];
    let block: ExecutedBlock | undefined = parent;
    while (block !== undefined && ancestors.length <= MAX_OMMER_DEPTH) {
      ancestors.push(block);
      block = this.#blockByHash(block.block.header.parentHash);
    }
    validateOmmers(this.#config, ommers, ancestors, (ommer, above) =>
      this.#rulesAfter(this.#known(above.hash), ommer.timestamp),
    );
  }

  /** Whether a new block's chain takes over: by total difficulty, after the merge the last one does. */
  #prefers(block: ExecutedBlock): boolean {
    return isAtLeast(block.fork, 'paris') || block.totalDifficulty > this.#head().totalDifficulty;
  }

  #createBuilder(attributes: BlockAttributes, on: ExecutedBlock | SealedBlock = this.#head()): BlockBuilder {
    // A block reads the state: better the reason why it is not there than what is missing.
    this.#requireWritable();
    const parent = 'executed' in on ? on.executed : on;
    const rules = this.#rulesAfter(parent, attributes.timestamp);
    return createBlockBuilder(
      {
        config: this.#config,
        rules,
        evm: this.#evm(rules),
        parent,
        world: 'executed' in on ? on.world : this.#worldAfter(parent),
        blockHash: 'executed' in on ? on.blockHash : this.#hashesUpTo(parent),
      },
      attributes,
    );
  }

  #append({ executed, world }: SealedBlock): ExecutedBlock {
    this.#requireWritable();
    const { parentHash } = executed.block.header;
    const { head } = this.#tree;
    if (parentHash !== head) throw fail('CHAIN_STALE_BLOCK', { parentHash, head });
    this.#tree = appendBlock(this.#tree, executed, world);
    this.#follow({ head: executed, removed: [], added: [executed] }, executed);
    return executed;
  }

  /** Makes `head` the head, writes what changed and tells listeners; `added` is a block new to the store. */
  #advance(head: ExecutedBlock, added: ExecutedBlock | undefined): void {
    const change = { head, ...pathBetween(this.#head(), head, (block) => this.#parentOf(block)) };
    this.#tree = moveHead(this.#tree, change);
    this.#follow(change, added);
  }

  /** What comes after the head has moved. */
  #follow(change: HeadChange, added: ExecutedBlock | undefined): void {
    const { head } = change;
    const before = this.#worldOf(head.block.header.parentHash);
    if (before !== undefined) this.#worldOf(head.hash)?.inheritReads(before);
    this.#persist(added, change);
    this.#prune();
    this.#events.emit('head', change);
  }

  #setHead(hash: Hex, finality: { readonly safe?: Hex; readonly finalized?: Hex } = {}): void {
    this.#requireWritable();
    const head = this.#known(hash);
    const safe = finality.safe ?? this.#tree.safe;
    const finalized = finality.finalized ?? this.#tree.finalized;
    this.#known(safe);
    this.#known(finalized);
    // Without its state nothing could follow it.
    this.#worldAfter(head);
    this.#tree = { ...this.#tree, safe, finalized };
    this.#advance(head, undefined);
  }

  #amendHead(changes: StateChanges): void {
    this.#requireWritable();
    const head = this.#head();
    const before = this.#worldAfter(head);
    const world = before.apply(changes);
    world.inheritReads(before);
    this.#tree = replaceWorld(this.#tree, head.hash, world);
    this.#persist(undefined, undefined);
  }

  #revert({ tree, config }: Saved): void {
    this.#requireWritable();
    const before = this.#head();
    const head = this.#known(tree.head);
    const change = { head, ...pathBetween(before, head, (block) => this.#parentOf(block)) };
    this.#tree = tree;
    this.#config = config;
    this.#persist(undefined, change);
    this.#events.emit('head', change);
  }

  #fork(): Chain {
    const reader = this.#store?.snapshot();
    const { store: _, ...options } = this.#options;
    // The child lives in memory: what it adds has to stay there.
    const archive = reader && createArchive(reader);
    const chain = new LedgerChain(
      options,
      this.#config,
      this.#genesis,
      this.#tree,
      archive?.backing ?? this.#backing,
      archive,
      undefined,
    );
    const face = chain.face();
    return reader === undefined
      ? face
      : {
          ...face,
          close: async () => {
            await face.close();
            reader.close();
          },
        };
  }

  #prune(): void {
    const { number } = this.#head().block.header;
    const { stateHistory = Infinity } = this.#options;
    if (this.#store !== undefined) {
      this.#tree = forgetBlocks(this.#tree, number - RECENT_BLOCKS);
    } else if (number >= stateHistory) {
      this.#tree = forgetWorlds(this.#tree, number - BigInt(stateHistory));
    }
  }

  /** Writes the first block of a new chain. */
  persistGenesis(): void {
    this.#persist(this.#genesis, { removed: [], added: [this.#genesis] });
  }

  /**
   * Writes one step as one batch: a new block, the canonical chain as it changed, and in any case the
   * state after the head, which may have been amended. The batch shows in reads at once; {@link Chain.flushed}
   * tells when it is on disk.
   */
  #persist(
    added: ExecutedBlock | undefined,
    change:
      | { readonly removed: readonly ExecutedBlock[]; readonly added: readonly ExecutedBlock[] }
      | undefined,
  ): void {
    if (this.#store === undefined) return;
    const batch = new ChainBatch();
    const head = this.#head();
    if (added !== undefined) {
      batch.block(added);
      this.#collectWorld(batch, added);
    }
    if (added?.hash !== head.hash) this.#collectWorld(batch, head);
    for (const block of change?.removed ?? []) batch.removeCanonical(block);
    for (const block of change?.added ?? []) batch.addCanonical(block);
    const { safe, finalized } = this.#tree;
    batch.pointers({ genesis: this.#genesis.hash, head: head.hash, safe, finalized });
    const committed = this.#commit(this.#store, batch);
    this.#flushed = both(this.#flushed, committed);
    // Whoever asks for `flushed` hears of a failure; nobody asking is no crash.
    this.#flushed.catch(() => undefined);
  }

  #collectWorld(batch: ChainBatch, block: ExecutedBlock): void {
    const world = this.#worldOf(block.hash);
    if (world === undefined) return;
    batch.world(world, this.#backing);
    batch.amended(block, world.root());
    const forget = block.block.header.number % FORGET_NODES_INTERVAL === 0n;
    this.#tree = replaceWorld(this.#tree, block.hash, world.saved(forget));
  }

  async #commit(store: WriteBehindStore, batch: ChainBatch): Promise<void> {
    try {
      await store.commit(batch.operations, { durable: true });
    } catch (cause) {
      this.#storeFailed = true;
      // Callers are told the sentence; why it is so stands in the log alone.
      this.#logger.error({ error: cause }, 'the store refused a write');
      throw fail('CHAIN_STORE_FAILED', {}, { cause });
    }
  }

  #requireWritable(): void {
    if (this.#closed) throw fail('CHAIN_CLOSED', {});
    if (this.#storeFailed) throw fail('CHAIN_STORE_FAILED', {});
  }

  async #close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      await this.#flushed;
    } finally {
      await this.#store?.close();
    }
  }
}

async function both(one: Promise<void>, other: Promise<void>): Promise<void> {
  await Promise.all([one, other]);
}
