import { base64ToBytes, type Bytes } from '@ninefold/base';
import { encodeSchedule, SCHEDULE_BYTES } from '../../src/spec/tables.ts';
import type { ForkName } from '../../src/types.ts';
import { precompilesBase64 } from '../generated/precompiles.ts';

type Exports = {
  readonly memory: WebAssembly.Memory;
  readonly heapBase: WebAssembly.Global<'i32'>;
  readonly isPrecompile: (schedule: number, number: bigint) => number;
  readonly precompileGas: (schedule: number, number: number, input: number, length: number) => bigint;
  readonly precompileRoom: (number: number, input: number, length: number) => number;
  readonly runPrecompile: (
    schedule: number,
    number: number,
    input: number,
    length: number,
    room: number,
  ) => number;
};

/** The host's operations: output bytes, or `undefined` for input that fails. */
export type CurveHost = (number: number, input: Bytes) => Bytes | undefined;

const module = new WebAssembly.Module(base64ToBytes(precompilesBase64) as Uint8Array<ArrayBuffer>);

/** The precompiles under the rules of `fork`. Bytes around the room are checked to be left alone. */
export function createPrecompiles(fork: ForkName, host: CurveHost = () => undefined) {
  const exports = new WebAssembly.Instance(module, {
    host: {
      precompile_curve: (number: number, input: number, length: number, out: number): number => {
        const output = host(number, new Uint8Array(exports.memory.buffer).slice(input, input + length));
        if (output === undefined) return -1;
        new Uint8Array(exports.memory.buffer).set(output, out);
        return output.length;
      },
    },
  }).exports as unknown as Exports;
  const schedule = (exports.heapBase.value + 15) & ~15;
  const inputAt = schedule + SCHEDULE_BYTES;
  const reserve = (end: number): Bytes => {
    const missing = end - exports.memory.buffer.byteLength;
    if (missing > 0) exports.memory.grow(Math.ceil(missing / 65_536));
    return new Uint8Array(exports.memory.buffer);
  };
  reserve(inputAt).set(encodeSchedule({ fork, blobSchedule: undefined }), schedule);
  const place = (input: Bytes): void => reserve(inputAt + input.length).set(input, inputAt);

  return {
    has: (number: bigint): boolean => exports.isPrecompile(schedule, number) !== 0,
    gas: (number: number, input: Bytes): bigint => {
      place(input);
      return BigInt.asUintN(64, exports.precompileGas(schedule, number, inputAt, input.length));
    },
    room: (number: number, input: Bytes): number => {
      place(input);
      return exports.precompileRoom(number, inputAt, input.length) >>> 0;
    },
    run: (number: number, input: Bytes): Bytes | undefined => {
      place(input);
      const room = (inputAt + input.length + 7) & ~7;
      const end = room + (exports.precompileRoom(number, inputAt, input.length) >>> 0);
      reserve(end + 64).fill(0xa5, room, end + 64);
      const length = exports.runPrecompile(schedule, number, inputAt, input.length, room);
      const memory = new Uint8Array(exports.memory.buffer);
      if (!memory.subarray(end, end + 64).every((byte) => byte === 0xa5)) throw new Error('room too small');
      if (!memory.subarray(inputAt, inputAt + input.length).every((byte, i) => byte === input[i])) {
        throw new Error('input written');
      }
      return length < 0 ? undefined : memory.slice(room, room + length);
    },
  };
}
