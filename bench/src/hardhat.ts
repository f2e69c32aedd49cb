import { existsSync } from 'node:fs';
import { onDemand } from './on-demand.ts';

/** The workspace that brings Hardhat, its engine EDR and the Node they need along. */
const WORKSPACE = onDemand('hardhat');
const NODE = WORKSPACE.path('node_modules/node24/bin/node');

/** What to do about missing peers. */
export const INSTALL_HINT: string = `${WORKSPACE.hint} (Linux on x86-64 only)`;

/**
 * The Node binary under which Hardhat 3 runs, which refuses those before 22; `undefined` when Hardhat
 * is not installed.
 */
export function hardhatNode(): string | undefined {
  return existsSync(NODE) && WORKSPACE.has('hardhat') ? NODE : undefined;
}

/** Path of a module of Hardhat's installation, to be imported. */
export function resolveFromHardhat(specifier: string): string {
  return WORKSPACE.resolve(specifier);
}
