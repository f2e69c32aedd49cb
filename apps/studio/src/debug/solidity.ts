/** A piece of a line and what it is. */
export type Token = {
  readonly text: string;
  readonly kind: 'keyword' | 'type' | 'number' | 'string' | 'function' | 'comment' | '';
};

const KEYWORDS =
  'abstract|anonymous|as|assembly|break|calldata|catch|constant|constructor|continue|contract|delete|do|else|emit|enum|error|event|external|fallback|final|for|from|function|global|if|immutable|import|indexed|interface|internal|is|let|library|mapping|memory|modifier|new|override|payable|pragma|private|public|pure|receive|return|returns|revert|require|assert|storage|struct|this|super|transient|try|type|unchecked|using|view|virtual|while';
const TYPES = 'u?int\\d*|bytes\\d*|bool|address|string|u?fixed\\w*|byte';

const TOKEN = new RegExp(
  [
    '(?<comment>//.*|/\\*.*?(?:\\*/|$))',
    '(?<string>(?:hex|unicode)?(?:"(?:[^"\\\\]|\\\\.)*"?|\'(?:[^\'\\\\]|\\\\.)*\'?))',
    '(?<number>\\b(?:0x[\\da-fA-F_]+|\\d[\\d_]*(?:\\.\\d+)?(?:e\\d+)?)\\b)',
    `(?<keyword>\\b(?:${KEYWORDS}|true|false)\\b)`,
    `(?<type>\\b(?:${TYPES})\\b|\\b[A-Z]\\w*\\b(?!\\s*\\())`,
    '(?<function>\\b[a-zA-Z_$][\\w$]*(?=\\s*\\())',
    '(?<word>[a-zA-Z_$][\\w$]*)',
  ].join('|'),
  'g',
);

/** The longest line that is coloured. */
const LONGEST_LINE = 2000;

/**
 * Colours a source line by line. Comments over several lines are followed from the first line on.
 *
 * @example tokenize('uint256 a = 1;')[0] // [{ text: 'uint256', kind: 'type' }, …]
 */
export function tokenize(text: string): readonly (readonly Token[])[] {
  let inComment = false;
  return text.split('\n').map((line) => {
    const tokens: Token[] = [];
    const shown = line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}…` : line;
    let at = 0;
    if (inComment) {
      const end = shown.indexOf('*/');
      if (end < 0) return [{ text: shown, kind: 'comment' }];
      tokens.push({ text: shown.slice(0, end + 2), kind: 'comment' });
      at = end + 2;
      inComment = false;
    }
    TOKEN.lastIndex = at;
    for (let match = TOKEN.exec(shown); match !== null; match = TOKEN.exec(shown)) {
      if (match.index > at) tokens.push({ text: shown.slice(at, match.index), kind: '' });
      const [kind = ''] = Object.entries(match.groups ?? {}).find(([, found]) => found !== undefined) ?? [];
      const [found] = match;
      if (kind === 'comment' && found.startsWith('/*') && !found.endsWith('*/')) inComment = true;
      tokens.push({ text: found, kind: kind === 'word' ? '' : (kind as Token['kind']) });
      at = match.index + found.length;
    }
    if (at < shown.length) tokens.push({ text: shown.slice(at), kind: '' });
    return tokens;
  });
}
