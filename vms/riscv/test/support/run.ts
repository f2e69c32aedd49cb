import type { Abi } from '../../src/host/abi.ts';
import { createRiscv, type RunOptions, type RunResult } from '../../src/run.ts';
import type { Xlen } from '../../src/spec/opcodes.ts';
import { assemble } from './assemble.ts';
import { type SegmentContent } from '../../src/code/write-elf.ts';
import { programElf } from './elf.ts';

/** Code of a typed error that `action` throws. */
export function codeOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return (error as { readonly code?: string }).code;
  }
}

/** A guest interface with one call: `ecall` ends the run with a0. `seen` is told of the machine before. */
export function haltingAbi(
  options: Partial<Abi> & { readonly seen?: (register: (index: number) => bigint) => void } = {},
): Abi {
  const { seen, ...changes } = options;
  return {
    name: 'halting',
    xlens: [32, 64],
    bounds: { low: 0, high: 2 ** 32 },
    fetch: 'program',
    misaligned: 'supported',
    start: (machine) => ({
      answer: ({ spec }) => {
        if (spec.mnemonic !== 'ecall') return 'illegal';
        seen?.(machine.register);
        return { exit: Number(BigInt.asUintN(32, machine.register(10))) };
      },
    }),
    ...changes,
  };
}

/** Runs assembly text under {@link haltingAbi}. */
export function runText(
  xlen: Xlen,
  source: string,
  options: RunOptions & { readonly abi?: Abi; readonly segments?: readonly SegmentContent[] } = {},
): RunResult {
  const { abi = haltingAbi(), segments = [], ...run } = options;
  return createRiscv({ elf: programElf(xlen, assemble(xlen, source), segments), abi }).run(run);
}
