import { existsSync } from 'node:fs';
import type { Bytes, Hex } from '@ninefold/base';
import { defineErrors, hexToBytes } from '@ninefold/base';
import type { Transaction } from '@ninefold/vm-evm';
import { readText } from './files.ts';

const fail = defineErrors({
  CLI_INVALID_HEX: (c: { readonly what: string }) =>
    `${c.what}: expected an even number of hex digits, with or without 0x`,
  CLI_INVALID_PROGRAM: (c: { readonly reason: string }) => `The program cannot be run: ${c.reason}`,
  CLI_MISSING_PROGRAM: (c: { readonly usage: string }) => `Say what to run: ${c.usage}`,
  CLI_UNEXPECTED_ARGUMENT: (c: { readonly argument: string; readonly usage: string }) =>
    `Unexpected argument ${JSON.stringify(c.argument)}. Usage: ${c.usage}`,
});

/** Code of a program lives at this address while it is tried out. */
export const PROGRAM_ADDRESS: Hex = '0x00000000000000000000000000000000000c0de0';

/** The caller: the first account of development nodes. */
export const CALLER_ADDRESS: Hex = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266';

/** Wei of the caller: enough for whatever is sent along. */
export const CALLER_BALANCE: bigint = 10n ** 27n;

/** A transaction of the caller's that costs nothing, without gas, value or a nonce above 0. */
export function plainTransaction(to: Hex | undefined, data: Bytes): Transaction {
  return {
    type: 0,
    from: CALLER_ADDRESS,
    to,
    nonce: 0n,
    gasLimit: 0n,
    maxFeePerGas: 0n,
    maxPriorityFeePerGas: 0n,
    value: 0n,
    data,
  };
}

/** What to throw when the machine does not take a program: the error `CLI_INVALID_PROGRAM`. */
export const cannotRun = (reason: string, cause?: unknown): Error =>
  fail('CLI_INVALID_PROGRAM', { reason }, { cause });

/** The one positional argument of a command. */
export function onlyArgument(positionals: readonly string[], usage: string): string {
  const [argument] = positionals;
  if (argument === undefined) throw fail('CLI_MISSING_PROGRAM', { usage });
  refuseSurplus(positionals, 1, usage);
  return argument;
}

/** @throws `CLI_UNEXPECTED_ARGUMENT` when there are more than `most` positional arguments */
export function refuseSurplus(positionals: readonly string[], most: number, usage: string): void {
  const surplus = positionals[most];
  if (surplus !== undefined) throw fail('CLI_UNEXPECTED_ARGUMENT', { argument: surplus, usage });
}

/**
 * Bytecode that was given as hex or as the name of a file: hex, or the JSON that solc, Hardhat and
 * Foundry write.
 *
 * @throws `CLI_INVALID_HEX`, `CLI_UNREADABLE_FILE`
 */
export async function readProgram(argument: string, create: boolean): Promise<Bytes> {
  if (!existsSync(argument)) return parseHex(argument, `${argument} is neither a file nor code`);
  const text = (await readText(argument)).trim();
  return parseHex(text.startsWith('{') ? artifactCode(text, create) : text, argument);
}

/** @throws `CLI_INVALID_HEX` */
export function parseHex(text: string, what: string): Bytes {
  const digits = text.replace(/^0x/i, '').replaceAll(/\s+/g, '');
  if (digits.length % 2 !== 0 || !/^[\da-f]*$/i.test(digits)) throw fail('CLI_INVALID_HEX', { what });
  return hexToBytes(`0x${digits}`);
}

type Artifact = Readonly<
  Record<'bytecode' | 'deployedBytecode', string | { readonly object?: string } | undefined>
>;

/** Hardhat's artifacts hold text, Foundry's an object around it. */
function artifactCode(json: string, create: boolean): string {
  let artifact: Partial<Artifact>;
  try {
    artifact = JSON.parse(json) as Partial<Artifact>;
  } catch {
    return json;
  }
  const code = artifact[create ? 'bytecode' : 'deployedBytecode'];
  return (typeof code === 'string' ? code : code?.object) ?? json;
}
