import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { bytesToUtf8, seededRng, utf8ToBytes } from '@ninefold/base';
import { describe, expect, it } from 'vitest';
import { createLmdbStore } from '../src/lmdb-store.ts';
import { LOCK_FILE, lockStore } from '../src/store-lock.ts';
import { temporaryFolders } from './folders.ts';

const temporaryFolder = temporaryFolders();
const small = { mapSize: 2 ** 28 };

/** Runs a script of `fixtures`, which works on the build, as Node cannot run sources. */
function start(script: string, folder: string): ChildProcess {
  const path = fileURLToPath(new URL(`fixtures/${script}.mjs`, import.meta.url));
  return spawn(process.execPath, [path, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
}

async function firstLine(child: ChildProcess): Promise<string> {
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
  return line;
}

describe('a process killed while it commits', () => {
  it('loses nothing that was acknowledged, and leaves no half of a batch', async () => {
    const rng = seededRng(1);
    const folder = await temporaryFolder();
    let acknowledged = 0;
    for (let round = 0; round < 5; round++) {
      const child = start('committer', folder);
      const enough = acknowledged + 1 + rng.below(40);
      for await (const line of createInterface({ input: child.stdout! })) {
        acknowledged = Number(line);
        // By now the child is somewhere in a later commit.
        if (acknowledged >= enough) child.kill('SIGKILL');
      }
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');

      const store = await createLmdbStore(folder, small);
      const read = (key: string): string => bytesToUtf8(store.get(utf8ToBytes(key)) ?? utf8ToBytes(''));
      const head = Number(read('head'));
      expect(head).toBeGreaterThanOrEqual(acknowledged);
      for (let i = 0; i < 20; i++) expect(read(`account/${i}`)).toBe(`${head}`);
      for (let block = 1; block <= head; block++) expect(read(`block/${block}`)).toBe(`body of ${block}`);
      expect(read(`block/${head + 1}`)).toBe('');
      await store.close();
      acknowledged = head;
    }
  });
});

describe('the lock', () => {
  const locked = (pid: number | undefined): object =>
    expect.objectContaining({ code: 'STORE_LOCKED', context: expect.objectContaining({ pid }) });

  it('keeps another process out as long as the first one lives, however it dies', async () => {
    const folder = await temporaryFolder();
    const child = start('holder', folder);
    expect(await firstLine(child)).toBe('open');
    await expect(createLmdbStore(folder, small)).rejects.toThrow(locked(child.pid));
    child.kill('SIGKILL');
    await once(child, 'exit');
    const store = await createLmdbStore(folder, small);
    await store.close();
  });

  it('is given back by closing', async () => {
    const folder = await temporaryFolder();
    const child = start('holder', folder);
    expect(await firstLine(child)).toBe('open');
    child.stdin!.end();
    await once(child, 'exit');
    expect((await readdir(folder)).filter((name) => name.startsWith(LOCK_FILE))).toEqual([]);
  });

  it('keeps a second opening in the same process out', async () => {
    const folder = await temporaryFolder();
    const store = await createLmdbStore(folder, small);
    await expect(createLmdbStore(folder, small)).rejects.toThrow(locked(process.pid));
    await store.close();
    await (await createLmdbStore(folder, small)).close();
  });

  it.each([
    ['of a process that is gone', JSON.stringify({ pid: 2 ** 30, started: '1' })],
    [
      'of an earlier process with the number of a living one',
      JSON.stringify({ pid: process.pid, started: '1' }),
    ],
    ['that makes no sense', 'so lock much wow'],
    ['that is empty', ''],
    ['with an impossible process', JSON.stringify({ pid: -1, started: '1' })],
  ])('takes over one %s', async (_, content) => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, `${LOCK_FILE}.7`), content);
    const unlock = await lockStore(folder);
    const holder = JSON.parse(await readFile(join(folder, `${LOCK_FILE}.8`), 'utf8')) as { pid: number };
    expect(holder.pid).toBe(process.pid);
    await unlock();
    expect(await readdir(folder)).toEqual([]);
  });

  it('is given to one of many who ask at once, stale lock or none', async () => {
    for (let round = 0; round < 10; round++) {
      const folder = await temporaryFolder();
      const stale = JSON.stringify({ pid: 2 ** 30, started: '1' });
      if (round % 2 === 0) await writeFile(join(folder, `${LOCK_FILE}.1`), stale);
      const attempts = await Promise.allSettled(Array.from({ length: 20 }, () => lockStore(folder)));
      expect(attempts.filter(({ status }) => status === 'fulfilled').length).toBe(1);
      for (const attempt of attempts) {
        if (attempt.status === 'rejected') expect(attempt.reason).toMatchObject({ code: 'STORE_LOCKED' });
        else await attempt.value();
      }
      expect(await readdir(folder)).toEqual([]);
    }
  });

  it('is never held twice while many take it and give it back', async () => {
    const folder = await temporaryFolder();
    let holders = 0;
    let taken = 0;
    const contender = async (): Promise<void> => {
      for (let i = 0; i < 30; i++) {
        const unlock = await lockStore(folder).catch(() => undefined);
        if (unlock === undefined) continue;
        holders++;
        taken++;
        expect(holders).toBe(1);
        await readdir(folder);
        holders--;
        await unlock();
      }
    };
    await Promise.all(Array.from({ length: 8 }, contender));
    expect(taken).toBeGreaterThan(0);
  });
});
