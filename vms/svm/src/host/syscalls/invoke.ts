import type { Bytes } from '@ninefold/base';
import { syscallFault } from '../../engine/faults.ts';
import { PROGRAM } from '../../spec/addresses.ts';
import { INVOKE } from '../../spec/costs.ts';
import { INPUT_START } from '../../spec/versions.ts';
import { firstPosition, type InstructionAccount, isFirst } from '../accounts.ts';
import { toBase58 } from '../base58.ts';
import {
  type Call,
  consume,
  KEY,
  readBytes,
  readSlices,
  SLICE,
  type Syscall,
  translate,
  translateSlice,
} from '../call.ts';
import { InstructionFailure } from '../failure.ts';
import { type CalledInstruction, resolveCall } from '../resolve-call.ts';
import type { InstructionContext, Invoker } from '../invoke.ts';
import { createProgramAddress, MAX_SEED_BYTES, MAX_SEEDS } from '../program-address.ts';
import type { AccountAddresses, SerializedInput } from '../serialize.ts';
import { type Abi, C_ABI, chargeBytes, chargesForTables, passedError, RUST_ABI, u64 } from './invoke-abi.ts';
import { handOver, type SharedAccount, takeRegion, writeBack, writeRegion } from './shared-account.ts';

/** Account structures that a call may pass (SIMD-0339). */
export const MAX_ACCOUNT_INFOS = 255;
export const MAX_SIGNERS = 16;

/** What an account structure is charged as, whatever its form. */
const INFO_CHARGE_BYTES = 80;

/**
 * Whether the structures of a call have to point at the accounts in the caller's input. Where data are regions of
 * their own nothing else can be meant.
 */
const restrictsAddresses = ({ transaction }: Call, { layout }: SerializedInput): boolean =>
  layout.splitsRegions || transaction.environment.features.has('syscall_parameter_address_restrictions');

/** Addresses that the caller signs for: one for each list of seeds. */
function readSigners(call: Call, address: bigint, count: bigint): readonly Bytes[] {
  if (count === 0n) return [];
  if (count > BigInt(MAX_SIGNERS)) {
    translateSlice(call, address, count, SLICE);
    throw syscallFault('Too many signers');
  }
  return readSlices(call, address, count).map((list) => {
    if (list.length > BigInt(MAX_SEEDS)) {
      translateSlice(call, list.address, list.length, SLICE);
      throw passedError('MaxSeedLengthExceeded');
    }
    const seeds = readSlices(call, list.address, list.length).map((seed) =>
      readBytes(call, seed.address, seed.length),
    );
    const signer = createProgramAddress(seeds, call.program);
    if (signer !== undefined) return signer;
    const reason = seeds.some(({ length }) => length > MAX_SEED_BYTES)
      ? 'Length of the seed is too long for address generation'
      : 'Provided seeds do not result in a valid address';
    throw syscallFault(`Could not create program address with signer seeds: ${reason}`);
  });
}

const NEVER_CALLED: readonly string[] = [
  PROGRAM.nativeLoader,
  PROGRAM.loaderV1,
  PROGRAM.loaderV2,
  PROGRAM.ed25519,
  PROGRAM.secp256k1,
  PROGRAM.secp256r1,
];

/** Instructions of the upgradeable loader that programs may call: upgrade, set authority, close. */
const CALLABLE_LOADER_TAGS: readonly number[] = [3, 4, 5, 7];

function requireCallable({ program, data }: CalledInstruction): void {
  const name = toBase58(program);
  const isManaged = name === PROGRAM.loaderV3 && !CALLABLE_LOADER_TAGS.includes(data[0] ?? -1);
  if (NEVER_CALLED.includes(name) || isManaged)
    throw syscallFault(`Program ${name} not supported by inner instructions`);
}

function readAccounts(
  call: Call,
  context: InstructionContext,
  accounts: readonly InstructionAccount[],
  abi: Abi,
  infos: bigint,
  count: bigint,
): readonly SharedAccount[] {
  const input = context.input as SerializedInput;
  const isRestricted = restrictsAddresses(call, input);
  if (isRestricted && infos + count * BigInt(abi.infoBytes) >= INPUT_START)
    throw syscallFault('Invalid pointer');
  const at = translateSlice(call, infos, count, { size: abi.infoBytes, align: 8 });
  if (count > BigInt(MAX_ACCOUNT_INFOS)) {
    throw syscallFault(
      `Invoked an instruction with too many account info's (${count} > ${MAX_ACCOUNT_INFOS})`,
    );
  }
  if (chargesForTables(call)) chargeBytes(call, count * BigInt(INFO_CHARGE_BYTES));
  // Every structure's key has to be readable, also of those that are not needed.
  const keys: number[] = [];
  for (let i = 0; i < Number(count); i++) keys.push(translate(call, u64(call, at + i * abi.infoBytes), KEY));
  const all: SharedAccount[] = [];
  for (let i = 0; i < accounts.length; i++) {
    const { index, isWritable } = accounts[i] as InstructionAccount;
    if (firstPosition(accounts, index) < i) continue;
    const position = firstPosition(context.instruction.accounts, index);
    const account = context.account(position);
    const { key, data, isExecutable } = account.state;
    if (isExecutable) {
      chargeBytes(call, BigInt(data.length));
      continue;
    }
    const info = keys.findIndex((host) => isKeyAt(call, host, key));
    if (info < 0) {
      call.transaction.log.write(`Instruction references an unknown account ${toBase58(key)}`);
      throw passedError('MissingAccount');
    }
    const offset = info * abi.infoBytes;
    const { layout } = input;
    const addresses = input.accounts[position] as AccountAddresses;
    const expected = { addresses, layout, isRestricted };
    const caller = abi.readAccount(call, at + offset, infos + BigInt(offset), expected);
    const { originalLength } = addresses;
    const shared = { account, caller, originalLength, layout, isRestricted, isWritable, isReshaped: false };
    if (!isRestricted) passing(() => handOver(call, shared));
    all.push(shared);
  }
  if (isRestricted) for (const shared of all) passing(() => handOver(call, shared));
  return all;
}

/** Whether `key` stands at `host` in memory. */
function isKeyAt(call: Call, host: number, key: Bytes): boolean {
  const bytes = call.run.memory.bytes();
  for (let i = 0; i < KEY.size; i++) if (bytes[host + i] !== key[i]) return false;
  return true;
}

/** Runs `action`; failures of the called instruction become the caller's. */
function passing<Result>(action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    // Whatever the log said of it, the caller is told the error alone.
    if (error instanceof InstructionFailure) throw passedError(error.error);
    throw error;
  }
}

/** Data that programs change in place are seen by others at once, in the call or not. */
function takeRegions(call: Call, context: InstructionContext): void {
  const { layout, accounts } = context.input as SerializedInput;
  if (!layout.mapsData) return;
  const metas = context.instruction.accounts;
  for (let position = 0; position < metas.length; position++) {
    if (!isFirst(metas, position)) continue;
    takeRegion(call, context.account(position), (accounts[position] as AccountAddresses).data);
  }
}

function invokeSyscall(current: () => Invoker, abi: Abi): Syscall {
  return (call, instructionAddress, infos, infoCount, seeds, seedCount) => {
    const invoker = current();
    consume(call, INVOKE);
    const context = invoker.stack.at(-1) as InstructionContext;
    const called = abi.readInstruction(call, instructionAddress);
    const signers = readSigners(call, seeds, seedCount);
    requireCallable(called);
    const { program, accounts } = passing(() => resolveCall(context, called, signers));
    takeRegions(call, context);
    const shared = readAccounts(call, context, accounts, abi, infos, infoCount);
    passing(() => {
      invoker.units = call.run.remaining();
      try {
        invoker.process({ program, accounts, data: called.data });
      } finally {
        call.run.setRemaining(invoker.units);
      }
    });
    for (const entry of shared) if (entry.isWritable) writeBack(call, entry);
    for (const entry of shared)
      if (entry.layout.splitsRegions && (entry.isWritable || entry.isReshaped)) writeRegion(call, entry);
    return 0n;
  };
}

/** The two syscalls that call programs, for the transaction of the `current` invoker. */
export function invokeSyscalls(current: () => Invoker): Readonly<Record<string, Syscall>> {
  return {
    sol_invoke_signed_c: invokeSyscall(current, C_ABI),
    sol_invoke_signed_rust: invokeSyscall(current, RUST_ABI),
  };
}
