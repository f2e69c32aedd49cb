import { type Bytes, bytesToHex, defineErrors, hexToBytes, isHex } from '@ninefold/base';
import { hashToHex, hexToHash } from '@ninefold/vm-bitcoin-script';
import type { FundingInput, PartyTerms, Terms } from '@ninefold/vm-bitvm';

/** Terms without what the parties bring in: what both of them are told by their users. */
export type Stakes = Omit<Terms, 'session' | 'prover' | 'verifier'>;

type Json = Readonly<Record<string, unknown>>;

const fail = defineErrors({
  CONTRACT_INVALID: (c: { readonly path: string; readonly expected: string }) =>
    `The contract is wrong at ${c.path}: expected ${c.expected}`,
});

/** A contract's member, looked at with its path. */
function member<Value>(
  json: Json,
  path: string,
  name: string,
  expected: string,
  read: (value: unknown) => Value | undefined,
): Value {
  const value = read(json[name]);
  if (value === undefined) throw fail('CONTRACT_INVALID', { path: `${path}.${name}`, expected });
  return value;
}

const hexOf =
  (size: number | undefined) =>
  (value: unknown): Bytes | undefined =>
    isHex(value, size) ? hexToBytes(value) : undefined;
const satoshi = (value: unknown): bigint | undefined =>
  typeof value === 'string' && /^\d{1,16}$/.test(value) ? BigInt(value) : undefined;
const whole = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
const pins = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[01*]*$/.test(value) ? value : undefined;
const object = (value: unknown): Json | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
const list = (value: unknown): readonly unknown[] | undefined => (Array.isArray(value) ? value : undefined);

/** A member that is an object, for nested readers. */
export function objectMember(json: Json, path: string, name: string): Json {
  return member(json, path, name, 'an object', object);
}

/** A member that is hex, of a size when that is given. */
export function bytesMember(json: Json, path: string, name: string, size?: number): Bytes {
  return member(json, path, name, size === undefined ? 'hex' : `hex of ${size} bytes`, hexOf(size));
}

/** A member that is a whole number. */
export function wholeMember(json: Json, path: string, name: string): number {
  return member(json, path, name, 'a whole number', whole);
}

/** A member that is a list of hex. */
export function bytesListMember(json: Json, path: string, name: string, size: number): readonly Bytes[] {
  return member(json, path, name, 'a list', list).map((value, i) => {
    const bytes = hexOf(size)(value);
    if (bytes === undefined) {
      throw fail('CONTRACT_INVALID', { path: `${path}.${name}[${i}]`, expected: `hex of ${size} bytes` });
    }
    return bytes;
  });
}

export function stakesToJson(stakes: Stakes): Json {
  const { prize, proverDeposit, verifierDeposit, timeoutBlocks, feeRate, blockGates } = stakes;
  return {
    prize: String(prize),
    proverDeposit: String(proverDeposit),
    verifierDeposit: String(verifierDeposit),
    timeoutBlocks,
    feeRate,
    blockGates,
    inputPins: stakes.inputPins,
    outputPins: stakes.outputPins,
  };
}

/** @throws `CONTRACT_INVALID` with the path */
export function stakesFromJson(json: Json, path: string): Stakes {
  const amount = (name: string): bigint => member(json, path, name, 'satoshi in decimal digits', satoshi);
  const pinned = (name: string): string => member(json, path, name, 'a text of 0, 1 and *', pins);
  return {
    prize: amount('prize'),
    proverDeposit: amount('proverDeposit'),
    verifierDeposit: amount('verifierDeposit'),
    timeoutBlocks: wholeMember(json, path, 'timeoutBlocks'),
    feeRate: wholeMember(json, path, 'feeRate'),
    blockGates: wholeMember(json, path, 'blockGates'),
    inputPins: pinned('inputPins'),
    outputPins: pinned('outputPins'),
  };
}

export function partyToJson({ key, payout, inputs }: PartyTerms): Json {
  return {
    key: bytesToHex(key),
    payout: bytesToHex(payout),
    inputs: inputs.map(({ txid, vout, value, scriptPubKey }) => ({
      txid: hashToHex(txid),
      vout,
      value: String(value),
      scriptPubKey: bytesToHex(scriptPubKey),
    })),
  };
}

/** @throws `CONTRACT_INVALID` with the path */
export function partyFromJson(json: Json, path: string): PartyTerms {
  const inputs = member(json, path, 'inputs', 'a list', list).map((value, i): FundingInput => {
    const at = `${path}.inputs[${i}]`;
    const input = object(value);
    if (input === undefined) throw fail('CONTRACT_INVALID', { path: at, expected: 'an object' });
    const txid = (id: unknown): Bytes | undefined =>
      typeof id === 'string' && /^[\da-f]{64}$/.test(id) ? hexToHash(id) : undefined;
    return {
      txid: member(input, at, 'txid', '64 hex digits', txid),
      vout: wholeMember(input, at, 'vout'),
      value: member(input, at, 'value', 'satoshi in decimal digits', satoshi),
      scriptPubKey: bytesMember(input, at, 'scriptPubKey'),
    };
  });
  return { key: bytesMember(json, path, 'key', 33), payout: bytesMember(json, path, 'payout'), inputs };
}

export function termsToJson(terms: Terms): Json {
  const { session, prover, verifier, ...stakes } = terms;
  return {
    session: bytesToHex(session),
    prover: partyToJson(prover),
    verifier: partyToJson(verifier),
    ...stakesToJson(stakes),
  };
}

/** @throws `CONTRACT_INVALID` with the path */
export function termsFromJson(json: Json, path: string): Terms {
  return {
    session: bytesMember(json, path, 'session', 32),
    prover: partyFromJson(objectMember(json, path, 'prover'), `${path}.prover`),
    verifier: partyFromJson(objectMember(json, path, 'verifier'), `${path}.verifier`),
    ...stakesFromJson(json, path),
  };
}
