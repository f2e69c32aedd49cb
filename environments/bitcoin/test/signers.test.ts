import * as scure from '@scure/btc-signer';
import { bytesToHex, hexToBytes } from '@ninefold/base';
import * as bitcoinjs from 'bitcoinjs-lib';
import { ECPairFactory } from 'ecpair';
import * as secp from 'tiny-secp256k1';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { coinbaseAt, type ListeningNode, listeningNode } from './support.ts';

bitcoinjs.initEccLib(secp);
const ECPair = ECPairFactory(secp);
const network = bitcoinjs.networks.regtest;
const REGTEST = { bech32: 'bcrt', pubKeyHash: 0x6f, scriptHash: 0xc4, wif: 0xef };
const pair = ECPair.fromPrivateKey(new Uint8Array(32).fill(9), { network });
const other = ECPair.fromPrivateKey(new Uint8Array(32).fill(11), { network });
const FEE = 10_000n;
const publicKeyOf = (secret: Uint8Array): Uint8Array => ECPair.fromPrivateKey(secret).publicKey;
const hex = (bytes: Uint8Array): string => bytesToHex(bytes).slice(2);

let scene: ListeningNode;
beforeAll(async () => {
  scene = await listeningNode();
});
afterAll(() => scene.node.close());

/** Mines a block that pays to an address, and makes it ripe. */
async function fund(address: string): Promise<{ txid: string; hex: string; value: bigint }> {
  const { client } = scene;
  await client.command('generatetoaddress', 1, address);
  const height = (await client.command('getblockcount')) as number;
  await client.command(
    'generatetoaddress',
    100,
    bitcoinjs.payments.p2wpkh({ pubkey: other.publicKey, network }).address,
  );
  return coinbaseAt(scene, height);
}

/** Sends a transaction and mines it. */
async function confirm(raw: string): Promise<void> {
  const { client } = scene;
  expect(await client.command('testmempoolaccept', [raw])).toMatchObject([{ allowed: true }]);
  const txid = await client.command('sendrawtransaction', raw);
  expect(await client.command('getrawmempool')).toEqual([txid]);
  await client.command(
    'generatetoaddress',
    1,
    bitcoinjs.payments.p2wpkh({ pubkey: other.publicKey, network }).address,
  );
  expect(await client.command('getrawtransaction', txid, 1)).toMatchObject({ txid, confirmations: 1 });
}

describe('bitcoinjs-lib', () => {
  const target = bitcoinjs.payments.p2wpkh({ pubkey: other.publicKey, network }).address as string;

  it('spends a witness key hash by a PSBT', async () => {
    const payment = bitcoinjs.payments.p2wpkh({ pubkey: pair.publicKey, network });
    const { txid, value } = await fund(payment.address as string);
    const psbt = new bitcoinjs.Psbt({ network });
    psbt.addInput({ hash: txid, index: 0, witnessUtxo: { script: payment.output as Uint8Array, value } });
    psbt.addOutput({ address: target, value: value - FEE });
    psbt.signAllInputs(pair).finalizeAllInputs();
    await confirm(psbt.extractTransaction().toHex());
  });

  it('spends a public key hash and a multisig behind a script hash', async () => {
    const legacy = bitcoinjs.payments.p2pkh({ pubkey: pair.publicKey, network });
    const first = await fund(legacy.address as string);
    const psbt = new bitcoinjs.Psbt({ network });
    psbt.addInput({ hash: first.txid, index: 0, nonWitnessUtxo: hexToBytes(`0x${first.hex}`) });
    psbt.addOutput({ address: target, value: first.value - FEE });
    await confirm(psbt.signAllInputs(pair).finalizeAllInputs().extractTransaction().toHex());

    const multisig = bitcoinjs.payments.p2ms({ m: 2, pubkeys: [pair.publicKey, other.publicKey], network });
    const wrapped = bitcoinjs.payments.p2sh({ redeem: multisig, network });
    const second = await fund(wrapped.address as string);
    const both = new bitcoinjs.Psbt({ network });
    both.addInput({
      hash: second.txid,
      index: 0,
      nonWitnessUtxo: hexToBytes(`0x${second.hex}`),
      redeemScript: multisig.output as Uint8Array,
    });
    both.addOutput({ address: target, value: second.value - FEE });
    await confirm(
      both.signAllInputs(pair).signAllInputs(other).finalizeAllInputs().extractTransaction().toHex(),
    );
  });

  it('spends Taproot by its key and by a leaf', async () => {
    const internalPubkey = pair.publicKey.subarray(1, 33);
    const byKey = bitcoinjs.payments.p2tr({ internalPubkey, network });
    const first = await fund(byKey.address as string);
    const tweaked = pair.tweak(bitcoinjs.crypto.taggedHash('TapTweak', internalPubkey));
    const psbt = new bitcoinjs.Psbt({ network });
    psbt.addInput({
      hash: first.txid,
      index: 0,
      witnessUtxo: { script: byKey.output as Uint8Array, value: first.value },
      tapInternalKey: internalPubkey,
    });
    psbt.addOutput({ address: target, value: first.value - FEE });
    await confirm(psbt.signAllInputs(tweaked).finalizeAllInputs().extractTransaction().toHex());

    const leaf = { output: bitcoinjs.script.fromASM(`${hex(other.publicKey.subarray(1, 33))} OP_CHECKSIG`) };
    const redeem = { output: leaf.output, redeemVersion: 0xc0 };
    const byLeaf = bitcoinjs.payments.p2tr({ internalPubkey, scriptTree: leaf, redeem, network });
    const second = await fund(byLeaf.address as string);
    const script = new bitcoinjs.Psbt({ network });
    script.addInput({
      hash: second.txid,
      index: 0,
      witnessUtxo: { script: byLeaf.output as Uint8Array, value: second.value },
      tapLeafScript: [
        { leafVersion: 0xc0, script: leaf.output, controlBlock: byLeaf.witness?.at(-1) as Uint8Array },
      ],
    });
    script.addOutput({ address: target, value: second.value - FEE });
    await confirm(script.signInput(0, other).finalizeAllInputs().extractTransaction().toHex());
  });

  it('is told when a signature is another one', async () => {
    const payment = bitcoinjs.payments.p2wpkh({ pubkey: pair.publicKey, network });
    const { txid, value } = await fund(payment.address as string);
    const psbt = new bitcoinjs.Psbt({ network });
    psbt.addInput({
      hash: txid,
      index: 0,
      witnessUtxo: { script: payment.output as Uint8Array, value: value - 1n },
    });
    psbt.addOutput({ address: target, value: value - FEE });
    const raw = psbt.signAllInputs(pair).finalizeAllInputs().extractTransaction().toHex();
    await expect(scene.client.command('sendrawtransaction', raw)).rejects.toMatchObject({
      code: -26,
      message: expect.stringMatching(
        /^mempool-script-verify-flag-failed \(Signature must be zero for failed CHECK/,
      ),
    });
  });
});

describe('@scure/btc-signer', () => {
  const secret = new Uint8Array(32).fill(21);
  const key = scure.utils.pubSchnorr(secret);
  const compressed = publicKeyOf(secret);

  it('spends Taproot by a leaf of two keys', async () => {
    const second = new Uint8Array(32).fill(22);
    const leaf = scure.p2tr_ms(2, [key, scure.utils.pubSchnorr(second)]);
    // Its types know no leaf of several keys, though it makes them.
    const tree = leaf as unknown as Parameters<typeof scure.p2tr>[1];
    const payment = scure.p2tr(undefined, tree, REGTEST, true);
    const { txid, value } = await fund(payment.address as string);
    const tx = new scure.Transaction({ allowUnknownOutputs: true });
    const input = { txid, index: 0, ...payment, witnessUtxo: { script: payment.script, amount: value } };
    tx.addInput(input as Parameters<typeof tx.addInput>[0]);
    tx.addOutputAddress(
      bitcoinjs.payments.p2wpkh({ pubkey: other.publicKey, network }).address as string,
      value - FEE,
      REGTEST,
    );
    tx.sign(secret);
    tx.sign(second);
    tx.finalize();
    await confirm(hex(tx.extract()));
  });

  it('spends a multisig behind a witness script, its PSBT finished by the node', async () => {
    const second = new Uint8Array(32).fill(23);
    const payment = scure.p2wsh(scure.p2ms(2, [compressed, publicKeyOf(second)]), REGTEST);
    const { txid, value } = await fund(payment.address as string);
    const tx = new scure.Transaction();
    const input = { txid, index: 0, ...payment, witnessUtxo: { script: payment.script, amount: value } };
    tx.addInput(input as Parameters<typeof tx.addInput>[0]);
    tx.addOutputAddress(
      bitcoinjs.payments.p2wpkh({ pubkey: other.publicKey, network }).address as string,
      value - FEE,
      REGTEST,
    );
    const one = tx.clone();
    one.sign(secret);
    tx.sign(second);
    const { client } = scene;
    const base64 = (psbt: Uint8Array): string => Buffer.from(psbt).toString('base64');
    const combined = await client.command('combinepsbt', [base64(one.toPSBT()), base64(tx.toPSBT())]);
    const { hex: raw, complete } = (await client.command('finalizepsbt', combined)) as {
      hex: string;
      complete: boolean;
    };
    expect(complete).toBe(true);
    await confirm(raw);
  });
});
