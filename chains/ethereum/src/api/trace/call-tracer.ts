import type { Hex } from '@ninefold/base';
import { bytesToHex, toQuantity } from '@ninefold/base';
import type { ExecutedTransaction, FrameEnd, FrameStart, Log } from '@ninefold/vm-evm';
import { haltText } from '../halt.ts';
import { revertReason } from '../revert.ts';
import type { TraceContext, TraceRun } from './trace.ts';

export type CallTracerConfig = {
  /** Leaves out calls inside the outermost one. */
  readonly onlyTopCall: boolean;
  readonly withLog: boolean;
};

type CallLog = {
  readonly address: Hex;
  readonly topics: readonly Hex[];
  readonly data: Hex;
  /** Number of the log in the transaction. */
  index: Hex;
  /** How many calls of the same frame came before. */
  readonly position: Hex;
};

// In the order geth writes them.
type CallFrame = {
  from: Hex;
  gas: Hex;
  gasUsed: Hex;
  to?: Hex;
  input: Hex;
  output?: Hex;
  error?: string;
  revertReason?: string;
  calls?: CallFrame[];
  logs?: CallLog[];
  value?: Hex;
  type: string;
};

/** geth's `callTracer`: the tree of calls with inputs, outputs and errors. */
export function createCallTracer(config: CallTracerConfig, context: TraceContext): TraceRun {
  const open: CallFrame[] = [];
  let root: CallFrame | undefined;
  // Calls too deep to be recorded under `onlyTopCall`.
  let hidden = 0;

  const enter = (start: FrameStart): void => {
    if (config.onlyTopCall && open.length > 0) {
      hidden++;
      return;
    }
    open.push(frameOf(start));
  };

  const exit = (end: FrameEnd): void => {
    if (hidden > 0) {
      hidden--;
      return;
    }
    const frame = open.pop();
    if (frame === undefined) return;
    frame.gasUsed = toQuantity(end.gasUsed);
    finish(frame, end);
    const parent = open[open.length - 1];
    if (parent === undefined) root = frame;
    else (parent.calls ??= []).push(frame);
  };

  const log = ({ address, topics, data }: Log): void => {
    const frame = open[open.length - 1];
    if (frame === undefined || hidden > 0) return;
    const position = toQuantity(frame.calls?.length ?? 0);
    (frame.logs ??= []).push({ address, topics, data: bytesToHex(data), index: '0x0', position });
  };

  const result = (outcome: ExecutedTransaction): unknown => {
    if (root === undefined) return undefined;
    // The outermost frame stands for the whole transaction.
    root.gas = toQuantity(context.transaction.gasLimit);
    root.gasUsed = toQuantity(outcome.gasUsed);
    if (config.withLog) settleLogs(root, false, { next: 0 });
    return ordered(root);
  };

  return { hooks: config.withLog ? { enter, exit, log } : { enter, exit }, result };
}

function frameOf({ kind, from, to, value, gas, input }: FrameStart): CallFrame {
  const frame: CallFrame = {
    from,
    gas: toQuantity(gas),
    gasUsed: '0x0',
    to,
    input: bytesToHex(input),
    type: kind,
  };
  if (kind !== 'STATICCALL') frame.value = toQuantity(value);
  return frame;
}

function finish(frame: CallFrame, { status, halt, instruction, output }: FrameEnd): void {
  if (status === 'success') {
    if (output.length > 0) frame.output = bytesToHex(output);
    return;
  }
  frame.error = status === 'revert' ? 'execution reverted' : haltText(halt ?? 'OUT_OF_GAS', instruction);
  if (frame.type === 'CREATE' || frame.type === 'CREATE2') delete frame.to;
  if (status !== 'revert' || output.length === 0) return;
  frame.output = bytesToHex(output);
  const reason = revertReason(output);
  if (reason !== undefined) frame.revertReason = reason;
}

/** Numbers the logs in order of emission; those of failed frames never happened. */
function settleLogs(frame: CallFrame, failedAbove: boolean, counter: { next: number }): void {
  const failed = failedAbove || frame.error !== undefined;
  if (failed) delete frame.logs;
  const logs = frame.logs ?? [];
  const calls = frame.calls ?? [];
  let at = 0;
  for (let i = 0; i <= calls.length; i++) {
    for (; at < logs.length && Number((logs[at] as CallLog).position) <= i; at++) {
      (logs[at] as CallLog).index = toQuantity(counter.next++);
    }
    if (i < calls.length) settleLogs(calls[i] as CallFrame, failed, counter);
  }
}

/** The members in geth's order, whatever order they were found in. */
function ordered(frame: CallFrame): CallFrame {
  const {
    from,
    gas,
    gasUsed,
    to,
    input,
    output,
    error,
    revertReason: reason,
    calls,
    logs,
    value,
    type,
  } = frame;
  return {
    from,
    gas,
    gasUsed,
    ...(to !== undefined && { to }),
    input,
    ...(output !== undefined && { output }),
    ...(error !== undefined && { error }),
    ...(reason !== undefined && { revertReason: reason }),
    ...(calls !== undefined && { calls: calls.map(ordered) }),
    ...(logs !== undefined && { logs }),
    ...(value !== undefined && { value }),
    type,
  };
}
