/** Cuts a stream of JSON values into single texts. */
export type JsonSplitter = {
  /**
   * Takes the next piece and returns the texts that are complete.
   *
   * @returns undefined when an unfinished value has grown beyond the limit: the stream is lost.
   */
  readonly push: (piece: string) => readonly string[] | undefined;
};

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * Values end where their outermost bracket closes, as go-ethereum's IPC has it; what is no object
 * or array ends with the line. Each character is looked at once, however the stream is cut.
 */
export function createJsonSplitter(maxLength: number): JsonSplitter {
  let pending = '';
  let depth = 0;
  let inString = false;
  let escaped = false;

  const push = (piece: string): readonly string[] | undefined => {
    const complete: string[] = [];
    let start = 0;
    const cut = (end: number): void => {
      const text = (pending + piece.slice(start, end)).trim();
      pending = '';
      start = end;
      depth = 0;
      inString = false;
      if (text !== '') complete.push(text);
    };
    for (let at = 0; at < piece.length; at++) {
      const code = piece.charCodeAt(at);
      if (inString) {
        if (escaped) escaped = false;
        else if (code === BACKSLASH) escaped = true;
        else if (code === QUOTE) inString = false;
        // A raw newline is in no JSON string: with it a broken line ends.
        else if (code === NEWLINE) cut(at + 1);
        continue;
      }
      switch (code) {
        case QUOTE:
          inString = true;
          break;
        case OPEN_BRACE:
        case OPEN_BRACKET:
          depth++;
          break;
        case CLOSE_BRACE:
        case CLOSE_BRACKET:
          depth--;
          if (depth <= 0) cut(at + 1);
          break;
        case NEWLINE:
          if (depth === 0) cut(at + 1);
          break;
        default:
      }
    }
    pending += piece.slice(start);
    return pending.length > maxLength ? undefined : complete;
  };

  return { push };
}
