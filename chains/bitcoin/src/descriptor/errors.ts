import { defineErrors, type NinefoldError } from '@ninefold/base';

const fail = defineErrors({
  DESCRIPTOR_INVALID: (c: { readonly reason: string }) => c.reason,
});

/** What is wrong with a descriptor, in the words nodes use where they have some. */
export function invalidDescriptor(
  reason: string,
): NinefoldError<'DESCRIPTOR_INVALID', { readonly reason: string }> {
  return fail('DESCRIPTOR_INVALID', { reason });
}
