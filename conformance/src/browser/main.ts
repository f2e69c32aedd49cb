import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, sep } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { guestInput, readGuestEntries } from '../proofs/guests.ts';
import { readBrotli } from '../proofs/read.ts';
import type { FolderResult } from '../suite.ts';
import { openFolder } from '../svm/folder.ts';
import { findVectors, NO_VECTORS, readRecords } from '../vectors.ts';
import type { CaseResults, ProvedGuest } from './page.ts';
import { proveGuest, runNode, runRecords } from './page.ts';
import type { ProofFinding } from './proofs.ts';
import { runProofs } from './proofs.ts';
import { serveRepository } from './static-server.ts';
import { runSvmSuites, runTiers } from './svm.ts';

const USAGE = `usage: node conformance/dist/browser/main.js [--records N] [--vectors DIR] [--chromium PATH]

Runs a slice of the official state tests, the suites of Solana with each engine, and a node, in Chromium, proves
and verifies the run of a guest there and, in a worker, tables with one thread and with several: everything must
come out as in Node.
`;

const CHROMIUM_PATHS: readonly string[] = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

// A browser that talks to nobody but the server of this test.
const CHROMIUM_FLAGS: readonly string[] = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** What a page found, which Node must find too. */
type Findings = {
  readonly results: CaseResults;
  readonly svm: readonly FolderResult[];
  /** When programs of Solana were compiled. */
  readonly tiers: readonly string[];
  readonly node: string;
  readonly proof: string;
  /** Of tables, made in a worker. */
  readonly tables: readonly ProofFinding[];
};
/** With when its proof began and ended, in milliseconds. */
type PageFindings = Findings & { readonly proofBegun: number; readonly proofEnded: number };

/** The guest that is proved. */
const GUEST = 'openvm-rv32-fibonacci';

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      records: { type: 'string', default: '40' },
      vectors: { type: 'string' },
      chromium: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const perFile = Number(values.records);
  if (values.help || !Number.isSafeInteger(perFile) || perFile < 1) {
    process.stderr.write(USAGE);
    return values.help ? 0 : 2;
  }
  const executablePath = values.chromium ?? CHROMIUM_PATHS.find((path) => existsSync(path));
  if (executablePath === undefined || !existsSync(executablePath)) {
    process.stdout.write(
      'Chromium is not installed: nothing was run in a browser. Name one with --chromium.\n',
    );
    process.stdout.write('0 passed, 0 failed, 1 skipped\n');
    return 0;
  }
  const vectors = values.vectors ?? findVectors(process.env);
  if (vectors === undefined) {
    process.stderr.write(NO_VECTORS);
    return 2;
  }
  const lines = await slice(join(vectors, 'evm/state'), perFile);
  const guest = guestOf(join(vectors, 'proofs/guests'));
  const svm = join(vectors, 'svm');
  const inPage = await runInChromium(executablePath, lines, svm, guest);
  const here: Findings = {
    results: runRecords(lines),
    svm: runSvmSuites(openFolder(svm)),
    tiers: runTiers(openFolder(svm)),
    node: await runNode(),
    proof: proveGuest(guest),
    tables: await runProofs(),
  };
  return report(inPage, here);
}

/** Records spread over each file of official state tests. */
async function slice(folder: string, perFile: number): Promise<readonly string[]> {
  const lines: string[] = [];
  const files = readdirSync(folder).filter(
    (name) => /\.ndjson(\.br)?$/.test(name) && !/differential/.test(name),
  );
  for (const name of files) {
    // Twelve times as many are read as are kept: neighbours test the same thing.
    let read = 0;
    for await (const record of readRecords(join(folder, name))) {
      if (read >= perFile * 12) break;
      if (read++ % 12 === 0) lines.push(JSON.stringify(record));
    }
  }
  return lines;
}

/** The file of {@link GUEST} and its input. */
function guestOf(folder: string): ProvedGuest {
  const entry = readGuestEntries(folder).find(({ id }) => id === GUEST);
  if (entry === undefined) throw new Error(`no guest ${GUEST} in ${folder}`);
  const [input = new Uint8Array(0)] = guestInput(folder, entry);
  return { elf: readBrotli(folder, basename(entry.file)), input };
}

/** Paths of the gzipped files below a folder. */
function gzippedBelow(folder: string): readonly string[] {
  const paths = readdirSync(folder, { recursive: true }) as readonly string[];
  return paths.filter((path) => path.endsWith('.gz')).map((path) => path.split(sep).join('/'));
}

// Text, not a function: the compiler would put helpers into an import() that the page does not have.
const PAGE_SCRIPT = `import('/conformance/dist/browser/page.js').then(async (page) => {
  const { fetchAndProve, fetchAndRun, fetchFiles, runNode, runSvmSuites, runTiers } = page;
  const vectors = await fetchFiles('/vectors/svm', await (await fetch('/svm-files.json')).json());
  return {
    results: await fetchAndRun('/records.ndjson'),
    svm: runSvmSuites(vectors),
    tiers: runTiers(vectors),
    node: await runNode(),
    proofBegun: performance.now(),
    proof: await fetchAndProve('/guest.txt', '/input.txt'),
    proofEnded: performance.now(),
    tables: await new Promise((resolve, reject) => {
      const worker = new Worker('/conformance/dist/browser/proofs-worker.js', { type: 'module' });
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
    }),
  };
})`;

async function runInChromium(
  executablePath: string,
  lines: readonly string[],
  svm: string,
  { elf, input }: ProvedGuest,
): Promise<PageFindings> {
  const server = await serveRepository(
    {
      '/records.ndjson': lines.join('\n'),
      '/svm-files.json': JSON.stringify(gzippedBelow(svm)),
      '/guest.txt': Buffer.from(elf).toString('base64'),
      '/input.txt': Buffer.from(input).toString('base64'),
    },
    { '/vectors/svm/': svm },
  );
  const profile = mkdtempSync(join(tmpdir(), 'ninefold-chromium-'));
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: [...CHROMIUM_FLAGS],
  });
  try {
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('response', (response) => {
      if (response.status() >= 400) problems.push(`${response.status()} ${response.url()}`);
    });
    await page.goto(server.url);
    try {
      return await page.evaluate<PageFindings>(PAGE_SCRIPT);
    } catch (error) {
      throw new Error(`${problems.join('\n')}\n${(error as Error).message}`, { cause: error });
    }
  } finally {
    await browser.close();
    server.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

function report(inPage: PageFindings, here: Findings): number {
  const names = new Set([...Object.keys(inPage.results), ...Object.keys(here.results)]);
  let failed = 0;
  for (const name of names) {
    const [there, ours] = [inPage.results[name], here.results[name]];
    if (there === '' && ours === '') continue;
    failed++;
    process.stdout.write(`FAIL ${name}\n  Chromium: ${there ?? 'missing'}\n  Node: ${ours ?? 'missing'}\n`);
  }
  let cases = 0;
  for (const ours of here.svm) {
    const there = inPage.svm.find(({ suite }) => suite === ours.suite);
    const different = JSON.stringify(there) === JSON.stringify(ours) ? 0 : 1;
    const { passed = 0, failures = ['missing'] } = there ?? {};
    process.stdout.write(`${ours.suite}: ${passed} passed in Chromium, ${ours.passed} in Node\n`);
    for (const text of failures) process.stdout.write(`FAIL ${ours.suite} in Chromium: ${text}\n`);
    for (const text of ours.failures) process.stdout.write(`FAIL ${ours.suite} in Node: ${text}\n`);
    failed += Math.max(different, failures.length, ours.failed);
    cases += ours.passed + ours.failed;
  }
  here.tiers.forEach((ours, i) => {
    const there = inPage.tiers[i];
    process.stdout.write(`${there}\n`);
    if (there === ours) return;
    failed++;
    process.stdout.write(`FAIL tiers\n  Chromium: ${there}\n  Node: ${ours}\n`);
  });
  for (const name of ['node', 'proof'] as const) {
    if (inPage[name] === here[name]) continue;
    failed++;
    process.stdout.write(`FAIL ${name}\n  Chromium: ${inPage[name]}\n  Node: ${here[name]}\n`);
  }
  here.tables.forEach((ours, i) => {
    const there = inPage.tables[i];
    if (there?.hash === ours.hash && there.threads === ours.threads) return;
    failed++;
    const [chromium, node] = [there, ours].map((finding) => JSON.stringify(finding));
    process.stdout.write(`FAIL table\n  Chromium: ${chromium}\n  Node: ${node}\n`);
  });
  const total = names.size + cases + here.tiers.length + 2 + here.tables.length;
  const seconds = ((inPage.proofEnded - inPage.proofBegun) / 1000).toFixed(1);
  process.stdout.write(`${GUEST}, proved and verified in Chromium in ${seconds} s: ${inPage.proof}\n`);
  process.stdout.write(`${total - failed} passed, ${failed} failed, 0 skipped\n`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main();
