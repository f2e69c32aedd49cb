import { useEffect, useMemo, useState } from 'preact/hooks';
import { type LoadPage, Pager } from './pager.ts';

export type Paged<Item> = {
  readonly items: readonly Item[] | undefined;
  readonly error: unknown;
  /** Loads the next page, if there is one. */
  readonly more: () => void;
  readonly reload: () => void;
  /** Items that came since the list was read; they are shown when asked for, never under the pointer. */
  readonly waiting: number;
};

/** A list that is read page by page, anew for each `key`; `arrived` counts what may have been added to it. */
export function usePages<Item>(key: string, load: LoadPage<Item>, arrived: number): Paged<Item> {
  const [, redraw] = useState(0);
  const [seen, setSeen] = useState(arrived);
  const pager = useMemo(() => new Pager(load, () => redraw((count) => count + 1)), [key]);
  const reload = (): void => {
    setSeen(arrived);
    void pager.reload();
  };
  useEffect(() => {
    reload();
    return () => pager.close();
  }, [pager]);
  const { items, error } = pager;
  // An empty list has nothing that could move under a hand.
  useEffect(() => {
    if (items?.length === 0 && arrived > seen) reload();
  }, [arrived]);
  return { items, error, more: () => void pager.more(), reload, waiting: arrived - seen };
}
