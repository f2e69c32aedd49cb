import { type Bytes, EMPTY_BYTES } from '@ninefold/base';
import { compactSizeLength } from '@ninefold/codec';
import {
  ANNEX_TAG,
  countSigops,
  decodeScript,
  isPayToAnchor,
  isPayToScriptHash,
  isPushOnly,
  OP,
  strippedSize,
  TAPROOT_LEAF_MASK,
  TAPROOT_LEAF_TAPSCRIPT,
  type Transaction,
  type TxInput,
  type TxOutput,
  weightOf,
  witnessProgramOf,
} from '@ninefold/vm-bitcoin-script';
import { isUnspendable } from '../ledger/coins.ts';
import {
  feeAt,
  MAX_BARE_MULTISIG_KEYS,
  MAX_DUST_OUTPUTS_PER_TX,
  MAX_P2SH_SIGOPS,
  MAX_STANDARD_P2WSH_SCRIPT_SIZE,
  MAX_STANDARD_P2WSH_STACK_ITEM_SIZE,
  MAX_STANDARD_P2WSH_STACK_ITEMS,
  MAX_STANDARD_SCRIPTSIG_SIZE,
  MAX_STANDARD_TAPSCRIPT_STACK_ITEM_SIZE,
  MAX_STANDARD_TX_WEIGHT,
  MIN_STANDARD_TX_NONWITNESS_SIZE,
  type Policy,
  TX_MAX_STANDARD_VERSION,
} from '../spec/policy.ts';
import { classifyScript } from '../tx/script-type.ts';

/*
 * Which transactions have a form that nodes relay: Bitcoin Core's policy/policy.cpp and its reject
 * reasons.
 */

/** What is unusual about a transaction by itself. */
export function checkStandard(tx: Transaction, policy: Policy): string | undefined {
  if (tx.version < 1 || tx.version > TX_MAX_STANDARD_VERSION) return 'version';
  if (weightOf(tx) > MAX_STANDARD_TX_WEIGHT) return 'tx-size';
  for (const { scriptSig } of tx.inputs) {
    if (scriptSig.length > MAX_STANDARD_SCRIPTSIG_SIZE) return 'scriptsig-size';
    if (!isPushOnly(scriptSig)) return 'scriptsig-not-pushonly';
  }
  let dataOutputs = 0;
  for (const { scriptPubKey } of tx.outputs) {
    const { type, parts } = classifyScript(scriptPubKey);
    if (type === 'nonstandard') return 'scriptpubkey';
    if (type === 'nulldata') {
      if (scriptPubKey.length > policy.dataCarrierBytes) return 'scriptpubkey';
      dataOutputs++;
    } else if (type === 'multisig') {
      if (parts.length > MAX_BARE_MULTISIG_KEYS) return 'scriptpubkey';
      if (!policy.permitBareMultisig) return 'bare-multisig';
    }
  }
  if (dustOutputs(tx, policy).length > MAX_DUST_OUTPUTS_PER_TX) return 'dust';
  return dataOutputs > 1 ? 'multi-op-return' : undefined;
}

/** Whether a transaction is too short: asked for apart from {@link checkStandard}, whatever the policy. */
export function isTooSmall(tx: Transaction): boolean {
  return strippedSize(tx) < MIN_STANDARD_TX_NONWITNESS_SIZE;
}

/** Bytes of the input that spends an output, its signature in the witness or not. */
const SPEND_WITNESS_BYTES = 32 + 4 + 1 + Math.floor(107 / 4) + 4;
const SPEND_LEGACY_BYTES = 32 + 4 + 1 + 107 + 4;

/** The least an output has to hold not to be dust, in satoshi. */
export function dustThreshold({ scriptPubKey }: Pick<TxOutput, 'scriptPubKey'>, rate: number): bigint {
  if (isUnspendable(scriptPubKey)) return 0n;
  const own = 8 + compactSizeLength(scriptPubKey.length) + scriptPubKey.length;
  const spend = witnessProgramOf(scriptPubKey) === undefined ? SPEND_LEGACY_BYTES : SPEND_WITNESS_BYTES;
  return feeAt(rate, own + spend);
}

/** Numbers of the outputs that are not worth spending. */
export function dustOutputs({ outputs }: Transaction, { dustRelayFeeRate }: Policy): number[] {
  return outputs.flatMap((output, i) => (output.value < dustThreshold(output, dustRelayFeeRate) ? [i] : []));
}

/** What the scriptSig leaves on top of the stack; undefined when it does more than push. */
function lastPush(scriptSig: Bytes): Bytes | undefined {
  if (!isPushOnly(scriptSig)) return undefined;
  const { instructions } = decodeScript(scriptSig);
  const last = instructions[instructions.length - 1];
  if (last === undefined) return undefined;
  if (last.data !== undefined) return last.data;
  return Uint8Array.of(last.opcode === OP.OP_1NEGATE ? 0x81 : last.opcode - OP.OP_1 + 1);
}

/** Whether what the inputs spend is of a known form, scripts behind hashes not too costly. */
export function areInputsStandard(tx: Transaction, spent: readonly TxOutput[]): boolean {
  return tx.inputs.every(({ scriptSig }, i) => {
    const { type } = classifyScript((spent[i] as TxOutput).scriptPubKey);
    if (type === 'nonstandard' || type === 'witness_unknown') return false;
    if (type !== 'scripthash') return true;
    const redeemScript = lastPush(scriptSig);
    return redeemScript !== undefined && countSigops(redeemScript, true) <= MAX_P2SH_SIGOPS;
  });
}

/** Whether witnesses stay within what is relayed. */
export function isWitnessStandard(tx: Transaction, spent: readonly TxOutput[]): boolean {
  return tx.inputs.every(
    (input, i) =>
      input.witness.length === 0 || isInputWitnessStandard(input, (spent[i] as TxOutput).scriptPubKey),
  );
}

function isInputWitnessStandard({ scriptSig, witness }: TxInput, scriptPubKey: Bytes): boolean {
  const nested = isPayToScriptHash(scriptPubKey);
  const script = nested ? (lastPush(scriptSig) ?? EMPTY_BYTES) : scriptPubKey;
  const program = witnessProgramOf(script);
  // A witness for what needs none only adds bytes; so does one for an anchor.
  if (program === undefined || (!nested && isPayToAnchor(program))) return false;
  if (program.version === 0 && program.program.length === 32) {
    const items = witness.slice(0, -1);
    return (
      (witness[witness.length - 1] as Bytes).length <= MAX_STANDARD_P2WSH_SCRIPT_SIZE &&
      items.length <= MAX_STANDARD_P2WSH_STACK_ITEMS &&
      items.every(({ length }) => length <= MAX_STANDARD_P2WSH_STACK_ITEM_SIZE)
    );
  }
  if (program.version === 1 && program.program.length === 32 && !nested) {
    return isTaprootWitnessStandard(witness);
  }
  return true;
}

function isTaprootWitnessStandard(witness: readonly Bytes[]): boolean {
  const last = witness[witness.length - 1] as Bytes;
  if (witness.length >= 2 && last[0] === ANNEX_TAG) return false;
  if (witness.length === 1) return true;
  const [version] = last;
  if (version === undefined) return false;
  if ((version & TAPROOT_LEAF_MASK) !== TAPROOT_LEAF_TAPSCRIPT) return true;
  return witness.slice(0, -2).every(({ length }) => length <= MAX_STANDARD_TAPSCRIPT_STACK_ITEM_SIZE);
}
