import type { Page } from '@ninefold/studio-api';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Pager } from '../src/screens/pager.ts';

/** A node that answers when the test says so. */
function createQuestions() {
  const open: {
    before: string | undefined;
    answer: (page: Page<number>) => void;
    fail: (e: Error) => void;
  }[] = [];
  const load = (before: string | undefined): Promise<Page<number>> =>
    new Promise((answer, fail) => void open.push({ before, answer, fail }));
  const settle = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
  return { open, load, settle };
}

describe('a list that is read page by page', () => {
  it('grows by pages until there are none', async () => {
    const list = Array.from({ length: 10 }, (_, i) => i);
    const pager = new Pager<number>(
      async (before = '0') => {
        const from = Number(before);
        const next = from + 4 < list.length ? String(from + 4) : undefined;
        return { items: list.slice(from, from + 4), ...(next !== undefined && { next }) };
      },
      () => {},
    );
    await pager.reload();
    expect(pager.items).toEqual([0, 1, 2, 3]);
    for (let i = 0; i < 4; i++) await pager.more();
    expect(pager.items).toEqual(list);
    await pager.reload();
    expect(pager.items).toEqual([0, 1, 2, 3]);
  });

  it('asks one thing at a time', async () => {
    const { open, load, settle } = createQuestions();
    const pager = new Pager(load, () => {});
    void pager.reload();
    void pager.more();
    expect(open).toHaveLength(1);
    open[0]!.answer({ items: [1], next: 'a' });
    await settle();
    void pager.more();
    void pager.more();
    expect(open.map(({ before }) => before)).toEqual([undefined, 'a']);
  });

  it('drops what an older question answers', async () => {
    const { open, load, settle } = createQuestions();
    let changes = 0;
    const pager = new Pager(load, () => changes++);
    void pager.reload();
    void pager.reload();
    open[1]!.answer({ items: [2], next: 'b' });
    open[0]!.answer({ items: [1] });
    await settle();
    expect(pager.items).toEqual([2]);
    void pager.more();
    void pager.reload();
    open[2]!.fail(new Error('late'));
    open[3]!.answer({ items: [3] });
    await settle();
    expect(pager.items).toEqual([3]);
    expect(pager.error).toBeUndefined();
    expect(changes).toBe(2);
  });

  it('says nothing once it is closed', async () => {
    const { open, load, settle } = createQuestions();
    let changes = 0;
    const pager = new Pager(load, () => changes++);
    void pager.reload();
    pager.close();
    open[0]!.answer({ items: [], next: 'a' });
    await settle();
    expect({ items: pager.items, changes, asked: open.length }).toEqual({
      items: undefined,
      changes: 0,
      asked: 1,
    });
  });

  it('shows an error beside what it has, and can be asked again', async () => {
    const { open, load, settle } = createQuestions();
    const pager = new Pager(load, () => {});
    void pager.reload();
    open[0]!.answer({ items: [1], next: 'a' });
    await settle();
    void pager.more();
    open[1]!.fail(new Error('gone'));
    await settle();
    expect({ items: pager.items, error: (pager.error as Error).message }).toEqual({
      items: [1],
      error: 'gone',
    });
    void pager.more();
    open[2]!.answer({ items: [2] });
    await settle();
    expect({ items: pager.items, error: pager.error }).toEqual({ items: [1, 2], error: undefined });
  });

  it('goes on over pages with nothing on them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 8 }),
        async (pages) => {
          const pager = new Pager<number>(
            async (before = '0') => {
              const at = Number(before);
              return { items: pages[at]!, ...(at + 1 < pages.length && { next: String(at + 1) }) };
            },
            () => {},
          );
          await pager.reload();
          for (const _ of pages) {
            const shown = pager.items!.length;
            await pager.more();
            // Each request for more shows more, or there is no more.
            if (pager.items!.length === shown) break;
          }
          expect(pager.items).toEqual(pages.flat());
        },
      ),
    );
  });
});
