import type { JSX } from 'preact';
import { links, query, setQuery } from '../router.ts';
import { client, heads, netOf } from '../store.ts';
import { grouped, shortId, valueText } from '../ui/format.ts';
import { Age, Copy, Facts, TabPanel, Tabs } from '../ui/pieces.tsx';
import { Await, Boundary, Empty, useResource } from '../ui/states.tsx';
import { ChangesTable } from './changes.tsx';
import { UsedBar } from './lists.tsx';
import { TxTable } from './tx-table.tsx';

const TABS = [
  { id: 'txs', title: 'Transactions' },
  { id: 'state', title: 'State' },
  { id: 'raw', title: 'Raw' },
] as const;

const MAX_TXS = 500;

/** What one block holds and what it cost. */
export function BlockScreen({ net, id }: { readonly net: string; readonly id: string }): JSX.Element {
  const block = useResource(`${net}/${id}`, () => client().request('ninefold_getBlock', { net, id }));
  const tab = TABS.find((each) => each.id === query.value.get('tab'))?.id ?? 'txs';
  return (
    <div class="screen" data-scroll>
      <Await page resource={block} what={`Block ${id}`}>
        {(found) => {
          const previous = Number(found.number) - 1;
          const isHead = Number(found.number) >= Number(netOf(net)?.head.number ?? 0) && heads.value >= 0;
          return (
            <>
              <div class="title-row">
                <h1>
                  Block {grouped(found.number)}: {grouped(found.txCount)}{' '}
                  {found.txCount === 1 ? 'transaction' : 'transactions'}
                  {found.failed > 0 && <>, {grouped(found.failed)} failed</>}
                </h1>
                <nav class="actions" aria-label="Neighbours">
                  {previous >= 0 && (
                    <a class="button" href={links.block(net, String(previous))}>
                      Previous
                    </a>
                  )}
                  {!isHead && (
                    <a class="button" href={links.block(net, String(Number(found.number) + 1))}>
                      Next
                    </a>
                  )}
                </nav>
              </div>
              <div class="card padded">
                <Facts
                  rows={[
                    ['Hash', <IdCopy value={found.hash ?? ''} what="the hash" />],
                    [
                      'Parent',
                      found.parent === undefined || previous < 0 ? (
                        '–'
                      ) : (
                        <a class="mono" href={links.block(net, String(previous))}>
                          {shortId(found.parent)}
                        </a>
                      ),
                    ],
                    [
                      'Time',
                      <>
                        <Age time={found.time} /> ago,{' '}
                        <span class="mono">{new Date(found.time).toISOString()}</span>
                      </>,
                    ],
                    ['Used', <UsedBar block={found} />],
                    ['State root', <IdCopy value={found.root ?? ''} what="the state root" />],
                    ...Object.entries(found.extra).map(
                      ([name, value]) =>
                        [words(name), <span class="mono wrap">{valueText(value)}</span>] as const,
                    ),
                  ]}
                />
              </div>
              <Tabs
                label="Block"
                tabs={TABS}
                current={tab}
                onChange={(next) => setQuery({ tab: next }, false)}
              />
              <TabPanel id={tab}>
                <Boundary key={tab} what="This tab">
                  {tab === 'txs' ? (
                    <BlockTxs net={net} id={found.number} />
                  ) : tab === 'state' ? (
                    <BlockState net={net} id={found.number} />
                  ) : (
                    <pre class="raw">{found.raw}</pre>
                  )}
                </Boundary>
              </TabPanel>
            </>
          );
        }}
      </Await>
    </div>
  );
}

export function IdCopy({ value, what }: { readonly value: string; readonly what: string }): JSX.Element {
  return (
    <span class="mono id-copy">
      <span class="wrap">{value}</span> <Copy value={value} what={what} />
    </span>
  );
}

/** `baseFee` as words: Base fee. */
export function words(name: string): string {
  const spaced = name.replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

function BlockTxs({ net, id }: { readonly net: string; readonly id: string }): JSX.Element {
  const txs = useResource(`${net}/${id}/txs`, () =>
    client().request('ninefold_getTransactions', { net, block: id, limit: MAX_TXS }),
  );
  return (
    <Await resource={txs} what="The transactions">
      {({ items }) =>
        items.length === 0 ? (
          <Empty title="An empty block" />
        ) : (
          <TxTable label="Transactions of the block" items={items} />
        )
      }
    </Await>
  );
}

function BlockState({ net, id }: { readonly net: string; readonly id: string }): JSX.Element {
  const changes = useResource(`${net}/${id}/state`, () =>
    client().request('ninefold_getStateDiff', { net, block: id }),
  );
  return (
    <Await resource={changes} what="The changes">
      {(list) => <ChangesTable changes={list} />}
    </Await>
  );
}
