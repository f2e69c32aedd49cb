import { describe, expect, it } from 'vitest';
import type { Executable } from '../src/code/executable.ts';
import { functionKey } from '../src/code/murmur3.ts';
import { decodeProgram } from '../src/engine/decode.ts';
import { syscallFault } from '../src/engine/faults.ts';
import { createMachine, type RunSetup } from '../src/engine/machine.ts';
import type { SbpfVersion } from '../src/spec/versions.ts';
import { encode, EXIT, HEAP, ins, INPUT, PROGRAM_START, programOf, STACK } from './support/assemble.ts';

const machine = createMachine();

function run(executable: Executable, setup: Partial<RunSetup> = {}) {
  return machine.run({ program: decodeProgram(executable), budget: 1000, ...setup });
}

const lddw = (version: SbpfVersion, dst: number, imm: bigint): number[] =>
  ins(version, 'lddw', 'lddw', { dst, imm });

describe('metering', () => {
  const loop = programOf(0, [encode(0x05, { off: -1 }), EXIT]);

  it('stops before the instruction that has no unit left', () => {
    const outcome = run(loop, { budget: 10 });
    expect(outcome.fault?.kind).toBe('ExceededMaxInstructions');
    expect(outcome.left).toBe(0);
    expect(outcome.pc).toBe(0);
  });

  it('counts a wide constant once', () => {
    const outcome = run(programOf(0, [lddw(0, 0, 0x1122334455667788n), EXIT]), { budget: 2 });
    expect(outcome.fault).toBeUndefined();
    expect(outcome.registers[0]).toBe(0x1122334455667788n);
    expect(outcome.left).toBe(0);
  });

  it('notices the end of the text only with a unit left', () => {
    const program = programOf(0, [encode(0xb7)]);
    expect(run(program, { budget: 1 }).fault?.kind).toBe('ExceededMaxInstructions');
    expect(run(program, { budget: 2 }).fault?.kind).toBe('ExecutionOverrun');
  });
});

describe('memory', () => {
  const store = (version: SbpfVersion, address: bigint, bytes: 1 | 8) =>
    programOf(version, [
      lddw(version, 1, address),
      ins(version, bytes === 8 ? 'stxdw' : 'stxb', 'storeReg', { dst: 1, src: 2 }),
      EXIT,
    ]);

  it('names the frame of an address in the stack where frames are fixed', () => {
    expect(run(store(0, STACK + 0x1000n, 8)).fault).toMatchObject({
      kind: 'StackAccessViolation',
      text: 'Access violation in stack frame 1 at address 0x200001000 of size 8',
    });
    expect(run(store(3, STACK - 1n, 1)).fault?.text).toBe(
      'Access violation in stack frame 0 at address 0x1ffffffff of size 1',
    );
  });

  it('names the region elsewhere', () => {
    expect(run(store(1, STACK - 1n, 1)).fault?.text).toBe(
      'Access violation writing 1 bytes at address 0x1ffffffff (in unallocated region)',
    );
    expect(run(store(0, PROGRAM_START, 8)).fault?.text).toBe(
      'Access violation writing 8 bytes at address 0x100000000 (in program region)',
    );
    expect(run(store(0, HEAP + 32_764n, 8)).fault?.text).toBe(
      'Access violation writing 8 bytes at address 0x300007ffc (in heap region)',
    );
    expect(run(store(0, 2n ** 64n - 1n, 8)).fault?.text).toBe(
      'Access violation writing 8 bytes at address 0xffffffffffffffff (in unallocated region)',
    );
  });

  it('leaves gaps between the frames of version 0, which the end of an access may not see', () => {
    expect(run(store(0, STACK + 0xffcn, 8)).fault).toBeUndefined();
    expect(run(store(0, STACK + 0x2000n, 8)).fault).toBeUndefined();
    expect(run(store(0, STACK + 0x3000n, 8)).fault?.kind).toBe('StackAccessViolation');
    expect(run(store(3, STACK + 0x3000n, 8)).fault).toBeUndefined();
    expect(run(store(0, STACK + 0x7eff8n, 8)).fault).toBeUndefined();
    expect(run(store(0, STACK + 0x7effcn, 8)).fault?.kind).toBe('AccessViolation');
  });

  it('refuses an access over the border of two pieces, and writes to what is read-only', () => {
    const input = [
      { address: INPUT, bytes: new Uint8Array(8), isWritable: true },
      { address: INPUT + 8n, bytes: new Uint8Array(8), isWritable: false },
    ];
    const at = (offset: bigint) => run(store(0, INPUT + offset, 8), { input }).fault?.kind;
    expect(at(0n)).toBeUndefined();
    expect(at(1n)).toBe('AccessViolation');
    expect(at(8n)).toBe('AccessViolation');
    const load = programOf(0, [
      lddw(0, 1, INPUT + 8n),
      ins(0, 'ldxdw', 'load', { dst: 0, src: 1 }),
      ins(0, 'ldxdw', 'load', { dst: 0, src: 1, off: -8 }),
      EXIT,
    ]);
    expect(run(load, { input }).fault).toBeUndefined();
  });

  it('starts with an empty stack and heap each time', () => {
    run(
      programOf(0, [
        lddw(0, 1, HEAP),
        encode(0x7a, { dst: 1, imm: 7 }),
        encode(0x7a, { dst: 10, off: -8, imm: 7 }),
        EXIT,
      ]),
    );
    const outcome = run(
      programOf(0, [
        lddw(0, 1, HEAP),
        encode(0x79, { dst: 0, src: 1 }),
        encode(0x79, { dst: 2, src: 10, off: -8 }),
        EXIT,
      ]),
    );
    expect([outcome.registers[0], outcome.registers[2]]).toEqual([0n, 0n]);
  });

  it('refuses a heap beyond the limit', () => {
    expect(() => run(programOf(0, [EXIT]), { heapBytes: 262_145 })).toThrow(
      expect.objectContaining({ code: 'SVM_HEAP_SIZE' }),
    );
  });
});

describe('calls', () => {
  it('give the callee its own r6 to r10', () => {
    const program = programOf(3, [
      encode(0xb7, { dst: 6, imm: 1 }),
      encode(0x85, { src: 1, imm: 1 }),
      EXIT,
      encode(0xb7, { dst: 6, imm: 2 }),
      encode(0xbf, { dst: 0, src: 10 }),
      EXIT,
    ]);
    const outcome = run(program);
    expect(outcome.registers[0]).toBe(STACK + 0x2000n);
    expect(outcome.registers[6]).toBe(1n);
    expect(outcome.registers[10]).toBe(STACK + 0x1000n);
  });

  it('move r10 over a gap in version 0 and not at all in version 1', () => {
    for (const [version, expected] of [
      [0, STACK + 0x3000n],
      [1, STACK + 0x40000n],
    ] as const) {
      const key = functionKey(2);
      const text = [encode(0x85, { imm: key }), EXIT, encode(0xbf, { dst: 0, src: 10 }), EXIT];
      const outcome = run(programOf(version, text, { functions: new Map([[key, 2]]) }));
      expect(outcome.registers[0]).toBe(expected);
    }
  });

  it('nest 63 deep', () => {
    const recursion = programOf(3, [
      encode(0x07, { dst: 1, imm: 1 }),
      encode(0x85, { src: 1, imm: -2 }),
      EXIT,
    ]);
    const outcome = run(recursion);
    expect(outcome.fault?.kind).toBe('CallDepthExceeded');
    expect(outcome.registers[1]).toBe(64n);
  });

  it('by register go to any slot of the text', () => {
    const text = (version: SbpfVersion, target: bigint) =>
      programOf(version, [
        encode(0x18, { dst: 3, imm: Number(BigInt.asIntN(32, target)) }),
        encode(0, { imm: Number(target >> 32n) }),
        encode(0x8d, { dst: version === 3 ? 3 : 0, imm: 3 }),
        EXIT,
        encode(0xb7, { imm: 9 }),
        EXIT,
      ]);
    for (const version of [0, 3] as const) {
      expect(run(text(version, PROGRAM_START + 8n * 4n + 5n)).registers[0]).toBe(9n);
      expect(run(text(version, PROGRAM_START + 8n * 6n)).fault?.kind).toBe('CallOutsideTextSegment');
      expect(run(text(version, 0n)).fault?.kind).toBe('CallOutsideTextSegment');
    }
  });

  it('to nowhere are unsupported', () => {
    expect(run(programOf(0, [encode(0x85, { imm: 77 }), EXIT])).fault?.kind).toBe('UnsupportedInstruction');
    expect(run(programOf(3, [encode(0x85, { src: 2, imm: 0 }), EXIT])).fault?.kind).toBe(
      'UnsupportedInstruction',
    );
    expect(run(programOf(3, [encode(0x85, { src: 1, imm: 7 }), EXIT])).fault?.kind).toBe(
      'UnsupportedInstruction',
    );
  });
});

describe('syscalls', () => {
  const call = programOf(0, [encode(0x85, { imm: 42 }), EXIT]);

  it('answer in r0 and see the units that are left', () => {
    const outcome = run(call, {
      budget: 5,
      syscall(key, registers, vm) {
        expect(key).toBe(42);
        expect(registers).toHaveLength(11);
        expect(vm.remaining()).toBe(4);
        vm.setRemaining(2);
        return 2n ** 64n + 3n;
      },
    });
    expect(outcome.registers[0]).toBe(3n);
    expect(outcome.left).toBe(1);
  });

  it('end the program with their own fault', () => {
    const syscall = (): never => {
      throw syscallFault('no', 'InvalidArgument');
    };
    expect(run(call, { syscall }).fault).toEqual({
      isFromSyscall: true,
      kind: 'SyscallError',
      text: 'no',
      error: 'InvalidArgument',
    });
  });

  it('do not hide bugs of the host', () => {
    const syscall = (): never => {
      throw new RangeError('bug');
    };
    expect(() => run(call, { syscall })).toThrow(RangeError);
  });
});

describe('tracing', () => {
  it('tells of every step before it happens', () => {
    const steps: string[] = [];
    createMachine({ tracing: true }).run({
      program: decodeProgram(programOf(0, [encode(0xb7, { imm: 5 }), encode(0x07, { imm: 1 }), EXIT])),
      budget: 10,
      trace: ({ pc, left, registers }) => void steps.push(`${pc} ${left} ${registers[0]}`),
    });
    expect(steps).toEqual(['0 9 0', '1 8 5', '2 7 6']);
  });
});

describe('memory of the machine', () => {
  it('grows with its inputs, which come back as they were left', () => {
    const large = createMachine();
    const before = large.memoryBytes();
    const bytes = new Uint8Array(4 << 20);
    const address = INPUT + BigInt(bytes.length - 8);
    const text = [lddw(0, 1, address), encode(0x7a, { dst: 1, imm: 5 }), EXIT];
    const outcome = large.run({
      program: decodeProgram(programOf(0, text)),
      budget: 10,
      input: [{ address: INPUT, bytes, isWritable: true }],
    });
    expect(outcome.fault).toBeUndefined();
    expect(large.memoryBytes()).toBeGreaterThan(before);
    expect(outcome.input()[0]?.[bytes.length - 8]).toBe(5);
    expect(bytes[bytes.length - 8]).toBe(0);
  });
});

describe('the area for an input', () => {
  // r0 = [r1], then [r1] = 7.
  const program = decodeProgram(
    programOf(0, [encode(0x79, { dst: 0, src: 1 }), encode(0x7a, { dst: 1, imm: 7 }), EXIT]),
  );
  const started = (bytes: Uint8Array, machine = createMachine()) =>
    machine.run({
      program,
      budget: 10,
      input: [{ address: INPUT, bytes, isWritable: true }],
      registers: [0n, INPUT],
    });

  it('is memory of the machine, which is not copied', () => {
    const machine = createMachine();
    const area = machine.inputArea(program, 64);
    expect(area).toEqual(new Uint8Array(64));
    area[0] = 5;
    const outcome = started(area, machine);
    expect(outcome.fault).toBeUndefined();
    expect(outcome.registers[0]).toBe(5n);
    expect(area[0]).toBe(7);
    expect(outcome.input()[0]?.byteOffset).toBe(area.byteOffset);
  });

  it('has zeros again the next time', () => {
    const machine = createMachine();
    started(machine.inputArea(program, 64), machine);
    expect(machine.inputArea(program, 64)).toEqual(new Uint8Array(64));
  });

  it('stands beside pieces from elsewhere, however much memory those take', () => {
    const machine = createMachine();
    const area = machine.inputArea(program, 64);
    area[0] = 9;
    const large = new Uint8Array(3 << 20).fill(1);
    const outcome = machine.run({
      program,
      budget: 10,
      input: [
        { address: INPUT, bytes: area, isWritable: true },
        { address: INPUT + 64n, bytes: large, isWritable: false },
      ],
      registers: [0n, INPUT],
    });
    expect(outcome.registers[0]).toBe(9n);
    expect(outcome.input()[1]?.every((byte) => byte === 1)).toBe(true);
    expect(outcome.input()[0]?.[0]).toBe(7);
  });

  it('of another machine is copied', () => {
    const area = createMachine().inputArea(program, 64);
    area[0] = 5;
    expect(started(area).registers[0]).toBe(5n);
    expect(area[0]).toBe(5);
  });
});
