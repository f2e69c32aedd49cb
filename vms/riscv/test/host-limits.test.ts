import { concatBytes, utf8ToBytes } from '@ninefold/base';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instructionBytes } from '../src/code/write-elf.ts';
import { GuestFault } from '../src/engine/traps.ts';
import { inverse, mod, power, squareRoot } from '../src/host/accelerators/integers.ts';
import { createOutputs } from '../src/host/outputs.ts';
import { SP1_HOOKS } from '../src/host/sp1-hooks.ts';
import { createRiscv, type RiscvOptions, type RunResult } from '../src/run.ts';
import { MAX_OUTPUT_BYTES } from '../src/spec/limits.ts';
import type { Xlen } from '../src/spec/opcodes.ts';
import { assemble } from './support/assemble.ts';
import { programElf } from './support/elf.ts';
import { openvm, sp1 } from './support/guests.ts';

// What guests may ask of the host with lengths, pointers and orders that no toolchain writes.

const DATA = 0x8_0000;

function run(
  abi: RiscvOptions['abi'],
  xlen: Xlen,
  text: string,
  data: Uint8Array = new Uint8Array(0),
): RunResult {
  const others = data.length === 0 ? [] : [{ address: DATA, bytes: data, flags: 6 }];
  return createRiscv({ elf: programElf(xlen, assemble(xlen, text), others), abi }).run();
}

const refused = { kind: 'trap', trap: { kind: 'hostCall' } };

/** What a fault that `action` throws says. */
function faultOf(action: () => unknown): unknown {
  try {
    action();
    return undefined;
  } catch (error) {
    return error instanceof GuestFault ? error.ending : error;
  }
}

describe.each<Xlen>([32, 64])('the standard interface on RV%i', (xlen) => {
  const call = (number: number): string => `addi a7, zero, ${number}\necall`;
  const exit = call(93);

  it('says exactly how much was written to no stream, whatever the number', () => {
    // a0 is what a2 was: less 2^32 - 2, it fits the exit code.
    const text = `addi a0, zero, 9\naddi a2, zero, -2\n${call(64)}\nsub a0, a0, a2\n${exit}`;
    expect(run('standard', xlen, text).outcome).toEqual({ kind: 'exit', code: 0 });
  });

  it.each([
    ['bn254_pairing', 0x108, 2 ** 12],
    ['bls12_g1_msm', 0x10c, 2 ** 14],
    ['bls12_g2_msm', 0x10e, 2 ** 14],
    ['bls12_pairing', 0x10f, 2 ** 12],
  ])('gives -1 to %s of more pairs than a block pays for', (_, number, most) => {
    const text = `li a0, ${DATA}\nli a1, ${most + 1}\nli a2, ${DATA}\n${call(number)}\n${exit}`;
    const { outcome, memoryBytes } = run('standard', xlen, text);
    expect(outcome).toEqual({ kind: 'exit', code: 0xffffffff });
    // Nothing was read for it.
    expect(memoryBytes).toBe(4096);
  });

  it('checks a pairing of no pairs: it holds', () => {
    const text = `li a0, ${DATA}\naddi a1, zero, 0\nli a2, ${DATA}\n${call(0x108)}\nli t0, ${DATA}\nlbu a0, 0(t0)\n${exit}`;
    expect(run('standard', xlen, text).outcome).toEqual({ kind: 'exit', code: 1 });
  });

  it('does not take a call’s number by its low bits', () => {
    if (xlen === 32) return;
    const text = `addi a7, zero, 93\naddi t0, zero, 1\nslli t0, t0, 32\nor a7, a7, t0\necall`;
    expect(run('standard', xlen, text).outcome).toMatchObject(refused);
  });
});

describe.each<Xlen>([32, 64])('unconstrained blocks of SP1 on RV%i', (xlen) => {
  it.each([
    ['another block', sp1.call(3)],
    ['the length of a hint', sp1.hintLength()],
    ['a hint', sp1.hintRead(DATA, 0)],
    ['a commitment', sp1.commitWord(0, 0)],
    ['the end', sp1.halt(0)],
    ['an accelerator', `li a0, ${DATA}\naddi a1, zero, 0\n${sp1.call(0x010109)}`],
  ])('have no place for %s', (_, text) => {
    expect(run('sp1', xlen, `${sp1.call(3)}\n${text}`).outcome).toMatchObject(refused);
  });

  it('may follow one another, each from a clean slate', () => {
    // Both write to the same place, and show what is there before and after.
    const show = sp1.write(1, DATA, 1);
    const size = assemble(xlen, show).length;
    const block = (value: number): string => `${sp1.call(3)}
      beq t0, zero, ${4 * (2 * size + 6)}
      ${show}
      li s0, ${DATA}
      sb ${value === 1 ? 's1' : 's2'}, 0(s0)
      ${show}
      addi t0, zero, 4
      ecall`;
    const text = `addi s1, zero, 1\naddi s2, zero, 2\n${block(1)}\n${block(2)}\n${show}\n${sp1.halt(0)}`;
    const { outcome, stdout } = run('sp1', xlen, text);
    expect(outcome).toEqual({ kind: 'exit', code: 0 });
    expect([...stdout]).toEqual([0, 1, 0, 2, 0]);
  });
});

describe('SP1’s advice', () => {
  const fieldRoot = SP1_HOOKS[10] as (request: Uint8Array) => readonly Uint8Array[];
  const fieldInverse = SP1_HOOKS[11] as (request: Uint8Array) => readonly Uint8Array[];
  const request = (length: number, ...numbers: readonly number[]): Uint8Array =>
    concatBytes(
      Uint8Array.of(0, 0, length >> 8, length & 255),
      ...numbers.map((value) => {
        const bytes = new Uint8Array(length);
        if (length > 1) bytes[length - 2] = value >> 8;
        if (length > 0) bytes[length - 1] = value & 255;
        return bytes;
      }),
    );
  const hostCall = { trap: { kind: 'hostCall' } };

  it('has roots and inverses modulo primes', () => {
    expect(fieldRoot(request(2, 4, 257, 3))).toEqual([Uint8Array.of(1), expect.any(Uint8Array)]);
    // 3 is no square modulo 257, and neither is 6: their product has a root.
    const [kind, root] = fieldRoot(request(2, 6, 257, 3)) as [Uint8Array, Uint8Array];
    const value = ((root[0] as number) << 8) | (root[1] as number);
    expect([kind[0], (value * value) % 257]).toEqual([0, 18]);
    expect(fieldInverse(request(1, 3, 7))).toEqual([Uint8Array.of(5)]);
  });

  it('ends where the modulus is no prime', () => {
    // Modulo 9 the method for primes would look for an order for ever; 1729 is a Carmichael number.
    for (const modulus of [9, 15, 561, 1729, 2465, 6601, 65535]) {
      for (const element of [0, 1, 2, 4, 8, 10, 100, modulus - 1]) {
        const found = squareRoot(BigInt(element), BigInt(modulus));
        if (found !== undefined) expect((found * found - BigInt(element)) % BigInt(modulus)).toBe(0n);
      }
    }
    expect(faultOf(() => fieldRoot(request(1, 8, 9, 2)))).toMatchObject(hostCall);
    for (const even of [0, 1, 2, 4, 256]) {
      expect(
        faultOf(() => fieldRoot(request(2, 1, even, 3))),
        String(even),
      ).toMatchObject(hostCall);
    }
  });

  it('refuses requests of another form', () => {
    for (const bytes of [
      new Uint8Array(0),
      new Uint8Array(1),
      new Uint8Array(2),
      new Uint8Array(4),
      request(97, 1, 7, 3),
      request(4, 1, 7, 3).subarray(0, -1),
      concatBytes(request(4, 1, 7, 3), new Uint8Array(1)),
      Uint8Array.of(0xff, 0xff, 0xff, 0xff, 1),
    ]) {
      expect(
        faultOf(() => fieldRoot(bytes)),
        String(bytes.length),
      ).toMatchObject(hostCall);
      expect(
        faultOf(() => fieldInverse(bytes)),
        String(bytes.length),
      ).toMatchObject(hostCall);
    }
    expect(faultOf(() => fieldInverse(request(1, 3, 9)))).toMatchObject(hostCall);
    expect(faultOf(() => fieldInverse(request(1, 3, 1)))).toMatchObject(hostCall);
  });

  it('refuses keys of other curves and r without an inverse', () => {
    const ecrecover = SP1_HOOKS[5] as (request: Uint8Array) => readonly Uint8Array[];
    const ask = (tag: number, r: number, alpha: number): Uint8Array => {
      const bytes = new Uint8Array(65);
      [bytes[0], bytes[32], bytes[64]] = [tag, r, alpha];
      return bytes;
    };
    expect(faultOf(() => ecrecover(new Uint8Array(64)))).toMatchObject(hostCall);
    expect(faultOf(() => ecrecover(ask(3, 1, 4)))).toMatchObject(hostCall);
    expect(faultOf(() => ecrecover(ask(1, 0, 4)))).toMatchObject(hostCall);
    expect(ecrecover(ask(2, 1, 4))).toHaveLength(3);
  });
});

describe('numbers modulo others', () => {
  const primes = [3n, 5n, 7n, 13n, 17n, 97n, 193n, 257n, 12289n, 65537n, 2n ** 61n - 1n, 2n ** 127n - 1n];

  it('have roots exactly where Euler’s criterion says so', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(2n ** 130n), max: 2n ** 130n }),
        fc.constantFrom(...primes),
        (value, p) => {
          const root = squareRoot(value, p);
          const isSquare = mod(value, p) === 0n || power(value, (p - 1n) / 2n, p) === 1n;
          expect(root !== undefined).toBe(isSquare);
          if (root !== undefined) {
            expect(mod(root * root - value, p)).toBe(0n);
            expect(root >= 0n && root < p).toBe(true);
          }
        },
      ),
    );
  });

  it('have inverses exactly where they share no factor', () => {
    const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? a : gcd(b, a % b));
    fc.assert(
      fc.property(
        fc.bigInt({ min: -1000n, max: 1000n }),
        fc.bigInt({ min: 2n, max: 500n }),
        (value, modulus) => {
          const inverted = inverse(value, modulus);
          expect(inverted !== undefined).toBe(gcd(mod(value, modulus), modulus) === 1n);
          if (inverted !== undefined) expect(mod(inverted * value, modulus)).toBe(1n);
        },
      ),
    );
  });
});

describe('RISC Zero', () => {
  const NAME = DATA + 512;
  const named = (name: string): Uint8Array => {
    const area = new Uint8Array(1024);
    area.set(utf8ToBytes(`${name}\0`), 512);
    return area;
  };
  const software = `addi t0, zero, 2\nli a2, ${NAME}\necall`;

  it('refuses hashes and random words that cost the host too much', () => {
    const hash = (count: number): string =>
      `addi t0, zero, 3\nli a0, ${DATA}\nli a1, ${DATA}\nli a2, ${DATA}\nli a3, ${DATA + 32}\nli a4, ${count}\necall`;
    expect(run('risc0', 32, hash(2 ** 20 + 1)).outcome).toMatchObject(refused);
    expect(run('risc0', 32, hash(-1)).outcome).toMatchObject(refused);
    const random = (words: number): string => `li a0, ${DATA + 1024}\nli a1, ${words}\n${software}`;
    expect(run('risc0', 32, random(2 ** 20 + 1), named('SYS_RANDOM')).outcome).toMatchObject(refused);
    expect(run('risc0', 32, random(-1), named('SYS_RANDOM')).outcome).toMatchObject(refused);
  });

  it('fills all of what random words are asked for', () => {
    const text = `li a0, ${DATA + 1024}\nli a1, 1500\n${software}\nli t1, ${DATA + 1024 + 4 * 1499}\nlw a0, 0(t1)\nebreak`;
    let last = 0;
    const elf = programElf(32, assemble(32, text), [{ address: DATA, bytes: named('SYS_RANDOM'), flags: 6 }]);
    createRiscv({ elf, abi: 'risc0' }).run({
      observe: ({ kind, bytes }) => {
        if (kind === 'write') last = bytes.length;
      },
    });
    expect(last).toBe(6000);
  });

  it('knows no call by a name without end', () => {
    const area = new Uint8Array(1024).fill(0x41);
    expect(run('risc0', 32, software, area).outcome).toMatchObject(refused);
  });

  it('keeps user programs out of the kernel’s memory', () => {
    expect(run('risc0', 32, 'lui t0, 0xc0000\nlw a0, 0(t0)').outcome).toMatchObject({
      trap: { kind: 'loadAccess', address: 0xc000_0000n },
    });
    expect(run('risc0', 32, 'sw zero, 64(zero)').outcome).toMatchObject({
      trap: { kind: 'storeAccess', address: 64n },
    });
  });
});

describe('OpenVM', () => {
  it('reveals far words without copying what is before each time', () => {
    // A copy of 48 MiB for each of the words would not come to an end.
    const far = 48 * 2 ** 20;
    const text = `li a0, ${far}
      li t0, 20000
      ${openvm.reveal(far, 0, 7).split('\n').at(-1)}
      addi a0, a0, 4
      addi t0, t0, -1
      bne t0, zero, -12
      ${openvm.terminate(0)}`;
    const { outcome, journal, hostCalls } = run('openvm', 32, text);
    expect(outcome).toEqual({ kind: 'exit', code: 0 });
    expect(hostCalls).toMatchObject({ reveal: 20000 });
    expect(journal.length).toBe(far + 4 * 20000);
  });

  it('ends a run that reveals beyond all output', () => {
    const text = `${openvm.reveal(MAX_OUTPUT_BYTES, 0, 1)}`;
    expect(run('openvm', 32, text).outcome).toEqual({ kind: 'limit', limit: 'output' });
    expect(run('openvm', 32, openvm.reveal(-4, 0, 1)).outcome).toEqual({ kind: 'limit', limit: 'output' });
  });

  it('asks for hints by words and by no more than there are', () => {
    const text = `${openvm.hintBuffer(DATA, -1)}`;
    expect(run('openvm', 32, text).outcome).toMatchObject(refused);
  });
});

describe('outputs', () => {
  it('are streams of their own, with zeros before what is set at a place', () => {
    const outputs = createOutputs();
    outputs.write('stdout', Uint8Array.of(1));
    outputs.writeAt('journal', 3, Uint8Array.of(7, 8));
    outputs.writeAt('journal', 1, Uint8Array.of(5));
    outputs.write('journal', Uint8Array.of(9));
    expect(outputs.bytesOf('journal')).toEqual(Uint8Array.of(0, 5, 0, 7, 8, 9));
    expect(outputs.bytesOf('stdout')).toEqual(Uint8Array.of(1));
    expect(outputs.bytesOf('stderr')).toEqual(new Uint8Array(0));
  });

  it('keep copies, and give copies', () => {
    const outputs = createOutputs();
    const bytes = Uint8Array.of(1, 2);
    outputs.write('stdout', bytes);
    bytes[0] = 9;
    outputs.bytesOf('stdout')[1] = 9;
    expect(outputs.bytesOf('stdout')).toEqual(Uint8Array.of(1, 2));
  });

  it('take so many bytes in all streams together', () => {
    const outputs = createOutputs();
    outputs.write('stderr', new Uint8Array(MAX_OUTPUT_BYTES - 1));
    outputs.write('journal', new Uint8Array(1));
    outputs.writeAt('journal', 0, Uint8Array.of(3));
    expect(faultOf(() => outputs.write('stdout', new Uint8Array(1)))).toEqual({ limit: 'output' });
  });

  it('hold what a list of writes makes, in any order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.option(fc.nat(200), { nil: undefined }), fc.uint8Array({ maxLength: 90 })), {
          maxLength: 20,
        }),
        (writes) => {
          const outputs = createOutputs();
          let model: number[] = [];
          for (const [offset, bytes] of writes) {
            const at = offset ?? model.length;
            if (offset === undefined) outputs.write('journal', bytes);
            else outputs.writeAt('journal', offset, bytes);
            const length = Math.max(model.length, at + bytes.length);
            model = Array.from({ length }, (_, i) => bytes[i - at] ?? model[i] ?? 0);
          }
          expect([...outputs.bytesOf('journal')]).toEqual(model);
        },
      ),
    );
  });
});

describe('programs in RISC Zero’s container', () => {
  it('are typed errors when they are cut', () => {
    const file = concatBytes(utf8ToBytes('R0BF'), instructionBytes([1, 0, 4, 0x41414141]), utf8ToBytes('K'));
    for (let length = 4; length < 20; length++) {
      expect(() => createRiscv({ elf: file.subarray(0, length), abi: 'risc0' }), String(length)).toThrowError(
        expect.objectContaining({ code: 'RISCV_R0BF_INVALID' }),
      );
    }
    // Whole, it holds no program.
    expect(() => createRiscv({ elf: file, abi: 'risc0' })).toThrowError(
      expect.objectContaining({ code: 'RISCV_ELF_TRUNCATED' }),
    );
  });
});
