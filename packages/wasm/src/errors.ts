import { defineErrors } from '@ninefold/base';

/** Misuse of the builder, and modules that cannot be read. */
export const WASM_ERRORS = {
  WASM_UNKNOWN_INDEX: (context: {
    readonly kind: string;
    readonly index: number;
    readonly count: number;
    readonly where: string;
  }): string =>
    `There is no ${context.kind} ${context.index} in ${context.where}: ${context.count} are defined`,
  WASM_UNKNOWN_LABEL: (context: { readonly where: string }): string =>
    `A branch in ${context.where} leads to a block that does not enclose it`,
  WASM_UNCLOSED_BLOCK: (context: { readonly where: string; readonly open: number }): string =>
    `${context.open} blocks are not closed in ${context.where}: call end() for each`,
  WASM_NO_OPEN_BLOCK: (context: { readonly where: string; readonly wanted: string }): string =>
    `No ${context.wanted} is open in ${context.where}`,
  WASM_CONSTANT_RANGE: (context: { readonly what: string; readonly value: string }): string =>
    `${context.value} is no ${context.what}`,
  WASM_LATE_IMPORT: (context: { readonly name: string }): string =>
    `Import ${context.name} before anything of its kind is defined: imports come first in the index space`,
  WASM_INVALID_LIMITS: (context: { readonly min: number; readonly max: number | undefined }): string =>
    `Invalid limits ${context.min} to ${context.max}`,
  WASM_DUPLICATE_EXPORT: (context: { readonly name: string }): string =>
    `Two exports are called ${JSON.stringify(context.name)}`,
  WASM_MALFORMED: (context: { readonly at: number; readonly what: string }): string =>
    `Malformed module at byte ${context.at}: ${context.what}`,
};

export const fail: ReturnType<typeof defineErrors<typeof WASM_ERRORS>> = defineErrors(WASM_ERRORS);
