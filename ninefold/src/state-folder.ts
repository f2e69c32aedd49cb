import { mkdir, open, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { defineErrors } from '@ninefold/base';
import type { KvStore } from '@ninefold/state';

const fail = defineErrors({
  STATE_FOLDER_CORRUPT: (c: { readonly path: string; readonly problem: string }) =>
    `The state in ${c.path} is damaged: ${c.problem}. Restore it from a copy, or start with an empty folder`,
  STATE_OTHER_CHAIN: (c: { readonly path: string; readonly stored: bigint; readonly given: bigint }) =>
    `${c.path} keeps the chain with id ${c.stored}, not ${c.given}: leave the chain id away, or choose another folder`,
  STATE_FOLDER_UNUSABLE: (c: { readonly path: string; readonly reason: string }) =>
    `${c.path} cannot be used as a state folder: ${c.reason}`,
});

const CHAIN_FOLDER = 'ethereum';
/** Beside it, where a node has a Bitcoin chain as well. */
const BITCOIN_FOLDER = 'bitcoin';
const BIRTH_FILE = 'birth.json';

/** What a chain in a folder began with, and the store it lives in. */
export type StateFolder = Birth & { readonly store: KvStore };

type Birth = {
  /** Seconds since the epoch of the genesis block. */
  readonly genesisTime: bigint;
  readonly chainId: bigint;
};

/**
 * Opens the folder behind `state: DIR`, making it if need be. The time of a development chain's
 * genesis is that of its first start: it is kept beside the store, for the same genesis every time;
 * so is the chain id, which no block tells.
 *
 * @throws `STATE_FOLDER_CORRUPT`, `STATE_FOLDER_UNUSABLE`, `STATE_OTHER_CHAIN`; what opening the store throws
 */
export async function openStateFolder(
  path: string,
  birth: Birth,
  chainId: bigint | undefined,
): Promise<StateFolder> {
  const entries = await prepare(path);
  refuseForeign(path, entries);
  const kept = entries.includes(BIRTH_FILE) ? await readBirth(path) : await writeBirth(path, birth, entries);
  if (chainId !== undefined && chainId !== kept.chainId) {
    throw fail('STATE_OTHER_CHAIN', { path, stored: kept.chainId, given: chainId });
  }
  const { createLmdbStore } = await import('@ninefold/store-lmdb');
  return { ...kept, store: await createLmdbStore(join(path, CHAIN_FOLDER)) };
}

/**
 * Opens the store of a Bitcoin chain in a folder, making both if need be.
 *
 * @throws `STATE_FOLDER_CORRUPT`, `STATE_FOLDER_UNUSABLE`; what opening the store throws
 */
export async function openBitcoinFolder(path: string): Promise<KvStore> {
  await prepare(path);
  const { createLmdbStore } = await import('@ninefold/store-lmdb');
  return createLmdbStore(join(path, BITCOIN_FOLDER));
}

/**
 * Opens and closes the stores in a folder that has these entries, and makes none: what a start would find.
 *
 * @throws `STATE_FOLDER_CORRUPT`; what opening a store throws
 */
export async function checkStateFolder(path: string, entries: readonly string[]): Promise<void> {
  refuseForeign(path, entries);
  if (entries.includes(BIRTH_FILE)) await readBirth(path);
  else refuseUnborn(path, entries);
  const { createLmdbStore } = await import('@ninefold/store-lmdb');
  for (const folder of [CHAIN_FOLDER, BITCOIN_FOLDER]) {
    if (entries.includes(folder)) await (await createLmdbStore(join(path, folder))).close();
  }
}

function refuseForeign(path: string, entries: readonly string[]): void {
  if (entries.includes(CHAIN_FOLDER)) return;
  const foreign = entries.find((name) => name !== BITCOIN_FOLDER && !name.startsWith(BIRTH_FILE));
  if (foreign === undefined) return;
  throw fail('STATE_FOLDER_CORRUPT', {
    path,
    problem: `it holds no chain, but other things, such as ${foreign}`,
  });
}

function refuseUnborn(path: string, entries: readonly string[]): void {
  if (!entries.includes(CHAIN_FOLDER)) return;
  throw fail('STATE_FOLDER_CORRUPT', { path, problem: `${BIRTH_FILE} is missing` });
}

async function prepare(path: string): Promise<readonly string[]> {
  try {
    await mkdir(path, { recursive: true });
    return await readdir(path);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST' || code === 'ENOTDIR') {
      throw fail('STATE_FOLDER_CORRUPT', { path, problem: 'it is a file, not a folder' }, { cause });
    }
    throw fail('STATE_FOLDER_UNUSABLE', { path, reason: message }, { cause });
  }
}

async function readBirth(path: string): Promise<Birth> {
  const text = await readFile(join(path, BIRTH_FILE), 'utf8');
  const match = /^\{"genesisTime":"(\d{1,20})","chainId":"(\d{1,20})"\}\s*$/.exec(text);
  if (match === null) throw fail('STATE_FOLDER_CORRUPT', { path, problem: `${BIRTH_FILE} cannot be read` });
  return { genesisTime: BigInt(match[1] as string), chainId: BigInt(match[2] as string) };
}

/** Before anything is in the store, and in one step: the file is there in full or not at all. */
async function writeBirth(path: string, birth: Birth, entries: readonly string[]): Promise<Birth> {
  refuseUnborn(path, entries);
  const { genesisTime, chainId } = birth;
  const draft = join(path, `${BIRTH_FILE}.${process.pid}`);
  const file = await open(draft, 'w');
  try {
    await file.writeFile(`{"genesisTime":"${genesisTime}","chainId":"${chainId}"}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, join(path, BIRTH_FILE));
  return birth;
}
