import { bytesToHex, bytesToUtf8, concatBytes, utf8ToBytes } from '@ninefold/base';
import { keccak256, secp256k1, sha256 } from '@ninefold/crypto';
import { describe, expect, it } from 'vitest';
import { encodeInstruction } from '../src/code/encode.ts';
import { CURVES } from '../src/host/accelerators/curves.ts';
import { fromLittleEndian, power, toLittleEndian } from '../src/host/accelerators/integers.ts';
import { taggedStruct } from '../src/host/risc0-image.ts';
import { createRiscv, type RiscvOptions, type RunResult } from '../src/run.ts';
import type { Xlen } from '../src/spec/opcodes.ts';
import { assemble } from './support/assemble.ts';
import { type SegmentContent } from '../src/code/write-elf.ts';
import { programElf } from './support/elf.ts';

const DATA = 0x8_0000;

type Guest = {
  readonly abi: RiscvOptions['abi'];
  readonly xlen: Xlen;
  readonly text: string;
  /** Bytes at DATA. */
  readonly data?: Uint8Array;
  readonly input?: readonly Uint8Array[];
};

function run({ abi, xlen, text, data, input = [] }: Guest): RunResult {
  const others: SegmentContent[] = data ? [{ address: DATA, bytes: data, flags: 6 }] : [];
  return createRiscv({ elf: programElf(xlen, assemble(xlen, text), others), abi }).run({ input });
}

const EXIT_0: RunResult['outcome'] = { kind: 'exit', code: 0 };

describe.each<Xlen>([32, 64])('the standard interface on RV%i', (xlen) => {
  const abi = 'standard';
  const call = (number: number): string => `addi a7, zero, ${number}\necall`;
  const exit = `addi a0, zero, 0\n${call(93)}`;

  it('gives input without a copy, any number of times, and takes output in pieces', () => {
    const result = run({
      abi,
      xlen,
      text: `${call(1)}\n${call(2)}\n${call(1)}\naddi a1, zero, 2\n${call(2)}\n${exit}`,
      input: [utf8ToBytes('hello')],
    });
    expect(result.outcome).toEqual(EXIT_0);
    expect(bytesToUtf8(result.journal)).toBe('hellohe');
    expect(result.hostCalls).toEqual({ read_input: 2, write_output: 2 });
  });

  it('tells failed runs apart by their exit code', () => {
    expect(run({ abi, xlen, text: `addi a0, zero, -3\n${call(93)}` }).outcome).toEqual({
      kind: 'exit',
      code: 0xfffffffd,
    });
  });

  it('writes to streams', () => {
    const text = (stream: number): string =>
      `addi a0, zero, ${stream}\nli a1, ${DATA}\naddi a2, zero, 3\n${call(64)}\n${exit}`;
    expect(bytesToUtf8(run({ abi, xlen, text: text(1), data: utf8ToBytes('out') }).stdout)).toBe('out');
    expect(bytesToUtf8(run({ abi, xlen, text: text(2), data: utf8ToBytes('err') }).stderr)).toBe('err');
    expect(run({ abi, xlen, text: text(3) })).toMatchObject({ outcome: EXIT_0, stdout: new Uint8Array(0) });
  });

  it('hashes by an accelerator', () => {
    const data = utf8ToBytes('abc');
    const text = (number: number): string =>
      `li a0, ${DATA}\naddi a1, zero, 3\nli a2, ${DATA + 64}\n${call(number)}
       li a0, ${DATA + 64}\naddi a1, zero, 32\n${call(2)}\n${exit}`;
    expect(run({ abi, xlen, text: text(0x100), data }).journal).toEqual(keccak256(data));
    expect(run({ abi, xlen, text: text(0x103), data }).journal).toEqual(sha256(data));
    expect(bytesToHex(run({ abi, xlen, text: text(0x104), data }).journal)).toBe(
      '0x0000000000000000000000008eb208f7e05d987a9b044a8e98c6b087f15a0bfc',
    );
  });

  it('recovers and verifies signatures, and gives -1 where there is no key', () => {
    const key = new Uint8Array(32).fill(7);
    const hash = keccak256(utf8ToBytes('message'));
    const { r, s, yParity } = secp256k1.sign(hash, key);
    const big = (value: bigint): Uint8Array => toLittleEndian(value, 32).reverse();
    const publicKey = secp256k1.publicKey(key);
    const data = concatBytes(hash, big(r), big(s), publicKey);
    const recover = (id: number): string =>
      `li a0, ${DATA}\nli a1, ${DATA + 32}\naddi a2, zero, ${id}\nli a3, ${DATA + 256}\n${call(0x102)}`;
    const show = `li a0, ${DATA + 256}\naddi a1, zero, 64\n${call(2)}\n${exit}`;
    expect(run({ abi, xlen, text: `${recover(yParity)}\n${show}`, data }).journal).toEqual(publicKey);
    const failed = run({ abi, xlen, text: `${recover(4)}\n${call(93)}`, data });
    expect(failed.outcome).toEqual({ kind: 'exit', code: 0xffffffff });
    const verify = `li a0, ${DATA}\nli a1, ${DATA + 32}\nli a2, ${DATA + 96}\nli a3, ${DATA + 256}\n${call(0x101)}\nli a3, ${DATA + 256}\nlbu a0, 0(a3)\n${call(93)}`;
    expect(run({ abi, xlen, text: verify, data }).outcome).toEqual({ kind: 'exit', code: 1 });
  });

  it('adds points of BLS12-381 in the standard’s form of 48 bytes', () => {
    const x =
      '17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb';
    const y =
      '08b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1';
    const data = Uint8Array.from(Buffer.from(`${x}${y}`, 'hex'));
    const show = `li a0, ${DATA + 256}\naddi a1, zero, 96\n${call(2)}\n${exit}`;
    const doubled = run({
      abi,
      xlen,
      text: `li a0, ${DATA}\nli a1, ${DATA}\nli a2, ${DATA + 256}\n${call(0x10b)}\n${show}`,
      data,
    });
    const scalar = new Uint8Array(32);
    scalar[31] = 2;
    const product = run({
      abi,
      xlen,
      text: `li a0, ${DATA}\naddi a1, zero, 1\nli a2, ${DATA + 256}\n${call(0x10c)}\n${show}`,
      data: concatBytes(data, scalar),
    });
    expect(doubled.outcome).toEqual(EXIT_0);
    expect(product.journal).toEqual(doubled.journal);
    expect(bytesToHex(doubled.journal).slice(0, 18)).toBe('0x0572cbea904d6746');
  });

  it('refuses what costs the host too much', () => {
    const blake2f = (rounds: string): string =>
      `li a1, ${DATA}\nli a2, ${DATA}\nli a3, ${DATA}\naddi a4, zero, 1\n${rounds}\n${call(0x109)}\n${call(93)}`;
    // The number is big-endian: 0x80 are 2^31 rounds, 0x80000000 are 128, however they are extended.
    expect(run({ abi, xlen, text: blake2f('addi a0, zero, 0x80') }).outcome).toMatchObject({
      code: 0xffffffff,
    });
    expect(run({ abi, xlen, text: blake2f('li a0, 0x80000000') }).outcome).toEqual(EXIT_0);
    const modexp = (length: number): string =>
      `li a0, ${DATA}\nli a1, ${length}\nli a2, ${DATA}\naddi a3, zero, 1\nli a4, ${DATA}\naddi a5, zero, 1\nli a6, ${DATA}\n${call(0x105)}\n${call(93)}`;
    expect(run({ abi, xlen, text: modexp(1024) }).outcome).toEqual(EXIT_0);
    expect(run({ abi, xlen, text: modexp(1025) }).outcome).toMatchObject({ code: 0xffffffff });
  });

  it('has traps for calls it does not know and pointers that lead nowhere', () => {
    expect(run({ abi, xlen, text: call(99) }).outcome).toMatchObject({
      trap: { kind: 'hostCall', pc: 0x1_0004n },
    });
    const long = run({ abi, xlen, text: `li a0, ${DATA}\naddi a1, zero, -1\n${call(2)}` });
    expect(long).toMatchObject({ outcome: { trap: { kind: 'loadAccess' } }, cycles: 4 });
    expect(run({ abi, xlen, text: exit, input: [new Uint8Array(1), new Uint8Array(1)] })).toMatchObject({
      outcome: { trap: { kind: 'hostCall' } },
      cycles: 0,
    });
  });

  it('ends a run that writes without end', () => {
    const result = run({ abi, xlen, text: `li a0, ${DATA}\nlui a1, 0x1000\n${call(2)}\njal zero, -4` });
    expect(result.outcome).toEqual({ kind: 'limit', limit: 'output' });
    expect(result.journal.length).toBe(4 * 2 ** 24);
  });
});

describe.each<Xlen>([32, 64])('SP1 on RV%i', (xlen) => {
  const abi = 'sp1';
  const [publicValues, hint, hookBase] = xlen === 64 ? [13, 14, 10] : [3, 4, 0];
  const call = (code: number): string =>
    code < 2048 ? `addi t0, zero, ${code}\necall` : `li t0, ${code}\necall`;
  const halt = `addi a0, zero, 0\n${call(0)}`;
  const write = (fd: number, address: number, length: number): string =>
    `addi a0, zero, ${fd}\nli a1, ${address}\nli a2, ${length}\n${call(2)}`;
  const store = xlen === 64 ? 'sd' : 'sw';

  it('hands out hints one by one, and all ones when there are no more', () => {
    const text = `li s0, ${DATA}
      ${call(0xf0)}
      addi a1, t0, 0
      addi a0, s0, 0
      ${call(0xf1)}
      ${call(0xf0)}
      ${store} t0, 8(s0)
      ${write(publicValues, DATA, 8 + xlen / 8)}
      ${halt}`;
    const { journal, outcome, hostCalls } = run({ abi, xlen, text, input: [Uint8Array.of(1, 2, 3)] });
    expect(outcome).toEqual(EXIT_0);
    expect(journal).toEqual(Uint8Array.of(1, 2, 3, 0, 0, 0, 0, 0, ...new Array(xlen / 8).fill(255)));
    expect(hostCalls).toEqual({ HINT_LEN: 2, HINT_READ: 1, WRITE: 1, HALT: 1 });
  });

  it('refuses to read a hint by another length', () => {
    const text = `li a0, ${DATA}\naddi a1, zero, 2\n${call(0xf1)}`;
    expect(run({ abi, xlen, text, input: [new Uint8Array(3)] }).outcome).toMatchObject({
      trap: { kind: 'hostCall' },
    });
    expect(run({ abi, xlen, text }).outcome).toMatchObject({ trap: { kind: 'hostCall' } });
  });

  it('reads hints to whole words, with zeros behind them', () => {
    const read = (offset: number): string => `li a0, ${DATA + offset}\naddi a1, zero, 3\n${call(0xf1)}`;
    const text = `${read(0)}\n${write(publicValues, DATA, 2 * (xlen / 8))}\n${halt}`;
    const data = new Uint8Array(16).fill(9);
    const { journal } = run({ abi, xlen, text, data, input: [Uint8Array.of(1, 2, 3)] });
    expect(journal).toEqual(
      Uint8Array.of(1, 2, 3, ...new Array(xlen / 8 - 3).fill(0), ...new Array(xlen / 8).fill(9)),
    );
    const misaligned = { abi, xlen, text: read(xlen / 8 - 1), input: [new Uint8Array(3)] } as const;
    expect(run(misaligned).outcome).toMatchObject({ trap: { kind: 'hostCall' } });
  });

  it('undoes what an unconstrained block does, but for hints', () => {
    // In the block: registers, memory and a hint are written; behind it only the hint is there.
    const text = `li s0, ${DATA}
      addi s1, zero, 5
      sw s1, 0(s0)
      ${call(3)}
      beq t0, zero, 64
      addi s1, zero, 9
      sw s1, 0(s0)
      sw s1, 4(s0)
      ${write(hint, DATA, 8)}
      ${call(4)}
      ebreak
      ebreak
      ${call(0xf0)}
      addi a1, t0, 0
      addi a0, s0, 16
      ${call(0xf1)}
      sb s1, 24(s0)
      ${write(publicValues, DATA, 25)}
      ${halt}`;
    const code = assemble(xlen, text);
    const branchAt = code.indexOf(encodeInstruction('beq', { rs1: 5, rs2: 0, imm: 64 }, xlen));
    const resumeAt = code.lastIndexOf(encodeInstruction('ebreak', {}, xlen)) + 1;
    const { outcome, journal } = run({
      abi,
      xlen,
      text: text.replace('zero, 64', `zero, ${4 * (resumeAt - branchAt)}`),
    });
    expect(outcome).toEqual(EXIT_0);
    const view = new DataView(journal.buffer);
    expect([0, 4, 16, 20].map((at) => view.getUint32(at, true))).toEqual([5, 0, 9, 9]);
    expect(journal[24]).toBe(5);
  });

  it('adds and doubles points', () => {
    const point = (k: number): Uint8Array => {
      const key = new Uint8Array(32);
      key[31] = k;
      const bytes = secp256k1.publicKey(key);
      return concatBytes(bytes.slice(0, 32).reverse(), bytes.slice(32).reverse());
    };
    const text = `li a0, ${DATA}\n${call(0x10b)}\nli a0, ${DATA}\nli a1, ${DATA + 64}\n${call(0x1010a)}\n${write(publicValues, DATA, 64)}\n${halt}`;
    const { journal, hostCalls } = run({ abi, xlen, text, data: concatBytes(point(3), point(5)) });
    expect(journal).toEqual(point(11));
    expect(hostCalls).toMatchObject({ SECP256K1_ADD: 1, SECP256K1_DOUBLE: 1 });
    const same = `li a0, ${DATA}\nli a1, ${DATA}\n${call(0x1010a)}`;
    expect(run({ abi, xlen, text: same, data: point(3) }).outcome).toMatchObject({
      trap: { kind: 'hostCall' },
    });
  });

  it('multiplies 256 bits modulo a number, or 2^256 when that is 0', () => {
    const [x, y, m] = [2n ** 255n + 12345n, 2n ** 200n + 99n, 2n ** 251n - 9n];
    const text = `li a0, ${DATA}\nli a1, ${DATA + 32}\n${call(0x1011d)}\n${write(publicValues, DATA, 32)}\n${halt}`;
    const data = (modulus: bigint): Uint8Array =>
      concatBytes(...[x, y, modulus].map((value) => toLittleEndian(value, 32)));
    expect(fromLittleEndian(run({ abi, xlen, text, data: data(m) }).journal)).toBe((x * y) % m);
    expect(fromLittleEndian(run({ abi, xlen, text, data: data(0n) }).journal)).toBe((x * y) % 2n ** 256n);
  });

  it.each([
    ['FP_ADD', 0x10126, 1, (a: bigint, b: bigint) => [a + b]],
    ['FP_SUB', 0x10127, 1, (a: bigint, b: bigint) => [a - b]],
    ['FP_MUL', 0x10128, 1, (a: bigint, b: bigint) => [a * b]],
    ['FP2_MUL', 0x1012b, 2, (a: bigint, b: bigint) => [a * a - b * b, 2n * a * b]],
  ] as const)('computes in fields: %s', (_, code, size, compute) => {
    const { p } = CURVES.BN254;
    const [a, b] = [p - 2n, 77n];
    const operands = size === 1 ? [a, b] : [a, b, a, b];
    const text = `li a0, ${DATA}\nli a1, ${DATA + 32 * size}\n${call(code)}\n${write(publicValues, DATA, 32 * size)}\n${halt}`;
    const { journal } = run({
      abi,
      xlen,
      text,
      data: concatBytes(...operands.map((value) => toLittleEndian(value, 32))),
    });
    const expected = compute(a, b).map((value) => ((value % p) + p) % p);
    expect(expected.map((_, i) => fromLittleEndian(journal.subarray(32 * i, 32 * i + 32)))).toEqual(expected);
  });

  it('multiplies and adds with carry', () => {
    const [a, b, c] = [2n ** 256n - 1n, 2n ** 256n - 1n, 2n ** 256n - 1n];
    const text = `li a0, ${DATA}\nli a1, ${DATA + 32}\nli a2, ${DATA + 64}\nli a3, ${DATA + 96}\nli a4, ${DATA + 128}
      ${call(0x10131)}\n${write(publicValues, DATA + 96, 64)}\n${halt}`;
    const { journal } = run({
      abi,
      xlen,
      text,
      data: concatBytes(...[a, b, c].map((value) => toLittleEndian(value, 32))),
    });
    expect(fromLittleEndian(journal)).toBe(a * b + c);
  });

  it('gives advice on signatures that holds', () => {
    const { p, n } = CURVES.SECP256K1;
    const bytesOf = (value: bigint): Uint8Array => toLittleEndian(value, 32).reverse();
    const advise = (alpha: bigint, odd: number): readonly bigint[] => {
      const request = concatBytes(Uint8Array.of(1 | (odd << 7)), bytesOf(5n), bytesOf(alpha));
      const read = (to: number): string => `${call(0xf0)}\naddi a1, t0, 0\nli a0, ${to}\n${call(0xf1)}`;
      const text = `${write(hookBase + 5, DATA, 65)}\n${read(DATA + 128)}\n${read(DATA + 136)}
        ${write(publicValues, DATA + 128, 1)}\n${write(publicValues, DATA + 136, 32)}\n${halt}`;
      const { journal } = run({ abi, xlen, text, data: request });
      return [BigInt(journal[0] as number), BigInt(bytesToHex(journal.subarray(1)))];
    };
    const [found, y = 0n] = advise(4n, 1);
    expect([found, (y * y) % p, y & 1n]).toEqual([1n, 4n, 1n]);
    const [missing, root = 0n] = advise(3n, 0);
    expect([missing, (root * root) % p]).toEqual([0n, 9n]);
    expect(power(3n, (n - 1n) / 2n, n)).not.toBe(0n);
  });

  it('has no other calls and descriptors', () => {
    expect(run({ abi, xlen, text: call(0x55) }).outcome).toMatchObject({ trap: { kind: 'hostCall' } });
    expect(run({ abi, xlen, text: call(0x1b) }).outcome).toMatchObject({ trap: { kind: 'hostCall' } });
    expect(run({ abi, xlen, text: write(40, DATA, 1) }).outcome).toMatchObject({
      trap: { kind: 'hostCall' },
    });
    expect(run({ abi, xlen, text: `addi a0, zero, 9\n${call(0)}` }).outcome).toEqual({
      kind: 'exit',
      code: 9,
    });
  });
});

describe('OpenVM', () => {
  const xlen = 32;
  const abi = 'openvm';
  /** A word of custom-0 in the form of an immediate or register instruction. */
  const custom = (
    funct3: number,
    { rd = 0, rs1 = 0, imm = 0 }: { readonly rd?: number; readonly rs1?: number; readonly imm?: number },
  ): string => `.word ${((imm << 20) | (rs1 << 15) | (funct3 << 12) | (rd << 7) | 0x0b) >>> 0}`;
  const terminate = custom(0, { imm: 0 });
  const [A0, A1, A2] = [10, 11, 12];

  it('reads vectors behind their length, in words', () => {
    const text = `${custom(3, { imm: 0 })}
      li a0, ${DATA}
      ${custom(1, { rd: A0, imm: 0 })}
      addi a0, a0, 4
      addi a1, zero, 2
      ${custom(1, { rd: A0, rs1: A1, imm: 1 })}
      li a0, 0
      li a2, ${DATA}
      lw a1, 0(a2)
      ${custom(2, { rd: A0, rs1: A1, imm: 0 })}
      lw a1, 8(a2)
      ${custom(2, { rd: A0, rs1: A1, imm: 8 })}
      ${terminate}`;
    const { journal, outcome, hostCalls } = run({ abi, xlen, text, input: [Uint8Array.of(1, 2, 3, 4, 5)] });
    expect(outcome).toEqual(EXIT_0);
    expect(journal).toEqual(Uint8Array.of(5, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0));
    expect(hostCalls).toEqual({ hintinput: 1, hintstorew: 1, hintbuffer: 1, reveal: 2, terminate: 1 });
  });

  it('refuses to read more than was hinted', () => {
    expect(run({ abi, xlen, text: custom(3, { imm: 0 }) }).outcome).toMatchObject({
      trap: { kind: 'hostCall' },
    });
    expect(run({ abi, xlen, text: `li a0, ${DATA}\n${custom(1, { rd: A0 })}` }).outcome).toMatchObject({
      trap: { kind: 'hostCall' },
    });
  });

  it('hints some words to their addresses, and reveals words', () => {
    const refused = { trap: { kind: 'hostCall' } };
    const input = [new Uint8Array(16)];
    const ask = `${custom(3, { imm: 0 })}\nli a0, ${DATA}`;
    const none = `${ask}\n${custom(1, { rd: A0, rs1: 0, imm: 1 })}`;
    expect(run({ abi, xlen, text: none, input }).outcome).toMatchObject(refused);
    const askew = `${ask}\naddi a0, a0, 2\n${custom(1, { rd: A0, imm: 0 })}`;
    expect(run({ abi, xlen, text: askew, input }).outcome).toMatchObject(refused);
    expect(run({ abi, xlen, text: custom(2, { imm: 3 }) }).outcome).toMatchObject(refused);
  });

  it('prints, and ends with a code', () => {
    const text = `li a0, ${DATA}\naddi a1, zero, 2\n${custom(3, { rd: A0, rs1: A1, imm: 1 })}\n${custom(0, { imm: 7 })}`;
    const { stdout, outcome } = run({ abi, xlen, text, data: utf8ToBytes('hi') });
    expect([bytesToUtf8(stdout), outcome]).toEqual(['hi', { kind: 'exit', code: 7 }]);
  });

  it.each([
    [0, (a: bigint, b: bigint) => a + b],
    [1, (a: bigint, b: bigint) => a - b],
    [2, (a: bigint, b: bigint) => a ^ b],
    [3, (a: bigint, b: bigint) => a | b],
    [4, (a: bigint, b: bigint) => a & b],
    [5, (a: bigint, b: bigint) => a << (b & 255n)],
    [6, (a: bigint, b: bigint) => a >> (b & 255n)],
    [7, (a: bigint, b: bigint) => BigInt.asIntN(256, a) >> (b & 255n)],
    [8, (a: bigint, b: bigint) => BigInt(BigInt.asIntN(256, a) < BigInt.asIntN(256, b))],
    [9, (a: bigint, b: bigint) => BigInt(a < b)],
    [10, (a: bigint, b: bigint) => a * b],
  ])('computes with 256 bits: operation %i', (funct7, compute) => {
    const [a, b] = [2n ** 256n - 123456789n, 2n ** 131n + 77n];
    const text = `li a0, ${DATA + 64}\nli a1, ${DATA}\nli a2, ${DATA + 32}
      ${custom(5, { rd: A0, rs1: A1, imm: (funct7 << 5) | A2 })}
      addi a1, zero, 32\n${custom(3, { rd: A0, rs1: A1, imm: 1 })}\n${terminate}`;
    const { stdout } = run({
      abi,
      xlen,
      text,
      data: concatBytes(toLittleEndian(a, 32), toLittleEndian(b, 32)),
    });
    expect(fromLittleEndian(stdout)).toBe(BigInt.asUintN(256, compute(a, b)));
  });

  it('knows no other forms', () => {
    for (const text of [
      custom(7, {}),
      custom(5, { imm: 11 << 5 }),
      custom(4, { imm: 5 << 5 }),
      custom(3, { imm: 2 }),
      custom(1, { imm: 2 }),
      'ecall',
      '.word 43',
    ])
      expect(run({ abi, xlen, text }).outcome).toMatchObject({ trap: { kind: 'illegalInstruction' } });
  });
});

describe('ZisK', () => {
  const xlen = 64;
  const abi = 'zisk';
  const exit = 'addi a0, zero, 0\naddi a7, zero, 93\necall';

  it('finds the input at both places and takes public words', () => {
    const text = `lui t0, 0x40000
      ld t1, 8(t0)
      lw t2, 16(t0)
      lui t0, 0x50005
      slli t0, t0, 1
      lui t0, 0xa0010
      slli t0, t0, 32
      srli t0, t0, 32
      addi t3, zero, 2
      sw t3, 0(t0)
      sw t1, 4(t0)
      sw t2, 8(t0)
      ${exit}`;
    const { journal, outcome } = run({ abi, xlen, text, input: [Uint8Array.of(1, 2, 3, 4)] });
    expect(outcome).toEqual(EXIT_0);
    expect(journal).toEqual(Uint8Array.of(4, 0, 0, 0, 1, 2, 3, 4));
  });

  it('says which machine it is', () => {
    const { outcome } = run({ abi, xlen, text: `csrrs a0, 0xf12, zero\naddi a7, zero, 93\necall` });
    expect(outcome).toEqual({ kind: 'exit', code: 0x0fffeeee });
  });

  it('computes by control registers', () => {
    const [a, b, c, m] = [2n ** 255n + 3n, 2n ** 254n + 5n, 2n ** 250n, 2n ** 253n - 111n];
    const at = (index: number): bigint => BigInt(DATA + 32 * index);
    const data = concatBytes(
      ...[a, b, c, m, 0n].map((value) => toLittleEndian(value, 32)),
      ...[0, 1, 2, 3, 4].map((index) => toLittleEndian(at(index), 8)),
    );
    const show = `lui t0, 0xa0010\nslli t0, t0, 32\nsrli t0, t0, 32\naddi t1, zero, 8\nsw t1, 0(t0)\nli t2, ${DATA + 128}
      ${[0, 8, 16, 24].map((offset) => `ld t1, ${offset}(t2)\nsd t1, ${offset + 4}(t0)`).join('\n')}\n${exit}`;
    const { journal, hostCalls } = run({
      abi,
      xlen,
      text: `li t0, ${DATA + 160}\ncsrrs zero, 0x802, t0\n${show}`,
      data,
    });
    expect(fromLittleEndian(journal)).toBe((a * b + c) % m);
    expect(hostCalls).toEqual({ ARITH256_MOD: 1 });
  });

  it('knows no others', () => {
    expect(run({ abi, xlen, text: 'addi t0, zero, 1\ncsrrs zero, 0x7ff, t0' }).outcome).toMatchObject({
      trap: { kind: 'illegalInstruction' },
    });
    expect(run({ abi, xlen, text: 'csrrw zero, 0x800, t0' }).outcome).toMatchObject({
      trap: { kind: 'illegalInstruction' },
    });
    expect(run({ abi, xlen, text: 'ecall' }).outcome).toMatchObject({ trap: { kind: 'hostCall' } });
  });
});

describe('RISC Zero in user mode', () => {
  const xlen = 32;
  const abi = 'risc0';
  const NAME = DATA + 512;
  const software = `addi t0, zero, 2\nli a2, ${NAME}\necall`;
  const data = (name: string, bytes: Uint8Array = new Uint8Array(0)): Uint8Array => {
    const area = new Uint8Array(1024);
    area.set(bytes);
    area.set(utf8ToBytes(`risc0_zkvm_platform::syscall::nr::${name}\0`), 512);
    return area;
  };
  const halt = (code: number): string => `addi t0, zero, 0\nli a0, ${code << 8}\nli a1, ${DATA + 256}\necall`;

  it('reads stdin by words and the rest in a register', () => {
    const text = `li a0, ${DATA}\naddi a1, zero, 1\naddi a3, zero, 0\naddi a4, zero, 6\n${software}
      add s0, a0, a1\n${halt(0)}`;
    const seen: string[] = [];
    const result = createRiscv({
      elf: programElf(xlen, assemble(xlen, text), [{ address: DATA, bytes: data('SYS_READ'), flags: 6 }]),
      abi,
    }).run({
      input: [Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5, 6, 7)],
      observe: ({ kind, address, bytes }) => {
        if (kind === 'write') seen.push(`${address.toString(16)} ${bytes.join()}`);
      },
    });
    expect(result.outcome).toEqual(EXIT_0);
    expect(seen).toEqual([`${DATA.toString(16)} 1,2,3,4`]);
  });

  it('commits to the journal and holds the program to it', () => {
    const journal = utf8ToBytes('journal');
    const digest = taggedStruct('risc0.Output', [sha256(journal), new Uint8Array(32)], []);
    const area = (committed: Uint8Array): Uint8Array => {
      const bytes = data('SYS_WRITE', journal);
      bytes.set(committed, 256);
      return bytes;
    };
    const text = `addi a3, zero, 3\nli a4, ${DATA}\naddi a5, zero, 7\n${software}\n${halt(0)}`;
    const good = run({ abi, xlen, text, data: area(digest) });
    expect([good.outcome, bytesToUtf8(good.journal)]).toEqual([EXIT_0, 'journal']);
    expect(run({ abi, xlen, text, data: area(digest.map((byte) => byte ^ 1)) }).outcome).toMatchObject({
      trap: { kind: 'hostCall' },
    });
    expect(run({ abi, xlen, text: halt(3) }).outcome).toEqual({ kind: 'exit', code: 3 });
  });

  it('compresses blocks of SHA-256 in the digest’s byte order', () => {
    const block = new Uint8Array(64);
    block.set(utf8ToBytes('abc'));
    block[3] = 0x80;
    block[63] = 24;
    const initial = Uint8Array.from(
      Buffer.from('6a09e667bb67ae853c6ef372a54ff53a510e527f9b05688c1f83d9ab5be0cd19', 'hex'),
    );
    const area = data('SYS_LOG', concatBytes(initial, block));
    const text = `addi t0, zero, 3\nli a0, ${DATA}\nli a1, ${DATA}\nli a2, ${DATA + 32}\nli a3, ${DATA + 64}\naddi a4, zero, 1\necall
      li a3, ${DATA}\naddi a4, zero, 32\n${software}\n${halt(0)}`;
    expect(run({ abi, xlen, text, data: area }).stdout.subarray(0, 32)).toEqual(sha256(utf8ToBytes('abc')));
  });

  it('says what a guest panicked with, and knows its calls by name', () => {
    const panic = run({
      abi,
      xlen,
      text: `li a3, ${DATA}\naddi a4, zero, 4\n${software}`,
      data: data('SYS_PANIC', utf8ToBytes('oops')),
    });
    expect(panic.outcome).toMatchObject({ trap: { kind: 'hostCall', reason: 'the guest panicked: oops' } });
    expect(run({ abi, xlen, text: software, data: data('SYS_FORK') }).outcome).toMatchObject({
      trap: { kind: 'hostCall' },
    });
    expect(run({ abi, xlen, text: 'addi t0, zero, 6\necall' }).outcome).toMatchObject({
      trap: { kind: 'hostCall' },
    });
  });
});
