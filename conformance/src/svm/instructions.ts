import {
  createMachine,
  decodeProgram,
  type EngineChoice,
  type Executable,
  type SbpfVersion,
  verify,
} from '@ninefold/vm-svm';
import type { FolderResult } from '../suite.ts';
import { createCounter, differs, fromHex, readJson, type VectorFiles } from './read.ts';

type Case = {
  readonly op: number;
  readonly dst: number;
  readonly src: number;
  readonly off: number;
  readonly imm: string;
  readonly regs: Readonly<Record<string, string>>;
  readonly input: string;
  readonly status: 'ok' | 'err' | 'vfy' | 'vfyub';
  readonly post?: Readonly<Record<string, string>>;
  readonly regionBoundaries?: readonly number[];
};

type File = { readonly version: SbpfVersion; readonly file: string; readonly cases: readonly Case[] };

const PROGRAM_START = 2n ** 32n;
const INPUT_START = 4n * PROGRAM_START;
const LDDW = 0x18;
const EXIT = 0x95;
const BUDGET = 100;

function textOf({ op, dst, src, off, imm }: Case, version: SbpfVersion): Uint8Array {
  const isWide = op === LDDW && version !== 2;
  const text = new Uint8Array(isWide ? 24 : 16);
  const view = new DataView(text.buffer);
  const value = BigInt(`0x${imm}`);
  text[0] = op;
  text[1] = dst | (src << 4);
  view.setUint16(2, off & 0xffff, true);
  view.setUint32(4, Number(value & 0xffffffffn), true);
  if (isWide) view.setUint32(12, Number(value >> 32n), true);
  text[text.length - 8] = EXIT;
  return text;
}

function inputOf({
  input,
  regionBoundaries,
}: Case): readonly { address: bigint; bytes: Uint8Array; isWritable: boolean }[] {
  const bytes = fromHex(input);
  const ends = regionBoundaries ?? [bytes.length];
  return ends.map((end, index) => {
    const start = ends[index - 1] ?? 0;
    return { address: INPUT_START + BigInt(start), bytes: bytes.subarray(start, end), isWritable: true };
  });
}

/** Firedancer's tests of single instructions, on preset registers. */
export function runInstructions(vectors: VectorFiles, engine: EngineChoice): FolderResult {
  const counter = createCounter('svm/instructions');
  const machine = createMachine({ engine });
  for (const { version, file, cases } of readJson<readonly File[]>(vectors, 'sbpf/fd-instr.json.gz')) {
    cases.forEach((test, index) => {
      counter.check(`v${version} ${file} ${index} 0x${test.op.toString(16)}`, () => {
        const text = textOf(test, version);
        const executable: Executable = {
          version,
          text,
          textAddress: PROGRAM_START,
          entryPc: 0,
          readOnly: text,
          readOnlyAddress: version === 3 ? 0n : PROGRAM_START,
          functions: new Map(),
        };
        let accepted = true;
        try {
          verify(executable);
        } catch {
          accepted = false;
        }
        const rejects = test.status.startsWith('vfy');
        if (!accepted || rejects) return differs('accepted', accepted, !rejects);
        // A frame pointer that is not the machine's keeps a program from compiled code.
        const usesFrame = test.regs[10] !== undefined || test.dst === 10 || test.src === 10;
        const count = engine === 'compiled' && !usesFrame ? 10 : 11;
        const before = Array.from({ length: count }, (_, i) => BigInt(`0x${test.regs[i] ?? '0'}`));
        const outcome = machine.run({
          program: decodeProgram(executable),
          budget: BUDGET,
          input: inputOf(test),
          registers: before,
        });
        const status = outcome.fault === undefined ? 'ok' : 'err';
        if (status !== test.status) return `${status} ${outcome.fault?.text}, expected ${test.status}`;
        if (status === 'err') return undefined;
        for (let i = 0; i < count; i++) {
          const expected = test.post?.[i] === undefined ? before[i] : BigInt(`0x${test.post[i]}`);
          const problem = differs(`r${i}`, outcome.registers[i], expected);
          if (problem !== undefined) return problem;
        }
        return undefined;
      });
    });
  }
  return counter.result();
}
