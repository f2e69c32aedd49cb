import { type Bytes, bytesToHex, concatBytes, hexToBytes } from '@ninefold/base';
import { sha256 } from '@ninefold/crypto';
import {
  assembleScript,
  decodeBlock,
  decodeTransaction,
  encodeBlockHeader,
  encodePush,
  encodeTransaction,
  hash256,
  hashToHex,
  hexToHash,
  type Transaction,
  txidOf,
} from '@ninefold/vm-bitcoin-script';
import { beforeEach, describe, expect, it } from 'vitest';
import type { BitcoinChainHandle } from '../src/chain.ts';
import { scriptToEsploraAsm } from '../src/esplora/asm.ts';
import { feeHistogram, innerScripts } from '../src/esplora/format.ts';
import type { PoolEntry } from '../src/pool/mempool.ts';
import { decodeMerkleProof } from '../src/tx/merkle-proof.ts';
import { scriptToAddress } from '../src/tx/address.ts';
import { rpcScene } from './rpc-scene.ts';
import { type Answer, outputOf, P2A, P2TR, spend, type Spendable } from './support.ts';

const hex = (bytes: Bytes): string => bytesToHex(bytes).slice(2);
const idOf = (tx: Transaction): string => hashToHex(txidOf(tx));
const scriptHash = hex(sha256(P2TR));

let bitcoin: BitcoinChainHandle;
beforeEach(async () => {
  ({ bitcoin } = await rpcScene());
  bitcoin.generate(105, P2TR);
});

const coinbase = (height: number): Spendable =>
  outputOf(bitcoin.node.chain.at(height)!.block.transactions[0]!);

/** Status and body; JSON as what it says. */
function get(path: string, method = 'GET', body = ''): readonly [status: number, body: Answer] {
  const { status, headers, body: answer } = bitcoin.esplora.handle(method, path, body);
  const isJson = headers['content-type'] === 'application/json';
  return [status, isJson ? JSON.parse(answer as string) : answer];
}
const ok = (path: string): Answer => {
  const [status, body] = get(path);
  expect(status, path).toBe(200);
  return body;
};

describe('blocks', () => {
  it('are found by height and hash, from the tip downwards', () => {
    const { tip } = bitcoin.node.chain;
    expect(ok('/blocks/tip/height')).toBe('105');
    expect(ok('/blocks/tip/hash')).toBe(tip.hash);
    expect(ok('/block-height/105')).toBe(tip.hash);
    expect(get('/block-height/106')).toEqual([404, 'Block not found']);
    expect(get('/block-height/x')[0]).toBe(404);
    const heights = (path: string): number[] => ok(path).map(({ height }: Answer) => height);
    expect(heights('/blocks')).toEqual(Array.from({ length: 10 }, (_, i) => 105 - i));
    expect(heights('/blocks/4')).toEqual([4, 3, 2, 1, 0]);
    expect(heights('/blocks/400')).toHaveLength(10);
    expect(get('/blocks/-1')[0]).toBe(400);
    expect(get('/blocks/tip/time')[0]).toBe(404);
  });

  it('tell what is in them', () => {
    bitcoin.node.send(spend([coinbase(1)]));
    bitcoin.generate(1, P2TR);
    const { tip } = bitcoin.node.chain;
    const { transactions, header } = tip.block;
    const block = ok(`/block/${tip.hash}`);
    expect(block).toMatchObject({
      id: tip.hash,
      height: 106,
      tx_count: 2,
      timestamp: header.time,
      previousblockhash: bitcoin.node.chain.at(105)!.hash,
      mediantime: tip.medianTime,
      bits: 0x207fffff,
    });
    expect(ok(`/block/${bitcoin.node.chain.at(0)!.hash}`).previousblockhash).toBeNull();
    expect(ok(`/block/${tip.hash}/header`)).toBe(hex(encodeBlockHeader(header)));
    const raw = ok(`/block/${tip.hash}/raw`) as Uint8Array;
    expect(decodeBlock(raw).transactions).toEqual(transactions);
    expect([block.size, block.weight]).toEqual([raw.length, expect.any(Number)]);
    const ids = transactions.map(idOf);
    expect(ok(`/block/${tip.hash}/txids`)).toEqual(ids);
    expect(ok(`/block/${tip.hash}/txid/1`)).toBe(ids[1]);
    expect(get(`/block/${tip.hash}/txid/2`)[0]).toBe(404);
    expect(ok(`/block/${tip.hash}/txs`).map(({ txid }: Answer) => txid)).toEqual(ids);
    expect(get(`/block/${tip.hash}/txs/1`)).toEqual([400, 'start index must be a multiple of 25']);
    expect(get(`/block/${tip.hash}/txs/25`)).toEqual([400, 'start index out of range']);
    expect(get(`/block/${tip.hash}/votes`)[0]).toBe(404);
    expect(get(`/block/${'00'.repeat(32)}`)[0]).toBe(404);
  });

  it('say whether they are in the best chain, and what follows', () => {
    const [left, next] = [bitcoin.node.chain.at(104)!, bitcoin.node.chain.at(105)!];
    expect(ok(`/block/${left.hash}/status`)).toEqual({
      in_best_chain: true,
      height: 104,
      next_best: next.hash,
    });
    expect(ok(`/block/${next.hash}/status`)).toEqual({ in_best_chain: true, height: 105, next_best: null });
    bitcoin.node.chain.invalidate(left.hash);
    expect(ok(`/block/${left.hash}/status`)).toEqual({ in_best_chain: false });
  });
});

describe('transactions', () => {
  it('tell what they spend, pay and weigh', () => {
    const tx = spend([coinbase(1)], { fee: 777n, extra: [{ value: 1000n, scriptPubKey: P2A }] });
    const id = idOf(tx);
    bitcoin.node.send(tx);
    const waiting = ok(`/tx/${id}`);
    expect(waiting).toMatchObject({
      txid: id,
      version: 2,
      locktime: 0,
      fee: 777,
      status: { confirmed: false },
      size: encodeTransaction(tx).length,
      vin: [
        {
          txid: hashToHex(coinbase(1).txid),
          vout: 0,
          is_coinbase: false,
          sequence: 0xfffffffd,
          scriptsig: '',
        },
      ],
      vout: [{ scriptpubkey_type: 'v1_p2tr' }, { scriptpubkey_type: 'anchor', value: 1000 }],
    });
    expect(waiting.vin[0].prevout).toEqual({
      scriptpubkey: hex(P2TR),
      scriptpubkey_asm: `OP_PUSHNUM_1 OP_PUSHBYTES_32 ${hex(P2TR.subarray(2))}`,
      scriptpubkey_type: 'v1_p2tr',
      scriptpubkey_address: scriptToAddress(P2TR, bitcoin.format),
      value: 5_000_000_000,
    });
    const [hash] = bitcoin.generate(1, P2TR);
    const status = {
      confirmed: true,
      block_height: 106,
      block_hash: hash,
      block_time: bitcoin.node.chain.tip.block.header.time,
    };
    expect(ok(`/tx/${id}`)).toEqual({ ...waiting, status });
    expect(ok(`/tx/${id}/status`)).toEqual(status);
    expect(ok(`/tx/${id}/hex`)).toBe(hex(encodeTransaction(tx)));
    expect(decodeTransaction(ok(`/tx/${id}/raw`))).toEqual(tx);
    const minted = ok(`/tx/${idOf(bitcoin.node.chain.tip.block.transactions[0]!)}`);
    expect(minted).toMatchObject({ fee: 0, vin: [{ is_coinbase: true, prevout: null, vout: 0xffffffff }] });
    expect(get(`/tx/${'00'.repeat(32)}`)).toEqual([404, 'Transaction not found']);
    expect(get('/tx/xyz')[0]).toBe(404);
    expect(get(`/tx/${id}/votes`)[0]).toBe(404);
  });

  it('tell who spends their outputs, in the mempool, in blocks, and after these are gone', () => {
    const tx = spend([coinbase(1)], { count: 2 });
    const id = idOf(tx);
    bitcoin.node.send(tx);
    expect(ok(`/tx/${id}/outspends`)).toEqual([{ spent: false }, { spent: false }]);
    const child = spend([outputOf(tx, 1), coinbase(2)]);
    bitcoin.node.send(child);
    const waiting = { spent: true, txid: idOf(child), vin: 0, status: { confirmed: false } };
    expect(ok(`/tx/${id}/outspend/1`)).toEqual(waiting);
    const [hash] = bitcoin.generate(1, P2TR);
    expect(ok(`/tx/${id}/outspends`)).toMatchObject([
      { spent: false },
      { ...waiting, status: { block_hash: hash } },
    ]);
    bitcoin.node.chain.invalidate(hash!);
    expect(ok(`/tx/${id}/outspend/1`)).toEqual(waiting);
    expect(get(`/tx/${id}/outspend/2`)).toEqual([404, 'Output not found']);
    expect(get(`/tx/${id}/outspend/x`)[0]).toBe(404);
  });

  it('prove that they are in their block', () => {
    for (let i = 1; i <= 4; i++) bitcoin.node.send(spend([coinbase(i)]));
    bitcoin.generate(1, P2TR);
    const { transactions, header } = bitcoin.node.chain.tip.block;
    expect(transactions).toHaveLength(5);
    transactions.forEach((tx, i) => {
      const { block_height: height, merkle, pos } = ok(`/tx/${idOf(tx)}/merkle-proof`);
      expect([height, pos]).toEqual([106, i]);
      const root = merkle
        .map(hexToHash)
        .reduce(
          (hash: Bytes, sibling: Bytes, level: number) =>
            hash256((i >> level) & 1 ? concatBytes(sibling, hash) : concatBytes(hash, sibling)),
          txidOf(tx),
        );
      expect(hashToHex(root)).toBe(hashToHex(header.merkleRoot));
      const proof = decodeMerkleProof(hexToBytes(`0x${ok(`/tx/${idOf(tx)}/merkleblock-proof`)}`));
      expect(proof.found.map(({ id }) => hashToHex(id))).toEqual([idOf(tx)]);
    });
    const waiting = bitcoin.node.send(spend([coinbase(5)]));
    expect(get(`/tx/${waiting.id}/merkle-proof`)[0]).toBe(404);
  });

  it('are sent, one and many', () => {
    const parent = spend([coinbase(1)], { fee: 0n, version: 3 });
    const child = spend([outputOf(parent)], { fee: 1000n, version: 3 });
    const hexes = [parent, child].map((tx) => hex(encodeTransaction(tx)));
    const post = (path: string, body: unknown): readonly [number, Answer] =>
      get(path, 'POST', typeof body === 'string' ? body : JSON.stringify(body));
    expect(post('/tx', hexes[0]!)[0]).toBe(400);
    expect(post('/txs/package', hexes)).toEqual([
      200,
      { package_msg: 'success', statuses: ['accepted', 'accepted'] },
    ]);
    expect(post('/txs/package', hexes)[1].statuses).toEqual(['known', 'known']);
    expect(post('/tx', ` ${hexes[1]}\n`)).toEqual([200, idOf(child)]);
    for (const [body, text] of [
      ['zz', 'Transaction is not hex'],
      ['00', 'TX decode failed: '],
      ['', 'TX decode failed: '],
    ] as const) {
      const [status, answer] = post('/tx', body);
      expect([status, answer.slice(0, text.length)]).toEqual([400, text]);
    }
    expect(post('/txs/package', '{')).toEqual([400, 'Invalid JSON']);
    expect(post('/txs/package', '3')).toEqual([400, 'Expected a list of transactions']);
    expect(post('/txs', '')[0]).toBe(404);
    expect(get('/tx', 'DELETE')[0]).toBe(405);
  });
});

describe('scripts', () => {
  const other = concatBytes(Uint8Array.of(0, 20), new Uint8Array(20).fill(9));
  const address = (): string => scriptToAddress(other, bitcoin.format)!;

  it('have figures of what was received and spent, in blocks and waiting', () => {
    const payment = { value: 5000n, scriptPubKey: other };
    bitcoin.node.send(spend([coinbase(1)], { extra: [payment, payment] }));
    bitcoin.generate(1, P2TR);
    bitcoin.node.send(spend([coinbase(2)], { extra: [payment] }));
    const none = { spent_txo_count: 0, spent_txo_sum: 0 };
    expect(ok(`/address/${address()}`)).toEqual({
      address: address(),
      chain_stats: { ...none, funded_txo_count: 2, funded_txo_sum: 10_000, tx_count: 1 },
      mempool_stats: { ...none, funded_txo_count: 1, funded_txo_sum: 5000, tx_count: 1 },
    });
    const utxos = ok(`/address/${address()}/utxo`);
    expect(utxos.map(({ vout, value, status }: Answer) => [vout, value, status.confirmed])).toEqual([
      [1, 5000, true],
      [2, 5000, true],
      [1, 5000, false],
    ]);
    const { chain_stats: chain, mempool_stats: waiting } = ok(`/scripthash/${scriptHash}`);
    expect(chain.spent_txo_count).toBe(1);
    expect(chain.spent_txo_sum).toBe(5_000_000_000);
    expect(waiting).toMatchObject({ spent_txo_count: 1, funded_txo_count: 1, tx_count: 1 });
    expect(ok(`/scripthash/${scriptHash.toUpperCase()}`).scripthash).toBe(scriptHash);
    expect(get('/scripthash/12')).toEqual([400, 'Invalid scripthash']);
    expect(get('/address/nowhere')).toEqual([400, 'Invalid Bitcoin address']);
    expect(get(`/address/${address()}/votes`)[0]).toBe(404);
  });

  it('have their history in pages, the newest first', () => {
    const ids = (path: string): string[] => ok(path).map(({ txid }: Answer) => txid);
    const all = Array.from({ length: 105 }, (_, i) =>
      idOf(bitcoin.node.chain.at(105 - i)!.block.transactions[0]!),
    );
    const base = `/scripthash/${scriptHash}/txs`;
    expect(ids(base)).toEqual(all.slice(0, 25));
    expect(ids(`${base}/chain`)).toEqual(all.slice(0, 25));
    expect(ids(`${base}/chain/${all[24]}`)).toEqual(all.slice(25, 50));
    expect(ids(`${base}/chain/${all[99]}`)).toEqual(all.slice(100));
    expect(ids(`${base}/chain/${all[104]}`)).toEqual([]);
    expect(ids(`${base}/mempool`)).toEqual([]);
    const waiting = bitcoin.node.send(spend([coinbase(1)]));
    expect(ids(`${base}/mempool`)).toEqual([waiting.id]);
    expect(ids(base)).toEqual([waiting.id, ...all.slice(0, 25)]);
  });

  it('follow reorganisations', () => {
    const payment = { value: 5000n, scriptPubKey: other };
    bitcoin.node.send(spend([coinbase(1)], { extra: [payment] }));
    const [hash] = bitcoin.generate(1, P2TR);
    const count = (): number[] => {
      const { chain_stats: chain, mempool_stats: waiting } = ok(`/address/${address()}`);
      return [chain.tx_count, waiting.tx_count];
    };
    expect(count()).toEqual([1, 0]);
    bitcoin.node.chain.invalidate(hash!);
    expect(count()).toEqual([0, 1]);
    bitcoin.node.chain.reconsider(hash!);
    expect(count()).toEqual([1, 0]);
    bitcoin.generate(2, P2TR);
    expect(count()).toEqual([1, 0]);
  });
});

describe('the mempool', () => {
  it('has figures, names and the latest', () => {
    expect(ok('/mempool')).toEqual({ count: 0, vsize: 0, total_fee: 0, fee_histogram: [] });
    const entries = [300n, 111n, 600n].map((fee, i) => bitcoin.node.send(spend([coinbase(i + 1)], { fee })));
    expect(ok('/mempool')).toEqual({ count: 3, vsize: 333, total_fee: 1011, fee_histogram: [[1, 333]] });
    expect(ok('/mempool/txids')).toEqual(entries.map(({ id }) => id));
    expect(ok('/mempool/recent').map(({ txid, fee, vsize }: Answer) => [txid, fee, vsize])).toEqual(
      entries.toReversed().map(({ id, fee }) => [id, Number(fee), 111]),
    );
    expect(get('/mempool/votes')[0]).toBe(404);
    expect(ok('/fee-estimates')).toEqual({});
    expect(get('/votes')[0]).toBe(404);
    expect(get('/')[0]).toBe(404);
  });

  it('has a histogram of bins that hold something', () => {
    const of = (...list: readonly (readonly [fee: bigint, vsize: number])[]): readonly unknown[] =>
      feeHistogram(list.map(([fee, vsize]) => ({ fee, vsize }) as PoolEntry));
    expect(of()).toEqual([]);
    expect(of([100n, 50], [100n, 100])).toEqual([[1, 150]]);
    expect(of([60_000n, 30_000], [60_000n, 20_000], [1000n, 1000])).toEqual([[1, 51_000]]);
    expect(of([60_000n, 30_000], [60_000n, 20_001], [1000n, 1000])).toEqual([
      [2, 50_001],
      [1, 1000],
    ]);
    // Those of one rate are not taken apart.
    expect(of([60_000n, 60_000], [60_000n, 60_000], [10n, 10])).toEqual([[1, 120_010]]);
  });
});

describe('scripts in words', () => {
  it('tell how bytes are pushed', () => {
    const words = (text: string): string => scriptToEsploraAsm(assembleScript(text));
    expect(words('0 -1 1 16 <05> <0102030405>')).toBe(
      'OP_0 OP_PUSHNUM_NEG1 OP_PUSHNUM_1 OP_PUSHNUM_16 OP_PUSHBYTES_1 05 OP_PUSHBYTES_5 0102030405',
    );
    expect(words('CHECKLOCKTIMEVERIFY CHECKSEQUENCEVERIFY NOP1 RETURN CHECKSIGADD 0xbb 0xff')).toBe(
      'OP_CLTV OP_CSV OP_NOP1 OP_RETURN OP_CHECKSIGADD OP_RETURN_187 OP_INVALIDOPCODE',
    );
    const long = (size: number): string => scriptToEsploraAsm(encodePush(new Uint8Array(size)));
    expect(long(75)).toMatch(/^OP_PUSHBYTES_75 (00){75}$/);
    expect(long(76)).toMatch(/^OP_PUSHDATA1 (00){76}$/);
    expect(long(300)).toMatch(/^OP_PUSHDATA2 (00){300}$/);
    expect(words('DUP 0x05 0x01')).toBe('OP_DUP OP_PUSHBYTES_5 <push past end>');
    expect(words('0x4d 0x01')).toBe('<unexpected end>');
    expect(words('')).toBe('');
  });

  it('are shown from behind their hashes', () => {
    const script = assembleScript('1 DROP 2');
    const inner = scriptToEsploraAsm(script);
    const behind = (
      scriptPubKey: Bytes,
      witness: readonly Bytes[],
      scriptSig: Bytes = new Uint8Array(0),
    ): object => innerScripts(scriptSig, witness, { value: 0n, scriptPubKey });
    const taproot = concatBytes(Uint8Array.of(0x51, 32), new Uint8Array(32));
    const [control, annex] = [new Uint8Array(33).fill(0xc0), Uint8Array.of(0x50, 1)];
    expect(behind(taproot, [script, control])).toEqual({ inner_witnessscript_asm: inner });
    expect(behind(taproot, [new Uint8Array(9), script, control, annex])).toEqual({
      inner_witnessscript_asm: inner,
    });
    expect(behind(taproot, [new Uint8Array(64)])).toEqual({});
    expect(behind(taproot, [new Uint8Array(64), annex])).toEqual({});
    expect(behind(P2A, [script, control])).toEqual({});
    const v0 = concatBytes(Uint8Array.of(0, 32), sha256(script));
    expect(behind(v0, [new Uint8Array(3), script])).toEqual({ inner_witnessscript_asm: inner });
    const p2sh = concatBytes(Uint8Array.of(0xa9, 20), new Uint8Array(20), Uint8Array.of(0x87));
    expect(behind(p2sh, [], encodePush(script))).toEqual({ inner_redeemscript_asm: inner });
    expect(behind(p2sh, [script], encodePush(v0))).toEqual({
      inner_redeemscript_asm: scriptToEsploraAsm(v0),
      inner_witnessscript_asm: inner,
    });
    expect(innerScripts(script, [script], undefined)).toEqual({});
  });
});
