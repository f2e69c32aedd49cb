import {
  type Bytes,
  bigintToBytes,
  bytesToBigint,
  concatBytes,
  hexToBytes,
  numberToBytes,
  utf8ToBytes,
} from '@ninefold/base';
import { modexp, sha256 } from '@ninefold/kernels';
import { bls12G1Msm, bls12Pairing } from './bls12-381.ts';

/*
 * Verifying KZG proofs (EIP-4844, consensus specification "Deneb – polynomial commitments") takes
 * one point of the trusted setup, so it is always ready. What needs the setup as a whole,
 * making commitments and all that concerns cells, is in `kzg-setup.ts`.
 */

/** Order r of BLS12-381's groups, the modulus of the scalars. */
export const BLS_MODULUS: bigint = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;

/** Field elements in a blob. */
const FIELD_ELEMENTS_PER_BLOB = 4096;
/** Bytes of a blob. */
export const BLOB_BYTES: number = FIELD_ELEMENTS_PER_BLOB * 32;

const POINT_BYTES = 48;
const P = 0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaabn;
const P_BYTES = bigintToBytes(P);
/** p is 3 modulo 4: a root of a square is its power with this exponent. */
const SQUARE_ROOT_EXPONENT = bigintToBytes((P + 1n) / 4n);

/** Field elements of 48 bytes in EIP-2537's encoding. */
function encoding(...elements: readonly string[]): Bytes {
  return hexToBytes(`0x${elements.map((element) => element.padStart(128, '0')).join('')}`);
}

/** Generator of G1. */
const G1: Bytes = encoding(
  '17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb',
  '08b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1',
);

/** Generator of G2. */
const G2: Bytes = encoding(
  '024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8',
  '13e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e',
  '0ce5d527727d6e118cc9cdc6da2e351aadfd9baa8cbdd3a76d429a695160d12c923ac9cc3baca289e193548608b82801',
  '0606c4a02ea734cc32acd2b02bc28b99cb3e287e85a763af267492ab572e99ab3f370d275cec1da1aaa9075ff05f79be',
);

/** [tau]_2 of the ceremony of 2023: the second of the trusted setup's powers in G2. */
const TAU_G2: Bytes = encoding(
  '185cbfee53492714734429b7b38608e23926c911cceceac9a36851477ba4c60b087041de621000edc98edada20c1def2',
  '15bfd7dd8cdeb128843bc287230af38926187075cbfbefa81009a2ce615ac53d2914e5870cb452d2afaaab24f3499f72',
  '014353bdb96b626dd7d5ee8599d1fca2131569490e28de18e82451a496a9c9794ce26d105941f383ee689bfbbb832a99',
  '1666c54b0a32529503432fcae0181b4bef79de09fc63671fda5ed1ba9bfa07899495346f3d7ac9cd23048ef30d0a154f',
);

const FIAT_SHAMIR_DOMAIN = utf8ToBytes('FSBLOBVERIFY_V1_');
const DEGREE_BYTES = numberToBytes(FIELD_ELEMENTS_PER_BLOB, 16);

const COMPRESSED = 0x80;
const INFINITY = 0x40;
const LARGER_Y = 0x20;

const mod = (value: bigint): bigint => ((value % BLS_MODULUS) + BLS_MODULUS) % BLS_MODULUS;
const word = (scalar: bigint): Bytes => bigintToBytes(mod(scalar), 32);

function power(base: bigint, exponent: bigint): bigint {
  return bytesToBigint(modexp(word(base), bigintToBytes(exponent), bigintToBytes(BLS_MODULUS)));
}

const invert = (value: bigint): bigint => power(value, BLS_MODULUS - 2n);

/**
 * Decompresses a point of the curve to EIP-2537's encoding (ZCash's serialization, as in the
 * consensus specification); undefined if it is none. Whether it is in the subgroup shows later.
 */
function decompress(bytes: Bytes): Bytes | undefined {
  if (bytes.length !== POINT_BYTES) return undefined;
  const flags = bytes[0] as number;
  if ((flags & COMPRESSED) === 0) return undefined;
  const x = bytesToBigint(bytes) & ((1n << 381n) - 1n);
  if ((flags & INFINITY) !== 0) return x === 0n && (flags & LARGER_Y) === 0 ? new Uint8Array(128) : undefined;
  if (x >= P) return undefined;
  const square = (x * x * x + 4n) % P;
  const root = bytesToBigint(modexp(bigintToBytes(square), SQUARE_ROOT_EXPONENT, P_BYTES));
  if ((root * root) % P !== square) return undefined;
  const isLarger = root > P >> 1n;
  const y = isLarger === ((flags & LARGER_Y) !== 0) ? root : P - root;
  return concatBytes(bigintToBytes(x, 64), bigintToBytes(y, 64));
}

function readScalar(bytes: Bytes): bigint | undefined {
  const value = bytesToBigint(bytes);
  return bytes.length === 32 && value < BLS_MODULUS ? value : undefined;
}

/**
 * e(-(commitment - [y] + [z] proof), G2) e(proof, [tau]_2) = 1: scalars on G1 only, where they are
 * cheap. False as well when a point is outside the subgroup.
 */
function isProof(commitment: Bytes, z: bigint, y: bigint, proof: Bytes): boolean {
  const left = bls12G1Msm(concatBytes(commitment, word(-1n), G1, word(y), proof, word(-z)));
  return left !== undefined && bls12Pairing(concatBytes(left, G2, proof, TAU_G2)) === true;
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
  const c = decompress(commitment);
  const at = readScalar(z);
  const value = readScalar(y);
  const p = decompress(proof);
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
  const c = decompress(commitment);
  const p = decompress(proof);
  if (!c || !p || blob.length !== BLOB_BYTES) return false;
  const challenge = mod(
    bytesToBigint(sha256(concatBytes(FIAT_SHAMIR_DOMAIN, DEGREE_BYTES, blob, commitment))),
  );
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
  // 7 generates the multiplicative group.
  const generator = power(7n, (BLS_MODULUS - 1n) / BigInt(FIELD_ELEMENTS_PER_BLOB));
  const reversed = new Array<bigint>(FIELD_ELEMENTS_PER_BLOB);
  let root = 1n;
  for (let i = 0; i < FIELD_ELEMENTS_PER_BLOB; i++) {
    let index = 0;
    for (let bit = 0; bit < bits; bit++) index |= ((i >> bit) & 1) << (bits - 1 - bit);
    reversed[index] = root;
    root = (root * generator) % BLS_MODULUS;
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
  const terms = new Array<bigint>(FIELD_ELEMENTS_PER_BLOB);
  for (let i = 0; i < FIELD_ELEMENTS_PER_BLOB; i++) {
    const element = bytesToBigint(blob.subarray(32 * i, 32 * i + 32));
    if (element >= BLS_MODULUS) return undefined;
    terms[i] = element;
  }
  const place = domain.indexOf(z);
  if (place >= 0) return terms[place];

  // One inversion for all denominators: prefix[i] = product of (z - w_j) for j < i.
  const prefix = new Array<bigint>(FIELD_ELEMENTS_PER_BLOB);
  let product = 1n;
  for (let i = 0; i < FIELD_ELEMENTS_PER_BLOB; i++) {
    prefix[i] = product;
    product = (product * mod(z - (domain[i] as bigint))) % BLS_MODULUS;
  }
  let inverse = invert(product);
  let sum = 0n;
  for (let i = FIELD_ELEMENTS_PER_BLOB - 1; i >= 0; i--) {
    const root = domain[i] as bigint;
    const reciprocal = (inverse * (prefix[i] as bigint)) % BLS_MODULUS;
    inverse = (inverse * mod(z - root)) % BLS_MODULUS;
    sum += (((terms[i] as bigint) * root) % BLS_MODULUS) * reciprocal;
  }
  const n = BigInt(FIELD_ELEMENTS_PER_BLOB);
  return mod(mod(sum) * (power(z, n) - 1n) * invert(n));
}
