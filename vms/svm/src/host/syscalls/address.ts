import type { Bytes } from '@ninefold/base';
import { syscallFault } from '../../engine/faults.ts';
import { CREATE_PROGRAM_ADDRESS } from '../../spec/costs.ts';
import {
  BYTE,
  type Call,
  consume,
  KEY,
  readBytes,
  readSlices,
  requireApart,
  type Syscall,
  translate,
  translateSlice,
  writeAt,
} from '../call.ts';
import { createProgramAddress, MAX_SEED_BYTES, MAX_SEEDS } from '../program-address.ts';

/** @throws `SyscallFault`: seeds of a wrong size end the program */
export function badSeeds(): Error {
  return syscallFault(
    'Could not create program address with signer seeds: Length of the seed is too long for address generation',
  );
}

function readInputs(
  call: Call,
  seeds: bigint,
  count: bigint,
  program: bigint,
): { readonly seeds: readonly Bytes[]; readonly program: Bytes } {
  const slices = readSlicesChecked(call, seeds, count);
  const parts = slices.map(({ address, length }) => {
    if (length > BigInt(MAX_SEED_BYTES)) throw badSeeds();
    return readBytes(call, address, length);
  });
  const host = translate(call, program, KEY);
  return { seeds: parts, program: call.run.memory.bytes().slice(host, host + KEY.size) };
}

/** The table has to be readable before its length is looked at. */
function readSlicesChecked(call: Call, seeds: bigint, count: bigint): ReturnType<typeof readSlices> {
  if (count <= BigInt(MAX_SEEDS)) return readSlices(call, seeds, count);
  translateSlice(call, seeds, count, { size: 16, align: 8 });
  throw badSeeds();
}

export const createAddress: Syscall = (call, seeds, count, program, out) => {
  consume(call, CREATE_PROGRAM_ADDRESS);
  const inputs = readInputs(call, seeds, count, program);
  const address = createProgramAddress(inputs.seeds, inputs.program);
  if (address === undefined) return 1n;
  writeAt(call, translateSlice(call, out, 32n, BYTE, true), address);
  return 0n;
};

export const tryFindAddress: Syscall = (call, seeds, count, program, out, bumpOut) => {
  consume(call, CREATE_PROGRAM_ADDRESS);
  const inputs = readInputs(call, seeds, count, program);
  for (let bump = 255; bump > 0; bump--) {
    const address = createProgramAddress([...inputs.seeds, Uint8Array.of(bump)], inputs.program);
    if (address !== undefined) {
      const bumpHost = translate(call, bumpOut, BYTE, true);
      const host = translateSlice(call, out, 32n, BYTE, true);
      requireApart({ host: bumpHost, length: 1 }, { host, length: 32 });
      writeAt(call, bumpHost, Uint8Array.of(bump));
      writeAt(call, host, address);
      return 0n;
    }
    consume(call, CREATE_PROGRAM_ADDRESS);
  }
  return 1n;
};
