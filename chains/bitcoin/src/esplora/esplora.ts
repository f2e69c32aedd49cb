import { type Bytes, hexToBytes, isHex, isNinefoldError } from '@ninefold/base';
import {
  decodeTransaction,
  encodeBlock,
  encodeBlockHeader,
  encodeTransaction,
  hashToHex,
  isCoinbase,
  merkleRoot,
  sigopCost,
  STANDARD_FLAGS,
  totalSize,
  type Transaction,
  txidOf,
  type TxOutput,
  weightOf,
} from '@ninefold/vm-bitcoin-script';
import type { RestReply } from '../api/http.ts';
import { rejectFailure } from '../api/mempool.ts';
import type { BlockEntry } from '../ledger/chain.ts';
import type { BitcoinNode, FoundTransaction } from '../node.ts';
import { isReject } from '../pool/accept.ts';
import type { PoolEntry } from '../pool/mempool.ts';
import { type AddressFormat, addressToScript } from '../tx/address.ts';
import { encodeMerkleProof } from '../tx/merkle-proof.ts';
import { feeHistogram, formatBlock, formatOutput, hex, innerScripts, type Json, status } from './format.ts';
import { scriptToEsploraAsm } from './asm.ts';
import { type HistoryItem, ScriptHistory, scriptHash } from './script-history.ts';

/*
 * Esplora's REST interface: what light wallets read the chain by. Amounts are satoshi.
 */

/** Confirmed transactions on a page. */
const TXS_PER_PAGE = 25;
/** Transactions of the mempool that an address shows. */
const MEMPOOL_TXS = 50;
const BLOCKS_PER_PAGE = 10;
const RECENT_TXS = 10;
/** Blocks that fees are estimated for. */
const TARGETS = [...Array.from({ length: 25 }, (_, i) => i + 1), 144, 504, 1008];

/** What is asked for and not there, or asked wrongly. */
class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const notFound = (what: string): Refusal => new Refusal(404, `${what} not found`);

const text = (body: string): RestReply => ({ status: 200, headers: { 'content-type': 'text/plain' }, body });
const json = (value: unknown): RestReply => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value, (_, member: unknown) => (typeof member === 'bigint' ? Number(member) : member)),
});
const binary = (body: Bytes): RestReply => ({
  status: 200,
  headers: { 'content-type': 'application/octet-stream' },
  body,
});

/** Answers requests by what a node knows. */
export class Esplora {
  readonly #node: BitcoinNode;
  readonly #format: AddressFormat;
  readonly #history: ScriptHistory;

  constructor(node: BitcoinNode, format: AddressFormat) {
    this.#node = node;
    this.#format = format;
    this.#history = new ScriptHistory(node);
  }

  /** @param path without a prefix: `/blocks/tip/height` */
  handle(method: string, path: string, body: string): RestReply {
    try {
      const parts = path.split('/').filter((part) => part !== '');
      if (method === 'POST') return this.#post(parts, body);
      if (method !== 'GET' && method !== 'HEAD') throw new Refusal(405, 'Method not allowed');
      return this.#get(parts);
    } catch (error) {
      if (error instanceof Refusal) {
        return { status: error.status, headers: { 'content-type': 'text/plain' }, body: error.message };
      }
      throw error;
    }
  }

  #post(parts: readonly string[], body: string): RestReply {
    if (parts.join('/') === 'tx') return text(this.#broadcast(body.trim()));
    if (parts.join('/') === 'txs/package') return json(this.#broadcastPackage(body));
    throw notFound('Endpoint');
  }

  #get(parts: readonly string[]): RestReply {
    const [head = '', ...rest] = parts;
    switch (head) {
      case 'tx':
        return this.#tx(rest);
      case 'address':
      case 'scripthash':
        return this.#script(head, rest);
      case 'block':
        return this.#block(rest);
      case 'block-height': {
        const entry = /^\d+$/.test(rest[0] ?? '') ? this.#node.chain.at(Number(rest[0])) : undefined;
        if (entry === undefined) throw notFound('Block');
        return text(entry.hash);
      }
      case 'blocks':
        return this.#blocks(rest);
      case 'mempool':
        return this.#mempool(rest);
      case 'fee-estimates':
        return json(this.#feeEstimates());
      default:
        throw notFound('Endpoint');
    }
  }

  #broadcast(body: string): string {
    const tx = readTransaction(body);
    const result = this.#node.accept(tx);
    if (!isReject(result)) return result.entry.id;
    if (result.reason === 'txn-already-in-mempool') return hashToHex(txidOf(tx));
    const { code, message } = rejectFailure(result);
    throw new Refusal(400, `sendrawtransaction RPC error: ${JSON.stringify({ code, message })}`);
  }

  #broadcastPackage(body: string): Json {
    let given: unknown;
    try {
      given = JSON.parse(body);
    } catch {
      throw new Refusal(400, 'Invalid JSON');
    }
    if (!Array.isArray(given)) throw new Refusal(400, 'Expected a list of transactions');
    const { message, members } = this.#node.submitPackage(given.map((one) => readTransaction(String(one))));
    return { package_msg: message, statuses: members.map(({ status }) => status) };
  }

  #find(id: string | undefined): FoundTransaction {
    const found = id !== undefined && /^[\da-f]{64}$/.test(id) ? this.#node.find(id) : undefined;
    if (found === undefined) throw notFound('Transaction');
    return found;
  }

  #tx([id, what, number]: readonly string[]): RestReply {
    const { tx, place } = this.#find(id);
    switch (what) {
      case undefined:
        return json(this.#formatTx(tx, place?.block));
      case 'status':
        return json(status(place?.block));
      case 'hex':
        return text(hex(encodeTransaction(tx)));
      case 'raw':
        return binary(encodeTransaction(tx));
      case 'outspend':
        return json(this.#outspend(id as string, Number(number), tx));
      case 'outspends':
        return json(tx.outputs.map((_, i) => this.#outspend(id as string, i, tx)));
      case 'merkle-proof':
      case 'merkleblock-proof': {
        if (place === undefined) throw notFound('Transaction in a block');
        const ids = place.block.block.transactions.map(txidOf);
        if (what === 'merkleblock-proof') {
          const proof = encodeMerkleProof(place.block.block.header, ids, (i) => i === place.index);
          return text(hex(proof));
        }
        return json({
          block_height: place.block.height,
          merkle: branchOf(ids, place.index).map(hashToHex),
          pos: place.index,
        });
      }
      default:
        throw notFound('Endpoint');
    }
  }

  #outspend(id: string, vout: number, tx: Transaction): Json {
    if (!Number.isInteger(vout) || tx.outputs[vout] === undefined) throw notFound('Output');
    const place = this.#node.index.spenderOf(id, vout);
    const waiting = this.#node.pool.spenderOf({ txid: txidOf(tx), vout });
    const spender = place?.tx ?? waiting?.tx;
    if (spender === undefined) return { spent: false };
    const spenderId = hashToHex(txidOf(spender));
    const vin = spender.inputs.findIndex(
      ({ prevout }) => prevout.vout === vout && hashToHex(prevout.txid) === id,
    );
    return { spent: true, txid: spenderId, vin, status: status(place?.block) };
  }

  #output(id: string, vout: number): TxOutput | undefined {
    return this.#node.find(id)?.tx.outputs[vout];
  }

  #formatTx(tx: Transaction, block: BlockEntry | undefined): Json {
    const coinbase = isCoinbase(tx);
    const spent = tx.inputs.map(({ prevout }) => this.#output(hashToHex(prevout.txid), prevout.vout));
    const known = spent.every((output): output is TxOutput => output !== undefined);
    const inputs = known ? spent.reduce((sum, { value }) => sum + value, 0n) : 0n;
    const outputs = tx.outputs.reduce((sum, { value }) => sum + value, 0n);
    return {
      txid: hashToHex(txidOf(tx)),
      version: tx.version,
      locktime: tx.locktime,
      vin: tx.inputs.map(({ prevout, scriptSig, witness, sequence }, i) => ({
        txid: hashToHex(prevout.txid),
        vout: prevout.vout,
        prevout: coinbase || spent[i] === undefined ? null : formatOutput(spent[i] as TxOutput, this.#format),
        scriptsig: hex(scriptSig),
        scriptsig_asm: scriptToEsploraAsm(scriptSig),
        ...(witness.length > 0 && { witness: witness.map(hex) }),
        is_coinbase: coinbase,
        sequence,
        ...innerScripts(scriptSig, witness, spent[i]),
      })),
      vout: tx.outputs.map((output) => formatOutput(output, this.#format)),
      size: totalSize(tx),
      weight: weightOf(tx),
      sigops: sigopCost(tx, known ? spent : tx.inputs.map(() => NO_OUTPUT), STANDARD_FLAGS),
      fee: coinbase || !known ? 0n : inputs - outputs,
      status: status(block),
    };
  }

  #scriptHashOf(kind: string, name: string | undefined): string {
    if (kind === 'scripthash') {
      if (name === undefined || !/^[\da-f]{64}$/i.test(name)) throw new Refusal(400, 'Invalid scripthash');
      return name.toLowerCase();
    }
    try {
      return scriptHash(addressToScript(name ?? '', this.#format));
    } catch (error) {
      if (isNinefoldError(error, 'ADDRESS_INVALID')) throw new Refusal(400, 'Invalid Bitcoin address');
      throw error;
    }
  }

  #script(kind: string, [name, what, which, last]: readonly string[]): RestReply {
    const hash = this.#scriptHashOf(kind, name);
    const confirmed = this.#history.of(hash);
    const waiting = this.#waiting(hash);
    const page = (after: string | undefined): HistoryItem[] => {
      const newest = [...confirmed].reverse();
      const from = after === undefined ? 0 : newest.findIndex(({ id }) => id === after) + 1;
      return newest.slice(from, from + TXS_PER_PAGE);
    };
    const shown = (items: readonly HistoryItem[]): Json[] =>
      items.map(({ tx, block }) => this.#formatTx(tx, block));
    const shownWaiting = (): Json[] =>
      waiting.slice(0, MEMPOOL_TXS).map(({ tx }) => this.#formatTx(tx, undefined));
    switch (what) {
      case undefined: {
        const own = kind === 'address' ? { address: name } : { scripthash: hash };
        return json({
          ...own,
          chain_stats: this.#stats(
            hash,
            confirmed.map(({ tx }) => tx),
          ),
          mempool_stats: this.#stats(
            hash,
            waiting.map(({ tx }) => tx),
          ),
        });
      }
      case 'txs':
        if (which === undefined) return json([...shownWaiting(), ...shown(page(undefined))]);
        if (which === 'chain') return json(shown(page(last)));
        if (which === 'mempool') return json(shownWaiting());
        return json(shown(page(which)));
      case 'utxo':
        return json(this.#utxos(hash, confirmed, waiting));
      default:
        throw notFound('Endpoint');
    }
  }

  #waiting(hash: string): PoolEntry[] {
    return [...this.#node.pool.entries()].filter(({ tx, spent }) =>
      [...tx.outputs, ...spent].some(({ scriptPubKey }) => scriptHash(scriptPubKey) === hash),
    );
  }

  #stats(hash: string, txs: readonly Transaction[]): Json {
    let [fundedCount, funded, spentCount, spentSum] = [0, 0n, 0, 0n];
    for (const tx of txs) {
      for (const { value, scriptPubKey } of tx.outputs) {
        if (scriptHash(scriptPubKey) !== hash) continue;
        fundedCount++;
        funded += value;
      }
      for (const { prevout } of tx.inputs) {
        const output = this.#output(hashToHex(prevout.txid), prevout.vout);
        if (output === undefined || scriptHash(output.scriptPubKey) !== hash) continue;
        spentCount++;
        spentSum += output.value;
      }
    }
    return {
      funded_txo_count: fundedCount,
      funded_txo_sum: funded,
      spent_txo_count: spentCount,
      spent_txo_sum: spentSum,
      tx_count: txs.length,
    };
  }

  #utxos(hash: string, confirmed: readonly HistoryItem[], waiting: readonly PoolEntry[]): Json[] {
    const all: readonly { readonly id: string; readonly tx: Transaction; readonly block?: BlockEntry }[] = [
      ...confirmed,
      ...waiting,
    ];
    return all.flatMap(({ id, tx, block }) =>
      tx.outputs.flatMap(({ value, scriptPubKey }, vout) => {
        if (scriptHash(scriptPubKey) !== hash || this.#node.coin(id, vout) === undefined) return [];
        return [{ txid: id, vout, status: status(block), value }];
      }),
    );
  }

  #blockOf(hash: string | undefined): BlockEntry {
    const entry = hash === undefined ? undefined : this.#node.chain.entry(hash);
    if (entry === undefined) throw notFound('Block');
    return entry;
  }

  #block([hash, what, number]: readonly string[]): RestReply {
    const entry = this.#blockOf(hash);
    const { transactions, header } = entry.block;
    switch (what) {
      case undefined:
        return json(formatBlock(entry));
      case 'header':
        return text(hex(encodeBlockHeader(header)));
      case 'raw':
        return binary(encodeBlock(entry.block));
      case 'txids':
        return json(transactions.map((tx) => hashToHex(txidOf(tx))));
      case 'txid': {
        const tx = transactions[Number(number)];
        if (tx === undefined) throw notFound('Transaction');
        return text(hashToHex(txidOf(tx)));
      }
      case 'txs': {
        const from = number === undefined ? 0 : Number(number);
        if (!Number.isInteger(from) || from % TXS_PER_PAGE !== 0) {
          throw new Refusal(400, `start index must be a multiple of ${TXS_PER_PAGE}`);
        }
        if (from >= transactions.length) throw new Refusal(400, 'start index out of range');
        return json(transactions.slice(from, from + TXS_PER_PAGE).map((tx) => this.#formatTx(tx, entry)));
      }
      case 'status': {
        const isActive = this.#node.chain.isActive(entry);
        const next = isActive ? this.#node.chain.at(entry.height + 1) : undefined;
        return json({
          in_best_chain: isActive,
          ...(isActive && { height: entry.height, next_best: next?.hash ?? null }),
        });
      }
      default:
        throw notFound('Endpoint');
    }
  }

  #blocks([first, second]: readonly string[]): RestReply {
    const { chain } = this.#node;
    if (first === 'tip') {
      if (second === 'height') return text(String(chain.tip.height));
      if (second === 'hash') return text(chain.tip.hash);
      throw notFound('Endpoint');
    }
    const start = first === undefined ? chain.tip.height : Number(first);
    if (!Number.isInteger(start) || start < 0) throw new Refusal(400, 'Invalid block height');
    const blocks: Json[] = [];
    for (
      let height = Math.min(start, chain.tip.height);
      height >= 0 && blocks.length < BLOCKS_PER_PAGE;
      height--
    ) {
      blocks.push(formatBlock(chain.at(height) as BlockEntry));
    }
    return json(blocks);
  }

  #mempool([what]: readonly string[]): RestReply {
    const { pool } = this.#node;
    const entries = [...pool.entries()];
    switch (what) {
      case undefined:
        return json({
          count: pool.size,
          vsize: pool.vsize,
          total_fee: pool.fees,
          fee_histogram: feeHistogram(entries),
        });
      case 'txids':
        return json(entries.map(({ id }) => id));
      case 'recent':
        return json(
          entries
            .slice(-RECENT_TXS)
            .reverse()
            .map(({ id, fee, vsize, tx }) => ({
              txid: id,
              fee,
              vsize,
              value: tx.outputs.reduce((sum, { value }) => sum + value, 0n),
            })),
        );
      default:
        throw notFound('Endpoint');
    }
  }

  /** Satoshi for a virtual byte, by target; none where there is nothing to tell from. */
  #feeEstimates(): Json {
    return Object.fromEntries(
      TARGETS.flatMap((target) => {
        const rate = this.#node.estimator.estimate(target);
        return rate === undefined ? [] : [[String(target), Number(rate) / 1000]];
      }),
    );
  }
}

const NO_OUTPUT: TxOutput = { value: 0n, scriptPubKey: new Uint8Array(0) };

function readTransaction(body: string): Transaction {
  if (!isHex(`0x${body}`)) throw new Refusal(400, 'Transaction is not hex');
  try {
    return decodeTransaction(hexToBytes(`0x${body}`));
  } catch (error) {
    if (isNinefoldError(error)) throw new Refusal(400, `TX decode failed: ${error.message}`);
    throw error;
  }
}

/** The hashes beside the way up from a transaction. */
function branchOf(ids: readonly Bytes[], index: number): Bytes[] {
  const branch: Bytes[] = [];
  let row = ids;
  for (let at = index; row.length > 1; at >>= 1) {
    branch.push(row[at ^ 1] ?? (row[at] as Bytes));
    const above: Bytes[] = [];
    for (let i = 0; i < row.length; i += 2) {
      above.push(merkleRoot([row[i] as Bytes, row[i + 1] ?? (row[i] as Bytes)]).root);
    }
    row = above;
  }
  return branch;
}
