import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const STATIC_IMPORT = /^(?:import|export)\s(?!type\b)(?:[^'";]*\sfrom\s)?'([^']+)';/gm;
const FOLDERS: Readonly<Record<string, string>> = { 'vm-': 'vms/', 'chain-': 'chains/' };

/** The source behind a static import of ours; undefined for packages of others. */
function sourceOf(specifier: string, from: string): string | undefined {
  if (specifier.startsWith('.')) return join(dirname(from), specifier);
  if (!specifier.startsWith('@ninefold/')) return undefined;
  const name = specifier.slice('@ninefold/'.length);
  const prefix = Object.keys(FOLDERS).find((each) => name.startsWith(each));
  const folder = prefix === undefined ? `packages/${name}` : FOLDERS[prefix] + name.slice(prefix.length);
  return join(ROOT, folder, 'src/index.ts');
}

/** All modules that loading `entry` loads, with what they import from Node. */
function nodeImports(entry: string): readonly string[] {
  const found: string[] = [];
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file) || !existsSync(file)) return;
    seen.add(file);
    for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(STATIC_IMPORT)) {
      if (specifier.startsWith('node:')) found.push(`${file.slice(ROOT.length)}: ${specifier}`);
      const next = sourceOf(specifier, file);
      if (next !== undefined) visit(next);
    }
  };
  visit(entry);
  expect(seen.size).toBeGreaterThan(5);
  return found;
}

test.each(['index', 'evm', 'ethereum', 'svm', 'solana', 'bitcoin', 'riscv', 'stark'])(
  'ninefold/%s can be loaded by browsers',
  (entry) => {
    expect(nodeImports(join(ROOT, `ninefold/src/${entry}.ts`))).toEqual([]);
  },
);
