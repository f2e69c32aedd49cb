import type { Bytes } from '@ninefold/base';
import type { FeatureSet } from '../spec/features.ts';
import { INPUT_START } from '../spec/versions.ts';

/** Bytes that an account may grow by in one instruction: what is kept free behind its data. */
export const MAX_PERMITTED_DATA_INCREASE = 10_240;

/** Accounts of one instruction: their index has to fit beside the marker 255 (SIMD-0406). */
export const MAX_ACCOUNTS_PER_INSTRUCTION = 255;

const NOT_DUPLICATE = 255;
const ALIGN = 8;
const U64_MAX = 2n ** 64n - 1n;

/** An account as a program is given it. */
export type SerializedAccount = {
  readonly key: Bytes;
  readonly lamports: bigint;
  readonly data: Bytes;
  readonly owner: Bytes;
  readonly isExecutable: boolean;
  readonly rentEpoch: bigint;
  readonly isSigner: boolean;
  readonly isWritable: boolean;
  /** Whether the running program may change the data. */
  readonly isDataChangeable: boolean;
};

/** An account of an instruction, or the position of the first one that is the same account. */
export type InstructionInput = SerializedAccount | { readonly duplicateOf: number };

/** How accounts are laid out in the input region. */
export type InputLayout = {
  /** The form of the first loader: nothing aligned, no room to grow. */
  readonly isUnaligned: boolean;
  /** Account data are regions of their own (`virtual_address_space_adjustments`). */
  readonly splitsRegions: boolean;
  /** … which programs change in place (`account_data_direct_mapping`, with the other feature alone). */
  readonly mapsData: boolean;
  /** Pointers to the accounts follow at the end (`direct_account_pointers_in_program_input`). */
  readonly hasPointers: boolean;
  /** Rent epochs all read as the highest number (`mask_out_rent_epoch_in_vm_serialization`). */
  readonly masksRentEpoch: boolean;
};

// PERF: asked for at each start of a program.
const layouts = new WeakMap<FeatureSet, Partial<Record<'aligned' | 'unaligned', InputLayout>>>();

/** The layout of `features`, for a program of the first loader or of a later one. */
export function inputLayout(features: FeatureSet, isUnaligned: boolean): InputLayout {
  let known = layouts.get(features);
  if (known === undefined) {
    known = {};
    layouts.set(features, known);
  }
  return (known[isUnaligned ? 'unaligned' : 'aligned'] ??= computeLayout(features, isUnaligned));
}

function computeLayout(features: FeatureSet, isUnaligned: boolean): InputLayout {
  const splitsRegions = features.has('virtual_address_space_adjustments');
  return {
    isUnaligned,
    splitsRegions,
    mapsData: splitsRegions && features.has('account_data_direct_mapping'),
    hasPointers: features.has('direct_account_pointers_in_program_input') && !isUnaligned,
    masksRentEpoch: features.has('mask_out_rent_epoch_in_vm_serialization'),
  };
}

/** Addresses that are kept for data of `length` bytes: how long they may become in one instruction. */
export function reservedBytes({ isUnaligned }: InputLayout, length: number): number {
  return isUnaligned ? length : length + MAX_PERMITTED_DATA_INCREASE;
}

/** Where an account's fields are, counted from the begin of the input region. */
export type AccountOffsets = {
  /** None in the unaligned form. */
  readonly account: number | undefined;
  readonly key: number;
  readonly lamports: number;
  readonly owner: number;
  readonly data: number;
};

/** Where an account's fields are in the address space; `account` is 0 in the unaligned form. */
export class AccountAddresses {
  readonly originalLength: number;
  readonly offsets: AccountOffsets;

  constructor(originalLength: number, offsets: AccountOffsets) {
    this.originalLength = originalLength;
    this.offsets = offsets;
  }

  get account(): bigint {
    const { account } = this.offsets;
    return account === undefined ? 0n : INPUT_START + BigInt(account);
  }

  get key(): bigint {
    return INPUT_START + BigInt(this.offsets.key);
  }

  get lamports(): bigint {
    return INPUT_START + BigInt(this.offsets.lamports);
  }

  get owner(): bigint {
    return INPUT_START + BigInt(this.offsets.owner);
  }

  get data(): bigint {
    return INPUT_START + BigInt(this.offsets.data);
  }
}

/** A region of account data says whose they are, and how many addresses are kept for them. */
export type InputRegion = {
  readonly address: bigint;
  readonly bytes: Bytes;
  readonly isWritable: boolean;
  /** Position of the account in the instruction. */
  readonly account?: number | undefined;
  readonly reserved?: number | undefined;
};

export type SerializedInput = {
  readonly layout: InputLayout;
  readonly buffer: Bytes;
  /** Ascending; views of `buffer`, or of account data that is mapped. */
  readonly regions: readonly InputRegion[];
  /** One for each account of the instruction; duplicates have those of the first. */
  readonly accounts: readonly AccountAddresses[];
  /** What r2 is at the entry. */
  readonly instructionData: bigint;
};

/** Writes an input; what has a result says where it was written, counted from the region's begin. */
class InputWriter {
  readonly #buffer: Bytes;
  readonly #view: DataView;
  readonly #layout: InputLayout;
  readonly #regions: InputRegion[] = [];
  #at = 0;
  #regionStart = 0;
  #regionOffset = 0;

  constructor(buffer: Bytes, layout: InputLayout) {
    this.#buffer = buffer;
    this.#view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    this.#layout = layout;
  }

  /** Where the next thing is written. */
  offset(): number {
    return this.#regionOffset + this.#at - this.#regionStart;
  }

  #addRegion(bytes: Bytes, isWritable: boolean, data?: Pick<InputRegion, 'account' | 'reserved'>): void {
    this.#regions.push({ address: INPUT_START + BigInt(this.#regionOffset), bytes, isWritable, ...data });
  }

  #closeRegion(): void {
    this.#addRegion(this.#buffer.subarray(this.#regionStart, this.#at), true);
    this.#regionOffset = this.offset();
    this.#regionStart = this.#at;
  }

  bytes(bytes: Bytes): number {
    const here = this.offset();
    this.#buffer.set(bytes, this.#at);
    this.#at += bytes.length;
    return here;
  }

  zeros(count: number): void {
    this.#at += count;
  }

  u8(value: number): void {
    this.#buffer[this.#at++] = value;
  }

  flag(value: boolean): void {
    this.u8(value ? 1 : 0);
  }

  u64(value: bigint): number {
    const here = this.offset();
    this.#view.setBigUint64(this.#at, value, true);
    this.#at += 8;
    return here;
  }

  /** A number below 2^32 as a u64. */
  count(value: number): number {
    const here = this.offset();
    this.#view.setUint32(this.#at, value, true);
    this.#at += 8;
    return here;
  }

  /** Puts the data of the account at a position here. */
  data(data: Bytes, isWritable: boolean, account: number): number {
    const layout = this.#layout;
    const reserved = reservedBytes(layout, data.length);
    const padding = (ALIGN - (data.length % ALIGN)) % ALIGN;
    if (!layout.splitsRegions) {
      const here = this.bytes(data);
      if (!layout.isUnaligned) this.#at += MAX_PERMITTED_DATA_INCREASE + padding;
      return here;
    }
    this.#closeRegion();
    const here = this.#regionOffset;
    const start = this.#at;
    if (!layout.mapsData) this.#at += reserved;
    this.#buffer.set(layout.mapsData ? [] : data, start);
    const bytes = layout.mapsData ? data : this.#buffer.subarray(start, start + data.length);
    if (reserved > 0) this.#addRegion(bytes, isWritable, { account, reserved });
    this.#regionOffset += reserved;
    this.#regionStart = this.#at;
    if (layout.isUnaligned) return here;
    if (layout.mapsData) {
      // Addresses go on aligned; so that memory does as well, part of the padding is left out.
      this.#at += ALIGN;
      this.#regionStart = this.#at - padding;
    } else this.#at += padding;
    return here;
  }

  finish(): Pick<SerializedInput, 'buffer' | 'regions'> {
    this.#closeRegion();
    return { buffer: this.#buffer.subarray(0, this.#at), regions: this.#regions };
  }
}

function capacityFor(accounts: readonly InstructionInput[], data: Bytes, { mapsData }: InputLayout): number {
  let capacity = 8 + 8 + data.length + 32 + ALIGN;
  for (const account of accounts) {
    capacity += 16;
    if ('duplicateOf' in account) continue;
    capacity += 8 + 32 + 32 + 8 + 8 + 2 * ALIGN + 8;
    if (!mapsData) capacity += account.data.length + MAX_PERMITTED_DATA_INCREASE;
  }
  return capacity;
}

/**
 * Lays out what a program is started with: its accounts, the instruction's data and its own address.
 *
 * PERF: inputs have tens of kilobytes, nearly all of it room to grow; written where the program will
 * find them, they are not copied once more.
 *
 * @param accounts in the instruction's order, at most {@link MAX_ACCOUNTS_PER_INSTRUCTION}
 * @param take gives so many zeros to write to
 */
export function serializeInput(
  accounts: readonly InstructionInput[],
  data: Bytes,
  program: Bytes,
  layout: InputLayout,
  take: (bytes: number) => Bytes = (bytes) => new Uint8Array(bytes),
): SerializedInput {
  const writer = new InputWriter(take(capacityFor(accounts, data, layout)), layout);
  const addresses: AccountAddresses[] = [];
  writer.count(accounts.length);
  for (let position = 0; position < accounts.length; position++) {
    const account = accounts[position] as InstructionInput;
    if ('duplicateOf' in account) {
      writer.u8(account.duplicateOf);
      if (!layout.isUnaligned) writer.zeros(7);
      addresses.push(addresses[account.duplicateOf] as AccountAddresses);
    } else {
      addresses.push(
        layout.isUnaligned
          ? writeUnaligned(writer, account, position, layout)
          : writeAligned(writer, account, position, layout),
      );
    }
  }
  writer.count(data.length);
  const instructionData = INPUT_START + BigInt(writer.bytes(data));
  writer.bytes(program);
  if (layout.hasPointers) {
    writer.zeros((ALIGN - (writer.offset() % ALIGN)) % ALIGN);
    for (const { account } of addresses) writer.u64(account);
  }
  const { buffer, regions } = writer.finish();
  return { layout, buffer, regions, accounts: addresses, instructionData };
}

function writeAligned(
  writer: InputWriter,
  account: SerializedAccount,
  position: number,
  layout: InputLayout,
): AccountAddresses {
  const start = writer.offset();
  writer.u8(NOT_DUPLICATE);
  writer.flag(account.isSigner);
  writer.flag(account.isWritable);
  writer.flag(account.isExecutable);
  writer.zeros(4);
  const key = writer.bytes(account.key);
  const owner = writer.bytes(account.owner);
  const lamports = writer.u64(account.lamports);
  writer.count(account.data.length);
  const data = writer.data(account.data, account.isDataChangeable, position);
  writer.u64(layout.masksRentEpoch ? U64_MAX : account.rentEpoch);
  return new AccountAddresses(account.data.length, { account: start, key, lamports, owner, data });
}

function writeUnaligned(
  writer: InputWriter,
  account: SerializedAccount,
  position: number,
  layout: InputLayout,
): AccountAddresses {
  writer.u8(NOT_DUPLICATE);
  writer.flag(account.isSigner);
  writer.flag(account.isWritable);
  const key = writer.bytes(account.key);
  const lamports = writer.u64(account.lamports);
  writer.count(account.data.length);
  const data = writer.data(account.data, account.isDataChangeable, position);
  const owner = writer.bytes(account.owner);
  writer.flag(account.isExecutable);
  writer.u64(layout.masksRentEpoch ? U64_MAX : account.rentEpoch);
  return new AccountAddresses(account.data.length, { account: undefined, key, lamports, owner, data });
}
