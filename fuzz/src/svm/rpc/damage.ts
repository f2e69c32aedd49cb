import { type Bytes, type Rng, utf8ToBytes } from '@ninefold/base';
import { stringifyExactJson } from '@ninefold/rpc';
import type { Call } from './requests.ts';

/** Values that are wrong nearly everywhere. */
const NASTY: readonly unknown[] = [
  null,
  true,
  false,
  -1,
  0.5,
  -0,
  1e308,
  2 ** 53,
  2n ** 63n,
  2n ** 64n - 1n,
  2n ** 64n,
  10n ** 30n,
  '',
  '0',
  'O0Il',
  '1'.repeat(32),
  '1'.repeat(5000),
  '=',
  'AA=',
  '\u0000',
  '\ud800',
  '💥',
  [],
  [[]],
  [null],
  {},
  { encoding: 'nothing' },
  { encoding: 5 },
  { commitment: 'never' },
  { filters: [{ memcmp: { offset: 1e15, bytes: '1' } }] },
  { filters: [{ memcmp: { offset: 0, bytes: [256] } }] },
  { filters: [1, 2, 3, 4, 5] },
  { dataSlice: { offset: -1, length: 1 } },
  { dataSlice: { offset: 2 ** 52, length: 2 ** 52 } },
  { minContextSlot: 1e15 },
  { constructor: 1, toString: 2, length: 1e9 },
  '__proto__',
];

/** How deep a value may be put into arrays: some end before the node's limit, some behind. */
const DEPTHS = [1, 2, 10, 250, 256, 300, 1000];

function nested(rng: Rng, value: unknown): unknown {
  let deep = value;
  for (let depth = rng.pick(DEPTHS); depth > 0; depth--) deep = rng.below(2) === 0 ? [deep] : { a: deep };
  return deep;
}

function damagedText(rng: Rng, text: string): string {
  const at = rng.below(text.length + 1);
  switch (rng.below(6)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + rng.pick(['0', 'l', '+', '/', '=', ' ', 'é', '\n', 'A']) + text.slice(at);
    case 2:
      return text.slice(0, at) + rng.pick(['0', 'I', 'z', '=', 'A', '_']) + text.slice(at + 1);
    case 3:
      return text + text;
    case 4:
      return text.slice(at) + text.slice(0, at);
    default:
      return text.toUpperCase();
  }
}

/** A value in which one place is something else. */
function damagedValue(rng: Rng, value: unknown): unknown {
  const isWhole = rng.below(3) === 0;
  if (!isWhole && Array.isArray(value) && value.length > 0) {
    const copy: unknown[] = value.slice();
    const at = rng.below(copy.length);
    if (rng.below(8) === 0) copy.splice(at, 1);
    else copy[at] = damagedValue(rng, copy[at]);
    return copy;
  }
  if (!isWhole && typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const names = Object.keys(value);
    const name = names.length === 0 || rng.below(8) === 0 ? 'unknown' : rng.pick(names);
    return { ...value, [name]: damagedValue(rng, (value as Record<string, unknown>)[name]) };
  }
  if (typeof value === 'string' && rng.below(2) === 0) return damagedText(rng, value);
  if (typeof value === 'number' && rng.below(2) === 0)
    return rng.pick<unknown>([
      -value,
      value + 0.5,
      String(value),
      value * 1e9,
      BigInt(value) << 60n,
      [value],
    ]);
  return rng.below(8) === 0 ? nested(rng, value) : rng.pick(NASTY);
}

function damagedParams(rng: Rng, params: readonly unknown[]): unknown {
  switch (rng.below(8)) {
    case 0:
      return params.slice(0, rng.below(params.length + 1));
    case 1:
      return [...params, rng.pick(NASTY)];
    case 2:
      return params.toReversed();
    case 3:
      return rng.pick<unknown>([...NASTY, { ...params }]);
    default:
      return params.length === 0 ? [rng.pick(NASTY)] : damagedValue(rng, params);
  }
}

/** A transaction with other bytes in it. */
function damagedWire(rng: Rng, base64: string): string {
  const bytes = Buffer.from(base64, 'base64');
  for (let times = 1 + rng.below(3); times > 0; times--)
    bytes[rng.below(bytes.length)] = rng.pick([0, 1, 0x7f, 0x80, 0xff, rng.below(256)]);
  return bytes.subarray(0, rng.below(4) === 0 ? rng.below(bytes.length) : bytes.length).toString('base64');
}

const TAKES_BYTES: readonly string[] = [
  'sendTransaction',
  'simulateTransaction',
  'getFeeForMessage',
  'surfnet_profileTransaction',
];

function requestOf(rng: Rng, { method, params }: Call, id: number): Record<string, unknown> {
  const isWire = TAKES_BYTES.includes(method) && rng.below(2) === 0;
  if (isWire) {
    const [wire, ...rest] = params as readonly [string, ...unknown[]];
    return { jsonrpc: '2.0', id, method, params: [damagedWire(rng, wire), ...rest] };
  }
  // One in eight stays as it is: what comes after damage must still be answered.
  const isValid = rng.below(8) === 0;
  return { jsonrpc: '2.0', id, method, params: isValid ? params : damagedParams(rng, params) };
}

/** A request whose own members are wrong. */
function damagedRequest(rng: Rng, request: Record<string, unknown>): unknown {
  switch (rng.below(6)) {
    case 0:
      return { ...request, jsonrpc: rng.pick<unknown>(['1.0', 2, null, '', undefined]) };
    case 1:
      return { ...request, id: rng.pick<unknown>([...NASTY, undefined]) };
    case 2:
      return { ...request, method: rng.pick<unknown>([...NASTY, 'constructor', 'getslot', undefined]) };
    case 3:
      return { ...request, params: rng.pick<unknown>([5, 'x', true, undefined]) };
    case 4:
      return rng.pick(NASTY);
    default:
      return {
        ...request,
        [rng.pick(['extra', '__proto__', 'then', 'ID', 'result', 'error'])]: rng.pick(NASTY),
      };
  }
}

const toText = (value: unknown): string => stringifyExactJson(value) ?? 'null';

/** Text that need not be JSON any more. */
function damagedBody(rng: Rng, body: string): string | Bytes {
  const at = rng.below(body.length + 1);
  switch (rng.below(7)) {
    case 0:
      return body.slice(0, at);
    case 1:
      return (
        body.slice(0, at) +
        rng.pick(['"', '{', '}', '[', ']', ',', ':', '\\', '\u0000', '1e999']) +
        body.slice(at)
      );
    case 2:
      return body.slice(0, at) + body.slice(at + 1);
    case 3:
      return `${rng.pick(['\ufeff', ' \n\t', '//', '['])}${body}`;
    case 4:
      return body.replace(/\d+/, (digits) => digits + rng.pick(['e5', '.0', '0'.repeat(400), 'n', '_']));
    case 5:
      return `${'['.repeat(rng.pick([...DEPTHS, 100_000]))}${body}`;
    default: {
      const bytes = utf8ToBytes(body).slice();
      bytes[rng.below(bytes.length)] = rng.pick([0x80, 0xc0, 0xff, 0xed, 0xf5]);
      return bytes;
    }
  }
}

/** Calls of a batch at most; one more than that is tried as well. */
export const MAX_BATCH = 1000;

/** The text of one or several of `calls`, damaged somewhere. */
export function damagedBodyOf(rng: Rng, makeCall: () => Call): string | Bytes {
  const one = (): unknown => {
    const request = requestOf(rng, makeCall(), rng.below(1000));
    return rng.below(10) === 0 ? damagedRequest(rng, request) : request;
  };
  const kind = rng.below(200);
  if (kind === 0) return toText(Array.from({ length: MAX_BATCH + rng.below(2) }, () => ({ id: 1 })));
  const isBatch = kind < 20;
  const value = isBatch ? Array.from({ length: rng.below(6) }, one) : one();
  const body = toText(value);
  return rng.below(12) === 0 ? damagedBody(rng, body) : body;
}
