import { bytesToBase64, utf8ToBytes } from '@ninefold/base';
import type { BitcoinDispatcher } from './dispatcher.ts';

/** Who may call. */
export type RpcCredentials = { readonly user: string; readonly password: string };

/** What is asked over HTTP; header names in lower case. */
export type RestRequest = {
  readonly method: string;
  readonly path: string;
  readonly authorization?: string | undefined;
  readonly body: string;
};

export type RestReply = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
};

const JSON_TYPE = { 'content-type': 'application/json' };
const HTML_TYPE = { 'content-type': 'text/html; charset=ISO-8859-1' };
const WALLET_PREFIX = '/wallet/';

/**
 * Answers HTTP as bitcoind's server does: POST only, Basic authentication, a wallet's name in the
 * path.
 */
export async function answerRpc(
  request: RestRequest,
  dispatcher: BitcoinDispatcher,
  credentials: RpcCredentials,
): Promise<RestReply> {
  const { method, path, authorization, body } = request;
  const wallet = walletOfPath(path);
  if (path !== '/' && wallet === undefined) return { status: 404, headers: HTML_TYPE, body: '' };
  if (method !== 'POST') {
    return { status: 405, headers: HTML_TYPE, body: 'JSONRPC server handles only POST requests' };
  }
  if (!isAuthorized(authorization, credentials)) {
    return { status: 401, headers: { 'www-authenticate': 'Basic realm="jsonrpc"' }, body: '' };
  }
  const reply = await dispatcher.handleText(body, { wallet });
  return { status: reply.status, headers: reply.body === '' ? {} : JSON_TYPE, body: reply.body };
}

/** The wallet that a path names; undefined where it names none. */
export function walletOfPath(path: string): string | undefined {
  return path.startsWith(WALLET_PREFIX) ? safeDecode(path.slice(WALLET_PREFIX.length)) : undefined;
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Compares all characters, whatever the first difference: time tells nothing of the password. */
function isAuthorized(authorization: string | undefined, { user, password }: RpcCredentials): boolean {
  const expected = `Basic ${bytesToBase64(utf8ToBytes(`${user}:${password}`))}`;
  const given = authorization ?? '';
  let difference = given.length ^ expected.length;
  for (let i = 0; i < expected.length; i++) difference |= given.charCodeAt(i) ^ expected.charCodeAt(i);
  return difference === 0;
}
