import { decodeProgram } from '../../src/engine/decode.ts';
import { createMachine, type Outcome } from '../../src/engine/machine.ts';
import type { Call, Environment, Syscall, TransactionState } from '../../src/host/call.ts';
import { createLog } from '../../src/host/log.ts';
import { mainnetFeatures } from '../../src/spec/features.ts';
import { encode, EXIT, INPUT, programOf } from './assemble.ts';

export const ENVIRONMENT: Environment = {
  features: mainnetFeatures(),
  sysvars: new Map(),
  epochStake: (vote) => (vote === undefined ? 1000n : BigInt(vote[0]!)),
};

const machine = createMachine();
const program = decodeProgram(programOf(0, [encode(0x85, { imm: 42 }), EXIT]));

export type Made = Outcome & {
  readonly transaction: TransactionState;
  readonly used: number;
  readonly r0: bigint;
};

export type CallOptions = {
  readonly environment?: Partial<Environment>;
  readonly budget?: number;
  readonly input?: Uint8Array;
  readonly call?: Partial<Call>;
  readonly transaction?: Partial<TransactionState>;
};

/** Makes one syscall from a program whose input region holds `input`. */
export function make(syscall: Syscall, args: readonly bigint[], options: CallOptions = {}): Made {
  const transaction: TransactionState = {
    environment: { ...ENVIRONMENT, ...options.environment },
    log: createLog(),
    returnData: { program: new Uint8Array(32), data: new Uint8Array(0) },
    trace: [],
    ...options.transaction,
  };
  const budget = options.budget ?? 1_000_000;
  const outcome = machine.run({
    program,
    budget: budget + 2,
    input: [{ address: INPUT, bytes: options.input ?? new Uint8Array(4096), isWritable: true }],
    syscall(_, __, run) {
      const call: Call = {
        run,
        transaction,
        program: new Uint8Array(32).fill(7),
        stackHeight: 1,
        checksAlignment: true,
        heapBytes: 32_768,
        heapUsed: 0,
        ...options.call,
      };
      const [a = 0n, b = 0n, c = 0n, d = 0n, e = 0n] = args;
      return syscall(call, a, b, c, d, e);
    },
  });
  const used = budget + (outcome.fault === undefined ? 0 : 1) - outcome.left;
  return { ...outcome, transaction, used, r0: outcome.registers[0]! };
}

/** The input region with `parts` at their offsets. */
export function inputWith(parts: Readonly<Record<number, Uint8Array | bigint>>, length = 4096): Uint8Array {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  for (const [at, part] of Object.entries(parts)) {
    if (typeof part === 'bigint') view.setBigUint64(Number(at), part, true);
    else bytes.set(part, Number(at));
  }
  return bytes;
}
