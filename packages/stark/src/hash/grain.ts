/**
 * The Grain LFSR in self-shrinking mode that Poseidon and Poseidon2 take their round constants from
 * (eprint 2019/458, appendix F).
 *
 * @param prime the field's modulus
 * @param width words of the permutation's state
 * @returns a function that gives the next constant below `prime`
 */
export function grainConstants(
  prime: number,
  width: number,
  fullRounds: number,
  partialRounds: number,
): () => number {
  const bits = Math.ceil(Math.log2(prime));
  // Prime field, power map, sizes and rounds, and ones up to 80 bits.
  const fields: readonly (readonly [value: number, length: number])[] = [
    [1, 2],
    [0, 4],
    [bits, 12],
    [width, 12],
    [fullRounds, 10],
    [partialRounds, 10],
    [2 ** 30 - 1, 30],
  ];
  const state = fields.flatMap(([value, length]) =>
    Array.from({ length }, (_, i) => Math.floor(value / 2 ** (length - 1 - i)) % 2),
  );
  const at = (i: number): number => state[i] as number;
  const step = (): number => {
    const bit = at(62) ^ at(51) ^ at(38) ^ at(23) ^ at(13) ^ at(0);
    state.shift();
    state.push(bit);
    return bit;
  };
  for (let i = 0; i < 160; i++) step();
  // Of each pair of bits the second counts where the first is one.
  const next = (): number => {
    while (step() === 0) step();
    return step();
  };
  return () => {
    for (;;) {
      let value = 0;
      for (let i = 0; i < bits; i++) value = 2 * value + next();
      if (value < prime) return value;
    }
  };
}
