import { type Bytes, hexToBytes, isHex, isNinefoldError } from '@ninefold/base';
import { decodeTransaction, MAX_MONEY, type Transaction } from '@ninefold/vm-bitcoin-script';
import { COIN, parseAmount } from '../tx/amount.ts';
import { invalidParameter, typeError, undecodable } from './errors.ts';
import { hasType, jsonType, type MemberTypes, wrongType } from './method.ts';

const AMOUNT_DECIMALS = 8;
/** Enough to see that a small number has too many decimals. */
const MAX_WRITTEN_DECIMALS = 20;

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
  return parseDecimal(value, AMOUNT_DECIMALS);
}

/** What a number, or a string of one, comes to in units of its last decimal: an amount of money. */
export function parseDecimal(value: unknown, decimals: number): bigint {
  if (typeof value !== 'number' && typeof value !== 'string') {
    throw typeError('Amount is not a number or string');
  }
  let parsed: bigint;
  try {
    // Numbers of at most 8 decimals survive as they were written; exponents are written out.
    parsed = parseAmount(typeof value === 'number' ? written(value) : value, decimals);
  } catch (error) {
    if (!isNinefoldError(error, 'AMOUNT_INVALID')) throw error;
    throw typeError('Invalid amount');
  }
  if (parsed < 0n || parsed > MAX_MONEY) throw typeError('Amount out of range');
  return parsed;
}

function written(value: number): string {
  const text = String(value);
  return text.includes('e-') ? value.toFixed(MAX_WRITTEN_DECIMALS) : text;
}

/**
 * Satoshi for 1000 virtual bytes of the highest rate a client lets pass, in BTC/kvB.
 */
export function parseFeeRate(value: unknown): bigint {
  const rate = parseAmountValue(value);
  if (rate >= COIN) throw invalidParameter('Fee rates larger than or equal to 1BTC/kvB are not accepted');
  return rate;
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

/**
 * Checks the members of an object: each has a name that is known and a value of its type; null stands
 * for absence.
 *
 * @param needed whether all of them have to be there
 */
export function checkMembers(
  options: Readonly<Record<string, unknown>>,
  types: MemberTypes,
  needed: 'all' | 'none' = 'none',
): void {
  const missing = Object.keys(types).find((name) => (options[name] ?? undefined) === undefined);
  if (needed === 'all' && missing !== undefined) throw typeError(`Missing ${missing}`);
  for (const [name, value] of Object.entries(options)) {
    const type = Object.hasOwn(types, name) ? types[name] : undefined;
    if (type === undefined) throw typeError(`Unexpected key ${name}`);
    if (value === undefined || value === null || hasType(value, type)) continue;
    throw typeError(
      `JSON value of type ${jsonType(value)} for field ${name} is not of expected type ${type}`,
    );
  }
}
