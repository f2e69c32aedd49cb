import type { Bytes } from '@ninefold/base';
import { bigintToBytes, concatBytes, defineErrors, hexToBytes, isHex, utf8ToBytes } from '@ninefold/base';
import { keccak256 } from '@ninefold/crypto';

export type TypedDataField = { readonly name: string; readonly type: string };

/** EIP-712 typed data as wallets receive it in JSON. */
export type TypedData = {
  readonly types: Readonly<Record<string, readonly TypedDataField[]>>;
  readonly primaryType: string;
  readonly domain: Readonly<Record<string, unknown>>;
  readonly message: Readonly<Record<string, unknown>>;
};

const fail = defineErrors({
  ETH_TYPED_DATA_TYPE: (c: { readonly type: string }) =>
    `Unknown type ${JSON.stringify(c.type)} in typed data`,
  ETH_TYPED_DATA_VALUE: (c: { readonly type: string; readonly value: string }) =>
    `${c.value} is no value of type ${c.type}`,
  ETH_TYPED_DATA_LENGTH: (c: { readonly type: string; readonly length: number }) =>
    `${c.length} items do not fit type ${c.type}`,
  ETH_TYPED_DATA_DEPTH: (c: { readonly limit: number }) =>
    `Typed data is nested deeper than ${c.limit} levels`,
});

/** Structs and arrays within each other; hostile input must not exhaust the stack. */
export const MAX_TYPED_DATA_DEPTH = 64;

const WORD = 32;

// Members of the domain in the order EIP-712 fixes, for data that does not spell out EIP712Domain.
const DOMAIN_FIELDS: readonly TypedDataField[] = [
  { name: 'name', type: 'string' },
  { name: 'version', type: 'string' },
  { name: 'chainId', type: 'uint256' },
  { name: 'verifyingContract', type: 'address' },
  { name: 'salt', type: 'bytes32' },
];

/** The hash that `personal_sign` and `eth_sign` sign: EIP-191 version `E`. */
export function personalMessageHash(message: Bytes): Bytes {
  return keccak256(concatBytes(utf8ToBytes(`\u0019Ethereum Signed Message:\n${message.length}`), message));
}

/**
 * The hash that `eth_signTypedData_v4` signs: EIP-712.
 *
 * @throws `ETH_TYPED_DATA_TYPE`, `ETH_TYPED_DATA_VALUE`, `ETH_TYPED_DATA_LENGTH`, `ETH_TYPED_DATA_DEPTH`
 */
export function typedDataHash(data: TypedData): Bytes {
  const types = new Map(Object.entries(data.types));
  if (!types.has('EIP712Domain')) {
    types.set(
      'EIP712Domain',
      DOMAIN_FIELDS.filter(({ name }) => Object.hasOwn(data.domain, name)),
    );
  }
  const parts: Bytes[] = [Uint8Array.of(0x19, 0x01), hashStruct('EIP712Domain', data.domain, types, 0)];
  if (data.primaryType !== 'EIP712Domain') parts.push(hashStruct(data.primaryType, data.message, types, 0));
  return keccak256(concatBytes(...parts));
}

type Types = ReadonlyMap<string, readonly TypedDataField[]>;

function hashStruct(type: string, value: unknown, types: Types, depth: number): Bytes {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrongValue(type, value);
  const fields = types.get(type);
  if (fields === undefined) throw fail('ETH_TYPED_DATA_TYPE', { type });
  const parts: Bytes[] = [keccak256(utf8ToBytes(encodeType(type, types)))];
  for (const field of fields) {
    const member = Object.hasOwn(value, field.name)
      ? (value as Record<string, unknown>)[field.name]
      : undefined;
    parts.push(encodeMember(field.type, member, types, depth + 1));
  }
  return keccak256(concatBytes(...parts));
}

/**
 * `Mail(Person from,Person to,string contents)Person(string name,address wallet)`: the type, then
 * all it refers to, sorted by name.
 */
export function encodeType(type: string, types: Types): string {
  const referred = new Set<string>();
  const visit = (name: string): void => {
    if (referred.has(name)) return;
    const fields = types.get(name);
    if (fields === undefined) return;
    referred.add(name);
    for (const field of fields) visit(elementType(field.type));
  };
  visit(type);
  referred.delete(type);
  return [type, ...[...referred].sort()]
    .map((name) => {
      const fields = types.get(name) ?? [];
      return `${name}(${fields.map((field) => `${field.type} ${field.name}`).join(',')})`;
    })
    .join('');
}

function elementType(type: string): string {
  const bracket = type.indexOf('[');
  return bracket < 0 ? type : type.slice(0, bracket);
}

/** The 32 bytes that stand for a member inside its struct. */
function encodeMember(type: string, value: unknown, types: Types, depth: number): Bytes {
  if (depth > MAX_TYPED_DATA_DEPTH) throw fail('ETH_TYPED_DATA_DEPTH', { limit: MAX_TYPED_DATA_DEPTH });
  if (type.endsWith(']')) return encodeArray(type, value, types, depth);
  if (types.has(type)) {
    // An absent struct counts as zero: the rule of version 4, which recursive types need.
    if (value === undefined || value === null) return new Uint8Array(WORD);
    return hashStruct(type, value, types, depth);
  }
  return encodeAtom(type, value);
}

function encodeArray(type: string, value: unknown, types: Types, depth: number): Bytes {
  const bracket = type.lastIndexOf('[');
  const length = type.slice(bracket + 1, -1);
  if (!/^\d{0,9}$/.test(length)) throw fail('ETH_TYPED_DATA_TYPE', { type });
  if (!Array.isArray(value)) throw wrongValue(type, value);
  if (length !== '' && Number(length) !== value.length) {
    throw fail('ETH_TYPED_DATA_LENGTH', { type, length: value.length });
  }
  const inner = type.slice(0, bracket);
  return keccak256(concatBytes(...value.map((item) => encodeMember(inner, item, types, depth + 1))));
}

function encodeAtom(type: string, value: unknown): Bytes {
  switch (type) {
    case 'string':
      if (typeof value !== 'string') throw wrongValue(type, value);
      return keccak256(utf8ToBytes(value));
    case 'bytes':
      return keccak256(bytesOf(type, value));
    case 'bool':
      return encodeBoolean(value);
    case 'address':
      if (!isHex(value, 20)) throw wrongValue(type, value);
      return rightAligned(hexToBytes(value));
    default:
      return encodeSized(type, value);
  }
}

/** `bytes1` … `bytes32`, `uint8` … `uint256`, `int8` … `int256`. */
function encodeSized(type: string, value: unknown): Bytes {
  const [, kind, size] = /^(bytes|uint|int)(\d{0,3})$/.exec(type) ?? [];
  if (kind === undefined || size === undefined) throw fail('ETH_TYPED_DATA_TYPE', { type });
  if (kind === 'bytes') {
    const bytes = bytesOf(type, value);
    if (Number(size) < 1 || Number(size) > WORD) throw fail('ETH_TYPED_DATA_TYPE', { type });
    if (bytes.length !== Number(size)) throw wrongValue(type, value);
    const word = new Uint8Array(WORD);
    word.set(bytes);
    return word;
  }
  const bits = size === '' ? 256 : Number(size);
  if (bits === 0 || bits > 256 || bits % 8 !== 0) throw fail('ETH_TYPED_DATA_TYPE', { type });
  const integer = integerOf(type, value);
  const fits = kind === 'uint' ? BigInt.asUintN(bits, integer) : BigInt.asIntN(bits, integer);
  if (fits !== integer) throw wrongValue(type, value);
  return bigintToBytes(BigInt.asUintN(256, integer), WORD);
}

function encodeBoolean(value: unknown): Bytes {
  if (value === true || value === 'true') return bigintToBytes(1n, WORD);
  if (value === false || value === 'false') return new Uint8Array(WORD);
  throw wrongValue('bool', value);
}

/** Numbers, decimal strings and `0x` strings: wallets send all three. */
function integerOf(type: string, value: unknown): bigint {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  if (typeof value === 'bigint') return value;
  if (typeof value === 'string' && /^(-?\d{1,78}|0x[\da-fA-F]{1,64})$/.test(value)) return BigInt(value);
  throw wrongValue(type, value);
}

function bytesOf(type: string, value: unknown): Bytes {
  if (!isHex(value)) throw wrongValue(type, value);
  return hexToBytes(value);
}

function rightAligned(bytes: Bytes): Bytes {
  const word = new Uint8Array(WORD);
  word.set(bytes, WORD - bytes.length);
  return word;
}

function wrongValue(type: string, value: unknown): Error {
  const shown = typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : `A ${typeof value}`;
  return fail('ETH_TYPED_DATA_VALUE', { type, value: shown });
}

/** Whether a parsed JSON value has the shape of typed data. */
export function isTypedData(value: unknown): value is TypedData {
  if (typeof value !== 'object' || value === null) return false;
  const { types, primaryType, domain, message } = value as Readonly<Record<string, unknown>>;
  return (
    isRecord(types) &&
    Object.values(types).every((fields) => Array.isArray(fields) && fields.every(isField)) &&
    typeof primaryType === 'string' &&
    isRecord(domain) &&
    isRecord(message)
  );
}

function isField(value: unknown): boolean {
  return isRecord(value) && typeof value['name'] === 'string' && typeof value['type'] === 'string';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
