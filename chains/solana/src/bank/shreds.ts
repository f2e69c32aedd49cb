import { type Bytes, concatBytes, defineErrors } from '@ninefold/base';
import { decodeEntries, type Entry } from './poh.ts';

const fail = defineErrors({
  SOLANA_INVALID_SHRED: (c: { readonly position: number }) =>
    `Shred ${c.position} is no data shred: its header is short, or says more bytes than it has`,
});

/** Bytes before a data shred's payload. */
const HEADER_BYTES = 88;
const FLAGS_AT = 85;
const SIZE_AT = 86;
/** The flag of the last shred of a batch of entries. */
const BATCH_END = 0x40;

/**
 * The entries of a slot out of its data shreds, in order.
 *
 * @throws `SOLANA_INVALID_SHRED`, and what `decodeEntries` throws
 */
export function entriesOfShreds(shreds: readonly Bytes[]): readonly Entry[] {
  const entries: Entry[] = [];
  let batch: Bytes[] = [];
  for (const [position, shred] of shreds.entries()) {
    if (shred.length < HEADER_BYTES) throw fail('SOLANA_INVALID_SHRED', { position });
    const view = new DataView(shred.buffer, shred.byteOffset, shred.byteLength);
    const size = view.getUint16(SIZE_AT, true);
    if (size < HEADER_BYTES || size > shred.length) throw fail('SOLANA_INVALID_SHRED', { position });
    batch.push(shred.subarray(HEADER_BYTES, size));
    if ((view.getUint8(FLAGS_AT) & BATCH_END) === 0) continue;
    entries.push(...decodeEntries(concatBytes(...batch)));
    batch = [];
  }
  return entries;
}
