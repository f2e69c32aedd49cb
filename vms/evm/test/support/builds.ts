import { createKernelSlot } from '../../src/engine/instance.ts';
import type { KernelRegion, KernelSlot } from '../../src/engine/instance.ts';
import { createMachine } from '../../src/engine/machine.ts';
import { evmTraceBase64 } from '../../src/generated/evm-trace.ts';
import { evmBase64 } from '../../src/generated/evm.ts';
import { DEFAULT_FORK } from '../../src/spec/forks.ts';
import type { Evm, ForkName, Rules, Tracer } from '../../src/types.ts';
import { evmScalarBase64 } from '../generated/evm-scalar.ts';
import { evmSharedBase64 } from '../generated/evm-shared.ts';

const U64_BITS = 64;
const SCALAR_BYTES = 32 << 16;
const SHARED_BASE = 5 << 16;
const SHARED_BYTES = 64 << 16;

/** Fixed memory, no SIMD, intrinsics from outside. */
function scalarRegion(): KernelRegion {
  const intr = {
    mulhi64: (a: bigint, b: bigint): bigint =>
      BigInt.asIntN(U64_BITS, (BigInt.asUintN(U64_BITS, a) * BigInt.asUintN(U64_BITS, b)) >> 64n),
    bswap64: (x: bigint): bigint => {
      const view = new DataView(new ArrayBuffer(8));
      view.setBigInt64(0, x, true);
      return view.getBigInt64(0);
    },
  };
  return { start: 0, limit: SCALAR_BYTES, codeBytes: 1 << 18, imports: { intr } };
}

/** A region in the middle of shared memory; the bytes around it are poisoned and must stay so. */
function sharedRegion(): KernelRegion & { readonly memory: WebAssembly.Memory } {
  const memory = new WebAssembly.Memory({ initial: 128, maximum: 16_384, shared: true });
  new Uint8Array(memory.buffer).fill(0xa5, 1 << 16);
  return {
    start: SHARED_BASE,
    limit: SHARED_BASE + SHARED_BYTES,
    codeBytes: 1 << 18,
    memory,
    imports: { env: { memory } },
  };
}

/** Whether the bytes outside of the shared build's region are as they were. */
export type SharedGuard = () => boolean;

const SILENT: Tracer = { step: () => undefined };

/** A slot that traces nobody's transactions, so that the tracing build runs all of them. */
function alwaysTracing(rules: Rules): Evm {
  const slot = createKernelSlot(evmTraceBase64, rules);
  const machine = createMachine(rules, slot, slot);
  return {
    ...machine,
    transact: (transaction, block, view, options) =>
      machine.transact(transaction, block, view, { tracer: SILENT, ...options }),
  };
}

/** A machine on each build of the kernel under the rules of `fork`. */
export function createBuilds(fork: ForkName = DEFAULT_FORK): {
  readonly machines: Readonly<Record<'simd' | 'tracing' | 'scalar' | 'shared', Evm>>;
  readonly sharedGuard: SharedGuard;
} {
  const rules: Rules = { fork, blobSchedule: undefined };
  const single = (slot: KernelSlot): Evm => createMachine(rules, slot, slot);
  const region = sharedRegion();
  const bytes = new Uint8Array(region.memory.buffer);
  return {
    machines: {
      simd: single(createKernelSlot(evmBase64, rules)),
      tracing: alwaysTracing(rules),
      scalar: single(createKernelSlot(evmScalarBase64, rules, scalarRegion())),
      shared: single(createKernelSlot(evmSharedBase64, rules, region)),
    },
    sharedGuard: () =>
      bytes.subarray(1 << 16, SHARED_BASE).every((byte) => byte === 0xa5) &&
      bytes.subarray(SHARED_BASE + SHARED_BYTES).every((byte) => byte === 0xa5),
  };
}
