import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openStateFolder } from '../src/state-folder.ts';
import { temporaryFolder } from './support/cli.ts';

const birth = { genesisTime: 1_700_000_000n, chainId: 5n };

async function openAndClose(path: string, chainId?: bigint) {
  const { store, ...kept } = await openStateFolder(path, { genesisTime: 1n, chainId: 1n }, chainId);
  await store.close();
  return kept;
}

describe('a state folder', () => {
  test('remembers what the chain began with', async () => {
    const path = join(temporaryFolder(), 'deep', 'state');
    const { store, ...kept } = await openStateFolder(path, birth, undefined);
    await store.close();
    expect(kept).toEqual(birth);
    expect(await openAndClose(path)).toEqual(birth);
    expect(await openAndClose(path, 5n)).toEqual(birth);
  });

  test('is for one chain', async () => {
    const path = temporaryFolder();
    await (await openStateFolder(path, birth, undefined)).store.close();
    await expect(openAndClose(path, 6n)).rejects.toMatchObject({
      code: 'STATE_OTHER_CHAIN',
      context: { stored: 5n, given: 6n },
    });
  });

  test('is opened once at a time', async () => {
    const path = temporaryFolder();
    const { store } = await openStateFolder(path, birth, undefined);
    await expect(openAndClose(path)).rejects.toMatchObject({ code: 'STORE_LOCKED' });
    await store.close();
    await openAndClose(path);
  });

  test('whose notes are damaged or gone is refused', async () => {
    const path = temporaryFolder();
    await (await openStateFolder(path, birth, undefined)).store.close();
    const file = join(path, 'birth.json');
    const text = readFileSync(file, 'utf8');
    for (const damaged of ['', '{}', text.slice(0, -4), text.replace('5', 'five')]) {
      writeFileSync(file, damaged);
      await expect(openAndClose(path)).rejects.toMatchObject({ code: 'STATE_FOLDER_CORRUPT' });
    }
    const orphan = temporaryFolder();
    mkdirSync(join(orphan, 'ethereum'));
    await expect(openAndClose(orphan)).rejects.toMatchObject({ code: 'STATE_FOLDER_CORRUPT' });
  });

  test('that is something else is left alone', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'letter.txt'), 'dear');
    await expect(openAndClose(folder)).rejects.toMatchObject({ code: 'STATE_FOLDER_CORRUPT' });
    await expect(openAndClose(join(folder, 'letter.txt'))).rejects.toMatchObject({
      code: 'STATE_FOLDER_CORRUPT',
    });
    await expect(openAndClose(join(folder, 'letter.txt', 'deeper'))).rejects.toMatchObject({
      code: 'STATE_FOLDER_CORRUPT',
    });
    expect(readFileSync(join(folder, 'letter.txt'), 'utf8')).toBe('dear');
  });
});
