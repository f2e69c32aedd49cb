import type { Block } from '@ninefold/studio-api';
import type { JSX } from 'preact';
import { links, navigate, query, setQuery } from '../router.ts';
import { client, heads, netOf, nets } from '../store.ts';
import { grouped, shortId } from '../ui/format.ts';
import { Age, NetMark, Segmented } from '../ui/pieces.tsx';
import { Empty, ErrorBlock, Skeleton } from '../ui/states.tsx';
import type { Column } from '../ui/table.tsx';
import { Table } from '../ui/table.tsx';
import type { Paged } from './paged.ts';
import { usePages } from './paged.ts';
import { SampleLines } from './sample.tsx';
import { TxTable } from './tx-table.tsx';

const PAGE = 100;

const BLOCK_COLUMNS: readonly Column<Block>[] = [
  { title: '', name: 'mark', cell: ({ net }) => <NetMark net={net} /> },
  {
    title: 'Number',
    name: 'number',
    cell: ({ net, number }) => (
      <a class="mono" href={links.block(net, number)} tabIndex={-1}>
        {grouped(number)}
      </a>
    ),
  },
  { title: 'Hash', name: 'hash', cell: ({ hash = '' }) => <span class="mono">{shortId(hash)}</span> },
  { title: 'Age', name: 'age', cell: ({ time }) => <Age time={time} /> },
  {
    title: 'Transactions',
    name: 'count',
    cell: ({ txCount, failed }) => (
      <>
        {grouped(txCount)}
        {failed > 0 && <span class="bad-text">, {grouped(failed)} failed</span>}
      </>
    ),
  },
  { title: 'Used', name: 'used', cell: (block) => <UsedBar block={block} /> },
];

/** Cost against the limit. */
export function UsedBar({ block }: { readonly block: Block }): JSX.Element {
  const { cost = '0', costLimit = '0' } = block;
  const part = Number(costLimit) === 0 ? 0 : Math.min(1, Number(cost) / Number(costLimit));
  const unit = netOf(block.net)?.units.cost.symbol ?? '';
  return (
    <span class="used">
      <span class="bar" aria-hidden="true">
        <span style={{ width: `${(100 * part).toFixed(1)}%` }} />
      </span>
      <span>
        {grouped(cost)} {unit}, {(100 * part).toFixed(1)} %
      </span>
    </span>
  );
}

export function BlockTable(props: {
  readonly items: readonly Block[];
  readonly onEnd?: () => void;
}): JSX.Element {
  const { items, onEnd } = props;
  return (
    <Table
      label="Blocks"
      name="blocks"
      columns={BLOCK_COLUMNS}
      items={items}
      onActivate={({ net, number }) => navigate(links.block(net, number))}
      {...(onEnd !== undefined && { onEnd })}
    />
  );
}

/** A list's own states: the pill of what is new, what went wrong, what is not there yet. */
function ListStates<Item>(props: {
  readonly paged: Paged<Item>;
  readonly what: string;
  readonly empty: JSX.Element;
  readonly children: (items: readonly Item[]) => JSX.Element;
}): JSX.Element {
  const { paged, what, empty, children } = props;
  if (paged.error !== undefined) return <ErrorBlock error={paged.error} what={what} onRetry={paged.reload} />;
  if (paged.items === undefined) return <Skeleton rows={12} what={what.toLowerCase()} />;
  return (
    <>
      {paged.waiting > 0 && (
        <button type="button" class="pill" onClick={paged.reload}>
          {paged.waiting} new {paged.waiting === 1 ? 'block' : 'blocks'}
        </button>
      )}
      {paged.items.length === 0 ? empty : children(paged.items)}
    </>
  );
}

/** Blocks of a network, or of the first one. */
export function BlocksScreen({ net }: { readonly net: string | undefined }): JSX.Element {
  const id = net ?? nets.value[0]?.id ?? '';
  const paged = usePages(
    id,
    (before) => client().request('ninefold_getBlocks', { net: id, before, limit: PAGE }),
    heads.value,
  );
  return (
    <div class="screen list-screen">
      <div class="title-row">
        <h1>Blocks of {netOf(id)?.name ?? id}</h1>
      </div>
      <ListStates paged={paged} what="Blocks" empty={<Empty title="No blocks" />}>
        {(items) => <BlockTable items={items} onEnd={paged.more} />}
      </ListStates>
    </div>
  );
}

const FILTERS = [
  ['', 'All'],
  ['ok', 'Successful'],
  ['failed', 'Failed'],
] as const;

/** Transactions of a network, filtered by what stands in the address. */
export function TransactionsScreen({ net }: { readonly net: string | undefined }): JSX.Element {
  const id = net ?? nets.value[0]?.id ?? '';
  const wanted = query.value.get('status');
  const status = wanted === 'ok' || wanted === 'failed' ? wanted : undefined;
  const paged = usePages(
    `${id}/${status ?? ''}`,
    (before) => client().request('ninefold_getTransactions', { net: id, status, before, limit: PAGE }),
    heads.value,
  );
  return (
    <div class="screen list-screen">
      <div class="title-row">
        <h1>Transactions of {netOf(id)?.name ?? id}</h1>
        <Segmented
          label="Which transactions"
          options={FILTERS}
          value={status ?? ''}
          onChange={(value) => setQuery({ status: value }, false)}
        />
      </div>
      <ListStates
        paged={paged}
        what="Transactions"
        empty={
          <Empty
            title={
              status === undefined
                ? 'No transactions so far'
                : `No ${status === 'ok' ? 'successful' : 'failed'} transactions`
            }
          >
            {status === undefined && <SampleLines net={id} />}
          </Empty>
        }
      >
        {(items) => <TxTable label="Transactions" items={items} onEnd={paged.more} />}
      </ListStates>
    </div>
  );
}
