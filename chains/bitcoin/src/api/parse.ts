import { type Bytes, hexToBytes, isHex, isNinefoldError } from '@ninefold/base';
import { decodeTransaction, MAX_MONEY, type Transaction } from '@ninefold/vm-bitcoin-script';
import { parseAmount } from '../tx/amount.ts';
import { invalidParameter, typeError, undecodable } from './errors.ts';
import { wrongType } from './method.ts';

/** A hash as it is shown: 64 hex digits. */
export function parseHash(value: unknown, name: string): string {
  if (typeof value !== 'string') throw typeError(wrongType(value, 'string'));
  if (value.length !== 64) {
    throw invalidParameter(`${name} must be of length 64 (not ${value.length}, for '${value}')`);
  }
  if (!/^[\da-f]+$/i.test(value)) {
    throw invalidParameter(`${name} must be hexadecimal string (not '${value}')`);
  }
  return value.toLowerCase();
}

export function parseHex(value: unknown, name: string): Bytes {
  if (typeof value !== 'string' || !isHex(`0x${value}`)) {
    throw invalidParameter(`${name} must be hexadecimal string (not '${String(value)}')`);
  }
  return hexToBytes(`0x${value}`);
}

/** Satoshi of an amount in bitcoins, a number or a string. */
export function parseAmountValue(value: unknown): bigint {
  if (typeof value !== 'number' && typeof value !== 'string') {
    throw typeError('Amount is not a number or string');
  }
  // Numbers of at most 8 decimals survive as they were written; exponents are written out.
  const text = typeof value === 'number' ? decimal(value) : value;
  let satoshi: bigint;
  try {
    satoshi = parseAmount(text);
  } catch (error) {
    if (!isNinefoldError(error, 'AMOUNT_INVALID')) throw error;
    throw typeError('Invalid amount');
  }
  if (satoshi < 0n || satoshi > MAX_MONEY) throw typeError('Amount out of range');
  return satoshi;
}

function decimal(value: number): string {
  const text = String(value);
  return text.includes('e') ? value.toFixed(8) : text;
}

/** Satoshi for 1000 virtual bytes of a rate in BTC/kvB. */
export function parseFeeRate(value: unknown): bigint {
  return parseAmountValue(value);
}

/** A transaction in hex, tried with witnesses first. */
export function parseTransaction(
  text: string,
  options: { readonly fault?: string; readonly witness?: boolean | undefined } = {},
): Transaction {
  const { fault = 'TX decode failed', witness } = options;
  if (!isHex(`0x${text}`)) throw undecodable(fault);
  const bytes = hexToBytes(`0x${text}`);
  const attempts = witness === undefined ? [true, false] : [witness];
  for (const attempt of attempts) {
    const tx = tryDecode(bytes, attempt);
    if (tx !== undefined) return tx;
  }
  throw undecodable(fault);
}

function tryDecode(bytes: Bytes, witness: boolean): Transaction | undefined {
  try {
    return decodeTransaction(bytes, { witness });
  } catch (error) {
    if (isNinefoldError(error)) return undefined;
    throw error;
  }
}

/** A JSON object that a client put in a list. */
export function parseObject(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw typeError(wrongType(value, 'object'));
  }
  return value as Readonly<Record<string, unknown>>;
}

/** A JSON list inside an object, empty when it is absent. */
export function parseList(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw typeError(wrongType(value, 'array'));
  return value;
}
