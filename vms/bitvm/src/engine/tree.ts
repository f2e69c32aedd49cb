import { type Bytes, concatBytes, hexToBytes } from '@ninefold/base';
import { schnorr } from '@ninefold/crypto';
import { OP, TAPROOT_LEAF_TAPSCRIPT, tapTweakHash } from '@ninefold/vm-bitcoin-script';
import { hashLeaves, hashTree } from './kernel.ts';
import { type ScriptWriter, writeScript } from './script-writer.ts';

const NODE_BYTES = 32;

/** An internal key whose secret nobody can know: the hash of the generator, as BIP 341 suggests. */
export const NUMS_KEY: Bytes = hexToBytes(
  '0x50929b74c1a04954b78b4b6035e97a5e078a5a0f28ec96d547bfee9ace803ac0',
);

/** Scripts by number, written when they are needed. */
export type LeafSource = {
  readonly count: number;
  /** Most bytes of a script. */
  readonly size: number;
  readonly write: (script: ScriptWriter, index: number) => void;
};

/** A tree of scripts of which the hashes are kept, but not the scripts. */
export class LeafTree {
  readonly source: LeafSource;
  readonly #nodes: Bytes;
  readonly #levels: readonly number[];

  constructor(source: LeafSource) {
    const { nodes, levels } = hashTree(hashLeaves(source.count, source.write));
    this.source = source;
    this.#nodes = nodes;
    this.#levels = levels;
  }

  get root(): Bytes {
    return this.#nodes.slice(-NODE_BYTES);
  }

  /** Nodes on the longest way from a leaf to the root. */
  get depth(): number {
    return this.#levels.length - 1;
  }

  script(index: number): Bytes {
    return writeScript(this.source.size, (script) => this.source.write(script, index));
  }

  /** The siblings on the way from a leaf to the root. */
  path(index: number): readonly Bytes[] {
    const siblings: Bytes[] = [];
    let first = 0;
    let at = index;
    for (const size of this.#levels.slice(0, -1)) {
      const sibling = at ^ 1;
      // The last node of an odd level goes up alone.
      if (sibling < size) {
        const from = NODE_BYTES * (first + sibling);
        siblings.push(this.#nodes.slice(from, from + NODE_BYTES));
      }
      first += size;
      at >>= 1;
    }
    return siblings;
  }
}

/** An output of a key and a tree. */
export type TapOutput = {
  readonly internalKey: Bytes;
  /** Of the output's key, 32 bytes. */
  readonly key: Bytes;
  readonly parity: 0 | 1;
  readonly scriptPubKey: Bytes;
};

/** The output of an internal key, which is on the curve, and a root. */
export function tapOutput(internalKey: Bytes, root: Bytes): TapOutput {
  const tweaked = schnorr.tweakPublicKey(internalKey, tapTweakHash(internalKey, root));
  // One in 2^128, and then for all trees of the key: it was checked where it came from.
  if (tweaked === undefined) throw new RangeError('the internal key is no point of the curve');
  return { internalKey, ...tweaked, scriptPubKey: keyScript(tweaked.key) };
}

/** `1 <key>`. */
export function keyScript(key: Bytes): Bytes {
  return concatBytes(Uint8Array.of(OP.OP_1, 32), key);
}

/** What proves that a leaf is in an output. */
export function controlBlock({ internalKey, parity }: TapOutput, path: readonly Bytes[]): Bytes {
  return concatBytes(Uint8Array.of(TAPROOT_LEAF_TAPSCRIPT | parity), internalKey, ...path);
}
