/** How a list is made. */
export type RowListOptions = {
  readonly role: 'grid' | 'treegrid';
  readonly label: string;
  readonly rowHeight: number;
  /** Puts row `index` into an element that may have held another one. */
  readonly paint: (element: HTMLElement, index: number) => void;
  readonly onActivate?: ((index: number) => void) | undefined;
  readonly onSelect?: ((index: number) => void) | undefined;
  /** The last rows came into view: more can be loaded. */
  readonly onEnd?: (() => void) | undefined;
  /** Whether arrow keys belong to the list; a debugger keeps them for its steps. */
  readonly keys?: boolean | undefined;
};

/** Rows kept visible above and below a selection that moves; else it is put at this part of the height. */
const BAND_ABOVE = 3;
const BAND_BELOW = 5;
const LANDING = 0.42;
const WHEEL_LINE = 16;

let lists = 0;

/**
 * A list of any length: only the rows in view are elements, and they are used again for other rows. The
 * position is kept in rows and not in pixels, since browsers cap the height of an element.
 */
export class RowList {
  readonly element: HTMLElement;
  readonly #options: RowListOptions;
  readonly #body: HTMLElement;
  readonly #bar: HTMLElement;
  readonly #thumb: HTMLElement;
  readonly #rows: HTMLElement[] = [];
  readonly #id: string = `list-${++lists}`;
  readonly #resize: ResizeObserver;
  #count = 0;
  #offset = 0;
  #height = 0;
  #selected = -1;
  #painted: number[] = [];

  constructor(options: RowListOptions) {
    this.#options = options;
    this.element = document.createElement('div');
    this.element.className = 'rows';
    this.element.tabIndex = 0;
    this.element.setAttribute('role', options.role);
    this.element.setAttribute('aria-label', options.label);
    this.#body = document.createElement('div');
    this.#body.className = 'rows-body';
    this.#body.setAttribute('role', 'rowgroup');
    this.#bar = document.createElement('div');
    this.#bar.className = 'rows-bar';
    this.#bar.setAttribute('aria-hidden', 'true');
    this.#thumb = document.createElement('div');
    this.#thumb.className = 'rows-thumb';
    this.#bar.append(this.#thumb);
    this.element.append(this.#body, this.#bar);
    this.element.addEventListener('wheel', this.#onWheel, { passive: false });
    this.element.addEventListener('keydown', this.#onKey);
    this.element.addEventListener('click', this.#onClick);
    this.element.addEventListener('dblclick', this.#onDoubleClick);
    this.#bar.addEventListener('pointerdown', this.#onBar);
    this.#resize = new ResizeObserver(([entry]) => {
      const isFirst = this.#height === 0;
      this.#height = entry?.contentRect.height ?? 0;
      // Before, nothing was known of what is in view.
      if (isFirst && this.#height > 0 && this.#selected >= 0) this.#follow(this.#selected);
      this.refresh();
    });
    this.#resize.observe(this.element);
  }

  destroy(): void {
    this.#resize.disconnect();
    this.element.remove();
  }

  get selected(): number {
    return this.#selected;
  }

  setCount(count: number): void {
    if (count === this.#count) return;
    this.#count = count;
    this.element.setAttribute('aria-rowcount', String(count));
    this.#move(this.#offset);
    this.refresh();
  }

  /** Marks a row as the current one; with `follow` it is brought into view when it left the middle. */
  select(index: number, follow = true): void {
    const before = this.#selected;
    this.#selected = index;
    const moved = follow && index >= 0 && this.#follow(index);
    if (moved) this.#draw();
    else for (const row of [before, index]) this.#redraw(row);
    if (index >= 0) this.element.setAttribute('aria-activedescendant', `${this.#id}-${index}`);
  }

  /** Paints all rows anew: what they show has changed. */
  refresh(): void {
    this.#painted = [];
    this.#draw();
  }

  #visible(): number {
    return this.#height / this.#options.rowHeight;
  }

  #move(offset: number): boolean {
    const most = Math.max(0, this.#count - this.#visible());
    const next = Math.min(most, Math.max(0, offset));
    if (next === this.#offset) return false;
    this.#offset = next;
    return true;
  }

  #follow(index: number): boolean {
    const top = this.#offset + BAND_ABOVE;
    const bottom = this.#offset + this.#visible() - BAND_BELOW;
    if (index >= top && index < bottom) return false;
    return this.#move(index - Math.floor(this.#visible() * LANDING));
  }

  #draw(): void {
    const { rowHeight, paint, onEnd } = this.#options;
    if (this.#height === 0) return;
    const first = Math.floor(this.#offset);
    const wanted = Math.min(this.#count - first, Math.ceil(this.#visible()) + 1);
    while (this.#rows.length < wanted) {
      const row = document.createElement('div');
      row.className = 'row';
      row.setAttribute('role', 'row');
      this.#rows.push(row);
      this.#body.append(row);
    }
    for (const [slot, row] of this.#rows.entries()) {
      // Row n always lives in the same element, so that a scroll by one repaints one.
      const index = first + ((((slot - first) % this.#rows.length) + this.#rows.length) % this.#rows.length);
      const isShown = index < first + wanted && index < this.#count;
      row.hidden = !isShown;
      if (!isShown) {
        this.#painted[slot] = -1;
        continue;
      }
      row.style.transform = `translateY(${Math.round((index - this.#offset) * rowHeight)}px)`;
      if (this.#painted[slot] !== index) {
        row.id = `${this.#id}-${index}`;
        row.dataset['index'] = String(index);
        row.setAttribute('aria-rowindex', String(index + 1));
        paint(row, index);
        this.#painted[slot] = index;
      }
      this.#mark(row, index);
    }
    this.#drawBar();
    if (first + wanted >= this.#count) onEnd?.();
  }

  #redraw(index: number): void {
    const slot = this.#painted.indexOf(index);
    const row = this.#rows[slot];
    if (row === undefined || index < 0) return;
    this.#mark(row, index);
  }

  #mark(row: HTMLElement, index: number): void {
    const isCurrent = index === this.#selected;
    row.classList.toggle('now', isCurrent);
    if (isCurrent) row.setAttribute('aria-selected', 'true');
    else row.removeAttribute('aria-selected');
  }

  #drawBar(): void {
    const visible = this.#visible();
    const isNeeded = this.#count > visible;
    this.#bar.hidden = !isNeeded;
    if (!isNeeded) return;
    const size = Math.max(20, (visible / this.#count) * this.#height);
    const top = (this.#offset / Math.max(1, this.#count - visible)) * (this.#height - size);
    this.#thumb.style.height = `${size}px`;
    this.#thumb.style.transform = `translateY(${top}px)`;
  }

  readonly #onWheel = (event: WheelEvent): void => {
    if (event.ctrlKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) return;
    const pixels = event.deltaMode === 1 ? event.deltaY * WHEEL_LINE : event.deltaY;
    if (!this.#move(this.#offset + pixels / this.#options.rowHeight)) return;
    event.preventDefault();
    this.#draw();
  };

  readonly #onKey = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor(this.#visible()) - 1);
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
    };
    const by = steps[event.key];
    const isArrow = event.key.startsWith('Arrow');
    if (
      event.altKey ||
      event.ctrlKey ||
      event.metaKey ||
      (this.#options.keys === false && !isArrow && by === undefined)
    )
      return;
    let next: number;
    if (by !== undefined) next = Math.min(this.#count - 1, Math.max(0, this.#selected + by));
    else if (this.#options.keys !== false && event.key === 'Home') next = 0;
    else if (this.#options.keys !== false && event.key === 'End') next = this.#count - 1;
    else {
      if (event.key === 'Enter' && this.#selected >= 0 && event.target === this.element) {
        event.preventDefault();
        this.#options.onActivate?.(this.#selected);
      }
      return;
    }
    if (this.#count === 0) return;
    event.preventDefault();
    event.stopPropagation();
    this.select(next);
    this.#options.onSelect?.(next);
  };

  #indexOf(event: Event): number {
    const row = (event.target as Element | null)?.closest?.('.row');
    return row instanceof HTMLElement ? Number(row.dataset['index']) : -1;
  }

  readonly #onClick = (event: MouseEvent): void => {
    const index = this.#indexOf(event);
    if (index < 0 || (event.target as Element).closest('a, button') !== null) return;
    this.select(index, false);
    this.#options.onSelect?.(index);
  };

  readonly #onDoubleClick = (event: MouseEvent): void => {
    const index = this.#indexOf(event);
    if (index >= 0) this.#options.onActivate?.(index);
  };

  readonly #onBar = (event: PointerEvent): void => {
    event.preventDefault();
    this.#bar.setPointerCapture(event.pointerId);
    const grip = event.target === this.#thumb ? event.clientY - this.#thumb.getBoundingClientRect().top : 0;
    const drag = (moved: PointerEvent): void => {
      const box = this.#bar.getBoundingClientRect();
      const size = this.#thumb.getBoundingClientRect().height;
      const part = (moved.clientY - box.top - grip) / Math.max(1, box.height - size);
      this.#move(part * (this.#count - this.#visible()));
      this.#draw();
    };
    const stop = (): void => {
      this.#bar.removeEventListener('pointermove', drag);
      this.#bar.removeEventListener('pointerup', stop);
    };
    this.#bar.addEventListener('pointermove', drag);
    this.#bar.addEventListener('pointerup', stop);
    drag(event);
  };
}
