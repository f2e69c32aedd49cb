import type { Bytes, Hex } from '@ninefold/base';
import { bytesToBigint, hexToBytes } from '@ninefold/base';
import type { StateView } from '@ninefold/vm-evm';
import { prepareCall, runCall } from '../api/execution.ts';
import type { StateOverrides } from '../api/overrides.ts';
import { NO_ACCOUNT_OVERRIDE, overrideState } from '../api/overrides.ts';
import { NO_REQUEST } from '../api/requests.ts';
import { SLOAD, wordToHex } from '../api/trace/trace.ts';
import type { EthereumNode } from '../node.ts';

/** What an ERC-20 contract is asked. */
export type TokenQuestion =
  | { readonly kind: 'balance'; readonly owner: Hex }
  | { readonly kind: 'allowance'; readonly owner: Hex; readonly spender: Hex };

export type TokenSlot = { readonly address: Hex; readonly slot: Hex };

// Selectors of balanceOf(address) and allowance(address,address).
const BALANCE_OF = '0x70a08231';
const ALLOWANCE = '0xdd62ed3e';

// A value no contract stores by chance, to recognise the slot by.
const PROBE = 0x6e696e65_666f6c64n;

/**
 * The storage slot behind a token's answer: of all slots the question reads, the one that changes
 * the answer to what is written into it. Works for proxies and for Vyper's layout too.
 */
export function findTokenSlot(
  node: EthereumNode,
  token: Hex,
  question: TokenQuestion,
): TokenSlot | undefined {
  const data = hexToBytes(calldata(question));
  const candidates: TokenSlot[] = [];
  const execution = node.execution('latest');
  const ask = (view: StateView, record: boolean): bigint | undefined => {
    const call = prepareCall({ ...NO_REQUEST, to: token, data }, { ...execution, view }, node.limits.gasCap);
    const outcome = runCall(
      call,
      record
        ? {
            step: (step) => {
              if (step.opcode === SLOAD && step.stackHeight >= 1) {
                candidates.push({ address: step.address(), slot: wordToHex(step.stack(0)) });
              }
            },
          }
        : undefined,
    );
    return outcome.status === 'success' ? firstWord(outcome.output) : undefined;
  };
  ask(execution.view, true);
  return candidates.find(({ address, slot }) => {
    const overrides: StateOverrides = new Map([
      [address, { ...NO_ACCOUNT_OVERRIDE, stateDiff: new Map([[slot, wordToHex(PROBE)]]) }],
    ]);
    return ask(overrideState(execution.view, overrides), false) === PROBE;
  });
}

function calldata(question: TokenQuestion): Hex {
  if (question.kind === 'balance') return `${BALANCE_OF}${argument(question.owner)}`;
  return `${ALLOWANCE}${argument(question.owner)}${argument(question.spender)}`;
}

function argument(address: Hex): string {
  return address.slice(2).padStart(64, '0');
}

function firstWord(output: Bytes): bigint | undefined {
  return output.length < 32 ? undefined : bytesToBigint(output.subarray(0, 32));
}
