/** How values become JSON text and back, for chains whose integers exceed what numbers hold. */
export type JsonCodec = {
  /** As `JSON.parse` on text of limited depth and size. */
  readonly parse: (text: string) => unknown;
  /** As `JSON.stringify`. */
  readonly stringify: (value: unknown) => string | undefined;
};

/** JSON as JavaScript has it. */
export const PLAIN_JSON: JsonCodec = { parse: JSON.parse, stringify: JSON.stringify };
