import type { Hex } from '@ninefold/base';
import { bytesToHex, concatBytes, EMPTY_BYTES, hexToBytes, isNinefoldError } from '@ninefold/base';
import { createMemoryStore } from '@ninefold/state';
import type { ForkName } from '@ninefold/vm-evm';
import { createEvm } from '@ninefold/vm-evm';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeBlock } from '../../src/ledger/block.ts';
import type { Chain, SealedBlock } from '../../src/ledger/types.ts';
import { GAS_PER_BLOB } from '../../src/spec/fees.ts';
import {
  BEACON_ROOTS_ADDRESS,
  HISTORY_STORAGE_ADDRESS,
  WITHDRAWAL_REQUESTS_ADDRESS,
} from '../../src/spec/system-contracts.ts';
import { signAuthorization } from '../../src/tx/authorization.ts';
import { impersonate, signTransaction } from '../../src/tx/signature.ts';
import type {
  SignedTransaction,
  UnsignedFeeMarketTransaction,
  UnsignedTransaction,
} from '../../src/tx/types.ts';
import { accounts, createTestChain, ETHER, keys, RECEIVER, word } from './harness.ts';

const CHAIN_ID = 31_337n;
const fees = { maxFeePerGas: 10n ** 11n, maxPriorityFeePerGas: 10n ** 9n, gasLimit: 500_000n } as const;

/** A transaction of type 2 with defaults for all a test does not care about. */
function call(
  nonce: number,
  fields: { readonly to?: Hex; readonly value?: bigint; readonly data?: Uint8Array } = {},
): UnsignedFeeMarketTransaction {
  const { to, value = 0n, data = EMPTY_BYTES } = fields;
  return { type: 2, chainId: CHAIN_ID, nonce: BigInt(nonce), ...fees, to, value, data, accessList: [] };
}

const sign = (transaction: UnsignedTransaction, account = 0): SignedTransaction =>
  signTransaction(transaction, keys[account]!);

const realChain = (options: Parameters<typeof createTestChain>[0] = {}): Chain =>
  createTestChain({ createEvm, ...options });

/** Builds on the head; every transaction has to be valid. */
function build(
  chain: Chain,
  transactions: readonly SignedTransaction[],
  attributes: Partial<Parameters<Chain['createBuilder']>[0]> = {},
): SealedBlock {
  const timestamp = chain.head().block.header.timestamp + 12n;
  const builder = chain.createBuilder({ timestamp, ...attributes });
  for (const transaction of transactions) {
    expect(builder.add(transaction)).toMatchObject({ valid: true });
  }
  return builder.seal();
}

// Stores the first word of its input at slot number() and logs it.
const CODE = hexToBytes('0x5f35435543595fa000');
const INITCODE = concatBytes(hexToBytes('0x6009600b5f3960095ff300'), CODE);

describe('blocks with the machine', () => {
  it('are what another chain verifies: every kind of transaction, withdrawals, requests', () => {
    const maker = realChain();
    const checker = realChain();
    const send = (transactions: readonly SignedTransaction[], attributes = {}): SealedBlock => {
      const sealed = build(maker, transactions, attributes);
      maker.append(sealed);
      expect(checker.importBlock(encodeBlock(sealed.executed.block))).toEqual({
        block: sealed.executed,
        status: 'canonical',
      });
      return sealed;
    };

    const deployed = send([sign(call(0, { data: INITCODE }))]);
    expect(deployed.executed.receipts[0]).toMatchObject({ outcome: true, type: 2 });
    const contract = Array.from(deployed.world.dump()).find(
      ({ code }) => bytesToHex(code) === bytesToHex(CODE),
    )!.address;

    const { executed, world } = send([sign(call(1, { to: contract, data: hexToBytes(word(77)) }))]);
    expect(world.storage(contract, word(2))).toBe(word(77));
    expect(executed.receipts[0]!.logs).toHaveLength(1);
    expect(world.storage(HISTORY_STORAGE_ADDRESS, word(1))).toBe(deployed.executed.hash);

    const blobs: UnsignedTransaction = {
      ...call(2),
      type: 3,
      to: RECEIVER,
      maxFeePerBlobGas: 10n,
      blobVersionedHashes: [`0x01${'ab'.repeat(31)}`],
    };
    const { executed: withBlobs } = send([sign(blobs)]);
    expect(withBlobs.block.header.blobGasUsed).toBe(GAS_PER_BLOB);

    const authorization = signAuthorization({ chainId: CHAIN_ID, address: contract, nonce: 0n }, keys[1]!);
    const setCode: UnsignedTransaction = {
      ...call(3),
      type: 4,
      to: accounts[1]!,
      authorizationList: [authorization],
      data: hexToBytes(word(5)),
    };
    const delegated = send([sign(setCode)]);
    expect(delegated.world.storage(accounts[1]!, word(4))).toBe(word(5));

    const withdrawal = { index: 0n, validatorIndex: 7n, address: RECEIVER, amount: 3n };
    const root = word(99);
    const paid = send([], {
      withdrawals: [withdrawal, { ...withdrawal, index: 1n, address: `0x${'bb'.repeat(20)}`, amount: 0n }],
      parentBeaconBlockRoot: root,
    });
    expect(paid.world.account(RECEIVER)?.balance).toBe(3n * 10n ** 9n);
    expect(paid.world.account(`0x${'bb'.repeat(20)}`)).toBeUndefined();
    const { timestamp } = paid.executed.block.header;
    expect(paid.world.storage(BEACON_ROOTS_ADDRESS, word((timestamp % 8191n) + 8191n))).toBe(root);

    const request = concatBytes(new Uint8Array(48).fill(9), new Uint8Array(8));
    const asked = send([sign(call(4, { to: WITHDRAWAL_REQUESTS_ADDRESS, value: 1n, data: request }))]);
    expect(asked.executed.requests).toHaveLength(1);
    expect(asked.executed.requests[0]).toMatchObject({ type: 1 });
    expect(asked.executed.requests[0]!.data).toHaveLength(76);

    expect(checker.worldAt(checker.head().hash).root()).toBe(maker.worldAt(maker.head().hash).root());
  });

  it('are the same from disk', async () => {
    const store = createMemoryStore();
    const chain = realChain({ store });
    chain.append(build(chain, [sign(call(0, { data: INITCODE }))]));
    const contract = Array.from(chain.worldAt(chain.head().hash).dump()).find(
      ({ code }) => bytesToHex(code) === bytesToHex(CODE),
    )!.address;
    chain.append(build(chain, [sign(call(1, { to: contract, data: hexToBytes(word(8)) }))]));
    await chain.flushed();
    const again = realChain({ store });
    const sealed = build(again, [sign(call(2, { to: contract, data: hexToBytes(word(9)) }))]);
    expect(sealed.executed).toEqual(
      build(chain, [sign(call(2, { to: contract, data: hexToBytes(word(9)) }))]).executed,
    );
    expect(sealed.world.storage(contract, word(3))).toBe(word(9));
  });

  it('agree in every era, whatever is sent', () => {
    const forks: readonly ForkName[] = [
      'frontier',
      'spuriousDragon',
      'byzantium',
      'istanbul',
      'london',
      'paris',
      'bpo2',
    ];
    const step = fc.record({
      account: fc.nat(2),
      value: fc.bigInt(0n, ETHER),
      data: fc.uint8Array({ maxLength: 40 }),
      creates: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.constantFrom(...forks),
        fc.array(fc.array(step, { maxLength: 4 }), { maxLength: 3 }),
        (fork, plan) => {
          const maker = realChain({ fork });
          const checker = realChain({ fork });
          const nonces = [0n, 0n, 0n];
          for (const steps of plan) {
            const transactions = steps.map(({ account, value, data, creates }) =>
              sign(
                {
                  type: 0,
                  chainId: undefined,
                  nonce: nonces[account]!++,
                  gasPrice: 2n * 10n ** 9n,
                  gasLimit: 200_000n,
                  to: creates ? undefined : RECEIVER,
                  value,
                  data,
                },
                account,
              ),
            );
            const sealed = build(maker, transactions);
            maker.append(sealed);
            expect(checker.importBlock(encodeBlock(sealed.executed.block)).block).toEqual(sealed.executed);
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it('may hold transactions of impersonated accounts, on chains that allow it', () => {
    const rich: Hex = `0x${'dd'.repeat(20)}`;
    const gift = sign(call(0, { to: rich, value: ETHER }));
    const made = impersonate(call(0, { to: RECEIVER, value: 5n }), rich);
    const maker = realChain();
    const sealed = build(maker, [gift, made]);
    expect(sealed.world.account(RECEIVER)?.balance).toBe(5n);
    const encoded = encodeBlock(sealed.executed.block);
    expect(realChain({ allowImpersonation: true }).importBlock(encoded).status).toBe('canonical');
    let code: string | undefined;
    try {
      realChain().importBlock(encoded);
    } catch (error) {
      code = isNinefoldError(error) ? error.code : undefined;
    }
    expect(code).toBe('BLOCK_INVALID_TRANSACTION');
  });

  it('of Amsterdam are not made yet', () => {
    let code: string | undefined;
    try {
      realChain({ fork: 'amsterdam' });
    } catch (error) {
      code = isNinefoldError(error) ? error.code : undefined;
    }
    expect(code).toBe('CHAIN_FORK_UNSUPPORTED');
  });
});
