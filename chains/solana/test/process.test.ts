import type { Bytes } from '@ninefold/base';
import { addressBytes, PROGRAM, SYSVAR, toBase58 } from '@ninefold/vm-svm';
import { describe, expect, it } from 'vitest';
import type { Account } from '../src/bank/account.ts';
import { programAccounts } from '../src/bank/genesis.ts';
import { MIGRATED_PROGRAM } from '../src/spec/addresses.ts';
import { createSvm, type SolanaSvm } from '../src/svm/svm.ts';
import type { Message } from '../src/tx/message.ts';
import {
  account,
  at,
  budgetCall,
  bytes,
  type Call,
  messageOf,
  PAYER,
  sign,
  SOL,
  SYSTEM,
  transfer,
  u32,
  u64,
} from './support/world.ts';

/** An ELF file of version 3 whose only instructions are `r0 = 0; exit`. */
function emptyProgram(): Bytes {
  const file = new Uint8Array(136);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(18, 247, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, 1n << 32n, true);
  view.setBigUint64(32, 64n, true);
  view.setUint32(48, 3, true);
  for (const [offset, value] of [
    [52, 64],
    [54, 56],
    [56, 1],
  ] as const)
    view.setUint16(offset, value, true);
  view.setUint32(64, 1, true);
  view.setUint32(68, 1, true);
  for (const [offset, value] of [
    [72, 120n],
    [80, 1n << 32n],
    [88, 1n << 32n],
    [96, 16n],
    [104, 16n],
  ] as const)
    view.setBigUint64(offset, value, true);
  file.set([0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95], 120);
  return file;
}

const blockhashOf = (svm: SolanaSvm): Bytes => addressBytes(svm.latestBlockhash());

function world(): SolanaSvm {
  const svm = createSvm();
  svm.airdrop(PAYER.address, 10n * SOL);
  return svm;
}

/** Sends calls that the payer signs. */
function send(svm: SolanaSvm, calls: readonly Call[], readonlyAccounts: readonly Bytes[] = []) {
  const message = messageOf([PAYER.address], calls, blockhashOf(svm), readonlyAccounts);
  return svm.sendTransaction(sign(message, PAYER));
}

const call = (program: Bytes, accounts: readonly Bytes[] = []): Call => ({
  program,
  accounts,
  data: new Uint8Array(0),
});

describe('what is called', () => {
  it('runs when a loader owns it and its file is one', () => {
    for (const loader of [PROGRAM.loaderV1, PROGRAM.loaderV2, PROGRAM.loaderV3]) {
      const svm = world();
      svm.addProgram(at(9), emptyProgram(), loader);
      svm.warpToSlot(10);
      const result = send(svm, [call(at(9))]);
      expect(result.error).toBeUndefined();
      expect(result.units).toBe(2);
      expect(result.logs.at(-1)).toBe(`Program ${toBase58(at(9))} success`);
    }
  });

  it('has to be there', () => {
    const result = send(world(), [call(at(9))]);
    expect(result).toMatchObject({ error: 'ProgramAccountNotFound', fee: 5000n, units: 0 });
  });

  it('has to be a program', () => {
    const svm = world();
    svm.setAccount(at(9), account({ lamports: SOL }));
    expect(send(svm, [call(at(9))]).error).toBe('InvalidProgramForExecution');
  });

  it('has to have a file that loads', () => {
    const svm = world();
    svm.addProgram(at(9), Uint8Array.of(1, 2, 3), PROGRAM.loaderV2);
    expect(send(svm, [call(at(9))])).toMatchObject({
      error: { InstructionError: [0, 'UnsupportedProgramId'] },
    });
  });

  it('waits for the slot after the one it was deployed in', () => {
    const svm = world();
    svm.warpToSlot(5);
    svm.addProgram(at(9), emptyProgram());
    const [, [holderAddress, holder]] = programAccounts(
      { address: toBase58(at(9)), file: emptyProgram() },
      { lamportsPerByte: 1n, threshold: 1, burnPercent: 50 },
    ) as readonly [unknown, readonly [Bytes, Account]];
    const data = holder.data.slice();
    new DataView(data.buffer).setBigUint64(4, 5n, true);
    svm.setAccount(holderAddress, { ...holder, lamports: SOL, data });
    expect(send(svm, [call(at(9))]).error).toEqual({ InstructionError: [0, 'UnsupportedProgramId'] });
    svm.warpToSlot(6);
    svm.expireBlockhash();
    expect(send(svm, [call(at(9))]).error).toBeUndefined();
  });
});

describe('what is loaded', () => {
  const limit = (size: number): Call => budgetCall(4, u32(size));

  it('counts each account and what programs keep behind theirs, once', () => {
    const svm = world();
    svm.addProgram(at(9), emptyProgram());
    svm.warpToSlot(10);
    svm.setAccount(at(3), account({ data: new Uint8Array(1000) }));
    // Payer, data account, program, its data, and the compute budget program: 64 bytes each, and what they hold.
    const program = svm.getAccount(at(9))!.data.length;
    const budget = svm.getAccount(PROGRAM.computeBudget)!.data.length;
    const holder = 45 + emptyProgram().length;
    const needed = 5 * 64 + 1000 + program + holder + budget;
    const calls = (size: number): readonly Call[] => [limit(size), call(at(9), [at(3)]), call(at(9))];
    expect(send(svm, calls(needed)).error).toBeUndefined();
    expect(send(svm, calls(needed - 1)).error).toBe('MaxLoadedAccountsDataSizeExceeded');
  });

  it('weighs nothing where there is no account', () => {
    const svm = world();
    const budget = svm.getAccount(PROGRAM.computeBudget)!.data.length;
    const system = svm.getAccount(PROGRAM.system)!.data.length;
    const needed = 3 * 64 + budget + system;
    const calls = (size: number): readonly Call[] => [
      limit(size),
      transfer(PAYER.address, at(7), 1_000_000n),
    ];
    expect(send(svm, calls(needed - 1)).error).toBe('MaxLoadedAccountsDataSizeExceeded');
    expect(send(svm, calls(needed)).error).toBeUndefined();
  });
});

describe('keys', () => {
  it.each([2, 5, 8, 9, 30])('are refused when one of %d comes twice', (count) => {
    const svm = world();
    const keys = Array.from({ length: count - 2 }, (_, i) => at(100 + i));
    const message: Message = {
      version: 'legacy',
      header: { signatures: 1, readonlySigned: 0, readonlyUnsigned: 1 },
      keys: [PAYER.address, ...keys, SYSTEM],
      blockhash: blockhashOf(svm),
      instructions: [{ program: count - 1, accounts: Uint8Array.of(0, 0), data: bytes(u32(2), u64(1n)) }],
    };
    expect(svm.sendTransaction(sign(message, PAYER)).error).toBeUndefined();
    for (const twice of [0, count - 3].filter((place) => place >= 0 && place < keys.length)) {
      const repeated = { ...message, keys: [PAYER.address, ...keys.with(twice, PAYER.address), SYSTEM] };
      expect(svm.sendTransaction(sign(repeated, PAYER)).error).toBe('AccountLoadedTwice');
    }
  });
});

describe('lookup tables', () => {
  const TABLE = at(50);
  const tableAccount = (...addresses: readonly Bytes[]): Account => {
    const data = new Uint8Array(56 + 32 * addresses.length);
    const view = new DataView(data.buffer);
    view.setUint32(0, 1, true);
    view.setBigUint64(4, 2n ** 64n - 1n, true);
    for (const [i, address] of addresses.entries()) data.set(address, 56 + 32 * i);
    return account({ owner: addressBytes(MIGRATED_PROGRAM.addressLookupTable), data });
  };
  const messageVia = (svm: SolanaSvm, lookup: { writable: number[]; readonly: number[] }): Message => ({
    version: 0,
    header: { signatures: 1, readonlySigned: 0, readonlyUnsigned: 1 },
    keys: [PAYER.address, SYSTEM],
    blockhash: blockhashOf(svm),
    instructions: [{ program: 1, accounts: Uint8Array.of(0, 2), data: bytes(u32(2), u64(SOL)) }],
    lookups: [
      {
        table: TABLE,
        writable: Uint8Array.from(lookup.writable),
        readonly: Uint8Array.from(lookup.readonly),
      },
    ],
  });

  it('stand for accounts that can be written to, or only read', () => {
    const svm = world();
    svm.setAccount(TABLE, tableAccount(at(60), at(61)));
    svm.warpToSlot(10);
    const written = messageVia(svm, { writable: [1], readonly: [0] });
    expect(svm.sendTransaction(sign(written, PAYER)).error).toBeUndefined();
    expect(svm.getBalance(at(61))).toBe(SOL);
    const read = messageVia(svm, { writable: [], readonly: [0] });
    expect(svm.sendTransaction(sign(read, PAYER)).error).toEqual({
      InstructionError: [0, 'ReadonlyLamportChange'],
    });
  });

  it('are refused when they are none, or have no such entry', () => {
    const svm = world();
    const errorWith = (table: Account | undefined, index: number) => {
      svm.setAccount(TABLE, table);
      return svm.sendTransaction(sign(messageVia(svm, { writable: [index], readonly: [] }), PAYER)).error;
    };
    svm.warpToSlot(10);
    expect(errorWith(undefined, 0)).toBe('AddressLookupTableNotFound');
    expect(errorWith(account({ data: new Uint8Array(88) }), 0)).toBe('InvalidAddressLookupTableOwner');
    expect(errorWith({ ...tableAccount(at(60)), data: new Uint8Array(88) }, 0)).toBe(
      'InvalidAddressLookupTableData',
    );
    expect(errorWith(tableAccount(at(60)), 1)).toBe('InvalidAddressLookupTableIndex');
    expect(errorWith(tableAccount(at(60)), 0)).toBeUndefined();
  });

  it('do not make sysvars writable', () => {
    const svm = world();
    svm.setAccount(TABLE, tableAccount(addressBytes(SYSVAR.clock)));
    svm.warpToSlot(10);
    expect(svm.sendTransaction(sign(messageVia(svm, { writable: [0], readonly: [] }), PAYER)).error).toEqual({
      InstructionError: [0, 'ReadonlyLamportChange'],
    });
  });
});
