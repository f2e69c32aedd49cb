// EIP-8037: gas for what a transaction leaves in the state is a dimension of its own. Its reservoir is
// the part of the gas limit over the cap of EIP-7825; what the reservoir lacks is taken from the gas
// of the running frame, which is said to spill. What comes back goes there first. Before Amsterdam
// all amounts are zero.
import { frame } from './arena';
import { F_RESERVOIR_MARK, F_SPILLED, F_STATE_GAS_MARK } from './layout';
import { NOT_ENOUGH } from './memory';

/** State gas that is left of the transaction's. */
export let reservoir: u64 = 0;
/** State gas charged and not given back. */
export let stateGasUsed: i64 = 0;
/** What the next first frame has spilled before it was entered. */
let spilledBefore: u64 = 0;
let reservoirMark: u64 = 0;
let usedMark: i64 = 0;

export function resetStateGas(amount: u64): void {
  reservoir = amount;
  stateGasUsed = 0;
  spilledBefore = 0;
}

/** What a charge of `amount` would take from the frame's gas. */
export function spillOf(amount: u64): u64 {
  return amount - min(amount, reservoir);
}

/** Takes `amount`, from the reservoir first; the frame's gas left, or NOT_ENOUGH and nothing is changed. */
export function chargeStateGas(amount: u64, gas: u64): u64 {
  if (amount == 0) return gas;
  const spilled = spillOf(amount);
  if (gas < spilled) return NOT_ENOUGH;
  reservoir -= amount - spilled;
  stateGasUsed += <i64>amount;
  if (frame == 0) spilledBefore += spilled;
  else store<u64>(frame, load<u64>(frame, F_SPILLED) + spilled, F_SPILLED);
  return gas - spilled;
}

/** Gives `amount` back, to the gas of the running frame as far as it spilled; the frame's gas left. */
export function refillStateGas(amount: u64, gas: u64): u64 {
  if (amount == 0) return gas;
  const spilled = load<u64>(frame, F_SPILLED);
  const toGas = min(amount, spilled);
  store<u64>(frame, spilled - toGas, F_SPILLED);
  reservoir += amount - toGas;
  stateGasUsed -= <i64>amount;
  return gas + toGas;
}

/** Notes what the next frame goes back to if it fails. */
export function markStateGas(): void {
  reservoirMark = reservoir;
  usedMark = stateGasUsed;
  spilledBefore = 0;
}

/** Goes back to the last {@link markStateGas}: the gas that spilled since. */
export function revertStateGas(): u64 {
  reservoir = reservoirMark;
  stateGasUsed = usedMark;
  return spilledBefore;
}

/** Gives frame `f` the last mark. */
export function enterStateGas(f: usize): void {
  store<u64>(f, reservoirMark, F_RESERVOIR_MARK);
  store<i64>(f, usedMark, F_STATE_GAS_MARK);
  store<u64>(f, spilledBefore, F_SPILLED);
  spilledBefore = 0;
}

/** Undoes what the frame charged; the gas it had spilled, which a REVERT gives back. */
export function revertFrameStateGas(f: usize): u64 {
  reservoir = load<u64>(f, F_RESERVOIR_MARK);
  stateGasUsed = load<i64>(f, F_STATE_GAS_MARK);
  return load<u64>(f, F_SPILLED);
}

/** A frame that succeeded has spilled for its caller. */
export function mergeStateGas(f: usize, caller: usize): void {
  store<u64>(caller, load<u64>(caller, F_SPILLED) + load<u64>(f, F_SPILLED), F_SPILLED);
}
