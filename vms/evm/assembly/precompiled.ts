// Calls of precompiles: which addresses they are, price, run, output into the return data.
import { bswap64 } from '../../../packages/kernels/assembly/intrinsics';
import { frame } from './arena';
import { base, SCHEDULE } from './layout';
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

/** Whether a precompile of this fork has the address. */
export function isPrecompile(address: usize): bool {
  return isPrecompileNumber(base + SCHEDULE, numberOf(address));
}

/** Gas left of the last {@link callPrecompile}. */
export let precompileGasLeft: u64 = 0;

/**
 * Runs the precompile at `address` on `length` bytes at `input`; END_STOP, with its output as return
 * data, or END_HALT. The input may lie in the running frame's memory, which making room can move.
 */
export function callPrecompile(address: usize, input: usize, length: u32, gas: u64): u32 {
  const number = <u32>numberOf(address);
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
