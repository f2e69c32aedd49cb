/** Bytes of log that a transaction keeps. */
export const MAX_LOG_BYTES = 10_000;

/** A transaction's log. */
export type Log = { readonly write: (line: string) => void; readonly lines: readonly string[] };

/** Bytes of a line in UTF-8. */
function byteLength(line: string): number {
  let bytes = line.length;
  for (let i = 0; i < line.length; i++) {
    const unit = line.charCodeAt(i);
    // Each half of a pair counts two: together four bytes.
    if (unit >= 0x80) bytes += unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 1 : 2;
  }
  return bytes;
}

/** A log that keeps lines up to `limit` bytes in all, then says once that it was cut. */
export function createLog(limit: number = MAX_LOG_BYTES): Log {
  const lines: string[] = [];
  let written = 0;
  let isCut = false;
  return {
    lines,
    write(line) {
      const after = written + byteLength(line);
      if (after < limit) {
        written = after;
        lines.push(line);
      } else if (!isCut) {
        isCut = true;
        lines.push('Log truncated');
      }
    },
  };
}
