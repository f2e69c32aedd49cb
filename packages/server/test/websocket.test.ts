import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { body, openWebSocket, post, raw, startNode } from './harness.ts';

const UPGRADE =
  'GET / HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n' +
  'sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

describe('calls', () => {
  it('are answered on the port of HTTP', async () => {
    const { server } = await startNode();
    const { socket, next } = await openWebSocket(server);
    socket.send(body('echo', [1]));
    expect(await next()).toEqual({ jsonrpc: '2.0', id: 1, result: [1] });
    socket.send(Buffer.from(body('echo', ['é'], 2)));
    expect(await next()).toMatchObject({ id: 2, result: ['é'] });
    socket.send('{');
    expect(await next()).toMatchObject({ error: { code: -32700 } });
    socket.send(`[${body('echo', [3])}]`);
    expect(await next()).toMatchObject([{ result: [3] }]);
  });

  it('do not wait for slower ones', async () => {
    const { server, held, gate } = await startNode();
    const { socket, next } = await openWebSocket(server);
    socket.send(body('hold', [], 1));
    socket.send(body('echo', [], 2));
    expect(await next()).toMatchObject({ id: 2 });
    expect(held).toHaveLength(1);
    gate.open();
    expect(await next()).toMatchObject({ id: 1, result: 'released' });
  });

  it('wait unread while too many are in flight', async () => {
    const { server, held, gate } = await startNode({ limits: { callsInFlight: 2 } });
    const { socket, next } = await openWebSocket(server);
    for (let id = 0; id < 4; id++) {
      socket.send(body('hold', ['x'.repeat(70_000)], id));
    }
    await expect.poll(() => held.length).toBeGreaterThanOrEqual(2);
    expect((await post(server, body('echo'))).status).toBe(200);
    expect(held.length).toBeLessThan(4);
    gate.open();
    const answers = [await next(), await next(), await next(), await next()];
    expect(answers).toHaveLength(4);
  });

  it('are cancelled when the client leaves', async () => {
    const { server, held, gate } = await startNode();
    const { socket } = await openWebSocket(server);
    socket.send(body('hold'));
    await expect.poll(() => held).toHaveLength(1);
    const signal = held[0]?.signal;
    expect(held[0]).toMatchObject({ transport: 'ws' });
    socket.terminate();
    await expect.poll(() => signal?.aborted).toBe(true);
    expect(held[0]?.cancelled()).toBe(true);
    gate.open();
  });
});

describe('subscriptions', () => {
  it('follow their answer and end with the connection', async () => {
    const { server, hub } = await startNode();
    const { socket, next, closed } = await openWebSocket(server);
    socket.send(body('subscribe', ['heads']));
    const answer = (await next()) as { result: string };
    hub.publish('heads', { number: 1 });
    expect(await next()).toEqual({
      jsonrpc: '2.0',
      method: 'eth_subscription',
      params: { subscription: answer.result, result: { number: 1 } },
    });
    socket.close();
    await closed;
    await expect.poll(() => hub.listeners('heads')).toBe(0);
  });

  it('are limited to 1 000 a connection', async () => {
    const { server } = await startNode();
    const { socket, next } = await openWebSocket(server);
    const calls = Array.from({ length: 1000 }, () => body('subscribe', ['a']));
    socket.send(`[${calls.join(',')}]`);
    expect(await next()).toHaveLength(1000);
    socket.send(body('subscribe', ['a']));
    expect(await next()).toMatchObject({ error: { code: -32602 } });
  });

  it('lose the oldest for a slow reader instead of filling memory', async () => {
    const { server, hub } = await startNode();
    const { socket, next } = await openWebSocket(server);
    socket.send(body('subscribe', ['a']));
    await next();
    socket.pause();
    const text = 'x'.repeat(100_000);
    for (let i = 0; i < 10_200; i++) hub.publish('a', i < 150 ? [i, text] : [i]);
    const seen: number[] = [];
    socket.resume();
    while (seen.at(-1) !== 10_199) {
      const { params } = (await next()) as { params: { result: [number] } };
      seen.push(params.result[0]);
    }
    expect(seen.length).toBeLessThan(10_200);
    expect(seen).toEqual(Array.from(seen).sort((a, b) => a - b));
  });
});

describe('refusals', () => {
  it.each([
    [{ host: 'evil.test' }, '403'],
    [{ origin: 'https://evil.test' }, '403'],
  ])('%j gets %s', async (headers, status) => {
    const { server } = await startNode();
    await expect(openWebSocket(server, { headers })).rejects.toThrow(status);
  });

  it('knows its own origins, paths and token', async () => {
    const { server } = await startNode({ bearerToken: 't' });
    const headers = { origin: 'http://localhost:1', authorization: 'Bearer t' };
    const { socket } = await openWebSocket(server, { headers });
    socket.close();
    await expect(openWebSocket(server)).rejects.toThrow('401');
    await expect(openWebSocket(server, { headers, path: '/nowhere' })).rejects.toThrow('404');
    await expect(openWebSocket(server, { headers, path: '/rest/a' })).rejects.toThrow('404');
  });

  it('limits the connections of one address', async () => {
    const { server } = await startNode({ limits: { webSocketsPerAddress: 2 } });
    const first = await openWebSocket(server);
    await openWebSocket(server);
    await expect(openWebSocket(server)).rejects.toThrow('429');
    first.socket.close();
    await first.closed;
    await expect.poll(async () => (await openWebSocket(server)).socket.readyState).toBe(1);
  });

  it('closes with 1009 after a message that is too long', async () => {
    const { server } = await startNode({ limits: { webSocketMessageBytes: 1000 } });
    const { socket, closed } = await openWebSocket(server);
    socket.send('x'.repeat(1001));
    expect(await closed).toBe(1009);
  });

  it('closes with 1013 when answers pile up unread', async () => {
    const { server } = await startNode({ limits: { bufferedBytes: 1_000_000 } });
    const { socket, closed } = await openWebSocket(server);
    socket.pause();
    for (let i = 0; i < 30; i++) socket.send(body('big', [1_000_000]));
    const { socket: other, next } = await openWebSocket(server);
    for (let i = 0; i < 20; i++) {
      other.send(body('echo'));
      await next();
    }
    socket.resume();
    expect(await closed).toBe(1013);
  });

  it('closes with 1011 after a bug', async () => {
    const { server } = await startNode();
    for (const path of ['/broken', '/rejects']) {
      const { socket, closed } = await openWebSocket(server, { path });
      socket.send('{}');
      expect(await closed).toBe(1011);
    }
  });

  it('does not negotiate compression', async () => {
    const { server } = await startNode();
    const { socket } = await openWebSocket(server);
    expect(socket.extensions).toBe('');
  });
});

describe('faults', () => {
  it.each([
    ['a reserved opcode', [0x83, 0x80, 0, 0, 0, 0]],
    ['an unmasked frame', [0x81, 0x01, 0x61]],
    ['reserved bits', [0xf1, 0x80, 0, 0, 0, 0]],
    ['a long control frame', [0x89, 0xfe, 0xff, 0xff, 0, 0, 0, 0]],
    ['invalid UTF-8', [0x81, 0x82, 0, 0, 0, 0, 0xff, 0xff]],
    ['a continuation of nothing', [0x80, 0x80, 0, 0, 0, 0]],
    ['2^63 announced bytes', [0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]],
  ])('ends the connection after %s', async (_, frame) => {
    const { server } = await startNode();
    const answer = await raw(server, Buffer.concat([Buffer.from(UPGRADE), Buffer.from(frame)]));
    expect(answer).toContain('101 Switching Protocols');
    expect((await post(server, body('echo'))).status).toBe(200);
  });

  it('survives noise', async () => {
    const { server } = await startNode({ limits: { graceMs: 10 } });
    const noises = Array.from({ length: 10 }, () => Buffer.concat([Buffer.from(UPGRADE), randomBytes(300)]));
    const endings = noises.map((noise) => raw(server, noise));
    expect((await post(server, body('echo'))).status).toBe(200);
    await server.close();
    await Promise.all(endings);
  });

  it('answers 400 to upgrades that are none', async () => {
    const { server } = await startNode();
    expect(await raw(server, UPGRADE.replace('dGhlIHNhbXBsZSBub25jZQ==', 'x'))).toContain('400 Bad Request');
  });

  it('ends connections that answer no ping', async () => {
    const { server } = await startNode({ limits: { pingMs: 100 } });
    const answering = await openWebSocket(server);
    // Raw bytes: nobody answers pings.
    expect(await raw(server, UPGRADE)).toContain('101 Switching Protocols');
    expect(answering.socket.readyState).toBe(answering.socket.OPEN);
  });

  it('says goodbye when the server closes', async () => {
    const { server } = await startNode();
    const { closed } = await openWebSocket(server);
    await server.close();
    expect(await closed).toBe(1001);
  });
});
