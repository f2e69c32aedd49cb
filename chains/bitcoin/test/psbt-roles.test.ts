import { base64ToBytes, type Bytes, bytesToBase64, bytesToHex } from '@ninefold/base';
import {
  hash160,
  hexToHash,
  SIGHASH_ALL,
  SIGHASH_NONE,
  SIGHASH_SINGLE,
  type Transaction,
} from '@ninefold/vm-bitcoin-script';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDescriptor } from '../src/descriptor/descriptor.ts';
import { allSpent, createPsbt, encodeOrigin, setField } from '../src/psbt/edit.ts';
import { decodePsbt, encodePsbt, type Psbt, type PsbtMap, psbtTransaction } from '../src/psbt/psbt.ts';
import {
  combinePsbts,
  describeScript,
  finalizePsbt,
  signPsbt,
  updateUtxo,
  withInput,
} from '../src/psbt/roles.ts';
import { KeyRing } from '../src/wallet/key-ring.ts';
import { ELSEWHERE, refusal, rpcScene } from './rpc-scene.ts';
import { type Answer, codeOf, nodeScene, outputOf, P2TR, spend, TPRV } from './support.ts';

const u32 = (value: number): Bytes => Uint8Array.of(value, 0, 0, 0);

/** A PSBT of some inputs of a descriptor, told what they spend; and who can sign. */
function scene(
  text: string,
  inputs = 1,
): { readonly psbt: Psbt; readonly ring: KeyRing; readonly script: Bytes } {
  const { coinbase } = nodeScene();
  const ring = new KeyRing();
  const [output] = ring.addDescriptor(parseDescriptor(text), 0);
  const script = output!.scriptPubKey;
  const funding = spend([coinbase(1)], {
    extra: Array.from({ length: inputs }, () => ({ value: 10_000n, scriptPubKey: script })),
  });
  const sources = Array.from({ length: inputs }, (_, i) => outputOf(funding, i + 1));
  const tx: Transaction = {
    ...spend(sources),
    inputs: spend(sources).inputs.map((input) => ({ ...input, witness: [] })),
  };
  let psbt = createPsbt(tx);
  sources.forEach((source, i) => {
    psbt = updateUtxo(psbt, i, source, undefined, true);
    psbt = withInput(psbt, i, describeScript(psbt.inputs[i] as PsbtMap, 'input', script, ring));
  });
  return { psbt, ring, script };
}

const wire = (psbt: Psbt): string => bytesToHex(encodePsbt(psbt));

describe('a signer', () => {
  it('learns nothing from what it signs', () => {
    const { psbt, ring } = scene(`wpkh(${TPRV}/0/*)`);
    const key = parseDescriptor(`wpkh(${TPRV}/0/*)`).keys[0]!.derive(0);
    const foreign = new Uint8Array(22).fill(1);
    let map = psbt.inputs[0]!;
    map = setField(map, 'input', 'BIP32_DERIVATION', encodeOrigin(new Uint8Array(4), [7]), key.publicKey);
    map = setField(map, 'input', 'REDEEM_SCRIPT', foreign);
    const negated = key.publicKey.slice();
    negated[0]! ^= 1;
    map = setField(map, 'input', 'BIP32_DERIVATION', encodeOrigin(new Uint8Array(4), [8]), negated);
    const signed = signPsbt(withInput(psbt, 0, map), ring);
    expect(finalizePsbt(signed, ring).complete).toBe(true);
    expect(ring.key(key.publicKey)).toEqual(key);
    expect(ring.keyByHash(hash160(negated))).toBeUndefined();
    expect(ring.script(hash160(foreign))).toBeUndefined();
  });

  it('believes nothing about a Taproot output beyond the input that tells it', () => {
    const { psbt, ring, script } = scene(`tr(${TPRV}/0/*)`);
    const stranger = new KeyRing();
    const lying = setField(psbt.inputs[0]!, 'input', 'TAP_INTERNAL_KEY', script.slice(2));
    signPsbt(withInput(psbt, 0, lying), stranger);
    expect(stranger.taproot(script.slice(2))).toBeUndefined();
    // Whoever knows it better signs all the same.
    expect(finalizePsbt(signPsbt(withInput(psbt, 0, lying), ring), ring).complete).toBe(true);
  });

  it('signs nothing less than it was asked to', () => {
    const { psbt, ring } = scene(`wpkh(${TPRV}/0/*)`);
    const asking = (type: number): Psbt =>
      withInput(psbt, 0, setField(psbt.inputs[0]!, 'input', 'SIGHASH_TYPE', u32(type)));
    const mismatch = 'PSBT_HASH_TYPE_MISMATCH';
    expect(codeOf(() => signPsbt(asking(SIGHASH_NONE), ring))).toBe(mismatch);
    expect(codeOf(() => signPsbt(asking(SIGHASH_SINGLE | 0x80), ring))).toBe(mismatch);
    expect(codeOf(() => signPsbt(asking(SIGHASH_ALL), ring, { hashType: SIGHASH_NONE }))).toBe(mismatch);
    for (const type of [0, SIGHASH_ALL]) expect(codeOf(() => signPsbt(asking(type), ring))).toBeUndefined();
    const wanted = signPsbt(asking(SIGHASH_NONE), ring, { hashType: SIGHASH_NONE });
    const { psbt: final, complete } = finalizePsbt(wanted, ring);
    expect(complete).toBe(true);
    expect(final.inputs[0]!.some(({ value }) => value.includes(SIGHASH_NONE))).toBe(true);
  });

  it('is told so by a node as well', async () => {
    const { rpc } = await rpcScene();
    await rpc('createwallet', 'a');
    await rpc('generatetoaddress', 101, await rpc('getnewaddress'));
    const { psbt } = await rpc('walletcreatefundedpsbt', [], [{ [ELSEWHERE]: 1 }]);
    const open = decodePsbt(base64ToBytes(psbt));
    const map = setField(open.inputs[0]!, 'input', 'SIGHASH_TYPE', u32(SIGHASH_NONE));
    const trap = bytesToBase64(encodePsbt(withInput(open, 0, map)));
    const text = '-22 Specified sighash value does not match value stored in PSBT';
    expect(await refusal(rpc('walletprocesspsbt', trap))).toBe(text);
    expect(await refusal(rpc('walletprocesspsbt', trap, true, 'ALL'))).toBe(text);
    expect((await rpc('walletprocesspsbt', trap, true, 'NONE')).complete).toBe(true);
    expect((await rpc('walletprocesspsbt', trap, false)).complete).toBe(false);
    const { descriptors } = await rpc('listdescriptors', true);
    const texts = descriptors.map(({ desc }: Answer) => ({ desc, range: 30 }));
    expect(await refusal(rpc('descriptorprocesspsbt', trap, texts))).toBe(text);
    expect((await rpc('descriptorprocesspsbt', psbt, texts)).complete).toBe(true);
    expect(await refusal(rpc('walletprocesspsbt', psbt, true, 'SOME'))).toBe(
      "-8 'SOME' is not a valid sighash parameter.",
    );
  });
});

describe('combining', () => {
  const { psbt, ring } = scene(`wsh(multi(2,${TPRV}/0/*,${TPRV}/1/*,${TPRV}/2/*))`, 3);
  const full = signPsbt(psbt, ring);
  /** What somebody knows: for each entry that can be missing, whether it is there. */
  const part = fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }).map((known): Psbt => {
    let at = 0;
    const some = (map: PsbtMap): PsbtMap => map.filter(() => known[at++] ?? true);
    return { ...full, inputs: full.inputs.map(some), outputs: full.outputs.map(some) };
  });

  it('does not depend on who comes first, or how often, or in which groups', () => {
    fc.assert(
      fc.property(part, part, part, (a, b, c) => {
        const all = wire(combinePsbts([a, b, c]));
        expect(wire(combinePsbts([c, a, b]))).toBe(all);
        expect(wire(combinePsbts([combinePsbts([a, b]), c]))).toBe(all);
        expect(wire(combinePsbts([a, combinePsbts([b, c, b])]))).toBe(all);
        expect(wire(decodePsbt(encodePsbt(combinePsbts([a, b, c]))))).toBe(all);
      }),
      { numRuns: 40 },
    );
  });

  it('loses nothing and invents nothing', () => {
    fc.assert(
      fc.property(part, part, (a, b) => {
        const both = combinePsbts([a, b]);
        both.inputs.forEach((map, i) => {
          for (const entry of map) {
            expect([...a.inputs[i]!, ...b.inputs[i]!]).toContainEqual(entry);
          }
          for (const entry of [...a.inputs[i]!, ...b.inputs[i]!]) expect(map).toContainEqual(entry);
        });
      }),
      { numRuns: 20 },
    );
  });

  it('makes whole what signers have signed apart', () => {
    const rings = [0, 1].map((n) => {
      const own = new KeyRing();
      own.addDescriptor(parseDescriptor(`wpkh(${TPRV}/${n}/*)`), 0);
      return own;
    });
    const [one, two] = rings.map((own) => signPsbt(psbt, own)) as [Psbt, Psbt];
    expect(finalizePsbt(one).complete).toBe(false);
    expect(finalizePsbt(two).complete).toBe(false);
    expect(finalizePsbt(combinePsbts([one, two])).complete).toBe(true);
  });

  it('is of one version', () => {
    const other = createPsbt(psbtTransaction(psbt), 2);
    expect(codeOf(() => combinePsbts([psbt, other]))).toBe('PSBT_DIFFERENT_TRANSACTIONS');
    expect(allSpent(other)).toEqual([undefined, undefined, undefined]);
  });
});

describe('joining', () => {
  it('makes one of both versions, the fields of the second left to the transaction', async () => {
    const { rpc } = await rpcScene();
    const make = (byte: string, version: number): Promise<string> =>
      rpc(
        'createpsbt',
        [{ txid: byte.repeat(32), vout: 1, sequence: 5 }],
        [{ [ELSEWHERE]: 1 }],
        9,
        false,
        2,
        version,
      );
    const joined = await rpc('joinpsbts', [await make('11', 2), await make('22', 0)]);
    const { tx, psbt_version: version } = await rpc('decodepsbt', joined);
    expect(version).toBe(0);
    expect(tx.locktime).toBe(9);
    expect(tx.vin).toMatchObject([
      { txid: '11'.repeat(32), vout: 1, sequence: 5 },
      { txid: '22'.repeat(32) },
    ]);
    expect(await refusal(rpc('joinpsbts', [await make('11', 2)]))).toMatch(/^-8 At least two PSBTs/);
  });
});

describe('what inputs spend', () => {
  it('is what the transaction of that name says, told for any input', () => {
    const { coinbase } = nodeScene();
    const funding = spend([coinbase(1)], { count: 2 });
    const sources = [outputOf(funding, 0), outputOf(funding, 1)];
    const tx = {
      ...spend(sources),
      inputs: spend(sources).inputs.map((input) => ({ ...input, witness: [] })),
    };
    const legacy = { value: 1n, scriptPubKey: new Uint8Array(3) };
    const once = updateUtxo(createPsbt(tx), 1, legacy, funding, false);
    expect(allSpent(once)).toEqual(funding.outputs);
    // Out of bounds, or of another name, it says nothing; nor does another field in its place.
    const beyond = createPsbt({
      ...tx,
      inputs: tx.inputs.map((input) => ({ ...input, prevout: { ...input.prevout, vout: 9 } })),
    });
    expect(allSpent(updateUtxo(beyond, 0, legacy, funding, false))).toEqual([undefined, undefined]);
    const other = spend([coinbase(2)]);
    const lying = updateUtxo(createPsbt(tx), 0, legacy, other, true);
    expect(allSpent(lying)).toEqual([undefined, undefined]);
    const named = {
      ...tx,
      inputs: [{ ...tx.inputs[0]!, prevout: { txid: hexToHash('33'.repeat(32)), vout: 0 } }],
    };
    expect(
      allSpent(updateUtxo(createPsbt(named), 0, { value: 5n, scriptPubKey: P2TR }, undefined, true)),
    ).toEqual([{ value: 5n, scriptPubKey: P2TR }]);
  });
});
