import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

/** Who may talk to the server. The defaults keep web pages of other sites out. */
export type AccessOptions = {
  /** Host names besides IP literals and `localhost`; `.example.org` takes its subdomains, `*` all. */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Origins besides loopback and browser extensions, such as `https://app.example.org`; `*` all. */
  readonly cors?: '*' | readonly string[] | undefined;
  /** Only the server's own pages: not even those of other ports of this machine. */
  readonly ownOriginOnly?: boolean | undefined;
  /** When given, every request must carry `authorization: Bearer …`. */
  readonly bearerToken?: string | undefined;
};

export type Refusal = { readonly status: number; readonly reason: string };

export type Access = {
  /** Why a request is refused, undefined when it may pass. Needs the headers alone, not the body. */
  readonly refuse: (headers: IncomingHttpHeaders) => Refusal | undefined;
  /** The CORS headers of an answer: none for an origin that is not allowed. */
  readonly corsHeaders: (headers: IncomingHttpHeaders) => Readonly<Record<string, string>>;
  /** The headers of the answer to a preflight request. */
  readonly preflightHeaders: (headers: IncomingHttpHeaders) => Readonly<Record<string, string>>;
};

const NO_HEADERS: Readonly<Record<string, string>> = {};
const HOST = /^(\[[\da-f:.]+\]|[^:[\]@/\s]+)(?::\d{1,5})?$/i;
const ORIGIN = /^https?:\/\/([^/?#\s]+)$/i;
const EXTENSION_ORIGIN = /^(?:chrome|moz|safari-web)-extension:\/\/[\w-]+$/i;
const HEADER_NAMES = /^[\w-]+(?:\s*,\s*[\w-]+)*$/;
const LONGEST_HEADER_LIST = 1024;
const PREFLIGHT_MAX_AGE_SECONDS = 7200;

/** The name of a `Host` header without port, brackets and final dot; undefined when malformed. */
export function hostName(host: string): string | undefined {
  const name = HOST.exec(host)?.[1];
  return name?.toLowerCase().replace(/^\[|\]$|\.$/g, '');
}

/** A name that resolves to this machine whatever a DNS server says. */
function isLocalhost(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost');
}

function isLoopback(name: string): boolean {
  return isLocalhost(name) || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
}

/** The rules of one server, from the headers of a request alone. */
export function createAccess(options: AccessOptions = {}): Access {
  const { allowedHosts = [], cors = [], ownOriginOnly = false, bearerToken } = options;
  const hosts = allowedHosts.map((host) => host.toLowerCase());
  const origins: readonly string[] = cors === '*' ? [] : cors.map((origin) => origin.toLowerCase());
  const expected = bearerToken === undefined ? undefined : Buffer.from(`Bearer ${bearerToken}`);

  // A page of another site can point its own name at 127.0.0.1 (DNS rebinding), but then the name
  // stands in `Host`; an address or localhost there cannot be rebound.
  const isAllowedHost = (host: string | undefined): boolean => {
    if (hosts.includes('*')) return true;
    const name = host === undefined ? undefined : hostName(host);
    if (name === undefined) return false;
    return (
      isIP(name) !== 0 ||
      isLocalhost(name) ||
      hosts.some((allowed) => name === allowed || (allowed.startsWith('.') && name.endsWith(allowed)))
    );
  };

  const isAllowedOrigin = (origin: string, host: string | undefined): boolean => {
    if (ownOriginOnly) return host !== undefined && origin.toLowerCase() === `http://${host.toLowerCase()}`;
    if (cors === '*' || EXTENSION_ORIGIN.test(origin) || origins.includes(origin.toLowerCase())) return true;
    const name = hostName(ORIGIN.exec(origin)?.[1] ?? '');
    return name !== undefined && isLoopback(name);
  };

  const isAuthorized = (header: string | undefined): boolean => {
    if (expected === undefined) return true;
    const given = Buffer.from(header ?? '');
    return given.length === expected.length && timingSafeEqual(given, expected);
  };

  // PERF: clients name the same host in every request.
  let lastHost: string | undefined;
  let lastHostIsAllowed = isAllowedHost(undefined);
  const mayAsk = (host: string | undefined): boolean => {
    if (host !== lastHost) {
      lastHostIsAllowed = isAllowedHost(host);
      lastHost = host;
    }
    return lastHostIsAllowed;
  };

  const refuse = (headers: IncomingHttpHeaders): Refusal | undefined => {
    if (!mayAsk(headers.host)) {
      return { status: 403, reason: 'This Host is not allowed; add it to the allowed hosts' };
    }
    // Programs send no Origin; browsers always do for other sites and for WebSockets.
    if (headers.origin !== undefined && !isAllowedOrigin(headers.origin, headers.host)) {
      return { status: 403, reason: 'This Origin is not allowed; add it to the CORS origins' };
    }
    // A preflight cannot carry credentials.
    const isPreflight = headers['access-control-request-method'] !== undefined;
    if (!isPreflight && !isAuthorized(headers.authorization)) {
      return { status: 401, reason: 'Send the bearer token of this node' };
    }
    return undefined;
  };

  const corsHeaders = ({ origin, host }: IncomingHttpHeaders): Readonly<Record<string, string>> => {
    if (ownOriginOnly || origin === undefined || !isAllowedOrigin(origin, host)) return NO_HEADERS;
    if (cors === '*') return { 'access-control-allow-origin': '*' };
    return { 'access-control-allow-origin': origin, vary: 'Origin' };
  };

  const preflightHeaders = (headers: IncomingHttpHeaders): Readonly<Record<string, string>> => {
    const asked = headers['access-control-request-headers'] ?? '';
    const isPlainList = asked.length <= LONGEST_HEADER_LIST && HEADER_NAMES.test(asked);
    return {
      ...corsHeaders(headers),
      'access-control-allow-methods': 'GET, POST, OPTIONS',
      'access-control-allow-headers': isPlainList ? asked : 'content-type, authorization',
      'access-control-max-age': String(PREFLIGHT_MAX_AGE_SECONDS),
      ...(headers['access-control-request-private-network'] === 'true'
        ? { 'access-control-allow-private-network': 'true' }
        : NO_HEADERS),
    };
  };

  return { refuse, corsHeaders, preflightHeaders };
}
