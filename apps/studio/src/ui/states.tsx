import type { ComponentChildren, JSX } from 'preact';
import { Component } from 'preact';
import type { Dispatch } from 'preact/hooks';
import { useEffect, useRef, useState } from 'preact/hooks';
import { StudioError } from '../client/client.ts';
import { plain } from './format.ts';
import { Icon } from './icons.tsx';
import { Button } from './pieces.tsx';

/** Nothing is said of waiting before this. */
const PATIENCE_MS = 150;

export type Resource<Value> = {
  readonly value: Value | undefined;
  readonly error: unknown;
  readonly reload: () => void;
};

/**
 * What a request gave. While it is asked for anew under the same key the former answer stays; of answers that
 * come late only the newest counts.
 */
export function useResource<Value>(
  key: string,
  load: () => Promise<Value>,
  version: number = 0,
): Resource<Value> {
  const [state, setState] = useState<{
    readonly key: string;
    readonly value?: Value;
    readonly error?: unknown;
  }>({ key });
  const [again, setAgain]: [number, Dispatch<(count: number) => number>] = useState(0);
  const newest = useRef(0);
  useEffect(() => {
    const ticket = ++newest.current;
    load().then(
      (value) => ticket === newest.current && setState({ key, value }),
      (error: unknown) => ticket === newest.current && setState({ key, error }),
    );
  }, [key, version, again]);
  useEffect(() => () => void newest.current++, []);
  const isCurrent = state.key === key;
  return {
    value: isCurrent ? state.value : undefined,
    error: isCurrent ? state.error : undefined,
    reload: () => setAgain((count) => count + 1),
  };
}

/** Shows what a resource has: its value, its error, or the shape of what is to come. */
export function Await<Value>(props: {
  readonly resource: Resource<Value>;
  readonly children: (value: Value) => ComponentChildren;
  readonly rows?: number;
  readonly what: string;
  /** Whether it is the whole screen. */
  readonly page?: boolean;
}): JSX.Element {
  const { resource, children, rows = 6, what, page = false } = props;
  if (resource.error !== undefined)
    return <ErrorBlock error={resource.error} what={what} onRetry={resource.reload} page={page} />;
  if (resource.value === undefined) return <Skeleton rows={rows} what={what} />;
  return <>{children(resource.value)}</>;
}

export function Skeleton({ rows, what }: { readonly rows: number; readonly what: string }): JSX.Element {
  const [isShown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div class="skeleton" role="status" aria-label={`Loading ${what}`}>
      {isShown && Array.from({ length: rows }, (_, i) => <span key={i} />)}
    </div>
  );
}

/** A screen has one heading of the first level, also when it has nothing else. */
function Heading({
  page,
  children,
}: {
  readonly page: boolean;
  readonly children: ComponentChildren;
}): JSX.Element {
  return page ? <h1 class="small-title">{children}</h1> : <h2>{children}</h2>;
}

/** What happened in the node's own words, and what to do next. */
export function ErrorBlock(props: {
  readonly error: unknown;
  readonly what: string;
  readonly onRetry?: () => void;
  readonly page?: boolean;
  readonly children?: ComponentChildren;
}): JSX.Element {
  const { error, what, onRetry, page = false, children } = props;
  const message = error instanceof Error ? error.message : String(error);
  const reason = error instanceof StudioError ? error.reason : 'PAGE_ERROR';
  const copy = (): void => {
    const details = error instanceof StudioError ? error.toJSON() : { code: reason, message };
    void navigator.clipboard?.writeText(JSON.stringify(details, null, 2));
  };
  return (
    <div class="block-state error" role="alert">
      <Icon name="warning" size={20} />
      <div>
        <Heading page={page}>{what} could not be shown</Heading>
        <p>{plain(message, 400)}</p>
        <p class="mono quiet-text">{plain(reason, 80)}</p>
        <div class="actions">
          {onRetry !== undefined && <Button onClick={onRetry}>Try again</Button>}
          <Button onClick={copy} icon="copy">
            Copy details
          </Button>
          {children}
        </div>
      </div>
    </div>
  );
}

export function Empty(props: {
  readonly title: string;
  readonly page?: boolean;
  readonly children?: ComponentChildren;
}): JSX.Element {
  const { title, page = false, children } = props;
  return (
    <div class="block-state">
      <div>
        <Heading page={page}>{title}</Heading>
        {children}
      </div>
    </div>
  );
}

type BoundaryProps = { readonly what: string; readonly children: ComponentChildren };

/** Keeps a failing panel from taking its neighbours down. */
export class Boundary extends Component<BoundaryProps, { readonly error?: unknown }> {
  override state: { readonly error?: unknown } = {};

  static override getDerivedStateFromError(error: unknown): { readonly error: unknown } {
    return { error };
  }

  override render(): ComponentChildren {
    if (this.state.error === undefined) return this.props.children;
    return (
      <ErrorBlock
        error={this.state.error}
        what={this.props.what}
        onRetry={() => this.setState({ error: undefined })}
      />
    );
  }
}
