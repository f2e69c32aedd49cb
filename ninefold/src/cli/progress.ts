/** Tells how far a piece of work has come, where someone is looking; `part` says of which part of it. */
export type Progress = {
  readonly at: (phase: string, part?: string) => void;
  readonly end: () => void;
};

const COLUMNS = 24;

/** A bar on stderr with the name of the phase; nothing when stderr is no terminal. */
export function progressBar(
  phases: readonly string[],
  stream: {
    readonly isTTY?: boolean | undefined;
    readonly write: (text: string) => unknown;
  } = process.stderr,
): Progress {
  const show = (text: string): void => {
    // Back to the line's start, and nothing left of what stood there.
    if (stream.isTTY === true) stream.write(`\r\u001B[2K${text}`);
  };
  return {
    at: (phase, part) => {
      const done = Math.round((COLUMNS * Math.max(0, phases.indexOf(phase))) / phases.length);
      show(
        `[${'#'.repeat(done)}${'.'.repeat(COLUMNS - done)}] ${phase}${part === undefined ? '' : `, ${part}`}`,
      );
    },
    end: () => show(''),
  };
}
