import { type Bytes, bytesToHex, concatBytes, hexToBytes, isHex } from '@ninefold/base';
import { secp256k1 } from '@ninefold/crypto';
import { hash160 } from '@ninefold/vm-bitcoin-script';
import { HDKey } from '@scure/bip32';
import { isKeyForm } from '../tx/script-type.ts';
import { decodeWif, encodeWif, WIF_MAIN, WIF_TEST } from '../tx/wif.ts';
import { invalidDescriptor } from './errors.ts';

/*
 * Key expressions (BIP 380): keys as hex, WIF or extended keys, where they come from, and the path
 * below them.
 */

/** Steps from now on need the private key (BIP 32). */
export const HARDENED: number = 0x80000000;

const FINGERPRINT_DIGITS = 8;

/** Versions of extended keys, as they begin. */
export const XKEY_VERSIONS = {
  main: { private: 0x0488ade4, public: 0x0488b21e },
  test: { private: 0x04358394, public: 0x043587cf },
} as const;

export type KeyOrigin = { readonly fingerprint: Bytes; readonly path: readonly number[] };

/** A key of one index. */
export type DerivedKey = {
  /** 33 or 65 bytes; 32 where the expression has an x-only one. */
  readonly publicKey: Bytes;
  readonly privateKey: Bytes | undefined;
  readonly origin: KeyOrigin;
};

export type KeyExpression = {
  /** Whether it ends with a wildcard. */
  readonly isRange: boolean;
  readonly hasPrivate: boolean;
  /** Whether keys of some index need a private key to be derived. */
  readonly needsPrivate: boolean;
  readonly isUncompressed: boolean;
  readonly isXOnly: boolean;
  readonly derive: (index: number) => DerivedKey;
  /** The expression again. */
  readonly toText: (form: KeyForm) => string;
};

/**
 * How keys are written: their public half, as they were given, or such that others can derive from
 * them: the public key below the last hardened step, and how it came about in front.
 */
export type KeyForm = 'public' | 'private' | 'normalized';

/** What a key may be, by where it stands. */
export type KeyContext = {
  readonly xOnly: boolean;
  readonly uncompressed: boolean;
  readonly network: 'main' | 'test';
};

/**
 * Parses a key expression.
 *
 * @param where the function it stands in, for messages
 * @throws `DESCRIPTOR_INVALID`
 */
export function parseKey(text: string, where: string, context: KeyContext): KeyExpression {
  const match = /^(?:\[([^\]]*)\])?(.*)$/s.exec(text) as RegExpExecArray;
  const [, originText, rest] = match as unknown as [string, string | undefined, string];
  const origin = originText === undefined ? undefined : parseOrigin(originText, where);
  const [body, ...steps] = rest.split('/') as [string, ...string[]];
  const expression = steps.length === 0 ? parseSingle(body, context) : undefined;
  const key = expression ?? parseExtended(body, steps, where, context);
  if (key === undefined) throw invalidDescriptor(`${where}: key '${text}' is not valid`);
  if (key.isUncompressed && !context.uncompressed) {
    throw invalidDescriptor(`${where}: Uncompressed keys are not allowed`);
  }
  return origin === undefined ? key : withOrigin(key, origin);
}

function withOrigin(key: KeyExpression, origin: KeyOrigin & { readonly text: string }): KeyExpression {
  return {
    ...key,
    toText: (form) => {
      const text = key.toText(form);
      // Where a key was normalized its own origin goes on from this one.
      const below = text.startsWith('[') ? text.slice(1 + FINGERPRINT_DIGITS) : `]${text}`;
      return `[${origin.text}${below}`;
    },
    derive: (index) => {
      const derived = key.derive(index);
      const path = [...origin.path, ...derived.origin.path];
      return { ...derived, origin: { fingerprint: origin.fingerprint, path } };
    },
  };
}

function parseOrigin(text: string, where: string): KeyOrigin & { readonly text: string } {
  const [fingerprint, ...steps] = text.split('/') as [string, ...string[]];
  if (fingerprint.length !== FINGERPRINT_DIGITS) {
    throw invalidDescriptor(
      `${where}: Fingerprint is not 4 bytes (${fingerprint.length} characters instead of 8 characters)`,
    );
  }
  if (!isHex(`0x${fingerprint}`))
    throw invalidDescriptor(`${where}: Fingerprint '${fingerprint}' is not hex`);
  const path = steps.map((step) => parseStep(step, where));
  const shown = [fingerprint.toLowerCase(), ...path.map(formatStep)].join('/');
  return { fingerprint: hexToBytes(`0x${fingerprint}`), path, text: shown };
}

function parseStep(text: string, where: string): number {
  const match = /^(\d{1,10})(['hH]?)$/.exec(text);
  const value = Number(match?.[1]);
  if (match === null) throw invalidDescriptor(`${where}: Key path value '${text}' is not a valid uint32`);
  if (value >= HARDENED) throw invalidDescriptor(`${where}: Key path value ${value} is out of range`);
  return match[2] === '' ? value : value + HARDENED;
}

const formatStep = (step: number): string => (step >= HARDENED ? `${step - HARDENED}h` : String(step));

/** A path below a key: `/0h/1`. */
export function formatPath(path: readonly number[]): string {
  return path.map((step) => `/${formatStep(step)}`).join('');
}

/** First four bytes of the hash of a key: what origins name it by. */
export function fingerprintOf(publicKey: Bytes): Bytes {
  return hash160(publicKey).slice(0, 4);
}

/** A key that is no extended one. */
function parseSingle(text: string, { xOnly, network }: KeyContext): KeyExpression | undefined {
  if (isHex(`0x${text}`)) {
    const bytes = hexToBytes(`0x${text}`);
    const whole = xOnly && bytes.length === 32 ? concatBytes(Uint8Array.of(2), bytes) : bytes;
    if (!isKeyForm(whole) || !isPoint(whole) || ![2, 3, 4].includes(whole[0] as number)) return undefined;
    return constantKey(bytes, whole, undefined, () => bytesToHex(bytes).slice(2));
  }
  const prefix = network === 'main' ? WIF_MAIN : WIF_TEST;
  const wif = decodeWif(text, prefix);
  if (wif === undefined) return undefined;
  const point = secp256k1.publicKey(wif.privateKey);
  const whole = wif.compressed ? secp256k1.compress(point) : concatBytes(Uint8Array.of(4), point);
  // Inside Taproot, keys are shown by their x.
  const shown = xOnly ? whole.subarray(1, 33) : whole;
  return constantKey(shown, whole, wif.privateKey, (form) =>
    form === 'private' ? encodeWif(wif, prefix) : bytesToHex(shown).slice(2),
  );
}

/** Whether the bytes are a point of the curve. */
export function isPoint(key: Bytes): boolean {
  return secp256k1.parse(key) !== undefined;
}

function constantKey(
  publicKey: Bytes,
  whole: Bytes,
  privateKey: Bytes | undefined,
  toText: (form: KeyForm) => string,
): KeyExpression {
  const key = { publicKey, privateKey, origin: { fingerprint: fingerprintOf(whole), path: [] } };
  return {
    isRange: false,
    hasPrivate: privateKey !== undefined,
    needsPrivate: false,
    isUncompressed: whole.length === 65,
    isXOnly: publicKey.length === 32,
    derive: () => key,
    toText,
  };
}

function parseExtended(
  body: string,
  steps: readonly string[],
  where: string,
  { network }: KeyContext,
): KeyExpression | undefined {
  const root = decodeExtendedKey(body, network);
  if (root === undefined) return undefined;
  const last = steps[steps.length - 1];
  const wildcard = last === '*' ? 'plain' : /^\*['hH]$/.test(last ?? '') ? 'hardened' : undefined;
  const fixed = (wildcard === undefined ? steps : steps.slice(0, -1)).map((step) => parseStep(step, where));
  const needsPrivate = wildcard === 'hardened' || fixed.some((step) => step >= HARDENED);
  const tail = `${formatPath(fixed)}${wildcard === undefined ? '' : wildcard === 'plain' ? '/*' : '/*h'}`;
  const parent = needsPrivate && root.privateKey === null ? undefined : deriveSteps(root, fixed);
  const fingerprint = fingerprintOf(root.publicKey as Bytes);
  let latest: { readonly index: number; readonly key: DerivedKey } | undefined;
  return {
    isRange: wildcard !== undefined,
    hasPrivate: root.privateKey !== null,
    needsPrivate,
    isUncompressed: false,
    isXOnly: false,
    derive: (index) => {
      if (parent === undefined) {
        throw invalidDescriptor('Cannot derive script without private keys');
      }
      // A key is asked for several times in a row: for its script, its signature, its text.
      if (latest?.index === index) return latest.key;
      const extra = wildcard === undefined ? [] : [wildcard === 'plain' ? index : index + HARDENED];
      const { publicKey, privateKey } = deriveSteps(parent, extra);
      const key = {
        publicKey: publicKey as Bytes,
        privateKey: privateKey ?? undefined,
        origin: { fingerprint, path: [...fixed, ...extra] },
      };
      latest = { index, key };
      return key;
    },
    toText: (form) => {
      if (form === 'private' && root.privateKey !== null) return `${root.privateExtendedKey}${tail}`;
      const hardened = fixed.findLastIndex((step) => step >= HARDENED) + 1;
      if (form !== 'normalized' || wildcard === 'hardened' || hardened === 0 || root.privateKey === null) {
        return `${root.publicExtendedKey}${tail}`;
      }
      const origin = bytesToHex(fingerprint).slice(2) + formatPath(fixed.slice(0, hardened));
      const { publicExtendedKey } = deriveSteps(root, fixed.slice(0, hardened));
      return `[${origin}]${publicExtendedKey}${formatPath(fixed.slice(hardened))}${wildcard === undefined ? '' : '/*'}`;
    },
  };
}

function deriveSteps(key: HDKey, steps: readonly number[]): HDKey {
  return steps.reduce((parent, step) => parent.deriveChild(step), key);
}

/** An extended key of a network; undefined for what is none. */
export function decodeExtendedKey(text: string, network: 'main' | 'test'): HDKey | undefined {
  if (text.length > 120 || !/^[tx](?:pub|prv)[1-9A-HJ-NP-Za-km-z]+$/.test(text)) return undefined;
  try {
    return HDKey.fromExtendedKey(text, XKEY_VERSIONS[network]);
  } catch {
    return undefined;
  }
}

/** The extended key of a seed (BIP 32). */
export function masterKey(seed: Bytes, network: 'main' | 'test'): HDKey {
  return HDKey.fromMasterSeed(seed, XKEY_VERSIONS[network]);
}
