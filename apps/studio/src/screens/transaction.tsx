import type { EventItem, Field, TxDetail } from '@ninefold/studio-api';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { links, query, setQuery } from '../router.ts';
import { client, netOf } from '../store.ts';
import { grouped, money, plain, shortId, spansText, valueText } from '../ui/format.ts';
import { Icon } from '../ui/icons.tsx';
import {
  Age,
  Badge,
  Copy,
  EntityLink,
  Facts,
  Segmented,
  Spans,
  Status,
  TabPanel,
  Tabs,
} from '../ui/pieces.tsx';
import { Await, Boundary, Empty, useResource } from '../ui/states.tsx';
import { IdCopy } from './block.tsx';
import { CallsTree } from './calls.tsx';
import { ChangesTable } from './changes.tsx';
import { CostTab } from './cost.tsx';
import { RawTab } from './raw.tsx';

const TABS = ['overview', 'calls', 'state', 'events', 'cost', 'raw'] as const;
type TabId = (typeof TABS)[number];

const TITLES: Readonly<Record<TabId, string>> = {
  overview: 'Overview',
  calls: 'Calls',
  state: 'State',
  events: 'Events',
  cost: 'Cost',
  raw: 'Raw',
};

/** What happened, did it work, and if not, where did it fail? */
export function TransactionScreen({ net, id }: { readonly net: string; readonly id: string }): JSX.Element {
  const tx = useResource(`${net}/${id}`, () => client().request('ninefold_getTransaction', { net, id }));
  return (
    <Await page resource={tx} what="The transaction" rows={10}>
      {(found) => <Transaction tx={found} />}
    </Await>
  );
}

function Transaction({ tx }: { readonly tx: TxDetail }): JSX.Element {
  const { net, id } = tx;
  const tab = TABS.find((each) => each === query.value.get('tab')) ?? 'overview';
  const isMined = tx.status !== 'pending';
  const load = <Value,>(read: () => Promise<Value>): Promise<Value | undefined> =>
    isMined ? read() : Promise.resolve(undefined);
  const calls = useResource(`${net}/${id}/calls`, () =>
    load(() => client().request('ninefold_getCalls', { net, id })),
  );
  const changes = useResource(`${net}/${id}/state`, () =>
    load(() => client().request('ninefold_getStateDiff', { net, id })),
  );
  const counts: Readonly<Partial<Record<TabId, number | undefined>>> = {
    calls: calls.value?.calls.length,
    state: changes.value?.length,
    events: calls.value?.events.length,
  };
  return (
    <div class="split">
      <div class="screen" data-scroll>
        <div class="title-row">
          <h1 class="sentence" title={spansText(tx.summary)}>
            <Spans spans={tx.summary} />
          </h1>
          <div class="actions">
            {tx.traceable && (
              <a class="button primary" href={links.debug(net, id)}>
                <Icon name="bug" /> Debug
              </a>
            )}
          </div>
        </div>
        <Verdict tx={tx} />
        <Tabs
          label="Transaction"
          tabs={TABS.map((each) => ({ id: each, title: TITLES[each], count: counts[each] }))}
          current={tab}
          onChange={(next) => setQuery({ tab: next === 'overview' ? undefined : next }, false)}
        />
        <TabPanel id={tab}>
          <Boundary key={tab} what={TITLES[tab]}>
            {tab === 'overview' && <Overview tx={tx} />}
            {tab === 'calls' && (
              <Await resource={calls} what="The calls">
                {(tree) => (tree === undefined ? <NotYet /> : <CallsTree net={net} tx={id} tree={tree} />)}
              </Await>
            )}
            {tab === 'state' && (
              <Await resource={changes} what="The changes">
                {(list) => (list === undefined ? <NotYet /> : <ChangesTable changes={list} tx={id} />)}
              </Await>
            )}
            {tab === 'events' && (
              <Await resource={calls} what="The events">
                {(tree) =>
                  tree === undefined ? <NotYet /> : <Events net={net} tx={id} events={tree.events} />
                }
              </Await>
            )}
            {tab === 'cost' && (isMined ? <CostTab tx={tx} /> : <NotYet />)}
            {tab === 'raw' && <RawTab tx={tx} />}
          </Boundary>
        </TabPanel>
      </div>
      <aside class="side" aria-label="Facts">
        <SideFacts tx={tx} />
      </aside>
    </div>
  );
}

function NotYet(): JSX.Element {
  return <Empty title="It is not part of a block yet" />;
}

/** Status, the exact error, and the place. */
function Verdict({ tx }: { readonly tx: TxDetail }): JSX.Element {
  const { error, net, id } = tx;
  if (error === undefined) {
    return (
      <p class="verdict">
        <Status status={tx.status} />
        {tx.steps !== undefined && (
          <span class="quiet-text">
            {grouped(tx.steps)} {netOf(net)?.words.step ?? 'step'}s
          </span>
        )}
      </p>
    );
  }
  const { where } = error;
  const place =
    where?.file === undefined
      ? undefined
      : `${where.fn === undefined ? '' : `${where.fn}, `}${where.file} line ${where.line ?? '?'}`;
  return (
    <div class="verdict bad">
      <Icon name="x" />
      <span>
        Reverted
        {place === undefined ? (
          ''
        ) : (
          <>
            {' '}
            in <span class="mono">{plain(place, 120)}</span>
          </>
        )}
        : <strong class="mono">{plain(error.message, 300)}</strong>
      </span>
      {where?.step !== undefined && (
        <a class="button" href={links.debug(net, id, where.step)}>
          Open at this step
        </a>
      )}
    </div>
  );
}

function Overview({ tx }: { readonly tx: TxDetail }): JSX.Element {
  const asset = netOf(tx.net)?.units.money ?? { symbol: '', decimals: 0 };
  return (
    <>
      <section>
        <h2>Who</h2>
        <div class="card padded">
          <Facts
            rows={[
              ['From', tx.from?.map((ref) => <Party key={ref.id} entity={ref} />)],
              ['To', tx.to?.map((ref) => <Party key={ref.id} entity={ref} />)],
              ['Kind', tx.kind],
            ]}
          />
        </div>
      </section>
      <section>
        <h2>Value moved</h2>
        {tx.moved.length === 0 ? (
          <p class="quiet-text">Nothing changed hands.</p>
        ) : (
          <div class="card">
            <table class="plain-table">
              <caption class="hidden">Value moved</caption>
              <thead>
                <tr>
                  <th scope="col">Account</th>
                  <th scope="col">Asset</th>
                  <th scope="col" class="right">
                    Change, fees included
                  </th>
                </tr>
              </thead>
              <tbody>
                {tx.moved.map(({ entity, asset: what, amount }) => (
                  <tr key={entity.id}>
                    <th scope="row">
                      <EntityLink entity={entity} />
                    </th>
                    <td>{plain(what.symbol, 20)}</td>
                    <td class={amount.startsWith('-') ? 'mono right bad-text' : 'mono right ok-text'}>
                      {amount.startsWith('-') ? '' : '+'}
                      {money(amount, what, 9)}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </section>
      <section>
        <h2>Fee</h2>
        <div class="card padded">
          <Facts
            rows={[
              ['Paid', tx.fee === undefined ? '–' : money(tx.fee, asset, 9)],
              ...tx.cost.map(
                ({ label, amount, unit }) => [plain(label), `${grouped(amount)} ${plain(unit, 20)}`] as const,
              ),
            ]}
          />
        </div>
      </section>
    </>
  );
}

function Party({ entity }: { readonly entity: NonNullable<TxDetail['from']>[number] }): JSX.Element {
  return (
    <span class="party">
      <EntityLink entity={entity} />
      {entity.name !== undefined && <span class="mono quiet-text wrap">{plain(entity.id)}</span>}
      <Copy value={entity.id} what="the address" />
    </span>
  );
}

function SideFacts({ tx }: { readonly tx: TxDetail }): JSX.Element {
  const { block, net } = tx;
  const asset = netOf(net)?.units.money ?? { symbol: '', decimals: 0 };
  return (
    <section>
      <h2>Facts</h2>
      <Facts
        rows={[
          [
            'Id',
            <span class="mono">
              {shortId(tx.id)} <Copy value={tx.id} what="the id" />
            </span>,
          ],
          [
            'Block',
            block === undefined ? (
              'not yet'
            ) : (
              <a class="mono" href={links.block(net, block.number)}>
                {grouped(block.number)}
              </a>
            ),
          ],
          ['Position', tx.index === undefined ? '–' : String(tx.index)],
          ['Age', <Age time={tx.time} />],
          ['Kind', <Badge>{plain(tx.kind, 30)}</Badge>],
          ['Fee', tx.fee === undefined ? '–' : money(tx.fee, asset, 9)],
          ['Steps', tx.steps === undefined ? '–' : grouped(tx.steps)],
        ]}
      />
    </section>
  );
}

/** Decoded values by name. */
export function FieldList({ fields }: { readonly fields: readonly Field[] }): JSX.Element {
  return (
    <dl class="fields">
      {fields.map(({ name, type, value, entity }, i) => (
        <div key={i}>
          <dt>
            {plain(name === '' ? `[${i}]` : name, 80)} <span class="quiet-text">{plain(type, 40)}</span>
          </dt>
          <dd class="mono">{entity === undefined ? valueText(value) : <EntityLink entity={entity} />}</dd>
        </div>
      ))}
    </dl>
  );
}

const VIEWS = [
  ['decoded', 'Decoded'],
  ['raw', 'Raw'],
] as const;

function Events(props: {
  readonly net: string;
  readonly tx: string;
  readonly events: readonly EventItem[];
}): JSX.Element {
  const { net, tx, events } = props;
  const [view, setView] = useState<'decoded' | 'raw'>('decoded');
  const [filter, setFilter] = useState('');
  if (events.length === 0) return <Empty title="No events" />;
  const needle = filter.trim().toLowerCase();
  const shown = events.filter(({ name = '', emitter }) =>
    `${name} ${emitter.name ?? ''} ${emitter.id}`.toLowerCase().includes(needle),
  );
  return (
    <>
      <div class="title-row">
        <input
          class="input"
          type="search"
          placeholder="Filter by name or emitter"
          aria-label="Filter events"
          value={filter}
          onInput={(event) => setFilter(event.currentTarget.value)}
        />
        <Segmented label="How events are shown" options={VIEWS} value={view} onChange={setView} />
      </div>
      <ol class="events">
        {shown.map((event, i) => (
          <li key={i} class="card">
            <div class="card-head">
              <strong>{plain(event.name ?? `LOG${event.topics.length}`, 80)}</strong>
              <EntityLink entity={event.emitter} />
              <a class="mono push" href={links.debug(net, tx, event.step)}>
                step {grouped(event.step)}
              </a>
            </div>
            {view === 'decoded' && event.fields !== undefined ? (
              <FieldList fields={event.fields} />
            ) : (
              <dl class="fields">
                {event.topics.map((topic, n) => (
                  <div key={n}>
                    <dt>topic {n}</dt>
                    <dd>
                      <IdCopy value={topic} what={`topic ${n}`} />
                    </dd>
                  </div>
                ))}
                <div>
                  <dt>data</dt>
                  <dd class="mono wrap">{plain(event.data, 2000)}</dd>
                </div>
              </dl>
            )}
          </li>
        ))}
      </ol>
    </>
  );
}
