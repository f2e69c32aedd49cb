import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { defineErrors, didYouMean } from '@ninefold/base';
import type { BitcoinOptions, ChainName, SolanaOptions } from '../node.ts';
import type { Settings } from './flags/flags.ts';

const fail = defineErrors({
  CLI_UNKNOWN_CHAIN: (c: { readonly name: string; readonly suggestion: string | undefined }) =>
    `--chains: there is no chain ${JSON.stringify(c.name)}${c.suggestion === undefined ? '' : `, perhaps ${c.suggestion}`}`,
  CLI_INVALID_PROGRAM: (c: { readonly given: string; readonly reason: string }) =>
    `--programs: ${JSON.stringify(c.given)} ${c.reason}: expected ADDRESS=FILE`,
});

const CHAINS: readonly ChainName[] = ['ethereum', 'solana', 'bitcoin'];

/** Settings that not every chain has, as far as somebody would miss what they do. */
const ONLY_FOR: readonly (readonly [chains: readonly ChainName[], settings: readonly (keyof Settings)[]])[] =
  [
    [['ethereum'], ['genesis', 'loadState', 'dumpState', 'ipc']],
    [['solana'], ['solanaPort', 'slotTime', 'programs']],
    [['bitcoin'], ['bitcoinPort', 'esploraPort', 'bitcoinAuth']],
    [['ethereum', 'bitcoin'], ['state']],
  ];

/**
 * The chains that were asked for; Ethereum when nobody said anything.
 *
 * @throws `CLI_UNKNOWN_CHAIN`
 */
export function chainsOf({ chains }: Settings): readonly ChainName[] {
  for (const name of chains ?? []) {
    if (!CHAINS.includes(name as ChainName))
      throw fail('CLI_UNKNOWN_CHAIN', { name, suggestion: didYouMean(name, CHAINS) });
  }
  return (chains ?? ['ethereum']) as readonly ChainName[];
}

/** Settings of chains that do not run. */
export function idleSettings(settings: Settings): readonly (keyof Settings)[] {
  const chains = chainsOf(settings);
  return ONLY_FOR.filter(([those]) => !those.some((chain) => chains.includes(chain))).flatMap(([, keys]) =>
    keys.filter((key) => settings[key] !== undefined),
  );
}

/** What Bitcoin's method `stop` does is what a signal does. */
export function bitcoinOptions({ state }: Settings): BitcoinOptions {
  return {
    state: state === undefined ? undefined : resolve(state),
    onStop: () => void process.kill(process.pid, 'SIGTERM'),
  };
}

/** @throws `CLI_INVALID_PROGRAM` */
export async function solanaOptions({ slotTime, programs = [] }: Settings): Promise<SolanaOptions> {
  return { slotMs: slotTime, programs: await Promise.all(programs.map(readProgram)) };
}

const ELF = [0x7f, 0x45, 0x4c, 0x46] as const;

async function readProgram(given: string): Promise<NonNullable<SolanaOptions['programs']>[number]> {
  const refuse = (reason: string, cause?: unknown): Error =>
    fail('CLI_INVALID_PROGRAM', { given, reason }, { cause });
  const at = given.indexOf('=');
  if (at < 1 || at === given.length - 1) throw refuse('has no file');
  const [address, path] = [given.slice(0, at), given.slice(at + 1)];
  const { addressBytes } = await import('@ninefold/vm-svm');
  try {
    addressBytes(address);
  } catch (cause) {
    throw refuse('has no address', cause);
  }
  const file = await readFile(path).catch((cause: Error) => {
    throw refuse(`cannot be read (${cause.message})`, cause);
  });
  if (ELF.some((byte, i) => file[i] !== byte)) throw refuse('is no ELF file');
  return { address, file: new Uint8Array(file) };
}
