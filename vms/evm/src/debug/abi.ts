import type { Bytes, Hex } from '@ninefold/base';
import { bytesToBigint, bytesToHex, bytesToUtf8, utf8ToBytes } from '@ninefold/base';
import { keccak256 } from '@ninefold/crypto';

/** A parameter as an ABI describes it. */
export type AbiParameter = {
  readonly name: string;
  readonly type: string;
  readonly indexed: boolean;
  readonly components: readonly AbiParameter[];
};

export type AbiItem = {
  readonly type: 'function' | 'event' | 'error' | 'constructor';
  readonly name: string;
  readonly inputs: readonly AbiParameter[];
  readonly outputs: readonly AbiParameter[];
  /** `transfer(address,uint256)` */
  readonly signature: string;
  /** 4 bytes of a function or error, 32 of an event. */
  readonly selector: Hex;
};

/** Integers as decimal text, bytes and addresses as hex, arrays and structs as arrays. */
export type AbiValue = string | boolean | readonly AbiValue[];

/** Elements of all arrays of one value; deeper types are not decoded. */
export const MAX_ABI_ELEMENTS = 4096;
const MAX_ABI_DEPTH = 16;
/** Characters of a name that are kept: names are repeated in every answer. */
export const MAX_NAME_LENGTH = 120;
const WORD = 32;

/** The items of an ABI in JSON that make sense; others are left out. */
export function parseAbi(json: unknown): readonly AbiItem[] {
  if (!Array.isArray(json)) return [];
  return json.flatMap((entry: unknown) => {
    const { type, name, inputs, outputs } = record(entry);
    if (type !== 'function' && type !== 'event' && type !== 'error' && type !== 'constructor') return [];
    const checked = parameters(inputs, 0);
    const label = type === 'constructor' ? 'constructor' : name;
    if (checked === undefined || typeof label !== 'string') return [];
    const signature = `${label}(${checked.map(canonicalType).join(',')})`;
    const hash = bytesToHex(keccak256(utf8ToBytes(signature)));
    const selector: Hex = type === 'event' ? hash : `0x${hash.slice(2, 10)}`;
    return [
      {
        type,
        name: label.slice(0, MAX_NAME_LENGTH),
        inputs: checked,
        outputs: parameters(outputs, 0) ?? [],
        signature,
        selector,
      },
    ];
  });
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function parameters(value: unknown, depth: number): readonly AbiParameter[] | undefined {
  if (value === undefined) return [];
  if (!Array.isArray(value) || depth > MAX_ABI_DEPTH) return undefined;
  const checked: AbiParameter[] = [];
  for (const entry of value as unknown[]) {
    const { name, type, indexed, components } = record(entry);
    const inner = parameters(components, depth + 1);
    if (typeof type !== 'string' || inner === undefined) return undefined;
    checked.push({
      name: typeof name === 'string' ? name.slice(0, MAX_NAME_LENGTH) : '',
      type,
      indexed: indexed === true,
      components: inner,
    });
  }
  return checked;
}

/** The type in a signature: structs as tuples of their members. */
export function canonicalType({ type, components }: AbiParameter): string {
  return type.startsWith('tuple') ? `(${components.map(canonicalType).join(',')})${type.slice(5)}` : type;
}

/**
 * Decodes values as the ABI lays them out.
 *
 * @returns undefined when the bytes are no such values, or too many
 * @example decodeAbi(item.inputs, calldata.subarray(4)) // ['0xf39f…', '1000']
 */
export function decodeAbi(types: readonly AbiParameter[], bytes: Bytes): readonly AbiValue[] | undefined {
  const decoder = new Decoder(bytes);
  const values = decoder.tuple(types, 0, 0);
  return decoder.failed ? undefined : values;
}

/** An array type's element type and length; undefined for others. */
function arrayOf(
  type: AbiParameter,
): { readonly element: AbiParameter; readonly length: number | undefined } | undefined {
  const match = /^(.*)\[(\d{0,6})\]$/.exec(type.type);
  if (match === null) return undefined;
  const element = { ...type, type: match[1] as string };
  return { element, length: match[2] === '' ? undefined : Number(match[2]) };
}

function isDynamic(type: AbiParameter, depth = 0): boolean {
  if (depth > MAX_ABI_DEPTH) return false;
  const array = arrayOf(type);
  if (array !== undefined) return array.length === undefined || isDynamic(array.element, depth + 1);
  if (type.type === 'tuple') return type.components.some((member) => isDynamic(member, depth + 1));
  return type.type === 'bytes' || type.type === 'string';
}

function headSize(type: AbiParameter, depth = 0): number {
  if (depth > MAX_ABI_DEPTH || isDynamic(type)) return WORD;
  const array = arrayOf(type);
  if (array !== undefined) return (array.length ?? 0) * headSize(array.element, depth + 1);
  if (type.type !== 'tuple') return WORD;
  return type.components.reduce((sum, member) => sum + headSize(member, depth + 1), 0);
}

/**
 * Which value a byte of encoded values belongs to: `fills[2].amount`.
 *
 * @returns undefined for bytes that are offsets, padding or no part of the values
 */
export function abiPathAt(types: readonly AbiParameter[], bytes: Bytes, offset: number): string | undefined {
  return pathIn(types, bytes, 0, offset, '', 0);
}

function pathIn(
  types: readonly AbiParameter[],
  bytes: Bytes,
  base: number,
  offset: number,
  prefix: string,
  depth: number,
): string | undefined {
  let at = base;
  for (const [i, type] of types.entries()) {
    const name =
      prefix === ''
        ? type.name || `argument ${i}`
        : type.name === ''
          ? `${prefix}[${i}]`
          : `${prefix}.${type.name}`;
    const found = isDynamic(type)
      ? pathAtValue(type, bytes, base + offsetAt(bytes, at), offset, name, depth + 1)
      : pathAtValue(type, bytes, at, offset, name, depth + 1);
    if (found !== undefined) return found;
    at += headSize(type);
  }
  return undefined;
}

function pathAtValue(
  type: AbiParameter,
  bytes: Bytes,
  at: number,
  offset: number,
  name: string,
  depth: number,
): string | undefined {
  if (depth > MAX_ABI_DEPTH || at > bytes.length) return undefined;
  const array = arrayOf(type);
  if (array !== undefined) {
    const start = array.length === undefined ? at + WORD : at;
    const size = headSize(array.element);
    const length = array.length ?? offsetAt(bytes, at);
    if (array.length === undefined && offset >= at && offset < start) return `${name}.length`;
    if (!isDynamic(array.element)) {
      const index = Math.floor((offset - start) / size);
      if (index < 0 || index >= length) return undefined;
      return pathAtValue(array.element, bytes, start + index * size, offset, `${name}[${index}]`, depth + 1);
    }
    if (length > MAX_ABI_ELEMENTS) return undefined;
    const element = { ...array.element, name: '' };
    const elements = Array.from({ length }, () => element);
    return pathIn(elements, bytes, start, offset, name, depth);
  }
  if (type.type === 'tuple') return pathIn(type.components, bytes, at, offset, name, depth);
  const length = isDynamic(type) ? WORD + offsetAt(bytes, at) : WORD;
  return offset >= at && offset < at + length ? name : undefined;
}

function offsetAt(bytes: Bytes, at: number): number {
  const value = bytesToBigint(bytes.subarray(at, at + WORD));
  return value > BigInt(bytes.length) ? bytes.length + 1 : Number(value);
}

class Decoder {
  failed = false;
  readonly #bytes: Bytes;
  #elements = 0;

  constructor(bytes: Bytes) {
    this.#bytes = bytes;
  }

  tuple(types: readonly AbiParameter[], base: number, depth: number): readonly AbiValue[] {
    let at = base;
    return types.map((type) => {
      const start = isDynamic(type) ? base + this.#offset(at) : at;
      at += headSize(type);
      return this.#value(type, start, depth + 1);
    });
  }

  #value(type: AbiParameter, at: number, depth: number): AbiValue {
    if (this.failed || depth > MAX_ABI_DEPTH || ++this.#elements > MAX_ABI_ELEMENTS) return this.#fail();
    const array = arrayOf(type);
    if (array !== undefined) {
      const length = array.length ?? this.#offset(at);
      if (length > MAX_ABI_ELEMENTS) return this.#fail();
      const start = array.length === undefined ? at + WORD : at;
      return this.tuple(new Array<AbiParameter>(length).fill(array.element), start, depth);
    }
    if (type.type === 'tuple') return this.tuple(type.components, at, depth);
    if (type.type === 'bytes' || type.type === 'string') {
      const length = this.#offset(at);
      const data = this.#slice(at + WORD, length);
      return type.type === 'bytes' ? bytesToHex(data) : bytesToUtf8(data);
    }
    return wordValue(type.type, this.#slice(at, WORD));
  }

  #offset(at: number): number {
    const value = bytesToBigint(this.#slice(at, WORD));
    if (value > BigInt(this.#bytes.length)) {
      this.failed = true;
      return 0;
    }
    return Number(value);
  }

  #slice(at: number, length: number): Bytes {
    if (at + length > this.#bytes.length) {
      this.failed = true;
      return new Uint8Array(0);
    }
    return this.#bytes.subarray(at, at + length);
  }

  #fail(): AbiValue {
    this.failed = true;
    return '';
  }
}

/**
 * One word as a value of an elementary type; of an unknown type it stays hex.
 *
 * @example wordValue('int8', word) // '-1'
 */
export function wordValue(type: string, word: Bytes): string | boolean {
  const number = bytesToBigint(word);
  if (type === 'bool') return number !== 0n;
  if (type === 'address' || type.startsWith('contract ')) return bytesToHex(word.subarray(-20));
  if (type.startsWith('uint') || type.startsWith('enum ')) return number.toString();
  if (type.startsWith('int')) return BigInt.asIntN(8 * word.length, number).toString();
  const fixed = /^bytes(\d{1,2})$/.exec(type);
  return bytesToHex(fixed === null ? word : word.subarray(0, Number(fixed[1])));
}
