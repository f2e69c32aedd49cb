import { describeError, type InstructionError } from '../spec/instruction-errors.ts';

/** Ends an instruction with an error: thrown by builtin programs and by the rules of accounts. */
export class InstructionFailure extends Error {
  readonly error: InstructionError;

  /** @param text what the log says instead of the error's own text */
  constructor(error: InstructionError, text: string = describeError(error)) {
    super(text);
    this.error = error;
  }
}

/** Ends an instruction with a program's own number. */
export function customFailure(number: number): InstructionFailure {
  return new InstructionFailure({ Custom: number });
}
