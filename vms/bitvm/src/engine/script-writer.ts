import { type Bytes, invariant } from '@ninefold/base';
import { encodeScriptNumber, OP } from '@ninefold/vm-bitcoin-script';
import { LOCK_BYTES } from '../spec/limits.ts';

/**
 * Writes instructions into memory that is there already: setting a circuit up writes hundreds of thousands
 * of scripts, and none of them needs an array of its own.
 */
export class ScriptWriter {
  readonly bytes: Bytes;
  /** Where the next instruction goes. */
  at: number;

  constructor(bytes: Bytes, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  op(...codes: readonly number[]): this {
    for (const code of codes) this.bytes[this.at++] = code;
    return this;
  }

  /** A push of up to 75 bytes. */
  push(data: Bytes): this {
    this.bytes[this.at++] = data.length;
    this.bytes.set(data, this.at);
    this.at += data.length;
    return this;
  }

  /** A push of hash `index` out of a list of 20-byte hashes. PERF: once a hash, so without a view of it. */
  lock(hashes: Bytes, index: number): this {
    const { bytes } = this;
    let from = LOCK_BYTES * index;
    let at = this.at;
    bytes[at++] = LOCK_BYTES;
    for (const end = at + LOCK_BYTES; at < end;) bytes[at++] = hashes[from++] as number;
    this.at = at;
    return this;
  }

  /** The shortest push of a number. */
  number(value: number): this {
    if (value === 0) return this.op(OP.OP_0);
    if (value >= 1 && value <= 16) return this.op(OP.OP_1 - 1 + value);
    return this.push(encodeScriptNumber(value));
  }
}

/** A script of its own, of up to `size` bytes. */
export function writeScript(size: number, write: (script: ScriptWriter) => void): Bytes {
  const script = new ScriptWriter(new Uint8Array(size));
  write(script);
  // Writes beyond a typed array's end are lost without a word.
  invariant(script.at <= size, `a script of ${script.at} bytes where ${size} were announced`);
  return script.bytes.slice(0, script.at);
}
