import { type Bytes, concatBytes, utf8ToBytes } from '@ninefold/base';
import { sha256 } from '@ninefold/kernels';
import { type Elf, parseElf } from '../code/elf.ts';
import { parseR0bf } from '../code/r0bf.ts';
import { POSEIDON2_CELLS, poseidon2Mix } from './accelerators/poseidon2.ts';

// The commitment to a program's memory that RISC Zero calls ImageID (risc0/binfmt/src/image.rs).

const PAGE_BYTES = 1024;
/** Depth of the tree over all pages of 4 GiB. */
const TREE_DEPTH = 22;
const DIGEST_CELLS = 8;

/** Places of words that are set beside the segments. */
const ADDRESS = { USER_ENTRY: 0x0001_0000, SUSPEND_PC: 0xffff_0210, SUSPEND_MODE: 0xffff_0214 } as const;
const SUPERVISOR_MODE = 1;

type Pages = Map<number, Bytes>;
type Digest = Float64Array;

/** SHA-256 of a structure: hash of its tag, digests, words, number of digests (risc0/binfmt/src/hash.rs). */
export function taggedStruct(tag: string, digests: readonly Bytes[], words: readonly number[]): Bytes {
  const tail = new Uint8Array(4 * words.length + 2);
  const view = new DataView(tail.buffer);
  words.forEach((word, i) => view.setUint32(4 * i, word, true));
  view.setUint16(4 * words.length, digests.length, true);
  return sha256(concatBytes(sha256(utf8ToBytes(tag)), ...digests, tail));
}

/**
 * The ImageID of a program in RISC Zero's container, 32 bytes.
 *
 * @throws `RISCV_R0BF_INVALID`, and what `parseElf` throws for either of its files
 */
export function risc0ImageId(file: Bytes): Bytes {
  const { user, kernel } = parseR0bf(file);
  const pages: Pages = new Map();
  const userElf = parseElf(user);
  const kernelElf = parseElf(kernel);
  // Where both have bytes, the user's are the ones that count.
  load(pages, kernelElf);
  load(pages, userElf);
  writeWord(pages, ADDRESS.USER_ENTRY, userElf.entry);
  writeWord(pages, ADDRESS.SUSPEND_PC, kernelElf.entry);
  writeWord(pages, ADDRESS.SUSPEND_MODE, SUPERVISOR_MODE);
  return taggedStruct('risc0.SystemState', [digestBytes(memoryRoot(pages))], [0]);
}

function pageAt(pages: Pages, address: number): Bytes {
  const index = Math.floor(address / PAGE_BYTES);
  let page = pages.get(index);
  if (page === undefined) {
    page = new Uint8Array(PAGE_BYTES);
    pages.set(index, page);
  }
  return page;
}

function load(pages: Pages, { segments }: Elf): void {
  for (const { address, bytes } of segments) {
    for (let at = 0; at < bytes.length;) {
      const start = (address + at) % PAGE_BYTES;
      const piece = bytes.subarray(at, at + PAGE_BYTES - start);
      pageAt(pages, address + at).set(piece, start);
      at += piece.length;
    }
  }
}

function writeWord(pages: Pages, address: number, value: number): void {
  const page = pageAt(pages, address);
  new DataView(page.buffer).setUint32(address % PAGE_BYTES, value, true);
}

/** A page's words as 16-bit halves, sixteen at a time over the first cells. */
function pageDigest(page: Bytes): Digest {
  const view = new DataView(page.buffer, page.byteOffset);
  const cells = new Float64Array(POSEIDON2_CELLS);
  for (let at = 0; at < PAGE_BYTES; at += 32) {
    for (let i = 0; i < 16; i++) cells[i] = view.getUint16(at + 2 * i, true);
    poseidon2Mix(cells);
  }
  return cells.slice(0, DIGEST_CELLS);
}

/** Digest of an inner node: the right child comes first. */
function nodeDigest(left: Digest, right: Digest): Digest {
  const cells = new Float64Array(POSEIDON2_CELLS);
  cells.set(right, 0);
  cells.set(left, DIGEST_CELLS);
  poseidon2Mix(cells);
  return cells.slice(0, DIGEST_CELLS);
}

/** Root of the tree over all pages, of which nearly all are zeros: a level's empty subtree is hashed once. */
function memoryRoot(pages: Pages): Digest {
  let empty = pageDigest(new Uint8Array(PAGE_BYTES));
  let level = new Map(Array.from(pages, ([index, page]) => [index, pageDigest(page)] as const));
  for (let depth = 0; depth < TREE_DEPTH; depth++) {
    const parents = new Map<number, Digest>();
    for (const index of level.keys()) {
      const parent = index >>> 1;
      if (parents.has(parent)) continue;
      parents.set(parent, nodeDigest(level.get(2 * parent) ?? empty, level.get(2 * parent + 1) ?? empty));
    }
    level = parents;
    empty = nodeDigest(empty, empty);
  }
  return level.get(0) ?? empty;
}

function digestBytes(digest: Digest): Bytes {
  const bytes = new Uint8Array(4 * DIGEST_CELLS);
  const view = new DataView(bytes.buffer);
  digest.forEach((cell, i) => view.setUint32(4 * i, cell, true));
  return bytes;
}
