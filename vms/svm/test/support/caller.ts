import { concatBytes } from '@ninefold/base';
import { HEAP, INPUT } from './assemble.ts';
import { pack, programWith } from './world.ts';

/** Bytes of an account without data in a program's input. */
const ENTRY = 8 + 32 + 32 + 8 + 8 + 10_240 + 8;
/** Address of a field of an account, where none has data. */
export const field = (i: number, offset: number): bigint => INPUT + 8n + BigInt(ENTRY * i + offset);
export const KEY = 8;
export const OWNER = 40;
export const LAMPORTS = 72;
export const DATA = 88;

/** Lays parts out from `HEAP` on, and tells where each begins. */
export function layOut(parts: readonly ((at: readonly bigint[]) => Uint8Array)[]): {
  bytes: Uint8Array;
  at: bigint[];
} {
  const sizes = parts.map((part) => part(Array.from({ length: parts.length }, () => 0n)).length);
  const at: bigint[] = [];
  let next = HEAP;
  for (const size of sizes) {
    at.push(next);
    next += BigInt(Math.ceil(size / 8) * 8);
  }
  const bytes = concatBytes(
    ...parts.map((part, i) => {
      const body = part(at);
      return concatBytes(body, new Uint8Array(Math.ceil(sizes[i]! / 8) * 8 - sizes[i]!));
    }),
  );
  return { bytes, at };
}

/** An account that is called with, by its position in the input, and its rights. */
export type Meta = { readonly account: number; readonly isSigner: boolean; readonly isWritable: boolean };
/** A call of a program. */
export type Called = {
  /** The account that is called, by its position in the input. */
  readonly program: number;
  readonly metas?: readonly Meta[];
  readonly data?: Uint8Array;
  readonly infos?: readonly number[];
  /** Bytes of data that a structure tells of an account; none unless it is said. */
  readonly lengths?: Readonly<Record<number, number>>;
  readonly seeds?: readonly Uint8Array[];
};

const flags = (...values: boolean[]): Uint8Array =>
  Uint8Array.from([...values.map(Number), 0, 0, 0, 0, 0, 0, 0, 0]).subarray(0, 8);

/** A program that calls another one in the C form. */
export function cCaller({
  program,
  metas = [],
  data = new Uint8Array(0),
  infos = [],
  lengths = {},
  seeds = [],
}: Called): Uint8Array {
  const { bytes, at } = layOut([
    (to) => pack(field(program, KEY), to[1]!, BigInt(metas.length), to[2]!, BigInt(data.length)),
    () => concatBytes(...metas.map((m) => pack(field(m.account, KEY), flags(m.isWritable, m.isSigner)))),
    () => data,
    () =>
      concatBytes(
        ...infos.map((i) =>
          pack(
            field(i, KEY),
            field(i, LAMPORTS),
            BigInt(lengths[i] ?? 0),
            field(i, DATA),
            field(i, OWNER),
            0n,
            0n,
          ),
        ),
      ),
    (to) => (seeds.length === 0 ? new Uint8Array(0) : pack(to[5]!, BigInt(seeds.length))),
    (to) => {
      let seedAt = to[6]!;
      return concatBytes(
        ...seeds.map((seed) => {
          const entry = pack(seedAt, BigInt(seed.length));
          seedAt += BigInt(seed.length);
          return entry;
        }),
      );
    },
    () => concatBytes(...seeds),
  ]);
  const args = [at[0]!, at[3]!, BigInt(infos.length), at[4]!, seeds.length === 0 ? 0n : 1n];
  return programWith(bytes, 'sol_invoke_signed_c', args);
}
