import { base64ToBytes } from '@ninefold/base';
import { intrinsics } from './intrinsics.ts';
import { u256PortableBase64 } from '../generated/u256-portable.ts';
import { u256ScalarBase64 } from '../generated/u256-scalar.ts';
import { u256SimdBase64 } from '../generated/u256-simd.ts';

const MASK = (1n << 256n) - 1n;
/**
 * Scratch areas. Division keeps the last divisor's reciprocal in its own between calls, so nobody else may
 * write there: with the remains of an `exp` it would take a divisor for known that it has never prepared.
 */
const DIVISION_SCRATCH = 256;
const EXP_SCRATCH = 512;

type WasmFunction = (...parameters: number[]) => number | bigint | undefined;

/** The 256-bit library of one build, called with bigints. Operands stand at 1,024 and up. */
export type U256 = {
  readonly name: string;
  readonly exports: Record<string, WasmFunction>;
  readonly memory: DataView;
  /** Writes a word. */
  put(at: number, value: bigint): void;
  /** Reads a word. */
  get(at: number): bigint;
  /** Calls `name(out, ...operands, scratch)` once for every choice of `out`: apart, then each operand. */
  word(name: string, ...operands: bigint[]): bigint[];
  /** Calls `name(...operands)`, which returns a number or a u64. */
  scalar(name: string, ...operands: bigint[]): number | bigint | undefined;
};

const OUT = 1024;
const OPERANDS = [1064, 1104, 1144];

function load(name: string, base64: string): U256 {
  const module = new WebAssembly.Module(base64ToBytes(base64) as Uint8Array<ArrayBuffer>);
  const instance = new WebAssembly.Instance(module, { intr: intrinsics });
  const exports = instance.exports as unknown as Record<string, WasmFunction>;
  const { memory: wasmMemory } = instance.exports as unknown as { memory: WebAssembly.Memory };
  if (wasmMemory.buffer.byteLength === 0) wasmMemory.grow(1);
  const memory = new DataView(wasmMemory.buffer);

  const put = (at: number, value: bigint): void => {
    for (let i = 0; i < 4; i++)
      memory.setBigUint64(at + 8 * i, (value >> BigInt(64 * i)) & ((1n << 64n) - 1n), true);
  };
  const get = (at: number): bigint => {
    let value = 0n;
    for (let i = 3; i >= 0; i--) value = (value << 64n) | memory.getBigUint64(at + 8 * i, true);
    return value;
  };
  const call = (name: string, ...parameters: number[]) => {
    const f = exports[name];
    if (f === undefined) throw new Error(`no export ${name}`);
    return f(...parameters);
  };
  return {
    name,
    exports,
    memory,
    put,
    get,
    word(name, ...operands) {
      const places = OPERANDS.slice(0, operands.length);
      return [OUT, ...places].map((out) => {
        operands.forEach((value, i) => put(places[i]!, value & MASK));
        call(name, out, ...places, name === 'exp' ? EXP_SCRATCH : DIVISION_SCRATCH);
        return get(out);
      });
    },
    scalar(name, ...operands) {
      const places = OPERANDS.slice(0, operands.length);
      operands.forEach((value, i) => put(places[i]!, value & MASK));
      return call(name, ...places);
    },
  };
}

/** The library as compiled with SIMD, without, and for translation to other machines. */
export const builds: readonly U256[] = [
  load('simd', u256SimdBase64),
  load('scalar', u256ScalarBase64),
  load('portable', u256PortableBase64),
];
