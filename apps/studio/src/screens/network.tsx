import type { JSX } from 'preact';
import { href } from '../router.ts';
import { client, heads, netOf } from '../store.ts';
import { grouped, shortId } from '../ui/format.ts';
import { Button, Copy, Facts, NetMark } from '../ui/pieces.tsx';
import { Await, Boundary, useResource } from '../ui/states.tsx';
import { toast, toastError } from '../ui/toast.tsx';
import { BlockTable } from './lists.tsx';
import { SampleButton } from './sample.tsx';
import { TxTable } from './tx-table.tsx';

const SHOWN = 12;

/** One network: its head, what it did last, how it is set up. */
export function NetworkScreen({ net }: { readonly net: string }): JSX.Element {
  const known = netOf(net);
  const blocks = useResource(
    net,
    () => client().request('ninefold_getBlocks', { net, limit: SHOWN }),
    heads.value,
  );
  const txs = useResource(
    net,
    () => client().request('ninefold_getTransactions', { net, limit: SHOWN }),
    heads.value,
  );
  if (known === undefined) return <></>;
  const mine = (): void => {
    client()
      .request('ninefold_cheat', { net, op: 'mine' })
      .then((number) => toast(`Mined block ${grouped(String(number))}`))
      .catch(toastError);
  };
  return (
    <div class="split">
      <div class="screen" data-scroll>
        <div class="title-row">
          <h1>
            <NetMark net={net} /> {known.name} is at block {grouped(known.head.number)}
          </h1>
          <div class="actions">
            <Button icon="pickaxe" onClick={mine}>
              Mine a block
            </Button>
            <SampleButton net={net} />
          </div>
        </div>
        <section>
          <div class="title-row">
            <h2>Latest blocks</h2>
            <a href={href(`/n/${net}/blocks`)}>All blocks</a>
          </div>
          <Boundary what="Blocks">
            <Await resource={blocks} what="Blocks">
              {({ items }) => <BlockTable items={items} />}
            </Await>
          </Boundary>
        </section>
        <section>
          <div class="title-row">
            <h2>Latest transactions</h2>
            <a href={href(`/n/${net}/txs`)}>All transactions</a>
          </div>
          <Boundary what="Transactions">
            <Await resource={txs} what="Transactions">
              {({ items }) =>
                items.length === 0 ? (
                  <p class="quiet-text">Nothing was sent yet.</p>
                ) : (
                  <TxTable label="Latest transactions" items={items} />
                )
              }
            </Await>
          </Boundary>
        </section>
      </div>
      <aside class="side" aria-label="Configuration">
        <section>
          <h2>Configuration</h2>
          <Facts
            rows={[
              ['Machine', `${known.vm}, ${known.version}`],
              ['Chain id', known.chainId],
              ['Head', <span class="mono">{shortId(known.head.hash ?? '')}</span>],
              ['Block limit', `${grouped(known.units.cost.limitPerBlock ?? '')} ${known.units.cost.symbol}`],
              ['Instance', <span class="mono">{known.instance}</span>],
            ]}
          />
        </section>
        <section>
          <h2>Endpoints</h2>
          <ul class="endpoints">
            {known.endpoints.map(({ kind, url }) => (
              <li key={kind}>
                <span class="quiet-text">{kind}</span>
                <span class="mono">{url}</span>
                <Copy value={url} what={`the ${kind} endpoint`} />
              </li>
            ))}
          </ul>
        </section>
      </aside>
    </div>
  );
}
