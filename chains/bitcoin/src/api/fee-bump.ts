import { hashToHex, type TxOutput } from '@ninefold/vm-bitcoin-script';
import { createPsbt } from '../psbt/edit.ts';
import { feeAt } from '../spec/policy.ts';
import { feeRateOf, formatMoney } from '../tx/amount.ts';
import { outputWeight, overheadWeight } from '../wallet/input-weight.ts';
import { signTransaction } from '../wallet/sign.ts';
import { feeFor, fundTransaction, type Funded, weightOfCoin } from '../wallet/spend.ts';
import type { Wallet, WalletCoin } from '../wallet/wallet.ts';
import type { WalletTransaction } from '../wallet/history.ts';
import type { Api } from './api.ts';
import { checkFeeOptions, FEE_OPTIONS, parseRate, rateOf } from './fee-options.ts';
import { invalidParameter, notFound, RPC_MISC_ERROR, RPC_WALLET_ERROR, rpcFailure } from './errors.ts';
import type { Json } from './format.ts';
import { fundFault, isFundError, MAX_TX_FEE, spendable } from './funding.ts';
import { amount } from './json.ts';
import { sendTransaction, signalsReplacement } from './mempool.ts';
import { type CallContext, may, type MemberTypes, methodsOf, need, type RpcMethods } from './method.ts';
import { MAX_BIP125_RBF_SEQUENCE, readOutputs } from './outputs.ts';
import { checkMembers, parseHash } from './parse.ts';
import { updatePsbt, writePsbt } from './psbt.ts';
import { changeTypeOf } from './wallet-addresses.ts';

/** What wallets pay more for each 1000 virtual bytes at least, whatever nodes ask for now. */
const WALLET_INCREMENTAL_FEE_RATE = 5000;

const OPTIONS: MemberTypes = {
  ...FEE_OPTIONS,
  replaceable: 'bool',
  outputs: 'any',
  original_change_index: 'number',
};

/** Methods that replace a transaction of the wallet by one that pays more. */
export function feeBumpMethods(api: Api): RpcMethods {
  const own = ({ wallet }: CallContext): Wallet => api.wallets.of(wallet);
  const params = [need('txid', 'string'), may('options', 'object')];
  return methodsOf('Wallet', {
    bumpfee: [
      'Replaces a transaction of the wallet by one that pays more.',
      params,
      (args, context) => {
        const wallet = own(context);
        if (!wallet.privateKeysEnabled) {
          throw rpcFailure(
            RPC_WALLET_ERROR,
            'bumpfee is not available with wallets that have private keys disabled. Use psbtbumpfee instead.',
          );
        }
        const { funded, original, oldFee } = bump(api, wallet, args.any('txid'), args.object('options'));
        const spent = funded.coins.map(({ output }) => output);
        const { tx, unsolved } = signTransaction(funded.tx, spent, { ring: wallet.ring });
        if (unsolved.length > 0) throw rpcFailure(RPC_WALLET_ERROR, "Can't sign transaction.");
        const txid = sendTransaction(api, tx, { maxFeeRate: 0n, maxBurn: 0n });
        const replacement = wallet.history.transaction(txid);
        for (const [name, note] of original.notes) replacement?.notes.set(name, note);
        replacement?.notes.set('replaces_txid', original.id);
        original.notes.set('replaced_by_txid', txid);
        return { txid, origfee: amount(oldFee), fee: amount(funded.fee), errors: [] };
      },
    ],
    psbtbumpfee: [
      'As bumpfee, but makes a PSBT.',
      params,
      (args, context) => {
        const wallet = own(context);
        const { funded, oldFee } = bump(api, wallet, args.any('txid'), args.object('options'));
        const psbt = updatePsbt(api, createPsbt(funded.tx), wallet.ring);
        return { psbt: writePsbt(psbt), origfee: amount(oldFee), fee: amount(funded.fee), errors: [] };
      },
    ],
  });
}

type Bump = { readonly funded: Funded; readonly original: WalletTransaction; readonly oldFee: bigint };

/** The same inputs and payments, a higher fee taken from change or from more coins. */
function bump(api: Api, wallet: Wallet, txid: unknown, options: Json): Bump {
  const id = parseHash(txid, 'txid');
  checkMembers(options, OPTIONS);
  checkFeeOptions(options);
  const given = options['outputs'] === undefined ? undefined : readOutputs(options['outputs'], api.format);
  if (given?.length === 0) {
    throw invalidParameter('Invalid parameter, output argument cannot be an empty array');
  }
  const changeAt = options['original_change_index'] as number | undefined;
  if (given !== undefined && changeAt !== undefined) {
    throw invalidParameter(
      "The options 'outputs' and 'original_change_index' are incompatible. You can only either specify a new set of outputs, or designate a change output to be recycled.",
    );
  }
  const original = wallet.history.transaction(id);
  if (original === undefined) throw notFound('Invalid or non-wallet transaction id');
  if (changeAt !== undefined && original.tx.outputs[changeAt] === undefined) {
    throw invalidParameter('Change position is out of range');
  }
  checkReplaceable(api, wallet, original);
  const preset = ownInputs(wallet, original);
  const sum = (outputs: readonly TxOutput[]): bigint => outputs.reduce((all, { value }) => all + value, 0n);
  const oldFee = sum(preset.map(({ output }) => output)) - sum(original.tx.outputs);
  const outputs = given ?? original.tx.outputs;
  const isChange = ({ scriptPubKey }: TxOutput, i: number): boolean =>
    changeAt === undefined ? wallet.isChange(scriptPubKey) : i === changeAt;
  const change = outputs.findLast(isChange);
  const payments = outputs.filter((output, i) => !isChange(output, i));
  const feeRate = newRate(api, original, oldFee, options, { preset, outputs });
  // A transaction that only goes back to the wallet pays from what goes back.
  const onlyChange = payments.length === 0 && change !== undefined;
  const form = changeTypeOf(wallet);
  try {
    const funded = fundTransaction({
      preset,
      // What is not confirmed may not be added (BIP 125, rule 2).
      available: spendable(wallet).filter(({ confirmations }) => confirmations > 0),
      outputs: onlyChange ? [{ ...change, value: sum(outputs) }] : payments,
      subtractFrom: onlyChange ? [0] : [],
      feeRate,
      changeScript: change === undefined || onlyChange ? wallet.peekScript(form, true) : change.scriptPubKey,
      locktime: original.tx.locktime,
      sequence: options['replaceable'] === false ? MAX_BIP125_RBF_SEQUENCE + 1 : MAX_BIP125_RBF_SEQUENCE,
      dustRate: api.node.policy.dustRelayFeeRate,
      version: original.tx.version,
    });
    if (funded.changePosition >= 0 && change === undefined) wallet.nextScript(form, true);
    return { funded, original, oldFee };
  } catch (error) {
    if (!isFundError(error)) throw error;
    throw rpcFailure(RPC_WALLET_ERROR, `Unable to create transaction. ${fundFault(error, wallet)}`);
  }
}

function checkReplaceable({ node: { pool } }: Api, wallet: Wallet, original: WalletTransaction): void {
  const entry = pool.get(original.id);
  if (wallet.history.isSpentHere(original))
    throw invalidParameter('Transaction has descendants in the wallet');
  if (entry !== undefined && entry.children.size > 0) {
    throw invalidParameter('Transaction has descendants in the mempool');
  }
  if (wallet.history.depthOf(original) !== 0) {
    throw rpcFailure(
      RPC_WALLET_ERROR,
      'Transaction has been mined, or is conflicted with a mined transaction',
    );
  }
  if (!signalsReplacement(original.tx, undefined)) {
    throw rpcFailure(RPC_WALLET_ERROR, 'Transaction is not BIP 125 replaceable');
  }
  const later = original.notes.get('replaced_by_txid');
  if (later !== undefined) {
    throw rpcFailure(
      RPC_WALLET_ERROR,
      `Cannot bump transaction ${original.id} which was already bumped by transaction ${later}`,
    );
  }
  if (!wallet.history.isAllMine(original)) {
    throw rpcFailure(RPC_WALLET_ERROR, "Transaction contains inputs that don't belong to this wallet");
  }
}

/** What a transaction of the wallet alone spends: coins once more, since they are given to the replacement. */
function ownInputs(wallet: Wallet, { tx }: WalletTransaction): WalletCoin[] {
  return tx.inputs.map(({ prevout }, i): WalletCoin => {
    const output = wallet.history.spentBy(tx, i);
    const own = output && wallet.ownScript(output.scriptPubKey);
    const id = hashToHex(prevout.txid);
    if (output === undefined || own === undefined) {
      throw rpcFailure(RPC_MISC_ERROR, `${id}:${prevout.vout} is already spent`);
    }
    const state = { confirmations: 1, coinbase: false, trusted: true, safe: true, mature: true };
    return { id, vout: prevout.vout, output, own, ...state };
  });
}

/** The rate that was asked for, when it suffices, or one that does. */
function newRate(
  api: Api,
  { id }: WalletTransaction,
  oldFee: bigint,
  options: Json,
  old: { readonly preset: readonly WalletCoin[]; readonly outputs: readonly TxOutput[] },
): bigint {
  const { policy, pool } = api.node;
  const increment = Math.max(policy.incrementalRelayFeeRate, WALLET_INCREMENTAL_FEE_RATE);
  const weight =
    overheadWeight(old.preset.length, old.outputs.length) +
    old.preset.reduce((sum, coin) => sum + weightOfCoin(coin), 0) +
    old.outputs.reduce((sum, output) => sum + outputWeight(output), 0);
  const vsize = Math.ceil(weight / 4);
  if (options['fee_rate'] === undefined) {
    // The old rate was rounded down: one more makes up for it.
    const least = feeRateOf(oldFee, pool.get(id)?.vsize ?? vsize) + 1n + BigInt(increment);
    const chosen = rateOf(api, options);
    return chosen > least ? chosen : least;
  }
  const rate = parseRate(options['fee_rate']);
  const relayed = BigInt(policy.minRelayFeeRate);
  if (rate < relayed) {
    throw rpcFailure(
      RPC_WALLET_ERROR,
      `New fee rate (${formatMoney(rate)}) is lower than the minimum fee rate (${formatMoney(relayed)}) to get into the mempool -- `,
    );
  }
  const [fee, more] = [feeFor(rate, weight), feeAt(increment, vsize)];
  if (fee < oldFee + more) {
    throw invalidParameter(
      `Insufficient total fee ${formatMoney(fee)}, must be at least ${formatMoney(oldFee + more)} ` +
        `(oldFee ${formatMoney(oldFee)} + incrementalFee ${formatMoney(more)})`,
    );
  }
  if (fee > MAX_TX_FEE) {
    throw rpcFailure(
      RPC_WALLET_ERROR,
      `Specified or calculated fee ${formatMoney(fee)} is too high (cannot be higher than -maxtxfee ${formatMoney(MAX_TX_FEE)})`,
    );
  }
  return rate;
}
