import type { Hex } from '@ninefold/base';
import { concatBytes, EMPTY_BYTES, hexToBytes } from '@ninefold/base';
import type { ForkName } from '@ninefold/vm-evm';
import type { ChainOptions } from '../../src/ledger/chain.ts';
import { createChain } from '../../src/ledger/chain.ts';
import { devGenesis } from '../../src/ledger/genesis.ts';
import type { Chain, ExecutedBlock } from '../../src/ledger/types.ts';
import { createDevConfig } from '../../src/spec/chain-config.ts';
import { addressOf, signTransaction } from '../../src/tx/signature.ts';
import type { SignedTransaction } from '../../src/tx/types.ts';
import { createToyEvm } from './toy-evm.ts';

export const keys: readonly Uint8Array[] = [1, 2, 3].map((fill) => new Uint8Array(32).fill(fill));
export const accounts: readonly Hex[] = keys.map(addressOf);
export const RECEIVER: Hex = `0x${'aa'.repeat(20)}`;
export const ETHER: bigint = 10n ** 18n;

/** A hex word with this number. */
export const word = (value: bigint | number): Hex => `0x${value.toString(16).padStart(64, '0')}`;

export function createTestChain(options: Partial<ChainOptions> & { readonly fork?: ForkName } = {}): Chain {
  const { fork, ...rest } = options;
  const balances = accounts.map((address) => [address, { balance: 1000n * ETHER }] as const);
  return createChain({
    genesis: devGenesis({ config: createDevConfig({ fork }), timestamp: 0n, accounts: new Map(balances) }),
    createEvm: createToyEvm,
    ...rest,
  });
}

/** A signed transfer that also writes slots of the receiver. */
export function transfer(
  account: number,
  nonce: number | bigint,
  options: {
    readonly value?: bigint;
    readonly to?: Hex;
    readonly writes?: readonly (readonly [Hex, Hex])[];
    readonly chainId?: bigint | undefined;
  } = {},
): SignedTransaction {
  const { value = 1n, to = RECEIVER, writes = [] } = options;
  const chainId = 'chainId' in options ? options.chainId : 31_337n;
  return signTransaction(
    {
      type: 0,
      chainId,
      nonce: BigInt(nonce),
      gasPrice: 2_000_000_000n,
      gasLimit: 100_000n,
      to,
      value,
      data: writes.length === 0 ? EMPTY_BYTES : concatBytes(...writes.flat().map((each) => hexToBytes(each))),
    },
    keys[account] as Uint8Array,
  );
}

/** Builds and appends a block with these transactions, twelve seconds after its parent. */
export function mine(
  chain: Chain,
  transactions: readonly SignedTransaction[] = [],
  extra = 0n,
): ExecutedBlock {
  const builder = chain.createBuilder({ timestamp: chain.head().block.header.timestamp + 12n + extra });
  for (const transaction of transactions) {
    const outcome = builder.add(transaction);
    if (!outcome.valid) throw new Error(`not valid: ${outcome.reason}`);
  }
  return chain.append(builder.seal());
}
