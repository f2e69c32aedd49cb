// What WebAssembly has no instruction for: high halves of products, and division as the M extension
// defines it, where nothing traps. `U` is the unsigned type of the width, `S` the signed one.

@inline
function high64(a: u64, b: u64): u64 {
  const aLow = a & 0xffffffff;
  const aHigh = a >>> 32;
  const bLow = b & 0xffffffff;
  const bHigh = b >>> 32;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 32);
  const carried = aLow * bHigh + (middle & 0xffffffff);
  return aHigh * bHigh + (middle >>> 32) + (carried >>> 32);
}

export function mulHighUnsigned<U>(a: U, b: U): U {
  if (sizeof<U>() == 4) return <U>((<u64>a * <u64>b) >>> 32);
  return <U>high64(<u64>a, <u64>b);
}

export function mulHighSigned<U, S>(a: U, b: U): U {
  if (sizeof<U>() == 4) return <U>(<u64>(<i64><S>a * <i64><S>b) >>> 32);
  return <U>(high64(<u64>a, <u64>b) - (<S>a < 0 ? <u64>b : 0) - (<S>b < 0 ? <u64>a : 0));
}

/** `a` is signed, `b` unsigned. */
export function mulHighMixed<U, S>(a: U, b: U): U {
  if (sizeof<U>() == 4) return <U>(<u64>(<i64><S>a * <i64><u64>b) >>> 32);
  return <U>(high64(<u64>a, <u64>b) - (<S>a < 0 ? <u64>b : 0));
}

export function quotient<U, S>(a: U, b: U): U {
  if (b == 0) return <U>(-1);
  // The only overflow: the least number by -1, which negation maps to itself.
  if (b == <U>(-1)) return <U>0 - a;
  return <U>(<S>a / <S>b);
}

export function quotientUnsigned<U>(a: U, b: U): U {
  return b == 0 ? <U>(-1) : a / b;
}

export function remainder<U, S>(a: U, b: U): U {
  if (b == 0) return a;
  if (b == <U>(-1)) return 0;
  return <U>(<S>a % <S>b);
}

export function remainderUnsigned<U>(a: U, b: U): U {
  return b == 0 ? a : a % b;
}
