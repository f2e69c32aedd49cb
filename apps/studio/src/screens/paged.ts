import type { Page } from '@ninefold/studio-api';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

export type Paged<Item> = {
  readonly items: readonly Item[] | undefined;
  readonly error: unknown;
  /** Loads the next page, if there is one. */
  readonly more: () => void;
  readonly reload: () => void;
  /** Items that came since the list was read; they are shown when asked for, never under the pointer. */
  readonly waiting: number;
};

/** A list that is read page by page. */
export function usePages<Item>(
  key: string,
  load: (before: string | undefined) => Promise<Page<Item>>,
  arrived: number,
): Paged<Item> {
  type State = {
    readonly key: string;
    readonly items?: readonly Item[];
    readonly next?: string | undefined;
    readonly error?: unknown;
    readonly seen: number;
  };
  const [state, setState] = useState<State>({ key, seen: arrived });
  const busy = useRef(false);
  const latest = useRef(arrived);
  latest.current = arrived;

  const reload = useCallback(() => {
    busy.current = true;
    const seen = latest.current;
    load(undefined)
      .then(({ items, next }) => setState({ key, items, next, seen }))
      .catch((error: unknown) => setState({ key, error, seen }))
      .finally(() => (busy.current = false));
  }, [key]);
  useEffect(reload, [reload]);

  const isCurrent = state.key === key;
  // An empty list or one at its top has nothing that could move under a hand.
  useEffect(() => {
    if (isCurrent && state.items?.length === 0 && arrived > state.seen) reload();
  }, [arrived]);

  const more = (): void => {
    if (busy.current || !isCurrent || state.next === undefined) return;
    busy.current = true;
    load(state.next)
      .then(({ items, next }) =>
        setState((was) => ({ ...was, items: [...(was.items ?? []), ...items], next })),
      )
      .catch((error: unknown) => setState((was) => ({ ...was, error })))
      .finally(() => (busy.current = false));
  };
  return {
    items: isCurrent ? state.items : undefined,
    error: isCurrent ? state.error : undefined,
    more,
    reload,
    waiting: isCurrent ? arrived - state.seen : 0,
  };
}
