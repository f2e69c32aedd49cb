import { compactSizeLength } from '@ninefold/codec';
import { type TxOutput, WITNESS_SCALE_FACTOR } from '@ninefold/vm-bitcoin-script';
import type { DescriptorNode } from '../descriptor/descriptor.ts';
import { MAX_ECDSA_SIGNATURE_BYTES, maxSatisfactionSize } from '../descriptor/satisfaction-size.ts';

/*
 * What inputs and outputs will weigh once they are signed: never less than what they turn out to be,
 * so that a fee is never below the rate it was meant for.
 */

/** Outpoint and sequence. */
const OUTPOINT_BYTES = 36 + 4;
const SCHNORR_BYTES = 64;
const COMPRESSED_BYTES = 33;
const UNCOMPRESSED_BYTES = 65;
/** A push of a signature, or its element with the length in front. */
const SIGNATURE = 1 + MAX_ECDSA_SIGNATURE_BYTES;
/** `0 <20 bytes>` and `0 <32 bytes>`, pushed. */
const KEY_PROGRAM_PUSH = 1 + 22;
const SCRIPT_PROGRAM_PUSH = 1 + 34;

/** Weight of version, lock time, marker, flag and the counts of inputs and outputs. */
export function overheadWeight(inputs: number, outputs: number): number {
  const counts = compactSizeLength(inputs) + compactSizeLength(outputs);
  return WITNESS_SCALE_FACTOR * (8 + counts) + 2;
}

export function outputWeight({ scriptPubKey }: Pick<TxOutput, 'scriptPubKey'>): number {
  return WITNESS_SCALE_FACTOR * (8 + compactSizeLength(scriptPubKey.length) + scriptPubKey.length);
}

/**
 * Weight of the input that spends a coin of a descriptor, signatures at their longest. Taproot is
 * taken to be spent by its key, as nodes do.
 *
 * @param scriptLength bytes of the script behind the output's hash, where there is one
 */
export function inputWeight(node: DescriptorNode, scriptLength: number): number {
  switch (node.kind) {
    case 'pkh':
    case 'combo':
      return weigh(SIGNATURE + 1 + (node.key.isUncompressed ? UNCOMPRESSED_BYTES : COMPRESSED_BYTES));
    case 'pk':
      return weigh(SIGNATURE);
    case 'wpkh':
      return weigh(0, 1 + SIGNATURE + 1 + COMPRESSED_BYTES);
    case 'tr':
    case 'rawtr':
      return weigh(0, 1 + 1 + SCHNORR_BYTES);
    case 'sh':
      if (node.sub.kind === 'wpkh') return weigh(KEY_PROGRAM_PUSH, 1 + SIGNATURE + 1 + COMPRESSED_BYTES);
      if (node.sub.kind === 'wsh') return weigh(SCRIPT_PROGRAM_PUSH, witnessSize(node.sub.sub, scriptLength));
      return weigh(satisfactionSize(node.sub) + pushSize(scriptLength));
    case 'wsh':
      return weigh(0, witnessSize(node.sub, scriptLength));
    default:
      return weigh(satisfactionSize(node));
  }
}

/** An input without a witness still counts its elements where another has one. */
function weigh(scriptSig: number, witness = 1): number {
  return WITNESS_SCALE_FACTOR * (OUTPOINT_BYTES + compactSizeLength(scriptSig) + scriptSig) + witness;
}

/** Bytes of a witness for a script behind a hash: the count, the elements, the script. */
function witnessSize(node: DescriptorNode, scriptLength: number): number {
  return 1 + satisfactionSize(node) + compactSizeLength(scriptLength) + scriptLength;
}

/** Bytes of a push of a redeem script, which has 520 bytes at most. */
function pushSize(length: number): number {
  return (length < 0x4c ? 1 : length < 0x100 ? 2 : 3) + length;
}

/** Bytes of the elements a script asks for, each with its length or its push in front. */
function satisfactionSize(node: DescriptorNode): number {
  switch (node.kind) {
    case 'multi':
    case 'sortedmulti':
      // One element more than signatures, which CHECKMULTISIG drops.
      return 1 + node.threshold * SIGNATURE;
    case 'miniscript':
      return maxSatisfactionSize(node.script);
    case 'pkh':
      return SIGNATURE + 1 + (node.key.isUncompressed ? UNCOMPRESSED_BYTES : COMPRESSED_BYTES);
    default:
      return SIGNATURE;
  }
}
