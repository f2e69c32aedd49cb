import { setTimeout as sleep } from 'node:timers/promises';
import { isNinefoldError, type Logger } from '@ninefold/base';
import { hashToHex, type Transaction, txidOf } from '@ninefold/vm-bitcoin-script';
import {
  bumpTransaction,
  type ChainView,
  claimValues,
  type Decision,
  decideProver,
  decideVerifier,
  type Dispute,
  DisputeWatch,
  Evidence,
  type Outcome,
  partySecrets,
  positionOf,
  type TranscriptEvent,
  transcriptOf,
} from '@ninefold/vm-bitvm';
import type { BitcoinRpc } from './bitcoin-rpc.ts';
import { ChainFollower } from './chain-follower.ts';
import type { Contract, DisputeStore } from './dispute-store.ts';
import { partyScript } from './setup.ts';

/** Blocks after which a move that is in no block yet gets a child that pays more. */
const BUMP_AFTER_BLOCKS = 2;
/** By how much more than the last time. */
const BUMP_FACTOR = 2;

/** Satoshi a virtual byte that taking the pot never exceeds. */
const MAX_COLLECTION_RATE = 500;

/** How a party plays. */
export type PlayOptions = {
  readonly rpc: BitcoinRpc;
  /** Milliseconds between two looks at the chain. */
  readonly pollMs: number;
  /** Blocks on top of the end after which it is final. */
  readonly burial: number;
  /** Satoshi a virtual byte for taking the pot. */
  readonly feeRate: number;
  readonly logger: Logger;
  readonly onEvent: (event: TranscriptEvent) => void;
  /** Ends the play between two looks. */
  readonly signal?: AbortSignal | undefined;
};

/** @param feeRate what taking the pot pays now: more, the longer it waits */
type Decide = (view: ChainView, feeRate: number) => Decision | Promise<Decision>;

/**
 * Plays the prover to the end: a crash at any point is made up for by calling it again.
 *
 * @param input bits of the claim; on later calls they may be left out
 * @returns undefined when it was told to stop
 * @throws `PROVER_CLAIM_IMPOSSIBLE`, `BITVM_…`
 */
export async function playProver(
  store: DisputeStore,
  contract: Contract,
  privateKey: Uint8Array,
  input: string,
  options: PlayOptions,
): Promise<Outcome | undefined> {
  const { dispute, signatures } = contract;
  const bits = Array.from(input, Number);
  const values = claimValues(dispute, bits);
  // Before anything is broadcast: another claim after a crash would be an equivocation.
  await store.settleClaim(input);
  const funding = await store.funding();
  const secrets = partySecrets(privateKey, dispute.terms.session);
  return play(dispute, contract.height, privateKey, options, (view, feeRate) => {
    if (funding === undefined) return withoutFunding(dispute, view);
    return decideProver({ dispute, signatures, funding, secrets, input: bits, feeRate }, view, values);
  });
}

/**
 * Plays the verifier to the end.
 *
 * @returns undefined when it was told to stop
 * @throws `BITVM_…`
 */
export async function playVerifier(
  store: DisputeStore,
  contract: Contract,
  privateKey: Uint8Array,
  options: PlayOptions,
): Promise<Outcome | undefined> {
  const { dispute, signatures } = contract;
  const funding = await store.funding();
  const secrets = partySecrets(privateKey, dispute.terms.session);
  const evidence = new Evidence(dispute);
  for (const [lock, secret] of await store.evidence()) evidence.add(lock, secret);
  const known = new Set([...evidence.entries()].map(([lock]) => lock));
  return play(dispute, contract.height, privateKey, options, async (view, feeRate) => {
    evidence.observe(view);
    // On the disk before it is acted on: blocks may be taken back, what was seen in them may not.
    await store.addEvidence([...evidence.entries()].filter(([lock]) => !known.has(lock)));
    for (const [lock] of evidence.entries()) known.add(lock);
    if (funding === undefined) return withoutFunding(dispute, view);
    return decideVerifier({ dispute, signatures, funding, secrets, feeRate }, view, evidence);
  });
}

/** The other party's signatures never came: it may still publish the funding, or it may not. */
function withoutFunding(dispute: Dispute, view: ChainView): Decision {
  const { state, outcome } = positionOf(dispute, view);
  return { state, outcome, transactions: [] };
}

/**
 * Watches a dispute without a part in it.
 *
 * @returns how it ended, or undefined when it was told to stop
 */
export function watchDispute(
  contract: Pick<Contract, 'dispute' | 'height'>,
  options: PlayOptions,
): Promise<Outcome | undefined> {
  return play(contract.dispute, contract.height, undefined, options, (view) =>
    withoutFunding(contract.dispute, view),
  );
}

async function play(
  dispute: Dispute,
  from: number,
  privateKey: Uint8Array | undefined,
  options: PlayOptions,
  decide: Decide,
): Promise<Outcome | undefined> {
  const { rpc, pollMs, burial, feeRate, logger, onEvent, signal } = options;
  const follower = new ChainFollower(rpc, new DisputeWatch(dispute), from);
  const sender = new Sender(rpc, dispute, privateKey, feeRate, logger);
  let told: readonly TranscriptEvent[] = [];
  const isStopped = (): boolean => signal?.aborted === true;
  const look = async (): Promise<Outcome | undefined> => {
    const view = await follower.poll();
    told = tell(told, transcriptOf(dispute, view), onEvent, logger);
    const { outcome, transactions } = await decide(view, sender.collectionRate);
    if (outcome !== undefined && view.tip - outcome.height + 1 >= burial) return outcome;
    for (const tx of transactions) await sender.send(tx, view);
    return undefined;
  };
  // A node that never answered is a mistake of the user's; one that is away comes back.
  let outcome = await look();
  while (outcome === undefined && !isStopped()) {
    await sleep(pollMs, undefined, signal && { signal }).catch(() => undefined);
    try {
      if (!isStopped()) outcome = await look();
    } catch (error) {
      if (!isNinefoldError(error, 'BITVM_RPC_UNREACHABLE') && !isNinefoldError(error, 'BITVM_RPC_FAILED')) {
        throw error;
      }
      logger.warn({ reason: error.message }, 'the node does not answer');
    }
  }
  return outcome;
}

/** Passes new events on; returns those that now are told. */
function tell(
  told: readonly TranscriptEvent[],
  events: readonly TranscriptEvent[],
  onEvent: (event: TranscriptEvent) => void,
  logger: Logger,
): readonly TranscriptEvent[] {
  let same = 0;
  while (same < told.length && same < events.length && isSame(told[same], events[same])) same++;
  if (same < told.length) logger.warn({ states: told.length - same }, 'blocks were taken back');
  for (const event of events.slice(same)) onEvent(event);
  return events;
}

function isSame(a: TranscriptEvent | undefined, b: TranscriptEvent | undefined): boolean {
  return a?.txid === b?.txid && a?.height === b?.height && a?.bits === b?.bits && a?.choice === b?.choice;
}

/** Gets transactions into blocks: broadcasts them, and pays more for those that are stuck. */
class Sender {
  readonly #rpc: BitcoinRpc;
  readonly #dispute: Dispute;
  readonly #privateKey: Uint8Array | undefined;
  readonly #logger: Logger;
  /** Satoshi a virtual byte for taking the pot. */
  collectionRate: number;
  /** By id: the height at which it was first sent, and what its last child paid. */
  readonly #sent: Map<string, { since: number; feeRate: number }> = new Map();

  constructor(
    rpc: BitcoinRpc,
    dispute: Dispute,
    privateKey: Uint8Array | undefined,
    collectionRate: number,
    logger: Logger,
  ) {
    this.#rpc = rpc;
    this.collectionRate = collectionRate;
    this.#dispute = dispute;
    this.#privateKey = privateKey;
    this.#logger = logger;
  }

  async send(tx: Transaction, { tip, sightings }: ChainView): Promise<void> {
    const id = hashToHex(txidOf(tx));
    const isWaiting = sightings.some(({ tx: seen }) => hashToHex(txidOf(seen)) === id);
    const before = this.#sent.get(id);
    const state = before ?? { since: tip, feeRate: this.#dispute.terms.feeRate };
    this.#sent.set(id, state);
    if (!isWaiting) {
      try {
        await this.#rpc.send(tx);
        this.#logger.info({ txid: id }, 'sent');
        return;
      } catch (error) {
        if (!isNinefoldError(error, 'BITVM_RPC_FAILED')) throw error;
        // Refused for now: the other party's move may have come first, or the fee is too low.
        this.#logger.debug({ txid: id, reason: error.message }, 'not taken');
      }
    }
    if (tip - state.since >= BUMP_AFTER_BLOCKS) {
      state.since = tip;
      await this.#bump(tx, id, (state.feeRate *= BUMP_FACTOR));
    }
  }

  async #bump(tx: Transaction, id: string, feeRate: number): Promise<void> {
    const fee = this.#feeOf(tx);
    if (fee === undefined) {
      // What takes the pot is signed by this party alone: the next look makes it anew, and pays more.
      this.collectionRate = Math.min(MAX_COLLECTION_RATE, this.collectionRate * BUMP_FACTOR);
      return;
    }
    if (this.#privateKey === undefined) return;
    const payout = partyScript(this.#privateKey);
    const coins = (await this.#rpc.coins(payout)).toSorted((a, b) => (a.value < b.value ? 1 : -1));
    const [coin] = coins;
    if (coin === undefined) {
      this.#logger.warn({ txid: id }, 'waits for a block, and there is no coin to pay a higher fee with');
      return;
    }
    try {
      const child = bumpTransaction(tx, fee, feeRate, { coin, secret: this.#privateKey, payout });
      await this.#rpc.sendPackage(tx, child);
      this.#logger.info({ txid: id, feeRate }, 'a child pays a higher fee');
    } catch (error) {
      if (!isNinefoldError(error)) throw error;
      this.#logger.warn({ txid: id, reason: error.message }, 'a higher fee could not be paid');
    }
  }

  /** What a transaction of the graph pays by itself; undefined for others, which carry no anchor. */
  #feeOf(tx: Transaction): bigint | undefined {
    const id = hashToHex(txidOf(tx));
    const { states, settlement, terms } = this.#dispute;
    const isSettlement = hashToHex(txidOf(settlement)) === id;
    const index = isSettlement ? 2 : states.findIndex(({ txid }) => hashToHex(txid) === id);
    if (index < 0) return undefined;
    const coins = [...terms.prover.inputs, ...terms.verifier.inputs];
    const spent = states[index - 1]?.tx.outputs;
    const paid = tx.outputs.reduce((sum, { value }) => sum + value, 0n);
    return tx.inputs.reduce((sum, { prevout }, i) => {
      const source = spent === undefined ? coins[i] : spent[prevout.vout];
      return sum + (source?.value ?? 0n);
    }, -paid);
  }
}
