import '../styles/debugger.css';
import { effect } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { isTyping } from '../keys.ts';
import { isPaletteOpen, screenCommands } from '../palette.tsx';
import { client, isDark, letterKeys } from '../store.ts';
import { bytesText, grouped, plain } from '../ui/format.ts';
import { Tabs } from '../ui/pieces.tsx';
import { Boundary, Empty, ErrorBlock } from '../ui/states.tsx';
import { toastError } from '../ui/toast.tsx';
import { CodePane, SourcePane, StepsPane } from './code-panes.tsx';
import { OriginStrip } from './origin.tsx';
import { DebugSession } from './session.ts';
import { StatePanes } from './state-panes.tsx';
import { Timeline } from './timeline.ts';
import { copyLink, Toolbar, zoomToCall } from './toolbar.tsx';
import { TraceData } from './trace-data.ts';

type Opened = { readonly session?: DebugSession; readonly error?: unknown };

/** Why did it do that, and where did this value come from? */
export function DebuggerScreen({ net, id }: { readonly net: string; readonly id: string }): JSX.Element {
  const [opened, setOpened] = useState<Opened>({});
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let isWanted = true;
    let session: DebugSession | undefined;
    const started = performance.now();
    TraceData.open(client(), net, id)
      .then((data) => {
        if (!isWanted) {
          data.close();
          return;
        }
        session = new DebugSession(client(), data, toastError);
        setOpened({ session });
        performance.measure('ninefold-trace-open', { start: started });
      })
      .catch((error: unknown) => isWanted && setOpened({ error }));
    return () => {
      isWanted = false;
      session?.close();
    };
  }, [net, id, attempt]);

  if (opened.error !== undefined) {
    return <ErrorBlock error={opened.error} what="The trace" page onRetry={() => setAttempt(attempt + 1)} />;
  }
  if (opened.session === undefined) {
    return (
      <div class="recording" role="status">
        <span class="progress" />
        Recording every step …
      </div>
    );
  }
  if (opened.session.data.steps === 0) {
    return (
      <Empty page title="No instruction was executed">
        <p>The transaction only moved value.</p>
      </Empty>
    );
  }
  return <Debugger session={opened.session} />;
}

const SMALL_PANES = [
  { id: 'source', title: 'Source' },
  { id: 'code', title: 'Code' },
  { id: 'steps', title: 'Steps' },
  { id: 'state', title: 'State' },
] as const;

function Debugger({ session }: { readonly session: DebugSession }): JSX.Element {
  const [pane, setPane] = useState<string>('source');
  useEffect(() => startDebuggerKeys(session), [session]);
  useEffect(() => {
    screenCommands.value = [
      { title: 'Mark this step', icon: 'circleDot', note: 'Debugger', run: () => session.mark('') },
      { title: 'Breakpoint here', icon: 'circleDot', note: 'Debugger', run: () => session.toggleHere() },
      {
        title: 'Clear breakpoints',
        icon: 'x',
        note: 'Debugger',
        run: () => void (session.breakpoints.value = new Set()),
      },
      {
        title: 'Zoom to the whole trace',
        icon: 'crosshair',
        note: 'Debugger',
        run: () => session.zoomTo(0, session.data.steps),
      },
    ];
    return () => void (screenCommands.value = []);
  }, [session]);
  const shown = session.levels.value;
  const hasSource = session.data.manifest.levels.some(({ id }) => id === 'sol');
  const both = hasSource && shown.has('sol') && shown.has('evm');
  return (
    <div class={`debugger show-${pane} ${both ? 'both' : 'single'}`}>
      <h1 class="hidden">Debugger</h1>
      <Toolbar session={session} />
      <TimelineView session={session} />
      <div class="small-panes">
        <Tabs label="Panes" tabs={SMALL_PANES} current={pane} onChange={setPane} />
      </div>
      <div class="panes">
        <Boundary what="The steps">
          <LeftPane session={session} />
        </Boundary>
        {hasSource && shown.has('sol') && (
          <Boundary what="The source">
            <SourcePane session={session} />
          </Boundary>
        )}
        {(shown.has('evm') || !hasSource) && (
          <Boundary what="The code">
            <CodePane session={session} />
          </Boundary>
        )}
        <StatePanes session={session} />
      </div>
      <Boundary what="The origin">
        <OriginStrip session={session} />
      </Boundary>
      <StatusBar session={session} />
    </div>
  );
}

function TimelineView({ session }: { readonly session: DebugSession }): JSX.Element {
  const host = useRef<HTMLDivElement>(null);
  const [measured, setMeasured] = useState<string>('');
  useEffect(() => {
    const timeline = new Timeline(session);
    const { element } = timeline;
    element.tabIndex = 0;
    element.setAttribute('role', 'slider');
    element.setAttribute('aria-label', 'Timeline');
    element.setAttribute('aria-valuemin', '0');
    element.setAttribute('aria-valuemax', String(session.last));
    timeline.onMeasure = (from, to) => {
      const { data } = session;
      const [a, b] = [Math.max(0, Math.floor(from)), Math.min(data.steps, Math.ceil(to))];
      let writes = 0;
      for (let step = a; step < b; step++) writes += (data.flags[step] ?? 0) & 1;
      setMeasured(
        `${grouped(b - a)} steps, ${grouped(data.usedAt(b) - data.usedAt(a))} gas, ${writes} writes`,
      );
    };
    host.current?.append(element);
    const stops = [
      effect(() => {
        void session.view.value;
        void session.found.value;
        void session.marks.value;
        timeline.drawBase();
        timeline.drawTop();
      }),
      effect(() => {
        const step = session.step.value;
        timeline.drawTop();
        element.setAttribute('aria-valuenow', String(step));
        element.setAttribute('aria-valuetext', describe(session, step));
      }),
      effect(() => {
        void isDark.value;
        requestAnimationFrame(() => timeline.recolour());
      }),
    ];
    return () => {
      for (const stop of stops) stop();
      timeline.destroy();
    };
  }, [session]);
  return (
    <div class="timeline-host" ref={host}>
      {measured !== '' && (
        <p class="measured" role="status">
          {measured}{' '}
          <button
            type="button"
            class="copy"
            aria-label="Close the measurement"
            onClick={() => setMeasured('')}
          >
            ×
          </button>
        </p>
      )}
    </div>
  );
}

/** The step in words: `step 612 485, SSTORE, OrderBook.sol line 24`. */
function describe(session: DebugSession, step: number): string {
  const { data } = session;
  const levels = data.levels(data.programOf(step));
  const unit = levels?.code[levels.indexOf[data.pcOf(step)] as number];
  const place = session.place.peek();
  const file = place === undefined ? undefined : data.levels(place.program)?.files[place.file]?.path;
  const name = unit === undefined ? '' : `, ${levels?.mnemonics[unit[2]] ?? ''}`;
  return `step ${step}${name}${file === undefined ? '' : `, ${plain(file, 80)} line ${place?.line ?? ''}`}`;
}

const LEFT_TABS = [
  { id: 'steps', title: 'Steps' },
  { id: 'events', title: 'Events' },
  { id: 'marks', title: 'Marks' },
] as const;

function LeftPane({ session }: { readonly session: DebugSession }): JSX.Element {
  const [tab, setTab] = useState<string>('steps');
  const stack = session.data.stackAt(session.step.value);
  const { events, failures } = session.data.manifest;
  const jumps = [...events, ...failures].sort((a, b) => a.step - b.step);
  return (
    <section class="pane pane-left" aria-label="Calls and steps">
      <header class="pane-head">
        <h2>Call stack</h2>
        <span class="quiet-text push">{stack.length} deep</span>
      </header>
      <ul class="call-stack" tabIndex={0} aria-label="Open calls">
        {stack.slice(0, 12).map((frame, i) => (
          <li key={frame.index} class={i === 0 ? 'now' : undefined}>
            <button
              type="button"
              title={plain(frame.name, 200)}
              onClick={() => session.goTo(i === 0 ? frame.s0 : (stack[i - 1]?.s0 ?? frame.s0 + 1) - 1)}
            >
              <span class={`swatch link-fill-${(frame.program % 6) + 1}`} />
              <span class="mono">{plain(frame.name, 60)}</span>
              <span class="mono quiet-text">{frame.depth + 1}</span>
            </button>
          </li>
        ))}
      </ul>
      <Tabs small label="Lists" tabs={LEFT_TABS} current={tab} onChange={setTab} />
      <div class="left-panel" role="tabpanel" id={`panel-${tab}`} aria-labelledby={`tab-${tab}`}>
        {tab === 'steps' && <StepsPane session={session} />}
        {tab === 'events' && (
          <JumpList
            session={session}
            items={jumps.map(({ step, label }) => ({ step, note: label }))}
            none="No events"
          />
        )}
        {tab === 'marks' && <JumpList session={session} items={session.marks.value} none="M marks a step" />}
      </div>
    </section>
  );
}

function JumpList(props: {
  readonly session: DebugSession;
  readonly items: readonly { readonly step: number; readonly note: string }[];
  readonly none: string;
}): JSX.Element {
  const { session, items, none } = props;
  if (items.length === 0) return <p class="pane-note">{none}</p>;
  return (
    <ul class="jumps">
      {items.slice(0, 500).map(({ step, note }, i) => (
        <li key={i} class={step === session.step.value ? 'now' : undefined}>
          <button type="button" title={plain(note, 200)} onClick={() => session.goTo(step)}>
            <span class="mono quiet-text">{grouped(step)}</span>
            <span>{note === '' ? 'mark' : plain(note, 120)}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function StatusBar({ session }: { readonly session: DebugSession }): JSX.Element {
  const { manifest } = session.data;
  return (
    <footer class="status-bar">
      <span>
        {manifest.outcome.status === 'ok' ? (
          'Succeeded'
        ) : (
          <span class="bad-text">Failed: {plain(manifest.outcome.error ?? '', 120)}</span>
        )}
      </span>
      <span class="optional">
        Engine <strong>tier 0, exact</strong>
      </span>
      <span class="optional">
        Trace <strong>{bytesText(manifest.bytes)}</strong>, recorded in{' '}
        {grouped(Math.round(manifest.recordMs))} ms
      </span>
      {manifest.truncated !== undefined && (
        <span class="warn-text">Cut off after {grouped(manifest.truncated.at)} steps</span>
      )}
      {session.breakpoints.value.size > 0 && <span>{session.breakpoints.value.size} breakpoints</span>}
      <span class="push hints">
        <kbd>←</kbd> <kbd>→</kbd> step <kbd>⇧</kbd> ×100 <kbd>O</kbd> over <kbd>F</kbd> find <kbd>?</kbd> all
        keys
      </span>
    </footer>
  );
}

const FAR = 100;
const ZOOM = 1.5;
const PAN = 0.15;

/** The debugger's own keys; they rest while someone types or the palette is open. */
function startDebuggerKeys(session: DebugSession): () => void {
  const onKey = (event: KeyboardEvent): void => {
    if (
      event.defaultPrevented ||
      isPaletteOpen() ||
      isTyping(event) ||
      event.metaKey ||
      event.ctrlKey ||
      event.altKey
    )
      return;
    const isLetter = event.key.length === 1 && event.key !== ' ';
    if (isLetter && letterKeys.value === 'off') return;
    const target = event.target as HTMLElement;
    const inTabs = target.closest?.('[role="tablist"]') !== null;
    // Enter and Space belong to a button that has the focus.
    const onButton = target.matches?.('button, a') === true;
    if (
      (inTabs && event.key.startsWith('Arrow')) ||
      (onButton && (event.key === ' ' || event.key === 'Enter'))
    )
      return;
    const onTimeline = target.matches?.('.timeline') === true;
    if (!act(session, event, onTimeline)) return;
    event.preventDefault();
  };
  addEventListener('keydown', onKey);
  return () => removeEventListener('keydown', onKey);
}

function act(session: DebugSession, event: KeyboardEvent, onTimeline: boolean): boolean {
  const { shiftKey } = event;
  const { from, to } = session.view.value;
  const far = shiftKey ? FAR : 1;
  switch (event.key.length === 1 ? event.key.toLowerCase() : event.key) {
    case 'ArrowRight':
    case 'j':
      session.move(far);
      return true;
    case 'ArrowLeft':
    case 'k':
      session.move(-far);
      return true;
    case 'o':
      if (shiftKey) session.overBack();
      else session.over();
      return true;
    case 'u':
      if (shiftKey) session.outBack();
      else session.out();
      return true;
    case ' ':
      session.run(!shiftKey);
      return true;
    case 'Home':
      session.goTo(0);
      return true;
    case 'End':
      session.goTo(session.last);
      return true;
    case 'b':
      session.toggleHere();
      return true;
    case 'n':
      session.nextWrite(!shiftKey).catch(toastError);
      return true;
    case ',':
      session.nextEvent(false);
      return true;
    case '.':
      session.nextEvent(true);
      return true;
    case 'f':
      document.getElementById('find-field')?.focus();
      return true;
    case 'Enter':
      session.nextFound(!shiftKey);
      return true;
    case 'z':
      if (shiftKey) session.zoomTo(0, session.data.steps);
      else zoomToCall(session);
      return true;
    case 'm':
      session.mark('');
      return true;
    case 'y':
      copyLink();
      return true;
    case 'w':
      if (shiftKey) {
        document.getElementById('tab-watch')?.click();
        requestAnimationFrame(() => document.getElementById('watch-field')?.focus());
        return true;
      }
      if (onTimeline) session.zoom(1 / ZOOM, session.step.value);
      return onTimeline;
    case 's':
      if (onTimeline) session.zoom(ZOOM, session.step.value);
      return onTimeline;
    case 'a':
      if (onTimeline) session.pan(-PAN * (to - from));
      return onTimeline;
    case 'd':
      if (onTimeline) session.pan(PAN * (to - from));
      return onTimeline;
    case '1':
      session.toggleLevel('sol');
      return true;
    case '2':
      session.toggleLevel('evm');
      return true;
    default:
      return false;
  }
}
