/** Addresses of sysvar accounts. */
export const SYSVAR = {
  clock: 'SysvarC1ock11111111111111111111111111111111',
  epochRewards: 'SysvarEpochRewards1111111111111111111111111',
  epochSchedule: 'SysvarEpochSchedu1e111111111111111111111111',
  fees: 'SysvarFees111111111111111111111111111111111',
  instructions: 'Sysvar1nstructions1111111111111111111111111',
  lastRestartSlot: 'SysvarLastRestartS1ot1111111111111111111111',
  recentBlockhashes: 'SysvarRecentB1ockHashes11111111111111111111',
  rent: 'SysvarRent111111111111111111111111111111111',
  slotHashes: 'SysvarS1otHashes111111111111111111111111111',
  slotHistory: 'SysvarS1otHistory11111111111111111111111111',
  stakeHistory: 'SysvarStakeHistory1111111111111111111111111',
} as const;

/** Addresses of programs that are part of the machine, and of the loaders that own the others. */
export const PROGRAM = {
  system: '11111111111111111111111111111111',
  computeBudget: 'ComputeBudget111111111111111111111111111111',
  vote: 'Vote111111111111111111111111111111111111111',
  ed25519: 'Ed25519SigVerify111111111111111111111111111',
  secp256k1: 'KeccakSecp256k11111111111111111111111111111',
  secp256r1: 'Secp256r1SigVerify1111111111111111111111111',
  nativeLoader: 'NativeLoader1111111111111111111111111111111',
  loaderV1: 'BPFLoader1111111111111111111111111111111111',
  loaderV2: 'BPFLoader2111111111111111111111111111111111',
  loaderV3: 'BPFLoaderUpgradeab1e11111111111111111111111',
} as const;
