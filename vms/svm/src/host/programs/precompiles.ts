import { type Bytes, bigintToBytes, bytesToBigint, concatBytes, equalBytes } from '@ninefold/base';
import { isEd25519Point, keccak256, p256Verify, secp256k1, sha256, verifyEd25519 } from '@ninefold/crypto';
import { p256 } from '@noble/curves/nist.js';
import { PROGRAM } from '../../spec/addresses.ts';
import { customFailure } from '../failure.ts';

// Programs that check signatures: what is signed, by whom and how stands in the data of instructions
// of the transaction, named by offsets. They cost no units and write nothing into the log.

/** Checks the signatures that `data` names; throws an `InstructionFailure`. */
export type Precompile = (data: Bytes, instructions: readonly Bytes[]) => void;

const INVALID_PUBLIC_KEY = 0;
const INVALID_RECOVERY_ID = 1;
const INVALID_SIGNATURE = 2;
const INVALID_DATA_OFFSETS = 3;
const INVALID_INSTRUCTION_DATA_SIZE = 4;

/** An index that stands for the instruction itself. */
const THIS_INSTRUCTION = 0xffff;
/** Count, padding, then offsets of 14 bytes. */
const OFFSETS_START = 2;
const OFFSETS_BYTES = 14;
const SIGNATURE_BYTES = 64;

type Signed = { readonly signature: Bytes; readonly key: Bytes; readonly message: Bytes };

function slice(
  data: Bytes,
  instructions: readonly Bytes[],
  index: number,
  offset: number,
  size: number,
): Bytes {
  const source = index === THIS_INSTRUCTION ? data : instructions[index];
  if (source === undefined || offset + size > source.length) throw customFailure(INVALID_DATA_OFFSETS);
  return source.subarray(offset, offset + size);
}

/** What the offsets of ed25519 and secp256r1 name, one after the other. */
function* signedParts(
  data: Bytes,
  instructions: readonly Bytes[],
  count: number,
  keyBytes: number,
): Generator<Signed> {
  if (data.length < OFFSETS_START + count * OFFSETS_BYTES) throw customFailure(INVALID_INSTRUCTION_DATA_SIZE);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let i = 0; i < count; i++) {
    const field = (n: number): number => view.getUint16(OFFSETS_START + i * OFFSETS_BYTES + 2 * n, true);
    const at = (index: number, offset: number, size: number): Bytes =>
      slice(data, instructions, index, offset, size);
    yield {
      signature: at(field(1), field(0), SIGNATURE_BYTES),
      key: at(field(3), field(2), keyBytes),
      message: at(field(6), field(4), field(5)),
    };
  }
}

const ed25519Program: Precompile = (data, instructions) => {
  const count = data[0];
  const isEmpty = count === 0 && data.length > OFFSETS_START;
  if (count === undefined || data.length < OFFSETS_START || isEmpty)
    throw customFailure(INVALID_INSTRUCTION_DATA_SIZE);
  for (const { signature, key, message } of signedParts(data, instructions, count, 32)) {
    if (!isEd25519Point(key)) throw customFailure(INVALID_PUBLIC_KEY);
    if (!verifyEd25519(signature, message, key)) throw customFailure(INVALID_SIGNATURE);
  }
};

const P256_HALF_ORDER: bigint = p256.Point.Fn.ORDER >> 1n;
/** Signatures that one instruction of the secp256r1 program may hold. */
export const MAX_SECP256R1_SIGNATURES = 8;

function p256Key(compressed: Bytes): Bytes {
  try {
    const { x, y } = p256.Point.fromBytes(compressed).toAffine();
    return concatBytes(bigintToBytes(x, 32), bigintToBytes(y, 32));
  } catch (cause) {
    throw Object.assign(customFailure(INVALID_PUBLIC_KEY), { cause });
  }
}

const secp256r1Program: Precompile = (data, instructions) => {
  const count = data[0];
  if (count === undefined || data.length < OFFSETS_START || count === 0 || count > MAX_SECP256R1_SIGNATURES)
    throw customFailure(INVALID_INSTRUCTION_DATA_SIZE);
  for (const { signature, key, message } of signedParts(data, instructions, count, 33)) {
    const s = bytesToBigint(signature.subarray(32));
    // The other root would sign as well.
    if (s === 0n || s > P256_HALF_ORDER) throw customFailure(INVALID_SIGNATURE);
    const input = concatBytes(sha256(message), signature, p256Key(key));
    if (!p256Verify(input)) throw customFailure(INVALID_SIGNATURE);
  }
};

const SECP256K1_OFFSETS_BYTES = 11;
const ETHEREUM_ADDRESS_BYTES = 20;

const secp256k1Program: Precompile = (data, instructions) => {
  const count = data[0];
  if (
    count === undefined ||
    (count === 0 && data.length > 1) ||
    data.length < 1 + count * SECP256K1_OFFSETS_BYTES
  )
    throw customFailure(INVALID_INSTRUCTION_DATA_SIZE);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let i = 0; i < count; i++) {
    const at = 1 + i * SECP256K1_OFFSETS_BYTES;
    const u16 = (offset: number): number => view.getUint16(at + offset, true);
    const u8 = (offset: number): number => view.getUint8(at + offset);
    const source = instructions[u8(2)];
    if (source === undefined) throw customFailure(INVALID_INSTRUCTION_DATA_SIZE);
    const start = u16(0);
    // The recovery id follows the signature.
    if (start + SIGNATURE_BYTES >= source.length) throw customFailure(INVALID_SIGNATURE);
    const signature = source.subarray(start, start + SIGNATURE_BYTES);
    const r = bytesToBigint(signature.subarray(0, 32));
    const s = bytesToBigint(signature.subarray(32));
    if (r >= secp256k1.N || s >= secp256k1.N) throw customFailure(INVALID_SIGNATURE);
    const recoveryId = source[start + SIGNATURE_BYTES] as number;
    if (recoveryId > 3) throw customFailure(INVALID_RECOVERY_ID);
    const address = part(instructions, u8(5), u16(3), ETHEREUM_ADDRESS_BYTES);
    const message = part(instructions, u8(10), u16(6), u16(8));
    const key = secp256k1.recover(keccak256(message), r, s, recoveryId);
    if (key === undefined || !equalBytes(keccak256(key).subarray(12), address))
      throw customFailure(INVALID_SIGNATURE);
  }
};

/** Of the secp256k1 program, whose errors differ from the others'. */
function part(instructions: readonly Bytes[], index: number, offset: number, size: number): Bytes {
  const source = instructions[index];
  if (source === undefined) throw customFailure(INVALID_DATA_OFFSETS);
  if (offset + size > source.length) throw customFailure(INVALID_SIGNATURE);
  return source.subarray(offset, offset + size);
}

/** The signature programs by address. */
export const PRECOMPILES: ReadonlyMap<string, Precompile> = new Map<string, Precompile>([
  [PROGRAM.ed25519, ed25519Program],
  [PROGRAM.secp256k1, secp256k1Program],
  [PROGRAM.secp256r1, secp256r1Program],
]);
