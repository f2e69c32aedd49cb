import type { ComponentType, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { AccountsScreen } from './screens/accounts.tsx';
import { BlockScreen } from './screens/block.tsx';
import { BlocksScreen, TransactionsScreen } from './screens/lists.tsx';
import { EntityScreen } from './screens/entity.tsx';
import { HomeScreen } from './screens/home.tsx';
import { KeysScreen, SettingsScreen } from './screens/settings.tsx';
import { NetworkScreen } from './screens/network.tsx';
import { TransactionScreen } from './screens/transaction.tsx';
import { Shell } from './shell.tsx';
import type { Route } from './router.ts';
import { href, route } from './router.ts';
import { nets } from './store.ts';
import { Boundary, Empty, ErrorBlock, Skeleton } from './ui/states.tsx';

const NAME = 'Ninefold';

const TITLES: Readonly<Record<Route['screen'], string>> = {
  home: 'Networks',
  network: 'Network',
  blocks: 'Blocks',
  txs: 'Transactions',
  block: 'Block',
  tx: 'Transaction',
  debug: 'Debug',
  entity: 'Account',
  accounts: 'Accounts',
  settings: 'Settings',
  keys: 'Keys',
  unknown: 'Not found',
};

/** The whole page: the shell, and in it the screen of the address. */
export function App(): JSX.Element {
  const now = route.value;
  useEffect(() => {
    document.title = `${TITLES[now.screen]} · ${NAME}`;
  }, [now.screen]);
  const key = `${now.screen}/${'net' in now ? now.net : ''}/${'id' in now ? now.id : ''}`;
  return (
    <Shell narrow={now.screen === 'debug'}>
      <Boundary key={key} what={TITLES[now.screen]}>
        <Screen route={now} />
      </Boundary>
    </Shell>
  );
}

function Screen({ route: now }: { readonly route: Route }): JSX.Element {
  if ('net' in now && now.net !== undefined && !nets.value.some(({ id }) => id === now.net)) {
    return (
      <Empty page title="This network does not run here">
        <p>Running: {nets.value.map(({ name }) => name).join(', ')}.</p>
        <p>
          <a href={href('/')}>All networks</a>
        </p>
      </Empty>
    );
  }
  switch (now.screen) {
    case 'home':
      return <HomeScreen />;
    case 'network':
      return <NetworkScreen net={now.net} />;
    case 'blocks':
      return <BlocksScreen net={now.net} />;
    case 'txs':
      return <TransactionsScreen net={now.net} />;
    case 'block':
      return <BlockScreen net={now.net} id={now.id} />;
    case 'tx':
      return <TransactionScreen net={now.net} id={now.id} />;
    case 'debug':
      return <LazyDebugger net={now.net} id={now.id} />;
    case 'entity':
      return <EntityScreen net={now.net} id={now.id} />;
    case 'accounts':
      return <AccountsScreen />;
    case 'settings':
      return <SettingsScreen />;
    case 'keys':
      return <KeysScreen />;
    case 'unknown':
      return (
        <Empty page title="Nothing stands at this address">
          <p class="mono">{now.path.slice(0, 200)}</p>
          <p>
            <a href={href('/')}>Networks</a>
          </p>
        </Empty>
      );
  }
}

type DebuggerProps = { readonly net: string; readonly id: string };

/** The debugger is a chunk of its own: the first screens do not wait for it. */
function LazyDebugger(props: DebuggerProps): JSX.Element {
  const [state, setState] = useState<{
    readonly Screen?: ComponentType<DebuggerProps>;
    readonly error?: unknown;
  }>({});
  useEffect(() => {
    import('./debug/debugger.tsx').then(
      ({ DebuggerScreen }) => setState({ Screen: DebuggerScreen }),
      (error: unknown) => setState({ error }),
    );
  }, []);
  if (state.error !== undefined) return <ErrorBlock error={state.error} what="The debugger" page />;
  if (state.Screen === undefined) return <Skeleton rows={8} what="the debugger" />;
  return <state.Screen {...props} />;
}
