import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { VectorFiles } from './read.ts';

/** The gzipped files below `folder`. */
export function openFolder(folder: string): VectorFiles {
  return { read: (path) => new Uint8Array(gunzipSync(readFileSync(join(folder, path)))) };
}
