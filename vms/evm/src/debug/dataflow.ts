import type { Bytes, Hex } from '@ninefold/base';
import { bytesToBigint, bytesToHex, hexToBytes } from '@ninefold/base';
import type { TraceReader } from '@ninefold/trace';
import { createTraceReader } from '@ninefold/trace';
import { UNITS_PER_PROGRAM } from '../engine/recorder.ts';
import type { OpSpec } from '../spec/opcodes.ts';
import { opcodeAt } from '../spec/opcodes.ts';
import type { RecordedRun } from './recording.ts';

/** A place a value can be in. Frames are the trace's; `step` is when it is looked at: before that step. */
export type ValuePlace =
  | { readonly in: 'stack'; readonly frame: number; readonly slot: number }
  | {
      readonly in: 'memory' | 'calldata';
      readonly frame: number;
      readonly at: number;
      readonly length: number;
    }
  | { readonly in: 'storage'; readonly account: Hex; readonly key: Hex };

/** Where a value stands at a step. */
export type PlacedValue = { readonly place: ValuePlace; readonly step: number };

export type ValueKind = 'written' | 'computed' | 'input' | 'storage' | 'constant' | 'environment';

/** The step that made a value, behind all that only moved it. */
export type Source = {
  readonly step: number;
  readonly kind: ValueKind;
  readonly mnemonic: string;
  readonly value: Hex;
  /** What it was made of, by name of the operand. */
  readonly inputs: readonly (PlacedValue & { readonly name: string })[];
  /** Steps behind it that only moved the value. */
  readonly moves: number;
  /** Of an input: where in the calldata of the transaction. */
  readonly calldata?: number | undefined;
  /** Of storage: which slot. */
  readonly slot?: { readonly account: Hex; readonly key: Hex } | undefined;
};

/** A value is followed through at most so many moves, and so many sources are looked at to choose a way. */
const MAX_MOVES = 100_000;
const MAX_EXPLORED = 3000;
/** Steps that are searched for those who use a value. */
const MAX_USE_STEPS = 200_000;

const KECCAK256 = 0x20;
const CALLDATALOAD = 0x35;
const CALLDATACOPY = 0x37;
const RETURNDATACOPY = 0x3e;
const POP = 0x50;
const MLOAD = 0x51;
const MSTORE = 0x52;
const MSTORE8 = 0x53;
const SLOAD = 0x54;
const SSTORE = 0x55;
const MCOPY = 0x5e;
const PUSH0 = 0x5f;
const PUSH32 = 0x7f;
const DUP1 = 0x80;
const DUP16 = 0x8f;
const SWAP1 = 0x90;
const SWAP16 = 0x9f;
const CALL = 0xf1;
const CALLCODE = 0xf2;
const RETURN = 0xf3;
const DELEGATECALL = 0xf4;
const STATICCALL = 0xfa;
const REVERT = 0xfd;

/** Arithmetic whose result may simply be one of its operands, as after cleaning up high bits. */
const PASSING: ReadonlySet<number> = new Set([0x01, 0x02, 0x03, 0x04, 0x0b, 0x16, 0x17, 0x18, 0x1b, 0x1c]);

/** How much a way ends in what the user controls. */
const WORTH: Readonly<Record<ValueKind, number>> = {
  input: 4,
  storage: 3,
  written: 3,
  environment: 2,
  computed: 1,
  constant: 0,
};

/**
 * Follows values through a recorded run, by what each instruction reads and writes: back to where they came
 * from, and on to who used them.
 */
export class Dataflow {
  readonly reader: TraceReader;
  readonly #run: RecordedRun;
  readonly #worth = new Map<string, number>();

  constructor(run: RecordedRun, reader?: TraceReader) {
    if (run.trace === undefined) throw new TypeError('The run was recorded without its steps');
    this.#run = run;
    this.reader = reader ?? createTraceReader(run.trace);
  }

  opcodeOf(step: number): number {
    const { unit } = this.reader.step(step);
    const program = this.#run.programs[Math.floor(unit / UNITS_PER_PROGRAM)];
    return program?.code[unit % UNITS_PER_PROGRAM] ?? 0;
  }

  pcOf(step: number): number {
    return this.reader.step(step).unit % UNITS_PER_PROGRAM;
  }

  specOf(step: number): OpSpec | undefined {
    return opcodeAt(this.opcodeOf(step), this.#run.fork);
  }

  /** Slots of the items a step takes, top first. */
  operands(step: number): readonly (PlacedValue & { readonly name: string })[] {
    const { sp, frame } = this.reader.step(step);
    return (this.specOf(step)?.operands ?? []).map((name, i) => ({
      name,
      step,
      place: { in: 'stack', frame, slot: sp - 1 - i },
    }));
  }

  /** A stack item as a big-endian word before a step. */
  word(step: number, frame: number, slot: number): Bytes {
    return (this.reader.slot(step, frame, slot) ?? new Uint8Array(32)).slice().reverse();
  }

  /** The value at a place as a step finds it. */
  valueAt({ place, step }: PlacedValue): Hex {
    switch (place.in) {
      case 'stack':
        return bytesToHex(this.word(step, place.frame, place.slot));
      case 'memory':
        return bytesToHex(this.reader.memory(step, place.frame, place.at, place.length));
      case 'calldata': {
        const { input } = this.#frame(place.frame);
        const bytes = new Uint8Array(place.length);
        bytes.set(input.subarray(place.at, place.at + place.length));
        return bytesToHex(bytes);
      }
      case 'storage':
        return bytesToHex(
          this.reader.state(step, hexToBytes(place.account), hexToBytes(place.key)) ?? new Uint8Array(32),
        );
    }
  }

  /** The step a value stems from. */
  sourceOf(value: PlacedValue): Source {
    let { place, step } = value;
    let moves = 0;
    const shown = this.valueAt(value);
    const end = (
      at: number,
      kind: ValueKind,
      inputs: Source['inputs'] = [],
      more: Pick<Source, 'calldata' | 'slot'> = {},
    ): Source => ({
      step: at,
      kind,
      mnemonic: this.specOf(at)?.mnemonic ?? 'INVALID',
      value: place.in === 'stack' || place.in === 'storage' ? this.#valueBehind(place, at) : shown,
      inputs,
      moves,
      ...more,
    });

    for (; moves < MAX_MOVES; moves++) {
      const found = this.#previous(place, step);
      if ('end' in found) return end(found.step, found.end, found.inputs, found.more);
      ({ place, step } = found);
    }
    return end(step, 'environment');
  }

  /** One move back from a place: to where the value was before, or to the step that made it. */
  #previous(place: ValuePlace, step: number): Move {
    switch (place.in) {
      case 'stack':
        return this.#stackMove(place.frame, place.slot, step);
      case 'memory':
        return this.#memoryMove(place, step);
      case 'calldata':
        return this.#calldataMove(place, step);
      case 'storage':
        return this.#storageMove(place.account, place.key, step);
    }
  }

  #stackMove(frame: number, slot: number, step: number): Move {
    const writer = this.reader.slotWriter(step, frame, slot);
    if (writer === undefined) return { end: 'environment', step: Math.max(0, step - 1) };
    const at = this.#inFrame(frame, writer);
    const { sp } = this.reader.step(at);
    const opcode = this.opcodeOf(at);
    const stack = (index: number): Move => ({ place: { in: 'stack', frame, slot: index }, step: at });
    if (opcode >= DUP1 && opcode <= DUP16) return stack(sp - 1 - (opcode - DUP1));
    if (opcode >= SWAP1 && opcode <= SWAP16) {
      const other = sp - 2 - (opcode - SWAP1);
      return stack(slot === other ? sp - 1 : other);
    }
    const operand = (index: number): bigint => bytesToBigint(this.word(at, frame, sp - 1 - index));
    switch (opcode) {
      case MLOAD:
        return { place: { in: 'memory', frame, at: Number(operand(0)), length: 32 }, step: at };
      case CALLDATALOAD: {
        const from = operand(0);
        if (from > 2n ** 32n) return { end: 'constant', step: at };
        return { place: { in: 'calldata', frame, at: Number(from), length: 32 }, step: at };
      }
      case SLOAD: {
        const account = this.#storageAccount(frame);
        return { place: { in: 'storage', account, key: bytesToHex(this.word(at, frame, sp - 1)) }, step: at };
      }
      case KECCAK256:
        return { end: 'computed', step: at, inputs: this.#hashed(at, frame, Number(operand(0)), operand(1)) };
    }
    if (opcode >= PUSH0 && opcode <= PUSH32) return { end: 'constant', step: at };
    const inputs = this.operands(at);
    if (inputs.length === 0 || (this.specOf(at)?.reads?.length ?? 0) > 0)
      return { end: 'environment', step: at };
    const passed = PASSING.has(opcode) ? this.#passedThrough(at, frame, slot, inputs) : undefined;
    if (passed !== undefined) return { place: passed.place, step: at };
    return { end: 'computed', step: at, inputs };
  }

  /** The operand that came out unchanged when the other one is a constant. */
  #passedThrough(
    at: number,
    frame: number,
    slot: number,
    inputs: readonly PlacedValue[],
  ): PlacedValue | undefined {
    const [a, b] = inputs;
    if (inputs.length !== 2 || a === undefined || b === undefined || at + 1 > this.reader.steps)
      return undefined;
    const result = bytesToHex(this.word(at + 1, frame, slot));
    for (const [value, other] of [
      [a, b],
      [b, a],
    ] as const) {
      if (this.valueAt(value) !== result) continue;
      const writer =
        other.place.in === 'stack' ? this.reader.slotWriter(at, frame, other.place.slot) : undefined;
      const code = writer === undefined ? -1 : this.opcodeOf(this.#inFrame(frame, writer));
      if ((code >= PUSH0 && code <= PUSH32) || this.sourceOf(other).kind === 'constant') return value;
    }
    return undefined;
  }

  #memoryMove(place: Extract<ValuePlace, { readonly in: 'memory' | 'calldata' }>, step: number): Move {
    const { frame, length } = place;
    // Numbers stand at the low end of a word, so its last byte tells most.
    const last = place.at + Math.max(1, length) - 1;
    const write = this.reader.memoryWriter(step, frame, last);
    if (write === undefined) return { end: 'constant', step: Math.max(0, step - 1) };
    const at = this.#inFrame(frame, write.step);
    const { sp } = this.reader.step(at);
    const operand = (index: number): number => Number(bytesToBigint(this.word(at, frame, sp - 1 - index)));
    const moved = place.at - write.address;
    switch (this.opcodeOf(at)) {
      case MSTORE:
      case MSTORE8:
        return { place: { in: 'stack', frame, slot: sp - 2 }, step: at };
      case MCOPY:
        return { place: { in: 'memory', frame, at: operand(1) + moved, length }, step: at };
      case CALLDATACOPY:
        return { place: { in: 'calldata', frame, at: operand(1) + moved, length }, step: at };
      case RETURNDATACOPY:
        return this.#returned(frame, at, operand(1) + moved, length);
      case CALL:
      case CALLCODE:
      case DELEGATECALL:
      case STATICCALL:
        return this.#returned(frame, at + 1, moved, length);
      default:
        return { end: 'constant', step: at };
    }
  }

  /** A value in the return data that step `before` of a frame sees: in the memory of the last callee. */
  #returned(frame: number, before: number, offset: number, length: number): Move {
    const { frames } = this.reader;
    let callee = -1;
    for (let i = frame + 1; i < frames.length && (frames[i]?.start ?? 0) <= before; i++) {
      if (frames[i]?.parent === frame && (frames[i]?.end ?? 0) <= Math.max(before, frames[i]?.end ?? 0))
        callee = i;
    }
    const called = frames[callee];
    if (called === undefined || called.end === called.start) return { end: 'environment', step: before - 1 };
    const last = this.#inFrame(callee, called.end - 1);
    const opcode = this.opcodeOf(last);
    if (opcode !== RETURN && opcode !== REVERT) return { end: 'environment', step: last };
    const { sp } = this.reader.step(last);
    const start = Number(bytesToBigint(this.word(last, callee, sp - 1)));
    return { place: { in: 'memory', frame: callee, at: start + offset, length }, step: last };
  }

  #calldataMove(place: Extract<ValuePlace, { readonly in: 'memory' | 'calldata' }>, step: number): Move {
    const called = this.reader.frames[place.frame];
    if (called === undefined || called.parent < 0) {
      return { end: 'input', step, more: { calldata: place.at } };
    }
    const at = this.#inFrame(called.parent, called.start - 1);
    const opcode = this.opcodeOf(at);
    const { sp } = this.reader.step(at);
    const index =
      opcode === CALL || opcode === CALLCODE ? 3 : opcode === DELEGATECALL || opcode === STATICCALL ? 2 : -1;
    if (index < 0) return { end: 'environment', step: at };
    const start = Number(bytesToBigint(this.word(at, called.parent, sp - 1 - index)));
    return {
      place: { in: 'memory', frame: called.parent, at: start + place.at, length: place.length },
      step: at,
    };
  }

  #storageMove(account: Hex, key: Hex, step: number): Move {
    const writers = this.reader.stateWriters(hexToBytes(account), hexToBytes(key));
    const now = this.valueAt({ place: { in: 'storage', account, key }, step });
    // A write that was undone by a revert left nothing: the value tells.
    const writer = writers.findLast((each) => each < step && this.#storedBy(each) === now);
    const slot = { account, key };
    if (writer === undefined) return { end: 'storage', step, more: { slot } };
    const { frame, sp } = this.reader.step(writer);
    const input = { name: 'value', step: writer, place: { in: 'stack', frame, slot: sp - 2 } } as const;
    return { end: 'written', step: writer, inputs: [input], more: { slot } };
  }

  #storedBy(step: number): Hex | undefined {
    if (step < 0 || this.opcodeOf(step) !== SSTORE) return undefined;
    const { frame, sp } = this.reader.step(step);
    return bytesToHex(this.word(step, frame, sp - 2));
  }

  #hashed(at: number, frame: number, start: number, length: bigint): Source['inputs'] {
    if (length > 128n) return [];
    return Array.from({ length: Math.ceil(Number(length) / 32) }, (_, i) => ({
      name: `word ${i}`,
      step: at,
      place: { in: 'memory', frame, at: start + 32 * i, length: 32 },
    }));
  }

  /**
   * The sources from a value back to an input, newest first. Where several operands were taken in, the way
   * goes on to the one that comes from calldata, else from storage; the others are its branches.
   */
  chain(value: PlacedValue, max: number): readonly Source[] {
    const sources: Source[] = [];
    for (let next: PlacedValue | undefined = value; next !== undefined && sources.length < max;) {
      const source: Source = this.sourceOf(next);
      sources.push(source);
      next = this.#best(source.inputs);
    }
    return sources;
  }

  #best(inputs: readonly PlacedValue[]): PlacedValue | undefined {
    if (inputs.length < 2) return inputs[0];
    const budget = { left: MAX_EXPLORED };
    let best: PlacedValue | undefined;
    let most = -1;
    for (const input of inputs) {
      const worth = this.#worthOf(input, budget, 0);
      if (worth > most) [best, most] = [input, worth];
    }
    return best;
  }

  #worthOf(value: PlacedValue, budget: { left: number }, depth: number): number {
    const key = placeKey(value);
    const known = this.#worth.get(key);
    if (known !== undefined) return known;
    if (budget.left-- <= 0 || depth > 60) return 0;
    const source = this.sourceOf(value);
    let worth = source.inputs.length === 0 ? WORTH[source.kind] : 0;
    for (const input of source.inputs) {
      if (worth === WORTH.input) break;
      worth = Math.max(worth, this.#worthOf(input, budget, depth + 1));
    }
    this.#worth.set(key, worth);
    return worth;
  }

  /** Later steps of the frame that take in a stack item, copies of it included. */
  uses(step: number, frame: number, slot: number, max: number): readonly number[] {
    const holding = new Set([slot]);
    const found: number[] = [];
    const end = Math.min(this.reader.frames[frame]?.end ?? 0, step + MAX_USE_STEPS);
    for (let at = step; at < end && holding.size > 0 && found.length < max; at++) {
      const { frame: running, sp } = this.reader.step(at);
      if (running !== frame) continue;
      for (const held of holding) if (held >= sp) holding.delete(held);
      const opcode = this.opcodeOf(at);
      if (opcode >= DUP1 && opcode <= DUP16) {
        if (holding.has(sp - 1 - (opcode - DUP1))) holding.add(sp);
      } else if (opcode >= SWAP1 && opcode <= SWAP16) {
        swap(holding, sp - 1, sp - 2 - (opcode - SWAP1));
      } else {
        const taken = this.specOf(at)?.operands.length ?? 0;
        let isUse = false;
        for (let i = 1; i <= taken; i++) isUse = holding.delete(sp - i) || isUse;
        if (isUse && opcode !== POP) found.push(at);
      }
    }
    return found;
  }

  /** The value a place holds right behind the step that made it. */
  #valueBehind(place: ValuePlace, at: number): Hex {
    if (place.in === 'storage') {
      const { frame, sp } = this.reader.step(at);
      if (this.opcodeOf(at) === SSTORE) return bytesToHex(this.word(at, frame, sp - 2));
      return this.valueAt({ place, step: Math.min(at + 1, this.reader.steps) });
    }
    return this.valueAt({ place, step: Math.min(this.#next(at), this.reader.steps) });
  }

  /** The step of the same frame behind `at`. */
  #next(at: number): number {
    const { frames, steps } = this.reader;
    const { frame } = this.reader.step(at);
    let next = at + 1;
    while (next < steps) {
      const running = this.reader.step(next).frame;
      if (running === frame) return next;
      const other = frames[running];
      if (other === undefined || other.depth <= (frames[frame]?.depth ?? 0)) return next;
      next = other.end;
    }
    return steps;
  }

  /**
   * What a frame leaves behind a call is recorded when the frame goes on: then the step before belongs to
   * the callee. This is the step of the frame itself.
   */
  #inFrame(frame: number, step: number): number {
    const { frames } = this.reader;
    let at = step;
    for (let running = this.reader.step(at).frame; running !== frame;) {
      const callee = frames[running];
      if (callee === undefined || callee.start === 0) return at;
      at = callee.start - 1;
      running = this.reader.step(at).frame;
    }
    return at;
  }

  #frame(frame: number): RecordedRun['frames'][number] {
    return this.#run.frames[this.#run.tracedFrames[frame] ?? 0] as RecordedRun['frames'][number];
  }

  /** The account whose storage a frame uses. */
  #storageAccount(frame: number): Hex {
    let index = this.#run.tracedFrames[frame] ?? 0;
    for (;;) {
      const { kind, to, from, parent } = this.#run.frames[index] as RecordedRun['frames'][number];
      if (kind !== 'DELEGATECALL' && kind !== 'CALLCODE') return to;
      if (kind === 'CALLCODE' || parent < 0) return from;
      index = parent;
    }
  }

  /** The account whose storage a step uses. */
  accountOf(step: number): Hex {
    return this.#storageAccount(this.reader.step(step).frame);
  }
}

type Move =
  | PlacedValue
  | {
      readonly end: ValueKind;
      readonly step: number;
      readonly inputs?: Source['inputs'];
      readonly more?: Pick<Source, 'calldata' | 'slot'>;
    };

function swap(holding: Set<number>, a: number, b: number): void {
  const [hadA, hadB] = [holding.delete(a), holding.delete(b)];
  if (hadA) holding.add(b);
  if (hadB) holding.add(a);
}

function placeKey({ place, step }: PlacedValue): string {
  switch (place.in) {
    case 'stack':
      return `s${place.frame}/${place.slot}/${step}`;
    case 'storage':
      return `t${place.account}/${place.key}/${step}`;
    default:
      return `${place.in}${place.frame}/${place.at}/${place.length}/${step}`;
  }
}
