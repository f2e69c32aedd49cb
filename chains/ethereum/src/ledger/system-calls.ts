import type { Bytes, Hex } from '@ninefold/base';
import { EMPTY_BYTES, hexToBytes } from '@ninefold/base';
import type { BlockEnvironment, Evm, SystemCallOutcome } from '@ninefold/vm-evm';
import {
  BEACON_ROOTS_CODE,
  CONSOLIDATION_REQUESTS_CODE,
  HISTORY_STORAGE_CODE,
  WITHDRAWAL_REQUESTS_CODE,
} from '../spec/predeploy-codes.ts';
import {
  BEACON_ROOTS_ADDRESS,
  CONSOLIDATION_REQUESTS_ADDRESS,
  HISTORY_STORAGE_ADDRESS,
  WITHDRAWAL_REQUESTS_ADDRESS,
} from '../spec/system-contracts.ts';
import { codeHashOf } from './account.ts';
import type { Overlay } from './pending-state.ts';

/*
 * The calls that every block begins and ends with. Where an account has the very code that mainnet's
 * has, its effect is known and written down here: EIP-4788 and EIP-2935 both allow for writing to the
 * storage instead of calling. Any other code is called.
 *
 * PERF: four calls take as long as two transfers of tokens.
 */

/** Slots of the ring buffers of EIP-4788 and EIP-2935. */
export const HISTORY_BUFFER_LENGTH = 8191n;

/** Where and how a block's system calls are made. */
export type SystemCaller = {
  readonly evm: Evm;
  readonly environment: BlockEnvironment;
  readonly state: Overlay;
};

/** EIP-4788: remembers the root of the parent's beacon block. */
export function storeBeaconRoot(caller: SystemCaller, root: Hex): void {
  const { environment, state } = caller;
  if (!hasCode(state, BEACON_ROOTS_ADDRESS, codeHashes().beaconRoots)) {
    callSilently(caller, BEACON_ROOTS_ADDRESS, hexToBytes(root));
    return;
  }
  const index = environment.timestamp % HISTORY_BUFFER_LENGTH;
  state.setStorage(BEACON_ROOTS_ADDRESS, word(index), word(environment.timestamp));
  state.setStorage(BEACON_ROOTS_ADDRESS, word(index + HISTORY_BUFFER_LENGTH), root);
}

/** EIP-2935: remembers the parent's hash. */
export function storeParentHash(caller: SystemCaller, parentHash: Hex): void {
  const { environment, state } = caller;
  if (!hasCode(state, HISTORY_STORAGE_ADDRESS, codeHashes().historyStorage)) {
    callSilently(caller, HISTORY_STORAGE_ADDRESS, hexToBytes(parentHash));
    return;
  }
  const index = (environment.number - 1n) % HISTORY_BUFFER_LENGTH;
  state.setStorage(HISTORY_STORAGE_ADDRESS, word(index), parentHash);
}

/** EIP-7002, EIP-7251: what is asked of the beacon chain. */
export function takeRequests(caller: SystemCaller, address: Hex): SystemCallOutcome {
  const { evm, environment, state } = caller;
  const code = requestCodeHashes().get(address);
  // A queue without storage is empty, has counted nothing and charges no excess: nothing changes.
  if (code !== undefined && hasCode(state, address, code) && !state.hasStorage(address)) return NOTHING_ASKED;
  return evm.systemCall(address, EMPTY_BYTES, environment, state);
}

const NOTHING_ASKED: SystemCallOutcome = {
  status: 'success',
  output: EMPTY_BYTES,
  logs: [],
  changes: { accounts: new Map(), codes: new Map() },
};

/** EIP-4788, EIP-2935: without code or when it fails, as if it had not been called. */
function callSilently({ evm, environment, state }: SystemCaller, address: Hex, data: Bytes): void {
  const { status, changes } = evm.systemCall(address, data, environment, state);
  if (status === 'success') state.apply(changes);
}

function hasCode(state: Overlay, address: Hex, codeHash: Hex): boolean {
  return state.account(address)?.codeHash === codeHash;
}

function word(value: bigint): Hex {
  return `0x${value.toString(16).padStart(64, '0')}`;
}

type CodeHashes = { readonly beaconRoots: Hex; readonly historyStorage: Hex };
let hashes: CodeHashes | undefined;
let requestHashes: ReadonlyMap<Hex, Hex> | undefined;

// Computed on first use: a module without side effects hashes nothing when it is loaded.
function codeHashes(): CodeHashes {
  return (hashes ??= {
    beaconRoots: codeHashOf(BEACON_ROOTS_CODE),
    historyStorage: codeHashOf(HISTORY_STORAGE_CODE),
  });
}

function requestCodeHashes(): ReadonlyMap<Hex, Hex> {
  return (requestHashes ??= new Map([
    [WITHDRAWAL_REQUESTS_ADDRESS, codeHashOf(WITHDRAWAL_REQUESTS_CODE)],
    [CONSOLIDATION_REQUESTS_ADDRESS, codeHashOf(CONSOLIDATION_REQUESTS_CODE)],
  ]));
}
