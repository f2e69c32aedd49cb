/** Codes of value types: core specification §5.3. */
export const VALUE_TYPES = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
  funcref: 0x70,
  externref: 0x6f,
} as const;

export type ValueType = keyof typeof VALUE_TYPES;
export type ReferenceType = 'funcref' | 'externref';

export const VALUE_TYPE_BY_CODE: ReadonlyMap<number, ValueType> = new Map(
  (Object.entries(VALUE_TYPES) as [ValueType, number][]).map(([type, code]) => [code, type]),
);

export const FUNCTION_TYPE = 0x60;
export const EMPTY_BLOCK = 0x40;

/** Codes of sections: core specification §5.5.2. */
export const SECTIONS = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
} as const;

/** Codes of imports and exports. */
export const EXTERNAL_KINDS = { func: 0, table: 1, memory: 2, global: 3 } as const;
export type ExternalKind = keyof typeof EXTERNAL_KINDS;

/** Subsections of the custom section `name`, as far as they are written. */
export const NAME_SUBSECTIONS = { module: 0, functions: 1, locals: 2, globals: 7 } as const;

/** `\0asm`, version 1 */
export const MODULE_HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00] as const;

/** Pages of 64 KiB. */
export const MAX_MEMORY_PAGES = 65_536;

export type FunctionType = { readonly params: readonly ValueType[]; readonly results: readonly ValueType[] };

/** Sizes of a memory in pages, or of a table in elements. */
export type Limits = { readonly min: number; readonly max?: number | undefined };
export type MemoryType = Limits & { readonly shared?: boolean | undefined };
export type TableType = Limits & { readonly element: ReferenceType };
export type GlobalType = { readonly type: ValueType; readonly mutable: boolean };
