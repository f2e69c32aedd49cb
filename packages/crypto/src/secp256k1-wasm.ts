import { secp256k1Base64Bytes } from '@bitauth/libauth/build/lib/bin/secp256k1/secp256k1.base64.js';
import { base64ToBytes, type Bytes, bytesToBigint, invariant } from '@ninefold/base';
import type { Secp256k1Signature } from './engine.ts';

/*
 * libsecp256k1, as @bitauth/libauth compiled it. Only the module's bytes are imported: the library's
 * own index takes 140 ms to load and instantiates asynchronously. 13 to 25 ms on first use.
 */

type Pointer = number;
type Status = 0 | 1;

/** The C functions used here, under the names Emscripten gives them. */
type Secp256k1Module = {
  readonly _malloc: (bytes: number) => Pointer;
  readonly _secp256k1_context_create: (flags: number) => Pointer;
  readonly _secp256k1_ec_pubkey_create: (context: Pointer, key: Pointer, secret: Pointer) => Status;
  readonly _secp256k1_ec_pubkey_parse: (
    context: Pointer,
    key: Pointer,
    input: Pointer,
    length: number,
  ) => Status;
  readonly _secp256k1_ec_pubkey_serialize: (
    context: Pointer,
    out: Pointer,
    length: Pointer,
    key: Pointer,
    flags: number,
  ) => Status;
  readonly _secp256k1_ec_pubkey_tweak_add: (context: Pointer, key: Pointer, tweak: Pointer) => Status;
  readonly _secp256k1_ecdsa_signature_normalize: (context: Pointer, out: Pointer, input: Pointer) => Status;
  readonly _secp256k1_ecdsa_recover: (
    context: Pointer,
    key: Pointer,
    signature: Pointer,
    hash: Pointer,
  ) => Status;
  readonly _secp256k1_ecdsa_recoverable_signature_parse_compact: (
    context: Pointer,
    signature: Pointer,
    input: Pointer,
    recoveryId: number,
  ) => Status;
  readonly _secp256k1_ecdsa_recoverable_signature_serialize_compact: (
    context: Pointer,
    out: Pointer,
    recoveryId: Pointer,
    signature: Pointer,
  ) => Status;
  readonly _secp256k1_ecdsa_sign_recoverable: (
    context: Pointer,
    signature: Pointer,
    hash: Pointer,
    secret: Pointer,
    nonceFunction: Pointer,
    nonceData: Pointer,
  ) => Status;
  readonly _secp256k1_ecdsa_signature_parse_compact: (
    context: Pointer,
    signature: Pointer,
    input: Pointer,
  ) => Status;
  readonly _secp256k1_ecdsa_verify: (
    context: Pointer,
    signature: Pointer,
    hash: Pointer,
    key: Pointer,
  ) => Status;
};

/** Order n of the group. */
export const N: bigint = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** secp256k1.h: context type, with tables for verifying (bit 8) and signing (bit 9). */
const CONTEXT_SIGN_VERIFY = 0x301;
const EC_UNCOMPRESSED = 2;
/** Form byte of an uncompressed point, SEC 1, section 2.3.3. */
const UNCOMPRESSED_PREFIX = 4;

// The memory layout this Emscripten output was linked for: static data, stack, heap.
const PAGES = 256;
const PAGE_BYTES = 65_536;
const STATIC_BASE = 1_024;
const STATIC_BYTES = 67_696;
const STACK_BYTES = 5_242_880;
const TABLE_SIZE = 6;

/** An instance with buffers that all calls share: calls are synchronous and leave nothing behind. */
type Instance = {
  readonly c: Secp256k1Module;
  readonly context: Pointer;
  readonly bytes: Bytes;
  readonly view: DataView;
  readonly hash: Pointer;
  readonly secret: Pointer;
  /** r and s, or a serialized key of 65 bytes. */
  readonly compact: Pointer;
  readonly signature: Pointer;
  readonly key: Pointer;
  readonly word: Pointer;
};

let instance: Instance | undefined;

function instantiate(): Instance {
  const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES });
  const bytes = new Uint8Array(memory.buffer);
  const view = new DataView(memory.buffer);
  const heapTop = STATIC_BASE + STATIC_BYTES + 16;
  const stackTop = (heapTop + 4 + 15) & -16;
  view.setUint32(heapTop, stackTop + STACK_BYTES, true);

  const abort = (): never => invariant(false, 'libsecp256k1 aborted') as never;
  const env = {
    memory,
    table: new WebAssembly.Table({ element: 'anyfunc', initial: TABLE_SIZE, maximum: TABLE_SIZE }),
    tableBase: 0,
    DYNAMICTOP_PTR: heapTop,
    STACKTOP: stackTop,
    abort,
    _abort: abort,
    enlargeMemory: abort,
    abortOnCannotGrowMemory: abort,
    getTotalMemory: () => PAGES * PAGE_BYTES,
    ___setErrNo: (value: number) => value,
    _emscripten_memcpy_big: (target: Pointer, source: Pointer, length: number) => {
      bytes.copyWithin(target, source, source + length);
      return target;
    },
  };
  const module = new WebAssembly.Module(base64ToBytes(secp256k1Base64Bytes) as Uint8Array<ArrayBuffer>);
  const c = new WebAssembly.Instance(module, { env }).exports as unknown as Secp256k1Module;
  return {
    c,
    context: c._secp256k1_context_create(CONTEXT_SIGN_VERIFY),
    bytes,
    view,
    hash: c._malloc(32),
    secret: c._malloc(32),
    compact: c._malloc(72),
    signature: c._malloc(72),
    key: c._malloc(64),
    word: c._malloc(8),
  };
}

const getInstance = (): Instance => (instance ??= instantiate());

function putWord(view: DataView, at: Pointer, value: bigint): void {
  for (let i = 3; i >= 0; i--, value >>= 64n) view.setBigUint64(at + 8 * i, BigInt.asUintN(64, value));
}

function getWord(view: DataView, at: Pointer): bigint {
  let value = 0n;
  for (let i = 0; i < 4; i++) value = (value << 64n) | view.getBigUint64(at + 8 * i);
  return value;
}

/** The parsed key at `key` as 64 bytes, x and y. */
function serializeKey({ c, context, bytes, view, compact, key, word }: Instance): Bytes {
  view.setUint32(word, 65, true);
  c._secp256k1_ec_pubkey_serialize(context, compact, word, key, EC_UNCOMPRESSED);
  return bytes.slice(compact + 1, compact + 65);
}

export function sign(hash: Bytes, privateKey: Bytes): Secp256k1Signature | undefined {
  const shared = getInstance();
  const { c, context, bytes, view } = shared;
  // RFC 6979 derives the nonce from the hash modulo n; the library would take it as it is.
  putWord(view, shared.hash, bytesToBigint(hash) % N);
  bytes.set(privateKey, shared.secret);
  const done = c._secp256k1_ecdsa_sign_recoverable(
    context,
    shared.signature,
    shared.hash,
    shared.secret,
    0,
    0,
  );
  bytes.fill(0, shared.secret, shared.secret + 32);
  if (done !== 1) return undefined;
  c._secp256k1_ecdsa_recoverable_signature_serialize_compact(
    context,
    shared.compact,
    shared.word,
    shared.signature,
  );
  return {
    r: getWord(view, shared.compact),
    s: getWord(view, shared.compact + 32),
    // Bit 1 would say that r overflowed the order: one signature in 2^128.
    yParity: (view.getUint32(shared.word, true) & 1) as 0 | 1,
  };
}

export function recover(hash: Bytes, r: bigint, s: bigint, recoveryId: number): Bytes | undefined {
  const shared = getInstance();
  const { c, context, bytes, view } = shared;
  bytes.set(hash, shared.hash);
  putWord(view, shared.compact, r);
  putWord(view, shared.compact + 32, s);
  const recovered =
    c._secp256k1_ecdsa_recoverable_signature_parse_compact(
      context,
      shared.signature,
      shared.compact,
      recoveryId,
    ) === 1 && c._secp256k1_ecdsa_recover(context, shared.key, shared.signature, shared.hash) === 1;
  return recovered ? serializeKey(shared) : undefined;
}

export function publicKey(privateKey: Bytes): Bytes | undefined {
  const shared = getInstance();
  shared.bytes.set(privateKey, shared.secret);
  const made = shared.c._secp256k1_ec_pubkey_create(shared.context, shared.key, shared.secret);
  shared.bytes.fill(0, shared.secret, shared.secret + 32);
  return made === 1 ? serializeKey(shared) : undefined;
}

export function verify(hash: Bytes, r: bigint, s: bigint, key: Bytes): boolean {
  const shared = getInstance();
  const { c, context, bytes, view } = shared;
  bytes[shared.compact] = UNCOMPRESSED_PREFIX;
  bytes.set(key, shared.compact + 1);
  if (c._secp256k1_ec_pubkey_parse(context, shared.key, shared.compact, 65) !== 1) return false;
  bytes.set(hash, shared.hash);
  putWord(view, shared.compact, r);
  putWord(view, shared.compact + 32, s);
  return (
    c._secp256k1_ecdsa_signature_parse_compact(context, shared.signature, shared.compact) === 1 &&
    c._secp256k1_ecdsa_verify(context, shared.signature, shared.hash, shared.key) === 1
  );
}

/**
 * ECDSA as Bitcoin's consensus checks it: any SEC 1 key, hybrid ones included, and a high `s`.
 *
 * @param compact r and s, 64 bytes
 * @param key 33 or 65 bytes
 */
export function verifySec1(hash: Bytes, compact: Bytes, key: Bytes): boolean {
  const shared = getInstance();
  const { c, context, bytes } = shared;
  bytes.set(key, shared.compact);
  if (c._secp256k1_ec_pubkey_parse(context, shared.key, shared.compact, key.length) !== 1) return false;
  bytes.set(hash, shared.hash);
  bytes.set(compact, shared.compact);
  if (c._secp256k1_ecdsa_signature_parse_compact(context, shared.signature, shared.compact) !== 1)
    return false;
  c._secp256k1_ecdsa_signature_normalize(context, shared.signature, shared.signature);
  return c._secp256k1_ecdsa_verify(context, shared.signature, shared.hash, shared.key) === 1;
}

/**
 * The point P + tweak·G, x and y in 64 bytes; undefined when P is no point, the tweak is not below n,
 * or the sum is the point at infinity.
 *
 * @param key P as 33 or 65 bytes
 */
export function tweakAdd(key: Bytes, tweak: Bytes): Bytes | undefined {
  const shared = getInstance();
  const { c, context, bytes } = shared;
  bytes.set(key, shared.compact);
  if (c._secp256k1_ec_pubkey_parse(context, shared.key, shared.compact, key.length) !== 1) return undefined;
  bytes.set(tweak, shared.secret);
  if (c._secp256k1_ec_pubkey_tweak_add(context, shared.key, shared.secret) !== 1) return undefined;
  return serializeKey(shared);
}

/** The point of a serialized key, x and y in 64 bytes; undefined when it is none. */
export function parsePublicKey(key: Bytes): Bytes | undefined {
  const shared = getInstance();
  shared.bytes.set(key, shared.compact);
  const parsed = shared.c._secp256k1_ec_pubkey_parse(shared.context, shared.key, shared.compact, key.length);
  return parsed === 1 ? serializeKey(shared) : undefined;
}
