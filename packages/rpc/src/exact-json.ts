import type { JsonCodec } from './json-codec.ts';
import { RawJson } from './json.ts';

// JSON whose integers are exact whatever their size: Rust's serde_json reads and writes 64 bits,
// numbers of JavaScript hold 53.

/** An integer of 16 digits or more outside of strings; shorter ones fit into a number. */
const LONG_INTEGER = /"(?:[^"\\]|\\.)*"|-?\d{16,}(?![\d.eE])/g;

function hasLongInteger(text: string): boolean {
  for (const [token] of text.matchAll(LONG_INTEGER)) if (!token.startsWith('"')) return true;
  return false;
}

/**
 * As `JSON.parse`, but integers beyond 2^53 are bigints.
 *
 * PERF: text without long integers, which is nearly all, goes through the platform's parser.
 *
 * @throws `SyntaxError`
 */
export function parseExactJson(text: string): unknown {
  const plain: unknown = JSON.parse(text);
  return hasLongInteger(text) ? createParser(text)() : plain;
}

const NUMBER = /-?\d+(\.\d+)?([eE][+-]?\d+)?/y;
const STRING = /"(?:[^"\\]|\\.)*"/y;
const SPACE = /[ \t\n\r]*/y;
const LITERALS = [
  ['true', true],
  ['false', false],
  ['null', null],
] as const;

/** Reads text that is known to be JSON. */
function createParser(text: string): () => unknown {
  let at = 0;
  const token = (pattern: RegExp): RegExpExecArray => {
    pattern.lastIndex = at;
    const match = pattern.exec(text) as RegExpExecArray;
    at = pattern.lastIndex;
    return match;
  };
  /** Steps over white space; whether `character` is next, which is taken then. */
  const takes = (character: string): boolean => {
    token(SPACE);
    if (text[at] !== character) return false;
    at++;
    return true;
  };
  const string = (): string => JSON.parse(token(STRING)[0]) as string;

  const members = (): Record<string, unknown> => {
    const object: Record<string, unknown> = {};
    if (takes('}')) return object;
    do {
      token(SPACE);
      const name = string();
      takes(':');
      // As in JSON.parse, `__proto__` is a name like any other.
      Object.defineProperty(object, name, {
        value: value(),
        configurable: true,
        enumerable: true,
        writable: true,
      });
    } while (takes(','));
    takes('}');
    return object;
  };

  const items = (): unknown[] => {
    const array: unknown[] = [];
    if (takes(']')) return array;
    do array.push(value());
    while (takes(','));
    takes(']');
    return array;
  };

  const value = (): unknown => {
    if (takes('{')) return members();
    if (takes('[')) return items();
    if (text[at] === '"') return string();
    for (const [name, literal] of LITERALS) {
      if (!text.startsWith(name, at)) continue;
      at += name.length;
      return literal;
    }
    const [digits, fraction, exponent] = token(NUMBER);
    const number = Number(digits);
    const isInteger = fraction === undefined && exponent === undefined;
    return isInteger && !Number.isSafeInteger(number) ? BigInt(digits) : number;
  };
  return value;
}

/**
 * As `JSON.stringify` of plain values, but bigints are written as integers.
 *
 * @example stringifyExactJson({ rentEpoch: 2n ** 64n - 1n }) // '{"rentEpoch":18446744073709551615}'
 */
export function stringifyExactJson(value: unknown): string | undefined {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (value instanceof RawJson) return value.text;
  if (Array.isArray(value)) {
    let text = '[';
    for (let i = 0; i < value.length; i++)
      text += `${i > 0 ? ',' : ''}${stringifyExactJson(value[i]) ?? 'null'}`;
    return `${text}]`;
  }
  let text = '';
  for (const name of Object.keys(value)) {
    const member = stringifyExactJson((value as Record<string, unknown>)[name]);
    if (member !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${member}`;
  }
  return `{${text}}`;
}

/** For chains whose nodes speak integers of 64 bits. */
export const EXACT_JSON: JsonCodec = { parse: parseExactJson, stringify: stringifyExactJson };
