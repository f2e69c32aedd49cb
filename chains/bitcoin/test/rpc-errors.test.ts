import { bytesToHex, hexToBytes } from '@ninefold/base';
import {
  type BlockHeader,
  decodeBlock,
  encodeBlock,
  encodeBlockHeader,
  encodeTransaction,
  type Transaction,
} from '@ninefold/vm-bitcoin-script';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BitcoinChainHandle } from '../src/chain.ts';
import { ELSEWHERE, refusal, type Rpc, rpcScene } from './rpc-scene.ts';
import { outputOf, P2A, P2TR, spend, type Spendable } from './support.ts';

const hexOf = (tx: Transaction): string => bytesToHex(encodeTransaction(tx)).slice(2);
const NOWHERE = '11'.repeat(32);

/** Method, parameters, and how the answer begins. */
type Case = readonly [method: string, params: readonly unknown[], text: string];

describe('what is asked wrongly', () => {
  let rpc: Rpc;
  let bitcoin: BitcoinChainHandle;
  let tip: string;
  beforeAll(async () => {
    ({ rpc, bitcoin } = await rpcScene());
    bitcoin.generate(105, P2TR);
    tip = bitcoin.node.chain.tip.hash;
  });

  const check = async (cases: readonly Case[]): Promise<void> => {
    for (const [method, params, text] of cases) {
      const answer = await refusal(rpc(method, ...params));
      expect(answer.slice(0, text.length), `${method} ${JSON.stringify(params)}`).toBe(text);
    }
  };

  it('by numbers', () =>
    check([
      ['getblockhash', [1.5], '-1 JSON integer out of range'],
      ['getblockhash', [2 ** 31], '-1 JSON integer out of range'],
      ['getblockhash', [-1], '-8 Block height out of range'],
      ['getblockhash', [106], '-8 Block height out of range'],
      ['gettxout', [NOWHERE, -1], '-1 JSON integer out of range'],
      ['gettxout', [NOWHERE, 2 ** 32], '-1 JSON integer out of range'],
      ['gettxout', [NOWHERE, 2 ** 32 - 1], 'accepted'],
      ['getblock', ['tip', 'x'], '-8 blockhash must be of length 64 (not 3, for '],
      ['getchaintxstats', [105], "-8 Invalid block count: should be between 0 and the block's height - 1"],
      ['getchaintxstats', [-1], "-8 Invalid block count: should be between 0 and the block's height - 1"],
      ['getnetworkhashps', [0], '-8 Invalid nblocks. Must be a positive number or -1.'],
      ['getnetworkhashps', [1, 106], '-8 Block does not exist at specified height'],
      ['getnetworkhashps', [-2], '-8 Invalid nblocks. Must be a positive number or -1.'],
      ['getblockstats', [-1], '-8 Target block height -1 is negative'],
      ['getblockstats', [106], '-8 Target block height 106 after current tip 105'],
      ['getblockstats', [1, ['avgfee', 'fee']], "-8 Invalid selected statistic 'fee'"],
      ['setmocktime', [-1], '-8 Mocktime must be in the range [0, 9223372036], not -1.'],
      ['setmocktime', [9_223_372_037], '-8 Mocktime must be in the range [0, 9223372036], not 9223372037.'],
      ['setmocktime', [0.5], '-1 JSON integer out of range'],
      ['mockscheduler', [0], '-8 delta_time must be between 1 and 3600 seconds (1 hr)'],
      ['mockscheduler', [3601], '-8 delta_time must be between 1 and 3600 seconds (1 hr)'],
      ['estimatesmartfee', [0], '-8 Invalid conf_target, must be between 1 and 1008'],
      ['estimatesmartfee', [1, 'fast'], '-8 Invalid estimate_mode parameter, must be one of: "unset"'],
      ['estimatesmartfee', [1, 'CONSERVATIVE'], 'accepted'],
      ['waitforblockheight', [1, -1], '-1 Negative timeout'],
    ]));

  it('by verbosity', async () => {
    await check([
      ['getblock', [tip, '1'], '-3 JSON value of type string is not of expected type number'],
      ['getblock', [tip, {}], '-3 JSON value of type object is not of expected type number'],
      ['getrawtransaction', [NOWHERE, []], '-3 JSON value of type array is not of expected type number'],
    ]);
    expect(await rpc('getblock', tip, false)).toBe(await rpc('getblock', tip, 0));
    expect(await rpc('getblock', tip, true)).toEqual(await rpc('getblock', tip));
    expect((await rpc('getblock', tip, 2)).tx[0].hash).toBeDefined();
    expect((await rpc('getblock', tip, 7)).tx).toEqual((await rpc('getblock', tip, 3)).tx);
  });

  it('about transactions that are made', () =>
    check([
      ['createrawtransaction', [[{ txid: NOWHERE }], {}], '-8 Invalid parameter, missing vout key'],
      [
        'createrawtransaction',
        [[{ vout: 0 }], {}],
        '-3 JSON value of type null is not of expected type string',
      ],
      [
        'createrawtransaction',
        [[{ txid: NOWHERE, vout: -1 }], {}],
        '-8 Invalid parameter, vout cannot be neg',
      ],
      ['createrawtransaction', [[{ txid: NOWHERE, vout: 1.5 }], {}], '-1 JSON integer out of range'],
      ['createrawtransaction', [[{ txid: NOWHERE, vout: 2 ** 31 }], {}], '-1 JSON integer out of range'],
      [
        'createrawtransaction',
        [[{ txid: NOWHERE, vout: 0, sequence: 2 ** 32 }], {}],
        '-8 Invalid parameter, sequence number is out of range',
      ],
      [
        'createrawtransaction',
        [[{ txid: NOWHERE, vout: 0, sequence: -1 }], {}],
        '-8 Invalid parameter, sequence number is out of range',
      ],
      [
        'createrawtransaction',
        [[{ txid: NOWHERE, vout: 0, sequence: 0.5 }], {}],
        '-1 JSON integer out of range',
      ],
      ['createrawtransaction', [[], {}, -1], '-8 Invalid parameter, locktime out of range'],
      ['createrawtransaction', [[], {}, 2 ** 32], '-8 Invalid parameter, locktime out of range'],
      ['createrawtransaction', [[], {}, 2 ** 32 - 1], 'accepted'],
      ['createrawtransaction', [[], {}, 0, true, 4], '-8 Invalid parameter, version out of range(1~3)'],
      ['createrawtransaction', [[], {}, 0, true, 0], '-8 Invalid parameter, version out of range(1~3)'],
      [
        'createrawtransaction',
        [[{ txid: NOWHERE, vout: 0, sequence: 0xffffffff }], {}, 0, true],
        '-8 Invalid parameter combination: Sequence number(s) contradict replaceable option',
      ],
      [
        'createrawtransaction',
        [[], [{ a: 1, b: 2 }]],
        '-8 Invalid parameter, key-value pair must contain exactly',
      ],
      ['createrawtransaction', [[], ['x']], '-8 Invalid parameter, key-value pair not an object as expected'],
      ['createrawtransaction', [[], { nowhere: 1 }], '-5 Invalid Bitcoin address: nowhere'],
      ['createrawtransaction', [[], { data: 'xyz' }], "-8 Data must be hexadecimal string (not 'xyz')"],
      [
        'createrawtransaction',
        [[], [{ data: '' }, { data: '' }]],
        '-8 Invalid parameter, duplicate key: data',
      ],
      [
        'createrawtransaction',
        [[], [{ [ELSEWHERE]: 1 }, { [ELSEWHERE.toUpperCase()]: 1 }]],
        `-8 Invalid parameter, duplicated address: ${ELSEWHERE.toUpperCase()}`,
      ],
      ['createrawtransaction', [[], { [ELSEWHERE]: -1 }], '-3 Amount out of range'],
      ['createrawtransaction', [[], { [ELSEWHERE]: 21_000_001 }], '-3 Amount out of range'],
      ['createrawtransaction', [[], { [ELSEWHERE]: 21_000_000 }], 'accepted'],
      ['createrawtransaction', [[], { [ELSEWHERE]: 1e-9 }], '-3 Invalid amount'],
      ['createrawtransaction', [[], { [ELSEWHERE]: '1.' }], '-3 Invalid amount'],
      ['createrawtransaction', [[], { [ELSEWHERE]: '.1' }], '-3 Invalid amount'],
      ['createrawtransaction', [[], { [ELSEWHERE]: '0.123456789' }], '-3 Invalid amount'],
      ['createrawtransaction', [[], { [ELSEWHERE]: '0.100000000000' }], 'accepted'],
      ['createrawtransaction', [[], { [ELSEWHERE]: true }], '-3 Amount is not a number or string'],
      ['decoderawtransaction', ['00'], '-22 TX decode failed'],
      ['decoderawtransaction', ['xx'], '-22 TX decode failed'],
      ['combinerawtransaction', [[]], '-8 Missing transactions'],
      [
        'signrawtransactionwithkey',
        ['00', []],
        '-22 TX decode failed. Make sure the tx has at least one input.',
      ],
    ]));

  it('about blocks and proofs', () =>
    check([
      ['getblockheader', [NOWHERE], '-5 Block not found'],
      ['getblockfilter', [tip, 'fancy'], '-5 Unknown filtertype'],
      ['gettxoutproof', [[]], "-8 Parameter 'txids' cannot be empty"],
      ['gettxoutproof', [[NOWHERE, NOWHERE]], `-8 Invalid parameter, duplicated txid: ${NOWHERE}`],
      ['gettxoutproof', [[NOWHERE]], '-5 Transaction not yet in block'],
      ['gettxoutproof', [[NOWHERE], tip], '-5 Not all transactions found in specified or retrieved block'],
      ['verifytxoutproof', ['zz'], '-22 Proof decode failed'],
      ['scantxoutset', ['begin'], "-8 Invalid action 'begin'"],
      ['scantxoutset', ['start'], '-1 scanobjects argument is required for the start action'],
      ['scantxoutset', ['start', [3]], '-3 Scan object needs to be either a string or an object'],
      ['scantxoutset', ['start', [{}]], '-8 Descriptor needs to be provided in scan object'],
      ['scantxoutset', ['start', [{ desc: 'x' }]], "-5 'x' is not a valid descriptor function"],
      ['gettxoutsetinfo', ['sha'], "-8 'sha' is not a valid hash_type"],
      ['gettxoutsetinfo', ['none', 5], '-8 Querying specific block heights requires coinstatsindex'],
      ['invalidateblock', [NOWHERE], '-5 Block not found'],
      ['submitblock', ['00'], '-22 Block decode failed'],
      ['submitheader', ['00'], '-22 Block header decode failed'],
      ['getblocktemplate', [], '-8 getblocktemplate must be called with the segwit rule set'],
      ['getblocktemplate', [{ mode: 'x' }], '-8 Invalid mode'],
      ['getblocktemplate', [{ mode: 'proposal' }], '-3 Missing data String key for proposal'],
      ['getblocktemplate', [{ mode: 'proposal', data: 'ff' }], '-22 Block decode failed'],
      ['generateblock', [ELSEWHERE, [NOWHERE]], `-5 Transaction ${NOWHERE} not in mempool.`],
      ['generateblock', ['nowhere', []], '-5 Error: Invalid address or descriptor'],
      [
        'generatetodescriptor',
        [
          1,
          `wpkh(tpubD6NzVbkrYhZ4WaWSyoBvQwbpLkojyoTZPRsgXELWz3Popb3qkjcJyJUGLnL4qHHoQvao8ESaAstxYSnhyswJ76uZPStJRJCTKvosUCJZL5B/*)`,
        ],
        '-8 Ranged descriptor not accepted.',
      ],
      ['generatetoaddress', [1, 'nowhere'], '-5 Error: Invalid address'],
      ['generatetoaddress', [-1, ELSEWHERE], 'accepted'],
    ]));

  it('about the mempool', () =>
    check([
      ['getmempoolentry', [NOWHERE], '-5 Transaction not in mempool'],
      ['getrawmempool', [true, true], '-8 Verbose results cannot contain mempool sequence values.'],
      ['gettxspendingprevout', [[]], '-8 Invalid parameter, outputs are missing'],
      ['gettxspendingprevout', [[{ txid: NOWHERE }]], '-3 Missing vout'],
      ['gettxspendingprevout', [[{ txid: NOWHERE, vout: 0, n: 1 }]], '-3 Unexpected key n'],
      [
        'gettxspendingprevout',
        [[{ txid: NOWHERE, vout: -1 }]],
        '-8 Invalid parameter, vout cannot be negative',
      ],
      ['prioritisetransaction', [NOWHERE], '-1 prioritisetransaction'],
      ['prioritisetransaction', [NOWHERE, 1, 5], '-8 Priority is no longer supported'],
      ['prioritisetransaction', [NOWHERE, null, 0.5], '-1 JSON integer out of range'],
      ['testmempoolaccept', [[]], '-8 Array must contain between 1 and 25 transactions.'],
      ['testmempoolaccept', [['00']], '-22 TX decode failed: 00 Make sure the tx has at least one input.'],
      ['submitpackage', [Array.from({ length: 26 }, () => '00')], '-8 Array must contain between 1 and 25'],
      ['sendrawtransaction', ['00'], '-22 TX decode failed. Make sure the tx has at least one input.'],
    ]));

  it('about keys and descriptors', () =>
    check([
      ['createmultisig', [0, []], '-8 a multisignature address must require at least one key to redeem'],
      [
        'createmultisig',
        [2, ['02']],
        '-8 not enough keys supplied (got 1 keys, but need at least 2 to redeem)',
      ],
      ['createmultisig', [1, ['xy']], '-5 Pubkey "xy" must be a hex string'],
      ['createmultisig', [1, ['02']], '-5 Pubkey "02" must have a length of either 33 or 65 bytes'],
      ['createmultisig', [1, [`02${'ff'.repeat(32)}`]], `-5 Pubkey "02${'ff'.repeat(32)}" must be crypto`],
      ['deriveaddresses', ['wpkh(00)'], '-5 Missing checksum'],
      ['getdescriptorinfo', ['raw(zz)'], '-5 Raw script is not hex'],
      ['signmessagewithprivkey', ['x', 'm'], '-5 Invalid private key'],
      ['verifymessage', ['x', 'AA==', 'm'], '-5 Invalid address'],
      ['verifymessage', [ELSEWHERE, 'AA==', 'm'], '-3 Address does not refer to key'],
      ['verifymessage', ['mfWxJ45yp2SFn7UciZyNpvDKrzbhyfKrY8', '!', 'm'], '-3 Malformed base64 encoding'],
      ['decodescript', ['zz'], "-8 argument must be hexadecimal string (not 'zz')"],
      ['help', ['nosuch'], 'accepted'],
    ]));
});

describe('blocks that are made', () => {
  let rpc: Rpc;
  let bitcoin: BitcoinChainHandle;
  const coinbase = (height: number): Spendable =>
    outputOf(bitcoin.node.chain.at(height)!.block.transactions[0]!);
  beforeEach(async () => {
    ({ rpc, bitcoin } = await rpcScene());
    bitcoin.generate(103, P2TR);
  });

  it('are others when one was taken off again', async () => {
    const { hash } = await rpc('generateblock', ELSEWHERE, []);
    await rpc('invalidateblock', hash);
    const again = await rpc('generateblock', ELSEWHERE, []);
    expect(again.hash).not.toBe(hash);
    expect(await rpc('getbestblockhash')).toBe(again.hash);
    const [third] = await rpc('generatetoaddress', 1, ELSEWHERE);
    expect(await rpc('getblockcount')).toBe(105);
    await rpc('invalidateblock', third);
    expect(await rpc('generatetoaddress', 1, ELSEWHERE)).not.toEqual([third]);
  });

  it('are only shown where asked', async () => {
    const tx = spend([coinbase(1)]);
    const { hash, hex } = await rpc('generateblock', ELSEWHERE, [hexOf(tx)], false);
    expect(await rpc('getblockcount')).toBe(103);
    expect(await rpc('submitblock', hex)).toBeNull();
    expect(await rpc('getbestblockhash')).toBe(hash);
    expect(await rpc('submitblock', hex)).toBe('duplicate');
    expect(await refusal(rpc('generateblock', ELSEWHERE, [hexOf(tx)]))).toBe(
      '-25 TestBlockValidity failed: bad-txns-BIP30',
    );
  });

  it('are proposed: all but the work is checked, the header too', async () => {
    const { hex } = await rpc('generateblock', ELSEWHERE, [], false);
    const propose = (change: Partial<BlockHeader>): Promise<unknown> => {
      const block = decodeBlock(hexToBytes(`0x${hex}`));
      const data = encodeBlock({ ...block, header: { ...block.header, ...change } });
      return rpc('getblocktemplate', { mode: 'proposal', data: bytesToHex(data).slice(2) });
    };
    const { tip } = bitcoin.node.chain;
    expect(await propose({})).toBeNull();
    expect(await propose({ nonce: 12_345 })).toBeNull();
    expect(await propose({ time: tip.medianTime })).toBe('time-too-old');
    expect(await propose({ time: tip.medianTime + 1 })).toBeNull();
    expect(await propose({ time: bitcoin.node.now() + 7201 })).toBe('time-too-new');
    expect(await propose({ bits: 0x207ffffe })).toBe('bad-diffbits');
    expect(await propose({ version: 3 })).toBe('bad-version(0x00000003)');
    expect(await propose({ merkleRoot: new Uint8Array(32) })).toBe('bad-txnmrklroot');
    expect(await propose({ previousHash: new Uint8Array(32) })).toBe('inconclusive-not-best-prevblk');
    expect(bitcoin.node.chain.tip).toBe(tip);
  });

  it('have headers that are checked by themselves', async () => {
    const { hex } = await rpc('generateblock', ELSEWHERE, [], false);
    const header = hex.slice(0, 160);
    expect(await rpc('submitheader', header)).toBeNull();
    const { previousHash, ...rest } = decodeBlock(hexToBytes(`0x${hex}`)).header;
    const orphan = encodeBlockHeader({ ...rest, previousHash: previousHash.toReversed() });
    expect(await refusal(rpc('submitheader', bytesToHex(orphan).slice(2)))).toMatch(
      /^-25 Must submit previous header \([\da-f]{64}\) first$/,
    );
    let worthless = encodeBlockHeader({ ...rest, previousHash });
    for (
      let nonce = 0;
      (await refusal(rpc('submitheader', bytesToHex(worthless).slice(2)))) === 'accepted';
      nonce++
    ) {
      worthless = encodeBlockHeader({ ...rest, previousHash, nonce });
    }
    expect(await refusal(rpc('submitheader', bytesToHex(worthless).slice(2)))).toBe('-25 high-hash');
  });

  it('forget what was added to fees', async () => {
    const tx = spend([coinbase(1)]);
    const txid = await rpc('sendrawtransaction', hexOf(tx));
    await rpc('prioritisetransaction', txid, null, 10_000);
    expect(await rpc('getprioritisedtransactions')).toEqual({
      [txid]: { fee_delta: 10_000, in_mempool: true, modified_fee: 11_000 },
    });
    await rpc('generatetoaddress', 1, ELSEWHERE);
    expect(await rpc('getprioritisedtransactions')).toEqual({});
    const dusty = spend([coinbase(2)], { fee: 0n, version: 3, extra: [{ value: 0n, scriptPubKey: P2A }] });
    const child = spend([outputOf(dusty), outputOf(dusty, 1)], { version: 3 });
    expect((await rpc('submitpackage', [hexOf(dusty), hexOf(child)])).package_msg).toBe('success');
    const { txid: id } = await rpc('decoderawtransaction', hexOf(dusty));
    expect(await refusal(rpc('prioritisetransaction', id, null, 1))).toBe(
      '-8 Priority is not supported for transactions with dust outputs.',
    );
  });

  it('are made at times far from now', async () => {
    const far = 4_000_000_000;
    await rpc('setmocktime', far);
    const [hash] = await rpc('generatetoaddress', 1, ELSEWHERE);
    expect((await rpc('getblockheader', hash)).time).toBe(far);
    await rpc('setmocktime', 0);
    expect(await refusal(rpc('generatetoaddress', 1, ELSEWHERE))).toBe('accepted');
    expect((await rpc('getblockchaininfo')).time).toBeLessThan(far);
  });
});

describe('Esplora', () => {
  it('tells why a payment is refused by the code of the node', async () => {
    const { bitcoin } = await rpcScene();
    bitcoin.generate(103, P2TR);
    const post = (tx: Transaction): string | Uint8Array =>
      bitcoin.esplora.handle('POST', '/tx', hexOf(tx)).body;
    const from = outputOf(bitcoin.node.chain.at(1)!.block.transactions[0]!);
    expect(post(spend([{ ...from, vout: 5 }]))).toBe(
      'sendrawtransaction RPC error: {"code":-25,"message":"bad-txns-inputs-missingorspent"}',
    );
    expect(post(spend([from], { fee: 1n }))).toBe(
      'sendrawtransaction RPC error: {"code":-26,"message":"min relay fee not met, 1 < 111"}',
    );
    const tx = spend([from]);
    const id = post(tx);
    expect(id).toMatch(/^[\da-f]{64}$/);
    expect(post(tx)).toBe(id);
    bitcoin.generate(1, P2TR);
    expect(post(tx)).toBe(
      'sendrawtransaction RPC error: {"code":-27,"message":"Transaction outputs already in utxo set"}',
    );
  });
});
