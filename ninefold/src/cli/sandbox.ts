import type { Bytes, Hex } from '@ninefold/base';
import { EMPTY_BYTES } from '@ninefold/base';
import { keccak256 } from '@ninefold/crypto';
import { bytesToHex } from '@ninefold/base';
import type { Account, BlockEnvironment, StateChanges, StateView } from '@ninefold/vm-evm';

const EMPTY_CODE_HASH = bytesToHex(keccak256(EMPTY_BYTES));

/** A few accounts in memory to try programs on. */
export type Sandbox = {
  readonly view: StateView;
  readonly block: BlockEnvironment;
  readonly setAccount: (address: Hex, account: { readonly balance: bigint; readonly code?: Bytes }) => void;
  readonly apply: (changes: StateChanges) => void;
};

/** The block's time is `timestamp`, in seconds. */
export function createSandbox(chainId: bigint, timestamp: bigint): Sandbox {
  const accounts = new Map<Hex, Account>();
  const storages = new Map<Hex, Map<Hex, Hex>>();
  const codes = new Map<Hex, Bytes>([[EMPTY_CODE_HASH, EMPTY_BYTES]]);

  const view: StateView = {
    account: (address) => accounts.get(address),
    storage: (address, slot) => storages.get(address)?.get(slot),
    hasStorage: (address) => (storages.get(address)?.size ?? 0) > 0,
    code: (hash) => codes.get(hash) ?? EMPTY_BYTES,
    blockHash: () => undefined,
  };

  const setAccount: Sandbox['setAccount'] = (address, { balance, code = EMPTY_BYTES }) => {
    const codeHash = bytesToHex(keccak256(code));
    codes.set(codeHash, code);
    accounts.set(address, { nonce: 0n, balance, codeHash });
  };

  const apply = (changes: StateChanges): void => {
    for (const [hash, code] of changes.codes) codes.set(hash, code);
    for (const [address, { account, storageCleared, storage }] of changes.accounts) {
      if (account === undefined) accounts.delete(address);
      else accounts.set(address, account);
      if (storageCleared) storages.delete(address);
      const slots = storages.get(address) ?? new Map<Hex, Hex>();
      storages.set(address, slots);
      for (const [slot, value] of storage) {
        if (/^0x0*$/.test(value)) slots.delete(slot);
        else slots.set(slot, value);
      }
    }
  };

  const block: BlockEnvironment = {
    chainId,
    number: 1n,
    timestamp,
    gasLimit: 2n ** 63n - 1n,
    coinbase: `0x${'00'.repeat(20)}`,
    difficulty: 0n,
    prevRandao: `0x${'00'.repeat(32)}`,
    baseFee: 0n,
    blobBaseFee: 1n,
    slotNumber: 0n,
  };
  return { view, block, setAccount, apply };
}
