import { bytesToHex, hexToBytes } from '@ninefold/base';
import { secp256k1 } from '@ninefold/crypto';
import { assembleScript, hashToHex, hexToHash } from '@ninefold/vm-bitcoin-script';
import { beforeAll, describe, expect, it } from 'vitest';
import type { BitcoinChainHandle } from '../src/chain.ts';
import { withChecksum } from '../src/descriptor/checksum.ts';
import { filterHeader, matchesFilter } from '../src/filter/block-filter.ts';
import { encodeWif, WIF_TEST } from '../src/tx/wif.ts';
import { ELSEWHERE, refusal, type Rpc, rpcScene } from './rpc-scene.ts';
import { type Answer, outputOf, P2TR, spend } from './support.ts';

const hex = (bytes: Uint8Array): string => bytesToHex(bytes).slice(2);
const SECRETS = [1, 2, 3].map((n) => new Uint8Array(32).fill(n));
const KEYS = SECRETS.map((secret) => hex(secp256k1.compress(secp256k1.publicKey(secret))));
const WIFS = SECRETS.map((privateKey) => encodeWif({ privateKey, compressed: true }, WIF_TEST));

let rpc: Rpc;
let bitcoin: BitcoinChainHandle;
beforeAll(async () => {
  ({ rpc, bitcoin } = await rpcScene());
  bitcoin.generate(110, P2TR);
});

let coins = 0;
/** Pays to a script; the outpoint, as clients write it. */
function fund(script: string): { readonly txid: string; readonly vout: number; readonly amount: number } {
  const source = outputOf(bitcoin.node.chain.at(++coins)!.block.transactions[0]!);
  const tx = spend([source], { extra: [{ value: 100_000n, scriptPubKey: hexToBytes(`0x${script}`) }] });
  const { id } = bitcoin.node.send(tx);
  return { txid: id, vout: 1, amount: 0.001 };
}

describe('a multisig', () => {
  it.each(['legacy', 'bech32', 'p2sh-segwit'])(
    'of form %s is signed apart, in any order, and put together',
    async (type) => {
      const { address, redeemScript, descriptor } = await rpc('createmultisig', 2, KEYS, type);
      expect(await rpc('deriveaddresses', descriptor)).toEqual([address]);
      const { scriptPubKey } = await rpc('validateaddress', address);
      const { txid, vout, amount } = fund(scriptPubKey);
      const raw = await rpc('createrawtransaction', [{ txid, vout }], { [ELSEWHERE]: 0.0009 });
      const told = [{ txid, vout, scriptPubKey, amount, redeemScript, witnessScript: redeemScript }];
      const signed = async (...keys: readonly number[]): Promise<Answer> =>
        rpc(
          'signrawtransactionwithkey',
          raw,
          keys.map((key) => WIFS[key]),
          told,
        );
      const parts = await Promise.all([signed(2), signed(0)]);
      for (const { complete, errors } of parts) {
        expect(complete).toBe(false);
        expect(errors).toMatchObject([
          {
            txid,
            vout,
            error: 'CHECK(MULTI)SIG failing with non-zero signature (possibly need more signatures)',
          },
        ]);
      }
      // One after the other, as well as apart.
      const second = await rpc('signrawtransactionwithkey', parts[0].hex, [WIFS[0]], told);
      expect(second.complete).toBe(true);
      expect(await rpc('testmempoolaccept', [second.hex])).toMatchObject([{ allowed: true }]);
      const whole = await rpc(
        'combinerawtransaction',
        parts.map((part) => part.hex),
      );
      expect(await rpc('testmempoolaccept', [whole])).toMatchObject([{ allowed: true }]);
      const turned = await rpc('combinerawtransaction', parts.map((part) => part.hex).reverse());
      expect(await rpc('testmempoolaccept', [turned])).toMatchObject([{ allowed: true }]);
      // With what is whole already, nothing is lost; with too little, nothing is won.
      expect(await rpc('combinerawtransaction', [raw, whole])).toBe(whole);
      const poor = await rpc('combinerawtransaction', [raw, parts[0].hex]);
      expect((await rpc('testmempoolaccept', [poor]))[0].allowed).toBe(false);
      expect((await signed(0, 2)).complete).toBe(true);
    },
  );

  it('wants its inputs to be known', async () => {
    const raw = await rpc('createrawtransaction', [{ txid: '11'.repeat(32), vout: 0 }], { [ELSEWHERE]: 1 });
    expect(await refusal(rpc('combinerawtransaction', [raw, raw]))).toBe(
      '-25 Input not found or already spent',
    );
    expect(await refusal(rpc('combinerawtransaction', ['00']))).toMatch(/^-22 TX decode failed for tx 0\./);
  });

  it('has limits', async () => {
    expect(await refusal(rpc('createmultisig', 1, KEYS, 'bech32m'))).toBe(
      '-5 createmultisig cannot create bech32m multisig addresses',
    );
    expect(await refusal(rpc('createmultisig', 1, KEYS, 'p2x'))).toBe("-5 Unknown address type 'p2x'");
    const many = Array.from({ length: 21 }, () => KEYS[0]);
    expect(await refusal(rpc('createmultisig', 1, many))).toMatch(/^-8 Number of keys involved/);
    // Sixteen keys and more do not fit behind a script hash.
    expect(await refusal(rpc('createmultisig', 1, many.slice(0, 16)))).toBe(
      '-8 redeemScript exceeds size limit: 547 > 520',
    );
    expect((await rpc('createmultisig', 1, many.slice(0, 16), 'bech32')).address).toMatch(/^bcrt1q/);
    // Keys of 65 bytes are of the time before SegWit.
    const long = hex(new Uint8Array([4, ...secp256k1.publicKey(SECRETS[0]!)]));
    const { address, warnings } = await rpc('createmultisig', 1, [long], 'bech32');
    expect(address).toMatch(/^2/);
    expect(warnings).toEqual([
      'Unable to make chosen address type, please ensure no uncompressed public keys are present.',
    ]);
    expect((await rpc('createmultisig', 1, [long])).warnings).toBeUndefined();
  });
});

describe('scripts', () => {
  const decode = async (text: string): Promise<Answer> => rpc('decodescript', hex(assembleScript(text)));

  it('are named by their forms, with the addresses they can stand behind', async () => {
    const hash = '00'.repeat(20);
    expect(await decode(`<${KEYS[0]}> CHECKSIG`)).toMatchObject({
      type: 'pubkey',
      asm: `${KEYS[0]} OP_CHECKSIG`,
      desc: withChecksum(`pk(${KEYS[0]})`),
      segwit: { type: 'witness_v0_keyhash' },
    });
    expect(await decode(`DUP HASH160 <${hash}> EQUALVERIFY CHECKSIG`)).toMatchObject({
      type: 'pubkeyhash',
      segwit: { type: 'witness_v0_keyhash', asm: `0 ${hash}` },
    });
    const multi = await decode(`2 ${KEYS.map((key) => `<${key}>`).join(' ')} 3 CHECKMULTISIG`);
    expect(multi).toMatchObject({
      type: 'multisig',
      desc: withChecksum(`multi(2,${KEYS.join(',')})`),
      segwit: { type: 'witness_v0_scripthash', desc: withChecksum(`wsh(multi(2,${KEYS.join(',')}))`) },
    });
    const { address: p2sh } = await rpc('createmultisig', 2, KEYS, 'legacy');
    expect(multi.p2sh).toBe(p2sh);
    expect(multi.segwit.address).toBe((await rpc('createmultisig', 2, KEYS, 'bech32')).address);
    expect(multi.segwit['p2sh-segwit']).toBe((await rpc('createmultisig', 2, KEYS, 'p2sh-segwit')).address);
    const taproot = await decode(`1 <${KEYS[0]!.slice(2)}>`);
    expect(taproot).toMatchObject({
      type: 'witness_v1_taproot',
      desc: withChecksum(`rawtr(${KEYS[0]!.slice(2)})`),
    });
    expect([taproot.p2sh, taproot.segwit]).toEqual([undefined, undefined]);
    expect(await decode('1 <4e73>')).toMatchObject({ type: 'anchor' });
    expect(await decode('2 <4e73>')).toMatchObject({ type: 'witness_unknown' });
    expect(await decode('RETURN <00ff>')).toMatchObject({ type: 'nulldata', asm: 'OP_RETURN -32512' });
    expect((await decode('RETURN')).p2sh).toBeUndefined();
    expect(await decode('')).toMatchObject({ type: 'nonstandard', asm: '', desc: withChecksum('raw()') });
  });

  it('are not put behind hashes where they could not be spent', async () => {
    for (const text of ['1 CHECKSIGADD', '0xba', '0xff', '0x05 0x01', `HASH160 <${'00'.repeat(20)}> EQUAL`]) {
      expect((await decode(text)).p2sh, text).toBeUndefined();
    }
    // A long key has no witness program.
    const long = hex(new Uint8Array([4, ...secp256k1.publicKey(SECRETS[0]!)]));
    const answer = await decode(`<${long}> CHECKSIG`);
    expect(answer.p2sh).toBeDefined();
    expect(answer.segwit).toBeUndefined();
  });
});

describe('block filters', () => {
  it('match what blocks pay to and spend, each header above the one before', async () => {
    bitcoin.node.send(spend([outputOf(bitcoin.node.chain.at(++coins)!.block.transactions[0]!)]));
    const [hash] = await rpc('generatetoaddress', 1, ELSEWHERE);
    const { previousblockhash: before } = await rpc('getblockheader', hash);
    const [one, two] = [await rpc('getblockfilter', before), await rpc('getblockfilter', hash)];
    const filter = hexToBytes(`0x${two.filter}`);
    expect(hashToHex(filterHeader(filter, hexToHash(one.header)))).toBe(two.header);
    const { scriptPubKey } = await rpc('validateaddress', ELSEWHERE);
    const matches = (...scripts: readonly Uint8Array[]): boolean =>
      matchesFilter(filter, hexToHash(hash), scripts);
    expect(matches(hexToBytes(`0x${scriptPubKey}`))).toBe(true);
    // Spent, and paid to.
    expect(matches(P2TR)).toBe(true);
    expect(matches(Uint8Array.of(0x51))).toBe(false);
    expect(matches()).toBe(false);
    await rpc('invalidateblock', hash);
    // What was made once is kept; what was never connected has none.
    expect(await rpc('getblockfilter', hash)).toEqual(two);
    await rpc('reconsiderblock', hash);
    expect(await rpc('getindexinfo', 'txindex')).toEqual({
      txindex: { synced: true, best_block_height: 111 },
    });
    expect(await rpc('getindexinfo', 'none')).toEqual({});
  });
});

describe('signing with keys that are given', () => {
  it('tells of each input what is missing', async () => {
    const { address } = await rpc('createmultisig', 2, KEYS, 'legacy');
    const { scriptPubKey } = await rpc('validateaddress', address);
    const { txid, vout } = fund(scriptPubKey);
    const raw = await rpc(
      'createrawtransaction',
      [
        { txid, vout },
        { txid: '22'.repeat(32), vout: 3 },
      ],
      {
        [ELSEWHERE]: 0.0009,
      },
    );
    const { complete, errors } = await rpc('signrawtransactionwithkey', raw, [WIFS[0]]);
    expect(complete).toBe(false);
    expect(errors).toMatchObject([
      { txid, vout, error: 'Unable to sign input, invalid stack size (possibly missing key)' },
      { txid: '22'.repeat(32), vout: 3, error: 'Input not found or already spent' },
    ]);
    const sign = (told: object, type?: string): Promise<string> =>
      refusal(rpc('signrawtransactionwithkey', raw, [WIFS[0]], [told], type));
    expect(await sign({ txid, vout: -1, scriptPubKey })).toBe('-22 vout cannot be negative');
    expect(await sign({ txid, vout, scriptPubKey: 'zz' })).toMatch(/^-8 scriptPubKey must be hexadecimal/);
    expect(await sign({ txid, vout, scriptPubKey }, 'SOME')).toBe(
      "-8 'SOME' is not a valid sighash parameter.",
    );
    expect(await sign({ txid, vout, scriptPubKey, amount: -1 })).toBe('-3 Amount out of range');
  });

  it.each([
    ['ALL', 0x01],
    ['NONE', 0x02],
    ['SINGLE|ANYONECANPAY', 0x83],
  ])('signs as it is told: %s', async (name, type) => {
    const [address] = await rpc('deriveaddresses', withChecksum(`wpkh(${KEYS[1]})`));
    const { scriptPubKey } = await rpc('validateaddress', address);
    const { txid, vout } = fund(scriptPubKey);
    const raw = await rpc('createrawtransaction', [{ txid, vout }], { [ELSEWHERE]: 0.0009 });
    const { hex: signed, complete } = await rpc('signrawtransactionwithkey', raw, [WIFS[1]], [], name);
    expect(complete).toBe(true);
    const { vin } = await rpc('decoderawtransaction', signed);
    expect(Number.parseInt(vin[0].txinwitness[0].slice(-2), 16)).toBe(type);
    expect(await rpc('testmempoolaccept', [signed])).toMatchObject([{ allowed: true }]);
  });
});
