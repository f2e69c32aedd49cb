import { bytesToHex, isNinefoldError } from '@ninefold/base';
import { sha256 } from '@ninefold/crypto';
import { hash160, tapBranchHash, tapLeafHash } from '@ninefold/vm-bitcoin-script';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashLeaves, hashLocks, hashTree } from '../src/engine/kernel.ts';
import {
  checkLocks,
  checkWireLocks,
  LOCK_DOMAIN,
  lockAt,
  lockPreimage,
  openedBit,
  sessionSeed,
  wireLocks,
  wirePreimage,
} from '../src/engine/locks.ts';
import { LeafTree, NUMS_KEY, tapOutput } from '../src/engine/tree.ts';

const SEED = Uint8Array.from({ length: 32 }, (_, i) => i);
const codeOf = (action: () => unknown): string | undefined => {
  try {
    action();
  } catch (error) {
    return isNinefoldError(error) ? error.code : String(error);
  }
  return undefined;
};

describe('hash locks', () => {
  it('are HASH160 of the secrets, whatever makes them', () => {
    const hashes = hashLocks(SEED, LOCK_DOMAIN.askGate, 40);
    for (let i = 0; i < 40; i++) {
      const secret = lockPreimage(SEED, LOCK_DOMAIN.askGate, i);
      expect(secret).toHaveLength(20);
      expect(lockAt(hashes, i)).toEqual(hash160(secret));
    }
  });

  it('are secret 20 bytes of SHA-256 over seed, purpose and number', () => {
    const message = new Uint8Array(40);
    message.set(SEED);
    new DataView(message.buffer).setUint32(32, 3, true);
    new DataView(message.buffer).setUint32(36, 0x01020304, true);
    expect(lockPreimage(SEED, 3, 0x01020304)).toEqual(sha256(message).slice(0, 20));
  });

  it('differ between purposes, numbers, sessions and keys', () => {
    const session = new Uint8Array(32).fill(9);
    const seeds = [SEED, sessionSeed(SEED, session), sessionSeed(session, SEED)];
    const all = seeds.flatMap((seed) =>
      Object.values(LOCK_DOMAIN).flatMap((domain) =>
        [0, 1, 2].map((i) => bytesToHex(lockPreimage(seed, domain, i))),
      ),
    );
    expect(new Set(all).size).toBe(all.length);
  });

  it('tell which bit a secret says', () => {
    const hashes = wireLocks(SEED, 5);
    for (let wire = 0; wire < 5; wire++) {
      expect(openedBit(hashes, wire, wirePreimage(SEED, wire, 0))).toBe(0);
      expect(openedBit(hashes, wire, wirePreimage(SEED, wire, 1))).toBe(1);
      expect(openedBit(hashes, wire, wirePreimage(SEED, wire + 1, 1))).toBeUndefined();
      expect(openedBit(hashes, wire, new Uint8Array(21))).toBeUndefined();
    }
  });

  it('are refused when they have the wrong size or say nothing', () => {
    const hashes = wireLocks(SEED, 3);
    expect(codeOf(() => checkWireLocks(hashes, 3))).toBeUndefined();
    expect(codeOf(() => checkWireLocks(hashes, 4))).toBe('LOCKS_WRONG_SIZE');
    expect(codeOf(() => checkLocks('cuts', new Uint8Array(19), 1))).toBe('LOCKS_WRONG_SIZE');
    const same = hashes.slice();
    same.copyWithin(40 * 2 + 20, 40 * 2, 40 * 2 + 20);
    expect(codeOf(() => checkWireLocks(same, 3))).toBe('LOCKS_AMBIGUOUS');
  });
});

describe('leaves in bulk', () => {
  it('hash as one by one, at every length of their CompactSize and across batches', () => {
    const lengths = [0, 1, 55, 56, 63, 64, 118, 119, 252, 253, 254, 300, 65_535, 65_536, 70_000];
    const sizes = [...lengths, ...Array.from({ length: 2100 }, (_, i) => i % 190)];
    const scriptOf = (index: number): Uint8Array =>
      Uint8Array.from({ length: sizes[index]! }, (_, i) => (i * 7 + index) & 0xff);
    const hashes = hashLeaves(sizes.length, (script, index) => {
      const bytes = scriptOf(index);
      script.bytes.set(bytes, script.at);
      script.at += bytes.length;
    });
    sizes.forEach((_, i) => {
      expect(bytesToHex(hashes.slice(32 * i, 32 * i + 32))).toBe(bytesToHex(tapLeafHash(0xc0, scriptOf(i))));
    });
  });
});

describe('trees', () => {
  const numbered = (count: number): LeafTree =>
    new LeafTree({ count, size: 8, write: (script, index) => void script.number(index) });

  it('have a way from each leaf to the root', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), (count) => {
        const tree = numbered(count);
        for (let index = 0; index < count; index++) {
          const path = tree.path(index);
          expect(path.length).toBeLessThanOrEqual(tree.depth);
          const root = path.reduce(tapBranchHash, tapLeafHash(0xc0, tree.script(index)));
          expect(root).toEqual(tree.root);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('order the nodes of a pair by their bytes, first to last', () => {
    const nodes = new Uint8Array(64).fill(5);
    nodes[31] = 6;
    const { nodes: all, levels } = hashTree(nodes);
    expect(levels).toEqual([2, 1]);
    expect(all.slice(64)).toEqual(tapBranchHash(nodes.slice(0, 32), nodes.slice(32)));
  });

  it('are as deep as the logarithm of their leaves', () => {
    expect([1, 2, 3, 4, 5, 8, 9, 1000].map((count) => numbered(count).depth)).toEqual([
      0, 1, 2, 2, 3, 3, 4, 10,
    ]);
  });

  it('make outputs nobody has a key to', () => {
    const { scriptPubKey, key } = tapOutput(NUMS_KEY, numbered(3).root);
    expect(scriptPubKey.slice(0, 2)).toEqual(Uint8Array.of(0x51, 32));
    expect(scriptPubKey.slice(2)).toEqual(key);
  });
});
