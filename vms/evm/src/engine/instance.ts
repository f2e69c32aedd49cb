import type { Bytes, Hex } from '@ninefold/base';
import { base64ToBytes, defineErrors } from '@ninefold/base';
import { encodeOpcodeTable, encodeSchedule } from '../spec/tables.ts';
import type { Rules, StateView } from '../types.ts';
import type { KernelMemory } from './memory.ts';
import { createKernelMemory } from './memory.ts';

const fail = defineErrors({
  EVM_PRECOMPILE_UNAVAILABLE: (context: { readonly number: number }) =>
    `Precompile ${context.number} needs curve arithmetic that this build does not have`,
  EVM_OUT_OF_MEMORY: () =>
    'The transaction needs more memory than the machine has: lower its gas limit or raise the machine’s memory',
});

/** Room for cached code and its block tables: about 40 contracts of the largest size, 400 usual ones. */
export const CODE_CACHE_BYTES: number = 8 << 20;

/** The kernel's functions, see `assembly/main.ts`. */
export type KernelExports = {
  readonly memory: WebAssembly.Memory;
  readonly init: (start: number, limit: number, codeBytes: number) => void;
  readonly rulesChanged: () => void;
  readonly opcodes: () => number;
  readonly schedule: () => number;
  readonly block: () => number;
  readonly transaction: () => number;
  readonly result: () => number;
  readonly begin: (bytes: number) => number;
  readonly transact: () => void;
  readonly systemCall: () => void;
  readonly intrinsic: () => bigint;
  readonly floor: () => bigint;
};

export type Kernel = {
  readonly exports: KernelExports;
  readonly memory: KernelMemory;
  readonly block: number;
  readonly transaction: number;
  readonly result: number;
  /** The state that the running transaction reads; `undefined` between transactions. */
  setView: (view: StateView | undefined) => void;
};

/** Imports beside the state and the curves: a tracing build's hooks, a portable build's intrinsics. */
export type ExtraImports = (memory: () => KernelMemory) => WebAssembly.Imports;

/**
 * Instantiates `module` under `rules`. Synchronous: browsers allow that on the main thread for
 * modules below 8 MiB, and this one has some 60 KiB.
 */
export function instantiateKernel(module: WebAssembly.Module, rules: Rules, extra?: ExtraImports): Kernel {
  let view: StateView | undefined;
  let code: Bytes | undefined;
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
      const value = state().storage(memory.getHex(address, 20), memory.getHex(slot, 32));
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
    precompile_curve(number: number): never {
      throw fail('EVM_PRECOMPILE_UNAVAILABLE', { number });
    },
    exhausted(): never {
      throw fail('EVM_OUT_OF_MEMORY', undefined);
    },
  };

  const instance = new WebAssembly.Instance(module, { host, ...extra?.(() => memory) });
  const exports = instance.exports as unknown as KernelExports;
  exports.init(0, 0, CODE_CACHE_BYTES);
  const memory = createKernelMemory(exports.memory);
  memory.setBytes(exports.opcodes(), encodeOpcodeTable(rules));
  memory.setBytes(exports.schedule(), encodeSchedule(rules));
  exports.rulesChanged();
  return {
    exports,
    memory,
    block: exports.block(),
    transaction: exports.transaction(),
    result: exports.result(),
    setView(next) {
      view = next;
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
