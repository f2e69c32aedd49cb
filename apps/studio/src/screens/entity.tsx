import type { Entity } from '@ninefold/studio-api';
import type { JSX } from 'preact';
import { query, setQuery } from '../router.ts';
import { client, heads } from '../store.ts';
import { grouped, money, plain, valueText } from '../ui/format.ts';
import { Badge, Facts, NetMark, TabPanel, Tabs } from '../ui/pieces.tsx';
import { Await, Boundary, Empty, ErrorBlock, Skeleton, useResource } from '../ui/states.tsx';
import { IdCopy, words } from './block.tsx';
import { usePages } from './paged.ts';
import { TxTable } from './tx-table.tsx';

const TABS = [
  { id: 'overview', title: 'Overview' },
  { id: 'state', title: 'State' },
  { id: 'history', title: 'History' },
  { id: 'raw', title: 'Code' },
] as const;

const PAGE = 100;

/** One account: what it has, what it is, what happened to it. */
export function EntityScreen({ net, id }: { readonly net: string; readonly id: string }): JSX.Element {
  const at = query.value.get('at') ?? undefined;
  const entity = useResource(
    `${net}/${id}/${at ?? ''}`,
    () => client().request('ninefold_getEntity', { net, id, at }),
    heads.value,
  );
  const tab = TABS.find((each) => each.id === query.value.get('tab'))?.id ?? 'overview';
  return (
    <div class="screen" data-scroll>
      <Await page resource={entity} what="The account">
        {(found) => {
          const balance = found.balances[0];
          return (
            <>
              <div class="title-row">
                <h1>
                  <NetMark net={net} />{' '}
                  {plain(found.ref.name ?? (found.ref.kind === 'contract' ? 'Contract' : 'Account'), 80)}
                  {balance !== undefined && <> holds {money(balance.amount, balance.asset)}</>}
                </h1>
                {found.program !== undefined && (
                  <Badge tone={found.program.verified ? 'ok' : 'plain'}>
                    {found.program.verified ? 'Source known' : 'No source'}
                  </Badge>
                )}
              </div>
              <p>
                <IdCopy value={found.ref.id} what="the address" />
              </p>
              <Tabs
                label="Account"
                tabs={TABS}
                current={tab}
                onChange={(next) => setQuery({ tab: next }, false)}
              />
              <TabPanel id={tab}>
                <Boundary key={tab} what="This tab">
                  {tab === 'overview' && <Overview entity={found} />}
                  {tab === 'state' && <State entity={found} />}
                  {tab === 'history' && <History net={net} id={id} />}
                  {tab === 'raw' &&
                    (found.raw === '0x' ? (
                      <Empty title="No code" />
                    ) : (
                      <pre class="raw" tabIndex={0} aria-label="Code">
                        {String(found.raw)}
                      </pre>
                    ))}
                </Boundary>
              </TabPanel>
            </>
          );
        }}
      </Await>
    </div>
  );
}

function Overview({ entity }: { readonly entity: Entity }): JSX.Element {
  const { program, fields, balances } = entity;
  return (
    <div class="card padded">
      <Facts
        rows={[
          ...balances.map(({ asset, amount }) => [`Balance`, `${money(amount, asset, 18)}`] as const),
          ...fields.map(
            ({ name, value }) => [words(name), <span class="mono wrap">{valueText(value)}</span>] as const,
          ),
          ...(program === undefined
            ? []
            : ([
                ['Code size', `${grouped(program.size)} of ${grouped(24_576)} bytes`],
                ['Compiler', program.compiler ?? 'not known'],
              ] as const)),
        ]}
      />
    </div>
  );
}

function State({ entity }: { readonly entity: Entity }): JSX.Element {
  if (entity.program === undefined) return <Empty title="An account without code has no state of its own" />;
  if (entity.state.length === 0) {
    return (
      <Empty title="The layout of this contract is not known">
        <p>Drop its build-info on the Networks page: variables get their names.</p>
      </Empty>
    );
  }
  return (
    <div class="card">
      <table class="plain-table">
        <caption class="hidden">Variables</caption>
        <thead>
          <tr>
            <th scope="col">Variable</th>
            <th scope="col">Type</th>
            <th scope="col">Value</th>
          </tr>
        </thead>
        <tbody>
          {entity.state.map(({ name, type, value }) => (
            <tr key={name}>
              <th scope="row" class="mono">
                {plain(name, 80)}
              </th>
              <td class="mono quiet-text">{plain(type, 80)}</td>
              <td class="mono wrap">{valueText(value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function History({ net, id }: { readonly net: string; readonly id: string }): JSX.Element {
  const paged = usePages(
    `${net}/${id}`,
    (before) => client().request('ninefold_getTransactions', { net, entity: id, before, limit: PAGE }),
    heads.value,
  );
  if (paged.error !== undefined)
    return <ErrorBlock error={paged.error} what="The history" onRetry={paged.reload} />;
  if (paged.items === undefined) return <Skeleton rows={8} what="the history" />;
  if (paged.items.length === 0) return <Empty title="Nothing happened to it so far" />;
  return <TxTable label="History" items={paged.items} onEnd={paged.more} />;
}
