import { type Bytes, bytesToUtf8, equalBytes, utf8ToBytes } from '@ninefold/base';
import { PROGRAM } from '@ninefold/vm-svm';
import { type Json, readFields, tryParse, Unparsable } from './fields.ts';
import { describe, type InstructionTable } from './instruction-spec.ts';
import {
  LOADER_INSTRUCTIONS,
  LOOKUP_TABLE_INSTRUCTIONS,
  SYSTEM_INSTRUCTIONS,
} from './system-instructions.ts';
import { STAKE_INSTRUCTIONS, VOTE_INSTRUCTIONS } from './stake-instructions.ts';
import { ASSOCIATED_TOKEN_INSTRUCTIONS, TOKEN_INSTRUCTIONS } from './token-instructions.ts';

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
    const spec = 'find' in table ? table.find(fields) : table.specs[table.tag(fields)];
    if (spec === undefined) throw new Unparsable('unknown tag');
    return { program: table.program, parsed: describe(spec, fields, accounts) };
  });
}

/** The text of a memo, if it is UTF-8. */
export function memoText(data: Bytes): string | undefined {
  const text = bytesToUtf8(data);
  return equalBytes(utf8ToBytes(text), data) ? text : undefined;
}

/** Whether the program writes memos, which signatures are listed with. */
export const isMemoProgram = (program: string): boolean => MEMO_PROGRAMS.includes(program);
