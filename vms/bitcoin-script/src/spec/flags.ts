import { defineErrors } from '@ninefold/base';

/**
 * The rules that can be switched, as Bitcoin Core names them, each a bit: `SCRIPT_FLAGS.P2SH |
 * SCRIPT_FLAGS.WITNESS`. Without any, a script is run by the rules of 2009.
 */
export const SCRIPT_FLAGS = {
  /** BIP 16: run the script whose hash the output commits to. */
  P2SH: 0x000001,
  /** Signatures, hash types and keys in their defined forms only. */
  STRICTENC: 0x000002,
  /** BIP 66: signatures in strict DER. */
  DERSIG: 0x000004,
  /** BIP 62: the lower of the two possible s. */
  LOW_S: 0x000008,
  /** BIP 147: the element OP_CHECKMULTISIG takes too many is empty. */
  NULLDUMMY: 0x000010,
  SIGPUSHONLY: 0x000020,
  /** The shortest push and the shortest number only. */
  MINIMALDATA: 0x000040,
  DISCOURAGE_UPGRADABLE_NOPS: 0x000080,
  /** Exactly one element is left; needs P2SH and WITNESS. */
  CLEANSTACK: 0x000100,
  /** BIP 65. */
  CHECKLOCKTIMEVERIFY: 0x000200,
  /** BIP 112. */
  CHECKSEQUENCEVERIFY: 0x000400,
  /** BIP 141 and 143; needs P2SH. */
  WITNESS: 0x000800,
  DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM: 0x001000,
  /** In witness v0, OP_IF's argument is empty or 01. */
  MINIMALIF: 0x002000,
  /** BIP 146: a signature that fails is empty. */
  NULLFAIL: 0x004000,
  /** In witness v0, keys are compressed. */
  WITNESS_PUBKEYTYPE: 0x008000,
  /** No OP_CODESEPARATOR and no signature of a script inside it, before SegWit. */
  CONST_SCRIPTCODE: 0x010000,
  /** BIP 341 and 342; needs WITNESS. */
  TAPROOT: 0x020000,
  DISCOURAGE_UPGRADABLE_TAPROOT_VERSION: 0x040000,
  DISCOURAGE_OP_SUCCESS: 0x080000,
  DISCOURAGE_UPGRADABLE_PUBKEYTYPE: 0x100000,
  /** BIP 110, on no network in force: short pushes, small trees, nothing undefined. */
  REDUCED_DATA: 0x200000,
} as const;

export type ScriptFlagName = keyof typeof SCRIPT_FLAGS;

const { P2SH, WITNESS, TAPROOT, CLEANSTACK, REDUCED_DATA } = SCRIPT_FLAGS;

/** Every flag of Bitcoin Core: all but REDUCED_DATA. */
export const ALL_SCRIPT_FLAGS: number =
  Object.values(SCRIPT_FLAGS).reduce((all, bit) => all | bit, 0) & ~REDUCED_DATA;

/** What blocks have to keep since Taproot. */
export const CONSENSUS_FLAGS: number =
  P2SH |
  SCRIPT_FLAGS.DERSIG |
  SCRIPT_FLAGS.CHECKLOCKTIMEVERIFY |
  SCRIPT_FLAGS.CHECKSEQUENCEVERIFY |
  WITNESS |
  SCRIPT_FLAGS.NULLDUMMY |
  TAPROOT;

/** What transactions have to keep besides to be relayed by default. */
export const STANDARD_FLAGS: number = ALL_SCRIPT_FLAGS & ~SCRIPT_FLAGS.SIGPUSHONLY;

const fail = defineErrors({
  SCRIPT_UNKNOWN_FLAG: (c: { readonly name: string }) =>
    `No script flag ${JSON.stringify(c.name)}. There are: ${Object.keys(SCRIPT_FLAGS).join(', ')}`,
  SCRIPT_INCONSISTENT_FLAGS: (c: { readonly flags: string }) =>
    `The flags ${c.flags} do not go together: CLEANSTACK needs WITNESS, and WITNESS needs P2SH`,
});

/**
 * Flags from their names with commas between; the empty text and `NONE` are no flag.
 *
 * @throws `SCRIPT_UNKNOWN_FLAG`
 * @example parseScriptFlags('P2SH,WITNESS')
 */
export function parseScriptFlags(text: string): number {
  let flags = 0;
  for (const name of text.split(',')) {
    if (name === '' || name === 'NONE') continue;
    if (!Object.hasOwn(SCRIPT_FLAGS, name)) throw fail('SCRIPT_UNKNOWN_FLAG', { name });
    flags |= SCRIPT_FLAGS[name as ScriptFlagName];
  }
  return flags;
}

/** The names of `flags` with commas between, in the order of the bits. */
export function formatScriptFlags(flags: number): string {
  return Object.entries(SCRIPT_FLAGS)
    .filter(([, bit]) => (flags & bit) !== 0)
    .map(([name]) => name)
    .join(',');
}

/** `flags` and what they need. */
export function fillScriptFlags(flags: number): number {
  let filled = flags;
  if ((filled & (CLEANSTACK | TAPROOT)) !== 0) filled |= WITNESS;
  if ((filled & WITNESS) !== 0) filled |= P2SH;
  return filled;
}

/** `flags` without those whose needs are not among them. */
export function trimScriptFlags(flags: number): number {
  let trimmed = flags;
  if ((trimmed & P2SH) === 0) trimmed &= ~WITNESS;
  if ((trimmed & WITNESS) === 0) trimmed &= ~(CLEANSTACK | TAPROOT);
  return trimmed;
}

/** @throws `SCRIPT_INCONSISTENT_FLAGS` where a flag's needs are missing */
export function requireConsistentFlags(flags: number): void {
  const needs = (flags & CLEANSTACK) !== 0 ? P2SH | WITNESS : (flags & WITNESS) !== 0 ? P2SH : 0;
  if ((flags & needs) !== needs) {
    throw fail('SCRIPT_INCONSISTENT_FLAGS', { flags: formatScriptFlags(flags) });
  }
}
