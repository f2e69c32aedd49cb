// Gas times price, with overflow noticed: fees of hostile transactions pass 256 bits.
import { mulhi64 } from '../../../packages/kernels/assembly/intrinsics';

/** out = word * factor; whether that does not fit in 256 bits. */
export function mulU64(out: usize, word: usize, factor: u64): bool {
  let carry: u64 = 0;
  for (let i: usize = 0; i < 32; i += 8) {
    const limb = load<u64>(word + i);
    const low = limb * factor;
    const sum = low + carry;
    carry = mulhi64(limb, factor) + <u64>(sum < low);
    store<u64>(out + i, sum);
  }
  return carry != 0;
}

/** out = a + b; whether that does not fit in 256 bits. */
export function addChecked(out: usize, a: usize, b: usize): bool {
  let carry: u64 = 0;
  for (let i: usize = 0; i < 32; i += 8) {
    const left = load<u64>(a + i);
    const partial = left + load<u64>(b + i);
    const sum = partial + carry;
    carry = <u64>(partial < left) | <u64>(sum < partial);
    store<u64>(out + i, sum);
  }
  return carry != 0;
}
