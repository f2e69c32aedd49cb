import { describe, expect, it } from 'vitest';
import { standard } from '../../src/host/standard.ts';
import { observeEffects } from '../../src/prove/effects.ts';
import { createRiscv } from '../../src/run.ts';
import { REGISTER } from '../../src/spec/registers.ts';
import { assemble } from '../support/assemble.ts';
import { programElf } from '../support/elf.ts';

const elf = programElf(
  32,
  assemble(32, 'addi a7, zero, 1\necall\naddi a3, a0, 0\naddi a0, zero, -1\naddi a7, zero, 93\necall'),
);

describe('effects of host calls', () => {
  it('are what the host set and wrote, in order', () => {
    const { abi, observe, effects } = observeEffects(standard, () => true);
    createRiscv({ elf, abi }).run({ input: [Uint8Array.of(1, 2, 3)], observe });
    expect(effects).toEqual([
      {
        registers: new Map([
          [REGISTER.a0, 0x4000_0000n],
          [REGISTER.a1, 3n],
        ]),
        writes: [],
      },
      { registers: new Map(), writes: [] },
    ]);
  });

  it('have the bytes that went to memory while a call was answered', () => {
    const writing: typeof standard = {
      ...standard,
      start: (machine, input, outputs) => {
        const { answer } = standard.start(machine, input, outputs);
        return {
          answer: (instruction) => {
            machine.memory.writeU32(0x8000, 7);
            machine.setRegister(REGISTER.t0, -1n);
            return answer(instruction);
          },
        };
      },
    };
    const { abi, observe, effects } = observeEffects(writing, ({ pc }) => pc < 0x1_0008n);
    createRiscv({ elf, abi }).run({ input: [Uint8Array.of(9)], observe });
    // The input itself was written before, and the second call was not asked for.
    expect(effects.length).toBe(1);
    expect(effects[0]?.writes).toEqual([{ address: 0x8000, bytes: Uint8Array.of(7, 0, 0, 0) }]);
    expect(effects[0]?.registers.get(REGISTER.t0)).toBe(0xffff_ffffn);
  });

  it('change nothing', () => {
    const { abi, observe } = observeEffects(standard, () => true);
    const run = { input: [Uint8Array.of(1)] };
    expect(createRiscv({ elf, abi }).run({ ...run, observe })).toEqual(
      createRiscv({ elf, abi: standard }).run(run),
    );
  });
});
