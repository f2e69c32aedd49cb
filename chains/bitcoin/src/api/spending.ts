import { type Bytes, isNinefoldError } from '@ninefold/base';
import { isRpcError } from '@ninefold/rpc';
import {
  encodeTransaction,
  hashToHex,
  SEQUENCE_FINAL,
  type Transaction,
  txidOf,
  type TxOutput,
} from '@ninefold/vm-bitcoin-script';
import { createPsbt } from '../psbt/edit.ts';
import { extractPsbt, finalizePsbt, signPsbt } from '../psbt/roles.ts';
import { signTransaction } from '../wallet/sign.ts';
import { fundTransaction, type Funded } from '../wallet/spend.ts';
import type { Wallet, WalletCoin } from '../wallet/wallet.ts';
import type { Api } from './api.ts';
import {
  invalidParameter,
  notFound,
  RPC_MISC_ERROR,
  RPC_WALLET_ERROR,
  RPC_WALLET_INSUFFICIENT_FUNDS,
  rpcFailure,
} from './errors.ts';
import { hex, type Json } from './format.ts';
import { amount } from './json.ts';
import { sendTransaction } from './mempool.ts';
import { type CallContext, may, methodsOf, need, type RpcMethods } from './method.ts';
import { MAX_BIP125_RBF_SEQUENCE, readAddress, readOutputs } from './outputs.ts';
import { parseAmountValue, parseHash, parseTransaction, parseList, parseObject } from './parse.ts';
import { updatePsbt, writePsbt } from './psbt.ts';
import { freshScript, typeOf } from './wallet.ts';

/** Satoshi for a virtual byte that a rate of `fee_rate` is in, as 1000 of them. */
const PER_KVB = 1000;
const DEFAULT_CONF_TARGET = 6;
/** 0.10 BTC: what a wallet pays at most. */
const MAX_TX_FEE = 10_000_000n;
const INSUFFICIENT = 'Insufficient funds';

/** Methods by which a wallet pays. */
export function spendingMethods(api: Api): RpcMethods {
  const { format, wallets } = api;
  const own = ({ wallet }: CallContext): Wallet => wallets.of(wallet);

  return methodsOf('Wallet', {
    sendtoaddress: [
      'Sends an amount to an address.',
      [
        need('address', 'string'),
        need('amount', 'amount'),
        may('comment', 'string'),
        may('comment_to', 'string'),
        may('subtractfeefromamount', 'bool'),
        may('replaceable', 'bool'),
        may('conf_target', 'number'),
        may('estimate_mode', 'string'),
        may('avoid_reuse', 'bool'),
        may('fee_rate', 'amount', 'satoshi for a virtual byte'),
        may('verbose', 'bool'),
      ],
      (args, context) => {
        const outputs = [
          {
            value: positive(parseAmountValue(args.any('amount'))),
            scriptPubKey: readAddress(args.string('address'), format),
          },
        ];
        const txid = pay(api, own(context), outputs, {
          subtract_fee_from_outputs: args.bool('subtractfeefromamount', false) ? [0] : [],
          replaceable: args.any('replaceable'),
          fee_rate: args.any('fee_rate'),
          conf_target: args.any('conf_target'),
        });
        return args.bool('verbose', false) ? { txid, fee_reason: 'Fallback fee' } : txid;
      },
    ],
    sendmany: [
      'Sends amounts to addresses.',
      [
        may('dummy', 'string'),
        need('amounts', 'object'),
        may('minconf', 'number'),
        may('comment', 'string'),
        may('subtractfeefrom', 'array'),
        may('replaceable', 'bool'),
        may('conf_target', 'number'),
        may('estimate_mode', 'string'),
        may('fee_rate', 'amount'),
        may('verbose', 'bool'),
      ],
      (args, context) => {
        const amounts = args.object('amounts');
        const names = Object.keys(amounts);
        const from = (args.maybeArray('subtractfeefrom') ?? []).map((name) => names.indexOf(String(name)));
        if (from.includes(-1))
          throw invalidParameter(
            "Invalid parameter 'subtract fee from output', destination not found in tx outputs",
          );
        return pay(api, own(context), readOutputs(amounts, format), {
          subtract_fee_from_outputs: from,
          replaceable: args.any('replaceable'),
          fee_rate: args.any('fee_rate'),
        });
      },
    ],
    send: [
      'Sends to outputs, or makes the PSBT to do so.',
      [
        need('outputs', 'any'),
        may('conf_target', 'number'),
        may('estimate_mode', 'string'),
        may('fee_rate', 'amount'),
        may('options', 'object'),
        may('version', 'number'),
      ],
      (args, context) => {
        const wallet = own(context);
        const options = {
          fee_rate: args.any('fee_rate'),
          conf_target: args.any('conf_target'),
          ...args.object('options'),
        };
        const funded = fund(
          api,
          wallet,
          readOutputs(args.any('outputs'), format),
          options,
          args.integer('version', 2),
        );
        return deliver(api, wallet, funded, options);
      },
    ],
    sendall: [
      'Sends all that can be spent.',
      [
        need('recipients', 'array'),
        may('conf_target', 'number'),
        may('estimate_mode', 'string'),
        may('fee_rate', 'amount'),
        may('options', 'object'),
      ],
      (args, context) => {
        const wallet = own(context);
        const options = { fee_rate: args.any('fee_rate'), ...args.object('options') };
        const recipients = args.array('recipients');
        const [last] = recipients;
        if (recipients.length !== 1 || typeof last !== 'string') {
          throw invalidParameter('Exactly one address without an amount is supported as recipient');
        }
        const coins = spendable(wallet);
        const total = coins.reduce((sum, { output }) => sum + output.value, 0n);
        if (total === 0n)
          throw rpcFailure(
            RPC_WALLET_INSUFFICIENT_FUNDS,
            "Total value of UTXO pool too low to pay for transaction. Try using lower feerate or excluding uneconomic UTXOs with 'send_max' option.",
          );
        const outputs = [{ value: total, scriptPubKey: readAddress(last, format) }];
        const funded = fund(api, wallet, outputs, {
          ...options,
          subtract_fee_from_outputs: [0],
          inputs: coins.map(({ id, vout }) => ({ txid: id, vout })),
        });
        return deliver(api, wallet, funded, options);
      },
    ],
    fundrawtransaction: [
      'Adds inputs and change to a transaction.',
      [need('hexstring', 'string'), may('options', 'any'), may('iswitness', 'bool')],
      (args, context) => {
        // A transaction without inputs reads as one with witnesses: the older form is tried first.
        const tx = parseTransaction(args.string('hexstring'), {
          witness: (args.any('iswitness') as boolean | undefined) ?? false,
        });
        const options = parseObject(args.any('options') ?? {});
        const { tx: funded, fee, changePosition } = fundGiven(api, own(context), tx, options);
        return { hex: hex(encodeTransaction(funded)), fee: amount(fee), changepos: changePosition };
      },
    ],
    walletcreatefundedpsbt: [
      'Makes a PSBT whose inputs the wallet has chosen.',
      [
        may('inputs', 'array'),
        need('outputs', 'any'),
        may('locktime', 'number'),
        may('options', 'object'),
        may('bip32derivs', 'bool'),
        may('version', 'number'),
      ],
      (args, context) => {
        const wallet = own(context);
        const options = {
          ...args.object('options'),
          locktime: args.any('locktime') ?? 0,
          inputs: args.maybeArray('inputs') ?? [],
        };
        const outputs = readOutputs(args.any('outputs'), format);
        const { tx, fee, changePosition } = fund(api, wallet, outputs, options, args.integer('version', 2));
        const psbt = updatePsbt(api, createPsbt(tx), wallet.ring);
        return { psbt: writePsbt(psbt), fee: amount(fee), changepos: changePosition };
      },
    ],
    bumpfee: [
      'Replaces a transaction of the wallet by one that pays more.',
      [need('txid', 'string'), may('options', 'object')],
      (args, context) => {
        const { funded, original, oldFee } = bump(
          api,
          own(context),
          parseHash(args.any('txid'), 'txid'),
          args.object('options'),
        );
        const { tx, unsolved } = signTransaction(
          funded.tx,
          funded.coins.map(({ output }) => output),
          { ring: own(context).ring },
        );
        if (unsolved.length > 0) throw rpcFailure(RPC_WALLET_ERROR, "Can't sign transaction.");
        const txid = sendTransaction(api, tx, { maxFeeRate: 0n, maxBurn: 0n });
        return { txid, origfee: amount(oldFee), fee: amount(funded.fee), errors: [], replaces: original };
      },
    ],
    psbtbumpfee: [
      'As bumpfee, but makes a PSBT.',
      [need('txid', 'string'), may('options', 'object')],
      (args, context) => {
        const wallet = own(context);
        const { funded, oldFee } = bump(
          api,
          wallet,
          parseHash(args.any('txid'), 'txid'),
          args.object('options'),
        );
        const psbt = updatePsbt(api, createPsbt(funded.tx), wallet.ring);
        return { psbt: writePsbt(psbt), origfee: amount(oldFee), fee: amount(funded.fee), errors: [] };
      },
    ],
  });
}

function positive(value: bigint): bigint {
  if (value <= 0n) throw rpcFailure(-3, 'Invalid amount for send');
  return value;
}

/** What may be chosen: ripe, trusted and not locked. */
function spendable(wallet: Wallet): WalletCoin[] {
  return wallet
    .coins()
    .filter(({ id, vout, mature, trusted }) => mature && trusted && !wallet.locked.has(`${id}:${vout}`));
}

/** Satoshi for 1000 virtual bytes: what was asked for, what is estimated, or the fallback. */
function rateOf(
  { node, fallbackFeeRate }: Api,
  { fee_rate: rate, feeRate, conf_target: target }: Json,
): bigint {
  if (rate !== undefined && feeRate !== undefined) {
    throw invalidParameter('Cannot specify both fee_rate (sat/vB) and feeRate (BTC/kvB)');
  }
  if (feeRate !== undefined) return parseAmountValue(feeRate);
  if (rate !== undefined) return BigInt(Math.round(Number(rate) * PER_KVB));
  const estimate = node.estimator.estimate(typeof target === 'number' ? target : DEFAULT_CONF_TARGET);
  if (estimate === undefined && fallbackFeeRate === 0) {
    throw rpcFailure(
      RPC_WALLET_ERROR,
      'Fee estimation failed. Fallbackfee is disabled. Wait a few blocks or enable -fallbackfee.',
    );
  }
  const least = BigInt(node.policy.minRelayFeeRate);
  const chosen = estimate ?? BigInt(fallbackFeeRate);
  return chosen < least ? least : chosen;
}

/** Chooses inputs and change for outputs. */
export function fund(
  api: Api,
  wallet: Wallet,
  outputs: readonly TxOutput[],
  options: Json,
  version = 2,
): Funded {
  const { node } = api;
  const inputs = parseList(options['inputs']).map(parseObject);
  const coins = wallet.coins();
  const preset = inputs.map(({ txid, vout }) => {
    const id = parseHash(txid, 'txid');
    const coin = coins.find((one) => one.id === id && one.vout === vout);
    if (coin === undefined) {
      throw rpcFailure(
        RPC_WALLET_ERROR,
        `Not solvable pre-selected input COutPoint(${id.slice(0, 10)}, ${Number(vout)})`,
      );
    }
    return coin;
  });
  const adds = options['add_inputs'] === true || (options['add_inputs'] === undefined && inputs.length === 0);
  const locktime = typeof options['locktime'] === 'number' ? options['locktime'] : node.chain.tip.height;
  const replaceable = options['replaceable'] !== false;
  const change = options['changeAddress'] ?? options['change_address'];
  const position = options['changePosition'] ?? options['change_position'];
  const subtract = parseList(options['subtractFeeFromOutputs'] ?? options['subtract_fee_from_outputs']).map(
    Number,
  );
  if (subtract.some((i) => outputs[i] === undefined)) {
    throw invalidParameter('Invalid parameter, value out of bounds for subtract_fee_from_outputs');
  }
  if (new Set(subtract).size !== subtract.length) {
    throw invalidParameter('Invalid parameter, duplicated position in subtract_fee_from_outputs');
  }
  const lockUnspents = options['lockUnspents'] ?? options['lock_unspents'];
  let changeScript: Bytes | undefined;
  try {
    const funded = fundTransaction({
      preset,
      available: adds ? spendable(wallet) : [],
      outputs,
      feeRate: rateOf(api, options),
      changeScript: () =>
        (changeScript ??=
          typeof change === 'string' ? readAddress(change, api.format) : changeScriptOf(wallet, options)),
      changePosition: typeof position === 'number' && position >= 0 ? position : undefined,
      subtractFrom: subtract,
      locktime,
      sequence: replaceable ? MAX_BIP125_RBF_SEQUENCE : SEQUENCE_FINAL - 1,
      sequences: inputs.map(({ sequence }) => (typeof sequence === 'number' ? sequence : undefined)),
      dustRate: node.policy.dustRelayFeeRate,
      version,
    });
    if (funded.fee > MAX_TX_FEE)
      throw rpcFailure(
        RPC_WALLET_ERROR,
        'Fee exceeds maximum configured by user (e.g. -maxtxfee, maxfeerate)',
      );
    if (lockUnspents === true) for (const { id, vout } of funded.coins) wallet.locked.add(`${id}:${vout}`);
    return funded;
  } catch (error) {
    if (isNinefoldError(error, 'FUND_INSUFFICIENT')) {
      throw rpcFailure(
        adds && inputs.length === 0 ? RPC_WALLET_INSUFFICIENT_FUNDS : RPC_WALLET_ERROR,
        INSUFFICIENT,
      );
    }
    if (isNinefoldError(error, 'FUND_TOO_SMALL'))
      throw rpcFailure(RPC_WALLET_INSUFFICIENT_FUNDS, error.message);
    throw error;
  }
}

function changeScriptOf(wallet: Wallet, { change_type: type }: Json): Bytes {
  try {
    return freshScript(wallet, typeOf(type as string | undefined), true);
  } catch (error) {
    const text = "Transaction needs a change address, but we can't generate it.";
    if (isRpcError(error)) throw rpcFailure(RPC_WALLET_ERROR, `${text} ${error.message}`);
    throw error;
  }
}

function fundGiven(api: Api, wallet: Wallet, tx: Transaction, options: Json): Funded {
  return fund(
    api,
    wallet,
    tx.outputs,
    {
      add_inputs: true,
      locktime: tx.locktime,
      ...options,
      inputs: tx.inputs.map(({ prevout, sequence }) => ({
        txid: hashToHex(prevout.txid),
        vout: prevout.vout,
        sequence,
      })),
    },
    tx.version,
  );
}

function requirePrivateKeys({ privateKeysEnabled }: Wallet): void {
  if (!privateKeysEnabled)
    throw rpcFailure(RPC_WALLET_ERROR, 'Error: Private keys are disabled for this wallet');
}

function signAll(wallet: Wallet, { tx, coins }: Funded): Transaction {
  const { tx: signed, unsolved } = signTransaction(
    tx,
    coins.map(({ output }) => output),
    { ring: wallet.ring },
  );
  if (unsolved.length > 0) throw rpcFailure(RPC_WALLET_ERROR, 'Signing transaction failed');
  return signed;
}

function pay(api: Api, wallet: Wallet, outputs: readonly TxOutput[], options: Json): string {
  requirePrivateKeys(wallet);
  const tx = signAll(wallet, fund(api, wallet, outputs, options));
  return sendTransaction(api, tx, { maxFeeRate: 0n, maxBurn: 0n });
}

/** What `send` gives: the transaction sent, or what is needed to finish it. */
function deliver(api: Api, wallet: Wallet, funded: Funded, options: Json): Json {
  const psbt = updatePsbt(api, createPsbt(funded.tx), wallet.ring);
  const signed = wallet.privateKeysEnabled ? signPsbt(psbt, wallet.ring) : psbt;
  const final = finalizePsbt(signed, wallet.ring);
  const asPsbt = options['psbt'] === true;
  const adds = options['add_to_wallet'] !== false;
  if (!final.complete || asPsbt || !adds) {
    return {
      psbt: writePsbt(final.complete ? final.psbt : signed),
      hex: final.complete && !asPsbt ? hex(encodeTransaction(extractPsbt(final.psbt))) : undefined,
      txid: final.complete && !asPsbt ? hashToHex(txidOf(extractPsbt(final.psbt))) : undefined,
      complete: final.complete,
    };
  }
  const txid = sendTransaction(api, extractPsbt(final.psbt), { maxFeeRate: 0n, maxBurn: 0n });
  return { txid, complete: true };
}

/** The transaction that replaces one of the wallet: the same inputs and payments, a higher fee from change. */
function bump(
  api: Api,
  wallet: Wallet,
  txid: string,
  options: Json,
): { readonly funded: Funded; readonly original: string; readonly oldFee: bigint } {
  const found = wallet.transaction(txid);
  if (found === undefined) throw notFound('Invalid or non-wallet transaction id');
  const entry = api.node.pool.get(txid);
  if (entry === undefined)
    throw rpcFailure(
      RPC_WALLET_ERROR,
      'Transaction has been mined, or is conflicted with a mined transaction',
    );
  if (entry.children.size > 0) throw invalidParameter('Transaction has descendants in the mempool');
  if (!wallet.isFromMe(found)) {
    throw rpcFailure(RPC_WALLET_ERROR, "Transaction contains inputs that don't belong to this wallet");
  }
  const { tx, fee: oldFee } = entry;
  const change = tx.outputs.findIndex(
    ({ scriptPubKey }) => wallet.ownScript(scriptPubKey)?.source.internal === true,
  );
  const kept = tx.outputs.filter((_, i) => i !== change);
  const least =
    (oldFee * 1000n) / BigInt(entry.vsize) + BigInt(api.node.policy.incrementalRelayFeeRate) + 1000n;
  const asked =
    options['fee_rate'] === undefined ? undefined : BigInt(Math.round(Number(options['fee_rate']) * PER_KVB));
  if (asked !== undefined && asked < least - 1000n) {
    throw invalidParameter(
      `Insufficient total fee ${Number(asked) / 1e8}, must be at least ${Number(least) / 1e8} (oldFee + incrementalFee)`,
    );
  }
  const preset = tx.inputs.map(({ prevout }, i): WalletCoin => {
    const output = wallet.spentBy(tx, i);
    const own = output && wallet.ownScript(output.scriptPubKey);
    if (output === undefined || own === undefined) throw rpcFailure(RPC_MISC_ERROR, 'An input is not known');
    const id = hashToHex(prevout.txid);
    return {
      id,
      vout: prevout.vout,
      output,
      own,
      confirmations: 1,
      coinbase: false,
      trusted: true,
      mature: true,
    };
  });
  try {
    const funded = fundTransaction({
      preset,
      available: spendable(wallet).filter(({ confirmations }) => confirmations > 0),
      outputs: kept,
      feeRate: asked ?? least,
      changeScript: () => tx.outputs[change]?.scriptPubKey ?? freshScript(wallet, typeOf(undefined), true),
      changePosition: change < 0 ? undefined : change,
      locktime: tx.locktime,
      sequence: MAX_BIP125_RBF_SEQUENCE,
      dustRate: api.node.policy.dustRelayFeeRate,
      version: tx.version,
    });
    return { funded, original: txid, oldFee };
  } catch (error) {
    if (isNinefoldError(error, 'FUND_INSUFFICIENT'))
      throw rpcFailure(RPC_WALLET_ERROR, `Unable to create transaction. ${INSUFFICIENT}`);
    throw error;
  }
}
