import { type Bytes, concatBytes } from '@ninefold/base';
import { decodeTransaction, scriptToAsm, type TxOutput, WireReader } from '@ninefold/vm-bitcoin-script';
import { formatPath } from '../descriptor/keys.ts';
import type { Missing, PsbtAnalysis } from '../psbt/analysis.ts';
import { allSpent, decodeOrigin, decodeWitness, getField, getFields } from '../psbt/edit.ts';
import { PSBT_FIELDS, type PsbtScope } from '../psbt/fields.ts';
import { type Psbt, type PsbtMap, psbtTransaction } from '../psbt/psbt.ts';
import { hashTypeOf } from '../psbt/roles.ts';
import { feeRateOf } from '../tx/amount.ts';
import type { Api } from './api.ts';
import { formatOutput, formatScript, formatTransaction, hex, type Json } from './format.ts';
import { amount } from './json.ts';
import { hashTypeName } from './raw-transactions.ts';

/*
 * Partially signed transactions as Bitcoin Core's JSON-RPC shows them.
 */

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

/** A PSBT as `decodepsbt` shows it. */
export function formatPsbt(psbt: Psbt, { format }: Api): Json {
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

/** What a PSBT needs next, as `analyzepsbt` tells it. */
export function formatAnalysis(analysis: PsbtAnalysis): Json {
  if ('fault' in analysis) return { inputs: [], next: 'creator', error: analysis.fault };
  const { inputs, next, fee, vsize } = analysis;
  return {
    inputs: inputs.map(({ hasUtxo, isFinal, next: turn, missing }) => ({
      has_utxo: hasUtxo,
      is_final: isFinal,
      next: turn,
      missing: formatMissing(missing),
    })),
    estimated_vsize: vsize,
    estimated_feerate: vsize === undefined || fee === undefined ? undefined : amount(feeRateOf(fee, vsize)),
    fee: fee === undefined ? undefined : amount(fee),
    next,
  };
}

function formatMissing({ pubkeys, redeemScript, witnessScript, signatures }: Missing): Json | undefined {
  const missing = {
    pubkeys: listOr(pubkeys.map(hex)),
    redeemscript: optionalHex(redeemScript),
    witnessscript: optionalHex(witnessScript),
    signatures: listOr(signatures.map(hex)),
  };
  return Object.values(missing).some((one) => one !== undefined) ? missing : undefined;
}
