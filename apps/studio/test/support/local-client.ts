import { createEthereumChain, openEthereumStudio } from '@ninefold/chain-ethereum';
import { createStudio } from '@ninefold/studio-api';
import { type Client, StudioError } from '../../src/client/client.ts';

/** A node of the test's own process, as the page sees one. */
export async function createLocalClient(): Promise<Client> {
  const chain = await createEthereumChain();
  const studio = createStudio({
    chains: [await openEthereumStudio(chain)],
    info: { version: '0', instance: 'test', readyMs: 0, host: 'test' },
  });
  return {
    kind: 'worker',
    request: async (name, params) => {
      try {
        return (await studio.dispatcher.call(name, params as Record<string, unknown>, {})) as never;
      } catch (error) {
        throw new StudioError(-32_603, (error as Error).message, undefined);
      }
    },
    binary: async (path) => {
      const [place = '', query = ''] = path.replace(/^\/bin\//, '').split('?');
      return studio.binary(place, new URLSearchParams(query)).bytes.slice().buffer as ArrayBuffer;
    },
    subscribe: () => () => {},
    onConnection: () => () => {},
    close: () => {
      studio.close();
      void chain.close();
    },
  };
}
