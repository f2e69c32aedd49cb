import type { NinefoldError } from '@ninefold/base';
import { defineErrors } from '@ninefold/base';

const fail = defineErrors({
  STUDIO_NOT_FOUND: (c: { readonly what: string; readonly id: string }) =>
    `There is no ${c.what} ${c.id} here`,
  STUDIO_OUT_OF_RANGE: (c: { readonly what: string; readonly value: number; readonly end: number }) =>
    `${c.what} ${c.value} is not below ${c.end}`,
  STUDIO_UNSUPPORTED: (c: { readonly what: string; readonly net: string }) => `${c.net} cannot ${c.what}`,
  STUDIO_INVALID: (c: { readonly what: string; readonly reason: string }) => `${c.what}: ${c.reason}`,
});

const LONGEST_SHOWN = 80;

/** `STUDIO_NOT_FOUND`: the id is asked for in good faith and names nothing. */
export function notFound(what: string, id: string): NinefoldError {
  return fail('STUDIO_NOT_FOUND', { what, id: id.slice(0, LONGEST_SHOWN) });
}

/** `STUDIO_OUT_OF_RANGE` */
export function outOfRange(what: string, value: number, end: number): NinefoldError {
  return fail('STUDIO_OUT_OF_RANGE', { what, value, end });
}

/** `STUDIO_UNSUPPORTED`: the chain has no such capability. */
export function unsupported(what: string, net: string): NinefoldError {
  return fail('STUDIO_UNSUPPORTED', { what, net });
}

/** `STUDIO_INVALID`: something of the user's making cannot be understood. */
export function invalid(what: string, reason: string): NinefoldError {
  return fail('STUDIO_INVALID', { what, reason: reason.slice(0, 200) });
}
