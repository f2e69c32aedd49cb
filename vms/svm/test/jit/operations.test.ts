import { describe, expect, it } from 'vitest';
import { OPERATION_SPECS } from '../../src/jit/operations.ts';
import { OPCODES, OPERATIONS } from '../../src/spec/opcodes.ts';

const specOf = (name: string) => OPERATION_SPECS[OPERATIONS.indexOf(name)]!;

describe('operations of the compiler', () => {
  it('are those of the engine, and each instruction has one that can be emitted', () => {
    expect(OPERATION_SPECS.map(({ name }) => name)).toEqual(OPERATIONS);
    for (const { kind, name, emit } of OPERATION_SPECS) {
      if (kind === 'alu' || kind === 'branch') expect(emit, name).toBeTypeOf('function');
    }
    const stops = OPERATION_SPECS.filter(({ kind }) => kind === 'stop').map(({ name }) => name);
    expect(stops).toEqual(['unsupported', 'overrun', 'callOutside']);
  });

  it('read and write the registers that the form of the instruction says', () => {
    for (const { form, operation, bytes } of OPCODES) {
      if (form === 'endian' || form === 'call') continue;
      const { readsDst, readsSrc, writesDst, bytes: moved } = specOf(operation);
      const isMove = operation.startsWith('mov');
      const expected = {
        lddw: [false, false, true],
        load: [false, true, true],
        storeImm: [true, false, false],
        storeReg: [true, true, false],
        aluImm: [!isMove, false, true],
        aluReg: [!isMove, true, true],
        unary: [true, false, true],
        jump: [false, false, false],
        jumpImm: [true, false, false],
        jumpReg: [true, true, false],
        callx: [false, true, false],
        exit: [false, false, false],
      }[form];
      expect([readsDst, readsSrc, writesDst], operation).toEqual(expected);
      if (bytes !== undefined) expect(moved).toBe(bytes);
    }
  });

  it('name what can be divided by', () => {
    expect(specOf('div32Reg').division).toBe('unsigned');
    expect(specOf('srem64Imm').division).toBe('signed');
    expect(specOf('add64Imm').division).toBeUndefined();
  });
});
