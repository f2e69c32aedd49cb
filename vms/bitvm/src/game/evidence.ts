import type { Bytes } from '@ninefold/base';
import type { Dispute } from './dispute.ts';
import { type Equivocation, readMove } from './moves.ts';
import type { ChainView } from './view.ts';
import { DisputeWatch } from './view.ts';

/**
 * The prover's secrets that were seen anywhere: in blocks, in blocks that are none any more, waiting for
 * one. A secret once shown stays known, whatever becomes of the transaction it was in.
 */
export class Evidence {
  readonly #dispute: Dispute;
  readonly #watch: DisputeWatch;
  /** By lock: 2·wire + bit. */
  readonly #secrets: Map<number, Bytes> = new Map();
  /** Transactions read already, by identity: views hold the same objects again and again. */
  readonly #read: WeakSet<object> = new WeakSet();
  #equivocation: Equivocation | undefined;

  constructor(dispute: Dispute) {
    this.#dispute = dispute;
    this.#watch = new DisputeWatch(dispute);
  }

  /** Two secrets of one wire, as soon as there are. */
  get equivocation(): Equivocation | undefined {
    return this.#equivocation;
  }

  /** The bit the prover has shown of a wire; undefined when none was. */
  bit(wire: number): 0 | 1 | undefined {
    if (this.#secrets.has(2 * wire)) return 0;
    return this.#secrets.has(2 * wire + 1) ? 1 : undefined;
  }

  /** All secrets by lock, to be kept where a crash does not reach them. */
  entries(): IterableIterator<[lock: number, secret: Bytes]> {
    return this.#secrets.entries();
  }

  add(lock: number, secret: Bytes): void {
    if (this.#secrets.has(lock)) return;
    this.#secrets.set(lock, secret);
    const other = this.#secrets.get(lock ^ 1);
    if (other === undefined) return;
    this.#equivocation ??= {
      wire: lock >> 1,
      secrets: (lock & 1) === 0 ? [secret, other] : [other, secret],
    };
  }

  /** Takes in what the transactions of a view show. */
  observe({ sightings }: ChainView): void {
    for (const { tx } of sightings) {
      if (this.#read.has(tx)) continue;
      this.#read.add(tx);
      const state = this.#watch.stateOf(tx);
      const stage = state === undefined ? undefined : this.#dispute.stages[state - 1];
      if (stage?.player !== 'prover') continue;
      const content = readMove(this.#dispute, stage, tx);
      for (const { wire, bit, secret } of content?.opened ?? []) this.add(2 * wire + bit, secret);
    }
  }
}
