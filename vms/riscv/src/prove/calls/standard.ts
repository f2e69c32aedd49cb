import { defineBus } from '@ninefold/stark';
import { STANDARD_CALL } from '../../spec/guest-calls.ts';
import { REGISTER } from '../../spec/registers.ts';
import { placeOf } from '../address.ts';
import { JOURNAL_CELL, SLOT, TIME_STEP } from '../buses.ts';
import { type Cell, touch } from '../cells.ts';
import { unprovable } from '../errors.ts';
import { pendingRows, tablesOf } from '../pending-table.ts';
import { fromLimbs, type Limbs, toLimbs } from '../words.ts';
import type { CallSystem } from './call-system.ts';
import { fillOutput, outputChip, type OutputStep } from './output.ts';
import {
  fillStandardCalls,
  type StandardCall,
  standardCallChip,
  type StandardStep,
} from './standard-call.ts';

const CALLS: Readonly<Record<number, StandardCall>> = {
  [STANDARD_CALL.READ_INPUT]: 'read input',
  [STANDARD_CALL.WRITE_OUTPUT]: 'write output',
  [STANDARD_CALL.WRITE_STREAM]: 'write stream',
};

function callOf(number: Limbs, exit: Limbs, pc: number): StandardCall {
  if (number.every((limb, i) => limb === exit[i])) return 'exit';
  const call = CALLS[Number(fromLimbs(number))];
  if (call === undefined) throw unprovable(pc, `call ${fromLimbs(number)}`);
  return call;
}

/** Calls of the standard interface: input, journal, streams and exit code. Accelerators have no chips. */
export const STANDARD_CALLS: CallSystem = {
  name: 'standard',
  operations: ['ecall'],
  memory: { hasInput: true, misaligned: 'supported', addressBits: 32 },
  create: (shape, buses) => {
    const own = { output: defineBus('output', 6), journal: defineBus('journal', 2) };
    const [callChip, byteChip] = [standardCallChip(shape, buses, own), outputChip(shape, buses, own)];
    return {
      chips: [callChip, byteChip],
      messages: (journal) =>
        journal.map((byte, position) => ({ bus: own.journal, values: [position, byte], multiplicity: -1 })),
      recorder: ({ register, word }) => {
        const calls = pendingRows<StandardStep>(callChip, (columns, lookups) =>
          fillStandardCalls(columns, lookups, shape),
        );
        const bytes = pendingRows<OutputStep>(byteChip, (columns, lookups) =>
          fillOutput(columns, lookups, shape),
        );
        const touched = [REGISTER.a0, REGISTER.a1, REGISTER.a2, JOURNAL_CELL].map(register) as [
          Cell,
          Cell,
          Cell,
          Cell,
        ];

        /** Reads `length` bytes, a time step for each. */
        const readBytes = (time: number, address: Limbs, length: number, position: number): void => {
          const { space, index: first, offset: start } = placeOf(address, shape);
          for (let i = 0; i < length; i++) {
            const at = time + i * TIME_STEP;
            const index = first + Math.floor((start + i) / shape.bytes);
            bytes.push({
              time: at,
              place: { space, index, offset: (start + i) % shape.bytes },
              left: length - i,
              position: position + i,
              word: touch(word(space, index), at + TIME_STEP + SLOT.MEMORY),
            });
          }
        };

        return {
          take: (step) => {
            const { time, program, effect } = step;
            const call = callOf(step.a, program.immLimbs, program.pc);
            const [a0, a1, , journal] = touched.map(({ value }) => value) as [Limbs, Limbs, Limbs, Limbs];
            const length = call === 'write output' ? Number(fromLimbs(a1)) : 0;
            const position = journal[0] as number;
            const setTo = (index: number): Limbs | undefined => {
              const value = effect.registers.get(index);
              return value === undefined ? undefined : toLimbs(value, shape);
            };
            const next = [
              setTo(REGISTER.a0),
              setTo(REGISTER.a1),
              undefined,
              [position + length, ...journal.slice(1)],
            ];
            const cells = touched.map((cell, i) => {
              const value = next[i] ?? cell.value;
              return { ...touch(cell, time + SLOT.RS2, value), next: value };
            });
            calls.push({ ...step, call, cells });
            readBytes(time, a0, length, position);
            return time + TIME_STEP * (1 + length);
          },
          ...tablesOf([calls, bytes]),
          ends: () => [],
        };
      },
    };
  },
  publicValues: (journal) => Array.from(journal),
  publicCount: (journalLength) => journalLength,
};
