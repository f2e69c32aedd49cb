// Calls of precompiles: which addresses they are, price, run, output into the return data.
import { bswap64 } from '../../../packages/kernels/assembly/intrinsics';
import { frame } from './arena';
import { sameAddress } from './accounts';
import { base, MOVE_BYTES, MOVE_NUMBER, SCHEDULE, T_MOVE_COUNT, T_MOVES, TX } from './layout';
import { precompileGas } from './precompiles/gas';
import { isPrecompile as isPrecompileNumber } from './precompiles/numbers';

import { FAILED, precompileRoom, runPrecompile } from './precompiles/run';
import { clearReturnData, resizeReturnData, setReturnDataLength } from './return-data';
import { END_STOP, halt, OUT_OF_GAS, PRECOMPILE_FAILURE } from './status';

/** The address as a number, 0 where it is too large for a precompile's. */
@inline
function numberOf(address: usize): u64 {
  return (load<u64>(address) | <u64>load<u32>(address, 8)) == 0 ? bswap64(load<u64>(address, 12)) : 0;
}

/** The number of the precompile that a call of the address runs: another one where the caller moved it. */
function runningAt(address: usize): u64 {
  const moves = <usize>load<u32>(base + TX, T_MOVES);
  const end = moves + <usize>load<u32>(base + TX, T_MOVE_COUNT) * MOVE_BYTES;
  for (let move = moves; move < end; move += MOVE_BYTES) {
    if (sameAddress(move, address)) return load<u32>(move, MOVE_NUMBER);
  }
  return numberOf(address);
}

/** Whether the address is one of this fork's precompiles, which makes it warm. */
export function isPrecompileAddress(address: usize): bool {
  return isPrecompileNumber(base + SCHEDULE, numberOf(address));
}

/** Whether a call of the address runs a precompile. */
export function isPrecompile(address: usize): bool {
  return isPrecompileNumber(base + SCHEDULE, runningAt(address));
}

/** Gas left of the last {@link callPrecompile}. */
export let precompileGasLeft: u64 = 0;

/**
 * Runs the precompile at `address` on `length` bytes at `input`; END_STOP, with its output as return
 * data, or END_HALT. The input may lie in the running frame's memory, which making room can move.
 */
export function callPrecompile(address: usize, input: usize, length: u32, gas: u64): u32 {
  const number = <u32>runningAt(address);
  const schedule = base + SCHEDULE;
  clearReturnData();
  precompileGasLeft = 0;
  const cost = precompileGas(schedule, number, input, length);
  if (cost > gas) return halt(OUT_OF_GAS);
  const before = frame;
  const room = resizeReturnData(precompileRoom(number, input, length));
  const output = runPrecompile(schedule, number, input + (frame - before), length, room);
  if (output == FAILED) {
    clearReturnData();
    return halt(PRECOMPILE_FAILURE);
  }
  setReturnDataLength(<u32>output);
  precompileGasLeft = gas - cost;
  return END_STOP;
}
