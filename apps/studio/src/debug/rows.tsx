import { effect } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { RowListOptions } from '../ui/row-list.ts';
import { RowList } from '../ui/row-list.ts';

/** A list whose rows are painted straight into their elements: it follows the playhead sixty times a second. */
export function HotRows(props: {
  readonly options: Omit<RowListOptions, 'rowHeight'> & { readonly rowHeight?: number };
  /** Runs as an effect: signals it reads make it run again. */
  readonly update: (list: RowList) => void;
  readonly onHover?: (index: number | undefined) => void;
  readonly name: string;
}): JSX.Element {
  const host = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  latest.current = props;
  useEffect(() => {
    const { options } = latest.current;
    const list = new RowList({
      rowHeight: 20,
      ...options,
      paint: (row, index) => latest.current.options.paint(row, index),
      onSelect: (index) => latest.current.options.onSelect?.(index),
      onActivate: (index) => latest.current.options.onActivate?.(index),
    });
    const hover = (event: Event): void => {
      const row = (event.target as Element | null)?.closest?.('.row');
      latest.current.onHover?.(row instanceof HTMLElement ? Number(row.dataset['index']) : undefined);
    };
    list.element.addEventListener('pointerover', hover);
    list.element.addEventListener('pointerleave', () => latest.current.onHover?.(undefined));
    host.current?.append(list.element);
    const stop = effect(() => latest.current.update(list));
    return () => {
      stop();
      list.destroy();
    };
  }, []);
  return <div class={`hot hot-${props.name}`} ref={host} />;
}

/** The cells of a row, made once and then only given other text. */
export function cells(row: HTMLElement, names: readonly string[]): readonly HTMLElement[] {
  if (row.childElementCount === names.length) return [...row.children] as HTMLElement[];
  row.replaceChildren(
    ...names.map((name) => {
      const cell = document.createElement('span');
      cell.className = name;
      cell.setAttribute('role', 'gridcell');
      return cell;
    }),
  );
  return [...row.children] as HTMLElement[];
}

/** Writes only what has changed: a write costs layout. */
export function put(cell: HTMLElement | undefined, text: string): void {
  if (cell !== undefined && cell.textContent !== text) cell.textContent = text;
}
