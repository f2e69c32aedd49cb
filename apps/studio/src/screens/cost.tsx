import type { CostBy, CostRow, TxDetail } from '@ninefold/studio-api';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { client } from '../store.ts';
import { grouped, plain } from '../ui/format.ts';
import { Segmented } from '../ui/pieces.tsx';
import { Await, useResource } from '../ui/states.tsx';

const BY = [
  ['function', 'Function'],
  ['line', 'Line'],
  ['op', 'Instruction'],
] as const;

const SHOWN = 200;

/** Where the cost went: its components, then by function, line or instruction. */
export function CostTab({ tx }: { readonly tx: TxDetail }): JSX.Element {
  const [by, setBy] = useState<Exclude<CostBy, 'component'>>('function');
  const { net, id } = tx;
  const rows = useResource(`${net}/${id}/${by}`, () => client().request('ninefold_getCost', { net, id, by }));
  const total = tx.cost.reduce((sum, { amount }) => sum + Number(amount), 0);
  return (
    <>
      <section>
        <h2>{grouped(total)} gas in all</h2>
        <div
          class="stack-bar"
          role="img"
          aria-label={tx.cost.map(({ label, amount }) => `${label}: ${grouped(amount)}`).join(', ')}
        >
          {tx.cost.map(({ key, amount }, i) => (
            <span
              key={key}
              class={`link-fill-${i + 1}`}
              style={{ width: `${total === 0 ? 0 : (100 * Number(amount)) / total}%` }}
            />
          ))}
        </div>
        <ul class="legend">
          {tx.cost.map(({ key, label, amount, unit }, i) => (
            <li key={key}>
              <span class={`swatch link-fill-${i + 1}`} />
              {plain(label)}{' '}
              <span class="mono">
                {grouped(amount)} {plain(unit, 20)}
              </span>
            </li>
          ))}
        </ul>
      </section>
      <section>
        <div class="title-row">
          <h2>Execution</h2>
          <Segmented label="Group by" options={BY} value={by} onChange={setBy} />
        </div>
        <Await resource={rows} what="The cost">
          {(list) => <CostTable rows={list} />}
        </Await>
      </section>
    </>
  );
}

function CostTable({ rows }: { readonly rows: readonly CostRow[] }): JSX.Element {
  const total = rows.reduce((sum, { own }) => sum + Number(own), 0);
  return (
    <div class="card">
      <table class="plain-table">
        <caption class="hidden">Cost of execution</caption>
        <thead>
          <tr>
            <th scope="col">Where</th>
            <th scope="col" class="right">
              Steps
            </th>
            <th scope="col" class="right">
              Gas
            </th>
            <th scope="col">Share</th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, SHOWN).map(({ key, label, own, count }) => {
            const share = total === 0 ? 0 : (100 * Number(own)) / total;
            return (
              <tr key={key}>
                <th scope="row" class="mono">
                  {plain(label, 120)}
                </th>
                <td class="mono right">{grouped(count)}</td>
                <td class="mono right">{grouped(own)}</td>
                <td>
                  <span class="used">
                    <span class="bar" aria-hidden="true">
                      <span style={{ width: `${share}%` }} />
                    </span>
                    <span class="mono">{share.toFixed(1)} %</span>
                  </span>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
