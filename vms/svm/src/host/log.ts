/** Bytes of log that a transaction keeps. */
export const MAX_LOG_BYTES = 10_000;

/** A transaction's log. */
export type Log = {
  /** @param bytes of the line in UTF-8, for those who know; counting makes V8 join the line's parts. */
  readonly write: (line: string, bytes?: number) => void;
  readonly lines: readonly string[];
};

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

class LimitedLog implements Log {
  readonly lines: string[] = [];
  readonly #limit: number;
  #written = 0;
  #isCut = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  write(line: string, bytes: number = byteLength(line)): void {
    const after = this.#written + bytes;
    if (after < this.#limit) {
      this.#written = after;
      this.lines.push(line);
    } else if (!this.#isCut) {
      this.#isCut = true;
      this.lines.push('Log truncated');
    }
  }
}

/** A log that keeps lines up to `limit` bytes in all, then says once that it was cut. */
export function createLog(limit: number = MAX_LOG_BYTES): Log {
  return new LimitedLog(limit);
}

/** Writes a line of ASCII. */
export function writeAscii(log: Log, line: string): void {
  log.write(line, line.length);
}
