import './styles/fonts.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/shell.css';
import './styles/screens.css';
import { render } from 'preact';
import { App } from './app.tsx';
import type { Client } from './client/client.ts';
import { createHttpClient, takeToken } from './client/http-client.ts';
import { startKeys } from './keys.ts';
import { startRouter } from './router.ts';
import { startSettings, startStore } from './store.ts';
import { ErrorBlock } from './ui/states.tsx';

const root = document.getElementById('app') as HTMLElement;

/** The node that serves the page; in a static copy, one in a worker. */
async function openClient(isServed: boolean): Promise<Client> {
  if (!isServed) return (await import('./client/worker-client.ts')).createWorkerClient();
  const token = takeToken();
  if (token === undefined) {
    throw new Error(
      'Open the studio with the link that the node printed: it carries the token of this start.',
    );
  }
  return createHttpClient(token);
}

async function main(): Promise<void> {
  startSettings();
  const isServed = document.querySelector('meta[name="ninefold-node"]')?.getAttribute('content') === 'server';
  try {
    const client = await openClient(isServed);
    startRouter(!isServed);
    startKeys();
    await startStore(client);
    render(<App />, root);
  } catch (error) {
    render(
      <main class="alone">
        <ErrorBlock error={error} what="The studio" page onRetry={() => location.reload()} />
      </main>,
      root,
    );
  }
}

void main();
