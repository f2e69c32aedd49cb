import type { Bytes, Hex } from '@ninefold/base';
import { bytesToHex, concatBytes } from '@ninefold/base';
import { sha256 } from '@ninefold/crypto';
import type { ForkName } from '@ninefold/vm-evm';
import { isAtLeast } from '@ninefold/vm-evm';
import { MAINNET_DEPOSIT_CONTRACT } from './chain-config.ts';
import {
  BEACON_ROOTS_CODE,
  CONSOLIDATION_REQUESTS_CODE,
  DEPOSIT_CONTRACT_CODE,
  HISTORY_STORAGE_CODE,
  WITHDRAWAL_REQUESTS_CODE,
} from './predeploy-codes.ts';
import {
  BEACON_ROOTS_ADDRESS,
  CONSOLIDATION_REQUESTS_ADDRESS,
  HISTORY_STORAGE_ADDRESS,
  WITHDRAWAL_REQUESTS_ADDRESS,
} from './system-contracts.ts';

export type Predeploy = {
  readonly nonce: bigint;
  readonly code: Bytes;
  readonly storage: ReadonlyMap<Hex, Hex>;
};

const NO_STORAGE: ReadonlyMap<Hex, Hex> = new Map();

/** The system contracts a chain that starts in `fork` needs in its genesis, as mainnet has them. */
export function predeploys(fork: ForkName): ReadonlyMap<Hex, Predeploy> {
  const contracts = new Map<Hex, Predeploy>();
  const add = (address: Hex, code: Bytes, storage: ReadonlyMap<Hex, Hex> = NO_STORAGE): void => {
    contracts.set(address, { nonce: 1n, code, storage });
  };
  if (isAtLeast(fork, 'cancun')) add(BEACON_ROOTS_ADDRESS, BEACON_ROOTS_CODE);
  if (isAtLeast(fork, 'prague')) {
    add(HISTORY_STORAGE_ADDRESS, HISTORY_STORAGE_CODE);
    add(WITHDRAWAL_REQUESTS_ADDRESS, WITHDRAWAL_REQUESTS_CODE);
    add(CONSOLIDATION_REQUESTS_ADDRESS, CONSOLIDATION_REQUESTS_CODE);
    add(MAINNET_DEPOSIT_CONTRACT, DEPOSIT_CONTRACT_CODE, emptyDepositTree());
  }
  return contracts;
}

/** Where the deposit contract keeps the hashes of empty subtrees, which its constructor writes. */
const ZERO_HASHES_SLOT = 0x21;
const DEPOSIT_TREE_DEPTH = 32;

function emptyDepositTree(): ReadonlyMap<Hex, Hex> {
  const storage = new Map<Hex, Hex>();
  let hash: Bytes = new Uint8Array(32);
  for (let height = 1; height < DEPOSIT_TREE_DEPTH; height++) {
    hash = sha256(concatBytes(hash, hash));
    const slot = (ZERO_HASHES_SLOT + height).toString(16).padStart(64, '0');
    storage.set(`0x${slot}`, bytesToHex(hash));
  }
  return storage;
}
