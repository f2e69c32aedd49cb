import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createNode } from '../src/node.ts';
import { after, every, LONGEST_TIMER_MS } from '../src/timers.ts';

beforeEach(
  () => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] }),
);
afterEach(() => void vi.useRealTimers());

describe('timers', () => {
  test('beat until they are stopped, and wait unless they are', () => {
    const calls: string[] = [];
    const stop = every(10, () => calls.push('beat'));
    const cancel = after(25, () => calls.push('never'));
    after(25, () => calls.push('once'));
    cancel();
    vi.advanceTimersByTime(29);
    stop();
    vi.advanceTimersByTime(100);
    expect(calls).toEqual(['beat', 'beat', 'once']);
  });

  test.each([LONGEST_TIMER_MS + 1, 2 ** 40, Infinity])('of %d ms do not fire at once', (ms) => {
    const calls: string[] = [];
    const stop = every(ms, () => calls.push('beat'));
    after(ms, () => calls.push('once'));
    vi.advanceTimersByTime(1_000_000);
    expect(calls).toEqual([]);
    vi.advanceTimersByTime(LONGEST_TIMER_MS);
    expect(calls.sort()).toEqual(['beat', 'once']);
    stop();
  });
});

test('a chain that mines once in a thousand years does not mine now', async () => {
  const node = await createNode({ chains: { ethereum: { mining: 'auto', accounts: 1 } } });
  await node.ethereum.request({ method: 'evm_setIntervalMining', params: ['0x75cd78800'] });
  vi.advanceTimersByTime(60_000);
  expect(await node.ethereum.request({ method: 'eth_blockNumber' })).toBe('0x0');
  await node.close();
});
