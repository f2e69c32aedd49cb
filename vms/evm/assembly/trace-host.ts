// What the tracing build (`--use TRACE=1`) tells its host. In the other builds these functions
// are empty and vanish.

import { frame } from './arena';
import { refund } from './journal';
import { base, STEP, STEP_COST, STEP_FRAME, STEP_HEIGHT, STEP_OPCODE, STEP_PC, STEP_REFUND } from './layout';

@external("trace", "read_account")
declare function hostReadAccount(address: usize): void;

@external("trace", "read_storage")
declare function hostReadStorage(address: usize, slot: usize): void;

@external("trace", "step")
declare function hostStep(step: usize): void;

@external("trace", "enter")
declare function hostEnter(
  kind: u32,
  depth: u32,
  from: usize,
  to: usize,
  value: usize,
  gas: u64,
  input: usize,
  length: u32,
): void;

@external("trace", "exit")
declare function hostExit(depth: u32, end: u32, reason: u32, gasUsed: u64, output: usize, length: u32): void;

@external("trace", "log")
declare function hostLog(log: usize, depth: u32): void;

/** The host is asked for an account: its first read in this transaction. */
@inline
export function traceReadAccount(address: usize): void {
  if (isDefined(TRACE)) hostReadAccount(address);
}

/** The host is asked for a slot: its first read in this transaction. */
@inline
export function traceReadStorage(address: usize, slot: usize): void {
  if (isDefined(TRACE)) hostReadStorage(address, slot);
}

/** The instruction of the running frame is about to execute; its registers are saved. */
@inline
export function traceStep(pc: u32, opcode: u32, height: u32, cost: u64): void {
  if (isDefined(TRACE)) {
    const step = base + STEP;
    store<u32>(step, <u32>frame, STEP_FRAME);
    store<u32>(step, pc, STEP_PC);
    store<u32>(step, opcode, STEP_OPCODE);
    store<u32>(step, height, STEP_HEIGHT);
    store<u64>(step, cost, STEP_COST);
    store<i64>(step, refund, STEP_REFUND);
    hostStep(step);
  }
}

/** A frame, precompile or SELFDESTRUCT starts; `from` and `to` are addresses. */
@inline
export function traceEnter(
  kind: u32,
  depth: u32,
  from: usize,
  to: usize,
  value: usize,
  gas: u64,
  input: usize,
  length: u32,
): void {
  if (isDefined(TRACE)) hostEnter(kind, depth, from, to, value, gas, input, length);
}

/** The frame that started last and is still open has ended. */
@inline
export function traceExit(depth: u32, end: u32, reason: u32, gasUsed: u64, output: usize, length: u32): void {
  if (isDefined(TRACE)) hostExit(depth, end, reason, gasUsed, output, length);
}

@inline
export function traceLog(log: usize, depth: u32): void {
  if (isDefined(TRACE)) hostLog(log, depth);
}
