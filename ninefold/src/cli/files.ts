import { access, constants, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type Bytes, defineErrors } from '@ninefold/base';

type Failure = { readonly file: string; readonly reason: string };

const fail = defineErrors({
  CLI_UNREADABLE_FILE: (c: Failure) => `Cannot read ${c.file}: ${c.reason}`,
  CLI_UNWRITABLE_FILE: (c: Failure) => `Cannot write ${c.file}: ${c.reason}`,
  CLI_CONFIG_INVALID_JSON: (c: Failure) => `${c.file} is no JSON: ${c.reason}`,
});

/** @throws `CLI_UNREADABLE_FILE` */
export async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw fail('CLI_UNREADABLE_FILE', { file, reason: (cause as Error).message }, { cause });
  }
}

/** @throws `CLI_UNREADABLE_FILE` */
export async function readBytes(file: string): Promise<Bytes> {
  try {
    return new Uint8Array(await readFile(file));
  } catch (cause) {
    throw fail('CLI_UNREADABLE_FILE', { file, reason: (cause as Error).message }, { cause });
  }
}

/** @throws `CLI_UNREADABLE_FILE`, `CLI_CONFIG_INVALID_JSON` */
export async function readJson(file: string): Promise<unknown> {
  const text = await readText(file);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw fail('CLI_CONFIG_INVALID_JSON', { file, reason: (cause as Error).message }, { cause });
  }
}

/**
 * Whether a file could be written, asked before what goes into it is made.
 *
 * @throws `CLI_UNWRITABLE_FILE`
 */
export async function requireWritable(file: string): Promise<void> {
  try {
    await access(dirname(resolve(file)), constants.W_OK);
  } catch (cause) {
    throw fail('CLI_UNWRITABLE_FILE', { file, reason: (cause as Error).message }, { cause });
  }
}

/**
 * Writes a file in one step: whoever waits for it never reads half of it.
 *
 * @throws `CLI_UNWRITABLE_FILE`
 */
export async function writeWhole(file: string, content: string | Bytes): Promise<void> {
  const draft = `${file}.${process.pid}.part`;
  try {
    await writeFile(draft, content);
    await rename(draft, file);
  } catch (cause) {
    throw fail('CLI_UNWRITABLE_FILE', { file, reason: (cause as Error).message }, { cause });
  }
}
