import { type Bytes, bytesToBase64 } from '@ninefold/base';
import { syscallFault } from '../../engine/faults.ts';
import { LOG_64, LOG_PUBKEY, SYSCALL_BASE } from '../../spec/costs.ts';
import { toBase58 } from '../base58.ts';
import { type Call, consume, KEY, max, readBytes, readSlices, type Syscall, translate } from '../call.ts';
import { describeUtf8Error } from '../utf8.ts';

const decoder = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });

/** @throws `SyscallFault` for bytes that are no UTF-8 */
function readText(call: Call, address: bigint, length: bigint): string {
  const bytes = readBytes(call, address, length);
  try {
    return decoder.decode(bytes);
  } catch {
    throw syscallFault(`${describeUtf8Error(bytes)}: [${bytes.join(', ')}]`);
  }
}

export const abort: Syscall = () => {
  throw syscallFault('SBF program panicked');
};

export const panic: Syscall = (call, file, length, line, column) => {
  consume(call, length);
  throw syscallFault(`SBF program Panicked in ${readText(call, file, length)} at ${line}:${column}`);
};

export const log: Syscall = (call, address, length) => {
  consume(call, max(length, SYSCALL_BASE));
  call.transaction.log.write(`Program log: ${readText(call, address, length)}`);
  return 0n;
};

export const log64: Syscall = (call, ...values) => {
  consume(call, LOG_64);
  call.transaction.log.write(`Program log: ${values.map((value) => `0x${value.toString(16)}`).join(', ')}`);
  return 0n;
};

export const logPubkey: Syscall = (call, address) => {
  consume(call, LOG_PUBKEY);
  const host = translate(call, address, KEY);
  const key: Bytes = call.run.memory.bytes().slice(host, host + KEY.size);
  call.transaction.log.write(`Program log: ${toBase58(key)}`);
  return 0n;
};

export const logComputeUnits: Syscall = (call) => {
  consume(call, SYSCALL_BASE);
  call.transaction.log.write(`Program consumption: ${call.run.remaining()} units remaining`);
  return 0n;
};

export const logData: Syscall = (call, address, count) => {
  consume(call, SYSCALL_BASE);
  const fields = readSlices(call, address, count);
  consume(call, BigInt(SYSCALL_BASE) * count);
  consume(
    call,
    fields.reduce((total, { length }) => total + length, 0n),
  );
  const texts = fields.map((field) => bytesToBase64(readBytes(call, field.address, field.length)));
  call.transaction.log.write(`Program data: ${texts.join(' ')}`);
  return 0n;
};
