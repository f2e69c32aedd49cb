// Logs in order of emission, as a list in the arena; a failed frame cuts off its tail.
import { bswap64 } from '../../../packages/kernels/assembly/intrinsics';
import { isZero } from '../../../packages/kernels/assembly/u256/compare';
import { toBE } from '../../../packages/kernels/assembly/u256/word';
import { accountAt } from './accounts';
import { frame, reserve } from './arena';
import {
  base, F_DEPTH, F_MEMORY, F_SELF, F_SP, HASH_BYTES, L_ACCOUNT, L_DATA_LENGTH, L_NEXT, L_TOPICS,
  LOG_BYTES,
} from './layout';
import { EIP_7708, hasFeature } from './rules';
import { traceLog } from './trace-host';

/** Head of the list: its L_NEXT is the first log. */
let head: usize = 0;
/** The last log, or the head. */
export let lastLog: usize = 0;

export function resetLogs(): void {
  head = reserve(LOG_BYTES);
  store<u32>(head, 0, L_NEXT);
  lastLog = head;
}

@inline
export function firstLog(): usize {
  return load<u32>(head, L_NEXT);
}

/** Forgets the logs behind `mark`, an earlier `lastLog`. */
export function revertLogs(mark: usize): void {
  lastLog = mark;
  store<u32>(mark, 0, L_NEXT);
}

function append(account: usize, topics: u32, length: u32): usize {
  const log = reserve(LOG_BYTES + (<usize>topics << 5) + length);
  store<u32>(log, 0, L_NEXT);
  store<u32>(log, <u32>account, L_ACCOUNT);
  store<u32>(log, topics, L_TOPICS);
  store<u32>(log, length, L_DATA_LENGTH);
  store<u32>(lastLog, <u32>log, L_NEXT);
  lastLog = log;
  return log;
}

/**
 * EIP-7708: a transfer of value to another account, logged by the system's address; called where
 * the value has moved. The topic is keccak of Transfer(address,address,uint256).
 */
export function logTransfer(from: usize, to: usize, value: usize): void {
  if (!hasFeature(EIP_7708) || from == to || isZero(value)) return;
  const system = base + HASH_BYTES;
  memory.fill(system, 0xff, 19);
  store<u8>(system, 0xfe, 19);
  const log = append(accountAt(system), 3, 32);
  const topics = log + LOG_BYTES;
  store<u64>(topics, bswap64(0xddf252ad1be2c89b));
  store<u64>(topics, bswap64(0x69c2b068fc378daa), 8);
  store<u64>(topics, bswap64(0x952ba7f163c4a116), 16);
  store<u64>(topics, bswap64(0x28f55a4df523b3ef), 24);
  memory.fill(topics + 32, 0, 64);
  memory.copy(topics + 44, from, 20);
  memory.copy(topics + 76, to, 20);
  toBE(topics + 96, value);
  traceLog(log, frame == 0 ? 0 : load<u32>(frame, F_DEPTH));
}

/** Appends the running frame's log: its topics are the stack items from the third on. */
export function appendLog(topics: u32, offset: usize, length: u32): void {
  const log = append(load<u32>(frame, F_SELF), topics, length);
  const sp = <usize>load<u32>(frame, F_SP) + 64;
  let at = log + LOG_BYTES;
  for (let i: usize = 0; i < topics; i++, at += 32) toBE(at, sp + (i << 5));
  if (length != 0) memory.copy(at, <usize>load<u32>(frame, F_MEMORY) + offset, length);
  traceLog(log, load<u32>(frame, F_DEPTH));
}
