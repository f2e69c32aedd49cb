import type { Info, Net, Tx } from '@ninefold/studio-api';
import { effect, signal } from '@preact/signals';
import type { Client, Connection } from './client/client.ts';

/** What every screen knows. */
export const connection = signal<Connection>('connecting');
export const nets = signal<readonly Net[]>([]);
export const info = signal<Info | undefined>(undefined);
/** Grows with each block that came in, so that lists know when to look again. */
export const heads = signal(0);
/** The newest transactions as they came in since the page was opened. */
export const fresh = signal<readonly Tx[]>([]);

const FRESH_KEPT = 200;

let current: Client | undefined;

/** The node. Set once, before anything is drawn. */
export function client(): Client {
  if (current === undefined) throw new Error('The studio has no client yet');
  return current;
}

export async function startStore(node: Client): Promise<void> {
  current = node;
  let wasLost = false;
  node.onConnection((state) => {
    connection.value = state;
    if (state === 'lost') wasLost = true;
    if (state !== 'live' || !wasLost) return;
    // What was missed while the line was down is read again.
    wasLost = false;
    void refresh().then(() => heads.value++);
  });
  node.subscribe('heads', ({ items }) => {
    if (items.length > 0) void refresh().then(() => heads.value++);
  });
  node.subscribe('txs', ({ items }) => {
    fresh.value = [...(items as readonly Tx[]).toReversed(), ...fresh.value].slice(0, FRESH_KEPT);
  });
  await refresh();
}

async function refresh(): Promise<void> {
  const node = client();
  try {
    const [networks, facts] = await Promise.all([
      node.request('ninefold_networks', {}),
      node.request('ninefold_info', {}),
    ]);
    nets.value = networks;
    info.value = facts;
    if (connection.value === 'connecting') connection.value = 'live';
  } catch (error) {
    if (info.value === undefined) throw error;
  }
}

export function netOf(id: string): Net | undefined {
  return nets.value.find((net) => net.id === id);
}

export type Theme = 'dark' | 'light' | 'system';

/** Settings of this browser. */
export const theme = signal<Theme>(saved('ninefold-theme', ['dark', 'light', 'system'], 'system'));
export const density = signal<'compact' | 'comfortable'>(
  saved('ninefold-density', ['compact', 'comfortable'], 'compact'),
);
export const letterKeys = signal<'on' | 'off'>(saved('ninefold-letter-keys', ['on', 'off'], 'on'));
/** Whether it is dark, whatever asked for it. */
export const isDark = signal(true);

function saved<const Value extends string>(key: string, values: readonly Value[], fallback: Value): Value {
  try {
    const text = localStorage.getItem(key);
    return values.find((value) => value === text) ?? fallback;
  } catch {
    // Storage may be forbidden; then settings last as long as the page.
    return fallback;
  }
}

function save(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // As above.
  }
}

/** Keeps settings and puts them on the page. */
export function startSettings(): void {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const apply = (): void => {
    isDark.value = theme.value === 'system' ? system.matches : theme.value === 'dark';
    document.documentElement.dataset['theme'] = isDark.value ? 'dark' : 'light';
  };
  system.addEventListener('change', apply);
  effect(() => {
    save('ninefold-theme', theme.value);
    apply();
  });
  effect(() => {
    save('ninefold-density', density.value);
    document.documentElement.dataset['density'] = density.value;
  });
  effect(() => save('ninefold-letter-keys', letterKeys.value));
}
