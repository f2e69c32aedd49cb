import type { JSX } from 'preact';
import type { KeyHelp } from '../keys.ts';
import { DEBUGGER_KEYS, GLOBAL_KEYS } from '../keys.ts';
import { client, density, info, letterKeys, theme } from '../store.ts';
import { bytesText } from '../ui/format.ts';
import { Facts, Segmented } from '../ui/pieces.tsx';

/** How this browser shows the studio. */
export function SettingsScreen(): JSX.Element {
  const facts = info.value;
  return (
    <div class="screen narrow-screen" data-scroll>
      <h1>Settings of this browser</h1>
      <section class="card padded settings">
        <Row title="Colours" note="Follow the system, or one of the two">
          <Segmented
            label="Colours"
            options={[
              ['system', 'System'],
              ['dark', 'Dark'],
              ['light', 'Light'],
            ]}
            value={theme.value}
            onChange={(value) => (theme.value = value)}
          />
        </Row>
        <Row title="Density" note="Comfortable rows are four pixels higher">
          <Segmented
            label="Density"
            options={[
              ['compact', 'Compact'],
              ['comfortable', 'Comfortable'],
            ]}
            value={density.value}
            onChange={(value) => (density.value = value)}
          />
        </Row>
        <Row title="Single-letter keys" note="Off for those who speak to their computer">
          <Segmented
            label="Single-letter keys"
            options={[
              ['on', 'On'],
              ['off', 'Off'],
            ]}
            value={letterKeys.value}
            onChange={(value) => (letterKeys.value = value)}
          />
        </Row>
      </section>
      <section>
        <h2>This node</h2>
        <div class="card padded">
          <Facts
            rows={[
              ['Version', facts?.version ?? '–'],
              ['Runs in', facts?.host ?? '–'],
              [
                'Asked over',
                client().kind === 'server' ? 'HTTP on this machine' : 'messages inside this page',
              ],
              ['Instance', <span class="mono">{facts?.instance ?? '–'}</span>],
              facts !== undefined && facts.memory > 0 ? ['Memory', bytesText(facts.memory)] : undefined,
            ]}
          />
        </div>
      </section>
    </div>
  );
}

function Row(props: {
  readonly title: string;
  readonly note: string;
  readonly children: JSX.Element;
}): JSX.Element {
  const { title, note, children } = props;
  return (
    <div class="setting">
      <div>
        <strong>{title}</strong>
        <p class="quiet-text">{note}</p>
      </div>
      {children}
    </div>
  );
}

/** All keys. */
export function KeysScreen(): JSX.Element {
  return (
    <div class="screen narrow-screen" data-scroll tabIndex={0} role="region" aria-label="Keys">
      <h1>Everything works from the keyboard</h1>
      <KeyTable title="Everywhere" keys={GLOBAL_KEYS} />
      <KeyTable title="In the debugger" keys={DEBUGGER_KEYS} />
    </div>
  );
}

function KeyTable({
  title,
  keys,
}: {
  readonly title: string;
  readonly keys: readonly KeyHelp[];
}): JSX.Element {
  return (
    <section>
      <h2>{title}</h2>
      <div class="card">
        <table class="plain-table">
          <caption class="hidden">{title}</caption>
          <tbody>
            {keys.map(({ keys: pressed, does }) => (
              <tr key={pressed}>
                <th scope="row">
                  <kbd>{pressed}</kbd>
                </th>
                <td>{does}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
