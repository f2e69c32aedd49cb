import { parseArgs } from 'node:util';
import type { ForkName } from '@ninefold/vm-evm';
import { FORKS } from '@ninefold/vm-evm';
import { runCampaign } from './evm/campaign.ts';

const USAGE = `usage: npm run fuzz -- evm [--seconds N] [--seed N] [--count N] [--fork NAME] [--json]

Random programs and transactions on Ninefold and on a peer, side by side. Stops after N seconds
(default 60) or N scenes. A difference is printed with the seed that repeats it; exit code 1.
`;

function stop(text: string): never {
  process.stderr.write(text);
  process.exit(2);
}

const { values, positionals } = (() => {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        seconds: { type: 'string', default: '60' },
        seed: { type: 'string', default: '1' },
        count: { type: 'string' },
        fork: { type: 'string' },
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
if (positionals.length !== 1 || positionals[0] !== 'evm') stop(USAGE);
if (values.fork !== undefined && !FORKS.some(({ name }) => name === values.fork)) {
  stop(`Unknown fork '${values.fork}'. Known: ${FORKS.map(({ name }) => name).join(' ')}\n`);
}
const [seconds, firstSeed, count] = [values.seconds, values.seed, values.count ?? String(2 ** 31)].map(
  Number,
);
if (![seconds, firstSeed, count].every(Number.isSafeInteger)) stop(`Numbers must be whole.\n\n${USAGE}`);

const started = performance.now();
const report = await runCampaign({
  firstSeed: firstSeed as number,
  fork: values.fork as ForkName | undefined,
  goOn: (scenes) => scenes < (count as number) && performance.now() - started < 1000 * (seconds as number),
  onFinding: ({ seed, fork, differences }) =>
    void process.stderr.write(`seed ${seed} (${fork}):\n  ${differences.join('\n  ')}\n`),
});
const took = (performance.now() - started) / 1000;
if (values.json) process.stdout.write(`${JSON.stringify({ suite: 'evm', seconds: took, ...report })}\n`);
else {
  process.stdout.write(
    `${report.scenes} scenes in ${took.toFixed(1)} s: ${report.succeeded} succeeded, ${report.failed} failed, ` +
      `${report.refused} refused; ${report.findings.length} differences\n`,
  );
}
process.exit(report.findings.length > 0 ? 1 : 0);
