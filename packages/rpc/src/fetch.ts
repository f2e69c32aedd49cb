import { concatBytes } from '@ninefold/base';
import type { Bytes } from '@ninefold/base';
import type { Dispatcher, RpcContext } from './dispatcher.ts';

/** Bytes of one HTTP request body. */
export const MAX_BODY_BYTES: number = 5 * 1024 * 1024;

export type FetchHandlerOptions<Context extends RpcContext> = {
  readonly dispatcher: Dispatcher<Context>;
  readonly context?: Context | undefined;
  readonly maxBodyBytes?: number | undefined;
};

/**
 * The dispatcher as a `fetch`-shaped function, for SDKs that take a `fetch` of one's own and for
 * service workers.
 *
 * @example
 * const fetch = createFetchHandler({ dispatcher });
 * const response = await fetch(new Request('http://node/', { method: 'POST', … }));
 */
export function createFetchHandler<Context extends RpcContext>(
  options: FetchHandlerOptions<Context>,
): (request: Request) => Promise<Response> {
  const { dispatcher, context, maxBodyBytes = MAX_BODY_BYTES } = options;
  return async (request) => {
    if (request.method !== 'POST') return plain(405, 'Send JSON-RPC with POST', { allow: 'POST' });
    if (!isJsonContentType(request.headers.get('content-type'))) {
      return plain(415, 'Send content-type: application/json');
    }
    const body = await readBody(request, maxBodyBytes);
    if (body === undefined) return plain(413, `The body is longer than ${maxBodyBytes} bytes`);
    const signal = request.signal;
    const cancelled = (): boolean => signal.aborted;
    const answer = await dispatcher.handleText(body, { signal, cancelled, ...context } as Context);
    if (answer === undefined) return new Response(null, { status: 204 });
    return new Response(answer, { headers: { 'content-type': 'application/json' } });
  };
}

/** Whether a content type is JSON, whatever its parameters: an HTML form cannot send it. */
export function isJsonContentType(value: string | null | undefined): boolean {
  if (value === null || value === undefined) return false;
  const [type = ''] = value.split(';', 1);
  return /^application\/(?:[\w.-]+\+)?json(?:-?rpc|request)?$/i.test(type.trim());
}

function plain(status: number, text: string, headers: Record<string, string> = {}): Response {
  return new Response(text, { status, headers: { 'content-type': 'text/plain', ...headers } });
}

/** Undefined when the body is longer than `limit`; what lies beyond is not read. */
async function readBody(request: Request, limit: number): Promise<Bytes | undefined> {
  const reader = request.body?.getReader();
  if (reader === undefined) return new Uint8Array(0);
  const chunks: Bytes[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return concatBytes(...chunks);
    length += value.length;
    if (length > limit) {
      await reader.cancel();
      return undefined;
    }
    chunks.push(value);
  }
}
