import { describe, expect, it } from 'vitest';
import type {
  CallTree,
  Change,
  CostRow,
  MethodName,
  Net,
  Page,
  StudioChain,
  Tx,
  TxDetail,
} from '../src/index.ts';
import { createStudio, FRAME_WORDS, PARAMS, STATE_PARTS } from '../src/index.ts';
import type { TraceManifest, TraceState } from '../src/index.ts';

/** A chain with something on it, and what the laws need to know of it. */
export type LawSubject = {
  readonly chain: StudioChain;
  /** Transactions to look at: at least one that failed. */
  readonly txs: readonly string[];
  /** An id of the right form that names nothing. */
  readonly unknownTx: string;
  /** What a change of state was before and after, straight from the chain; undefined when it cannot say. */
  readonly stored: (change: Change, tx: Tx, side: 'before' | 'after') => string | undefined;
  readonly close: () => Promise<void>;
};

/** What the studio takes for granted of every chain. */
export function studioLaws(name: string, make: () => Promise<LawSubject>): void {
  const using =
    (test: (subject: LawSubject, call: Call) => void | Promise<void>) => async (): Promise<void> => {
      const subject = await make();
      const studio = createStudio({
        chains: [subject.chain],
        info: { version: '0', instance: 'test', readyMs: 0, host: 'test' },
      });
      const call: Call = async (method, params) =>
        (await studio.dispatcher.call(method, params as Record<string, unknown>, {})) as never;
      try {
        await test(subject, call);
      } finally {
        studio.close();
        await subject.close();
      }
    };

  describe(`studio laws: ${name}`, () => {
    it(
      'ids of lists resolve',
      using(async ({ chain }, call) => {
        const net = chain.id;
        const [info] = await call<readonly Net[]>('ninefold_networks', {});
        expect(info?.id).toBe(net);
        const { items } = await call<Page<Tx>>('ninefold_getTransactions', { net, limit: 500 });
        expect(items.length).toBeGreaterThan(0);
        for (const tx of items) {
          const again = await call<TxDetail>('ninefold_getTransaction', { net, id: tx.id });
          expect({ ...again, error: undefined }).toMatchObject({
            id: tx.id,
            status: tx.status,
            summary: tx.summary,
          });
          expect(again.status === 'failed').toBe(again.error !== undefined);
          if (tx.block !== undefined) {
            const block = await call<{ readonly hash: string }>('ninefold_getBlock', {
              net,
              id: tx.block.number,
            });
            expect(block.hash).toBe(tx.block.hash);
          }
          for (const ref of [...(tx.from ?? []), ...(tx.to ?? [])]) {
            const entity = await call<{ readonly ref: { readonly id: string } }>('ninefold_getEntity', {
              net,
              id: ref.id,
            });
            expect(entity.ref.id).toBe(ref.id);
          }
          const { items: hits } = await call<Page<{ readonly id: string }>>('ninefold_search', { q: tx.id });
          expect(hits.map(({ id }) => id)).toContain(tx.id);
        }
      }),
    );

    it(
      'pages join without gap and repetition',
      using(async ({ chain }, call) => {
        const net = chain.id;
        for (const method of ['ninefold_getTransactions', 'ninefold_getBlocks'] as const) {
          const whole = await call<Page<object>>(method, { net, limit: 500 });
          const joined: object[] = [];
          let before: string | undefined;
          do {
            const page: Page<object> = await call<Page<object>>(method, { net, limit: 2, before });
            joined.push(...page.items);
            before = page.next;
          } while (before !== undefined);
          expect(joined).toEqual(whole.items);
        }
      }),
    );

    it(
      'cost items sum to the total, and so do those of the steps',
      using(async ({ chain, txs }, call) => {
        for (const id of txs) {
          const of = { net: chain.id, id };
          const rows = await call<readonly CostRow[]>('ninefold_getCost', { ...of, by: 'component' });
          const tx = await call<TxDetail>('ninefold_getTransaction', of);
          expect(sum(rows.map(({ total }) => total))).toBe(sum(tx.cost.map(({ amount }) => amount)));
          const { calls } = await call<CallTree>('ninefold_getCalls', of);
          if (calls.length === 0) continue;
          for (const by of ['op', 'function', 'line'] as const) {
            const parts = await call<readonly CostRow[]>('ninefold_getCost', { ...of, by });
            // What a creation pays for its code is no step's, nor what a failing call loses.
            const steps = sum(parts.map(({ own }) => own));
            expect(steps).toBeLessThanOrEqual(BigInt(calls[0]?.costTotal ?? 0));
            const isPlain = calls.every(({ kind, status }) => status === 'ok' && !kind.startsWith('CREATE'));
            if (isPlain) expect(steps).toBe(BigInt(calls[0]?.costTotal ?? 0));
          }
        }
      }),
    );

    it(
      'calls nest',
      using(async ({ chain, txs }, call) => {
        for (const id of txs) {
          const { calls, events } = await call<CallTree>('ninefold_getCalls', { net: chain.id, id });
          for (const [i, each] of calls.entries()) {
            expect(each.i).toBe(i);
            const parent = calls[each.parent];
            if (each.parent < 0) expect(each.depth).toBe(0);
            else {
              expect(each.parent).toBeLessThan(i);
              expect(each.depth).toBe((parent?.depth ?? 0) + 1);
              expect(each.s0).toBeGreaterThanOrEqual(parent?.s0 ?? 0);
              expect(each.s1).toBeLessThanOrEqual(parent?.s1 ?? 0);
            }
            expect(each.s1).toBeGreaterThanOrEqual(each.s0);
            expect(BigInt(each.costOwn)).toBeLessThanOrEqual(BigInt(each.costTotal));
          }
          for (const event of events) {
            const within = calls[event.call];
            expect(event.step).toBeGreaterThanOrEqual(within?.s0 ?? 0);
            expect(event.step).toBeLessThan(within?.s1 ?? 0);
          }
        }
      }),
    );

    it(
      'a diff leads from the state before to the state after',
      using(async ({ chain, txs, stored }, call) => {
        for (const id of txs) {
          const of = { net: chain.id, id };
          const tx = await call<Tx>('ninefold_getTransaction', of);
          for (const change of await call<readonly Change[]>('ninefold_getStateDiff', of)) {
            expect(change.before).not.toEqual(change.after);
            const [before, after] = [stored(change, tx, 'before'), stored(change, tx, 'after')];
            if (before !== undefined) expect(change.rawBefore ?? String(change.before)).toBe(before);
            if (after !== undefined) expect(change.rawAfter ?? String(change.after)).toBe(after);
          }
        }
      }),
    );

    it(
      'a trace tells the same outcome, its parts fit together, and its end is the state diff',
      using(async ({ chain, txs }, call) => {
        for (const id of txs) {
          const of = { net: chain.id, id };
          const tx = await call<TxDetail>('ninefold_getTransaction', of);
          const session = chain.record(id, 1_000_000);
          const manifest: TraceManifest = session.manifest('1');
          expect(manifest.outcome.status).toBe(tx.status);
          expect(manifest.outcome.error).toBe(tx.error?.message);
          expect(manifest.steps).toBe(tx.steps);
          for (const { name, bytes } of manifest.columns) {
            expect(session.column(name, 0, manifest.steps).length).toBe(bytes);
          }
          const frames = new Uint32Array(session.frames().slice().buffer);
          expect(frames.length).toBe(manifest.frames.count * FRAME_WORDS);
          if (manifest.steps === 0) continue;
          const end: TraceState = session.state(manifest.steps, STATE_PARTS);
          const changes = await call<readonly Change[]>('ninefold_getStateDiff', of);
          for (const change of changes.filter(({ rawAfter }) => rawAfter !== undefined)) {
            const item = end.storage?.find(
              ({ entity, key }) => entity.id === change.entity.id && key === change.key,
            );
            expect(item?.rawAfter).toBe(change.rawAfter);
          }
          // Stepping back comes to what stepping forward saw.
          for (let step = 0; step < manifest.steps; step += Math.ceil(manifest.steps / 7)) {
            const seen = session.state(step, STATE_PARTS);
            session.state(manifest.steps, STATE_PARTS);
            expect(session.state(step, STATE_PARTS)).toEqual(seen);
          }
        }
      }),
    );

    it(
      'what is not there is told as such',
      using(async ({ chain, unknownTx }, call) => {
        const net = chain.id;
        for (const method of [
          'ninefold_getTransaction',
          'ninefold_getCalls',
          'ninefold_openTrace',
        ] as const) {
          await expect(call(method, { net, id: unknownTx })).rejects.toMatchObject({
            data: { code: 'STUDIO_NOT_FOUND' },
          });
        }
        await expect(call('ninefold_getBlock', { net, id: '999999999' })).rejects.toMatchObject({
          data: { code: 'STUDIO_NOT_FOUND' },
        });
        await expect(call('ninefold_getBlocks', { net: 'nowhere' })).rejects.toMatchObject({
          data: { code: 'STUDIO_NOT_FOUND' },
        });
        await expect(call('ninefold_traceState', { trace: '99', step: 0, parts: [] })).rejects.toMatchObject({
          data: { code: 'STUDIO_NOT_FOUND' },
        });
      }),
    );

    it(
      'every method refuses what it cannot understand, and stays alive',
      using(async (_, call) => {
        const nonsense = [
          { net: 7 },
          { net: 'x'.repeat(300), id: null },
          { unknown: true },
          { trace: {}, step: -1 },
          [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
        ];
        const isHarmless = new Set([
          'ninefold_info',
          'ninefold_networks',
          'ninefold_pulse',
          'ninefold_accounts',
        ]);
        for (const method of Object.keys(PARAMS) as MethodName[]) {
          for (const params of nonsense) {
            const outcome = await call(method, params).then(
              () => 'answered',
              (error: { readonly code: number }) => error.code,
            );
            if (isHarmless.has(method) && outcome === 'answered') continue;
            expect([-32_602, -32_004]).toContain(outcome);
          }
        }
      }),
    );
  });
}

type Call = <Result>(method: MethodName, params: object) => Promise<Result>;

function sum(amounts: readonly string[]): bigint {
  return amounts.reduce((total, amount) => total + BigInt(amount), 0n);
}
