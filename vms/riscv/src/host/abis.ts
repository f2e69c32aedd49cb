import type { Abi } from './abi.ts';
import { openvm } from './openvm.ts';
import { sp1 } from './sp1.ts';

/** Names of the guest interfaces. */
export type AbiName = 'openvm' | 'sp1';

/** The guest interfaces by name. */
export const ABIS: Readonly<Record<AbiName, Abi>> = { openvm: openvm, sp1: sp1 };
