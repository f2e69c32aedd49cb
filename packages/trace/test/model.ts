import * as fc from 'fast-check';
import { bytesToHex } from '@ninefold/base';
import type { Bytes } from '@ninefold/base';
import type { Trace } from '@ninefold/trace';
import { createTraceWriter } from '@ninefold/trace';

/** One thing a VM may tell the writer. */
export type Action =
  | { readonly kind: 'enter'; readonly program: number }
  | { readonly kind: 'leave' }
  | { readonly kind: 'step'; readonly unit: number; readonly cost: number; readonly flags: number }
  | { readonly kind: 'slot'; readonly slot: number; readonly word: Bytes }
  | { readonly kind: 'memory'; readonly address: number; readonly bytes: Bytes }
  | { readonly kind: 'write' | 'read'; readonly key: number; readonly value: Bytes | undefined }
  | { readonly kind: 'revert'; readonly actions: readonly Action[] };

const simple = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('step' as const),
      unit: fc.nat(1000),
      cost: fc.nat(),
      flags: fc.nat(255),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('slot' as const),
      slot: fc.nat(5),
      word: fc.uint8Array({ minLength: 8, maxLength: 8 }).map((word) => word.fill(0, 0, (word[0] ?? 0) % 9)),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('memory' as const),
      address: fc.oneof(fc.nat(700), fc.constant(255), fc.constant(256)),
      bytes: fc.uint8Array({ maxLength: 300 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      key: fc.nat(3),
      value: fc.option(fc.uint8Array({ maxLength: 3 }), { nil: undefined }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('enter' as const), program: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('leave' as const) }) },
);

const revert = fc.record({
  kind: fc.constant('revert' as const),
  actions: fc.array(
    simple.filter((action) => action.kind !== 'enter' && action.kind !== 'leave'),
    { maxLength: 8 },
  ),
});

export const actions: fc.Arbitrary<Action[]> = fc.array(
  fc.oneof({ weight: 20, arbitrary: simple }, { weight: 1, arbitrary: revert }),
  { maxLength: 120 },
);

/** A copy of everything, as a naive tracer would keep it for each step. */
export type Snapshot = {
  readonly slots: ReadonlyMap<string, string>;
  readonly memories: ReadonlyMap<number, readonly number[]>;
  readonly state: ReadonlyMap<number, string | undefined>;
  readonly open: readonly number[];
};

export type Run = {
  readonly trace: Trace;
  /** What each step found, and at the end what the run left. */
  readonly snapshots: readonly Snapshot[];
  readonly steps: readonly {
    readonly unit: number;
    readonly cost: number;
    readonly flags: number;
    readonly frame: number;
    readonly depth: number;
  }[];
};

export const ENTITY: Bytes = Uint8Array.of(0xee);

const NO_SNAPSHOT: Snapshot = { slots: new Map(), memories: new Map(), state: new Map(), open: [] };

/**
 * Plays actions to a writer and to the model.
 *
 * @param isLookedAt whether a snapshot is needed of what this step finds; the others are empty
 */
export function play(
  list: readonly Action[],
  spacePerFrame: boolean,
  isLookedAt: (step: number) => boolean = () => true,
): Run {
  const writer = createTraceWriter({
    vm: 'model',
    slots: { width: 8, endian: 'big' },
    memory: true,
    state: true,
    spacePerFrame,
  });
  const slots = new Map<string, string>();
  const memories = new Map<number, number[]>();
  const state = new Map<number, string | undefined>();
  const open = [writer.enterFrame(0, 0)];
  const snapshots: Snapshot[] = [];
  const steps: Run['steps'][number][] = [];
  const snapshot = (): void => {
    if (!isLookedAt(steps.length)) {
      snapshots.push(NO_SNAPSHOT);
      return;
    }
    snapshots.push({
      slots: new Map(slots),
      memories: new Map(Array.from(memories, ([space, bytes]) => [space, bytes.slice()])),
      state: new Map(state),
      open: open.slice(),
    });
  };

  const act = (action: Action): void => {
    const frame = open.at(-1) as number;
    const space = spacePerFrame ? frame : 0;
    switch (action.kind) {
      case 'enter':
        open.push(writer.enterFrame(action.program, 0));
        break;
      case 'leave':
        if (open.length > 1) {
          open.pop();
          writer.leaveFrame();
        }
        break;
      case 'step': {
        const { unit, cost, flags } = action;
        snapshot();
        steps.push({ unit, cost, flags, frame, depth: open.length - 1 });
        writer.step(unit, cost, 6, flags);
        break;
      }
      case 'slot':
        slots.set(`${space}/${action.slot}`, bytesToHex(action.word));
        writer.slot(space, action.slot, action.word);
        break;
      case 'memory': {
        const memory = memories.get(space) ?? [];
        memories.set(space, memory);
        while (memory.length < action.address + action.bytes.length) memory.push(0);
        for (const [i, byte] of action.bytes.entries()) memory[action.address + i] = byte;
        writer.memory(space, action.address, action.bytes);
        break;
      }
      case 'write':
        state.set(action.key, action.value && bytesToHex(action.value));
        writer.state(ENTITY, Uint8Array.of(action.key), action.value);
        break;
      case 'read':
        if (state.has(action.key)) break;
        state.set(action.key, action.value && bytesToHex(action.value));
        writer.stateRead(ENTITY, Uint8Array.of(action.key), action.value);
        break;
      case 'revert': {
        const mark = writer.markState();
        const before = new Map(state);
        for (const inner of action.actions) act(inner);
        for (const key of state.keys()) state.set(key, before.get(key));
        writer.revertState(mark);
        break;
      }
      default:
    }
  };
  for (const action of list) act(action);
  snapshot();
  return { trace: writer.finish(), snapshots, steps };
}
