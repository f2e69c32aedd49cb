import { describe, expect, it } from 'vitest';
import { decodeProgram } from '../../src/engine/decode.ts';
import { memoryLayout } from '../../src/engine/layout.ts';
import { createMachine } from '../../src/engine/machine.ts';
import { MAX_FUNCTION_BLOCKS } from '../../src/jit/control-flow.ts';
import { allFunctions } from '../../src/jit/functions.ts';
import { emitModule } from '../../src/jit/module.ts';
import { COMPILE_AFTER_UNITS, RECOMPILE_FACTOR } from '../../src/jit/tier.ts';
import { encode, EXIT, ins, PROGRAM_START, programOf } from '../support/assemble.ts';

const CALL = 0x85;
const COUNT_DOWN = [encode(0x07, { dst: 1, imm: -1 }), encode(0x55, { dst: 1, off: -2 })];

/** Counts r1 down, then calls a function that gives 5 or, with r2 set, one that counts r3 down and gives 6. */
const two = () =>
  decodeProgram(
    programOf(3, [
      ...COUNT_DOWN,
      encode(0x55, { dst: 2, off: 2 }),
      encode(CALL, { src: 1, imm: 3 }),
      EXIT,
      encode(CALL, { src: 1, imm: 3 }),
      EXIT,
      encode(0xb7, { imm: 5 }),
      EXIT,
      encode(0x07, { dst: 3, imm: -1 }),
      encode(0x55, { dst: 3, off: -2 }),
      encode(0xb7, { imm: 6 }),
      EXIT,
    ]),
  );

describe('a tiered machine', () => {
  const long = [0n, BigInt(COMPILE_AFTER_UNITS / 2), 0n];

  it('interprets until a program is hot, then runs compiled code', () => {
    const machine = createMachine();
    const program = two();
    const once = (registers: readonly bigint[]) => machine.run({ program, budget: 1_400_000, registers });
    expect(once([0n, 10n]).isCompiled).toBe(false);
    const first = once(long);
    expect(first.isCompiled).toBe(false);
    const second = once(long);
    expect(second.isCompiled).toBe(true);
    expect([...second.registers]).toEqual([...first.registers]);
    expect(second.left).toBe(first.left);
  });

  it('shares the code with other machines', () => {
    const program = two();
    createMachine().run({ program, budget: 1_400_000, registers: long });
    expect(createMachine().run({ program, budget: 100, registers: [0n, 1n] }).isCompiled).toBe(true);
    expect(createMachine({ engine: 'interpreted' }).run({ program, budget: 100 }).isCompiled).toBe(false);
    expect(createMachine({ tracing: true }).run({ program, budget: 100 }).isCompiled).toBe(false);
  });

  it('leaves calls that had not happened to the interpreter until they are worth it', () => {
    const machine = createMachine();
    const program = two();
    const once = (registers: readonly bigint[]) => machine.run({ program, budget: 1_400_000, registers });
    once(long);
    expect(once([0n, 1n, 0n, 0n]).registers[0]).toBe(5n);
    const rounds = BigInt(COMPILE_AFTER_UNITS / 2);
    // What is not compiled yet is interpreted to the end of the run, and counted.
    for (let i = 0; i <= RECOMPILE_FACTOR + 1; i++) {
      const late = once([0n, 1n, 1n, rounds]);
      expect(late.isCompiled).toBe(true);
      expect(late.registers[0]).toBe(6n);
      expect(late.left).toBe(1_400_000 - 7 - 2 * Number(rounds));
    }
  });
});

describe('what is compiled', () => {
  it('is what is called, and what constants and read-only words may point at', () => {
    const readOnly = new Uint8Array(16);
    new DataView(readOnly.buffer).setBigUint64(8, PROGRAM_START + 8n * 2n, true);
    const text = [
      encode(CALL, { src: 1, imm: 3 }),
      ins(3, 'lddw', 'lddw', { dst: 1, imm: PROGRAM_START + 24n }),
      EXIT,
    ];
    const program = decodeProgram(programOf(3, [...text, EXIT], { readOnly, readOnlyAddress: 0n }));
    expect([...allFunctions(program)].toSorted()).toEqual([2, 3, 4]);
  });

  it('is nothing where the entry is too large or writes the frame pointer', () => {
    const layout = memoryLayout(1024);
    const jumps = Array.from({ length: MAX_FUNCTION_BLOCKS + 1 }, () => encode(0x05));
    const emit = (...text: number[][]) => emitModule(decodeProgram(programOf(3, text)), layout, []);
    expect(emit(...jumps, EXIT)).toBeUndefined();
    expect(emit(encode(0x07, { dst: 10, imm: 8 }), EXIT)).toBeUndefined();
    expect(WebAssembly.validate(emit(EXIT)!)).toBe(true);
  });

  it('runs in the interpreter all the same', () => {
    const program = decodeProgram(
      programOf(3, [encode(0x07, { dst: 10, imm: 8 }), encode(0xbf, { dst: 0, src: 10 }), EXIT]),
    );
    const outcome = createMachine({ engine: 'compiled' }).run({ program, budget: 10 });
    expect(outcome.isCompiled).toBe(false);
    expect(outcome.registers[0]).toBe(2n * PROGRAM_START + 0x1008n);
  });

  it('may be refused by an engine: the program stays with the interpreter', () => {
    const program = two();
    const { Module } = WebAssembly;
    const machine = createMachine();
    const refuse = (): never => {
      throw new WebAssembly.CompileError('too large');
    };
    WebAssembly.Module = new Proxy(Module, { construct: refuse });
    try {
      machine.run({ program, budget: 1_400_000, registers: [0n, BigInt(COMPILE_AFTER_UNITS)] });
    } finally {
      WebAssembly.Module = Module;
    }
    expect(machine.run({ program, budget: 100, registers: [0n, 1n] }).isCompiled).toBe(false);
  });
});

describe('programs in a machine', () => {
  it('stay there beside each other', () => {
    const machine = createMachine();
    const returning = (value: number) => decodeProgram(programOf(3, [encode(0xb7, { imm: value }), EXIT]));
    const programs = Array.from({ length: 20 }, (_, i) => returning(i));
    for (let round = 0; round < 2; round++) {
      for (const [i, program] of programs.entries())
        expect(machine.run({ program, budget: 2 }).registers[0]).toBe(BigInt(i));
    }
  });

  it('make room when they are too large together', () => {
    const machine = createMachine();
    const large = (value: number) =>
      decodeProgram(
        programOf(3, [encode(0xb7, { imm: value }), EXIT], {
          readOnly: new Uint8Array(5 << 20).fill(value),
          readOnlyAddress: 0n,
        }),
      );
    const programs = [1, 2, 3, 4, 5, 6].map(large);
    for (let round = 0; round < 2; round++) {
      for (const [i, program] of programs.entries())
        expect(machine.run({ program, budget: 2 }).registers[0]).toBe(BigInt(i + 1));
    }
    expect(machine.memoryBytes()).toBeLessThan(32 << 20);
  });
});
