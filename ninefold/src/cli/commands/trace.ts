import type { Bytes, Hex } from '@ninefold/base';
import { bytesToHex, defineErrors, EMPTY_BYTES, toQuantity } from '@ninefold/base';
import { isRpcError } from '@ninefold/rpc';
import { createEvm } from '@ninefold/vm-evm';
import { createNode } from '../../node.ts';
import { EXIT_FAILURE, EXIT_OK } from '../exit-codes.ts';
import type { Settings } from '../flags/flags.ts';
import { COMMAND_HELP } from '../help.ts';
import type { CommandInput } from '../command-input.ts';
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
import { DEFAULT_GAS } from '../command-input.ts';

const fail = defineErrors({
  CLI_RPC_FAILED: (c: { readonly url: string; readonly reason: string }) =>
    `${c.url} did not answer as hoped: ${c.reason}`,
});

const DEFAULT_RPC = 'http://127.0.0.1:8545';
/** Most gas of a transaction from Osaka on (EIP-7825). */
const MOST_GAS = 2n ** 24n;
/** Most stack items shown of a step. */
const SHOWN_ITEMS = 4;

type Request = (method: string, params: readonly unknown[]) => Promise<unknown>;

/** geth's default opcode logger. */
type StructLog = {
  readonly failed: boolean;
  readonly gas: number;
  readonly returnValue: string;
  readonly structLogs: readonly {
    readonly pc: number;
    readonly op: string;
    readonly gas: number;
    readonly gasCost: number;
    readonly depth: number;
    readonly stack?: readonly string[];
  }[];
};

/** geth's `callTracer`. */
type CallFrame = {
  readonly type: string;
  readonly from: Hex;
  readonly to?: Hex;
  readonly value?: Hex;
  readonly gasUsed: Hex;
  readonly input: Hex;
  readonly output?: Hex;
  readonly error?: string;
  readonly revertReason?: string;
  readonly calls?: readonly CallFrame[];
};

/** Shows a transaction of a node, or bytecode that runs here, step by step. Exit code 1 when it failed. */
export async function trace({ settings, positionals, output }: CommandInput): Promise<number> {
  const argument = onlyArgument(positionals, COMMAND_HELP.trace.usage);
  const calls = settings.calls === true;
  const tracer = calls ? { tracer: 'callTracer' } : { enableReturnData: true };
  const result = /^0x[\da-f]{64}$/i.test(argument)
    ? await remote(settings.rpc ?? DEFAULT_RPC)('debug_traceTransaction', [argument, tracer])
    : await traceProgram(argument, settings, tracer);
  if (calls) {
    const frame = result as CallFrame;
    output.data(settings.json === true ? toJson({ schema: 'ninefold/calls/1', ...frame }) : callTree(frame));
    return frame.error === undefined ? EXIT_OK : EXIT_FAILURE;
  }
  const log = result as StructLog;
  output.data(settings.json === true ? toJson({ schema: 'ninefold/trace/1', ...log }) : stepTable(log));
  return log.failed ? EXIT_FAILURE : EXIT_OK;
}

async function traceProgram(argument: string, settings: Settings, tracer: object): Promise<unknown> {
  const isInitCode = settings.create === true;
  const code = await readProgram(argument, isInitCode);
  const input = settings.input === undefined ? undefined : parseHex(settings.input, '--input');
  const fork = settings.hardfork;
  await using node = await createNode({
    chains: { ethereum: { fork, accounts: 1, balance: CALLER_BALANCE } },
  });
  const request: Request = (method, params) =>
    node.ethereum.request({ method, params }).catch((cause: unknown) => {
      if (!isRpcError(cause)) throw cause;
      throw cannotRun(cause.message, cause);
    });
  const evm = createEvm({ fork });
  const gas = (to: Hex | undefined, data: Bytes): bigint => {
    const { intrinsic, floor } = evm.intrinsicGas(plainTransaction(to, data));
    const limit = (settings.gas ?? DEFAULT_GAS) + intrinsic;
    return limit > floor ? limit : floor;
  };
  const call = (to: Hex | undefined, data: Bytes, value = settings.value ?? 0n): object => ({
    from: CALLER_ADDRESS,
    to,
    input: bytesToHex(data),
    gas: toQuantity(gas(to, data)),
    value: toQuantity(value),
  });
  if (!isInitCode) {
    const stateOverrides = { [PROGRAM_ADDRESS]: { code: bytesToHex(code) } };
    const program = call(PROGRAM_ADDRESS, input ?? EMPTY_BYTES);
    return request('debug_traceCall', [program, 'latest', { ...tracer, stateOverrides }]);
  }
  if (input === undefined) return request('debug_traceCall', [call(undefined, code), 'latest', tracer]);
  // A transaction that stays in the chain has to keep to its limits, whatever --gas says.
  const limit = gas(undefined, code);
  const creation = { ...call(undefined, code, 0n), gas: toQuantity(limit < MOST_GAS ? limit : MOST_GAS) };
  const hash = await request('eth_sendTransaction', [creation]);
  const { contractAddress } = (await request('eth_getTransactionReceipt', [hash])) as {
    readonly contractAddress: Hex;
  };
  return (await request('eth_getCode', [contractAddress, 'latest'])) === '0x'
    ? request('debug_traceTransaction', [hash, tracer])
    : request('debug_traceCall', [call(contractAddress, input), 'latest', tracer]);
}

function remote(url: string): Request {
  return async (method, params) => {
    let answer: { readonly result?: unknown; readonly error?: { readonly message: string } };
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      });
      answer = (await response.json()) as typeof answer;
    } catch (cause) {
      const { cause: reason, message } = cause as Error;
      throw fail(
        'CLI_RPC_FAILED',
        { url, reason: reason instanceof Error ? reason.message : message },
        { cause },
      );
    }
    if (answer.error) throw fail('CLI_RPC_FAILED', { url, reason: answer.error.message });
    return answer.result;
  };
}

function stepTable({ structLogs, gas, failed, returnValue }: StructLog): string {
  const rows = structLogs.map(({ pc, op, gas: left, gasCost, depth, stack = [] }) => {
    const shown = stack.toReversed().slice(0, SHOWN_ITEMS);
    const more = stack.length > SHOWN_ITEMS ? ` … ${stack.length - SHOWN_ITEMS} more` : '';
    const cells = [
      String(pc).padStart(6),
      String(left).padStart(10),
      String(gasCost).padStart(8),
      String(depth).padStart(3),
    ];
    return `${cells.join(' ')}  ${op.padEnd(14)} ${shown.join(' ')}${more}`.trimEnd();
  });
  const returned = returnValue.startsWith('0x') ? returnValue : `0x${returnValue}`;
  return [
    '    pc        gas     cost  dp  instruction    stack, top first',
    ...rows,
    `${failed ? 'failed' : 'success'}, ${gas} gas, returned ${returned}`,
  ].join('\n');
}

function callTree(frame: CallFrame, indent = ''): string {
  const { type, to, value, gasUsed, input, output, error, revertReason, calls = [] } = frame;
  const sent = value === undefined || value === '0x0' ? '' : ` value ${BigInt(value)} wei`;
  const result =
    error === undefined
      ? (output ?? '0x')
      : `${error}${revertReason === undefined ? '' : `: ${revertReason}`}`;
  const line = `${indent}${type} ${to ?? 'nothing'}${sent} input ${input} → ${result}  (${BigInt(gasUsed)} gas)`;
  return [line, ...calls.map((call) => callTree(call, `${indent}  `))].join('\n');
}
