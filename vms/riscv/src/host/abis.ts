import type { Abi } from './abi.ts';
import { openvm } from './openvm.ts';
import { risc0 } from './risc0.ts';
import { sp1 } from './sp1.ts';
import { standard } from './standard.ts';
import { zisk } from './zisk.ts';

/** Names of the guest interfaces. */
export type AbiName = 'standard' | 'sp1' | 'openvm' | 'zisk' | 'risc0';

/** The guest interfaces by name. */
export const ABIS: Readonly<Record<AbiName, Abi>> = {
  standard: standard,
  sp1: sp1,
  openvm: openvm,
  zisk: zisk,
  risc0: risc0,
};
