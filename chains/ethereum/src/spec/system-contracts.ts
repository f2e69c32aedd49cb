import type { Hex } from '@ninefold/base';

/** EIP-4788, from Cancun. */
export const BEACON_ROOTS_ADDRESS: Hex = '0x000f3df6d732807ef1319fb7b8bb8522d0beac02';

/** EIP-2935, from Prague. */
export const HISTORY_STORAGE_ADDRESS: Hex = '0x0000f90827f1c53a10cb7a02335b175320002935';

/** EIP-7002, from Prague. */
export const WITHDRAWAL_REQUESTS_ADDRESS: Hex = '0x00000961ef480eb55e80d19ad83579a64c007002';

/** EIP-7251, from Prague. */
export const CONSOLIDATION_REQUESTS_ADDRESS: Hex = '0x0000bbddc7ce488642fb579f8b00f3a590007251';
