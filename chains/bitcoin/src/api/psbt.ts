import { base64ToBytes, type Bytes, bytesToBase64, concatBytes, isNinefoldError } from '@ninefold/base';
import {
  decodeTransaction,
  encodeTransaction,
  hashToHex,
  isPayToScriptHash,
  scriptToAsm,
  type TxOutput,
  weightOf,
  WireReader,
  witnessProgramOf,
} from '@ninefold/vm-bitcoin-script';
import { formatPath } from '../descriptor/keys.ts';
import { poolVsize } from '../pool/accept.ts';
import {
  allSpent,
  createPsbt,
  decodeOrigin,
  decodeWitness,
  getField,
  getFields,
  psbtSpent,
} from '../psbt/edit.ts';
import { PSBT_FIELDS, psbtField, type PsbtScope } from '../psbt/fields.ts';
import { decodePsbt, encodePsbt, type Psbt, type PsbtMap, psbtTransaction } from '../psbt/psbt.ts';
import {
  combinePsbts,
  describeScript,
  extractPsbt,
  finalizePsbt,
  hashTypeOf,
  isFinal,
  signPsbt,
  updateUtxo,
  withInput,
  withOutput,
} from '../psbt/roles.ts';
import { feeRateOf } from '../tx/amount.ts';
import { KeyRing } from '../wallet/key-ring.ts';
import type { Api } from './api.ts';
import { invalidParameter, undecodable } from './errors.ts';
import { formatOutput, formatScript, formatTransaction, hex, type Json } from './format.ts';
import { amount } from './json.ts';
import { may, methodsOf, need, type RpcMethods } from './method.ts';
import { readTransaction } from './outputs.ts';
import { parseObject, parseTransaction } from './parse.ts';
import { hashTypeName, readHashType } from './raw-transactions.ts';
import { readDescriptor, readRange } from './scan.ts';

const DEFAULT_RANGE = 1000;

/** A PSBT in base64. */
export function readPsbt(text: string): Psbt {
  try {
    return decodePsbt(base64ToBytes(text));
  } catch (error) {
    if (isNinefoldError(error, 'BASE_INVALID_BASE64')) throw undecodable('TX decode failed invalid base64');
    if (isNinefoldError(error)) throw undecodable(`TX decode failed ${error.message}`);
    throw error;
  }
}

export function writePsbt(psbt: Psbt): string {
  return bytesToBase64(encodePsbt(psbt));
}

/** Methods about partially signed transactions. */
export function psbtMethods(api: Api): RpcMethods {
  const { format } = api;
  return methodsOf('Rawtransactions', {
    createpsbt: [
      'Makes a PSBT of inputs and outputs.',
      [
        need('inputs', 'array'),
        need('outputs', 'any'),
        may('locktime', 'number'),
        may('replaceable', 'bool'),
        may('version', 'number'),
        may('psbt_version', 'number'),
      ],
      (args) => {
        const tx = readTransaction(
          args.array('inputs'),
          args.any('outputs'),
          args.longInteger('locktime', 0),
          args.any('replaceable') as boolean | undefined,
          format,
          args.longInteger('version', 2),
        );
        const version = args.integer('psbt_version', 0);
        if (version !== 0 && version !== 2) throw invalidParameter('The PSBT version can only be 2 or 0');
        return writePsbt(createPsbt(tx, version));
      },
    ],
    converttopsbt: [
      'Makes a PSBT of a transaction without its signatures.',
      [need('hexstring', 'string'), may('permitsigdata', 'bool'), may('iswitness', 'bool')],
      (args) => {
        const tx = parseTransaction(args.string('hexstring'), {
          witness: args.any('iswitness') as boolean | undefined,
        });
        const signed = tx.inputs.some(({ scriptSig, witness }) => scriptSig.length > 0 || witness.length > 0);
        if (signed && !args.bool('permitsigdata', false)) {
          throw undecodable('Inputs must not have scriptSigs and scriptWitnesses');
        }
        return writePsbt(createPsbt(tx));
      },
    ],
    decodepsbt: [
      'Returns the parts of a PSBT.',
      [need('psbt', 'string')],
      (args) => formatPsbt(readPsbt(args.string('psbt')), api),
    ],
    analyzepsbt: [
      'Says what a PSBT needs next.',
      [need('psbt', 'string')],
      (args) => analyze(readPsbt(args.string('psbt'))),
    ],
    utxoupdatepsbt: [
      'Adds what inputs spend, and what descriptors know.',
      [need('psbt', 'string'), may('descriptors', 'array')],
      (args) => {
        const ring = ringOfDescriptors(api, args.maybeArray('descriptors') ?? []).withoutSecrets();
        return writePsbt(updatePsbt(api, readPsbt(args.string('psbt')), ring));
      },
    ],
    combinepsbt: [
      'Makes one of several PSBTs of a transaction.',
      [need('txs', 'array')],
      (args) => {
        const psbts = args.array('txs').map((text) => readPsbt(String(text)));
        const [first, ...others] = psbts;
        if (first === undefined) throw invalidParameter("Parameter 'txs' cannot be empty");
        try {
          return writePsbt(combinePsbts([first, ...others]));
        } catch (error) {
          if (isNinefoldError(error, 'PSBT_DIFFERENT_TRANSACTIONS')) {
            throw invalidParameter('PSBTs not compatible (different transactions)');
          }
          throw error;
        }
      },
    ],
    joinpsbts: [
      'Makes one transaction of several PSBTs: all their inputs and outputs.',
      [need('txs', 'array')],
      (args) => writePsbt(joinPsbts(args.array('txs').map((text) => readPsbt(String(text))))),
    ],
    finalizepsbt: [
      'Makes the transaction of a PSBT that is signed.',
      [need('psbt', 'string'), may('extract', 'bool')],
      (args) => {
        const { psbt, complete } = finalizePsbt(readPsbt(args.string('psbt')));
        if (!complete || !args.bool('extract', true)) return { psbt: writePsbt(psbt), complete };
        return { hex: hex(encodeTransaction(extractPsbt(psbt))), complete };
      },
    ],
    descriptorprocesspsbt: [
      'Updates a PSBT by descriptors, and signs with their keys.',
      [
        need('psbt', 'string'),
        need('descriptors', 'array'),
        may('sighashtype', 'string'),
        may('bip32derivs', 'bool'),
        may('finalize', 'bool'),
      ],
      (args) => {
        const ring = ringOfDescriptors(api, args.array('descriptors'));
        const hashType = readHashType(args.maybeString('sighashtype'));
        const updated = updatePsbt(api, readPsbt(args.string('psbt')), ring);
        return processed(signAs(updated, ring, hashType), ring, args.bool('finalize', true));
      },
    ],
  });
}

/** As {@link signPsbt}, with what it refuses as an answer. */
export function signAs(psbt: Psbt, ring: KeyRing, hashType?: number): Psbt {
  try {
    return signPsbt(psbt, ring, { hashType });
  } catch (error) {
    if (isNinefoldError(error, 'PSBT_HASH_TYPE_MISMATCH')) throw undecodable(error.message);
    throw error;
  }
}

/** What became of a PSBT that was signed: with the transaction when it is whole. */
export function processed(psbt: Psbt, ring: KeyRing, finalize: boolean): Json {
  const final = finalizePsbt(psbt, ring);
  const shown = finalize ? final.psbt : psbt;
  return {
    psbt: writePsbt(shown),
    complete: final.complete,
    hex: final.complete && finalize ? hex(encodeTransaction(extractPsbt(final.psbt))) : undefined,
  };
}

/** Keys and scripts of descriptors, each a text or an object with a range. */
export function ringOfDescriptors(api: Api, objects: readonly unknown[]): KeyRing {
  const ring = new KeyRing();
  for (const object of objects) {
    const { desc, range } =
      typeof object === 'string' ? { desc: object, range: undefined } : parseObject(object);
    const descriptor = readDescriptor(String(desc), api);
    const [begin, end] = range === undefined ? [0, DEFAULT_RANGE] : readRange(range);
    for (let index = begin; index <= (descriptor.isRange ? end : begin); index++) {
      ring.addDescriptor(descriptor, index);
    }
  }
  return ring;
}

/** Adds what inputs spend where it is known, and what a ring knows of inputs and outputs. */
export function updatePsbt(api: Api, psbt: Psbt, ring: KeyRing): Psbt {
  const { node } = api;
  let result = psbt;
  const tx = psbtTransaction(psbt);
  tx.inputs.forEach(({ prevout }, i) => {
    if (isFinal(psbt.inputs[i] as PsbtMap)) return;
    const id = hashToHex(prevout.txid);
    const previous = node.find(id)?.tx;
    const output = previous?.outputs[prevout.vout] ?? node.coin(id, prevout.vout, true);
    if (output !== undefined && psbtSpent(result, i) === undefined) {
      const segwit = isSegwitOutput(output, ring);
      result = updateUtxo(result, i, output, segwit ? undefined : previous, segwit);
    }
    const spent = psbtSpent(result, i);
    if (spent === undefined) return;
    result = withInput(
      result,
      i,
      describeScript(result.inputs[i] as PsbtMap, 'input', spent.scriptPubKey, ring),
    );
  });
  tx.outputs.forEach(({ scriptPubKey }, i) => {
    result = withOutput(
      result,
      i,
      describeScript(result.outputs[i] as PsbtMap, 'output', scriptPubKey, ring),
    );
  });
  return result;
}

function isSegwitOutput({ scriptPubKey }: TxOutput, ring: KeyRing): boolean {
  if (witnessProgramOf(scriptPubKey) !== undefined) return true;
  if (!isPayToScriptHash(scriptPubKey)) return false;
  const redeem = ring.script(scriptPubKey.subarray(2, 22));
  return redeem !== undefined && witnessProgramOf(redeem) !== undefined;
}

function joinPsbts(psbts: readonly Psbt[]): Psbt {
  if (psbts.length <= 1) throw invalidParameter('At least two PSBTs are required to join PSBTs.');
  const txs = psbts.map(psbtTransaction);
  const inputs = txs.flatMap((tx) => tx.inputs);
  const names = inputs.map(({ prevout }) => `${hashToHex(prevout.txid)}:${prevout.vout}`);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw invalidParameter(`Input ${twice} exists in multiple PSBTs`);
  const whole = createPsbt({
    version: Math.max(...txs.map(({ version }) => version)),
    inputs,
    outputs: txs.flatMap((tx) => tx.outputs),
    locktime: Math.min(...txs.map(({ locktime }) => locktime)),
  });
  return {
    ...whole,
    inputs: psbts.flatMap((psbt) => psbt.inputs.map((map) => ofVersion0(map, 'input'))),
    outputs: psbts.flatMap((psbt) => psbt.outputs.map((map) => ofVersion0(map, 'output'))),
  };
}

/** What a map tells that version 0 has a place for: the rest is in its transaction. */
function ofVersion0(map: PsbtMap, scope: PsbtScope): PsbtMap {
  return map.filter(({ type }) => psbtField(scope, type)?.version !== 2);
}

/** Fields that are shown by a name of their own; others stand under `unknown`. */
function unknownOf(map: PsbtMap, scope: PsbtScope): Json | undefined {
  const known = new Set(PSBT_FIELDS[scope].map(({ type }) => type));
  const others = map.filter(({ type }) => !known.has(type));
  if (others.length === 0) return undefined;
  return Object.fromEntries(
    others.map(({ type, key, value }) => [hex(concatBytes(Uint8Array.of(type), key)), hex(value)]),
  );
}

function proprietaryOf(map: PsbtMap, scope: PsbtScope): readonly Json[] {
  return getFields(map, scope, 'PROPRIETARY').map(({ key, value }) => {
    const reader = new WireReader(key);
    const identifier = hex(reader.blob());
    const subtype = reader.compactSize();
    return { identifier, subtype, key: hex(key.subarray(reader.at)), value: hex(value) };
  });
}

function formatPsbt(psbt: Psbt, { format }: Api): Json {
  const { global, version } = psbt;
  const tx = psbtTransaction(psbt);
  const spent = allSpent(psbt);
  const whole = spent.every((output): output is TxOutput => output !== undefined);
  const total = whole ? spent.reduce((sum, { value }) => sum + value, 0n) : 0n;
  const paid = tx.outputs.reduce((sum, { value }) => sum + value, 0n);
  return {
    tx: formatTransaction(tx, format, { hex: false }),
    global_xpubs: getFields(global, 'global', 'XPUB').map(({ key, value }) => {
      const { fingerprint, path } = decodeOrigin(value);
      return { xpub: hex(key), master_fingerprint: hex(fingerprint), path: `m${formatPath(path)}` };
    }),
    psbt_version: version,
    proprietary: proprietaryOf(global, 'global'),
    unknown: unknownOf(global, 'global') ?? {},
    inputs: psbt.inputs.map((map) => formatInput(map, format)),
    outputs: psbt.outputs.map((map) => formatPsbtOutput(map)),
    fee: whole && spent.length > 0 ? amount(total - paid) : undefined,
  };
}

const showScript = (script: Bytes | undefined, format: Api['format']): Json | undefined => {
  if (script === undefined) return undefined;
  const { asm, type } = formatScript(script, format);
  return { asm, hex: hex(script), type };
};

const optionalHex = (value: Bytes | undefined): string | undefined => value && hex(value);
const listOr = <Item>(items: readonly Item[]): readonly Item[] | undefined =>
  items.length === 0 ? undefined : items;

function derivations(map: PsbtMap, scope: 'input' | 'output'): readonly Json[] | undefined {
  return listOr(
    getFields(map, scope, 'BIP32_DERIVATION').map(({ key, value }) => {
      const { fingerprint, path } = decodeOrigin(value);
      return { pubkey: hex(key), master_fingerprint: hex(fingerprint), path: `m${formatPath(path)}` };
    }),
  );
}

function tapDerivations(map: PsbtMap, scope: 'input' | 'output'): readonly Json[] | undefined {
  return listOr(
    getFields(map, scope, 'TAP_BIP32_DERIVATION').map(({ key, value }) => {
      const reader = new WireReader(value);
      const hashes = reader.list(32, () => reader.raw(32));
      const { fingerprint, path } = decodeOrigin(value.subarray(reader.at));
      return {
        pubkey: hex(key),
        master_fingerprint: hex(fingerprint),
        path: `m${formatPath(path)}`,
        leaf_hashes: hashes.map(hex),
      };
    }),
  );
}

function formatInput(map: PsbtMap, format: Api['format']): Json {
  const field = (name: string): Bytes | undefined => getField(map, 'input', name);
  const whole = field('NON_WITNESS_UTXO');
  const output = field('WITNESS_UTXO');
  const type = hashTypeOf(map);
  const scriptSig = field('FINAL_SCRIPTSIG');
  const witness = field('FINAL_SCRIPTWITNESS');
  const signatures = getFields(map, 'input', 'PARTIAL_SIG');
  const preimages = (name: string): Json | undefined => {
    const entries = getFields(map, 'input', name);
    if (entries.length === 0) return undefined;
    return Object.fromEntries(entries.map(({ key, value }) => [hex(key), hex(value)]));
  };
  return {
    non_witness_utxo: whole && formatTransaction(decodeTransaction(whole), format, { hex: false }),
    witness_utxo: output && witnessUtxo(output, format),
    partial_signatures:
      signatures.length === 0
        ? undefined
        : Object.fromEntries(signatures.map(({ key, value }) => [hex(key), hex(value)])),
    sighash: type === undefined ? undefined : hashTypeName(type),
    redeem_script: showScript(field('REDEEM_SCRIPT'), format),
    witness_script: showScript(field('WITNESS_SCRIPT'), format),
    bip32_derivs: derivations(map, 'input'),
    final_scriptSig: scriptSig && { asm: scriptToAsm(scriptSig), hex: hex(scriptSig) },
    final_scriptwitness: witness && decodeWitness(witness).map(hex),
    ripemd160_preimages: preimages('RIPEMD160'),
    sha256_preimages: preimages('SHA256'),
    hash160_preimages: preimages('HASH160'),
    hash256_preimages: preimages('HASH256'),
    taproot_key_path_sig: optionalHex(field('TAP_KEY_SIG')),
    taproot_script_path_sigs: listOr(
      getFields(map, 'input', 'TAP_SCRIPT_SIG').map(({ key, value }) => ({
        pubkey: hex(key.subarray(0, 32)),
        leaf_hash: hex(key.subarray(32)),
        sig: hex(value),
      })),
    ),
    taproot_scripts: listOr(
      getFields(map, 'input', 'TAP_LEAF_SCRIPT').map(({ key, value }) => ({
        script: hex(value.subarray(0, -1)),
        leaf_ver: value[value.length - 1],
        control_blocks: [hex(key)],
      })),
    ),
    taproot_bip32_derivs: tapDerivations(map, 'input'),
    taproot_internal_key: optionalHex(field('TAP_INTERNAL_KEY')),
    taproot_merkle_root: optionalHex(field('TAP_MERKLE_ROOT')),
    proprietary: listOr(proprietaryOf(map, 'input')),
    unknown: unknownOf(map, 'input'),
  };
}

function witnessUtxo(value: Bytes, format: Api['format']): Json {
  const reader = new WireReader(value);
  const { n: _, ...shown } = formatOutput({ value: reader.i64(), scriptPubKey: reader.blob() }, 0, format);
  const { value: worth, scriptPubKey } = shown;
  return { amount: worth, scriptPubKey };
}

function formatPsbtOutput(map: PsbtMap): Json {
  const redeem = getField(map, 'output', 'REDEEM_SCRIPT');
  const witness = getField(map, 'output', 'WITNESS_SCRIPT');
  const tree = getField(map, 'output', 'TAP_TREE');
  return {
    redeem_script: redeem && { asm: scriptToAsm(redeem), hex: hex(redeem) },
    witness_script: witness && { asm: scriptToAsm(witness), hex: hex(witness) },
    bip32_derivs: derivations(map, 'output'),
    taproot_internal_key: optionalHex(getField(map, 'output', 'TAP_INTERNAL_KEY')),
    taproot_tree: tree && tapTree(tree),
    taproot_bip32_derivs: tapDerivations(map, 'output'),
    proprietary: listOr(proprietaryOf(map, 'output')),
    unknown: unknownOf(map, 'output'),
  };
}

function tapTree(value: Bytes): readonly Json[] {
  const reader = new WireReader(value);
  const leaves: Json[] = [];
  while (reader.at < value.length) {
    leaves.push({ depth: reader.u8(), leaf_ver: reader.u8(), script: hex(reader.blob()) });
  }
  return leaves;
}

/** Who has to act on a PSBT next. */
function analyze(psbt: Psbt): Json {
  const tx = psbtTransaction(psbt);
  const spent = allSpent(psbt);
  const order = ['creator', 'updater', 'signer', 'finalizer', 'extractor'];
  const inputs = psbt.inputs.map((map, i) => {
    const known = spent[i] !== undefined;
    const next = !known ? 'updater' : isFinal(map) ? 'extractor' : signersTurn(psbt, i);
    return { has_utxo: known, is_final: isFinal(map), next };
  });
  const next = inputs.reduce(
    (least, one) => (order.indexOf(one.next) < order.indexOf(least) ? one.next : least),
    'extractor',
  );
  if (!spent.every((output): output is TxOutput => output !== undefined)) return { inputs, next };
  const total = spent.reduce((sum, { value }) => sum + value, 0n);
  const fee = total - tx.outputs.reduce((sum, { value }) => sum + value, 0n);
  const final = finalizePsbt(psbt);
  const vsize = final.complete ? poolVsize(weightOf(extractPsbt(final.psbt)), 0) : undefined;
  return {
    inputs,
    estimated_vsize: vsize,
    estimated_feerate: vsize === undefined ? undefined : amount(feeRateOf(fee, vsize)),
    fee: amount(fee),
    next,
  };
}

function signersTurn(psbt: Psbt, index: number): 'signer' | 'finalizer' {
  const { psbt: final } = finalizePsbt(psbt);
  return isFinal(final.inputs[index] as PsbtMap) ? 'finalizer' : 'signer';
}
