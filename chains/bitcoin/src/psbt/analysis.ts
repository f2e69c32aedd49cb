import { type Bytes, bytesToHex } from '@ninefold/base';
import {
  hash160,
  MAX_MONEY,
  sigopCost,
  SignatureHasher,
  STANDARD_FLAGS,
  type Transaction,
  type TxOutput,
  weightOf,
  witnessProgramOf,
} from '@ninefold/vm-bitcoin-script';
import { isUnspendable } from '../ledger/coins.ts';
import { poolVsize } from '../pool/accept.ts';
import { classifyScript } from '../tx/script-type.ts';
import { KeyRing } from '../wallet/key-ring.ts';
import { noSignatures, signInput } from '../wallet/sign.ts';
import { allSpent, decodeWitness, getField, getFields } from './edit.ts';
import { type Psbt, type PsbtMap, psbtTransaction } from './psbt.ts';
import { finalizePsbt, isFinal, knownOf } from './roles.ts';

/*
 * What a partially signed transaction still needs, input by input.
 */

/** Who has to act next, in the order in which they do. */
const PSBT_ROLES = ['creator', 'updater', 'signer', 'finalizer', 'extractor'] as const;
type PsbtRole = (typeof PSBT_ROLES)[number];

/** Hashes of what nobody has told. */
export type Missing = {
  readonly pubkeys: readonly Bytes[];
  readonly redeemScript: Bytes | undefined;
  readonly witnessScript: Bytes | undefined;
  /** Of the keys whose signatures are missing. */
  readonly signatures: readonly Bytes[];
};

export type InputAnalysis = {
  readonly hasUtxo: boolean;
  readonly isFinal: boolean;
  readonly next: PsbtRole;
  readonly missing: Missing;
};

export type PsbtAnalysis =
  | {
      readonly inputs: readonly InputAnalysis[];
      readonly next: PsbtRole;
      readonly fee: bigint | undefined;
      /** Virtual bytes once it is signed, where all but signatures is there. */
      readonly vsize: number | undefined;
    }
  /** Why it can never be valid. */
  | { readonly fault: string };

const NOTHING: Missing = {
  pubkeys: [],
  redeemScript: undefined,
  witnessScript: undefined,
  signatures: [],
};

/** Says of each input what it lacks, and who has to act next. */
export function analyzePsbt(psbt: Psbt): PsbtAnalysis {
  const tx = psbtTransaction(psbt);
  const spent = allSpent(psbt);
  const fault = faultOf(psbt, tx, spent);
  if (fault !== undefined) return { fault };
  const { psbt: final } = finalizePsbt(psbt);
  const inputs = psbt.inputs.map((map, i): InputAnalysis => {
    const output = spent[i];
    if (output === undefined) return { hasUtxo: false, isFinal: false, next: 'updater', missing: NOTHING };
    if (isFinal(map)) return { hasUtxo: true, isFinal: true, next: 'extractor', missing: NOTHING };
    if (isFinal(final.inputs[i] as PsbtMap)) {
      return { hasUtxo: true, isFinal: false, next: 'finalizer', missing: NOTHING };
    }
    const missing = missingOf(map, output.scriptPubKey);
    const { pubkeys, redeemScript, witnessScript, signatures } = missing;
    const isTold = pubkeys.length === 0 && redeemScript === undefined && witnessScript === undefined;
    const next = isTold && signatures.length > 0 ? 'signer' : 'updater';
    return { hasUtxo: true, isFinal: false, next, missing };
  });
  const next = PSBT_ROLES[Math.min(4, ...inputs.map((one) => PSBT_ROLES.indexOf(one.next)))] as PsbtRole;
  const known = spent.every((output): output is TxOutput => output !== undefined);
  if (!known) return { inputs, next, fee: undefined, vsize: undefined };
  const fee = sum(spent) - sum(tx.outputs);
  return { inputs, next, fee, vsize: estimateVsize(psbt, tx, spent) };
}

const sum = (outputs: readonly TxOutput[]): bigint => outputs.reduce((total, { value }) => total + value, 0n);

function faultOf(psbt: Psbt, tx: Transaction, spent: readonly (TxOutput | undefined)[]): string | undefined {
  let total = 0n;
  for (const [i, output] of spent.entries()) {
    if (output === undefined) {
      // A transaction that is told and has no such output.
      if (getField(psbt.inputs[i] as PsbtMap, 'input', 'NON_WITNESS_UTXO') === undefined) continue;
      return `PSBT is not valid. Input ${i} specifies invalid prevout`;
    }
    total += output.value;
    if (output.value < 0n || total > MAX_MONEY) return `PSBT is not valid. Input ${i} has invalid value`;
    if (isUnspendable(output.scriptPubKey)) {
      return `PSBT is not valid. Input ${i} spends unspendable output`;
    }
  }
  const wrong = tx.outputs.some(({ value }) => value < 0n) || sum(tx.outputs) > MAX_MONEY;
  return wrong && !spent.includes(undefined) ? 'PSBT is not valid. Output amount invalid' : undefined;
}

/** What an input lacks for its script, from the output inwards. Taproot is not looked into, as by nodes. */
function missingOf(map: PsbtMap, scriptPubKey: Bytes): Missing {
  const ring = knownOf(map, undefined);
  let script = scriptPubKey;
  if (classifyScript(script).type === 'scripthash') {
    const hash = classifyScript(script).parts[0] as Bytes;
    const redeemScript = ring.script(hash);
    if (redeemScript === undefined) return { ...NOTHING, redeemScript: hash };
    script = redeemScript;
  }
  if (classifyScript(script).type === 'witness_v0_scripthash') {
    const hash = classifyScript(script).parts[0] as Bytes;
    const witnessScript = ring.script(hash);
    if (witnessScript === undefined) return { ...NOTHING, witnessScript: hash };
    script = witnessScript;
  }
  const { type, parts } = classifyScript(script);
  const signed = new Set(getFields(map, 'input', 'PARTIAL_SIG').map(({ key }) => bytesToHex(hash160(key))));
  const unsigned = (hashes: readonly Bytes[]): Missing => ({
    ...NOTHING,
    signatures: hashes.filter((hash) => !signed.has(bytesToHex(hash))),
  });
  switch (type) {
    case 'pubkeyhash':
    case 'witness_v0_keyhash': {
      const hash = parts[0] as Bytes;
      return ring.keyByHash(hash) === undefined ? { ...NOTHING, pubkeys: [hash] } : unsigned([hash]);
    }
    case 'pubkey':
    case 'multisig':
      return unsigned(parts.map(hash160));
    default:
      return NOTHING;
  }
}

/** A signature for whatever key is asked: of the length most have. */
const DUMMY_ECDSA: Bytes = new Uint8Array(71);
const DUMMY_SCHNORR: Bytes = new Uint8Array(64);

class DummySignatures extends Map<string, Bytes> {
  override get(): Bytes {
    return DUMMY_ECDSA;
  }
}

/** Virtual bytes of the transaction with made-up signatures; undefined where more than these is missing. */
function estimateVsize(psbt: Psbt, tx: Transaction, spent: readonly TxOutput[]): number | undefined {
  const hasher = new SignatureHasher(tx, spent);
  const inputs = tx.inputs.map((input, i) => {
    const map = psbt.inputs[i] as PsbtMap;
    const witness = getField(map, 'input', 'FINAL_SCRIPTWITNESS');
    if (isFinal(map)) {
      const scriptSig = getField(map, 'input', 'FINAL_SCRIPTSIG') ?? input.scriptSig;
      return { ...input, scriptSig, witness: witness === undefined ? [] : decodeWitness(witness) };
    }
    const isTaproot = witnessProgramOf((spent[i] as TxOutput).scriptPubKey)?.version === 1;
    const knowsKey = getField(map, 'input', 'TAP_INTERNAL_KEY') !== undefined;
    const signatures = {
      ...noSignatures(),
      ecdsa: new DummySignatures(),
      tapKey: isTaproot && knowsKey ? DUMMY_SCHNORR : undefined,
    };
    const solution = signInput(hasher, i, { ring: new KeyRing(knownOf(map, undefined)), signatures });
    return solution && { ...input, ...solution };
  });
  if (inputs.includes(undefined)) return undefined;
  const signed = { ...tx, inputs: inputs as Transaction['inputs'] };
  return poolVsize(weightOf(signed), sigopCost(signed, spent, STANDARD_FLAGS));
}
