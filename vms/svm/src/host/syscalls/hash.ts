import { type Bytes, concatBytes } from '@ninefold/base';
import { blake3, keccak256, sha256 } from '@ninefold/crypto';
import { sha512 } from '@noble/hashes/sha2.js';
import { syscallFault } from '../../engine/faults.ts';
import { HASH_BASE, HASH_BYTES_PER_UNIT, MAX_HASH_SLICES, MEM_OP_BASE } from '../../spec/costs.ts';
import { BYTE, consume, max, readBytes, readSlices, type Syscall, translateSlice, writeAt } from '../call.ts';

function hashSyscall(name: string, size: number, hash: (input: Bytes) => Bytes): Syscall {
  return (call, slices, count, out) => {
    if (count > BigInt(MAX_HASH_SLICES)) {
      const text = `${name} Hashing ${count} sequences in one syscall is over the limit ${MAX_HASH_SLICES}`;
      call.transaction.log.write(text);
      throw syscallFault('Hashing too many sequences');
    }
    consume(call, HASH_BASE);
    const target = translateSlice(call, out, BigInt(size), BYTE, true);
    const parts: Bytes[] = [];
    for (const { address, length } of readSlices(call, slices, count)) {
      const bytes = readBytes(call, address, length);
      consume(call, max(length / BigInt(HASH_BYTES_PER_UNIT), MEM_OP_BASE));
      parts.push(bytes);
    }
    writeAt(call, target, hash(concatBytes(...parts)));
    return 0n;
  };
}

export const sha256Syscall: Syscall = hashSyscall('Sha256', 32, sha256);
export const keccak256Syscall: Syscall = hashSyscall('Keccak256', 32, keccak256);
export const blake3Syscall: Syscall = hashSyscall('Blake3', 32, (input) => blake3([input]));
export const sha512Syscall: Syscall = hashSyscall('Sha512', 64, (input) => sha512(input));
