import { type Bytes, bigintToBytes, bytesToBigint } from '@ninefold/base';
import { bn254Add, bn254Mul, bn254Pairing } from '@ninefold/crypto';
import { bn254 } from '@noble/curves/bn254.js';
import { syscallFault } from '../../engine/faults.ts';
import { BN254, HASH_BASE, SYSCALL_BASE } from '../../spec/costs.ts';
import { BYTE, type Call, consume, readBytes, type Syscall, translateSlice, writeAt } from '../call.ts';

const WORD = 32;
const G1_BYTES = 64;
const G2_BYTES = 128;
const PAIR_BYTES = G1_BYTES + G2_BYTES;
/** Set in operations whose numbers are little-endian (SIMD-0284). */
const LITTLE_ENDIAN = 0x80n;

const { Fp, Fp2 } = bn254.fields;
const G2 = bn254.G2.Point;
type G2Point = InstanceType<typeof G2>;
type Fp2Element = ReturnType<typeof Fp2.sqr>;

/** Reverses each run of `size` bytes. */
function reverseEach(bytes: Bytes, size: number): Bytes {
  const out = new Uint8Array(bytes.length);
  for (let at = 0; at < bytes.length; at += size) out.set(bytes.slice(at, at + size).reverse(), at);
  return out;
}

/** From little endian to the big endian of EIP-196: sizes of the field elements in order, repeated. */
function toBig(bytes: Bytes, sizes: readonly number[]): Bytes {
  const out = new Uint8Array(bytes.length);
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] as number;
    out.set(bytes.slice(at, at + size).reverse(), at);
    at += size;
  }
  return out;
}

/** `input` with zeros behind it up to `length`; `undefined` when it is longer. */
function padded(input: Bytes, length: number): Bytes | undefined {
  if (input.length > length) return undefined;
  const out = new Uint8Array(length);
  out.set(input);
  return out;
}

function readFp(bytes: Bytes): bigint | undefined {
  const value = bytesToBigint(bytes);
  return value < Fp.ORDER ? value : undefined;
}

/** Imaginary part first. */
function readFp2(bytes: Bytes): Fp2Element | undefined {
  const c1 = readFp(bytes.subarray(0, WORD));
  const c0 = readFp(bytes.subarray(WORD, 2 * WORD));
  return c0 === undefined || c1 === undefined ? undefined : Fp2.fromBigTuple([c0, c1]);
}

const writeFp2 = ({ c0, c1 }: Fp2Element): Bytes => {
  const bytes = new Uint8Array(2 * WORD);
  bytes.set(bigintToBytes(c1, WORD));
  bytes.set(bigintToBytes(c0, WORD), WORD);
  return bytes;
};

const B2: Fp2Element = Fp2.div(Fp2.fromBigTuple([3n, 0n]), Fp2.fromBigTuple([9n, 1n]));

/** A point of the twist; in the subgroup as well if that is asked. */
function readG2(bytes: Bytes, inSubgroup: boolean): G2Point | undefined {
  const x = readFp2(bytes.subarray(0, 2 * WORD));
  const y = readFp2(bytes.subarray(2 * WORD, G2_BYTES));
  if (x === undefined || y === undefined) return undefined;
  if (Fp2.is0(x) && Fp2.is0(y)) return G2.ZERO;
  if (!Fp2.eql(Fp2.sqr(y), Fp2.add(Fp2.mul(Fp2.sqr(x), x), B2))) return undefined;
  const point = G2.fromAffine({ x, y });
  return inSubgroup && !point.isTorsionFree() ? undefined : point;
}

function writeG2(point: G2Point): Bytes {
  const bytes = new Uint8Array(G2_BYTES);
  if (point.is0()) return bytes;
  const { x, y } = point.toAffine();
  bytes.set(writeFp2(x));
  bytes.set(writeFp2(y), 2 * WORD);
  return bytes;
}

type Operation = {
  readonly cost: (inputBytes: number) => number;
  readonly outputBytes: number;
  /** Sizes of the input's numbers, and of the output's: what is reversed in little endian. */
  readonly input: readonly number[];
  readonly output: number;
  readonly needs?: string;
  /** Length that input is filled up to with zeros. */
  readonly filledTo?: number;
  /** On big-endian input. */
  readonly run: (input: Bytes, call: Call, isLittle: boolean) => Bytes | undefined;
};

const fixed = (cost: number) => (): number => cost;

function pairing(input: Bytes, call: Call, isLittle: boolean): Bytes | undefined {
  const exact = isLittle || call.transaction.environment.features.has('fix_alt_bn128_pairing_length_check');
  if (exact && input.length % PAIR_BYTES !== 0) return undefined;
  const whole = input.subarray(0, input.length - (input.length % PAIR_BYTES));
  const holds = bn254Pairing(whole);
  if (holds === undefined) return undefined;
  const result = new Uint8Array(WORD);
  result[WORD - 1] = holds ? 1 : 0;
  return result;
}

const G2_FEATURE = 'enable_alt_bn128_g2_syscalls';

const GROUP_OPERATIONS: Readonly<Record<string, Operation>> = {
  0: {
    cost: fixed(BN254.g1Add),
    outputBytes: G1_BYTES,
    input: [WORD],
    output: WORD,
    filledTo: 2 * G1_BYTES,
    run: bn254Add,
  },
  2: {
    cost: fixed(BN254.g1Multiply),
    outputBytes: G1_BYTES,
    input: [WORD],
    output: WORD,
    filledTo: G1_BYTES + WORD,
    run: bn254Mul,
  },
  3: {
    cost: (bytes) =>
      BN254.pairingFirst +
      BN254.pairingMore * Math.max(0, Math.floor(bytes / PAIR_BYTES) - 1) +
      HASH_BASE +
      bytes +
      WORD,
    outputBytes: WORD,
    input: [WORD, WORD, 2 * WORD, 2 * WORD],
    output: WORD,
    run: pairing,
  },
  4: {
    cost: fixed(BN254.g2Add),
    outputBytes: G2_BYTES,
    input: [2 * WORD],
    output: 2 * WORD,
    needs: G2_FEATURE,
    filledTo: 2 * G2_BYTES,
    run(input) {
      const a = readG2(input.subarray(0, G2_BYTES), false);
      const b = a && readG2(input.subarray(G2_BYTES), false);
      return a && b && writeG2(a.add(b));
    },
  },
  6: {
    cost: fixed(BN254.g2Multiply),
    outputBytes: G2_BYTES,
    input: [2 * WORD, 2 * WORD, WORD],
    output: 2 * WORD,
    needs: G2_FEATURE,
    filledTo: G2_BYTES + WORD,
    run(input) {
      const point = readG2(input.subarray(0, G2_BYTES), true);
      const scalar = bytesToBigint(input.subarray(G2_BYTES)) % bn254.fields.Fr.ORDER;
      return point && writeG2(point.multiplyUnsafe(scalar));
    },
  },
};

/** The sign bit says that y is the larger root; the other one marks infinity. */
const LARGER_ROOT = 0x80;
const INFINITY = 0x40;
const FLAGS: number = LARGER_ROOT | INFINITY;

const isZero = (bytes: Bytes): boolean => bytes.every((byte) => byte === 0);

/** x with the sign of y in its highest bits. */
function withFlags(x: Bytes, isLarger: boolean): Bytes {
  const out = x.slice();
  if (isLarger) out[0] = (out[0] as number) | LARGER_ROOT;
  return out;
}

function compressG1(input: Bytes): Bytes | undefined {
  if (isZero(input)) return new Uint8Array(WORD);
  const x = readFp(input.subarray(0, WORD));
  const y = readFp(input.subarray(WORD));
  if (x === undefined || y === undefined) return undefined;
  return withFlags(input.subarray(0, WORD), y > Fp.neg(y));
}

/** The flags of a compressed point and its x without them; `undefined` for both flags at once. */
function splitFlags(input: Bytes): { readonly flags: number; readonly x: Bytes } | undefined {
  const flags = (input[0] as number) & FLAGS;
  if (flags === FLAGS) return undefined;
  const x = input.slice();
  x[0] = (x[0] as number) & ~FLAGS;
  return { flags, x };
}

function decompressG1(input: Bytes): Bytes | undefined {
  if (isZero(input)) return new Uint8Array(G1_BYTES);
  const parts = splitFlags(input);
  const x = parts && readFp(parts.x);
  if (parts === undefined || x === undefined) return undefined;
  if (parts.flags === INFINITY) return isZero(parts.x) ? new Uint8Array(G1_BYTES) : undefined;
  const square = Fp.add(Fp.mul(Fp.sqr(x), x), 3n);
  const root = sqrt(() => Fp.sqrt(square));
  if (root === undefined) return undefined;
  const larger = root > Fp.neg(root) ? root : Fp.neg(root);
  const y = parts.flags === LARGER_ROOT ? larger : Fp.neg(larger);
  const bytes = new Uint8Array(G1_BYTES);
  bytes.set(parts.x);
  bytes.set(bigintToBytes(y, WORD), WORD);
  return bytes;
}

function sqrt<Element>(root: () => Element): Element | undefined {
  try {
    return root();
  } catch {
    return undefined;
  }
}

/** Order of elements of Fp2: by the imaginary part, then the real one. */
function isLargerThanNegative(y: Fp2Element): boolean {
  const negative = Fp2.neg(y);
  return y.c1 === negative.c1 ? y.c0 > negative.c0 : y.c1 > negative.c1;
}

function compressG2(input: Bytes): Bytes | undefined {
  if (isZero(input)) return new Uint8Array(2 * WORD);
  const x = readFp2(input.subarray(0, 2 * WORD));
  const y = readFp2(input.subarray(2 * WORD));
  if (x === undefined || y === undefined) return undefined;
  return withFlags(input.subarray(0, 2 * WORD), isLargerThanNegative(y));
}

function decompressG2(input: Bytes): Bytes | undefined {
  if (isZero(input)) return new Uint8Array(G2_BYTES);
  const parts = splitFlags(input);
  const x = parts && readFp2(parts.x);
  if (parts === undefined || x === undefined) return undefined;
  if (parts.flags === INFINITY) return isZero(parts.x) ? new Uint8Array(G2_BYTES) : undefined;
  const root = sqrt(() => Fp2.sqrt(Fp2.add(Fp2.mul(Fp2.sqr(x), x), B2)));
  if (root === undefined) return undefined;
  const y = isLargerThanNegative(root) === (parts.flags === LARGER_ROOT) ? root : Fp2.neg(root);
  const point = G2.fromAffine({ x, y });
  return point.isTorsionFree() ? writeG2(point) : undefined;
}

type Compression = Pick<Operation, 'outputBytes' | 'input' | 'output' | 'needs'> & {
  readonly cost: number;
  readonly inputBytes: number;
  readonly run: (input: Bytes) => Bytes | undefined;
};

const COMPRESSIONS: Readonly<Record<string, Compression>> = {
  0: {
    cost: BN254.g1Compress,
    inputBytes: 64,
    outputBytes: 32,
    input: [WORD],
    output: WORD,
    run: compressG1,
  },
  1: {
    cost: BN254.g1Decompress,
    inputBytes: 32,
    outputBytes: 64,
    input: [WORD],
    output: WORD,
    run: decompressG1,
  },
  2: {
    cost: BN254.g2Compress,
    inputBytes: 128,
    outputBytes: 64,
    input: [2 * WORD],
    output: 2 * WORD,
    run: compressG2,
  },
  3: {
    cost: BN254.g2Decompress,
    inputBytes: 64,
    outputBytes: 128,
    input: [2 * WORD],
    output: 2 * WORD,
    run: decompressG2,
  },
};

/** Entry of `table` for an operation's number, if the features allow it. */
function operationOf<Row extends { readonly needs?: string }>(
  call: Call,
  table: Readonly<Record<string, Row>>,
  id: bigint,
): { readonly operation: Row; readonly isLittle: boolean } {
  const { features } = call.transaction.environment;
  const isLittle = (id & LITTLE_ENDIAN) !== 0n;
  const operation = id < 256n ? table[String(id & ~LITTLE_ENDIAN)] : undefined;
  const allowed =
    (!isLittle || features.has('alt_bn128_little_endian')) &&
    (operation?.needs === undefined || features.has(operation.needs));
  if (operation === undefined || !allowed) throw syscallFault('InvalidAttribute');
  return { operation, isLittle };
}

export const bn254GroupOperation: Syscall = (call, id, address, length, out) => {
  const { operation, isLittle } = operationOf(call, GROUP_OPERATIONS, id);
  consume(call, operation.cost(Number(length)));
  const target = translateSlice(call, out, BigInt(operation.outputBytes), BYTE, true);
  const raw = readBytes(call, address, length);
  const input = operation.filledTo === undefined ? raw : padded(raw, operation.filledTo);
  if (input === undefined) return 1n;
  const result = operation.run(isLittle ? toBig(input, operation.input) : input, call, isLittle);
  if (result === undefined) return 1n;
  writeAt(call, target, isLittle ? reverseEach(result, operation.output) : result);
  return 0n;
};

export const bn254Compression: Syscall = (call, id, address, length, out) => {
  const { operation, isLittle } = operationOf(call, COMPRESSIONS, id);
  consume(call, SYSCALL_BASE + operation.cost);
  const target = translateSlice(call, out, BigInt(operation.outputBytes), BYTE, true);
  const input = readBytes(call, address, length);
  if (input.length !== operation.inputBytes) return 1n;
  const result = operation.run(isLittle ? toBig(input, operation.input) : input);
  if (result === undefined) return 1n;
  writeAt(call, target, isLittle ? reverseEach(result, operation.output) : result);
  return 0n;
};
