import type { Bytes, Hex } from '@ninefold/base';
import { bytesToHex, hexToBytes, isHex, utf8ToBytes } from '@ninefold/base';
import type {
  EntityRef,
  Field,
  FindResult,
  LevelInterval,
  OriginNode,
  StackItem,
  StatePart,
  StorageItem,
  TraceLevels,
  TraceManifest,
  TraceQuery,
  TraceSession,
  TraceState,
} from '@ninefold/studio-api';
import { FRAME_WORDS, invalid, LEVEL_KINDS, MIP_STEPS, notFound, outOfRange } from '@ninefold/studio-api';
import type { Trace, TraceReader } from '@ninefold/trace';
import { CHECKPOINT_STEPS, STEP_FLAGS } from '@ninefold/trace';
import type { PlacedValue, ProgramDebug, RecordedFrame, Source, ValuePlace } from '@ninefold/vm-evm';
import { Dataflow, disassemble, mnemonicOf, partValue, UNITS_PER_PROGRAM } from '@ninefold/vm-evm';
import { transactionHash } from '../tx/transaction.ts';
import { debugOfFrame } from './calls.ts';
import type { Names } from './names.ts';
import { shortText } from './names.ts';
import type { Replay } from './replay.ts';
import type { TracedCalls } from './trace-frames.ts';
import { traceCalls } from './trace-frames.ts';
import { ValueNames } from './value-names.ts';

/** Stack items, bytes of memory and changed slots one answer tells. */
export const MAX_STACK_ITEMS = 64;
export const MAX_MEMORY_BYTES = 4096;
export const MAX_STORAGE_ITEMS = 200;
const MAX_CALLDATA_BYTES = 65_536;
const MAX_MARKS = 2000;

type Transfer = {
  readonly step: number;
  /** The step at which it was undone. */
  readonly undone: number;
  readonly from: Hex;
  readonly to: Hex;
  readonly value: bigint;
};

type Group = { readonly key: string; readonly file?: string; readonly line?: number };

/** Gas and number of the steps of one instruction, function or line. */
export type CostGroup = {
  readonly own: number;
  readonly count: number;
  readonly file?: string;
  readonly line?: number;
};

/** A recorded transaction, opened for the debugger. */
export class EthereumSession implements TraceSession {
  readonly #names: Names;
  readonly #replay: Replay;
  readonly #trace: Trace;
  readonly #flow: Dataflow;
  readonly #reader: TraceReader;
  readonly #values: ValueNames;
  readonly #debugs: readonly (ProgramDebug | undefined)[];
  readonly #calls: TracedCalls;
  readonly #transfers: readonly Transfer[];
  readonly #opcodes: Uint8Array;

  constructor(names: Names, replay: Replay) {
    const { run } = replay;
    this.#names = names;
    this.#replay = replay;
    this.#trace = run.trace as Trace;
    this.#flow = new Dataflow(run);
    this.#reader = this.#flow.reader;
    this.#debugs = run.programs.map(({ code, initcode }) => names.debugOf(code, initcode, run.fork));
    const codes = new Map(
      run.programs.map(({ address, initcode }, i) => [`${address}${initcode}`, this.#debugs[i]]),
    );
    const debugOf = (address: Hex): ProgramDebug | undefined =>
      codes.get(`${address}false`) ?? codes.get(`${address}true`) ?? names.debugOfAddress(address);
    this.#values = new ValueNames(run, this.#flow, this.#debugs, debugOf);
    this.#calls = traceCalls(run, this.#trace, this.#debugs, (frame) => this.#frameName(frame));
    this.#transfers = transfersOf(run.frames);
    this.#opcodes = this.#readOpcodes();
  }

  get #steps(): number {
    return this.#reader.steps;
  }

  // PERF: a loop over the units' column, not a look-up by step.
  #readOpcodes(): Uint8Array {
    const units = this.#trace.steps.column('unit', 0, this.#steps) as Uint32Array;
    const codes = this.#replay.run.programs.map(({ code }) => code);
    const opcodes = new Uint8Array(units.length);
    for (let i = 0; i < units.length; i++) {
      const unit = units[i] as number;
      opcodes[i] = codes[unit >>> 17]?.[unit & (UNITS_PER_PROGRAM - 1)] ?? 0;
    }
    return opcodes;
  }

  #recordedFrame(frame: number): RecordedFrame {
    const { frames, tracedFrames } = this.#replay.run;
    return frames[tracedFrames[frame] ?? 0] as RecordedFrame;
  }

  #frameName(frame: number): string {
    const recorded = this.#recordedFrame(frame);
    const debug = debugOfFrame(this.#names, this.#replay, recorded);
    const creates = recorded.kind === 'CREATE' || recorded.kind === 'CREATE2';
    const call = creates ? 'constructor' : this.#names.call(debug, recorded.input)?.name;
    const program = debug?.artifact.name ?? shortText(recorded.to);
    const selector = recorded.input.length >= 4 ? bytesToHex(recorded.input.subarray(0, 4)) : '';
    return `${program}.${call ?? (selector === '' ? 'receive' : selector)}`;
  }

  readonly manifest = (id: string): TraceManifest => {
    const { run, placed, outcome, ms } = this.#replay;
    const { columns, truncated, deltas } = this.#reader.manifest();
    const url = (rest: string): string => `/bin/trace/${id}/${rest}`;
    const status = outcome.status === 'success' ? 'ok' : 'failed';
    const root = run.frames[0];
    const error =
      outcome.status === 'success' || root === undefined
        ? undefined
        : this.#names.failure(this.#debugs[0], outcome.status, outcome.halt, root.output);
    return {
      id,
      net: this.#names.net,
      tx: transactionHash(placed.transaction),
      vm: 'evm',
      steps: this.#steps,
      ...(truncated !== undefined && { truncated }),
      unitsPerProgram: UNITS_PER_PROGRAM,
      levels: this.#debugs.some((debug) => debug?.level !== undefined)
        ? [
            { id: 'sol', title: 'Solidity' },
            { id: 'evm', title: 'EVM' },
          ]
        : [{ id: 'evm', title: 'EVM' }],
      programs: run.programs.map(({ address, code, initcode }, i) => {
        const debug = this.#debugs[i];
        const ref = this.#names.ref(address, code);
        const name = debug?.artifact.name ?? ref.name ?? shortText(address);
        return {
          ref,
          name: initcode ? `${name} (creation)` : name,
          size: code.length,
          levels: debug?.level === undefined ? ['evm'] : ['sol', 'evm'],
        };
      }),
      frames: { count: this.#calls.count, url: url('frames') },
      names: this.#calls.names,
      columns: [
        ...columns.map(({ name, type, bytes }) => ({ name, type, bytes, url: url(`column/${name}`) })),
        { name: 'op', type: 'u8', bytes: this.#steps, url: url('column/op') },
      ],
      mips: { steps: MIP_STEPS, count: Math.ceil(this.#steps / MIP_STEPS), url: url('mips') },
      deltas: deltas.map(({ name, count }) => ({ name, count, url: url(`deltas/${name}`) })),
      checkpoints: { every: CHECKPOINT_STEPS },
      events: run.logs
        .slice(0, MAX_MARKS)
        .map((entry) => ({ step: entry.step, label: this.#eventText(entry.log) })),
      failures: run.frames
        .filter((frame) => frame.status !== 'success' && frame.s1 > frame.s0)
        .slice(0, MAX_MARKS)
        .map((frame) => ({ step: Math.min(frame.s1, this.#steps) - 1, label: this.#failureText(frame) })),
      outcome: { status, ...(error !== undefined && { error }) },
      bytes: columns.reduce((sum, { bytes }) => sum + bytes, this.#steps + this.#heapBytes()),
      recordMs: ms,
    };
  };

  #heapBytes(): number {
    const { slots, memory, state } = this.#trace;
    return [slots, memory, state].reduce(
      (sum, stream) => sum + (stream ? stream.heap.length + 16 * stream.length : 0),
      0,
    );
  }

  #eventText(log: Replay['run']['logs'][number]['log']): string {
    const decoded = this.#names.event(this.#names.debugOfAddress(log.address), log);
    if (decoded === undefined) return `LOG${log.topics.length} of ${shortText(log.address)}`;
    return `${decoded.name}(${decoded.fields.map(({ value }) => shortText(value)).join(', ')})`;
  }

  #failureText(frame: RecordedFrame): string {
    if (frame.status === 'success') return '';
    return this.#names.failure(
      debugOfFrame(this.#names, this.#replay, frame),
      frame.status,
      frame.halt,
      frame.output,
    );
  }

  readonly column = (name: string, from: number, to: number): Bytes => {
    if (to > this.#steps || from > to) throw outOfRange('Step', to, this.#steps + 1);
    if (name === 'op') return this.#opcodes.slice(from, to);
    const values = this.#trace.steps.column(name, from, to);
    if (values === undefined) throw notFound('column', name);
    return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  };

  readonly frames = (): Bytes =>
    new Uint8Array(this.#calls.words.slice(0, this.#calls.count * FRAME_WORDS).buffer);

  readonly mips = (): Bytes => {
    const { cost, flagCounts } = this.#reader.mip(MIP_STEPS);
    const bytes = new Uint8Array(cost.length * 16);
    bytes.set(new Uint8Array(cost.buffer, 0, cost.length * 8));
    const [writes, , , , , failures] = flagCounts;
    bytes.set(new Uint8Array((writes as Uint32Array).buffer), cost.length * 8);
    bytes.set(new Uint8Array((failures as Uint32Array).buffer), cost.length * 12);
    return bytes;
  };

  readonly deltas = (name: string, from: number, to: number): Bytes => {
    const kind = { slots: 'slot', memory: 'memory', state: 'state' }[name];
    if (kind === undefined) throw notFound('delta stream', name);
    const lines: string[] = [];
    for (const delta of this.#reader.deltas(from, to)) {
      if (delta.kind !== kind) continue;
      lines.push(
        JSON.stringify(delta, (_, value: unknown) =>
          value instanceof Uint8Array ? bytesToHex(value) : value,
        ),
      );
    }
    return utf8ToBytes(lines.join('\n'));
  };

  #check(step: number): void {
    if (step > this.#steps) throw outOfRange('Step', step, this.#steps + 1);
  }

  readonly state = (step: number, parts: readonly StatePart[], memoryAt?: number): TraceState => {
    this.#check(step);
    const at = Math.min(step, this.#steps - 1);
    if (at < 0) return { step, frame: 0 };
    const { frame } = this.#reader.step(at);
    const wants = (part: StatePart): boolean => parts.includes(part);
    const recorded = this.#recordedFrame(frame);
    return {
      step,
      frame,
      ...(wants('stack') && this.#stack(at, step)),
      ...(wants('memory') && { memory: this.#memory(at, memoryAt) }),
      ...(wants('storage') && { storage: this.#storage(step) }),
      ...(wants('balances') && { balances: this.#balances(step) }),
      ...(wants('logs') && {
        logs: this.#replay.run.logs
          .filter((entry) => entry.step < step)
          .slice(-100)
          .map((entry) => ({ step: entry.step, text: this.#eventText(entry.log) })),
      }),
      ...(wants('calldata') && { calldata: this.#calldata(recorded) }),
      ...(wants('returndata') && { returndata: this.#returndata(frame, at) }),
    };
  };

  #stack(at: number, step: number): Pick<TraceState, 'stack' | 'changed'> {
    const { frame, sp } = this.#reader.step(at);
    const stack: StackItem[] = [];
    for (let slot = sp - 1; slot >= 0 && stack.length < MAX_STACK_ITEMS; slot--) {
      const value = bytesToHex(this.#flow.word(at, frame, slot));
      const name = this.#values.of(this.#flow.sourceOf({ place: { in: 'stack', frame, slot }, step: at }));
      stack.push({ value, ...(name !== undefined && { name }) });
    }
    let changed = 0;
    for (const delta of this.#reader.deltas(Math.max(0, at - 1), at)) {
      if (delta.kind !== 'slot' || delta.space !== frame || at === 0 || step !== at) continue;
      changed = Math.max(changed, sp - delta.slot);
    }
    return { stack, changed };
  }

  #memory(at: number, memoryAt: number | undefined): NonNullable<TraceState['memory']> {
    const { frame } = this.#reader.step(at);
    const length = this.#reader.memoryLength(at, frame);
    let written: readonly [number, number] | undefined;
    if (at > 0) {
      for (const delta of this.#reader.deltas(at - 1, at)) {
        if (delta.kind !== 'memory' || delta.space !== frame || delta.value.length === 0) continue;
        written = [delta.address, delta.address + delta.value.length];
      }
    }
    const start = Math.min(memoryAt ?? 0, length);
    const bytes = this.#reader.memory(at, frame, start, Math.min(MAX_MEMORY_BYTES, length - start));
    const read = this.#memoryRead(at);
    return { length, start, bytes: bytesToHex(bytes), ...(written && { written }), ...(read && { read }) };
  }

  /** The memory that a step is about to read, as its entry of the opcode table says. */
  #memoryRead(at: number): readonly [number, number] | undefined {
    const operands = this.#flow.operands(at);
    const read = this.#flow.specOf(at)?.reads?.find((location) => location.in === 'memory');
    if (read === undefined || read.in !== 'memory') return undefined;
    const valueOf = (name: string | number): number => {
      if (typeof name === 'number') return name;
      const operand = operands.find((each) => each.name === name);
      return operand === undefined ? 0 : Number(BigInt(this.#flow.valueAt(operand)));
    };
    const from = valueOf(read.offset);
    return [from, from + valueOf(read.length)];
  }

  #storage(step: number): readonly StorageItem[] {
    const { before } = this.#replay;
    const items: StorageItem[] = [];
    for (const { entity, key, value } of this.#reader.stateValues(step)) {
      const [account, slot] = [bytesToHex(entity), bytesToHex(key)];
      const rawBefore = before.storage(account, slot);
      const rawAfter = value === undefined ? rawBefore : bytesToHex(value);
      const writes = this.#reader.stateWriters(entity, key).filter((each) => each < step);
      if (writes.length === 0) continue;
      const common = {
        entity: this.#names.ref(account),
        key: slot,
        rawBefore,
        rawAfter,
        step: writes.at(-1) as number,
      };
      const parts = this.#values.parts(account, slot);
      if (parts.length === 0) {
        items.push({
          ...common,
          label: this.#values.slot(account, slot),
          before: rawBefore,
          after: rawAfter,
        });
      }
      for (const part of parts) {
        const [was, is] = [partValue(part, rawBefore), partValue(part, rawAfter)];
        if (parts.length > 1 && was === is) continue;
        items.push({ ...common, label: part.label, type: part.type, before: was, after: is });
      }
    }
    return items.sort((a, b) => b.step - a.step).slice(0, MAX_STORAGE_ITEMS);
  }

  #balances(step: number): NonNullable<TraceState['balances']> {
    const moved = new Map<Hex, bigint>();
    const add = (address: Hex, amount: bigint): void =>
      void moved.set(address, (moved.get(address) ?? 0n) + amount);
    for (const { step: at, undone, from, to, value } of this.#transfers) {
      if (at > step || step >= undone) continue;
      add(from, -value);
      add(to, value);
    }
    return [...moved]
      .filter(([, amount]) => amount !== 0n)
      .map(([address, amount]) => {
        const was = this.#replay.before.account(address)?.balance ?? 0n;
        return { entity: this.#names.ref(address), before: was.toString(), after: (was + amount).toString() };
      });
  }

  #calldata(frame: RecordedFrame): NonNullable<TraceState['calldata']> {
    const debug = debugOfFrame(this.#names, this.#replay, frame);
    const fields = frame.kind.startsWith('CREATE') ? undefined : this.#names.call(debug, frame.input)?.fields;
    return { bytes: bytesToHex(frame.input.subarray(0, MAX_CALLDATA_BYTES)), ...(fields && { fields }) };
  }

  #returndata(frame: number, at: number): Hex {
    const { frames, tracedFrames } = this.#replay.run;
    const own = tracedFrames[frame] ?? 0;
    const callee = frames.findLast(({ parent, s1, s0 }) => parent === own && s0 <= at && s1 <= at);
    return bytesToHex((callee?.output ?? new Uint8Array(0)).subarray(0, MAX_CALLDATA_BYTES));
  }

  readonly find = (query: TraceQuery, from: number, forward: boolean, limit: number): FindResult => {
    const test = this.#matcher(query);
    const items: { step: number; why: string }[] = [];
    let total = 0;
    for (let step = 0; step < this.#steps; step++) {
      if (!test(step)) continue;
      total++;
      const inRange = forward ? step >= from : step <= from;
      if (!inRange || (forward && items.length >= limit)) continue;
      items.push({ step, why: mnemonicOf(this.#opcodes[step] as number, this.#replay.fork) });
      if (items.length > limit) items.shift();
    }
    return { items: forward ? items : items.reverse(), total };
  };

  /** All conditions of a query as one test of a step. */
  #matcher(query: TraceQuery): (step: number) => boolean {
    const tests: ((step: number) => boolean)[] = [];
    const { op, pc, program, file, line, value, writes, kind, minCost } = query;
    const units = this.#trace.steps.column('unit', 0, this.#steps) as Uint32Array;
    if (op !== undefined) {
      const wanted = op.toUpperCase();
      const codes = new Set<number>();
      for (let code = 0; code < 256; code++)
        if (mnemonicOf(code, this.#replay.fork) === wanted) codes.add(code);
      if (codes.size === 0) throw invalid('Query', `${op.slice(0, 20)} is no instruction of this fork`);
      tests.push((step) => codes.has(this.#opcodes[step] as number));
    }
    if (pc !== undefined) tests.push((step) => (units[step] as number) % UNITS_PER_PROGRAM === pc);
    if (program !== undefined)
      tests.push((step) => Math.floor((units[step] as number) / UNITS_PER_PROGRAM) === program);
    if (line !== undefined) {
      const wanted = this.#unitsOfLine(file, line);
      tests.push((step) => wanted.has(units[step] as number));
    }
    if (kind !== undefined) {
      const bit = {
        event: STEP_FLAGS.event,
        call: STEP_FLAGS.call,
        failure: STEP_FLAGS.failure,
        write: STEP_FLAGS.stateWrite,
        jump: STEP_FLAGS.jumpTaken,
      }[kind];
      const flags = this.#trace.steps.column('flags', 0, this.#steps) as Uint8Array;
      const failing = new Set(
        kind === 'failure'
          ? this.#replay.run.frames.filter(({ status }) => status !== 'success').map(({ s1 }) => s1 - 1)
          : [],
      );
      tests.push((step) => ((flags[step] as number) & bit) !== 0 || failing.has(step));
    }
    if (minCost !== undefined) {
      const cost = this.#trace.steps.column('cost', 0, this.#steps) as Uint32Array;
      tests.push((step) => (cost[step] as number) >= minCost);
    }
    if (value !== undefined) {
      const steps = this.#stepsLeaving(numberOf(value));
      tests.push((step) => steps.has(step));
    }
    if (writes !== undefined) {
      const steps = new Set(this.#writersOf(writes));
      tests.push((step) => steps.has(step));
    }
    if (tests.length === 0) throw invalid('Query', 'nothing is asked for');
    return (step) => tests.every((test) => test(step));
  }

  #unitsOfLine(file: string | undefined, line: number): ReadonlySet<number> {
    const units = new Set<number>();
    this.#replay.run.programs.forEach(({ code }, program) => {
      const level = this.#debugs[program]?.level;
      if (level === undefined) return;
      for (const { pc } of disassemble(code, this.#replay.fork)) {
        const place = level.placeAt(pc);
        if (place === undefined || place.line !== line) continue;
        if (file !== undefined && level.files[place.file]?.path !== file) continue;
        units.add(program * UNITS_PER_PROGRAM + pc);
      }
    });
    return units;
  }

  #stepsLeaving(value: bigint): ReadonlySet<number> {
    const steps = new Set<number>();
    const { slots } = this.#trace;
    if (slots === undefined) return steps;
    const digits = value === 0n ? '' : value.toString(16);
    const wanted = hexToBytes(`0x${digits.length % 2 === 0 ? '' : '0'}${digits}`).reverse();
    for (let entry = 0; entry < slots.length; entry++) {
      const stored = slots.value(entry);
      if (stored.length !== wanted.length || !stored.every((byte, i) => byte === wanted[i])) continue;
      steps.add((slots.sees.array[entry] as number) - 1);
    }
    return steps;
  }

  #writersOf(loc: string): readonly number[] {
    const [kind, account = '', key = ''] = loc.split(':');
    if (kind !== 'storage' || !isHex(account, 20) || !isHex(key, 32))
      throw invalid('Query', 'writes of storage:ACCOUNT:KEY can be found');
    return this.#reader.stateWriters(hexToBytes(account.toLowerCase()), hexToBytes(key));
  }

  readonly origin = (step: number, loc: string, max: number): readonly OriginNode[] => {
    this.#check(step);
    return this.#flow.chain(this.#placed(loc, step), max).map((source) => this.#originNode(source));
  };

  readonly uses = (step: number, loc: string, max: number): readonly OriginNode[] => {
    this.#check(step);
    const { place, step: at } = this.#placed(loc, step);
    if (place.in !== 'stack') throw invalid('Location', 'uses are told of stack items');
    return this.#flow.uses(at, place.frame, place.slot, max).map((use) =>
      this.#originNode({
        step: use,
        kind: 'computed',
        mnemonic: this.#flow.specOf(use)?.mnemonic ?? 'INVALID',
        value: this.#flow.valueAt({ place, step: at }),
        inputs: this.#flow.operands(use),
        moves: 0,
      }),
    );
  };

  #originNode(source: Source): OriginNode {
    const { step, kind, mnemonic, value, moves, inputs } = source;
    const { unit } = this.#reader.step(this.#values.mappedStep(step) ?? step);
    const level = this.#debugs[Math.floor(unit / UNITS_PER_PROGRAM)]?.level;
    const place = level?.placeAt(unit % UNITS_PER_PROGRAM);
    return {
      step,
      op: mnemonic,
      value,
      label: this.#values.of(source) ?? '',
      kind,
      skipped: moves,
      ...(place !== undefined && { line: place.line, file: level?.files[place.file]?.path ?? '' }),
      inputs: inputs.map((input) => ({
        loc: locationText(input.place),
        step: input.step,
        name: input.name,
        value: this.#flow.valueAt(input),
      })),
    };
  }

  #placed(loc: string, step: number): PlacedValue {
    const at = Math.min(step, this.#steps - 1);
    if (at < 0) throw invalid('Location', 'the trace has no steps');
    const { frame, sp } = this.#reader.step(at);
    const [kind, a = '', b = ''] = loc.split(':');
    const number = (text: string): number => {
      if (!/^\d{1,15}$/.test(text)) throw invalid('Location', loc);
      return Number(text);
    };
    switch (kind) {
      case 'stack': {
        const slot = number(a);
        if (slot >= sp) throw outOfRange('Stack slot', slot, sp);
        return { place: { in: 'stack', frame, slot }, step: at };
      }
      case 'memory':
        return {
          place: { in: 'memory', frame, at: number(a), length: Math.min(number(b), MAX_MEMORY_BYTES) },
          step: at,
        };
      case 'calldata':
        return { place: { in: 'calldata', frame, at: number(a), length: 32 }, step: at };
      case 'storage':
        if (!isHex(a, 20) || !isHex(b, 32)) throw invalid('Location', loc);
        return {
          place: { in: 'storage', account: a.toLowerCase() as Hex, key: b.toLowerCase() as Hex },
          step,
        };
      default:
        throw invalid('Location', `${loc.slice(0, 40)}: stack, memory, calldata and storage are known`);
    }
  }

  readonly evaluate = (step: number, expression: string): Field => {
    this.#check(step);
    const name = expression.trim();
    const stack = /^stack\[(\d{1,4})\]$/.exec(name);
    if (stack !== null) {
      const item = this.state(step, ['stack']).stack?.[Number(stack[1])];
      if (item === undefined) throw notFound('stack item', name);
      return { name, type: 'uint256', value: BigInt(item.value).toString(), raw: item.value };
    }
    for (const { entity, key, value } of this.#reader.stateValues(step)) {
      const [account, slot] = [bytesToHex(entity), bytesToHex(key)];
      for (const part of this.#values.parts(account, slot)) {
        if (part.label !== name) continue;
        const raw = value === undefined ? this.#replay.before.storage(account, slot) : bytesToHex(value);
        return { name, type: part.type, value: partValue(part, raw), raw };
      }
    }
    const named = this.state(step, ['stack']).stack?.find((item) => item.name === name);
    if (named === undefined) throw notFound('value', name);
    return { name, type: 'uint256', value: BigInt(named.value).toString(), raw: named.value };
  };

  readonly levels = (program: number): TraceLevels => {
    const recorded = this.#replay.run.programs[program];
    if (recorded === undefined) throw notFound('program', String(program));
    const instructions = disassemble(recorded.code, this.#replay.fork);
    const mnemonics: string[] = [];
    const numbers = new Map<string, number>();
    const level = this.#debugs[program]?.level;
    const map: LevelInterval[] = [];
    instructions.forEach(({ pc }, i) => {
      const place = level?.placeAt(pc);
      if (place === undefined) return;
      const last = map.at(-1);
      if (
        last !== undefined &&
        last[1] === i &&
        last[2] === place.file &&
        last[3] === place.line &&
        last[4] === place.endLine
      ) {
        map[map.length - 1] = [last[0], i + 1, last[2], last[3], last[4], last[5]];
      } else {
        const whole = place.endLine - place.line > 0;
        map.push([
          i,
          i + 1,
          place.file,
          place.line,
          place.endLine,
          whole ? LEVEL_KINDS.synthetic : LEVEL_KINDS.exact,
        ]);
      }
    });
    return {
      program,
      mnemonics,
      code: instructions.map(({ pc, opcode, mnemonic, immediate }) => {
        let number = numbers.get(mnemonic);
        if (number === undefined) {
          number = mnemonics.push(mnemonic) - 1;
          numbers.set(mnemonic, number);
        }
        return [pc, opcode, number, immediate] as const;
      }),
      files: level?.files ?? [],
      map,
    };
  };

  /** Where the innermost failing call gave up, in the source when that is known. */
  failurePlace():
    | { readonly step: number; readonly file?: string; readonly line?: number; readonly fn?: string }
    | undefined {
    const { frames } = this.#replay.run;
    if (frames[0]?.status === 'success') return undefined;
    // The failure that was passed on: from the outermost in, as long as the last callee failed as well.
    let index = 0;
    for (;;) {
      const callee = frames.findLastIndex(
        (frame) => frame.parent === index && frame.status !== 'success' && frame.s1 > frame.s0,
      );
      if (callee < 0 || (frames[callee]?.s1 ?? 0) < (frames[index]?.s1 ?? 0) - 200) break;
      index = callee;
    }
    const step = Math.min((frames[index] as RecordedFrame).s1, this.#steps) - 1;
    if (step < 0) return undefined;
    const { unit } = this.#reader.step(step);
    const level = this.#debugs[Math.floor(unit / UNITS_PER_PROGRAM)]?.level;
    const place = level?.placeAt(unit % UNITS_PER_PROGRAM);
    const file = place && level?.files[place.file]?.path;
    const fn = this.#functionAt(step);
    return {
      step,
      ...(place && { line: place.line }),
      ...(file !== undefined && { file }),
      ...(fn !== undefined && { fn }),
    };
  }

  #functionAt(step: number): string | undefined {
    const { words, count, names } = this.#calls;
    let found: string | undefined;
    for (let i = 0; i < count; i++) {
      const at = i * FRAME_WORDS;
      if ((words[at + 3] as number) <= step && step < (words[at + 4] as number))
        found = names[words[at + 1] as number];
    }
    return found;
  }

  /** Cost of the steps by instruction, by function or by line of source. */
  costBy(by: 'op' | 'function' | 'line'): ReadonlyMap<string, CostGroup> {
    const costs = this.#trace.steps.column('cost', 0, this.#steps) as Uint32Array;
    const groupOf = by === 'op' ? this.#byOpcode() : by === 'function' ? this.#byFunction() : this.#byLine();
    const rows = new Map<string, { own: number; count: number } & Omit<CostGroup, 'own' | 'count'>>();
    for (let step = 0; step < this.#steps; step++) {
      const { key, file, line } = groupOf(step);
      const row = rows.get(key);
      if (row === undefined) {
        const place = file === undefined || line === undefined ? {} : { file, line };
        rows.set(key, { own: costs[step] as number, count: 1, ...place });
      } else {
        row.own += costs[step] as number;
        row.count++;
      }
    }
    return rows;
  }

  #byOpcode(): (step: number) => Group {
    const groups = Array.from({ length: 256 }, (_, code) => ({ key: mnemonicOf(code, this.#replay.fork) }));
    return (step) => groups[this.#opcodes[step] as number] as Group;
  }

  #byFunction(): (step: number) => Group {
    const groups = this.#calls.names.map((key) => ({ key }));
    const column = this.#functionColumn();
    return (step) => groups[column[step] as number] as Group;
  }

  /** What the compiler's own functions cost belongs to the line that called them. */
  #byLine(): (step: number) => Group {
    const units = this.#trace.steps.column('unit', 0, this.#steps) as Uint32Array;
    const frames = this.#trace.steps.column('frame', 0, this.#steps) as Uint32Array;
    const known = new Map<number, Group>();
    const last = new Map<number, Group>();
    return (step) => {
      const [unit, frame] = [units[step] as number, frames[step] as number];
      let group = known.get(unit);
      if (group === undefined) known.set(unit, (group = this.#lineOf(unit)));
      if (group.line === undefined) return last.get(frame) ?? group;
      last.set(frame, group);
      return group;
    };
  }

  #lineOf(unit: number): Group {
    const program = Math.floor(unit / UNITS_PER_PROGRAM);
    const level = this.#debugs[program]?.level;
    const place = level?.placeAt(unit % UNITS_PER_PROGRAM);
    const file = place && level?.files[place.file]?.path;
    if (place === undefined || file === undefined) {
      const ref: EntityRef = this.#names.ref(this.#replay.run.programs[program]?.address ?? '0x');
      return { key: `${ref.name ?? shortText(ref.id)}, no source` };
    }
    return { key: `${file}:${place.line}`, file, line: place.line };
  }

  /** The name of the innermost function by step. */
  #functionColumn(): Uint32Array {
    const column = new Uint32Array(this.#steps);
    const { words, count } = this.#calls;
    // Pre-order: inner ones come later and write over outer ones.
    for (let i = 0; i < count; i++) {
      const at = i * FRAME_WORDS;
      column.fill(words[at + 1] as number, words[at + 3], words[at + 4]);
    }
    return column;
  }
}

function locationText(place: ValuePlace): string {
  switch (place.in) {
    case 'stack':
      return `stack:${place.slot}`;
    case 'memory':
      return `memory:${place.at}:${place.length}`;
    case 'calldata':
      return `calldata:${place.at}`;
    case 'storage':
      return `storage:${place.account}:${place.key}`;
  }
}

function numberOf(text: string): bigint {
  const plain = text.replaceAll(/[\s_,\u2009]/g, '');
  if (!/^(0x[\da-fA-F]{1,64}|\d{1,78})$/.test(plain))
    throw invalid('Query', `${text.slice(0, 40)} is no number`);
  return BigInt(plain);
}

/** Ether that moved with calls, and when that was taken back. */
function transfersOf(frames: readonly RecordedFrame[]): readonly Transfer[] {
  const undone = new Array<number>(frames.length);
  return frames.flatMap(({ kind, from, to, value, s0, s1, status, parent }, i) => {
    const above = parent < 0 ? Infinity : (undone[parent] as number);
    undone[i] = status === 'success' ? above : Math.min(s1, above);
    const moves = kind === 'CALL' || kind === 'CREATE' || kind === 'CREATE2' || kind === 'SELFDESTRUCT';
    return moves && value > 0n && from !== to
      ? [{ step: s0, undone: undone[i] as number, from, to, value }]
      : [];
  });
}
