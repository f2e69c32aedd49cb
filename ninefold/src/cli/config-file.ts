import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { defineErrors } from '@ninefold/base';

const fail = defineErrors({
  CLI_CONFIG_MISSING: (c: { readonly file: string }) => `There is no configuration file ${c.file}`,
  CLI_CONFIG_UNREADABLE: (c: { readonly file: string; readonly reason: string }) =>
    `The configuration file ${c.file} cannot be loaded: ${c.reason}`,
  CLI_CONFIG_NEEDS_TSX: (c: { readonly file: string }) =>
    `${c.file} is TypeScript, which Node reads by itself from 22.18 on: install tsx beside it, or write it as ninefold.config.mjs`,
  CLI_CONFIG_NOT_AN_OBJECT: (c: { readonly file: string }) =>
    `${c.file} must export an object of settings: export default { port: 8545 }`,
});

/** Looked for in this order in the working directory. */
export const CONFIG_FILES: readonly string[] = ['.ts', '.mts', '.mjs', '.js', '.json'].map(
  (extension) => `ninefold.config${extension}`,
);

export type LoadedConfig = { readonly file: string; readonly entries: Readonly<Record<string, unknown>> };

/**
 * The configuration of a folder, or of the file that was named.
 *
 * @throws `CLI_CONFIG_MISSING`, `CLI_CONFIG_UNREADABLE`, `CLI_CONFIG_NEEDS_TSX`, `CLI_CONFIG_NOT_AN_OBJECT`
 */
export async function loadConfig(folder: string, named?: string): Promise<LoadedConfig | undefined> {
  const candidates = named === undefined ? CONFIG_FILES : [named];
  const path = candidates.map((name) => resolve(folder, name)).find((candidate) => existsSync(candidate));
  if (path === undefined) {
    if (named !== undefined) throw fail('CLI_CONFIG_MISSING', { file: named });
    return undefined;
  }
  const exported = await importFile(path);
  if (typeof exported !== 'object' || exported === null || Array.isArray(exported)) {
    throw fail('CLI_CONFIG_NOT_AN_OBJECT', { file: path });
  }
  return { file: path, entries: exported as Readonly<Record<string, unknown>> };
}

async function importFile(path: string): Promise<unknown> {
  const isTypeScript = /^\.[cm]?ts$/.test(extname(path));
  const tsx = isTypeScript && !readsTypeScript(process.versions.node) ? findTsx(path) : undefined;
  try {
    if (extname(path) === '.json') return JSON.parse(await readFile(path, 'utf8'));
    const url = pathToFileURL(path).href;
    const module = (await (tsx === undefined
      ? import(url)
      : ((await import(tsx)) as { tsImport: (url: string, from: string) => Promise<unknown> }).tsImport(
          url,
          import.meta.url,
        ))) as { readonly default?: unknown };
    return module.default;
  } catch (cause) {
    throw fail('CLI_CONFIG_UNREADABLE', { file: path, reason: (cause as Error).message }, { cause });
  }
}

/** Whether Node strips types by itself: 22.18 and later, in each line since. */
function readsTypeScript(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 23 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18);
}

/** tsx as installed next to the configuration file. */
function findTsx(path: string): string {
  try {
    return pathToFileURL(createRequire(path).resolve('tsx/esm/api')).href;
  } catch (cause) {
    throw fail('CLI_CONFIG_NEEDS_TSX', { file: path }, { cause });
  }
}
