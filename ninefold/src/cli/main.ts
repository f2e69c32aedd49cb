import { isNinefoldError } from '@ninefold/base';
import type { CommandInput } from './command-input.ts';
import { loadConfig } from './config-file.ts';
import { EXIT_INTERNAL, EXIT_OK, EXIT_USAGE, exitCodeOf } from './exit-codes.ts';
import { COMMAND_HELP, helpText } from './help.ts';
import type { Output } from './output.ts';
import { lastWords, processOutput } from './output.ts';
import type { CommandLine } from './parse.ts';
import { parseCommandLine } from './parse.ts';
import { refuseSurplus } from './program.ts';
import { resolveSettings } from './settings.ts';

/**
 * Runs the command line and gives the exit code. Each command's module, and the machines behind it,
 * is loaded when it is asked for.
 */
export async function main(args: readonly string[], version: string): Promise<number> {
  const output = processOutput();
  try {
    const line = parseCommandLine(args);
    if (line.values.get('version') === true) {
      output.data(version);
      return EXIT_OK;
    }
    if (line.values.get('help') === true) {
      output.data(helpText(line.named ? line.command : undefined).trimEnd());
      return EXIT_OK;
    }
    return await runCommand(line, output, version);
  } catch (error) {
    return explain(error, output);
  }
}

async function runCommand(line: CommandLine, output: Output, version: string): Promise<number> {
  const { command, positionals, values } = line;
  if (command === 'completion') {
    const { completionScript } = await import('./commands/completion.ts');
    refuseSurplus(positionals, 1, COMMAND_HELP.completion.usage);
    output.data(completionScript(positionals[0]).trimEnd());
    return EXIT_OK;
  }
  const config = await loadConfig(process.cwd(), values.get('config') as string | undefined);
  const settings = resolveSettings(line, process.env, config);
  const input: CommandInput = { settings, positionals, output, version };
  switch (command) {
    case 'start':
      return (await import('./commands/start.ts')).start(input);
    case 'run':
      return (await import('./commands/run.ts')).run(input);
    case 'trace':
      return (await import('./commands/trace.ts')).trace(input);
    case 'prove':
      return (await import('./commands/prove.ts')).prove(input);
    case 'verify':
      return (await import('./commands/verify.ts')).verify(input);
    case 'bitvm':
      return (await import('./commands/bitvm.ts')).bitvm(input);
    case 'doctor':
      return (await import('./commands/doctor.ts')).doctor(input);
  }
}

/** Tells a user's mistake in a sentence and a bug with its stack. */
function explain(error: unknown, { talk, paint }: Output): number {
  const exitCode = exitCodeOf(error);
  if (exitCode === EXIT_INTERNAL) {
    lastWords(`This is a bug in Ninefold: ${error instanceof Error ? error.stack : String(error)}`);
    return exitCode;
  }
  const hint = exitCode === EXIT_USAGE ? '\nninefold --help shows what there is.' : '';
  talk(`${paint.red('error')} ${isNinefoldError(error) ? error.message : String(error)}${hint}`);
  return exitCode;
}
