import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** The workspace outside the lockfile that brings Hardhat, its engine EDR and the Node they need along. */
const HOME = fileURLToPath(new URL('../../environments/hardhat/', import.meta.url));
const NODE = `${HOME}node_modules/node24/bin/node`;

/** What to do about missing peers. */
export const INSTALL_HINT = 'run "npm install --prefix environments/hardhat" (Linux on x86-64 only)';

/**
 * The Node binary under which Hardhat 3 runs, which refuses those before 22; `undefined` when Hardhat
 * is not installed.
 */
export function hardhatNode(): string | undefined {
  return existsSync(NODE) && existsSync(`${HOME}node_modules/hardhat/package.json`) ? NODE : undefined;
}

/** Path of a module of Hardhat's installation, to be imported. */
export function resolveFromHardhat(specifier: string): string {
  return createRequire(`${HOME}package.json`).resolve(specifier);
}
