import {
  defineMethod,
  type Method,
  type RpcContext,
  tuple,
  type Validated,
  type Validator,
} from '@ninefold/rpc';

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
