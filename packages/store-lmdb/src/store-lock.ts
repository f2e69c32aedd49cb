import { link, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineErrors } from '@ninefold/base';

const fail = defineErrors({
  STORE_LOCKED: (c: { readonly path: string; readonly pid: number }) =>
    `The store in ${c.path} is in use by process ${c.pid}: stop that process, or choose another folder`,
});

/** Claims to a store are files of this name and a number; the process in the highest one has the store open. */
export const LOCK_FILE = 'ninefold.lock';

/** Gives up after so many tries, each of which lost a race against another process. */
const MAX_ATTEMPTS = 20;

/** A process: the start time tells it from a later one with the same number. */
type Holder = { readonly pid: number; readonly started: string };
type Claim = {
  readonly number: number;
  readonly file: string;
  readonly pid: number;
  readonly alive: boolean;
};

/**
 * Takes the lock of the store in `folder`; the result gives it back. A lock whose process has died,
 * in whatever way, is taken over.
 *
 * A claim is put in place by `link`, which succeeds for one process only and with the whole content.
 * Whoever finds no living claim makes the next one; of several who do so at once one wins. Since the
 * numbers begin anew when all claims are gone, a late process may still make one beside a living
 * one: so everyone looks again, and steps back when there is another.
 *
 * @throws `STORE_LOCKED` when a living process holds it, this one included
 */
export async function lockStore(folder: string): Promise<() => Promise<void>> {
  const own = JSON.stringify({ pid: process.pid, started: await startOf(process.pid) } satisfies Holder);
  const draft = join(folder, `${LOCK_FILE}.draft-${process.pid}-${Math.random().toString(36).slice(2)}`);
  await writeFile(draft, own);
  let rival = 0;
  try {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const claims = await claimsIn(folder);
      const holder = claims.find(({ alive }) => alive);
      if (holder !== undefined) throw fail('STORE_LOCKED', { path: folder, pid: holder.pid });

      const number = 1 + Math.max(0, ...claims.map((claim) => claim.number));
      const file = join(folder, `${LOCK_FILE}.${number}`);
      if (!(await linked(draft, file))) continue;

      const others = (await claimsIn(folder)).filter((claim) => claim.number !== number);
      const other = others.find(({ alive }) => alive);
      if (other === undefined) {
        await Promise.all(others.map((claim) => rm(claim.file, { force: true })));
        return async () => rm(file, { force: true });
      }
      rival = other.pid;
      await rm(file, { force: true });
    }
  } finally {
    await rm(draft, { force: true });
  }
  throw fail('STORE_LOCKED', { path: folder, pid: rival });
}

async function claimsIn(folder: string): Promise<readonly Claim[]> {
  const claims: Claim[] = [];
  for (const name of await readdir(folder)) {
    const number = Number(name.startsWith(`${LOCK_FILE}.`) ? name.slice(LOCK_FILE.length + 1) : Number.NaN);
    if (!Number.isSafeInteger(number)) continue;
    const file = join(folder, name);
    const content = await contentOf(file);
    const holder = content === undefined ? undefined : holderIn(content);
    const alive = holder !== undefined && (await isAlive(holder));
    claims.push({ number, file, pid: holder?.pid ?? 0, alive });
  }
  return claims;
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function contentOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    return undefined;
  }
}

function holderIn(content: string): Holder | undefined {
  try {
    const { pid, started } = JSON.parse(content) as Partial<Holder>;
    return Number.isSafeInteger(pid) && (pid as number) > 0 && typeof started === 'string'
      ? { pid: pid as number, started }
      : undefined;
  } catch {
    return undefined;
  }
}

async function isAlive({ pid, started }: Holder): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, and belongs to someone else.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const now = await startOf(pid);
  return now === started || (now === '' && started !== ZOMBIE);
}

/** What {@link startOf} says of a process that is dead but still listed. */
const ZOMBIE = 'zombie';

/** When a process started, in the system's own terms; empty where the system does not say. */
async function startOf(pid: number): Promise<string> {
  const stat = await contentOf(`/proc/${pid}/stat`);
  if (stat === undefined) return '';
  // The name in parentheses may contain anything; state is the first field after it, start the 20th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? ZOMBIE : (fields[19] ?? '');
}
