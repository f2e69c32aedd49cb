import { type Bytes, concatBytes, defineErrors, equalBytes } from '@ninefold/base';
import { encodeScriptNumber, hash160, OP } from '@ninefold/vm-bitcoin-script';
import type { ScriptWriter } from '../engine/script-writer.ts';
import { LOCK_BYTES } from '../spec/limits.ts';

/*
 * Winternitz one-time signatures as BitVM2 uses them: base 16, HASH160, a checksum behind the message. Who
 * has signed a message can be shown to have said it, inside a script and 26 bytes of witness a bit cheaper
 * than with hash pairs. Never to be used for two messages: both together let anybody sign others.
 */

/** Largest digit, and the length of each chain of hashes. */
const LAST_DIGIT = 15;

const fail = defineErrors({
  WINTERNITZ_WRONG_LENGTH: (c: {
    readonly what: string;
    readonly length: number;
    readonly expected: number;
  }) => `${c.what} has ${c.length} items instead of ${c.expected}`,
  WINTERNITZ_INVALID_DIGIT: (c: { readonly digit: number }) =>
    `Digit ${c.digit} of the signature leads to another public key`,
});

/** Digits of a message of that many bytes: two a byte. */
export function messageDigits(bytes: number): number {
  return 2 * bytes;
}

/** Digits of the checksum behind them: as many as its largest value takes. */
export function checksumDigits(bytes: number): number {
  let count = 1;
  while (16 ** count < LAST_DIGIT * messageDigits(bytes) + 1) count++;
  return count;
}

/**
 * The digits that are signed: the message's bytes from the last to the first, the high half of each first,
 * then the checksum.
 *
 * @example winternitzDigits(Uint8Array.of(4, 0x16)) // [1, 6, 0, 4, 3, 1]
 */
export function winternitzDigits(message: Bytes): readonly number[] {
  const digits: number[] = [];
  for (let i = message.length - 1; i >= 0; i--) {
    const byte = message[i] as number;
    digits.push(byte >> 4, byte & 15);
  }
  const checksum = digits.reduce((rest, digit) => rest - digit, LAST_DIGIT * digits.length);
  for (let i = checksumDigits(message.length) - 1; i >= 0; i--) digits.push((checksum >> (4 * i)) & 15);
  return digits;
}

/** The start of a digit's chain: HASH160(secret ‖ number of the digit, little-endian without zeros behind). */
function chainStart(secret: Bytes, digit: number): Bytes {
  const index: number[] = [];
  for (let rest = digit; rest > 0; rest >>= 8) index.push(rest & 0xff);
  return hash160(concatBytes(secret, Uint8Array.from(index)));
}

function chain(start: Bytes, steps: number): Bytes {
  let hash = start;
  for (let i = 0; i < steps; i++) hash = hash160(hash);
  return hash;
}

/** The public key for messages of that many bytes: the end of each digit's chain. */
export function winternitzPublicKey(secret: Bytes, bytes: number): readonly Bytes[] {
  const count = messageDigits(bytes) + checksumDigits(bytes);
  return Array.from({ length: count }, (_, digit) => chain(chainStart(secret, digit), LAST_DIGIT));
}

/** A signature: one hash a digit. The digits themselves follow from the message. */
export function signWinternitz(secret: Bytes, message: Bytes): readonly Bytes[] {
  return winternitzDigits(message).map((value, digit) => chain(chainStart(secret, digit), value));
}

/** The stack a verifying script takes, in its usual form: hash and digit in turn. */
export function winternitzWitness(message: Bytes, signature: readonly Bytes[]): readonly Bytes[] {
  return winternitzDigits(message).flatMap((digit, i) => [signature[i] as Bytes, encodeScriptNumber(digit)]);
}

/**
 * The message of a signature, found by hashing: digits need not be given.
 *
 * @throws `WINTERNITZ_WRONG_LENGTH`, `WINTERNITZ_INVALID_DIGIT`
 */
export function recoverWinternitz(
  publicKey: readonly Bytes[],
  signature: readonly Bytes[],
  bytes: number,
): Bytes {
  const expected = messageDigits(bytes) + checksumDigits(bytes);
  for (const [what, { length }] of Object.entries({ 'The key': publicKey, 'The signature': signature })) {
    if (length !== expected) throw fail('WINTERNITZ_WRONG_LENGTH', { what, length, expected });
  }
  const digits = signature.map((start, digit) => {
    let hash = start;
    for (let value = LAST_DIGIT; value >= 0; value--) {
      if (equalBytes(hash, publicKey[digit] as Bytes)) return value;
      hash = hash160(hash);
    }
    throw fail('WINTERNITZ_INVALID_DIGIT', { digit });
  });
  const message = new Uint8Array(bytes);
  for (let i = 0; i < bytes; i++) {
    const high = 2 * (bytes - 1 - i);
    message[i] = ((digits[high] as number) << 4) | (digits[high + 1] as number);
  }
  const wrong = winternitzDigits(message).findIndex((digit, i) => digit !== digits[i]);
  if (wrong >= 0) throw fail('WINTERNITZ_INVALID_DIGIT', { digit: wrong });
  return message;
}

/** Bytes of {@link writeWinternitz} for a digit, and for the checksum's comparison. */
const DIGIT_SCRIPT_SIZE = 76;

/** Most bytes of the script for a message of that many bytes. */
export function winternitzScriptSize(bytes: number): number {
  return DIGIT_SCRIPT_SIZE * messageDigits(bytes) + 90 * checksumDigits(bytes) + 16;
}

/**
 * `witness → digits`: checks a signature; leaves the message's digits, that of the first byte's low half
 * on top. Digits become numbers of the shortest form whatever the witness has: two forms of one number
 * must not pass for two numbers.
 */
export function writeWinternitz(script: ScriptWriter, publicKey: readonly Bytes[], bytes: number): void {
  for (let digit = publicKey.length - 1; digit >= 0; digit--) {
    script.op(OP.OP_0, OP.OP_MAX).number(LAST_DIGIT).op(OP.OP_MIN, OP.OP_TOALTSTACK);
    script.op(OP.OP_SIZE).number(LOCK_BYTES).op(OP.OP_EQUALVERIFY);
    // All values of the chain from here on; digit d has 15 - d steps to go, which lies d below the top.
    for (let i = 0; i < LAST_DIGIT; i++) script.op(OP.OP_DUP, OP.OP_HASH160);
    script.op(OP.OP_FROMALTSTACK, OP.OP_DUP, OP.OP_TOALTSTACK, OP.OP_PICK);
    script.push(publicKey[digit] as Bytes).op(OP.OP_EQUALVERIFY);
    for (let i = 0; i <= LAST_DIGIT; i += 2) script.op(OP.OP_2DROP);
  }
  const count = messageDigits(bytes);
  // The sum stays on top while the digits come out below it.
  script.op(OP.OP_0);
  for (let i = 0; i < count; i++) script.op(OP.OP_FROMALTSTACK, OP.OP_TUCK, OP.OP_ADD);
  script.op(OP.OP_FROMALTSTACK);
  for (let i = 1; i < checksumDigits(bytes); i++) {
    for (let doubling = 0; doubling < 4; doubling++) script.op(OP.OP_DUP, OP.OP_ADD);
    script.op(OP.OP_FROMALTSTACK, OP.OP_ADD);
  }
  script
    .op(OP.OP_ADD)
    .number(LAST_DIGIT * count)
    .op(OP.OP_NUMEQUALVERIFY);
}
