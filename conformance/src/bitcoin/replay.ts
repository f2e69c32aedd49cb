import { fixedClock } from '@ninefold/base';
import { BitcoinChain, coinKey, hashCoins, regtestParams } from '@ninefold/chain-bitcoin';
import { hashToHex, hexToHash } from '@ninefold/vm-bitcoin-script';
import type { FolderResult } from '../suite.ts';
import { CaseCounter, fromHex, readJson } from './vectors.ts';

type Recording = {
  readonly mocktime: number;
  readonly blocks: readonly string[];
  readonly rpc: readonly {
    readonly method: string;
    readonly params: readonly unknown[];
    readonly result: unknown;
  }[];
};

const SATOSHI_PER_COIN = 1e8;

/**
 * The blocks of a recorded regtest node, one after another; then its coins, by their hash and one by
 * one as `gettxout` told them.
 */
export function runReplay(folder: string): FolderResult {
  const cases = new CaseCounter('bitcoin/replay');
  const { mocktime, blocks, rpc } = readJson<Recording>(folder, 'regtest-golden.json.gz');
  const chain = new BitcoinChain(regtestParams(), fixedClock(mocktime * 1000));
  blocks.forEach((block, i) => {
    cases.check(`block ${i + 1}`, () => chain.submitBytes(fromHex(block)));
  });
  for (const [i, { method, params, result }] of rpc.entries()) {
    const name = `${i} ${method}`;
    if (method === 'getbestblockhash') cases.equal(name, () => chain.tip.hash, String(result));
    if (method === 'getblockcount') cases.equal(name, () => String(chain.tip.height), String(result));
    if (method === 'getblockhash' && typeof result === 'string') {
      cases.equal(name, () => chain.at(params[0] as number)?.hash ?? 'none', result);
    }
    if (method === 'getblockchaininfo') {
      const { chainwork, mediantime } = result as { readonly chainwork: string; readonly mediantime: number };
      cases.equal(`${name} work`, () => chain.tip.chainWork.toString(16).padStart(64, '0'), chainwork);
      cases.equal(`${name} median`, () => String(chain.tip.medianTime), String(mediantime));
    }
    if (method === 'gettxoutsetinfo' && params.length === 0) {
      const info = result as { readonly txouts: number; readonly hash_serialized_3: string };
      cases.equal(`${name} count`, () => String(chain.coins.size), String(info.txouts));
      cases.equal(`${name} hash`, () => hashToHex(hashCoins(chain.coins)), info.hash_serialized_3);
    }
    // With a third parameter, or without one, the mempool has its say: these two look at blocks.
    if (method === 'gettxout' && params[2] === false) {
      cases.check(name, () => {
        const coin = chain.coins.get(
          coinKey({ txid: hexToHash(String(params[0])), vout: Number(params[1]) }),
        );
        const told = result as { readonly value: number; readonly confirmations: number } | null;
        if (coin === undefined || told === null) {
          return (coin === undefined) === (told === null) ? undefined : 'one of them knows no such coin';
        }
        const value = BigInt(Math.round(told.value * SATOSHI_PER_COIN));
        return value === coin.value && told.confirmations === chain.tip.height - coin.height + 1
          ? undefined
          : `another value or height: ${coin.value}, ${coin.height}`;
      });
    }
  }
  return cases.result();
}
