import type { CallSystem, CallSystemName } from './call-system.ts';
import { STANDARD_CALLS } from './standard.ts';

/** The call systems by name. */
export const CALL_SYSTEMS: Readonly<Record<CallSystemName, CallSystem>> = { standard: STANDARD_CALLS };
