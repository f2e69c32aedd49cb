import type { SearchHit } from '@ninefold/studio-api';
import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { href, links, navigate, route } from './router.ts';
import { client, nets, theme } from './store.ts';
import { plain, shortId } from './ui/format.ts';
import type { IconName } from './ui/icons.tsx';
import { Icon } from './ui/icons.tsx';
import { NetMark } from './ui/pieces.tsx';
import { toast, toastError } from './ui/toast.tsx';

/** Something a line of the palette does. */
export type Command = {
  readonly title: string;
  readonly note?: string;
  readonly icon: IconName;
  readonly run: () => void | Promise<void>;
};

const state = signal<{ readonly text: string } | undefined>(undefined);
/** Commands of the screen that is shown. */
export const screenCommands = signal<readonly Command[]>([]);

const SEARCH_MS = 80;

export function openPalette(text: string): void {
  state.value = { text };
}

export function isPaletteOpen(): boolean {
  return state.value !== undefined;
}

function close(): void {
  state.value = undefined;
}

/** What a text looks like, known at once and without asking anyone. */
export function classify(text: string): string | undefined {
  if (/^0x[\da-f]{64}$/i.test(text)) return 'Hash of a transaction or block';
  if (/^0x[\da-f]{40}$/i.test(text)) return 'Address';
  if (/^\d{1,20}$/.test(text)) return 'Block number';
  if (/^0x[\da-f]{100,}$/i.test(text)) return 'Bytes';
  const url = /^https?:\/\/[^/]+\/(?:tx|address|block)\/(\w+)/.exec(text);
  return url === null ? undefined : 'Link to an explorer';
}

/** The id inside what was pasted: links of public explorers name the same hashes. */
export function idOf(text: string): string {
  return /^https?:\/\/[^/]+\/(?:tx|address|block)\/(\w+)/.exec(text)?.[1] ?? text;
}

function commands(): readonly Command[] {
  const net = nets.value[0];
  const go = (title: string, icon: IconName, path: string): Command => ({
    title,
    icon,
    note: 'Go to',
    run: () => navigate(href(path)),
  });
  const cheats: readonly Command[] =
    net === undefined
      ? []
      : [
          {
            title: 'Run a sample',
            icon: 'play',
            note: net.name,
            run: async () => {
              const { id } = await client().request('ninefold_sample', { net: net.id });
              navigate(links.tx(net.id, id));
            },
          },
          {
            title: 'Run the ten lines of the README',
            icon: 'play',
            note: net.name,
            run: async () => {
              const { id } = await client().request('ninefold_sample', { net: net.id, name: 'readme' });
              navigate(links.tx(net.id, id));
            },
          },
          {
            title: 'Mine a block',
            icon: 'pickaxe',
            note: net.name,
            run: async () => {
              await client().request('ninefold_cheat', { net: net.id, op: 'mine' });
              toast('Mined a block');
            },
          },
          {
            title: 'Take a snapshot',
            icon: 'copy',
            note: net.name,
            run: async () => {
              const id = await client().request('ninefold_cheat', { net: net.id, op: 'snapshot' });
              toast(`Snapshot ${String(id)}: revert to it from the palette`);
              snapshots.value = [String(id), ...snapshots.value];
            },
          },
          ...snapshots.value.map((id): Command => ({
            title: `Revert to snapshot ${id}`,
            icon: 'undo',
            note: net.name,
            run: async () => {
              await client().request('ninefold_cheat', { net: net.id, op: 'revert', id });
              snapshots.value = snapshots.value.filter((each) => Number(each) < Number(id));
              toast(`Back at snapshot ${id}`);
            },
          })),
        ];
  return [
    ...screenCommands.value,
    ...cheats,
    go('Networks', 'house', '/'),
    go('Blocks', 'layers', '/blocks'),
    go('Transactions', 'arrowLeftRight', '/txs'),
    go('Accounts', 'wallet', '/accounts'),
    go('Settings', 'settings', '/settings'),
    go('Keys', 'keyboard', '/keys'),
    { title: 'Use dark colours', icon: 'moon', note: 'Theme', run: () => void (theme.value = 'dark') },
    { title: 'Use light colours', icon: 'sun', note: 'Theme', run: () => void (theme.value = 'light') },
  ];
}

const snapshots = signal<readonly string[]>([]);

function commandOfHit({ kind, net, id, label }: SearchHit): Command & { readonly net: string } {
  const to =
    kind === 'tx' ? links.tx(net, id) : kind === 'block' ? links.block(net, id) : links.entity(net, id);
  const icon: IconName =
    kind === 'tx' ? 'arrowLeftRight' : kind === 'block' ? 'layers' : kind === 'program' ? 'box' : 'wallet';
  return { title: label, note: kind === 'block' ? '' : shortId(id), icon, net, run: () => navigate(to) };
}

/** Search, paste and do: one field. */
export function Palette(): JSX.Element | null {
  const open = state.value;
  return open === undefined ? null : <OpenPalette start={open.text} />;
}

function OpenPalette({ start }: { readonly start: string }): JSX.Element {
  const [text, setText] = useState(start);
  const [hits, setHits] = useState<readonly SearchHit[]>([]);
  const [selected, setSelected] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  const before = useRef(document.activeElement);

  // Before anything is drawn: the next key belongs to the field already.
  useLayoutEffect(() => {
    input.current?.focus();
    const returnTo = before.current;
    return () => returnTo instanceof HTMLElement && returnTo.isConnected && returnTo.focus();
  }, []);

  const wanted = text.trim();
  const isCommand = wanted.startsWith('>');
  const asked = idOf(wanted.replace(/^[@#]/, ''));
  useEffect(() => {
    setSelected(0);
    if (isCommand || asked === '' || wanted.startsWith(':') || wanted.startsWith('?')) {
      setHits([]);
      return undefined;
    }
    let isWanted = true;
    const timer = setTimeout(() => {
      client()
        .request('ninefold_search', { q: asked })
        .then(({ items }) => isWanted && setHits(items))
        .catch(() => isWanted && setHits([]));
    }, SEARCH_MS);
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [asked, isCommand]);

  const needle = wanted.replace(/^>/, '').trim().toLowerCase();
  const fitting = commands().filter(({ title }) => title.toLowerCase().includes(needle));
  const lines: readonly (Command & { readonly net?: string })[] = [
    ...special(wanted),
    ...hits.map(commandOfHit),
    ...(/^[:?@#]/.test(wanted) ? [] : fitting),
  ];
  const run = (command: Command | undefined): void => {
    if (command === undefined) return;
    close();
    void Promise.resolve(command.run()).catch(toastError);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') close();
    else if (event.key === 'ArrowDown') setSelected(Math.min(lines.length - 1, selected + 1));
    else if (event.key === 'ArrowUp') setSelected(Math.max(0, selected - 1));
    else if (event.key === 'Enter') run(lines[selected]);
    else if (event.key !== 'Tab') return;
    event.preventDefault();
    event.stopPropagation();
  };
  const kind = classify(wanted);
  return (
    <div class="overlay" onMouseDown={(event) => event.target === event.currentTarget && close()}>
      <div class="palette" role="dialog" aria-modal="true" aria-label="Search and commands">
        <div class="palette-field">
          <Icon name="search" />
          <input
            ref={input}
            type="text"
            value={text}
            spellcheck={false}
            autocomplete="off"
            role="combobox"
            aria-expanded="true"
            aria-controls="palette-lines"
            aria-activedescendant={lines.length > 0 ? `palette-${selected}` : undefined}
            aria-label="Search, paste a hash, or run a command"
            placeholder="Search, paste a hash, or run a command"
            onInput={(event) => setText(event.currentTarget.value)}
            onKeyDown={onKeyDown}
          />
          {kind !== undefined && <span class="badge plain">{kind}</span>}
        </div>
        <ul id="palette-lines" role="listbox" aria-label="Results">
          {lines.map((line, i) => (
            <li
              key={i}
              id={`palette-${i}`}
              role="option"
              aria-selected={i === selected}
              class={i === selected ? 'now' : undefined}
              onMouseMove={() => i !== selected && setSelected(i)}
              onClick={() => run(line)}
            >
              {line.net === undefined ? <Icon name={line.icon} /> : <NetMark net={line.net} />}
              <span class="palette-title">{plain(line.title, 80)}</span>
              <span class="quiet-text mono">{plain(line.note ?? '', 40)}</span>
            </li>
          ))}
        </ul>
        {lines.length === 0 && <p class="palette-none">Nothing here has that name or number.</p>}
        <p class="palette-hint">
          <kbd>&gt;</kbd> commands <kbd>:</kbd> step <kbd>?</kbd> instruction <kbd>@</kbd> accounts{' '}
          <kbd>#</kbd> blocks
        </p>
      </div>
    </div>
  );
}

/** Lines for `:step` and `?instruction`. */
function special(text: string): readonly Command[] {
  const now = route.value;
  const step = /^:\s*(\d{1,12})$/.exec(text)?.[1];
  if (step !== undefined && (now.screen === 'debug' || now.screen === 'tx')) {
    return [
      {
        title: `Go to step ${step}`,
        icon: 'bug',
        run: () => navigate(links.debug(now.net, now.id, Number(step))),
      },
    ];
  }
  const name = /^\?\s*(\w{2,20})$/.exec(text)?.[1];
  const net = nets.value[0]?.id;
  if (name === undefined || net === undefined) return [];
  return [
    {
      title: `What ${name.toUpperCase()} does`,
      icon: 'fileCode',
      run: async () => {
        const { doc, effect, cost } = await client().request('ninefold_reference', { net, name });
        toast(`${name.toUpperCase()}: ${doc} ${effect}; ${cost}`);
      },
    },
  ];
}
