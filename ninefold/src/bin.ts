import { readFileSync } from 'node:fs';
import module from 'node:module';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};
const args = process.argv.slice(2);

// Asked by scripts and prompts, over and over: answered before anything else is loaded.
if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  process.stdout.write(`${version}\n`);
} else {
  // From Node 22.8 on compiled code is kept from run to run, which halves the time of a start.
  (module as { readonly enableCompileCache?: () => unknown }).enableCompileCache?.();
  const { main } = await import('./cli/main.ts');
  process.exitCode = await main(args, version);
}
