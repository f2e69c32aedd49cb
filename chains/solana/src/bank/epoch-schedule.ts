import type { Bytes } from '@ninefold/base';

/** How slots are divided into epochs. */
export type EpochSchedule = {
  readonly slotsPerEpoch: number;
  /** Slots before an epoch at which its leaders are determined. */
  readonly leaderScheduleSlotOffset: number;
  /** Whether the first epochs are short and double in length. */
  readonly isWarmup: boolean;
  readonly firstNormalEpoch: number;
  readonly firstNormalSlot: number;
};

/** Slots of the first epoch of a warm-up. */
const MINIMUM_SLOTS_PER_EPOCH = 32;

export const SLOTS_PER_EPOCH = 432_000;

/** Epochs of `slotsPerEpoch` slots from the begin on. */
export function epochScheduleOf(slotsPerEpoch: number = SLOTS_PER_EPOCH): EpochSchedule {
  return {
    slotsPerEpoch,
    leaderScheduleSlotOffset: slotsPerEpoch,
    isWarmup: false,
    firstNormalEpoch: 0,
    firstNormalSlot: 0,
  };
}

/** The epoch of `slot`, and how far it has gone. */
export function epochOf(
  schedule: EpochSchedule,
  slot: number,
): { readonly epoch: number; readonly index: number; readonly slots: number } {
  if (slot < schedule.firstNormalSlot) {
    const epoch = Math.floor(Math.log2(slot + MINIMUM_SLOTS_PER_EPOCH)) - Math.log2(MINIMUM_SLOTS_PER_EPOCH);
    const slots = MINIMUM_SLOTS_PER_EPOCH * 2 ** epoch;
    return { epoch, index: slot - (slots - MINIMUM_SLOTS_PER_EPOCH), slots };
  }
  const since = slot - schedule.firstNormalSlot;
  const slots = schedule.slotsPerEpoch;
  return { epoch: schedule.firstNormalEpoch + Math.floor(since / slots), index: since % slots, slots };
}

/** The first slot of `epoch`. */
export function firstSlotOf(schedule: EpochSchedule, epoch: number): number {
  if (epoch <= schedule.firstNormalEpoch && schedule.firstNormalSlot > 0)
    return (2 ** epoch - 1) * MINIMUM_SLOTS_PER_EPOCH;
  return schedule.firstNormalSlot + (epoch - schedule.firstNormalEpoch) * schedule.slotsPerEpoch;
}

/** How many slots `epoch` has. */
export function slotsIn(schedule: EpochSchedule, epoch: number): number {
  return epoch < schedule.firstNormalEpoch ? MINIMUM_SLOTS_PER_EPOCH * 2 ** epoch : schedule.slotsPerEpoch;
}

/** The newest epoch whose leaders are known in `slot`. */
export function leaderScheduleEpochOf(schedule: EpochSchedule, slot: number): number {
  if (slot < schedule.firstNormalSlot) return epochOf(schedule, slot).epoch + 1;
  const since = slot - schedule.firstNormalSlot + schedule.leaderScheduleSlotOffset;
  return schedule.firstNormalEpoch + Math.floor(since / schedule.slotsPerEpoch);
}

/** Data of the sysvar. */
export function encodeEpochSchedule(schedule: EpochSchedule): Bytes {
  const data = new Uint8Array(33);
  const view = new DataView(data.buffer);
  view.setBigUint64(0, BigInt(schedule.slotsPerEpoch), true);
  view.setBigUint64(8, BigInt(schedule.leaderScheduleSlotOffset), true);
  data[16] = schedule.isWarmup ? 1 : 0;
  view.setBigUint64(17, BigInt(schedule.firstNormalEpoch), true);
  view.setBigUint64(25, BigInt(schedule.firstNormalSlot), true);
  return data;
}

/** The schedule in a sysvar's data. */
export function decodeEpochSchedule(data: Bytes): EpochSchedule {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return {
    slotsPerEpoch: Number(view.getBigUint64(0, true)),
    leaderScheduleSlotOffset: Number(view.getBigUint64(8, true)),
    isWarmup: data[16] === 1,
    firstNormalEpoch: Number(view.getBigUint64(17, true)),
    firstNormalSlot: Number(view.getBigUint64(25, true)),
  };
}
