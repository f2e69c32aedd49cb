import {
  encodeTransaction,
  hashToHex,
  type Transaction,
  txidOf,
  type TxOutput,
} from '@ninefold/vm-bitcoin-script';
import { createPsbt } from '../psbt/edit.ts';
import { extractPsbt, finalizePsbt, signPsbt } from '../psbt/roles.ts';
import { signTransaction } from '../wallet/sign.ts';
import type { Wallet } from '../wallet/wallet.ts';
import type { Api } from './api.ts';
import { feeReason, withFeeArguments } from './fee-options.ts';
import { invalidParameter, RPC_WALLET_ERROR, RPC_WALLET_INSUFFICIENT_FUNDS, rpcFailure } from './errors.ts';
import { hex, type Json } from './format.ts';
import { emptyWallet } from './empty-wallet.ts';
import { fund, fundGiven } from './funding.ts';
import { amount } from './json.ts';
import { sendTransaction } from './mempool.ts';
import { type Arguments, type CallContext, may, methodsOf, need, type RpcMethods } from './method.ts';
import { readAddress, readOutputs } from './outputs.ts';
import { parseAmountValue, parseObject, parseTransaction } from './parse.ts';
import { updatePsbt, writePsbt } from './psbt.ts';

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
        const scriptPubKey = readAddress(args.string('address'), format);
        const value = parseAmountValue(args.any('amount'));
        return pay(api, own(context), [{ value, scriptPubKey }], args, {
          subtract_fee_from_outputs: args.bool('subtractfeefromamount', false) ? [0] : [],
        });
      },
    ],
    sendmany: [
      'Sends amounts to addresses.',
      [
        may('dummy', 'string'),
        need('amounts', 'object'),
        may('minconf', 'number', 'ignored'),
        may('comment', 'string'),
        may('subtractfeefrom', 'array'),
        may('replaceable', 'bool'),
        may('conf_target', 'number'),
        may('estimate_mode', 'string'),
        may('fee_rate', 'amount'),
        may('verbose', 'bool'),
      ],
      (args, context) => {
        if ((args.maybeString('dummy') ?? '') !== '') throw invalidParameter('Dummy value must be set to ""');
        const amounts = args.object('amounts');
        const names = Object.keys(amounts);
        const from = (args.maybeArray('subtractfeefrom') ?? []).map((name) => {
          const at = names.indexOf(String(name));
          if (at >= 0) return at;
          throw invalidParameter(
            `Invalid parameter 'subtract fee from output', destination ${String(name)} not found in tx outputs`,
          );
        });
        return pay(api, own(context), readOutputs(amounts, format), args, {
          subtract_fee_from_outputs: from,
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
        const options = withFeeArguments(args.object('options'), feeArguments(args));
        const outputs = readOutputs(args.any('outputs'), format);
        const version = args.longInteger('version', 2);
        return deliver(api, wallet, fund(api, wallet, outputs, options, { version }).tx, options);
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
        const options = withFeeArguments(args.object('options'), feeArguments(args));
        return deliver(api, wallet, emptyWallet(api, wallet, args.array('recipients'), options), options);
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
        const version = args.longInteger('version', 2);
        const funded = fund(api, wallet, outputs, options, { version, anyRate: true });
        const { tx, fee, changePosition } = funded;
        const psbt = updatePsbt(api, createPsbt(tx), wallet.ring);
        return { psbt: writePsbt(psbt), fee: amount(fee), changepos: changePosition };
      },
    ],
  });
}

function feeArguments(args: Arguments): Json {
  return {
    fee_rate: args.any('fee_rate'),
    conf_target: args.any('conf_target'),
    estimate_mode: args.any('estimate_mode'),
  };
}

/** The payment of `sendtoaddress` and `sendmany`: signed and sent at once. */
function pay(
  api: Api,
  wallet: Wallet,
  outputs: readonly TxOutput[],
  args: Arguments,
  more: Json,
): string | Json {
  const options = { ...feeArguments(args), replaceable: args.any('replaceable'), ...more };
  if (!wallet.privateKeysEnabled)
    throw rpcFailure(RPC_WALLET_ERROR, 'Error: Private keys are disabled for this wallet');
  const reason = feeReason(api, options);
  const { tx, coins } = fund(api, wallet, outputs, options, { code: RPC_WALLET_INSUFFICIENT_FUNDS });
  const spent = coins.map(({ output }) => output);
  const { tx: signed, unsolved } = signTransaction(tx, spent, { ring: wallet.ring });
  if (unsolved.length > 0) throw rpcFailure(RPC_WALLET_INSUFFICIENT_FUNDS, 'Signing transaction failed');
  const txid = sendTransaction(api, signed, { maxFeeRate: 0n, maxBurn: 0n });
  const { notes } = wallet.history.transaction(txid) ?? {};
  for (const [name, note] of [
    ['comment', 'comment'],
    ['comment_to', 'to'],
  ] as const) {
    const text = args.maybeString(name) ?? '';
    if (text !== '') notes?.set(note, text);
  }
  return args.bool('verbose', false) ? { txid, fee_reason: reason } : txid;
}

/** What `send` gives: the transaction sent, or what is needed to finish it. */
function deliver(api: Api, wallet: Wallet, tx: Transaction, options: Json): Json {
  const psbt = updatePsbt(api, createPsbt(tx), wallet.ring);
  const signed = wallet.privateKeysEnabled ? signPsbt(psbt, wallet.ring) : psbt;
  const final = finalizePsbt(signed, wallet.ring);
  if (!final.complete) return { psbt: writePsbt(signed), complete: false };
  const whole = extractPsbt(final.psbt);
  if (options['psbt'] === true || options['add_to_wallet'] === false) {
    const txid = hashToHex(txidOf(whole));
    return { psbt: writePsbt(final.psbt), txid, hex: hex(encodeTransaction(whole)), complete: true };
  }
  return { txid: sendTransaction(api, whole, { maxFeeRate: 0n, maxBurn: 0n }), complete: true };
}
