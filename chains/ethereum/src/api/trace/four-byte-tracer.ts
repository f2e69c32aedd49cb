import { bytesToHex } from '@ninefold/base';
import type { FrameStart } from '@ninefold/vm-evm';
import type { TraceContext, TraceRun } from './trace.ts';

const SELECTOR = 4;

/** geth's `4byteTracer`: how often each selector was called with how many bytes of arguments. */
export function createFourByteTracer(context: TraceContext): TraceRun {
  const counts: Record<string, number> = {};
  const enter = ({ kind, to, input }: FrameStart): void => {
    if (kind === 'CREATE' || kind === 'CREATE2' || kind === 'SELFDESTRUCT') return;
    if (input.length < SELECTOR || context.isPrecompile(to)) return;
    const key = `${bytesToHex(input.subarray(0, SELECTOR))}-${input.length - SELECTOR}`;
    counts[key] = (counts[key] ?? 0) + 1;
  };
  return { hooks: { enter }, result: () => counts };
}
