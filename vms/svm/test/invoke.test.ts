import { concatBytes, utf8ToBytes } from '@ninefold/base';
import { describe, expect, it } from 'vitest';
import { addressBytes, toBase58 } from '../src/host/base58.ts';
import { findProgramAddress } from '../src/host/program-address.ts';
import type { AccountState, Instruction, MessageOutcome } from '../src/run.ts';
import { PROGRAM } from '../src/spec/addresses.ts';
import { encode, EXIT } from './support/assemble.ts';
import {
  cCaller,
  type Called,
  DATA,
  field,
  KEY,
  LAMPORTS,
  layOut,
  type Meta,
  OWNER,
} from './support/caller.ts';
import { strictElf } from './support/elf.ts';
import {
  account,
  key,
  meta,
  pack,
  programAccount,
  programWith,
  runMessage,
  SYSTEM,
  systemAccount,
} from './support/world.ts';

const A = key(42);
const B = key(43);

function rustCaller(
  programKey: Uint8Array,
  { metas = [], data = new Uint8Array(0), infos = [] }: Called,
  keys: readonly Uint8Array[],
): Uint8Array {
  const counts = pack(1n, 0n, 0n);
  const { bytes, at } = layOut([
    (to) => pack(to[1]!, 9n, BigInt(metas.length), to[2]!, 9n, BigInt(data.length), programKey),
    () =>
      concatBytes(
        ...metas.map((m) =>
          concatBytes(keys[m.account]!, Uint8Array.of(Number(m.isSigner), Number(m.isWritable))),
        ),
      ),
    () => data,
    // The boxes of lamports and data: counts and borrow flag, then the pointer.
    () => concatBytes(...infos.map((i) => concatBytes(counts, pack(field(i, LAMPORTS))))),
    () => concatBytes(...infos.map((i) => concatBytes(counts, pack(field(i, DATA), 0n)))),
    (to) =>
      concatBytes(
        ...infos.map((i, n) =>
          pack(field(i, KEY), to[3]! + BigInt(32 * n), to[4]! + BigInt(40 * n), field(i, OWNER), 0n, 0n),
        ),
      ),
  ]);
  return programWith(bytes, 'sol_invoke_signed_rust', [at[0]!, at[5]!, BigInt(infos.length), 0n, 0n]);
}

const transfer = (lamports: bigint): Uint8Array => pack(2, lamports);
const FROM_TO: readonly Meta[] = [
  { account: 0, isSigner: true, isWritable: true },
  { account: 1, isSigner: false, isWritable: true },
];

/** Runs A on `metas`; it is the last account. */
function runA(
  file: Uint8Array,
  accounts: readonly AccountState[],
  metas: Instruction['accounts'],
  more: readonly (readonly [Uint8Array, Uint8Array])[] = [],
): MessageOutcome {
  const all = [...accounts, programAccount(A)];
  return runMessage(
    all,
    [{ program: all.length - 1, accounts: metas, data: new Uint8Array(0) }],
    [[A, file], ...more],
  );
}

describe('a call', () => {
  const accounts = () => [account(key(1), { lamports: 100n }), account(key(2)), systemAccount()];
  const metas = [meta(0, 'sw'), meta(1, 'w'), meta(2)];

  it('means the same in the C and in the Rust form', () => {
    const called: Called = { program: 2, metas: FROM_TO, data: transfer(30n), infos: [0, 1, 2] };
    const inC = accounts();
    const inRust = accounts();
    const c = runA(cCaller(called), inC, metas);
    const rust = runA(
      rustCaller(
        SYSTEM,
        called,
        inRust.map((state) => state.key),
      ),
      inRust,
      metas,
    );
    expect(c.error).toBeUndefined();
    expect(rust.error).toBeUndefined();
    expect(inC.map(({ lamports }) => lamports)).toEqual([70n, 30n, 1n]);
    expect(inRust.map(({ lamports }) => lamports)).toEqual([70n, 30n, 1n]);
  });

  it('signs for addresses derived from the caller', () => {
    const { address, bump } = findProgramAddress([utf8ToBytes('vault')], A)!;
    const vault = account(address, { lamports: 50n });
    const world = [vault, account(key(2)), systemAccount()];
    const called: Called = { program: 2, metas: FROM_TO, data: transfer(20n), infos: [0, 1, 2] };
    const unsigned = [meta(0, 'w'), meta(1, 'w'), meta(2)];
    const seeds = [utf8ToBytes('vault'), Uint8Array.of(bump)];
    expect(runA(cCaller({ ...called, seeds }), world, unsigned).error).toBeUndefined();
    expect(vault.lamports).toBe(30n);
    expect(
      runA(cCaller({ ...called, seeds: [utf8ToBytes('other')] }), world, unsigned).error?.[1],
    ).not.toBeUndefined();
    expect(runA(cCaller(called), world, unsigned).error?.[1]).toBe('PrivilegeEscalation');
    const long = runA(cCaller({ ...called, seeds: [new Uint8Array(33)] }), world, unsigned);
    expect(long.logs.at(-1)).toContain(
      'Could not create program address with signer seeds: Length of the seed',
    );
  });

  it('needs every account in the instruction and among the structures', () => {
    const called: Called = { program: 2, metas: FROM_TO, data: transfer(1n), infos: [0] };
    const outcome = runA(cCaller(called), accounts(), metas);
    expect(outcome.error?.[1]).toBe('MissingAccount');
    expect(outcome.logs.join()).toContain(`Instruction references an unknown account ${toBase58(key(2))}`);
  });

  it('refuses structures that do not point at the input', () => {
    // The second structure claims the first account's lamports.
    const file = cCaller({ program: 2, metas: FROM_TO, data: transfer(1n), infos: [0, 1, 2] });
    const wrong = file.slice();
    const view = new DataView(wrong.buffer);
    for (let at = 0; at + 8 <= wrong.length; at += 8) {
      if (view.getBigUint64(at, true) === field(1, LAMPORTS)) view.setBigUint64(at, field(0, LAMPORTS), true);
    }
    const outcome = runA(wrong, accounts(), metas);
    expect(outcome.logs.join()).toContain('Invalid account info pointer `lamports');
    expect(outcome.logs.at(-1)).toContain('failed: Invalid pointer');
  });

  it('has limits on data and targets', () => {
    const large = cCaller({ program: 2, data: new Uint8Array(10_241) });
    expect(runA(large, accounts(), metas).logs.at(-1)).toContain(
      'Invoked an instruction with data that is too large (10241 > 10240)',
    );
    const loader = account(addressBytes(PROGRAM.loaderV2));
    const forbidden = runA(cCaller({ program: 0 }), [loader], [meta(0)]);
    expect(forbidden.logs.at(-1)).toContain(
      `Program ${PROGRAM.loaderV2} not supported by inner instructions`,
    );
  });

  it('has limits on accounts, structures and seeds', () => {
    const one = { account: 0, isSigner: false, isWritable: false };
    const last = (called: Called): string => runA(cCaller(called), accounts(), metas).logs.at(-1)!;
    const many = Array.from({ length: 256 }, () => one);
    expect(last({ program: 2, metas: many })).toContain(
      'Invoked an instruction with too many accounts (256 > 255)',
    );
    expect(last({ program: 2, infos: many.map(() => 0) })).toContain(
      "Invoked an instruction with too many account info's (256 > 255)",
    );
    const seeds = Array.from({ length: 17 }, () => Uint8Array.of(1));
    const outcome = runA(cCaller({ program: 2, seeds }), accounts(), metas);
    expect(outcome.error?.[1]).toBe('MaxSeedLengthExceeded');
  });

  it('refuses flags that are no booleans', () => {
    const file = cCaller({ program: 2, metas: FROM_TO, data: transfer(1n), infos: [0, 1, 2] });
    const view = new DataView(file.buffer);
    for (let at = 0; at + 16 <= file.length; at += 8) {
      if (view.getBigUint64(at, true) === field(0, KEY) && file[at + 8] === 1 && file[at + 9] === 1)
        file[at + 9] = 2;
    }
    expect(runA(file, accounts(), metas).error?.[1]).toBe('InvalidArgument');
  });
});

describe('the accounts of a call', () => {
  const world = () => [account(key(1), { lamports: 100n }), account(key(2)), systemAccount()];

  it('have together the rights that any of their mentions has', () => {
    const twice: readonly Meta[] = [
      { account: 0, isSigner: false, isWritable: true },
      { account: 1, isSigner: false, isWritable: true },
      { account: 0, isSigner: true, isWritable: false },
    ];
    const accounts = world();
    const called: Called = { program: 2, metas: twice, data: transfer(30n), infos: [0, 1, 2] };
    const outcome = runA(cCaller(called), accounts, [meta(0, 'sw'), meta(1, 'w'), meta(2)]);
    expect(outcome.error).toBeUndefined();
    expect(accounts.map(({ lamports }) => lamports)).toEqual([70n, 30n, 1n]);
    // The trace says so as well: the program is given what both mentions ask for.
    expect(outcome.trace[1]?.accounts.map(({ isSigner, isWritable }) => [isSigner, isWritable])).toEqual([
      [true, true],
      [false, true],
      [true, true],
    ]);
  });

  it('may have the rights of any of their mentions by the caller', () => {
    const called: Called = { program: 2, metas: FROM_TO, data: transfer(30n), infos: [0, 1, 2] };
    // Mentioned twice at the end, where no other account is moved in the input.
    const metas = [meta(0, 'w'), meta(1, 'w'), meta(2), meta(0, 's')];
    expect(runA(cCaller(called), world(), metas).error).toBeUndefined();
    const escalated = runA(cCaller(called), world(), metas.slice(0, 3));
    expect(escalated.error?.[1]).toBe('PrivilegeEscalation');
    expect(escalated.logs.join()).toContain(`${toBase58(key(1))}'s signer privilege escalated`);
  });

  it('may not be written to when the caller may not', () => {
    const called: Called = { program: 2, metas: FROM_TO, data: transfer(30n), infos: [0, 1, 2] };
    const outcome = runA(cCaller(called), world(), [meta(0, 'sw'), meta(1), meta(2)]);
    expect(outcome.error?.[1]).toBe('PrivilegeEscalation');
    expect(outcome.logs.join()).toContain(`${toBase58(key(2))}'s writable privilege escalated`);
  });

  it('have to be among those of the caller, and of the transaction', () => {
    // Account 1 is of the transaction only: the caller's input does not have it.
    const keys = world().map((state) => state.key);
    const called: Called = { program: 1, metas: FROM_TO, data: transfer(1n), infos: [0, 1] };
    const foreign = rustCaller(SYSTEM, called, keys);
    const outcome = runA(foreign, world(), [meta(0, 'sw'), meta(2)]);
    expect(outcome.error?.[1]).toBe('MissingAccount');
    expect(outcome.logs.join()).not.toContain('unknown account');
    const nowhere = rustCaller(SYSTEM, called, [key(1), key(99)]);
    expect(runA(nowhere, world(), [meta(0, 'sw'), meta(2)]).logs.join()).toContain(
      `Instruction references an unknown account ${toBase58(key(99))}`,
    );
  });

  it('need a program that the transaction and the caller name', () => {
    for (const program of [key(77), SYSTEM]) {
      const outcome = runA(rustCaller(program, { program: 0 }, []), world(), [meta(0, 'sw')]);
      expect(outcome.error?.[1]).toBe('MissingAccount');
      expect(outcome.logs.join()).toContain(`Unknown program ${toBase58(program)}`);
    }
  });
});

describe('what a called program leaves', () => {
  const LENGTH = 80;
  const metaOf: Meta = { account: 1, isSigner: false, isWritable: true };
  /** B sets the length of its account's data, and the first byte. */
  const resizing = (length: number): Uint8Array =>
    strictElf([
      encode(0x7a, { dst: 1, off: 8 + LENGTH, imm: length }),
      encode(0x72, { dst: 1, off: 8 + DATA, imm: 9 }),
      encode(0xb7),
      EXIT,
    ]);
  const run = (before: number, after: number, isWritable = true) => {
    const state = account(key(1), { owner: B, data: new Uint8Array(before).fill(5) });
    const caller = cCaller({
      program: 0,
      metas: [{ ...metaOf, isWritable }],
      infos: [1],
      lengths: { 1: before },
    });
    const outcome = runA(caller, [programAccount(B), state], [meta(0), meta(1, 'w')], [[B, resizing(after)]]);
    return { outcome, state };
  };

  it.each([
    [16, 16],
    [16, 40],
    [40, 16],
    [16, 0],
    [0, 8],
    [16, 16 + 10_240],
  ])('is what its caller goes on with: %d bytes become %d', (before, after) => {
    const { outcome, state } = run(before, after);
    expect(outcome.error).toBeUndefined();
    expect(state.data).toHaveLength(after);
    expect(state.data[0]).toBe(after === 0 ? undefined : 9);
    // What was there stays, what is new is zero.
    expect(state.data[1]).toBe(after === 0 ? undefined : before > 1 ? 5 : 0);
    expect(state.data.subarray(before).every((byte) => byte === 0)).toBe(before > 0 || after === 0);
  });

  it('has limits, and those of its accounts', () => {
    expect(run(16, 16 + 10_241).outcome.error?.[1]).toBe('InvalidRealloc');
    expect(run(16, 16, false).outcome.error?.[1]).toBe('ReadonlyDataModified');
  });

  it('is told to its caller by the error alone', () => {
    const faulty = strictElf([encode(0x79, { dst: 0, src: 2, off: 100 }), EXIT]);
    const { error, logs } = runA(cCaller({ program: 0 }), [programAccount(B)], [meta(0)], [[B, faulty]]);
    expect(error?.[1]).toBe('ProgramFailedToComplete');
    expect(logs.join()).toContain(`Program ${toBase58(B)} failed: Access violation reading 8 bytes`);
    expect(logs.at(-1)).toBe(`Program ${toBase58(A)} failed: Program failed to complete`);
  });

  it('has no room beyond what the caller keeps for it', () => {
    const state = account(key(1), { owner: B, data: new Uint8Array(16) });
    const lengths = { 1: 16 + 10_241 };
    const caller = cCaller({ program: 0, metas: [metaOf], infos: [1], lengths });
    const outcome = runA(caller, [programAccount(B), state], [meta(0), meta(1, 'w')], [[B, resizing(16)]]);
    expect(outcome.error?.[1]).toBe('InvalidRealloc');
  });

  it('counts for the caller: its own length has to be told', () => {
    // The structure tells of fewer bytes than there are: that would be a change by the caller.
    const state = account(key(1), { owner: B, data: new Uint8Array(16) });
    const caller = cCaller({ program: 0, metas: [metaOf], infos: [1], lengths: { 1: 8 } });
    const outcome = runA(caller, [programAccount(B), state], [meta(0), meta(1, 'w')], [[B, resizing(16)]]);
    expect(outcome.error?.[1]).toBe('ExternalAccountDataModified');
  });
});

describe('the stack', () => {
  it('is five deep', () => {
    const itself: Called = {
      program: 0,
      metas: [{ account: 0, isSigner: false, isWritable: false }],
      infos: [0],
    };
    const outcome = runA(cCaller(itself), [programAccount(A)], [meta(0)]);
    expect(outcome.error?.[1]).toBe('CallDepth');
    expect(outcome.logs.filter((line) => line.includes('invoke'))).toHaveLength(5);
  });

  it('has no program twice but in a row', () => {
    const accounts = [programAccount(A), programAccount(B)];
    const files = [[B, cCaller({ program: 0 })]] as const;
    const metas = [meta(0), meta(1)];
    // A calls B with the account of A, which B calls.
    const caller = cCaller({
      program: 1,
      metas: [{ account: 0, isSigner: false, isWritable: false }],
      infos: [0],
    });
    const outcome = runMessage(
      accounts,
      [{ program: 0, accounts: metas, data: new Uint8Array(0) }],
      [[A, caller], ...files],
    );
    expect(outcome.error?.[1]).toBe('ReentrancyNotAllowed');
  });
});

describe('what a program leaves in its input', () => {
  const store = (offset: number, value: number): number[] =>
    encode(0x7a, { dst: 1, off: offset, imm: value });
  const run = (text: readonly number[][], state: AccountState, rights = 'w'): MessageOutcome =>
    runA(strictElf([...text, encode(0xb7), EXIT]), [state], [meta(0, rights)]);

  it('is taken over where it may be', () => {
    const state = account(key(1), { owner: A, data: new Uint8Array(16) });
    expect(run([store(8 + DATA, 7)], state).error).toBeUndefined();
    expect(state.data[0]).toBe(7);
    const grown = account(key(1), { owner: A, data: new Uint8Array(8) });
    expect(run([store(8 + 80, 24)], grown).error).toBeUndefined();
    expect(grown.data).toHaveLength(24);
    const given = account(key(1), { owner: A });
    expect(
      run(
        [0, 8, 16, 24].map((i) => store(8 + OWNER + i, 0)),
        given,
      ).error,
    ).toBeUndefined();
    expect(given.owner).toEqual(SYSTEM);
  });

  it('is refused where it may not be', () => {
    const data = () => new Uint8Array(16);
    const change = [store(8 + DATA, 7)];
    expect(run(change, account(key(1), { owner: B, data: data() })).error?.[1]).toBe(
      'ExternalAccountDataModified',
    );
    expect(run(change, account(key(1), { owner: A, data: data() }), '').error?.[1]).toBe(
      'ReadonlyDataModified',
    );
    const long = [store(8 + 80, 16 + 10_241)];
    expect(run(long, account(key(1), { owner: A, data: data() })).error?.[1]).toBe('InvalidRealloc');
    expect(run([store(8 + OWNER, 0)], account(key(1), { owner: B })).error?.[1]).toBe('ModifiedProgramId');
  });

  it('is forgotten where it is nothing of the account', () => {
    const state = account(key(1), { owner: A });
    expect(run([store(8 + KEY, 0), store(8, 0)], state).error).toBeUndefined();
    expect(state.key).toEqual(key(1));
  });
});
