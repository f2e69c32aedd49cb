import {
  createMachine,
  decodeProgram,
  type EngineChoice,
  type Executable,
  type Fault,
  functionKey,
  type Run,
  type SbpfVersion,
  syscallKey,
} from '@ninefold/vm-svm';
import type { FolderResult } from '../suite.ts';
import { createCounter, differs, fromHex, readJson, type VectorFiles } from './read.ts';

type Case = {
  readonly name: string;
  readonly version: number;
  readonly text: string;
  readonly entry: number;
  readonly input: string;
  readonly insns: number;
  readonly expect: { readonly ok?: string; readonly err?: string; readonly args?: readonly string[] };
  readonly functions?: Readonly<Record<string, number>>;
  readonly config?: { readonly max_call_depth?: number; readonly enable_stack_frame_gaps?: boolean };
  readonly syscalls?: Readonly<Record<string, string>>;
};

const PROGRAM_START = 2n ** 32n;
const INPUT_START = 4n * PROGRAM_START;

type TestSyscall = (run: Run, registers: BigUint64Array) => bigint;

/** The syscalls of these tests, by the name of their implementation. */
const TEST_SYSCALLS: Readonly<Record<string, TestSyscall>> = {
  SyscallMemFrob(run, [, address = 0n, length = 0n]) {
    if (length === 0n) return 0n;
    const at = run.memory.map(address, length, true);
    const bytes = run.memory.bytes();
    for (let i = at; i < at + Number(length); i++) bytes[i] = (bytes[i] as number) ^ 0b101010;
    return 0n;
  },
  SyscallGatherBytes(_, [, a = 0n, b = 0n, c = 0n, d = 0n, e = 0n]) {
    return (a << 32n) | (b << 24n) | (c << 16n) | (d << 8n) | e;
  },
  SyscallStrCmp(run, [, first = 0n, second = 0n]) {
    if (first === 0n || second === 0n) return 2n ** 64n - 1n;
    let a = run.memory.map(first, 1n, false);
    let b = run.memory.map(second, 1n, false);
    const bytes = run.memory.bytes();
    while (bytes[a] === bytes[b] && bytes[a] !== 0) {
      a++;
      b++;
    }
    return BigInt(Math.abs((bytes[a] as number) - (bytes[b] as number)));
  },
  SyscallString(run, [, address = 0n, length = 0n]) {
    if (length !== 0n) run.memory.map(address, length, false);
    return 0n;
  },
  SyscallU64: () => 0n,
};

/** The reserved version 4 is version 3 in all that these tests exercise. */
const toVersion = (version: number): SbpfVersion => (version > 3 ? 3 : version) as SbpfVersion;

/** Whether a fault's text has what the case says of it; what is an expression there is not compared. */
function checkFault(fault: Fault | undefined, { err, args }: Case['expect']): string | undefined {
  if (fault === undefined || fault.kind !== err) return `${fault?.text ?? 'no fault'}, expected ${err}`;
  if (args === undefined) return undefined;
  const [access, address, bytes, where] = args;
  const literal = (text: string | undefined): text is string =>
    /^(0x[\da-f]+|[a-z]+|-?\d+)$/.test(text ?? '');
  const number = (text: string): string => BigInt(text).toString();
  const parts: string[] = [];
  if (literal(address)) parts.push(`at address ${address}`);
  if (err === 'AccessViolation') {
    parts.push(
      access === 'Load' ? 'reading' : 'writing',
      `${number(bytes as string)} bytes`,
      `in ${where} region`,
    );
  } else {
    parts.push(`of size ${number(bytes as string)}`);
    if (literal(where)) parts.push(`stack frame ${number(where)} `);
  }
  const missing = parts.find((part) => !fault.text.includes(part));
  return missing === undefined ? undefined : `"${fault.text}" has no "${missing}"`;
}

/** The execution tests of the sbpf crate. */
export function runExecution(vectors: VectorFiles, engine: EngineChoice): FolderResult {
  const counter = createCounter('svm/execution');
  const machine = createMachine({ engine });
  for (const test of readJson<readonly Case[]>(vectors, 'sbpf/sbpf-exec.json.gz')) {
    counter.check(`${test.name} v${test.version}`, () => {
      const version = toVersion(test.version);
      const text = fromHex(test.text);
      const functions = new Map<number, number>();
      for (const [key, pc] of Object.entries(test.functions ?? {})) {
        functions.set(Number(key), pc);
        functions.set(functionKey(pc), pc);
      }
      const executable: Executable = {
        version,
        text,
        textAddress: PROGRAM_START,
        entryPc: test.entry,
        readOnly: text,
        readOnlyAddress: version === 3 ? 0n : PROGRAM_START,
        functions,
      };
      const syscalls = new Map(
        Object.entries(test.syscalls ?? {}).map(([name, rust]) => [syscallKey(name), TEST_SYSCALLS[rust]]),
      );
      const outcome = machine.run({
        program: decodeProgram(executable),
        budget: test.insns,
        input: [{ address: INPUT_START, bytes: fromHex(test.input), isWritable: true }],
        registers: [0n, INPUT_START],
        maxCallDepth: test.config?.max_call_depth,
        syscall: (key, registers, run) => syscalls.get(key)?.(run, registers),
      });
      if (test.expect.err !== undefined) return checkFault(outcome.fault, test.expect);
      if (outcome.fault !== undefined) return outcome.fault.text;
      return (
        differs('r0', outcome.registers[0], BigInt(test.expect.ok as string)) ??
        differs('units left', outcome.left, 0)
      );
    });
  }
  return counter.result();
}
