// The return data buffer. Only one is alive at any time: a callee starts with none, and its end
// replaces the caller's.
import { reserve } from './arena';

export let returnData: usize = 0;
export let returnDataLength: u32 = 0;
let capacity: usize = 0;

export function resetReturnData(): void {
  returnData = 0;
  returnDataLength = 0;
  capacity = 0;
}

@inline
export function clearReturnData(): void {
  returnDataLength = 0;
}

/** Sets the length and makes room for it; the bytes are the caller's to write. May move frames. */
export function resizeReturnData(length: u32): usize {
  if (<usize>length > capacity) {
    capacity = max<usize>(<usize>length, capacity * 2);
    returnData = reserve(capacity);
  }
  returnDataLength = length;
  return returnData;
}

/** Cuts the return data to what was written of it. */
@inline
export function setReturnDataLength(length: u32): void {
  returnDataLength = length;
}
