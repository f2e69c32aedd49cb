import { beforeAll, describe, expect, it } from 'vitest';
import type { Bytes, Hex } from '@ninefold/base';
import { bytesToHex, concatBytes, hexToBytes } from '@ninefold/base';
import { encodeRlp } from '@ninefold/codec';
import { blobToKzgCommitment, computeBlobKzgProof, kzgToVersionedHash } from '@ninefold/crypto';
import { DEFAULT_ACCOUNTS } from '../../src/dev/default-accounts.ts';
import { signAuthorization } from '../../src/tx/authorization.ts';
import { decodeStructure } from '../../src/tx/fields.ts';
import { signTransaction } from '../../src/tx/signature.ts';
import { encodeTransaction, transactionHash } from '../../src/tx/transaction.ts';
import type { UnsignedTransaction } from '../../src/tx/types.ts';
import { ANSWER } from '../support/bytecode.ts';
import type { TestNode } from '../support/rpc.ts';
import { ALICE, BOB, CAROL, createTestNode, hex, NOBODY, word } from '../support/rpc.ts';

const GWEI = 10n ** 9n;
const EMPTY = new Uint8Array(0);
const key = (account: number): Bytes => hexToBytes(DEFAULT_ACCOUNTS[account]?.[1] as string);

type Fields = {
  readonly from?: number;
  readonly nonce?: number;
  readonly tip?: bigint;
  readonly cap?: bigint;
  readonly value?: bigint;
  readonly to?: Hex;
  readonly chainId?: bigint;
};

/** A transfer as wallets send it. */
function transfer({ from = 0, nonce = 0, tip = GWEI, cap = 20n * GWEI, ...rest }: Fields = {}): string {
  const { value = 1n, to = NOBODY, chainId = 31_337n } = rest;
  const fees = { maxPriorityFeePerGas: tip, maxFeePerGas: cap };
  const common = { chainId, nonce: BigInt(nonce), gasLimit: 21_000n, to, value, data: EMPTY, accessList: [] };
  return raw({ type: 2, ...common, ...fees }, from);
}

function raw(transaction: UnsignedTransaction, from = 0): string {
  return bytesToHex(encodeTransaction(signTransaction(transaction, key(from))));
}

/** Nonces of one sender: those that could be mined, and those that wait. */
async function noncesOf({ rpc }: TestNode, sender: string): Promise<readonly [string, string]> {
  const { pending, queued } = await rpc('txpool_contentFrom', sender);
  return [Object.keys(pending).join(' '), Object.keys(queued).join(' ')];
}

describe('queues', () => {
  it('wait behind a gap and go on when it is closed', async () => {
    const node = await createTestNode({ mining: 'manual' });
    const { rpc } = node;
    for (const nonce of [3, 1, 4]) await rpc('eth_sendRawTransaction', transfer({ nonce }));
    expect(await noncesOf(node, ALICE)).toEqual(['', '1 3 4']);
    expect(await rpc('eth_getTransactionCount', ALICE, 'pending')).toBe('0x0');
    await rpc('eth_sendRawTransaction', transfer({ nonce: 0 }));
    expect(await noncesOf(node, ALICE)).toEqual(['0 1', '3 4']);
    expect(await rpc('eth_getTransactionCount', ALICE, 'pending')).toBe('0x2');
    await rpc('evm_mine');
    expect(await noncesOf(node, ALICE)).toEqual(['', '3 4']);
    await rpc('eth_sendRawTransaction', transfer({ nonce: 2 }));
    expect(await noncesOf(node, ALICE)).toEqual(['2 3 4', '']);
    await rpc('evm_mine');
    expect(await rpc('eth_getBalance', NOBODY)).toBe('0x5');
    expect(await rpc('txpool_status')).toEqual({ pending: '0x0', queued: '0x0' });
  });

  it('follow the account when a cheat moves its nonce or takes its money', async () => {
    const node = await createTestNode({ mining: 'manual' });
    const { rpc } = node;
    for (const nonce of [0, 1, 3]) await rpc('eth_sendRawTransaction', transfer({ nonce }));
    await rpc('anvil_setNonce', ALICE, '0x3');
    expect(await noncesOf(node, ALICE)).toEqual(['3', '']);
    await rpc('anvil_setBalance', ALICE, '0x1');
    expect(await noncesOf(node, ALICE)).toEqual(['', '']);
  });

  it('with automine are mined as far as they go', async () => {
    const node = await createTestNode();
    const { rpc } = node;
    const later = await rpc('eth_sendRawTransaction', transfer({ nonce: 1 }));
    expect(await rpc('eth_getTransactionReceipt', later)).toBeNull();
    await rpc('eth_sendRawTransaction', transfer({ nonce: 0 }));
    expect((await rpc('eth_getTransactionReceipt', later)).status).toBe('0x1');
  });
});

describe('replacements', () => {
  it('pay a tenth more in both prices, and take the place', async () => {
    const node = await createTestNode({ mining: 'manual' });
    const { rpc, fault } = node;
    const old = await rpc('eth_sendRawTransaction', transfer());
    const refused = async (fields: Fields): Promise<unknown> => {
      const { code, message } = await fault('eth_sendRawTransaction', transfer(fields));
      return [code, message];
    };
    const underpriced = [-32003, 'replacement transaction underpriced'];
    expect(await refused({ value: 2n })).toEqual(underpriced);
    expect(await refused({ tip: 2n * GWEI })).toEqual(underpriced);
    expect(await refused({ cap: 30n * GWEI })).toEqual(underpriced);
    expect(await refused({ tip: (11n * GWEI) / 10n - 1n, cap: 22n * GWEI })).toEqual(underpriced);
    expect(await refused({})).toEqual([-32003, 'already known']);
    const offer = transfer({ tip: (11n * GWEI) / 10n, cap: 22n * GWEI, value: 7n });
    const taken = await rpc('eth_sendRawTransaction', offer);
    expect(await rpc('eth_getTransactionByHash', old)).toBeNull();
    await rpc('evm_mine');
    expect((await rpc('eth_getTransactionReceipt', taken)).status).toBe('0x1');
    expect(await rpc('eth_getBalance', NOBODY)).toBe('0x7');
    expect(await refused({})).toEqual([-32003, 'nonce too low: next nonce 1, tx nonce 0']);
  });

  it('may be of another type', async () => {
    const { rpc } = await createTestNode({ mining: 'manual' });
    await rpc('eth_sendRawTransaction', transfer());
    const common = { nonce: 0n, gasLimit: 21_000n, to: BOB as Hex, value: 5n, data: EMPTY };
    const legacy = raw({ type: 0, chainId: 31_337n, ...common, gasPrice: 22n * GWEI });
    const hash = await rpc('eth_sendRawTransaction', legacy);
    await rpc('evm_mine');
    expect(await rpc('eth_getTransactionReceipt', hash)).toMatchObject({
      type: '0x0',
      effectiveGasPrice: hex(22n * GWEI),
    });
  });
});

describe('the order of a block', () => {
  it('is by tip, each sender in order of nonce', async () => {
    const { rpc } = await createTestNode({ mining: 'manual' });
    const send = (fields: Fields): Promise<string> => rpc('eth_sendRawTransaction', transfer(fields));
    const slow = await send({ from: 0, nonce: 0, tip: 1n });
    const fast = await send({ from: 0, nonce: 1, tip: 9n * GWEI });
    const middle = await send({ from: 1, nonce: 0, tip: 5n * GWEI });
    await rpc('evm_mine');
    const { transactions } = await rpc('eth_getBlockByNumber', 'latest');
    expect(transactions).toEqual([middle, slow, fast]);
  });

  it('leaves out what cannot pay the base fee until it can', async () => {
    const { rpc } = await createTestNode({ mining: 'manual' });
    const poor = await rpc('eth_sendRawTransaction', transfer({ tip: 1n, cap: GWEI }));
    await rpc('anvil_setNextBlockBaseFeePerGas', hex(2n * GWEI));
    await rpc('evm_mine');
    expect(await rpc('eth_getTransactionReceipt', poor)).toBeNull();
    await rpc('anvil_setNextBlockBaseFeePerGas', hex(GWEI));
    await rpc('evm_mine');
    expect(await rpc('eth_getTransactionReceipt', poor)).toMatchObject({ effectiveGasPrice: hex(GWEI) });
  });
});

describe('bad bytes', () => {
  it.each(['0x', '0x00', '0x02', '0x02c0', '0x05c0', '0xc0', '0xff', '0x7f', '0x03c0', '0x04c0'])(
    'are refused: %s',
    async (bytes) => {
      const { fault } = await createTestNode();
      expect((await fault('eth_sendRawTransaction', bytes)).code).toBe(-32000);
    },
  );

  it('are refused when they are cut off, longer, or signed for another chain', async () => {
    const { fault, rpc } = await createTestNode();
    const good = transfer();
    for (let at = 4; at < good.length; at += 22) {
      expect((await fault('eth_sendRawTransaction', good.slice(0, at))).code).toBe(-32000);
    }
    expect((await fault('eth_sendRawTransaction', `${good}00`)).code).toBe(-32000);
    const foreign = await fault('eth_sendRawTransaction', transfer({ chainId: 1n }));
    expect([foreign.code, foreign.message]).toEqual([
      -32003,
      'invalid sender: invalid chain id for signer: have 1 want 31337',
    ]);
    expect(await rpc('eth_blockNumber')).toBe('0x0');
  });
});

describe('set-code transactions (EIP-7702)', () => {
  const authorize = (nonce: bigint, address: Hex, chainId = 31_337n): ReturnType<typeof signAuthorization> =>
    signAuthorization({ chainId, address, nonce }, key(1));

  const setCode = (nonce: number, list: readonly ReturnType<typeof authorize>[]): string =>
    raw({
      type: 4,
      chainId: 31_337n,
      nonce: BigInt(nonce),
      gasLimit: 200_000n,
      to: NOBODY,
      value: 0n,
      data: EMPTY,
      accessList: [],
      maxFeePerGas: 20n * GWEI,
      maxPriorityFeePerGas: GWEI,
      authorizationList: list,
    });

  it('delegate an account, which then runs the code in its own name, and end it', async () => {
    const { rpc } = await createTestNode();
    await rpc('anvil_setCode', CAROL, `0x30${ANSWER}`);
    await rpc('eth_sendRawTransaction', setCode(0, [authorize(0n, CAROL)]));
    expect(await rpc('eth_getCode', BOB)).toBe(`0xef0100${CAROL.slice(2)}`);
    expect(await rpc('eth_getTransactionCount', BOB)).toBe('0x1');
    // ADDRESS is the delegating account's.
    expect(await rpc('eth_call', { to: BOB })).toBe(`0x${word(BOB)}`);
    const hash = await rpc('eth_sendRawTransaction', transfer({ from: 1, nonce: 1 }));
    expect((await rpc('eth_getTransactionReceipt', hash)).status).toBe('0x1');
    await rpc('eth_sendRawTransaction', setCode(1, [authorize(2n, `0x${'00'.repeat(20)}`)]));
    expect(await rpc('eth_getCode', BOB)).toBe('0x');
  });

  it('pass over authorizations that do not hold, and charge for them', async () => {
    const { rpc } = await createTestNode();
    const list = [authorize(5n, CAROL), authorize(0n, CAROL, 1n), authorize(0n, NOBODY, 0n)];
    const hash = await rpc('eth_sendRawTransaction', setCode(0, list));
    const receipt = await rpc('eth_getTransactionReceipt', hash);
    expect(receipt).toMatchObject({ status: '0x1', type: '0x4' });
    // 25000 each; 12500 come back for the one account that was there, at most a fifth of all.
    expect(BigInt(receipt.gasUsed)).toBe(21_000n + 75_000n - 12_500n);
    expect(await rpc('eth_getCode', BOB)).toBe(`0xef0100${NOBODY.slice(2)}`);
    const shown = await rpc('eth_getTransactionByHash', hash);
    expect(shown.authorizationList).toHaveLength(3);
    expect(shown.authorizationList[1]).toMatchObject({ chainId: '0x1', address: CAROL, nonce: '0x0' });
  });

  it('need an authorization and a fork that knows them', async () => {
    const { fault } = await createTestNode();
    const empty = await fault('eth_sendRawTransaction', setCode(0, []));
    expect(empty.code).toBe(-32003);
    const before = await createTestNode({ fork: 'cancun' });
    const early = await before.fault('eth_sendRawTransaction', setCode(0, [authorize(0n, CAROL)]));
    expect([early.code, early.message]).toEqual([
      -32003,
      expect.stringContaining('transaction type not supported'),
    ]);
  });
});

describe('blob transactions', () => {
  let blob: Bytes;
  let commitment: Bytes;
  let proof: Bytes;

  beforeAll(async () => {
    blob = new Uint8Array(131_072);
    blob[63] = 9;
    commitment = await blobToKzgCommitment(blob);
    proof = await computeBlobKzgProof(blob, commitment);
  }, 60_000);

  const unsigned = (more: object = {}): UnsignedTransaction =>
    ({
      type: 3,
      chainId: 31_337n,
      nonce: 0n,
      gasLimit: 21_000n,
      to: BOB,
      value: 0n,
      data: EMPTY,
      accessList: [],
      maxFeePerGas: 20n * GWEI,
      maxPriorityFeePerGas: GWEI,
      maxFeePerBlobGas: 10n,
      blobVersionedHashes: [bytesToHex(kzgToVersionedHash(commitment))],
      ...more,
    }) as UnsignedTransaction;

  /** The form with blobs that goes through the network (EIP-4844). */
  const network = (transaction: UnsignedTransaction): string => {
    const bare = encodeTransaction(signTransaction(transaction, key(0)));
    const payload = decodeStructure(bare.subarray(1), 'transaction');
    return bytesToHex(concatBytes(Uint8Array.of(3), encodeRlp([payload, [blob], [commitment], [proof]])));
  };

  it('go in with their blobs and are in the block without them', async () => {
    const { rpc } = await createTestNode({ mining: 'manual', fork: 'prague' });
    const hash = await rpc('eth_sendRawTransaction', network(unsigned()));
    const signed = signTransaction(unsigned(), key(0));
    expect(hash).toBe(transactionHash(signed));
    const bare = bytesToHex(encodeTransaction(signed));
    expect(await rpc('debug_getRawTransaction', hash)).toBe(bare);
    const waiting = await rpc('eth_getTransactionByHash', hash);
    expect(waiting).toMatchObject({ type: '0x3', maxFeePerBlobGas: '0xa', blockHash: null });
    await rpc('evm_mine');
    const block: string = await rpc('debug_getRawBlock', 'latest');
    expect(block.length).toBeLessThan(4_000);
    expect(await rpc('debug_getRawTransaction', hash)).toBe(bare);
    const { blobGasUsed, excessBlobGas } = await rpc('eth_getBlockByNumber', 'latest');
    expect([blobGasUsed, excessBlobGas]).toEqual([hex(131_072), '0x0']);
  });

  it('are replaced by twice the price of everything alone', async () => {
    const { rpc, fault } = await createTestNode({ mining: 'manual', fork: 'prague' });
    await rpc('eth_sendRawTransaction', network(unsigned()));
    const double = { maxFeePerGas: 40n * GWEI, maxPriorityFeePerGas: 2n * GWEI, maxFeePerBlobGas: 20n };
    for (const name of Object.keys(double) as (keyof typeof double)[]) {
      const almost = network(unsigned({ ...double, [name]: double[name] - 1n }));
      expect((await fault('eth_sendRawTransaction', almost)).message).toBe(
        'replacement transaction underpriced',
      );
    }
    const hash = await rpc('eth_sendRawTransaction', network(unsigned(double)));
    expect(await rpc('txpool_status')).toEqual({ pending: '0x1', queued: '0x0' });
    await rpc('evm_mine');
    expect((await rpc('eth_getTransactionReceipt', hash)).status).toBe('0x1');
  });
});
