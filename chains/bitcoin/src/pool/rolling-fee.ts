/** A full mempool forgets what it asked for by half in this time, in seconds. */
const HALF_LIFE = 43_200;
/** It is looked at again after so many seconds. */
const UPDATE_INTERVAL = 10;

/**
 * The rate a mempool asks for after it was full: what paid less was dropped, so that more of it would
 * only be dropped as well. Once a block has made room it decays, faster the emptier the mempool is.
 */
export class RollingFee {
  readonly #now: () => number;
  readonly #increment: number;
  /** Satoshi for 1000 virtual bytes. */
  #rate = 0;
  #updated = 0;
  #hadBlock = false;

  /** @param increment rate by which what was dropped has to be outbid */
  constructor(now: () => number, increment: number) {
    this.#now = now;
    this.#increment = increment;
  }

  /** Something was dropped for want of room that paid so much. */
  dropped(fees: bigint, vsize: number): void {
    const rate = Number((fees * 1000n) / BigInt(vsize)) + this.#increment;
    if (rate <= this.#rate) return;
    this.#rate = rate;
    this.#hadBlock = false;
  }

  /** A block came, which may have made room. */
  mined(): void {
    this.#updated = this.#now();
    this.#hadBlock = true;
  }

  /**
   * Satoshi for 1000 virtual bytes; 0 where anything that is relayed may come in.
   *
   * @param filled how much of the mempool is in use, from 0 to 1
   */
  rate(filled: number): number {
    if (!this.#hadBlock || this.#rate === 0) return Math.round(this.#rate);
    const passed = this.#now() - this.#updated;
    if (passed > UPDATE_INTERVAL) {
      const halfLife = filled < 1 / 4 ? HALF_LIFE / 4 : filled < 1 / 2 ? HALF_LIFE / 2 : HALF_LIFE;
      this.#rate /= 2 ** (passed / halfLife);
      this.#updated += passed;
      if (this.#rate < this.#increment / 2) this.#rate = 0;
    }
    return this.#rate === 0 ? 0 : Math.max(Math.round(this.#rate), this.#increment);
  }
}
