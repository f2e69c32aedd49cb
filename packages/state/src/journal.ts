import { defineErrors } from '@ninefold/base';

const fail = defineErrors({
  STATE_UNKNOWN_CHECKPOINT: (c: { readonly checkpoint: number }) =>
    `Checkpoint ${c.checkpoint} is not open: it was reverted or committed before, or one below it was`,
});

/**
 * Changes on top of a state that stays as it is, with checkpoints inside each other like the frames
 * of a call. Undefined stands for "no value" everywhere.
 */
export type Journal<Value> = {
  readonly get: (key: string) => Value | undefined;
  readonly set: (key: string, value: Value) => void;
  readonly delete: (key: string) => void;
  /** Opens a checkpoint inside those that are open, in constant time. */
  readonly checkpoint: () => number;
  /**
   * Undoes what changed since the checkpoint and closes it with all inside it; takes as long as there
   * were changes.
   *
   * @throws `STATE_UNKNOWN_CHECKPOINT`
   */
  readonly revert: (checkpoint: number) => void;
  /**
   * Keeps what changed since the checkpoint and closes it with all inside it, in constant time.
   *
   * @throws `STATE_UNKNOWN_CHECKPOINT`
   */
  readonly commit: (checkpoint: number) => void;
  /** All keys that were set or deleted and not reverted, with their present value. A live view. */
  readonly changes: () => ReadonlyMap<string, Value | undefined>;
};

/** In the undo log: the key was not among the changes. */
const UNCHANGED = Symbol('unchanged');

/**
 * A journal over `base`, which has to give the same answers as long as the journal is used.
 *
 * @example
 * const journal = createJournal((key: string) => balances.get(key));
 * const call = journal.checkpoint();
 * journal.set('alice', 5n);
 * journal.revert(call); // as if nothing had been
 */
export function createJournal<Value>(base: (key: string) => Value | undefined): Journal<Value> {
  const changes = new Map<string, Value | undefined>();
  const undoKeys: string[] = [];
  const undoValues: (Value | undefined | typeof UNCHANGED)[] = [];
  // Open checkpoints, innermost last, and how long the undo log was when each was opened.
  const checkpoints: number[] = [];
  const marks: number[] = [];
  let nextCheckpoint = 0;

  const write = (key: string, value: Value | undefined): void => {
    if (checkpoints.length > 0) {
      const previous = changes.get(key);
      undoKeys.push(key);
      undoValues.push(previous === undefined && !changes.has(key) ? UNCHANGED : previous);
    }
    changes.set(key, value);
  };

  /** Closes `checkpoint` and all inside it; returns its mark in the undo log. */
  const close = (checkpoint: number): number => {
    const index = checkpoints.lastIndexOf(checkpoint);
    if (index === -1) throw fail('STATE_UNKNOWN_CHECKPOINT', { checkpoint });
    const mark = marks[index] as number;
    checkpoints.length = index;
    marks.length = index;
    return mark;
  };

  return {
    get: (key) => {
      const value = changes.get(key);
      return value === undefined && !changes.has(key) ? base(key) : value;
    },
    set: write,
    delete: (key) => write(key, undefined),
    checkpoint: () => {
      checkpoints.push(nextCheckpoint);
      marks.push(undoKeys.length);
      return nextCheckpoint++;
    },
    revert: (checkpoint) => {
      const mark = close(checkpoint);
      for (let i = undoKeys.length - 1; i >= mark; i--) {
        const key = undoKeys[i] as string;
        const previous = undoValues[i];
        if (previous === UNCHANGED) changes.delete(key);
        else changes.set(key, previous as Value | undefined);
      }
      undoKeys.length = mark;
      undoValues.length = mark;
    },
    commit: (checkpoint) => {
      close(checkpoint);
      if (checkpoints.length > 0) return;
      undoKeys.length = 0;
      undoValues.length = 0;
    },
    changes: () => changes,
  };
}
