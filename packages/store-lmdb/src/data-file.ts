import { open } from 'node:fs/promises';
import { defineErrors } from '@ninefold/base';

const fail = defineErrors({
  STORE_CORRUPT: (c: { readonly path: string; readonly reason: string }) =>
    `${c.path} is not a usable store: ${c.reason}. Choose another folder, or restore this one from a copy`,
});

/** The error for a folder that is no store, or not any more. */
export function corruptStore(path: string, reason: string, options?: ErrorOptions): Error {
  return fail('STORE_CORRUPT', { path, reason }, options);
}

// The two meta pages of an LMDB data file: a page header of 24 bytes, then the fields below.
const META_PAGES = 2;
const META_LENGTH = 168;
const MAGIC_AT = 24;
const VERSION_AT = 28;
const PAGE_SIZE_AT = 48;
const LAST_PAGE_AT = 144;
const MAGIC = 0xbeef_c0de;
const VERSION = 2;
const MIN_PAGE_SIZE = 256;
const MAX_PAGE_SIZE = 65_536;

/**
 * Makes an LMDB data file safe to map into memory, as far as that can be seen from its header. The
 * file may be shorter than the header says, legitimately or because it was cut off; reading a mapped
 * page behind its end would kill the process, so the missing pages are added as holes. LMDB reports
 * an empty page that should not be empty.
 *
 * @throws `STORE_CORRUPT` when the file is not LMDB's
 */
export async function prepareDataFile(file: string, folder: string): Promise<void> {
  const corrupt = (reason: string): Error => corruptStore(folder, reason);
  const handle = await open(file, 'r+');
  try {
    const { size } = await handle.stat();
    const meta = Buffer.alloc(META_LENGTH);
    let pageSize = 0;
    let lastPage = 0n;
    for (let page = 0; page < META_PAGES; page++) {
      const { bytesRead } = await handle.read(meta, 0, META_LENGTH, page * pageSize);
      if (bytesRead < META_LENGTH) throw corrupt('its data file has been cut off');
      if (meta.readUInt32LE(MAGIC_AT) !== MAGIC) throw corrupt('its data file is not LMDB’s');
      if (meta.readUInt32LE(VERSION_AT) !== VERSION)
        throw corrupt('its data file is of another LMDB version');
      pageSize = meta.readUInt32LE(PAGE_SIZE_AT);
      if (pageSize < MIN_PAGE_SIZE || pageSize > MAX_PAGE_SIZE || (pageSize & (pageSize - 1)) !== 0) {
        throw corrupt(`its data file claims a page size of ${pageSize}`);
      }
      const last = meta.readBigUInt64LE(LAST_PAGE_AT);
      if (last > lastPage) lastPage = last;
    }
    const needed = (lastPage + 1n) * BigInt(pageSize);
    if (needed > BigInt(Number.MAX_SAFE_INTEGER)) throw corrupt(`its data file claims ${needed} bytes`);
    if (size < Number(needed)) await handle.truncate(Number(needed));
  } finally {
    await handle.close();
  }
}
