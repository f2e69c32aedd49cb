import { type Bytes, concatBytes } from '@ninefold/base';
import type { Machine } from '../engine/machine.ts';
import { refuse } from '../engine/traps.ts';
import { SP1_CALL_NAMES, SP1_PRECOMPILE, type Sp1Call } from '../spec/guest-calls.ts';
import { REGISTER } from '../spec/registers.ts';
import { type Abi, type Answer, exitByA0 } from './abi.ts';
import type { Outputs } from './outputs.ts';
import { SP1_HOOKS } from './sp1-hooks.ts';
import { SP1_PRECOMPILES, type Sp1Precompile } from './sp1-precompiles.ts';

const PRECOMPILES: ReadonlyMap<number, Sp1Precompile> = new Map(
  SP1_PRECOMPILES.map((precompile) => [SP1_PRECOMPILE[precompile.name], precompile]),
);

/** What may be called in an unconstrained block: hints leave it, and nothing else does. */
const UNCONSTRAINED_CALLS: ReadonlySet<string> = new Set<Sp1Call>(['WRITE', 'EXIT_UNCONSTRAINED']);

/** File descriptors without the offset of their generation. */
const FD = { STDOUT: 1, STDERR: 2, PUBLIC_VALUES: 3, HINT: 4 } as const;

/** RV64 guests add this to all descriptors but the two streams for people. */
const LOWEST_RV64_FD = 10;

/** HINT_LEN's answer when there is no input left. */
const NO_HINT = 2n ** 64n - 1n;

/**
 * Guests of SP1. Input: each piece is what one read of the guest takes. Journal: the public values,
 * whose digest the guest commits to word by word.
 */
export const sp1: Abi = {
  name: 'sp1',
  xlens: [32, 64],
  bounds: { low: 0, high: 2 ** 48 },
  fetch: 'program',
  misaligned: 'trap',
  start: (machine, input, outputs) => {
    const session: Session = { hints: [...input], isUnconstrained: false };
    return {
      answer: ({ spec }) => (spec.mnemonic === 'ecall' ? answerCall(machine, session, outputs) : 'illegal'),
    };
  },
};

/** What a run has between calls. */
type Session = {
  /** Input that was not read yet. */
  readonly hints: Bytes[];
  /** Whether what is done is to be undone. */
  isUnconstrained: boolean;
};

function answerCall(machine: Machine, session: Session, outputs: Outputs): Answer {
  const { hints } = session;
  const code = machine.word(REGISTER.t0);
  const [a0, a1, a2] = [REGISTER.a0, REGISTER.a1, REGISTER.a2].map((index) => machine.word(index)) as [
    number,
    number,
    number,
  ];
  const precompile = PRECOMPILES.get(code);
  const name = SP1_CALL_NAMES.get(code);
  if (name === undefined) throw refuse(`SP1 has no call 0x${code.toString(16)}`);
  if (session.isUnconstrained && !UNCONSTRAINED_CALLS.has(name))
    throw refuse(`SP1: ${name} has no place in an unconstrained block`);
  outputs.count(name);
  if (precompile !== undefined) {
    precompile.run(machine, a0, a1);
    return 'next';
  }
  switch (name) {
    case 'HALT':
      return exitByA0(machine);
    case 'WRITE':
      write(machine, hints, outputs, a0, machine.memory.read(a1, a2));
      return 'next';
    case 'ENTER_UNCONSTRAINED':
      machine.setRegister(REGISTER.t0, 1n);
      machine.enterShadow();
      session.isUnconstrained = true;
      return 'next';
    case 'EXIT_UNCONSTRAINED': {
      const entered = machine.leaveShadow();
      session.isUnconstrained = false;
      // Outside of such a block the call does nothing.
      machine.setRegister(REGISTER.t0, 0n);
      return entered === undefined ? 'next' : { jump: entered + 4n };
    }
    case 'HINT_LEN':
      machine.setRegister(REGISTER.t0, hints[0] === undefined ? NO_HINT : BigInt(hints[0].length));
      return 'next';
    case 'HINT_READ': {
      const hint = hints.shift();
      if (hint?.length !== a1)
        throw refuse(`SP1: ${a1} bytes read of a hint of ${hint?.length ?? 'no'} bytes`);
      const wordBytes = machine.xlen / 8;
      if (a0 % wordBytes !== 0) throw refuse(`SP1: a hint is read to ${a0}, which is no word's address`);
      // Whole words are written, the last one filled up with zeros.
      machine.memory.write(a0, concatBytes(hint, new Uint8Array(-hint.length & (wordBytes - 1))));
      return 'next';
    }
    case 'VERIFY_SP1_PROOF':
      throw refuse('SP1: proofs inside of proofs cannot be verified here');
    default:
      // COMMIT and COMMIT_DEFERRED_PROOFS: words of digests that a proof makes public.
      return 'next';
  }
}

function write(machine: Machine, hints: Bytes[], outputs: Outputs, descriptor: number, bytes: Bytes): void {
  const isStream = descriptor === FD.STDOUT || descriptor === FD.STDERR;
  const fd = isStream || machine.xlen === 32 ? descriptor : descriptor - LOWEST_RV64_FD;
  if (isStream) outputs.write(fd === FD.STDOUT ? 'stdout' : 'stderr', bytes);
  else if (fd === FD.PUBLIC_VALUES) outputs.write('journal', bytes);
  else if (fd === FD.HINT) hints.unshift(bytes);
  else {
    const hook = SP1_HOOKS[fd];
    if (hook === undefined) throw refuse(`SP1 has no file descriptor ${descriptor}`);
    hints.unshift(...hook(bytes));
  }
}
