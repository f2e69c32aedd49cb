import { bytesToHex, concatBytes, hexToBytes } from '@ninefold/base';
import { encodeRlp } from '@ninefold/codec';
import { keccak256 } from '@ninefold/crypto';
import { verifyProof } from '@ninefold/state';
import { describe, expect, it } from 'vitest';
import { ANSWER, store } from '../support/bytecode.ts';
import { ALICE, BOB, CAROL, createTestNode, hex, NOBODY, word } from '../support/rpc.ts';

const slot = (value: number): string => `0x${word(value)}`;
const GONE = slot(0xdead);

describe('block parameters (EIP-1898)', () => {
  /** A node with two branches: `left` was block 1, another block is now. */
  async function branches(): Promise<
    Awaited<ReturnType<typeof createTestNode>> & { readonly left: string; readonly head: string }
  > {
    const node = await createTestNode();
    await node.rpc('eth_sendTransaction', { from: ALICE, to: NOBODY, value: '0x5' });
    const left = (await node.rpc('eth_getBlockByNumber', '0x1')).hash;
    await node.rpc('anvil_reorg', {
      depth: 1,
      tx_block_pairs: [[{ from: ALICE, to: NOBODY, value: '0x6', nonce: '0x0' }, 0]],
    });
    return { ...node, left, head: (await node.rpc('eth_getBlockByNumber', '0x1')).hash };
  }

  it('read any branch by hash, the canonical one alone when that is required', async () => {
    const { rpc, fault, left, head } = await branches();
    expect(left).not.toBe(head);
    expect(await rpc('eth_getBalance', NOBODY, { blockHash: left })).toBe('0x5');
    expect(await rpc('eth_getBalance', NOBODY, { blockHash: head, requireCanonical: true })).toBe('0x6');
    expect(await rpc('eth_getBalance', NOBODY, { blockNumber: '0x1' })).toBe('0x6');
    expect(await rpc('eth_getBalance', NOBODY, { blockNumber: 'earliest' })).toBe('0x0');
    expect(await rpc('eth_getBalance', NOBODY, left)).toBe('0x5');
    const other = await fault('eth_getBalance', NOBODY, { blockHash: left, requireCanonical: true });
    expect([other.code, other.message]).toEqual([-32000, 'hash is not currently canonical']);
    const none = await fault('eth_getBalance', NOBODY, { blockHash: GONE });
    expect([none.code, none.message]).toEqual([-32000, 'header for hash not found']);
    const later = await fault('eth_getBalance', NOBODY, '0x2');
    expect([later.code, later.message]).toEqual([-32000, 'header not found']);
  });

  it('mean the same to every method that reads state', async () => {
    const { rpc, left } = await branches();
    await rpc('anvil_setCode', NOBODY, `0x47${ANSWER}`);
    const before = { blockHash: left };
    expect(await rpc('eth_getCode', NOBODY, before)).toBe('0x');
    expect(await rpc('eth_getTransactionCount', ALICE, before)).toBe('0x1');
    expect(await rpc('eth_getTransactionCount', ALICE, 'earliest')).toBe('0x0');
    expect(await rpc('eth_getStorageAt', NOBODY, '0x0', before)).toBe(slot(0));
    expect(await rpc('eth_call', { to: NOBODY }, before)).toBe('0x');
    // SELFBALANCE under the code of now.
    expect(await rpc('eth_call', { to: NOBODY }, 'latest')).toBe(slot(6));
    const override = { [NOBODY]: { code: `0x47${ANSWER}` } };
    expect(await rpc('eth_call', { to: NOBODY }, before, override)).toBe(slot(5));
    expect((await rpc('eth_getProof', NOBODY, [], before)).balance).toBe('0x5');
    expect(await rpc('eth_getBlockReceipts', left)).toHaveLength(1);
  });

  it.each([
    [{}],
    [{ blockHash: GONE, blockNumber: '0x1' }],
    [{ blockHash: '0x12' }],
    ['0x'],
    ['newest'],
    ['0x10000000000000000'],
    [[]],
    [1.5],
    [true],
  ])('are not %j', async (parameter) => {
    const { fault } = await createTestNode();
    for (const method of ['eth_getBalance', 'eth_getCode', 'eth_getTransactionCount']) {
      expect((await fault(method, NOBODY, parameter)).code).toBe(-32602);
    }
  });

  it('and others may be missing or wrong, which is said by number and name', async () => {
    const { fault } = await createTestNode();
    const text = async (method: string, ...params: unknown[]): Promise<string> => {
      const { code, message } = await fault(method, ...params);
      expect(code).toBe(-32602);
      return message;
    };
    expect(await text('eth_getBalance')).toBe('missing value for required argument 0');
    expect(await text('eth_getStorageAt', NOBODY)).toBe('missing value for required argument 1');
    expect(await text('eth_getBalance', '0x12')).toBe(
      'invalid argument 0: hex string has length 2, want 40 for common.Address',
    );
    expect(await text('eth_getTransactionByHash', '0xabc')).toContain('hex string of odd length');
    expect(await text('eth_call', { to: 5 })).toContain('invalid argument 0: field to');
    expect(await text('eth_getBlockByNumber', '12', false)).toContain('hex string without 0x prefix');
    expect(await text('eth_sendRawTransaction', 'aa')).toContain('hex string without 0x prefix');
  });
});

describe('the pending block', () => {
  it('shows what would be mined now', async () => {
    const { rpc } = await createTestNode({ mining: 'manual' });
    const send = (value: number): Promise<string> =>
      rpc('eth_sendTransaction', { from: ALICE, to: NOBODY, value: hex(value) });
    const hashes = [await send(3), await send(4)];
    for (const [ref, balance, count] of [
      ['latest', '0x0', '0x0'],
      ['pending', '0x7', '0x2'],
    ]) {
      expect(await rpc('eth_getBalance', NOBODY, ref)).toBe(balance);
      expect(await rpc('eth_getTransactionCount', ALICE, ref)).toBe(count);
    }
    const pending = await rpc('eth_getBlockByNumber', 'pending', false);
    expect(pending).toMatchObject({ number: '0x1', transactions: hashes });
    expect(await rpc('eth_getBlockTransactionCountByNumber', 'pending')).toBe('0x2');
    const second = await rpc('eth_getTransactionByBlockNumberAndIndex', 'pending', '0x1');
    expect(second).toMatchObject({ hash: hashes[1], value: '0x4', blockNumber: '0x1' });
    expect(await rpc('eth_getTransactionByBlockNumberAndIndex', 'pending', '0x2')).toBeNull();
    const receipts = await rpc('eth_getBlockReceipts', 'pending');
    expect(receipts.map((each: { transactionHash: string }) => each.transactionHash)).toEqual(hashes);
    expect(receipts[1]).toMatchObject({ status: '0x1', cumulativeGasUsed: hex(42_000) });
    const latest = await rpc('eth_getBlockByNumber', 'latest', false);
    expect(pending.parentHash).toBe(latest.hash);
    await rpc('evm_mine');
    const mined = await rpc('eth_getBlockByNumber', 'latest', false);
    expect(mined).toMatchObject({
      transactions: hashes,
      gasUsed: pending.gasUsed,
      stateRoot: pending.stateRoot,
    });
  });

  it('is where calls and estimates run when told to', async () => {
    const { rpc, fault } = await createTestNode({ mining: 'manual' });
    await rpc('anvil_setCode', NOBODY, `0x5f54${ANSWER}`);
    await rpc('anvil_setCode', BOB, `0x43${ANSWER}`);
    expect(await rpc('eth_call', { to: BOB }, 'latest')).toBe(slot(0));
    expect(await rpc('eth_call', { to: BOB }, 'pending')).toBe(slot(1));
    const hash = await rpc('eth_sendTransaction', { from: ALICE, to: CAROL, gas: '0x5208' });
    expect(await rpc('eth_getTransactionReceipt', hash)).toBeNull();
    expect(await rpc('eth_getTransactionByHash', hash)).toMatchObject({
      blockHash: null,
      blockNumber: null,
      transactionIndex: null,
      from: ALICE,
    });
    expect((await fault('eth_getBalance', CAROL, '0x1')).message).toBe('header not found');
  });

  it('takes no effect: looking changes nothing', async () => {
    const { rpc } = await createTestNode({ mining: 'manual' });
    await rpc('eth_sendTransaction', { from: ALICE, to: NOBODY, value: '0x3' });
    const look = (): Promise<unknown> => rpc('eth_getBlockByNumber', 'pending', true);
    const first = await look();
    expect(await look()).toEqual(first);
    expect(await rpc('eth_blockNumber')).toBe('0x0');
    expect(await rpc('txpool_status')).toEqual({ pending: '0x1', queued: '0x0' });
  });
});

describe('eth_getProof', () => {
  type Proof = {
    accountProof: string[];
    balance: string;
    nonce: string;
    storageHash: string;
    codeHash: string;
    storageProof: { key: string; value: string; proof: string[] }[];
  };
  const nodes = (list: readonly string[]): Uint8Array[] => list.map(hexToBytes);
  const minimal = (quantity: string): Uint8Array => {
    const digits = BigInt(quantity).toString(16);
    return quantity === '0x0'
      ? new Uint8Array(0)
      : hexToBytes(`0x${digits.length % 2 === 1 ? '0' : ''}${digits}`);
  };

  /** Whether the trie under `root` says of the account what the proof says. */
  function check(root: string, address: string, proof: Proof): Uint8Array | undefined {
    const leaf = verifyProof(hexToBytes(root), keccak256(hexToBytes(address)), nodes(proof.accountProof));
    const { nonce, balance, storageHash, codeHash } = proof;
    if (leaf !== undefined) {
      // The yellow paper's account: nonce, balance, storage root, code hash.
      const account = [minimal(nonce), minimal(balance), hexToBytes(storageHash), hexToBytes(codeHash)];
      expect(bytesToHex(leaf)).toBe(bytesToHex(encodeRlp(account)));
    }
    for (const { key, value, proof: path } of proof.storageProof) {
      const stored = verifyProof(
        hexToBytes(storageHash),
        keccak256(hexToBytes(slot(Number(key)))),
        nodes(path),
      );
      if (value === '0x0') expect(stored).toBeUndefined();
      else expect(stored && bytesToHex(stored)).toBe(bytesToHex(encodeRlp(minimal(value))));
    }
    return leaf;
  }

  it('holds under the state root of its block, for what is there and what is not', async () => {
    const { rpc } = await createTestNode();
    const values = Array.from({ length: 20 }, (_, i) => store(i, i + 0x70)).join('');
    await rpc('anvil_setCode', NOBODY, `0x${values}`);
    for (const to of [NOBODY, BOB, CAROL])
      await rpc('eth_sendTransaction', { from: ALICE, to, value: '0x9' });
    const slots = [0, 1, 15, 16, 19, 20, 99].map(hex);
    for (const number of ['0x1', '0x2', '0x3']) {
      const { stateRoot } = await rpc('eth_getBlockByNumber', number);
      for (const address of [ALICE, BOB, NOBODY]) {
        const proof: Proof = await rpc('eth_getProof', address, slots, number);
        expect(check(stateRoot, address, proof)).toBeDefined();
        expect(proof.nonce).toBe(await rpc('eth_getTransactionCount', address, number));
        expect(proof.balance).toBe(await rpc('eth_getBalance', address, number));
      }
      const absent = `0x${'fa'.repeat(20)}`;
      expect(check(stateRoot, absent, await rpc('eth_getProof', absent, slots, number))).toBeUndefined();
    }
    const proof: Proof = await rpc('eth_getProof', NOBODY, slots, 'latest');
    expect(proof.storageProof.map(({ value }) => Number(value))).toEqual([
      0x70, 0x71, 0x7f, 0x80, 0x83, 0, 0,
    ]);
  });

  it('does not hold when a node is changed or left out', async () => {
    const { rpc } = await createTestNode();
    await rpc('evm_mine');
    const { stateRoot } = await rpc('eth_getBlockByNumber', 'latest');
    const { accountProof }: Proof = await rpc('eth_getProof', ALICE, [], 'latest');
    const key = keccak256(hexToBytes(ALICE));
    const verify = (proof: readonly Uint8Array[]): unknown => verifyProof(hexToBytes(stateRoot), key, proof);
    expect(verify(nodes(accountProof))).toBeDefined();
    expect(() => verify(nodes(accountProof.slice(1)))).toThrow();
    expect(() => verify(nodes(accountProof.slice(0, -1)))).toThrow();
    const last = hexToBytes(accountProof.at(-1) as string);
    const changed = concatBytes(last.subarray(0, -1), Uint8Array.of((last.at(-1) as number) ^ 1));
    expect(() => verify([...nodes(accountProof.slice(0, -1)), changed])).toThrow();
  });

  it('answers keys as they were asked, and refuses those that are none', async () => {
    const { rpc, fault } = await createTestNode();
    const proof: Proof = await rpc('eth_getProof', ALICE, ['0x0', '0x01', slot(2)], 'latest');
    expect(proof.storageProof.map(({ key }) => key)).toEqual(['0x0', '0x1', slot(2)]);
    expect((await fault('eth_getProof', ALICE, [`0x${'00'.repeat(33)}`], 'latest')).code).toBe(-32602);
    expect((await fault('eth_getProof', ALICE, ['0xzz'], 'latest')).code).toBe(-32602);
    expect(
      (
        await fault(
          'eth_getProof',
          ALICE,
          Array.from({ length: 1025 }, () => '0x0'),
        )
      ).code,
    ).toBe(-32602);
  });
});
