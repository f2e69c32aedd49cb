import type { Bytes, Hex, Rng } from '@ninefold/base';
import { bytesToHex, hexToBytes } from '@ninefold/base';
import { ethereumAddress, secp256k1 } from '@ninefold/crypto';
import type { ForkName } from '@ninefold/vm-evm';
import { isAtLeast } from '@ninefold/vm-evm';
import { randomProgram } from './program.ts';

export type SceneAccount = {
  readonly nonce: bigint;
  readonly balance: bigint;
  readonly code: Bytes;
  readonly storage: ReadonlyMap<Hex, Hex>;
};

/** A state, a block and one transaction: everything both machines are given. */
export type Scene = {
  readonly seed: number;
  readonly fork: ForkName;
  readonly accounts: ReadonlyMap<Hex, SceneAccount>;
  readonly block: {
    readonly number: bigint;
    readonly timestamp: bigint;
    readonly gasLimit: bigint;
    readonly coinbase: Hex;
    readonly prevRandao: Hex;
    readonly baseFee: bigint;
  };
  readonly transaction: {
    readonly privateKey: Bytes;
    readonly from: Hex;
    readonly to: Hex | undefined;
    readonly gasLimit: bigint;
    readonly gasPrice: bigint;
    readonly value: bigint;
    readonly data: Bytes;
    readonly accessList: readonly { readonly address: Hex; readonly storageKeys: readonly Hex[] }[];
  };
};

const CONTRACTS = 3;
/** Left out: the peer has no trusted setup of its own. */
const KZG = 0x0a;
const PRIVATE_KEY: Bytes = hexToBytes(`0x${'45'.repeat(32)}`);
const SENDER: Hex = bytesToHex(ethereumAddress(secp256k1.publicKey(PRIVATE_KEY)));

const word = (value: bigint): Hex => `0x${value.toString(16).padStart(64, '0')}`;
const address = (value: number): Hex => `0x${value.toString(16).padStart(40, '0')}`;

/** The same scene for the same seed. */
export function randomScene(rng: Rng, seed: number, fork: ForkName): Scene {
  const contracts = Array.from({ length: CONTRACTS }, (_, i) => address(0xc0de00 + i));
  const precompiles = Array.from({ length: isAtLeast(fork, 'prague') ? 0x11 : 9 }, (_, i) => i + 1)
    .filter((index) => index !== KZG)
    .map(address);
  const coinbase = address(0xc01bae);
  // A stranger that does not exist, and the sender, the coinbase and contracts more often than precompiles.
  const pool = [address(0xdead), SENDER, coinbase, ...contracts, ...contracts, ...precompiles].map(
    hexToBytes,
  );

  const accounts = new Map<Hex, SceneAccount>();
  accounts.set(SENDER, { nonce: 7n, balance: 10n ** 20n, code: new Uint8Array(0), storage: new Map() });
  for (const contract of contracts) {
    const storage = new Map<Hex, Hex>();
    for (let slot = 0n; slot < 3n; slot++) {
      if (rng.below(2) === 0) storage.set(word(slot), word(BigInt(1 + rng.below(1000))));
    }
    const code = randomProgram(rng, fork, pool, 4 + rng.below(40));
    accounts.set(contract, { nonce: 1n, balance: BigInt(rng.below(10)), code, storage });
  }

  const creates = rng.below(6) === 0;
  return {
    seed,
    fork,
    accounts,
    block: {
      number: 1000n,
      timestamp: 1_900_000_000n,
      gasLimit: 30_000_000n,
      coinbase,
      prevRandao: bytesToHex(rng.bytes(32)),
      baseFee: 7n,
    },
    transaction: {
      privateKey: PRIVATE_KEY,
      from: SENDER,
      to: creates ? undefined : rng.pick(contracts),
      gasLimit: BigInt(60_000 + rng.below(rng.below(4) === 0 ? 60_000 : 900_000)),
      gasPrice: BigInt(7 + rng.below(20)),
      value: BigInt(rng.below(3)),
      data: creates ? randomProgram(rng, fork, pool, 4 + rng.below(20)) : rng.bytes(rng.below(100)),
      accessList:
        isAtLeast(fork, 'berlin') && rng.below(3) === 0
          ? [{ address: rng.pick(contracts), storageKeys: [word(BigInt(rng.below(4)))] }]
          : [],
    },
  };
}
