import { isNinefoldError } from '@ninefold/base';

/** What the process ends with. Scripts rely on the numbers: they never change their meaning. */
export const EXIT_OK = 0;
/** The thing asked for failed: a program reverted, a check found something. */
export const EXIT_FAILURE = 1;
export const EXIT_USAGE = 2;
export const EXIT_PORT_IN_USE = 3;
export const EXIT_BAD_CONFIG = 4;
export const EXIT_CORRUPT_STATE = 5;
/** A bug in Ninefold (EX_SOFTWARE of sysexits.h). */
export const EXIT_INTERNAL = 70;
/** 128 + SIGINT, as shells have it. */
export const EXIT_INTERRUPTED = 130;

// Codes by prefix: a family of errors that have one cause in the user's world.
const EXIT_BY_PREFIX: readonly (readonly [prefix: string, exitCode: number])[] = [
  ['CLI_CONFIG_', EXIT_BAD_CONFIG],
  ['CLI_INVALID_STATE_FILE', EXIT_CORRUPT_STATE],
  ['CLI_RPC_', EXIT_FAILURE],
  ['CLI_BITVM_NO_COINS', EXIT_FAILURE],
  ['CLI_', EXIT_USAGE],
  ['RISCV_ELF_', EXIT_USAGE],
  ['RISCV_MALFORMED_RECEIPT', EXIT_USAGE],
  ['BITVM_STORE_CORRUPT', EXIT_CORRUPT_STATE],
  ['CONTRACT_INVALID', EXIT_CORRUPT_STATE],
  ['ETH_INVALID_STATE_DUMP', EXIT_CORRUPT_STATE],
  ['ETH_STATE_DUMP_', EXIT_CORRUPT_STATE],
  ['ETH_INVALID_', EXIT_USAGE],
  ['CHAIN_OTHER_GENESIS', EXIT_BAD_CONFIG],
  ['STATE_OTHER_CHAIN', EXIT_BAD_CONFIG],
  ['STATE_FOLDER_CORRUPT', EXIT_CORRUPT_STATE],
  ['SERVER_PORT_IN_USE', EXIT_PORT_IN_USE],
  ['SERVER_', EXIT_FAILURE],
  ['STORE_CORRUPT', EXIT_CORRUPT_STATE],
  ['STORE_FORMAT', EXIT_CORRUPT_STATE],
  ['STORE_', EXIT_FAILURE],
];

/** The exit code an error stands for; what is no typed error is a bug. */
export function exitCodeOf(error: unknown): number {
  if (!isNinefoldError(error)) return EXIT_INTERNAL;
  const found = EXIT_BY_PREFIX.find(([prefix]) => error.code.startsWith(prefix));
  return found === undefined ? EXIT_FAILURE : found[1];
}
