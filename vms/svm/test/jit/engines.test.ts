import { describe, expect, it } from 'vitest';
import type { Executable } from '../../src/code/executable.ts';
import { functionKey, syscallKey } from '../../src/code/murmur3.ts';
import { decodeProgram } from '../../src/engine/decode.ts';
import { syscallFault } from '../../src/engine/faults.ts';
import { createMachine, MAX_COMPILED_FRAMES, type Outcome, type RunSetup } from '../../src/engine/machine.ts';
import { LARGE_FUNCTION_INSTRUCTIONS } from '../../src/jit/context.ts';
import { OPCODES } from '../../src/spec/opcodes.ts';
import type { SbpfVersion } from '../../src/spec/versions.ts';
import { encode, EXIT, HEAP, ins, INPUT, PROGRAM_START, programOf, STACK } from '../support/assemble.ts';

const interpreted = createMachine({ engine: 'interpreted' });
const compiled = createMachine({ engine: 'compiled' });

const CALL = 0x85;
const VERSIONS = [0, 1, 2, 3] as const;

type Seen = Omit<Outcome, 'input' | 'isCompiled'> & { readonly input: readonly Uint8Array[] };

function seen({ fault, registers, pc, left, input }: Outcome): Seen {
  return { fault, registers, pc, left, input: input().map((bytes) => bytes.slice()) };
}

/** Runs on both engines, which have to agree; what came out. */
function run(executable: Executable, setup: Partial<RunSetup> = {}): Seen {
  const program = decodeProgram(executable);
  const expected = seen(interpreted.run({ program, budget: 1000, ...setup }));
  const outcome = compiled.run({ program, budget: 1000, ...setup });
  expect(outcome.isCompiled).toBe(true);
  expect(seen(outcome)).toEqual(expected);
  return expected;
}

/** As {@link run}, and with every smaller budget. */
function runCut(executable: Executable, setup: Partial<RunSetup> = {}): Seen {
  const whole = run(executable, setup);
  const used = 1000 - whole.left;
  for (let budget = 0; budget < used; budget++) {
    expect(run(executable, { ...setup, budget }).fault?.kind).toBe('ExceededMaxInstructions');
  }
  return whole;
}

const lddw = (version: SbpfVersion, dst: number, imm: bigint): number[] =>
  version === 2
    ? [...ins(2, 'mov32', 'aluImm', { dst, imm }), ...ins(2, 'hor64', 'aluImm', { dst, imm: imm >> 32n })]
    : ins(version, 'lddw', 'lddw', { dst, imm });

/** A call of slot `target`; `functions` is what versions below 3 need to know it. */
function callTo(version: SbpfVersion, at: number, target: number): number[] {
  return version === 3
    ? encode(CALL, { src: 1, imm: target - at - 1 })
    : encode(CALL, { imm: functionKey(target) });
}
const functionsOf = (version: SbpfVersion, ...targets: number[]): Partial<Executable> =>
  version === 3 ? {} : { functions: new Map(targets.map((pc) => [functionKey(pc), pc])) };

const VALUES = [
  0n,
  1n,
  2n,
  63n,
  0x7fn,
  0x8000n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 63n,
  -1n,
  -2n,
];

describe('compiled instructions', () => {
  for (const version of VERSIONS) {
    it(`give what the interpreter gives for all operands, version ${version}`, () => {
      const machine = createMachine({ engine: 'compiled' });
      const arithmetic = OPCODES.filter(
        ({ versions, form }) =>
          versions.includes(version) && ['aluImm', 'aluReg', 'unary', 'endian'].includes(form),
      );
      for (const { code, form, check } of arithmetic) {
        const imms = {
          endian: [16, 32, 64],
          shift32: [0, 1, 31],
          shift64: [0, 1, 32, 63],
          nonzero: [1, -1, 7, -(2 ** 31)],
          any: [0, 1, -1, 0x1234_5678, -(2 ** 31)],
        }[check ?? 'any'];
        for (const imm of form === 'aluReg' ? [0] : imms) {
          const program = decodeProgram(programOf(version, [encode(code, { dst: 3, src: 4, imm }), EXIT]));
          for (const a of VALUES) {
            for (const b of form === 'aluReg' ? VALUES : [0n]) {
              const setup = {
                program,
                budget: 10,
                registers: [0n, 0n, 0n, a, b].map((x) => BigInt.asUintN(64, x)),
              };
              const expected = interpreted.run(setup);
              const got = machine.run(setup);
              const at = `0x${code.toString(16)} ${imm} ${a} ${b}`;
              expect([got.registers[3], got.fault?.kind, got.left], at).toEqual([
                expected.registers[3],
                expected.fault?.kind,
                expected.left,
              ]);
            }
          }
        }
      }
    });

    it(`jump when the interpreter jumps, version ${version}`, () => {
      const jumps = OPCODES.filter(
        ({ versions, form }) => versions.includes(version) && (form === 'jumpImm' || form === 'jumpReg'),
      );
      for (const { code, form } of jumps) {
        for (const imm of form === 'jumpImm' ? [0, 1, -1, -(2 ** 31)] : [0]) {
          const text = [encode(code, { dst: 3, src: 4, off: 1, imm }), encode(0xb7, { imm: 1 }), EXIT];
          const program = decodeProgram(programOf(version, text));
          for (const a of VALUES) {
            for (const b of form === 'jumpReg' ? VALUES : [0n]) {
              const setup = {
                program,
                budget: 10,
                registers: [0n, 0n, 0n, a, b].map((x) => BigInt.asUintN(64, x)),
              };
              expect(compiled.run(setup).left).toBe(interpreted.run(setup).left);
            }
          }
        }
      }
    });

    it(`load and store in all regions, version ${version}`, () => {
      const input = [
        { address: INPUT, bytes: Uint8Array.from({ length: 24 }, (_, i) => i), isWritable: true },
        { address: INPUT + 24n, bytes: new Uint8Array(8).fill(7), isWritable: false },
      ];
      const places = [
        INPUT,
        INPUT + 17n,
        INPUT + 24n,
        INPUT + 31n,
        HEAP,
        HEAP + 16_383n,
        HEAP + 32_761n,
        STACK,
      ]
        .concat([STACK + 0xff9n, STACK + 0x1000n, STACK + 0x4000n, STACK + 0x7effcn, PROGRAM_START])
        .concat([0n, 5n * PROGRAM_START, 9n * PROGRAM_START + 4n, 2n ** 64n - 4n]);
      const specs = OPCODES.filter(
        ({ versions, form, bytes }) =>
          versions.includes(version) &&
          (bytes === 1 || bytes === 8) &&
          ['load', 'storeImm', 'storeReg'].includes(form),
      );
      for (const { code, form } of specs) {
        for (const place of places) {
          const base = form === 'load' ? { dst: 3, src: 2 } : { dst: 2, src: 4 };
          const text = [lddw(version, 2, place), encode(code, { ...base, off: 3, imm: -5 }), EXIT];
          run(programOf(version, text), { input, registers: [0n, 0n, 0n, 0n, 0x1122334455667788n] });
        }
      }
    });
  }
});

describe('compiled frames', () => {
  it('hold what is stored below r10, at each depth', () => {
    for (const version of [0, 3] as const) {
      // Stores the depth in its frame, calls itself until it is deep, and adds up on the way back.
      const text = [
        encode(0x7b, { dst: 10, src: 1, off: -8 }),
        encode(0xb7, { dst: 0 }),
        encode(0x15, { dst: 1, off: 2 }),
        encode(0x07, { dst: 1, imm: -1 }),
        callTo(version, 4, 0),
        encode(0x79, { dst: 2, src: 10, off: -8 }),
        encode(0x0f, { dst: 0, src: 2 }),
        EXIT,
      ];
      const outcome = run(programOf(version, text, functionsOf(version, 0)), { registers: [0n, 20n] });
      expect(outcome.registers[0]).toBe(210n);
    }
  });

  it('are clean in the next run, however deep the last one went', () => {
    const text = [
      encode(0x79, { dst: 2, src: 10, off: -8 }),
      encode(0x4f, { dst: 3, src: 2 }),
      encode(0x15, { dst: 1, off: 4 }),
      encode(0x07, { dst: 1, imm: -1 }),
      callTo(3, 4, 0),
      // The store ends a block: the next instruction is jumped to.
      encode(0x7a, { dst: 10, off: -8, imm: 77 }),
      encode(0x05, { off: 0 }),
      EXIT,
    ];
    for (let i = 0; i < 2; i++) {
      expect(run(programOf(3, text), { registers: [0n, 12n] }).registers[3]).toBe(0n);
    }
    const storing = [
      encode(0x15, { dst: 1, off: 3 }),
      encode(0x07, { dst: 1, imm: -1 }),
      callTo(3, 2, 0),
      encode(0x7a, { dst: 10, off: -8, imm: 77 }),
      EXIT,
    ];
    run(programOf(3, storing), { registers: [0n, 12n] });
    expect(run(programOf(3, text), { registers: [0n, 12n] }).registers[3]).toBe(0n);
  });

  it('are found through copies of r10, and beside it by the kernel', () => {
    for (const off of [-8, -4096, -4097, 0, 1]) {
      const text = [
        encode(0xbf, { dst: 1, src: 10 }),
        encode(0x07, { dst: 1, imm: -16 }),
        encode(0x7a, { dst: 1, off: off + 16, imm: 5 }),
        encode(0x79, { dst: 0, src: 10, off }),
        EXIT,
      ];
      run(programOf(0, text));
      run(programOf(3, text));
    }
  });

  it('are moved by hand in versions 1 and 2', () => {
    for (const version of [1, 2] as const) {
      const text = [
        encode(0x07, { dst: 10, imm: -128 }),
        ins(version, 'stdw', 'storeImm', { dst: 10, off: 8, imm: 3 }),
        callTo(version, 2, 4),
        EXIT,
        encode(0x07, { dst: 10, imm: -64 }),
        ins(version, 'ldxdw', 'load', { dst: 0, src: 10, off: 72 }),
        encode(0xbf, { dst: 1, src: 10 }),
        EXIT,
      ];
      const outcome = runCut(programOf(version, text, functionsOf(version, 4)));
      expect(outcome.registers[0]).toBe(3n);
      expect(outcome.registers[1]).toBe(STACK + 0x40000n - 192n);
      expect(outcome.registers[10]).toBe(STACK + 0x40000n - 128n);
    }
  });

  it('belong to the interpreter when the run begins with another r10', () => {
    const program = decodeProgram(programOf(3, [EXIT]));
    const registers = [...Array.from({ length: 10 }, () => 0n), STACK];
    expect(compiled.run({ program, budget: 10, registers }).isCompiled).toBe(false);
  });
});

describe('compiled calls', () => {
  it('leave r1 to r5 as the callee had them, and give r6 to r10 back', () => {
    for (const version of VERSIONS) {
      const text = [
        encode(0xb7, { dst: 6, imm: 1 }),
        encode(0xb7, { dst: 1, imm: 11 }),
        callTo(version, 2, 5),
        encode(0x0f, { dst: 0, src: 2 }),
        EXIT,
        encode(0x0f, { dst: 6, src: 7 }),
        encode(0xb7, { dst: 2, imm: 5 }),
        encode(0xbf, { dst: 3, src: 6 }),
        encode(0xbf, { dst: 9, src: 10 }),
        EXIT,
      ];
      const setup = { registers: [40n, 0n, 0n, 0n, 44n, 55n, 0n, 7n, 8n, 9n] };
      const outcome = runCut(programOf(version, text, functionsOf(version, 5)), setup);
      expect([...outcome.registers.subarray(0, 10)]).toEqual([45n, 11n, 5n, 8n, 44n, 55n, 1n, 7n, 8n, 9n]);
    }
  });

  it('end at the limit of the run', () => {
    const recursion = programOf(3, [encode(0x07, { dst: 1, imm: 1 }), callTo(3, 1, 0), EXIT]);
    expect(run(recursion).registers[1]).toBe(64n);
    for (const maxCallDepth of [1, 2, 5]) {
      const { fault, registers } = run(recursion, { maxCallDepth });
      expect(fault?.kind).toBe('CallDepthExceeded');
      expect(registers[1]).toBe(BigInt(maxCallDepth));
    }
  });

  it('by register find compiled functions, leave others to the interpreter, and end outside of the text', () => {
    for (const version of VERSIONS) {
      const fields = [{ imm: 3 }, { imm: 3 }, { src: 3 }, { dst: 3 }][version]!;
      const text = (target: bigint) =>
        programOf(version, [
          lddw(version, 3, target),
          encode(0x8d, fields),
          encode(0x07, { dst: 0, imm: 100 }),
          EXIT,
          encode(0xb7, { imm: 8 }),
          encode(0xb7, { imm: 9 }),
          EXIT,
        ]);
      expect(runCut(text(PROGRAM_START + 8n * 6n)).registers[0]).toBe(109n);
      expect(runCut(text(PROGRAM_START + 8n * 5n + 3n)).registers[0]).toBe(109n);
      expect(run(text(PROGRAM_START + 8n * 8n)).fault?.kind).toBe('CallOutsideTextSegment');
      expect(run(text(PROGRAM_START - 8n)).fault?.kind).toBe('CallOutsideTextSegment');
    }
    // An address that is made at run time is in no constant.
    const computed = programOf(3, [
      ins(3, 'lddw', 'lddw', { dst: 3, imm: PROGRAM_START >> 1n }),
      encode(0x67, { dst: 3, imm: 1 }),
      encode(0x07, { dst: 3, imm: 48 }),
      encode(0x8d, { dst: 3 }),
      EXIT,
      encode(0x07, { dst: 6, imm: 2 }),
      EXIT,
    ]);
    expect(runCut(computed, { registers: [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n, 10n] }).left).toBe(1000 - 7);
  });
});

describe('compiled loops', () => {
  it('are cut off at every instruction', () => {
    const text = [
      encode(0xb7, { dst: 6, imm: 5 }),
      encode(0x0f, { dst: 7, src: 6 }),
      encode(0xb7, { dst: 8, imm: 3 }),
      encode(0x07, { dst: 8, imm: -1 }),
      encode(0x55, { dst: 8, off: -2 }),
      encode(0x07, { dst: 6, imm: -1 }),
      encode(0x55, { dst: 6, off: -6 }),
      EXIT,
    ];
    expect(runCut(programOf(0, text)).registers[7]).toBe(15n);
  });

  it('with two entries are run by a dispatcher', () => {
    const text = [
      encode(0x55, { dst: 1, off: 2 }),
      encode(0x07, { dst: 2, imm: 1 }),
      encode(0x05, { off: 0 }),
      encode(0x07, { dst: 3, imm: 1 }),
      encode(0xa5, { dst: 3, off: -4, imm: 10 }),
      EXIT,
    ];
    expect(runCut(programOf(0, text)).registers[2]).toBe(10n);
    expect(runCut(programOf(0, text), { registers: [0n, 1n] }).registers[2]).toBe(9n);
  });

  it('that begin with the function fetch what the caller left', () => {
    const text = [
      encode(0x07, { dst: 6, imm: -1 }),
      encode(0x0f, { dst: 0, src: 7 }),
      encode(0x55, { dst: 6, off: -3 }),
      EXIT,
    ];
    const setup = { registers: [1n, 0n, 0n, 0n, 0n, 0n, 4n, 10n] };
    expect(runCut(programOf(3, text), setup).registers[0]).toBe(41n);
  });
});

describe('compiled syscalls', () => {
  it('show all registers and units, and take both back', () => {
    const calls: string[] = [];
    const text = [
      encode(0x07, { dst: 2, imm: 1 }),
      encode(CALL, { imm: 42 }),
      encode(0x0f, { dst: 0, src: 6 }),
      EXIT,
    ];
    const outcome = run(programOf(0, text), {
      registers: [9n, 8n, 7n, 6n, 5n, 4n, 3n, 2n, 1n, 10n],
      syscall(key, registers, vm) {
        calls.push(`${key} ${registers.join()} ${vm.remaining()}`);
        vm.setRemaining(50);
        return 2n ** 64n + 5n;
      },
    });
    expect(calls[0]).toBe(`42 9,8,8,6,5,4,3,2,1,10,${STACK + 0x1000n} 998`);
    expect(calls[1]).toBe(calls[0]);
    expect(outcome.registers[0]).toBe(8n);
    expect(outcome.left).toBe(48);
  });

  it('end the program, from any depth', () => {
    const text = [callTo(3, 0, 2), EXIT, encode(0xb7, { dst: 9, imm: 1 }), encode(CALL, { imm: 7 }), EXIT];
    const syscall = (): never => {
      throw syscallFault('no', 'InvalidArgument');
    };
    const outcome = run(programOf(3, text), { syscall });
    expect(outcome.fault).toMatchObject({
      kind: 'SyscallError',
      error: 'InvalidArgument',
      isFromSyscall: true,
    });
    expect(outcome.pc).toBe(3);
    expect(outcome.registers[9]).toBe(1n);
    expect(run(programOf(3, text)).fault?.kind).toBe('UnsupportedInstruction');
  });

  it('do not hide bugs of the host, after which the machine is usable', () => {
    const program = decodeProgram(programOf(3, [encode(CALL, { imm: 7 }), EXIT]));
    const syscall = (): never => {
      throw new RangeError('bug');
    };
    expect(() => compiled.run({ program, budget: 10, syscall })).toThrow(RangeError);
    expect(compiled.run({ program, budget: 10, syscall: () => 3n }).registers[0]).toBe(3n);
  });
});

describe('programs that call programs', () => {
  it('share the stack of the engine: what is too deep in all is interpreted', () => {
    // Calls itself r1 times, then the host, and adds what it answers.
    const program = decodeProgram(
      programOf(3, [
        encode(0x15, { dst: 1, off: 3 }),
        encode(0x07, { dst: 1, imm: -1 }),
        callTo(3, 2, 0),
        EXIT,
        encode(CALL, { imm: 7 }),
        encode(0x07, { dst: 0, imm: 1 }),
        EXIT,
      ]),
    );
    const machines = [0, 1, 2, 3].map(() => createMachine({ engine: 'compiled' }));
    const started: boolean[] = [];
    const start = (height: number): bigint => {
      const machine = machines[height];
      if (machine === undefined) return 0n;
      const depth = BigInt(MAX_COMPILED_FRAMES / 2 - 1);
      const syscall = (): bigint => start(height + 1);
      const outcome = machine.run({ program, budget: 1000, registers: [0n, depth], syscall });
      expect(outcome.fault).toBeUndefined();
      started.unshift(outcome.isCompiled);
      return outcome.registers[0] ?? 0n;
    };
    for (let i = 0; i < 2; i++) expect(start(0)).toBe(4n);
    expect(started.slice(0, 4)).toEqual([true, true, false, false]);
  });
});

describe('large functions', () => {
  it('are interpreted where they are deep, by name and by register', () => {
    const moves = Array.from({ length: LARGE_FUNCTION_INSTRUCTIONS }, () => encode(0x07, { dst: 0, imm: 1 }));
    const self = ins(3, 'lddw', 'lddw', { dst: 2, imm: PROGRAM_START });
    for (const call of [callTo(3, moves.length + 4, 0), encode(0x8d, { dst: 2 })]) {
      const text = [
        ...moves,
        self,
        encode(0x15, { dst: 1, off: 2 }),
        encode(0x07, { dst: 1, imm: -1 }),
        call,
        EXIT,
      ];
      const outcome = run(programOf(3, text), { budget: 100_000, registers: [0n, 30n] });
      expect(outcome.registers[0]).toBe(31n * BigInt(LARGE_FUNCTION_INSTRUCTIONS));
    }
  });
});

describe('memory syscalls', () => {
  const keys = ['memcpy', 'memmove', 'memset', 'memcmp'].map((name) => syscallKey(`sol_${name}_`));
  const bytes = Uint8Array.from({ length: 200 }, (_, i) => (i * 7) & 255);
  const input = [
    { address: INPUT, bytes, isWritable: true },
    { address: INPUT + 200n, bytes: bytes.slice(0, 40), isWritable: false },
  ];

  /** Whether the host was asked. */
  function ask(key: number, [r1, r2, r3, r4]: readonly bigint[], more: Partial<RunSetup> = {}) {
    let isAsked = false;
    const outcome = run(programOf(0, [encode(CALL, { imm: key }), EXIT]), {
      registers: [99n, r1 ?? 0n, r2 ?? 0n, r3 ?? 0n, r4 ?? 0n],
      input,
      answersMemory: true,
      syscall() {
        isAsked = true;
        return 1n;
      },
      ...more,
    });
    return { isAsked, outcome };
  }

  it('are answered by the kernel where nothing is wrong', () => {
    const [memcpy, memmove, memset, memcmp] = keys as [number, number, number, number];
    for (const length of [0n, 1n, 7n, 8n, 33n, 64n, 65n]) {
      const { isAsked, outcome } = ask(memcpy, [INPUT + 100n, INPUT + 3n, length]);
      expect(isAsked).toBe(false);
      expect(outcome.registers[0]).toBe(0n);
      expect(outcome.left).toBe(1000 - 2 - 10);
      const expected = bytes.slice();
      expected.copyWithin(100, 3, 3 + Number(length));
      expect(outcome.input[0]).toEqual(expected);
    }
    for (const [to, from] of [
      [10, 3],
      [3, 10],
      [5, 5],
    ] as const) {
      const { outcome } = ask(memmove, [INPUT + BigInt(to), INPUT + BigInt(from), 50n]);
      const expected = bytes.slice();
      expected.copyWithin(to, from, from + 50);
      expect(outcome.input[0]).toEqual(expected);
    }
    expect(ask(memset, [INPUT + 5n, 0x1ffn, 20n]).outcome.input[0]!.slice(4, 26)).toEqual(
      Uint8Array.from([28, ...Array.from({ length: 20 }, () => 255), 175]),
    );
    const comparison = (second: bigint, length: bigint) => {
      const { outcome } = ask(memcmp, [INPUT, second, length, INPUT + 100n]);
      return new DataView(outcome.input[0]!.buffer).getInt32(100, true);
    };
    expect(comparison(INPUT + 200n, 40n)).toBe(0);
    expect(comparison(INPUT + 1n, 30n)).toBe(-7);
    expect(comparison(INPUT + 40n, 30n)).toBe(-24);
    expect(comparison(0n, 0n)).toBe(0);
  });

  it('cost by the length', () => {
    const large = [{ address: INPUT, bytes: new Uint8Array(20_000), isWritable: true }];
    const { outcome } = ask(keys[2]!, [INPUT, 0n, 20_000n], { input: large });
    expect(outcome.left).toBe(1000 - 2 - 80);
  });

  it('are for the host where something is wrong', () => {
    const [memcpy, memmove, memset, memcmp] = keys as [number, number, number, number];
    for (const [key, values] of [
      [memcpy, [INPUT, INPUT + 7n, 8n]],
      [memcpy, [INPUT + 200n, INPUT, 8n]],
      [memcpy, [INPUT, INPUT + 199n, 2n]],
      [memmove, [INPUT, INPUT + 233n, 8n]],
      [memmove, [INPUT, 0n, 1n]],
      [memset, [PROGRAM_START, 0n, 1n]],
      [memset, [INPUT, 0n, 2n ** 64n - 1n]],
      [memset, [STACK + 0x1000n, 0n, 1n]],
      [memcmp, [INPUT, INPUT, 8n, INPUT + 2n]],
      [memcmp, [INPUT, INPUT, 8n, INPUT + 200n]],
      [memset, [INPUT, 0n, 250n * 2000n]],
    ] as const) {
      expect(ask(key, values).isAsked, `${key} ${values.join()}`).toBe(true);
    }
    expect(ask(memset, [INPUT, 0n, 8n], { budget: 10 }).isAsked).toBe(true);
    expect(ask(memset, [INPUT, 0n, 8n], { answersMemory: false }).isAsked).toBe(true);
  });

  it('note how far they write into stack and heap', () => {
    const key = keys[2]!;
    for (const place of [HEAP + 20_000n, STACK + 0x2000n * 10n]) {
      const text = (first: number[]) => [lddw(0, 1, place), first, encode(0x79, { dst: 0, src: 1 }), EXIT];
      const fill = programOf(0, text(encode(CALL, { imm: key })));
      const setup = { answersMemory: true, registers: [0n, 0n, 0xffn, 64n] };
      expect(run(fill, setup).registers[0]).toBe(2n ** 64n - 1n);
      expect(run(programOf(0, text(encode(0xb7))), setup).registers[0]).toBe(0n);
    }
  });
});

describe('what is no instruction', () => {
  it('ends a program where the interpreter ends it', () => {
    expect(runCut(programOf(0, [encode(0xb7), encode(0xff), EXIT])).pc).toBe(1);
    expect(runCut(programOf(0, [encode(0xb7)])).fault?.kind).toBe('ExecutionOverrun');
    expect(runCut(programOf(3, [encode(0x05, { off: 100 })])).fault?.kind).toBe('ExecutionOverrun');
    const key = functionKey(9);
    const outside = programOf(0, [encode(CALL, { imm: key }), EXIT], { functions: new Map([[key, 9]]) });
    expect(runCut(outside).fault?.kind).toBe('CallOutsideTextSegment');
  });
});
