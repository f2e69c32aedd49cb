import { notFound, outOfRange } from './errors.ts';
import type { TraceManifest, TraceSession } from './trace.ts';

/** Traces that are open at once; opening one more closes the one that was used longest ago. */
export const MAX_OPEN_TRACES = 4;

/** Bytes for the page, or nothing at that path. */
export type Binary = { readonly bytes: Uint8Array; readonly type: string };

/** The open traces by id, and their columns under `/bin/trace/:id/…`. */
export class Traces {
  readonly #open = new Map<string, TraceSession>();
  #last = 0;

  open(session: TraceSession): TraceManifest {
    const id = String(++this.#last);
    this.#open.set(id, session);
    for (const oldest of this.#open.keys()) {
      if (this.#open.size <= MAX_OPEN_TRACES) break;
      this.#open.delete(oldest);
    }
    return session.manifest(id);
  }

  /** @throws `STUDIO_NOT_FOUND` */
  get(id: string): TraceSession {
    const session = this.#open.get(id);
    if (session === undefined) throw notFound('open trace', id);
    this.#open.delete(id);
    this.#open.set(id, session);
    return session;
  }

  close(id: string): boolean {
    return this.#open.delete(id);
  }

  /**
   * What stands at `/bin/trace/:id/frames`, `mips`, `column/:name?from=&to=`, `deltas/:name?from=&to=`.
   *
   * @throws `STUDIO_NOT_FOUND`, `STUDIO_OUT_OF_RANGE`
   */
  binary(path: readonly string[], query: URLSearchParams): Binary {
    const [id = '', kind = '', name = ''] = path;
    const session = this.get(id);
    const { steps } = session.manifest(id);
    const range = (): readonly [number, number] => {
      const to = position(query.get('to'), steps, steps);
      return [position(query.get('from'), 0, to), to];
    };
    switch (kind) {
      case 'frames':
        return octets(session.frames());
      case 'mips':
        return octets(session.mips());
      case 'column':
        return octets(session.column(name, ...range()));
      case 'deltas':
        return { bytes: session.deltas(name, ...range()), type: 'application/x-ndjson' };
      default:
        throw notFound('binary', path.join('/'));
    }
  }
}

function octets(bytes: Uint8Array): Binary {
  return { bytes, type: 'application/octet-stream' };
}

function position(text: string | null, fallback: number, end: number): number {
  if (text === null) return fallback;
  const value = /^\d{1,12}$/.test(text) ? Number(text) : Infinity;
  if (value > end) throw outOfRange('Step', value, end + 1);
  return value;
}
