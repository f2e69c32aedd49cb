import type { Bytes } from '@ninefold/base';
import { INITIAL_SYSVAR_BYTES } from '../bank/sysvars.ts';

/** Lamports of a cluster's stake, or of one delegation's, in an epoch. */
export type Activation = {
  readonly effective: bigint;
  /** Delegated, but not effective yet. */
  readonly activating: bigint;
  /** Effective, but asked back. */
  readonly deactivating: bigint;
};

/** Epochs that the sysvar remembers. */
export const MAX_STAKE_HISTORY = 512;

const ENTRY_BYTES = 32;

type Entry = readonly [epoch: bigint, activation: Activation];

/**
 * How much stake there was in past epochs. Never changed: adding an epoch makes another history.
 *
 * @example StakeHistory.empty().with(0n, { effective: 5n, activating: 1n, deactivating: 0n }).get(0n)
 */
export class StakeHistory {
  /** Newest first. */
  readonly entries: readonly Entry[];

  private constructor(entries: readonly Entry[]) {
    this.entries = entries;
  }

  static empty(): StakeHistory {
    return new StakeHistory([]);
  }

  /** The history in the sysvar's data. */
  static decode(data: Bytes): StakeHistory {
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    const room = Math.floor(Math.max(data.length - 8, 0) / ENTRY_BYTES);
    const count = data.length < 8 ? 0n : view.getBigUint64(0, true);
    const entries = Array.from({ length: count < BigInt(room) ? Number(count) : room }, (_, i): Entry => {
      const at = 8 + i * ENTRY_BYTES;
      const u64 = (field: number): bigint => view.getBigUint64(at + 8 * field, true);
      return [u64(0), { effective: u64(1), activating: u64(2), deactivating: u64(3) }];
    });
    return new StakeHistory(entries);
  }

  /** The sysvar's data; room that is not used is zero. */
  encode(): Bytes {
    const data = new Uint8Array(INITIAL_SYSVAR_BYTES.stakeHistory);
    const view = new DataView(data.buffer);
    view.setBigUint64(0, BigInt(this.entries.length), true);
    for (const [i, [epoch, { effective, activating, deactivating }]] of this.entries.entries()) {
      for (const [field, value] of [epoch, effective, activating, deactivating].entries())
        view.setBigUint64(8 + i * ENTRY_BYTES + 8 * field, value, true);
    }
    return data;
  }

  /** What is remembered of an epoch. */
  get(epoch: bigint): Activation | undefined {
    const newest = this.entries[0]?.[0];
    if (newest === undefined || epoch > newest) return undefined;
    // Without gaps an epoch is as far behind the newest as its entry.
    const near = this.entries[Number(newest - epoch)];
    return near?.[0] === epoch ? near[1] : this.entries.find(([known]) => known === epoch)?.[1];
  }

  /** The history with an epoch that is newer than all; the oldest is let go. */
  with(epoch: bigint, activation: Activation): StakeHistory {
    const older = this.entries.filter(([known]) => known !== epoch);
    return new StakeHistory([[epoch, activation] as const, ...older].slice(0, MAX_STAKE_HISTORY));
  }
}
