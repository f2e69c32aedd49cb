import type { Program } from './decode.ts';
import type { KernelMemory } from './kernel-memory.ts';
import { align } from './layout.ts';

/** Programs stay in a machine's memory until they take this together, or are so many. */
export const MAX_RESIDENT_BYTES: number = 16 << 20;
export const MAX_RESIDENTS = 64;

/** A program in a machine's memory. */
export type Resident = {
  readonly program: Program;
  /** Address of its records, and of what it can read. */
  readonly code: number;
  readonly readOnly: number;
  readonly end: number;
};

/** The programs in a machine's memory, one behind the other from an address on. */
export class Residents {
  readonly #memory: KernelMemory;
  readonly #start: number;
  #programs = new Map<Program, Resident>();
  /** The first address behind them. */
  end: number;

  constructor(memory: KernelMemory, start: number) {
    this.#memory = memory;
    this.#start = start;
    this.end = start;
  }

  /** Copies a program in unless it is there; all others make room when there is none. */
  load(program: Program): Resident {
    const known = this.#programs.get(program);
    if (known !== undefined) return known;
    if (this.end - this.#start > MAX_RESIDENT_BYTES || this.#programs.size === MAX_RESIDENTS) {
      this.#programs = new Map();
      this.end = this.#start;
    }
    const { records, executable } = program;
    const code = this.end;
    const readOnly = align(code + records.length);
    const resident = { program, code, readOnly, end: align(readOnly + executable.readOnly.length) };
    this.#memory.reserve(resident.end);
    this.#memory.bytes.set(records, code);
    this.#memory.bytes.set(executable.readOnly, readOnly);
    this.#programs.set(program, resident);
    this.end = resident.end;
    return resident;
  }
}
