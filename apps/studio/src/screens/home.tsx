import type { Net, Pulse } from '@ninefold/studio-api';
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { href, links, navigate } from '../router.ts';
import { client, connection, fresh, heads, info, nets } from '../store.ts';
import { bytesText, countText, grouped, money } from '../ui/format.ts';
import { Icon } from '../ui/icons.tsx';
import { Age, Copy, EntityLink, FamilyMark, NetMark, Segmented } from '../ui/pieces.tsx';
import { Await, Boundary, useResource } from '../ui/states.tsx';
import { toast, toastError } from '../ui/toast.tsx';
import { SampleButton, SampleLines } from './sample.tsx';
import { TxTable } from './tx-table.tsx';

const PULSE_SECONDS = 60;
const PULSE_EVERY_MS = 1000;
const LATEST = 40;

/** Is everything up, where do I connect, what just happened? */
export function HomeScreen(): JSX.Element {
  const pulses = usePulses();
  const facts = info.value;
  const total = [...pulses.values()].reduce((sum, { txs }) => sum + txs.reduce((a, b) => a + b, 0), 0);
  const where = facts?.host.startsWith('Node') === true ? 'one process' : 'in this page';
  return (
    <div class="home">
      <div class="screen" data-scroll>
        <div class="title-row tall">
          <div>
            <h1>
              {countText(nets.value.length, 'chain')}, {where}
            </h1>
            <p class="quiet-text">
              Ready in {grouped(facts?.readyMs ?? 0)} ms. Every endpoint below answers its own SDK and wallet.
            </p>
          </div>
          <dl class="figures">
            <div>
              <dt>tx per second</dt>
              <dd>{(total / PULSE_SECONDS).toFixed(1)}</dd>
            </div>
            {facts !== undefined && facts.memory > 0 && (
              <div>
                <dt>memory</dt>
                <dd>{bytesText(facts.memory)}</dd>
              </div>
            )}
            <div>
              <dt>accounts</dt>
              <dd>
                <a href={href('/accounts')}>test keys</a>
              </dd>
            </div>
          </dl>
        </div>
        <Board nets={nets.value} pulses={pulses} />
        <Boundary what="The latest transactions">
          <Latest />
        </Boundary>
      </div>
      <aside class="side" aria-label="To begin with">
        <OpenAnything />
        <StartHere />
        <Boundary what="The test accounts">
          <TestAccounts />
        </Boundary>
      </aside>
    </div>
  );
}

function usePulses(): ReadonlyMap<string, Pulse> {
  const [pulses, setPulses] = useState<ReadonlyMap<string, Pulse>>(new Map());
  useEffect(() => {
    let isWanted = true;
    const read = (): void => {
      client()
        .request('ninefold_pulse', { seconds: PULSE_SECONDS, bucketMs: 1000 })
        .then((list) => isWanted && setPulses(new Map(list.map((pulse) => [pulse.net, pulse]))))
        // A lost connection is told by the header; the bars stay as they were.
        .catch(() => {});
    };
    read();
    const timer = setInterval(
      () => document.visibilityState === 'visible' && connection.value === 'live' && read(),
      PULSE_EVERY_MS,
    );
    return () => {
      isWanted = false;
      clearInterval(timer);
    };
  }, []);
  return pulses;
}

function Board({
  nets: list,
  pulses,
}: {
  readonly nets: readonly Net[];
  readonly pulses: ReadonlyMap<string, Pulse>;
}): JSX.Element {
  return (
    <table class="board">
      <caption class="hidden">Networks</caption>
      <thead>
        <tr>
          <th scope="col">Network</th>
          <th scope="col">Endpoint</th>
          <th scope="col" class="right">
            Head
          </th>
          <th scope="col">Last 60 seconds</th>
          <th scope="col" class="right">
            tx/s
          </th>
          <th scope="col" class="right">
            Last block
          </th>
        </tr>
      </thead>
      <tbody>
        {list.map((net) => {
          const pulse = pulses.get(net.id);
          const sent = pulse?.txs.reduce((a, b) => a + b, 0) ?? 0;
          const endpoint = net.endpoints[0]?.url ?? 'in process';
          return (
            <tr key={net.id} onClick={(event) => openRow(event, net.id)}>
              <th scope="row">
                <FamilyMark family={net.family} />
                <a href={links.net(net.id)}>{net.name}</a>
                <span class="quiet-text">{net.version}</span>
              </th>
              <td class="mono">
                {endpoint.replace(/^https?:\/\//, '')}{' '}
                {net.endpoints.length > 0 && <Copy value={endpoint} what="the endpoint" />}
              </td>
              <td class="mono right">{grouped(net.head.number)}</td>
              <td>
                <PulseBars pulse={pulse} family={net.family} />
              </td>
              <td class="mono right">{(sent / PULSE_SECONDS).toFixed(1)}</td>
              <td class="mono right">
                <Age time={net.head.time} />
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function openRow(event: MouseEvent, net: string): void {
  if ((event.target as Element).closest('a, button') === null) navigate(links.net(net));
}

const PITCH = 5;
const BAR = 3;
const HEIGHT = 20;

/** Sixty seconds of transactions: height by logarithm, fading with age, failures ticked below. */
function PulseBars({
  pulse,
  family,
}: {
  readonly pulse: Pulse | undefined;
  readonly family: Net['family'];
}): JSX.Element {
  const buckets = pulse?.txs ?? [];
  const most = Math.log2(2 + Math.max(1, ...buckets));
  const failed = pulse?.failed.reduce((a, b) => a + b, 0) ?? 0;
  const sent = buckets.reduce((a, b) => a + b, 0);
  return (
    <svg
      class={`pulse family-${family}`}
      width={PULSE_SECONDS * PITCH}
      height={HEIGHT + 4}
      viewBox={`0 0 ${PULSE_SECONDS * PITCH} ${HEIGHT + 4}`}
      role="img"
      aria-label={`${sent} transactions in the last minute, ${failed} failed`}
    >
      <line x1="0" x2={PULSE_SECONDS * PITCH} y1={HEIGHT + 0.5} y2={HEIGHT + 0.5} />
      {buckets.map((count, i) => {
        const blocks = pulse?.blocks[i] ?? 0;
        if (blocks === 0) return null;
        const height = Math.max(2, (Math.log2(1 + count) / most) * HEIGHT);
        const opacity = 0.28 + 0.72 * (i / Math.max(1, buckets.length - 1));
        return (
          <g key={i}>
            <rect
              class="pulse-bar"
              x={i * PITCH}
              y={HEIGHT - height}
              width={BAR}
              height={height}
              rx="1"
              opacity={opacity.toFixed(2)}
            />
            {(pulse?.failed[i] ?? 0) > 0 && (
              <rect class="pulse-fail" x={i * PITCH} y={HEIGHT + 2} width={BAR} height="2" />
            )}
          </g>
        );
      })}
    </svg>
  );
}

const FILTERS = [
  ['all', 'All'],
  ['failed', 'Failed'],
] as const;

function Latest(): JSX.Element {
  const [filter, setFilter] = useState<'all' | 'failed'>('all');
  const status = filter === 'failed' ? 'failed' : undefined;
  const version = heads.value + fresh.value.length;
  const resource = useResource(
    filter,
    () => client().request('ninefold_getTransactions', { status, limit: LATEST }),
    version,
  );
  const first = nets.value[0]?.id ?? '';
  return (
    <section class="latest">
      <div class="title-row">
        <h2>Latest transactions</h2>
        <span class="quiet-text">{nets.value.length > 1 ? 'all networks' : nets.value[0]?.name}</span>
        <Segmented label="Which transactions" options={FILTERS} value={filter} onChange={setFilter} />
      </div>
      <Await resource={resource} what="The latest transactions" rows={8}>
        {({ items }) =>
          items.length > 0 ? (
            <TxTable label="Latest transactions" items={items} />
          ) : (
            <div class="card padded">
              <p>
                {filter === 'failed' ? 'Nothing has failed.' : 'Nothing was sent yet. Send the first one:'}
              </p>
              {filter === 'all' && <SampleLines net={first} />}
            </div>
          )
        }
      </Await>
    </section>
  );
}

const LARGEST_FILE = 4 * 1024 * 1024;

/** Takes files and ids; what they are is found out by looking. */
function OpenAnything(): JSX.Element {
  const picker = useRef<HTMLInputElement>(null);
  const [isOver, setOver] = useState(false);
  const open = (list: FileList | null | undefined): void => {
    if (list === null || list === undefined || list.length === 0) return;
    attach([...list]).catch(toastError);
  };
  return (
    <section
      class={isOver ? 'drop over' : 'drop'}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        open(event.dataTransfer?.files);
      }}
    >
      <h2>
        <Icon name="upload" /> Open anything
      </h2>
      <p class="quiet-text">
        Drop build-info or compiler output: contracts get their names, sources and lines. Nothing leaves this
        machine.
      </p>
      <p class="formats">
        <code>build-info.json</code> <code>solc output</code> <code>.sol</code> <code>ABI</code>
      </p>
      <button type="button" class="button" onClick={() => picker.current?.click()}>
        Choose files
      </button>
      <input
        ref={picker}
        type="file"
        multiple
        accept=".json,.sol"
        class="hidden"
        tabIndex={-1}
        aria-label="Files with sources"
        onChange={(event) => open(event.currentTarget.files)}
      />
    </section>
  );
}

async function attach(files: readonly File[]): Promise<void> {
  const tooLarge = files.find(({ size }) => size > LARGEST_FILE);
  if (tooLarge !== undefined)
    throw new Error(
      `${tooLarge.name} has ${bytesText(tooLarge.size)}: at most ${bytesText(LARGEST_FILE)} are taken`,
    );
  const texts = await Promise.all(files.map(async (file) => ({ name: file.name, text: await file.text() })));
  const net = nets.value[0]?.id ?? '';
  const { programs, matched, problems } = await client().request('ninefold_attachSource', {
    net,
    files: texts,
  });
  heads.value++;
  if (programs.length === 0) throw new Error(problems[0] ?? 'No contracts were found in these files');
  toast(`${countText(programs.length, 'contract')} read, ${matched} of them deployed here`);
}

function StartHere(): JSX.Element {
  const net = nets.value[0];
  const failed = fresh.value.find(({ status }) => status === 'failed');
  if (net === undefined) return <></>;
  const item = (to: string, title: string, caption: string): JSX.Element => (
    <li key={title}>
      <a href={to}>
        <NetMark net={net.id} />
        <span>
          <strong>{title}</strong>
          <span class="quiet-text">{caption}</span>
        </span>
        <Icon name="chevronRight" size={14} />
      </a>
    </li>
  );
  return (
    <section>
      <h2>Start here</h2>
      <ul class="tour">
        {failed === undefined
          ? item(links.net(net.id), `Look at ${net.name}`, 'Head, blocks, configuration')
          : item(
              links.debug(net.id, failed.id),
              'Step a failure backwards',
              'From the revert to the line that caused it',
            )}
        {item(href('/accounts'), 'Use the test accounts', 'Keys, balances and a faucet')}
        {item(href('/keys'), 'Learn the keys', 'Everything works without a mouse')}
      </ul>
      <SampleButton net={net.id} />
    </section>
  );
}

function TestAccounts(): JSX.Element {
  const resource = useResource('accounts', () => client().request('ninefold_accounts', {}), heads.value);
  return (
    <section>
      <div class="title-row">
        <h2>Test accounts</h2>
        <a class="quiet-text" href={href('/accounts')}>
          All accounts
        </a>
      </div>
      <Await resource={resource} what="The test accounts" rows={4}>
        {(accounts) => (
          <ul class="account-list">
            {accounts.slice(0, 5).map(({ ref, balance }) => (
              <li key={ref.id}>
                <NetMark net={ref.net} />
                <EntityLink entity={{ net: ref.net, id: ref.id, kind: ref.kind }} />
                <span class="mono">{money(balance, { symbol: 'ETH', decimals: 18 }, 2)}</span>
              </li>
            ))}
          </ul>
        )}
      </Await>
    </section>
  );
}
