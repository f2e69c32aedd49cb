import { concatBytes } from '@ninefold/base';
import { syscallKey } from '../../src/code/murmur3.ts';
import { addressBytes, toBase58 } from '../../src/host/base58.ts';
import { type AccountState, createSvm, type Instruction, type MessageOutcome } from '../../src/run.ts';
import { PROGRAM } from '../../src/spec/addresses.ts';
import { encode, EXIT, HEAP } from './assemble.ts';
import { ENVIRONMENT } from './call.ts';
import { strictElf } from './elf.ts';

export const SYSTEM: Uint8Array = addressBytes(PROGRAM.system);

export const key = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

export const account = (at: Uint8Array, more: Partial<AccountState> = {}): AccountState => ({
  key: at,
  lamports: 0n,
  data: new Uint8Array(0),
  owner: SYSTEM,
  isExecutable: false,
  rentEpoch: 0n,
  ...more,
});

export const systemAccount = (): AccountState =>
  account(SYSTEM, { lamports: 1n, owner: addressBytes(PROGRAM.nativeLoader), isExecutable: true });

export const programAccount = (at: Uint8Array, loader: string = PROGRAM.loaderV3): AccountState =>
  account(at, { lamports: 1n, owner: addressBytes(loader), isExecutable: true });

/** Rights by letters: s signs, w is writable. */
export const meta = (index: number, rights = ''): Instruction['accounts'][number] => ({
  index,
  isSigner: rights.includes('s'),
  isWritable: rights.includes('w'),
});

/** Numbers of 32 bits, bigints of 64, and bytes, one behind the other. */
export function pack(...parts: readonly (number | bigint | Uint8Array)[]): Uint8Array {
  return concatBytes(
    ...parts.map((part) => {
      if (part instanceof Uint8Array) return part;
      const bytes = new Uint8Array(typeof part === 'number' ? 4 : 8);
      const view = new DataView(bytes.buffer);
      if (typeof part === 'number') view.setUint32(0, part, true);
      else view.setBigUint64(0, part, true);
      return bytes;
    }),
  );
}

export const callSyscall = (name: string): number[] => encode(0x85, { imm: syscallKey(name) });

export const lddw = (dst: number, value: bigint): number[][] => [
  encode(0x18, { dst, imm: value & 0xffffffffn }),
  encode(0, { imm: value >> 32n }),
];

/** A program that moves `blob` to its heap and makes a syscall with these arguments. */
export function programWith(blob: Uint8Array, syscall: string, args: readonly bigint[]): Uint8Array {
  return strictElf(
    [
      ...lddw(1, HEAP),
      encode(0xb7, { dst: 2, imm: 0 }),
      ...lddw(3, BigInt(blob.length)),
      callSyscall('sol_memcpy_'),
      ...args.flatMap((value, i) => lddw(i + 1, value)),
      callSyscall(syscall),
      EXIT,
    ],
    [...blob, ...new Uint8Array((8 - (blob.length % 8)) % 8)],
  );
}

export function runMessage(
  accounts: readonly AccountState[],
  instructions: readonly Instruction[],
  files: readonly (readonly [address: Uint8Array, file: Uint8Array])[],
  features: readonly string[] = [],
): MessageOutcome {
  const byAddress = new Map(files.map(([address, file]) => [toBase58(address), file]));
  const svm = createSvm({
    environment: { ...ENVIRONMENT, features: new Set([...ENVIRONMENT.features, ...features]) },
    programFile: ({ key: address }) => byAddress.get(toBase58(address)),
  });
  return svm.run({ accounts, instructions, budget: 200_000 });
}
