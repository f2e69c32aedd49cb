import { writeSync } from 'node:fs';
import type { LogLevel, LogSink } from '@ninefold/base';
import pc from 'picocolors';

/** Where a command writes: stdout is for data, stderr for talk. */
export type Output = {
  readonly data: (text: string) => void;
  readonly talk: (text: string) => void;
  /** Colours for what is talked; plain where nobody looks. */
  readonly paint: Paint;
};

export type Paint = Pick<
  ReturnType<typeof pc.createColors>,
  'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'cyan'
>;

/** The process' own streams; colours when stderr is a terminal and `NO_COLOR` is not set. */
export function processOutput(): Output {
  // Whoever read us may have gone, as in `ninefold trace … | head`: that is no failure of ours.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreBrokenPipe);
  // `isTTY` is undefined on a pipe, and picocolors would then guess from the environment (`CI` means colours there).
  const isColoured = process.stderr.isTTY === true && (process.env['NO_COLOR'] ?? '') === '';
  return {
    data: (text) => void process.stdout.write(`${text}\n`),
    talk: (text) => void process.stderr.write(`${text}\n`),
    paint: pc.createColors(isColoured),
  };
}

function ignoreBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

/** Lines for people: `warn server: other machines can reach this node host=0.0.0.0`. */
export function prettySink({ talk, paint }: Output): LogSink {
  const painted: Readonly<Record<LogLevel, (text: string) => string>> = {
    trace: paint.dim,
    debug: paint.dim,
    info: paint.green,
    warn: paint.yellow,
    error: paint.red,
  };
  return ({ level, module, message, fields }) => {
    const shown = Object.entries(fields).map(([name, value]) => paint.dim(`${name}=`) + fieldText(value));
    const from = module === '' ? '' : paint.dim(`${module}: `);
    talk([`${painted[level](level.padEnd(5))} ${from}${message}`, ...shown].join(' '));
  };
}

/** NDJSON on stderr, beside `--json` data on stdout. */
export function jsonSink({ talk }: Output): LogSink {
  return ({ level, module, message, fields }) =>
    talk(toJson({ time: new Date().toISOString(), level, module, message, ...fields }));
}

/** JSON with bigints as decimal text and errors by their message. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => {
    if (typeof member === 'bigint') return member.toString();
    return member instanceof Error && !('toJSON' in member) ? member.message : member;
  });
}

function fieldText(value: unknown): string {
  if (value instanceof Error) return value.stack ?? value.message;
  if (typeof value === 'string') return /[\s"=]/.test(value) ? JSON.stringify(value) : value;
  return typeof value === 'object' ? toJson(value) : String(value);
}

/** Writes at once: what is said while the process dies must not wait in a buffer. */
export function lastWords(text: string): void {
  try {
    writeSync(2, `${text}\n`);
  } catch {
    // Nobody listens any more.
  }
}
