// The explicit stack of frames: a call never recurses on the host's stack.
import { copy } from '../../../packages/kernels/assembly/u256/word';
import { ensureMemory, ensureStackRoom, firstStackBase, frame, setFrame } from './arena';
import { analyse, blockBytes, blocksOf } from './code';
import { refund, revertTo, setRefund, undoMark } from './journal';
import {
  C_LENGTH, CODE_BYTES, CODE_PADDING, F_BLOCKS, F_CALLER, F_CODE, F_CODE_ACCOUNT, F_CODE_LENGTH, F_DEPTH,
  F_EXACT, F_GAS, F_GAS_START, F_INPUT, F_INPUT_LENGTH, F_KIND, F_LOG_MARK, F_MEMORY, F_MEMORY_COST,
  F_MEMORY_SIZE, F_PARENT, F_PC, F_PENDING_STATE_GAS, F_REFUND_MARK, F_SELF, F_SP, F_STACK_BASE, F_STATIC,
  F_UNDO_MARK, F_VALUE, FRAME_BYTES,
} from './layout';
import { lastLog, revertLogs } from './logs';
import { clearReturnData } from './return-data';
import { enterStateGas, markStateGas, revertFrameStateGas, revertStateGas } from './state-gas';

/** What a frame goes back to when it fails. Taken before its first effect. */
let undo: u32 = 0;
let log: usize = 0;
let gasRefund: i64 = 0;

/** Notes the state that the next frame, or a call without one, may have to go back to. */
export function checkpoint(): void {
  markStateGas();
  undo = undoMark();
  log = lastLog;
  gasRefund = refund;
}

/** Goes back to the last {@link checkpoint} no frame was entered for. */
export function revertCheckpoint(): void {
  revertStateGas();
  revertTo(undo);
  revertLogs(log);
  setRefund(gasRefund);
}

/** Undoes all the frame did; the gas that had spilled into state gas. */
export function revertFrame(f: usize): u64 {
  revertTo(load<u32>(f, F_UNDO_MARK));
  revertLogs(load<u32>(f, F_LOG_MARK));
  setRefund(load<i64>(f, F_REFUND_MARK));
  return revertFrameStateGas(f);
}

/**
 * A new running frame behind the current one, with the last {@link checkpoint}; code, input and
 * parties are for the caller to set. `extra` bytes behind the record are left for initcode.
 */
export function enterFrame(kind: u32, gas: u64, value: usize, extra: usize): usize {
  const parent = frame;
  let at: usize;
  let stackBase: usize;
  if (parent == 0) {
    stackBase = firstStackBase();
    at = stackBase;
  } else {
    ensureStackRoom(load<u32>(parent, F_SP));
    stackBase = load<u32>(frame, F_SP);
    at = (<usize>load<u32>(frame, F_MEMORY) + load<u32>(frame, F_MEMORY_SIZE) + 15) & ~15;
  }
  const size = FRAME_BYTES + extra;
  ensureMemory(<u64>at + <u64>size);
  const f = at;
  store<u32>(f, <u32>frame, F_PARENT);
  store<u32>(f, parent == 0 ? 0 : load<u32>(frame, F_DEPTH) + 1, F_DEPTH);
  store<u32>(f, parent == 0 ? 0 : load<u32>(frame, F_STATIC), F_STATIC);
  store<u32>(f, kind, F_KIND);
  store<u32>(f, 0, F_EXACT);
  store<u32>(f, <u32>stackBase, F_SP);
  store<u32>(f, <u32>stackBase, F_STACK_BASE);
  store<u32>(f, <u32>(at + size), F_MEMORY);
  store<u32>(f, 0, F_MEMORY_SIZE);
  store<u64>(f, 0, F_MEMORY_COST);
  store<u64>(f, gas, F_GAS);
  store<u64>(f, gas, F_GAS_START);
  store<u32>(f, undo, F_UNDO_MARK);
  store<u32>(f, <u32>log, F_LOG_MARK);
  store<i64>(f, gasRefund, F_REFUND_MARK);
  copy(f + F_VALUE, value);
  store<u64>(f, 0, F_PENDING_STATE_GAS);
  enterStateGas(f);
  setFrame(f);
  clearReturnData();
  return f;
}

export function setParties(f: usize, self: usize, caller: usize, codeAccount: usize): void {
  store<u32>(f, <u32>self, F_SELF);
  store<u32>(f, <u32>caller, F_CALLER);
  store<u32>(f, <u32>codeAccount, F_CODE_ACCOUNT);
}

export function setInput(f: usize, input: usize, length: u32): void {
  store<u32>(f, <u32>input, F_INPUT);
  store<u32>(f, length, F_INPUT_LENGTH);
}

/** Gives the running frame the code of a record; may move it. */
export function useCode(record: usize): void {
  const blocks = blocksOf(record);
  const f = frame;
  store<u32>(f, <u32>(record + CODE_BYTES), F_CODE);
  store<u32>(f, <u32>(record + CODE_BYTES), F_PC);
  store<u32>(f, load<u32>(record, C_LENGTH), F_CODE_LENGTH);
  store<u32>(f, <u32>blocks, F_BLOCKS);
}

/** Bytes that initcode of this length takes behind a frame's record. */
export function initcodeBytes(length: u32): usize {
  return (8 + <usize>length + CODE_PADDING + blockBytes(length) + 15) & ~7;
}

/** Copies initcode behind the record of `f`, entered with {@link initcodeBytes} of room. */
export function useInitcode(f: usize, bytes: usize, length: u32): void {
  const code = f + FRAME_BYTES + 8;
  const blocks = (code + length + CODE_PADDING + 7) & ~7;
  memory.copy(code, bytes, length);
  memory.fill(code + length, 0, CODE_PADDING);
  analyse(code, length, blocks);
  store<u32>(f, <u32>code, F_CODE);
  store<u32>(f, <u32>code, F_PC);
  store<u32>(f, length, F_CODE_LENGTH);
  store<u32>(f, <u32>blocks, F_BLOCKS);
}

/** Makes the caller of the running frame run again. */
export function leaveFrame(): void {
  setFrame(load<u32>(frame, F_PARENT));
}
