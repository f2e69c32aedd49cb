import type { TxDetail } from '@ninefold/studio-api';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { plain } from '../ui/format.ts';
import { Copy } from '../ui/pieces.tsx';

const BYTES_SHOWN = 4096;

/** The bytes with their fields, and the JSON the chain's own RPC gives. */
export function RawTab({ tx }: { readonly tx: TxDetail }): JSX.Element {
  const [marked, setMarked] = useState(-1);
  const { fields, raw } = tx;
  const field = fields[marked];
  const json = JSON.stringify(tx.native, null, 2);
  const hex = raw.slice(2, 2 + 2 * BYTES_SHOWN);
  const from = field === undefined ? 0 : 2 * field.offset;
  const to = field === undefined ? 0 : from + 2 * field.length;
  return (
    <>
      <section>
        <div class="title-row">
          <h2>{(raw.length - 2) / 2} bytes</h2>
          <Copy value={raw} what="the raw transaction" />
        </div>
        <div class="raw-split">
          <div class="raw-bytes mono" aria-label="Bytes" role="group">
            {hex.slice(0, from)}
            {field !== undefined && <mark>{hex.slice(from, to)}</mark>}
            {hex.slice(field === undefined ? 0 : to)}
            {raw.length - 2 > 2 * BYTES_SHOWN && '…'}
          </div>
          <ul class="raw-fields">
            {fields.map(({ name, value, length }, i) => (
              <li key={i}>
                <button
                  type="button"
                  aria-pressed={i === marked}
                  onClick={() => setMarked(i === marked ? -1 : i)}
                  onMouseEnter={() => setMarked(i)}
                  onFocus={() => setMarked(i)}
                >
                  <span>{name}</span>
                  <span class="quiet-text">{length} B</span>
                  <span class="mono">{plain(value, 66)}</span>
                </button>
              </li>
            ))}
          </ul>
        </div>
      </section>
      <section>
        <div class="title-row">
          <h2>As the chain's own RPC returns it</h2>
          <Copy value={json} what="the JSON" />
        </div>
        <pre class="raw" tabIndex={0} aria-label="JSON">
          {plain(json, 100_000)}
        </pre>
      </section>
    </>
  );
}
