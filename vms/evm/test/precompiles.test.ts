import { bigintToBytes, type Bytes, bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@ninefold/base';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FORKS, isAtLeast } from '../src/spec/forks.ts';
import { G1_MSM_DISCOUNTS, G2_MSM_DISCOUNTS } from '../src/spec/msm-discounts.ts';
import type { ForkName } from '../src/types.ts';
import { createPrecompiles } from './support/precompiles.ts';

const EMPTY = new Uint8Array(0);
const MAX_U64 = 2n ** 64n - 1n;
const osaka = createPrecompiles('osaka');

const word = (value: bigint | number): Bytes => bigintToBytes(BigInt(value), 32);

/** Input of MODEXP for the three numbers, each with its minimal length unless one is given. */
function modexpInput(base: Bytes, exponent: Bytes, modulus: Bytes): Bytes {
  const lengths = [base, exponent, modulus].map(({ length }) => word(length));
  return concatBytes(...lengths, base, exponent, modulus);
}

describe('precompile addresses', () => {
  it.each<[ForkName, readonly number[]]>([
    ['frontier', [1, 2, 3, 4]],
    ['spuriousDragon', [1, 2, 3, 4]],
    ['byzantium', [1, 2, 3, 4, 5, 6, 7, 8]],
    ['istanbul', [1, 2, 3, 4, 5, 6, 7, 8, 9]],
    ['cancun', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
    ['prague', Array.from({ length: 17 }, (_, i) => i + 1)],
    ['osaka', [...Array.from({ length: 17 }, (_, i) => i + 1), 0x100]],
  ])('of %s', (fork, numbers) => {
    const { has } = createPrecompiles(fork);
    const found = Array.from({ length: 0x120 }, (_, i) => i).filter((number) => has(BigInt(number)));
    expect(found).toEqual(numbers);
    expect(has(2n ** 32n + 1n)).toBe(false);
  });
});

describe('gas by length', () => {
  const zeros = (length: number) => new Uint8Array(length);

  it.each<[ForkName, number, number, bigint]>([
    ['osaka', 0x01, 0, 3000n],
    ['osaka', 0x02, 0, 60n],
    ['osaka', 0x02, 32, 72n],
    ['osaka', 0x02, 33, 84n],
    ['osaka', 0x03, 1, 720n],
    ['osaka', 0x04, 64, 21n],
    ['byzantium', 0x06, 128, 500n],
    ['istanbul', 0x06, 128, 150n],
    ['byzantium', 0x07, 96, 40_000n],
    ['istanbul', 0x07, 96, 6000n],
    ['byzantium', 0x08, 384, 260_000n],
    ['istanbul', 0x08, 384, 113_000n],
    ['istanbul', 0x08, 0, 45_000n],
    ['cancun', 0x0a, 192, 50_000n],
    ['prague', 0x0b, 256, 375n],
    ['prague', 0x0d, 512, 600n],
    ['prague', 0x0f, 768, 102_900n],
    ['prague', 0x10, 64, 5500n],
    ['prague', 0x11, 128, 23_800n],
    ['osaka', 0x100, 160, 6900n],
  ])('in %s of 0x%s with %i bytes', (fork, number, length, gas) => {
    expect(createPrecompiles(fork).gas(number, zeros(length))).toBe(gas);
  });

  it('discounts multi-scalar multiplication', () => {
    expect(osaka.gas(0x0c, zeros(160))).toBe(12_000n);
    expect(osaka.gas(0x0c, zeros(320))).toBe(22_776n);
    expect(osaka.gas(0x0e, zeros(288 * 2))).toBe(45_000n);
    expect(osaka.gas(0x0e, zeros(288 * 3))).toBe(62_302n);
    for (let pairs = 1; pairs <= 130; pairs++) {
      const entry = Math.min(pairs, 128) - 1;
      expect(osaka.gas(0x0c, zeros(160 * pairs))).toBe(
        (BigInt(pairs) * 12_000n * BigInt(G1_MSM_DISCOUNTS[entry]!)) / 1000n,
      );
      expect(osaka.gas(0x0e, zeros(288 * pairs))).toBe(
        (BigInt(pairs) * 22_500n * BigInt(G2_MSM_DISCOUNTS[entry]!)) / 1000n,
      );
    }
  });

  it('has 128 discounts that fall from one to about a half', () => {
    for (const discounts of [G1_MSM_DISCOUNTS, G2_MSM_DISCOUNTS]) {
      expect(discounts).toHaveLength(128);
      expect(discounts[0]).toBe(1000);
      expect(discounts).toEqual([...discounts].sort((a, b) => b - a));
    }
    expect(G1_MSM_DISCOUNTS.at(-1)).toBe(519);
    expect(G2_MSM_DISCOUNTS.at(-1)).toBe(524);
  });

  it('never says an unknown number is payable', () => {
    expect(osaka.gas(0x12, EMPTY)).toBe(MAX_U64);
    expect(osaka.gas(0, EMPTY)).toBe(MAX_U64);
  });
});

describe('hashes and identity', () => {
  it('gives the digests of "abc"', () => {
    const abc = utf8ToBytes('abc');
    expect(bytesToHex(osaka.run(2, abc)!)).toBe(
      '0xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
    expect(bytesToHex(osaka.run(3, abc)!)).toBe(
      '0x0000000000000000000000008eb208f7e05d987a9b044a8e98c6b087f15a0bfc',
    );
    expect(osaka.run(4, abc)).toEqual(abc);
  });

  it('takes nothing', () => {
    expect(bytesToHex(osaka.run(2, EMPTY)!)).toBe(
      '0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
    expect(bytesToHex(osaka.run(3, EMPTY)!)).toBe(
      '0x0000000000000000000000009c1185a5c5e9fc54612808977ee8f548b2258d31',
    );
    expect(osaka.run(4, EMPTY)).toEqual(EMPTY);
  });
});

describe('BLAKE2F', () => {
  // EIP-152, test vector 5: BLAKE2b of "abc".
  const input = hexToBytes(
    '0x0000000c48c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5d182e6ad7f520e511f6c3e2b8c68059b6bbd41fbabd9831f79217e1319cde05b' +
      `61626300${'00'.repeat(124)}` +
      '0300000000000000000000000000000001',
  );

  it('mixes one block', () => {
    expect(input).toHaveLength(213);
    expect(bytesToHex(osaka.run(9, input)!)).toBe(
      '0xba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923',
    );
    expect(osaka.gas(9, input)).toBe(12n);
  });

  it('refuses any other length and flag', () => {
    expect(osaka.run(9, input.subarray(1))).toBeUndefined();
    expect(osaka.run(9, concatBytes(input, Uint8Array.of(0)))).toBeUndefined();
    expect(osaka.run(9, EMPTY)).toBeUndefined();
    const flagged = input.slice();
    flagged[212] = 2;
    expect(osaka.run(9, flagged)).toBeUndefined();
  });

  it('prices rounds, read as far as the input goes', () => {
    const rounds = input.slice();
    rounds.set([0xff, 0xff, 0xff, 0xff]);
    expect(osaka.gas(9, rounds)).toBe(4_294_967_295n);
    expect(osaka.gas(9, Uint8Array.of(1, 0, 0))).toBe(0n);
  });
});

describe('MODEXP', () => {
  /** EIP-198, EIP-2565 and EIP-7883 in big integers. */
  function referenceGas(
    fork: ForkName,
    base: bigint,
    exponent: bigint,
    modulus: bigint,
    head: bigint,
  ): bigint {
    const longest = base > modulus ? base : modulus;
    const words = (longest + 7n) / 8n;
    const bits = BigInt(head === 0n ? 0 : head.toString(2).length - 1);
    const factor = isAtLeast(fork, 'osaka') ? 16n : 8n;
    const counted = bits + (exponent > 32n ? factor * (exponent - 32n) : 0n);
    const iterations = counted > 1n ? counted : 1n;
    if (isAtLeast(fork, 'osaka')) {
      const gas = iterations * (longest > 32n ? 2n * words * words : 16n);
      return gas > 500n ? gas : 500n;
    }
    if (isAtLeast(fork, 'berlin')) {
      const gas = (iterations * words * words) / 3n;
      return gas > 200n ? gas : 200n;
    }
    const square = longest * longest;
    const complexity =
      longest <= 64n
        ? square
        : longest <= 1024n
          ? square / 4n + 96n * longest - 3072n
          : square / 16n + 480n * longest - 199_680n;
    return (iterations * complexity) / 20n;
  }

  const vms = {
    byzantium: createPrecompiles('byzantium'),
    berlin: createPrecompiles('berlin'),
    osaka,
  };
  const MODEXP_FORKS = ['byzantium', 'berlin', 'osaka'] as const;

  it.each(MODEXP_FORKS)('is priced in %s as in big integers', (fork) => {
    const length = fc.oneof(fc.bigInt(0n, 40n), fc.bigInt(0n, 2000n), fc.bigInt(0n, 2n ** 256n - 1n));
    const tail = fc.uint8Array({ maxLength: 80 });
    fc.assert(
      fc.property(length, length, length, tail, (base, exponent, modulus, data) => {
        const input = concatBytes(word(base), word(exponent), word(modulus), data);
        const headLength = exponent < 32n ? Number(exponent) : 32;
        let head = 0n;
        for (let i = 0; i < headLength; i++) {
          const at = base + BigInt(i);
          head = (head << 8n) | BigInt(at < BigInt(data.length) ? data[Number(at)]! : 0);
        }
        const expected = referenceGas(fork, base, exponent, modulus, head);
        const actual = vms[fork].gas(5, input);
        // Products above 2^64 saturate before they are divided.
        if (expected <= 2n ** 58n) expect(actual).toBe(expected);
        else expect(actual).toBeGreaterThan(2n ** 58n);
      }),
      { numRuns: 500 },
    );
  });

  it('costs what the texts give as examples', () => {
    const example = modexpInput(
      Uint8Array.of(3),
      hexToBytes('0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2e'),
      hexToBytes('0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f'),
    );
    expect(vms.byzantium.gas(5, example)).toBe(13_056n);
    expect(vms.berlin.gas(5, example)).toBe(1360n);
    expect(vms.osaka.gas(5, example)).toBe(4080n);
    expect(bytesToHex(osaka.run(5, example)!)).toBe(`0x${'00'.repeat(31)}01`);
  });

  it('reads what is missing as zero', () => {
    expect(osaka.run(5, EMPTY)).toEqual(EMPTY);
    const onlyLengths = concatBytes(word(1), word(1), word(4));
    expect(osaka.run(5, onlyLengths)).toEqual(new Uint8Array(4));
    // 3^2 mod 0x8000: the second byte of the modulus is not there.
    const cut = concatBytes(word(1), word(1), word(2), Uint8Array.of(3, 2, 0x80));
    expect(osaka.run(5, cut)).toEqual(Uint8Array.of(0, 9));
  });

  it('agrees with big integers', () => {
    const number = fc.uint8Array({ maxLength: 40 });
    const toBigint = (bytes: Uint8Array) => BigInt(bytesToHex(bytes) === '0x' ? 0 : bytesToHex(bytes));
    fc.assert(
      fc.property(number, fc.uint8Array({ maxLength: 6 }), number, (base, exponent, modulus) => {
        const m = toBigint(modulus);
        let expected = m === 0n ? 0n : 1n % m;
        for (const bit of toBigint(exponent).toString(2)) {
          if (m !== 0n) expected = (expected * expected * (bit === '1' ? toBigint(base) : 1n)) % m;
        }
        expect(osaka.run(5, modexpInput(base, exponent, modulus))).toEqual(
          bigintToBytes(expected, modulus.length),
        );
      }),
      { numRuns: 200 },
    );
  });

  it('is limited to 1024 bytes each from Osaka on', () => {
    const longest = new Uint8Array(1024).fill(1);
    expect(osaka.run(5, modexpInput(longest, Uint8Array.of(1), Uint8Array.of(7)))).toHaveLength(1);
    for (const at of [0, 32, 64]) {
      const input = concatBytes(word(1), word(1), word(1), Uint8Array.of(1, 1, 1));
      input.set(word(1025), at);
      expect(osaka.run(5, input)).toBeUndefined();
      expect(vms.berlin.run(5, input)).toBeDefined();
    }
  });

  it('asks for no memory for absurd lengths', () => {
    for (const at of [0, 32, 64]) {
      for (const length of [2n ** 32n, 2n ** 64n, 2n ** 256n - 1n]) {
        const input = concatBytes(word(1), word(1), word(1), Uint8Array.of(1, 1, 1));
        input.set(word(length), at);
        expect(vms.berlin.room(5, input)).toBeLessThan(1024);
        if (at !== 32) {
          expect(vms.berlin.gas(5, input)).toBeGreaterThan(2n ** 50n);
          expect(vms.berlin.run(5, input)).toBeUndefined();
        }
      }
    }
  });

  it('gives an empty result for an empty modulus, however long the exponent', () => {
    const input = concatBytes(word(0), word(2n ** 255n), word(0));
    expect(vms.berlin.gas(5, input)).toBe(200n);
    expect(vms.byzantium.gas(5, input)).toBe(0n);
    expect(vms.berlin.run(5, input)).toEqual(EMPTY);
  });
});

describe('operations of the host', () => {
  const NUMBERS = [1, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 0x100];

  it('get number and input, and their output is passed on', () => {
    for (const number of NUMBERS) {
      const calls: [number, Bytes][] = [];
      const { run } = createPrecompiles('osaka', (asked, input) => {
        calls.push([asked, input]);
        return Uint8Array.of(1, 2, 3);
      });
      expect(run(number, Uint8Array.of(9, 8))).toEqual(Uint8Array.of(1, 2, 3));
      expect(calls).toEqual([[number, Uint8Array.of(9, 8)]]);
    }
  });

  it('fail the call when they fail', () => {
    for (const number of NUMBERS) expect(osaka.run(number, EMPTY)).toBeUndefined();
  });

  it('have room for the longest output', () => {
    const { run } = createPrecompiles('osaka', () => new Uint8Array(256).fill(7));
    expect(run(0x0e, EMPTY)).toHaveLength(256);
  });
});

describe('all forks', () => {
  it('price each of their precompiles for empty input', () => {
    for (const { name } of FORKS) {
      const vm = createPrecompiles(name);
      for (let number = 1; number <= 0x100; number++) {
        if (vm.has(BigInt(number))) expect(vm.gas(number, EMPTY), `${name} ${number}`).toBeLessThan(100_001n);
      }
    }
  });
});
