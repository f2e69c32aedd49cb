import { computed, signal } from '@preact/signals';

/** What the address says: a screen with its parameters. Every state of the studio is one of these. */
export type Route =
  | { readonly screen: 'home' }
  | { readonly screen: 'network'; readonly net: string }
  | { readonly screen: 'blocks' | 'txs'; readonly net: string | undefined }
  | { readonly screen: 'block' | 'tx' | 'debug' | 'entity'; readonly net: string; readonly id: string }
  | { readonly screen: 'accounts' | 'settings' | 'keys' }
  | { readonly screen: 'unknown'; readonly path: string };

/** In a static copy any path but its own is nobody's: the place is kept behind the `#`. */
let usesHash = false;

type Place = { readonly path: string; readonly query: URLSearchParams };

function read(): Place {
  const text = usesHash ? location.hash.slice(1) || '/' : location.pathname + location.search;
  const [path = '/', query = ''] = text.split('?');
  return { path: path === '' ? '/' : path, query: new URLSearchParams(query) };
}

const place = signal<Place>({ path: '/', query: new URLSearchParams() });

export const path = computed((): string => place.value.path);
/** The screen that is shown. It does not change while only parameters do. */
export const route = computed((): Route => parseRoute(path.value));
export const query = computed((): URLSearchParams => place.value.query);

/** @example parseRoute('/n/ethereum/t/0x8c…') // { screen: 'tx', net: 'ethereum', id: '0x8c…' } */
export function parseRoute(path: string): Route {
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map(decodePart);
  const [first, net, kind, id, rest] = parts;
  if (first === undefined) return { screen: 'home' };
  if (parts.length === 1) {
    if (first === 'accounts' || first === 'settings' || first === 'keys') return { screen: first };
    if (first === 'blocks' || first === 'txs') return { screen: first, net: undefined };
  }
  if (first === 'n' && net !== undefined) {
    if (kind === undefined) return { screen: 'network', net };
    if ((kind === 'blocks' || kind === 'txs') && id === undefined) return { screen: kind, net };
    if (id !== undefined && rest === undefined) {
      if (kind === 'b') return { screen: 'block', net, id };
      if (kind === 't') return { screen: 'tx', net, id };
      if (kind === 'a') return { screen: 'entity', net, id };
    }
    if (kind === 't' && id !== undefined && rest === 'debug') return { screen: 'debug', net, id };
  }
  return { screen: 'unknown', path };
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The address of a place in the studio. */
export function href(path: string, params: Readonly<Record<string, string | undefined>> = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params))
    if (value !== undefined && value !== '') query.set(name, value);
  const text = query.toString();
  return `${usesHash ? '#' : ''}${path}${text === '' ? '' : `?${text}`}`;
}

export const links = {
  net: (net: string): string => href(`/n/${net}`),
  block: (net: string, id: string): string => href(`/n/${net}/b/${id}`),
  tx: (net: string, id: string, tab?: string): string => href(`/n/${net}/t/${id}`, { tab }),
  debug: (net: string, id: string, step?: number): string =>
    href(`/n/${net}/t/${id}/debug`, { s: step === undefined ? undefined : String(step) }),
  entity: (net: string, id: string): string => href(`/n/${net}/a/${id}`),
} as const;

type Saved = { readonly scroll: number };

/** Goes somewhere; `replace` changes the address without a step in the history. */
export function navigate(to: string, replace = false): void {
  if (!replace) {
    history.replaceState({ scroll: scroller()?.scrollTop ?? 0 } satisfies Saved, '');
    history.pushState({ scroll: 0 } satisfies Saved, '', to);
  } else history.replaceState(history.state, '', to);
  const before = place.value.path;
  place.value = read();
  if (before !== place.value.path) scroller()?.scrollTo(0, 0);
}

/** Changes parameters of the address, keeping the others. */
export function setQuery(params: Readonly<Record<string, string | undefined>>, replace = true): void {
  const next = new URLSearchParams(place.value.query);
  for (const [name, value] of Object.entries(params)) {
    if (value === undefined || value === '') next.delete(name);
    else next.set(name, value);
  }
  const to = href(place.value.path, Object.fromEntries(next));
  if (to !== href(place.value.path, Object.fromEntries(place.value.query))) navigate(to, replace);
}

function scroller(): Element | null {
  return document.querySelector('[data-scroll]');
}

/** Begins to follow the address and the links of the page. */
export function startRouter(hash: boolean): void {
  usesHash = hash;
  place.value = read();
  history.scrollRestoration = 'manual';
  addEventListener('popstate', () => {
    place.value = read();
    const { scroll = 0 } = (history.state ?? {}) as Partial<Saved>;
    requestAnimationFrame(() => scroller()?.scrollTo(0, scroll));
  });
  if (hash) addEventListener('hashchange', () => (place.value = read()));
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey)
      return;
    const anchor = (event.target as Element | null)?.closest?.('a[href]');
    const target = anchor?.getAttribute('href');
    if (target === null || target === undefined || !/^(?:\/|#\/)/.test(target)) return;
    event.preventDefault();
    navigate(target);
  });
}
