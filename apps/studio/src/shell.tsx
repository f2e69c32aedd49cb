import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Route } from './router.ts';
import { href, links, route } from './router.ts';
import { connection, isDark, netOf, nets, theme } from './store.ts';
import { countText, grouped, shortId } from './ui/format.ts';
import type { IconName } from './ui/icons.tsx';
import { Icon, Mark } from './ui/icons.tsx';
import { Button, NetMark } from './ui/pieces.tsx';
import { Toasts } from './ui/toast.tsx';
import { openPalette, Palette } from './palette.tsx';

type NavItem = {
  readonly title: string;
  readonly icon: IconName;
  readonly path: string;
  readonly screens: readonly Route['screen'][];
};

const NAV: readonly NavItem[] = [
  { title: 'Networks', icon: 'house', path: '/', screens: ['home', 'network'] },
  { title: 'Blocks', icon: 'layers', path: '/blocks', screens: ['blocks', 'block'] },
  { title: 'Transactions', icon: 'arrowLeftRight', path: '/txs', screens: ['txs', 'tx', 'debug'] },
  { title: 'Accounts', icon: 'wallet', path: '/accounts', screens: ['accounts', 'entity'] },
];

const NAV_END: readonly NavItem[] = [
  { title: 'Keys', icon: 'keyboard', path: '/keys', screens: ['keys'] },
  { title: 'Settings', icon: 'settings', path: '/settings', screens: ['settings'] },
];

/** Everything around a screen. */
export function Shell({
  children,
  narrow,
}: {
  readonly children: ComponentChildren;
  readonly narrow: boolean;
}): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  return (
    <div class={narrow ? 'shell narrow' : 'shell'}>
      <a class="skip" href="#main" onClick={(event) => focusMain(event)}>
        Skip to content
      </a>
      <nav class={isOpen ? 'nav open' : 'nav'} aria-label="Main" onClick={() => setOpen(false)}>
        <a class="brand" href={href('/')} aria-label="Ninefold, networks">
          <Mark />
          <span>Ninefold</span>
        </a>
        <NavList items={NAV} />
        <div class="nav-end">
          <NavList items={NAV_END} />
        </div>
      </nav>
      <header class="header">
        <button
          type="button"
          class="button quiet square menu-button"
          aria-label="Menu"
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        >
          <Icon name="menu" />
        </button>
        <Breadcrumb />
        <button
          type="button"
          class="search"
          onClick={() => openPalette('')}
          aria-label="Search, paste a hash, or run a command ⌘K"
        >
          <Icon name="search" size={14} />
          <span>Search, paste a hash, or run a command</span>
          <kbd>⌘K</kbd>
        </button>
        <Live />
        <Button
          quiet
          icon={isDark.value ? 'sun' : 'moon'}
          label={isDark.value ? 'Use light colours' : 'Use dark colours'}
          onClick={() => (theme.value = isDark.value ? 'light' : 'dark')}
        />
      </header>
      <main class="main" id="main" tabIndex={-1}>
        {children}
      </main>
      <Palette />
      <Toasts />
    </div>
  );
}

function focusMain(event: Event): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

function NavList({ items }: { readonly items: readonly NavItem[] }): JSX.Element {
  const { screen } = route.value;
  return (
    <ul>
      {items.map(({ title, icon, path, screens }) => (
        <li key={path}>
          <a href={href(path)} aria-current={screens.includes(screen) ? 'page' : undefined} title={title}>
            <Icon name={icon} />
            <span>{title}</span>
          </a>
        </li>
      ))}
    </ul>
  );
}

function Live(): JSX.Element {
  const head = nets.value[0]?.head.number;
  const text =
    connection.value === 'live'
      ? 'Live'
      : connection.value === 'connecting'
        ? 'Connecting'
        : `Reconnecting, showing block ${head === undefined ? '–' : grouped(head)}`;
  return (
    <div class={`live ${connection.value}`} role="status">
      <span class="dot" aria-hidden="true" />
      <span>{text}</span>
      {connection.value === 'live' && (
        <span class="quiet-text">{countText(nets.value.length, 'chain').toLowerCase()}</span>
      )}
    </div>
  );
}

/** Where one is; never scrolls away. */
function Breadcrumb(): JSX.Element {
  const now = route.value;
  const parts: { readonly text: string; readonly href?: string; readonly mono?: boolean }[] = [];
  const net = 'net' in now && now.net !== undefined ? now.net : undefined;
  if (net !== undefined) parts.push({ text: netOf(net)?.name ?? net, href: links.net(net) });
  switch (now.screen) {
    case 'home':
      parts.push({ text: 'Networks' });
      break;
    case 'network':
      break;
    case 'blocks':
      parts.push({ text: 'Blocks' });
      break;
    case 'txs':
      parts.push({ text: 'Transactions' });
      break;
    case 'block':
      parts.push(
        { text: 'Blocks', href: href(`/n/${now.net}/blocks`) },
        { text: /^\d+$/.test(now.id) ? grouped(now.id) : shortId(now.id), mono: true },
      );
      break;
    case 'tx':
      parts.push(
        { text: 'Transactions', href: href(`/n/${now.net}/txs`) },
        { text: shortId(now.id), mono: true },
      );
      break;
    case 'debug':
      parts.push({ text: shortId(now.id), href: links.tx(now.net, now.id), mono: true }, { text: 'Debug' });
      break;
    case 'entity':
      parts.push({ text: 'Accounts', href: href('/accounts') }, { text: shortId(now.id), mono: true });
      break;
    case 'accounts':
      parts.push({ text: 'Accounts' });
      break;
    case 'settings':
      parts.push({ text: 'Settings' });
      break;
    case 'keys':
      parts.push({ text: 'Keys' });
      break;
    case 'unknown':
      parts.push({ text: 'Not found' });
      break;
  }
  return (
    <div class="breadcrumb">
      {net !== undefined && <NetMark net={net} />}
      <ol aria-label="Where you are">
        {parts.map(({ text, href: to, mono }, i) => (
          <li key={i} class={mono === true ? 'mono' : undefined}>
            {to === undefined ? (
              <span aria-current={i === parts.length - 1 ? 'location' : undefined}>{text}</span>
            ) : (
              <a href={to}>{text}</a>
            )}
          </li>
        ))}
      </ol>
    </div>
  );
}
