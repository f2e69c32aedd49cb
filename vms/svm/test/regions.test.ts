import { describe, expect, it } from 'vitest';
import { decodeProgram } from '../src/engine/decode.ts';
import { createMachine, type InputPiece, type RunSetup } from '../src/engine/machine.ts';
import { functionKey } from '../src/code/murmur3.ts';
import { BorrowedAccount, MAX_TRANSACTION_GROWTH_BYTES } from '../src/host/accounts.ts';
import type { AccountState, MessageOutcome } from '../src/run.ts';
import { PROGRAM } from '../src/spec/addresses.ts';
import { encode, EXIT, INPUT, programOf, STACK } from './support/assemble.ts';
import { cCaller, type Called, DATA, OWNER } from './support/caller.ts';
import { strictElf } from './support/elf.ts';
import {
  account,
  callSyscall,
  key,
  lddw,
  meta,
  pack,
  programAccount,
  runMessage,
  SYSTEM,
  systemAccount,
} from './support/world.ts';

const STORE_8 = 0x7a;
const LOAD_8 = 0x79;
const store = (offset: number, imm: number): number[] => encode(STORE_8, { dst: 1, off: offset, imm });
const load = (offset: number): number[] => encode(LOAD_8, { dst: 0, src: 1, off: offset });

describe('a piece of memory that may grow', () => {
  const growing = (grow: () => number, isWritable = true): InputPiece => ({
    address: INPUT,
    bytes: new Uint8Array(4).fill(9),
    isWritable,
    growth: { capacity: 64, grow },
  });
  const setup = (text: readonly number[][], input: readonly InputPiece[]): RunSetup => ({
    program: decodeProgram(programOf(3, [...text, EXIT])),
    budget: 10,
    input,
    registers: [0n, INPUT],
  });

  it.each(['interpreted', 'compiled'] as const)('grows for the first write beyond it: %s', (engine) => {
    let times = 0;
    const grow = (): number => {
      times++;
      return 64;
    };
    const text = [store(8, 5), store(56, 6), load(16)];
    const outcome = createMachine({ engine }).run(setup(text, [growing(grow)]));
    expect(outcome.fault).toBeUndefined();
    expect(outcome.left).toBe(10 - 4);
    expect(times).toBe(1);
    const [bytes] = outcome.input();
    expect(bytes).toHaveLength(64);
    expect([...bytes!.subarray(0, 9)]).toEqual([9, 9, 9, 9, 0, 0, 0, 0, 5]);
    expect(bytes![56]).toBe(6);
  });

  it('is clean where it grows, whatever ran before', () => {
    const machine = createMachine();
    machine.run(setup([], [{ address: INPUT, bytes: new Uint8Array(256).fill(7), isWritable: true }]));
    const outcome = machine.run(setup([store(32, 1)], [growing(() => 64)]));
    expect(outcome.input()[0]!.subarray(4, 32)).toEqual(new Uint8Array(28));
  });

  it('does not grow for reads, beyond its capacity, where it is read-only, or when it is refused', () => {
    const never = (): number => {
      throw new Error('asked');
    };
    const run = (text: number[], input: InputPiece) => createMachine().run(setup([text], [input]));
    expect(run(load(0), growing(never)).fault?.access).toEqual({ address: INPUT, bytes: 8n, isWrite: false });
    expect(run(store(57, 1), growing(never)).fault?.kind).toBe('AccessViolation');
    expect(run(store(0, 1), growing(never, false)).fault?.kind).toBe('AccessViolation');
    const refused = run(
      store(8, 1),
      growing(() => 15),
    );
    expect(refused.fault?.access).toEqual({ address: INPUT + 8n, bytes: 8n, isWrite: true });
    expect(refused.left).toBe(9);
  });

  it('tells a tracer of the write once', () => {
    const steps: number[] = [];
    createMachine({ tracing: true }).run({
      ...setup([store(8, 5)], [growing(() => 64)]),
      trace: ({ pc }) => void steps.push(pc),
    });
    expect(steps).toEqual([0, 1]);
  });

  it('grows for syscalls, which can give it another length and other rights', () => {
    const text = [encode(0x85, { imm: 1 }), load(0)];
    const outcome = createMachine().run({
      ...setup(text, [growing(() => 40)]),
      syscall(_, __, { memory }) {
        const at = memory.map(INPUT + 30n, 10n, true);
        memory.bytes().fill(8, at, at + 10);
        expect(() => memory.map(INPUT, 41n, true)).toThrow('Access violation writing 41 bytes');
        memory.reshape(INPUT, 32, false);
        expect(() => memory.map(INPUT + 31n, 2n, false)).toThrow('Access violation reading 2 bytes');
        expect(() => memory.map(INPUT, 1n, true)).toThrow('Access violation writing 1 bytes');
        memory.reshape(INPUT, 40, true);
        const again = memory.map(INPUT + 30n, 10n, false);
        expect([...memory.bytes().subarray(again, again + 10)]).toEqual([8, 8, 0, 0, 0, 0, 0, 0, 0, 0]);
        return 0n;
      },
    });
    expect(outcome.fault).toBeUndefined();
    expect(outcome.registers[0]).toBe(0x09090909n);
  });
});

describe('a stack without gaps', () => {
  it('has the frames of version 0 one behind the other', () => {
    const id = functionKey(2);
    const text = [encode(0x85, { imm: id }), EXIT, encode(0xbf, { dst: 0, src: 10 }), EXIT];
    const executable = programOf(0, text, { functions: new Map([[id, 2]]) });
    for (const engine of ['interpreted', 'compiled'] as const) {
      const run = (stackFrameGaps: boolean) =>
        createMachine({ engine }).run({ program: decodeProgram(executable, { stackFrameGaps }), budget: 10 });
      expect(run(true).registers[0]).toBe(STACK + 0x3000n);
      expect(run(false).registers[0]).toBe(STACK + 0x2000n);
    }
  });

  it('can be written to behind the first frame', () => {
    const executable = programOf(0, [encode(STORE_8, { dst: 10, off: 8, imm: 1 }), EXIT]);
    const run = (stackFrameGaps?: boolean) =>
      createMachine().run({ program: decodeProgram(executable, { stackFrameGaps }), budget: 10 });
    expect(run().fault?.kind).toBe('StackAccessViolation');
    expect(run(false).fault).toBeUndefined();
    expect(decodeProgram(programOf(1, [EXIT]), { stackFrameGaps: true }).hasStackGaps).toBe(false);
  });
});

const A = key(42);
const B = key(43);
const SPLIT = 'virtual_address_space_adjustments';
const MAPPED = 'account_data_direct_mapping';
/** From the begin of the input to the data of the first account, and to its length. */
const FIRST_DATA = 8 + DATA;
const FIRST_LENGTH = 8 + 80;
const INCREASE = 10_240;

describe.each([[[SPLIT]], [[SPLIT, MAPPED]]])('account data as regions: %s', (features) => {
  /** Runs A, the last account, on `metas`. */
  const runA = (
    file: Uint8Array,
    accounts: readonly AccountState[],
    metas: ReturnType<typeof meta>[],
    more: readonly (readonly [Uint8Array, Uint8Array])[] = [],
    loader?: string,
  ): MessageOutcome => {
    const all = [...accounts, programAccount(A, loader)];
    const instruction = { program: all.length - 1, accounts: metas, data: new Uint8Array(0) };
    return runMessage(all, [instruction], [[A, file], ...more], features);
  };
  /** What A does to an account of its own with sixteen bytes, by letters of rights. */
  const run = (text: readonly number[][], more: Partial<AccountState> = {}, rights = 'w') => {
    const state = account(key(1), { owner: A, data: new Uint8Array(16).fill(5), ...more });
    const outcome = runA(strictElf([...text, encode(0xb7), EXIT]), [state], [meta(0, rights)]);
    return { state, ...outcome };
  };

  it('are changed where they may be', () => {
    const { state, error } = run([store(FIRST_DATA + 8, 7)]);
    expect(error).toBeUndefined();
    expect([...state.data]).toEqual([5, 5, 5, 5, 5, 5, 5, 5, 7, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('are as long as the program says, whatever it wrote', () => {
    const write = store(FIRST_DATA + 24, 7);
    const forgotten = run([write]);
    expect(forgotten.error).toBeUndefined();
    expect(forgotten.state.data).toEqual(new Uint8Array(16).fill(5));
    const grown = run([write, store(FIRST_LENGTH, 40)]);
    expect(grown.state.data).toHaveLength(40);
    expect(grown.state.data[24]).toBe(7);
    expect(grown.state.data.subarray(32)).toEqual(new Uint8Array(8));
    expect(run([store(FIRST_LENGTH, 3)]).state.data).toEqual(new Uint8Array(3).fill(5));
    expect(run([store(FIRST_LENGTH, 20)]).state.data).toHaveLength(20);
    expect(run([store(FIRST_LENGTH, 16 + INCREASE + 1)]).error?.[1]).toBe('InvalidRealloc');
  });

  it('are given away when they are zero', () => {
    const owner = [0, 8, 16, 24].map((i) => store(8 + OWNER + i, 0));
    expect(run(owner).error?.[1]).toBe('ModifiedProgramId');
    const { state, error } = run([store(FIRST_DATA, 0), store(FIRST_DATA + 8, 0), ...owner]);
    expect(error).toBeUndefined();
    expect(state.owner).toEqual(SYSTEM);
  });

  it('have faults that say which rule was broken', () => {
    const write = [store(FIRST_DATA, 7)];
    expect(run(write, {}, '').error?.[1]).toBe('ReadonlyDataModified');
    expect(run(write, { owner: B }).error?.[1]).toBe('ExternalAccountDataModified');
    const beyond = [load(FIRST_DATA + 16)];
    expect(run(beyond).error?.[1]).toBe('InvalidRealloc');
    expect(run(beyond, {}, '').error?.[1]).toBe('AccountDataTooSmall');
    expect(run([store(FIRST_LENGTH, 3)], { owner: B }).error?.[1]).toBe('ExternalAccountDataModified');
    const { logs, units } = run(write, {}, '');
    expect(logs.at(-1)).toContain('failed: instruction modified data of a read-only account');
    expect(units).toBe(200_000);
  });

  it('have faults of memory where an access goes beyond the addresses that are kept for them', () => {
    const far = (offset: number, text: number[]): number[][] => [
      encode(0x07, { dst: 1, imm: FIRST_DATA + offset }),
      text,
    ];
    expect(run(far(16 + INCREASE - 8, store(0, 1))).error).toBeUndefined();
    const crossing = run(far(16 + INCREASE - 4, store(0, 1)));
    expect(crossing.error?.[1]).toBe('ProgramFailedToComplete');
    expect(crossing.logs.at(-1)).toContain('Access violation writing 8 bytes');
    expect(run(far(16 + INCREASE, load(0))).error).toBeUndefined();
  });

  it('have the faults of syscalls, which leave units', () => {
    const memset = [
      encode(0x07, { dst: 1, imm: FIRST_DATA }),
      encode(0xb7, { dst: 2, imm: 3 }),
      encode(0xb7, { dst: 3, imm: 100 }),
      callSyscall('sol_memset_'),
    ];
    const foreign = run(memset, { owner: B });
    expect(foreign.error?.[1]).toBe('ExternalAccountDataModified');
    expect(foreign.units).toBeLessThan(100);
    const { state, error } = run([...memset, ...lddw(1, INPUT), store(FIRST_LENGTH, 100)]);
    expect(error).toBeUndefined();
    expect(state.data).toEqual(new Uint8Array(100).fill(3));
  });

  it('have one region for an account that is named twice', () => {
    const state = account(key(1), { owner: A, data: new Uint8Array(16) });
    const text = [store(FIRST_DATA, 7), encode(0xb7), EXIT];
    expect(runA(strictElf(text), [state], [meta(0, 'w'), meta(0, 'w')]).error).toBeUndefined();
    expect(state.data[0]).toBe(7);
  });

  it('keep their length for programs of the first loader', () => {
    const data = 8 + 3 + 32 + 8 + 8;
    const runUnaligned = (text: readonly number[][], bytes: Uint8Array) => {
      const state = account(key(1), { owner: A, data: bytes });
      const file = strictElf([...text, encode(0xb7), EXIT]);
      const outcome = runA(file, [state], [meta(0, 'w')], [], PROGRAM.loaderV1);
      return { state, ...outcome };
    };
    const { state, error } = runUnaligned([store(data, 7)], new Uint8Array(16));
    expect(error).toBeUndefined();
    expect(state.data[0]).toBe(7);
    expect(runUnaligned([store(data + 12, 7)], new Uint8Array(16)).error?.[1]).toBe(
      'ProgramFailedToComplete',
    );
    expect(runUnaligned([], new Uint8Array(0)).error).toBeUndefined();
  });

  describe('in calls', () => {
    /** B sets the length of its account's data, and the first bytes. */
    const resizing = (length: number): Uint8Array =>
      strictElf([store(FIRST_LENGTH, length), store(FIRST_DATA, 9), encode(0xb7), EXIT]);
    const runResizing = (before: number, after: number, isWritable = true) => {
      const state = account(key(1), { owner: B, data: new Uint8Array(before).fill(5) });
      const caller = cCaller({
        program: 0,
        metas: [{ account: 1, isSigner: false, isWritable }],
        infos: [1],
        lengths: { 1: before },
      });
      const accounts = [programAccount(B), state];
      const outcome = runA(caller, accounts, [meta(0), meta(1, 'w')], [[B, resizing(after)]]);
      return { state, ...outcome };
    };

    it.each([
      [16, 16],
      [16, 40],
      [40, 16],
      [16, 0],
      [0, 8],
      [16, 16 + INCREASE],
    ])('are what the called program left: %d bytes become %d', (before, after) => {
      const { state, error } = runResizing(before, after);
      expect(error).toBeUndefined();
      expect(state.data).toHaveLength(after);
      if (after === 0) return;
      expect(state.data[0]).toBe(9);
      expect(state.data[8]).toBe(after === 8 ? undefined : 5);
      expect(state.data.subarray(before).every((byte) => byte === 0)).toBe(before > 0);
    });

    it('have limits, and those of their accounts', () => {
      expect(runResizing(16, 16 + INCREASE + 1).error?.[1]).toBe('InvalidRealloc');
      expect(runResizing(16, 16, false).error?.[1]).toBe('ReadonlyDataModified');
    });

    /** A called program, then what A does; the last account of A's is called. */
    const callThen = (called: Called, then: readonly number[][]): Uint8Array => {
      const file = cCaller(called);
      const text = file.subarray(file.length - textBytes(file), file.length - EXIT.length);
      const readOnly = file.subarray(64 + 2 * 56, file.length - textBytes(file));
      const instructions = [...chunks(text), ...then, encode(0xb7), EXIT];
      return strictElf(instructions, [...readOnly]);
    };

    it('can be written to by the caller once they are its own, and no longer when they are not', () => {
      // The first account, empty and of the system program, becomes A's, with 24 bytes.
      const create = pack(0, 0n, 24n, A);
      const world = () => [account(key(1)), account(key(2), { lamports: 9n }), systemAccount()];
      const called: Called = {
        program: 2,
        metas: [
          { account: 1, isSigner: true, isWritable: true },
          { account: 0, isSigner: true, isWritable: true },
        ],
        data: create,
        infos: [0, 1, 2],
      };
      const metas = [meta(0, 'sw'), meta(1, 'sw'), meta(2)];
      const accounts = world();
      const write = [...lddw(1, INPUT), store(FIRST_DATA + 8, 7)];
      const outcome = runA(callThen(called, write), accounts, metas);
      expect(outcome.error).toBeUndefined();
      expect(accounts[0]!.owner).toEqual(A);
      expect([...accounts[0]!.data]).toEqual([...new Uint8Array(8), 7, ...new Uint8Array(15)]);
      const early = strictElf([...write, encode(0xb7), EXIT]);
      expect(runA(early, world(), metas).error?.[1]).toBe('ExternalAccountDataModified');
    });

    it('are taken from the caller as it left them, cut or filled up to the length it tells', () => {
      const state = account(key(1), { owner: A, data: new Uint8Array(16).fill(5) });
      const called: Called = {
        program: 0,
        metas: [{ account: 1, isSigner: false, isWritable: false }],
        infos: [1],
        lengths: { 1: 12 },
      };
      const reading = strictElf([load(FIRST_DATA + 8), encode(0xb7), EXIT]);
      const accounts = [programAccount(B), state];
      const outcome = runA(cCaller(called), accounts, [meta(0), meta(1, 'w')], [[B, reading]]);
      // Eight bytes from the eighth on are not there: B has as many as A told.
      expect(outcome.logs.join('\n')).toMatch(/failed: account data too small for instruction/);
      expect(outcome.error?.[1]).toBe('AccountDataTooSmall');
    });
  });
});

/** Instructions of a program file that `cCaller` made. */
function textBytes(file: Uint8Array): number {
  const view = new DataView(file.buffer, file.byteOffset);
  return Number(view.getBigUint64(64 + 56 + 32, true));
}

function chunks(text: Uint8Array): number[][] {
  return Array.from({ length: text.length / 8 }, (_, i) => [...text.subarray(8 * i, 8 * i + 8)]);
}

describe('data that are stretched', () => {
  const world = (length: number, growth: number) => {
    const state = account(key(1), { owner: A, data: new Uint8Array(length).fill(1) });
    const accounts = { list: [state], growth };
    return { state, accounts, borrowed: new BorrowedAccount(accounts, meta(0, 'w'), A) };
  };

  it('become as long as they may, and count', () => {
    const { state, accounts, borrowed } = world(16, 0);
    expect(borrowed.stretch(100)).toBe(100);
    expect(state.data).toHaveLength(100);
    expect(state.data[16]).toBe(0);
    expect(accounts.growth).toBe(84);
  });

  it('stop at what a transaction may grow by, and at what an account may have', () => {
    expect(world(16, MAX_TRANSACTION_GROWTH_BYTES - 5).borrowed.stretch(100)).toBe(21);
    expect(world(16, MAX_TRANSACTION_GROWTH_BYTES).borrowed.stretch(100)).toBe(16);
    expect(world(10_485_700, 0).borrowed.stretch(10_485_700 + INCREASE)).toBe(10 * 1024 * 1024);
  });
});
