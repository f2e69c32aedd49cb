import type { Tx } from '@ninefold/studio-api';
import type { JSX } from 'preact';
import { links, navigate } from '../router.ts';
import { netOf } from '../store.ts';
import { compact, shortId } from '../ui/format.ts';
import { Icon } from '../ui/icons.tsx';
import { Age, NetMark, Spans, Status } from '../ui/pieces.tsx';
import type { Column } from '../ui/table.tsx';
import { Table } from '../ui/table.tsx';

/** What a transaction cost in all, in the chain's unit. */
export function totalCost(tx: Tx): string {
  if (tx.cost.length === 0) return '–';
  const total = tx.cost.reduce((sum, { amount }) => sum + (/^-?\d+$/.test(amount) ? BigInt(amount) : 0n), 0n);
  return `${compact(total.toString())} ${tx.cost[0]?.unit ?? ''}`;
}

const COLUMNS: readonly Column<Tx>[] = [
  { title: '', name: 'mark', cell: ({ net }) => <NetMark net={net} /> },
  { title: 'Network', name: 'net', cell: ({ net }) => netOf(net)?.name ?? net },
  {
    title: 'Transaction',
    name: 'id',
    cell: ({ net, id }) => (
      <a class="mono" href={links.tx(net, id)} tabIndex={-1}>
        {shortId(id)}
      </a>
    ),
  },
  { title: 'What it did', name: 'summary', cell: ({ summary }) => <Spans spans={summary} /> },
  { title: 'Age', name: 'age', cell: ({ time }) => <Age time={time} /> },
  { title: 'Cost', name: 'cost', cell: totalCost },
  { title: 'Status', name: 'status', cell: ({ status }) => <Status status={status} /> },
  {
    title: '',
    name: 'debug',
    cell: ({ net, id, traceable }) =>
      traceable ? (
        <a
          class="icon-link"
          href={links.debug(net, id)}
          aria-label={`Debug ${shortId(id)}`}
          title="Debug"
          tabIndex={-1}
        >
          <Icon name="bug" />
        </a>
      ) : null,
  },
];

/** Transactions, newest first. */
export function TxTable(props: {
  readonly label: string;
  readonly items: readonly Tx[];
  readonly onEnd?: () => void;
}): JSX.Element {
  const { label, items, onEnd } = props;
  return (
    <Table
      label={label}
      name="txs"
      columns={COLUMNS}
      items={items}
      onActivate={({ net, id }) => navigate(links.tx(net, id))}
      {...(onEnd !== undefined && { onEnd })}
    />
  );
}
