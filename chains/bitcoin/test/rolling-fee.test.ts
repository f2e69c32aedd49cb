import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isReject } from '../src/pool/accept.ts';
import { rejectText } from '../src/pool/reject.ts';
import { RollingFee } from '../src/pool/rolling-fee.ts';
import { rpcScene } from './rpc-scene.ts';
import { nodeScene, outputOf, P2TR, spend } from './support.ts';

const HOURS = 3600;

describe('the rate of a full mempool', () => {
  it('is that of what was dropped and a step more, and stays until a block comes', () => {
    let now = 1000;
    const fee = new RollingFee(() => now, 1000);
    expect(fee.rate(1)).toBe(0);
    fee.dropped(500n, 250);
    expect(fee.rate(1)).toBe(3000);
    fee.dropped(100n, 250);
    expect(fee.rate(1)).toBe(3000);
    now += 100 * HOURS;
    expect(fee.rate(0)).toBe(3000);
    fee.mined();
    expect(fee.rate(1)).toBe(3000);
  });

  it('halves in twelve hours, in six half full, in three nearly empty, and ends', () => {
    for (const [filled, hours] of [
      [1, 12],
      [0.5, 12],
      [0.49, 6],
      [0.24, 3],
      [0, 3],
    ] as const) {
      let now = 1000;
      const fee = new RollingFee(() => now, 1000);
      fee.dropped(7000n, 1000);
      fee.mined();
      now += hours * HOURS;
      expect(fee.rate(filled)).toBe(4000);
      now += hours * HOURS;
      expect(fee.rate(filled)).toBe(2000);
      now += 2 * hours * HOURS - 11;
      // Never less than a step, until it is half of one.
      expect(fee.rate(filled)).toBe(1000);
      now += 20;
      expect(fee.rate(filled)).toBe(0);
      expect(fee.rate(1)).toBe(0);
    }
  });

  it('never rises by itself, whatever is asked when', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(50_000), fc.double({ min: 0, max: 1, noNaN: true })), { maxLength: 30 }),
        (steps) => {
          let now = 0;
          const fee = new RollingFee(() => now, 1000);
          fee.dropped(90_000n, 1000);
          fee.mined();
          let last = fee.rate(1);
          for (const [seconds, filled] of steps) {
            now += seconds;
            const rate = fee.rate(filled);
            expect(rate).toBeLessThanOrEqual(last);
            expect(rate === 0 || rate >= 1000).toBe(true);
            last = rate;
          }
        },
      ),
    );
  });
});

describe('a full mempool', () => {
  it('says what it asks for, and takes less again in time', () => {
    const { node, coinbase, clock } = nodeScene({ policy: { maxMempoolBytes: 400 } });
    for (let i = 1; i <= 4; i++) node.accept(spend([coinbase(i)], { fee: BigInt(1000 * i) }));
    expect([...node.pool.entries()].map(({ fee }) => fee)).toEqual([2000n, 3000n, 4000n]);
    // 1000 satoshi for 111 virtual bytes were dropped: 9009 and 1000 for 1000.
    const reasonAt = (fee: bigint): string => {
      const result = node.accept(spend([coinbase(5)], { fee }));
      return isReject(result) ? rejectText(result) : 'accepted';
    };
    expect(reasonAt(110n)).toBe('min relay fee not met, 110 < 111');
    expect(reasonAt(1110n)).toBe('mempool min fee not met, 1110 < 1111');
    expect(reasonAt(1111n)).toBe('mempool full');
    node.generate(1, P2TR);
    expect(reasonAt(500n)).toBe('mempool min fee not met, 500 < 1222');
    clock.advance(13 * HOURS * 1000);
    expect(reasonAt(500n)).toBe('accepted');
  });

  it('tells of it', async () => {
    const { bitcoin, rpc } = await rpcScene({ policy: { maxMempoolBytes: 200 } });
    bitcoin.generate(105, P2TR);
    expect(await rpc('getmempoolinfo')).toMatchObject({ mempoolminfee: 0.00001, minrelaytxfee: 0.00001 });
    const { node } = bitcoin;
    for (const [height, fee] of [
      [1, 1110n],
      [2, 2220n],
    ] as const) {
      node.accept(spend([outputOf(node.chain.at(height)!.block.transactions[0]!)], { fee }));
    }
    expect(await rpc('getmempoolinfo')).toMatchObject({ size: 1, mempoolminfee: 0.00011 });
  });
});
