import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@ninefold/base';
import { isEd25519Point, keccak256, secp256k1, sha256 } from '@ninefold/crypto';
import { ed25519, ristretto255 } from '@noble/curves/ed25519.js';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { bn254 } from '@noble/curves/bn254.js';
import { describe, expect, it } from 'vitest';
import { addressBytes, toBase58 } from '../src/host/base58.ts';
import type { Syscall } from '../src/host/call.ts';
import { createProgramAddress, findProgramAddress } from '../src/host/program-address.ts';
import { SYSCALLS, syscallsOf } from '../src/host/syscalls.ts';
import { poseidonHash } from '../src/host/syscalls/poseidon.ts';
import { SYSVAR } from '../src/spec/addresses.ts';
import { allFeatures, mainnetFeatures } from '../src/spec/features.ts';
import { syscallKey } from '../src/code/murmur3.ts';
import { HEAP, INPUT } from './support/assemble.ts';
import { inputWith, make } from './support/call.ts';

const named = (name: string): Syscall => SYSCALLS.find((row) => row.name === name)!.run;
const at = (offset: number): bigint => INPUT + BigInt(offset);
/** A table of one slice of `length` bytes at offset 64. */
const oneSlice = (bytes: Uint8Array) => inputWith({ 0: at(64), 8: BigInt(bytes.length), 64: bytes });

describe('table', () => {
  it('follows features', () => {
    const mainnet = syscallsOf(mainnetFeatures());
    expect(mainnet.has(syscallKey('sol_blake3'))).toBe(false);
    expect(mainnet.has(syscallKey('sol_get_fees_sysvar'))).toBe(false);
    expect(mainnet.has(syscallKey('sol_alloc_free_'))).toBe(true);
    expect(syscallsOf(mainnetFeatures(), { deployment: true }).has(syscallKey('sol_alloc_free_'))).toBe(
      false,
    );
    expect(syscallsOf(allFeatures()).has(syscallKey('sol_big_mod_exp'))).toBe(true);
    expect(syscallsOf(new Set()).has(syscallKey('sol_get_fees_sysvar'))).toBe(true);
  });

  it('has no two rows of one key', () => {
    expect(new Set(SYSCALLS.map(({ name }) => syscallKey(name))).size).toBe(SYSCALLS.length);
  });
});

describe('logging', () => {
  it('writes text, numbers, keys and data', () => {
    const text = make(named('sol_log_'), [INPUT, 5n], { input: inputWith({ 0: utf8ToBytes('hällo') }) });
    expect(text.transaction.log.lines).toEqual(['Program log: häll']);
    expect(text.used).toBe(100);
    const numbers = make(named('sol_log_64_'), [1n, 2n, 255n, 0n, 2n ** 64n - 1n]);
    expect(numbers.transaction.log.lines).toEqual(['Program log: 0x1, 0x2, 0xff, 0x0, 0xffffffffffffffff']);
    const key = make(named('sol_log_pubkey'), [INPUT]);
    expect(key.transaction.log.lines).toEqual([`Program log: ${toBase58(new Uint8Array(32))}`]);
    const data = make(named('sol_log_data'), [INPUT, 1n], { input: oneSlice(Uint8Array.of(1, 2, 3)) });
    expect(data.transaction.log.lines).toEqual(['Program data: AQID']);
    expect(data.used).toBe(203);
  });

  it('refuses bytes that are no text', () => {
    const { fault } = make(named('sol_log_'), [INPUT, 3n], {
      input: inputWith({ 0: Uint8Array.of(255, 254, 65) }),
    });
    expect(fault?.text).toBe('invalid utf-8 sequence of 1 bytes from index 0: [255, 254, 65]');
  });

  it('panics with file, line and column', () => {
    const input = inputWith({ 0: utf8ToBytes('lib.rs') });
    expect(make(named('sol_panic_'), [INPUT, 6n, 12n, 3n], { input }).fault?.text).toBe(
      'SBF program Panicked in lib.rs at 12:3',
    );
    expect(make(named('abort'), []).fault?.text).toBe('SBF program panicked');
  });

  it('ends the program when units are short', () => {
    const { fault, left } = make(named('sol_log_64_'), [], { budget: 98 });
    expect(fault?.error).toBe('ComputationalBudgetExceeded');
    expect(left).toBe(0);
  });
});

describe('memory', () => {
  const bytes = Uint8Array.from({ length: 16 }, (_, i) => i + 1);
  const input = inputWith({ 0: bytes });

  it('copies', () => {
    const copied = make(named('sol_memcpy_'), [at(100), INPUT, 16n], { input });
    expect([...copied.input()[0]!.subarray(100, 116)]).toEqual([...bytes]);
    expect(make(named('sol_memcpy_'), [at(8), INPUT, 16n], { input }).fault?.text).toBe('Overlapping copy');
    const moved = make(named('sol_memmove_'), [at(8), INPUT, 16n], { input });
    expect([...moved.input()[0]!.subarray(8, 24)]).toEqual([...bytes]);
    expect(make(named('sol_memmove_'), [0n, 0n, 0n]).fault).toBeUndefined();
  });

  it('fills and compares', () => {
    const filled = make(named('sol_memset_'), [at(4), 0x1ffn, 3n], { input });
    expect([...filled.input()[0]!.subarray(3, 8)]).toEqual([4, 255, 255, 255, 8]);
    const compared = make(named('sol_memcmp_'), [INPUT, at(1), 4n, at(200)], { input });
    const result = compared.input()[0]!.slice(200, 204);
    expect(new DataView(result.buffer).getInt32(0, true)).toBe(-1);
    expect(make(named('sol_memcmp_'), [INPUT, at(1), 4n, at(201)], { input }).fault?.text).toBe(
      'Unaligned pointer',
    );
  });

  it('costs one unit for 250 bytes, ten at least', () => {
    expect(make(named('sol_memset_'), [INPUT, 0n, 1n]).used).toBe(10);
    expect(make(named('sol_memset_'), [INPUT, 0n, 4000n]).used).toBe(16);
  });

  it('gives heap away, aligned', () => {
    expect(make(named('sol_alloc_free_'), [5n, 0n], { call: { heapUsed: 3 } }).r0).toBe(HEAP + 8n);
    expect(make(named('sol_alloc_free_'), [32_769n, 0n]).r0).toBe(0n);
    expect(make(named('sol_alloc_free_'), [5n, HEAP]).r0).toBe(0n);
  });
});

describe('hashes', () => {
  it('take slices', () => {
    const message = utf8ToBytes('abc');
    const hashed = (name: string, size: number) =>
      make(named(name), [INPUT, 1n, at(512)], { input: oneSlice(message) })
        .input()[0]!
        .slice(512, 512 + size);
    expect(hashed('sol_sha256', 32)).toEqual(sha256(message));
    expect(hashed('sol_keccak256', 32)).toEqual(keccak256(message));
    expect(bytesToHex(hashed('sol_blake3', 32))).toBe(
      '0x6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85',
    );
    expect(bytesToHex(hashed('sol_sha512', 64)).slice(0, 18)).toBe('0xddaf35a193617aba');
  });

  it('cost by bytes', () => {
    expect(make(named('sol_sha256'), [0n, 0n, at(512)]).used).toBe(85);
    expect(
      make(named('sol_sha256'), [INPUT, 1n, at(512)], { input: oneSlice(new Uint8Array(100)) }).used,
    ).toBe(135);
  });

  it('take 20000 slices at most', () => {
    expect(make(named('sol_sha256'), [INPUT, 20_001n, at(0)]).fault?.text).toBe('Hashing too many sequences');
  });
});

describe('program addresses', () => {
  const program = new Uint8Array(32).fill(9);

  it('are off the curve', () => {
    const found = findProgramAddress([utf8ToBytes('seed')], program)!;
    expect(isEd25519Point(found.address)).toBe(false);
    expect(createProgramAddress([utf8ToBytes('seed'), Uint8Array.of(found.bump)], program)).toEqual(
      found.address,
    );
    expect(isEd25519Point(ed25519.getPublicKey(new Uint8Array(32).fill(1)))).toBe(true);
    expect(createProgramAddress([new Uint8Array(33)], program)).toBeUndefined();
    expect(
      createProgramAddress(
        Array.from({ length: 17 }, () => new Uint8Array(1)),
        program,
      ),
    ).toBeUndefined();
  });

  it('are found and created by syscalls', () => {
    const input = inputWith({ 0: at(64), 8: 4n, 64: utf8ToBytes('seed'), 128: program });
    const expected = findProgramAddress([utf8ToBytes('seed')], program)!;
    const found = make(named('sol_try_find_program_address'), [INPUT, 1n, at(128), at(256), at(300)], {
      input,
    });
    expect(found.r0).toBe(0n);
    expect(found.input()[0]!.slice(256, 288)).toEqual(expected.address);
    expect(found.input()[0]![300]).toBe(expected.bump);
    expect(found.used).toBe(1500 * (256 - expected.bump));
    const overlapping = [INPUT, 1n, at(128), at(256), at(260)];
    expect(make(named('sol_try_find_program_address'), overlapping, { input }).fault?.text).toBe(
      'Overlapping copy',
    );
    const long = inputWith({ 0: at(64), 8: 33n });
    expect(
      make(named('sol_create_program_address'), [INPUT, 1n, at(128), at(256)], { input: long }).fault?.text,
    ).toBe(
      'Could not create program address with signer seeds: Length of the seed is too long for address generation',
    );
  });
});

describe('sysvars', () => {
  const clock = Uint8Array.from({ length: 40 }, (_, i) => i);
  const environment = { sysvars: new Map([[SYSVAR.clock as string, clock]]) };

  it('are copied to the stack or heap, not the input', () => {
    const read = make(named('sol_get_clock_sysvar'), [HEAP], { environment });
    expect(read.fault).toBeUndefined();
    expect(read.used).toBe(140);
    expect(make(named('sol_get_clock_sysvar'), [INPUT], { environment }).fault?.text).toBe('Invalid pointer');
    expect(make(named('sol_get_clock_sysvar'), [HEAP + 4n], { environment }).fault?.text).toBe(
      'Unaligned pointer',
    );
    expect(make(named('sol_get_rent_sysvar'), [HEAP], { environment }).fault?.error).toBe(
      'UnsupportedSysvar',
    );
    const features = new Set(mainnetFeatures());
    features.delete('syscall_parameter_address_restrictions');
    const before = make(named('sol_get_clock_sysvar'), [INPUT], {
      environment: { ...environment, features },
    });
    expect(before.input()[0]!.slice(0, 40)).toEqual(clock);
  });

  it('are read in parts', () => {
    const read = (id: string, offset: bigint, length: bigint) =>
      make(named('sol_get_sysvar'), [INPUT, HEAP, offset, length], {
        environment,
        input: inputWith({ 0: addressBytes(id) }),
      });
    expect(read(SYSVAR.clock, 8n, 8n).r0).toBe(0n);
    expect(read(SYSVAR.clock, 33n, 8n).r0).toBe(1n);
    expect(read(SYSVAR.rent, 0n, 8n).r0).toBe(2n);
    expect(read(SYSVAR.recentBlockhashes, 0n, 8n).r0).toBe(2n);
    expect(read(SYSVAR.clock, 2n ** 64n - 1n, 8n).fault?.error).toBe('ArithmeticOverflow');
  });

  it('tell stakes', () => {
    expect(make(named('sol_get_epoch_stake'), [0n]).r0).toBe(1000n);
    expect(
      make(named('sol_get_epoch_stake'), [INPUT], { input: inputWith({ 0: Uint8Array.of(6) }) }).r0,
    ).toBe(6n);
  });
});

describe('introspection', () => {
  it('passes return data', () => {
    const set = make(named('sol_set_return_data'), [INPUT, 3n], {
      input: inputWith({ 0: Uint8Array.of(1, 2, 3) }),
    });
    expect([...set.transaction.returnData.data]).toEqual([1, 2, 3]);
    expect(set.transaction.returnData.program[0]).toBe(7);
    const { returnData } = set.transaction;
    const got = make(named('sol_get_return_data'), [INPUT, 2n, at(64)], { transaction: { returnData } });
    expect(got.r0).toBe(3n);
    expect([...got.input()[0]!.subarray(0, 3)]).toEqual([1, 2, 0]);
    expect(got.input()[0]![64]).toBe(7);
    expect(make(named('sol_set_return_data'), [INPUT, 1025n]).fault?.text).toBe(
      'Return data too large (1025 > 1024)',
    );
  });

  it('tells height and units', () => {
    expect(make(named('sol_get_stack_height'), [], { call: { stackHeight: 3 } }).r0).toBe(3n);
    expect(make(named('sol_remaining_compute_units'), [], { budget: 500 }).r0).toBe(401n);
  });

  it('finds earlier siblings', () => {
    const program = new Uint8Array(32).fill(5);
    const sibling = { stackHeight: 1, program, data: Uint8Array.of(4), accounts: [] };
    const trace = [sibling, { ...sibling, stackHeight: 2 }, { ...sibling, data: Uint8Array.of(1, 2) }];
    const args = [0n, INPUT, at(64), at(128), at(256)];
    const sized = make(named('sol_get_processed_sibling_instruction'), args, { transaction: { trace } });
    expect(sized.r0).toBe(1n);
    expect(sized.input()[0]![0]).toBe(1);
    const copied = make(named('sol_get_processed_sibling_instruction'), args, {
      transaction: { trace },
      input: inputWith({ 0: 1n, 8: 0n }),
    });
    expect(copied.input()[0]![64]).toBe(5);
    expect(copied.input()[0]![128]).toBe(4);
    const none = make(named('sol_get_processed_sibling_instruction'), [1n, ...args.slice(1)], {
      transaction: { trace },
    });
    expect(none.r0).toBe(0n);
  });
});

describe('signatures', () => {
  it('give back their key', () => {
    const secret = new Uint8Array(32).fill(3);
    const hash = keccak256(Uint8Array.of(1));
    const { r, s, yParity } = secp256k1.sign(hash, secret);
    const word = (value: bigint) => hexToBytes(`0x${value.toString(16).padStart(64, '0')}`);
    const input = inputWith({ 0: hash, 64: concatBytes(word(r), word(s)) });
    const recover = (id: bigint) =>
      make(named('sol_secp256k1_recover'), [INPUT, id, at(64), at(256)], { input });
    expect(recover(BigInt(yParity)).input()[0]!.slice(256, 320)).toEqual(secp256k1.publicKey(secret));
    expect(recover(4n).r0).toBe(2n);
    expect(make(named('sol_secp256k1_recover'), [INPUT, 0n, at(1024), at(256)], { input }).r0).toBe(3n);
  });
});

describe('curve25519', () => {
  const run = (name: string, args: readonly bigint[], input: Uint8Array) =>
    make(named(name), args, { input });

  it.each([
    ['edwards', 0n, ed25519.Point],
    ['ristretto', 1n, ristretto255.Point],
  ] as const)('adds, subtracts and multiplies in the %s form', (_, id, Point) => {
    const G = Point.BASE;
    const two = new Uint8Array(32);
    two[0] = 2;
    const input = inputWith({ 0: G.toBytes(), 32: G.double().toBytes(), 64: two });
    const result = (operation: bigint, a: number, b: number) =>
      run('sol_curve_group_op', [id, operation, at(a), at(b), at(512)], input)
        .input()[0]!
        .slice(512, 544);
    expect(result(0n, 0, 32)).toEqual(
      G.double()
        .add(G as never)
        .toBytes(),
    );
    expect(result(1n, 32, 0)).toEqual(G.toBytes());
    expect(result(2n, 64, 0)).toEqual(G.double().toBytes());
    expect(run('sol_curve_validate_point', [id, INPUT], input).r0).toBe(0n);
    expect(run('sol_curve_validate_point', [id, at(64)], input).r0).toBe(1n);
    const msm = run('sol_curve_multiscalar_mul', [id, at(64), INPUT, 1n, at(512)], input);
    expect(msm.input()[0]!.slice(512, 544)).toEqual(G.double().toBytes());
    expect(msm.used).toBe(id === 0n ? 2273 : 2303);
  });

  it('refuses unknown curves, operations and too many points', () => {
    const input = new Uint8Array(4096);
    expect(run('sol_curve_validate_point', [9n, INPUT], input).fault?.text).toBe('InvalidAttribute');
    expect(run('sol_curve_group_op', [0n, 3n, INPUT, INPUT, INPUT], input).fault?.text).toBe(
      'InvalidAttribute',
    );
    expect(run('sol_curve_multiscalar_mul', [0n, INPUT, INPUT, 513n, INPUT], input).fault?.text).toBe(
      'InvalidLength',
    );
    expect(run('sol_curve_decompress', [0n, INPUT, INPUT], input).fault?.text).toBe('InvalidAttribute');
    expect(run('sol_curve_pairing_map', [5n, 0n, INPUT, INPUT, INPUT], input).fault?.text).toBe(
      'InvalidAttribute',
    );
  });
});

describe('BLS12-381', () => {
  const G = bls12_381.G1.Point.BASE;
  const BIG = 0x85n;

  it('adds and decompresses points of G1', () => {
    const input = inputWith({ 0: G.toBytes(false), 128: G.toBytes(true) });
    const doubled = make(named('sol_curve_group_op'), [BIG, 0n, INPUT, INPUT, at(512)], { input });
    expect(doubled.input()[0]!.slice(512, 608)).toEqual(G.double().toBytes(false));
    const point = make(named('sol_curve_decompress'), [BIG, at(128), at(512)], { input });
    expect(point.input()[0]!.slice(512, 608)).toEqual(G.toBytes(false));
    expect(point.used).toBe(2100);
    expect(make(named('sol_curve_validate_point'), [BIG, INPUT], { input }).r0).toBe(0n);
    expect(make(named('sol_curve_validate_point'), [BIG, at(1)], { input }).r0).toBe(1n);
  });

  it('is not there before its feature', () => {
    const features = mainnetFeatures(425_952_003);
    const before = make(named('sol_curve_validate_point'), [BIG, INPUT], { environment: { features } });
    expect(before.fault?.text).toBe('InvalidAttribute');
  });
});

describe('BN254', () => {
  const word = (value: bigint): Uint8Array => hexToBytes(`0x${value.toString(16).padStart(64, '0')}`);
  const g1 = concatBytes(word(1n), word(2n));
  const base2 = bn254.G2.Point.BASE.toAffine();
  const g2 = concatBytes(word(base2.x.c1), word(base2.x.c0), word(base2.y.c1), word(base2.y.c0));
  const little = (bytes: Uint8Array, size: number): Uint8Array =>
    concatBytes(
      ...Array.from({ length: bytes.length / size }, (_, i) =>
        bytes.slice(i * size, (i + 1) * size).reverse(),
      ),
    );

  it('adds in both byte orders', () => {
    const sum = make(named('sol_alt_bn128_group_op'), [0n, INPUT, 128n, at(512)], {
      input: inputWith({ 0: concatBytes(g1, g1) }),
    })
      .input()[0]!
      .slice(512, 576);
    const reversed = make(named('sol_alt_bn128_group_op'), [0x80n, INPUT, 128n, at(512)], {
      input: inputWith({ 0: little(concatBytes(g1, g1), 32) }),
    })
      .input()[0]!
      .slice(512, 576);
    expect(little(reversed, 32)).toEqual(sum);
  });

  it('compresses and decompresses', () => {
    for (const [compress, decompress, point] of [
      [0n, 1n, g1],
      [2n, 3n, g2],
    ] as const) {
      const size = point.length;
      const packed = make(named('sol_alt_bn128_compression'), [compress, INPUT, BigInt(size), at(512)], {
        input: inputWith({ 0: point }),
      });
      const input = inputWith({ 0: packed.input()[0]!.slice(512, 512 + size / 2) });
      const unpacked = make(
        named('sol_alt_bn128_compression'),
        [decompress, INPUT, BigInt(size / 2), at(512)],
        { input },
      );
      expect(unpacked.r0).toBe(0n);
      expect(unpacked.input()[0]!.slice(512, 512 + size)).toEqual(point);
    }
  });

  it('multiplies in G2 and pairs', () => {
    const doubled = make(named('sol_alt_bn128_group_op'), [4n, INPUT, 256n, at(512)], {
      input: inputWith({ 0: concatBytes(g2, g2) }),
    })
      .input()[0]!
      .slice(512, 640);
    const product = make(named('sol_alt_bn128_group_op'), [6n, INPUT, 160n, at(512)], {
      input: inputWith({ 0: concatBytes(g2, word(2n)) }),
    })
      .input()[0]!
      .slice(512, 640);
    expect(product).toEqual(doubled);
    const pairing = make(named('sol_alt_bn128_group_op'), [3n, INPUT, 192n, at(512)], {
      input: inputWith({ 0: concatBytes(g1, g2) }),
    });
    expect(pairing.r0).toBe(0n);
    expect(pairing.input()[0]![543]).toBe(0);
    expect(pairing.used).toBe(36_364 + 85 + 192 + 32);
  });

  it('refuses wrong lengths, points and operations', () => {
    expect(make(named('sol_alt_bn128_group_op'), [0n, INPUT, 129n, at(512)]).r0).toBe(1n);
    expect(make(named('sol_alt_bn128_group_op'), [3n, INPUT, 191n, at(512)]).r0).toBe(1n);
    const off = inputWith({ 0: concatBytes(word(1n), word(1n)) });
    expect(make(named('sol_alt_bn128_group_op'), [0n, INPUT, 64n, at(512)], { input: off }).r0).toBe(1n);
    expect(make(named('sol_alt_bn128_group_op'), [5n, INPUT, 64n, at(512)]).fault?.text).toBe(
      'InvalidAttribute',
    );
    expect(make(named('sol_alt_bn128_compression'), [1n, INPUT, 31n, at(512)]).r0).toBe(1n);
  });
});

describe('Poseidon', () => {
  it('is circomlib’s', () => {
    expect(poseidonHash([1n, 2n])).toBe(
      7853200120776062878684798364095072458815029376092732009249414926327459813530n,
    );
  });

  it('takes reduced inputs of 32 bytes', () => {
    const hash = (bytes: Uint8Array, count = 1n) =>
      make(named('sol_poseidon'), [0n, 0n, INPUT, count, at(512)], { input: oneSlice(bytes) });
    expect(hash(new Uint8Array(32)).r0).toBe(0n);
    expect(hash(new Uint8Array(32)).used).toBe(603);
    expect(hash(new Uint8Array(32).fill(255)).r0).toBe(1n);
    expect(hash(new Uint8Array(31)).r0).toBe(1n);
    expect(hash(new Uint8Array(32), 13n).fault?.text).toBe('InvalidLength');
    expect(make(named('sol_poseidon'), [1n]).fault?.text).toBe('Invalid parameters.');
    expect(make(named('sol_poseidon'), [0n, 2n]).fault?.text).toBe('Invalid endianness.');
  });
});

describe('modular exponentiation', () => {
  it('computes with numbers of any length', () => {
    const input = inputWith({
      0: at(64),
      8: 1n,
      16: at(65),
      24: 1n,
      32: at(66),
      40: 2n,
      64: Uint8Array.of(3, 5, 0, 100),
    });
    const power = make(named('sol_big_mod_exp'), [INPUT, at(512)], { input });
    expect([...power.input()[0]!.subarray(512, 514)]).toEqual([0, 43]);
    expect(power.used).toBe(100 + 2 + 190);
    const long = inputWith({ 8: 513n });
    expect(make(named('sol_big_mod_exp'), [INPUT, at(512)], { input: long }).fault?.text).toBe(
      'InvalidLength',
    );
  });
});
