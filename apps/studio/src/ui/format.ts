import type { AssetRef, EntityRef, Json, Span } from '@ninefold/studio-api';

// Everything a program says is hostile text: controls that could turn a line around are shown as symbols,
// and nothing is longer than a line can be.

const THIN_SPACE = '\u2009';
const LONGEST = 2000;

/** Names of characters that are not drawn but change what is drawn around them. */
const CONTROL = /(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Text of a program, made harmless and not too long. */
export function plain(text: string, longest: number = LONGEST): string {
  const cut = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return cut.replace(CONTROL, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : `⟨${code.toString(16)}⟩`;
  });
}

/** Digits in groups of three: `612 485`. */
export function grouped(value: string | number | bigint): string {
  const text = String(value);
  const [, sign = '', whole = text, rest = ''] = /^(-?)(\d+)(.*)$/.exec(text) ?? [];
  return sign + whole.replace(/\B(?=(\d{3})+(?!\d))/g, THIN_SPACE) + rest;
}

/** A large number in few characters: `29.4 M`. */
export function compact(value: string | number): string {
  const number = Number(value);
  if (!Number.isFinite(number) || Math.abs(number) < 100_000) return grouped(String(value));
  const units = ['K', 'M', 'G', 'T'];
  let scaled = number;
  let unit = '';
  for (const next of units) {
    if (Math.abs(scaled) < 1000) break;
    scaled /= 1000;
    unit = next;
  }
  const digits = Math.abs(scaled) < 10 ? 2 : Math.abs(scaled) < 100 ? 1 : 0;
  return `${scaled.toFixed(digits)} ${unit}`;
}

/** An amount in the smallest unit as the asset is spoken of; `digits` after the point at most. */
export function money(amount: string, { symbol, decimals }: AssetRef, digits = 6): string {
  if (!/^-?\d+$/.test(amount)) return plain(amount);
  const negative = amount.startsWith('-');
  const all = (negative ? amount.slice(1) : amount).padStart(decimals + 1, '0');
  const whole = all.slice(0, all.length - decimals);
  const fraction = decimals === 0 ? '' : all.slice(all.length - decimals);
  const shown = fraction.slice(0, digits).replace(/0+$/, '');
  const isTiny = whole === '0' && shown === '' && /[1-9]/.test(fraction);
  const sign = negative ? '−' : '';
  if (isTiny && decimals === 18) {
    const wei = BigInt(all);
    if (wei < 1_000_000n) return `${sign}${wei} wei`;
    return `${sign}${money(wei.toString(), { symbol: 'gwei', decimals: 9 }, 3)}`;
  }
  if (isTiny) return `${sign}0.${fraction.replace(/0+$/, '')} ${symbol}`;
  return `${sign}${grouped(whole)}${shown === '' ? '' : `.${shown}`} ${symbol}`;
}

/** First six and last four characters of an id. */
export function shortId(id: string): string {
  return id.length > 15 ? `${plain(id.slice(0, 6))}…${plain(id.slice(-4))}` : plain(id);
}

export function entityText({ name, id }: EntityRef): string {
  return name === undefined ? shortId(id) : plain(name, 60);
}

/** A sentence as text alone, for titles and readers. */
export function spansText(spans: readonly Span[]): string {
  return spans
    .map((span) => {
      if (typeof span === 'string') return plain(span);
      if ('entity' in span) return entityText(span.entity);
      if ('amount' in span) return money(span.amount, span.asset);
      return 'code' in span ? plain(span.code, 200) : '';
    })
    .join('');
}

/** A JSON value in one line. */
export function valueText(value: Json | undefined): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'string') return /^-?\d{4,}$/.test(value) ? grouped(value) : plain(value);
  if (typeof value === 'number') return grouped(value);
  if (typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return plain(`[${value.map((each: Json) => valueText(each)).join(', ')}]`, 400);
  return plain(JSON.stringify(value), 400);
}

const UNITS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
] as const;

/** How long ago: `0.4 s`, `12 s`, `3 min`. */
export function age(time: number, now: number): string {
  const ms = Math.max(0, now - time);
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  for (const [size, unit] of UNITS) if (ms >= size) return `${Math.floor(ms / size)} ${unit}`;
  return 'now';
}

export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(bytes < 100 * 1024 * 1024 ? 1 : 0)} MB`;
}

const SMALL = [
  'No',
  'One',
  'Two',
  'Three',
  'Four',
  'Five',
  'Six',
  'Seven',
  'Eight',
  'Nine',
  'Ten',
  'Eleven',
  'Twelve',
];

/** `Eleven chains` */
export function countText(count: number, noun: string): string {
  return `${SMALL[count] ?? grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}
