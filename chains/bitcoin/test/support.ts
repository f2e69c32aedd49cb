import { type Bytes, bytesToHex, concatBytes, isNinefoldError, manualClock } from '@ninefold/base';
import { schnorr } from '@ninefold/crypto';
import {
  createTaprootOutput,
  plainInput,
  SIGHASH_DEFAULT,
  SignatureHasher,
  tapTweakHash,
  type Transaction,
  type TxInput,
  type TxOutput,
  txidOf,
} from '@ninefold/vm-bitcoin-script';
import { BitcoinNode } from '../src/node.ts';
import type { PoolEntry } from '../src/pool/mempool.ts';
import type { Policy } from '../src/spec/policy.ts';
import type { ChainParams } from '../src/spec/params.ts';

export const START = 1_700_000_000;
export const SECRET: Bytes = new Uint8Array(32).fill(7);
export const KEY: Bytes = schnorr.publicKey(SECRET);
/** An extended private key, of which descriptors are made. */
export const TPRV =
  'tprv8ZgxMBicQKsPd7Uf69XL1XwhmjHopUGep8GuEiJDZmbQz6o58LninorQAfcKZWARbtRtfnLcJ5MQ2AtHcQJCCRUcMRvmDUjyEmNUWwx8UbK';
/** A Taproot output of {@link KEY} alone. */
export const P2TR: Bytes = concatBytes(
  Uint8Array.of(0x51, 0x20),
  (createTaprootOutput(KEY, undefined) as { readonly key: Bytes }).key,
);
/** `1 <4e73>` */
export const P2A: Bytes = Uint8Array.of(0x51, 0x02, 0x4e, 0x73);

/** What JSON-RPC answers: of any shape, looked into by tests. */
// oxlint-disable-next-line typescript/no-explicit-any -- a type for each of 130 answers would say nothing more
export type Answer = any;

export const codeOf = (action: () => unknown): string | undefined => {
  try {
    action();
  } catch (error) {
    return isNinefoldError(error) ? error.code : String(error);
  }
  return undefined;
};

/** The reject reason of what an action throws. */
export const reasonOf = (action: () => unknown): string | undefined => {
  try {
    action();
  } catch (error) {
    if (!isNinefoldError(error, 'NODE_REJECTED')) throw error;
    return (error.context as { readonly reject: { readonly reason: string } }).reject.reason;
  }
  return undefined;
};

/** What a transaction can spend: where it is and what it is. */
export type Spendable = { readonly txid: Bytes; readonly vout: number } & TxOutput;

/** A key-path signature for each input that spends {@link P2TR}. */
export function signed(tx: Transaction, spent: readonly TxOutput[]): Transaction {
  const secret = schnorr.tweakPrivateKey(SECRET, tapTweakHash(KEY, undefined));
  const hasher = new SignatureHasher(tx, spent);
  const inputs = tx.inputs.map((input, i): TxInput => {
    if (bytesToHex((spent[i] as TxOutput).scriptPubKey) !== bytesToHex(P2TR)) return input;
    const hash = hasher.taproot(i, SIGHASH_DEFAULT, undefined, undefined) as Bytes;
    return { ...input, witness: [schnorr.sign(hash, secret)] };
  });
  return { ...tx, inputs };
}

export type SpendOptions = {
  readonly fee?: bigint;
  readonly version?: number;
  readonly sequence?: number;
  readonly locktime?: number;
  /** Split in so many outputs. */
  readonly count?: number;
  readonly extra?: readonly TxOutput[];
};

/** A signed transaction of some outputs, the rest going back to {@link P2TR}. */
export function spend(from: readonly Spendable[], options: SpendOptions = {}): Transaction {
  const { fee = 1000n, version = 2, sequence = 0xfffffffd, locktime = 0, count = 1, extra = [] } = options;
  const total = from.reduce((sum, { value }) => sum + value, 0n);
  const left = total - fee - extra.reduce((sum, { value }) => sum + value, 0n);
  const outputs = Array.from({ length: count }, () => ({ value: left / BigInt(count), scriptPubKey: P2TR }));
  const tx = {
    version,
    inputs: from.map(({ txid, vout }) => plainInput({ txid, vout }, sequence)),
    outputs: [...outputs, ...extra],
    locktime,
  };
  return signed(tx, from);
}

/** An output of a transaction, to spend. */
export function outputOf(source: Transaction | PoolEntry, vout = 0): Spendable {
  const tx = 'tx' in source ? source.tx : source;
  return { txid: txidOf(tx), vout, ...(tx.outputs[vout] as TxOutput) };
}

/** A node with ripe coinbases of {@link P2TR}, from height 1 on. */
export function nodeScene(
  options: {
    readonly policy?: Partial<Policy>;
    readonly params?: ChainParams;
    readonly blocks?: number;
  } = {},
) {
  const clock = manualClock(START * 1000);
  const node = new BitcoinNode({ clock, policy: options.policy, params: options.params });
  node.generate(options.blocks ?? 110, P2TR);
  const coinbase = (height: number): Spendable =>
    outputOf(node.chain.at(height)?.block.transactions[0] as Transaction);
  return { clock, node, coinbase };
}
