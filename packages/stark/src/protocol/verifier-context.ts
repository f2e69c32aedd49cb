import type { Ext, ExtensionField } from '../field/extension.ts';
import type { VerifierMemory } from '../kernel/verifier.ts';
import type { VerifyingKey } from './keys.ts';
import type { Layout } from './layout.ts';

/** What the checks of a segment share. */
export type VerifierContext = {
  readonly key: VerifyingKey;
  readonly field: ExtensionField;
  /** Reset before each segment. */
  readonly memory: VerifierMemory;
  readonly layout: Layout;
  readonly lookup: readonly Ext[];
  readonly publicValues: readonly number[];
};
