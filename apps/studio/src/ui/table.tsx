import type { ComponentChildren, JSX } from 'preact';
import { render } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { density } from '../store.ts';
import { RowList } from './row-list.ts';

export type Column<Item> = {
  readonly title: string;
  readonly cell: (item: Item, index: number) => ComponentChildren;
  /** Class of its cells: widths and alignment stand in the style sheet. */
  readonly name: string;
};

const ROW_HEIGHT = 34;
const COMFORT = 4;

/** A table of any length. `name` gives the columns their widths. */
export function Table<Item>(props: {
  readonly label: string;
  readonly name: string;
  readonly columns: readonly Column<Item>[];
  readonly items: readonly Item[];
  readonly onActivate?: (item: Item) => void;
  readonly onEnd?: () => void;
  readonly role?: 'grid' | 'treegrid';
  readonly rowHeight?: number;
  /** What a row is beside its cells, such as its level in a tree. */
  readonly decorate?: (row: HTMLElement, item: Item) => void;
}): JSX.Element {
  const host = useRef<HTMLDivElement>(null);
  const list = useRef<RowList>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const { label, name, columns, items, role = 'grid', rowHeight = ROW_HEIGHT } = props;
  const height = rowHeight + (density.value === 'comfortable' ? COMFORT : 0);

  useLayoutEffect(() => {
    const made = new RowList({
      role,
      label,
      rowHeight: height,
      paint: (row, index) => {
        const item = latest.current.items[index];
        if (item === undefined) return;
        latest.current.decorate?.(row, item);
        render(<Cells columns={latest.current.columns} item={item} index={index} />, row);
      },
      onActivate: (index) => {
        const item = latest.current.items[index];
        if (item !== undefined) latest.current.onActivate?.(item);
      },
      onEnd: () => latest.current.onEnd?.(),
    });
    list.current = made;
    host.current?.append(made.element);
    made.setCount(latest.current.items.length);
    return () => {
      for (const row of made.element.querySelectorAll('.row')) render(null, row);
      made.destroy();
    };
  }, [height, role, label]);

  useEffect(() => {
    list.current?.setCount(items.length);
    list.current?.refresh();
  });

  const style = { '--rows': String(items.length), '--row-height': `${height}px` };
  return (
    <div class={`table table-${name}`} style={style}>
      <div class="table-head" aria-hidden="true">
        {columns.map((column) => (
          <span key={column.name} class={`cell-${column.name}`}>
            {column.title}
          </span>
        ))}
      </div>
      <div class="table-body" ref={host} />
    </div>
  );
}

function Cells<Item>(props: {
  readonly columns: readonly Column<Item>[];
  readonly item: Item;
  readonly index: number;
}): JSX.Element {
  const { columns, item, index } = props;
  return (
    <>
      {columns.map((column) => (
        <span key={column.name} role="gridcell" class={`cell-${column.name}`}>
          {column.cell(item, index)}
        </span>
      ))}
    </>
  );
}
