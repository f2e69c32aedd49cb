import { type Bytes, bytesToUtf8, equalBytes, utf8ToBytes } from '@ninefold/base';
import { PROGRAM, SYSVAR } from '@ninefold/vm-svm';
import { type Fields, type Json, type JsonObject, readFields, tryParse, Unparsable } from './fields.ts';
import {
  LOADER_INSTRUCTIONS,
  LOOKUP_TABLE_INSTRUCTIONS,
  SYSTEM_INSTRUCTIONS,
} from './system-instructions.ts';
import { STAKE_INSTRUCTIONS, VOTE_INSTRUCTIONS } from './stake-instructions.ts';
import { ASSOCIATED_TOKEN_INSTRUCTIONS, TOKEN_INSTRUCTIONS } from './token-instructions.ts';

/**
 * How an instruction is shown. `accounts` names its accounts in order: a name alone has to be there,
 * `name?` may be absent, `name~` is null then, and `name!` is only taken when it is that sysvar (or
 * the stake config), else the next name is tried on it.
 */
export type InstructionSpec = {
  readonly type: string;
  readonly accounts: string;
  /** Accounts that there have to be, when the names do not say. */
  readonly least?: number | undefined;
  readonly read?: ((fields: Fields) => JsonObject) | undefined;
  /** The last account signs, or is a multisig whose signers follow: what each is called. */
  readonly authority?: readonly [single: string, multisig: string] | undefined;
  /** The accounts from the last name on, as a list. */
  readonly list?: string | undefined;
};

/** Instructions of a program by the tag at their begin. */
export type InstructionTable = {
  readonly program: string;
  /** Reads the tag. */
  readonly tag: (fields: Fields) => number;
  readonly specs: Readonly<Record<number, InstructionSpec>>;
};

const STAKE_CONFIG = 'StakeConfig11111111111111111111111111111111';

const CONDITIONS: Readonly<Record<string, string>> = {
  rentSysvar: SYSVAR.rent,
  clockSysvar: SYSVAR.clock,
  stakeHistorySysvar: SYSVAR.stakeHistory,
  stakeConfigAccount: STAKE_CONFIG,
};

const TABLES: Readonly<Record<string, InstructionTable>> = {
  [PROGRAM.system]: SYSTEM_INSTRUCTIONS,
  [PROGRAM.vote]: VOTE_INSTRUCTIONS,
  [PROGRAM.loaderV3]: LOADER_INSTRUCTIONS,
  Stake11111111111111111111111111111111111111: STAKE_INSTRUCTIONS,
  AddressLookupTab1e1111111111111111111111111: LOOKUP_TABLE_INSTRUCTIONS,
  TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA: TOKEN_INSTRUCTIONS,
  TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb: TOKEN_INSTRUCTIONS,
  ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL: ASSOCIATED_TOKEN_INSTRUCTIONS,
};

const MEMO_PROGRAMS: readonly string[] = [
  'Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo',
  'MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr',
  'Memo4c2pN8afCj432Lb7RMVKi9PbQnnW7ewFFaV3oAH',
];

/** An instruction as `jsonParsed` shows it: the program's short name, and what it does. */
export type ParsedInstruction = { readonly program: string; readonly parsed: Json };

/**
 * What an instruction says, when the program is one of those that are known.
 *
 * @param accounts addresses of the instruction's accounts, base58
 */
export function parseInstruction(
  program: string,
  accounts: readonly string[],
  data: Bytes,
): ParsedInstruction | undefined {
  if (MEMO_PROGRAMS.includes(program)) {
    const parsed = memoText(data);
    return parsed === undefined ? undefined : { program: 'spl-memo', parsed };
  }
  const table = TABLES[program];
  if (table === undefined) return undefined;
  return tryParse(() => {
    const fields = readFields(data);
    const spec = table.specs[table.tag(fields)];
    if (spec === undefined) throw new Unparsable('unknown tag');
    const info = { ...spec.read?.(fields), ...namedAccounts(spec, accounts) };
    return { program: table.program, parsed: { type: spec.type, info } };
  });
}

/** The text of a memo, if it is UTF-8. */
export function memoText(data: Bytes): string | undefined {
  const text = bytesToUtf8(data);
  return equalBytes(utf8ToBytes(text), data) ? text : undefined;
}

/** Whether the program writes memos, which signatures are listed with. */
export const isMemoProgram = (program: string): boolean => MEMO_PROGRAMS.includes(program);

function namedAccounts(spec: InstructionSpec, accounts: readonly string[]): JsonObject {
  const named: Record<string, Json> = {};
  let at = 0;
  for (const word of spec.accounts.split(' ')) {
    const name = word.replace(/[?~!]$/, '');
    const address = accounts[at];
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
