import { type Bytes, equalBytes } from '@ninefold/base';
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

type Rights = { isSigner: boolean; isWritable: boolean };

/**
 * Finds the called accounts in the transaction; the rights of duplicates are joined, and none may go
 * beyond what the caller has or `signers` gives.
 *
 * @throws `InstructionFailure` `MissingAccount`, `PrivilegeEscalation`
 */
export function resolveCall(
  context: InstructionContext,
  called: CalledInstruction,
  signers: readonly Bytes[],
): Instruction {
  const { list } = context.invoker.setup.accounts;
  const fail = (error: string, text: string): never => {
    context.log(text);
    throw new InstructionFailure(error);
  };
  const unknown = (key: Bytes): never =>
    fail('MissingAccount', `Instruction references an unknown account ${toBase58(key)}`);
  const merged = new Map<number, Rights>();
  const indices = called.accounts.map((meta) => {
    const index = list.findIndex(({ key }) => equalBytes(key, meta.key));
    if (index < 0) return unknown(meta.key);
    const rights = merged.get(index) ?? { isSigner: false, isWritable: false };
    rights.isSigner ||= meta.isSigner;
    rights.isWritable ||= meta.isWritable;
    merged.set(index, rights);
    return index;
  });
  for (const [index, rights] of merged) {
    const { key } = list[index] as { readonly key: Bytes };
    const own = context.instruction.accounts.filter((account) => account.index === index);
    if (own.length === 0) unknown(key);
    if (rights.isWritable && !own.some(({ isWritable }) => isWritable))
      fail('PrivilegeEscalation', `${toBase58(key)}'s writable privilege escalated`);
    const signs = own.some(({ isSigner }) => isSigner) || signers.some((signer) => equalBytes(signer, key));
    if (rights.isSigner && !signs)
      fail('PrivilegeEscalation', `${toBase58(key)}'s signer privilege escalated`);
  }
  const program = list.findIndex(({ key }) => equalBytes(key, called.program));
  if (program < 0) fail('MissingAccount', `Unknown program ${toBase58(called.program)}`);
  const accounts = indices.map((index) => ({ index, ...(merged.get(index) as Rights) }));
  return { program, accounts, data: called.data };
}
