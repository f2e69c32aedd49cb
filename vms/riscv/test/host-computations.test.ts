import { bigintToBytes, concatBytes, hexToBytes, utf8ToBytes } from '@ninefold/base';
import {
  blake2f,
  bls12G1Add,
  bls12G1Msm,
  bls12G2Add,
  bls12G2Msm,
  bls12MapFp2ToG2,
  bls12MapFpToG1,
} from '@ninefold/crypto';
import { keccakF1600 } from '@ninefold/kernels';
import { describe, expect, it } from 'vitest';
import type { Machine } from '../src/engine/machine.ts';
import { addPoints, type Curve, CURVES, doublePoint, type Point } from '../src/host/accelerators/curves.ts';
import { fromLittleEndian, mod, toLittleEndian } from '../src/host/accelerators/integers.ts';
import { ACCELERATORS } from '../src/host/standard-accelerators.ts';
import { createRiscv, type RunResult } from '../src/run.ts';
import type { Xlen } from '../src/spec/opcodes.ts';
import { assemble } from './support/assemble.ts';
import { programElf } from './support/elf.ts';
import { haltingAbi } from './support/run.ts';

// What hosts compute for guests, against other ways to compute it and laws that it has to obey.

const DATA = 0x8_0000;
const OUT = 0x9_0000;

/** Does something with a machine before its guest begins. */
function onMachine<Result>(action: (machine: Machine) => Result): Result {
  const results: Result[] = [];
  const abi = haltingAbi({
    bounds: { low: 0, high: 2 ** 32 },
    start: (machine) => {
      results.push(action(machine));
      return { answer: () => ({ exit: 0 }) };
    },
  });
  const elf = programElf(64, assemble(64, 'ecall'));
  expect(createRiscv({ elf, abi }).run().outcome).toEqual({ kind: 'exit', code: 0 });
  return results[0] as Result;
}

/** An argument of an accelerator: bytes that it points to, a number, or where the result goes. */
type Argument = Uint8Array | number | 'out';

/** What an accelerator of the standard writes; undefined when it fails. */
function accelerate(name: string, length: number, ...args: readonly Argument[]): Uint8Array | undefined {
  const accelerator = ACCELERATORS.find((own) => own.name === name);
  if (accelerator === undefined) throw new Error(`no accelerator ${name}`);
  return onMachine((machine) => {
    let at = DATA;
    const values = args.map((argument) => {
      if (argument === 'out') return OUT;
      if (typeof argument === 'number') return argument;
      const place = at;
      machine.memory.write(place, argument);
      at += argument.length + 1;
      return place;
    });
    values.forEach((value, i) => machine.setRegister(10 + i, BigInt(value)));
    const untouched = new Uint8Array(length).fill(0xa5);
    machine.memory.write(OUT, untouched);
    const isDone = accelerator.run(machine, values);
    const written = machine.memory.read(OUT, length);
    if (!isDone) expect(written).toEqual(untouched);
    return isDone ? written : undefined;
  });
}

const TRUE = Uint8Array.of(1);
const FALSE = Uint8Array.of(0);
const hex = (text: string): Uint8Array => hexToBytes(`0x${text}`);
const word = (value: bigint): Uint8Array => bigintToBytes(value, 32);

describe('the numbers of the standard’s accelerators', () => {
  it('follow one another in the order of its header', () => {
    expect(ACCELERATORS.map(({ number }) => number)).toEqual(
      Array.from({ length: ACCELERATORS.length }, (_, i) => 0x100 + i),
    );
    expect(new Set(ACCELERATORS.map(({ name }) => name)).size).toBe(ACCELERATORS.length);
  });
});

describe('BN254 of the standard', () => {
  const g1 = concatBytes(word(1n), word(2n));
  const opposite = concatBytes(word(1n), word(CURVES.BN254.p - 2n));
  const g2 = concatBytes(
    ...[
      11559732032986387107991004021392285783925812861821192530917403151452391805634n,
      10857046999023057135944570762232829481370756359578518086990519993285655852781n,
      4082367875863433681332203403145435568316851327593401208105741076214120093531n,
      8495653923123431417604973247489272438418190587263600148770280649306958101930n,
    ].map(word),
  );

  it('adds and multiplies', () => {
    const doubled = accelerate('bn254_g1_add', 64, g1, g1, 'out');
    expect(doubled).toEqual(accelerate('bn254_g1_mul', 64, g1, word(2n), 'out'));
    expect(accelerate('bn254_g1_add', 64, g1, opposite, 'out')).toEqual(new Uint8Array(64));
    expect(accelerate('bn254_g1_mul', 64, g1, word(CURVES.BN254.n), 'out')).toEqual(new Uint8Array(64));
    expect(accelerate('bn254_g1_add', 64, g1, concatBytes(word(1n), word(3n)), 'out')).toBeUndefined();
    expect(accelerate('bn254_g1_mul', 64, concatBytes(word(1n), word(3n)), word(0n), 'out')).toBeUndefined();
  });

  it('checks pairings', () => {
    const both = concatBytes(g1, g2, opposite, g2);
    expect(accelerate('bn254_pairing', 1, both, 2, 'out')).toEqual(TRUE);
    expect(accelerate('bn254_pairing', 1, both, 1, 'out')).toEqual(FALSE);
    expect(accelerate('bn254_pairing', 1, both, 0, 'out')).toEqual(TRUE);
    const broken = both.slice();
    broken[100]! ^= 1;
    expect(accelerate('bn254_pairing', 1, broken, 2, 'out')).toBeUndefined();
  });
});

describe('BLS12-381 of the standard', () => {
  const g1 = hex(
    '17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb' +
      '08b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1',
  );
  const g2 = hex(
    '024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8' +
      '13e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e' +
      '0ce5d527727d6e118cc9cdc6da2e351aadfd9baa8cbdd3a76d429a695160d12c923ac9cc3baca289e193548608b82801' +
      '0606c4a02ea734cc32acd2b02bc28b99cb3e287e85a763af267492ab572e99ab3f370d275cec1da1aaa9075ff05f79be',
  );
  /** The EVM's form: 64 bytes an element. */
  const wide = (bytes: Uint8Array): Uint8Array => {
    const elements = Array.from({ length: bytes.length / 48 }, (_, i) => bytes.subarray(48 * i, 48 * i + 48));
    return concatBytes(...elements.flatMap((element) => [new Uint8Array(16), element]));
  };
  const negative = (point: Uint8Array): Uint8Array => {
    const y = BigInt(`0x${Buffer.from(point.subarray(48)).toString('hex')}`);
    return concatBytes(point.subarray(0, 48), bigintToBytes(CURVES.BLS12381.p - y, 48));
  };

  it('adds, and sums products, as the EVM’s precompiles do', () => {
    const twice = accelerate('bls12_g1_add', 96, g1, g1, 'out') as Uint8Array;
    expect(wide(twice)).toEqual(bls12G1Add(concatBytes(wide(g1), wide(g1))));
    const terms = [
      [g1, 5n],
      [twice, 7n],
    ] as const;
    const sum = accelerate(
      'bls12_g1_msm',
      96,
      concatBytes(...terms.flatMap(([p, k]) => [p, word(k)])),
      2,
      'out',
    );
    expect(wide(sum as Uint8Array)).toEqual(
      bls12G1Msm(concatBytes(...terms.flatMap(([p, k]) => [wide(p), word(k)]))),
    );
    expect(sum).toEqual(accelerate('bls12_g1_msm', 96, concatBytes(g1, word(19n)), 1, 'out'));
    expect(accelerate('bls12_g1_add', 96, g1, negative(g1), 'out')).toEqual(new Uint8Array(96));

    const twiceOnTwist = accelerate('bls12_g2_add', 192, g2, g2, 'out') as Uint8Array;
    expect(wide(twiceOnTwist)).toEqual(bls12G2Add(concatBytes(wide(g2), wide(g2))));
    const product = accelerate('bls12_g2_msm', 192, concatBytes(g2, word(2n)), 1, 'out');
    expect(product).toEqual(twiceOnTwist);
    expect(wide(product as Uint8Array)).toEqual(bls12G2Msm(concatBytes(wide(g2), word(2n))));
  });

  it('checks pairings', () => {
    expect(accelerate('bls12_pairing', 1, concatBytes(g1, g2, negative(g1), g2), 2, 'out')).toEqual(TRUE);
    expect(accelerate('bls12_pairing', 1, concatBytes(g1, g2), 1, 'out')).toEqual(FALSE);
  });

  it('maps elements to points', () => {
    const [a, b] = [bigintToBytes(7n, 48), bigintToBytes(CURVES.BLS12381.p - 1n, 48)];
    expect(wide(accelerate('bls12_map_fp_to_g1', 96, a, 'out') as Uint8Array)).toEqual(
      bls12MapFpToG1(wide(a)),
    );
    const both = concatBytes(a, b);
    expect(wide(accelerate('bls12_map_fp2_to_g2', 192, both, 'out') as Uint8Array)).toEqual(
      bls12MapFp2ToG2(wide(both)),
    );
  });

  it('gives nothing for what is no element or no point', () => {
    const p = bigintToBytes(CURVES.BLS12381.p, 48);
    const off = g1.slice();
    off[95]! ^= 1;
    const offTwist = g2.slice();
    offTwist[191]! ^= 1;
    expect(accelerate('bls12_g1_add', 96, g1, off, 'out')).toBeUndefined();
    expect(accelerate('bls12_g1_msm', 96, concatBytes(off, word(0n)), 1, 'out')).toBeUndefined();
    expect(accelerate('bls12_g2_add', 192, g2, offTwist, 'out')).toBeUndefined();
    expect(accelerate('bls12_g2_msm', 192, concatBytes(offTwist, word(0n)), 1, 'out')).toBeUndefined();
    expect(accelerate('bls12_pairing', 1, concatBytes(off, g2), 1, 'out')).toBeUndefined();
    expect(accelerate('bls12_map_fp_to_g1', 96, p, 'out')).toBeUndefined();
    expect(accelerate('bls12_map_fp2_to_g2', 192, concatBytes(p, p), 'out')).toBeUndefined();
  });

  it('evaluates a committed polynomial', () => {
    // The polynomial 0: its commitment and every proof are the point at infinity.
    const infinity = new Uint8Array(48);
    infinity[0] = 0xc0;
    const at = word(123n);
    expect(accelerate('kzg_point_eval', 1, infinity, at, word(0n), infinity, 'out')).toEqual(TRUE);
    expect(accelerate('kzg_point_eval', 1, infinity, at, word(1n), infinity, 'out')).toEqual(FALSE);
    expect(
      accelerate('kzg_point_eval', 1, infinity, at, word(CURVES.BLS12381.n), infinity, 'out'),
    ).not.toEqual(TRUE);
    const none = infinity.map((byte) => byte ^ 0x80);
    expect(accelerate('kzg_point_eval', 1, none, at, word(0n), infinity, 'out')).not.toEqual(TRUE);
  });
});

describe('the other accelerators of the standard', () => {
  it('compute BLAKE2’s F as it says, with big-endian rounds', () => {
    const [h, m, t] = [64, 128, 16].map((length) => Uint8Array.from({ length }, (_, i) => 3 * i + length));
    const [state, block, counter] = [h, m, t] as [Uint8Array, Uint8Array, Uint8Array];
    for (const final of [0, 1]) {
      // The state is where the result goes.
      const found = onMachine((machine) => {
        machine.memory.write(OUT, state);
        machine.memory.write(DATA, block);
        machine.memory.write(DATA + 256, counter);
        [0x0c00_0000, OUT, DATA, DATA + 256, final].forEach((value, i) =>
          machine.setRegister(10 + i, BigInt(value)),
        );
        const own = ACCELERATORS.find(({ name }) => name === 'blake2f');
        expect(own?.run(machine, [0x0c00_0000, OUT, DATA, DATA + 256, final])).toBe(true);
        return machine.memory.read(OUT, 64);
      });
      expect(found).toEqual(blake2f(12, state, block, counter, final === 1));
    }
    expect(accelerate('blake2f', 64, 0, 'out', block, counter, 2)).toBeUndefined();
  });

  it('raise to powers', () => {
    const [b, e, m] = [Uint8Array.of(3), Uint8Array.of(2, 0), Uint8Array.of(1, 0, 1)];
    expect(accelerate('modexp', 3, b, 1, e, 2, m, 3, 'out')).toEqual(bigintToBytes(3n ** 512n % 65537n, 3));
    expect(accelerate('modexp', 3, b, 1, e, 2, new Uint8Array(3), 3, 'out')).toEqual(new Uint8Array(3));
    expect(accelerate('modexp', 1, b, 1025, e, 2, m, 3, 'out')).toBeUndefined();
  });

  it('verify signatures of P-256 and secp256k1', () => {
    // RFC 6979, A.2.5: SHA-256 of "sample".
    const hash = hex('af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf');
    const signature = hex(
      'efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716' +
        'f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8',
    );
    const key = hex(
      '60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6' +
        '7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299',
    );
    expect(accelerate('secp256r1_verify', 1, hash, signature, key, 'out')).toEqual(TRUE);
    const other = hash.slice();
    other[0]! ^= 1;
    expect(accelerate('secp256r1_verify', 1, other, signature, key, 'out')).toEqual(FALSE);
    expect(accelerate('secp256k1_verify', 1, hash, signature, key, 'out')).not.toEqual(TRUE);
    expect(accelerate('secp256k1_ecrecover', 64, hash, new Uint8Array(64), 0, 'out')).toBeUndefined();
  });
});

function run(abi: 'zisk' | 'openvm' | 'risc0', xlen: Xlen, text: string, data: Uint8Array): RunResult {
  const elf = programElf(xlen, assemble(xlen, text), [{ address: DATA, bytes: data, flags: 6 }]);
  return createRiscv({ elf, abi }).run({ input: abi === 'risc0' ? [Uint8Array.of(1, 2, 3)] : [] });
}

describe('ZisK’s precompiles', () => {
  const AREA = 1024;
  /** Runs the one of control register `csr` on a structure behind the data; gives the data afterwards. */
  function precompile(csr: number, data: Uint8Array, ...pointers: readonly number[]): Uint8Array | 'refused' {
    const area = new Uint8Array(AREA + 64);
    area.set(data);
    pointers.forEach((offset, i) => area.set(toLittleEndian(BigInt(DATA + offset), 8), AREA + 8 * i));
    const at = pointers.length === 0 ? DATA : DATA + AREA;
    let after: Uint8Array | 'refused' = 'refused';
    const elf = programElf(
      64,
      assemble(64, `li t0, ${at}\ncsrrs zero, ${csr}, t0\naddi a7, zero, 94\necall`),
      [{ address: DATA, bytes: area, flags: 6 }],
    );
    let memory = area;
    const { outcome, hostCalls } = createRiscv({ elf, abi: 'zisk' }).run({
      observe: ({ kind, address, bytes }) => {
        if (kind !== 'write' || address < DATA || address >= DATA + AREA) return;
        memory = memory.slice();
        memory.set(bytes, address - DATA);
        after = memory;
      },
    });
    expect(outcome).toMatchObject({ trap: { kind: 'hostCall' } });
    expect(Object.keys(hostCalls)).toHaveLength(1);
    return after;
  }
  const little = (bytes: number, ...values: readonly bigint[]): Uint8Array =>
    concatBytes(...values.map((value) => toLittleEndian(value, bytes)));
  const at = (data: Uint8Array | 'refused', offset: number, bytes: number): bigint =>
    fromLittleEndian((data as Uint8Array).subarray(offset, offset + bytes));

  it('permute Keccak’s state', () => {
    const state = Uint8Array.from({ length: 200 }, (_, i) => i);
    expect((precompile(0x800, state) as Uint8Array).subarray(0, 200)).toEqual(keccakF1600(state));
  });

  it('multiply and add, whole and modulo a number', () => {
    const [a, b, c, m] = [2n ** 256n - 1n, 2n ** 256n - 3n, 2n ** 255n + 7n, 2n ** 200n - 5n];
    const whole = precompile(0x801, little(32, a, b, c), 0, 32, 64, 96, 128);
    expect(at(whole, 96, 64)).toBe(a * b + c);
    expect(at(precompile(0x802, little(32, a, b, c, m), 0, 32, 64, 96, 128), 128, 32)).toBe((a * b + c) % m);
    expect(precompile(0x802, little(32, a, b, c, 0n), 0, 32, 64, 96, 128)).toBe('refused');
    const wide = [2n ** 384n - 1n, 2n ** 383n + 9n, 5n, 2n ** 380n - 3n] as const;
    expect(at(precompile(0x80b, little(48, ...wide), 0, 48, 96, 144, 192), 192, 48)).toBe(
      (wide[0] * wide[1] + wide[2]) % wide[3],
    );
  });

  it.each<[string, Curve, number, number, Point]>([
    [
      'secp256k1',
      CURVES.SECP256K1,
      0x803,
      0x804,
      {
        x: 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n,
        y: 0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8n,
      },
    ],
    ['BN254', CURVES.BN254, 0x806, 0x807, { x: 1n, y: 2n }],
    [
      'BLS12-381',
      CURVES.BLS12381,
      0x80c,
      0x80d,
      {
        x: 0x17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bbn,
        y: 0x08b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1n,
      },
    ],
  ])('add and double points of %s', (_, curve, add, double, point) => {
    const { bytes } = curve;
    const twice = doublePoint(curve, point) as Point;
    const thrice = addPoints(curve, point, twice) as Point;
    const pair = (p: Point, q: Point): Uint8Array => little(bytes, p.x, p.y, q.x, q.y);
    const doubled = precompile(double, little(bytes, point.x, point.y));
    expect([at(doubled, 0, bytes), at(doubled, bytes, bytes)]).toEqual([twice.x, twice.y]);
    const sum = precompile(add, pair(point, twice), 0, 2 * bytes);
    expect([at(sum, 0, bytes), at(sum, bytes, bytes)]).toEqual([thrice.x, thrice.y]);
    // Equal and opposite points have no chord.
    expect(precompile(add, pair(point, point), 0, 2 * bytes)).toBe('refused');
    expect(precompile(add, pair(point, { x: point.x, y: curve.p - point.y }), 0, 2 * bytes)).toBe('refused');
    expect(precompile(double, little(bytes, 5n, 0n))).toBe('refused');
  });

  it.each<[string, Curve, number]>([
    ['BN254', CURVES.BN254, 0x808],
    ['BLS12-381', CURVES.BLS12381, 0x80e],
  ])('compute in the extension of %s', (_, { p, bytes }, first) => {
    const [a, b, c, d] = [p - 1n, 5n, 7n, p - 9n];
    const results: readonly (readonly [bigint, bigint])[] = [
      [a + c, b + d],
      [a - c, b - d],
      [a * c - b * d, a * d + b * c],
    ];
    results.forEach((expected, i) => {
      const found = precompile(first + i, little(bytes, a, b, c, d), 0, 2 * bytes);
      expect([at(found, 0, bytes), at(found, bytes, bytes)], String(i)).toEqual(
        expected.map((x) => mod(x, p)),
      );
    });
  });

  it('end the run where a structure points nowhere', () => {
    const elf = (words: Uint8Array): Uint8Array =>
      programElf(64, assemble(64, `li t0, ${DATA}\ncsrrs zero, 0x801, t0`), [
        { address: DATA, bytes: words, flags: 6 },
      ]);
    for (const pointer of [0n, 2n ** 32n, 2n ** 63n, 2n ** 64n - 8n]) {
      const words = concatBytes(...Array.from({ length: 5 }, () => toLittleEndian(pointer, 8)));
      expect(createRiscv({ elf: elf(words), abi: 'zisk' }).run().outcome, String(pointer)).toMatchObject({
        trap: { kind: 'loadAccess' },
      });
    }
  });
});

describe('OpenVM’s hashing', () => {
  const custom = (funct3: number, rd: number, rs1: number, upper: number): string =>
    `.word ${((upper << 20) | (rs1 << 15) | (funct3 << 12) | (rd << 7) | 0x0b) >>> 0}`;
  const [A0, A1, A2] = [10, 11, 12];
  const print = (address: number, length: number): string =>
    `li a0, ${address}\nli a1, ${length}\n${custom(3, A0, A1, 1)}\n${custom(0, 0, 0, 0)}`;
  const data = Uint8Array.from({ length: 400 }, (_, i) => (i * 7) & 255);

  it('permutes in place', () => {
    const { stdout, hostCalls } = run(
      'openvm',
      32,
      `li a0, ${DATA}\n${custom(4, A0, 0, 0)}\n${print(DATA, 200)}`,
      data,
    );
    expect(stdout).toEqual(keccakF1600(data.subarray(0, 200)));
    expect(hostCalls).toMatchObject({ keccakf: 1 });
  });

  it('adds a block to the state bit by bit', () => {
    for (const length of [0, 1, 136]) {
      const text = `li a0, ${DATA}\nli a1, ${DATA + 200}\nli a2, ${length}\n${custom(4, A0, A1, (1 << 5) | A2)}\n${print(DATA, 200)}`;
      const expected = Uint8Array.from({ length: 200 }, (_, i) =>
        i < length ? (data[i] as number) ^ (data[200 + i] as number) : (data[i] as number),
      );
      expect(run('openvm', 32, text, data).stdout, String(length)).toEqual(expected);
    }
  });
});

describe('RISC Zero’s calls', () => {
  const NAME = DATA + 512;
  const named = (name: string, bytes: Uint8Array = new Uint8Array(0)): Uint8Array => {
    const area = new Uint8Array(1024);
    area.set(bytes);
    area.set(utf8ToBytes(`risc0_zkvm_platform::syscall::nr::${name}\0`), 512);
    return area;
  };
  const software = `addi t0, zero, 2\nli a2, ${NAME}\necall`;
  /** Ends with what a0 and a1 are, combined. */
  const show =
    'slli a1, a1, 4\nadd a0, a0, a1\nslli a0, a0, 8\naddi t0, zero, 0\nli a1, ' +
    String(DATA + 900) +
    '\necall';
  const refused = { trap: { kind: 'hostCall' } };

  it('write to their descriptors and no other', () => {
    const write = (descriptor: number): RunResult =>
      run(
        'risc0',
        32,
        `addi a3, zero, ${descriptor}\nli a4, ${DATA}\naddi a5, zero, 2\n${software}`,
        named('SYS_WRITE', utf8ToBytes('hi')),
      );
    expect(write(1).stdout).toEqual(utf8ToBytes('hi'));
    expect(write(2).stderr).toEqual(utf8ToBytes('hi'));
    expect(write(3).journal).toEqual(utf8ToBytes('hi'));
    for (const none of [0, 4]) expect(write(none).outcome).toMatchObject(refused);
  });

  it('read input in words, its rest in a register, and nothing at its end', () => {
    const read = (words: number, length: number, descriptor = 0): string =>
      `li a0, ${DATA + 256}\naddi a1, zero, ${words}\naddi a3, zero, ${descriptor}\naddi a4, zero, ${length}\n${software}`;
    const area = named('SYS_READ');
    // Three bytes are there: a0 says how many came, a1 holds them.
    expect(run('risc0', 32, `${read(0, 3)}\nsrli a1, a1, 16\n${show}`, area).outcome).toEqual({
      kind: 'exit',
      code: 3 + 16 * 3,
    });
    expect(run('risc0', 32, `${read(0, 4)}\n${read(1, 4)}\n${show}`, area).outcome).toEqual({
      kind: 'exit',
      code: 0,
    });
    expect(run('risc0', 32, read(0, 3, 1), area).outcome).toMatchObject(refused);
  });

  it('have no environment, no arguments, and count cycles', () => {
    const end = (name: string): RunResult['outcome'] =>
      run('risc0', 32, `${software}\n${show}`, named(name)).outcome;
    expect(end('SYS_ARGC')).toEqual({ kind: 'exit', code: 0 });
    expect(end('SYS_GETENV')).toEqual({ kind: 'exit', code: 0xff });
    // Four instructions with the call itself: the low word is in a1.
    expect(end('SYS_CYCLE_COUNT')).toEqual({ kind: 'exit', code: 4 * 16 });
    expect(
      run('risc0', 32, `addi a0, zero, 5\naddi a1, zero, 0\naddi t0, zero, 1\necall\n${show}`, named('x'))
        .outcome,
    ).toEqual({
      kind: 'exit',
      code: 0,
    });
  });

  it('multiply modulo a number, or 2^256 where that is 0', () => {
    const [x, y, m] = [2n ** 255n + 9n, 2n ** 254n + 3n, 2n ** 200n + 1n];
    const text = `addi t0, zero, 4\nli a0, ${DATA + 96}\naddi a1, zero, 0\nli a2, ${DATA}\nli a3, ${DATA + 32}\nli a4, ${DATA + 64}\necall
      addi a3, zero, 1\nli a4, ${DATA + 96}\naddi a5, zero, 32\n${software}`;
    const product = (modulus: bigint): bigint =>
      fromLittleEndian(
        run(
          'risc0',
          32,
          text,
          named('SYS_WRITE', concatBytes(...[x, y, modulus].map((value) => toLittleEndian(value, 32)))),
        ).stdout,
      );
    expect(product(m)).toBe((x * y) % m);
    expect(product(0n)).toBe((x * y) % 2n ** 256n);
    const other = text.replace('addi a1, zero, 0', 'addi a1, zero, 1');
    expect(run('risc0', 32, other, named('SYS_WRITE')).outcome).toMatchObject(refused);
  });

  it('cannot pause a program', () => {
    expect(
      run('risc0', 32, `addi t0, zero, 0\naddi a0, zero, 1\nli a1, ${DATA}\necall`, named('x')).outcome,
    ).toMatchObject(refused);
  });
});
