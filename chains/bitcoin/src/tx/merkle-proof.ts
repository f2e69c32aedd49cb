import { type Bytes, concatBytes, defineErrors, equalBytes } from '@ninefold/base';
import {
  type BlockHeader,
  decodeBlockHeader,
  encodeBlockHeader,
  BLOCK_HEADER_BYTES,
  hash256,
  MAX_BLOCK_WEIGHT,
  WireReader,
  WireWriter,
} from '@ninefold/vm-bitcoin-script';

/*
 * Proofs that transactions are in a block (BIP 37's partial Merkle trees): the hashes beside the
 * way from the root down to them.
 */

const fail = defineErrors({
  PROOF_INVALID: (c: { readonly reason: string }) => `The proof is not valid: ${c.reason}`,
});

/** Bytes of the shortest transaction there can be: what bounds how many a block has. */
const MIN_TRANSACTION_WEIGHT = 4 * 60;

const widthAt = (count: number, height: number): number => (count + 2 ** height - 1) >>> height;

/**
 * A proof for the chosen transactions of a block, its header included.
 *
 * @param ids of all the block's transactions, as they are hashed
 */
export function encodeMerkleProof(
  header: BlockHeader,
  ids: readonly Bytes[],
  isChosen: (index: number) => boolean,
): Bytes {
  const bits: boolean[] = [];
  const hashes: Bytes[] = [];
  let top = 0;
  while (widthAt(ids.length, top) > 1) top++;
  const hashAt = (height: number, at: number): Bytes => {
    if (height === 0) return ids[at] as Bytes;
    const left = hashAt(height - 1, 2 * at);
    const right = 2 * at + 1 < widthAt(ids.length, height - 1) ? hashAt(height - 1, 2 * at + 1) : left;
    return hash256(concatBytes(left, right));
  };
  const visit = (height: number, at: number): void => {
    let chosen = false;
    for (let i = at << height; i < (at + 1) << height && i < ids.length; i++) chosen ||= isChosen(i);
    bits.push(chosen);
    if (height === 0 || !chosen) {
      hashes.push(hashAt(height, at));
      return;
    }
    visit(height - 1, 2 * at);
    if (2 * at + 1 < widthAt(ids.length, height - 1)) visit(height - 1, 2 * at + 1);
  };
  visit(top, 0);
  const flags = new Uint8Array(Math.ceil(bits.length / 8));
  bits.forEach((bit, i) => {
    if (bit) flags[i >> 3] = (flags[i >> 3] as number) | (1 << (i & 7));
  });
  const writer = new WireWriter();
  writer.raw(encodeBlockHeader(header)).u32(ids.length).compactSize(hashes.length);
  for (const hash of hashes) writer.raw(hash);
  return writer.blob(flags).finish();
}

/** What a proof shows. */
export type MerkleProof = {
  readonly header: BlockHeader;
  /** How many transactions it says the block has. */
  readonly count: number;
  readonly found: readonly { readonly id: Bytes; readonly index: number }[];
};

/**
 * Reads a proof and checks it against its header's root.
 *
 * @throws `PROOF_INVALID`, `WIRE_…`
 */
export function decodeMerkleProof(bytes: Bytes): MerkleProof {
  const reader = new WireReader(bytes);
  const header = decodeBlockHeader(reader.raw(BLOCK_HEADER_BYTES));
  const count = reader.u32();
  const hashes = reader.list(32, () => reader.raw(32));
  const flags = reader.blob();
  reader.end();
  const invalid = (reason: string): Error => fail('PROOF_INVALID', { reason });
  if (count === 0 || count > MAX_BLOCK_WEIGHT / MIN_TRANSACTION_WEIGHT)
    throw invalid('no block has so many transactions');
  if (hashes.length > count || flags.length * 8 < hashes.length) throw invalid('its parts do not fit');
  let top = 0;
  while (widthAt(count, top) > 1) top++;
  const found: { readonly id: Bytes; readonly index: number }[] = [];
  let bit = 0;
  let used = 0;
  const visit = (height: number, at: number): Bytes => {
    if (bit >= flags.length * 8) throw invalid('it ends too early');
    const chosen = (((flags[bit >> 3] as number) >> (bit & 7)) & 1) === 1;
    bit++;
    if (height === 0 || !chosen) {
      const hash = hashes[used++];
      if (hash === undefined) throw invalid('it ends too early');
      if (height === 0 && chosen) found.push({ id: hash, index: at });
      return hash;
    }
    const left = visit(height - 1, 2 * at);
    if (2 * at + 1 >= widthAt(count, height - 1)) return hash256(concatBytes(left, left));
    const right = visit(height - 1, 2 * at + 1);
    // Equal halves would let one transaction stand in two places (CVE-2012-2459).
    if (equalBytes(left, right)) throw invalid('both sides of a node are equal');
    return hash256(concatBytes(left, right));
  };
  const root = visit(top, 0);
  if (Math.ceil(bit / 8) !== flags.length || used !== hashes.length) throw invalid('something is left over');
  if (!equalBytes(root, header.merkleRoot)) throw invalid('it leads to another root');
  return { header, count, found };
}
