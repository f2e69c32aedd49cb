import { type Bytes } from '@ninefold/base';
import { addressBytes, PROGRAM, SYSVAR } from '@ninefold/vm-svm';

/** Owner of the sysvar accounts. */
export const SYSVAR_OWNER = 'Sysvar1111111111111111111111111111111111111';

/** Lamports sent here are destroyed at the end of the slot. */
export const INCINERATOR = '1nc1nerator11111111111111111111111111111111';

/** Programs that mainnet runs as ordinary programs by now, and some that it reserves an address for. */
export const MIGRATED_PROGRAM = {
  addressLookupTable: 'AddressLookupTab1e1111111111111111111111111',
  config: 'Config1111111111111111111111111111111111111',
  feature: 'Feature111111111111111111111111111111111111',
  stake: 'Stake11111111111111111111111111111111111111',
} as const;

/** Addresses that no transaction may write to, whatever it says (`ReservedAccountKeys` of the SDK). */
export const RESERVED_ADDRESSES: readonly string[] = [
  ...Object.values(PROGRAM),
  ...Object.values(SYSVAR),
  ...Object.values(MIGRATED_PROGRAM),
  SYSVAR_OWNER,
  'LoaderV411111111111111111111111111111111111',
  'StakeConfig11111111111111111111111111111111',
  'SysvarRewards111111111111111111111111111111',
  'ZkTokenProof1111111111111111111111111111111',
  'ZkE1Gama1Proof11111111111111111111111111111',
];

export const SYSTEM_PROGRAM: Bytes = addressBytes(PROGRAM.system);
export const LOADER_V3: Bytes = addressBytes(PROGRAM.loaderV3);
export const NATIVE_LOADER: Bytes = addressBytes(PROGRAM.nativeLoader);
