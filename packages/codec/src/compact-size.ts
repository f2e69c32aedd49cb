import { type Bytes, defineErrors } from '@ninefold/base';

/*
 * CompactSize, the counts of Bitcoin's wire format: one byte below 0xfd, else a marker and 2, 4 or 8
 * little-endian bytes. Each number has exactly one form.
 */

const MARKER_U16 = 0xfd;
const MARKER_U32 = 0xfe;
const MARKER_U64 = 0xff;

const fail = defineErrors({
  COMPACT_SIZE_TRUNCATED: (c: { readonly at: number }) => `CompactSize at byte ${c.at} is cut off`,
  COMPACT_SIZE_NOT_CANONICAL: (c: { readonly at: number }) =>
    `CompactSize at byte ${c.at} is longer than its number needs`,
  COMPACT_SIZE_RANGE: (c: { readonly value: string }) =>
    `${c.value} has no CompactSize here: expected a whole number from 0 to 2^53 - 1`,
});

/** How many bytes the count takes: 1, 3, 5 or 9. */
export function compactSizeLength(count: number): 1 | 3 | 5 | 9 {
  return count < MARKER_U16 ? 1 : count <= 0xffff ? 3 : count <= 0xffffffff ? 5 : 9;
}

/**
 * Writes the count at `at` and says where it ends.
 *
 * @throws `COMPACT_SIZE_RANGE` when it is negative, fractional or not below 2^53
 */
export function writeCompactSize(target: Bytes, at: number, count: number): number {
  if (!Number.isSafeInteger(count) || count < 0) throw fail('COMPACT_SIZE_RANGE', { value: String(count) });
  const length = compactSizeLength(count);
  if (length === 1) {
    target[at] = count;
    return at + 1;
  }
  target[at] = length === 3 ? MARKER_U16 : length === 5 ? MARKER_U32 : MARKER_U64;
  let rest = count;
  for (let i = 1; i < length; i++) {
    target[at + i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return at + length;
}

/**
 * The count as bytes: `encodeCompactSize(253)` is `fd fd 00`.
 *
 * @throws `COMPACT_SIZE_RANGE`
 */
export function encodeCompactSize(count: number): Bytes {
  const bytes = new Uint8Array(compactSizeLength(count));
  writeCompactSize(bytes, 0, count);
  return bytes;
}

/**
 * Reads a count at `at`.
 *
 * @throws `COMPACT_SIZE_TRUNCATED`, `COMPACT_SIZE_NOT_CANONICAL`, `COMPACT_SIZE_RANGE` for 2^53 and more
 */
export function decodeCompactSize(
  bytes: Bytes,
  at: number,
): { readonly value: number; readonly next: number } {
  const first = bytes[at];
  if (first === undefined) throw fail('COMPACT_SIZE_TRUNCATED', { at });
  if (first < MARKER_U16) return { value: first, next: at + 1 };
  const length = first === MARKER_U16 ? 2 : first === MARKER_U32 ? 4 : 8;
  const next = at + 1 + length;
  if (next > bytes.length) throw fail('COMPACT_SIZE_TRUNCATED', { at });
  let value = 0;
  for (let i = length; i > 0; i--) value = value * 256 + (bytes[at + i] as number);
  if (value > Number.MAX_SAFE_INTEGER) throw fail('COMPACT_SIZE_RANGE', { value: String(value) });
  if (compactSizeLength(value) !== 1 + length) throw fail('COMPACT_SIZE_NOT_CANONICAL', { at });
  return { value, next };
}
