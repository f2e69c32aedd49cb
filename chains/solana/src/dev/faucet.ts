import { type Bytes } from '@ninefold/base';
import { addressBytes, PROGRAM } from '@ninefold/vm-svm';
import { SYSTEM_PROGRAM } from '../spec/addresses.ts';
import { encodeMessage, type Message } from '../tx/message.ts';
import { createTransaction, type Transaction } from '../tx/transaction.ts';
import { createWriter } from '../tx/writer.ts';
import type { NodeKey } from './keys.ts';

const COMPUTE_BUDGET: Bytes = addressBytes(PROGRAM.computeBudget);

/** Units that a transfer and the limit itself need. */
const TRANSFER_UNITS = 300;
const MAX_UNITS = 1_400_000;

/**
 * A transfer out of the faucet. Two of the same amount with one blockhash would be one transaction:
 * `serial` goes into their unit limit, which changes nothing else.
 */
export function airdropTransaction(
  faucet: NodeKey,
  to: Bytes,
  lamports: bigint,
  blockhash: Bytes,
  serial: number,
): Transaction {
  const transfer = createWriter();
  transfer.u32(2);
  transfer.u64(lamports);
  const limit = createWriter();
  limit.u8(2);
  limit.u32(TRANSFER_UNITS + (serial % (MAX_UNITS - TRANSFER_UNITS)));
  const message: Message = {
    version: 'legacy',
    header: { signatures: 1, readonlySigned: 0, readonlyUnsigned: 2 },
    keys: [faucet.address, to, SYSTEM_PROGRAM, COMPUTE_BUDGET],
    blockhash,
    instructions: [
      { program: 3, accounts: new Uint8Array(0), data: limit.finish() },
      { program: 2, accounts: Uint8Array.of(0, 1), data: transfer.finish() },
    ],
  };
  return createTransaction(message, [faucet.sign(encodeMessage(message))]);
}
