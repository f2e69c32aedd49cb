// Speed of the kernels against @noble/hashes, hash-wasm and BigInt: `node packages/kernels/bench/kernels.mjs`
// after a build. Medians of CPU time; each line is one function on one input size.
import { readFileSync } from 'node:fs';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import { ripemd160 as nobleRipemd160 } from '@noble/hashes/legacy.js';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { bn254 } from '@noble/curves/bn254.js';
import { ed25519 } from '@noble/curves/ed25519.js';
import { p256 } from '@noble/curves/nist.js';
import { createKeccak, createSHA256 } from 'hash-wasm';
import * as kernels from '../dist/index.js';

const ROUNDS = 7;
const ROUND_MS = 60;

/** Median nanoseconds of one call of `run(count)` per count. */
function measure(run) {
  let count = 1;
  const timeOf = () => {
    const before = process.cpuUsage();
    run(count);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  };
  while (timeOf() < ROUND_MS) count *= 2;
  const times = Array.from({ length: ROUNDS }, timeOf).sort((a, b) => a - b);
  return (times[ROUNDS >> 1] * 1e6) / count;
}

const repeat = (run) => (count) => {
  for (let i = 0; i < count; i++) run();
};

function report(name, columns) {
  const cells = Object.entries(columns).map(([who, run]) => {
    const ns = measure(run);
    return `${who} ${ns < 1e4 ? `${ns.toFixed(1)} ns` : `${(ns / 1e3).toFixed(1)} us`} (${Math.round(1e9 / ns)}/s)`;
  });
  process.stdout.write(`${name}: ${cells.join(', ')}\n`);
}

const hashWasmKeccak = await createKeccak(256);
const hashWasmSha256 = await createSHA256();
for (const size of [32, 64, 1_024, 65_536]) {
  const input = new Uint8Array(size).fill(5);
  report(`keccak256 of ${size} bytes`, {
    ours: repeat(() => kernels.keccak256(input)),
    'hash-wasm': repeat(() => hashWasmKeccak.init().update(input).digest('binary')),
    noble: repeat(() => keccak_256(input)),
  });
}
{
  const input = new Uint8Array(64).fill(5);
  report('sha256 of 64 bytes', {
    ours: repeat(() => kernels.sha256(input)),
    'hash-wasm': repeat(() => hashWasmSha256.init().update(input).digest('binary')),
    noble: repeat(() => nobleSha256(input)),
  });
  report('ripemd160 of 64 bytes', {
    ours: repeat(() => kernels.ripemd160(input)),
    noble: repeat(() => nobleRipemd160(input)),
  });
}

// Inside WebAssembly: the loop is in the module, nothing crosses the border.
const source = readFileSync(new URL('../test/generated/loops.ts', import.meta.url), 'utf8');
const { exports: loops } = new WebAssembly.Instance(
  new WebAssembly.Module(Buffer.from(/'([^']+)'/.exec(source)[1], 'base64')),
);
report('inside wasm', {
  'keccak256 of 32 bytes': loops.keccak256,
  'blake2f round': (count) => loops.blake2f(count),
});
const P = 2n ** 256n - 2n ** 32n - 977n;
for (const name of ['mul', 'div', 'addmod', 'mulmod', 'mulmodFresh', 'exp']) {
  report(`u256 ${name} inside wasm`, { ours: loops[name] });
}
let x = P / 3n;
report('mulmod by BigInt', { BigInt: repeat(() => void (x = (x * x) % P)) });

function powerByBigInt(base, exponent, modulus) {
  let result = 1n;
  for (let factor = base; exponent > 0n; exponent >>= 1n, factor = (factor * factor) % modulus) {
    if (exponent & 1n) result = (result * factor) % modulus;
  }
  return result;
}
const toBigInt = (bytes) => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
for (const size of [32, 128, 256, 512]) {
  for (const low of [0xff, 0xfe]) {
    const operand = Uint8Array.from({ length: size }, (_, i) =>
      i === size - 1 ? low : 255 - ((i * 7) & 127),
    );
    const base = operand.map((byte, i) => byte ^ (i * 5));
    const value = toBigInt(operand);
    const baseValue = toBigInt(base);
    report(`modexp of ${size} bytes each, ${low & 1 ? 'odd' : 'even'} modulus`, {
      ours: repeat(() => kernels.modexp(base, operand, operand)),
      BigInt: repeat(() => powerByBigInt(baseValue, value, value)),
    });
  }
}

// Curves: e(2P, 3Q) e(-6P, Q) = 1, single additions and multiplications, one signature.
const bytesOf = (size, ...values) =>
  Buffer.from(values.map((value) => value.toString(16).padStart(2 * size, '0')).join(''), 'hex');
for (const { name, curve, g1, g2, pairing, add, mul } of [
  {
    name: 'BN254',
    curve: bn254,
    g1: ({ x, y }) => bytesOf(32, x, y),
    g2: ({ x, y }) => bytesOf(32, x.c1, x.c0, y.c1, y.c0),
    pairing: kernels.bn254Pairing,
    add: kernels.bn254Add,
    mul: kernels.bn254Mul,
  },
  {
    name: 'BLS12-381',
    curve: bls12_381,
    g1: ({ x, y }) => bytesOf(64, x, y),
    g2: ({ x, y }) => bytesOf(64, x.c0, x.c1, y.c0, y.c1),
    pairing: kernels.bls12Pairing,
    add: kernels.bls12G1Add,
    mul: kernels.bls12G1Msm,
  },
]) {
  const [P, Q] = [curve.G1.Point.BASE, curve.G2.Point.BASE];
  const points = [P.double(), Q.multiply(3n), P.multiply(6n).negate(), Q];
  const encoded = points.map((point, i) => (i % 2 === 0 ? g1 : g2)(point.toAffine()));
  const input = Buffer.concat(encoded);
  report(`${name} pairing check of two`, {
    ours: repeat(() => pairing(input)),
    noble: repeat(() =>
      curve.pairingBatch([
        { g1: points[0], g2: points[1] },
        { g1: points[2], g2: points[3] },
      ]),
    ),
  });
  const scalar = curve.fields.Fr.ORDER - 12_345n;
  const sum = Buffer.concat([encoded[0], encoded[2]]);
  const product = Buffer.concat([encoded[0], bytesOf(32, scalar)]);
  report(`${name} G1 addition`, {
    ours: repeat(() => add(sum)),
    noble: repeat(() => points[0].add(points[2]).toAffine()),
  });
  report(`${name} G1 multiplication`, {
    ours: repeat(() => mul(product)),
    noble: repeat(() => points[0].multiplyUnsafe(scalar).toAffine()),
  });
}
{
  const hash = new Uint8Array(32).fill(7);
  const signature = p256.sign(hash, hash, { prehash: false, lowS: false });
  const key = p256.getPublicKey(hash, false);
  const input = Buffer.concat([hash, signature, key.subarray(1)]);
  report('P-256 verification', {
    ours: repeat(() => kernels.p256Verify(input)),
    noble: repeat(() => p256.verify(signature, hash, key, { prehash: false, lowS: false })),
  });
}
{
  const message = new Uint8Array(215).fill(7);
  const signers = Array.from({ length: 3_000 }, (_, i) => {
    const secret = new Uint8Array(32).fill(1);
    secret.set([i & 255, i >> 8]);
    return [ed25519.sign(message, secret), message, ed25519.getPublicKey(secret)];
  });
  const oneByOne = (run, of) => {
    let next = 0;
    return repeat(() => run(...of[next++ % of.length]));
  };
  report('Ed25519 verification, one key', {
    ours: oneByOne(kernels.ed25519Verify, signers.slice(0, 1)),
    noble: oneByOne(ed25519.verify, signers.slice(0, 1)),
  });
  // More keys than are remembered.
  report('Ed25519 verification, new keys', {
    ours: oneByOne(kernels.ed25519Verify, signers),
    noble: oneByOne(ed25519.verify, signers),
  });
}
