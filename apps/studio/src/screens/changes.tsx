import type { Change } from '@ninefold/studio-api';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { links } from '../router.ts';
import { netOf } from '../store.ts';
import { grouped, money, plain, shortId, valueText } from '../ui/format.ts';
import { EntityLink, Segmented } from '../ui/pieces.tsx';
import { Empty } from '../ui/states.tsx';

const VIEWS = [
  ['decoded', 'Decoded'],
  ['raw', 'Raw'],
] as const;

/** Before and after, account by account. With a transaction each change links to the step that wrote it. */
export function ChangesTable({
  changes,
  tx,
}: {
  readonly changes: readonly Change[];
  readonly tx?: string;
}): JSX.Element {
  const [view, setView] = useState<'decoded' | 'raw'>('decoded');
  if (changes.length === 0) return <Empty title="Nothing was changed" />;
  const groups = groupOf(changes);
  return (
    <div class="changes">
      <div class="title-row">
        <p class="quiet-text">
          {grouped(changes.length)} {changes.length === 1 ? 'value' : 'values'} of {grouped(groups.size)}{' '}
          {groups.size === 1 ? 'account' : 'accounts'}
        </p>
        <Segmented label="How values are shown" options={VIEWS} value={view} onChange={setView} />
      </div>
      {[...groups].map(([id, list]) => (
        <section key={id} class="card">
          <h2 class="card-head">
            <EntityLink entity={(list[0] as Change).entity} />{' '}
            <span class="mono quiet-text">{shortId(id)}</span>
          </h2>
          <table class="plain-table">
            <caption class="hidden">Changes of {id}</caption>
            <thead>
              <tr>
                <th scope="col">What</th>
                <th scope="col">Before</th>
                <th scope="col">After</th>
                {tx !== undefined && <th scope="col">Step</th>}
              </tr>
            </thead>
            <tbody>
              {list.map((change, i) => (
                <tr key={i}>
                  <th scope="row" class={change.label === undefined ? undefined : 'mono'} title={change.key}>
                    {view === 'raw' && change.rawAfter !== undefined
                      ? plain(change.key)
                      : plain(
                          change.label ??
                            (change.what === 'slot' ? `slot ${shortId(change.key)}` : change.key),
                        )}
                  </th>
                  <td class="mono before">{shown(change, 'before', view)}</td>
                  <td class="mono after">{shown(change, 'after', view)}</td>
                  {tx !== undefined && (
                    <td class="mono">
                      {change.lastStep !== undefined && (
                        <a href={links.debug(change.entity.net, tx, change.lastStep)}>
                          {grouped(change.lastStep)}
                        </a>
                      )}
                    </td>
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      ))}
    </div>
  );
}

function groupOf(changes: readonly Change[]): Map<string, Change[]> {
  const groups = new Map<string, Change[]>();
  for (const change of changes)
    groups.set(change.entity.id, [...(groups.get(change.entity.id) ?? []), change]);
  return groups;
}

function shown(change: Change, side: 'before' | 'after', view: 'decoded' | 'raw'): string {
  const raw = side === 'before' ? change.rawBefore : change.rawAfter;
  if (view === 'raw' && raw !== undefined) return plain(raw);
  const value = change[side];
  const asset = netOf(change.entity.net)?.units.money;
  if (change.what === 'balance' && asset !== undefined && typeof value === 'string')
    return money(value, asset);
  if (change.what === 'code') return `${valueText(value)} bytes`;
  if (change.what === 'slot' && typeof value === 'string') return `0x${value.replace(/^0x0*/, '') || '0'}`;
  return valueText(value);
}
