import type { Rules } from '../types.ts';
import { blobScheduleOf, FEATURES, featuresOf } from './forks.ts';
import type { GasSchedule } from './gas-schedule.ts';
import { gasSchedule, NO_LIMIT } from './gas-schedule.ts';
import {
  G1_MSM_DISCOUNTS,
  G2_MSM_DISCOUNTS,
  MSM_DISCOUNT_MULTIPLIER,
  type MsmDiscounts,
} from './msm-discounts.ts';
import type { OpSpec } from './opcodes.ts';
import { baseCost, opcodeAt } from './opcodes.ts';

// The tables a kernel instance is initialised with, byte for byte. The same layout stands as
// constants in `assembly/schedule.ts`, which `kernelScheduleSource` writes and a test compares.

/** Fields of the schedule in the order of their u64 words, after the feature set. */
export const SCHEDULE_FIELDS: readonly (keyof GasSchedule)[] = Object.keys(
  gasSchedule('frontier'),
) as (keyof GasSchedule)[];

/** Bytes of a serialised schedule: the feature set and every field, a u64 each. */
export const SCHEDULE_BYTES: number = 8 * (1 + SCHEDULE_FIELDS.length);

/** Bytes of a serialised instruction table: 256 entries of 8 bytes. */
export const OPCODE_TABLE_BYTES: number = 256 * 8;

/** Bits of an instruction table entry's flags. */
export const OP_FLAGS = {
  /** Is an instruction in this fork. */
  DEFINED: 1,
  /** Fails in a static frame whatever its operands. */
  STATIC_FORBIDDEN: 2,
  /** The last instruction of a basic block: jumps, ends the frame, or sees or spends the gas left. */
  ENDS_BLOCK: 4,
  /** Execution does not go on behind it. */
  TERMINATES: 8,
  /** JUMP or JUMPI. */
  JUMPS: 16,
  /** JUMPDEST: begins a basic block. */
  BEGINS_BLOCK: 32,
  /** Has a cost besides the base cost. */
  DYNAMIC_COST: 64,
} as const;

/** Items a stack may hold. */
export const STACK_LIMIT = 1024;

const JUMPS: readonly string[] = ['JUMP', 'JUMPI'];
const OBSERVES_GAS: readonly string[] = [
  'GAS',
  'SSTORE',
  'CALL',
  'CALLCODE',
  'DELEGATECALL',
  'STATICCALL',
  'CREATE',
  'CREATE2',
];

function flagsOf(spec: OpSpec): number {
  const jumps = JUMPS.includes(spec.mnemonic);
  const endsBlock = jumps || spec.terminates === true || OBSERVES_GAS.includes(spec.mnemonic);
  return (
    OP_FLAGS.DEFINED |
    (spec.forbiddenInStatic ? OP_FLAGS.STATIC_FORBIDDEN : 0) |
    (endsBlock ? OP_FLAGS.ENDS_BLOCK : 0) |
    (spec.terminates ? OP_FLAGS.TERMINATES : 0) |
    (jumps ? OP_FLAGS.JUMPS : 0) |
    (spec.mnemonic === 'JUMPDEST' ? OP_FLAGS.BEGINS_BLOCK : 0) |
    (spec.dynamicCost ? OP_FLAGS.DYNAMIC_COST : 0)
  );
}

/**
 * The instruction table of `rules`, little-endian, 8 bytes an opcode: u16 base cost, u8 stack
 * items needed, u8 stack items left in their place, u8 bytes of push data (what jump-target
 * analysis skips), u8 {@link OP_FLAGS}, u16 greatest stack height that does not overflow. An
 * undefined opcode is all zeros.
 */
export function encodeOpcodeTable(rules: Rules): Uint8Array {
  const bytes = new Uint8Array(OPCODE_TABLE_BYTES);
  const view = new DataView(bytes.buffer);
  for (let code = 0; code < 256; code++) {
    const spec = opcodeAt(code, rules.fork);
    if (spec === undefined) continue;
    const at = 8 * code;
    const growth = spec.results.length - spec.operands.length;
    view.setUint16(at, baseCost(spec, rules.fork) as number, true);
    bytes[at + 2] = spec.operands.length;
    bytes[at + 3] = spec.results.length;
    bytes[at + 4] = spec.mnemonic.startsWith('PUSH') ? (spec.immediate ?? 0) : 0;
    bytes[at + 5] = flagsOf(spec);
    view.setUint16(at + 6, STACK_LIMIT - Math.max(0, growth), true);
  }
  return bytes;
}

/** The schedule of `rules`, little-endian: u64 feature set, then a u64 for each of {@link SCHEDULE_FIELDS}. */
export function encodeSchedule(rules: Rules): Uint8Array {
  const bytes = new Uint8Array(SCHEDULE_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, featureBits(rules), true);
  const schedule = scheduleOf(rules);
  SCHEDULE_FIELDS.forEach((field, index) => {
    const value = schedule[field];
    view.setBigUint64(8 * (1 + index), value === NO_LIMIT ? 2n ** 64n - 1n : BigInt(value), true);
  });
  return bytes;
}

/** The fork's schedule under the rules' blob schedule. */
export function scheduleOf(rules: Rules): GasSchedule {
  const blobs = rules.blobSchedule ?? blobScheduleOf(rules.fork);
  const schedule = gasSchedule(rules.fork);
  return blobs === undefined ? schedule : { ...schedule, maxBlobsPerBlock: blobs.max };
}

/** The rules' features as a bit set: bit i is the i-th of {@link FEATURES}. */
export function featureBits(rules: Rules): bigint {
  const features = featuresOf(rules.fork);
  return FEATURES.reduce((bits, feature, i) => (features.has(feature) ? bits | (1n << BigInt(i)) : bits), 0n);
}

const constantName = (name: string): string => name.replaceAll(/(?<=[a-z\d])[A-Z]/g, '_$&').toUpperCase();

/** Text of `assembly/schedule.ts`: offsets, feature bits and flags as constants the kernel is compiled with. */
export function kernelScheduleSource(): string {
  const constant = (name: string, type: string, value: number | string): string =>
    `export const ${name}: ${type} = ${value};`;
  return [
    '// Written by `npm run gen`: the layout of `src/spec/tables.ts` as constants.',
    '',
    '// Byte offsets from the start of the schedule; each holds a u64.',
    constant('FEATURE_SET', 'usize', 0),
    ...SCHEDULE_FIELDS.map((field, index) => constant(constantName(field), 'usize', 8 * (1 + index))),
    constant('SCHEDULE_BYTES', 'usize', SCHEDULE_BYTES),
    '',
    '// Bits of the feature set.',
    ...FEATURES.map((feature, bit) =>
      constant(feature.toUpperCase().replace('EIP', 'EIP_'), 'u64', `1 << ${bit}`),
    ),
    '',
    '// Byte offsets in an entry of the instruction table, and bits of its flags.',
    constant('OP_ENTRY_BYTES', 'usize', 8),
    constant('OP_COST', 'usize', 0),
    constant('OP_STACK_IN', 'usize', 2),
    constant('OP_STACK_OUT', 'usize', 3),
    constant('OP_PUSH_BYTES', 'usize', 4),
    constant('OP_FLAGS', 'usize', 5),
    constant('OP_MAX_HEIGHT', 'usize', 6),
    ...Object.entries(OP_FLAGS).map(([name, bit]) => constant(`FLAG_${name}`, 'u8', bit)),
    constant('STACK_LIMIT', 'i32', STACK_LIMIT),
    '',
  ].join('\n');
}

/** Text of `assembly/precompiles/msm-discounts.ts`: the discount tables as data of the kernel. */
export function kernelMsmDiscountsSource(): string {
  const table = (name: string, discounts: MsmDiscounts): readonly string[] => [
    `/** u16 per entry: ${discounts.length} of them. */`,
    `export const ${name}: usize = memory.data<u16>([`,
    ...Array.from({ length: Math.ceil(discounts.length / 16) }, (_, row) => {
      const line = discounts.slice(16 * row, 16 * (row + 1));
      return `  ${line.join(', ')},`;
    }),
    ']);',
    '',
  ];
  return [
    '// Written by `npm run gen` from `src/spec/msm-discounts.ts` (EIP-2537).',
    '',
    `export const MSM_DISCOUNT_ENTRIES: u32 = ${G1_MSM_DISCOUNTS.length};`,
    `export const MSM_DISCOUNT_MULTIPLIER: u64 = ${MSM_DISCOUNT_MULTIPLIER};`,
    '',
    ...table('G1_MSM_DISCOUNTS', G1_MSM_DISCOUNTS),
    ...table('G2_MSM_DISCOUNTS', G2_MSM_DISCOUNTS),
  ].join('\n');
}
