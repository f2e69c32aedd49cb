import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAccess, hostName } from '../src/access.ts';

const status = (
  access: ReturnType<typeof createAccess>,
  headers: Record<string, string>,
): number | undefined => access.refuse({ host: 'localhost', ...headers })?.status;

describe('Host', () => {
  const access = createAccess({ allowedHosts: ['node.test', '.example.org'] });

  it.each([
    'localhost',
    'LOCALHOST:8545',
    'localhost.',
    'a.localhost:1',
    '127.0.0.1',
    '127.0.0.1:8545',
    '[::1]',
    '[::1]:8545',
    '192.168.1.5:80',
    'node.test',
    'Node.Test:8545',
    'rpc.example.org',
  ])('%s may pass', (host) => expect(status(access, { host })).toBeUndefined());

  it.each([
    'evil.test',
    'localhost.evil.test',
    'notlocalhost',
    'example.org',
    'evilexample.org',
    '127.0.0.1.evil.test',
    'localhost:80:80',
    'localhost:port',
    'evil.test@localhost',
    'localhost@evil.test',
    'localhost/evil',
    '[::1',
    '::1',
    '',
    ' ',
  ])('%j is refused', (host) => expect(status(access, { host })).toBe(403));

  it('must be there', () => {
    expect(access.refuse({})?.status).toBe(403);
  });

  it('can be anything when all are allowed', () => {
    expect(status(createAccess({ allowedHosts: ['*'] }), { host: 'evil.test' })).toBeUndefined();
  });

  it('has a name or none, whatever is sent', () => {
    fc.assert(
      fc.property(fc.string(), (host) => {
        const name = hostName(host);
        if (name !== undefined) expect(name).not.toMatch(/[@/\s[\]]/);
      }),
    );
  });
});

describe('Origin', () => {
  const access = createAccess({ cors: ['https://app.example.org'] });

  it.each([
    'http://localhost',
    'http://localhost:3000',
    'https://studio.localhost:8443',
    'http://127.0.0.1:5173',
    'http://127.8.9.1',
    'http://[::1]:3000',
    'chrome-extension://nkbihfbeogaeaoehlefnkodbefgpgknn',
    'moz-extension://0f1e2d3c-aaaa-bbbb-cccc-0123456789ab',
    'https://app.example.org',
    'HTTPS://APP.example.org',
  ])('%s may pass and is told so', (origin) => {
    expect(status(access, { origin })).toBeUndefined();
    expect(access.corsHeaders({ origin })).toEqual({ 'access-control-allow-origin': origin, vary: 'Origin' });
  });

  it.each([
    'https://evil.test',
    'http://localhost.evil.test',
    'http://192.168.1.5',
    'https://app.example.org.evil.test',
    'http://app.example.org',
    'null',
    'file://',
    '',
    'http://localhost@evil.test',
    'chrome-extension://a.evil.test/x',
  ])('%j is refused and gets no CORS headers', (origin) => {
    expect(status(access, { origin })).toBe(403);
    expect(access.corsHeaders({ origin })).toEqual({});
  });

  it('can be anything when CORS is opened', () => {
    const open = createAccess({ cors: '*' });
    expect(status(open, { origin: 'https://evil.test' })).toBeUndefined();
    expect(status(open, { origin: 'null' })).toBeUndefined();
    expect(open.corsHeaders({ origin: 'https://evil.test' })).toEqual({ 'access-control-allow-origin': '*' });
  });

  it('is not needed by programs', () => {
    expect(status(access, {})).toBeUndefined();
    expect(access.corsHeaders({})).toEqual({});
  });
});

describe('preflight', () => {
  const access = createAccess();
  const origin = 'http://localhost:3000';

  it('allows the headers that are asked for', () => {
    const headers = access.preflightHeaders({
      origin,
      'access-control-request-headers': 'content-type,x-aptos-client',
    });
    expect(headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-headers': 'content-type,x-aptos-client',
      'access-control-allow-methods': 'GET, POST, OPTIONS',
    });
    expect(headers).not.toHaveProperty('access-control-allow-private-network');
  });

  it.each(['a\r\nset-cookie: b', 'x'.repeat(2000), '*', ''])('does not echo the list %j', (asked) => {
    const headers = access.preflightHeaders({ origin, 'access-control-request-headers': asked });
    expect(headers['access-control-allow-headers']).toBe('content-type, authorization');
  });

  it('answers private network access', () => {
    const headers = access.preflightHeaders({ origin, 'access-control-request-private-network': 'true' });
    expect(headers['access-control-allow-private-network']).toBe('true');
  });
});

describe('bearer token', () => {
  const access = createAccess({ bearerToken: 'secret' });

  it('must be the right one, except in a preflight', () => {
    expect(status(access, { authorization: 'Bearer secret' })).toBeUndefined();
    expect(status(access, { authorization: 'Bearer wrong!' })).toBe(401);
    expect(status(access, { authorization: 'secret' })).toBe(401);
    expect(status(access, {})).toBe(401);
    expect(status(access, { 'access-control-request-method': 'POST' })).toBeUndefined();
  });
});
