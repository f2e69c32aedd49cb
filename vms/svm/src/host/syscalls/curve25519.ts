import { type Bytes, concatBytes } from '@ninefold/base';
import {
  curve25519Add,
  type Curve25519Form,
  curve25519IsPoint,
  curve25519Subtract,
  curve25519SumOfProducts,
} from '@ninefold/crypto';
import { EDWARDS, RISTRETTO } from '../../spec/costs.ts';

/** Costs and operations of one form of curve25519; points and scalars are 32 bytes. */
export type Curve25519 = {
  readonly costs: typeof EDWARDS | typeof RISTRETTO;
  readonly isValid: (point: Bytes) => boolean;
  /** These give `undefined` for what is no point or no reduced scalar. */
  readonly add: (left: Bytes, right: Bytes) => Bytes | undefined;
  readonly subtract: (left: Bytes, right: Bytes) => Bytes | undefined;
  readonly multiply: (scalar: Bytes, point: Bytes) => Bytes | undefined;
  readonly sumOfProducts: (scalars: readonly Bytes[], points: readonly Bytes[]) => Bytes | undefined;
};

function curveOf(form: Curve25519Form, costs: Curve25519['costs']): Curve25519 {
  return {
    costs,
    isValid: (point) => curve25519IsPoint(form, point),
    add: (left, right) => curve25519Add(form, left, right),
    subtract: (left, right) => curve25519Subtract(form, left, right),
    multiply: (scalar, point) => curve25519SumOfProducts(form, scalar, point),
    sumOfProducts: (scalars, points) =>
      curve25519SumOfProducts(form, concatBytes(...scalars), concatBytes(...points)),
  };
}

/** The twisted Edwards form; points need not be in the subgroup of prime order. */
export const edwards: Curve25519 = curveOf('edwards', EDWARDS);

export const ristretto: Curve25519 = curveOf('ristretto', RISTRETTO);
