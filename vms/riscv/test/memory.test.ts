import * as fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Abi } from '../src/host/abi.ts';
import type { Machine } from '../src/engine/machine.ts';
import type { Xlen } from '../src/spec/opcodes.ts';
import { haltingAbi, runText } from './support/run.ts';
import { TEXT_ADDRESS } from './support/elf.ts';

const DATA = 0x2_0000;

/** An interface whose every call is `action`; the run goes on behind it. */
const acting = (action: (machine: Machine) => void, options: Partial<Abi> = {}): Abi => ({
  ...haltingAbi(options),
  start: (machine) => ({
    answer: ({ spec }) => {
      if (spec.mnemonic !== 'ecall') return 'illegal';
      if (machine.register(17) === 1n) return { exit: Number(machine.register(10) & 0xffffffffn) };
      action(machine);
      return 'next';
    },
  }),
});

const EXIT = 'addi a7, zero, 1\necall';

describe.each<Xlen>([32, 64])('what host calls touch of RV%i', (xlen) => {
  const bounds = { low: TEXT_ADDRESS, high: DATA + 4096 };

  it.each([
    ['reads', 'loadAccess', (machine: Machine, at: number) => machine.memory.read(at, 8)],
    ['writes', 'storeAccess', (machine: Machine, at: number) => machine.memory.write(at, new Uint8Array(8))],
    ['reads words', 'loadAccess', (machine: Machine, at: number) => machine.memory.readU64(at)],
    ['writes words', 'storeAccess', (machine: Machine, at: number) => machine.memory.writeU32(at, 1)],
  ] as const)('traps at the first byte that it %s where it may not', (_, kind, access) => {
    const trapOf = (at: number): unknown =>
      runText(xlen, 'ecall', { abi: acting((machine) => void access(machine, at), { bounds }) }).outcome;
    const trap = (address: number): unknown => ({
      kind: 'trap',
      trap: { kind, pc: BigInt(TEXT_ADDRESS), address: BigInt(address) },
    });
    expect(trapOf(0x1234)).toEqual(trap(0x1234));
    expect(trapOf(TEXT_ADDRESS - 16)).toEqual(trap(TEXT_ADDRESS - 16));
    expect(trapOf(DATA + 4096)).toEqual(trap(DATA + 4096));
    // Over the end it is the byte behind the end.
    expect(trapOf(DATA + 4094)).toEqual(trap(DATA + 4096));
  });

  it('writes all of a piece or none of it', () => {
    const machineOf: { machine?: Machine } = {};
    runText(xlen, 'ecall', {
      abi: acting(
        (machine) => {
          machineOf.machine = machine;
          machine.memory.write(DATA + 4090, new Uint8Array(12).fill(7));
        },
        { bounds },
      ),
    });
    expect(machineOf.machine?.memory.read(DATA + 4090, 6)).toEqual(new Uint8Array(6));
  });

  it('refuses lengths and addresses beyond any memory without touching a page', () => {
    for (const [at, length] of [
      [DATA, 2 ** 28 + 1],
      [DATA, 2 ** 64],
      [2 ** 48, 1],
      [2 ** 64, 1],
      [Number.NaN, 1],
    ] as const) {
      const { outcome, memoryBytes } = runText(xlen, 'ecall', {
        abi: acting((machine) => void machine.memory.read(at, length)),
      });
      expect(outcome, `${at} ${length}`).toMatchObject({ trap: { kind: 'loadAccess' } });
      expect(memoryBytes).toBe(4096);
    }
  });

  it('ends at the memory limit, by reads too', () => {
    const { outcome, memoryBytes } = runText(xlen, 'ecall', {
      abi: acting((machine) => void machine.memory.read(DATA, 4 * 4096)),
      limits: { memoryBytes: 3 * 4096 },
    });
    expect(outcome).toEqual({ kind: 'limit', limit: 'memory' });
    expect(memoryBytes).toBe(3 * 4096);
  });

  it('is told to the observer as it is then', () => {
    const seen: unknown[] = [];
    runText(xlen, `ecall\n${EXIT}`, {
      abi: acting(({ memory }) => {
        memory.writeU32(DATA + 4094, 0x01020304);
        memory.read(DATA + 4095, 2);
      }),
      observe: ({ kind, address, bytes }) => seen.push([kind, address, [...bytes]]),
    });
    expect(seen).toEqual([
      ['write', DATA + 4094, [4, 3, 2, 1]],
      ['read', DATA + 4095, [3, 2]],
    ]);
  });
});

describe('the end of the address space of RV32', () => {
  const wide = { low: 0, high: 2 ** 48 };

  it('is 4 GiB for host calls, whatever the interface allows', () => {
    const text = `addi t1, zero, 77\nsw t1, 16(zero)\necall\nlw a0, 16(zero)\n${EXIT}`;
    const run = (action: (machine: Machine) => void): unknown =>
      runText(32, text, { abi: acting(action, { bounds: wide }) }).outcome;
    expect(run(({ memory }) => void memory.read(0xffff_fff0, 64))).toMatchObject({
      trap: { kind: 'loadAccess', address: 2n ** 32n },
    });
    expect(run(({ memory }) => memory.write(2 ** 32 + 16, new Uint8Array(4)))).toMatchObject({
      trap: { kind: 'storeAccess', address: 2n ** 32n + 16n },
    });
    expect(run(({ memory }) => void memory.read(0xffff_fff0, 16))).toEqual({ kind: 'exit', code: 77 });
  });

  it('leads on to its start for instructions', () => {
    const text = `li t1, 0x12345678
      addi t0, zero, -2
      sw t1, 0(t0)
      lhu a0, 0(zero)
      lw a1, 0(t0)
      sub a1, a1, t1
      or a0, a0, a1
      ${EXIT}`;
    const abi = acting(() => {}, { bounds: wide });
    expect(runText(32, text, { abi })).toMatchObject({
      outcome: { kind: 'exit', code: 0x1234 },
      misaligned: 2,
    });
  });
});

describe('pages with equal low halves of their numbers', () => {
  const abi = acting(() => {}, { bounds: { low: 0, high: 2 ** 48 } });

  it('hold a misaligned access over 4 GiB', () => {
    const text = `addi t0, zero, 1
      slli t0, t0, 32
      addi t0, t0, -4
      li t1, 0x01020304
      slli t2, t1, 32
      or t1, t1, t2
      addi t3, zero, 99
      sd t3, 0(zero)
      sd t1, 0(t0)
      ld t4, 0(zero)
      ld t5, 0(t0)
      lw a0, 4(t0)
      sub t5, t5, t1
      or a0, a0, t5
      sub t4, t4, t3
      or a0, a0, t4
      ${EXIT}`;
    expect(runText(64, text, { abi })).toMatchObject({
      outcome: { kind: 'exit', code: 0x01020304 },
      misaligned: 2,
    });
  });

  it('are told apart by host calls as by instructions', () => {
    const seen: number[] = [];
    const text = `addi t0, zero, 1
      slli t0, t0, 32
      li t1, ${DATA}
      add t0, t0, t1
      addi t2, zero, 5
      sb t2, 0(t1)
      addi t2, zero, 6
      sb t2, 0(t0)
      ecall
      lbu a0, 0(t1)
      lbu a1, 0(t0)
      slli a1, a1, 4
      or a0, a0, a1
      ${EXIT}`;
    const reading = acting(
      ({ memory }) => {
        seen.push(...memory.read(DATA, 1), ...memory.read(2 ** 32 + DATA, 1));
        memory.write(2 ** 33 + DATA, Uint8Array.of(9));
      },
      { bounds: { low: 0, high: 2 ** 48 } },
    );
    expect(runText(64, text, { abi: reading }).outcome).toEqual({ kind: 'exit', code: 0x65 });
    expect(seen).toEqual([5, 6]);
  });
});

describe.each<Xlen>([32, 64])('accesses of every width and alignment of RV%i', (xlen) => {
  const LOADS = [
    ['lb', 1, true],
    ['lbu', 1, false],
    ['lh', 2, true],
    ['lhu', 2, false],
    ['lw', 4, true],
    ...(xlen === 64
      ? ([
          ['lwu', 4, false],
          ['ld', 8, true],
        ] as const)
      : []),
  ] as const;
  const bytes = Uint8Array.from({ length: 32 }, (_, i) => (37 * i + 200) & 0xff);
  const segments = [{ address: DATA + 4096 - 16, bytes, flags: 6 }];

  const OFFSETS = Array.from({ length: 13 }, (_, i) => i - 8);

  it('load what lies there, around the end of a page', () => {
    const accesses = LOADS.flatMap(([mnemonic, size, isSigned]) =>
      OFFSETS.map((offset) => ({ mnemonic, size, isSigned, offset })),
    );
    const seen: bigint[] = [];
    const abi = acting((machine) => void seen.push(machine.register(10)));
    const lines = accesses.map(({ mnemonic, offset }) => `${mnemonic} a0, ${offset}(t0)\necall`);
    const { misaligned } = runText(xlen, `li t0, ${DATA + 4096}\n${lines.join('\n')}\n${EXIT}`, {
      abi,
      segments,
    });
    accesses.forEach(({ mnemonic, size, isSigned, offset }, i) => {
      let value = 0n;
      for (let at = size - 1; at >= 0; at--) {
        value = (value << 8n) | BigInt(bytes[16 + offset + at] as number);
      }
      if (isSigned) value = BigInt.asUintN(xlen, BigInt.asIntN(8 * size, value));
      expect(seen[i], `${mnemonic} ${offset}`).toBe(value);
    });
    expect(misaligned).toBe(accesses.filter(({ offset, size }) => offset % size !== 0).length);
  });

  it('store as many bytes as they say and no more', () => {
    const accesses = Object.entries({ sb: 1, sh: 2, sw: 4, ...(xlen === 64 ? { sd: 8 } : {}) }).flatMap(
      ([mnemonic, size]) => OFFSETS.map((offset) => ({ mnemonic, size, offset })),
    );
    const seen: Uint8Array[] = [];
    const abi = acting(({ memory }) => {
      seen.push(memory.read(DATA + 4096 - 16, 32));
      memory.write(DATA + 4096 - 16, bytes);
    });
    const lines = accesses.map(({ mnemonic, offset }) => `${mnemonic} t1, ${offset}(t0)\necall`);
    const text = `li t0, ${DATA + 4096}\naddi t1, zero, -1\n${lines.join('\n')}\n${EXIT}`;
    runText(xlen, text, { abi, segments });
    accesses.forEach(({ mnemonic, size, offset }, i) => {
      const expected = bytes.slice();
      expected.fill(0xff, 16 + offset, 16 + offset + size);
      expect(seen[i], `${mnemonic} ${offset}`).toEqual(expected);
    });
  });
});

describe.each<Xlen>([32, 64])('atomics of RV%i', (xlen) => {
  const results = (text: string): bigint[] => {
    const registers: bigint[] = [];
    const abi = haltingAbi({
      seen: (register) => registers.push(...[10, 11, 12, 13].map((index) => register(index))),
    });
    expect(runText(xlen, `li t0, ${DATA}\n${text}\necall`, { abi }).outcome.kind).toBe('exit');
    return registers;
  };

  it('lose their reservation to a conditional store elsewhere, which fails', () => {
    const text = `addi t1, zero, 5\naddi t2, t0, 8\nlr.w a3, (t0)\nsc.w a0, t1, (t2)\nsc.w a1, t1, (t0)\nlw a2, 8(t0)`;
    expect(results(text)).toEqual([1n, 1n, 0n, 0n]);
  });

  it('keep it over other stores and atomics, and move it by another reservation', () => {
    const over = `addi t1, zero, 5\nlr.w a3, (t0)\nsw t1, 0(t0)\namoadd.w a3, t1, (t0)\nsc.w a0, t1, (t0)\nlw a1, 0(t0)`;
    expect(results(over)).toEqual([0n, 5n, 0n, 5n]);
    const moved = `addi t1, zero, 5\naddi t2, t0, 64\nlr.w a3, (t0)\nlr.w a3, (t2)\nsc.w a0, t1, (t0)\nlw a1, 0(t0)`;
    expect(results(moved)).toEqual([1n, 0n, 0n, 0n]);
  });

  it('give the old value with its sign, and the result to memory as if rd were read last', () => {
    // The register with the operand, and the one with the address, may be the target.
    const text = `li t1, 0x80000000\nsw t1, 0(t0)\naddi a0, zero, 3\namoadd.w a0, a0, (t0)\nlw a1, 0(t0)\naddi a2, t0, 0\namoswap.w a2, zero, (a2)\nlw a3, 0(t0)`;
    const signed = (value: number): bigint => BigInt.asUintN(xlen, BigInt(value | 0));
    expect(results(text)).toEqual([signed(0x80000000), signed(0x80000003), signed(0x80000003), 0n]);
  });

  it('compare by their signs or without', () => {
    const edges = [0, 1, -1, 0x7fffffff, 0x80000000 | 0];
    const compute = {
      'amomin.w': (a: number, b: number) => Math.min(a, b),
      'amomax.w': (a: number, b: number) => Math.max(a, b),
      'amominu.w': (a: number, b: number) => Math.min(a >>> 0, b >>> 0) | 0,
      'amomaxu.w': (a: number, b: number) => Math.max(a >>> 0, b >>> 0) | 0,
      'amoxor.w': (a: number, b: number) => a ^ b,
      'amoand.w': (a: number, b: number) => a & b,
      'amoor.w': (a: number, b: number) => a | b,
      'amoswap.w': (_: number, b: number) => b,
    };
    const cases = Object.entries(compute).flatMap(([mnemonic, of]) =>
      edges.flatMap((a) => edges.map((b) => ({ mnemonic, of, a, b }))),
    );
    const seen: bigint[][] = [];
    const abi = acting((machine) => void seen.push([machine.register(10), machine.register(11)]));
    const lines = cases.map(
      ({ mnemonic, a, b }) =>
        `li a2, ${a}\nli a3, ${b}\nsw a2, 0(t0)\n${mnemonic} a0, a3, (t0)\nlw a1, 0(t0)\necall`,
    );
    runText(xlen, `li t0, ${DATA}\n${lines.join('\n')}\n${EXIT}`, { abi });
    cases.forEach(({ mnemonic, of, a, b }, i) => {
      expect(seen[i], `${mnemonic} ${a} ${b}`).toEqual(
        [a, of(a, b)].map((value) => BigInt.asUintN(xlen, BigInt(value))),
      );
    });
  });

  it('write nothing when they trap', () => {
    const abi = haltingAbi({ bounds: { low: 0, high: DATA + 4096 } });
    for (const text of [`sc.w a0, t0, (t0)`, `amoor.w a0, t0, (t0)`]) {
      expect(runText(xlen, `li t0, ${DATA + 4096}\n${text}`, { abi })).toMatchObject({
        outcome: {
          trap: { kind: 'storeAccess', pc: BigInt(TEXT_ADDRESS + 8), address: BigInt(DATA + 4096) },
        },
        cycles: 2,
      });
    }
    expect(runText(xlen, `li t0, ${DATA + 4096}\nlr.w a0, (t0)`, { abi }).outcome).toMatchObject({
      trap: { kind: 'loadAccess', address: BigInt(DATA + 4096) },
    });
  });
});

describe('a platform without more memory', () => {
  afterEach(() => void vi.restoreAllMocks());

  it('is the limit of memory for the guest', () => {
    vi.spyOn(WebAssembly.Memory.prototype, 'grow').mockImplementationOnce(function (
      this: WebAssembly.Memory,
    ) {
      vi.restoreAllMocks();
      // The tables of the machine are made; what comes later is refused.
      const pages = this.grow(1024);
      vi.spyOn(WebAssembly.Memory.prototype, 'grow').mockImplementation(() => {
        throw new RangeError('WebAssembly.Memory.grow(): Maximum memory size exceeded');
      });
      return pages;
    });
    const text = `li t0, ${DATA}\nli t1, 4096\nsw t0, 0(t0)\nadd t0, t0, t1\njal zero, -8`;
    expect(runText(32, text).outcome).toEqual({ kind: 'limit', limit: 'memory' });
  });
});

describe('random accesses of the host and the guest', () => {
  it('see one memory', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.integer({ min: -12, max: 12 }), fc.integer()), { maxLength: 12 }),
        (accesses) => {
          const model = new Uint8Array(64);
          const base = DATA + 4096;
          const queue = accesses.filter(([isHost]) => isHost);
          let after: Uint8Array = model;
          const abi = acting((machine) => {
            const next = queue.shift();
            if (next === undefined) after = machine.memory.read(base - 32, 64);
            else machine.memory.writeU32(base + next[1], next[2] >>> 0);
          });
          const lines = accesses.map(([isHost, offset, value]) => {
            new DataView(model.buffer).setInt32(32 + offset, value, true);
            return isHost ? 'ecall' : `li t1, ${value}\nsw t1, ${offset}(t0)`;
          });
          runText(64, [`li t0, ${base}`, ...lines, 'ecall', EXIT].join('\n'), { abi });
          expect(after).toEqual(model);
        },
      ),
      { numRuns: 60 },
    );
  });
});
