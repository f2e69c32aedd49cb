import type { MethodName, ParamsOf, ResultOf, StreamEvent, Topic } from '@ninefold/studio-api';

/** How the page and its node hear of each other. */
export type Connection = 'connecting' | 'live' | 'lost';

/** The node behind the page: in another process, or in a worker of the page itself. */
export type Client = {
  readonly kind: 'server' | 'worker';
  /** @throws {@link StudioError} with the node's own words */
  readonly request: <Name extends MethodName>(name: Name, params: ParamsOf<Name>) => Promise<ResultOf<Name>>;
  /** Bytes below `/bin/`. */
  readonly binary: (path: string) => Promise<ArrayBuffer>;
  readonly subscribe: (topic: Topic, listener: (event: StreamEvent) => void) => () => void;
  readonly onConnection: (listener: (state: Connection) => void) => () => void;
  readonly close: () => void;
};

/** What a node answers instead of a result. */
export class StudioError extends Error {
  override readonly name = 'StudioError';
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }

  /** The code that does not change with wording, where the node gave one. */
  get reason(): string {
    const { data } = this;
    const named =
      typeof data === 'object' && data !== null ? (data as { readonly code?: unknown }).code : undefined;
    return typeof named === 'string' ? named : `JSON-RPC ${this.code}`;
  }

  toJSON(): unknown {
    return { code: this.code, message: this.message, data: this.data };
  }
}

/** The answer of a JSON-RPC call; throws what it says went wrong. */
export function resultOf(answer: unknown): unknown {
  const { result, error } = answer as {
    readonly result?: unknown;
    readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
  };
  if (error !== undefined) throw new StudioError(error.code, error.message, error.data);
  return result;
}
