import { bytesToHex, isNinefoldError } from '@ninefold/base';
import {
  ADDRESS_FORMATS,
  addressToScript,
  blockFilter,
  decodeWif,
  filterHeader,
  KeyRing,
  matchesFilter,
  musigExtendedKey,
  signedMessageHash,
  signMessageFor,
  toSign,
  toSpend,
  verifyMessageFor,
} from '@ninefold/chain-bitcoin';
import { blockHashOf, decodeBlock, hashToHex, hexToHash, txidOf } from '@ninefold/vm-bitcoin-script';
import type { FolderResult } from '../suite.ts';
import { CaseCounter, fromHex, readJson } from './vectors.ts';

type Signed = {
  readonly message: string;
  readonly address: string;
  readonly type: string;
  readonly private_keys: readonly string[];
  readonly witness_script: string;
  readonly bip322_signatures: readonly string[];
};

type MessageVectors = {
  readonly tx_hashes?: readonly {
    readonly message: string;
    readonly address: string;
    readonly message_hash: string;
    readonly to_spend_tx_hash: string;
    readonly to_sign_tx_hash: string;
  }[];
  readonly simple: readonly Signed[];
  readonly full?: readonly Signed[];
  readonly proof_of_funds?: readonly Signed[];
  readonly error: readonly {
    readonly description: string;
    readonly message: string;
    readonly address: string;
    readonly signature: string;
    readonly error_substr: string;
  }[];
};

const WIF_MAIN = 0x80;
const scriptOf = (address: string): Uint8Array => addressToScript(address, ADDRESS_FORMATS.main);

/** BIP 322: transactions that are signed, signatures of all forms, and what is refused. */
export function runBip322(folder: string): FolderResult {
  const cases = new CaseCounter('bitcoin/bip322');
  for (const file of ['basic', 'generated']) {
    const vectors = readJson<MessageVectors>(folder, `bip322-${file}.json.gz`);
    (vectors.tx_hashes ?? []).forEach((one, i) => {
      const spend = toSpend(one.message, scriptOf(one.address));
      const name = `${file} hashes ${i}`;
      cases.equal(name, () => bytesToHex(signedMessageHash(one.message)).slice(2), one.message_hash);
      cases.equal(name, () => hashToHex(txidOf(spend)), one.to_spend_tx_hash);
      cases.equal(name, () => hashToHex(txidOf(toSign(spend))), one.to_sign_tx_hash);
    });
    for (const kind of ['simple', 'full', 'proof_of_funds'] as const) {
      (vectors[kind] ?? []).forEach((one, i) => {
        for (const signature of one.bip322_signatures) {
          cases.equal(
            `${file} ${kind} ${i} ${one.type}`,
            () => String(verifyMessageFor(one.message, scriptOf(one.address), signature)),
            'true',
          );
        }
        if (kind !== 'simple') return;
        // A signature of ours need not be the same bytes; it has to be valid.
        cases.check(`${file} sign ${i} ${one.type}`, () => {
          const signature = signMessageFor(one.message, scriptOf(one.address), ringOf(one));
          return verifyMessageFor(one.message, scriptOf(one.address), signature) ? undefined : 'is not valid';
        });
      });
    }
    vectors.error.forEach((one, i) => {
      cases.check(`${file} error ${i} ${one.description}`, () => refused(one));
    });
  }
  return cases.result();
}

function ringOf({ private_keys: keys, witness_script: script }: Signed): KeyRing {
  const ring = new KeyRing();
  for (const text of keys) {
    const key = decodeWif(text, WIF_MAIN);
    if (key !== undefined) ring.addPrivateKey(key.privateKey, key.compressed);
  }
  if (script !== '') ring.addScript(fromHex(script));
  return ring;
}

function refused(one: MessageVectors['error'][0]): string | undefined {
  const isMalformed = one.error_substr !== 'invalid signature';
  try {
    const valid = verifyMessageFor(one.message, scriptOf(one.address), one.signature);
    return valid || isMalformed ? `told ${valid}, expected ${one.error_substr}` : undefined;
  } catch (error) {
    if (!isNinefoldError(error, 'BIP322_MALFORMED')) throw error;
    return isMalformed && error.message.includes(one.error_substr)
      ? undefined
      : `got ${error.message}, expected ${one.error_substr}`;
  }
}

type DerivationVector = {
  readonly aggregate_pubkey: string;
  readonly keys: readonly string[];
  readonly xpub: string;
};

/** BIP 328: extended keys of several signers. */
export function runBip328(folder: string): FolderResult {
  const cases = new CaseCounter('bitcoin/bip328');
  readJson<readonly DerivationVector[]>(folder, 'bip328-musig-derivation.json.gz').forEach((one, i) => {
    cases.equal(
      `key ${i}`,
      () =>
        musigExtendedKey(
          one.keys.map((key) => fromHex(key.toLowerCase())),
          'main',
        ),
      one.xpub,
    );
  });
  return cases.result();
}

type FilterVector = readonly [
  height: number,
  hash: string,
  block: string,
  scripts: readonly string[],
  previous: string,
  filter: string,
  header: string,
];

/** BIP 158: filters of testnet blocks, their headers, and what they match. */
export function runBip158(folder: string): FolderResult {
  const cases = new CaseCounter('bitcoin/bip158');
  const [, ...rows] = readJson<readonly FilterVector[]>(folder, 'bip158-testnet-19.json.gz');
  for (const [height, hash, hex, scripts, previous, filter, header] of rows) {
    const block = decodeBlock(fromHex(hex));
    const spent = scripts.map(fromHex);
    const made = blockFilter(block, spent);
    cases.equal(`${height} hash`, () => hashToHex(blockHashOf(block.header)), hash);
    cases.equal(`${height} filter`, () => bytesToHex(made).slice(2), filter);
    cases.equal(`${height} header`, () => hashToHex(filterHeader(made, hexToHash(previous))), header);
    cases.check(`${height} matches`, () => {
      const all = [
        ...spent,
        ...block.transactions.flatMap(({ outputs }) => outputs.map((o) => o.scriptPubKey)),
      ];
      const listed = all.filter((script) => script.length > 0 && script[0] !== 0x6a);
      const missed = listed.find((script) => !matchesFilter(made, blockHashOf(block.header), [script]));
      return missed === undefined ? undefined : `misses ${bytesToHex(missed)}`;
    });
  }
  return cases.result();
}
