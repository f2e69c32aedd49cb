import { invalidParameter, RPC_MISC_ERROR, rpcFailure, typeError } from './errors.ts';

/** JSON types, by the names of error messages; `amount` is a number or a string. */
export type ParamType = 'string' | 'number' | 'bool' | 'array' | 'object' | 'amount' | 'any';

export type Param = {
  /** The name, and others it goes by. */
  readonly names: readonly [string, ...string[]];
  readonly type: ParamType;
  readonly required: boolean;
  /** For the help. */
  readonly about: string;
};

/** Which wallet a call is for: from the path `/wallet/<name>`. */
export type CallContext = { readonly wallet: string | undefined };

export type RpcMethod = {
  /** Under which heading `help` lists it. */
  readonly category: string;
  readonly summary: string;
  readonly params: readonly Param[];
  readonly handler: (args: Arguments, context: CallContext) => unknown;
};

export type RpcMethods = Readonly<Record<string, RpcMethod>>;

const paramOf = (name: string, type: ParamType, required: boolean, about: string): Param => ({
  names: name.split('|') as [string, ...string[]],
  type,
  required,
  about,
});

/** A parameter that has to be given; `a|b` goes by two names. */
export function need(name: string, type: ParamType, about = ''): Param {
  return paramOf(name, type, true, about);
}

/** A parameter that may be left out or null. */
export function may(name: string, type: ParamType, about = ''): Param {
  return paramOf(name, type, false, about);
}

/** Declares the methods of one heading. */
export function methodsOf(
  category: string,
  table: Readonly<
    Record<string, readonly [summary: string, params: readonly Param[], handler: RpcMethod['handler']]>
  >,
): RpcMethods {
  return Object.fromEntries(
    Object.entries(table).map(([name, [summary, params, handler]]) => [
      name,
      { category, summary, params, handler },
    ]),
  );
}

/** A name with its parameters: `getblock "blockhash" ( verbosity )`. */
export function usageOf(name: string, { params }: RpcMethod): string {
  const shown = (param: Param): string =>
    param.type === 'string'
      ? `"${param.names[0]}"`
      : param.type === 'array'
        ? `["${param.names[0]}",...]`
        : param.names[0];
  const needed = params.filter(({ required }) => required).map(shown);
  const optional = params.filter(({ required }) => !required).map(shown);
  return [name, ...needed, ...(optional.length === 0 ? [] : ['(', ...optional, ')'])].join(' ');
}

/** What `help` says of a method, and what a wrong number of parameters is answered with. */
export function helpOf(name: string, method: RpcMethod): string {
  const lines = [usageOf(name, method), '', method.summary];
  if (method.params.length > 0) lines.push('', 'Arguments:');
  method.params.forEach(({ names, type, required, about }, i) => {
    const kind = {
      string: 'string',
      number: 'numeric',
      bool: 'boolean',
      array: 'json array',
      object: 'json object',
      amount: 'numeric or string',
      any: 'any',
    }[type];
    lines.push(
      `${i + 1}. ${names[0]}    (${kind}, ${required ? 'required' : 'optional'}) ${about}`.trimEnd(),
    );
  });
  return `${lines.join('\n')}\n`;
}

const JSON_NAMES: Readonly<Record<ParamType, string>> = {
  string: 'string',
  number: 'number',
  bool: 'bool',
  array: 'array',
  object: 'object',
  amount: 'number or string',
  any: 'any',
};

/** The type of a JSON value as error messages name it. */
export function jsonType(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

/** Types of the members of an object, by their names. */
export type MemberTypes = Readonly<Record<string, ParamType>>;

/** Whether a JSON value is of a type. */
export function hasType(value: unknown, type: ParamType): boolean {
  const actual = jsonType(value);
  if (type === 'any') return true;
  return type === 'amount' ? actual === 'number' || actual === 'string' : actual === type;
}

export function wrongType(value: unknown, expected: string): string {
  return `JSON value of type ${jsonType(value)} is not of expected type ${expected}`;
}

/**
 * Checks the parameters of a call, by position or by name.
 *
 * @throws an RPC error: -1 with the help for a wrong number, -3 for other types, -8 for unknown names
 */
export function readArguments(name: string, method: RpcMethod, params: unknown): Arguments {
  const { params: specs } = method;
  const values = byPosition(method, params);
  const needed = specs.reduce((count, { required }, i) => (required ? i + 1 : count), 0);
  if (values.length > specs.length || values.length < needed) {
    throw rpcFailure(RPC_MISC_ERROR, helpOf(name, method));
  }
  const problems: string[] = [];
  specs.forEach(({ names, type, required }, i) => {
    const value = values[i];
    if (!required && (value === undefined || value === null)) return;
    if (!hasType(value, type)) {
      problems.push(
        `    "Position ${i + 1} (${names[0]})": ${JSON.stringify(wrongType(value, JSON_NAMES[type]))}`,
      );
    }
  });
  if (problems.length > 0) throw typeError(`Wrong type passed:\n{\n${problems.join(',\n')}\n}`);
  return new Arguments(new Map(specs.map(({ names }, i) => [names[0], values[i]])));
}

function byPosition({ params: specs }: RpcMethod, params: unknown): readonly unknown[] {
  if (params === undefined || params === null) return [];
  if (Array.isArray(params)) return params;
  const given = new Map(Object.entries(params as object));
  // Positions may be mixed in (bitcoin-cli -named does).
  const positional = given.get('args');
  const values: unknown[] =
    Array.isArray(positional) && !specs.some(({ names }) => names.includes('args')) ? [...positional] : [];
  if (values.length > 0 || Array.isArray(positional)) given.delete('args');
  specs.forEach(({ names }, i) => {
    const name = names.find((one) => given.has(one));
    if (name === undefined) return;
    if (values[i] !== undefined) {
      throw invalidParameter(`Parameter ${name} specified twice both as positional and named argument`);
    }
    values[i] = given.get(name);
    given.delete(name);
  });
  const [unknown] = given.keys();
  if (unknown !== undefined) throw invalidParameter(`Unknown named parameter ${unknown}`);
  return Array.from(values);
}

const integerRange = (): Error => rpcFailure(RPC_MISC_ERROR, 'JSON integer out of range');

/** Checked parameters, asked for by name; absent and null ones are undefined. */
export class Arguments {
  readonly #values: ReadonlyMap<string, unknown>;

  constructor(values: ReadonlyMap<string, unknown>) {
    this.#values = values;
  }

  /** Whatever was given. */
  any(name: string): unknown {
    const value = this.#values.get(name);
    return value === null ? undefined : value;
  }

  string(name: string): string {
    return this.any(name) as string;
  }

  number(name: string): number {
    return this.any(name) as number;
  }

  array(name: string): readonly unknown[] {
    return this.any(name) as readonly unknown[];
  }

  maybeString(name: string): string | undefined {
    return this.any(name) as string | undefined;
  }

  maybeArray(name: string): readonly unknown[] | undefined {
    return this.any(name) as readonly unknown[] | undefined;
  }

  /** An integer of 32 bits, or the fallback. */
  integer(name: string, fallback?: number): number {
    const value = this.any(name) ?? fallback;
    if (typeof value !== 'number' || (value | 0) !== value) throw integerRange();
    return value;
  }

  /** An integer of 32 bits without a sign. */
  unsigned(name: string): number {
    const value = this.any(name);
    if (typeof value !== 'number' || value >>> 0 !== value) throw integerRange();
    return value;
  }

  /** An integer of up to 53 bits: times and amounts. */
  longInteger(name: string, fallback?: number): number {
    const value = this.any(name) ?? fallback;
    if (!Number.isSafeInteger(value)) throw integerRange();
    return value as number;
  }

  bool(name: string, fallback: boolean): boolean {
    return (this.any(name) as boolean | undefined) ?? fallback;
  }

  /** The members of an object parameter; none when it is absent. */
  object(name: string): Readonly<Record<string, unknown>> {
    return (this.any(name) as Readonly<Record<string, unknown>> | undefined) ?? {};
  }
}
