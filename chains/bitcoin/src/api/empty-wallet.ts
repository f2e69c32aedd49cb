import { EMPTY_BYTES } from '@ninefold/base';
import {
  hashToHex,
  hexToHash,
  SEQUENCE_FINAL,
  type Transaction,
  type TxInput,
  type TxOutput,
} from '@ninefold/vm-bitcoin-script';
import { dustThreshold } from '../pool/standard.ts';
import { MAX_STANDARD_TX_WEIGHT } from '../spec/policy.ts';
import { scriptToAddress } from '../tx/address.ts';
import { outputWeight, overheadWeight } from '../wallet/input-weight.ts';
import { feeFor, weightOfCoin } from '../wallet/spend.ts';
import type { Wallet, WalletCoin } from '../wallet/wallet.ts';
import type { Api } from './api.ts';
import { checkFeeOptions, FEE_OPTIONS, lowestRate, rateOf } from './fee-options.ts';
import { invalidParameter, RPC_WALLET_ERROR, RPC_WALLET_INSUFFICIENT_FUNDS, rpcFailure } from './errors.ts';
import type { Json } from './format.ts';
import { MAX_FEE_EXCEEDED, MAX_TX_FEE, spendable } from './funding.ts';
import type { MemberTypes } from './method.ts';
import { MAX_BIP125_RBF_SEQUENCE, readTransaction } from './outputs.ts';
import { checkMembers, parseList } from './parse.ts';

/** Members of the options of `sendall`. */
const OPTIONS: MemberTypes = {
  ...FEE_OPTIONS,
  add_to_wallet: 'bool',
  inputs: 'array',
  lock_unspents: 'bool',
  locktime: 'number',
  psbt: 'bool',
  send_max: 'bool',
  minconf: 'number',
  maxconf: 'number',
  replaceable: 'bool',
};

const poor = (text: string): Error => rpcFailure(RPC_WALLET_INSUFFICIENT_FUNDS, text);

/**
 * The transaction of `sendall`: all coins, or those that are named, and no change. What is left after
 * the fee and the amounts that are told goes to the addresses without one, in equal parts.
 */
export function emptyWallet(
  api: Api,
  wallet: Wallet,
  recipients: readonly unknown[],
  options: Json,
): Transaction {
  checkMembers(options, OPTIONS);
  checkFeeOptions(options);
  const open = recipients.filter((one) => typeof one === 'string');
  if (open.length === 0) {
    throw invalidParameter('Must provide at least one address without a specified amount');
  }
  const feeRate = rateOf(api, options);
  const low = lowestRate(api, options, feeRate);
  if (low !== undefined) throw invalidParameter(`${low}.`);
  const replaceable = options['replaceable'] !== false;
  const told = readTransaction(
    parseList(options['inputs']),
    recipients.map((one) => (typeof one === 'string' ? { [one]: 0 } : one)),
    (options['locktime'] as number | undefined) ?? api.node.chain.tip.height,
    replaceable,
    api.format,
  );
  const coins = chosenCoins(wallet, told, options, feeRate);
  const isOpen = recipients.map((one) => typeof one === 'string');
  const outputs = shareOut(api, coins, told.outputs, isOpen, feeRate, options['send_max'] === true);
  if (options['lock_unspents'] === true) {
    for (const { id, vout } of coins) wallet.locked.add(`${id}:${vout}`);
  }
  const sequence = replaceable ? MAX_BIP125_RBF_SEQUENCE : SEQUENCE_FINAL - 1;
  const inputs = coins.map(({ id, vout }, i): TxInput => ({
    prevout: { txid: hexToHash(id), vout },
    scriptSig: EMPTY_BYTES,
    sequence: told.inputs[i]?.sequence ?? sequence,
    witness: [],
  }));
  return { ...told, inputs, outputs };
}

/** The coins that are named, in their order, or all that may be chosen. */
function chosenCoins(wallet: Wallet, { inputs }: Transaction, options: Json, feeRate: bigint): WalletCoin[] {
  const { inputs: named, send_max: sendMax, minconf, maxconf } = options;
  if (named === undefined) {
    const coins = spendable(wallet, options);
    // A coin is worth its own input, or left where it is.
    const isWorth = (coin: WalletCoin): boolean => coin.output.value >= feeFor(feeRate, weightOfCoin(coin));
    return sendMax === true ? coins.filter(isWorth) : coins;
  }
  if (sendMax !== undefined) throw invalidParameter('Cannot combine send_max with specific inputs.');
  if (minconf !== undefined || maxconf !== undefined) {
    throw invalidParameter('Cannot combine minconf or maxconf with specific inputs.');
  }
  const coins = wallet.coins();
  return inputs.map(({ prevout: { txid, vout } }) => {
    const id = hashToHex(txid);
    const coin = coins.find((one) => one.id === id && one.vout === vout);
    if (coin !== undefined) return coin;
    const output = wallet.history.transaction(id)?.tx.outputs[vout];
    const isMine = output !== undefined && wallet.ownScript(output.scriptPubKey) !== undefined;
    throw invalidParameter(
      isMine
        ? `Input not available. UTXO (${id}:${vout}) was already spent.`
        : `Input not found. UTXO (${id}:${vout}) is not part of wallet.`,
    );
  });
}

function shareOut(
  { node, format }: Api,
  coins: readonly WalletCoin[],
  outputs: readonly TxOutput[],
  isOpen: readonly boolean[],
  feeRate: bigint,
  sendMax: boolean,
): TxOutput[] {
  const total = coins.reduce((sum, { output }) => sum + output.value, 0n);
  const weight =
    overheadWeight(coins.length, outputs.length) +
    coins.reduce((sum, coin) => sum + weightOfCoin(coin), 0) +
    outputs.reduce((sum, output) => sum + outputWeight(output), 0);
  const fee = feeFor(feeRate, weight);
  if (fee > MAX_TX_FEE) throw rpcFailure(RPC_WALLET_ERROR, MAX_FEE_EXCEEDED);
  if (total <= fee) {
    throw poor(
      sendMax
        ? 'Total value of UTXO pool too low to pay for transaction, try using lower feerate.'
        : "Total value of UTXO pool too low to pay for transaction. Try using lower feerate or excluding uneconomic UTXOs with 'send_max' option.",
    );
  }
  if (weight > MAX_STANDARD_TX_WEIGHT) throw rpcFailure(RPC_WALLET_ERROR, 'Transaction too large.');
  const claimed = outputs.reduce((sum, { value }) => sum + value, 0n);
  if (claimed > total) throw poor('Assigned more value to outputs than available funds.');
  const left = total - fee - claimed;
  if (left < 0n) throw poor('Insufficient funds for fees after creating specified outputs.');
  const parts = BigInt(isOpen.filter(Boolean).length);
  const first = isOpen.indexOf(true);
  return outputs.map((output, i) => {
    // The first takes what does not divide.
    const value = isOpen[i] === true ? left / parts + (i === first ? left % parts : 0n) : output.value;
    const shared = { ...output, value };
    if (value >= dustThreshold(shared, node.policy.dustRelayFeeRate)) return shared;
    if (isOpen[i] === true) throw poor('Dynamically assigned remainder results in dust output.');
    const address = scriptToAddress(output.scriptPubKey, format) ?? '';
    throw invalidParameter(`Specified output amount to ${address} is below dust threshold.`);
  });
}
