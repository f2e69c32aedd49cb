import { isCoinbase, COINBASE_MATURITY } from '@ninefold/vm-bitcoin-script';
import { withChecksum } from '../descriptor/checksum.ts';
import { specialise } from '../descriptor/specialise.ts';
import { ancestorsOf } from '../pool/mempool.ts';
import { scriptToAddress } from '../tx/address.ts';
import type { Wallet, WalletCoin } from '../wallet/wallet.ts';
import type { Api } from './api.ts';
import { invalidParameter, RPC_METHOD_DEPRECATED, RPC_WALLET_ERROR, rpcFailure } from './errors.ts';
import { hex, type Json } from './format.ts';
import { type Amount, amount } from './json.ts';
import {
  type Arguments,
  type CallContext,
  may,
  type MemberTypes,
  methodsOf,
  need,
  type RpcMethods,
} from './method.ts';
import { readAddress } from './outputs.ts';
import { checkMembers, parseAmountValue, parseHash, parseObject } from './parse.ts';
import { scriptsOf } from './wallet-addresses.ts';

/** Methods about what a wallet holds. */
export function walletCoinMethods(api: Api): RpcMethods {
  const { node, format, wallets } = api;
  const own = ({ wallet }: CallContext): Wallet => wallets.of(wallet);

  return methodsOf('Wallet', {
    getbalance: [
      'Returns what can be spent.',
      [
        may('dummy', 'string'),
        may('minconf', 'number'),
        may('include_watchonly', 'bool'),
        may('avoid_reuse', 'bool'),
      ],
      (args, context) => {
        if ((args.maybeString('dummy') ?? '*') !== '*') {
          throw rpcFailure(RPC_METHOD_DEPRECATED, 'dummy first argument must be excluded or set to "*".');
        }
        const least = args.integer('minconf', 0);
        const coins = own(context)
          .coins()
          .filter((coin) => coin.trusted && coin.mature && coin.confirmations >= least);
        return amount(coins.reduce((sum, { output }) => sum + output.value, 0n));
      },
    ],
    getbalances: [
      'Returns what can be spent, what may become so, and what is not ripe.',
      [],
      (_, context) => {
        const { trusted, pending, immature } = own(context).balances();
        return {
          mine: { trusted: amount(trusted), untrusted_pending: amount(pending), immature: amount(immature) },
          lastprocessedblock: { hash: node.chain.tip.hash, height: node.chain.tip.height },
        };
      },
    ],
    getunconfirmedbalance: [
      'Returns what others have sent and no block holds.',
      [],
      (_, context) => amount(own(context).balances().pending),
    ],
    listunspent: [
      'Lists the outputs that can be spent.',
      [
        may('minconf', 'number'),
        may('maxconf', 'number'),
        may('addresses', 'array'),
        may('include_unsafe', 'bool'),
        may('query_options', 'object'),
      ],
      (args, context) => listUnspent(api, own(context), args),
    ],
    lockunspent: [
      'Keeps outputs from being chosen, or lets them.',
      [need('unlock', 'bool'), may('transactions', 'array'), may('persistent', 'bool')],
      (args, context) => {
        const wallet = own(context);
        const unlock = args.bool('unlock', false);
        const outputs = args.maybeArray('transactions');
        if (outputs === undefined) {
          if (unlock) wallet.locked.clear();
          return true;
        }
        const mayRepeat = args.bool('persistent', false);
        // All are checked before one is changed.
        const names = outputs.map((one) => lockable(api, wallet, parseObject(one), unlock, mayRepeat));
        for (const name of names) {
          if (unlock) wallet.locked.delete(name);
          else wallet.locked.add(name);
        }
        return true;
      },
    ],
    listlockunspent: [
      'Lists the outputs that are kept from being chosen.',
      [],
      (_, context) =>
        [...own(context).locked].map((name) => {
          const [txid, vout] = name.split(':');
          return { txid, vout: Number(vout) };
        }),
    ],
    getreceivedbyaddress: [
      'Returns how much an address has received.',
      [need('address', 'string'), may('minconf', 'number'), may('include_immature_coinbase', 'bool')],
      (args, context) => received(own(context), [readAddress(args.string('address'), format)], args),
    ],
    getreceivedbylabel: [
      'Returns how much the addresses of a name have received.',
      [need('label', 'string'), may('minconf', 'number'), may('include_immature_coinbase', 'bool')],
      (args, context) => {
        const wallet = own(context);
        const scripts = scriptsOf(wallet, args.string('label'));
        if (scripts.length === 0) throw rpcFailure(RPC_WALLET_ERROR, 'Label not found in wallet');
        return received(wallet, scripts, args);
      },
    ],
  });
}

/** The name of an output that may be locked, or unlocked. */
function lockable({ node }: Api, wallet: Wallet, output: Json, unlock: boolean, mayRepeat: boolean): string {
  checkMembers(output, { txid: 'string', vout: 'number' }, 'all');
  const { txid, vout } = output;
  const id = parseHash(txid, 'txid');
  const at = vout as number;
  if (at < 0) throw invalidParameter('Invalid parameter, vout cannot be negative');
  const known = wallet.history.transaction(id);
  if (known === undefined) throw invalidParameter('Invalid parameter, unknown transaction');
  if (known.tx.outputs[at] === undefined) {
    throw invalidParameter('Invalid parameter, vout index out of bounds');
  }
  if (node.coin(id, at) === undefined) throw invalidParameter('Invalid parameter, expected unspent output');
  const name = `${id}:${at}`;
  const isLocked = wallet.locked.has(name);
  if (unlock && !isLocked) throw invalidParameter('Invalid parameter, expected locked output');
  if (!unlock && isLocked && !mayRepeat) throw invalidParameter('Invalid parameter, output already locked');
  return name;
}

function received(wallet: Wallet, scripts: readonly Uint8Array[], args: Arguments): Amount {
  const mine = new Set(scripts.filter((script) => wallet.ownScript(script) !== undefined).map(hex));
  if (mine.size === 0) throw rpcFailure(RPC_WALLET_ERROR, 'Address not found in wallet');
  const least = args.integer('minconf', 1);
  const withImmature = args.bool('include_immature_coinbase', false);
  let sum = 0n;
  for (const entry of wallet.history.transactions()) {
    const depth = wallet.history.depthOf(entry);
    const immature = isCoinbase(entry.tx) && (depth < 1 || (depth <= COINBASE_MATURITY && !withImmature));
    if (depth < least || immature) continue;
    for (const { value, scriptPubKey } of entry.tx.outputs) if (mine.has(hex(scriptPubKey))) sum += value;
  }
  return amount(sum);
}

const QUERY_OPTIONS: MemberTypes = {
  minimumAmount: 'any',
  maximumAmount: 'any',
  minimumSumAmount: 'any',
  maximumCount: 'number',
  include_immature_coinbase: 'bool',
};

/** Which coins are listed by what they hold, and when there are enough. */
function queried(coins: readonly WalletCoin[], options: Json): WalletCoin[] {
  const { minimumAmount, maximumAmount, minimumSumAmount, maximumCount } = options;
  const limit = (value: unknown): bigint | undefined =>
    value === undefined ? undefined : parseAmountValue(value);
  const [least, most, enough] = [limit(minimumAmount), limit(maximumAmount), limit(minimumSumAmount)];
  const chosen: WalletCoin[] = [];
  let sum = 0n;
  for (const coin of coins) {
    const { value } = coin.output;
    if ((least !== undefined && value < least) || (most !== undefined && value > most)) continue;
    chosen.push(coin);
    sum += value;
    if (enough !== undefined && sum >= enough) break;
    if (typeof maximumCount === 'number' && maximumCount > 0 && chosen.length >= maximumCount) break;
  }
  return chosen;
}

function listUnspent(api: Api, wallet: Wallet, args: Arguments): readonly Json[] {
  const least = args.integer('minconf', 1);
  const most = args.integer('maxconf', 9_999_999);
  const includeUnsafe = args.bool('include_unsafe', true);
  const options = args.object('query_options');
  checkMembers(options, QUERY_OPTIONS);
  const immature = options['include_immature_coinbase'] === true;
  const wanted = new Set<string>();
  for (const one of args.maybeArray('addresses') ?? []) {
    const script = hex(readAddress(String(one), api.format));
    if (wanted.has(script)) throw invalidParameter(`Invalid parameter, duplicated address: ${String(one)}`);
    wanted.add(script);
  }
  const listed = wallet.coins().filter(({ id, vout, confirmations, safe, mature, output }) => {
    if ((!mature && !immature) || confirmations < least || confirmations > most) return false;
    if ((!safe && !includeUnsafe) || wallet.locked.has(`${id}:${vout}`)) return false;
    return wanted.size === 0 || wanted.has(hex(output.scriptPubKey));
  });
  return queried(listed, options).map((coin) => formatCoin(api, wallet, coin));
}

function formatCoin({ node, format }: Api, wallet: Wallet, coin: WalletCoin): Json {
  const { id, vout, output, own, confirmations, safe } = coin;
  const { descriptor } = own.source;
  const [shown] = descriptor.outputs(own.index);
  const entry = node.pool.get(id);
  const ancestors = entry && node.pool.totalsOf(ancestorsOf([entry]));
  return {
    txid: id,
    vout,
    address: scriptToAddress(output.scriptPubKey, format),
    label: wallet.labelOf(output.scriptPubKey),
    scriptPubKey: hex(output.scriptPubKey),
    amount: amount(output.value),
    confirmations,
    ancestorcount: ancestors?.count,
    ancestorsize: ancestors?.vsize,
    ancestorfees: ancestors?.fees,
    redeemScript: shown?.redeemScript && hex(shown.redeemScript),
    witnessScript: shown?.witnessScript && hex(shown.witnessScript),
    spendable: wallet.privateKeysEnabled,
    solvable: descriptor.isSolvable,
    desc: descriptor.isSolvable ? withChecksum(specialise(descriptor, own.index, 0, format)) : undefined,
    parent_descs: [descriptor.toText('normalized')],
    safe,
  };
}
