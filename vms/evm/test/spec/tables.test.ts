import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FEATURES, featuresOf, FORKS } from '../../src/spec/forks.ts';
import { gasSchedule, NO_LIMIT } from '../../src/spec/gas-schedule.ts';
import { baseCost, OPCODES, opcodeAt } from '../../src/spec/opcodes.ts';
import {
  encodeOpcodeTable,
  encodeSchedule,
  featureBits,
  kernelScheduleSource,
  OP_FLAGS,
  OPCODE_TABLE_BYTES,
  SCHEDULE_BYTES,
  SCHEDULE_FIELDS,
  scheduleOf,
  STACK_LIMIT,
} from '../../src/spec/tables.ts';
import type { Rules } from '../../src/types.ts';

const rulesOf = (fork: Rules['fork']): Rules => ({ fork, blobSchedule: undefined });
const ALL = FORKS.map(({ name }) => rulesOf(name));

/** The constants the kernel is compiled with, read out of its source. */
function kernelConstants(): ReadonlyMap<string, number> {
  const source = readFileSync(new URL('../../assembly/schedule.ts', import.meta.url), 'utf8');
  const constants = [...source.matchAll(/^export const (\w+): \w+ = ([\d <]+);$/gm)].map(
    ([, name, value]): [string, number] => {
      const [left, right] = value!.split('<<').map(Number);
      return [name!, right === undefined ? left! : left! * 2 ** right];
    },
  );
  return new Map(constants);
}

describe('the layout the kernel is compiled with', () => {
  it('is the one the tables are written in', () => {
    expect(readFileSync(new URL('../../assembly/schedule.ts', import.meta.url), 'utf8')).toBe(
      kernelScheduleSource(),
    );
  });

  it('finds each field at its offset', () => {
    const constants = kernelConstants();
    for (const rules of ALL) {
      const bytes = encodeSchedule(rules);
      const view = new DataView(bytes.buffer);
      const read = (name: string) => Number(view.getBigUint64(constants.get(name)!, true));
      const schedule = gasSchedule(rules.fork);
      expect(read('TX_BASE')).toBe(schedule.txBase);
      expect(read('SSTORE_CLEAR_REFUND')).toBe(schedule.sstoreClearRefund);
      expect(read('BLS12_MAP_FP2_TO_G2')).toBe(schedule.bls12MapFp2ToG2);
      expect(read('MAX_CODE_SIZE')).toBe(schedule.maxCodeSize === NO_LIMIT ? 2 ** 64 : schedule.maxCodeSize);
      expect(read('P256_VERIFY')).toBe(schedule.p256Verify);
    }
    expect(constants.get('SCHEDULE_BYTES')).toBe(SCHEDULE_BYTES);
    expect(SCHEDULE_BYTES).toBe(8 + 8 * SCHEDULE_FIELDS.length);
  });

  it('gives no two fields one offset and no two features one bit', () => {
    const constants = kernelConstants();
    const offsets = SCHEDULE_FIELDS.map((_, i) => 8 + 8 * i);
    const found = [...constants.values()].filter((value) => offsets.includes(value)).length;
    expect(found).toBeGreaterThanOrEqual(SCHEDULE_FIELDS.length);
    const bits = FEATURES.map((feature) => constants.get(feature.toUpperCase().replace('EIP', 'EIP_')));
    expect(new Set(bits).size).toBe(FEATURES.length);
  });
});

describe('feature set', () => {
  it.each(ALL)('has the bits of $fork', (rules) => {
    const on = featuresOf(rules.fork);
    const bits = featureBits(rules);
    FEATURES.forEach((feature, i) => expect((bits >> BigInt(i)) & 1n).toBe(on.has(feature) ? 1n : 0n));
  });
});

describe('instruction table', () => {
  it.each(ALL)('of $fork agrees with the specification', ({ fork }) => {
    const bytes = encodeOpcodeTable(rulesOf(fork));
    const view = new DataView(bytes.buffer);
    expect(bytes.length).toBe(OPCODE_TABLE_BYTES);
    for (let code = 0; code < 256; code++) {
      const spec = opcodeAt(code, fork);
      const flags = bytes[8 * code + 5]!;
      expect((flags & OP_FLAGS.DEFINED) !== 0).toBe(spec !== undefined);
      if (spec === undefined) {
        expect(view.getBigUint64(8 * code)).toBe(0n);
        continue;
      }
      expect(view.getUint16(8 * code, true), spec.mnemonic).toBe(baseCost(spec, fork));
      expect(bytes[8 * code + 2]).toBe(spec.operands.length);
      expect(bytes[8 * code + 3]).toBe(spec.results.length);
      const growth = spec.results.length - spec.operands.length;
      expect(view.getUint16(8 * code + 6, true) + Math.max(growth, 0)).toBe(STACK_LIMIT);
      expect((flags & OP_FLAGS.STATIC_FORBIDDEN) !== 0).toBe(spec.forbiddenInStatic === true);
    }
  });

  it('skips push data and no other immediate', () => {
    const bytes = encodeOpcodeTable(rulesOf('amsterdam'));
    const skipped = OPCODES.filter(({ code }) => bytes[8 * code + 4] !== 0);
    expect(skipped.map(({ mnemonic }) => mnemonic)).toEqual(
      Array.from({ length: 32 }, (_, i) => `PUSH${i + 1}`),
    );
    expect(bytes[8 * 0x60 + 4]).toBe(1);
    expect(bytes[8 * 0x7f + 4]).toBe(32);
  });

  it('ends basic blocks where gas is seen or control leaves', () => {
    const bytes = encodeOpcodeTable(rulesOf('osaka'));
    const withFlag = (flag: number) =>
      OPCODES.filter(({ code }) => (bytes[8 * code + 5]! & flag) !== 0).map(({ mnemonic }) => mnemonic);
    expect(withFlag(OP_FLAGS.JUMPS)).toEqual(['JUMP', 'JUMPI']);
    expect(withFlag(OP_FLAGS.BEGINS_BLOCK)).toEqual(['JUMPDEST']);
    expect(withFlag(OP_FLAGS.TERMINATES)).toEqual(['STOP', 'RETURN', 'REVERT', 'INVALID', 'SELFDESTRUCT']);
    expect(withFlag(OP_FLAGS.ENDS_BLOCK)).toEqual([
      'STOP',
      'SSTORE',
      'JUMP',
      'JUMPI',
      'GAS',
      'CREATE',
      'CALL',
      'CALLCODE',
      'RETURN',
      'DELEGATECALL',
      'CREATE2',
      'STATICCALL',
      'REVERT',
      'INVALID',
      'SELFDESTRUCT',
    ]);
  });
});

describe('blob limits', () => {
  it('come from the schedule that is given', () => {
    const blobSchedule = { target: 1, max: 2, updateFraction: 1n };
    expect(scheduleOf({ fork: 'cancun', blobSchedule }).maxBlobsPerBlock).toBe(2);
    for (const rules of ALL) {
      expect(scheduleOf(rules)).toEqual(gasSchedule(rules.fork));
    }
  });
});
