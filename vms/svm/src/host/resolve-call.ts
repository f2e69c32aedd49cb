import { type Bytes, equalBytes } from '@ninefold/base';
import { type AccountState, firstPosition } from './accounts.ts';
import { toBase58 } from './base58.ts';
import type { AccountMeta } from './call.ts';
import { InstructionFailure } from './failure.ts';
import type { Instruction, InstructionContext } from './invoke.ts';

/** What a program hands over in a call. */
export type CalledInstruction = {
  readonly program: Bytes;
  readonly accounts: readonly AccountMeta[];
  readonly data: Bytes;
};

/** An account of a call; what a call names twice it names with the same rights. */
type Rights = { readonly index: number; isSigner: boolean; isWritable: boolean };

/**
 * Finds the called accounts in the transaction; the rights of duplicates are joined, and none may go
 * beyond what the caller has or `signers` gives. The program has to be an account of the caller's, too.
 *
 * @throws `InstructionFailure` `MissingAccount`, `PrivilegeEscalation`
 */
export function resolveCall(
  context: InstructionContext,
  called: CalledInstruction,
  signers: readonly Bytes[],
): Instruction {
  const { list } = context.invoker.setup.accounts;
  const indices: number[] = [];
  // By position in the transaction.
  const merged = new Map<number, Rights>();
  for (const { key, isSigner, isWritable } of called.accounts) {
    const index = indexOf(list, key);
    if (index < 0) return unknown(context, key);
    const rights = merged.get(index);
    if (rights === undefined) merged.set(index, { index, isSigner, isWritable });
    else {
      rights.isSigner ||= isSigner;
      rights.isWritable ||= isWritable;
    }
    indices.push(index);
  }
  for (const rights of merged.values()) requireRights(context, rights, signers);
  const program = indexOf(list, called.program);
  if (program < 0 || firstPosition(context.instruction.accounts, program) < 0)
    refuse(context, 'MissingAccount', `Unknown program ${toBase58(called.program)}`);
  const accounts = indices.map((index) => merged.get(index) as Rights);
  return { program, accounts, data: called.data };
}

function indexOf(list: readonly AccountState[], address: Bytes): number {
  for (let index = 0; index < list.length; index++)
    if (equalBytes((list[index] as AccountState).key, address)) return index;
  return -1;
}

function refuse(context: InstructionContext, error: string, text: string): never {
  context.log(text);
  throw new InstructionFailure(error);
}

function unknown(context: InstructionContext, key: Bytes): never {
  return refuse(context, 'MissingAccount', `Instruction references an unknown account ${toBase58(key)}`);
}

function requireRights(context: InstructionContext, rights: Rights, signers: readonly Bytes[]): void {
  const { key } = context.invoker.setup.accounts.list[rights.index] as AccountState;
  let isNamed = false;
  let mayWrite = false;
  let signs = false;
  for (const own of context.instruction.accounts) {
    if (own.index !== rights.index) continue;
    isNamed = true;
    mayWrite ||= own.isWritable;
    signs ||= own.isSigner;
  }
  if (!isNamed) throw new InstructionFailure('MissingAccount');
  if (rights.isWritable && !mayWrite)
    refuse(context, 'PrivilegeEscalation', `${toBase58(key)}'s writable privilege escalated`);
  if (rights.isSigner && !signs && !signers.some((signer) => equalBytes(signer, key)))
    refuse(context, 'PrivilegeEscalation', `${toBase58(key)}'s signer privilege escalated`);
}
