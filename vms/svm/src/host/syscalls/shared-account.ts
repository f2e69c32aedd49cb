import { equalBytes } from '@ninefold/base';
import type { BorrowedAccount } from '../accounts.ts';
import { BYTE, type Call, translate, translateSlice, U64 } from '../call.ts';
import { type InputLayout, MAX_PERMITTED_DATA_INCREASE, reservedBytes } from '../serialize.ts';
import { type CallerAccount, passedError, u64 } from './invoke-abi.ts';

/** An account that both sides of a call see: the caller's memory and the transaction's state. */
export type SharedAccount = {
  readonly account: BorrowedAccount;
  readonly caller: CallerAccount;
  readonly originalLength: number;
  readonly layout: InputLayout;
  readonly isRestricted: boolean;
  /** Whether the called program may change it. */
  readonly isWritable: boolean;
  /** Whether its region is not what it was for the caller. */
  isReshaped: boolean;
};

/**
 * Makes what the caller has changed so far visible to the program it calls.
 *
 * @throws `InstructionFailure` when it may not have changed it so
 */
export function handOver(call: Call, shared: SharedAccount): void {
  const { account, caller } = shared;
  const lamports = u64(call, caller.lamports);
  if (account.state.lamports !== lamports) account.setLamports(lamports);
  if (shared.layout.splitsRegions) handOverRegion(call, shared);
  else {
    const length = u64(call, caller.length);
    const at = translateSlice(call, caller.dataAddress, length, BYTE);
    account.updateData(call.run.memory.bytes().subarray(at, at + Number(length)));
  }
  const owner = call.run.memory.bytes().slice(caller.owner, caller.owner + 32);
  if (equalBytes(owner, account.state.owner)) return;
  account.setOwner(owner);
  shared.isReshaped = true;
}

/** Data that are a region of their own: as the caller left them, as long as it says they are. */
function handOverRegion(call: Call, shared: SharedAccount): void {
  const { account, caller } = shared;
  takeRegion(call, account, caller.dataAddress);
  const length = Number(u64(call, caller.length));
  if (account.state.data.length === length) return;
  account.resize(length);
  shared.isReshaped = true;
}

/** Takes over what the running program has written into the region of an account's data. */
export function takeRegion(call: Call, account: BorrowedAccount, address: bigint): void {
  if (account.writeProblem() !== undefined) return;
  const { length } = account.state.data;
  const at = translateSlice(call, address, BigInt(length), BYTE);
  account.updateData(call.run.memory.bytes().subarray(at, at + length));
}

/** Writes what the called program left into the caller's memory. */
export function writeBack(call: Call, shared: SharedAccount): void {
  const { account, caller, layout } = shared;
  const { lamports, owner, data } = account.state;
  const view = call.run.memory.view();
  view.setBigUint64(caller.lamports, lamports, true);
  call.run.memory.bytes().set(owner, caller.owner);
  const before = Number(u64(call, caller.length));
  requireRoom(call, shared, before);
  if (data.length !== before) {
    if (!layout.splitsRegions && data.length < before) {
      const at = translateSlice(call, caller.dataAddress, BigInt(before), BYTE, true);
      call.run.memory.bytes().fill(0, at + data.length, at + before);
    }
    view.setBigUint64(caller.length, BigInt(data.length), true);
    const serializedLength = translate(call, caller.dataAddress - 8n, U64, true);
    view.setBigUint64(serializedLength, BigInt(data.length), true);
  }
  if (layout.splitsRegions) return;
  const at = translateSlice(call, caller.dataAddress, BigInt(data.length), BYTE, true);
  call.run.memory.bytes().set(data, at);
}

/** @throws `SyscallFault` when the data have become longer than the caller has addresses for */
function requireRoom(call: Call, shared: SharedAccount, before: number): void {
  const { layout, originalLength, isRestricted } = shared;
  const { length } = shared.account.state.data;
  const increase = isRestricted && layout.isUnaligned ? 0 : MAX_PERMITTED_DATA_INCREASE;
  if (length <= originalLength + increase || (!isRestricted && length === before)) return;
  call.transaction.log.write(`Account data size realloc limited to ${increase} in inner instructions`);
  throw passedError('InvalidRealloc');
}

/** Gives an account's region the data, the length and the rights that it has after a call. */
export function writeRegion(call: Call, { account, caller, layout, originalLength }: SharedAccount): void {
  if (reservedBytes(layout, originalLength) === 0) return;
  const { data } = account.state;
  const { memory } = call.run;
  memory.reshape(caller.dataAddress, data.length, account.writeProblem() === undefined);
  const at = translateSlice(call, caller.dataAddress, BigInt(data.length), BYTE);
  if (data.length > 0) memory.bytes().set(data, at);
}
