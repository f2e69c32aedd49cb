/** Limits on a JSON text that are checked before it is parsed. */
export type JsonLimits = { readonly depth: number; readonly nodes: number };

export const MAX_JSON_DEPTH = 256;
export const MAX_JSON_NODES = 1_000_000;

/** JSON that is written into an answer as it stands. */
export class RawJson {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/**
 * Marks a result that is serialised already; `text` must be valid JSON.
 *
 * @example handler: () => rawJson('{"number":"0x1"}')
 */
export function rawJson(text: string): RawJson {
  return new RawJson(text);
}

export type JsonScan = {
  /** Whether the text exceeds a limit: then it must not be parsed. */
  readonly tooLarge: boolean;
  /**
   * The `id` members' own text, by position in the batch (0 for a single call). A parsed number
   * cannot tell `1.0` from `1`, nor `9007199254740993` from its neighbour.
   */
  readonly ids: readonly (string | undefined)[];
};

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * One linear pass over a JSON-RPC body before `JSON.parse`, whose recursion and allocation an
 * attacker would otherwise choose. It does not validate: on text that is no JSON the outcome is
 * harmless and the parser complains.
 *
 * PERF: about a nanosecond a character; strings are crossed with `indexOf`.
 */
export function scanJson(text: string, limits: JsonLimits): JsonScan {
  const ids: (string | undefined)[] = [];
  let depth = 0;
  let nodes = 1;
  let call = 0;
  // Depth of the members of a call: 1 for a single call, 2 inside a batch.
  let memberDepth = 1;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case OPEN_BRACKET:
        if (depth === 0) memberDepth = 2;
        depth++;
        nodes++;
        break;
      case OPEN_BRACE:
        depth++;
        nodes++;
        break;
      case CLOSE_BRACKET:
      case CLOSE_BRACE:
        depth--;
        break;
      case COMMA:
        nodes++;
        if (depth === 1 && memberDepth === 2) call++;
        break;
      case QUOTE: {
        const end = stringEnd(text, at);
        if (depth === memberDepth && isIdKey(text, at, end)) {
          const colon = skipSpace(text, end);
          if (text.charCodeAt(colon) === COLON) ids[call] = scalarAt(text, skipSpace(text, colon + 1));
        }
        at = end - 1;
        break;
      }
      default:
    }
    if (depth > limits.depth || nodes > limits.nodes) return { tooLarge: true, ids };
  }
  return { tooLarge: false, ids };
}

/** The position behind the closing quote of the string that opens at `open`. */
function stringEnd(text: string, open: number): number {
  let close = open;
  for (;;) {
    close = text.indexOf('"', close + 1);
    if (close < 0) return text.length;
    let backslashes = 0;
    while (text.charCodeAt(close - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return close + 1;
  }
}

// "\u0069\u0064" and its mixtures also spell the key.
const ID_KEY = /^"(?:i|\\u0069)(?:d|\\u0064)"$/;

function isIdKey(text: string, open: number, end: number): boolean {
  const length = end - open;
  if (length === 4) return text.startsWith('"id"', open);
  return length > 4 && length <= 14 && ID_KEY.test(text.slice(open, end));
}

function skipSpace(text: string, at: number): number {
  while (at < text.length && text.charCodeAt(at) <= 0x20) at++;
  return at;
}

// The quote keeps the scan linear on hostile text: no scalar is looked at from two keys.
const SCALAR_END = /[\s,}\]"]/g;

/** The text of the string, number or literal at `at`; undefined for a container. */
function scalarAt(text: string, at: number): string | undefined {
  const first = text.charCodeAt(at);
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return undefined;
  if (first === QUOTE) return text.slice(at, stringEnd(text, at));
  SCALAR_END.lastIndex = at;
  return text.slice(at, SCALAR_END.exec(text)?.index ?? text.length);
}
