import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { LogRecord } from '@ninefold/base';
import {
  base64ToBytes,
  bytesToBase64,
  createEmitter,
  createLogger,
  createMetrics,
  didYouMean,
  fixedClock,
  manualClock,
  seededRng,
  silentLogger,
  systemClock,
} from '@ninefold/base';

describe('base64', () => {
  it('agrees with the platform', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const text = bytesToBase64(bytes);
        expect(text).toBe(Buffer.from(bytes).toString('base64'));
        expect(base64ToBytes(text)).toEqual(bytes);
      }),
    );
  });

  it.each(['A', 'A===', '-_==', '\u20ac'])('refuses %j with a typed error', (text) => {
    expect(() => base64ToBytes(text)).toThrow(expect.objectContaining({ code: 'BASE_INVALID_BASE64' }));
  });
});

describe('didYouMean', () => {
  const words = ['chain', 'port', 'host', 'eth_getBalance'];

  it.each([
    ['chian', 'chain'],
    ['Port', 'port'],
    ['eth_getbalence', 'eth_getBalance'],
    ['hst', 'host'],
    ['entirely', undefined],
    ['', undefined],
  ])('finds for %j the candidate %j', (word, expected) => {
    expect(didYouMean(word, words)).toBe(expected);
  });

  it('prefers the nearest and returns an exact word itself', () => {
    expect(didYouMean('ports', ['parts', 'port', 'ports'])).toBe('ports');
    for (const word of words) expect(didYouMean(word, words)).toBe(word);
  });

  it('spends no time on very long words', () => {
    expect(didYouMean('x'.repeat(5_000_000), ['x'.repeat(5_000_000)])).toBeUndefined();
  });
});

describe('emitter', () => {
  type Events = { block: { readonly number: number }; closed: undefined };

  it('delivers in order of subscription until unsubscribed', () => {
    const events = createEmitter<Events>(() => {});
    const heard: string[] = [];
    const stop = events.on('block', ({ number }) => heard.push(`a${number}`));
    events.on('block', ({ number }) => heard.push(`b${number}`));
    events.emit('block', { number: 1 });
    stop();
    stop();
    events.emit('block', { number: 2 });
    events.emit('closed', undefined);
    expect(heard).toEqual(['a1', 'b1', 'b2']);
  });

  it('lets listeners leave while they are called', () => {
    const events = createEmitter<Events>(() => {});
    const heard: string[] = [];
    const stop = events.on('closed', () => {
      heard.push('once');
      stop();
    });
    events.on('closed', () => heard.push('always'));
    events.emit('closed', undefined);
    events.emit('closed', undefined);
    expect(heard).toEqual(['once', 'always', 'always']);
  });

  it('reports a failing listener and goes on', () => {
    const onError = vi.fn();
    const events = createEmitter<Events>(onError);
    const bug = new Error('bug');
    events.on('closed', () => {
      throw bug;
    });
    const next = vi.fn();
    events.on('closed', next);
    events.emit('closed', undefined);
    expect(onError).toHaveBeenCalledExactlyOnceWith(bug);
    expect(next).toHaveBeenCalledOnce();
  });
});

describe('clock', () => {
  it('stands, moves when told to, or follows the system', () => {
    expect(fixedClock(5).now()).toBe(5);
    const clock = manualClock(10);
    clock.advance(7);
    expect(clock.now()).toBe(17);
    expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1000);
  });
});

describe('logger', () => {
  it('drops what is below its level and joins fields and modules of children', () => {
    const records: LogRecord[] = [];
    const log = createLogger({
      sink: (record) => records.push(record),
      level: 'info',
      fields: { chain: 'a' },
    });
    const child = log.child('evm', { block: 1 }).child('jit');
    log.debug({}, 'hidden');
    log.warn({ gas: 2 }, 'seen');
    child.error({ block: 3 }, 'deep');
    expect(records).toEqual([
      { level: 'warn', module: '', message: 'seen', fields: { chain: 'a', gas: 2 } },
      { level: 'error', module: 'evm.jit', message: 'deep', fields: { chain: 'a', block: 3 } },
    ]);
  });

  it('has a silent default', () => {
    expect(() => silentLogger.child('x').error({}, 'nothing')).not.toThrow();
  });
});

describe('metrics', () => {
  it('renders the Prometheus text format', () => {
    const metrics = createMetrics();
    metrics.counter('calls_total', 'Calls.').add();
    metrics.counter('calls_total', 'Calls.').add(2);
    const seconds = metrics.histogram('seconds', 'Time.', [0.1, 1]);
    for (const value of [0.05, 0.1, 0.5, 3]) seconds.observe(value);
    expect(metrics.histogram('seconds', 'Time.', [0.1, 1])).toBe(seconds);
    expect(metrics.counter('calls_total', 'Calls.').value()).toBe(3);
    expect(metrics.render().split('\n')).toEqual([
      '# HELP calls_total Calls.',
      '# TYPE calls_total counter',
      'calls_total 3',
      '# HELP seconds Time.',
      '# TYPE seconds histogram',
      'seconds_bucket{le="0.1"} 2',
      'seconds_bucket{le="1"} 3',
      'seconds_bucket{le="+Inf"} 4',
      'seconds_sum 3.65',
      'seconds_count 4',
      '',
    ]);
  });

  it('has cumulative buckets', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (values) => {
        const metrics = createMetrics();
        const bounds = [1, 5, 10];
        const histogram = metrics.histogram('h', 'H.', bounds);
        for (const value of values) histogram.observe(value);
        for (const bound of bounds) {
          const expected = values.filter((value) => value <= bound).length;
          expect(metrics.render()).toContain(`h_bucket{le="${bound}"} ${expected}\n`);
        }
      }),
    );
  });
});

describe('rng', () => {
  it('gives equal streams for equal seeds only', () => {
    const stream = (seed: number): number[] => {
      const rng = seededRng(seed);
      return Array.from({ length: 8 }, rng.u32);
    };
    expect(stream(1)).toEqual(stream(1));
    expect(stream(1)).not.toEqual(stream(2));
  });

  it('stays within limits and reaches them', () => {
    const rng = seededRng(3);
    const seen = new Set(Array.from({ length: 500 }, () => rng.below(7)));
    expect(Array.from(seen).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(rng.bytes(9)).toHaveLength(9);
    expect(['a', 'b']).toContain(rng.pick(['a', 'b']));
    expect(() => rng.pick([])).toThrow(RangeError);
  });
});
