import { concatBytes } from '@ninefold/base';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_ACCOUNT_DATA_BYTES } from '../src/host/accounts.ts';
import { addressBytes, toBase58 } from '../src/host/base58.ts';
import { findProgramAddress } from '../src/host/program-address.ts';
import {
  decodeLoaderState,
  deployedFile,
  encodeLoaderState,
  type LoaderState,
  programDataOf,
} from '../src/host/programs/loader-state.ts';
import { MINIMUM_EXTEND_BYTES } from '../src/host/programs/loader-v3.ts';
import { type AccountState, createSvm, type Instruction, type MessageOutcome } from '../src/run.ts';
import { PROGRAM, SYSVAR } from '../src/spec/addresses.ts';
import { encode, EXIT } from './support/assemble.ts';
import { ENVIRONMENT } from './support/call.ts';
import { strictElf } from './support/elf.ts';
import { account, key, meta, pack, systemAccount } from './support/world.ts';

const SLOT = 100n;
const PRICE = 10n;
const rent = (length: number): bigint => (128n + BigInt(length)) * PRICE;

const LOADER = addressBytes(PROGRAM.loaderV3);
const RENT_KEY = addressBytes(SYSVAR.rent);
const CLOCK_KEY = addressBytes(SYSVAR.clock);
const ALICE = key(1);
const BOB = key(2);
const BUFFER = key(3);
const PROGRAM_KEY = key(4);
const DATA_KEY = findProgramAddress([PROGRAM_KEY], LOADER)!.address;

const FILE = strictElf([encode(0xb7, { dst: 0, imm: 0 }), EXIT]);
const OTHER_FILE = strictElf([encode(0xb7, { dst: 0, imm: 7 }), EXIT]);

const CLOCK = new Uint8Array(40);
new DataView(CLOCK.buffer).setBigUint64(0, SLOT, true);
const RENT = concatBytes(pack(PRICE), new Uint8Array(new Float64Array([1]).buffer), Uint8Array.of(50));

const state = (value: LoaderState, file: Uint8Array = new Uint8Array(0), header = 0): Uint8Array => {
  const bytes = encodeLoaderState(value);
  const data = new Uint8Array(Math.max(header, bytes.length) + file.length);
  data.set(bytes);
  data.set(file, Math.max(header, bytes.length));
  return data;
};

const bufferData = (file: Uint8Array, authority: Uint8Array | undefined = ALICE): Uint8Array =>
  state({ kind: 'buffer', authority }, file, 37);
const programData = (
  file: Uint8Array,
  authority: Uint8Array | undefined = ALICE,
  slot: bigint = 5n,
): Uint8Array => state({ kind: 'programData', slot, authority }, file, 45);

const owned = (at: Uint8Array, data: Uint8Array, more: Partial<AccountState> = {}): AccountState =>
  account(at, { lamports: rent(data.length), data, owner: LOADER, ...more });

/** The accounts that tests name by their letter. */
type Cast = Readonly<Record<string, AccountState>>;

function cast(more: Cast = {}): Cast {
  return {
    payer: account(key(9), { lamports: 10n ** 12n }),
    alice: account(ALICE, { lamports: 1000n }),
    bob: account(BOB, { lamports: 1000n }),
    buffer: owned(BUFFER, bufferData(FILE)),
    program: owned(PROGRAM_KEY, new Uint8Array(36)),
    data: account(DATA_KEY),
    rent: account(RENT_KEY),
    clock: account(CLOCK_KEY),
    system: systemAccount(),
    ...more,
  };
}

/** A program that was deployed before, with its buffer. */
const deployed = (more: Cast = {}): Cast =>
  cast({
    program: owned(PROGRAM_KEY, state({ kind: 'program', programData: DATA_KEY }), { isExecutable: true }),
    data: owned(DATA_KEY, programData(concatBytes(OTHER_FILE, new Uint8Array(200)))),
    ...more,
  });

type Result = MessageOutcome & { readonly cast: Cast; readonly reason: unknown };

/** Executes one instruction; each word is an account and, behind a colon, its rights. */
function loader(
  words: string,
  data: Uint8Array,
  accounts: Cast = cast(),
  features?: ReadonlySet<string>,
): Result {
  const names = Object.keys(accounts);
  const list = names.map((name) => ({ ...accounts[name]! }));
  const metas: Instruction['accounts'] = words
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => {
      const [name, rights] = word.split(':');
      return meta(names.indexOf(name!), rights);
    });
  const svm = createSvm({
    environment: {
      ...ENVIRONMENT,
      ...(features !== undefined && { features }),
      sysvars: new Map<string, Uint8Array>([
        [SYSVAR.clock, CLOCK],
        [SYSVAR.rent, RENT],
      ]),
    },
    programFile: () => undefined,
  });
  const self = account(LOADER, {
    lamports: 1n,
    owner: addressBytes(PROGRAM.nativeLoader),
    isExecutable: true,
  });
  const outcome = svm.run({
    accounts: [...list, self],
    instructions: [{ program: list.length, accounts: metas, data }],
    budget: 100_000,
  });
  const after = Object.fromEntries(names.map((name, i) => [name, list[i]!]));
  return { ...outcome, cast: after, reason: outcome.error?.[1] };
}

const said = ({ logs }: Result, text: string): boolean => logs.some((line) => line.includes(text));
const write = (offset: number, bytes: Uint8Array): Uint8Array =>
  concatBytes(pack(1, offset), pack(BigInt(bytes.length)), bytes);
const deployWith = (length: bigint): Uint8Array => pack(2, length);

const DEPLOY = 'payer:sw data:w program:w buffer:w rent clock system alice:s';
const UPGRADE = 'data:w program:w buffer:w bob:w rent clock alice:s';

describe('the states of its accounts', () => {
  const optional = fc.option(fc.uint8Array({ minLength: 32, maxLength: 32 }), { nil: undefined });
  const states: fc.Arbitrary<LoaderState> = fc.oneof(
    fc.constant({ kind: 'uninitialized' as const }),
    optional.map((authority) => ({ kind: 'buffer' as const, authority })),
    fc
      .uint8Array({ minLength: 32, maxLength: 32 })
      .map((bytes) => ({ kind: 'program' as const, programData: bytes })),
    fc
      .tuple(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), optional)
      .map(([slot, authority]) => ({ kind: 'programData' as const, slot, authority })),
  );

  it('come back as they were written, whatever follows', () => {
    fc.assert(
      fc.property(states, fc.uint8Array(), (value, rest) => {
        expect(decodeLoaderState(concatBytes(encodeLoaderState(value), rest))).toEqual(value);
      }),
    );
  });

  it('are none or one, for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(() => decodeLoaderState(bytes)).not.toThrow();
      }),
    );
    for (const bytes of [[], [4, 0, 0, 0], [1, 0, 0, 0, 2], [2, 0, 0, 0, 1], [3, 0, 0, 0]])
      expect(decodeLoaderState(Uint8Array.from(bytes))).toBe(undefined);
  });

  it('tell where the file of a program is, from the slot after its deployment on', () => {
    expect(programDataOf(deployed()['program']!)).toEqual(DATA_KEY);
    expect(programDataOf(cast()['program']!)).toBe(undefined);
    expect(programDataOf({ ...deployed()['program']!, owner: ALICE })).toBe(undefined);
    const data = programData(FILE, ALICE, 7n);
    expect(deployedFile(data, 7n)).toBe(undefined);
    expect(deployedFile(data, 8n)).toEqual(FILE);
    expect(deployedFile(data, 8n)).toBe(deployedFile(data, 9n));
    expect(deployedFile(bufferData(FILE), 8n)).toBe(undefined);
  });
});

describe('instructions', () => {
  it.each([
    ['no tag', new Uint8Array(3)],
    ['an unknown tag', pack(77)],
    ['migration, which was given up', pack(8)],
    ['checked extension before its feature', pack(9, 10_240)],
    ['half a length', pack(2, 5)],
    ['fewer bytes than said', concatBytes(pack(1, 0), pack(5n), new Uint8Array(4))],
  ])('%s is none', (_, data) => {
    const result = loader('buffer:w alice:s', data);
    expect(result.reason).toBe('InvalidInstructionData');
    expect(result.units).toBe(2370);
  });

  it.each([
    ['InitializeBuffer', 'buffer:w', pack(0)],
    ['Write', 'buffer:w', write(0, FILE)],
    ['DeployWithMaxDataLen', 'payer data program', deployWith(200n)],
    ['DeployWithMaxDataLen', 'payer data program buffer rent clock system', deployWith(200n)],
    ['Upgrade', 'data:w program:w', pack(3)],
    ['Upgrade', 'data:w program:w buffer:w bob:w rent clock', pack(3)],
    ['SetAuthority', 'buffer:w', pack(4)],
    ['Close', 'buffer:w', pack(5)],
    ['ExtendProgram', '', pack(6, 10_240)],
    ['SetAuthorityChecked', 'buffer:w alice:s', pack(7)],
  ])('%s needs its accounts (%s)', (_, words, data) => {
    expect(loader(words, data).reason).toBe('MissingAccount');
  });
});

describe('buffers', () => {
  it('begin empty, for an authority', () => {
    const empty = cast({ buffer: owned(BUFFER, new Uint8Array(50)) });
    const result = loader('buffer:w bob', pack(0), empty);
    expect(result.error).toBe(undefined);
    expect(decodeLoaderState(result.cast['buffer']!.data)).toEqual({ kind: 'buffer', authority: BOB });
    expect(loader('buffer:w bob', pack(0)).reason).toBe('AccountAlreadyInitialized');
    expect(loader('buffer bob', pack(0), empty).reason).toBe('ReadonlyDataModified');
    const small = cast({ buffer: owned(BUFFER, new Uint8Array(36)) });
    expect(loader('buffer:w bob', pack(0), small).reason).toBe('AccountDataTooSmall');
  });

  it('are written by their authority', () => {
    const result = loader('buffer:w alice:s', write(2, Uint8Array.of(9, 8)));
    expect(result.cast['buffer']!.data.subarray(37, 42)).toEqual(
      Uint8Array.of(FILE[0]!, FILE[1]!, 9, 8, FILE[4]!),
    );
  });

  it.each([
    ['Incorrect buffer authority provided', 'IncorrectAuthority', 'buffer:w bob:s', {}],
    ['Buffer authority did not sign', 'MissingRequiredSignature', 'buffer:w alice', {}],
    [
      'Buffer is immutable',
      'Immutable',
      'buffer:w alice:s',
      { buffer: owned(BUFFER, state({ kind: 'buffer', authority: undefined }, FILE, 37)) },
    ],
    [
      'Invalid Buffer account',
      'InvalidAccountData',
      'buffer:w alice:s',
      { buffer: owned(BUFFER, new Uint8Array(50)) },
    ],
  ])('%s', (text, reason, words, more) => {
    const result = loader(words, write(0, Uint8Array.of(1)), cast(more as Cast));
    expect(result.reason).toBe(reason);
    expect(said(result, text)).toBe(true);
  });

  it('do not overflow', () => {
    const result = loader('buffer:w alice:s', write(FILE.length - 1, Uint8Array.of(1, 2)));
    expect(result.reason).toBe('AccountDataTooSmall');
    expect(said(result, `Write overflow: ${37 + FILE.length} < ${38 + FILE.length}`)).toBe(true);
  });
});

describe('deployment', () => {
  it('makes the second account, pays for it, and empties the buffer', () => {
    const result = loader(DEPLOY, deployWith(300n));
    expect(result.error).toBe(undefined);
    expect(said(result, `Deployed program ${toBase58(PROGRAM_KEY)}`)).toBe(true);
    const { payer, data, program, buffer } = result.cast;
    expect(decodeLoaderState(data!.data)).toEqual({ kind: 'programData', slot: SLOT, authority: ALICE });
    expect(data!.data).toHaveLength(345);
    expect(data!.data.subarray(45, 45 + FILE.length)).toEqual(FILE);
    expect(data!.lamports).toBe(rent(345));
    expect(data!.owner).toEqual(LOADER);
    expect(program!.isExecutable).toBe(true);
    expect(programDataOf(program!)).toEqual(DATA_KEY);
    expect(buffer!.lamports).toBe(0n);
    expect(buffer!.data).toHaveLength(37);
    expect(payer!.lamports).toBe(10n ** 12n + rent(37 + FILE.length) - rent(345));
    // The loader's own units and those of the system program that it calls.
    expect(result.units).toBe(2370 + 150);
  });

  const poor = { lamports: rent(36) - 1n };
  it.each<[text: string, reason: string, more: Cast, length?: bigint, words?: string]>([
    ['Program account already initialized', 'AccountAlreadyInitialized', { program: deployed()['program']! }],
    ['Program account too small', 'AccountDataTooSmall', { program: owned(PROGRAM_KEY, new Uint8Array(35)) }],
    [
      'Program account not rent-exempt',
      'ExecutableAccountNotRentExempt',
      { program: owned(PROGRAM_KEY, new Uint8Array(36), poor) },
    ],
    [
      "Buffer and upgrade authority don't match",
      'IncorrectAuthority',
      { buffer: owned(BUFFER, bufferData(FILE, BOB)) },
    ],
    [
      'Upgrade authority did not sign',
      'MissingRequiredSignature',
      {},
      300n,
      DEPLOY.replace('alice:s', 'alice'),
    ],
    ['Invalid Buffer account', 'InvalidArgument', { buffer: owned(BUFFER, new Uint8Array(50)) }],
    [
      'Buffer account not owned by loader',
      'IncorrectProgramId',
      { buffer: { ...cast()['buffer']!, owner: BOB } },
    ],
    ['Buffer account not writeable', 'InvalidArgument', {}, 300n, DEPLOY.replace('buffer:w', 'buffer')],
    [
      'Buffer account too small',
      'InvalidAccountData',
      { buffer: owned(BUFFER, bufferData(new Uint8Array(0))) },
    ],
    ['Max data length is too small to hold Buffer data', 'AccountDataTooSmall', {}, 10n],
    ['Max data length is too large', 'InvalidArgument', {}, BigInt(MAX_ACCOUNT_DATA_BYTES)],
    ['ProgramData address is not derived', 'InvalidArgument', {}, 300n, DEPLOY.replace('data:w', 'bob:w')],
    ['already in use', 'Custom', { data: account(DATA_KEY, { lamports: 1n }) }],
    [
      'Incompatible ELF: wrong ABI',
      'InvalidAccountData',
      { buffer: owned(BUFFER, bufferData(new Uint8Array(80))) },
    ],
  ])('%s', (text, reason, more, length = 300n, words = DEPLOY) => {
    const result = loader(words, deployWith(length), cast(more));
    if (reason === 'Custom') expect(result.reason).toEqual({ Custom: 0 });
    else expect(result.reason).toBe(reason);
    if (!text.includes('ELF')) expect(said(result, text)).toBe(true);
  });

  it('asks for its sysvars where they belong', () => {
    expect(loader(DEPLOY.replace('rent', 'clock'), deployWith(300n)).reason).toBe('InvalidArgument');
    expect(loader(DEPLOY.replace('clock', 'rent'), deployWith(300n)).reason).toBe('InvalidArgument');
  });

  it('refuses syscalls that new programs may not use', () => {
    const file = strictElf([encode(0xff), EXIT]);
    const result = loader(DEPLOY, deployWith(300n), cast({ buffer: owned(BUFFER, bufferData(file)) }));
    expect(result.reason).toBe('InvalidAccountData');
    expect(said(result, 'unknown eBPF opcode')).toBe(true);
  });
});

describe('upgrades', () => {
  it('replace the file, zero the rest, and spill what is too much', () => {
    const result = loader(UPGRADE, pack(3), deployed());
    expect(result.error).toBe(undefined);
    const { data, buffer, bob } = result.cast;
    expect(data!.data.subarray(45, 45 + FILE.length)).toEqual(FILE);
    expect(data!.data.subarray(45 + FILE.length).every((byte) => byte === 0)).toBe(true);
    expect(decodeLoaderState(data!.data)).toMatchObject({ slot: SLOT });
    expect(buffer!.lamports).toBe(0n);
    expect(bob!.lamports).toBe(1000n + rent(37 + FILE.length));
    expect(said(result, `Upgraded program ${toBase58(PROGRAM_KEY)}`)).toBe(true);
  });

  const file = concatBytes(OTHER_FILE, new Uint8Array(200));
  it.each<[text: string, reason: string, more: Cast, words?: string]>([
    ['Program account not writeable', 'InvalidArgument', {}, UPGRADE.replace('program:w', 'program')],
    [
      'Program account not owned by loader',
      'IncorrectProgramId',
      { program: { ...deployed()['program']!, owner: BOB } },
    ],
    ['Invalid Program account', 'InvalidAccountData', { program: cast()['program']! }],
    ['Program and ProgramData account mismatch', 'InvalidArgument', {}, UPGRADE.replace('data:w', 'payer:w')],
    [
      'ProgramData account not large enough',
      'AccountDataTooSmall',
      { data: owned(DATA_KEY, programData(new Uint8Array(20))) },
    ],
    [
      'Buffer account balance too low to fund upgrade',
      'InsufficientFunds',
      {
        data: owned(DATA_KEY, programData(file), { lamports: 0n }),
        buffer: owned(BUFFER, bufferData(FILE), { lamports: 5n }),
      },
    ],
    [
      'Program was deployed in this block already',
      'InvalidArgument',
      { data: owned(DATA_KEY, programData(file, ALICE, SLOT)) },
    ],
    [
      'Program not upgradeable',
      'Immutable',
      { data: owned(DATA_KEY, state({ kind: 'programData', slot: 5n, authority: undefined }, file, 45)) },
    ],
    [
      'Incorrect upgrade authority provided',
      'IncorrectAuthority',
      { data: owned(DATA_KEY, programData(file, BOB)) },
    ],
    ['Invalid ProgramData account', 'InvalidAccountData', { data: owned(DATA_KEY, bufferData(file)) }],
  ])('%s', (text, reason, more, words = UPGRADE) => {
    const result = loader(words, pack(3), deployed(more));
    expect(result.reason).toBe(reason);
    expect(said(result, text)).toBe(true);
  });

  it('want different accounts', () => {
    expect(loader(UPGRADE.replace('bob:w', 'data:w'), pack(3), deployed()).reason).toBe(
      'AccountBorrowFailed',
    );
    expect(loader(UPGRADE.replace('bob:w', 'buffer:w'), pack(3), deployed()).reason).toBe(
      'AccountBorrowFailed',
    );
  });
});

describe('authorities', () => {
  it('hand over buffers and programs', () => {
    const buffer = loader('buffer:w alice:s bob', pack(4));
    expect(decodeLoaderState(buffer.cast['buffer']!.data)).toMatchObject({ authority: BOB });
    expect(said(buffer, `New authority Some(${toBase58(BOB)})`)).toBe(true);
    const program = loader('data:w alice:s', pack(4), deployed());
    expect(decodeLoaderState(program.cast['data']!.data)).toMatchObject({ authority: undefined, slot: 5n });
    expect(said(program, 'New authority None')).toBe(true);
  });

  it('hand over to who signs', () => {
    const result = loader('data:w alice:s bob:s', pack(7), deployed());
    expect(decodeLoaderState(result.cast['data']!.data)).toMatchObject({ authority: BOB });
    expect(said(result, `New authority ${toBase58(BOB)}`)).toBe(true);
    expect(loader('data:w alice:s bob', pack(7), deployed()).reason).toBe('MissingRequiredSignature');
    const before = new Set(
      [...ENVIRONMENT.features].filter((name) => !name.includes('set_authority_checked')),
    );
    expect(loader('data:w alice:s bob:s', pack(7), deployed(), before).reason).toBe('InvalidInstructionData');
  });

  it.each([
    ['buffer:w alice:s', 'IncorrectAuthority', 'Buffer authority is not optional'],
    ['buffer:w bob:s alice', 'IncorrectAuthority', 'Incorrect buffer authority provided'],
    ['buffer:w alice bob', 'MissingRequiredSignature', 'Buffer authority did not sign'],
    ['data:w bob:s', 'IncorrectAuthority', 'Incorrect upgrade authority provided'],
    ['data:w alice', 'MissingRequiredSignature', 'Upgrade authority did not sign'],
    ['program:w alice:s', 'InvalidArgument', 'Account does not support authorities'],
  ])('refuse %s', (words, reason, text) => {
    const result = loader(words, pack(4), deployed());
    expect(result.reason).toBe(reason);
    expect(said(result, text)).toBe(true);
  });
});

describe('closing', () => {
  it('gives back what a buffer and a program hold', () => {
    const buffer = loader('buffer:w bob:w alice:s', pack(5));
    expect(buffer.cast['bob']!.lamports).toBe(1000n + rent(37 + FILE.length));
    expect(buffer.cast['buffer']!.data).toEqual(new Uint8Array(4));
    expect(said(buffer, 'Closed Buffer')).toBe(true);
    const before = deployed();
    const program = loader('data:w bob:w alice:s program:w', pack(5), before);
    expect(program.cast['bob']!.lamports).toBe(1000n + before['data']!.lamports);
    expect(said(program, 'Closed Program')).toBe(true);
    const empty = loader('buffer:w bob:w', pack(5), cast({ buffer: owned(BUFFER, new Uint8Array(9)) }));
    expect(said(empty, 'Closed Uninitialized')).toBe(true);
  });

  it.each<[words: string, reason: string, text: string, more?: Cast]>([
    ['buffer:w buffer:w alice:s', 'InvalidArgument', 'Recipient is the same as the account being closed'],
    ['buffer:w bob:w bob:s', 'IncorrectAuthority', 'Incorrect authority provided'],
    ['buffer:w bob:w alice', 'MissingRequiredSignature', 'Authority did not sign'],
    ['program:w bob:w alice:s', 'InvalidArgument', 'Account does not support closing'],
    ['data:w bob:w alice:s program', 'InvalidArgument', 'Program account is not writable'],
    ['data:w bob:w alice:s payer:w', 'IncorrectProgramId', 'Program account not owned by loader'],
    ['data:w bob:w alice:s buffer:w', 'InvalidArgument', 'Invalid Program account'],
    [
      'data:w bob:w alice:s program:w',
      'InvalidArgument',
      'Program was deployed in this block already',
      { data: owned(DATA_KEY, programData(FILE, ALICE, SLOT)) },
    ],
    [
      'data:w bob:w alice:s program:w',
      'InvalidArgument',
      'ProgramData account does not match ProgramData account',
      { program: owned(PROGRAM_KEY, state({ kind: 'program', programData: BOB })) },
    ],
    [
      'data:w bob:w alice:s program:w',
      'Immutable',
      'Account is immutable',
      { data: owned(DATA_KEY, state({ kind: 'programData', slot: 5n, authority: undefined }, FILE, 45)) },
    ],
  ])('refuses %s: %s', (words, reason, text, more = {}) => {
    const result = loader(words, pack(5), deployed(more));
    expect(result.reason).toBe(reason);
    expect(said(result, text)).toBe(true);
  });
});

describe('extension', () => {
  const EXTEND = 'data:w program:w system payer:sw';
  const file = concatBytes(OTHER_FILE, new Uint8Array(200));

  it('makes room at the cost of the payer', () => {
    const before = deployed();
    const { length } = before['data']!.data;
    const result = loader(EXTEND, pack(6, MINIMUM_EXTEND_BYTES), before);
    expect(result.error).toBe(undefined);
    expect(result.cast['data']!.data).toHaveLength(length + MINIMUM_EXTEND_BYTES);
    expect(result.cast['data']!.lamports).toBe(rent(length + MINIMUM_EXTEND_BYTES));
    expect(result.cast['payer']!.lamports).toBe(10n ** 12n - BigInt(MINIMUM_EXTEND_BYTES) * PRICE);
    expect(decodeLoaderState(result.cast['data']!.data)).toMatchObject({ slot: SLOT, authority: ALICE });
  });

  it.each<[text: string, reason: string, bytes: number, more?: Cast, words?: string]>([
    ['Additional bytes must be greater than 0', 'InvalidInstructionData', 0],
    ['ExtendProgram requires a minimum of 10240 additional bytes', 'InvalidArgument', 10_239],
    ['exceeds max account data length', 'InvalidRealloc', MAX_ACCOUNT_DATA_BYTES],
    [
      'ProgramData owner is invalid',
      'InvalidAccountOwner',
      10_240,
      { data: { ...deployed()['data']!, owner: BOB } },
    ],
    ['ProgramData is not writable', 'InvalidArgument', 10_240, {}, EXTEND.replace('data:w', 'data')],
    [
      'Program account is not writable',
      'InvalidArgument',
      10_240,
      {},
      EXTEND.replace('program:w', 'program'),
    ],
    [
      'Program account not owned by loader',
      'InvalidAccountOwner',
      10_240,
      {},
      EXTEND.replace('program:w', 'bob:w'),
    ],
    ['Invalid Program account', 'InvalidAccountData', 10_240, { program: cast()['program']! }],
    [
      'Program account does not match ProgramData account',
      'InvalidArgument',
      10_240,
      { program: owned(PROGRAM_KEY, state({ kind: 'program', programData: BOB })) },
    ],
    [
      'ProgramData state is invalid',
      'InvalidAccountData',
      10_240,
      { data: owned(DATA_KEY, bufferData(file)) },
    ],
    [
      'Program was extended in this block already',
      'InvalidArgument',
      10_240,
      { data: owned(DATA_KEY, programData(file, ALICE, SLOT)) },
    ],
    [
      'Cannot extend ProgramData accounts that are not upgradeable',
      'Immutable',
      10_240,
      { data: owned(DATA_KEY, state({ kind: 'programData', slot: 5n, authority: undefined }, file, 45)) },
    ],
  ])('%s', (text, reason, bytes, more = {}, words = EXTEND) => {
    const result = loader(words, pack(6, bytes), deployed(more));
    expect(result.reason).toBe(reason);
    expect(said(result, text)).toBe(true);
  });

  it('asks the authority once its feature is active', () => {
    const features = new Set([...ENVIRONMENT.features, 'enable_extend_program_checked']);
    const checked = 'data:w program:w alice:s system payer:sw';
    expect(loader(checked, pack(9, 10_240), deployed(), features).error).toBe(undefined);
    expect(loader(checked.replace('alice:s', 'bob:s'), pack(9, 10_240), deployed(), features).reason).toBe(
      'IncorrectAuthority',
    );
    const result = loader(EXTEND, pack(6, 10_240), deployed(), features);
    expect(result.reason).toBe('InvalidInstructionData');
    expect(said(result, 'ExtendProgram was superseded by ExtendProgramChecked')).toBe(true);
  });
});

describe('the loaders before it', () => {
  it.each([
    [PROGRAM.loaderV1, 1140, 'Deprecated loader is no longer supported'],
    [PROGRAM.loaderV2, 570, 'BPF loader management instructions are no longer supported'],
  ])('%s takes no instructions any more', (address, units, text) => {
    const self = account(addressBytes(address), {
      lamports: 1n,
      owner: addressBytes(PROGRAM.nativeLoader),
      isExecutable: true,
    });
    const outcome = createSvm({ environment: ENVIRONMENT, programFile: () => undefined }).run({
      accounts: [self],
      instructions: [{ program: 0, accounts: [], data: new Uint8Array(0) }],
      budget: 5000,
    });
    expect(outcome.error).toEqual([0, 'UnsupportedProgramId']);
    expect(outcome.units).toBe(units);
    expect(outcome.logs).toContain(text);
  });
});

it('a program that its own transaction upgrades cannot be called before the next slot', () => {
  const accounts = deployed();
  const names = Object.keys(accounts);
  const list = names.map((name) => ({ ...accounts[name]! }));
  const at = (name: string): number => names.indexOf(name);
  const self = account(LOADER, {
    lamports: 1n,
    owner: addressBytes(PROGRAM.nativeLoader),
    isExecutable: true,
  });
  const environment = {
    ...ENVIRONMENT,
    sysvars: new Map<string, Uint8Array>([
      [SYSVAR.clock, CLOCK],
      [SYSVAR.rent, RENT],
    ]),
  };
  const call = { program: at('program'), accounts: [], data: new Uint8Array(0) };
  const upgrade = {
    program: list.length,
    data: pack(3),
    accounts: UPGRADE.split(' ').map((word) => meta(at(word.split(':')[0]!), word.split(':')[1])),
  };
  const svm = createSvm({ environment, programFile: () => FILE });
  const outcome = svm.run({
    accounts: [...list, self],
    instructions: [call, upgrade, call],
    budget: 100_000,
  });
  expect(outcome.error).toEqual([2, 'UnsupportedProgramId']);
  expect(outcome.logs).toContain('Program is not deployed');
});
