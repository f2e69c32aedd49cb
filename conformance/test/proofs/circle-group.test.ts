import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  circleGenerator,
  cosetPoint,
  cosetShift,
  CUBIC,
  doubledX,
  minus,
  move,
  ofParameter,
  sum,
} from '../../src/proofs/plonky3/circle-group.ts';
import type { Point } from '../../src/proofs/plonky3/circle-group.ts';

const ZERO: Point = { x: 1, y: 0 };
const { add, mul, of, one, prime } = CUBIC;

describe('the circle group', () => {
  it('has a subgroup of every power of two', () => {
    expect(circleGenerator(0)).toEqual(ZERO);
    expect(circleGenerator(1)).toEqual({ x: prime - 1, y: 0 });
    for (let log = 1; log <= 31; log++) {
      const g = circleGenerator(log);
      expect(sum(g, g)).toEqual(circleGenerator(log - 1));
      expect(sum(g, minus(g))).toEqual(ZERO);
      expect(add(mul(of(g.x), of(g.x)), mul(of(g.y), of(g.y)))).toEqual(one);
    }
  });

  it('has wide points by a parameter, moved as points are', () => {
    const word = fc.integer({ min: 1, max: prime - 1 });
    fc.assert(
      fc.property(fc.tuple(word, word, word), fc.nat(31), (t, log) => {
        const point = ofParameter(t);
        const g = circleGenerator(log);
        const moved = move(point, g);
        expect(add(mul(moved.x, moved.x), mul(moved.y, moved.y))).toEqual(one);
        expect(move(moved, minus(g))).toEqual(point);
      }),
    );
  });

  it('has twin cosets on which the doubled x is constant', () => {
    for (const log of [1, 2, 3, 6]) {
      const points = Array.from({ length: 2 ** log }, (_, i) => cosetPoint(log, i));
      expect(points[0]).toEqual(cosetShift(log));
      expect(points[2 ** log - 1]).toEqual(minus(cosetShift(log)));
      expect(new Set(points.map(({ x, y }) => `${x} ${y}`)).size).toBe(points.length);
      const value = doubledX(of(cosetShift(log).x), log);
      for (const { x } of points) expect(doubledX(of(x), log)).toEqual(value);
      // Row by row the points are a step of the subgroup apart.
      const step = circleGenerator(log);
      points.forEach((point, i) => expect(sum(point, step)).toEqual(points[(i + 1) % points.length]));
    }
  });
});
