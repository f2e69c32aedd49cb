import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { links, navigate } from '../router.ts';
import { client, netOf } from '../store.ts';
import { Button, Copy } from '../ui/pieces.tsx';
import { toastError } from '../ui/toast.tsx';

/** Ways to send a first transaction: a line for each library, and one button that really does. */
export function SampleLines({ net }: { readonly net: string }): JSX.Element {
  const url = netOf(net)?.endpoints.find(({ kind }) => kind === 'http')?.url;
  const lines =
    url === undefined
      ? []
      : [
          [
            'cast',
            `cast send --unlocked --from 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266 --value 1ether 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --rpc-url ${url}`,
          ],
          [
            'curl',
            `curl -s ${url} -H 'content-type: application/json' -d '{"jsonrpc":"2.0","id":1,"method":"eth_sendTransaction","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0xde0b6b3a7640000"}]}'`,
          ],
          [
            'viem',
            `createWalletClient({ transport: http('${url}') }).sendTransaction({ account: '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266', to: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8', value: 10n ** 18n, chain: null })`,
          ],
        ];
  return (
    <div class="sample-lines">
      {lines.map(([name = '', text = '']) => (
        <div key={name} class="sample-line">
          <span class="quiet-text">{name}</span>
          <code>{text}</code>
          <Copy value={text} what={`the ${name} line`} />
        </div>
      ))}
      <SampleButton net={net} primary />
    </div>
  );
}

/** Deploys and runs the sample, then opens the transaction that fails. */
export function SampleButton({
  net,
  primary = false,
}: {
  readonly net: string;
  readonly primary?: boolean;
}): JSX.Element {
  const [isBusy, setBusy] = useState(false);
  const run = (): void => {
    setBusy(true);
    client()
      .request('ninefold_sample', { net })
      .then(({ id }) => navigate(links.tx(net, id)))
      .catch(toastError)
      .finally(() => setBusy(false));
  };
  return (
    <Button icon="play" primary={primary} onClick={run} disabled={isBusy}>
      {isBusy ? 'Running …' : 'Run a sample'}
    </Button>
  );
}
