import type { Hex } from '@ninefold/base';
import { bytesToHex } from '@ninefold/base';
import type { FrameEnd, HaltReason, Step } from '@ninefold/vm-evm';
import { haltText } from '../halt.ts';
import type { TraceContext, TraceRun } from './trace.ts';
import { SLOAD, SSTORE, wordToHex } from './trace.ts';

export type StructLoggerConfig = {
  readonly enableMemory: boolean;
  readonly disableStack: boolean;
  readonly disableStorage: boolean;
  readonly enableReturnData: boolean;
  /** Entries kept; 0 keeps all. */
  readonly limit: number;
};

type StructLog = {
  pc: number;
  op: string;
  gas: number;
  gasCost: number;
  depth: number;
  error?: string;
  refund?: number;
  stack?: Hex[];
  memory?: Hex[];
  returnData?: Hex;
  storage?: Record<Hex, Hex>;
};

/**
 * Entries a request may collect: each takes about half a kilobyte, and an answer above V8's longest
 * string could not be written anyway.
 */
export const MAX_STRUCT_LOGS = 500_000;

const WORD = 32;
const ZERO_WORD = wordToHex(0n);

// Failures that geth finds before it executes an instruction, and so notes in the entry.
const CHECKED_BEFORE: ReadonlySet<HaltReason> = new Set(['STACK_UNDERFLOW', 'STACK_OVERFLOW', 'OUT_OF_GAS']);

/**
 * geth's default tracer, one entry an instruction (execution-apis `opcode-tracer.yaml`). The
 * storage of an entry holds all slots its contract has touched so far and appears at SLOAD and
 * SSTORE only.
 */
export function createStructLogger(config: StructLoggerConfig, context: TraceContext): TraceRun {
  const logs: StructLog[] = [];
  const limit = Math.min(config.limit === 0 ? MAX_STRUCT_LOGS : config.limit, MAX_STRUCT_LOGS);
  const storages = new Map<Hex, Map<Hex, Hex>>();
  /** The last entry of each open frame. */
  const last: (StructLog | undefined)[] = [];
  /** An SLOAD whose value is on top of the stack at the next step of its frame. */
  let loading: { readonly log: StructLog; readonly address: Hex; readonly slot: Hex } | undefined;

  const storageOf = (address: Hex): Map<Hex, Hex> => {
    let storage = storages.get(address);
    if (storage === undefined) storages.set(address, (storage = new Map()));
    return storage;
  };

  const finishLoad = (step: Step): void => {
    if (loading === undefined) return;
    const { log, address, slot } = loading;
    loading = undefined;
    if (step.depth !== log.depth || step.stackHeight === 0) return;
    const storage = storageOf(address).set(slot, wordToHex(step.stack(0)));
    log.storage = sorted(storage);
  };

  const step = (step: Step): void => {
    finishLoad(step);
    if (logs.length >= limit) return;
    const log: StructLog = {
      pc: step.pc,
      op: context.opcodeName(step.opcode),
      gas: Number(step.gas),
      gasCost: Number(step.cost),
      depth: step.depth,
    };
    if (step.refund !== 0n) log.refund = Number(step.refund);
    if (!config.disableStack) log.stack = stackOf(step);
    if (config.enableMemory && step.memorySize > 0) log.memory = memoryOf(step);
    if (config.enableReturnData) {
      const returned = step.returnData();
      if (returned.length > 0) log.returnData = bytesToHex(returned);
    }
    if (!config.disableStorage) noteStorage(step, log);
    logs.push(log);
    last[step.depth] = log;
  };

  const noteStorage = (step: Step, log: StructLog): void => {
    if (step.opcode === SLOAD && step.stackHeight >= 1) {
      const address = step.address();
      const slot = wordToHex(step.stack(0));
      // What is known so far stands if the instruction fails; see `finishLoad`.
      const known = storageOf(address);
      if (!known.has(slot)) known.set(slot, context.view.storage(address, slot) ?? ZERO_WORD);
      log.storage = sorted(known);
      loading = { log, address, slot };
    } else if (step.opcode === SSTORE && step.stackHeight >= 2) {
      const storage = storageOf(step.address());
      log.storage = sorted(storage.set(wordToHex(step.stack(0)), wordToHex(step.stack(1))));
    }
  };

  const exit = ({ depth, halt, instruction }: FrameEnd): void => {
    const log = last[depth];
    last[depth] = undefined;
    if (log === undefined || halt === undefined || !CHECKED_BEFORE.has(halt)) return;
    if (halt === 'OUT_OF_GAS' && log.gasCost <= log.gas) return;
    log.error = haltText(halt, instruction);
  };

  return {
    hooks: { step, exit },
    result: ({ gasUsed, status, output }) => ({
      gas: Number(gasUsed),
      failed: status !== 'success',
      returnValue: bytesToHex(output),
      structLogs: logs,
    }),
  };
}

function stackOf(step: Step): Hex[] {
  const stack = new Array<Hex>(step.stackHeight);
  for (let i = 0; i < stack.length; i++) stack[stack.length - 1 - i] = `0x${step.stack(i).toString(16)}`;
  return stack;
}

function memoryOf(step: Step): Hex[] {
  const words: Hex[] = [];
  const memory = step.memory(0, step.memorySize);
  for (let at = 0; at < memory.length; at += WORD) words.push(bytesToHex(memory.subarray(at, at + WORD)));
  return words;
}

/** Keys ascending, as Go writes maps. */
function sorted(storage: ReadonlyMap<Hex, Hex>): Record<Hex, Hex> {
  const entries = [...storage].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries) as Record<Hex, Hex>;
}
