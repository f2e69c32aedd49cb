import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createJournal } from '../src/journal.ts';
import { thrownCode } from './thrown.ts';

type Action =
  | { readonly type: 'set'; readonly key: string; readonly value: number }
  | { readonly type: 'delete'; readonly key: string }
  | { readonly type: 'checkpoint' }
  | { readonly type: 'revert' | 'commit'; readonly index: number };

const keys = fc.constantFrom('a', 'b', 'c', 'd');
const actions = fc.array(
  fc.oneof<fc.Arbitrary<Action>[]>(
    fc.record({ type: fc.constant('set' as const), key: keys, value: fc.nat(9) }),
    fc.record({ type: fc.constant('delete' as const), key: keys }),
    fc.record({ type: fc.constant('checkpoint' as const) }),
    fc.record({ type: fc.constantFrom('revert' as const, 'commit' as const), index: fc.nat(5) }),
  ),
  { maxLength: 60 },
);

const base = new Map([
  ['a', 1],
  ['b', 2],
]);

describe('a journal', () => {
  it('does what copies of a map would do', () => {
    fc.assert(
      fc.property(actions, (script) => {
        const journal = createJournal((key: string) => base.get(key));
        let changes = new Map<string, number | undefined>();
        const open: { readonly checkpoint: number; readonly copy: Map<string, number | undefined> }[] = [];
        for (const action of script) {
          if (action.type === 'set') {
            journal.set(action.key, action.value);
            changes.set(action.key, action.value);
          } else if (action.type === 'delete') {
            journal.delete(action.key);
            changes.set(action.key, undefined);
          } else if (action.type === 'checkpoint') {
            open.push({ checkpoint: journal.checkpoint(), copy: new Map(changes) });
          } else if (open.length > 0) {
            const [closed] = open.splice(action.index % open.length);
            journal[action.type](closed!.checkpoint);
            if (action.type === 'revert') changes = closed!.copy;
          }
          for (const key of ['a', 'b', 'c', 'd']) {
            expect(journal.get(key)).toBe(changes.has(key) ? changes.get(key) : base.get(key));
          }
          expect(new Map(journal.changes())).toEqual(changes);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('reads through to the base and never writes to it', () => {
    const journal = createJournal((key: string) => base.get(key));
    expect(journal.get('a')).toBe(1);
    journal.delete('a');
    expect(journal.get('a')).toBeUndefined();
    expect(base.get('a')).toBe(1);
    expect(journal.changes()).toEqual(new Map([['a', undefined]]));
  });

  it('closes inner checkpoints with outer ones', () => {
    const journal = createJournal<number>(() => undefined);
    const outer = journal.checkpoint();
    journal.set('x', 1);
    const inner = journal.checkpoint();
    journal.set('x', 2);
    journal.revert(outer);
    expect(journal.get('x')).toBeUndefined();
    expect(thrownCode(() => journal.revert(inner))).toBe('STATE_UNKNOWN_CHECKPOINT');
  });

  it('reverts an outer checkpoint over committed inner ones', () => {
    const journal = createJournal<number>(() => undefined);
    const outer = journal.checkpoint();
    const inner = journal.checkpoint();
    journal.set('x', 2);
    journal.commit(inner);
    journal.revert(outer);
    expect(journal.changes().size).toBe(0);
  });

  it('knows closed checkpoints, also after new ones were opened', () => {
    const journal = createJournal<number>(() => undefined);
    const first = journal.checkpoint();
    journal.commit(first);
    journal.checkpoint();
    expect(thrownCode(() => journal.revert(first))).toBe('STATE_UNKNOWN_CHECKPOINT');
    expect(thrownCode(() => journal.commit(first))).toBe('STATE_UNKNOWN_CHECKPOINT');
    expect(thrownCode(() => journal.commit(99))).toBe('STATE_UNKNOWN_CHECKPOINT');
  });
});
