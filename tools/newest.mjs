import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** When a file, or the newest source within a folder, was last changed: milliseconds. */
export function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return readdirSync(path, { withFileTypes: true })
    .filter(({ name }) => name !== 'dist' && name !== 'node_modules' && name !== 'test')
    .reduce((latest, { name }) => Math.max(latest, newest(join(path, name))), 0);
}
