import { SYSVAR } from '@ninefold/vm-svm';
import { type Fields, type Json, type JsonObject, Unparsable } from './fields.ts';

/**
 * How an instruction is shown. `accounts` names its accounts in order: a name alone has to be there,
 * `name?` may be absent, `name~` is null then, and `name!` is only taken when it is that sysvar (or
 * the stake config), else the next name is tried on it. `name+` is only taken when another account is
 * behind it, `name++` when two are.
 */
export type InstructionSpec = {
  readonly type: string;
  readonly accounts: string | ((info: JsonObject) => string);
  /** Accounts that there have to be, when the names do not say. */
  readonly least?: number | undefined;
  readonly read?: ((fields: Fields) => JsonObject) | undefined;
  /** The last account signs, or is a multisig whose signers follow: what each is called. */
  readonly authority?: readonly [single: string, multisig: string] | undefined;
  /** The accounts from the last name on, as a list. */
  readonly list?: string | undefined;
  /** The first byte counts accounts at the end: what their list is called. */
  readonly counted?: string | undefined;
  /** Tells everything, in place of the fields above. */
  readonly compose?: ((fields: Fields, accounts: readonly string[]) => JsonObject) | undefined;
};

/** Instructions of a program, by the tag at their begin or by what else tells them apart. */
export type InstructionTable = { readonly program: string } & (
  | {
      /** Reads the tag. */
      readonly tag: (fields: Fields) => number;
      readonly specs: Readonly<Record<number, InstructionSpec>>;
    }
  | { readonly find: (fields: Fields) => InstructionSpec | undefined }
);

const STAKE_CONFIG = 'StakeConfig11111111111111111111111111111111';

const CONDITIONS: Readonly<Record<string, string>> = {
  rentSysvar: SYSVAR.rent,
  clockSysvar: SYSVAR.clock,
  stakeHistorySysvar: SYSVAR.stakeHistory,
  stakeConfigAccount: STAKE_CONFIG,
};

/** What an instruction does, behind the tag that said which it is. */
export function describe(
  spec: InstructionSpec,
  fields: Fields,
  accounts: readonly string[],
): { readonly type: string; readonly info: JsonObject } {
  const { type, counted } = spec;
  if (spec.compose !== undefined) return { type, info: spec.compose(fields, accounts) };
  const end = accounts.length - (counted === undefined ? 0 : fields.u8());
  if (end < 0) throw new Unparsable('too few accounts');
  const info = spec.read?.(fields) ?? {};
  const names = typeof spec.accounts === 'string' ? spec.accounts : spec.accounts(info);
  return {
    type,
    info: {
      ...info,
      ...namedAccounts(spec, names, accounts.slice(0, end)),
      ...(counted !== undefined && { [counted]: accounts.slice(end) }),
    },
  };
}

function namedAccounts(spec: InstructionSpec, names: string, accounts: readonly string[]): JsonObject {
  const named: Record<string, Json> = {};
  let at = 0;
  for (const word of names.split(' ')) {
    const name = word.replace(/[?~!+]+$/, '');
    const address = accounts[at];
    const behind = word.length - word.replace(/\++$/, '').length;
    if (behind > 0 && at + behind >= accounts.length) continue;
    if (word.endsWith('!') && (address === undefined || address !== CONDITIONS[name])) continue;
    if (address !== undefined) named[name] = address;
    else if (word.endsWith('~')) named[name] = null;
    else if (!word.endsWith('?')) throw new Unparsable('too few accounts');
    at++;
  }
  if (accounts.length < (spec.least ?? 0)) throw new Unparsable('too few accounts');
  if (spec.list !== undefined) named[spec.list] = accounts.slice(at);
  if (spec.authority !== undefined) Object.assign(named, authorityOf(spec.authority, accounts, at));
  return named;
}

function authorityOf(
  [single, multisig]: readonly [string, string],
  accounts: readonly string[],
  at: number,
): JsonObject {
  const address = accounts[at];
  if (address === undefined) throw new Unparsable('too few accounts');
  if (accounts.length === at + 1) return { [single]: address };
  return { [multisig]: address, signers: accounts.slice(at + 1) };
}
