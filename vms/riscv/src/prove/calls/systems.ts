import type { CallSystem, CallSystemName } from './call-system.ts';
import { OPENVM_CALLS } from './openvm.ts';
import { SP1_CALLS } from './sp1.ts';
import { STANDARD_CALLS } from './standard.ts';

/** The call systems by name. */
export const CALL_SYSTEMS: Readonly<Record<CallSystemName, CallSystem>> = {
  standard: STANDARD_CALLS,
  sp1: SP1_CALLS,
  openvm: OPENVM_CALLS,
};
