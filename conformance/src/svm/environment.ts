import { addressBytes, type Environment, mainnetFeatures, SYSVAR } from '@ninefold/vm-svm';

const SLOT = 447_552_000n;
const SLOTS_PER_EPOCH = 432_000n;
const BLOCKHASH = 'CmpNeggWJ4JaWJeJ8YKN1Zypmk7uvQq3PECGUCAEMbky';
const LAMPORTS_PER_BYTE = 6960n;

function words(length: number, fields: Readonly<Record<number, bigint>>): Uint8Array {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  for (const [at, value] of Object.entries(fields)) view.setBigUint64(Number(at), value, true);
  return bytes;
}

function rent(): Uint8Array {
  const bytes = words(17, { 0: LAMPORTS_PER_BYTE });
  new DataView(bytes.buffer).setFloat64(8, 1, true);
  bytes[16] = 50;
  return bytes;
}

/** Epochs double from 32 slots on until the fourteenth. */
function epochSchedule(): Uint8Array {
  const bytes = words(33, { 0: SLOTS_PER_EPOCH, 8: SLOTS_PER_EPOCH, 17: 14n, 25: 524_256n });
  bytes[16] = 1;
  return bytes;
}

/** The one slot that the recording knows. */
function slotHashes(): Uint8Array {
  const bytes = words(48, { 0: 1n, 8: SLOT });
  bytes.set(addressBytes(BLOCKHASH), 16);
  return bytes;
}

/** The surroundings in which the vectors were recorded. */
export const ENVIRONMENT: Environment = {
  features: mainnetFeatures(),
  sysvars: new Map([
    [SYSVAR.clock, words(40, { 0: SLOT })],
    [SYSVAR.rent, rent()],
    [SYSVAR.epochSchedule, epochSchedule()],
    [SYSVAR.epochRewards, words(81, {})],
    [SYSVAR.lastRestartSlot, words(8, {})],
    [SYSVAR.slotHashes, slotHashes()],
    [SYSVAR.stakeHistory, words(8, {})],
  ]),
  epochStake: () => 0n,
  blockhash: addressBytes(BLOCKHASH),
  lamportsPerSignature: 5000n,
};
