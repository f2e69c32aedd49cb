import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { corruptStore } from './data-file.ts';

/** Says what the data file is like since the store was closed; not there while it is open. */
export const SEAL_FILE = 'ninefold.seal';

/** Larger files are not sealed: reading them would make opening and closing slow. */
export const SEAL_MAX_BYTES: number = 2 ** 30;

/**
 * Seals a closed data file with its hash. LMDB trusts every byte of its file, and a damaged one can
 * bring the process down; the seal lets {@link openSeal} notice before LMDB looks.
 */
export async function sealFile(folder: string, dataFile: string): Promise<void> {
  // Without a way to make the removal of a seal outlast a crash, a seal could outlive its content.
  if (process.platform === 'win32') return;
  const draft = join(folder, `${SEAL_FILE}.new`);
  try {
    const seal = await sealOf(join(folder, dataFile));
    if (seal === undefined) return;
    await writeFile(draft, seal);
    await rename(draft, join(folder, SEAL_FILE));
  } catch {
    // The data is safe without: a seal that cannot be written is only not there.
    await rm(draft, { force: true });
  }
}

/**
 * Checks the seal, if there is one, and takes it away. After a crash there is none.
 *
 * @throws `STORE_CORRUPT` when the file is not what was sealed; the seal then stays
 */
export async function openSeal(folder: string, dataFile: string): Promise<void> {
  let sealed: string;
  try {
    sealed = await readFile(join(folder, SEAL_FILE), 'utf8');
  } catch {
    return;
  }
  if ((await sealOf(join(folder, dataFile))) !== sealed) {
    throw corruptStore(folder, 'its data file has changed since it was closed');
  }
  await rm(join(folder, SEAL_FILE));
  await syncFolder(folder);
}

/** Makes what was created or removed in a folder outlast a crash of the system, where there is a way to. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path);
  await folder.sync();
  await folder.close();
}

async function sealOf(file: string): Promise<string | undefined> {
  const { size } = await stat(file);
  if (size > SEAL_MAX_BYTES) return undefined;
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 2 ** 20 }), hash);
  return `sha256 ${hash.digest('hex')} ${size}\n`;
}
