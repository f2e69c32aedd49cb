import { base64ToBytes, bytesToBase64, bytesToHex, type Bytes } from '@ninefold/base';
import { hash160, type Transaction, type TxOutput, virtualSize } from '@ninefold/vm-bitcoin-script';
import { describe, expect, it } from 'vitest';
import { parseDescriptor } from '../src/descriptor/descriptor.ts';
import { analyzePsbt, type InputAnalysis, type PsbtAnalysis } from '../src/psbt/analysis.ts';
import { createPsbt, dropFields, encodeOrigin, setField } from '../src/psbt/edit.ts';
import { decodePsbt, encodePsbt, type Psbt, type PsbtMap } from '../src/psbt/psbt.ts';
import {
  describeScript,
  extractPsbt,
  finalizePsbt,
  signPsbt,
  updateUtxo,
  withInput,
  withOutput,
} from '../src/psbt/roles.ts';
import { KeyRing } from '../src/wallet/key-ring.ts';
import { rpcScene } from './rpc-scene.ts';
import { nodeScene, outputOf, P2TR, spend, TPRV } from './support.ts';

/** A PSBT of one input that knows nothing yet, with what it spends and who can sign. */
function scene(text: string): {
  readonly bare: Psbt;
  readonly told: Psbt;
  readonly known: Psbt;
  readonly ring: KeyRing;
  readonly source: TxOutput;
} {
  const { coinbase } = nodeScene();
  const ring = new KeyRing();
  const [output] = ring.addDescriptor(parseDescriptor(text), 0);
  const funding = spend([coinbase(1)], { extra: [{ value: 10_000n, scriptPubKey: output!.scriptPubKey }] });
  const source = outputOf(funding, 1);
  const tx: Transaction = {
    ...spend([source]),
    inputs: spend([source]).inputs.map((input) => ({ ...input, witness: [] })),
  };
  const bare = createPsbt(tx);
  const isLegacy = text.startsWith('pkh') || text.startsWith('sh(multi');
  const told = updateUtxo(bare, 0, source, isLegacy ? funding : undefined, !isLegacy);
  const map = describeScript(told.inputs[0] as PsbtMap, 'input', source.scriptPubKey, ring);
  return { bare, told, known: withInput(told, 0, map), ring, source };
}

const inputOf = (psbt: Psbt): InputAnalysis =>
  (analyzePsbt(psbt) as Extract<PsbtAnalysis, { inputs: unknown }>).inputs[0]!;
const hexes = (list: readonly Bytes[]): string[] => list.map((one) => bytesToHex(one));

describe('what a PSBT needs next', () => {
  it.each([
    `pkh(${TPRV}/0/*)`,
    `wpkh(${TPRV}/0/*)`,
    `sh(wpkh(${TPRV}/0/*))`,
    `wsh(multi(2,${TPRV}/0/*,${TPRV}/1/*,${TPRV}/2/*))`,
    `sh(multi(1,${TPRV}/0/*,${TPRV}/1/*))`,
    `sh(wsh(pk(${TPRV}/0/*)))`,
  ])('goes from role to role: %s', (text) => {
    const { bare, told, known, ring } = scene(text);
    expect(analyzePsbt(bare)).toMatchObject({ next: 'updater', fee: undefined, vsize: undefined });
    expect(inputOf(bare)).toMatchObject({ hasUtxo: false, isFinal: false });
    expect(analyzePsbt(told)).toMatchObject({ next: 'updater', fee: 1000n, vsize: undefined });
    expect(inputOf(known)).toMatchObject({ hasUtxo: true, isFinal: false, next: 'signer' });
    const signed = signPsbt(known, ring);
    expect(analyzePsbt(signed)).toMatchObject({ next: 'finalizer' });
    const { psbt: final } = finalizePsbt(signed);
    expect(analyzePsbt(final)).toMatchObject({ next: 'extractor' });
    expect(inputOf(final)).toMatchObject({ isFinal: true, missing: { signatures: [] } });
    // What was estimated before is what it came to, but for a byte a signature.
    const { vsize } = analyzePsbt(known) as Extract<PsbtAnalysis, { inputs: unknown }>;
    const actual = virtualSize(extractPsbt(final));
    expect(Math.abs(vsize! - actual)).toBeLessThanOrEqual(
      text.includes('multi') && text.startsWith('sh(m') ? 1 : 2,
    );
  });

  it('names what is missing, from the output inwards', () => {
    const { told, known, ring } = scene(`sh(wsh(multi(2,${TPRV}/0/*,${TPRV}/1/*)))`);
    const { redeemScript } = inputOf(told).missing;
    expect(redeemScript).toHaveLength(20);
    const withoutScript = withInput(known, 0, dropFields(known.inputs[0]!, 'input', ['WITNESS_SCRIPT']));
    expect(inputOf(withoutScript).missing.witnessScript).toHaveLength(32);
    expect(inputOf(withoutScript).next).toBe('updater');
    const keys = parseDescriptor(`multi(2,${TPRV}/0/*,${TPRV}/1/*)`).keys.map(
      (key) => key.derive(0).publicKey,
    );
    expect(hexes(inputOf(known).missing.signatures)).toEqual(hexes(keys.map(hash160)));
    const one = new KeyRing();
    one.addDescriptor(parseDescriptor(`wpkh(${TPRV}/1/*)`), 0);
    const half = signPsbt(known, one);
    expect(hexes(inputOf(half).missing.signatures)).toEqual(hexes([hash160(keys[0]!)]));
    expect(inputOf(half).next).toBe('signer');
    expect(inputOf(signPsbt(half, ring)).next).toBe('finalizer');
    const { told: keyless } = scene(`wpkh(${TPRV}/0/*)`);
    expect(inputOf(keyless).missing.pubkeys).toHaveLength(1);
  });

  it('estimates Taproot by its key, and does not look into it', () => {
    const { known, told, ring } = scene(`tr(${TPRV}/0/*)`);
    expect(inputOf(known).next).toBe('updater');
    const { vsize } = analyzePsbt(known) as Extract<PsbtAnalysis, { inputs: unknown }>;
    expect(vsize).toBe(virtualSize(extractPsbt(finalizePsbt(signPsbt(known, ring)).psbt)));
    expect(analyzePsbt(told)).toMatchObject({ vsize: undefined });
  });

  it('is nothing where it can never be valid', () => {
    const { bare, told, source } = scene(`wpkh(${TPRV}/0/*)`);
    const spending = (output: TxOutput): object => analyzePsbt(updateUtxo(bare, 0, output, undefined, true));
    expect(spending({ ...source, value: -1n })).toEqual({
      fault: 'PSBT is not valid. Input 0 has invalid value',
    });
    expect(spending({ ...source, value: 2_100_000_000_000_001n })).toEqual({
      fault: 'PSBT is not valid. Input 0 has invalid value',
    });
    expect(spending({ ...source, scriptPubKey: Uint8Array.of(0x6a) })).toEqual({
      fault: 'PSBT is not valid. Input 0 spends unspendable output',
    });
    const { coinbase } = nodeScene();
    const other = spend([coinbase(3)]);
    const wrong = updateUtxo(bare, 0, { value: 1n, scriptPubKey: new Uint8Array(1) }, other, false);
    expect(analyzePsbt(wrong)).toEqual({ fault: 'PSBT is not valid. Input 0 specifies invalid prevout' });
    const rich = { value: 2_100_000_000_000_000n, scriptPubKey: P2TR };
    const tx = { ...spend([{ ...outputOf(other), ...source }]), outputs: [rich, rich] };
    const bloated = createPsbt({ ...tx, inputs: tx.inputs.map((input) => ({ ...input, witness: [] })) });
    expect(analyzePsbt(updateUtxo(bloated, 0, source, undefined, true))).toEqual({
      fault: 'PSBT is not valid. Output amount invalid',
    });
    expect(analyzePsbt(told)).not.toHaveProperty('fault');
  });
});

describe('a PSBT as it is shown', () => {
  it('has a name for every field', async () => {
    const { known, ring } = scene(`wsh(multi(1,${TPRV}/0/*))`);
    const { rpc } = await rpcScene();
    const show = (psbt: Psbt): Promise<Record<string, never>> =>
      rpc('decodepsbt', bytesToBase64(encodePsbt(psbt)));
    const hash = (size: number, fill: number): Bytes => new Uint8Array(size).fill(fill);
    let map = setField(known.inputs[0]!, 'input', 'SIGHASH_TYPE', Uint8Array.of(1, 0, 0, 0));
    map = setField(map, 'input', 'TAP_KEY_SIG', hash(64, 1));
    map = setField(map, 'input', 'TAP_SCRIPT_SIG', hash(64, 2), hash(64, 3));
    map = setField(map, 'input', 'TAP_LEAF_SCRIPT', Uint8Array.of(0x51, 0xc0), hash(33, 0xc0));
    map = setField(map, 'input', 'TAP_MERKLE_ROOT', hash(32, 5));
    map = setField(map, 'input', 'TAP_INTERNAL_KEY', hash(32, 6));
    const origin = encodeOrigin(hash(4, 7), [1, 0x80000002]);
    map = setField(
      map,
      'input',
      'TAP_BIP32_DERIVATION',
      Uint8Array.of(1, ...hash(32, 8), ...origin),
      hash(32, 9),
    );
    map = setField(map, 'input', 'PROPRIETARY', Uint8Array.of(9), Uint8Array.of(2, 0xaa, 0xbb, 5, 0xcc));
    const unknown = { type: 0x55, key: Uint8Array.of(1), value: Uint8Array.of(2) };
    let psbt = withInput(signPsbt(known, ring), 0, [...map, unknown]);
    const tree = Uint8Array.of(0, 0xc0, 1, 0x51);
    let output = setField(psbt.outputs[0]!, 'output', 'TAP_TREE', tree);
    output = setField(output, 'output', 'TAP_INTERNAL_KEY', hash(32, 6));
    output = setField(output, 'output', 'REDEEM_SCRIPT', Uint8Array.of(0x51));
    output = setField(output, 'output', 'WITNESS_SCRIPT', Uint8Array.of(0x52));
    psbt = withOutput(psbt, 0, output);
    psbt = {
      ...psbt,
      global: setField(
        psbt.global,
        'global',
        'XPUB',
        origin.slice(0, 4),
        Uint8Array.of(4, 0x35, 0x87, 0xcf, 0, ...hash(73, 1)),
      ),
    };
    expect(decodePsbt(base64ToBytes(bytesToBase64(encodePsbt(psbt))))).toEqual(psbt);
    const shown = await show(psbt);
    expect(shown).toMatchObject({
      psbt_version: 0,
      unknown: {},
      proprietary: [],
      fee: 0.00001,
      global_xpubs: [{ master_fingerprint: '07070707', path: 'm' }],
      inputs: [
        {
          sighash: 'ALL',
          witness_utxo: { amount: 0.0001, scriptPubKey: { type: 'witness_v0_scripthash' } },
          witness_script: { type: 'multisig' },
          taproot_key_path_sig: '01'.repeat(64),
          taproot_script_path_sigs: [
            { pubkey: '03'.repeat(32), leaf_hash: '03'.repeat(32), sig: '02'.repeat(64) },
          ],
          taproot_scripts: [{ script: '51', leaf_ver: 0xc0, control_blocks: ['c0'.repeat(33)] }],
          taproot_bip32_derivs: [
            {
              pubkey: '09'.repeat(32),
              master_fingerprint: '07070707',
              path: 'm/1/2h',
              leaf_hashes: ['08'.repeat(32)],
            },
          ],
          taproot_internal_key: '06'.repeat(32),
          taproot_merkle_root: '05'.repeat(32),
          proprietary: [{ identifier: 'aabb', subtype: 5, key: 'cc', value: '09' }],
          unknown: { '5501': '02' },
        },
      ],
      outputs: [
        {
          taproot_tree: [{ depth: 0, leaf_ver: 0xc0, script: '51' }],
          taproot_internal_key: '06'.repeat(32),
          redeem_script: { asm: '1' },
          witness_script: { asm: '2' },
        },
      ],
    });
  });

  it('is told as nodes tell it', async () => {
    const { rpc } = await rpcScene();
    const { bare, told, known } = scene(`sh(multi(1,${TPRV}/0/*))`);
    const analyze = (psbt: Psbt): Promise<Record<string, never>> =>
      rpc('analyzepsbt', bytesToBase64(encodePsbt(psbt)));
    expect(await analyze(bare)).toEqual({
      inputs: [{ has_utxo: false, is_final: false, next: 'updater' }],
      next: 'updater',
    });
    const hash = bytesToHex(inputOf(told).missing.redeemScript!).slice(2);
    expect(await analyze(told)).toEqual({
      inputs: [{ has_utxo: true, is_final: false, next: 'updater', missing: { redeemscript: hash } }],
      fee: 0.00001,
      next: 'updater',
    });
    const { estimated_vsize: vsize, estimated_feerate: rate, inputs } = await analyze(known);
    expect(rate).toBeCloseTo(0.01 / Number(vsize), 7);
    expect(inputs).toMatchObject([{ next: 'signer', missing: { signatures: [expect.any(String)] } }]);
    const output = { value: -1n, scriptPubKey: P2TR };
    expect(await analyze(updateUtxo(bare, 0, output, undefined, true))).toEqual({
      inputs: [],
      next: 'creator',
      error: 'PSBT is not valid. Input 0 has invalid value',
    });
  });
});
