import { seededRng } from '@ninefold/base';
import { describe, expect, it } from 'vitest';
import { verify } from '../src/code/verify.ts';
import { decodeProgram } from '../src/engine/decode.ts';
import { createMachine } from '../src/engine/machine.ts';
import { OPCODES, type OpSpec } from '../src/spec/opcodes.ts';
import type { SbpfVersion } from '../src/spec/versions.ts';
import { encode, EXIT, HEAP, INPUT, PROGRAM_START, programOf, STACK } from './support/assemble.ts';
import { type Area, interpret } from './support/reference.ts';

const PROGRAMS = 400;
const LENGTH = 40;
const BUDGET = 300;

const NAMES: Readonly<Record<string, string>> = {
  exit: 'exit',
  ExceededMaxInstructions: 'meter',
  ExecutionOverrun: 'overrun',
  AccessViolation: 'access',
  StackAccessViolation: 'access',
  DivideByZero: 'divide',
  DivideOverflow: 'overflow',
};

const INTERESTING = [0n, 1n, 2n, 0x7fffffffn, 0x80000000n, 0xffffffffn, 2n ** 63n, 2n ** 64n - 1n, INPUT];

/** Instructions of a random valid program; the last one is `exit`. */
function randomProgram(version: SbpfVersion, seed: number): number[][] {
  const rng = seededRng(seed);
  const specs = OPCODES.filter(
    ({ versions, form }) => versions.includes(version) && !['call', 'callx', 'exit'].includes(form),
  );
  const slots: number[][] = [];
  const wide = new Set<number>();
  for (let i = 0; i < LENGTH; i++) {
    const spec: OpSpec = rng.pick(specs);
    const isMemory = ['load', 'storeImm', 'storeReg'].includes(spec.form);
    // Half of the loads and stores go through r6, which points into the input more often than not.
    const base = isMemory && rng.below(2) === 0 ? 6 : rng.below(10);
    const imm = immediateOf(spec, rng.below(3) === 0 ? rng.below(64) : rng.u32() | 0, rng.below(64));
    const dst = spec.form === 'load' ? rng.below(10) : base;
    const src = spec.form === 'load' ? base : rng.below(10);
    const off = isMemory ? rng.below(40) - 4 : 0;
    slots.push(encode(spec.code, { dst, src, off, imm }));
    if (spec.form === 'lddw') {
      wide.add(slots.length);
      slots.push(encode(0, { imm: rng.u32() | 0 }));
    }
  }
  slots.push(EXIT);
  return slots.map((bytes, at) => {
    const spec = specs.find(({ code }) => code === bytes[0]);
    if (wide.has(at) || spec === undefined || !spec.form.startsWith('jump')) return bytes;
    const targets = slots.map((_, i) => i).filter((i) => !wide.has(i));
    const off = rng.pick(targets) - at - 1;
    return [...bytes.slice(0, 2), off & 255, (off >> 8) & 255, ...bytes.slice(4)];
  });
}

function immediateOf(spec: OpSpec, any: number, small: number): number {
  switch (spec.check) {
    case 'nonzero':
      return any === 0 ? 1 : any;
    case 'shift32':
      return small & 31;
    case 'shift64':
      return small;
    case 'endian':
      return [16, 32, 64][small % 3]!;
    case undefined:
      return any;
  }
}

const CASES = ([0, 1, 2, 3] as const).flatMap((version) =>
  (['interpreted', 'compiled'] as const).map((engine) => ({ version, engine })),
);

describe('a machine against the reference interpreter', () => {
  for (const { version, engine } of CASES) {
    const machine = createMachine({ engine });
    it(`agrees on random programs of version ${version}, ${engine}`, () => {
      for (let seed = 1; seed <= PROGRAMS; seed++) {
        const rng = seededRng(seed + 1000 * version);
        const program = programOf(version, randomProgram(version, seed + 10_000 * version));
        verify(program);
        const content = rng.bytes(64);
        const registers = Array.from({ length: 11 }, () => rng.pick(INTERESTING));
        // Compiled code begins with the machine's own frame pointer.
        if (engine === 'compiled')
          registers[10] = STACK + (version === 1 || version === 2 ? 0x40000n : 0x1000n);
        const input = content.slice();
        const areas: Area[] = [
          { base: INPUT, bytes: input, isWritable: true },
          { base: HEAP, bytes: new Uint8Array(32_768), isWritable: true },
          { base: STACK, bytes: new Uint8Array(262_144), isWritable: true, gap: version === 0 ? 4096n : 0n },
          { base: PROGRAM_START, bytes: program.readOnly, isWritable: false },
        ];
        registers[6] = INPUT + BigInt(rng.below(16));
        const expected = interpret(version, program.text, registers, BUDGET, areas);
        const outcome = machine.run({
          program: decodeProgram(program),
          budget: BUDGET,
          registers,
          input: [{ address: INPUT, bytes: content, isWritable: true }],
        });
        const at = `version ${version}, seed ${seed}`;
        expect(outcome.isCompiled, at).toBe(engine === 'compiled');
        expect(NAMES[outcome.fault?.kind ?? 'exit'], at).toBe(expected.status);
        expect(outcome.left, at).toBe(expected.left);
        expect([...outcome.registers], at).toEqual(expected.registers);
        expect(outcome.input()[0], at).toEqual(input);
      }
    });
  }
});
