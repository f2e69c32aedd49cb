import { type Bytes, hexToBytes } from '@ninefold/base';
import { addressBytes, PROGRAM } from '@ninefold/vm-svm';
import { type Account, RENT_EXEMPT_EPOCH } from '../bank/account.ts';
import type { PlacedAccount } from '../bank/genesis.ts';
import { walletAccount } from '../bank/genesis.ts';
import { minimumBalance, type Rent } from '../bank/rent.ts';
import { MIGRATED_PROGRAM } from '../spec/addresses.ts';
import { createWriter } from '../tx/writer.ts';
import { type NodeKey, nodeKey } from './keys.ts';

/** Lamports in a SOL. */
export const LAMPORTS_PER_SOL = 1_000_000_000n;

/** What the faucet, the validator and its stake have on a new chain. */
export const FAUCET_LAMPORTS: bigint = 500_000_000n * LAMPORTS_PER_SOL;
export const VALIDATOR_LAMPORTS: bigint = 500n * LAMPORTS_PER_SOL;
export const STAKED_LAMPORTS: bigint = 1_000_000n * LAMPORTS_PER_SOL;

/** Who runs a development chain: the only validator there is. */
export type Validator = {
  readonly identity: NodeKey;
  readonly faucet: NodeKey;
  readonly voteAccount: Bytes;
  readonly stakeAccount: Bytes;
};

export function devValidator(): Validator {
  return {
    identity: nodeKey('identity'),
    faucet: nodeKey('faucet'),
    voteAccount: nodeKey('vote').address,
    stakeAccount: nodeKey('stake').address,
  };
}

const VOTE_STATE_BYTES = 3762;
const STAKE_STATE_BYTES = 200;
const U64_MAX = 2n ** 64n - 1n;
const WARMUP_RATE = 0.25;

function padded(bytes: Bytes, length: number): Bytes {
  const data = new Uint8Array(length);
  data.set(bytes);
  return data;
}

/**
 * The validator's BLS key, without which nobody is admitted to vote (SIMD-0357): that of the secret
 * which is the hash of "ninefold solana bls", its two highest bits cleared.
 */
export const BLS_KEY: Bytes = hexToBytes(
  '0xa936c7ed30802b56764bbc993c91dcd78db8bec7d42bf20db43511b59dd106b91af0e2eaf4911f2f0b8fdff01b66a655',
);

/** A vote account of version 4 that nobody has voted with. */
function voteState({ identity, voteAccount }: Validator): Bytes {
  const writer = createWriter();
  writer.u32(3);
  for (const key of [identity.address, identity.address, voteAccount, identity.address]) writer.bytes(key);
  writer.u16(0);
  writer.u16(10_000);
  writer.u64(0n);
  writer.u8(1);
  writer.bytes(BLS_KEY);
  writer.u64(0n);
  writer.u8(0);
  writer.u64(1n);
  writer.u64(0n);
  writer.bytes(identity.address);
  return padded(writer.finish(), VOTE_STATE_BYTES);
}

/** Stake that is active from the begin on. */
function stakeState({ identity, voteAccount }: Validator, reserve: bigint): Bytes {
  const writer = createWriter();
  writer.u32(2);
  writer.u64(reserve);
  writer.bytes(identity.address);
  writer.bytes(identity.address);
  writer.bytes(new Uint8Array(48));
  writer.bytes(voteAccount);
  writer.u64(STAKED_LAMPORTS);
  // Active before the first epoch, and for ever.
  writer.u64(U64_MAX);
  writer.u64(U64_MAX);
  writer.bytes(new Uint8Array(new Float64Array([WARMUP_RATE]).buffer));
  return padded(writer.finish(), STAKE_STATE_BYTES);
}

/** The validator's accounts on a new chain. */
export function validatorAccounts(validator: Validator, rent: Rent): readonly PlacedAccount[] {
  const account = (owner: string, data: Bytes, more: bigint): Account => ({
    lamports: minimumBalance(rent, data.length) + more,
    data,
    owner: addressBytes(owner),
    isExecutable: false,
    rentEpoch: RENT_EXEMPT_EPOCH,
  });
  const reserve = minimumBalance(rent, STAKE_STATE_BYTES);
  return [
    [validator.faucet.address, walletAccount(FAUCET_LAMPORTS)],
    [validator.identity.address, walletAccount(VALIDATOR_LAMPORTS)],
    [validator.voteAccount, account(PROGRAM.vote, voteState(validator), 0n)],
    [
      validator.stakeAccount,
      account(MIGRATED_PROGRAM.stake, stakeState(validator, reserve), STAKED_LAMPORTS),
    ],
  ];
}
