import type { Bytes } from '@ninefold/base';
import { bytesToHex, toQuantity } from '@ninefold/base';
import type { TraceReader } from './reader.ts';

/** What a VM knows of its steps that the columns do not say. */
export type Eip3155View = {
  readonly instruction: (unit: number) => {
    readonly pc: number;
    readonly op: number;
    readonly opName: string;
  };
  /** Gas left before the step. */
  readonly gas: (step: number) => number | bigint;
  readonly refund?: ((step: number) => number) | undefined;
  readonly returnData?: ((step: number) => Bytes) | undefined;
  readonly error?: ((step: number) => string | undefined) | undefined;
  /** Whether to write memory out. */
  readonly memory?: boolean | undefined;
};

export type Eip3155Summary = {
  readonly stateRoot?: string | undefined;
  readonly output: Bytes;
  readonly gasUsed: number | bigint;
  readonly pass: boolean;
  readonly error?: string | undefined;
};

const NO_BYTES: Bytes = new Uint8Array(0);

/**
 * The trace as JSON lines of EIP-3155, for tools that compare EVMs: one line a step and one for the
 * outcome. Depth counts from 1, stack values have no leading zeros.
 *
 * @example for (const line of eip3155Lines(reader, view, summary)) out.write(`${line}\n`);
 */
export function* eip3155Lines(
  reader: TraceReader,
  view: Eip3155View,
  summary?: Eip3155Summary,
): Generator<string> {
  const { refund = () => 0, returnData = () => NO_BYTES, error = () => undefined } = view;
  for (let index = 0; index < reader.steps; index++) {
    const { unit, cost, frame, sp } = reader.step(index);
    const { pc, op, opName } = view.instruction(unit);
    const memSize = reader.memoryLength(index, frame);
    yield JSON.stringify({
      pc,
      op,
      gas: toQuantity(view.gas(index)),
      gasCost: toQuantity(cost),
      memory: view.memory === true ? bytesToHex(reader.memory(index, frame, 0, memSize)) : undefined,
      memSize,
      stack: reader.slots(index, frame, sp).map(minimalHex),
      depth: (reader.frames[frame]?.depth ?? 0) + 1,
      returnData: bytesToHex(returnData(index)),
      refund: refund(index),
      opName,
      error: error(index),
    });
  }
  if (summary === undefined) return;
  const { stateRoot, output, gasUsed, pass, error: failure } = summary;
  yield JSON.stringify({
    stateRoot,
    output: bytesToHex(output),
    gasUsed: toQuantity(gasUsed),
    pass,
    error: failure,
  });
}

function minimalHex(word: Bytes): string {
  return `0x${bytesToHex(word).slice(2).replace(/^0+/, '') || '0'}`;
}
