import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** A workspace outside the lockfile: peers too large for every clone. */
export type OnDemand = {
  /** Path of a file in the workspace. */
  readonly path: (file: string) => string;
  /** Whether the package is installed there. */
  readonly has: (packageName: string) => boolean;
  /** Path of a module of the installation, to be imported. */
  readonly resolve: (specifier: string) => string;
  /** What to do when something is missing. */
  readonly hint: string;
};

/** The workspace of that name in `environments/`. */
export function onDemand(name: string): OnDemand {
  const home = fileURLToPath(new URL(`../../environments/${name}/`, import.meta.url));
  return {
    path: (file) => `${home}${file}`,
    has: (packageName) => existsSync(`${home}node_modules/${packageName}/package.json`),
    resolve: (specifier) => createRequire(`${home}package.json`).resolve(specifier),
    hint: `run "npm install --prefix environments/${name}"`,
  };
}
