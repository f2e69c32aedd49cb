import { sha256 } from '@ninefold/kernels';
import { defineBus } from '@ninefold/stark';
import { SP1_CALL, SP1_CALL_NAMES } from '../../spec/guest-calls.ts';
import { REGISTER } from '../../spec/registers.ts';
import { SLOT, TIME_STEP } from '../buses.ts';
import { touch } from '../cells.ts';
import { unprovable } from '../errors.ts';
import { pendingRows, tablesOf } from '../pending-table.ts';
import { PROVABLE_SP1_PRECOMPILES } from '../precompiles/sp1.ts';
import { fromLimbs, type Limbs, toLimbs } from '../words.ts';
import type { CallConvention } from '../lower.ts';
import type { CallSystem } from './call-system.ts';
import { fillHints, hintBus, hintChip, type HintStep, takeHint } from './hint.ts';
import { precompileBus } from './precompile.ts';
import { DIGEST_WORDS, fillSp1Calls, SP1_PROVABLE, sp1CallChip, type Sp1Step } from './sp1-call.ts';

/** Calls of SP1 have their number in t0; HALT's is 0. */
export const SP1_CONVENTION: CallConvention = { register: REGISTER.t0, exit: BigInt(SP1_CALL.HALT) };

/** The words of the digest of public values that COMMIT has to name, in low and high halves. */
function digestHalves(journal: Uint8Array): readonly number[] {
  const digest = sha256(journal);
  return Array.from({ length: 2 * DIGEST_WORDS }, (_, i) => {
    const [low, high] = [digest[2 * i] as number, digest[2 * i + 1] as number];
    return low + 256 * high;
  });
}

/** Calls of SP1's guests: hints in, public values by their digest out. */
export const SP1_CALLS: CallSystem = {
  name: 'sp1',
  operations: ['ecall'],
  memory: { hasInput: false, misaligned: 'trap', addressBits: 32 },
  create: (shape, buses) => {
    const own = { commit: defineBus('commit', 3), hint: hintBus(), precompile: precompileBus(shape) };
    const callChip = sp1CallChip(shape, buses, own, PROVABLE_SP1_PRECOMPILES);
    const wordChip = hintChip(shape, buses, own.hint);
    const precompiles = PROVABLE_SP1_PRECOMPILES.map(({ name, create }) => ({
      name,
      ...create(shape, buses, own.precompile),
    }));
    const names = new Map<number, string>([
      ...SP1_PROVABLE.map((name): [number, string] => [SP1_CALL[name], name]),
      ...PROVABLE_SP1_PRECOMPILES.map(({ name, code }): [number, string] => [code, name]),
    ]);
    return {
      chips: [callChip, wordChip, ...precompiles.flatMap(({ chips }) => chips)],
      messages: (halves) =>
        Array.from({ length: DIGEST_WORDS }, (_, i) => ({
          bus: own.commit,
          values: [i, halves[2 * i] as number, halves[2 * i + 1] as number],
          multiplicity: -1,
        })),
      recorder: (cells) => {
        const calls = pendingRows<Sp1Step>(callChip, (columns, lookups) =>
          fillSp1Calls(columns, lookups, shape),
        );
        const hints = pendingRows<HintStep>(wordChip, (columns, lookups) =>
          fillHints(columns, lookups, shape),
        );
        const computations = new Map(precompiles.map(({ name, recorder }) => [name, recorder(cells)]));
        const committed = new Map<number, { readonly pc: number; readonly word: Limbs }>();

        const commit = (pc: number, a0: Limbs, word: Limbs): void => {
          const index = Number(fromLimbs(a0));
          if (committed.has(index)) throw unprovable(pc, `word ${index} of the digest for the second time`);
          committed.set(index, { pc, word });
        };

        return {
          take: (step) => {
            const { time, effect, program } = step;
            const code = Number(fromLimbs(step.a));
            const call = names.get(code);
            if (call === undefined)
              throw unprovable(
                program.pc,
                `the call ${SP1_CALL_NAMES.get(code) ?? `0x${code.toString(16)}`}`,
              );
            const a0 = touch(cells.register(REGISTER.a0), time + SLOT.RS2);
            const a1 = touch(cells.register(REGISTER.a1), time + SLOT.RS2);
            const args = [a0.previous, a1.previous] as const;
            let answer: Sp1Step['answer'];
            switch (call) {
              case 'COMMIT':
                commit(program.pc, ...args);
                break;
              case 'COMMIT_DEFERRED_PROOFS':
                if (args[1][0] !== 0 || args[1][1] !== 0 || fromLimbs(args[0]) >= DIGEST_WORDS)
                  throw unprovable(program.pc, 'a proof inside of the proof');
                break;
              case 'HALT':
                if (committed.size < DIGEST_WORDS)
                  throw unprovable(program.pc, 'an end without all words of the public values’ digest');
                break;
              case 'HINT_LEN': {
                const next = toLimbs(effect.registers.get(REGISTER.t0) ?? 0n, shape);
                answer = { ...touch(cells.register(REGISTER.t0), time + SLOT.RD, next), next };
                break;
              }
              case 'HINT_READ':
                for (const { address, bytes } of effect.writes)
                  hints.push(...takeHint(cells, time, address, bytes));
                break;
              default:
                computations.get(call)?.take(time, args);
                break;
            }
            calls.push({ ...step, call, a0, a1, answer });
            return time + TIME_STEP;
          },
          ...tablesOf([calls, hints, ...computations.values()]),
          ends: (journal) => {
            // What no verifier would believe is not worth proving.
            const digest = digestHalves(journal);
            for (const [index, { pc, word }] of committed) {
              if (word[0] !== digest[2 * index] || word[1] !== digest[2 * index + 1])
                throw unprovable(pc, 'a word of another digest than that of the public values');
            }
            return [];
          },
        };
      },
    };
  },
  publicValues: digestHalves,
  publicCount: () => 2 * DIGEST_WORDS,
};
