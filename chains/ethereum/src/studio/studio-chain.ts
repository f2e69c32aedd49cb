import type { Hex } from '@ninefold/base';
import { bytesToHex, isHex } from '@ninefold/base';
import { RpcError } from '@ninefold/rpc';
import type {
  Account,
  AttachResult,
  Block,
  ChainNews,
  Cheat,
  CostBy,
  CostRow,
  Endpoint,
  Entity,
  Field,
  Json,
  Net,
  Reference,
  SampleName,
  SearchHit,
  SourceFile,
  StudioChain,
  Tx,
  TxDetail,
} from '@ninefold/studio-api';
import { invalid, notFound } from '@ninefold/studio-api';
import {
  baseCost,
  introducedIn,
  isAtLeast,
  OPCODES,
  partValue,
  readArtifacts,
  SlotNames,
  specLink,
} from '@ninefold/vm-evm';
import { receiptJson, transactionJson } from '../api/format.ts';
import { findTransaction, receiptContext } from '../api/lookup.ts';
import type { EthereumChain } from '../chain.ts';
import { encodeBlock } from '../ledger/block.ts';
import type { ExecutedBlock, HeadChange } from '../ledger/types.ts';
import { encodeTransaction, transactionHash } from '../tx/transaction.ts';
import { callTree, changesOf, movedOf } from './calls.ts';
import { Names } from './names.ts';
import { rawFields } from './raw-fields.ts';
import { Replays } from './replay.ts';
import { runReadmeExample, runSample } from './sample.ts';
import { type OpenedTrace, openTrace } from './opened-trace.ts';
import { EthereumSession } from './session.ts';
import { costBy, failurePlace } from './trace-costs.ts';
import { ETHER, Views } from './views.ts';

/** Bytes of code an account's page shows. */
const SHOWN_CODE = 24_576;
/** Storage slots an account's page tells. */
const SHOWN_SLOTS = 500;

/**
 * The Ethereum chain's side of the studio.
 *
 * @example createStudio({ chains: [createEthereumStudio(chain)], info })
 */
export function createEthereumStudio(chain: EthereumChain, id: string = 'ethereum'): StudioChain {
  const { node } = chain;
  const names = new Names(node, id);
  const views = new Views(node, names);
  const replays = new Replays(node);

  const opened = (hash: string, maxSteps: number): OpenedTrace =>
    openTrace(names, replays.get(hash, true, maxSteps));

  const net = (endpoints: readonly Endpoint[]): Net => {
    const { block, hash, fork } = node.chain.head();
    return {
      id,
      family: 'evm',
      name: 'Ethereum',
      vm: 'EVM',
      version: fork,
      chainId: node.chainId.toString(),
      instance: node.instance,
      endpoints,
      head: { number: block.header.number.toString(), hash, time: Number(block.header.timestamp) * 1000 },
      caps: ['trace', 'stateDiff', 'faucet', 'mine', 'setTime', 'snapshot', 'setBalance', 'sample', 'source'],
      words: {
        block: 'block',
        tx: 'transaction',
        entity: 'account',
        program: 'contract',
        step: 'opcode',
        cost: 'gas',
      },
      units: {
        cost: { symbol: 'gas', limitPerBlock: block.header.gasLimit.toString() },
        money: { symbol: 'ETH', decimals: 18 },
      },
    };
  };

  const txsOf = (executed: ExecutedBlock): readonly Tx[] =>
    executed.block.transactions.map((transaction, index) => views.tx({ executed, index, transaction }));

  const onNews = (listener: (news: ChainNews) => void): (() => void) =>
    node.chain.on('head', ({ added, removed }: HeadChange) =>
      listener({
        blocks: added.map((block): Block => views.block(block)),
        txs: added.flatMap(txsOf),
        reorganised: removed.length > 0,
      }),
    );

  const transaction = (hash: string): TxDetail => {
    if (!isHex(hash, 32)) throw notFound('transaction', hash);
    const placed = findTransaction(node, hash.toLowerCase() as Hex);
    if (placed === undefined) {
      const waiting = node.pool.get(hash.toLowerCase() as Hex);
      if (waiting === undefined) throw notFound('transaction', hash);
      const encoded = encodeTransaction(waiting.transaction);
      const native = transactionJson(waiting.transaction, waiting.sender, undefined) as Json;
      return {
        ...views.pending(waiting.transaction, waiting.sender),
        raw: bytesToHex(encoded),
        native,
        fields: rawFields(encoded),
        moved: [],
      };
    }
    const encoded = encodeTransaction(placed.transaction);
    const context = receiptContext(node, placed);
    const { header } = placed.executed.block;
    const native = {
      transaction: transactionJson(placed.transaction, context.sender, { header, index: placed.index }),
      receipt: receiptJson(context),
    } as unknown as Json;
    const replay = replays.get(hash);
    const tx = views.tx(placed);
    return {
      ...tx,
      ...(tx.status === 'failed' && { error: failureOf(hash) }),
      steps: replay.run.steps,
      raw: bytesToHex(encoded),
      native,
      fields: rawFields(encoded),
      moved: movedOf(names, replay),
    };
  };

  const failureOf = (hash: string): NonNullable<Tx['error']> => {
    const replay = replays.get(hash);
    const root = replay.run.frames[0];
    const { status, halt } = replay.outcome;
    if (root === undefined || status === 'success') return { code: 'FAILED', message: 'failed' };
    const tree = callTree(names, replay);
    const message = tree.calls[0]?.error ?? 'execution reverted';
    const where = failurePlace(opened(hash, Infinity));
    return { code: halt ?? 'REVERT', message, ...(where !== undefined && { where }) };
  };

  const cost = (hash: string, by: CostBy): readonly CostRow[] => {
    if (by === 'component') {
      return transaction(hash).cost.map(({ key, label, amount }) => ({
        key,
        label,
        own: amount,
        total: amount,
        count: 1,
      }));
    }
    return [...costBy(opened(hash, Infinity), by)]
      .sort(([, a], [, b]) => b.own - a.own)
      .map(([key, { own, count, file, line }]) => ({
        key,
        label: key,
        own: String(own),
        total: String(own),
        count,
        ...(line !== undefined && file !== undefined && { place: { file, line } }),
      }));
  };

  const entity = (address: string, at: string | undefined): Entity => {
    if (!isHex(address, 20)) throw notFound('account', address);
    const key = address.toLowerCase() as Hex;
    const executed = at === undefined ? node.chain.head() : views.find(at);
    const world = node.chain.worldAt(executed.hash);
    const account = world.account(key);
    const code = names.codeOf(key);
    const debug = names.debugOfAddress(key);
    const field = (name: string, type: string, value: Json): Field => ({ name, type, value });
    const ref = names.ref(key, code);
    return {
      ref,
      balances: [{ asset: ETHER, amount: (account?.balance ?? 0n).toString() }],
      fields: [
        field('nonce', 'uint64', (account?.nonce ?? 0n).toString()),
        field('codeHash', 'bytes32', account?.codeHash ?? null),
        field('storageRoot', 'bytes32', account === undefined ? null : world.storageRoot(key)),
      ],
      state: debug?.artifact.layout === undefined ? [] : variables(key, executed),
      ...(code.length > 0 && {
        program: {
          ref,
          size: code.length,
          hash: account?.codeHash ?? '0x',
          verified: debug !== undefined,
          ...(debug?.artifact.compiler !== undefined && { compiler: `solc ${debug.artifact.compiler}` }),
          ...(debug !== undefined && { abi: debug.artifact.abiJson as Json }),
        },
      }),
      raw: bytesToHex(code.subarray(0, SHOWN_CODE)),
    };
  };

  /** Declared variables with a value of their own; those in mappings are known only where a run met them. */
  const variables = (address: Hex, executed: ExecutedBlock): readonly Field[] => {
    const layout = names.debugOfAddress(address)?.artifact.layout;
    if (layout === undefined) return [];
    const world = node.chain.worldAt(executed.hash);
    const slots = new SlotNames(layout, new Map());
    const seen = new Set(layout.variables.map(({ slot }) => slot));
    return [...seen].slice(0, SHOWN_SLOTS).flatMap((slot) => {
      const key: Hex = `0x${slot.toString(16).padStart(64, '0')}`;
      const word = world.storage(address, key) ?? (`0x${'00'.repeat(32)}` as Hex);
      return slots
        .parts(key)
        .filter(({ type }) => !type.startsWith('mapping'))
        .map((part): Field => ({
          name: part.label,
          type: part.type,
          value: partValue(part, word),
          raw: word,
        }));
    });
  };

  const search = (text: string, limit: number): readonly SearchHit[] => {
    const hits: SearchHit[] = [];
    const add = (kind: SearchHit['kind'], hit: string, label: string, score: number): void =>
      void hits.push({ kind, net: id, id: hit, label, score });
    if (isHex(text, 32)) {
      const hash = text.toLowerCase() as Hex;
      if (findTransaction(node, hash) !== undefined || node.pool.get(hash) !== undefined)
        add('tx', hash, 'Transaction', 100);
      const block = node.chain.blockByHash(hash);
      if (block !== undefined)
        add('block', block.block.header.number.toString(), `Block ${block.block.header.number}`, 100);
    } else if (isHex(text, 20)) {
      const ref = names.ref(text.toLowerCase() as Hex);
      add('entity', ref.id, ref.name ?? (ref.kind === 'contract' ? 'Contract' : 'Account'), 90);
    } else if (/^\d{1,20}$/.test(text) && node.chain.blockByNumber(BigInt(text)) !== undefined) {
      add('block', text, `Block ${text}`, 80);
    } else if (text !== '') {
      const wanted = text.toLowerCase();
      for (const { address } of chain.accounts) {
        const ref = names.ref(address);
        if (ref.name?.toLowerCase().includes(wanted) === true) add('entity', ref.id, ref.name, 40);
      }
      const met = new Set<string>();
      for (const tx of views.transactions({ limit: 200 }).items) {
        const to = tx.to?.[0];
        if (to?.kind !== 'contract' || met.has(to.id) || to.name?.toLowerCase().includes(wanted) !== true)
          continue;
        met.add(to.id);
        add('program', to.id, to.name, 60);
      }
    }
    return hits.slice(0, limit);
  };

  const accounts = (): readonly Account[] => {
    const world = node.chain.worldAt(node.chain.head().hash);
    return chain.accounts.map(({ address, privateKey, path }) => {
      const account = world.account(address);
      return {
        ref: names.ref(address),
        path,
        balance: (account?.balance ?? 0n).toString(),
        nonce: Number(account?.nonce ?? 0n),
        key: bytesToHex(privateKey),
      };
    });
  };

  /** A method of the chain itself; what it refuses is the user's to know. */
  const request = async (method: string, ...params: readonly unknown[]): Promise<unknown> => {
    try {
      return await chain.request({ method, params });
    } catch (error) {
      if (error instanceof RpcError) throw invalid(method, error.message);
      throw error;
    }
  };

  const addressOf = (text: string): Hex => {
    if (!isHex(text, 20)) throw invalid('Account', 'expected an address of 20 bytes');
    return text.toLowerCase() as Hex;
  };

  const faucet = async (to: string, amount: string): Promise<{ readonly id?: string }> => {
    await request('anvil_addBalance', addressOf(to), `0x${BigInt(amount).toString(16)}`);
    return {};
  };

  const cheat = async (asked: Cheat): Promise<Json> => {
    switch (asked.op) {
      case 'mine':
        await request('anvil_mine', `0x${asked.blocks.toString(16)}`);
        return node.chain.head().block.header.number.toString();
      case 'snapshot':
        return (await request('evm_snapshot')) as Json;
      case 'revert':
        return (await request('evm_revert', asked.id)) as Json;
      case 'setTime':
        await request('evm_setNextBlockTimestamp', `0x${Math.floor(asked.time / 1000).toString(16)}`);
        return true;
      case 'setBalance':
        await request('anvil_setBalance', addressOf(asked.account), `0x${BigInt(asked.amount).toString(16)}`);
        return true;
    }
  };

  const attachSource = (files: readonly SourceFile[]): AttachResult => {
    const { artifacts, problems } = readArtifacts(files);
    names.artifacts.add(artifacts);
    const met = new Set<string>();
    for (const tx of views.transactions({ limit: 500 }).items) for (const to of tx.to ?? []) met.add(to.id);
    const matched = [...met].filter(
      (address) => names.debugOfAddress(address.toLowerCase() as Hex) !== undefined,
    );
    return { programs: artifacts.map(({ name }) => name), matched: matched.length, problems };
  };

  const sample = async (name: SampleName): Promise<{ readonly id: string }> => {
    const send = (sent: object): Promise<Hex> => request('eth_sendTransaction', sent) as Promise<Hex>;
    if (name === 'readme') return { id: await runReadmeExample(node, send) };
    if (!isAtLeast(node.chain.head().fork, 'shanghai'))
      throw invalid(
        'Sample',
        'its contracts are compiled for Shanghai: the chain has to have that fork or a later one',
      );
    const { SAMPLE_BUILD_INFO } = await import('./sample-build-info.ts');
    const { artifacts } = readArtifacts([{ name: 'OrderBook.json', text: SAMPLE_BUILD_INFO }]);
    names.artifacts.add(artifacts);
    return { id: await runSample(node, artifacts, send) };
  };

  const reference = (name: string): Reference => {
    const spec = OPCODES.find(({ mnemonic }) => mnemonic === name.toUpperCase());
    if (spec === undefined) throw notFound('instruction', name);
    const { fork } = node.chain.head();
    const take = spec.operands.join(', ');
    const leave = spec.results.join(', ');
    return {
      name: spec.mnemonic,
      effect: `${take === '' ? 'nothing' : take} → ${leave === '' ? 'nothing' : leave}`,
      cost: `${baseCost(spec, fork) ?? '–'} gas${spec.dynamicCost === true ? ' and more' : ''}`,
      since: introducedIn(spec),
      doc: spec.doc,
      link: specLink(spec),
    };
  };

  return {
    id,
    net,
    onNews,
    blocks: (before, limit) => views.blocks(before, limit),
    block: (of) => {
      const executed = views.find(of);
      return { ...views.block(executed), raw: bytesToHex(encodeBlock(executed.block)) };
    },
    transactions: (filter) => views.transactions(filter),
    transaction,
    calls: (hash) => callTree(names, replays.get(hash)),
    stateDiff: (of) => {
      if ('id' in of) return changesOf(names, replays.get(of.id));
      const { block } = views.find(of.block);
      return block.transactions.flatMap((each) => changesOf(names, replays.get(transactionHash(each))));
    },
    cost,
    entity,
    search,
    accounts,
    faucet,
    cheat,
    sample,
    attachSource,
    record: (hash, maxSteps) => new EthereumSession(opened(hash, maxSteps)),
    reference,
  };
}
