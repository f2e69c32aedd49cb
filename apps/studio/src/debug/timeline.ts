import { FRAME_WORDS } from '@ninefold/studio-api';
import { plain } from '../ui/format.ts';
import type { DebugSession } from './session.ts';

const GUTTER = 92;
const RIGHT = 14;
const OVERVIEW_TOP = 10;
const OVERVIEW_BOTTOM = 32;
const CALLS_TOP = 40;
const CALLS_HEIGHT = 80;
const MAX_ROW = 15;
const WRITES_BASE = 141;
const WRITES_HEIGHT = 15;
/** Frames narrower than this merge with their neighbour. */
const LEAST_PIXELS = 0.6;
const LABEL_HEIGHT = 11;
const LABEL_WIDTH = 44;
const ZOOM_PER_UNIT = 1.0016;
const LINKS = 6;

/** Height of the timeline in pixels. */
export const TIMELINE_HEIGHT = 154;

type Colours = Readonly<
  Record<
    'text2' | 'text3' | 'line' | 'surface' | 'accent' | 'fill' | 'onFill' | 'warn' | 'bad' | 'ok',
    string
  >
> & {
  readonly links: readonly string[];
};

/**
 * The whole run at a glance, and the part in view: two canvases, so that the playhead moves without drawing
 * the calls again.
 */
export class Timeline {
  readonly element: HTMLElement;
  readonly #session: DebugSession;
  readonly #base: HTMLCanvasElement;
  readonly #top: HTMLCanvasElement;
  readonly #resize: ResizeObserver;
  #width = 0;
  #colours: Colours | undefined;
  #measure: { readonly from: number; readonly to: number } | undefined;
  onMeasure: (from: number, to: number) => void = () => {};

  constructor(session: DebugSession) {
    this.#session = session;
    this.element = document.createElement('div');
    this.element.className = 'timeline';
    this.#base = document.createElement('canvas');
    this.#top = document.createElement('canvas');
    this.element.append(this.#base, this.#top);
    this.#resize = new ResizeObserver(() => this.resize());
    this.#resize.observe(this.element);
    this.element.addEventListener('pointerdown', this.#onPointer);
    this.element.addEventListener('wheel', this.#onWheel, { passive: false });
    this.element.addEventListener('dblclick', this.#onDouble);
  }

  destroy(): void {
    this.#resize.disconnect();
    this.element.remove();
  }

  resize(): void {
    const width = this.element.clientWidth;
    const scale = devicePixelRatio;
    this.#width = width;
    for (const canvas of [this.#base, this.#top]) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(TIMELINE_HEIGHT * scale);
    }
    this.drawBase();
    this.drawTop();
  }

  /** Colours are the style sheet's: another theme, other colours. */
  recolour(): void {
    this.#colours = undefined;
    this.drawBase();
    this.drawTop();
  }

  #palette(): Colours {
    if (this.#colours !== undefined) return this.#colours;
    const style = getComputedStyle(this.element);
    const read = (name: string): string => style.getPropertyValue(`--${name}`).trim();
    this.#colours = {
      text2: read('text2'),
      text3: read('text3'),
      line: read('line'),
      surface: read('surface'),
      accent: read('accent'),
      fill: read('fill'),
      onFill: read('on-fill'),
      warn: read('warn'),
      bad: read('bad'),
      ok: read('ok'),
      links: Array.from({ length: LINKS }, (_, i) => read(`link-${i + 1}`)),
    };
    return this.#colours;
  }

  get #inner(): number {
    return Math.max(1, this.#width - GUTTER - RIGHT);
  }

  #x(step: number): number {
    const { from, to } = this.#session.view.peek();
    return GUTTER + ((step - from) / Math.max(1, to - from)) * this.#inner;
  }

  #stepAt(x: number, whole: boolean): number {
    const { from, to } = whole ? { from: 0, to: this.#session.data.steps } : this.#session.view.peek();
    return from + ((x - GUTTER) / this.#inner) * (to - from);
  }

  drawBase(): void {
    const context = this.#base.getContext('2d');
    if (context === null || this.#width === 0) return;
    const colours = this.#palette();
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.clearRect(0, 0, this.#width, TIMELINE_HEIGHT);
    this.#drawOverview(context, colours);
    this.#drawCalls(context, colours);
    this.#drawWrites(context, colours);
    context.fillStyle = colours.text3;
    context.font = '12px "Geist Variable", sans-serif';
    context.textBaseline = 'middle';
    context.fillText('Whole trace', 14, 22);
    context.fillText('Calls', 14, 52);
    context.fillText('Writes', 14, 134);
  }

  /** Cost by pixel, as square root: the cheap steps are seen beside the dear ones. */
  #drawOverview(context: CanvasRenderingContext2D, colours: Colours): void {
    const { data } = this.#session;
    const { mipCost } = data;
    const columns = Math.floor(this.#inner);
    const perColumn = mipCost.length / columns;
    const heights = new Float64Array(columns);
    let most = 0;
    for (let i = 0; i < columns; i++) {
      let sum = 0;
      const first = Math.floor(i * perColumn);
      const end = Math.max(first + 1, Math.floor((i + 1) * perColumn));
      for (let bucket = first; bucket < end; bucket++) sum += mipCost[bucket] ?? 0;
      heights[i] = Math.sqrt(sum / (end - first));
      most = Math.max(most, heights[i] as number);
    }
    const height = OVERVIEW_BOTTOM - OVERVIEW_TOP;
    context.fillStyle = colours.text3;
    context.globalAlpha = 0.7;
    for (let i = 0; i < columns; i++) {
      const bar = most === 0 ? 0 : ((heights[i] as number) / most) * height;
      context.fillRect(GUTTER + i, OVERVIEW_BOTTOM - bar, 1, bar);
    }
    context.globalAlpha = 1;
    const scale = this.#inner / Math.max(1, data.steps);
    const { from, to } = this.#session.view.peek();
    const [left, right] = [GUTTER + from * scale, GUTTER + to * scale];
    context.fillStyle = colours.surface;
    context.globalAlpha = 0.62;
    context.fillRect(GUTTER, OVERVIEW_TOP, left - GUTTER, height);
    context.fillRect(right, OVERVIEW_TOP, GUTTER + this.#inner - right, height);
    context.globalAlpha = 1;
    this.#ticks(context, colours.warn, this.#session.found.peek()?.steps ?? [], scale);
    this.#ticks(
      context,
      colours.bad,
      data.manifest.failures.map(({ step }) => step),
      scale,
    );
    this.#ticks(
      context,
      colours.accent,
      this.#session.marks.peek().map(({ step }) => step),
      scale,
    );
    context.strokeStyle = colours.accent;
    context.globalAlpha = 0.7;
    context.strokeRect(left + 0.5, OVERVIEW_TOP + 0.5, Math.max(2, right - left - 1), height - 1);
    context.globalAlpha = 1;
  }

  #ticks(context: CanvasRenderingContext2D, colour: string, steps: readonly number[], scale: number): void {
    context.fillStyle = colour;
    for (const step of steps) context.fillRect(GUTTER + step * scale, OVERVIEW_TOP - 4, 1.5, 4);
  }

  #drawCalls(context: CanvasRenderingContext2D, colours: Colours): void {
    const { data } = this.#session;
    const { frames, frameCount, manifest } = data;
    const { from, to } = this.#session.view.peek();
    const depths = this.#visibleDepth(from, to);
    const row = Math.min(MAX_ROW, CALLS_HEIGHT / Math.max(1, depths));
    const drawn = new Float64Array(depths + 1).fill(-1);
    const right = GUTTER + this.#inner;
    context.save();
    context.beginPath();
    context.rect(GUTTER, CALLS_TOP, this.#inner, CALLS_HEIGHT);
    context.clip();
    context.font = '11px "Geist Mono Variable", monospace';
    context.textBaseline = 'middle';
    const hasLabels = row >= LABEL_HEIGHT;
    for (let i = 0; i < frameCount; i++) {
      const at = i * FRAME_WORDS;
      const s0 = frames[at + 3] as number;
      const s1 = frames[at + 4] as number;
      if (s0 >= to) break;
      if (s1 <= from) continue;
      const depth = frames[at + 2] as number;
      if (depth >= depths) continue;
      const x0 = Math.max(GUTTER, this.#x(s0));
      const x1 = Math.min(right, this.#x(s1));
      if (x1 - (drawn[depth] as number) < LEAST_PIXELS) continue;
      drawn[depth] = x1;
      const flags = frames[at + 6] as number;
      const isInternal = (flags & 1) !== 0;
      const width = Math.max(0.75, x1 - x0 - (x1 - x0 > 3 ? 1 : 0));
      context.fillStyle = colours.links[(frames[at] as number) % LINKS] as string;
      context.globalAlpha = isInternal ? 0.62 - 0.04 * (depth % 3) : 0.92;
      const y = CALLS_TOP + depth * row;
      context.fillRect(x0, y, width, row - 1);
      if ((flags & 2) !== 0) {
        context.globalAlpha = 1;
        context.fillStyle = colours.bad;
        context.fillRect(x0, y + row - 3, width, 2);
      }
      if (!hasLabels || width < LABEL_WIDTH) continue;
      context.globalAlpha = 1;
      context.save();
      context.beginPath();
      context.rect(x0, y, width - 3, row);
      context.clip();
      // Labels are read on every colour of the palette: dark on light bars and the other way round.
      context.fillStyle = colours.surface;
      context.fillText(plain(manifest.names[frames[at + 1] as number] ?? '', 60), x0 + 5, y + row / 2);
      context.restore();
    }
    context.restore();
    context.globalAlpha = 1;
  }

  #visibleDepth(from: number, to: number): number {
    const { frames, frameCount } = this.#session.data;
    let depth = 0;
    for (let i = 0; i < frameCount; i++) {
      const at = i * FRAME_WORDS;
      if ((frames[at + 3] as number) >= to) break;
      if ((frames[at + 4] as number) > from) depth = Math.max(depth, frames[at + 2] as number);
    }
    return Math.min(11, depth + 1);
  }

  #drawWrites(context: CanvasRenderingContext2D, colours: Colours): void {
    const { data } = this.#session;
    const { mipWrites, flags } = data;
    const { from, to } = this.#session.view.peek();
    const size = data.manifest.mips.steps;
    const columns = Math.floor(this.#inner);
    const perColumn = (to - from) / columns;
    context.fillStyle = colours.line;
    context.fillRect(GUTTER, WRITES_BASE, this.#inner, 1);
    context.fillStyle = colours.warn;
    context.globalAlpha = 0.8;
    for (let i = 0; i < columns; i++) {
      const first = from + i * perColumn;
      let count = 0;
      if (perColumn >= size) {
        const end = Math.floor((first + perColumn) / size);
        for (let bucket = Math.floor(first / size); bucket < end; bucket++) count += mipWrites[bucket] ?? 0;
      } else {
        const end = Math.max(Math.floor(first) + 1, first + perColumn);
        for (let step = Math.floor(first); step < end; step++) count += (flags[step] ?? 0) & 1;
      }
      if (count === 0) continue;
      const bar = Math.min(WRITES_HEIGHT, 5 + 3 * Math.log2(1 + count));
      context.fillRect(GUTTER + i, WRITES_BASE - bar, Math.max(1, Math.min(6, 1 / perColumn)), bar);
    }
    context.globalAlpha = 1;
  }

  /** The playhead, and what is being measured. */
  drawTop(): void {
    const context = this.#top.getContext('2d');
    if (context === null || this.#width === 0) return;
    const colours = this.#palette();
    const step = this.#session.step.peek();
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.clearRect(0, 0, this.#width, TIMELINE_HEIGHT);
    if (this.#measure !== undefined) {
      const [x0, x1] = [this.#x(this.#measure.from), this.#x(this.#measure.to)];
      context.fillStyle = colours.accent;
      context.globalAlpha = 0.18;
      context.fillRect(Math.min(x0, x1), CALLS_TOP - 4, Math.abs(x1 - x0), WRITES_BASE - CALLS_TOP + 4);
      context.globalAlpha = 1;
    }
    const { data } = this.#session;
    const overview = GUTTER + (step / Math.max(1, data.steps)) * this.#inner;
    context.fillStyle = colours.accent;
    context.fillRect(overview - 0.75, OVERVIEW_TOP, 1.5, OVERVIEW_BOTTOM - OVERVIEW_TOP);
    const x = this.#x(step + 0.5);
    if (x < GUTTER - 1 || x > GUTTER + this.#inner + 1) return;
    context.fillRect(x - 0.75, CALLS_TOP - 4, 1.5, TIMELINE_HEIGHT - CALLS_TOP + 4);
    context.beginPath();
    context.moveTo(x - 5, CALLS_TOP - 5);
    context.lineTo(x + 5, CALLS_TOP - 5);
    context.lineTo(x, CALLS_TOP + 3);
    context.fill();
    const text = step.toLocaleString('en').replaceAll(',', '\u2009');
    context.font = '500 11px "Geist Mono Variable", monospace';
    const width = context.measureText(text).width + 12;
    const left = x + 8 + width > GUTTER + this.#inner ? x - 8 - width : x + 8;
    context.fillStyle = colours.fill;
    context.beginPath();
    context.roundRect(left, WRITES_BASE - 10, width, 16, 4);
    context.fill();
    context.fillStyle = colours.onFill;
    context.textBaseline = 'middle';
    context.fillText(text, left + 6, WRITES_BASE - 1.5);
  }

  #local(event: MouseEvent): { readonly x: number; readonly y: number } {
    const box = this.element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  readonly #onPointer = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    this.element.focus();
    const start = this.#local(event);
    const isWhole = start.y < CALLS_TOP - 6;
    const isMeasure = event.shiftKey;
    this.element.setPointerCapture(event.pointerId);
    const first = this.#stepAt(start.x, isWhole);
    const scrub = (moved: PointerEvent): void => {
      const step = this.#stepAt(this.#local(moved).x, isWhole);
      if (isMeasure) {
        this.#measure = { from: first, to: step };
        this.drawTop();
        this.onMeasure(Math.min(first, step), Math.max(first, step));
      } else this.#session.goTo(Math.floor(step));
    };
    const stop = (): void => {
      this.element.removeEventListener('pointermove', scrub);
      this.element.removeEventListener('pointerup', stop);
      this.element.removeEventListener('pointercancel', stop);
    };
    this.element.addEventListener('pointermove', scrub);
    this.element.addEventListener('pointerup', stop);
    this.element.addEventListener('pointercancel', stop);
    if (!isMeasure) this.#measure = undefined;
    scrub(event);
  };

  readonly #onWheel = (event: WheelEvent): void => {
    event.preventDefault();
    const { from, to } = this.#session.view.peek();
    const { x } = this.#local(event);
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      const by = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
      this.#session.pan((by / this.#inner) * (to - from));
    } else this.#session.zoom(ZOOM_PER_UNIT ** event.deltaY, this.#stepAt(x, false));
  };

  readonly #onDouble = (event: MouseEvent): void => {
    const { x, y } = this.#local(event);
    if (y < CALLS_TOP) return;
    const frame = this.#session.data.frameView(
      this.#session.data.frameAt(Math.floor(this.#stepAt(x, false))),
    );
    this.#session.zoomTo(frame.s0, frame.s1);
  };
}
