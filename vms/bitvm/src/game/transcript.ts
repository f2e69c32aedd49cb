import { defineErrors, equalBytes } from '@ninefold/base';
import { hashToHex, type Transaction, txidOf } from '@ninefold/vm-bitcoin-script';
import { inputCount } from '../code/circuit.ts';
import type { Dispute, DisputeState } from './dispute.ts';
import { readMove } from './moves.ts';
import type { StageKind } from './stages.ts';
import type { Role } from './terms.ts';
import { type ChainView, positionOf } from './view.ts';

/** The form of {@link TranscriptEvent}; it changes when that does. */
export const TRANSCRIPT_SCHEMA = 'ninefold/bitvm-transcript/1';

/** One step of a dispute as the chain shows it. */
export type TranscriptEvent = {
  readonly schema: typeof TRANSCRIPT_SCHEMA;
  readonly event: 'funded' | StageKind | 'settled' | 'collected';
  /** Number of the state it leads to; of an end, the state whose pot was taken. */
  readonly state: number;
  readonly height: number;
  /** As it is shown: 64 hex digits. */
  readonly txid: string;
  /** Who moved or won; nobody alone funds or settles. */
  readonly player: Role | null;
  /** The cut, block or gate that was asked for or shown. */
  readonly choice: number | null;
  /** Bits that a move opened, in the order of its wires: `0110…`; a claim's begin with the input. */
  readonly bits: string | null;
  /** Satoshi left in the pot. */
  readonly pot: string;
};

type Fault = { readonly line: number; readonly reason: string };

const fail = defineErrors({
  TRANSCRIPT_INVALID: ({ line, reason }: Fault) => `Line ${line} of the transcript is wrong: ${reason}`,
});

/** The steps of a dispute, as far as the blocks of a view go. */
export function transcriptOf(dispute: Dispute, view: ChainView): readonly TranscriptEvent[] {
  const { state: last, outcome } = positionOf(dispute, view);
  const events: TranscriptEvent[] = [];
  if (last === undefined) return events;
  const sightingOf = (id: Uint8Array): { readonly tx: Transaction; readonly height: number } => {
    const found = view.sightings.find(({ tx, height }) => height !== undefined && equalBytes(txidOf(tx), id));
    return found as { readonly tx: Transaction; readonly height: number };
  };
  for (let state = 0; state <= last; state++) {
    const { txid, pot } = dispute.states[state] as DisputeState;
    const { tx, height } = sightingOf(txid);
    const stage = dispute.stages[state - 1];
    const content = stage && readMove(dispute, stage, tx);
    const opened = stage?.player === 'prover' ? content?.opened : undefined;
    events.push({
      schema: TRANSCRIPT_SCHEMA,
      event: stage?.kind ?? 'funded',
      state,
      height,
      txid: hashToHex(txid),
      player: stage?.player ?? null,
      choice:
        stage?.asked === undefined || content === undefined ? null : (stage.choices[content.choice] ?? null),
      bits: opened?.map(({ bit }) => bit).join('') ?? null,
      pot: String(pot.value),
    });
  }
  if (outcome !== undefined) {
    const { pot } = dispute.states[last] as DisputeState;
    events.push({
      schema: TRANSCRIPT_SCHEMA,
      event: outcome.kind,
      state: last,
      height: outcome.height,
      txid: hashToHex(txidOf(outcome.tx)),
      player: outcome.winner ?? null,
      choice: null,
      bits: null,
      pot: String(pot.value),
    });
  }
  return events;
}

/** The input and the output of a claim. */
export function claimOf(
  { circuit }: Dispute,
  { event, bits }: TranscriptEvent,
): { readonly input: string; readonly output: string } | undefined {
  if (event !== 'claim' || bits === null) return undefined;
  const inputs = inputCount(circuit);
  return { input: bits.slice(0, inputs), output: bits.slice(inputs) };
}

/** A transcript as text: a JSON object a line. */
export function formatTranscript(events: readonly TranscriptEvent[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join('');
}

const EVENTS: readonly string[] = [
  'funded',
  'claim',
  'ask-cut',
  'show-cut',
  'ask-block',
  'show-block',
  'ask-gate',
  'show-gate',
  'settled',
  'collected',
];

const isWhole = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

/** What each member of an event has to be. */
const MEMBERS: Readonly<Record<keyof TranscriptEvent, (value: unknown) => boolean>> = {
  schema: (value) => value === TRANSCRIPT_SCHEMA,
  event: (value) => EVENTS.includes(value as string),
  state: isWhole,
  height: isWhole,
  txid: (value) => typeof value === 'string' && /^[\da-f]{64}$/.test(value),
  player: (value) => value === null || value === 'prover' || value === 'verifier',
  choice: (value) => value === null || isWhole(value),
  bits: (value) => value === null || (typeof value === 'string' && /^[01]*$/.test(value)),
  pot: (value) => typeof value === 'string' && /^\d{1,16}$/.test(value),
};

/**
 * Reads a transcript, whose states follow one on another.
 *
 * @throws `TRANSCRIPT_INVALID` with the line
 */
export function parseTranscript(text: string): readonly TranscriptEvent[] {
  const events: TranscriptEvent[] = [];
  text.split('\n').forEach((source, index) => {
    if (source.trim() === '') return;
    const line = index + 1;
    let value: unknown;
    try {
      value = JSON.parse(source);
    } catch (cause) {
      throw fail('TRANSCRIPT_INVALID', { line, reason: (cause as Error).message }, { cause });
    }
    if (typeof value !== 'object' || value === null) {
      throw fail('TRANSCRIPT_INVALID', { line, reason: 'expected an object' });
    }
    const wrong = Object.entries(MEMBERS).find(
      ([name, isRight]) => !isRight((value as Readonly<Record<string, unknown>>)[name]),
    );
    if (wrong !== undefined) throw fail('TRANSCRIPT_INVALID', { line, reason: `"${wrong[0]}" is wrong` });
    const event = value as TranscriptEvent;
    const isEnd = event.event === 'settled' || event.event === 'collected';
    const previous = events[events.length - 1];
    const expected = (previous?.state ?? -1) + (isEnd ? 0 : 1);
    const isOver = previous?.event === 'settled' || previous?.event === 'collected';
    if (isOver || event.state !== expected || (event.event === 'funded') !== (event.state === 0 && !isEnd)) {
      throw fail('TRANSCRIPT_INVALID', { line, reason: `state ${event.state} does not come next` });
    }
    if (previous !== undefined && event.height < previous.height) {
      throw fail('TRANSCRIPT_INVALID', { line, reason: `height ${event.height} lies before` });
    }
    events.push(event);
  });
  return events;
}
