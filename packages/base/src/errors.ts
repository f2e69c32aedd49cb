/** What turns an error's typed context into the sentence a user reads: says what to do next. */
export type ErrorDescriptor<Context> = (context: Context) => string;

/** The errors one module can throw: code -> message from context. Codes are never reused. */
// oxlint-disable-next-line typescript/no-explicit-any -- the context type is inferred per code
export type ErrorCatalog = Readonly<Record<string, ErrorDescriptor<any>>>;

export type ErrorJson = {
  readonly code: string;
  readonly message: string;
  readonly context: unknown;
  readonly cause?: unknown;
};

/**
 * A caller's mistake or a failure of the environment. What a VM's program does wrong is not an
 * error but an outcome, and comes back as data.
 *
 * Test with {@link isNinefoldError}, never `instanceof`: two copies of the package may meet.
 */
export class NinefoldError<Code extends string = string, Context = unknown> extends Error {
  override readonly name = 'NinefoldError';
  readonly code: Code;
  readonly context: Context;

  constructor(code: Code, message: string, context: Context, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.context = context;
  }

  toJSON(): ErrorJson {
    const { code, message, context, cause } = this;
    if (cause === undefined) return { code, message, context };
    const shown = isNinefoldError(cause) ? cause.toJSON() : cause instanceof Error ? cause.message : cause;
    return { code, message, context, cause: shown };
  }
}

type ContextOf<Descriptor> = Descriptor extends ErrorDescriptor<infer Context> ? Context : never;

/**
 * Declares a module's errors and returns their typed constructor.
 *
 * @example
 * const fail = defineErrors({ RLP_TRAILING_BYTES: (c: { readonly at: number }) => `Bytes left at ${c.at}` });
 * throw fail('RLP_TRAILING_BYTES', { at: 3 });
 */
export function defineErrors<const Catalog extends ErrorCatalog>(
  catalog: Catalog,
): <Code extends keyof Catalog & string>(
  code: Code,
  context: ContextOf<Catalog[Code]>,
  options?: ErrorOptions,
) => NinefoldError<Code, ContextOf<Catalog[Code]>> {
  return (code, context, options) => {
    const describe = catalog[code] as ErrorDescriptor<unknown>;
    return new NinefoldError(code, describe(context), context, options);
  };
}

/** Whether `value` is a {@link NinefoldError}, of `code` when that is given. */
export function isNinefoldError<Code extends string>(
  value: unknown,
  code?: Code,
): value is NinefoldError<Code> {
  if (typeof value !== 'object' || value === null) return false;
  const error = value as { readonly name?: unknown; readonly code?: unknown };
  return (
    error.name === 'NinefoldError' &&
    typeof error.code === 'string' &&
    (code === undefined || error.code === code)
  );
}

/** A bug in Ninefold if it fails: not for the caller's mistakes. */
export function invariant(condition: unknown, text: string): asserts condition {
  if (!condition) throw new Error(`Invariant violated: ${text}`);
}

/** Marks a branch that the types say cannot be reached. */
export function unreachable(value: never): never {
  throw new Error(`Unreachable case: ${String(value)}`);
}
