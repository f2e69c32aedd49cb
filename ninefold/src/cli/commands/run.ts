import type { Bytes, Hex } from '@ninefold/base';
import { bytesToHex, EMPTY_BYTES } from '@ninefold/base';
import type { Evm, Transaction, TransactionOutcome } from '@ninefold/vm-evm';
import { createEvm } from '@ninefold/vm-evm';
import { EXIT_FAILURE, EXIT_OK } from '../exit-codes.ts';
import type { Settings } from '../flags/flags.ts';
import { COMMAND_HELP } from '../help.ts';
import type { CommandInput } from '../command-input.ts';
import { DEFAULT_GAS } from '../command-input.ts';
import { toJson } from '../output.ts';
import {
  CALLER_ADDRESS,
  CALLER_BALANCE,
  cannotRun,
  onlyArgument,
  parseHex,
  plainTransaction,
  PROGRAM_ADDRESS,
  readProgram,
} from '../program.ts';
import { createSandbox } from '../sandbox.ts';

const DEV_CHAIN_ID = 31_337n;

type Executed = Extract<TransactionOutcome, { readonly valid: true }>;

type Report = {
  readonly outcome: Executed;
  /** Without what the transaction costs before its first instruction. */
  readonly executionGas: bigint;
  readonly address: Hex | undefined;
};

/** Runs a program on an empty state and tells what came of it. Exit code 1 when it did not succeed. */
export async function run({ settings, positionals, output }: CommandInput): Promise<number> {
  const argument = onlyArgument(positionals, COMMAND_HELP.run.usage);
  const code = await readProgram(argument, settings.create === true);
  const input = settings.input === undefined ? undefined : parseHex(settings.input, '--input');
  const report = execute(code, input, settings);
  output.data(settings.json === true ? jsonReport(report) : textReport(report));
  return report.outcome.status === 'success' ? EXIT_OK : EXIT_FAILURE;
}

function execute(code: Bytes, input: Bytes | undefined, settings: Settings): Report {
  const evm = createEvm({ fork: settings.hardfork });
  const sandbox = createSandbox(settings.chainId ?? DEV_CHAIN_ID, BigInt(Math.floor(Date.now() / 1000)));
  sandbox.setAccount(CALLER_ADDRESS, { balance: CALLER_BALANCE });
  const send = (nonce: bigint, to: Hex | undefined, data: Bytes, value: bigint): Report => {
    const draft = { ...plainTransaction(to, data), nonce, value };
    const { intrinsic, floor } = evm.intrinsicGas(draft);
    const gas = settings.gas ?? DEFAULT_GAS;
    const gasLimit = gas + intrinsic > floor ? gas + intrinsic : floor;
    const outcome = transact(evm, { ...draft, gasLimit }, sandbox);
    if (outcome.status === 'success') sandbox.apply(outcome.changes);
    return {
      outcome,
      executionGas: outcome.gasUsed + outcome.gasRefunded - intrinsic,
      address: outcome.createdAddress,
    };
  };
  const value = settings.value ?? 0n;
  if (settings.create !== true) {
    sandbox.setAccount(PROGRAM_ADDRESS, { balance: 0n, code });
    return send(0n, PROGRAM_ADDRESS, input ?? EMPTY_BYTES, value);
  }
  const created = send(0n, undefined, code, input === undefined ? value : 0n);
  if (created.outcome.status !== 'success' || input === undefined) return created;
  return { ...send(1n, created.address, input, value), address: created.address };
}

function transact(evm: Evm, transaction: Transaction, sandbox: ReturnType<typeof createSandbox>): Executed {
  const outcome = evm.transact(transaction, sandbox.block, sandbox.view, {
    skipFees: true,
    skipGasCap: true,
  });
  if (!outcome.valid) throw cannotRun(outcome.reason);
  return outcome;
}

function jsonReport({ outcome, executionGas, address }: Report): string {
  const { status, halt, output, gasUsed, gasRefunded, logs } = outcome;
  return toJson({
    schema: 'ninefold/run/1',
    status,
    halt,
    output: bytesToHex(output),
    gasUsed: Number(gasUsed),
    executionGas: Number(executionGas),
    gasRefunded: Number(gasRefunded),
    address,
    logs: logs.map((log) => ({ ...log, data: bytesToHex(log.data) })),
  });
}

function textReport({ outcome, executionGas, address }: Report): string {
  const { status, halt, output, gasUsed, logs } = outcome;
  const lines = [
    `status   ${halt === undefined ? status : `${status}: ${halt}`}`,
    `output   ${bytesToHex(output)}`,
    `gas      ${executionGas} (${gasUsed} as a transaction)`,
  ];
  if (address !== undefined) lines.push(`address  ${address}`);
  logs.forEach(({ address: source, topics, data }, index) => {
    lines.push(`log ${String(index).padEnd(4)} ${source}`);
    for (const topic of topics) lines.push(`  topic  ${topic}`);
    lines.push(`  data   ${bytesToHex(data)}`);
  });
  return lines.join('\n');
}
