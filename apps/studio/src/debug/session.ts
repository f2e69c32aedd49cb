import type { Field, OriginNode, StatePart, TraceState } from '@ninefold/studio-api';
import type { ReadonlySignal, Signal } from '@preact/signals';
import { computed, effect, signal } from '@preact/signals';
import type { Client } from '../client/client.ts';
import { query, setQuery } from '../router.ts';
import { parseQuery } from './query.ts';
import type { TraceData } from './trace-data.ts';

/** Steps [from, to) that the timeline shows. */
export type View = { readonly from: number; readonly to: number };

/** A value that was chosen, where and when it is looked at. */
export type Chosen = { readonly loc: string; readonly step: number; readonly label: string };

export type Watched = {
  readonly expr: string;
  readonly value: Field | undefined;
  readonly problem: string | undefined;
};

export type Mark = { readonly step: number; readonly note: string };

const PARTS: readonly StatePart[] = [
  'stack',
  'memory',
  'storage',
  'balances',
  'logs',
  'calldata',
  'returndata',
];
/** The address is written at most so often while the playhead moves. */
const URL_MS = 200;
const LEAST_VIEW = 16;
const MAX_MARKS = 8;
const SSTORE = 0x55;

/**
 * Everything the debugger shows, as signals: the playhead, the part of the trace in view, what is known of the
 * machine at the step, and what the user asked about.
 */
export class DebugSession {
  readonly data: TraceData;
  readonly step: Signal<number>;
  readonly view: Signal<View>;
  readonly state: Signal<TraceState | undefined> = signal(undefined);
  readonly memoryAt: Signal<number | undefined> = signal(undefined);
  readonly chosen: Signal<Chosen | undefined> = signal(undefined);
  readonly origin: Signal<readonly OriginNode[] | undefined> = signal(undefined);
  readonly breakpoints: Signal<ReadonlySet<string>>;
  readonly watches: Signal<readonly string[]>;
  readonly watched: Signal<readonly Watched[]> = signal([]);
  readonly marks: Signal<readonly Mark[]>;
  readonly found: Signal<
    { readonly text: string; readonly steps: readonly number[]; readonly total: number } | undefined
  > = signal(undefined);
  readonly levels: Signal<ReadonlySet<string>>;
  /** Grows when a program's levels have come. */
  readonly loaded: Signal<number> = signal(0);
  /** Line that the pointer or the caret is on. */
  readonly linked: Signal<
    { readonly program: number; readonly file: number; readonly line: number } | undefined
  > = signal(undefined);
  readonly place: ReadonlySignal<ReturnType<TraceData['placeAt']>>;
  readonly #client: Client;
  readonly #onError: (error: unknown) => void;
  readonly #stops: (() => void)[] = [];
  #busy = false;
  #wanted: { readonly step: number; readonly memoryAt: number | undefined } | undefined;
  #urlTimer: ReturnType<typeof setTimeout> | undefined;

  /** `onError` is told of what the node refuses while it is asked about a step. */
  constructor(client: Client, data: TraceData, onError: (error: unknown) => void) {
    this.#client = client;
    this.#onError = onError;
    this.data = data;
    const params = query.peek();
    const last = Math.max(0, data.steps - 1);
    this.step = signal(clamp(numberOf(params.get('s')) ?? 0, 0, last));
    this.view = signal(viewOf(params.get('v'), data.steps));
    this.breakpoints = signal(new Set((params.get('bp') ?? '').split(',').filter((text) => text !== '')));
    this.watches = signal((params.get('w') ?? '').split('|').filter((text) => text !== ''));
    this.marks = signal(marksOf(params.get('m'), last));
    const shown = (params.get('l') ?? '')
      .split(',')
      .filter((id) => data.manifest.levels.some((level) => level.id === id));
    this.levels = signal(new Set(shown.length > 0 ? shown : data.manifest.levels.map(({ id }) => id)));
    const at = params.get('at');
    if (at !== null) this.chosen.value = { loc: at, step: this.step.value, label: '' };
    data.onLevels = () => this.loaded.value++;
    this.place = computed(() => {
      void this.loaded.value;
      return data.placeAt(this.step.value);
    });
    this.#stops.push(
      effect(() => this.#askState(this.step.value, this.memoryAt.value)),
      effect(() => this.#askOrigin(this.chosen.value, this.step.value)),
      effect(() => this.#askWatches(this.watches.value, this.step.value)),
      effect(() => this.#saveUrl()),
      // The playhead is never out of sight.
      effect(() => this.#follow(this.step.value)),
    );
  }

  close(): void {
    for (const stop of this.#stops) stop();
    clearTimeout(this.#urlTimer);
    this.data.close();
  }

  get last(): number {
    return Math.max(0, this.data.steps - 1);
  }

  goTo(step: number): void {
    this.step.value = clamp(Math.round(step), 0, this.last);
    // Also when it is there already, and only the view has gone elsewhere.
    this.#follow(this.step.value);
  }

  move(by: number): void {
    this.goTo(this.step.value + by);
  }

  // Stepping is answered from the columns and the table of frames alone.

  /** To the next line of this function or its callers; without source to the next instruction. */
  over(): void {
    const { data } = this;
    const from = this.step.value;
    const depth = data.depthAt(from);
    const line = this.#lineAt(from);
    const frame = data.frameAt(from);
    for (let step = from + 1; step <= this.last; step++) {
      const inner = data.frameAt(step);
      const view = data.frameView(inner);
      if (view.depth > depth) {
        step = Math.max(step, this.#endOfDeeper(inner, depth) - 1);
        continue;
      }
      if (line === undefined || inner !== frame || this.#isOtherLine(step, line)) return this.goTo(step);
    }
    this.goTo(this.last);
  }

  overBack(): void {
    const { data } = this;
    const from = this.step.value;
    const depth = data.depthAt(from);
    const line = this.#lineAt(from);
    const frame = data.frameAt(from);
    for (let step = from - 1; step >= 0; step--) {
      const inner = data.frameAt(step);
      const view = data.frameView(inner);
      if (view.depth > depth) {
        step = Math.min(step, this.#startOfDeeper(inner, depth));
        continue;
      }
      if (line === undefined || inner !== frame || this.#isOtherLine(step, line)) return this.goTo(step);
    }
    this.goTo(0);
  }

  /** Behind the end of this function or call. */
  out(): void {
    const { s1 } = this.data.frameView(this.data.frameAt(this.step.value));
    this.goTo(s1);
  }

  /** To the step that entered this function or call. */
  outBack(): void {
    const { s0 } = this.data.frameView(this.data.frameAt(this.step.value));
    this.goTo(s0 - 1);
  }

  #endOfDeeper(index: number, depth: number): number {
    let view = this.data.frameView(index);
    while (view.parent >= 0 && this.data.frameView(view.parent).depth > depth)
      view = this.data.frameView(view.parent);
    return view.s1;
  }

  #startOfDeeper(index: number, depth: number): number {
    let view = this.data.frameView(index);
    while (view.parent >= 0 && this.data.frameView(view.parent).depth > depth)
      view = this.data.frameView(view.parent);
    return view.s0;
  }

  #lineAt(step: number): string | undefined {
    if (!this.levels.value.has('sol')) return undefined;
    const place = this.data.placeAt(step);
    return place && `${place.program}/${place.file}/${place.line}`;
  }

  #isOtherLine(step: number, line: string): boolean {
    const own = this.data.ownPlace(step);
    return own !== undefined && own.line > 0 && `${own.program}/${own.file}/${own.line}` !== line;
  }

  /** To the next step at a breakpoint, or to the end. */
  run(forward: boolean): void {
    const units = this.#breakUnits();
    const { unit } = this.data;
    const step = forward ? 1 : -1;
    for (let at = this.step.value + step; at >= 0 && at <= this.last; at += step) {
      const now = unit[at] as number;
      // A line is many instructions: it is hit where it is entered.
      if (units.has(now) && !(at > 0 && units.get(unit[at - 1] as number) === units.get(now)))
        return this.goTo(at);
    }
    this.goTo(forward ? this.last : 0);
  }

  /** Unit -> breakpoint it belongs to. */
  #breakUnits(): ReadonlyMap<number, string> {
    const units = new Map<number, string>();
    const { programs, unitsPerProgram } = this.data.manifest;
    for (const text of this.breakpoints.value) {
      const instruction = /^pc:(\d+):(\d+)$/.exec(text);
      if (instruction !== null)
        units.set(Number(instruction[1]) * unitsPerProgram + Number(instruction[2]), text);
      const [, file = '', line = ''] = /^(.*):(\d+)$/.exec(text) ?? [];
      if (instruction !== null || file === '') continue;
      programs.forEach((_, program) => {
        const levels = this.data.levels(program);
        levels?.code.forEach(([pc], i) => {
          if (levels.line[i] !== Number(line) || levels.files[levels.file[i] as number]?.path !== file)
            return;
          units.set(program * unitsPerProgram + pc, text);
        });
      });
    }
    return units;
  }

  toggleBreakpoint(text: string): void {
    const next = new Set(this.breakpoints.value);
    if (!next.delete(text)) next.add(text);
    this.breakpoints.value = next;
  }

  /** On the line of the playhead, or on its instruction where there is no source. */
  toggleHere(): void {
    const place = this.place.value;
    const path = place && this.data.levels(place.program)?.files[place.file]?.path;
    if (place !== undefined && path !== undefined) this.toggleBreakpoint(`${path}:${place.line}`);
    else
      this.toggleBreakpoint(`pc:${this.data.programOf(this.step.value)}:${this.data.pcOf(this.step.value)}`);
  }

  toggleLevel(id: string): void {
    const next = new Set(this.levels.value);
    if (!next.delete(id)) next.add(id);
    if (next.size > 0) this.levels.value = next;
  }

  nextEvent(forward: boolean): void {
    const { events } = this.data.manifest;
    const now = this.step.value;
    const event = forward ? events.find(({ step }) => step > now) : events.findLast(({ step }) => step < now);
    if (event !== undefined) this.goTo(event.step);
  }

  /** Looks for what was typed; see {@link parseQuery}. */
  async find(text: string): Promise<void> {
    const asked = parseQuery(text);
    if (asked === undefined) {
      this.found.value = undefined;
      return;
    }
    const { items, total } = await this.#client.request('ninefold_traceFind', {
      trace: this.data.manifest.id,
      query: asked,
      limit: 1000,
    });
    this.found.value = { text, steps: items.map(({ step }) => step), total };
  }

  nextFound(forward: boolean): void {
    const steps = this.found.value?.steps ?? [];
    const now = this.step.value;
    const hit = forward ? steps.find((step) => step > now) : steps.findLast((step) => step < now);
    const wrapped = hit ?? (forward ? steps[0] : steps.at(-1));
    if (wrapped !== undefined) this.goTo(wrapped);
  }

  /** The next write of the chosen location, or of the storage that the step touches. */
  async nextWrite(forward: boolean): Promise<void> {
    const loc = this.chosen.value?.loc;
    if (loc === undefined || !loc.startsWith('storage:')) return;
    const now = this.step.value;
    const { items } = await this.#client.request('ninefold_traceFind', {
      trace: this.data.manifest.id,
      query: { writes: loc },
      from: forward ? now + 1 : Math.max(0, now - 1),
      dir: forward ? 'forward' : 'back',
      limit: 1,
    });
    const hit = items[0];
    if (hit !== undefined) this.goTo(hit.step);
  }

  choose(loc: string, label: string, step: number = this.step.value): void {
    this.chosen.value = { loc, step, label };
  }

  mark(note: string): void {
    const step = this.step.value;
    const others = this.marks.value.filter((mark) => mark.step !== step);
    this.marks.value = [...others, { step, note: note.slice(0, 40).replaceAll(/[|~]/g, ' ') }].slice(
      -MAX_MARKS,
    );
  }

  zoom(factor: number, around: number): void {
    const { from, to } = this.view.value;
    const size = clamp((to - from) * factor, Math.min(LEAST_VIEW, this.data.steps), this.data.steps);
    const share = (around - from) / Math.max(1, to - from);
    this.#show(around - share * size, size);
  }

  pan(by: number): void {
    const { from, to } = this.view.value;
    this.#show(from + by, to - from);
  }

  zoomTo(from: number, to: number): void {
    const room = Math.max(2, (to - from) * 0.04);
    this.#show(from - room, to - from + 2 * room);
  }

  #show(from: number, size: number): void {
    const steps = Math.max(1, this.data.steps);
    const width = clamp(size, Math.min(LEAST_VIEW, steps), steps);
    const start = clamp(from, 0, steps - width);
    this.view.value = { from: start, to: start + width };
  }

  #follow(step: number): void {
    const { from, to } = this.view.peek();
    if (step < from || step >= to) this.#show(step - (to - from) * 0.42, to - from);
  }

  // What the node is asked: one question at a time, and of those that came meanwhile only the last.

  #askState(step: number, memoryAt: number | undefined): void {
    const asked = { step, memoryAt };
    this.#wanted = asked;
    if (this.#busy || this.data.steps === 0) return;
    this.#busy = true;
    this.#client
      .request('ninefold_traceState', { trace: this.data.manifest.id, step, parts: PARTS, memoryAt })
      .then((state) => (this.state.value = state))
      .catch(this.#onError)
      .finally(() => {
        this.#busy = false;
        if (this.#wanted !== undefined && this.#wanted !== asked)
          this.#askState(this.#wanted.step, this.#wanted.memoryAt);
      });
  }

  #askOrigin(chosen: Chosen | undefined, step: number): void {
    // Without a choice the value that a step writes is told.
    const { op, sp } = this.data;
    const height = sp[step] ?? 0;
    const asked =
      chosen ??
      (op[step] === SSTORE && height >= 2 ? { loc: `stack:${height - 2}`, step, label: '' } : undefined);
    if (asked === undefined) {
      this.origin.value = undefined;
      return;
    }
    this.#client
      .request('ninefold_traceOrigin', { trace: this.data.manifest.id, step: asked.step, loc: asked.loc })
      .then((nodes) => {
        if (this.chosen.peek() === chosen && (chosen !== undefined || this.step.peek() === step))
          this.origin.value = nodes;
      })
      .catch((error: unknown) => chosen !== undefined && this.#onError(error));
  }

  #askWatches(watches: readonly string[], step: number): void {
    if (watches.length === 0) {
      this.watched.value = [];
      return;
    }
    void Promise.all(
      watches.map(async (expr): Promise<Watched> => {
        try {
          const value = await this.#client.request('ninefold_traceEvaluate', {
            trace: this.data.manifest.id,
            step,
            expr,
          });
          return { expr, value, problem: undefined };
        } catch (error) {
          return { expr, value: undefined, problem: error instanceof Error ? error.message : String(error) };
        }
      }),
    ).then((watched) => this.step.peek() === step && (this.watched.value = watched));
  }

  #saveUrl(): void {
    const { from, to } = this.view.value;
    const whole = from === 0 && to >= this.data.steps;
    const all = this.data.manifest.levels.length === this.levels.value.size;
    const params = {
      s: String(this.step.value),
      v: whole ? undefined : `${Math.round(from)}-${Math.round(to)}`,
      l: all ? undefined : [...this.levels.value].join(','),
      bp: [...this.breakpoints.value].join(',') || undefined,
      w: this.watches.value.join('|') || undefined,
      at: this.chosen.value?.loc,
      m: this.marks.value.map(({ step, note }) => `${step}~${note}`).join('|') || undefined,
    };
    if (this.#urlTimer !== undefined) clearTimeout(this.#urlTimer);
    this.#urlTimer = setTimeout(() => setQuery(params), URL_MS);
  }
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}

function numberOf(text: string | null): number | undefined {
  return text !== null && /^\d{1,12}$/.test(text) ? Number(text) : undefined;
}

function viewOf(text: string | null, steps: number): View {
  const [, from, to] = /^(\d{1,12})-(\d{1,12})$/.exec(text ?? '') ?? [];
  if (from === undefined || to === undefined || Number(to) <= Number(from))
    return { from: 0, to: Math.max(1, steps) };
  return {
    from: clamp(Number(from), 0, Math.max(0, steps - 1)),
    to: clamp(Number(to), 1, Math.max(1, steps)),
  };
}

function marksOf(text: string | null, last: number): readonly Mark[] {
  return (text ?? '')
    .split('|')
    .slice(0, MAX_MARKS)
    .flatMap((part) => {
      const [, step, note = ''] = /^(\d{1,12})~(.{0,40})$/.exec(part) ?? [];
      return step === undefined || Number(step) > last ? [] : [{ step: Number(step), note }];
    });
}
