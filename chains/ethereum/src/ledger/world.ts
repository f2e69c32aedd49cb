import type { Bytes, Hex } from '@ninefold/base';
import type { Account, StateChanges, StateView } from '@ninefold/vm-evm';

/** What `eth_getProof` answers with (EIP-1186), in bytes; see `verifyProof` of the state package. */
export type AccountProof = {
  readonly address: Hex;
  readonly account: Account | undefined;
  readonly storageRoot: Hex;
  readonly accountProof: readonly Bytes[];
  readonly storageProofs: readonly {
    readonly slot: Hex;
    readonly value: Hex | undefined;
    readonly proof: readonly Bytes[];
  }[];
};

/** An account with all its storage, for dumps. */
export type AccountDump = {
  readonly address: Hex;
  readonly account: Account;
  readonly code: Bytes;
  readonly storage: ReadonlyMap<Hex, Hex>;
};

/** All accounts at one moment. Never changes: keeping one is a snapshot of the state. */
export type World = Omit<StateView, 'blockHash'> & {
  readonly root: () => Hex;
  readonly storageRoot: (address: Hex) => Hex;
  /** The world after `changes`; shares with this one what they leave alone. */
  readonly apply: (changes: StateChanges) => World;
  readonly prove: (address: Hex, slots: readonly Hex[]) => AccountProof;
  /** All accounts, in no particular order. */
  readonly dump: () => Iterable<AccountDump>;
};
