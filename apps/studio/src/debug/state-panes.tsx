import type { StackItem, StorageItem, TraceState } from '@ninefold/studio-api';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { netOf } from '../store.ts';
import { entityText, grouped, money, plain, valueText } from '../ui/format.ts';
import { Tabs } from '../ui/pieces.tsx';
import { Boundary } from '../ui/states.tsx';
import { PaneHead } from './code-panes.tsx';
import type { DebugSession } from './session.ts';

const SHOWN_STACK = 24;
const BYTES_A_ROW = 16;
const SHOWN_ROWS = 12;
const WORD = 32;

/** What the machine holds before the step. */
export function StatePanes({ session }: { readonly session: DebugSession }): JSX.Element {
  const state = session.state.value;
  return (
    <div class="state-panes">
      <Boundary what="The stack">
        <StackPane session={session} state={state} />
      </Boundary>
      <Boundary what="The memory">
        <MemoryPane session={session} state={state} />
      </Boundary>
      <Boundary what="The storage">
        <LowerPane session={session} state={state} />
      </Boundary>
    </div>
  );
}

type PaneProps = { readonly session: DebugSession; readonly state: TraceState | undefined };

function StackPane({ session, state }: PaneProps): JSX.Element {
  const stack = state?.stack ?? [];
  const height = session.data.sp[Math.min(state?.step ?? 0, session.last)] ?? stack.length;
  const chosen = session.chosen.value;
  return (
    <section class="pane pane-stack" aria-label="Stack">
      <PaneHead title="Stack" note={`${height} ${height === 1 ? 'word' : 'words'}`} unit="top first" />
      <ol class="stack" tabIndex={0} aria-label="Items of the stack">
        {stack.slice(0, SHOWN_STACK).map((item, i) => {
          const loc = `stack:${height - 1 - i}`;
          const isChosen = chosen?.loc === loc && chosen.step === state?.step;
          return (
            <li key={i} class={`${i < (state?.changed ?? 0) ? 'changed' : ''} ${isChosen ? 'chosen' : ''}`}>
              <button
                type="button"
                title={`${item.value}, decimal ${BigInt(item.value)}`}
                onClick={() => session.choose(loc, item.name ?? `stack[${i}]`, state?.step)}
              >
                <span class="index">{i}</span>
                <Word value={item.value} />
                <span class="name">{nameOf(item)}</span>
              </button>
            </li>
          );
        })}
      </ol>
    </section>
  );
}

function nameOf({ name, value }: StackItem): string {
  if (name !== undefined) return plain(name, 48);
  const number = BigInt(value);
  return number < 2n ** 64n ? grouped(number) : '';
}

/** A word with its leading zeros dimmed, shortened in the middle. */
function Word({ value }: { readonly value: string }): JSX.Element {
  const digits = value.replace(/^0x/, '');
  const significant = digits.replace(/^0+/, '');
  if (significant.length > 22) {
    return (
      <span class="word mono">
        {significant.slice(0, 10)}…{significant.slice(-10)}
      </span>
    );
  }
  return (
    <span class="word mono">
      <span class="zeros">0x</span>
      {significant === '' ? <span class="zeros">0</span> : significant}
    </span>
  );
}

function MemoryPane({ session, state }: PaneProps): JSX.Element {
  const memory = state?.memory;
  const length = memory?.length ?? 0;
  const bytes = memory?.bytes.slice(2) ?? '';
  const written = memory?.written;
  const asked = session.memoryAt.value;
  const start = memory?.start ?? 0;
  // Without a place that was asked for, what was just written is shown.
  const focus = asked ?? written?.[0] ?? memory?.read?.[0] ?? 0;
  const inPage = Math.max(0, Math.floor((focus - start) / BYTES_A_ROW) - 2);
  const rows = Math.min(SHOWN_ROWS, Math.max(0, Math.ceil(bytes.length / 2 / BYTES_A_ROW) - inPage));
  const note = length === 0 ? 'empty' : `0x${start.toString(16)} of 0x${length.toString(16)}`;
  const change = written === undefined ? '' : `${written[1] - written[0]} bytes written`;
  const move = (by: number): void => {
    session.memoryAt.value = Math.max(0, Math.min(Math.max(0, length - WORD), start + by));
  };
  return (
    <section class="pane pane-memory" aria-label="Memory">
      <PaneHead title="Memory" note={note} unit={change} />
      <div
        class="hex mono"
        tabIndex={0}
        role="group"
        aria-label="Bytes of memory"
        onKeyDown={(event) => {
          const by = event.key === 'PageDown' ? 256 : event.key === 'PageUp' ? -256 : 0;
          if (by === 0) return;
          event.preventDefault();
          move(by);
        }}
      >
        {Array.from({ length: rows }, (_, i) => {
          const at = start + (inPage + i) * BYTES_A_ROW;
          return (
            <HexRow
              key={i}
              session={session}
              at={at}
              bytes={bytes.slice(2 * (at - start), 2 * (at - start + BYTES_A_ROW))}
              written={written}
              read={memory?.read}
              step={state?.step ?? 0}
            />
          );
        })}
      </div>
    </section>
  );
}

type Range = readonly [number, number] | undefined;

function isWithin(at: number, range: Range): boolean {
  return range !== undefined && at < range[1] && at + 4 > range[0];
}

function HexRow(props: {
  readonly session: DebugSession;
  readonly at: number;
  readonly bytes: string;
  readonly written: Range;
  readonly read: Range;
  readonly step: number;
}): JSX.Element {
  const { session, at, bytes, written, read, step } = props;
  const groups = [0, 4, 8, 12].filter((offset) => 2 * offset < bytes.length);
  const word = at - (at % WORD);
  const choose = (): void => session.choose(`memory:${word}:${WORD}`, `memory[0x${word.toString(16)}]`, step);
  return (
    <button type="button" class="hex-row" onClick={choose}>
      <span class="hex-address">{at.toString(16).padStart(4, '0')}</span>
      {groups.map((offset) => {
        const part = bytes.slice(2 * offset, 2 * offset + 8);
        const kind = `${/^0*$/.test(part) ? 'zero' : ''} ${isWithin(at + offset, written) ? 'written' : ''} ${isWithin(at + offset, read) ? 'read' : ''}`;
        return (
          <span key={offset} class={kind}>
            {part}
          </span>
        );
      })}
      <span class="ascii">{ascii(bytes)}</span>
    </button>
  );
}

function ascii(hex: string): string {
  return (hex.match(/../g) ?? [])
    .map((pair) => Number.parseInt(pair, 16))
    .map((code) => (code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : '·'))
    .join('');
}

const TABS = [
  { id: 'storage', title: 'Storage' },
  { id: 'balances', title: 'Balances' },
  { id: 'logs', title: 'Logs' },
  { id: 'data', title: 'Data' },
  { id: 'watch', title: 'Watch' },
] as const;
type TabId = (typeof TABS)[number]['id'];

function LowerPane({ session, state }: PaneProps): JSX.Element {
  const [tab, setTab] = useState<TabId>('storage');
  return (
    <section class="pane pane-lower" aria-label="State">
      <Tabs small label="State" tabs={TABS} current={tab} onChange={(id) => setTab(id as TabId)} />
      <div class="lower" role="tabpanel" id={`panel-${tab}`} aria-labelledby={`tab-${tab}`} tabIndex={0}>
        {tab === 'storage' && <StorageList session={session} items={state?.storage ?? []} />}
        {tab === 'balances' && <Balances state={state} />}
        {tab === 'logs' && <Logs session={session} state={state} />}
        {tab === 'data' && <Data session={session} state={state} />}
        {tab === 'watch' && <Watches session={session} />}
      </div>
    </section>
  );
}

function StorageList({
  session,
  items,
}: {
  readonly session: DebugSession;
  readonly items: readonly StorageItem[];
}): JSX.Element {
  if (items.length === 0) return <p class="pane-note">No slot was written so far.</p>;
  const step = session.state.value?.step ?? 0;
  return (
    <ul class="pairs">
      {items.map((item, i) => {
        const loc = `storage:${item.entity.id}:${item.key}`;
        const isChosen = session.chosen.value?.loc === loc;
        return (
          <li key={i} class={`${item.step === step - 1 ? 'changed' : ''} ${isChosen ? 'chosen' : ''}`}>
            <button
              type="button"
              title={`${entityText(item.entity)}, slot ${item.key}, written by step ${item.step}`}
              onClick={() => session.choose(loc, item.label, step)}
            >
              <span class="mono pair-name">{plain(item.label, 80)}</span>
              <span class="mono pair-values">
                <span class="bad-text">{shortValue(valueText(item.before))}</span> →{' '}
                <span class="ok-text">{shortValue(valueText(item.after))}</span>
              </span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}

function shortValue(text: string): string {
  if (/^0x[\da-f]{20,}$/i.test(text)) {
    const digits = text.replace(/^0x0*/, '');
    return digits.length > 12
      ? `0x${digits.slice(0, 4)}…${digits.slice(-4)}`
      : `0x${digits === '' ? '0' : digits}`;
  }
  return text.length > 28 ? `${text.slice(0, 26)}…` : text;
}

function Balances({ state }: { readonly state: TraceState | undefined }): JSX.Element {
  const list = state?.balances ?? [];
  if (list.length === 0) return <p class="pane-note">No ether moved with a call so far.</p>;
  return (
    <ul class="pairs">
      {list.map(({ entity, before, after }) => {
        const asset = netOf(entity.net)?.units.money ?? { symbol: '', decimals: 0 };
        return (
          <li key={entity.id} class="pair">
            <span class="pair-name">{entityText(entity)}</span>
            <span class="mono pair-values">
              <span class="bad-text">{money(before, asset, 4)}</span> →{' '}
              <span class="ok-text">{money(after, asset, 4)}</span>
            </span>
          </li>
        );
      })}
    </ul>
  );
}

function Logs({ session, state }: PaneProps): JSX.Element {
  const list = state?.logs ?? [];
  if (list.length === 0) return <p class="pane-note">No event so far.</p>;
  return (
    <ul class="pairs">
      {list.toReversed().map(({ step, text }, i) => (
        <li key={i}>
          <button type="button" onClick={() => session.goTo(step)}>
            <span class="mono pair-name">{plain(text, 200)}</span>
            <span class="mono quiet-text">{grouped(step)}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

const SHOWN_WORDS = 64;

/** Calldata in words, each with its origin, and what the last call returned. */
function Data({ session, state }: PaneProps): JSX.Element {
  const calldata = state?.calldata;
  const body = calldata?.bytes.slice(2) ?? '';
  const words = Array.from(
    { length: Math.min(SHOWN_WORDS, Math.ceil(Math.max(0, body.length / 2 - 4) / WORD)) },
    (_, i) => 4 + WORD * i,
  );
  return (
    <div class="data-words">
      <h3>Calldata, {body.length / 2} bytes</h3>
      {calldata?.fields !== undefined && (
        <p class="mono wrap">
          {plain(calldata.fields.map(({ name, value }) => `${name}: ${valueText(value)}`).join(', '), 400)}
        </p>
      )}
      {body.length >= 8 && <p class="mono">{body.slice(0, 8)}</p>}
      <ul class="pairs">
        {words.map((at) => {
          const word = body.slice(2 * at, 2 * at + 2 * WORD);
          return (
            <li key={at}>
              <button
                type="button"
                onClick={() =>
                  session.choose(`calldata:${at}`, `calldata[0x${at.toString(16)}]`, state?.step)
                }
              >
                <span class="mono quiet-text">{at.toString(16).padStart(4, '0')}</span>
                <span class="mono">0x{word.replace(/^0+/, '') || '0'}</span>
              </button>
            </li>
          );
        })}
      </ul>
      <h3>Return data of the last call</h3>
      <p class="mono wrap">
        {state?.returndata === undefined || state.returndata === '0x' ? 'none' : plain(state.returndata, 600)}
      </p>
    </div>
  );
}

function Watches({ session }: { readonly session: DebugSession }): JSX.Element {
  const [text, setText] = useState('');
  const add = (event: Event): void => {
    event.preventDefault();
    const expr = text.trim();
    if (expr !== '' && !session.watches.value.includes(expr))
      session.watches.value = [...session.watches.value, expr];
    setText('');
  };
  return (
    <>
      <form onSubmit={add} class="watch-form">
        <input
          class="input mono"
          id="watch-field"
          type="text"
          placeholder="fees, proceeds[0x7099…79c8], stack[0]"
          aria-label="Value to watch"
          value={text}
          maxLength={200}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </form>
      <ul class="pairs">
        {session.watched.value.map(({ expr, value, problem }) => (
          <li key={expr} class="pair">
            <span class="mono pair-name">{plain(expr, 60)}</span>
            <span class="mono pair-values">
              {problem === undefined ? valueText(value?.value) : <span class="quiet-text">not here</span>}{' '}
              <button
                type="button"
                class="copy"
                aria-label={`Stop watching ${expr}`}
                onClick={() =>
                  (session.watches.value = session.watches.value.filter((each) => each !== expr))
                }
              >
                ×
              </button>
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
