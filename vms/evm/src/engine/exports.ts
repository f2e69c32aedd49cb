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
  readonly returnDataStart: () => number;
  readonly returnDataSize: () => number;
};
