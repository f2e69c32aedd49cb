import type { TraceQuery } from '@ninefold/studio-api';

/**
 * What a search asks for: a mnemonic, a value in decimal or hex, `File.sol:12`, `line 12`, or a kind of step
 * such as `event` or `failure`.
 */
export function parseQuery(text: string): TraceQuery | undefined {
  const asked = text.trim();
  if (asked === '') return undefined;
  const kinds: Readonly<Record<string, TraceQuery['kind']>> = {
    event: 'event',
    call: 'call',
    failure: 'failure',
    revert: 'failure',
    write: 'write',
    jump: 'jump',
  };
  const kind = kinds[asked.toLowerCase()];
  if (kind !== undefined && asked === asked.toLowerCase()) return { kind };
  if (/^(0x[\da-f]{1,64}|[\d\s_,\u2009]+)$/i.test(asked)) return { value: asked };
  const [, file, line] = /^(.+\.\w+):(\d{1,7})$/.exec(asked) ?? [];
  if (line !== undefined) return { ...(file !== undefined && { file }), line: Number(line) };
  const [, alone] = /^line (\d{1,7})$/i.exec(asked) ?? [];
  if (alone !== undefined) return { line: Number(alone) };
  const [, cost] = /^cost\s*>=?\s*(\d{1,12})$/i.exec(asked) ?? [];
  if (cost !== undefined) return { minCost: Number(cost) };
  return { op: asked };
}
