import type { Bytes, Hex } from '@ninefold/base';
import { base64ToBytes, defineErrors } from '@ninefold/base';
import { runCurvePrecompile } from '../host/curves.ts';
import { encodeOpcodeTable, encodeSchedule } from '../spec/tables.ts';
import type { Rules, StateView, Tracer } from '../types.ts';
import type { KernelExports } from './exports.ts';
import type { KernelMemory } from './memory.ts';
import { createKernelMemory } from './memory.ts';
import { traceImports } from './tracer.ts';

const fail = defineErrors({
  EVM_OUT_OF_MEMORY: () =>
    'The transaction needs more memory than the machine has: lower its gas limit or raise the machine’s memory',
});

/** Room for cached code and its block tables: about 40 contracts of the largest size, 400 usual ones. */
export const CODE_CACHE_BYTES: number = 8 << 20;

export type Kernel = {
  readonly exports: KernelExports;
  readonly memory: KernelMemory;
  readonly block: number;
  readonly transaction: number;
  readonly result: number;
  /** Keys of the slots the transaction asked for, in order. */
  readonly slotKeys: readonly (Hex | undefined)[];
  /** The state that the running transaction reads; `undefined` between transactions. */
  setView: (view: StateView | undefined) => void;
  /** Who is told of every step; only a tracing build asks. */
  setTracer: (tracer: Tracer | undefined) => void;
};

/** Where in which memory a kernel works. */
export type KernelRegion = {
  /** First byte; 0 for right behind the module's tables. */
  readonly start: number;
  /** Behind the last byte; 0 for as far as memory grows. */
  readonly limit: number;
  /** Of which the code cache takes this. */
  readonly codeBytes: number;
  /** The memory the module imports, where it does not have its own. */
  readonly memory?: WebAssembly.Memory | undefined;
  /** Imports beside `host` and `trace`: memory, a portable build's intrinsics. */
  readonly imports?: WebAssembly.Imports | undefined;
};

const GROWING_REGION: KernelRegion = { start: 0, limit: 0, codeBytes: CODE_CACHE_BYTES };

/**
 * Instantiates `module` under `rules`. Synchronous: browsers allow that on the main thread for
 * modules below 8 MiB, and this one has some 60 KiB.
 */
export function instantiateKernel(
  module: WebAssembly.Module,
  rules: Rules,
  region: KernelRegion = GROWING_REGION,
): Kernel {
  let view: StateView | undefined;
  let tracer: Tracer | undefined;
  let code: Bytes | undefined;
  let storageAt = 0;
  let storageAddress: Hex = '0x';
  let storageIsEmpty = false;
  const slotKeys: (Hex | undefined)[] = [];
  const state = (): StateView => view as StateView;

  const host = {
    account(address: number, out: number): number {
      memory.refresh();
      const account = state().account(memory.getHex(address, 20));
      if (account === undefined) return 0;
      memory.setU64(out, account.nonce);
      memory.setWord(out + 8, account.balance);
      memory.setHex(out + 40, account.codeHash, 32);
      return 1;
    },
    storage(address: number, slot: number, out: number): number {
      memory.refresh();
      // Mostly the same account as before: an account's place is its own within a transaction.
      if (address !== storageAt) {
        storageAt = address;
        storageAddress = memory.getHex(address, 20);
        storageIsEmpty = !state().hasStorage(storageAddress);
      }
      // PERF: a contract that has stored nothing yet is not asked slot by slot.
      if (storageIsEmpty) {
        slotKeys.push(undefined);
        return 0;
      }
      const key = memory.getHex(slot, 32);
      slotKeys.push(key);
      const value = state().storage(storageAddress, key);
      if (value === undefined) return 0;
      memory.setHex(out, value, 32);
      return 1;
    },
    has_storage(address: number): number {
      memory.refresh();
      return state().hasStorage(memory.getHex(address, 20)) ? 1 : 0;
    },
    code(hash: number): number {
      memory.refresh();
      code = state().code(memory.getHex(hash, 32));
      return code.length;
    },
    code_copy(out: number): void {
      memory.refresh();
      memory.setBytes(out, code as Bytes);
      code = undefined;
    },
    block_hash(number: bigint, out: number): number {
      memory.refresh();
      const hash: Hex | undefined = state().blockHash(BigInt.asUintN(64, number));
      if (hash === undefined) return 0;
      memory.setHex(out, hash, 32);
      return 1;
    },
    precompile_curve(number: number, input: number, length: number, out: number): number {
      memory.refresh();
      const output = runCurvePrecompile(number, memory.getBytes(input, length));
      if (output === undefined) return -1;
      memory.setBytes(out, output);
      return output.length;
    },
    exhausted(): never {
      throw fail('EVM_OUT_OF_MEMORY', undefined);
    },
  };

  const instance = new WebAssembly.Instance(module, {
    ...region.imports,
    host,
    trace: traceImports(
      () => tracer,
      () => memory,
      () => exports,
    ),
  });
  const exports = instance.exports as unknown as KernelExports;
  exports.init(region.start, region.limit, region.codeBytes);
  const memory = createKernelMemory(region.memory ?? exports.memory);
  memory.setBytes(exports.opcodes(), encodeOpcodeTable(rules));
  memory.setBytes(exports.schedule(), encodeSchedule(rules));
  exports.rulesChanged();
  return {
    exports,
    memory,
    block: exports.block(),
    transaction: exports.transaction(),
    result: exports.result(),
    slotKeys,
    setView(next) {
      view = next;
      storageAt = 0;
      if (next !== undefined) slotKeys.length = 0;
    },
    setTracer(next) {
      tracer = next;
    },
  };
}

const modules = new Map<string, WebAssembly.Module>();

/** The module in `base64`, compiled once. */
export function compileKernel(base64: string): WebAssembly.Module {
  let module = modules.get(base64);
  if (module === undefined) {
    module = new WebAssembly.Module(base64ToBytes(base64) as Uint8Array<ArrayBuffer>);
    modules.set(base64, module);
  }
  return module;
}

/** An instance beyond this size is given up after the transaction that needed it: memory never shrinks. */
export const RETAINED_MEMORY_BYTES: number = 64 << 20;

/** One kernel, instantiated on first use and again after a transaction that made it large. */
export type KernelSlot = { readonly take: () => Kernel; readonly release: () => void };

/** A slot for the module in `base64`. */
export function createKernelSlot(base64: string, rules: Rules, region?: KernelRegion): KernelSlot {
  let kernel: Kernel | undefined;
  return {
    take: () => (kernel ??= instantiateKernel(compileKernel(base64), rules, region)),
    release() {
      kernel?.memory.refresh();
      if (kernel !== undefined && kernel.memory.u8().length > RETAINED_MEMORY_BYTES) {
        kernel = undefined;
      }
    },
  };
}
