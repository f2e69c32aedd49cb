import { type Bytes, bytesToHex, concatBytes, equalBytes } from '@ninefold/base';
import { schnorr, secp256k1, sha256 } from '@ninefold/crypto';
import { hash160, type TaprootOutput, tapTweakHash } from '@ninefold/vm-bitcoin-script';
import {
  type Descriptor,
  type DescriptorNode,
  type DescriptorOutput,
  derivedKeys,
  leafNodes,
} from '../descriptor/descriptor.ts';
import { fingerprintOf, type KeyOrigin } from '../descriptor/keys.ts';
import type { Miniscript } from '../descriptor/miniscript.ts';

/** A key that is known, perhaps with its private half. */
export type RingKey = {
  /** 33 or 65 bytes. */
  readonly publicKey: Bytes;
  readonly privateKey: Bytes | undefined;
  readonly origin: KeyOrigin;
};

/** How a Taproot output can be spent. */
export type RingTaproot = {
  readonly internalKey: Bytes;
  readonly output: TaprootOutput;
  /** Expressions of the leaves, in the order of `output.leaves`; none where only bytes are known. */
  readonly nodes: readonly DescriptorNode[];
  readonly index: number;
};

const name = (bytes: Bytes): string => bytesToHex(bytes);

/**
 * Keys and scripts by what outputs show of them: what signing looks things up in.
 *
 * @example new KeyRing(own) // knows all that `own` knows; what is added stays out of `own`
 */
export class KeyRing {
  readonly #parent: KeyRing | undefined;
  /** By the x of the key: parity is no part of a secret. */
  readonly #keys: Map<string, RingKey> = new Map();
  readonly #byHash: Map<string, RingKey> = new Map();
  readonly #scripts: Map<string, Bytes> = new Map();
  readonly #taproots: Map<string, RingTaproot> = new Map();
  readonly #miniscripts: Map<string, { readonly node: Miniscript; readonly index: number }> = new Map();

  constructor(parent?: KeyRing) {
    this.#parent = parent;
  }

  /** Adds a private key with its public one; uncompressed too where that is asked for. */
  addPrivateKey(privateKey: Bytes, compressed = true): void {
    const point = secp256k1.publicKey(privateKey);
    const publicKey = compressed ? secp256k1.compress(point) : concatBytes(Uint8Array.of(4), point);
    this.addKey({ publicKey, privateKey, origin: { fingerprint: fingerprintOf(publicKey), path: [] } });
    // Taproot outputs of the key alone are known by their shifted one.
    this.#taproots.set(...keyPathOf(publicKey.slice(1, 33)));
  }

  addKey(key: RingKey): void {
    const known = this.#keyOf(key.publicKey.subarray(1, 33));
    const merged = known?.privateKey === undefined ? key : { ...key, privateKey: known.privateKey };
    this.#keys.set(name(key.publicKey.subarray(1, 33)), merged);
    this.#byHash.set(name(hash160(key.publicKey)), merged);
  }

  addScript(script: Bytes): void {
    this.#scripts.set(name(hash160(script)), script);
    this.#scripts.set(name(sha256(script)), script);
  }

  /** Adds a Taproot output; its scripts' expressions where they are known. */
  addTaproot(taproot: RingTaproot): void {
    this.#taproots.set(name(taproot.output.key), taproot);
  }

  /** Adds what one index of a descriptor says, and gives its outputs. */
  addDescriptor(descriptor: Descriptor, index: number): readonly DescriptorOutput[] {
    for (const key of derivedKeys(descriptor, index)) {
      const publicKey = key.publicKey.length === 32 ? fullKey(key.publicKey, key.privateKey) : key.publicKey;
      this.addKey({ ...key, publicKey });
    }
    const outputs = descriptor.outputs(index);
    for (const { redeemScript, witnessScript, taproot } of outputs) {
      if (redeemScript !== undefined) this.addScript(redeemScript);
      if (witnessScript !== undefined) this.addScript(witnessScript);
      if (taproot !== undefined && descriptor.node.kind === 'tr') {
        this.addTaproot({ ...taproot, nodes: leafNodes(descriptor.node), index });
      }
    }
    this.#addMiniscripts(descriptor.node, outputs, index);
    return outputs;
  }

  #addMiniscripts(node: DescriptorNode, outputs: readonly DescriptorOutput[], index: number): void {
    const inner = node.kind === 'sh' ? node.sub : node;
    if (inner.kind !== 'wsh' || inner.sub.kind !== 'miniscript') return;
    const script = outputs[0]?.witnessScript;
    if (script !== undefined) this.#miniscripts.set(name(script), { node: inner.sub.script, index });
  }

  /** The key with that x, or of which this is all: 32, 33 or 65 bytes. */
  key(publicKey: Bytes): RingKey | undefined {
    const x = publicKey.length === 32 ? publicKey : publicKey.subarray(1, 33);
    const found = this.#keyOf(x);
    return found && { ...found, publicKey: publicKey.length === 32 ? found.publicKey : publicKey };
  }

  #keyOf(x: Bytes): RingKey | undefined {
    return this.#keys.get(name(x)) ?? (this.#parent === undefined ? undefined : this.#parent.#keyOf(x));
  }

  keyByHash(hash: Bytes): RingKey | undefined {
    return this.#byHash.get(name(hash)) ?? this.#parent?.keyByHash(hash);
  }

  /** The same without private keys. */
  withoutSecrets(): KeyRing {
    const ring = new KeyRing(this.#parent?.withoutSecrets());
    const bare = ([at, key]: readonly [string, RingKey]): readonly [string, RingKey] => [
      at,
      { ...key, privateKey: undefined },
    ];
    for (const entry of this.#keys) ring.#keys.set(...bare(entry));
    for (const entry of this.#byHash) ring.#byHash.set(...bare(entry));
    for (const entry of this.#scripts) ring.#scripts.set(...entry);
    for (const entry of this.#taproots) ring.#taproots.set(...entry);
    for (const entry of this.#miniscripts) ring.#miniscripts.set(...entry);
    return ring;
  }

  /** A script by its hash, of 20 or of 32 bytes. */
  script(hash: Bytes): Bytes | undefined {
    return this.#scripts.get(name(hash)) ?? this.#parent?.script(hash);
  }

  taproot(outputKey: Bytes): RingTaproot | undefined {
    return this.#taproots.get(name(outputKey)) ?? this.#parent?.taproot(outputKey);
  }

  miniscript(script: Bytes): { readonly node: Miniscript; readonly index: number } | undefined {
    return this.#miniscripts.get(name(script)) ?? this.#parent?.miniscript(script);
  }
}

function keyPathOf(internalKey: Bytes): readonly [string, RingTaproot] {
  const tweak = tapTweakHash(internalKey, undefined);
  const tweaked = schnorr.tweakPublicKey(internalKey, tweak) as {
    readonly key: Bytes;
    readonly parity: 0 | 1;
  };
  const output = { ...tweaked, root: undefined, leaves: [] };
  return [name(tweaked.key), { internalKey, output, nodes: [], index: 0 }];
}

/** A key of 33 bytes from its x: as its private half says, else the even one. */
function fullKey(x: Bytes, privateKey: Bytes | undefined): Bytes {
  if (privateKey === undefined) return concatBytes(Uint8Array.of(2), x);
  const whole = secp256k1.compress(secp256k1.publicKey(privateKey));
  return equalBytes(whole.subarray(1), x) ? whole : concatBytes(Uint8Array.of(2), x);
}
