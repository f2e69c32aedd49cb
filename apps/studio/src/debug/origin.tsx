import type { OriginNode } from '@ninefold/studio-api';
import type { JSX } from 'preact';
import { grouped, plain } from '../ui/format.ts';
import { Icon } from '../ui/icons.tsx';
import type { DebugSession } from './session.ts';

/** Where a value came from: from the input on the left to the value on the right. */
export function OriginStrip({ session }: { readonly session: DebugSession }): JSX.Element {
  const nodes = session.origin.value ?? [];
  const chosen = session.chosen.value;
  const last = nodes[0];
  const title = last === undefined ? '' : `${chosen?.label || last.label || last.op} = ${number(last.value)}`;
  const ordered = nodes.toReversed();
  return (
    <section class="origin" aria-label="Where this value came from">
      <header>
        <Icon name="waypoints" />
        <h2>Where this value came from</h2>
        <span class="mono">{plain(title, 120)}</span>
        <span class="quiet-text push">
          {nodes.length === 0
            ? 'Click any value to follow it back'
            : 'Other operands can be followed from each node'}
        </span>
        {chosen !== undefined && (
          <button type="button" class="button quiet" onClick={() => (session.chosen.value = undefined)}>
            Clear
          </button>
        )}
      </header>
      <ol class="origin-chain" tabIndex={0} aria-label="From the input to the value">
        {ordered.map((node, i) => (
          <li key={`${node.step}/${i}`}>
            <Node session={session} node={node} before={ordered[i - 1]} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function Node(props: {
  readonly session: DebugSession;
  readonly node: OriginNode;
  /** The operand that was followed: the others are branches. */
  readonly before: OriginNode | undefined;
}): JSX.Element {
  const { session, node, before } = props;
  const branches = node.inputs
    .filter(({ value }) => before === undefined || value !== before.value)
    .slice(0, 2);
  const isHere = session.step.value === node.step;
  return (
    <div class={isHere ? 'origin-node here' : 'origin-node'}>
      <button
        type="button"
        onClick={() => session.goTo(node.step)}
        title={`${plain(node.label, 200)} ${node.file === undefined ? '' : `${plain(node.file, 80)}:${node.line ?? ''}`} ${node.skipped > 0 ? `${node.skipped} moves behind it` : ''}`}
      >
        <span class="origin-top">
          <span class={`mono kind-${node.kind}`}>{plain(node.op, 20)}</span>
          <span class="mono">{number(node.value)}</span>
        </span>
        <span class="origin-bottom">
          {grouped(node.step)} · {plain(node.label === '' ? KINDS[node.kind] : node.label, 44)}
          {node.line !== undefined && <span class="origin-line"> line {node.line}</span>}
        </span>
      </button>
      {node.kind === 'computed' &&
        branches.map(({ loc, step, name, value }) => (
          <button
            key={loc}
            type="button"
            class="origin-branch mono"
            title={`Follow ${name} instead`}
            onClick={() => session.choose(loc, `${node.op} ${name}`, step)}
          >
            {plain(name, 20)} {number(value)}
          </button>
        ))}
    </div>
  );
}

const KINDS: Readonly<Record<OriginNode['kind'], string>> = {
  written: 'written here',
  computed: 'computed',
  input: 'input',
  storage: 'storage before',
  constant: 'constant',
  environment: 'from outside',
};

/** A word as a number where it is one, as hex where it is a hash or an address. */
function number(value: string): string {
  if (!/^0x[\da-f]*$/i.test(value) || value === '0x') return plain(value, 40);
  const integer = BigInt(value);
  if (integer < 10n ** 15n) return grouped(integer);
  const digits = integer.toString(16);
  return `0x${digits.slice(0, 4)}…${digits.slice(-4)}`;
}
