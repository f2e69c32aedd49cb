// Runs frames until the first one has ended.
import { fromBE, setU64, setZero } from '../../../packages/kernels/assembly/u256/word';
import { frame } from './arena';
import { copyOutput, opCall } from './calls';
import { depositCode, depositGasLeft, opCreate } from './creates';
import { leaveFrame, revertFrame } from './frames';
import { interpret } from './interpreter';
import {
  A_ADDRESS, base, F_DEPTH, F_GAS, F_GAS_START, F_KIND, F_MEMORY, F_PENDING_STATE_GAS, F_RETURN_LENGTH,
  F_RETURN_OFFSET, F_SELF, F_SP, KIND_CREATE, KIND_CREATE2, WORD_A,
} from './layout';
import { clearReturnData, resizeReturnData, returnData, returnDataLength } from './return-data';
import { mergeStateGas, refillStateGas } from './state-gas';
import {
  DO_CALL, DO_CREATE, DO_RESUME, END_HALT, END_RETURN, END_REVERT, END_STOP, haltReason,
} from './status';
import { traceExit } from './trace-host';

/** Gas the first frame left. */
export let gasLeft: u64 = 0;

/** Runs the frame that was entered, and all it calls, to the end: an `END_` code. Its output is the return data. */
export function execute(): u32 {
  while (true) {
    let next = interpret();
    if (next == DO_CALL) next = opCall();
    else if (next == DO_CREATE) next = opCreate();
    if (next == DO_RESUME) continue;
    const end = finish(next);
    if (frame == 0) return end;
  }
}

/** Ends the running frame and hands its result to its caller. */
function finish(end: u32): u32 {
  takeOutput(end);
  const f = frame;
  const kind = load<u32>(f, F_KIND);
  const creates = kind == KIND_CREATE || kind == KIND_CREATE2;
  let gas = load<u64>(f, F_GAS);
  if (creates && (end == END_STOP || end == END_RETURN)) {
    end = depositCode(gas);
    gas = depositGasLeft;
  }
  // Depositing code may have moved the frame.
  return handOver(frame, end, creates, end == END_HALT ? 0 : gas);
}

/** Copies the frame's output into the return data. */
function takeOutput(end: u32): void {
  if (end != END_RETURN && end != END_REVERT) {
    clearReturnData();
    return;
  }
  const length = load<u32>(frame, F_RETURN_LENGTH);
  const out = resizeReturnData(length);
  memory.copy(out, <usize>load<u32>(frame, F_MEMORY) + load<u32>(frame, F_RETURN_OFFSET), length);
}

function handOver(f: usize, end: u32, creates: bool, gas: u64): u32 {
  const failed = end == END_HALT || end == END_REVERT;
  if (end == END_HALT) clearReturnData();
  let left = gas;
  if (failed) {
    const spilled = revertFrame(f);
    if (end == END_REVERT) left += spilled;
  }
  traceExit(
    load<u32>(f, F_DEPTH) + 1,
    end,
    haltReason,
    load<u64>(f, F_GAS_START) - left,
    returnData,
    returnDataLength,
  );
  const created = <usize>load<u32>(f, F_SELF);
  leaveFrame();
  const caller = frame;
  if (caller == 0) {
    gasLeft = left;
    return end;
  }
  const sp = <usize>load<u32>(caller, F_SP) - 32;
  store<u32>(caller, <u32>sp, F_SP);
  // Undone state gas comes back to the caller, whether it made the account or its initcode failed.
  const pending = load<u64>(caller, F_PENDING_STATE_GAS);
  store<u64>(caller, 0, F_PENDING_STATE_GAS);
  if (!failed) mergeStateGas(f, caller);
  left += load<u64>(caller, F_GAS);
  store<u64>(caller, failed ? refillStateGas(pending, left) : left, F_GAS);
  if (!creates) {
    copyOutput(caller);
    setU64(sp, <u64>!failed);
    return end;
  }
  if (failed) {
    setZero(sp);
  } else {
    setZero(base + WORD_A);
    memory.copy(base + WORD_A + 12, created + A_ADDRESS, 20);
    fromBE(sp, base + WORD_A);
  }
  if (!failed) clearReturnData();
  return end;
}
