import type { ForkName } from '../types.ts';
import { forksUntil } from './forks.ts';

/**
 * Every price and limit of a fork that is not an instruction's base cost (those are in
 * `opcodes.ts`). Gas unless said otherwise; the order is the kernel's layout, see `tables.ts`.
 */
export type GasSchedule = {
  /** Every transaction. */
  readonly txBase: number;
  /** On top when it creates a contract. */
  readonly txCreate: number;
  /** EIP-2780: on top when it calls another account than its sender. */
  readonly txRecipient: number;
  /** EIP-2780: on top when it moves value to another account. */
  readonly txValue: number;
  readonly txDataZeroByte: number;
  readonly txDataNonZeroByte: number;
  /** EIP-7623, EIP-7976: what a byte of calldata costs at the least. */
  readonly floorZeroByte: number;
  readonly floorNonZeroByte: number;
  /** EIP-7981: each byte of access list, in the floor and on top of its entry's price. */
  readonly accessListByte: number;
  readonly accessListAddress: number;
  readonly accessListKey: number;
  /** EIP-7702: each authorization … */
  readonly authorization: number;
  /** … of which this is given back when its authority exists already. */
  readonly authorizationRefund: number;
  /** EIP-3860: each 32 bytes of initcode. */
  readonly initcodeWord: number;
  /** Largest gas limit of a transaction (EIP-7825). */
  readonly txGasCap: number;
  /** Gas used over this is the most that is refunded. */
  readonly refundQuotient: number;

  /** Linear part of memory, each 32 bytes. */
  readonly memoryWord: number;
  /** Words squared over this are the quadratic part of memory. */
  readonly memoryQuadraticDivisor: number;
  /** Copied data, each 32 bytes. */
  readonly copyWord: number;
  /** KECCAK256 and CREATE2, each 32 bytes. */
  readonly keccakWord: number;
  readonly logByte: number;
  /** EXP: each significant byte of the exponent. */
  readonly expByte: number;

  /** EIP-2929: price of a cold account over a warm one; 0 before. Added to the base cost. */
  readonly coldAccount: number;
  /** A warm account, where it is not already the instruction's base cost (a delegation's target). */
  readonly warmAccount: number;
  /** Price of a cold slot over a warm one for SLOAD. */
  readonly coldSload: number;
  /** What SSTORE pays on top for a cold slot. */
  readonly coldSstore: number;
  /** SSTORE that changes nothing, or a slot changed before in this transaction. */
  readonly sstoreNoop: number;
  /** SSTORE of a slot whose original value is zero to something else. */
  readonly sstoreSet: number;
  /** Any other first change. */
  readonly sstoreReset: number;
  /** Refund for clearing a slot. */
  readonly sstoreClearRefund: number;
  /** SSTORE with this or less gas left fails (EIP-2200). */
  readonly sstoreSentry: number;

  readonly callValue: number;
  readonly callStipend: number;
  /** CALL and SELFDESTRUCT that bring an account into being. */
  readonly callNewAccount: number;
  readonly selfdestructNewAccount: number;
  /** SELFDESTRUCT with a cold beneficiary; a warm one is free. */
  readonly selfdestructCold: number;
  readonly selfdestructRefund: number;
  readonly codeDepositByte: number;
  /** EIP-8037: hashing deployed code, each 32 bytes. */
  readonly codeDepositWord: number;

  /** EIP-8037, state gas. */
  readonly stateNewAccount: number;
  readonly stateNewSlot: number;
  readonly stateDelegation: number;
  readonly stateCodeByte: number;
  /** EIP-2780: first write of an authority's account. */
  readonly accountWrite: number;

  /** Bytes of deployed code (EIP-170). */
  readonly maxCodeSize: number;
  /** Bytes of initcode (EIP-3860). */
  readonly maxInitcodeSize: number;
  readonly blobGas: number;
  /** Blobs in one transaction (EIP-7594). */
  readonly maxBlobsPerTransaction: number;
  /** Blobs in one block: the blob schedule's `max`. */
  readonly maxBlobsPerBlock: number;

  /** Highest precompile in the block that starts at address 1. */
  readonly lastPrecompile: number;
  readonly ecrecover: number;
  readonly sha256: number;
  readonly sha256Word: number;
  readonly ripemd160: number;
  readonly ripemd160Word: number;
  readonly identity: number;
  readonly identityWord: number;
  readonly modexpMinimum: number;
  readonly bn254Add: number;
  readonly bn254Mul: number;
  readonly bn254Pairing: number;
  readonly bn254PairingPair: number;
  readonly blake2fRound: number;
  readonly kzgPointEvaluation: number;
  readonly bls12G1Add: number;
  readonly bls12G1Mul: number;
  readonly bls12G2Add: number;
  readonly bls12G2Mul: number;
  readonly bls12Pairing: number;
  readonly bls12PairingPair: number;
  readonly bls12MapFpToG1: number;
  readonly bls12MapFp2ToG2: number;
  readonly p256Verify: number;
};

/** No limit in this fork; the largest u64 in the kernel. */
export const NO_LIMIT: number = Number.MAX_SAFE_INTEGER;

/** EIP-8037: state gas for each byte a transaction leaves in the state. */
const COST_PER_STATE_BYTE = 1530;

const FRONTIER: GasSchedule = {
  txBase: 21_000,
  txCreate: 0,
  txRecipient: 0,
  txValue: 0,
  txDataZeroByte: 4,
  txDataNonZeroByte: 68,
  floorZeroByte: 0,
  floorNonZeroByte: 0,
  accessListByte: 0,
  accessListAddress: 0,
  accessListKey: 0,
  authorization: 0,
  authorizationRefund: 0,
  initcodeWord: 0,
  txGasCap: NO_LIMIT,
  refundQuotient: 2,
  memoryWord: 3,
  memoryQuadraticDivisor: 512,
  copyWord: 3,
  keccakWord: 6,
  logByte: 8,
  expByte: 10,
  coldAccount: 0,
  warmAccount: 0,
  coldSload: 0,
  coldSstore: 0,
  sstoreNoop: 5000,
  sstoreSet: 20_000,
  sstoreReset: 5000,
  sstoreClearRefund: 15_000,
  sstoreSentry: 0,
  callValue: 9000,
  callStipend: 2300,
  callNewAccount: 25_000,
  selfdestructNewAccount: 0,
  selfdestructCold: 0,
  selfdestructRefund: 24_000,
  codeDepositByte: 200,
  codeDepositWord: 0,
  stateNewAccount: 0,
  stateNewSlot: 0,
  stateDelegation: 0,
  stateCodeByte: 0,
  accountWrite: 0,
  maxCodeSize: NO_LIMIT,
  maxInitcodeSize: NO_LIMIT,
  blobGas: 0,
  maxBlobsPerTransaction: 0,
  maxBlobsPerBlock: 0,
  lastPrecompile: 4,
  ecrecover: 3000,
  sha256: 60,
  sha256Word: 12,
  ripemd160: 600,
  ripemd160Word: 120,
  identity: 15,
  identityWord: 3,
  modexpMinimum: 0,
  bn254Add: 0,
  bn254Mul: 0,
  bn254Pairing: 0,
  bn254PairingPair: 0,
  blake2fRound: 0,
  kzgPointEvaluation: 0,
  bls12G1Add: 0,
  bls12G1Mul: 0,
  bls12G2Add: 0,
  bls12G2Mul: 0,
  bls12Pairing: 0,
  bls12PairingPair: 0,
  bls12MapFpToG1: 0,
  bls12MapFp2ToG2: 0,
  p256Verify: 0,
};

/** What each fork changed against the one before. */
export const SCHEDULE_CHANGES: Readonly<Partial<Record<ForkName, Partial<GasSchedule>>>> = {
  frontier: FRONTIER,
  // EIP-2.
  homestead: { txCreate: 32_000 },
  // EIP-150.
  tangerineWhistle: { selfdestructNewAccount: 25_000 },
  // EIP-160, EIP-170.
  spuriousDragon: { expByte: 50, maxCodeSize: 24_576 },
  // EIP-196, EIP-197, EIP-198.
  byzantium: {
    lastPrecompile: 8,
    bn254Add: 500,
    bn254Mul: 40_000,
    bn254Pairing: 100_000,
    bn254PairingPair: 80_000,
  },
  // EIP-1283: SSTORE_NOOP_GAS; the refunds follow from set, reset and noop.
  constantinople: { sstoreNoop: 200 },
  petersburg: { sstoreNoop: 5000 },
  // EIP-152, EIP-1108, EIP-2028, EIP-2200.
  istanbul: {
    txDataNonZeroByte: 16,
    sstoreNoop: 800,
    sstoreSentry: 2300,
    lastPrecompile: 9,
    bn254Add: 150,
    bn254Mul: 6000,
    bn254Pairing: 45_000,
    bn254PairingPair: 34_000,
    blake2fRound: 1,
  },
  // EIP-2565, EIP-2929, EIP-2930.
  berlin: {
    accessListAddress: 2400,
    accessListKey: 1900,
    coldAccount: 2500,
    warmAccount: 100,
    coldSload: 2000,
    coldSstore: 2100,
    sstoreNoop: 100,
    sstoreReset: 2900,
    selfdestructCold: 2600,
    modexpMinimum: 200,
  },
  // EIP-3529: SSTORE_RESET_GAS + ACCESS_LIST_STORAGE_KEY_COST.
  london: { refundQuotient: 5, sstoreClearRefund: 4800, selfdestructRefund: 0 },
  // EIP-3860.
  shanghai: { initcodeWord: 2, maxInitcodeSize: 49_152 },
  // EIP-4844.
  cancun: {
    blobGas: 131_072,
    maxBlobsPerTransaction: NO_LIMIT,
    maxBlobsPerBlock: 6,
    lastPrecompile: 0x0a,
    kzgPointEvaluation: 50_000,
  },
  // EIP-2537, EIP-7623, EIP-7691, EIP-7702.
  prague: {
    floorZeroByte: 10,
    floorNonZeroByte: 40,
    authorization: 25_000,
    authorizationRefund: 12_500,
    maxBlobsPerBlock: 9,
    lastPrecompile: 0x11,
    bls12G1Add: 375,
    bls12G1Mul: 12_000,
    bls12G2Add: 600,
    bls12G2Mul: 22_500,
    bls12Pairing: 37_700,
    bls12PairingPair: 32_600,
    bls12MapFpToG1: 5500,
    bls12MapFp2ToG2: 23_800,
  },
  // EIP-7594, EIP-7825, EIP-7883, EIP-7951.
  osaka: { txGasCap: 2 ** 24, maxBlobsPerTransaction: 6, modexpMinimum: 500, p256Verify: 6900 },
  bpo1: { maxBlobsPerBlock: 15 },
  bpo2: { maxBlobsPerBlock: 21 },
  // EIP-2780, EIP-7954, EIP-7976, EIP-7981, EIP-8037, EIP-8038.
  amsterdam: {
    txBase: 12_000,
    txCreate: 12_000,
    txRecipient: 3000,
    txValue: 6000,
    floorZeroByte: 64,
    floorNonZeroByte: 64,
    accessListByte: 64,
    accessListAddress: 2900,
    accessListKey: 2000,
    // Calldata of the tuple, ecrecover, cold access and two warm writes: 1616 + 3000 + 3000 + 200.
    authorization: 7816,
    authorizationRefund: 0,
    coldAccount: 2900,
    coldSstore: 2000,
    // STORAGE_WRITE and the warm access.
    sstoreSet: 10_100,
    sstoreReset: 10_100,
    sstoreClearRefund: 11_616,
    // ACCOUNT_WRITE and the stipend.
    callValue: 11_300,
    callNewAccount: 0,
    selfdestructNewAccount: 9000,
    selfdestructCold: 3000,
    codeDepositByte: 0,
    codeDepositWord: 6,
    stateNewAccount: 120 * COST_PER_STATE_BYTE,
    stateNewSlot: 64 * COST_PER_STATE_BYTE,
    stateDelegation: 23 * COST_PER_STATE_BYTE,
    stateCodeByte: COST_PER_STATE_BYTE,
    accountWrite: 9000,
    maxCodeSize: 65_536,
    maxInitcodeSize: 131_072,
  },
};

/**
 * The whole schedule of `fork`.
 *
 * @example gasSchedule('london').sstoreClearRefund // 4800
 */
export function gasSchedule(fork: ForkName): GasSchedule {
  return Object.assign({}, ...forksUntil(fork).map(({ name }) => SCHEDULE_CHANGES[name])) as GasSchedule;
}
