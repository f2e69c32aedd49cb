import { readFile } from 'node:fs/promises';
import { type Bytes, bytesToHex, defineErrors, hexToBytes, isHex, isNinefoldError } from '@ninefold/base';
import {
  decodeTransaction,
  encodeTransaction,
  hexToHash,
  type Transaction,
} from '@ninefold/vm-bitcoin-script';
import type { FundingInput } from '@ninefold/vm-bitvm';

/** The port of a regtest node. */
export const DEFAULT_BITCOIN_RPC = 'http://127.0.0.1:18443';

const COINBASE_MATURITY = 100;
const SATOSHI_DIGITS = 8;

const fail = defineErrors({
  BITVM_RPC_ADDRESS: (c: { readonly url: string; readonly reason: string }) =>
    `${JSON.stringify(c.url)} cannot be the address of a Bitcoin node: ${c.reason}`,
  BITVM_RPC_COOKIE: (c: { readonly file: string; readonly reason: string }) =>
    `The password of the Bitcoin node cannot be read from ${c.file}: ${c.reason}`,
  BITVM_RPC_UNREACHABLE: (c: { readonly url: string; readonly reason: string }) =>
    `The Bitcoin node at ${c.url} does not answer: ${c.reason}`,
  BITVM_RPC_FAILED: (c: { readonly method: string; readonly code: number; readonly message: string }) =>
    `The Bitcoin node refuses ${c.method}: ${c.message} (${c.code})`,
  BITVM_RPC_MALFORMED: (c: { readonly method: string }) =>
    `The Bitcoin node's answer to ${c.method} is not what Bitcoin nodes answer`,
});

/** An unspent output of a script. */
export type Coin = FundingInput & { readonly confirmations: number };

type RpcReply = {
  readonly result?: unknown;
  readonly error?: { readonly code?: number; readonly message?: string } | null;
};

/**
 * The few methods of a Bitcoin node that a dispute needs. Speaks JSON-RPC as bitcoind does.
 *
 * @example
 * const rpc = new BitcoinRpc('http://user:password@127.0.0.1:18443');
 * await rpc.height();
 */
export class BitcoinRpc {
  readonly #url: string;
  readonly #authorization: string | undefined;
  #id = 0;

  /** @throws `BITVM_RPC_ADDRESS` */
  constructor(url: string, cookie?: string) {
    const parsed = parseAddress(url);
    const credentials =
      cookie ??
      (parsed.username === '' ? undefined : decodeURIComponent(`${parsed.username}:${parsed.password}`));
    parsed.username = '';
    parsed.password = '';
    this.#url = parsed.href;
    this.#authorization =
      credentials === undefined ? undefined : `Basic ${Buffer.from(credentials).toString('base64')}`;
  }

  /**
   * Calls a method.
   *
   * @throws `BITVM_RPC_UNREACHABLE`, `BITVM_RPC_FAILED`
   */
  async call(method: string, ...params: readonly unknown[]): Promise<unknown> {
    let reply: RpcReply;
    try {
      const response = await fetch(this.#url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(this.#authorization !== undefined && { authorization: this.#authorization }),
        },
        body: JSON.stringify({ jsonrpc: '1.0', id: ++this.#id, method, params }),
      });
      const text = await response.text();
      if (text === '') throw new Error(`HTTP status ${response.status}`);
      reply = JSON.parse(text) as RpcReply;
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw fail('BITVM_RPC_UNREACHABLE', { url: this.#url, reason }, { cause });
    }
    if (reply.error !== undefined && reply.error !== null) {
      const { code = 0, message = 'no reason given' } = reply.error;
      throw fail('BITVM_RPC_FAILED', { method, code, message });
    }
    return reply.result;
  }

  async #text(method: string, ...params: readonly unknown[]): Promise<string> {
    const result = await this.call(method, ...params);
    if (typeof result !== 'string') throw fail('BITVM_RPC_MALFORMED', { method });
    return result;
  }

  async #bytes(method: string, ...params: readonly unknown[]): Promise<Bytes> {
    const hex = `0x${await this.#text(method, ...params)}`;
    if (!isHex(hex)) throw fail('BITVM_RPC_MALFORMED', { method });
    return hexToBytes(hex);
  }

  async height(): Promise<number> {
    const height = await this.call('getblockcount');
    if (!Number.isSafeInteger(height)) throw fail('BITVM_RPC_MALFORMED', { method: 'getblockcount' });
    return height as number;
  }

  blockHash(height: number): Promise<string> {
    return this.#text('getblockhash', height);
  }

  block(hash: string): Promise<Bytes> {
    return this.#bytes('getblock', hash, 0);
  }

  /** Ids of what waits for a block. */
  async mempool(): Promise<readonly string[]> {
    const ids = await this.call('getrawmempool');
    if (!Array.isArray(ids) || !ids.every((id) => typeof id === 'string')) {
      throw fail('BITVM_RPC_MALFORMED', { method: 'getrawmempool' });
    }
    return ids as readonly string[];
  }

  async transaction(id: string): Promise<Transaction> {
    return decodeTransaction(await this.#bytes('getrawtransaction', id));
  }

  async send(tx: Transaction): Promise<void> {
    await this.call('sendrawtransaction', bytesToHex(encodeTransaction(tx)).slice(2));
  }

  /** A transaction and the child that pays for it. */
  async sendPackage(parent: Transaction, child: Transaction): Promise<void> {
    const hex = [parent, child].map((tx) => bytesToHex(encodeTransaction(tx)).slice(2));
    await this.call('submitpackage', hex);
  }

  /** Unspent outputs of a script in blocks, those of young coinbases left out. */
  async coins(scriptPubKey: Bytes): Promise<readonly Coin[]> {
    const script = bytesToHex(scriptPubKey).slice(2);
    const result = (await this.call('scantxoutset', 'start', [`raw(${script})`])) as {
      readonly height?: unknown;
      readonly unspents?: unknown;
    } | null;
    const { height, unspents } = result ?? {};
    if (typeof height !== 'number' || !Array.isArray(unspents)) {
      throw fail('BITVM_RPC_MALFORMED', { method: 'scantxoutset' });
    }
    return unspents.flatMap((entry: Readonly<Record<string, unknown>>): readonly Coin[] => {
      const { txid, vout, amount, coinbase, height: made } = entry;
      const value = toSatoshi(amount);
      if (
        typeof txid !== 'string' ||
        typeof vout !== 'number' ||
        typeof made !== 'number' ||
        value === undefined
      ) {
        throw fail('BITVM_RPC_MALFORMED', { method: 'scantxoutset' });
      }
      const confirmations = height - made + 1;
      if (coinbase === true && confirmations < COINBASE_MATURITY) return [];
      return [{ txid: hexToHash(txid), vout, value, scriptPubKey, confirmations }];
    });
  }
}

/** Satoshi of an amount in coins, which JSON has as a number with up to eight decimals. */
function toSatoshi(amount: unknown): bigint | undefined {
  if (typeof amount !== 'number' || !Number.isFinite(amount) || amount < 0) return undefined;
  return BigInt(Math.round(amount * 10 ** SATOSHI_DIGITS));
}

function parseAddress(url: string): URL {
  try {
    return new URL(url);
  } catch (cause) {
    throw fail('BITVM_RPC_ADDRESS', { url, reason: (cause as Error).message }, { cause });
  }
}

/**
 * The node at an address; a cookie file has its password.
 *
 * @throws `BITVM_RPC_ADDRESS`, `BITVM_RPC_COOKIE`
 */
export async function connectBitcoin(
  url: string = DEFAULT_BITCOIN_RPC,
  cookieFile?: string,
): Promise<BitcoinRpc> {
  if (cookieFile === undefined) return new BitcoinRpc(url);
  try {
    return new BitcoinRpc(url, (await readFile(cookieFile, 'utf8')).trim());
  } catch (cause) {
    if (isNinefoldError(cause)) throw cause;
    throw fail('BITVM_RPC_COOKIE', { file: cookieFile, reason: (cause as Error).message }, { cause });
  }
}
