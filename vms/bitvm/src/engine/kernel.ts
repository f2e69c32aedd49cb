import { type Bytes, concatBytes, utf8ToBytes } from '@ninefold/base';
import { sha256 } from '@ninefold/crypto';
import { createKernel, type Kernel } from '@ninefold/kernels';
import { commitmentsBase64 } from '../generated/commitments.ts';
import { LOCK_BYTES } from '../spec/limits.ts';
import { ScriptWriter } from './script-writer.ts';

/*
 * The hashes of a set-up, many at a time. Addresses below are in the kernel's memory; the host lays them
 * out behind `heapBase` for each call anew.
 */

type CommitmentFunctions = {
  readonly lockHashes: (
    out: number,
    seed: number,
    domain: number,
    first: number,
    count: number,
    scratch: number,
  ) => void;
  readonly midstate: (state: number, block: number, scratch: number) => void;
  readonly leafHashes: (out: number, mid: number, spans: number, count: number, scratch: number) => void;
  readonly branches: (out: number, mid: number, nodes: number, count: number, scratch: number) => number;
};

const SCRATCH_BYTES = 576;
const NODE_BYTES = 32;
const TAG_BLOCK_BYTES = 64;
/** Scripts that are hashed in one call. */
const BATCH_LEAVES = 1024;
/** Room for them; a batch ends where a script would not fit. */
const BATCH_BYTES = 2 ** 21;
/** In front of a script: its version and its length in up to five bytes. */
const LEAF_HEAD_BYTES = 6;
const LEAF_VERSION = 0xc0;

let instance: Kernel<CommitmentFunctions> | undefined;
const kernelOf = (): Kernel<CommitmentFunctions> => (instance ??= createKernel(commitmentsBase64));

const tagBlock = (tag: string): Bytes => {
  const hash = sha256(utf8ToBytes(tag));
  return concatBytes(hash, hash);
};

/**
 * Hashes of `count` locks of a seed, 20 bytes each: HASH160 of the first 20 bytes of
 * SHA-256(seed ‖ domain ‖ index).
 *
 * @param seed 32 bytes
 */
export function hashLocks(seed: Bytes, domain: number, count: number): Bytes {
  const kernel = kernelOf();
  const size = LOCK_BYTES * count;
  const memory = kernel.memory(SCRATCH_BYTES + NODE_BYTES + size);
  const scratch = kernel.heapBase();
  const seedAt = scratch + SCRATCH_BYTES;
  const out = seedAt + NODE_BYTES;
  memory.set(seed, seedAt);
  kernel.functions().lockHashes(out, seedAt, domain, 0, count, scratch);
  const hashes = memory.slice(out, out + size);
  memory.fill(0, scratch, out);
  kernel.release();
  return hashes;
}

/**
 * The hashes of `count` tapscripts, 32 bytes each.
 *
 * @param write puts script `index` where the writer stands
 */
export function hashLeaves(count: number, write: (script: ScriptWriter, index: number) => void): Bytes {
  const hashes = new Uint8Array(NODE_BYTES * count);
  const kernel = kernelOf();
  const memory = kernel.memory(
    SCRATCH_BYTES + TAG_BLOCK_BYTES + (8 + NODE_BYTES) * BATCH_LEAVES + NODE_BYTES + BATCH_BYTES,
  );
  const scratch = kernel.heapBase();
  const tagAt = scratch + SCRATCH_BYTES;
  const mid = tagAt + TAG_BLOCK_BYTES;
  const spansAt = mid + NODE_BYTES;
  const out = spansAt + 8 * BATCH_LEAVES;
  const first = out + NODE_BYTES * BATCH_LEAVES;
  memory.set(tagBlock('TapLeaf'), tagAt);
  kernel.functions().midstate(mid, tagAt, scratch);
  const view = new DataView(memory.buffer);
  const script = new ScriptWriter(memory);

  let at = first;
  let batch = 0;
  const flush = (done: number): void => {
    kernel.functions().leafHashes(out, mid, spansAt, batch, scratch);
    hashes.set(memory.subarray(out, out + NODE_BYTES * batch), NODE_BYTES * (done - batch));
    at = first;
    batch = 0;
  };
  // A batch is full while there is no room for a script as long as the longest one so far.
  let longest = 0;
  for (let index = 0; index < count; index++) {
    const room = first + BATCH_BYTES - at - LEAF_HEAD_BYTES;
    if (batch === BATCH_LEAVES || (batch > 0 && room < 2 * longest)) flush(index);
    const body = at + LEAF_HEAD_BYTES;
    script.at = body;
    write(script, index);
    const length = script.at - body;
    longest = Math.max(longest, length);
    const start = writeLeafHead(memory, body, length);
    view.setUint32(spansAt + 8 * batch, start, true);
    view.setUint32(spansAt + 8 * batch + 4, script.at - start, true);
    at = script.at;
    batch++;
  }
  if (batch > 0) flush(count);
  return hashes;
}

/** Version and CompactSize in front of a script; returns where they begin. */
function writeLeafHead(memory: Bytes, body: number, length: number): number {
  if (length < 0xfd) {
    memory[body - 1] = length;
    memory[body - 2] = LEAF_VERSION;
    return body - 2;
  }
  const wide = length > 0xffff;
  const start = body - (wide ? 6 : 4);
  memory[start] = LEAF_VERSION;
  memory[start + 1] = wide ? 0xfe : 0xfd;
  for (let i = start + 2, rest = length; i < body; i++, rest >>>= 8) memory[i] = rest & 0xff;
  return start;
}

/** The nodes of a tree above `leaves`: all levels one behind the other, and how many each has. */
export function hashTree(leaves: Bytes): { readonly nodes: Bytes; readonly levels: readonly number[] } {
  const kernel = kernelOf();
  const count = leaves.length / NODE_BYTES;
  const levels = [count];
  // A level has half of the nodes below, rounded up.
  for (let size = count; size > 1;) levels.push((size = (size + 1) >> 1));
  const total = levels.reduce((sum, size) => sum + size, 0);
  const memory = kernel.memory(SCRATCH_BYTES + TAG_BLOCK_BYTES + NODE_BYTES + NODE_BYTES * total);
  const scratch = kernel.heapBase();
  const tagAt = scratch + SCRATCH_BYTES;
  const mid = tagAt + TAG_BLOCK_BYTES;
  const first = mid + NODE_BYTES;
  memory.set(tagBlock('TapBranch'), tagAt);
  kernel.functions().midstate(mid, tagAt, scratch);
  memory.set(leaves, first);
  let below = first;
  for (const size of levels.slice(0, -1)) {
    const above = below + NODE_BYTES * size;
    kernel.functions().branches(above, mid, below, size, scratch);
    below = above;
  }
  const nodes = memory.slice(first, first + NODE_BYTES * total);
  kernel.release();
  return { nodes, levels };
}
