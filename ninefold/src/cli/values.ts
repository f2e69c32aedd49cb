import { didYouMean } from '@ninefold/base';
import type { Flag } from './flags/flag.ts';
import { HARDFORKS } from './hardforks.ts';

const WEI_PER_ETHER = 10n ** 18n;
const TRUE: readonly string[] = ['1', 'true', 'yes', 'on'];
const FALSE: readonly string[] = ['0', 'false', 'no', 'off', ''];

/** The value a flag's text or configuration entry stands for, or what was expected instead. */
export type Conversion = { readonly value: unknown } | { readonly expected: string };

/**
 * Reads a setting as its flag wants it. Text comes from the command line and the environment, other
 * types only from configuration files.
 */
export function convert(flag: Flag, given: unknown): Conversion {
  switch (flag.kind) {
    case 'boolean':
      return toBoolean(given);
    case 'count':
    case 'integer':
      return toInteger(flag, given);
    case 'bigint':
      return toBigint(flag, given);
    case 'ether':
      return toWei(given);
    case 'seconds':
      return toSeconds(given);
    case 'list':
      return toList(given);
    case 'fork':
      return toFork(given);
    case 'string':
      return typeof given === 'string' && given !== '' ? { value: given } : { expected: 'some text' };
  }
}

function toBoolean(given: unknown): Conversion {
  if (typeof given === 'boolean') return { value: given };
  const text = String(given).toLowerCase();
  if (TRUE.includes(text)) return { value: true };
  if (FALSE.includes(text)) return { value: false };
  return { expected: 'true or false' };
}

function toInteger({ min = 0, max = Number.MAX_SAFE_INTEGER }: Flag, given: unknown): Conversion {
  const value = typeof given === 'string' && /^\d+$/.test(given) ? Number(given) : given;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max)
    return { value };
  if (max !== Number.MAX_SAFE_INTEGER) return { expected: `a whole number from ${min} to ${max}` };
  return { expected: min > 0 ? `a whole number, at least ${min}` : 'a whole number' };
}

function toBigint({ min = 0 }: Flag, given: unknown): Conversion {
  const value = toExactInteger(given);
  if (value !== undefined && value >= BigInt(min) && value < 2n ** 64n) return { value };
  return { expected: `a whole number${min > 0 ? `, at least ${min}` : ''} (64 bits)` };
}

function toExactInteger(given: unknown): bigint | undefined {
  if (typeof given === 'bigint') return given;
  if (typeof given === 'number') return Number.isSafeInteger(given) ? BigInt(given) : undefined;
  if (typeof given !== 'string' || !/^(?:\d[\d_]*|0x[\da-f]+)$/i.test(given)) return undefined;
  return BigInt(given.replaceAll('_', ''));
}

/** Ether with up to 18 decimals, in wei. */
function toWei(given: unknown): Conversion {
  const match = /^(\d+)(?:\.(\d{1,18}))?$/.exec(String(given));
  if (match === null) return { expected: 'an amount of ether such as 10000 or 0.5' };
  const [, whole = '', decimals = ''] = match;
  const value = BigInt(whole) * WEI_PER_ETHER + BigInt(decimals.padEnd(18, '0'));
  return value < 2n ** 256n ? { value } : { expected: 'an amount below 2^256 wei' };
}

function toSeconds(given: unknown): Conversion {
  const text = String(given);
  const value = Number(text);
  if (/^\d+(?:\.\d+)?$/.test(text) && value > 0) return { value };
  return { expected: 'a number of seconds above 0, such as 12 or 0.5' };
}

function toList(given: unknown): Conversion {
  const items = Array.isArray(given) ? (given as unknown[]) : String(given).split(',');
  const texts = items.map((item) => (typeof item === 'string' ? item.trim() : ''));
  return texts.length > 0 && texts.every((text) => text !== '')
    ? { value: texts }
    : { expected: 'names with commas between them' };
}

// Names of the specification for what others call differently.
const FORK_ALIASES: Readonly<Record<string, string>> = {
  eip150: 'tangerineWhistle',
  eip158: 'spuriousDragon',
  merge: 'paris',
  latest: 'bpo2',
};

function toFork(given: unknown): Conversion {
  const text = String(given);
  const plain = text.toLowerCase().replaceAll(/[-_ ]/g, '');
  const name = FORK_ALIASES[plain] ?? plain;
  const fork = HARDFORKS.find((candidate) => candidate.toLowerCase() === name.toLowerCase());
  if (fork !== undefined) return { value: fork };
  const near = didYouMean(text, HARDFORKS);
  return {
    expected: near === undefined ? `one of ${HARDFORKS.join(', ')}` : `the name of a fork, perhaps ${near}`,
  };
}
