import { bytesToHex, equalBytes } from '@ninefold/base';
import { type Transaction, txidOf } from '@ninefold/vm-bitcoin-script';
import { type Dispute, type DisputeState, POT_VOUT } from './dispute.ts';
import { collectorOf } from './moves.ts';
import type { Role } from './terms.ts';

/** A transaction that concerns a dispute, and where it is: in a block, or waiting for one. */
export type Sighting = { readonly tx: Transaction; readonly height: number | undefined };

/** What a party sees of the chain: all a decision depends on. After a reorganisation it is another view. */
export type ChainView = { readonly tip: number; readonly sightings: readonly Sighting[] };

/** How a dispute has ended. */
export type Outcome = {
  readonly kind: 'settled' | 'collected';
  /** Who has the pot; a settlement gives each its share. */
  readonly winner: Role | undefined;
  readonly tx: Transaction;
  readonly height: number;
};

/** Where a dispute stands in blocks. */
export type Position = {
  /** The last state whose transaction is in a block; undefined while the funding is not. */
  readonly state: number | undefined;
  /** Of the block it is in. */
  readonly height: number;
  readonly outcome: Outcome | undefined;
};

/** Names the outputs whose spending concerns a dispute. */
export class DisputeWatch {
  readonly #states: ReadonlyMap<string, number>;

  constructor({ states }: Dispute) {
    this.#states = new Map(states.map(({ txid }, state) => [bytesToHex(txid), state]));
  }

  /** Whether a transaction is the funding, or spends a pot or a connector. */
  concerns(tx: Transaction): boolean {
    if (tx.inputs.some(({ prevout }) => this.#states.has(bytesToHex(prevout.txid)))) return true;
    return this.#states.has(bytesToHex(txidOf(tx)));
  }

  /** The state that a transaction leads to. */
  stateOf(tx: Transaction): number | undefined {
    return this.#states.get(bytesToHex(txidOf(tx)));
  }
}

/** Follows the pot through the blocks of a view. */
export function positionOf(dispute: Dispute, { sightings }: ChainView): Position {
  const confirmed = sightings.filter((sighting): sighting is Sighting & { readonly height: number } =>
    Number.isSafeInteger(sighting.height),
  );
  const first = dispute.states[0] as DisputeState;
  let at = confirmed.find(({ tx }) => equalBytes(txidOf(tx), first.txid));
  if (at === undefined) return { state: undefined, height: 0, outcome: undefined };
  const settlementId = txidOf(dispute.settlement);
  for (let state = 0; ; state++) {
    const { txid } = dispute.states[state] as DisputeState;
    const { height } = at;
    const spender = confirmed.find(({ tx }) =>
      tx.inputs.some(({ prevout }) => prevout.vout === POT_VOUT && equalBytes(prevout.txid, txid)),
    );
    if (spender === undefined) return { state, height, outcome: undefined };
    const id = txidOf(spender.tx);
    const next = dispute.states[state + 1];
    if (next === undefined || !equalBytes(id, next.txid)) {
      const settled = equalBytes(id, settlementId);
      const winner = settled ? undefined : collectorOf(dispute, state, spender.tx);
      const outcome: Outcome = { ...spender, kind: settled ? 'settled' : 'collected', winner };
      return { state, height, outcome };
    }
    at = spender;
  }
}

/** The transactions of a view that were made for the move after a state, in blocks first. */
export function movesAfter(
  dispute: Dispute,
  { sightings }: ChainView,
  state: number,
): readonly Transaction[] {
  const next = dispute.states[state + 1];
  if (next === undefined) return [];
  return sightings
    .filter(({ tx }) => equalBytes(txidOf(tx), next.txid))
    .sort((a, b) => (a.height ?? Number.MAX_VALUE) - (b.height ?? Number.MAX_VALUE))
    .map(({ tx }) => tx);
}
