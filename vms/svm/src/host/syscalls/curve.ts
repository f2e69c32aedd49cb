import type { Bytes } from '@ninefold/base';
import { syscallFault } from '../../engine/faults.ts';
import { BLS_PAIRING, MAX_MSM_POINTS } from '../../spec/costs.ts';
import {
  BYTE,
  type Call,
  consume,
  readBytes,
  type Syscall,
  translate,
  translateSlice,
  writeAt,
} from '../call.ts';
import { type BlsGroup, g1, g2, GT_BYTES, pairingMap } from './bls12-381.ts';
import { type Curve25519, edwards, ristretto } from './curve25519.ts';

const CURVE_25519: readonly Curve25519[] = [edwards, ristretto];
const BLS_PAIRING_ID = 4n;
const BLS_GROUPS: Readonly<Record<string, BlsGroup>> = { 5: g1, 6: g2 };
/** Set in ids whose numbers are big-endian. */
const BIG_ENDIAN = 0x80n;

const OPERATIONS = ['add', 'subtract', 'multiply'] as const;
const POINT_BYTES = 32n;

const invalidAttribute = (): Error => syscallFault('InvalidAttribute');

/** The answer to an unknown curve. */
function unknownCurve(call: Call): bigint {
  if (call.transaction.environment.features.has('abort_on_invalid_curve')) throw invalidAttribute();
  return 1n;
}

function blsGroup(
  call: Call,
  id: bigint,
): { readonly group: BlsGroup; readonly isLittle: boolean } | undefined {
  const group = id < 256n ? BLS_GROUPS[String(id & ~BIG_ENDIAN)] : undefined;
  if (group === undefined) return undefined;
  if (!call.transaction.environment.features.has('enable_bls12_381_syscall')) throw invalidAttribute();
  return { group, isLittle: (id & BIG_ENDIAN) === 0n };
}

const curve25519 = (id: bigint): Curve25519 | undefined => (id < 2n ? CURVE_25519[Number(id)] : undefined);

function readPoint(call: Call, address: bigint, size: bigint): Bytes {
  const host = translate(call, address, { size: Number(size), align: 1 });
  return call.run.memory.bytes().slice(host, host + Number(size));
}

/** Writes a result; 1 when there is none. */
function writeResult(call: Call, out: bigint, result: Bytes | undefined): bigint {
  if (result === undefined) return 1n;
  writeAt(call, translate(call, out, { size: result.length, align: 1 }, true), result);
  return 0n;
}

export const validatePoint: Syscall = (call, id, address) => {
  const curve = curve25519(id);
  if (curve !== undefined) {
    consume(call, curve.costs.validate);
    return curve.isValid(readPoint(call, address, POINT_BYTES)) ? 0n : 1n;
  }
  const bls = blsGroup(call, id);
  if (bls === undefined) return unknownCurve(call);
  consume(call, bls.group.costs.validate);
  const point = readPoint(call, address, BigInt(bls.group.pointBytes));
  return bls.group.isValid(point, bls.isLittle) ? 0n : 1n;
};

export const groupOperation: Syscall = (call, id, operationId, left, right, out) => {
  const curve = curve25519(id);
  const bls = curve === undefined ? blsGroup(call, id) : undefined;
  const operation = operationId < 3n ? OPERATIONS[Number(operationId)] : undefined;
  if (curve !== undefined) {
    if (operation === undefined) return unknownCurve(call);
    consume(call, curve.costs[operation]);
    const a = readPoint(call, left, POINT_BYTES);
    const b = readPoint(call, right, POINT_BYTES);
    return writeResult(call, out, curve[operation](a, b));
  }
  if (bls === undefined) return unknownCurve(call);
  if (operation === undefined) throw invalidAttribute();
  const { group, isLittle } = bls;
  consume(call, group.costs[operation]);
  const a = readPoint(call, left, operation === 'multiply' ? 32n : BigInt(group.pointBytes));
  const b = readPoint(call, right, BigInt(group.pointBytes));
  return writeResult(call, out, group[operation](a, b, isLittle));
};

const cut = (bytes: Bytes, size: number): readonly Bytes[] =>
  Array.from({ length: bytes.length / size }, (_, i) => bytes.subarray(i * size, (i + 1) * size));

export const multiscalarMultiply: Syscall = (call, id, scalars, points, count, out) => {
  if (count > BigInt(MAX_MSM_POINTS)) throw syscallFault('InvalidLength');
  const curve = curve25519(id);
  if (curve === undefined) return unknownCurve(call);
  const more = count > 0n ? Number(count) - 1 : 0;
  consume(call, curve.costs.msm + curve.costs.msmMore * more);
  const factors = readBytes(call, scalars, count * POINT_BYTES);
  const bases = readBytes(call, points, count * POINT_BYTES);
  return writeResult(call, out, curve.sumOfProducts(cut(factors, 32), cut(bases, 32)));
};

export const decompress: Syscall = (call, id, address, out) => {
  const bls = blsGroup(call, id);
  if (bls === undefined) throw invalidAttribute();
  const { group, isLittle } = bls;
  consume(call, group.costs.decompress);
  const compressed = readPoint(call, address, BigInt(group.pointBytes / 2));
  return writeResult(call, out, group.decompress(compressed, isLittle));
};

export const pairing: Syscall = (call, id, count, first, second, out) => {
  if ((id & ~BIG_ENDIAN) !== BLS_PAIRING_ID) throw invalidAttribute();
  const more = count > 0n ? count - 1n : 0n;
  consume(call, BigInt(BLS_PAIRING.first) + BigInt(BLS_PAIRING.more) * more);
  const a = readBytes(call, first, count * BigInt(g1.pointBytes));
  const b = readBytes(call, second, count * BigInt(g2.pointBytes));
  const result = pairingMap(a, b, (id & BIG_ENDIAN) === 0n);
  if (result === undefined) return 1n;
  writeAt(call, translateSlice(call, out, BigInt(GT_BYTES), BYTE, true), result);
  return 0n;
};
