import type { Call, CallTree } from '@ninefold/studio-api';
import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { links, navigate } from '../router.ts';
import { compact, grouped, plain, valueText } from '../ui/format.ts';
import { Icon } from '../ui/icons.tsx';
import { Button, EntityLink, Segmented } from '../ui/pieces.tsx';
import type { Column } from '../ui/table.tsx';
import { Table } from '../ui/table.tsx';

const FILTERS = [
  ['all', 'All'],
  ['writes', 'Writes'],
  ['events', 'Events'],
  ['values', 'Values'],
  ['failures', 'Failures'],
] as const;
type Filter = (typeof FILTERS)[number][0];

const ROW_HEIGHT = 28;
const KIND_NAMES: Readonly<Record<string, string>> = { STATICCALL: 'STATIC', DELEGATECALL: 'DELEGATE' };

/** The tree of calls: who called whom with what, what it cost, and where it failed. */
export function CallsTree({
  net,
  tx,
  tree,
}: {
  readonly net: string;
  readonly tx: string;
  readonly tree: CallTree;
}): JSX.Element {
  const [filter, setFilter] = useState<Filter>('all');
  const [text, setText] = useState('');
  const [folded, setFolded] = useState<ReadonlySet<number>>(new Set());
  const { calls } = tree;
  const parents = useMemo(() => new Set(calls.map(({ parent }) => parent)), [calls]);
  const rows = useMemo(
    () => visible(calls, folded, filter, text.trim().toLowerCase()),
    [calls, folded, filter, text],
  );
  const whole = Number(calls[0]?.costTotal ?? 0);

  const toggle = (call: Call): void => {
    const next = new Set(folded);
    if (!next.delete(call.i)) next.add(call.i);
    setFolded(next);
  };

  const columns: readonly Column<Call>[] = [
    {
      title: 'Call',
      name: 'call',
      cell: (call) => (
        <span class="call" style={{ '--depth': String(call.depth) }}>
          {parents.has(call.i) ? (
            <button
              type="button"
              class="fold"
              tabIndex={-1}
              aria-label={folded.has(call.i) ? 'Unfold' : 'Fold'}
              onClick={() => toggle(call)}
            >
              <Icon name={folded.has(call.i) ? 'chevronRight' : 'chevronDown'} size={14} />
            </button>
          ) : (
            <span class="fold" />
          )}
          {call.status === 'failed' && <Icon name="x" size={14} />}
          <span class="chip">{plain(KIND_NAMES[call.kind] ?? call.kind, 20)}</span>
          <EntityLink entity={call.program} />
          <span class="mono">
            .{plain(call.fn ?? 'receive', 80)}(
            {short(
              call.args
                ?.map(({ name, value }) => `${name === '' ? '' : `${plain(name, 40)}: `}${valueText(value)}`)
                .join(', ') ?? '',
              call.error === undefined ? 90 : 40,
            )}
            )
          </span>
          {call.ret !== undefined && call.ret.length > 0 && (
            <span class="mono quiet-text">
              → {short(call.ret.map(({ value }) => valueText(value)).join(', '), 66)}
            </span>
          )}
          {call.value !== undefined && <span class="badge warn">{grouped(call.value)} wei</span>}
          {call.error !== undefined && <span class="bad-text">{plain(call.error, 120)}</span>}
        </span>
      ),
    },
    { title: 'Events', name: 'events', cell: ({ events }) => (events === 0 ? '' : events) },
    { title: 'Own', name: 'own', cell: ({ costOwn }) => compact(costOwn) },
    { title: 'Total', name: 'total', cell: ({ costTotal }) => compact(costTotal) },
    {
      title: '',
      name: 'share',
      cell: ({ costTotal }) => (
        <span class="bar" aria-hidden="true">
          <span style={{ width: `${whole === 0 ? 0 : (100 * Number(costTotal)) / whole}%` }} />
        </span>
      ),
    },
  ];
  return (
    <>
      <div class="title-row">
        <input
          class="input"
          type="search"
          placeholder="Filter by program or function"
          aria-label="Filter calls"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <Segmented label="Which calls" options={FILTERS} value={filter} onChange={setFilter} />
        <Button onClick={() => setFolded(new Set())}>Unfold all</Button>
        <Button onClick={() => setFolded(new Set([...parents].filter((i) => i >= 0)))}>Fold all</Button>
      </div>
      <Table
        label="Calls"
        name="calls"
        role="treegrid"
        rowHeight={ROW_HEIGHT}
        columns={columns}
        items={rows}
        decorate={(row, call) => {
          row.setAttribute('aria-level', String(call.depth + 1));
          if (parents.has(call.i)) row.setAttribute('aria-expanded', String(!folded.has(call.i)));
          else row.removeAttribute('aria-expanded');
          row.classList.toggle('failed', call.status === 'failed');
        }}
        onActivate={({ s0 }) => navigate(links.debug(net, tx, s0))}
      />
    </>
  );
}

function short(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}

/** Rows of the tree: those that fit and all above them, less what is folded. */
function visible(
  calls: readonly Call[],
  folded: ReadonlySet<number>,
  filter: Filter,
  text: string,
): readonly Call[] {
  const kept = new Set<number>();
  for (const call of calls) {
    if (
      !fits(call, filter) ||
      (text !== '' &&
        !`${call.program.name ?? ''} ${call.program.id} ${call.fn ?? ''}`.toLowerCase().includes(text))
    )
      continue;
    for (let i = call.i; i >= 0 && !kept.has(i); i = calls[i]?.parent ?? -1) kept.add(i);
  }
  const hidden = new Set<number>();
  return calls.filter(({ i, parent }) => {
    if (hidden.has(parent) || folded.has(parent)) {
      hidden.add(i);
      return false;
    }
    return kept.has(i);
  });
}

function fits(call: Call, filter: Filter): boolean {
  switch (filter) {
    case 'all':
      return true;
    case 'writes':
      return call.writes > 0;
    case 'events':
      return call.events > 0;
    case 'values':
      return call.value !== undefined;
    case 'failures':
      return call.status === 'failed';
  }
}
