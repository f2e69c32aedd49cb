import { bigintToBytes, concatBytes, utf8ToBytes } from '@ninefold/base';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { describe, expect, it } from 'vitest';
import type { Syscall } from '../src/host/call.ts';
import { MAX_PAIRS } from '../src/host/syscalls/bls12-381.ts';
import { SYSCALLS } from '../src/host/syscalls.ts';
import { SYSVAR } from '../src/spec/addresses.ts';
import { mainnetFeatures } from '../src/spec/features.ts';
import { HEAP, INPUT, PROGRAM_START, STACK } from './support/assemble.ts';
import { type CallOptions, inputWith, make, type Made } from './support/call.ts';

const named = (name: string): Syscall => SYSCALLS.find((row) => row.name === name)!.run;
const at = (offset: number): bigint => INPUT + BigInt(offset);
const call = (name: string, args: readonly bigint[], options: CallOptions = {}): Made =>
  make(named(name), args, options);

const U64_MAX = 2n ** 64n - 1n;
/** In no region. */
const NOWHERE = 9n * PROGRAM_START;

const SYSVARS = new Map<string, Uint8Array>([
  [SYSVAR.clock, new Uint8Array(40).fill(1)],
  [SYSVAR.rent, new Uint8Array(17).fill(2)],
  [SYSVAR.epochSchedule, Uint8Array.from({ length: 33 }, (_, i) => i + 1)],
  [SYSVAR.epochRewards, new Uint8Array(81).fill(4)],
  [SYSVAR.lastRestartSlot, new Uint8Array(8).fill(5)],
]);
const environment = { sysvars: SYSVARS };

/** Calls that succeed, and what they cost. */
const COSTS: readonly (readonly [name: string, units: number, args: readonly bigint[]])[] = [
  ['sol_log_', 100, [INPUT, 100n]],
  ['sol_log_', 101, [INPUT, 101n]],
  ['sol_log_64_', 100, []],
  ['sol_log_pubkey', 100, [INPUT]],
  ['sol_log_compute_units_', 100, []],
  ['sol_log_data', 100, [0n, 0n]],
  ['sol_log_data', 300, [INPUT, 2n]],
  ['sol_memcpy_', 10, [at(2048), INPUT, 32n]],
  ['sol_memmove_', 12, [at(8), INPUT, 3000n]],
  ['sol_memcmp_', 11, [INPUT, INPUT, 2999n, at(3000)]],
  ['sol_memset_', 10, [INPUT, 0n, 2749n]],
  ['sol_memset_', 11, [INPUT, 0n, 2750n]],
  ['sol_sha256', 85, [0n, 0n, INPUT]],
  ['sol_keccak256', 105, [INPUT, 2n, at(512)]],
  ['sol_secp256k1_recover', 25_000, [INPUT, 0n, INPUT, INPUT]],
  ['sol_create_program_address', 1500, [0n, 0n, INPUT, at(512)]],
  ['sol_get_clock_sysvar', 140, [HEAP]],
  ['sol_get_rent_sysvar', 124, [HEAP]],
  ['sol_get_epoch_schedule_sysvar', 140, [HEAP]],
  ['sol_get_epoch_rewards_sysvar', 196, [HEAP]],
  ['sol_get_last_restart_slot', 108, [HEAP]],
  ['sol_get_sysvar', 110, [INPUT, HEAP, 0n, 2500n]],
  ['sol_get_sysvar', 111, [INPUT, HEAP, 0n, 2750n]],
  ['sol_get_epoch_stake', 100, [0n]],
  ['sol_get_epoch_stake', 110, [INPUT]],
  ['sol_set_return_data', 100, [INPUT, 249n]],
  ['sol_set_return_data', 104, [INPUT, 1024n]],
  ['sol_get_return_data', 100, [INPUT, 32n, at(64)]],
  ['sol_get_stack_height', 100, []],
  ['sol_get_processed_sibling_instruction', 100, [0n, INPUT, INPUT, INPUT, INPUT]],
  ['sol_alloc_free_', 0, [8n, 0n]],
  ['sol_curve_validate_point', 159, [0n, INPUT]],
  ['sol_curve_validate_point', 169, [1n, INPUT]],
  ['sol_curve_validate_point', 1565, [5n, INPUT]],
  ['sol_curve_validate_point', 1968, [6n, INPUT]],
  ['sol_curve_group_op', 473, [0n, 0n, INPUT, INPUT, at(512)]],
  ['sol_curve_group_op', 475, [0n, 1n, INPUT, INPUT, at(512)]],
  ['sol_curve_group_op', 2177, [0n, 2n, INPUT, INPUT, at(512)]],
  ['sol_curve_group_op', 521, [1n, 0n, INPUT, INPUT, at(512)]],
  ['sol_curve_group_op', 519, [1n, 1n, INPUT, INPUT, at(512)]],
  ['sol_curve_group_op', 2208, [1n, 2n, INPUT, INPUT, at(512)]],
  ['sol_curve_group_op', 128, [5n, 0n, INPUT, INPUT, at(512)]],
  ['sol_curve_group_op', 129, [5n, 1n, INPUT, INPUT, at(512)]],
  ['sol_curve_group_op', 4627, [5n, 2n, INPUT, INPUT, at(512)]],
  ['sol_curve_group_op', 203, [6n, 0n, INPUT, INPUT, at(512)]],
  ['sol_curve_group_op', 204, [6n, 1n, INPUT, INPUT, at(512)]],
  ['sol_curve_group_op', 8255, [6n, 2n, INPUT, INPUT, at(512)]],
  ['sol_curve_multiscalar_mul', 2273 + 2 * 758, [0n, INPUT, INPUT, 3n, at(512)]],
  ['sol_curve_multiscalar_mul', 2303 + 2 * 788, [1n, INPUT, INPUT, 3n, at(512)]],
  ['sol_curve_decompress', 2100, [5n, INPUT, at(512)]],
  ['sol_curve_decompress', 3050, [6n, INPUT, at(512)]],
  ['sol_curve_pairing_map', 25_445, [4n, 0n, 0n, 0n, at(512)]],
  ['sol_poseidon', 61 * 4 + 542, [0n, 0n, INPUT, 2n, at(512)]],
  ['sol_alt_bn128_compression', 30 + 100, [0n, INPUT, 64n, at(512)]],
];

describe('the cost of a syscall', () => {
  it.each(COSTS)('%s is %i', (name, units, args) => {
    const exact = call(name, args, { environment, budget: units });
    expect(exact.fault).toBeUndefined();
    expect(exact.used).toBe(units);
    if (units === 0) return;
    const short = call(name, args, { environment, budget: units - 2 });
    expect(short.fault?.error).toBe('ComputationalBudgetExceeded');
    expect(short.left).toBe(0);
  });

  it('is charged before memory is looked at', () => {
    for (const name of ['sol_log_pubkey', 'sol_sha256', 'sol_memset_', 'sol_create_program_address']) {
      const broke = call(name, [NOWHERE, 1n, NOWHERE, NOWHERE], { budget: 1 });
      expect(broke.fault?.error, name).toBe('ComputationalBudgetExceeded');
    }
  });

  it('of lengths beyond any budget is never paid', () => {
    for (const name of ['sol_log_', 'sol_memset_', 'sol_memcmp_', 'sol_memmove_', 'sol_set_return_data']) {
      const args = [INPUT, name.startsWith('sol_mem') ? INPUT : U64_MAX, U64_MAX, INPUT];
      expect(call(name, args).fault?.error, name).toBe('ComputationalBudgetExceeded');
    }
  });
});

/** Calls with a pointer to nowhere in the place of each of their pointers. */
const POINTERS: readonly (readonly [name: string, args: readonly bigint[], pointers: readonly number[]])[] = [
  ['sol_panic_', [INPUT, 4n], [0]],
  ['sol_log_', [INPUT, 4n], [0]],
  ['sol_log_pubkey', [INPUT], [0]],
  ['sol_log_data', [INPUT, 1n], [0]],
  ['sol_memcpy_', [at(64), INPUT, 8n], [0, 1]],
  ['sol_memmove_', [at(64), INPUT, 8n], [0, 1]],
  ['sol_memset_', [INPUT, 0n, 8n], [0]],
  ['sol_memcmp_', [INPUT, INPUT, 8n, at(64)], [0, 1, 3]],
  ['sol_sha256', [INPUT, 1n, at(64)], [0, 2]],
  ['sol_secp256k1_recover', [INPUT, 0n, INPUT, INPUT], [0, 2, 3]],
  ['sol_create_program_address', [INPUT, 1n, INPUT, at(64)], [0, 2]],
  ['sol_try_find_program_address', [INPUT, 1n, INPUT, at(64), at(128)], [0, 2, 3, 4]],
  ['sol_get_epoch_stake', [INPUT], [0]],
  ['sol_set_return_data', [INPUT, 8n], [0]],
  ['sol_curve_validate_point', [0n, INPUT], [1]],
  ['sol_curve_group_op', [0n, 0n, INPUT, INPUT, INPUT], [2, 3]],
  ['sol_curve_group_op', [5n, 0n, INPUT, INPUT, INPUT], [2, 3]],
  ['sol_curve_multiscalar_mul', [0n, INPUT, INPUT, 1n, INPUT], [1, 2]],
  ['sol_curve_decompress', [5n, INPUT, INPUT], [1]],
  ['sol_curve_pairing_map', [4n, 1n, INPUT, INPUT, INPUT], [2, 3]],
  ['sol_poseidon', [0n, 0n, INPUT, 1n, INPUT], [2, 4]],
  ['sol_alt_bn128_group_op', [0n, INPUT, 128n, INPUT], [1, 3]],
  ['sol_alt_bn128_compression', [0n, INPUT, 64n, INPUT], [1, 3]],
];

describe('pointers', () => {
  it.each(POINTERS)('of %s have to be in a region', (name, args, pointers) => {
    for (const position of pointers) {
      const wrong = args.map((value, i) => (i === position ? NOWHERE : value));
      const { fault } = call(name, wrong);
      expect(fault?.kind, `argument ${position}`).toBe('AccessViolation');
      expect(fault?.isFromSyscall ?? true).toBe(true);
      expect(fault?.text).toContain('in unallocated region');
    }
  });

  it('may not run out of their region', () => {
    expect(call('sol_memset_', [at(4090), 0n, 6n]).fault).toBeUndefined();
    expect(call('sol_memset_', [at(4090), 0n, 7n]).fault?.text).toBe(
      `Access violation writing 7 bytes at address 0x${at(4090).toString(16)} (in input region)`,
    );
    expect(call('sol_memset_', [HEAP + 32_760n, 0n, 9n]).fault?.kind).toBe('AccessViolation');
    expect(call('sol_memset_', [U64_MAX, 0n, 1n]).fault?.kind).toBe('AccessViolation');
  });

  it('may not be written where memory is read-only', () => {
    expect(call('sol_memset_', [PROGRAM_START, 0n, 1n]).fault?.text).toBe(
      'Access violation writing 1 bytes at address 0x100000000 (in program region)',
    );
    expect(call('sol_memcpy_', [INPUT, PROGRAM_START, 8n]).fault).toBeUndefined();
  });

  it('may be in the stack, but not between its frames', () => {
    expect(call('sol_memset_', [STACK, 1n, 4096n]).fault).toBeUndefined();
    expect(call('sol_memset_', [STACK + 4096n, 1n, 1n]).fault?.text).toBe(
      'Access violation in stack frame 1 at address 0x200001000 of size 1',
    );
    expect(call('sol_memset_', [STACK + 8192n, 1n, 1n]).fault).toBeUndefined();
  });

  it('of nothing may be anything', () => {
    for (const name of ['sol_memcpy_', 'sol_memmove_', 'sol_memset_']) {
      expect(call(name, [NOWHERE, name === 'sol_memset_' ? 0n : U64_MAX, 0n]).fault, name).toBeUndefined();
    }
    expect(call('sol_log_', [NOWHERE, 0n]).transaction.log.lines).toEqual(['Program log: ']);
    expect(call('sol_set_return_data', [NOWHERE, 0n]).fault).toBeUndefined();
  });

  it('to tables are aligned, but for programs of the first loader', () => {
    const old = { call: { checksAlignment: false } };
    const calls: readonly (readonly [name: string, args: readonly bigint[]])[] = [
      ['sol_log_data', [at(4), 1n]],
      ['sol_sha256', [at(1), 1n, at(512)]],
      ['sol_memcmp_', [INPUT, INPUT, 1n, at(2)]],
      ['sol_create_program_address', [at(2), 1n, INPUT, at(512)]],
      ['sol_poseidon', [0n, 0n, at(4), 1n, at(512)]],
    ];
    for (const [name, args] of calls) {
      expect(call(name, args).fault?.text, name).toBe('Unaligned pointer');
      expect(call(name, args, old).fault, name).toBeUndefined();
    }
    expect(call('sol_alloc_free_', [5n, 0n], { call: { ...old.call, heapUsed: 3 } }).r0).toBe(HEAP + 3n);
  });
});

describe('sysvar structures', () => {
  it('are padded as programs expect them', () => {
    const scheduled = call('sol_get_epoch_schedule_sysvar', [INPUT], {
      environment: { ...environment, features: new Set<string>() },
    });
    const expected = [...Array.from({ length: 17 }, (_, i) => i + 1), 0, 0, 0, 0, 0, 0, 0];
    expect([...scheduled.input()[0]!.subarray(0, 24)]).toEqual(expected);
    expect([...scheduled.input()[0]!.subarray(24, 40)]).toEqual(Array.from({ length: 16 }, (_, i) => i + 18));
  });

  it('are not for programs of the first loader', () => {
    const { fault } = call('sol_get_clock_sysvar', [HEAP], { environment, call: { checksAlignment: false } });
    expect(fault?.text).toBe('Unaligned pointer');
  });

  it('of rewards are aligned to 16 bytes', () => {
    expect(call('sol_get_epoch_rewards_sysvar', [HEAP + 8n], { environment }).fault?.text).toBe(
      'Unaligned pointer',
    );
  });
});

describe('program addresses', () => {
  it('take 16 seeds of 32 bytes', () => {
    const create = (count: bigint, length: bigint, base = INPUT) =>
      call('sol_create_program_address', [base, count, at(1024), at(2048)], {
        input: inputWith(
          Object.fromEntries(
            Array.from({ length: 17 }, (_, i) => [
              [16 * i, at(512)],
              [16 * i + 8, length],
            ]).flat(),
          ),
        ),
      });
    expect(create(16n, 32n).fault).toBeUndefined();
    expect(create(17n, 1n).fault?.text).toContain('Could not create program address');
    expect(create(1n, 33n).fault?.text).toContain('Could not create program address');
    // The table is looked at before its length is judged.
    expect(create(17n, 1n, NOWHERE).fault?.kind).toBe('AccessViolation');
    expect(create(U64_MAX, 1n).fault?.text).toBe('InvalidLength');
  });

  it('cost each attempt when there are too many seeds for a bump', () => {
    const args = [INPUT, 16n, at(1024), at(2048), at(3000)];
    const input = inputWith(Object.fromEntries(Array.from({ length: 16 }, (_, i) => [16 * i, at(512)])));
    const found = call('sol_try_find_program_address', args, { input });
    expect(found.r0).toBe(1n);
    expect(found.used).toBe(1500 * 256);
    expect(call('sol_try_find_program_address', args, { input, budget: 20_000 }).fault?.error).toBe(
      'ComputationalBudgetExceeded',
    );
  });
});

describe('return data and siblings', () => {
  const returnData = { program: new Uint8Array(32).fill(7), data: Uint8Array.of(1, 2, 3) };

  it('are copied apart', () => {
    const get = (out: bigint, program: bigint) =>
      call('sol_get_return_data', [out, 3n, program], { transaction: { returnData } });
    expect(get(at(0), at(2)).fault?.text).toBe('Overlapping copy');
    expect(get(at(0), at(3)).fault).toBeUndefined();
    expect(get(at(32), at(0)).fault).toBeUndefined();
    expect(get(at(31), at(0)).fault?.text).toBe('Overlapping copy');
  });

  it('of no length are only measured', () => {
    const measured = call('sol_get_return_data', [NOWHERE, 0n, NOWHERE], { transaction: { returnData } });
    expect([measured.r0, measured.used]).toEqual([3n, 100]);
  });

  it('show a sibling’s accounts', () => {
    const accounts = [{ key: new Uint8Array(32).fill(3), isSigner: true, isWritable: false }];
    const sibling = { stackHeight: 1, program: new Uint8Array(32).fill(5), data: Uint8Array.of(4), accounts };
    const input = inputWith({ 0: 1n, 8: 1n });
    const get = (args: readonly bigint[]) =>
      call('sol_get_processed_sibling_instruction', args, {
        transaction: { trace: [sibling, sibling] },
        input,
      });
    const copied = get([0n, INPUT, at(64), at(128), at(256)]);
    expect(copied.r0).toBe(1n);
    expect([...copied.input()[0]!.subarray(256, 290)]).toEqual([...new Uint8Array(32).fill(3), 1, 0]);
    expect(get([0n, INPUT, at(64), at(95), at(256)]).fault?.text).toBe('Overlapping copy');
    expect(get([0n, INPUT, at(8), at(128), at(256)]).fault?.text).toBe('Overlapping copy');
    expect(get([0n, NOWHERE, at(64), at(128), at(256)]).fault?.kind).toBe('AccessViolation');
    expect(get([1n, NOWHERE, NOWHERE, NOWHERE, NOWHERE]).r0).toBe(0n);
  });
});

describe('BLS12-381', () => {
  const G1 = bls12_381.G1.Point.BASE;
  const G2 = bls12_381.G2.Point.BASE;
  const reversed = (bytes: Uint8Array, size: number): Uint8Array =>
    concatBytes(
      ...Array.from({ length: bytes.length / size }, (_, i) =>
        bytes.slice(i * size, (i + 1) * size).reverse(),
      ),
    );
  const groups = [['G1', 5n, 48, G1] as const, ['G2', 6n, 96, G2 as unknown as typeof G1] as const];

  it.each(groups)('has the operations of %s in both byte orders', (_, id, size, base) => {
    for (const isBig of [true, false]) {
      const curve = isBig ? id + 0x80n : id;
      const encode = (bytes: Uint8Array, part: number = size) => (isBig ? bytes : reversed(bytes, part));
      const input = inputWith({
        0: encode(base.toBytes(false)),
        256: encode(base.double().toBytes(false)),
        512: encode(bigintToBytes(3n, 32), 32),
        768: encode(base.toBytes(true)),
      });
      const result = (operation: bigint, a: number, b: number) =>
        call('sol_curve_group_op', [curve, operation, at(a), at(b), at(1024)], { input })
          .input()[0]!
          .slice(1024, 1024 + 2 * size);
      const triple = encode(base.double().add(base).toBytes(false));
      expect(result(0n, 0, 256)).toEqual(triple);
      expect(result(2n, 512, 0)).toEqual(triple);
      expect(result(1n, 256, 0)).toEqual(encode(base.toBytes(false)));
      expect(result(1n, 0, 0)).toEqual(encode(base.multiplyUnsafe(0n).toBytes(false)));
      const opened = call('sol_curve_decompress', [curve, at(768), at(1024)], { input });
      expect(opened.input()[0]!.slice(1024, 1024 + 2 * size)).toEqual(encode(base.toBytes(false)));
      expect(call('sol_curve_validate_point', [curve, at(256)], { input }).r0).toBe(0n);
      expect(call('sol_curve_validate_point', [curve, at(1)], { input }).r0).toBe(1n);
    }
  });

  it('refuses scalars that are not reduced, and unknown operations', () => {
    const order = bls12_381.fields.Fr.ORDER;
    const multiply = (factor: bigint) =>
      call('sol_curve_group_op', [0x85n, 2n, INPUT, at(64), at(512)], {
        input: inputWith({ 0: bigintToBytes(factor, 32), 64: G1.toBytes(false) }),
      }).r0;
    expect(multiply(order - 1n)).toBe(0n);
    expect(multiply(0n)).toBe(0n);
    expect(multiply(order)).toBe(1n);
    expect(call('sol_curve_group_op', [5n, 3n, INPUT, INPUT, INPUT]).fault?.text).toBe('InvalidAttribute');
    expect(call('sol_curve_validate_point', [0x105n, INPUT]).fault?.text).toBe('InvalidAttribute');
  });

  it('pairs: e(2P, Q) = e(P, 2Q), up to eight pairs', () => {
    const pair = (id: bigint, count: number, a: Uint8Array, b: Uint8Array) => {
      const made = call('sol_curve_pairing_map', [id, BigInt(count), INPUT, at(1024), at(3200)], {
        input: inputWith({ 0: a, 1024: b }),
      });
      // The next call uses the same memory.
      return { ...made, output: made.input()[0]!.slice(3200, 3200 + 576) };
    };
    const left = pair(0x84n, 1, G1.double().toBytes(false), G2.toBytes(false));
    const right = pair(0x84n, 1, G1.toBytes(false), G2.double().toBytes(false));
    expect([left.fault, left.r0, left.used]).toEqual([undefined, 0n, 25_445]);
    expect(left.output).toEqual(right.output);
    const little = pair(4n, 1, reversed(G1.double().toBytes(false), 48), reversed(G2.toBytes(false), 96));
    expect(little.output).toEqual(left.output.slice().reverse());
    // The product of a pairing and its inverse is one, which nothing gives as well.
    const inverse = pair(
      0x84n,
      2,
      concatBytes(G1.toBytes(false), G1.negate().toBytes(false)),
      concatBytes(G2.toBytes(false), G2.toBytes(false)),
    );
    expect(inverse.used).toBe(25_445 + 13_023);
    expect(inverse.output).toEqual(pair(0x84n, 0, new Uint8Array(0), new Uint8Array(0)).output);
    expect(inverse.output.at(-1)).toBe(1);
    expect(pair(0x84n, 1, new Uint8Array(96).fill(1), G2.toBytes(false)).r0).toBe(1n);
    const many = call('sol_curve_pairing_map', [0x84n, BigInt(MAX_PAIRS + 1), INPUT, INPUT, INPUT]);
    expect(many.r0).toBe(1n);
  });
});

describe('unknown curves', () => {
  it('end the program since the feature, and gave 1 before', () => {
    const features = new Set(mainnetFeatures());
    features.delete('abort_on_invalid_curve');
    for (const name of ['sol_curve_validate_point', 'sol_curve_group_op', 'sol_curve_multiscalar_mul']) {
      expect(call(name, [99n, 0n, 0n, 0n]).fault?.text, name).toBe('InvalidAttribute');
      expect(call(name, [99n, 0n, 0n, 0n], { environment: { features } }).r0, name).toBe(1n);
    }
  });
});

describe('modular exponentiation', () => {
  it('of a modulus without bytes writes nothing', () => {
    const power = call('sol_big_mod_exp', [INPUT, NOWHERE], { input: inputWith({ 0: 0n }) });
    expect([power.fault, power.r0, power.used]).toEqual([undefined, 0n, 290]);
  });
});

describe('text', () => {
  it('tells what units are left after it', () => {
    const { transaction } = call('sol_log_compute_units_', [], { budget: 1000 });
    expect(transaction.log.lines).toEqual(['Program consumption: 901 units remaining']);
  });

  it('of data has its parts apart', () => {
    const input = inputWith({ 0: at(64), 8: 1n, 16: at(65), 24: 2n, 64: utf8ToBytes('abc') });
    const { transaction, used } = call('sol_log_data', [INPUT, 2n], { input });
    expect(transaction.log.lines).toEqual(['Program data: YQ== YmM=']);
    expect(used).toBe(100 + 200 + 3);
  });
});
