import { type Bytes, bytesToHex, EMPTY_BYTES } from '@ninefold/base';
import { parseDerLax, secp256k1 } from '@ninefold/crypto';
import {
  decodeScript,
  isPayToScriptHash,
  OP,
  type SignatureHasher,
  type TxInput,
} from '@ninefold/vm-bitcoin-script';
import { classifyScript } from '../tx/script-type.ts';
import type { KeyRing } from './key-ring.ts';
import type { Signatures } from './sign.ts';

/** What the pushes of a script leave on the stack. */
export function pushesOf(script: Bytes): Bytes[] {
  return decodeScript(script).instructions.map(({ opcode, data }) => {
    if (data !== undefined) return data;
    return opcode >= OP.OP_1 && opcode <= OP.OP_16 ? Uint8Array.of(opcode - OP.OP_1 + 1) : EMPTY_BYTES;
  });
}

/**
 * Takes the signatures of a multisig out of an input that is signed in part, and adds its scripts to
 * the ring. Which key a signature is of is found by trying.
 */
export function collectSignatures(
  input: TxInput,
  index: number,
  scriptPubKey: Bytes,
  into: { readonly signatures: Signatures; readonly ring: KeyRing; readonly hasher: SignatureHasher },
): void {
  const { signatures, ring, hasher } = into;
  if (input.scriptSig.length === 0 && input.witness.length === 0) return;
  const pushes = pushesOf(input.scriptSig);
  const inWitness = input.witness.length > 0;
  const stack = inWitness ? [...input.witness] : pushes;
  let script = scriptPubKey;
  if (isPayToScriptHash(scriptPubKey)) {
    script = pushes[pushes.length - 1] ?? EMPTY_BYTES;
    ring.addScript(script);
    if (!inWitness) stack.pop();
  }
  if (classifyScript(script).type === 'witness_v0_scripthash') {
    script = stack.pop() ?? EMPTY_BYTES;
    ring.addScript(script);
  }
  const { type, parts } = classifyScript(script);
  if (type !== 'multisig') return;
  for (const signature of stack) {
    const compact = parseDerLax(signature.subarray(0, -1));
    if (compact === undefined || signature.length === 0) continue;
    const hashType = signature[signature.length - 1] as number;
    const hash = inWitness
      ? hasher.witnessV0(index, script, hashType)
      : hasher.legacy(index, script, hashType);
    const key = parts.find((one) => secp256k1.verifySec1(hash, compact, one));
    if (key !== undefined) signatures.ecdsa.set(bytesToHex(key), signature);
  }
}
