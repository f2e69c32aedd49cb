import type { Bytes } from '@ninefold/base';
import type { SbpfVersion } from '../spec/versions.ts';

/** A loaded program: what the verifier and the engine need of it. */
export type Executable = {
  readonly version: SbpfVersion;
  /** The instructions, relocated. Versions 0 to 2 may leave a tail that is no whole instruction. */
  readonly text: Bytes;
  /** Virtual address of the first instruction. */
  readonly textAddress: bigint;
  readonly entryPc: number;
  /** What can be read besides stack, heap and input. */
  readonly readOnly: Bytes;
  /** Virtual address of `readOnly`. */
  readonly readOnlyAddress: bigint;
  /** Functions by the key that `call` names them by; empty from version 3 on. */
  readonly functions: ReadonlyMap<number, number>;
};

/** What decides how a program file is loaded. */
export type LoadOptions = {
  /** Versions that may run, by default all. */
  readonly versions?: readonly SbpfVersion[] | undefined;
  /** Keys of the syscalls there are: no function may have one of them. */
  readonly syscalls?: ReadonlySet<number> | undefined;
  /** Whether unknown syscalls and moved sections are refused, as they are when a program is deployed. */
  readonly deployment?: boolean | undefined;
};
