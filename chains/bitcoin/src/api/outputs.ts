import { bytesToHex, concatBytes, isNinefoldError } from '@ninefold/base';
import {
  encodePush,
  hexToHash,
  OP,
  SEQUENCE_FINAL,
  type Transaction,
  type TxInput,
  type TxOutput,
} from '@ninefold/vm-bitcoin-script';
import { TX_MAX_STANDARD_VERSION } from '../spec/policy.ts';
import { type AddressFormat, addressToScript } from '../tx/address.ts';
import { invalidParameter, notFound, RPC_MISC_ERROR, rpcFailure } from './errors.ts';
import type { Json } from './format.ts';
import { parseAmountValue, parseHash, parseHex, parseObject } from './parse.ts';

/** Sequence of an input that may be replaced (BIP 125). */
export const MAX_BIP125_RBF_SEQUENCE: number = 0xfffffffd;
const MAX_LOCKTIME = 0xffffffff;

/** The script of an address parameter. */
export function readAddress(text: string, format: AddressFormat): Uint8Array {
  try {
    return addressToScript(text, format);
  } catch (error) {
    if (isNinefoldError(error, 'ADDRESS_INVALID')) throw notFound(`Invalid Bitcoin address: ${text}`);
    throw error;
  }
}

/** Outputs as clients write them: `{address: amount}` or `{data: hex}`, in a list or an object. */
export function readOutputs(value: unknown, format: AddressFormat): TxOutput[] {
  const entries = Array.isArray(value)
    ? value.flatMap((one: unknown) => {
        if (typeof one !== 'object' || one === null) {
          throw invalidParameter('Invalid parameter, key-value pair not an object as expected');
        }
        const pairs = Object.entries(one);
        if (pairs.length !== 1) {
          throw invalidParameter('Invalid parameter, key-value pair must contain exactly one key');
        }
        return pairs;
      })
    : Object.entries((value ?? {}) as object);
  const seen = new Set<string>();
  return entries.map(([name, given]): TxOutput => {
    if (name === 'data') {
      if (seen.has(name)) throw invalidParameter('Invalid parameter, duplicate key: data');
      seen.add(name);
      const data = encodePush(parseHex(given, 'Data'));
      return { value: 0n, scriptPubKey: concatBytes(Uint8Array.of(OP.OP_RETURN), data) };
    }
    const scriptPubKey = readAddress(name, format);
    // An address may be written in either case.
    const script = bytesToHex(scriptPubKey);
    if (seen.has(script)) throw invalidParameter(`Invalid parameter, duplicated address: ${name}`);
    seen.add(script);
    return { value: parseAmountValue(given), scriptPubKey };
  });
}

/** The unsigned transaction of `createrawtransaction` and its like. */
export function readTransaction(
  inputs: readonly unknown[],
  outputs: unknown,
  locktime: number,
  replaceable: boolean | undefined,
  format: AddressFormat,
  version = 2,
): Transaction {
  if (!Number.isInteger(locktime) || locktime < 0 || locktime > MAX_LOCKTIME) {
    throw invalidParameter('Invalid parameter, locktime out of range');
  }
  if (version < 1 || version > TX_MAX_STANDARD_VERSION) {
    throw invalidParameter(`Invalid parameter, version out of range(1~${TX_MAX_STANDARD_VERSION})`);
  }
  const tx = {
    version,
    inputs: inputs.map((input) => readInput(parseObject(input), locktime, replaceable ?? true)),
    outputs: readOutputs(outputs, format),
    locktime,
  };
  const signals = tx.inputs.some(({ sequence }) => sequence <= MAX_BIP125_RBF_SEQUENCE);
  if (replaceable === true && tx.inputs.length > 0 && !signals) {
    throw invalidParameter('Invalid parameter combination: Sequence number(s) contradict replaceable option');
  }
  return tx;
}

function readInput({ txid, vout, sequence }: Json, locktime: number, replaceable: boolean): TxInput {
  const id = parseHash(txid, 'txid');
  if (typeof vout !== 'number') throw invalidParameter('Invalid parameter, missing vout key');
  if ((vout | 0) !== vout) throw rpcFailure(RPC_MISC_ERROR, 'JSON integer out of range');
  if (vout < 0) throw invalidParameter('Invalid parameter, vout cannot be negative');
  const byDefault = replaceable
    ? MAX_BIP125_RBF_SEQUENCE
    : locktime === 0
      ? SEQUENCE_FINAL
      : SEQUENCE_FINAL - 1;
  if (typeof sequence === 'number' && !Number.isSafeInteger(sequence)) {
    throw rpcFailure(RPC_MISC_ERROR, 'JSON integer out of range');
  }
  if (typeof sequence === 'number' && (sequence < 0 || sequence > SEQUENCE_FINAL)) {
    throw invalidParameter('Invalid parameter, sequence number is out of range');
  }
  return {
    prevout: { txid: hexToHash(id), vout },
    scriptSig: new Uint8Array(0),
    sequence: typeof sequence === 'number' ? sequence : byDefault,
    witness: [],
  };
}
