import type { Machine } from '../engine/machine.ts';
import { refuse } from '../engine/traps.ts';
import { STANDARD_CALL, STANDARD_INPUT_ADDRESS } from '../spec/guest-calls.ts';
import { REGISTER } from '../spec/registers.ts';
import { type Abi, type Answer, exitByA0 } from './abi.ts';
import type { Outputs } from './outputs.ts';
import { ACCELERATORS } from './standard-accelerators.ts';

/** The longest input. */
const MAX_INPUT_BYTES = 2 ** 28;

/** ZKVM_EFAIL of the standard. */
const EFAIL = -1n;

const BY_NUMBER = new Map(ACCELERATORS.map((accelerator) => [accelerator.number, accelerator]));

/**
 * Ninefold's own guest interface, after eth-act/zkvm-standards: calls by `ecall` with the number in a7,
 * arguments from a0 on and the result in a0. The one piece of input lies at `STANDARD_INPUT_ADDRESS`;
 * what is written by WRITE_OUTPUT is the journal; EXIT ends the run with the code in a0.
 */
export const standard: Abi = {
  name: 'standard',
  xlens: [32, 64],
  // As the proving machine has it: flat, 48 bits, without a part that traps.
  bounds: { low: 0, high: 2 ** 48 },
  fetch: 'program',
  misaligned: 'supported',
  start: (machine, input, outputs) => {
    if (input.length > 1) throw refuse('the standard interface has one piece of input');
    const bytes = input[0] ?? new Uint8Array(0);
    if (bytes.length > MAX_INPUT_BYTES)
      throw refuse(`an input of ${bytes.length} bytes: at most ${MAX_INPUT_BYTES} are taken`);
    machine.memory.write(STANDARD_INPUT_ADDRESS, bytes);
    return {
      answer: ({ spec }) =>
        spec.mnemonic === 'ecall' ? answerCall(machine, outputs, bytes.length) : 'illegal',
    };
  },
};

function answerCall(machine: Machine, outputs: Outputs, inputLength: number): Answer {
  const number = machine.word(REGISTER.a7);
  const args = Array.from({ length: 7 }, (_, i) => machine.word(REGISTER.a0 + i));
  const [a0 = 0, a1 = 0, a2 = 0] = args;
  switch (number) {
    case STANDARD_CALL.READ_INPUT:
      outputs.count('read_input');
      machine.setRegister(REGISTER.a0, BigInt(STANDARD_INPUT_ADDRESS));
      machine.setRegister(REGISTER.a1, BigInt(inputLength));
      return 'next';
    case STANDARD_CALL.WRITE_OUTPUT:
      outputs.count('write_output');
      outputs.write('journal', machine.memory.read(a0, a1));
      return 'next';
    case STANDARD_CALL.WRITE_STREAM:
      outputs.count('write');
      // What is for people only has no part in a proof: a stream that is none takes all and shows nothing.
      if (a0 === 1 || a0 === 2) outputs.write(a0 === 1 ? 'stdout' : 'stderr', machine.memory.read(a1, a2));
      machine.setRegister(REGISTER.a0, machine.register(REGISTER.a2));
      return 'next';
    case STANDARD_CALL.EXIT:
      return exitByA0(machine);
    default: {
      const accelerator = BY_NUMBER.get(number);
      if (accelerator === undefined) throw refuse(`the standard interface has no call ${number}`);
      outputs.count(accelerator.name);
      machine.setRegister(REGISTER.a0, accelerator.run(machine, args) ? 0n : EFAIL);
      return 'next';
    }
  }
}
