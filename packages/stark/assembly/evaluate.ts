// Constraints at one point, as straight-line code over elements of E: what a verifier evaluates once.

import { add, neg, sub } from './m31';
import { at, DEGREE, mulExt, put } from './extension';

/** Bytes of an element: one vector a coordinate, of which the first lane counts. */
const ELEMENT: usize = 16 * DEGREE;

/**
 * Runs `count` steps of four words: operation (add, sub, mul, neg), place of the result, places of the
 * operands. The element at place i stands at `values` + i · `ELEMENT`.
 */
export function evaluateSteps(steps: usize, count: u32, values: usize): void {
  const end = steps + (<usize>count << 4);
  for (; steps < end; steps += 16) {
    const to = values + <usize>load<u32>(steps, 4) * ELEMENT;
    const a = values + <usize>load<u32>(steps, 8) * ELEMENT;
    const b = values + <usize>load<u32>(steps, 12) * ELEMENT;
    switch (load<u32>(steps)) {
      case 0:
        for (let k = 0; k < DEGREE; k++) put(to, 16, k, add(at(a, 16, k), at(b, 16, k)));
        break;
      case 1:
        for (let k = 0; k < DEGREE; k++) put(to, 16, k, sub(at(a, 16, k), at(b, 16, k)));
        break;
      case 2:
        mulExt(to, 16, a, 16, b, 16);
        break;
      default:
        for (let k = 0; k < DEGREE; k++) put(to, 16, k, neg(at(a, 16, k)));
        break;
    }
  }
}
