import { isNinefoldError, type NinefoldError } from '@ninefold/base';
import { hashToHex, SEQUENCE_FINAL, type Transaction, type TxOutput } from '@ninefold/vm-bitcoin-script';
import { fundTransaction, type Funded } from '../wallet/spend.ts';
import type { Wallet, WalletCoin } from '../wallet/wallet.ts';
import type { Api } from './api.ts';
import { checkFeeOptions, FEE_OPTIONS, lowestRate, rateOf } from './fee-options.ts';
import { invalidParameter, notFound, RPC_WALLET_ERROR, rpcFailure } from './errors.ts';
import type { Json } from './format.ts';
import type { MemberTypes } from './method.ts';
import { MAX_BIP125_RBF_SEQUENCE, readAddress } from './outputs.ts';
import { checkMembers, parseHash, parseList, parseObject } from './parse.ts';
import { addressTypeNamed, changeTypeOf } from './wallet-addresses.ts';

/*
 * What the options of payments mean: which coins may be chosen, where change goes, what it costs.
 */

/** 0.10 BTC: what a wallet pays at most. */
export const MAX_TX_FEE: bigint = 10_000_000n;
export const MAX_FEE_EXCEEDED: string = 'Fee exceeds maximum configured by user (e.g. -maxtxfee, maxfeerate)';
const PRESET_INSUFFICIENT =
  'The preselected coins total amount does not cover the transaction target. Please allow other inputs to be automatically selected or include more coins manually';

/** Members of the options of payments. */
export const FUND_OPTIONS: MemberTypes = {
  ...FEE_OPTIONS,
  add_inputs: 'bool',
  include_unsafe: 'bool',
  add_to_wallet: 'bool',
  changeAddress: 'string',
  change_address: 'string',
  changePosition: 'number',
  change_position: 'number',
  change_type: 'string',
  includeWatching: 'bool',
  include_watching: 'bool',
  inputs: 'array',
  lockUnspents: 'bool',
  lock_unspents: 'bool',
  locktime: 'number',
  psbt: 'bool',
  subtractFeeFromOutputs: 'array',
  subtract_fee_from_outputs: 'array',
  replaceable: 'bool',
  minconf: 'number',
  maxconf: 'number',
};

/** How a method funds. */
export type FundMode = {
  readonly version?: number | undefined;
  /** Whether a rate may be below what nodes relay. */
  readonly anyRate?: boolean;
  /** The code of what cannot be funded. */
  readonly code?: number;
};

const isLocked = (wallet: Wallet, { id, vout }: WalletCoin): boolean => wallet.locked.has(`${id}:${vout}`);

/** The coins that may be chosen: ripe, not locked, as deep as is asked for, safe unless that does not matter. */
export function spendable(wallet: Wallet, options: Json = {}): WalletCoin[] {
  const least = (options['minconf'] as number | undefined) ?? 0;
  const most = (options['maxconf'] as number | undefined) ?? Infinity;
  if (least < 0) throw invalidParameter('Negative minconf');
  if (most < least) throw invalidParameter(`maxconf can't be lower than minconf: ${most} < ${least}`);
  return wallet
    .coins()
    .filter(
      (coin) =>
        coin.mature &&
        (coin.safe || options['include_unsafe'] === true) &&
        coin.confirmations >= least &&
        coin.confirmations <= most &&
        !isLocked(wallet, coin),
    );
}

/** The inputs a client has chosen itself. */
function presetCoins({ node }: Api, wallet: Wallet, inputs: readonly Json[]): WalletCoin[] {
  const coins = wallet.coins();
  return inputs.map(({ txid, vout }) => {
    const id = parseHash(txid, 'txid');
    if (typeof vout !== 'number') throw invalidParameter('Invalid parameter, missing vout key');
    const coin = coins.find((one) => one.id === id && one.vout === vout);
    if (coin !== undefined) return coin;
    const problem = node.coin(id, vout) === undefined ? 'Not found' : 'Not solvable';
    const text = `${problem} pre-selected input COutPoint(${id.slice(0, 10)}, ${vout})`;
    throw rpcFailure(RPC_WALLET_ERROR, text);
  });
}

type ChangePlace = { readonly script: Uint8Array | undefined; readonly take: () => void };

/** Where change goes. An address of the wallet is taken only when there is change. */
function changePlace(api: Api, wallet: Wallet, options: Json): ChangePlace {
  const address = options['change_address'] ?? options['changeAddress'];
  const type = options['change_type'];
  if (typeof address === 'string') {
    if (type !== undefined) {
      throw invalidParameter('Cannot specify both change address and address type options');
    }
    try {
      return { script: readAddress(address, api.format), take: () => {} };
    } catch {
      throw notFound('Change address must be a valid bitcoin address');
    }
  }
  const named = typeof type === 'string' ? addressTypeNamed(type) : undefined;
  if (typeof type === 'string' && named === undefined) throw notFound(`Unknown change type '${type}'`);
  const form = named ?? changeTypeOf(wallet);
  return { script: wallet.peekScript(form, true), take: () => void wallet.nextScript(form, true) };
}

function subtractedFrom(options: Json, outputs: readonly TxOutput[]): number[] {
  const name = "Invalid parameter 'subtract fee from output'";
  const positions = parseList(options['subtract_fee_from_outputs'] ?? options['subtractFeeFromOutputs']);
  const seen = new Set<number>();
  for (const position of positions) {
    if (!Number.isSafeInteger(position)) {
      throw invalidParameter(`${name}, invalid value type: ${typeof position}`);
    }
    const at = position as number;
    if (seen.has(at)) throw invalidParameter(`${name}, duplicated position: ${at}`);
    if (at < 0) throw invalidParameter(`${name}, negative position: ${at}`);
    if (at >= outputs.length) throw invalidParameter(`${name}, position too large: ${at}`);
    seen.add(at);
  }
  return [...seen];
}

function changePosition(options: Json, outputs: readonly TxOutput[]): number | undefined {
  const position = options['change_position'] ?? options['changePosition'];
  if (position === undefined) return undefined;
  if (!Number.isSafeInteger(position) || (position as number) < 0 || (position as number) > outputs.length) {
    throw invalidParameter('changePosition out of bounds');
  }
  return position as number;
}

/**
 * Chooses inputs and change for outputs.
 *
 * @throws RPC errors, -8 for options and -4 or `mode.code` for what cannot be paid
 */
export function fund(
  api: Api,
  wallet: Wallet,
  outputs: readonly TxOutput[],
  options: Json,
  { version = 2, anyRate = false, code = RPC_WALLET_ERROR }: FundMode = {},
): Funded {
  const { node } = api;
  checkMembers(options, FUND_OPTIONS);
  checkFeeOptions(options);
  if (outputs.length === 0) throw invalidParameter('TX must have at least one output');
  const inputs = parseList(options['inputs']).map(parseObject);
  const preset = presetCoins(api, wallet, inputs);
  const adds = (options['add_inputs'] as boolean | undefined) ?? inputs.length === 0;
  const change = changePlace(api, wallet, options);
  const feeRate = rateOf(api, options);
  if (!anyRate) {
    const low = lowestRate(api, options, feeRate);
    if (low !== undefined) throw rpcFailure(code, low);
  }
  try {
    const funded = fundTransaction({
      preset,
      available: adds ? spendable(wallet, options) : [],
      outputs,
      feeRate,
      changeScript: change.script,
      changePosition: changePosition(options, outputs),
      subtractFrom: subtractedFrom(options, outputs),
      locktime: (options['locktime'] as number | undefined) ?? node.chain.tip.height,
      sequence: options['replaceable'] === false ? SEQUENCE_FINAL - 1 : MAX_BIP125_RBF_SEQUENCE,
      sequences: inputs.map(({ sequence }) => (typeof sequence === 'number' ? sequence : undefined)),
      dustRate: node.policy.dustRelayFeeRate,
      version,
    });
    if (funded.fee > MAX_TX_FEE) throw rpcFailure(code, MAX_FEE_EXCEEDED);
    if (funded.changePosition >= 0) change.take();
    if ((options['lock_unspents'] ?? options['lockUnspents']) === true) {
      for (const { id, vout } of funded.coins) wallet.locked.add(`${id}:${vout}`);
    }
    return funded;
  } catch (error) {
    if (!isFundError(error)) throw error;
    const short = error.code === 'FUND_INSUFFICIENT' && !adds;
    throw rpcFailure(code, short ? PRESET_INSUFFICIENT : fundFault(error, wallet));
  }
}

export function isFundError(error: unknown): error is NinefoldError {
  return isNinefoldError(error) && error.code.startsWith('FUND_');
}

/** Why a transaction could not be funded, as clients are told. */
export function fundFault({ code, message }: NinefoldError, wallet: Wallet): string {
  if (code !== 'FUND_NO_CHANGE') return message;
  return `${message} Error: No ${changeTypeOf(wallet)} addresses available.`;
}

/** Funds a transaction whose inputs, outputs and lock time are given. */
export function fundGiven(api: Api, wallet: Wallet, tx: Transaction, options: Json): Funded {
  const inputs = tx.inputs.map(({ prevout: { txid, vout }, sequence }) => ({
    txid: hashToHex(txid),
    vout,
    sequence,
  }));
  const given = { add_inputs: true, locktime: tx.locktime, ...options, inputs };
  return fund(api, wallet, tx.outputs, given, { version: tx.version, anyRate: true });
}
