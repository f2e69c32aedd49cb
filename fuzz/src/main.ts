import { parseArgs } from 'node:util';
import type { ForkName } from '@ninefold/vm-evm';
import type { EngineChoice } from '@ninefold/vm-svm';
import { FORKS } from '@ninefold/vm-evm';
import { FEATURES } from '@ninefold/vm-svm';
import type { SceneMaker } from './svm/scene.ts';

const USAGE = `usage: npm run fuzz -- evm   [--seconds N] [--seed N] [--count N] [--fork NAME] [--json]
       npm run fuzz -- svm   [--seconds N] [--seed N] [--count N] [--engine NAME] [--features NAMES] [--json]
       npm run fuzz -- svm-accounts [the same]
       npm run fuzz -- svm-engines [--seconds N] [--seed N] [--count N] [--json]
       npm run fuzz -- svm-bytes [--seconds N] [--seed N] [--count N] [--json]
       npm run fuzz -- svm-rpc [--seconds N] [--seed N] [--count N] [--json]
       npm run fuzz -- ed25519 [--seconds N] [--seed N] [--count N] [--json]
       npm run fuzz -- bitvm [--seconds N] [--seed N] [--count N] [--json]
       npm run fuzz -- proofs [--seconds N] [--seed N] [--json]
       npm run fuzz -- mutation [--seed N] [--json]

evm, svm: random programs and transactions on Ninefold and on a peer, side by side; --engine has
programs interpreted, compiled or tiered (the default), --features activates features, separated by
commas, or with - before them leaves them out. svm-accounts: the same with programs that work on account data and call others. svm-engines: random programs on the interpreter
and as compiled code, with enough units and with too few at each of their first steps. svm-bytes: damaged
transactions and program files, which give a result or a typed error. svm-rpc: damaged JSON-RPC
bodies, each of which a Solana node answers as it should. ed25519: signatures, right ones and such as are
made to be taken for right, by new and by known keys, and by OpenSSL. bitvm: random disputes with faults,
crashes and reorganisations, in which no honest party may lose money. Stops after N seconds
(default 60; bitvm without --seconds: 1,000 games) or N scenes. What is found is printed with
the seed that repeats it; exit code 1. proofs: damaged proofs and receipts, refused by a typed error
within a second and 256 MB, each in a process with that limit. mutation: cells of valid traces of
provable machines, the zkVM's among them, are changed, and constraints have to notice.
`;

const DEFAULT_GAMES = 1000;

/** How long a body may keep the node before the run is ended: several times what an answer may take. */
const PATIENCE_MS = 30_000;

function stop(text: string): never {
  process.stderr.write(text);
  process.exit(2);
}

const { values, positionals } = (() => {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        seconds: { type: 'string' },
        seed: { type: 'string', default: '1' },
        count: { type: 'string' },
        fork: { type: 'string' },
        engine: { type: 'string' },
        features: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    stop(`${(error as Error).message}\n\n${USAGE}`);
  }
})();

if (values.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
const [suite, surplus] = positionals;
if (suite === 'mutation' && surplus === undefined) {
  const { runMutations, SAMPLE_SUBJECTS, survivorsOf, ZKVM_SUBJECTS } = await import('./mutation/report.ts');
  const { mutationText } = await import('@ninefold/stark');
  const subjects = [...SAMPLE_SUBJECTS, ...ZKVM_SUBJECTS];
  const reports = runMutations(subjects, Number(values.seed), (report) => {
    if (!values.json) process.stdout.write(`${mutationText(report)}\n`);
  });
  if (values.json) process.stdout.write(`${JSON.stringify(reports)}\n`);
  process.exit(reports.some((report) => survivorsOf(report) > 0) ? 1 : 0);
}
const CAMPAIGNS = {
  evm: fuzzEvm,
  svm: () => fuzzSvm(),
  'svm-accounts': async () => fuzzSvm((await import('./svm/scene.ts')).accountScene),
  'svm-engines': fuzzSvmEngines,
  'svm-bytes': fuzzSvmBytes,
  'svm-rpc': fuzzSvmRpc,
  ed25519: fuzzEd25519,
  bitvm: fuzzBitvm,
  proofs: fuzzProofs,
} as const;

if (surplus !== undefined || suite === undefined || !Object.hasOwn(CAMPAIGNS, suite)) stop(USAGE);
if (values.fork !== undefined && (suite !== 'evm' || !FORKS.some(({ name }) => name === values.fork))) {
  stop(`Unknown fork '${values.fork}'. Known: ${FORKS.map(({ name }) => name).join(' ')}\n`);
}
const ENGINES: readonly EngineChoice[] = ['interpreted', 'compiled', 'tiered'];
const engine = ENGINES.find((name) => name === values.engine);
const comparesSvm = suite === 'svm' || suite === 'svm-accounts';
if (values.engine !== undefined && (!comparesSvm || engine === undefined)) {
  stop(`Unknown engine '${values.engine}'. Known, for svm: ${ENGINES.join(' ')}\n`);
}
const features = values.features?.split(',') ?? [];
const unknownFeature = features.find((name) => !FEATURES.some(([known]) => known === name.replace(/^-/, '')));
if (features.length > 0 && (!comparesSvm || unknownFeature !== undefined)) {
  stop(
    `Unknown feature '${unknownFeature ?? values.features}'. Known, for svm: those of vms/svm/src/spec/features.ts\n`,
  );
}
const isCounted = suite === 'bitvm' && values.seconds === undefined;
const seconds = isCounted ? Number.MAX_SAFE_INTEGER : Number(values.seconds ?? '60');
const count = Number(values.count ?? (isCounted ? DEFAULT_GAMES : 2 ** 31));
const firstSeed = Number(values.seed);
if (![seconds, firstSeed, count].every(Number.isSafeInteger)) stop(`Numbers must be whole.\n\n${USAGE}`);

const started = performance.now();
const goOn = (done: number): boolean => done < count && performance.now() - started < 1000 * seconds;
const found = await CAMPAIGNS[suite as keyof typeof CAMPAIGNS]();
process.exit(found > 0 ? 1 : 0);

function elapsed(): number {
  return (performance.now() - started) / 1000;
}

async function fuzzEvm(): Promise<number> {
  const { runCampaign } = await import('./evm/campaign.ts');
  const report = await runCampaign({
    firstSeed,
    fork: values.fork as ForkName | undefined,
    goOn,
    onFinding: ({ seed, fork, differences }) =>
      void process.stderr.write(`seed ${seed} (${fork}):\n  ${differences.join('\n  ')}\n`),
  });
  if (values.json) process.stdout.write(`${JSON.stringify({ suite, seconds: elapsed(), ...report })}\n`);
  else {
    process.stdout.write(
      `${report.scenes} scenes in ${elapsed().toFixed(1)} s: ${report.succeeded} succeeded, ${report.failed} failed, ` +
        `${report.refused} refused; ${report.findings.length} differences\n`,
    );
  }
  return report.findings.length;
}

async function fuzzSvm(make?: SceneMaker): Promise<number> {
  const { runSvmCampaign } = await import('./svm/campaign.ts');
  if (engine !== undefined) (await import('@ninefold/vm-svm')).useEngine(engine);
  const report = await runSvmCampaign({
    firstSeed,
    features,
    make,
    goOn,
    onFinding: ({ seed, transaction, differences }) =>
      void process.stderr.write(`seed ${seed}, transaction ${transaction}:\n  ${differences.join('\n  ')}\n`),
  });
  if (values.json) process.stdout.write(`${JSON.stringify({ suite, seconds: elapsed(), ...report })}\n`);
  else {
    process.stdout.write(
      `${report.scenes} scenes in ${elapsed().toFixed(1)} s: ${report.transactions} transactions, ` +
        `${report.succeeded} succeeded; ${report.findings.length} differences\n`,
    );
  }
  return report.findings.length;
}

async function fuzzSvmEngines(): Promise<number> {
  const { runEngineCampaign } = await import('./svm-engines/campaign.ts');
  const report = runEngineCampaign({
    firstSeed,
    goOn,
    onFinding: ({ seed, budget, difference }) =>
      void process.stderr.write(
        `seed ${seed}, budget ${budget}:\n  ${difference.replaceAll('\n', '\n  ')}\n`,
      ),
  });
  if (values.json) process.stdout.write(`${JSON.stringify({ suite, seconds: elapsed(), ...report })}\n`);
  else {
    for (const [end, times] of Object.entries(report.ends))
      process.stdout.write(`${String(times).padStart(9)}  ${end}\n`);
    process.stdout.write(
      `${report.programs} programs in ${elapsed().toFixed(1)} s: ${report.runs} runs; ` +
        `${report.findings.length} differences\n`,
    );
  }
  return report.findings.length;
}

async function fuzzSvmBytes(): Promise<number> {
  const { runMutations } = await import('./svm/mutations.ts');
  const report = await runMutations({
    firstSeed,
    goOn,
    onFinding: ({ seed, problem }) => void process.stderr.write(`seed ${seed}: ${problem}\n`),
  });
  if (values.json) process.stdout.write(`${JSON.stringify({ suite, seconds: elapsed(), ...report })}\n`);
  else {
    process.stdout.write(
      `${report.inputs} inputs in ${elapsed().toFixed(1)} s: ${report.executed} with a result, ` +
        `${report.refused} refused; ${report.findings.length} with neither\n`,
    );
  }
  return report.findings.length;
}

async function fuzzSvmRpc(): Promise<number> {
  const { runRpcCampaign } = await import('./svm/rpc/campaign.ts');
  const { startWatchdog } = await import('./watchdog.ts');
  const watchdog = startWatchdog(PATIENCE_MS);
  const report = await runRpcCampaign({
    firstSeed,
    goOn,
    onBody: watchdog.step,
    onFinding: ({ seed, index, problem, body }) =>
      void process.stderr.write(`seed ${seed}, body ${index}: ${problem}\n  ${body.slice(0, 600)}\n`),
  });
  await watchdog.stop();
  if (values.json) process.stdout.write(`${JSON.stringify({ suite, seconds: elapsed(), ...report })}\n`);
  else {
    process.stdout.write(
      `${report.bodies} bodies in ${elapsed().toFixed(1)} s: ${report.results} with a result, ` +
        `${report.errors} with errors or none, ${report.notifications} notifications; ` +
        `${report.findings.length} findings\n`,
    );
  }
  return report.findings.length;
}

async function fuzzEd25519(): Promise<number> {
  const { runSignatureCampaign } = await import('./ed25519/campaign.ts');
  const report = runSignatureCampaign({
    firstSeed,
    goOn,
    onFinding: ({ seed, kind, expected, answers, bytes }) =>
      void process.stderr.write(
        `seed ${seed}, ${kind}: ${answers.join(', ')}, expected ${expected}\n  ${bytes.join('\n  ')}\n`,
      ),
  });
  if (values.json) process.stdout.write(`${JSON.stringify({ suite, seconds: elapsed(), ...report })}\n`);
  else {
    const right = Object.values(report.right).reduce((sum, count) => sum + count, 0);
    process.stdout.write(
      `${report.signatures} signatures in ${elapsed().toFixed(1)} s: ${right} right; ` +
        `${report.findings.length} differences\n`,
    );
  }
  return report.findings.length;
}

async function fuzzBitvm(): Promise<number> {
  const { playGames } = await import('./bitvm/campaign.ts');
  const report = playGames({
    firstSeed,
    goOn,
    onFinding: ({ seed, prover, verifier, outcome, problems }) =>
      void process.stderr.write(
        `seed ${seed} (${prover}, ${verifier}; ${outcome}):\n  ${problems.join('\n  ')}\n`,
      ),
  });
  if (values.json) process.stdout.write(`${JSON.stringify({ suite, seconds: elapsed(), ...report })}\n`);
  else {
    for (const [kind, times] of Object.entries(report.kinds)) {
      process.stdout.write(`${String(times).padStart(6)}  ${kind}\n`);
    }
    process.stdout.write(
      `${report.games} games in ${elapsed().toFixed(1)} s, ${report.crashes} crashes, ` +
        `${report.reorganisations} reorganisations; ${report.findings.length} in which an honest party lost\n`,
    );
  }
  return report.findings.length;
}

async function fuzzProofs(): Promise<number> {
  const { BOUNDS, problemsOf, runProofCampaign } = await import('./proofs/campaign.ts');
  const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);
  const reports = await runProofCampaign({
    seed: firstSeed,
    seconds,
    onSubject: (refusals) => {
      const { name, size, cases, slowest, peakBytes } = refusals;
      if (!values.json) {
        process.stdout.write(
          `${name} (${size} bytes): ${cases} damages refused; at most ${slowest.milliseconds.toFixed(1)} ms ` +
            `(${slowest.what}), ${mebibytes(peakBytes)} MiB\n`,
        );
      }
      for (const problem of problemsOf(refusals)) process.stderr.write(`${name}: ${problem}\n`);
    },
  });
  const problems = reports.flatMap(problemsOf);
  if (values.json) process.stdout.write(`${JSON.stringify({ suite, reports })}\n`);
  else {
    const slowest = Math.max(...reports.map((report) => report.slowest.milliseconds));
    const peak = Math.max(...reports.map(({ peakBytes }) => peakBytes));
    process.stdout.write(
      `worst case ${slowest.toFixed(1)} ms of ${BOUNDS.milliseconds}, ${mebibytes(peak)} of ${mebibytes(BOUNDS.bytes)} MiB; ` +
        `${problems.length} problems\n`,
    );
  }
  return problems.length;
}
