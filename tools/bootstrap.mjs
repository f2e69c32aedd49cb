// From a fresh clone to a running node or a green test run with nothing but Node and npm.
// Plain JavaScript without dependencies: it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [task, ...rest] = process.argv.slice(2);

/** Runs a command in the repository root and stops with its exit code when it fails. */
function run(command, args, quiet = false) {
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', process.stderr, process.stderr],
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  if (result.error) throw result.error;
  if (result.status !== 0) {
    if (quiet) process.stderr.write(`${result.stdout}${result.stderr}`);
    process.exit(result.status ?? 1);
  }
}

const node = (script, ...args) => run(process.execPath, [join(root, script), ...args]);

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  process.stderr.write(`Ninefold needs Node 20.19 or newer; this is ${process.version}.\n`);
  process.exit(2);
}

/** `npm ci` when node_modules is missing or older than the lockfile. */
function install() {
  const marker = join(root, 'node_modules', '.package-lock.json');
  const lockfile = join(root, 'package-lock.json');
  if (existsSync(marker) && statSync(marker).mtimeMs >= statSync(lockfile).mtimeMs) return;
  process.stderr.write('Installing packages …\n');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
}

function build() {
  node('tools/kernels.mjs');
  node('tools/programs.mjs');
  node('node_modules/typescript/bin/tsc', '-b');
  node('tools/page.mjs');
  node('tools/verifier.mjs');
}

requireNode();
install();
switch (task) {
  case 'build':
    build();
    break;
  case 'test':
    build();
    node('node_modules/vitest/vitest.mjs', 'run', ...rest);
    break;
  case 'start': {
    build();
    const { bin } = JSON.parse(readFileSync(join(root, 'ninefold/package.json'), 'utf8'));
    process.argv = [process.argv[0], join(root, 'ninefold', bin.ninefold), 'start', ...rest];
    await import(new URL(`../ninefold/${bin.ninefold}`, import.meta.url));
    break;
  }
  default:
    process.stderr.write('usage: node tools/bootstrap.mjs build | test | start [arguments]\n');
    process.exit(2);
}
