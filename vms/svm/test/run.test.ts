import { concatBytes, utf8ToBytes } from '@ninefold/base';
import { sha256 } from '@ninefold/crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressBytes, toBase58 } from '../src/host/base58.ts';
import { durableNonceOf, NONCE_BYTES, readNonce } from '../src/host/programs/nonce.ts';
import { type AccountState, createSvm, type Instruction, type MessageOutcome } from '../src/run.ts';
import { PROGRAM, SYSVAR } from '../src/spec/addresses.ts';
import { FEATURES } from '../src/spec/features.ts';
import { encode, EXIT, HEAP, INPUT } from './support/assemble.ts';
import { ENVIRONMENT } from './support/call.ts';
import { strictElf } from './support/elf.ts';
import { account, callSyscall, key, lddw, meta, pack, systemAccount } from './support/world.ts';

const RENT = (() => {
  const bytes = new Uint8Array(17);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, 10n, true);
  view.setFloat64(8, 1, true);
  return bytes;
})();

function run(
  accounts: readonly AccountState[],
  instructions: readonly Instruction[],
  more: { files?: ReadonlyMap<string, Uint8Array>; budget?: number; blockhash?: Uint8Array } = {},
): MessageOutcome {
  const svm = createSvm({
    environment: {
      ...ENVIRONMENT,
      sysvars: new Map([[SYSVAR.rent as string, RENT]]),
      blockhash: more.blockhash ?? key(77),
      lamportsPerSignature: 5000n,
    },
    programFile: ({ key: address }) => more.files?.get(toBase58(address)),
  });
  return svm.run({ accounts, instructions, budget: more.budget ?? 200_000 });
}

/** One instruction of the system program, which is the last account. */
function system(
  accounts: AccountState[],
  metas: Instruction['accounts'],
  data: Uint8Array,
  blockhash?: Uint8Array,
) {
  const all = [...accounts, systemAccount()];
  return run(
    all,
    [{ program: all.length - 1, accounts: metas, data }],
    blockhash === undefined ? {} : { blockhash },
  );
}

describe('system program', () => {
  it('transfers', () => {
    const [from, to] = [account(key(1), { lamports: 100n }), account(key(2))];
    const outcome = system([from, to], [meta(0, 'sw'), meta(1, 'w')], pack(2, 30n));
    expect(outcome.error).toBeUndefined();
    expect(outcome.units).toBe(150);
    expect([from.lamports, to.lamports]).toEqual([70n, 30n]);
    expect(outcome.logs).toEqual([
      `Program ${PROGRAM.system} invoke [1]`,
      `Program ${PROGRAM.system} success`,
    ]);
  });

  it('refuses what is not there, not signed or not writable', () => {
    const accounts = () => [account(key(1), { lamports: 100n }), account(key(2))];
    const error = (metas: Instruction['accounts'], data: Uint8Array) =>
      system(accounts(), metas, data).error?.[1];
    expect(error([meta(0, 'sw'), meta(1, 'w')], pack(2, 101n))).toEqual({ Custom: 1 });
    expect(error([meta(0, 'w'), meta(1, 'w')], pack(2, 1n))).toBe('MissingRequiredSignature');
    expect(error([meta(0, 'sw'), meta(1)], pack(2, 1n))).toBe('ReadonlyLamportChange');
    expect(error([meta(0, 'sw')], pack(2, 1n))).toBe('MissingAccount');
    expect(error([], pack(99))).toBe('InvalidInstructionData');
    expect(error([], new Uint8Array(3))).toBe('InvalidInstructionData');
  });

  it('creates, allocates and assigns', () => {
    const [from, to] = [account(key(1), { lamports: 100n }), account(key(2))];
    expect(
      system([from, to], [meta(0, 'sw'), meta(1, 'sw')], pack(0, 40n, 16n, key(9))).error,
    ).toBeUndefined();
    expect(to).toMatchObject({ lamports: 40n, owner: key(9), data: new Uint8Array(16) });
    const again = system([from, to], [meta(0, 'sw'), meta(1, 'sw')], pack(0, 40n, 16n, key(9)));
    expect(again.error?.[1]).toEqual({ Custom: 0 });
    expect(again.logs[1]).toContain('already in use');
    const fresh = account(key(3));
    expect(system([fresh], [meta(0, 'sw')], pack(8, 10n * 1024n * 1024n + 1n)).error?.[1]).toEqual({
      Custom: 3,
    });
    expect(system([fresh], [meta(0, 'sw')], pack(8, 5n)).error).toBeUndefined();
    expect(system([fresh], [meta(0, 'sw')], pack(1, key(8))).error).toBeUndefined();
    expect(fresh.owner).toEqual(key(8));
  });

  it('creates prefunded accounts with no payer', () => {
    const to = account(key(2), { lamports: 5n });
    expect(system([to], [meta(0, 'sw')], pack(13, 0n, 4n, key(9))).error).toBeUndefined();
    expect(to).toMatchObject({ lamports: 5n, owner: key(9) });
  });

  it('derives addresses from seeds', () => {
    const base = key(1);
    const derived = sha256(concatBytes(base, utf8ToBytes('seed'), key(9)));
    const accounts = (at: Uint8Array) => [account(base, { lamports: 100n }), account(at)];
    const data = pack(3, base, 4n, utf8ToBytes('seed'), 40n, 0n, key(9));
    expect(system(accounts(derived), [meta(0, 'sw'), meta(1, 'w')], data).error).toBeUndefined();
    expect(system(accounts(key(5)), [meta(0, 'sw'), meta(1, 'w')], data).error?.[1]).toEqual({ Custom: 5 });
    const long = pack(3, base, 33n, new Uint8Array(33), 40n, 0n, key(9));
    expect(system(accounts(derived), [meta(0, 'sw'), meta(1, 'w')], long).error?.[1]).toEqual({ Custom: 0 });
    const huge = pack(3, base, 2n ** 60n);
    expect(system(accounts(derived), [meta(0, 'sw'), meta(1, 'w')], huge).error?.[1]).toBe(
      'InvalidInstructionData',
    );
  });
});

describe('nonce accounts', () => {
  const sysvars = () => [account(addressBytes(SYSVAR.recentBlockhashes)), account(addressBytes(SYSVAR.rent))];
  const fresh = () => account(key(2), { lamports: 5000n, data: new Uint8Array(NONCE_BYTES) });
  const authority = () => account(key(4));

  it('live from initialization to withdrawal', () => {
    const nonce = fresh();
    const initialize = [meta(0, 'w'), meta(1), meta(2)];
    expect(system([nonce, ...sysvars()], initialize, pack(6, key(4)), key(10)).error).toBeUndefined();
    expect(readNonce(nonce.data)?.nonce).toEqual({
      authority: key(4),
      durableNonce: durableNonceOf(key(10)),
      lamportsPerSignature: 5000n,
    });
    expect(system([nonce, ...sysvars()], initialize, pack(6, key(4)), key(10)).error?.[1]).toBe(
      'InvalidAccountData',
    );

    const advance = (rights: string, blockhash: Uint8Array) =>
      system(
        [nonce, sysvars()[0]!, authority()],
        [meta(0, 'w'), meta(1), meta(2, rights)],
        pack(4),
        blockhash,
      );
    expect(advance('s', key(10)).error?.[1]).toEqual({ Custom: 7 });
    expect(advance('', key(11)).error?.[1]).toBe('MissingRequiredSignature');
    expect(advance('s', key(11)).error).toBeUndefined();
    expect(readNonce(nonce.data)?.nonce?.durableNonce).toEqual(durableNonceOf(key(11)));

    const withdraw = (lamports: bigint, blockhash: Uint8Array) =>
      system(
        [nonce, account(key(5)), ...sysvars(), authority()],
        [meta(0, 'w'), meta(1, 'w'), meta(2), meta(3), meta(4, 's')],
        pack(5, lamports),
        blockhash,
      );
    expect(withdraw(4000n, key(12)).error?.[1]).toBe('InsufficientFunds');
    expect(withdraw(2000n, key(12)).error).toBeUndefined();
    expect(withdraw(3000n, key(11)).error?.[1]).toEqual({ Custom: 7 });
    expect(withdraw(3000n, key(12)).error).toBeUndefined();
    expect(readNonce(nonce.data)?.nonce).toBeUndefined();
    expect(nonce.lamports).toBe(0n);
  });

  it('change hands by their authority', () => {
    const nonce = fresh();
    system([nonce, ...sysvars()], [meta(0, 'w'), meta(1), meta(2)], pack(6, key(4)));
    expect(system([nonce, authority()], [meta(0, 'w'), meta(1)], pack(7, key(6))).error?.[1]).toBe(
      'MissingRequiredSignature',
    );
    expect(system([nonce, authority()], [meta(0, 'w'), meta(1, 's')], pack(7, key(6))).error).toBeUndefined();
    expect(readNonce(nonce.data)?.nonce?.authority).toEqual(key(6));
    expect(system([nonce], [meta(0, 'w')], pack(12)).error?.[1]).toBe('InvalidArgument');
  });

  it('are upgraded once', () => {
    const data = pack(0, 1, key(4), key(5), 1n);
    const nonce = account(key(2), { data });
    expect(system([nonce], [meta(0, 'w')], pack(12)).error).toBeUndefined();
    expect(readNonce(nonce.data)?.nonce?.durableNonce).toEqual(durableNonceOf(key(5)));
    expect(system([nonce], [meta(0, 'w')], pack(12)).error?.[1]).toBe('InvalidArgument');
  });

  it('need rent, the sysvars and a state', () => {
    const poor = account(key(2), { lamports: 2079n, data: new Uint8Array(NONCE_BYTES) });
    const metas = [meta(0, 'w'), meta(1), meta(2)];
    expect(system([poor, ...sysvars()], metas, pack(6, key(4))).error?.[1]).toBe('InsufficientFunds');
    expect(system([fresh(), account(key(1)), account(key(3))], metas, pack(6, key(4))).error?.[1]).toBe(
      'InvalidArgument',
    );
    const odd = account(key(2), { lamports: 5000n, data: pack(7, 0) });
    expect(system([odd, ...sysvars()], metas, pack(6, key(4))).error?.[1]).toBe('InvalidAccountData');
    expect(readNonce(new Uint8Array(7))).toBeUndefined();
  });
});

const PROGRAM_KEY = key(42);
/** Bytes of an account without data in the input. */
const ENTRY = 8 + 32 + 32 + 8 + 8 + 10_240 + 8;
/** Calls the system program's transfer of `lamports` from its first account to the second, in the C form. */
function transferringProgram(lamports: bigint): Uint8Array {
  const field = (i: number, offset: number): bigint => INPUT + 8n + BigInt(ENTRY * i + offset);
  const info = (i: number): Uint8Array =>
    pack(field(i, 8), field(i, 72), 0n, field(i, 88), field(i, 40), 0n, 0n);
  const infos = concatBytes(info(0), info(1), info(2));
  // Read-only data: instruction at 0, metas at 40, data at 72, infos at 88.
  const instruction = pack(field(2, 8), 40n, 2n, 72n, 12n);
  const metas = concatBytes(
    pack(field(0, 8)),
    Uint8Array.of(1, 1, 0, 0, 0, 0, 0, 0),
    pack(field(1, 8)),
    Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0),
  );
  const data = pack(2, lamports, 0);
  const readOnly = concatBytes(instruction, metas, data, infos);
  const text = [
    ...lddw(1, HEAP),
    encode(0xb7, { dst: 2, imm: 88 }),
    encode(0xb7, { dst: 3, imm: infos.length }),
    callSyscall('sol_memcpy_'),
    encode(0xb7, { dst: 1, imm: 0 }),
    ...lddw(2, HEAP),
    encode(0xb7, { dst: 3, imm: 3 }),
    encode(0xb7, { dst: 4, imm: 0 }),
    encode(0xb7, { dst: 5, imm: 0 }),
    callSyscall('sol_invoke_signed_c'),
    EXIT,
  ];
  return strictElf(text, [...readOnly]);
}

describe('programs', () => {
  const executable = (): AccountState =>
    account(PROGRAM_KEY, { lamports: 1n, owner: addressBytes(PROGRAM.loaderV3), isExecutable: true });
  const files = (file: Uint8Array) => ({ files: new Map([[toBase58(PROGRAM_KEY), file]]) });
  const world = () => [account(key(1), { lamports: 100n }), account(key(2)), systemAccount(), executable()];

  it('call programs and see what they did', () => {
    const accounts = world();
    const instruction = {
      program: 3,
      accounts: [meta(0, 'sw'), meta(1, 'w'), meta(2)],
      data: new Uint8Array(0),
    };
    const outcome = run(accounts, [instruction], files(transferringProgram(30n)));
    expect(outcome.logs.join('\n')).toContain(`Program ${PROGRAM.system} invoke [2]`);
    expect(outcome.error).toBeUndefined();
    expect([accounts[0]!.lamports, accounts[1]!.lamports]).toEqual([70n, 30n]);
    expect(outcome.trace.map(({ stackHeight }) => stackHeight)).toEqual([1, 2]);
  });

  it('cannot give rights they were not given', () => {
    const rights = (from: string, to: string) => {
      const instruction = {
        program: 3,
        accounts: [meta(0, from), meta(1, to), meta(2)],
        data: new Uint8Array(0),
      };
      return run(world(), [instruction], files(transferringProgram(30n)));
    };
    expect(rights('w', 'w').error?.[1]).toBe('PrivilegeEscalation');
    expect(rights('w', 'w').logs.join()).toContain('signer privilege escalated');
    expect(rights('sw', '').logs.join()).toContain('writable privilege escalated');
  });

  it('fail with what they called', () => {
    const instruction = {
      program: 3,
      accounts: [meta(0, 'sw'), meta(1, 'w'), meta(2)],
      data: new Uint8Array(0),
    };
    const outcome = run(world(), [instruction], files(transferringProgram(101n)));
    expect(outcome.error).toEqual([0, { Custom: 1 }]);
    expect(outcome.logs.at(-1)).toBe(`Program ${toBase58(PROGRAM_KEY)} failed: custom program error: 0x1`);
  });

  it('keep lamports in balance', () => {
    // Adds one to its account's lamports, which are at 80 in the input.
    const text = [
      encode(0x79, { dst: 2, src: 1, off: 80 }),
      encode(0x07, { dst: 2, imm: 1 }),
      encode(0x7b, { dst: 1, src: 2, off: 80 }),
      encode(0xb7),
      EXIT,
    ];
    const accounts = [account(key(1), { owner: PROGRAM_KEY }), executable()];
    const outcome = run(
      accounts,
      [{ program: 1, accounts: [meta(0, 'w')], data: new Uint8Array(0) }],
      files(strictElf(text)),
    );
    expect(outcome.error).toEqual([0, 'UnbalancedInstruction']);
  });

  it('that are no programs are unsupported', () => {
    const instruction = { program: 3, accounts: [], data: new Uint8Array(0) };
    const missing = run(world(), [instruction]);
    expect(missing.error).toEqual([0, 'UnsupportedProgramId']);
    expect(missing.logs[1]).toBe('Program is not deployed');
    expect(run(world(), [instruction], files(new Uint8Array(10))).error).toEqual([0, 'UnsupportedProgramId']);
    expect(run(world(), [{ ...instruction, program: 0 }]).error).toEqual([0, 'UnsupportedProgramId']);
  });

  it('stop at the first instruction that fails', () => {
    const fails = { program: 2, accounts: [], data: pack(99) };
    const outcome = run(world(), [
      { program: 2, accounts: [meta(0, 'sw'), meta(1, 'w')], data: pack(2, 1n) },
      fails,
      fails,
    ]);
    expect(outcome.error).toEqual([1, 'InvalidInstructionData']);
    expect(outcome.units).toBe(300);
  });

  it('read which instruction is running', () => {
    const sysvar = account(addressBytes(SYSVAR.instructions), { data: new Uint8Array(4) });
    const accounts = [...world(), sysvar];
    const idle = { program: 2, accounts: [meta(0, 'sw'), meta(1, 'w')], data: pack(2, 0n) };
    run(accounts, [idle, idle]);
    expect([...sysvar.data]).toEqual([0, 0, 1, 0]);
  });

  it('are charged for heap before they start', () => {
    const svm = createSvm({ environment: ENVIRONMENT, programFile: () => strictElf([encode(0xb7), EXIT]) });
    const message = {
      accounts: [executable()],
      instructions: [{ program: 0, accounts: [], data: new Uint8Array(0) }],
    };
    expect(svm.run({ ...message, budget: 1000, heapBytes: 65_536 }).units).toBe(8 + 2);
    expect(svm.run({ ...message, budget: 7, heapBytes: 65_536 }).error?.[1]).toBe(
      'ProgramEnvironmentSetupFailure',
    );
  });

  it('have accounts that the message has, 255 at most', () => {
    const missing = { program: 3, accounts: [meta(9)], data: new Uint8Array(0) };
    expect(() => run(world(), [missing])).toThrow(expect.objectContaining({ code: 'SVM_ACCOUNT_INDEX' }));
    const many = {
      program: 3,
      accounts: Array.from({ length: 256 }, () => meta(0)),
      data: new Uint8Array(0),
    };
    expect(run(world(), [many], files(transferringProgram(1n))).error?.[1]).toBe('MaxAccountsExceeded');
  });

  it('run under any set of features that has their version', () => {
    const instruction = { program: 3, accounts: [meta(0, 'sw'), meta(1, 'w'), meta(2)], data: pack() };
    const file = transferringProgram(30n);
    fc.assert(
      fc.property(fc.subarray(FEATURES.map(([name]) => name)), (names) => {
        const features = new Set([...names, 'enable_sbpf_v3_deployment_and_execution']);
        const svm = createSvm({ environment: { ...ENVIRONMENT, features }, programFile: () => file });
        const accounts = world();
        const { error } = svm.run({ accounts, instructions: [instruction], budget: 200_000 });
        expect(error).toBeUndefined();
        expect([accounts[0]!.lamports, accounts[1]!.lamports]).toEqual([70n, 30n]);
      }),
    );
  });
});
