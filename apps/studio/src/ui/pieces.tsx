import type { EntityRef, Family, Span, Tx } from '@ninefold/studio-api';
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { links } from '../router.ts';
import { netOf } from '../store.ts';
import { age, entityText, money, plain } from './format.ts';
import type { IconName } from './icons.tsx';
import { Icon } from './icons.tsx';

const FAMILY_NUMBERS: Readonly<Record<Family, number>> = {
  evm: 1,
  zkevm: 2,
  zkvm: 3,
  privacy: 4,
  svm: 5,
  fuel: 6,
  esc: 7,
  bitvm: 8,
  move: 9,
};

/** The family by number and colour: nine hues alone would not be told apart by everyone. */
export function FamilyMark({ family }: { readonly family: Family | undefined }): JSX.Element {
  const number = family === undefined ? 0 : (FAMILY_NUMBERS[family] ?? 0);
  return (
    <span class={`family family-${number}`} aria-hidden="true">
      {number === 0 ? '?' : number}
    </span>
  );
}

export function NetMark({ net }: { readonly net: string }): JSX.Element {
  return <FamilyMark family={netOf(net)?.family} />;
}

type ButtonProps = {
  readonly onClick: (event: MouseEvent) => void;
  readonly icon?: IconName;
  readonly children?: ComponentChildren;
  readonly label?: string;
  readonly primary?: boolean;
  readonly quiet?: boolean;
  readonly disabled?: boolean;
  readonly pressed?: boolean;
};

export function Button(props: ButtonProps): JSX.Element {
  const { onClick, icon, children, label, primary = false, quiet = false, disabled = false, pressed } = props;
  const kind = primary ? 'button primary' : quiet ? 'button quiet' : 'button';
  return (
    <button
      type="button"
      class={children === undefined ? `${kind} square` : kind}
      onClick={onClick}
      disabled={disabled}
      aria-label={label}
      title={label}
      aria-pressed={pressed}
    >
      {icon !== undefined && <Icon name={icon} />}
      {children}
    </button>
  );
}

const COPIED_MS = 1000;

/** Copies a value as it is, never shortened. */
export function Copy({ value, what }: { readonly value: string; readonly what: string }): JSX.Element {
  const [isDone, setDone] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = (event: MouseEvent): void => {
    event.preventDefault();
    event.stopPropagation();
    void navigator.clipboard?.writeText(value).then(() => {
      setDone(true);
      timer.current = setTimeout(() => setDone(false), COPIED_MS);
    });
  };
  return (
    <button type="button" class="copy" onClick={copy} aria-label={`Copy ${what}`} title={`Copy ${what}`}>
      <Icon name={isDone ? 'check' : 'copy'} size={14} />
    </button>
  );
}

/** An account, contract or object. Hovering one marks all that are the same. */
export function EntityLink({
  entity,
  full = false,
}: {
  readonly entity: EntityRef;
  readonly full?: boolean;
}): JSX.Element {
  const text = full ? plain(entity.id) : entityText(entity);
  return (
    <a
      class={entity.name === undefined || full ? 'entity mono' : 'entity'}
      href={links.entity(entity.net, entity.id)}
      title={plain(entity.name === undefined ? entity.id : `${entity.name} ${entity.id}`)}
      data-entity={entity.id}
      onMouseEnter={() => markSame(entity.id, true)}
      onMouseLeave={() => markSame(entity.id, false)}
    >
      {text}
    </a>
  );
}

function markSame(id: string, on: boolean): void {
  for (const element of document.querySelectorAll('[data-entity]')) {
    if (element.getAttribute('data-entity') === id) element.classList.toggle('same', on);
  }
}

/** A sentence of the chain: text, links, amounts. */
export function Spans({ spans }: { readonly spans: readonly Span[] }): JSX.Element {
  return (
    <>
      {spans.map((span, i) => {
        if (typeof span === 'string') return plain(span);
        if ('entity' in span) return <EntityLink key={i} entity={span.entity} />;
        if ('amount' in span) return <span key={i}>{money(span.amount, span.asset)}</span>;
        if ('code' in span)
          return (
            <span key={i} class="code-span">
              {plain(span.code, 200)}
            </span>
          );
        return null;
      })}
    </>
  );
}

const STATUS: Readonly<
  Record<string, { readonly word: string; readonly icon: IconName; readonly tone: string }>
> = {
  ok: { word: 'Success', icon: 'check', tone: 'ok' },
  failed: { word: 'Failed', icon: 'x', tone: 'bad' },
  pending: { word: 'Pending', icon: 'clock', tone: 'warn' },
  dropped: { word: 'Dropped', icon: 'x', tone: 'bad' },
};

/** Icon, word and colour: never colour alone. */
export function Status({ status }: { readonly status: Tx['status'] }): JSX.Element {
  const { word, icon, tone } = STATUS[status] ?? {
    word: plain(status, 20),
    icon: 'circleDot',
    tone: 'plain',
  };
  return (
    <span class={`status ${tone}`}>
      <Icon name={icon} size={14} />
      {word}
    </span>
  );
}

/** Age now, the full time on hover and for readers. */
export function Age({ time }: { readonly time: number }): JSX.Element {
  const date = new Date(time);
  const iso = Number.isNaN(date.getTime()) ? '' : date.toISOString();
  return (
    <time dateTime={iso} title={iso}>
      {age(time, Date.now())}
    </time>
  );
}

export function Badge({
  children,
  tone = 'plain',
}: {
  readonly children: ComponentChildren;
  readonly tone?: string;
}): JSX.Element {
  return <span class={`badge ${tone}`}>{children}</span>;
}

/** Name and value pairs. */
export function Facts({
  rows,
}: {
  readonly rows: readonly (readonly [string, ComponentChildren] | undefined)[];
}): JSX.Element {
  return (
    <dl class="facts">
      {rows.map((row) =>
        row === undefined ? null : (
          <div key={row[0]}>
            <dt>{row[0]}</dt>
            <dd>{row[1]}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

type Tab = { readonly id: string; readonly title: string; readonly count?: number | undefined };

/** Tabs with arrow keys; the panel is labelled by its tab. */
export function Tabs(props: {
  readonly tabs: readonly Tab[];
  readonly current: string;
  readonly onChange: (id: string) => void;
  readonly label: string;
  readonly small?: boolean;
}): JSX.Element {
  const { tabs, current, onChange, label, small = false } = props;
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    event.stopPropagation();
    const index = tabs.findIndex(({ id }) => id === current);
    const next = tabs[(index + step + tabs.length) % tabs.length];
    if (next === undefined) return;
    onChange(next.id);
    document.getElementById(`tab-${next.id}`)?.focus();
  };
  return (
    <div class={small ? 'tabs small' : 'tabs'} role="tablist" aria-label={label} onKeyDown={onKeyDown}>
      {tabs.map(({ id, title, count }) => (
        <button
          key={id}
          type="button"
          role="tab"
          id={`tab-${id}`}
          aria-selected={id === current}
          aria-controls={`panel-${id}`}
          tabIndex={id === current ? 0 : -1}
          onClick={() => onChange(id)}
        >
          {title}
          {count !== undefined && <span class="count">{count}</span>}
        </button>
      ))}
    </div>
  );
}

export function TabPanel({
  id,
  children,
}: {
  readonly id: string;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <div class="panel" role="tabpanel" id={`panel-${id}`} aria-labelledby={`tab-${id}`} tabIndex={0}>
      {children}
    </div>
  );
}

/** A few choices of which one holds. */
export function Segmented<Value extends string>(props: {
  readonly options: readonly (readonly [Value, string])[];
  readonly value: Value;
  readonly onChange: (value: Value) => void;
  readonly label: string;
}): JSX.Element {
  const { options, value, onChange, label } = props;
  return (
    <div class="segmented" role="group" aria-label={label}>
      {options.map(([id, title]) => (
        <button key={id} type="button" aria-pressed={id === value} onClick={() => onChange(id)}>
          {title}
        </button>
      ))}
    </div>
  );
}
