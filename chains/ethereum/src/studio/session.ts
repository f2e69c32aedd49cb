import type { Bytes, Hex } from '@ninefold/base';
import { bytesToHex, utf8ToBytes } from '@ninefold/base';
import type {
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
import { FRAME_WORDS, LEVEL_KINDS, MIP_STEPS, notFound, outOfRange } from '@ninefold/studio-api';
import { CHECKPOINT_STEPS } from '@ninefold/trace';
import type { RecordedFrame } from '@ninefold/vm-evm';
import { disassemble, partValue, UNITS_PER_PROGRAM } from '@ninefold/vm-evm';
import { transactionHash } from '../tx/transaction.ts';
import { debugOfFrame } from './calls.ts';
import { shortText } from './names.ts';
import { checkStep, MAX_MEMORY_BYTES, type OpenedTrace, recordedFrame } from './opened-trace.ts';
import type { Replay } from './replay.ts';
import { originOf, usesOf } from './trace-origin.ts';
import { findSteps } from './trace-search.ts';

/** Stack items and changed slots one answer tells. */
export const MAX_STACK_ITEMS = 64;
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

/** A recorded transaction, opened for the debugger. */
export class EthereumSession implements TraceSession {
  readonly #opened: OpenedTrace;
  readonly #transfers: readonly Transfer[];

  constructor(opened: OpenedTrace) {
    this.#opened = opened;
    this.#transfers = transfersOf(opened.replay.run.frames);
  }

  readonly manifest = (id: string): TraceManifest => {
    const { run, placed, outcome, ms } = this.#opened.replay;
    const { columns, truncated, deltas } = this.#opened.reader.manifest();
    const url = (rest: string): string => `/bin/trace/${id}/${rest}`;
    const status = outcome.status === 'success' ? 'ok' : 'failed';
    const root = run.frames[0];
    const error =
      outcome.status === 'success' || root === undefined
        ? undefined
        : this.#opened.names.failure(this.#opened.debugs[0], outcome.status, outcome.halt, root.output);
    return {
      id,
      net: this.#opened.names.net,
      tx: transactionHash(placed.transaction),
      vm: 'evm',
      steps: this.#opened.steps,
      ...(truncated !== undefined && { truncated }),
      unitsPerProgram: UNITS_PER_PROGRAM,
      levels: this.#opened.debugs.some((debug) => debug?.level !== undefined)
        ? [
            { id: 'sol', title: 'Solidity' },
            { id: 'evm', title: 'EVM' },
          ]
        : [{ id: 'evm', title: 'EVM' }],
      programs: run.programs.map(({ address, code, initcode }, i) => {
        const debug = this.#opened.debugs[i];
        const ref = this.#opened.names.ref(address, code);
        const name = debug?.artifact.name ?? ref.name ?? shortText(address);
        return {
          ref,
          name: initcode ? `${name} (creation)` : name,
          size: code.length,
          levels: debug?.level === undefined ? ['evm'] : ['sol', 'evm'],
        };
      }),
      frames: { count: this.#opened.calls.count, url: url('frames') },
      names: this.#opened.calls.names,
      columns: [
        ...columns.map(({ name, type, bytes }) => ({ name, type, bytes, url: url(`column/${name}`) })),
        { name: 'op', type: 'u8', bytes: this.#opened.steps, url: url('column/op') },
      ],
      mips: { steps: MIP_STEPS, count: Math.ceil(this.#opened.steps / MIP_STEPS), url: url('mips') },
      deltas: deltas.map(({ name, count }) => ({ name, count, url: url(`deltas/${name}`) })),
      checkpoints: { every: CHECKPOINT_STEPS },
      events: run.logs
        .slice(0, MAX_MARKS)
        .map((entry) => ({ step: entry.step, label: this.#eventText(entry.log) })),
      failures: run.frames
        .filter((frame) => frame.status !== 'success' && frame.s1 > frame.s0)
        .slice(0, MAX_MARKS)
        .map((frame) => ({
          step: Math.min(frame.s1, this.#opened.steps) - 1,
          label: this.#failureText(frame),
        })),
      outcome: { status, ...(error !== undefined && { error }) },
      bytes: columns.reduce((sum, { bytes }) => sum + bytes, this.#opened.steps + this.#heapBytes()),
      recordMs: ms,
    };
  };

  #heapBytes(): number {
    const { slots, memory, state } = this.#opened.trace;
    return [slots, memory, state].reduce(
      (sum, stream) => sum + (stream ? stream.heap.length + 16 * stream.length : 0),
      0,
    );
  }

  #eventText(log: Replay['run']['logs'][number]['log']): string {
    const decoded = this.#opened.names.event(this.#opened.names.debugOfAddress(log.address), log);
    if (decoded === undefined) return `LOG${log.topics.length} of ${shortText(log.address)}`;
    return `${decoded.name}(${decoded.fields.map(({ value }) => shortText(value)).join(', ')})`;
  }

  #failureText(frame: RecordedFrame): string {
    if (frame.status === 'success') return '';
    return this.#opened.names.failure(
      debugOfFrame(this.#opened.names, this.#opened.replay, frame),
      frame.status,
      frame.halt,
      frame.output,
    );
  }

  readonly column = (name: string, from: number, to: number): Bytes => {
    if (to > this.#opened.steps || from > to) throw outOfRange('Step', to, this.#opened.steps + 1);
    if (name === 'op') return this.#opened.opcodes.slice(from, to);
    const values = this.#opened.trace.steps.column(name, from, to);
    if (values === undefined) throw notFound('column', name);
    return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  };

  readonly frames = (): Bytes =>
    new Uint8Array(this.#opened.calls.words.slice(0, this.#opened.calls.count * FRAME_WORDS).buffer);

  readonly mips = (): Bytes => {
    const { cost, flagCounts } = this.#opened.reader.mip(MIP_STEPS);
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
    for (const delta of this.#opened.reader.deltas(from, to)) {
      if (delta.kind !== kind) continue;
      lines.push(
        JSON.stringify(delta, (_, value: unknown) =>
          value instanceof Uint8Array ? bytesToHex(value) : value,
        ),
      );
    }
    return utf8ToBytes(lines.join('\n'));
  };

  readonly state = (step: number, parts: readonly StatePart[], memoryAt?: number): TraceState => {
    checkStep(this.#opened, step);
    const at = Math.min(step, this.#opened.steps - 1);
    if (at < 0) return { step, frame: 0 };
    const { frame } = this.#opened.reader.step(at);
    const wants = (part: StatePart): boolean => parts.includes(part);
    const recorded = recordedFrame(this.#opened.replay, frame);
    return {
      step,
      frame,
      ...(wants('stack') && this.#stack(at, step)),
      ...(wants('memory') && { memory: this.#memory(at, memoryAt) }),
      ...(wants('storage') && { storage: this.#storage(step) }),
      ...(wants('balances') && { balances: this.#balances(step) }),
      ...(wants('logs') && {
        logs: this.#opened.replay.run.logs
          .filter((entry) => entry.step < step)
          .slice(-100)
          .map((entry) => ({ step: entry.step, text: this.#eventText(entry.log) })),
      }),
      ...(wants('calldata') && { calldata: this.#calldata(recorded) }),
      ...(wants('returndata') && { returndata: this.#returndata(frame, at) }),
    };
  };

  #stack(at: number, step: number): Pick<TraceState, 'stack' | 'changed'> {
    const { frame, sp } = this.#opened.reader.step(at);
    const stack: StackItem[] = [];
    for (let slot = sp - 1; slot >= 0 && stack.length < MAX_STACK_ITEMS; slot--) {
      const value = bytesToHex(this.#opened.flow.word(at, frame, slot));
      const name = this.#opened.values.of(
        this.#opened.flow.sourceOf({ place: { in: 'stack', frame, slot }, step: at }),
      );
      stack.push({ value, ...(name !== undefined && { name }) });
    }
    let changed = 0;
    for (const delta of this.#opened.reader.deltas(Math.max(0, at - 1), at)) {
      if (delta.kind !== 'slot' || delta.space !== frame || at === 0 || step !== at) continue;
      changed = Math.max(changed, sp - delta.slot);
    }
    return { stack, changed };
  }

  #memory(at: number, memoryAt: number | undefined): NonNullable<TraceState['memory']> {
    const { frame } = this.#opened.reader.step(at);
    const length = this.#opened.reader.memoryLength(at, frame);
    let written: readonly [number, number] | undefined;
    if (at > 0) {
      for (const delta of this.#opened.reader.deltas(at - 1, at)) {
        if (delta.kind !== 'memory' || delta.space !== frame || delta.value.length === 0) continue;
        written = [delta.address, delta.address + delta.value.length];
      }
    }
    const start = Math.min(memoryAt ?? 0, length);
    const bytes = this.#opened.reader.memory(at, frame, start, Math.min(MAX_MEMORY_BYTES, length - start));
    const read = this.#memoryRead(at);
    return { length, start, bytes: bytesToHex(bytes), ...(written && { written }), ...(read && { read }) };
  }

  /** The memory that a step is about to read, as its entry of the opcode table says. */
  #memoryRead(at: number): readonly [number, number] | undefined {
    const operands = this.#opened.flow.operands(at);
    const read = this.#opened.flow.specOf(at)?.reads?.find((location) => location.in === 'memory');
    if (read === undefined || read.in !== 'memory') return undefined;
    const valueOf = (name: string | number): number => {
      if (typeof name === 'number') return name;
      const operand = operands.find((each) => each.name === name);
      return operand === undefined ? 0 : Number(BigInt(this.#opened.flow.valueAt(operand)));
    };
    const from = valueOf(read.offset);
    return [from, from + valueOf(read.length)];
  }

  #storage(step: number): readonly StorageItem[] {
    const { before } = this.#opened.replay;
    const items: StorageItem[] = [];
    for (const { entity, key, value } of this.#opened.reader.stateValues(step)) {
      const [account, slot] = [bytesToHex(entity), bytesToHex(key)];
      const rawBefore = before.storage(account, slot);
      const rawAfter = value === undefined ? rawBefore : bytesToHex(value);
      const writes = this.#opened.reader.stateWriters(entity, key).filter((each) => each < step);
      if (writes.length === 0) continue;
      const common = {
        entity: this.#opened.names.ref(account),
        key: slot,
        rawBefore,
        rawAfter,
        step: writes.at(-1) as number,
      };
      const parts = this.#opened.values.parts(account, slot);
      if (parts.length === 0) {
        items.push({
          ...common,
          label: this.#opened.values.slot(account, slot),
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
        const was = this.#opened.replay.before.account(address)?.balance ?? 0n;
        return {
          entity: this.#opened.names.ref(address),
          before: was.toString(),
          after: (was + amount).toString(),
        };
      });
  }

  #calldata(frame: RecordedFrame): NonNullable<TraceState['calldata']> {
    const debug = debugOfFrame(this.#opened.names, this.#opened.replay, frame);
    const fields = frame.kind.startsWith('CREATE')
      ? undefined
      : this.#opened.names.call(debug, frame.input)?.fields;
    return { bytes: bytesToHex(frame.input.subarray(0, MAX_CALLDATA_BYTES)), ...(fields && { fields }) };
  }

  #returndata(frame: number, at: number): Hex {
    const { frames, tracedFrames } = this.#opened.replay.run;
    const own = tracedFrames[frame] ?? 0;
    const callee = frames.findLast(({ parent, s1, s0 }) => parent === own && s0 <= at && s1 <= at);
    return bytesToHex((callee?.output ?? new Uint8Array(0)).subarray(0, MAX_CALLDATA_BYTES));
  }

  readonly find = (query: TraceQuery, from: number, forward: boolean, limit: number): FindResult =>
    findSteps(this.#opened, query, from, forward, limit);

  readonly origin = (step: number, loc: string, max: number): readonly OriginNode[] =>
    originOf(this.#opened, step, loc, max);

  readonly uses = (step: number, loc: string, max: number): readonly OriginNode[] =>
    usesOf(this.#opened, step, loc, max);

  readonly evaluate = (step: number, expression: string): Field => {
    checkStep(this.#opened, step);
    const name = expression.trim();
    const stack = /^stack\[(\d{1,4})\]$/.exec(name);
    if (stack !== null) {
      const item = this.state(step, ['stack']).stack?.[Number(stack[1])];
      if (item === undefined) throw notFound('stack item', name);
      return { name, type: 'uint256', value: BigInt(item.value).toString(), raw: item.value };
    }
    for (const { entity, key, value } of this.#opened.reader.stateValues(step)) {
      const [account, slot] = [bytesToHex(entity), bytesToHex(key)];
      for (const part of this.#opened.values.parts(account, slot)) {
        if (part.label !== name) continue;
        const raw =
          value === undefined ? this.#opened.replay.before.storage(account, slot) : bytesToHex(value);
        return { name, type: part.type, value: partValue(part, raw), raw };
      }
    }
    const named = this.state(step, ['stack']).stack?.find((item) => item.name === name);
    if (named === undefined) throw notFound('value', name);
    return { name, type: 'uint256', value: BigInt(named.value).toString(), raw: named.value };
  };

  readonly levels = (program: number): TraceLevels => {
    const recorded = this.#opened.replay.run.programs[program];
    if (recorded === undefined) throw notFound('program', String(program));
    const instructions = disassemble(recorded.code, this.#opened.replay.fork);
    const mnemonics: string[] = [];
    const numbers = new Map<string, number>();
    const level = this.#opened.debugs[program]?.level;
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
