import type { Bytes } from '@ninefold/base';
import type { AccountList } from './account-list.ts';
import { KEY_BYTES, type Message } from './message.ts';
import { createWriter } from './writer.ts';

const SIGNER = 1;
const WRITABLE = 2;

/** Bytes of an account in an instruction: flags and key. */
const META_BYTES = 1 + KEY_BYTES;

/**
 * Data of the instructions sysvar, which tells programs what else the transaction does: count,
 * offsets, instructions, and last the position of the running one.
 */
export function encodeInstructions({ instructions }: Message, list: AccountList): Bytes {
  const writer = createWriter();
  writer.u16(instructions.length);
  let offset = 2 + 2 * instructions.length;
  for (const { accounts, data } of instructions) {
    // Long transactions wrap around, as in the original.
    writer.u16(offset & 0xffff);
    offset += 2 + accounts.length * META_BYTES + KEY_BYTES + 2 + data.length;
  }
  for (const { program, accounts, data } of instructions) {
    writer.u16(accounts.length);
    for (const index of accounts) {
      writer.u8((index < list.signers ? SIGNER : 0) | (list.isWritable[index] === true ? WRITABLE : 0));
      writer.bytes(list.addresses[index] as Bytes);
    }
    writer.bytes(list.addresses[program] as Bytes);
    writer.u16(data.length);
    writer.bytes(data);
  }
  writer.u16(0);
  return writer.finish();
}
