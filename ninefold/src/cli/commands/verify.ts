import { setFlagsFromString } from 'node:v8';
import { type Bytes, bytesToHex, defineErrors } from '@ninefold/base';
import { decodeReceipt, programIdOf, type Receipt, securityText, verifyReceipt } from 'ninefold/verifier';
import type { CommandInput } from '../command-input.ts';
import { EXIT_FAILURE, EXIT_OK } from '../exit-codes.ts';
import { readBytes } from '../files.ts';
import type { Settings } from '../flags/flags.ts';
import { COMMAND_HELP } from '../help.ts';
import { toJson } from '../output.ts';
import { onlyArgument, parseHex } from '../program.ts';

const fail = defineErrors({
  CLI_PROGRAM_TWICE: () => 'Say which program it is by --program-id or by --elf, not by both',
});

/**
 * Verifies a receipt. Without a program to expect it is that of any program: the id is shown, for the caller
 * to compare. Exit code 1 when the proof does not hold, and when the program that is proved failed.
 */
export async function verify({ settings, positionals, output }: CommandInput): Promise<number> {
  // The process ends before optimised code would pay: its compilation is a third of a verification's CPU time.
  setFlagsFromString('--no-opt');
  const receipt = decodeReceipt(await readBytes(onlyArgument(positionals, COMMAND_HELP.verify.usage)));
  const expected = await expectedId(settings, receipt);
  const started = performance.now();
  const { programId, exitCode, journal, security } = verifyReceipt(receipt, {
    programId: expected ?? programIdOf(receipt),
    allowInsecure: settings.allowInsecure,
  });
  const ms = Math.round(performance.now() - started);
  const isExpected = expected !== undefined;
  output.data(
    settings.json === true
      ? toJson({
          schema: 'ninefold/verification/1',
          programId: bytesToHex(programId),
          isExpectedProgram: isExpected,
          abi: receipt.guest,
          exitCode,
          journal: bytesToHex(journal),
          ms,
          security: securityText(security),
        })
      : [
          `program   ${bytesToHex(programId)}${isExpected ? '' : ' (compare it: no program was given)'}`,
          `guest of  ${receipt.guest}`,
          `exit code ${exitCode}`,
          `journal   ${bytesToHex(journal)}`,
          `verified  in ${ms} ms`,
          `security  ${securityText(security)}`,
        ].join('\n'),
  );
  return exitCode === 0 ? EXIT_OK : EXIT_FAILURE;
}

/** The id of the program that the caller expects. */
async function expectedId(
  { programId, elf }: Settings,
  { parameters, guest }: Receipt,
): Promise<Bytes | undefined> {
  if (programId !== undefined && elf !== undefined) throw fail('CLI_PROGRAM_TWICE', {});
  if (programId !== undefined) return parseHex(programId, '--program-id');
  if (elf === undefined) return undefined;
  // Only who asks for a program's id by its file waits for the prover.
  const { createRiscvProver } = await import('@ninefold/vm-riscv');
  return createRiscvProver({ elf: await readBytes(elf), parameters, guest }).programId;
}
