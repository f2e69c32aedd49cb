import { bigintToBytes, type Bytes, bytesToHex, concatBytes, EMPTY_BYTES } from '@ninefold/base';
import { encodeDer, schnorr, secp256k1 } from '@ninefold/crypto';
import {
  encodePush,
  LOCKTIME_THRESHOLD,
  NO_CODE_SEPARATOR,
  SEQUENCE_FINAL,
  SEQUENCE_LOCKTIME_DISABLE_FLAG,
  SEQUENCE_LOCKTIME_MASK,
  SEQUENCE_LOCKTIME_TYPE_FLAG,
  SIGHASH_ALL,
  SIGHASH_DEFAULT,
  SignatureHasher,
  type TapLeafSpend,
  tapTweakHash,
  type Transaction,
  type TxInput,
  type TxOutput,
} from '@ninefold/vm-bitcoin-script';
import type { DescriptorNode } from '../descriptor/descriptor.ts';
import { type Satisfier, satisfyMiniscript } from '../descriptor/miniscript.ts';
import { classifyScript } from '../tx/script-type.ts';
import { collectSignatures } from './collect.ts';
import { KeyRing } from './key-ring.ts';

/*
 * Signing inputs: what each form of output asks for, from the keys and scripts at hand.
 */

/** Signatures that are there already, and those made: by the key's hex, for leaves with its hash behind. */
export type Signatures = {
  readonly ecdsa: Map<string, Bytes>;
  /** Of the key path of a Taproot output. */
  tapKey: Bytes | undefined;
  /** `<x-only key><leaf hash>` in hex. */
  readonly tapScript: Map<string, Bytes>;
};

export function noSignatures(): Signatures {
  return { ecdsa: new Map(), tapKey: undefined, tapScript: new Map() };
}

export type SignOptions = {
  readonly ring: KeyRing;
  readonly signatures?: Signatures | undefined;
  /** Default: all of the transaction, in Taproot by the shorter form. */
  readonly hashType?: number | undefined;
  /** Preimages by the hex of their hash. */
  readonly preimages?: ReadonlyMap<string, Bytes> | undefined;
  /** Whether a multisig that lacks signatures is given with empty elements in their place. */
  readonly partial?: boolean | undefined;
};

/** What goes into an input. */
export type InputSolution = Pick<TxInput, 'scriptSig' | 'witness'>;

/** Signature checks in witness v0 and legacy scripts sign differently. */
type EcdsaVersion = 'legacy' | 'witness-v0';

/**
 * Signs one input as far as the keys go. New signatures are added to `options.signatures`.
 *
 * @returns what spends the output, or undefined while something is missing
 */
export function signInput(
  hasher: SignatureHasher,
  index: number,
  options: SignOptions,
): InputSolution | undefined {
  const signer = new InputSigner(hasher, index, options);
  return signer.solve((hasher.spentOutputs[index] as TxOutput).scriptPubKey);
}

class InputSigner {
  readonly #hasher: SignatureHasher;
  readonly #index: number;
  readonly #ring: KeyRing;
  readonly #signatures: Signatures;
  readonly #hashType: number | undefined;
  readonly #preimages: ReadonlyMap<string, Bytes>;
  readonly #partial: boolean;

  constructor(hasher: SignatureHasher, index: number, options: SignOptions) {
    this.#hasher = hasher;
    this.#index = index;
    this.#ring = options.ring;
    this.#signatures = options.signatures ?? noSignatures();
    this.#hashType = options.hashType;
    this.#preimages = options.preimages ?? new Map();
    this.#partial = options.partial ?? false;
  }

  solve(script: Bytes): InputSolution | undefined {
    const { type, parts } = classifyScript(script);
    const [part = EMPTY_BYTES] = parts;
    switch (type) {
      case 'scripthash':
        return this.#behindHash(part);
      case 'witness_v0_keyhash':
      case 'witness_v0_scripthash': {
        const witness = this.#witnessV0(type, part);
        return witness && { scriptSig: EMPTY_BYTES, witness };
      }
      case 'witness_v1_taproot': {
        const witness = this.#taproot(part);
        return witness && { scriptSig: EMPTY_BYTES, witness };
      }
      case 'anchor':
        return { scriptSig: EMPTY_BYTES, witness: [] };
      default: {
        const stack = this.#stackFor(script, 'legacy');
        return stack && { scriptSig: concatBytes(...stack.map(pushElement)), witness: [] };
      }
    }
  }

  #behindHash(hash: Bytes): InputSolution | undefined {
    const redeemScript = this.#ring.script(hash);
    if (redeemScript === undefined) return undefined;
    const { type, parts } = classifyScript(redeemScript);
    if (type === 'witness_v0_keyhash' || type === 'witness_v0_scripthash') {
      const witness = this.#witnessV0(type, parts[0] as Bytes);
      return witness && { scriptSig: encodePush(redeemScript), witness };
    }
    const stack = this.#stackFor(redeemScript, 'legacy');
    return stack && { scriptSig: concatBytes(...[...stack, redeemScript].map(pushElement)), witness: [] };
  }

  #witnessV0(
    type: 'witness_v0_keyhash' | 'witness_v0_scripthash',
    program: Bytes,
  ): readonly Bytes[] | undefined {
    if (type === 'witness_v0_keyhash') {
      const key = this.#ring.keyByHash(program);
      const code = concatBytes(Uint8Array.of(0x76, 0xa9), encodePush(program), Uint8Array.of(0x88, 0xac));
      const signature = key && this.#ecdsa(key.publicKey, code, 'witness-v0');
      return signature && key && [signature, key.publicKey];
    }
    const script = this.#ring.script(program);
    const stack = script && this.#stackFor(script, 'witness-v0');
    return stack && script && [...stack, script];
  }

  /** The elements a script of keys wants; for others, their Miniscript has to be known. */
  #stackFor(script: Bytes, version: EcdsaVersion): readonly Bytes[] | undefined {
    const { type, parts, required } = classifyScript(script);
    const sign = (key: Bytes): Bytes | undefined => this.#ecdsa(key, script, version);
    switch (type) {
      case 'pubkey': {
        const signature = sign(parts[0] as Bytes);
        return signature && [signature];
      }
      case 'pubkeyhash': {
        const key = this.#ring.keyByHash(parts[0] as Bytes);
        const signature = key && sign(key.publicKey);
        return signature && key && [signature, key.publicKey];
      }
      case 'multisig': {
        // All that can be made are, so that others find them; as many as needed are used.
        const made = parts.map(sign).filter((one) => one !== undefined);
        if (made.length < required && !this.#partial) return undefined;
        const stack: Bytes[] = Array.from({ length: required + 1 }, () => EMPTY_BYTES);
        made.slice(0, required).forEach((signature, i) => (stack[i + 1] = signature));
        return stack;
      }
      default: {
        const known = this.#ring.miniscript(script);
        return known && satisfyMiniscript(known.node, known.index, this.#satisfier(sign));
      }
    }
  }

  #ecdsa(publicKey: Bytes, scriptCode: Bytes, version: EcdsaVersion): Bytes | undefined {
    const name = bytesToHex(publicKey);
    const known = this.#signatures.ecdsa.get(name);
    if (known !== undefined) return known;
    const privateKey = this.#ring.key(publicKey)?.privateKey;
    if (privateKey === undefined) return undefined;
    const hashType =
      this.#hashType === undefined || this.#hashType === SIGHASH_DEFAULT ? SIGHASH_ALL : this.#hashType;
    const hash =
      version === 'legacy'
        ? this.#hasher.legacy(this.#index, scriptCode, hashType)
        : this.#hasher.witnessV0(this.#index, scriptCode, hashType);
    const { r, s } = secp256k1.sign(hash, privateKey);
    const der = encodeDer(concatBytes(bigintToBytes(r, 32), bigintToBytes(s, 32)));
    const signature = concatBytes(der, Uint8Array.of(hashType));
    this.#signatures.ecdsa.set(name, signature);
    return signature;
  }

  #taproot(outputKey: Bytes): readonly Bytes[] | undefined {
    const known = this.#ring.taproot(outputKey);
    const direct = this.#tapKeySignature(outputKey, known?.internalKey, known?.output.root);
    if (direct !== undefined) return [direct];
    const leaves = known?.output.leaves ?? [];
    const spends = leaves
      .map((leaf, i) => this.#leaf(leaf, known?.nodes[i], known?.index ?? 0))
      .filter((witness) => witness !== undefined);
    return spends.sort((a, b) => sizeOf(a) - sizeOf(b))[0];
  }

  #tapKeySignature(
    outputKey: Bytes,
    internalKey: Bytes | undefined,
    root: Bytes | undefined,
  ): Bytes | undefined {
    if (this.#signatures.tapKey !== undefined) return this.#signatures.tapKey;
    // The output's own key first (rawtr), then the internal one, shifted.
    const own = this.#ring.key(outputKey)?.privateKey;
    const inner = internalKey && this.#ring.key(internalKey)?.privateKey;
    const secret =
      own ?? (inner && internalKey && schnorr.tweakPrivateKey(inner, tapTweakHash(internalKey, root)));
    if (secret === undefined) return undefined;
    const signature = this.#schnorr(secret, undefined);
    this.#signatures.tapKey = signature;
    return signature;
  }

  #schnorr(secret: Bytes, leafHash: Bytes | undefined): Bytes | undefined {
    const hashType = this.#hashType ?? SIGHASH_DEFAULT;
    const extension = leafHash && { leafHash, codeSeparatorPosition: NO_CODE_SEPARATOR };
    const hash = this.#hasher.taproot(this.#index, hashType, undefined, extension);
    if (hash === undefined) return undefined;
    const signature = schnorr.sign(hash, secret);
    return hashType === SIGHASH_DEFAULT ? signature : concatBytes(signature, Uint8Array.of(hashType));
  }

  #leaf(leaf: TapLeafSpend, node: DescriptorNode | undefined, index: number): readonly Bytes[] | undefined {
    const sign = (key: Bytes): Bytes | undefined => {
      const name = bytesToHex(key).slice(2) + bytesToHex(leaf.leafHash).slice(2);
      const known = this.#signatures.tapScript.get(name);
      if (known !== undefined) return known;
      const secret = this.#ring.key(key)?.privateKey;
      const signature = secret && this.#schnorr(secret, leaf.leafHash);
      if (signature !== undefined) this.#signatures.tapScript.set(name, signature);
      return signature;
    };
    const stack = node === undefined ? leafStack(leaf.script, sign) : this.#nodeStack(node, index, sign);
    return stack && [...stack, leaf.script, leaf.controlBlock];
  }

  #nodeStack(
    node: DescriptorNode,
    index: number,
    sign: (key: Bytes) => Bytes | undefined,
  ): readonly Bytes[] | undefined {
    const xOnly = (key: Bytes): Bytes => (key.length === 32 ? key : key.slice(1, 33));
    switch (node.kind) {
      case 'pk': {
        const signature = sign(xOnly(node.key.derive(index).publicKey));
        return signature && [signature];
      }
      case 'multi_a':
      case 'sortedmulti_a': {
        const keys = node.keys.map((key) => xOnly(key.derive(index).publicKey));
        if (node.kind === 'sortedmulti_a') keys.sort((a, b) => (bytesToHex(a) < bytesToHex(b) ? -1 : 1));
        return multiStack(keys, node.threshold, sign);
      }
      case 'miniscript':
        return satisfyMiniscript(node.script, index, this.#satisfier(sign));
      default:
        return undefined;
    }
  }

  #satisfier(sign: (key: Bytes) => Bytes | undefined): Satisfier {
    const { tx } = this.#hasher;
    const { sequence } = tx.inputs[this.#index] as TxInput;
    return {
      sign,
      preimage: (_, hash) => this.#preimages.get(bytesToHex(hash)),
      older: (lock) => isOldEnough(tx, sequence, lock),
      after: (lock) => isLateEnough(tx, sequence, lock),
    };
  }
}

const sizeOf = (witness: readonly Bytes[]): number => witness.reduce((sum, { length }) => sum + length, 0);

/** What a leaf of keys alone wants: a signature, or several counted. */
function leafStack(script: Bytes, sign: (key: Bytes) => Bytes | undefined): readonly Bytes[] | undefined {
  // <32 bytes> CHECKSIG
  if (script.length !== 34 || script[0] !== 32 || script[33] !== 0xac) return undefined;
  const signature = sign(script.subarray(1, 33));
  return signature && [signature];
}

function multiStack(
  keys: readonly Bytes[],
  threshold: number,
  sign: (key: Bytes) => Bytes | undefined,
): readonly Bytes[] | undefined {
  const made = keys.map(sign);
  let missing = threshold;
  const stack = made.map((signature) => {
    if (signature === undefined || missing === 0) return EMPTY_BYTES;
    missing--;
    return signature;
  });
  return missing === 0 ? stack.reverse() : undefined;
}

/** A push as scriptSigs have it: small numbers by their instruction. */
function pushElement(data: Bytes): Bytes {
  if (data.length === 1 && (data[0] as number) >= 1 && (data[0] as number) <= 16) {
    return Uint8Array.of(0x50 + (data[0] as number));
  }
  return encodePush(data);
}

/** Whether OP_CHECKSEQUENCEVERIFY would pass (BIP 112). */
function isOldEnough({ version }: Transaction, sequence: number, lock: number): boolean {
  if (version < 2 || (sequence & SEQUENCE_LOCKTIME_DISABLE_FLAG) !== 0) return false;
  if ((sequence & SEQUENCE_LOCKTIME_TYPE_FLAG) !== (lock & SEQUENCE_LOCKTIME_TYPE_FLAG)) return false;
  return (lock & SEQUENCE_LOCKTIME_MASK) <= (sequence & SEQUENCE_LOCKTIME_MASK);
}

/** Whether OP_CHECKLOCKTIMEVERIFY would pass (BIP 65). */
function isLateEnough({ locktime }: Transaction, sequence: number, lock: number): boolean {
  if (sequence === SEQUENCE_FINAL) return false;
  return lock < LOCKTIME_THRESHOLD === locktime < LOCKTIME_THRESHOLD && lock <= locktime;
}

/**
 * Signs all inputs that can be signed. Those of multisigs that others have signed in part are gone on
 * with, and given away in part where signatures are still missing.
 *
 * @param spent the outputs the inputs spend, in their order
 * @returns the transaction with what could be filled in, and which inputs are not whole
 */
export function signTransaction(
  tx: Transaction,
  spent: readonly (TxOutput | undefined)[],
  options: SignOptions,
): { readonly tx: Transaction; readonly unsolved: readonly number[] } {
  // Taproot signs all of what is spent: an output that is not known spoils those digests alone.
  const known = spent.map((output) => output ?? { value: -1n, scriptPubKey: EMPTY_BYTES });
  const hasher = new SignatureHasher(tx, known);
  const unsolved: number[] = [];
  const inputs = tx.inputs.map((input, i) => {
    const output = spent[i];
    if (output === undefined) {
      unsolved.push(i);
      return input;
    }
    const ring = new KeyRing(options.ring);
    const signatures = options.signatures ?? noSignatures();
    collectSignatures(input, i, output.scriptPubKey, { signatures, ring, hasher });
    const own = { ...options, ring, signatures };
    const solution = signInput(hasher, i, own);
    if (solution !== undefined) return { ...input, ...solution };
    unsolved.push(i);
    const part = signatures.ecdsa.size === 0 ? undefined : signInput(hasher, i, { ...own, partial: true });
    return { ...input, ...part };
  });
  return { tx: { ...tx, inputs }, unsolved };
}
