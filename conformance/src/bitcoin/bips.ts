import { type Bytes, bytesToHex } from '@ninefold/base';
import { ADDRESS_FORMATS, addressToScript, scriptToAddress } from '@ninefold/chain-bitcoin';
import { schnorr } from '@ninefold/crypto';
import {
  createTaprootOutput,
  decodeTransaction,
  SignatureHasher,
  tapTweakHash,
  type TapTree,
} from '@ninefold/vm-bitcoin-script';
import type { FolderResult } from '../suite.ts';
import { CaseCounter, fromHex, readJson, readText } from './vectors.ts';

const bare = (bytes: Bytes | undefined): string =>
  bytes === undefined ? 'nothing' : bytesToHex(bytes).slice(2);

/** BIP 340: signing and verifying, keys off the curve and numbers out of range among them. */
export function runBip340(folder: string): FolderResult {
  const cases = new CaseCounter('bitcoin/bip340');
  const [, ...lines] = readText(folder, 'bip340-schnorr.csv.gz').trim().split(/\r?\n/);
  for (const line of lines) {
    const [index, secret, key, aux, message, signature, expected] = line
      .split(',')
      .map((field) => field.toLowerCase()) as [string, string, string, string, string, string, string];
    if (secret !== '') {
      cases.equal(`${index} key`, () => bare(schnorr.publicKey(fromHex(secret))), key);
      cases.equal(
        `${index} sign`,
        () => bare(schnorr.sign(fromHex(message), fromHex(secret), fromHex(aux))),
        signature,
      );
    }
    cases.equal(
      `${index} verify`,
      () => String(schnorr.verify(fromHex(message), fromHex(signature), fromHex(key))),
      expected,
    );
  }
  return cases.result();
}

type ScriptTree =
  | { readonly script: string; readonly leafVersion: number }
  | readonly [ScriptTree, ScriptTree];

type WalletVectors = {
  readonly scriptPubKey: readonly {
    readonly given: { readonly internalPubkey: string; readonly scriptTree: ScriptTree | null };
    readonly intermediary: {
      readonly leafHashes?: readonly string[];
      readonly merkleRoot: string | null;
      readonly tweak: string;
      readonly tweakedPubkey: string;
    };
    readonly expected: {
      readonly scriptPubKey: string;
      readonly bip350Address: string;
      readonly scriptPathControlBlocks?: readonly string[];
    };
  }[];
  readonly keyPathSpending: readonly {
    readonly given: {
      readonly rawUnsignedTx: string;
      readonly utxosSpent: readonly { readonly scriptPubKey: string; readonly amountSats: number }[];
    };
    readonly inputSpending: readonly {
      readonly given: {
        readonly txinIndex: number;
        readonly internalPrivkey: string;
        readonly merkleRoot: string | null;
        readonly hashType: number;
      };
      readonly intermediary: {
        readonly internalPubkey: string;
        readonly tweak: string;
        readonly tweakedPrivkey: string;
        readonly sigHash: string;
      };
      readonly expected: { readonly witness: readonly string[] };
    }[];
  }[];
};

function isBranch(tree: ScriptTree): tree is readonly [ScriptTree, ScriptTree] {
  return Array.isArray(tree);
}

function toTapTree(tree: ScriptTree): TapTree {
  return isBranch(tree)
    ? [toTapTree(tree[0]), toTapTree(tree[1])]
    : { script: fromHex(tree.script), version: tree.leafVersion };
}

/** BIP 341: output keys, trees and control blocks; digests and signatures of the key path. */
export function runBip341(folder: string): FolderResult {
  const cases = new CaseCounter('bitcoin/bip341');
  const vectors = readJson<WalletVectors>(folder, 'bip341-wallet.json.gz');
  vectors.scriptPubKey.forEach(({ given, intermediary, expected }, i) => {
    const { scriptTree } = given;
    const output = createTaprootOutput(
      fromHex(given.internalPubkey),
      scriptTree === null ? undefined : toTapTree(scriptTree),
    );
    cases.equal(`output ${i} key`, () => bare(output?.key), intermediary.tweakedPubkey);
    cases.equal(`output ${i} script`, () => `5120${bare(output?.key)}`, expected.scriptPubKey);
    cases.equal(
      `output ${i} address`,
      () => scriptToAddress(fromHex(expected.scriptPubKey), ADDRESS_FORMATS.main) ?? 'none',
      expected.bip350Address,
    );
    cases.equal(
      `output ${i} address back`,
      () => bare(addressToScript(expected.bip350Address, ADDRESS_FORMATS.main)),
      expected.scriptPubKey,
    );
    cases.equal(`output ${i} root`, () => bare(output?.root), intermediary.merkleRoot ?? 'nothing');
    cases.equal(
      `output ${i} tweak`,
      () => bare(tapTweakHash(fromHex(given.internalPubkey), output?.root)),
      intermediary.tweak,
    );
    const leaves = output?.leaves ?? [];
    cases.equal(
      `output ${i} leaves`,
      () => leaves.map(({ leafHash }) => bare(leafHash)).join(),
      (intermediary.leafHashes ?? []).join(),
    );
    cases.equal(
      `output ${i} control blocks`,
      () => leaves.map(({ controlBlock }) => bare(controlBlock)).join(),
      (expected.scriptPathControlBlocks ?? []).join(),
    );
  });
  for (const { given, inputSpending } of vectors.keyPathSpending) {
    const spent = given.utxosSpent.map(({ scriptPubKey, amountSats }) => ({
      value: BigInt(amountSats),
      scriptPubKey: fromHex(scriptPubKey),
    }));
    const hasher = new SignatureHasher(decodeTransaction(fromHex(given.rawUnsignedTx)), spent);
    for (const { given: input, intermediary, expected } of inputSpending) {
      const name = `input ${input.txinIndex}`;
      const secret = fromHex(input.internalPrivkey);
      const tweak = tapTweakHash(
        schnorr.publicKey(secret),
        input.merkleRoot === null ? undefined : fromHex(input.merkleRoot),
      );
      const tweaked = schnorr.tweakPrivateKey(secret, tweak);
      const hash = hasher.taproot(input.txinIndex, input.hashType, undefined, undefined);
      cases.equal(`${name} tweak`, () => bare(tweak), intermediary.tweak);
      cases.equal(`${name} secret`, () => bare(tweaked), intermediary.tweakedPrivkey);
      cases.equal(`${name} digest`, () => bare(hash), intermediary.sigHash);
      const suffix = input.hashType === 0 ? '' : input.hashType.toString(16).padStart(2, '0');
      cases.equal(
        `${name} signature`,
        () => bare(hash && schnorr.sign(hash, tweaked)) + suffix,
        expected.witness[0] ?? '',
      );
    }
  }
  return cases.result();
}
