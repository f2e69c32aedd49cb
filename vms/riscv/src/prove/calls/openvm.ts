import { defineBus } from '@ninefold/stark';
import { OPENVM_FUNCT3, OPENVM_HINT, OPENVM_PHANTOM } from '../../spec/guest-calls.ts';
import { SINK } from '../../engine/layout.ts';
import { addLimbs, placeOf } from '../address.ts';
import { SLOT, TIME_STEP } from '../buses.ts';
import { type Cell, touch } from '../cells.ts';
import { journalLength } from '../errors.ts';
import type { LowerOther } from '../lower.ts';
import { pendingRows, tablesOf } from '../pending-table.ts';
import type { Limbs } from '../words.ts';
import type { CallSystem } from './call-system.ts';
import { fillHints, hintBus, hintChip, type HintStep, takeHint } from './hint.ts';
import {
  fillOpenvmCalls,
  fillRevealed,
  openvmCallChip,
  type OpenvmStep,
  revealedChip,
  type RevealedWord,
} from './openvm-call.ts';

/** Bytes of a public value. */
const WORD_BYTES = 4;

/**
 * OpenVM's custom instructions as operations: an address comes from the register in rd's place; asking for
 * input and printing do nothing that a proof has to say.
 */
export const lowerOpenvm: LowerOther = ({ spec, word, rd, rs1 }) => {
  if (spec.mnemonic !== 'custom-0') return undefined;
  const immediate = word >> 20;
  switch ((word >>> 12) & 7) {
    case OPENVM_FUNCT3.TERMINATE:
      return { operation: 'terminate', rd: 0, rs1: 0, imm: BigInt(immediate & 0xff) };
    case OPENVM_FUNCT3.HINT:
      if (immediate === OPENVM_HINT.WORD) return { operation: 'hint', rd: 0, rs1: rd, imm: 1n };
      if (immediate === OPENVM_HINT.BUFFER)
        return { operation: 'hint', rd: 0, rs1: rd, rs2: rs1, isRegister: true };
      return undefined;
    case OPENVM_FUNCT3.REVEAL: {
      const imm = BigInt.asUintN(32, BigInt(immediate));
      return { operation: 'reveal', rd: 0, rs1: rd, rs2: rs1, isRegister: true, imm };
    }
    case OPENVM_FUNCT3.PHANTOM: {
      const isSilent = immediate === OPENVM_PHANTOM.INPUT || immediate === OPENVM_PHANTOM.PRINT;
      return isSilent ? { operation: 'add', rd: SINK, rs1: 0 } : undefined;
    }
    default:
      return undefined;
  }
};

/** Calls of OpenVM's guests: hints in, public values word by word out. */
export const OPENVM_CALLS: CallSystem = {
  name: 'openvm',
  operations: ['terminate', 'hint', 'reveal'],
  memory: { hasInput: false, misaligned: 'trap', addressBits: 29 },
  create: (shape, buses) => {
    const own = { hint: hintBus(), revealed: defineBus('revealed', 2 + shape.limbs) };
    const callChip = openvmCallChip(shape, buses, own);
    const wordChip = hintChip(shape, buses, own.hint);
    const endChip = revealedChip(shape, buses, own);
    return {
      chips: [callChip, wordChip, endChip],
      messages: (halves) =>
        Array.from({ length: halves.length / 2 }, (_, i) => ({
          bus: own.revealed,
          values: [
            i,
            halves[2 * i] as number,
            halves[2 * i + 1] as number,
            i === halves.length / 2 - 1 ? 1 : 0,
          ],
          multiplicity: -1,
        })),
      recorder: (cells) => {
        const calls = pendingRows<OpenvmStep>(callChip, (columns, lookups) =>
          fillOpenvmCalls(columns, lookups, shape),
        );
        const hints = pendingRows<HintStep>(wordChip, (columns, lookups) =>
          fillHints(columns, lookups, shape),
        );
        const publicValues: Cell[] = [];
        const zero: Limbs = new Array<number>(shape.limbs).fill(0);

        const reveal = (time: number, address: Limbs, value: Limbs): OpenvmStep['revealed'] => {
          const { index } = placeOf(address, shape);
          while (publicValues.length <= index) publicValues.push({ value: zero, time: 0 });
          return touch(publicValues[index] as Cell, time + SLOT.MEMORY, value);
        };

        return {
          take: (step) => {
            const { time, program, effect, a, b } = step;
            for (const { address, bytes } of effect.writes)
              hints.push(...takeHint(cells, time, address, bytes));
            const revealed =
              program.operation === 'reveal' ? reveal(time, addLimbs(a, program.immLimbs), b) : undefined;
            calls.push({ ...step, revealed });
            return time + TIME_STEP;
          },
          ...tablesOf([calls, hints]),
          ends: () => {
            const words = pendingRows<RevealedWord>(endChip, (columns) => fillRevealed(columns, shape));
            publicValues.forEach(({ value, time }, index) =>
              words.push({ index, value, time, isHighest: index === publicValues.length - 1 }),
            );
            return words.cut();
          },
        };
      },
    };
  },
  publicValues: (journal) => {
    if (journal.length % WORD_BYTES !== 0) throw journalLength(journal.length, WORD_BYTES);
    return Array.from(
      { length: journal.length / 2 },
      (_, i) => (journal[2 * i] as number) + 256 * (journal[2 * i + 1] as number),
    );
  },
  publicCount: (length) => length / 2,
};
