/** Bytes of log that a transaction keeps. */
export const MAX_LOG_BYTES = 10_000;

/** A transaction's log. */
export type Log = { readonly write: (line: string) => void; readonly lines: readonly string[] };

const encoder = new TextEncoder();

/** A log that keeps lines up to `limit` bytes in all, then says once that it was cut. */
export function createLog(limit: number = MAX_LOG_BYTES): Log {
  const lines: string[] = [];
  let written = 0;
  let isCut = false;
  return {
    lines,
    write(line) {
      const after = written + encoder.encode(line).length;
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
