import type { Method, RpcContext } from './dispatcher.ts';
import { defineMethod } from './dispatcher.ts';
import type { Validated, Validator } from './validators.ts';
import { tuple } from './validators.ts';

type Values<Checks extends readonly Validator<unknown>[]> = {
  readonly [Index in keyof Checks]: Validated<Checks[Index]>;
};

type Handler<Checks extends readonly Validator<unknown>[]> = (
  params: Values<Checks>,
  context: RpcContext,
) => unknown;

/** A method that only reads, with its parameters by position. */
export function query<const Checks extends readonly Validator<unknown>[]>(
  checks: Checks,
  handler: Handler<Checks>,
): Method {
  return defineMethod(tuple(checks) as Validator<Values<Checks>>, handler) as Method;
}

/** A method that changes state. */
export function command<const Checks extends readonly Validator<unknown>[]>(
  checks: Checks,
  handler: Handler<Checks>,
): Method {
  return defineMethod(tuple(checks) as Validator<Values<Checks>>, handler, { mutating: true }) as Method;
}
