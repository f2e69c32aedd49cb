// Compares ARCHITECTURE.md's ownership matrix with what package.json and tsconfig.json say, so that the
// page cannot drift from the code: same workspaces, same uses, one version, references = dependencies.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const read = (path) => readFileSync(join(root, path), 'utf8');
const readJson = (path) => JSON.parse(read(path));
const problems = [];

const { workspaces: patterns, version } = readJson('package.json');
const folders = patterns
  .flatMap((pattern) => {
    if (!pattern.endsWith('/*')) return [pattern];
    const group = pattern.slice(0, -2);
    return existsSync(join(root, group))
      ? readdirSync(join(root, group)).map((name) => `${group}/${name}`)
      : [];
  })
  .filter((folder) => existsSync(join(root, folder, 'package.json')));

const shortName = (name) => name.replace('@ninefold/', '');
const folderOf = new Map(
  folders.map((folder) => [shortName(readJson(`${folder}/package.json`).name), folder]),
);

/** Rows of the ownership matrix: workspace folder -> short names of what it uses. */
const matrix = new Map(
  read('ARCHITECTURE.md')
    .split('\n## ')
    .find((section) => section.startsWith('Ownership matrix'))
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, folder, , , uses]) => [
      folder.replaceAll('`', ''),
      uses === '–' ? [] : uses.split(/\s+/).sort(),
    ]),
);

for (const folder of folders) {
  const manifest = readJson(`${folder}/package.json`);
  const own = Object.keys(manifest.dependencies ?? {}).filter((name) => folderOf.has(shortName(name)));
  const uses = own.map(shortName).sort();

  if (manifest.version !== version)
    problems.push(`${folder}: version ${manifest.version}, the tree has ${version}`);
  for (const [name, range] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
    if (!/^(npm:[^^~*]+@)?\d+\.\d+\.\d+[\w.-]*$/.test(range))
      problems.push(`${folder}: ${name}@${range} is not an exact version`);
  }

  // Test workspaces for foreign clients are listed as a group, not one by one.
  if (folder.startsWith('environments/') || folder.startsWith('examples')) continue;

  const row = matrix.get(folder);
  if (!row) problems.push(`${folder} has no row in ARCHITECTURE.md's ownership matrix`);
  else if (row.join(' ') !== uses.join(' ')) {
    problems.push(
      `${folder}: ARCHITECTURE.md says it uses [${row.join(' ')}], package.json says [${uses.join(' ')}]`,
    );
  }

  const references = (readJson(`${folder}/tsconfig.json`).references ?? [])
    .map(({ path }) => resolve(root, folder, path))
    .sort();
  const expected = own.map((name) => resolve(root, folderOf.get(shortName(name)))).sort();
  if (references.join() !== expected.join()) {
    problems.push(
      `${folder}/tsconfig.json references [${references.map((path) => basename(path)).join(' ')}], ` +
        `package.json depends on [${expected.map((path) => basename(path)).join(' ')}]`,
    );
  }
}

for (const folder of matrix.keys()) {
  if (!folders.includes(folder)) problems.push(`ARCHITECTURE.md lists ${folder}, which is no workspace`);
}

for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log(`${folders.length} workspaces agree with ARCHITECTURE.md`);
