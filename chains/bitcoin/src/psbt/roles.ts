import {
  type Bytes,
  bytesToHex,
  concatBytes,
  defineErrors,
  EMPTY_BYTES,
  equalBytes,
  hexToBytes,
} from '@ninefold/base';
import {
  encodeTransaction,
  SCRIPT_FLAGS,
  SIGHASH_ALL,
  SIGHASH_DEFAULT,
  SignatureHasher,
  STANDARD_FLAGS,
  TAPROOT_LEAF_MASK,
  tapLeafHash,
  type Transaction,
  type TxInput,
  type TxOutput,
  verifyInput,
  WireReader,
  WireWriter,
  witnessProgramOf,
} from '@ninefold/vm-bitcoin-script';
import { KeyRing } from '../wallet/key-ring.ts';
import { type InputSolution, noSignatures, type Signatures, signInput } from '../wallet/sign.ts';
import {
  allSpent,
  decodeOrigin,
  decodeWitness,
  dropFields,
  encodeOrigin,
  encodeTxOutput,
  encodeWitness,
  entryName,
  getField,
  getFields,
  setField,
} from './edit.ts';
import { type Psbt, type PsbtMap, psbtTransaction } from './psbt.ts';

/*
 * What is done with partially signed transactions after their creation (BIP 174, "Roles").
 */

const fail = defineErrors({
  PSBT_DIFFERENT_TRANSACTIONS: (_context: Readonly<Record<string, never>>) =>
    'Only PSBTs of one transaction can be combined',
  PSBT_HASH_TYPE_MISMATCH: (_context: Readonly<Record<string, never>>) =>
    'Specified sighash value does not match value stored in PSBT',
  PSBT_NOT_FINAL: (c: { readonly input: number }) => `Input ${c.input} is not finalized`,
});

/** What is of no use once an input is final. */
const DROPPED_WHEN_FINAL = [
  'PARTIAL_SIG',
  'SIGHASH_TYPE',
  'REDEEM_SCRIPT',
  'WITNESS_SCRIPT',
  'BIP32_DERIVATION',
  'RIPEMD160',
  'SHA256',
  'HASH160',
  'HASH256',
  'TAP_KEY_SIG',
  'TAP_SCRIPT_SIG',
  'TAP_LEAF_SCRIPT',
  'TAP_BIP32_DERIVATION',
  'TAP_INTERNAL_KEY',
  'TAP_MERKLE_ROOT',
  'MUSIG2_PARTICIPANT_PUBKEYS',
  'MUSIG2_PUB_NONCE',
  'MUSIG2_PARTIAL_SIG',
];

export function isFinal(map: PsbtMap): boolean {
  return (
    getField(map, 'input', 'FINAL_SCRIPTSIG') !== undefined ||
    getField(map, 'input', 'FINAL_SCRIPTWITNESS') !== undefined
  );
}

/** Updater: tells what an input spends: the output where witnesses commit to it, else the transaction. */
export function updateUtxo(
  psbt: Psbt,
  index: number,
  output: TxOutput,
  previous: Transaction | undefined,
  isSegwit: boolean,
): Psbt {
  let map = psbt.inputs[index] as PsbtMap;
  if (previous !== undefined && !isTaproot(output)) {
    map = setField(map, 'input', 'NON_WITNESS_UTXO', encodeTransaction(previous));
  }
  if (isSegwit) map = setField(map, 'input', 'WITNESS_UTXO', encodeTxOutput(output));
  return withInput(psbt, index, map);
}

const isTaproot = ({ scriptPubKey }: TxOutput): boolean => witnessProgramOf(scriptPubKey)?.version === 1;

export function withInput(psbt: Psbt, index: number, map: PsbtMap): Psbt {
  return { ...psbt, inputs: psbt.inputs.map((old, i) => (i === index ? map : old)) };
}

export function withOutput(psbt: Psbt, index: number, map: PsbtMap): Psbt {
  return { ...psbt, outputs: psbt.outputs.map((old, i) => (i === index ? map : old)) };
}

/** Updater: adds scripts and keys' origins that a ring knows of an output's script. */
export function describeScript(
  map: PsbtMap,
  scope: 'input' | 'output',
  script: Bytes,
  ring: KeyRing,
): PsbtMap {
  let result = map;
  let inner = script;
  const program = (): ReturnType<typeof witnessProgramOf> => witnessProgramOf(inner);
  if (script.length === 23 && script[0] === 0xa9) {
    const redeem = ring.script(script.subarray(2, 22));
    if (redeem === undefined) return result;
    result = setField(result, scope, 'REDEEM_SCRIPT', redeem);
    inner = redeem;
  }
  const witness = program();
  if (witness?.version === 1 && witness.program.length === 32 && inner === script) {
    return describeTaproot(result, scope, witness.program, ring);
  }
  if (witness?.version === 0 && witness.program.length === 32) {
    const witnessScript = ring.script(witness.program);
    if (witnessScript === undefined) return result;
    result = setField(result, scope, 'WITNESS_SCRIPT', witnessScript);
    inner = witnessScript;
  }
  for (const key of keysIn(inner, ring)) {
    const origin = encodeOrigin(key.origin.fingerprint, key.origin.path);
    result = setField(result, scope, 'BIP32_DERIVATION', origin, key.publicKey);
  }
  return result;
}

function keysIn(script: Bytes, ring: KeyRing): NonNullable<ReturnType<KeyRing['key']>>[] {
  const keys: NonNullable<ReturnType<KeyRing['key']>>[] = [];
  // Keys and their hashes stand behind their lengths: what is none of them is no key of the ring.
  for (let at = 0; at < script.length; at++) {
    const size = script[at] as number;
    const data = script.subarray(at + 1, at + 1 + size);
    const key = size === 33 || size === 65 ? ring.key(data) : size === 20 ? ring.keyByHash(data) : undefined;
    if (key !== undefined && data.length === size) keys.push(key);
  }
  return keys;
}

function describeTaproot(map: PsbtMap, scope: 'input' | 'output', outputKey: Bytes, ring: KeyRing): PsbtMap {
  const known = ring.taproot(outputKey);
  if (known === undefined) return map;
  let result = setField(map, scope, 'TAP_INTERNAL_KEY', known.internalKey);
  const { leaves, root } = known.output;
  if (scope === 'input') {
    if (root !== undefined) result = setField(result, scope, 'TAP_MERKLE_ROOT', root);
    for (const { script, version, controlBlock } of leaves) {
      const value = concatBytes(script, Uint8Array.of(version));
      result = setField(result, scope, 'TAP_LEAF_SCRIPT', value, controlBlock);
    }
  }
  const origins = new Map<string, Bytes[]>([[bytesToHex(known.internalKey), []]]);
  for (const { script, leafHash } of leaves) {
    for (let at = 0; at + 33 <= script.length; at++) {
      const key = script[at] === 32 ? script.subarray(at + 1, at + 33) : undefined;
      if (key === undefined || ring.key(key) === undefined) continue;
      const name = bytesToHex(key);
      origins.set(name, [...(origins.get(name) ?? []), leafHash]);
    }
  }
  for (const [name, hashes] of origins) {
    const key = hexToBytes(name);
    const found = ring.key(key);
    if (found === undefined) continue;
    const value = new WireWriter().compactSize(hashes.length).raw(concatBytes(...hashes));
    value.raw(encodeOrigin(found.origin.fingerprint, found.origin.path));
    result = setField(result, scope, 'TAP_BIP32_DERIVATION', value.finish(), key);
  }
  return result;
}

/**
 * What an input's map tells besides its signatures, above one's own ring: that one learns nothing from
 * others, and what it knows itself is not told otherwise.
 */
export function knownOf(map: PsbtMap, own: KeyRing | undefined): KeyRing {
  const ring = new KeyRing(own);
  for (const name of ['REDEEM_SCRIPT', 'WITNESS_SCRIPT']) {
    const script = getField(map, 'input', name);
    if (script !== undefined) ring.addScript(script);
  }
  for (const { key, value } of getFields(map, 'input', 'BIP32_DERIVATION')) {
    if (ring.key(key) !== undefined) continue;
    ring.addKey({ publicKey: key, privateKey: undefined, origin: decodeOrigin(value) });
  }
  for (const { key } of getFields(map, 'input', 'PARTIAL_SIG')) {
    if (ring.key(key) === undefined) {
      ring.addKey({
        publicKey: key,
        privateKey: undefined,
        origin: { fingerprint: new Uint8Array(4), path: [] },
      });
    }
  }
  return ring;
}

/** Adds the Taproot output of an input as its fields describe it, unless the ring knows it better. */
function addTaproot(map: PsbtMap, spent: TxOutput, ring: KeyRing): void {
  const program = witnessProgramOf(spent.scriptPubKey);
  if (program?.version !== 1 || program.program.length !== 32 || ring.taproot(program.program) !== undefined)
    return;
  const leaves = getFields(map, 'input', 'TAP_LEAF_SCRIPT').map(({ key, value }) => {
    const script = value.slice(0, -1);
    const version = (value[value.length - 1] as number) & TAPROOT_LEAF_MASK;
    return { script, version, controlBlock: key, leafHash: tapLeafHash(version, script) };
  });
  ring.addTaproot({
    internalKey: getField(map, 'input', 'TAP_INTERNAL_KEY') ?? program.program,
    output: {
      key: program.program.slice(),
      parity: 0,
      root: getField(map, 'input', 'TAP_MERKLE_ROOT'),
      leaves,
    },
    nodes: [],
    index: 0,
  });
}

function signaturesOf(map: PsbtMap): Signatures {
  const signatures = noSignatures();
  for (const { key, value } of getFields(map, 'input', 'PARTIAL_SIG')) {
    signatures.ecdsa.set(bytesToHex(key), value);
  }
  signatures.tapKey = getField(map, 'input', 'TAP_KEY_SIG');
  for (const { key, value } of getFields(map, 'input', 'TAP_SCRIPT_SIG')) {
    signatures.tapScript.set(bytesToHex(key).slice(2), value);
  }
  return signatures;
}

function preimagesOf(map: PsbtMap): Map<string, Bytes> {
  const names = ['RIPEMD160', 'SHA256', 'HASH160', 'HASH256'];
  return new Map(
    names.flatMap((name) =>
      getFields(map, 'input', name).map(({ key, value }) => [bytesToHex(key), value] as const),
    ),
  );
}

/** What an input says of its hash type. */
export function hashTypeOf(map: PsbtMap): number | undefined {
  const value = getField(map, 'input', 'SIGHASH_TYPE');
  return value === undefined ? undefined : new WireReader(value).u32();
}

const BLANK: TxOutput = { value: -1n, scriptPubKey: EMPTY_BYTES };

function hasherOf(psbt: Psbt, spent: readonly (TxOutput | undefined)[]): SignatureHasher {
  return new SignatureHasher(
    psbtTransaction(psbt),
    spent.map((output) => output ?? BLANK),
  );
}

/**
 * The hash type to sign an input with. What an input asks for has to be what the signer wants: whoever
 * made it may ask for signatures that leave outputs open.
 */
function hashTypeFor(map: PsbtMap, wanted: number = SIGHASH_DEFAULT): number {
  const asked = hashTypeOf(map);
  const same = asked === undefined || asked === wanted;
  // Without a wish, either name of "all of it" will do.
  const whole = wanted === SIGHASH_DEFAULT && asked === SIGHASH_ALL;
  if (!same && !whole) throw fail('PSBT_HASH_TYPE_MISMATCH', {});
  return asked ?? wanted;
}

/**
 * Signer: adds the signatures a ring can make.
 *
 * @param options `hashType`: all of the transaction by default
 * @throws `PSBT_HASH_TYPE_MISMATCH` when an input asks for another
 */
export function signPsbt(
  psbt: Psbt,
  ring: KeyRing,
  options: { readonly hashType?: number | undefined } = {},
): Psbt {
  const all = allSpent(psbt);
  const hasher = hasherOf(psbt, all);
  let result = psbt;
  psbt.inputs.forEach((map, i) => {
    const spent = all[i];
    if (spent === undefined || isFinal(map)) return;
    const signatures = signaturesOf(map);
    const known = knownOf(map, ring);
    addTaproot(map, spent, known);
    signInput(hasher, i, {
      ring: known,
      signatures,
      hashType: hashTypeFor(map, options.hashType),
      preimages: preimagesOf(map),
    });
    result = withInput(result, i, storeSignatures(map, signatures));
  });
  return result;
}

function storeSignatures(map: PsbtMap, { ecdsa, tapKey, tapScript }: Signatures): PsbtMap {
  let result = map;
  for (const [key, value] of ecdsa) result = setField(result, 'input', 'PARTIAL_SIG', value, hexToBytes(key));
  if (tapKey !== undefined) result = setField(result, 'input', 'TAP_KEY_SIG', tapKey);
  for (const [name, value] of tapScript) {
    result = setField(result, 'input', 'TAP_SCRIPT_SIG', value, hexToBytes(`0x${name}`));
  }
  return result;
}

/** Combiner: what several know of one transaction; of two values for one key, the first stays. */
export function combinePsbts(psbts: readonly [Psbt, ...Psbt[]]): Psbt {
  const [first, ...others] = psbts;
  const id = (psbt: Psbt): Bytes => encodeTransaction(psbtTransaction(psbt), { witness: false });
  const isOther = (other: Psbt): boolean =>
    other.version !== first.version || !equalBytes(id(other), id(first));
  if (others.some(isOther)) throw fail('PSBT_DIFFERENT_TRANSACTIONS', {});
  const merge = (maps: readonly PsbtMap[]): PsbtMap => {
    const entries = new Map(
      [...maps].reverse().flatMap((map) => map.map((entry) => [entryName(entry), entry] as const)),
    );
    return [...entries.values()].sort((a, b) => a.type - b.type || (entryName(a) < entryName(b) ? -1 : 1));
  };
  return {
    version: first.version,
    global: merge(psbts.map(({ global }) => global)),
    inputs: first.inputs.map((_, i) => merge(psbts.map(({ inputs }) => inputs[i] ?? []))),
    outputs: first.outputs.map((_, i) => merge(psbts.map(({ outputs }) => outputs[i] ?? []))),
  };
}

/**
 * Finalizer: makes what goes into inputs of the signatures that are there.
 *
 * @returns `complete` when all inputs are final
 */
export function finalizePsbt(psbt: Psbt, own?: KeyRing): { readonly psbt: Psbt; readonly complete: boolean } {
  const all = allSpent(psbt);
  const hasher = hasherOf(psbt, all);
  let result = psbt;
  psbt.inputs.forEach((map, i) => {
    const spent = all[i];
    if (spent === undefined || isFinal(map)) return;
    const ring = knownOf(map, own);
    addTaproot(map, spent, ring);
    const solution = signInput(hasher, i, {
      // Finalizing signs nothing.
      ring: ring.withoutSecrets(),
      signatures: signaturesOf(map),
      preimages: preimagesOf(map),
    });
    if (solution === undefined) return;
    let final = dropFields(map, 'input', DROPPED_WHEN_FINAL);
    if (solution.scriptSig.length > 0)
      final = setField(final, 'input', 'FINAL_SCRIPTSIG', solution.scriptSig);
    if (solution.witness.length > 0) {
      final = setField(final, 'input', 'FINAL_SCRIPTWITNESS', encodeWitness(solution.witness));
    }
    if (isFinal(final) && isValid(hasher, i, solution)) result = withInput(result, i, final);
  });
  return { psbt: result, complete: result.inputs.every(isFinal) };
}

function isValid({ tx, spentOutputs }: SignatureHasher, index: number, solution: InputSolution): boolean {
  const inputs = tx.inputs.with(index, { ...(tx.inputs[index] as TxInput), ...solution });
  const flags = STANDARD_FLAGS & ~SCRIPT_FLAGS.CLEANSTACK;
  return verifyInput({ ...tx, inputs }, spentOutputs, index, flags) === undefined;
}

/** The transaction with what is final in it. */
function fill(psbt: Psbt): Transaction {
  const tx = psbtTransaction(psbt);
  return {
    ...tx,
    inputs: tx.inputs.map((input, i) => {
      const map = psbt.inputs[i] as PsbtMap;
      const witness = getField(map, 'input', 'FINAL_SCRIPTWITNESS');
      return {
        ...input,
        scriptSig: getField(map, 'input', 'FINAL_SCRIPTSIG') ?? EMPTY_BYTES,
        witness: witness === undefined ? [] : decodeWitness(witness),
      };
    }),
  };
}

/**
 * Extractor: the transaction that is ready to be sent.
 *
 * @throws `PSBT_NOT_FINAL`
 */
export function extractPsbt(psbt: Psbt): Transaction {
  const input = psbt.inputs.findIndex((map) => !isFinal(map));
  if (input >= 0) throw fail('PSBT_NOT_FINAL', { input });
  return fill(psbt);
}
