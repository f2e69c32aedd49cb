import { beforeEach, describe, expect, it } from 'vitest';
import type { BitcoinChainHandle } from '../src/chain.ts';
import { ELSEWHERE, refusal, type Rpc, rpcScene } from './rpc-scene.ts';
import type { Answer } from './support.ts';

const OTHER = 'bcrt1q6z64a43mjgkcq0ul2znwneq3spghrlau9slefp';
let bitcoin: BitcoinChainHandle;
let rpc: Rpc;
let alice: Rpc;

/** A wallet with coins of 50, 3, 2 and 1 bitcoins. */
beforeEach(async () => {
  let of: (wallet: string) => Rpc;
  ({ bitcoin, rpc, of } = await rpcScene());
  alice = of('alice');
  await rpc('createwallet', 'alice');
  await rpc('generatetoaddress', 4, await alice('getnewaddress'));
  await rpc('generatetoaddress', 100, ELSEWHERE);
  for (const value of [1, 2, 3]) {
    await alice('sendall', [{ [await alice('getnewaddress')]: value }, ELSEWHERE], null, 'unset', 1, {
      inputs: [(await alice('listunspent')).find(({ amount }: Answer) => amount === 50)],
    });
  }
  await mine();
});

const mine = (): Promise<Answer> => rpc('generatetoaddress', 1, ELSEWHERE);
const coinOf = async (amount: number): Promise<Answer> => {
  const { txid, vout } = (await alice('listunspent')).find((coin: Answer) => coin.amount === amount);
  return { txid, vout };
};
const rateOf = async (txid: string): Promise<number> => {
  const { fees, vsize } = await rpc('getmempoolentry', txid);
  return (fees.base * 1e8) / vsize;
};

describe('rates', () => {
  it('are told in satoshi with three decimals, or in bitcoins', async () => {
    const { txid } = await alice('send', { [ELSEWHERE]: 1 }, null, 'unset', '7.125');
    expect(await rateOf(txid)).toBeCloseTo(7.125, 1);
    const raw = await rpc('createrawtransaction', [], { [ELSEWHERE]: 1 });
    const { fee, hex } = await alice('fundrawtransaction', raw, { feeRate: 0.0001 });
    const { vsize } = await rpc('decoderawtransaction', hex);
    expect((fee * 1e8) / (vsize + 27)).toBeCloseTo(10, 0);
  });

  it('that make no sense are refused', async () => {
    for (const [rate, text] of [
      ['abc', '-3 Invalid amount'],
      [1.0001, '-3 Invalid amount'],
      [1e-9, '-3 Invalid amount'],
      [-1, '-3 Amount out of range'],
      [true, '-3 Wrong type passed'],
      [0.999, '-6 Fee rate (0.999 sat/vB) is lower than the minimum fee rate setting (1.000 sat/vB)'],
      [1_000_000, '-6 Fee exceeds maximum configured by user (e.g. -maxtxfee, maxfeerate)'],
    ] as const) {
      const call = alice('sendtoaddress', ELSEWHERE, 1, '', '', false, true, null, 'unset', false, rate);
      expect((await refusal(call)).slice(0, text.length)).toBe(text);
    }
  });

  it('and targets are not told at once', async () => {
    const send = (options: object, ...fees: readonly unknown[]): Promise<string> =>
      refusal(alice('send', { [ELSEWHERE]: 1 }, fees[0], fees[1], fees[2], { psbt: true, ...options }));
    expect(await send({ fee_rate: 1 }, null, null, 2)).toBe(
      '-8 Pass the fee_rate either as an argument, or in the options object, but not both',
    );
    expect(await send({ conf_target: 2 }, 3, 'economical')).toMatch(
      /^-8 Pass conf_target and estimate_mode either/,
    );
    expect(await send({}, 3)).toBe('-8 Specify estimate_mode');
    expect(await send({}, 3, 'thrifty')).toBe(
      '-8 Invalid estimate_mode parameter, must be one of: "unset", "economical", "conservative"',
    );
    expect(await send({}, 1009, 'economical')).toBe('-8 Invalid conf_target, must be between 1 and 1008');
    expect(await send({}, 3, 'Economical', 2)).toMatch(/^-8 Cannot specify both conf_target and fee_rate/);
    expect(await send({ feeRate: 0.001 }, null, null, 2)).toMatch(/^-8 Cannot specify both fee_rate/);
    expect(await send({}, 3, 'ECONOMICAL')).toBe('accepted');
    const verbose = (rate: number | null): Promise<Answer> =>
      alice('sendtoaddress', ELSEWHERE, 1, '', '', false, true, null, 'unset', false, rate, true);
    expect((await verbose(3)).fee_reason).toBe('PayTxFee set');
    expect((await verbose(null)).fee_reason).toBe('Fallback fee');
  });
});

describe('options of payments', () => {
  const fund = (options: object, outputs: unknown = [{ [ELSEWHERE]: 1 }]): Promise<Answer> =>
    alice('walletcreatefundedpsbt', [], outputs, 0, { fee_rate: 1, ...options });

  it('are checked', async () => {
    for (const [options, text] of [
      [{ changePosition: 2 }, '-8 changePosition out of bounds'],
      [{ changePosition: -1 }, '-8 changePosition out of bounds'],
      [{ changeAddress: 'x' }, '-5 Change address must be a valid bitcoin address'],
      [{ change_type: 'x' }, "-5 Unknown change type 'x'"],
      [
        { changeAddress: ELSEWHERE, change_type: 'legacy' },
        '-8 Cannot specify both change address and address type options',
      ],
      [{ change_typo: 'legacy' }, '-3 Unexpected key change_typo'],
      [
        { lockUnspents: 1 },
        '-3 JSON value of type number for field lockUnspents is not of expected type bool',
      ],
      [
        { subtractFeeFromOutputs: [0, 0] },
        "-8 Invalid parameter 'subtract fee from output', duplicated position: 0",
      ],
      [
        { subtractFeeFromOutputs: [1] },
        "-8 Invalid parameter 'subtract fee from output', position too large: 1",
      ],
      [
        { subtractFeeFromOutputs: [-1] },
        "-8 Invalid parameter 'subtract fee from output', negative position: -1",
      ],
      [{ minconf: -1 }, '-8 Negative minconf'],
      [{ minconf: 2, maxconf: 1 }, "-8 maxconf can't be lower than minconf: 1 < 2"],
      [{ add_inputs: false }, '-4 The preselected coins total amount does not cover the transaction target.'],
      [{ minconf: 200 }, '-4 Insufficient funds'],
    ] as const) {
      expect((await refusal(fund(options))).slice(0, text.length)).toBe(text);
    }
    expect(await alice('listlockunspent')).toEqual([]);
  });

  it('of outputs as well', async () => {
    expect(await refusal(fund({}, []))).toBe('-8 TX must have at least one output');
    expect(await refusal(fund({}, [{ [ELSEWHERE]: 0.000001 }]))).toBe('-4 Transaction amount too small');
    expect(await refusal(fund({}, { [ELSEWHERE]: 1, [ELSEWHERE.toUpperCase()]: 1 }))).toBe(
      `-8 Invalid parameter, duplicated address: ${ELSEWHERE.toUpperCase()}`,
    );
    expect(await refusal(fund({ subtractFeeFromOutputs: [0] }, [{ [ELSEWHERE]: 0.000004 }]))).toBe(
      '-4 The transaction amount is too small to send after the fee has been deducted',
    );
  });

  it('say which coins, where change goes, and lock what was chosen', async () => {
    const two = await coinOf(2);
    const { psbt, changepos } = await alice('walletcreatefundedpsbt', [two], [{ [ELSEWHERE]: 1 }], 0, {
      fee_rate: 1,
      changePosition: 0,
      change_type: 'bech32m',
      lockUnspents: true,
      replaceable: false,
    });
    const { tx } = await rpc('decodepsbt', psbt);
    expect(tx.vin).toMatchObject([{ ...two, sequence: 0xfffffffe }]);
    expect([changepos, tx.vout[0].scriptPubKey.type]).toEqual([0, 'witness_v1_taproot']);
    expect(await alice('listlockunspent')).toEqual([two]);
    const nowhere = { txid: '77'.repeat(32), vout: 0 };
    const preset = (input: object): Promise<string> =>
      refusal(alice('walletcreatefundedpsbt', [input], [{ [ELSEWHERE]: 1 }]));
    expect(await preset(nowhere)).toBe('-4 Not found pre-selected input COutPoint(7777777777, 0)');
    const tip = await rpc('getblock', await rpc('getbestblockhash'));
    expect(await preset({ txid: tip.tx[0], vout: 0 })).toMatch(/^-4 Not solvable pre-selected input/);
    expect(await preset({ txid: two.txid })).toBe('-8 Invalid parameter, missing vout key');
  });

  it('take an address for change only where there is change', async () => {
    const next = async (): Promise<string> =>
      (await alice('getaddressinfo', await alice('getrawchangeaddress'))).hdkeypath;
    const index = (path: string): number => Number(/\d+$/.exec(path)![0]);
    const first = index(await next());
    await fund({ subtractFeeFromOutputs: [0] }, [{ [ELSEWHERE]: 50 }]);
    await refusal(fund({}, [{ [ELSEWHERE]: 1000 }]));
    expect(index(await next())).toBe(first + 1);
    await fund({});
    expect(index(await next())).toBe(first + 3);
  });

  it('let one spend without change where there are no addresses for it', async () => {
    const wif = 'cVpF924EspNh8KjYsfhgY96mmxvT6DgdWiTYMtMjuM74hJaU5psW';
    const { checksum } = await rpc('getdescriptorinfo', `wpkh(${wif})`);
    const desc = `wpkh(${wif})#${checksum}`;
    await rpc('createwallet', 'single', false, true);
    const single: Rpc = (method, ...params) => bitcoin.request(method, params, { wallet: 'single' });
    await single('importdescriptors', [{ desc, timestamp: 'now' }]);
    const [address] = await rpc('deriveaddresses', desc);
    await alice('sendtoaddress', address, 1);
    await mine();
    expect(await refusal(single('sendtoaddress', ELSEWHERE, 0.5))).toBe(
      "-6 Transaction needs a change address, but we can't generate it. Error: No bech32 addresses available.",
    );
    expect(await refusal(single('sendtoaddress', ELSEWHERE, 1, '', '', true))).toBe('accepted');
    await mine();
    expect(await single('getbalance')).toBe(0);
  });

  it('choose by depth and by safety', async () => {
    await alice('sendtoaddress', await alice('getnewaddress'), 5);
    const amount = [{ [ELSEWHERE]: 52 }];
    expect(await refusal(fund({ minconf: 1 }, amount))).toBe('-4 Insufficient funds');
    expect(await refusal(fund({ maxconf: 0 }, [{ [ELSEWHERE]: 51 }]))).toBe('-4 Insufficient funds');
    expect(await refusal(fund({}, amount))).toBe('accepted');
    await rpc('createwallet', 'bob');
    const bob: Rpc = (method, ...params) => bitcoin.request(method, params, { wallet: 'bob' });
    await alice('sendtoaddress', await bob('getnewaddress'), 1);
    const send = (options: object): Promise<string> =>
      refusal(bob('send', { [ELSEWHERE]: 0.5 }, null, 'unset', 1, options));
    expect(await send({})).toBe('-4 Insufficient funds');
    expect(await send({ include_unsafe: true })).toBe('accepted');
  });
});

describe('sending to several', () => {
  it('checks names', async () => {
    const send = (...params: readonly unknown[]): Promise<string> => refusal(alice('sendmany', ...params));
    expect(await send('account', { [ELSEWHERE]: 1 })).toBe('-8 Dummy value must be set to ""');
    expect(await send('', { [ELSEWHERE]: 1 }, 1, '', [OTHER])).toBe(
      `-8 Invalid parameter 'subtract fee from output', destination ${OTHER} not found in tx outputs`,
    );
    expect(await send('', { [ELSEWHERE]: 1 }, 1, '', [ELSEWHERE, ELSEWHERE])).toBe(
      "-8 Invalid parameter 'subtract fee from output', duplicated position: 0",
    );
    expect(await send('', {})).toBe('-8 TX must have at least one output');
  });

  it('takes the fee from those that are named', async () => {
    const txid = await alice('sendmany', '', { [ELSEWHERE]: 1, [OTHER]: 2 }, 1, 'rent', [OTHER]);
    const { fee, details, comment } = await alice('gettransaction', txid);
    const paid = Object.fromEntries(details.map(({ address, amount }: Answer) => [address, -amount]));
    expect(paid[ELSEWHERE]).toBe(1);
    expect(paid[OTHER]).toBeCloseTo(2 + fee, 8);
    expect(comment).toBe('rent');
  });
});

describe('sending all', () => {
  it('leaves nothing, and takes only what is named', async () => {
    const [one, two] = [await coinOf(1), await coinOf(2)];
    const { txid } = await alice('sendall', [ELSEWHERE], null, null, 1, { inputs: [one, two] });
    const { vin, vout } = await rpc('getrawtransaction', txid, 1);
    expect(vin).toMatchObject([one, two]);
    expect(vout).toHaveLength(1);
    expect(await alice('getbalance')).toBe(53);
    await alice('sendall', [ELSEWHERE], null, null, 1);
    expect(await alice('getbalance')).toBe(0);
    expect(await refusal(alice('sendall', [ELSEWHERE]))).toMatch(/^-6 Total value of UTXO pool too low/);
  });

  it('shares what is left among those without an amount', async () => {
    const third = await alice('getnewaddress', '', 'legacy');
    const { txid } = await alice('sendall', [OTHER, { [third]: 10 }, ELSEWHERE], null, null, 1.5);
    const { vout } = await rpc('getrawtransaction', txid, 1);
    const [first, told, second] = vout.map(({ value }: Answer) => Math.round(value * 1e8));
    expect(told).toBe(10e8);
    expect([0, 1]).toContain(first - second);
    const { fees, vsize } = await rpc('getmempoolentry', txid);
    expect(first + second + told + Math.round(fees.base * 1e8)).toBe(56e8);
    expect((fees.base * 1e8) / vsize).toBeCloseTo(1.5, 1);
  });

  it('refuses what does not add up', async () => {
    const cases: readonly (readonly [unknown[], object, string])[] = [
      [[{ [ELSEWHERE]: 1 }], {}, '-8 Must provide at least one address without a specified amount'],
      [[ELSEWHERE, { [OTHER]: 57 }], {}, '-6 Assigned more value to outputs than available funds.'],
      [[ELSEWHERE, { [OTHER]: 56 }], {}, '-6 Insufficient funds for fees after creating specified outputs.'],
      [[ELSEWHERE, { [OTHER]: 55.9999911 }], {}, '-6 Dynamically assigned remainder results in dust output.'],
      [
        [ELSEWHERE, { [OTHER]: 0.000001 }],
        {},
        `-8 Specified output amount to ${OTHER} is below dust threshold.`,
      ],
      [[ELSEWHERE], { fee_rate: 0.5 }, '-8 Fee rate (0.500 sat/vB) is lower than the minimum fee rate'],
      [[ELSEWHERE], { inputs: [], send_max: true }, '-8 Cannot combine send_max with specific inputs.'],
      [[ELSEWHERE], { inputs: [], minconf: 1 }, '-8 Cannot combine minconf or maxconf with specific inputs.'],
      [[ELSEWHERE], { changeAddress: OTHER }, '-3 Unexpected key changeAddress'],
      [[ELSEWHERE, ELSEWHERE], {}, `-8 Invalid parameter, duplicated address: ${ELSEWHERE}`],
      [
        [ELSEWHERE],
        { inputs: [{ txid: '88'.repeat(32), vout: 1 }] },
        `-8 Input not found. UTXO (${'88'.repeat(32)}:1) is not part of wallet.`,
      ],
    ];
    for (const [recipients, options, text] of cases) {
      const call = alice('sendall', recipients, null, null, null, { fee_rate: 2, ...options });
      expect((await refusal(call)).slice(0, text.length)).toBe(text);
    }
  });

  it('says what was spent before, and leaves behind what is not worth its input', async () => {
    const one = await coinOf(1);
    await alice('sendall', [await alice('getnewaddress')], null, null, 1, { inputs: [one] });
    expect(await refusal(alice('sendall', [ELSEWHERE], null, null, 1, { inputs: [one] }))).toBe(
      `-8 Input not available. UTXO (${one.txid}:${one.vout}) was already spent.`,
    );
    await alice('sendtoaddress', await alice('getnewaddress'), 0.000004);
    await mine();
    const inputs = async (options: object): Promise<number> => {
      const { psbt } = await alice('sendall', [ELSEWHERE], null, null, 10, { psbt: true, ...options });
      return (await rpc('decodepsbt', psbt)).tx.vin.length;
    };
    expect(await inputs({})).toBe((await inputs({ send_max: true })) + 1);
  });

  it('gives a PSBT with the whole transaction, or sends nothing', async () => {
    for (const options of [{ psbt: true }, { add_to_wallet: false }]) {
      const result = await alice('sendall', [ELSEWHERE], null, null, 1, { lock_unspents: true, ...options });
      expect(Object.keys(result).sort()).toEqual(['complete', 'hex', 'psbt', 'txid']);
      expect(await rpc('getrawmempool')).toEqual([]);
      expect(await alice('listlockunspent')).toHaveLength(4);
      await alice('lockunspent', true);
    }
  });
});

describe('paying more', () => {
  it('adds what wallets add, at least', async () => {
    const { txid } = await alice('send', { [ELSEWHERE]: 1 }, null, 'unset', 30);
    const bumped = await alice('bumpfee', txid);
    expect(Object.keys(bumped).sort()).toEqual(['errors', 'fee', 'origfee', 'txid']);
    expect(await rateOf(bumped.txid)).toBeCloseTo(35, 0);
    expect(bumped.errors).toEqual([]);
    // The same payment and the same place for change.
    const outputs = async (id: string): Promise<string[]> =>
      (await alice('gettransaction', id, false, true)).decoded.vout
        .map(({ scriptPubKey }: Answer) => scriptPubKey.address)
        .sort();
    expect(await outputs(bumped.txid)).toEqual(await outputs(txid));
    expect(await refusal(alice('bumpfee', txid))).toBe(
      `-4 Cannot bump transaction ${txid} which was already bumped by transaction ${bumped.txid}`,
    );
    const again = await alice('bumpfee', bumped.txid, { fee_rate: 41.5 });
    expect(await rateOf(again.txid)).toBeCloseTo(41.5, 0);
    expect(await rpc('getrawmempool')).toEqual([again.txid]);
  });

  it('refuses rates that are too low or too high, with figures', async () => {
    const { txid } = await alice('send', { [ELSEWHERE]: 1 }, null, 'unset', 3);
    const bump = (options: object): Promise<string> => refusal(alice('bumpfee', txid, options));
    expect(await bump({ fee_rate: 7 })).toMatch(
      /^-8 Insufficient total fee 0\.0000\d+, must be at least 0\.0000\d+ \(oldFee 0\.0000\d+ \+ incrementalFee 0\.0000\d+\)$/,
    );
    expect(await bump({ fee_rate: 0.5 })).toBe(
      '-4 New fee rate (0.000005) is lower than the minimum fee rate (0.00001) to get into the mempool -- ',
    );
    expect(await bump({ fee_rate: 100_000 })).toMatch(/^-4 Specified or calculated fee .* is too high/);
    expect(await bump({ fee_rate: 'x' })).toBe('-3 Invalid amount');
    expect(await bump({ totalFee: 1 })).toBe('-3 Unexpected key totalFee');
    expect(await bump({ fee_rate: 8, conf_target: 1 })).toMatch(/^-8 Cannot specify both/);
    expect(await bump({ outputs: [] })).toBe(
      '-8 Invalid parameter, output argument cannot be an empty array',
    );
    expect(await bump({ original_change_index: 5 })).toBe('-8 Change position is out of range');
    expect(await bump({ original_change_index: 0, outputs: [{ [OTHER]: 1 }] })).toMatch(
      /^-8 The options 'outputs' and 'original_change_index' are incompatible/,
    );
    expect(await bump({ fee_rate: 8.5 })).toBe('accepted');
  });

  it('may pay others instead, or take the fee from an output that is told', async () => {
    const { txid } = await alice('send', { [ELSEWHERE]: 1 });
    const paid = async (id: string): Promise<Record<string, number>> =>
      Object.fromEntries(
        (await rpc('getrawtransaction', id, 1)).vout.map(({ scriptPubKey, value }: Answer) => [
          scriptPubKey.address,
          value,
        ]),
      );
    const other = await alice('bumpfee', txid, { outputs: [{ [OTHER]: 2 }] });
    const now = await paid(other.txid);
    expect(now[OTHER]).toBe(2);
    expect(now[ELSEWHERE]).toBeUndefined();
    const at = (await rpc('getrawtransaction', other.txid, 1)).vout.findIndex(
      ({ value }: Answer) => value === 2,
    );
    const { txid: last } = await alice('bumpfee', other.txid, { original_change_index: at });
    expect((await paid(last))[OTHER]).toBeLessThan(2);
    expect((await paid(last))[OTHER]).toBeGreaterThan(1.9999);
  });

  it('takes it from what goes back where all does', async () => {
    const change = await alice('getrawchangeaddress');
    const inputs = [await coinOf(50)];
    const { txid } = await alice('sendall', [change], null, null, 1, { inputs });
    const { txid: later } = await alice('bumpfee', txid);
    const { vout } = await rpc('getrawtransaction', later, 1);
    expect(vout).toMatchObject([{ scriptPubKey: { address: change } }]);
    // What the wallet pays where nothing is asked for.
    expect(await rateOf(later)).toBeCloseTo(20, 0);
  });

  it('is refused where others depend on it, or without keys', async () => {
    const txid = await alice('sendtoaddress', ELSEWHERE, 1);
    await alice('sendtoaddress', ELSEWHERE, 1);
    const { vin } = await rpc('getrawtransaction', (await rpc('getrawmempool'))[1], 1);
    expect(vin[0].txid).toBe(txid);
    expect(await refusal(alice('bumpfee', txid))).toBe('-8 Transaction has descendants in the wallet');
    await rpc('createwallet', 'watcher', true, true);
    const watcher: Rpc = (method, ...params) => bitcoin.request(method, params, { wallet: 'watcher' });
    expect(await refusal(watcher('bumpfee', txid))).toMatch(/^-4 bumpfee is not available/);
    expect(await refusal(watcher('psbtbumpfee', txid))).toBe('-5 Invalid or non-wallet transaction id');
    // What can be watched can be bumped by PSBT, from what its owner's node tells of its descriptors.
    const { descriptors } = await alice('listdescriptors');
    const wanted = descriptors.filter(({ desc }: Answer) => desc.startsWith('wpkh('));
    const results = await watcher(
      'importdescriptors',
      wanted.map(({ desc, active, internal, range }: Answer) => ({
        desc,
        active,
        internal,
        range,
        timestamp: 1,
      })),
    );
    expect(results).toEqual([{ success: true }, { success: true }]);
    expect(await watcher('getbalances')).toEqual(await alice('getbalances'));
    await mine();
    const { psbt } = await watcher('walletcreatefundedpsbt', [], [{ [ELSEWHERE]: 1 }], 0, { fee_rate: 1 });
    const { hex } = await alice('walletprocesspsbt', psbt);
    const sent = await rpc('sendrawtransaction', hex);
    const bumped = await watcher('psbtbumpfee', sent);
    const signed = await alice('walletprocesspsbt', bumped.psbt);
    expect(await rpc('sendrawtransaction', signed.hex)).not.toBe(sent);
    expect(await rpc('getrawmempool')).toHaveLength(1);
  });
});
