import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import type { Bytes } from '@ninefold/base';
import {
  bytesToHex,
  bytesToUtf8,
  EMPTY_BYTES,
  hexToBytes,
  isNinefoldError,
  utf8ToBytes,
} from '@ninefold/base';
import type { RlpValue } from '@ninefold/codec';
import { decodeRlp, encodeRlp, expectBytes, expectList, rlpFromUint, rlpToUint } from '@ninefold/codec';
import { ethereumAddress, keccak256, secp256k1 } from '@ninefold/crypto';
import type { Trie } from '@ninefold/state';
import { emptyTrie, hexPrefix, openTrie, verifyProof } from '@ninefold/state';
import type { FolderResult } from '../suite.ts';

/** Says what is wrong with a case, or nothing. */
type Check<Case> = (vector: Case) => string | undefined;

type Change = readonly [key: Bytes, value: Bytes | undefined];

/**
 * Runs the basic tests of ethereum/tests: RLP, hex prefix, Merkle-Patricia tries, keys and addresses.
 *
 * @param dir the folder with `rlp-trie-basic.json.br`
 */
export function runBasic(dir: string): FolderResult {
  const file = join(dir, 'rlp-trie-basic.json.br');
  const files = JSON.parse(brotliDecompressSync(readFileSync(file)).toString()) as Record<string, object>;
  const failures: string[] = [];
  let passed = 0;
  for (const [path, content] of Object.entries(files)) {
    if (path in NOT_COVERED) continue;
    const check = CHECKS[path];
    // The file of the genesis block is one case, not a set of them.
    const cases = path === GENESIS_FILE ? { genesis: content } : content;
    for (const [name, vector] of Object.entries(cases)) {
      const failure = check ? attempt(check, vector) : 'no check is known for this file';
      if (failure === undefined) passed++;
      else failures.push(`${path}: ${name}: ${failure}`);
    }
  }
  return { suite: 'evm/basic', passed, failed: failures.length, failures };
}

function attempt(check: Check<never>, vector: unknown): string | undefined {
  try {
    return check(vector as never);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const GENESIS_FILE = 'BasicTests/genesishashestest.json';

/** Files without a check, and why. */
const NOT_COVERED: Readonly<Record<string, string>> = {
  'BasicTests/crypto.json': 'the encryption of the peer-to-peer protocol, which a chain here does not speak',
};

const CHECKS: Readonly<Record<string, Check<never>>> = {
  'RLPTests/rlptest.json': checkRlp,
  'RLPTests/invalidRLPTest.json': checkInvalidRlp,
  'BasicTests/hexencodetest.json': checkHexPrefix,
  'BasicTests/keyaddrtest.json': checkKey,
  'BasicTests/txtest.json': checkTransaction,
  'BasicTests/blockgenesistest.json': ({ result }: { readonly result: string }) =>
    checkCanonical(hex(result)),
  [GENESIS_FILE]: checkGenesis,
  'TrieTests/trietest.json': checkOrderedTrie((key) => key),
  'TrieTests/trieanyorder.json': checkAnyOrderTrie((key) => key),
  'TrieTests/trietest_secureTrie.json': checkOrderedTrie(keccak256),
  'TrieTests/trieanyorder_secureTrie.json': checkAnyOrderTrie(keccak256),
  'TrieTests/hex_encoded_securetrie_test.json': checkAnyOrderTrie(keccak256),
  'TrieTests/trietestnextprev.json': checkNeighbours,
};

/** Strings stand for their bytes, with `#` in front for a decimal integer; numbers for integers. */
type RlpJson = string | number | readonly RlpJson[];

function rlpValue(json: RlpJson): RlpValue {
  if (typeof json === 'number') return rlpFromUint(json);
  if (typeof json === 'string') {
    return json.startsWith('#') ? rlpFromUint(BigInt(json.slice(1))) : utf8ToBytes(json);
  }
  return json.map(rlpValue);
}

function checkRlp(vector: { readonly in: RlpJson; readonly out: string }): string | undefined {
  const value = rlpValue(vector.in);
  const encoded = hex(vector.out);
  const decoded = decodeRlp(encoded);
  return (
    differs('encoding', encodeRlp(value), encoded) ??
    // Compared as text, since both are byte strings in lists in lists.
    (shown(decoded) === shown(value) ? undefined : `decoded to ${shown(decoded)}`) ??
    differs('second encoding', encodeRlp(decoded), encoded)
  );
}

function shown(value: RlpValue): string {
  return value instanceof Uint8Array ? bytesToHex(value) : `[${value.map(shown).join()}]`;
}

function checkInvalidRlp(vector: { readonly in: string; readonly out: string }): string | undefined {
  if (vector.in === 'VALID') return checkCanonical(hex(vector.out));
  try {
    return `decoded to ${shown(decodeRlp(hex(vector.out)))}`;
  } catch (error) {
    return isNinefoldError(error) ? undefined : String(error);
  }
}

function checkCanonical(encoded: Bytes): string | undefined {
  return differs('second encoding', encodeRlp(decodeRlp(encoded)), encoded);
}

function checkHexPrefix(vector: {
  readonly seq: readonly number[];
  readonly term: boolean;
  readonly out: string;
}): string | undefined {
  const digits = vector.seq.map((nibble) => nibble.toString(16)).join('');
  const odd = digits.length % 2;
  const path = { bytes: hex((odd === 1 ? '0' : '') + digits), from: odd, to: odd + digits.length };
  return differs('hex prefix', hexPrefix(path, vector.term), hex(vector.out));
}

/** `sig_of_emptystring` is left out: its signers are recovered from no hash of nothing that is known. */
function checkKey(vector: {
  readonly seed: string;
  readonly key: string;
  readonly addr: string;
}): string | undefined {
  const key = keccak256(utf8ToBytes(vector.seed));
  return (
    differs('key', key, hex(vector.key)) ??
    differs('address', ethereumAddress(secp256k1.publicKey(key)), hex(vector.addr))
  );
}

function checkTransaction(vector: {
  readonly key: string;
  readonly nonce: number;
  readonly gasprice: number;
  readonly startgas: number;
  readonly to: string;
  readonly value: number;
  readonly data: string;
  readonly unsigned: string;
  readonly signed: string;
}): string | undefined {
  const payload = [
    rlpFromUint(vector.nonce),
    rlpFromUint(vector.gasprice),
    rlpFromUint(vector.startgas),
    hex(vector.to),
    // A multiple of so high a power of two that the number is exact.
    rlpFromUint(BigInt(vector.value)),
    hex(vector.data),
  ];
  const none = [EMPTY_BYTES, EMPTY_BYTES, EMPTY_BYTES];
  const signed = expectList(decodeRlp(hex(vector.signed)), 'signed transaction', 9);
  const [v, r, s] = signed.slice(6).map((item) => rlpToUint(expectBytes(item, 'signature'), 32));
  const signer = secp256k1.recover(keccak256(encodeRlp(payload)), r ?? 0n, s ?? 0n, Number(v) - 27);
  return (
    differs('unsigned', encodeRlp([...payload, ...none]), hex(vector.unsigned)) ??
    differs('signed', encodeRlp([...payload, ...signed.slice(6)]), hex(vector.signed)) ??
    differs('signer', signer, secp256k1.publicKey(hex(vector.key)))
  );
}

function checkGenesis(vector: {
  readonly genesis_rlp_hex: string;
  readonly genesis_state_root: string;
  readonly genesis_hash: string;
}): string | undefined {
  const block = hex(vector.genesis_rlp_hex);
  const [header = []] = expectList(decodeRlp(block), 'block', 3);
  const stateRoot = expectList(header, 'header', 15)[3] ?? EMPTY_BYTES;
  return (
    checkCanonical(block) ??
    differs('hash', keccak256(encodeRlp(header)), hex(vector.genesis_hash)) ??
    differs('state root', expectBytes(stateRoot, 'state root', 32), hex(vector.genesis_state_root))
  );
}

/** Changes in a given order; null removes. */
function checkOrderedTrie(
  keyOf: (key: Bytes) => Bytes,
): Check<{ readonly in: readonly (readonly [string, string | null])[]; readonly root: string }> {
  return (vector) => checkTrie(trieChanges(vector.in, keyOf), hex(vector.root));
}

/** Entries whose order does not matter. */
function checkAnyOrderTrie(
  keyOf: (key: Bytes) => Bytes,
): Check<{ readonly in: Readonly<Record<string, string>>; readonly root: string }> {
  return (vector) => {
    const changes = trieChanges(Object.entries(vector.in), keyOf);
    return checkTrie(changes, hex(vector.root)) ?? checkTrie(changes.toReversed(), hex(vector.root));
  };
}

function trieChanges(
  entries: readonly (readonly [string, string | null])[],
  keyOf: (key: Bytes) => Bytes,
): readonly Change[] {
  return entries.map(([key, value]) => [keyOf(text(key)), value === null ? undefined : text(value)]);
}

/** One by one, in one batch, and one by one through a store, with all values and proofs. */
function checkTrie(changes: readonly Change[], root: Bytes): string | undefined {
  const nodes = new Map<string, Bytes>();
  const source = { get: (hash: Bytes): Bytes | undefined => nodes.get(bytesToHex(hash)) };
  let oneByOne = emptyTrie;
  let stored: Trie = emptyTrie;
  for (const change of changes) {
    oneByOne = oneByOne.update([change]);
    stored = openTrie(stored.root(), source).update([change]);
    for (const { hash, rlp } of stored.unsavedNodes()) nodes.set(bytesToHex(hash), rlp);
  }
  const wrong =
    differs('root', oneByOne.root(), root) ??
    differs('root of a batch', emptyTrie.update(changes).root(), root) ??
    differs('root in a store', stored.root(), root);
  if (wrong !== undefined) return wrong;

  const last = new Map(changes.map(([key, value]) => [bytesToHex(key), value]));
  for (const [name, value] of last) {
    const key = hexToBytes(name);
    const proven = verifyProof(root, key, stored.prove(key));
    const failure = differs(`value of ${name}`, stored.get(key), value) ?? differs('proof', proven, value);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

/** The keys next to a key that need not be there: [key, previous, next], an empty string for none. */
function checkNeighbours(vector: {
  readonly in: readonly string[];
  readonly tests: readonly (readonly [string, string, string])[];
}): string | undefined {
  const trie = emptyTrie.update(vector.in.map((key) => [utf8ToBytes(key), utf8ToBytes(key)]));
  for (const [key, previous, next] of vector.tests) {
    const at = utf8ToBytes(key);
    const [before] = trie.entries({ lt: at, reverse: true, limit: 1 });
    // The first key after `at` is the first that is not before its successor.
    const [after] = trie.entries({ gte: Uint8Array.of(...at, 0), limit: 1 });
    const found = [before, after].map((entry) => (entry ? bytesToUtf8(entry[0]) : ''));
    if (found[0] !== previous || found[1] !== next) return `next to ${key}: ${found.join(' and ')}`;
  }
  return undefined;
}

/** Hex with or without the prefix. */
function hex(digits: string): Bytes {
  return hexToBytes(digits.startsWith('0x') ? digits : `0x${digits}`);
}

/** Hex when it begins like it, else the bytes of the characters. */
function text(value: string): Bytes {
  return value.startsWith('0x') ? hexToBytes(value) : utf8ToBytes(value);
}

function differs(what: string, got: Bytes | undefined, expected: Bytes | undefined): string | undefined {
  const [a, b] = [got, expected].map((bytes) => bytes && bytesToHex(bytes));
  return a === b ? undefined : `${what} ${a}, expected ${b}`;
}
