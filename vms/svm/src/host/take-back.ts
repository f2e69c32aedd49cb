import { type Bytes, EMPTY_BYTES, equalBytes } from '@ninefold/base';
import type { InstructionError } from '../spec/instruction-errors.ts';
import { INPUT_START } from '../spec/versions.ts';
import { type BorrowedAccount, type InstructionAccount, isFirst, isPermittedLength } from './accounts.ts';
import { InstructionFailure } from './failure.ts';
import { ADDRESS_BYTES } from './known-address.ts';
import type { ProgramResult } from './run-program.ts';
import {
  type AccountAddresses,
  type InputLayout,
  type InputRegion,
  reservedBytes,
  type SerializedInput,
} from './serialize.ts';

/** An instruction and its accounts, in the hands of its program. */
type Holder = {
  readonly instruction: { readonly accounts: readonly InstructionAccount[] };
  readonly account: (position: number) => BorrowedAccount;
};

/**
 * Checks and takes over what a program left in its input.
 *
 * @throws `InstructionFailure` when it may not have changed an account so
 */
export function takeBack(context: Holder, result: ProgramResult): void {
  const { layout, accounts } = result.input;
  const buffer = result.regions[0] as Bytes;
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  const metas = context.instruction.accounts;
  for (let position = 0; position < metas.length; position++) {
    if (!isFirst(metas, position)) continue;
    const addresses = accounts[position] as AccountAddresses;
    const account = context.account(position);
    if (layout.splitsRegions) takeBackSplit(account, addresses, result);
    else takeBackWhole(account, addresses, layout, view);
  }
}

/** An account in an input that is one piece of memory. */
function takeBackWhole(
  account: BorrowedAccount,
  { offsets, originalLength }: AccountAddresses,
  { isUnaligned }: InputLayout,
  view: DataView,
): void {
  takeLamports(account, view, offsets.lamports);
  const at = offsets.data;
  const length = isUnaligned ? originalLength : permittedLength(view, at - 8, originalLength);
  account.updateData(new Uint8Array(view.buffer, view.byteOffset + at, length));
  if (!isUnaligned) takeOwner(account, view, offsets.owner);
}

/**
 * An account whose data are a region of their own: only what the program could write to has changed, and
 * the length is what the program says, whatever the region has grown to.
 */
function takeBackSplit(
  account: BorrowedAccount,
  { offsets, originalLength }: AccountAddresses,
  { input, regions }: ProgramResult,
): void {
  const { isUnaligned } = input.layout;
  const header = regionAt(input, offsets.lamports);
  const start = Number((input.regions[header] as InputRegion).address - INPUT_START);
  const buffer = regions[header] as Bytes;
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  takeLamports(account, view, offsets.lamports - start);
  const length = isUnaligned
    ? originalLength
    : permittedLength(view, offsets.data - 8 - start, originalLength);
  const data = reservedBytes(input.layout, originalLength) === 0 ? EMPTY_BYTES : regions[header + 1];
  if (account.writeProblem() === undefined) account.updateData(data as Bytes);
  if (account.state.data.length !== length) account.resize(length);
  if (!isUnaligned) takeOwner(account, view, offsets.owner - start);
}

function takeLamports(account: BorrowedAccount, view: DataView, at: number): void {
  const lamports = view.getBigUint64(at, true);
  if (account.state.lamports !== lamports) account.setLamports(lamports);
}

function takeOwner(account: BorrowedAccount, { buffer, byteOffset }: DataView, at: number): void {
  const owner = new Uint8Array(buffer, byteOffset + at, ADDRESS_BYTES);
  if (!equalBytes(owner, account.state.owner)) account.setOwner(owner);
}

/** The length that a program says its account's data have. */
function permittedLength(view: DataView, at: number, originalLength: number): number {
  // Beyond 2^53 it is not exact, and far too long in any case.
  const length = view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
  if (!isPermittedLength(originalLength, length)) throw new InstructionFailure('InvalidRealloc');
  return length;
}

/** Index of the region that an offset of the input lies in. */
function regionAt({ regions }: SerializedInput, offset: number): number {
  const address = INPUT_START + BigInt(offset);
  let low = 0;
  let high = regions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((regions[middle] as InputRegion).address <= address) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/**
 * What a program did wrong that was stopped at an access to account data, where these are regions of their
 * own: the rule that it broke says more than the address.
 */
export function accessError(context: Holder, { fault, input }: ProgramResult): InstructionError | undefined {
  const access = fault?.access;
  if (access === undefined || !input.layout.splitsRegions) return undefined;
  const end = access.address + access.bytes;
  const position = input.accounts.findIndex(({ data, originalLength }) => {
    const reserved = BigInt(reservedBytes(input.layout, originalLength));
    return access.address >= data && access.address < data + reserved;
  });
  if (position < 0) return undefined;
  const { data, originalLength } = input.accounts[position] as AccountAddresses;
  if (end > data + BigInt(reservedBytes(input.layout, originalLength))) return undefined;
  const problem = context.account(position).writeProblem();
  if (problem === undefined) return 'InvalidRealloc';
  return access.isWrite ? problem : 'AccountDataTooSmall';
}
