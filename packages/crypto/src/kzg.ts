import { type Bytes, bytesToBigint, concatBytes, numberToBytes, utf8ToBytes } from '@ninefold/base';
import { sha256 } from '@ninefold/kernels';
import { bls12_381 } from '@noble/curves/bls12-381.js';

/*
 * Verifying KZG proofs (EIP-4844, consensus specification "Deneb – polynomial commitments") takes
 * one point of the trusted setup, so it is always ready. What needs the setup as a whole,
 * making commitments and all that concerns cells, is in `kzg-setup.ts`.
 */

const G1 = bls12_381.G1.Point;
const G2 = bls12_381.G2.Point;
const { Fr, Fp12 } = bls12_381.fields;
type G1Point = InstanceType<typeof G1>;

/** Field elements in a blob. */
export const FIELD_ELEMENTS_PER_BLOB = 4096;
/** Bytes of a blob. */
export const BLOB_BYTES: number = FIELD_ELEMENTS_PER_BLOB * 32;
const POINT_BYTES = 48;

/** [tau]_2 of the ceremony of 2023, compressed: the second of the setup's powers in G2. */
const TAU_G2 =
  'b5bfd7dd8cdeb128843bc287230af38926187075cbfbefa81009a2ce615ac53d2914e5870cb452d2afaaab24f3499f72' +
  '185cbfee53492714734429b7b38608e23926c911cceceac9a36851477ba4c60b087041de621000edc98edada20c1def2';

// Decompressed on first use, to keep the import cheap.
let tauG2: InstanceType<typeof G2> | undefined;

const FIAT_SHAMIR_DOMAIN = utf8ToBytes('FSBLOBVERIFY_V1_');
const DEGREE_BYTES = numberToBytes(FIELD_ELEMENTS_PER_BLOB, 16);

/** A compressed point of G1's subgroup, infinity included; undefined if it is none. */
function readPoint(bytes: Bytes): G1Point | undefined {
  if (bytes.length !== POINT_BYTES) return undefined;
  try {
    const point = G1.fromBytes(bytes);
    point.assertValidity();
    return point;
  } catch {
    // The library has no other way to say that an encoding is wrong.
    return undefined;
  }
}

function readScalar(bytes: Bytes): bigint | undefined {
  const value = bytesToBigint(bytes);
  return bytes.length === 32 && Fr.isValid(value) ? value : undefined;
}

const times = (point: G1Point, scalar: bigint): G1Point => point.multiplyUnsafe(scalar);

/** e(-(commitment - [y] + [z] proof), G2) e(proof, [tau]_2) = 1: scalars on G1 only, where they are cheap. */
function isProof(commitment: G1Point, z: bigint, y: bigint, proof: G1Point): boolean {
  const left = commitment.subtract(times(G1.BASE, y)).add(times(proof, z));
  const pairs = [
    { g1: left.negate(), g2: G2.BASE },
    { g1: proof, g2: (tauG2 ??= G2.fromHex(TAU_G2)) },
  ].filter(({ g1 }) => !g1.is0());
  return pairs.length === 0 || Fp12.eql(bls12_381.pairingBatch(pairs), Fp12.ONE);
}

/**
 * Whether `proof` shows that the polynomial committed to has the value `y` at `z` (the check behind
 * precompile 0x0a). False as well for scalars not below the order and for encodings of no point of
 * the subgroup.
 *
 * @param commitment, proof compressed points, 48 bytes
 * @param z, y big-endian, 32 bytes
 */
export function verifyKzgProof(commitment: Bytes, z: Bytes, y: Bytes, proof: Bytes): boolean {
  const c = readPoint(commitment);
  const at = readScalar(z);
  const value = readScalar(y);
  const p = readPoint(proof);
  if (!c || at === undefined || value === undefined || !p) return false;
  return isProof(c, at, value, p);
}

/**
 * Whether `proof` belongs to the blob and the commitment (`verify_blob_kzg_proof`). False as well
 * for malformed arguments.
 *
 * @param blob 131,072 bytes, 4,096 big-endian elements below the order
 */
export function verifyBlobKzgProof(blob: Bytes, commitment: Bytes, proof: Bytes): boolean {
  const c = readPoint(commitment);
  const p = readPoint(proof);
  if (!c || !p || blob.length !== BLOB_BYTES) return false;
  const challenge =
    bytesToBigint(sha256(concatBytes(FIAT_SHAMIR_DOMAIN, DEGREE_BYTES, blob, commitment))) % Fr.ORDER;
  const value = evaluate(blob, challenge);
  return value !== undefined && isProof(c, challenge, value, p);
}

/** The versioned hash by which a transaction names a blob: 0x01 and 31 bytes of SHA-256 (EIP-4844). */
export function kzgToVersionedHash(commitment: Bytes): Bytes {
  const hash = sha256(commitment);
  hash[0] = 1;
  return hash;
}

let roots: readonly bigint[] | undefined;

/** The 4,096th roots of unity in bit-reversed order: where a blob's polynomial has its elements. */
function rootsOfUnity(): readonly bigint[] {
  if (roots) return roots;
  const bits = Math.log2(FIELD_ELEMENTS_PER_BLOB);
  const generator = Fr.pow(7n, (Fr.ORDER - 1n) / BigInt(FIELD_ELEMENTS_PER_BLOB));
  const reversed = new Array<bigint>(FIELD_ELEMENTS_PER_BLOB);
  let power = 1n;
  for (let i = 0; i < FIELD_ELEMENTS_PER_BLOB; i++) {
    let index = 0;
    for (let bit = 0; bit < bits; bit++) index |= ((i >> bit) & 1) << (bits - 1 - bit);
    reversed[index] = power;
    power = Fr.mul(power, generator);
  }
  roots = reversed;
  return reversed;
}

/**
 * The blob's polynomial at `z` by the barycentric formula, (z^n - 1) / n * sum f_i w_i / (z - w_i);
 * undefined when an element is not below the order.
 */
function evaluate(blob: Bytes, z: bigint): bigint | undefined {
  const domain = rootsOfUnity();
  const elements = new Array<bigint>(FIELD_ELEMENTS_PER_BLOB);
  for (let i = 0; i < FIELD_ELEMENTS_PER_BLOB; i++) {
    const element = bytesToBigint(blob.subarray(32 * i, 32 * i + 32));
    if (element >= Fr.ORDER) return undefined;
    elements[i] = element;
  }
  const place = domain.indexOf(z);
  if (place >= 0) return elements[place];

  const inverses = Fr.invertBatch(domain.map((root) => Fr.sub(z, root)));
  let sum = 0n;
  for (let i = 0; i < FIELD_ELEMENTS_PER_BLOB; i++) {
    const term = ((elements[i] as bigint) * (domain[i] as bigint)) % Fr.ORDER;
    sum += term * (inverses[i] as bigint);
  }
  const n = BigInt(FIELD_ELEMENTS_PER_BLOB);
  return Fr.mul(Fr.create(sum), Fr.div(Fr.sub(Fr.pow(z, n), 1n), n));
}
