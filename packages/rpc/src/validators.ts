import { didYouMean } from '@ninefold/base';

/** Turns an untrusted JSON value into what a handler works with, or throws {@link ParamFailure}. */
export type Validator<Value> = (value: unknown) => Value;

export type Validated<Check> = Check extends Validator<infer Value> ? Value : never;

export type ParamProblem = 'type' | 'missing' | 'surplus';

/** Why parameters were refused; the dispatcher words it as the chain's real node does (-32602). */
export class ParamFailure extends Error {
  override readonly name = 'ParamFailure';
  readonly problem: ParamProblem;
  /** Outermost first: `[0, 'to']` is the member `to` of the first parameter. */
  readonly path: (string | number)[] = [];

  constructor(reason: string, problem: ParamProblem = 'type') {
    super(reason);
    this.problem = problem;
  }
}

/** `params[0].accessList[2]` */
export function pathText(path: readonly (string | number)[]): string {
  let text = 'params';
  for (const step of path) text += typeof step === 'number' ? `[${step}]` : `.${step.slice(0, 64)}`;
  return text;
}

function refuse(expected: string, value: unknown): never {
  if (value === undefined) throw new ParamFailure(`missing, expected ${expected}`, 'missing');
  throw new ParamFailure(`expected ${expected}, got ${shown(value)}`);
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

/** Runs `check` on a part of a value and puts the part's place in front of a failure's path. */
function checkAt<Value>(check: Validator<Value>, value: unknown, place: string | number): Value {
  try {
    return check(value);
  } catch (error) {
    if (error instanceof ParamFailure) error.path.unshift(place);
    throw error;
  }
}

export const anything: Validator<unknown> = (value) => value;

export const boolean: Validator<boolean> = (value) =>
  typeof value === 'boolean' ? value : refuse('a boolean', value);

/** A string of at most `maxLength` UTF-16 units. */
export function string(maxLength: number = Infinity): Validator<string> {
  return (value) => {
    if (typeof value !== 'string') return refuse('a string', value);
    if (value.length > maxLength) throw new ParamFailure(`longer than ${maxLength} characters`);
    return value;
  };
}

/** A JSON number that is an integer in [`min`, `max`]. */
export function integer(min: number = 0, max: number = Number.MAX_SAFE_INTEGER): Validator<number> {
  return (value) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max
      ? value
      : refuse(`an integer from ${min} to ${max}`, value);
}

/** One of a fixed set of strings. */
export function oneOf<const Value extends string>(values: readonly Value[]): Validator<Value> {
  const expected = values.map((value) => JSON.stringify(value)).join(' or ');
  return (value) => {
    if (values.includes(value as Value)) return value as Value;
    const near = typeof value === 'string' ? didYouMean(value, values) : undefined;
    return refuse(near === undefined ? expected : `${expected} (did you mean "${near}"?)`, value);
  };
}

/** Absent and `null` give undefined. */
export function optional<Value>(check: Validator<Value>): Validator<Value | undefined> {
  return (value) => (value === undefined || value === null ? undefined : check(value));
}

/** Absent and `null` give `fallback`. */
export function withDefault<Value>(check: Validator<Value>, fallback: Value): Validator<Value> {
  return (value) => (value === undefined || value === null ? fallback : check(value));
}

/** The first alternative that accepts; the failure of the last one is reported. */
export function anyOf<const Checks extends readonly [Validator<unknown>, ...Validator<unknown>[]]>(
  ...checks: Checks
): Validator<Validated<Checks[number]>> {
  const last = checks.at(-1) as Validator<Validated<Checks[number]>>;
  return (value) => {
    for (const check of checks.slice(0, -1)) {
      try {
        return check(value) as Validated<Checks[number]>;
      } catch (error) {
        if (!(error instanceof ParamFailure)) throw error;
      }
    }
    return last(value);
  };
}

export function array<Value>(check: Validator<Value>, maxLength: number = Infinity): Validator<Value[]> {
  return (value) => {
    if (!Array.isArray(value)) return refuse('an array', value);
    if (value.length > maxLength) throw new ParamFailure(`more than ${maxLength} items`);
    return value.map((item, i) => checkAt(check, item, i));
  };
}

export type Shape = Readonly<Record<string, Validator<unknown>>>;
export type ShapeValue<S extends Shape> = { readonly [Key in keyof S]: Validated<S[Key]> };

/**
 * An object with the members of `shape`. Only own members are read and the result has the members
 * of `shape` alone, so that no key of the sender's choosing reaches the code behind.
 *
 * @example object({ to: address, data: optional(data) })
 */
export function object<S extends Shape>(
  shape: S,
  options: { readonly unknownKeys?: 'reject' | 'ignore' } = {},
): Validator<ShapeValue<S>> {
  const { unknownKeys = 'reject' } = options;
  const names = Object.keys(shape);
  const checks = new Map(Object.entries(shape));
  const absent: Record<string, unknown> = {};
  const required: string[] = [];
  for (const name of names) {
    const fallback = valueOfAbsent(checks.get(name) as Validator<unknown>);
    absent[name] = fallback?.value;
    if (fallback === undefined) required.push(name);
  }
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return refuse('an object', value);
    // PERF: most members are mostly absent: a copy of their defaults costs one allocation.
    const checked = { ...absent };
    const given = Object.keys(value);
    for (const name of given) {
      const check = checks.get(name);
      if (check !== undefined) {
        checked[name] = checkAt(check, (value as Record<string, unknown>)[name], name);
      } else if (unknownKeys === 'reject') throw unknownKey(name, names);
    }
    for (const name of required) {
      if (!Object.hasOwn(value, name)) checkAt(checks.get(name) as Validator<unknown>, undefined, name);
    }
    return checked as ShapeValue<S>;
  };
}

/** What `check` makes of a member that is not there; undefined when it must be. */
function valueOfAbsent(check: Validator<unknown>): { readonly value: unknown } | undefined {
  try {
    return { value: check(undefined) };
  } catch {
    return undefined;
  }
}

function unknownKey(key: string, names: readonly string[]): ParamFailure {
  const near = didYouMean(key, names);
  const hint = near === undefined ? '' : `, did you mean "${near}"?`;
  return new ParamFailure(`unknown key ${shown(key)}${hint}`, 'surplus');
}

/**
 * Parameters by position; those at the end may be absent when their validator takes undefined.
 *
 * @example params: tuple([address, withDefault(blockTag, 'latest')])
 */
export function tuple<const Values extends readonly unknown[]>(
  checks: readonly [...{ [Index in keyof Values]: Validator<Values[Index]> }],
): Validator<Values> {
  return (value) => {
    if (!Array.isArray(value)) return refuse('parameters by position', value);
    if (value.length > checks.length) {
      throw new ParamFailure(`too many arguments, want at most ${checks.length}`, 'surplus');
    }
    const values = new Array<unknown>(checks.length);
    for (let i = 0; i < checks.length; i++) {
      values[i] = checkAt(checks[i] as Validator<unknown>, value[i], i);
    }
    return values as unknown as Values;
  };
}

/** Parameters by name, also accepted by position in the order of `shape`. */
export function named<S extends Shape>(shape: S): Validator<ShapeValue<S>> {
  const names = Object.keys(shape);
  const byName = object(shape);
  const byPosition = tuple(Object.values(shape));
  return (value) => {
    if (!Array.isArray(value)) return byName(value);
    const values = byPosition(value);
    return Object.fromEntries(names.map((name, i) => [name, values[i]])) as ShapeValue<S>;
  };
}
