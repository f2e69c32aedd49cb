import { type Bytes, equalBytes } from '@ninefold/base';
import { SYSVAR } from '../../spec/addresses.ts';
import { addressBytes } from '../base58.ts';
import { InstructionFailure } from '../failure.ts';
import type { InstructionContext } from '../invoke.ts';

// Sysvars as native programs read them: out of the environment, whatever accounts they are given.

/** Storage that an account is charged for besides its data. */
const ACCOUNT_OVERHEAD_BYTES = 128n;

/** @throws `InvalidArgument` unless the account at `position` is that sysvar */
export function requireSysvar(context: InstructionContext, position: number, address: string): void {
  if (!equalBytes(context.account(position).state.key, addressBytes(address)))
    throw new InstructionFailure('InvalidArgument');
}

/** A sysvar's data. */
export function sysvarView(context: InstructionContext, address: string): DataView {
  const data: Bytes | undefined = context.invoker.setup.transaction.environment.sysvars.get(address);
  if (data === undefined) throw new InstructionFailure('UnsupportedSysvar');
  return new DataView(data.buffer, data.byteOffset, data.byteLength);
}

/** What the clock says. */
export type Clock = { readonly slot: bigint; readonly epoch: bigint; readonly leaderScheduleEpoch: bigint };

/** The clock sysvar. */
export function readClock(context: InstructionContext): Clock {
  const view = sysvarView(context, SYSVAR.clock);
  return {
    slot: view.getBigUint64(0, true),
    epoch: view.getBigUint64(16, true),
    leaderScheduleEpoch: view.getBigUint64(24, true),
  };
}

/** Lamports that keep an account with `length` bytes alive (rent's price with the threshold in it). */
export function minimumBalance(context: InstructionContext, length: number): bigint {
  const view = sysvarView(context, SYSVAR.rent);
  const yearly = (ACCOUNT_OVERHEAD_BYTES + BigInt(length)) * view.getBigUint64(0, true);
  // Like the original, which multiplies as floating-point numbers and cuts.
  return BigInt(Math.floor(Number(yearly) * view.getFloat64(8, true)));
}
