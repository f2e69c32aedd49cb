import { syscallFault } from '../../engine/faults.ts';
import { BYTES_PER_UNIT, MAX_RETURN_DATA, SYSCALL_BASE } from '../../spec/costs.ts';
import {
  BYTE,
  type Call,
  consume,
  KEY,
  type ProcessedInstruction,
  readBytes,
  requireApart,
  type Shape,
  type Syscall,
  translate,
  translateSlice,
  writeAt,
} from '../call.ts';

export const setReturnData: Syscall = (call, address, length) => {
  consume(call, BigInt(SYSCALL_BASE) + length / BigInt(BYTES_PER_UNIT));
  if (length > BigInt(MAX_RETURN_DATA))
    throw syscallFault(`Return data too large (${length} > ${MAX_RETURN_DATA})`);
  call.transaction.returnData = { program: call.program, data: readBytes(call, address, length) };
  return 0n;
};

export const getReturnData: Syscall = (call, out, capacity, programOut) => {
  consume(call, SYSCALL_BASE);
  const { program, data } = call.transaction.returnData;
  const length = capacity < BigInt(data.length) ? Number(capacity) : data.length;
  if (length !== 0) {
    consume(call, Math.floor((length + KEY.size) / BYTES_PER_UNIT));
    const host = translateSlice(call, out, BigInt(length), BYTE, true);
    const programHost = translate(call, programOut, KEY, true);
    requireApart({ host, length }, { host: programHost, length: KEY.size });
    writeAt(call, host, data.subarray(0, length));
    writeAt(call, programHost, program);
  }
  return BigInt(data.length);
};

export const getStackHeight: Syscall = (call) => {
  consume(call, SYSCALL_BASE);
  return BigInt(call.stackHeight);
};

export const remainingComputeUnits: Syscall = (call) => {
  consume(call, SYSCALL_BASE);
  return BigInt(call.run.remaining());
};

/** Lengths of data and accounts. */
const HEADER: Shape = { size: 16, align: 8 };
const META: Shape = { size: 34, align: 1 };

/** The `index`-th instruction before the running one at its stack height, under the same caller. */
function siblingOf(call: Call, index: bigint): ProcessedInstruction | undefined {
  const { trace } = call.transaction;
  let found = 0n;
  for (let i = trace.length - 1; i >= 0; i--) {
    const instruction = trace[i] as ProcessedInstruction;
    if (instruction.stackHeight < call.stackHeight) return undefined;
    if (instruction.stackHeight !== call.stackHeight) continue;
    if (found === index + 1n) return instruction;
    found++;
  }
  return undefined;
}

/** Copies the sibling out when the header says that there is room for exactly it, else its sizes. */
export const getProcessedSibling: Syscall = (call, index, header, programOut, dataOut, accountsOut) => {
  consume(call, SYSCALL_BASE);
  const sibling = siblingOf(call, index);
  if (sibling === undefined) return 0n;
  const headerHost = translate(call, header, HEADER, true);
  const view = call.run.memory.view();
  const { data, accounts } = sibling;
  const dataLength = view.getBigUint64(headerHost, true);
  const accountsLength = view.getBigUint64(headerHost + 8, true);
  if (dataLength !== BigInt(data.length) || accountsLength !== BigInt(accounts.length)) {
    view.setBigUint64(headerHost, BigInt(data.length), true);
    view.setBigUint64(headerHost + 8, BigInt(accounts.length), true);
    return 1n;
  }
  const programHost = translate(call, programOut, KEY, true);
  const dataHost = translateSlice(call, dataOut, dataLength, BYTE, true);
  const accountsHost = translateSlice(call, accountsOut, accountsLength, META, true);
  requireApart(
    ...[
      { host: programHost, length: KEY.size },
      { host: dataHost, length: data.length },
      { host: accountsHost, length: accounts.length * META.size },
      { host: headerHost, length: HEADER.size },
    ].filter(({ length }) => length !== 0),
  );
  writeAt(call, programHost, sibling.program);
  writeAt(call, dataHost, data);
  accounts.forEach(({ key, isSigner, isWritable }, i) => {
    const at = accountsHost + META.size * i;
    writeAt(call, at, key);
    writeAt(call, at + KEY.size, Uint8Array.of(isSigner ? 1 : 0, isWritable ? 1 : 0));
  });
  return 1n;
};
