import { bytesToHex, hexToBytes, isNinefoldError } from '@ninefold/base';
import { hashToHex } from '@ninefold/vm-bitcoin-script';
import { type Descriptor, parseDescriptor } from '../descriptor/descriptor.ts';
import { withChecksum } from '../descriptor/checksum.ts';
import { specialise } from '../descriptor/specialise.ts';
import type { Api } from './api.ts';
import { invalidParameter, notFound, typeError } from './errors.ts';
import { hex, type Json } from './format.ts';
import { amount } from './json.ts';

/** Indices that are looked at when a range is not given. */
const DEFAULT_RANGE = 1000;
const MAX_RANGE = 1_000_000;

/** A descriptor as an RPC error names what is wrong with it. */
export function readDescriptor(text: string, { format }: Pick<Api, 'format'>, checksum = false): Descriptor {
  try {
    return parseDescriptor(text, { format, checksum });
  } catch (error) {
    if (isNinefoldError(error, 'DESCRIPTOR_INVALID')) throw notFound(error.message);
    throw error;
  }
}

/** The indices of a range parameter: its end alone, or both. */
export function readRange(value: unknown): readonly [begin: number, end: number] {
  const [begin, end] = typeof value === 'number' ? [0, value] : Array.isArray(value) ? value : [];
  if (!Number.isInteger(begin) || !Number.isInteger(end)) {
    throw invalidParameter('Range must be specified as end or as [begin,end]');
  }
  if (end < begin) throw invalidParameter('Range specified as [begin,end] must not have begin after end');
  if (begin < 0) throw invalidParameter('Range should be greater or equal than 0');
  if (end >= 2 ** 31) throw invalidParameter('End of range is too high');
  if (end >= begin + MAX_RANGE) throw invalidParameter('Range is too large');
  return [begin, end];
}

/** `scantxoutset`: the coins whose scripts are a descriptor's. */
export function scanCoins(api: Api, objects: readonly unknown[]): Json {
  const { chain } = api.node;
  /** Script to the descriptor of it alone. */
  const wanted = new Map<string, string>();
  for (const object of objects) {
    const { text, range } = scanObject(object);
    const descriptor = readDescriptor(text, api);
    const [begin, end] = range === undefined ? [0, DEFAULT_RANGE] : readRange(range);
    for (let index = begin; index <= (descriptor.isRange ? end : begin); index++) {
      descriptor.outputs(index).forEach(({ scriptPubKey }, n) => {
        wanted.set(bytesToHex(scriptPubKey), withChecksum(specialise(descriptor, index, n, api.format)));
      });
    }
  }
  const unspents: Json[] = [];
  let total = 0n;
  const found = [...chain.coins.entries()]
    .filter(([, coin]) => wanted.has(bytesToHex(coin.scriptPubKey)))
    // In the order of a node's map: by the bytes of the outpoint.
    .sort(([a], [b]) => compareKeys(a, b));
  for (const [key, coin] of found) {
    const [txid, vout] = key.split(':') as [string, string];
    const block = chain.at(coin.height);
    total += coin.value;
    unspents.push({
      txid: hashToHex(hexToBytes(txid)),
      vout: Number(vout),
      scriptPubKey: hex(coin.scriptPubKey),
      desc: wanted.get(bytesToHex(coin.scriptPubKey)),
      amount: amount(coin.value),
      coinbase: coin.coinbase,
      height: coin.height,
      blockhash: block?.hash,
      confirmations: chain.tip.height - coin.height + 1,
    });
  }
  return {
    success: true,
    txouts: chain.coins.size,
    height: chain.tip.height,
    bestblock: chain.tip.hash,
    unspents,
    total_amount: amount(total),
  };
}

function compareKeys(a: string, b: string): number {
  const [idA, voutA] = a.split(':') as [string, string];
  const [idB, voutB] = b.split(':') as [string, string];
  return idA === idB ? Number(voutA) - Number(voutB) : idA < idB ? -1 : 1;
}

function scanObject(object: unknown): { readonly text: string; readonly range: unknown } {
  if (typeof object === 'string') return { text: object, range: undefined };
  if (typeof object !== 'object' || object === null)
    throw typeError('Scan object needs to be either a string or an object');
  const { desc, range } = object as Json;
  if (typeof desc !== 'string') throw invalidParameter('Descriptor needs to be provided in scan object');
  return { text: desc, range };
}
