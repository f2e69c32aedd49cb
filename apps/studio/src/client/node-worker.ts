import { createEthereumChain, openEthereumStudio } from '@ninefold/chain-ethereum';
import type { StreamEvent, Studio } from '@ninefold/studio-api';
import { createStudio } from '@ninefold/studio-api';
import type { FromWorker, ToWorker } from './worker-messages.ts';

// A node in the page: the same chain and the same methods as behind a server, over messages.

const started = performance.now();

async function boot(): Promise<Studio> {
  const chain = await createEthereumChain();
  return createStudio({
    chains: [await openEthereumStudio(chain)],
    endpoints: () => [{ kind: 'in-process', url: 'in this page' }],
    info: {
      version: '0.1.0',
      instance: chain.node.instance,
      readyMs: Math.round(performance.now() - started),
      host: 'this page',
    },
  });
}

const studio = boot();

const post = (message: FromWorker, transfer: Transferable[] = []): void =>
  self.postMessage(message, { transfer });

const connection = studio.then(({ hub }) =>
  hub.connect({
    send: (text) => {
      const { params } = JSON.parse(text) as { readonly params: { readonly result: StreamEvent } };
      post({ kind: 'event', event: params.result });
    },
  }),
);

async function answer(message: ToWorker): Promise<void> {
  const { dispatcher, binary } = await studio;
  if (message.kind === 'call') {
    const session = (await connection).begin();
    const text = await dispatcher.handleText(message.text, { session });
    post({ kind: 'answer', id: message.id, text: text ?? '{"result":null}' });
    session.end();
    return;
  }
  const [path = '', query = ''] = message.path.split('?');
  const { bytes } = binary(path.replace(/^\/bin\//, ''), new URLSearchParams(query));
  const buffer = bytes.slice().buffer as ArrayBuffer;
  post({ kind: 'bytes', id: message.id, bytes: buffer }, [buffer]);
}

self.addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  answer(data).catch((error: unknown) => {
    const {
      message = String(error),
      code,
      context,
    } = error as { message?: string; code?: string; context?: unknown };
    post({ kind: 'failure', id: data.id, code: -32_603, message, data: { code, context } });
  });
});
