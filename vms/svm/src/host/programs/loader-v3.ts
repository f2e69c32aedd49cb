import { type Bytes, equalBytes } from '@ninefold/base';
import { PROGRAM, SYSVAR } from '../../spec/addresses.ts';
import { type BorrowedAccount, MAX_ACCOUNT_DATA_BYTES } from '../accounts.ts';
import { addressBytes, toBase58 } from '../base58.ts';
import type { AccountMeta } from '../call.ts';
import { InstructionFailure } from '../failure.ts';
import type { Builtin, InstructionContext } from '../invoke.ts';
import { findProgramAddress } from '../program-address.ts';
import { resolveCall } from '../resolve-call.ts';
import {
  BUFFER_HEADER_BYTES,
  decodeLoaderState,
  encodeLoaderState,
  type LoaderState,
  PROGRAM_ACCOUNT_BYTES,
  PROGRAM_DATA_HEADER_BYTES,
} from './loader-state.ts';
import { createReader, type Reader } from './reader.ts';
import { minimumBalance, readClock, requireSysvar } from './sysvars.ts';

// The upgradeable loader: programs are written into buffers in pieces, then deployed from there.
// Texts and the order of checks are those of Agave's `programs/bpf_loader`.

/** The least by which a program may be made longer (SIMD-0431). */
export const MINIMUM_EXTEND_BYTES = 10_240;

const BUFFER_RESET_BYTES = BUFFER_HEADER_BYTES;
const UNINITIALIZED_BYTES = 4;

type ProgramData = Extract<LoaderState, { kind: 'programData' }>;

/** Says in the log what is wrong and fails. */
function refuse(context: InstructionContext, error: string, text: string): never {
  context.log(text);
  throw new InstructionFailure(error);
}

function requireAccounts(context: InstructionContext, count: number): void {
  if (context.instruction.accounts.length < count) throw new InstructionFailure('MissingAccount');
}

/** Two accounts in use at once have to be two. */
function requireDistinct(context: InstructionContext, ...positions: readonly number[]): void {
  const indices = positions.map((position) => context.instruction.accounts[position]?.index);
  if (new Set(indices).size < positions.length) throw new InstructionFailure('AccountBorrowFailed');
}

const keyAt = (context: InstructionContext, position: number): Bytes => context.account(position).state.key;

function stateOf(account: BorrowedAccount): LoaderState {
  const state = decodeLoaderState(account.state.data);
  if (state === undefined) throw new InstructionFailure('InvalidAccountData');
  return state;
}

function setState(account: BorrowedAccount, state: LoaderState): void {
  writeAt(account, 0, encodeLoaderState(state));
}

/** Replaces a part of an account's data. */
function writeAt(account: BorrowedAccount, offset: number, bytes: Bytes): void {
  const problem = account.writeProblem();
  if (problem !== undefined) throw new InstructionFailure(problem);
  if (offset + bytes.length > account.state.data.length) throw new InstructionFailure('AccountDataTooSmall');
  const data = account.state.data.slice();
  data.set(bytes, offset);
  account.setData(data);
}

function addLamports(account: BorrowedAccount, lamports: bigint): void {
  account.setLamports(account.state.lamports + lamports);
}

/** Who owns up to a change: the words differ by what is changed. */
type Authority = { readonly immutable: string; readonly incorrect: string; readonly unsigned: string };

const BUFFER_AUTHORITY: Authority = {
  immutable: 'Buffer is immutable',
  incorrect: 'Incorrect buffer authority provided',
  unsigned: 'Buffer authority did not sign',
};

const UPGRADE_AUTHORITY: Authority = {
  immutable: 'Program not upgradeable',
  incorrect: 'Incorrect upgrade authority provided',
  unsigned: 'Upgrade authority did not sign',
};

const CLOSE_AUTHORITY: Authority = {
  immutable: 'Account is immutable',
  incorrect: 'Incorrect authority provided',
  unsigned: 'Authority did not sign',
};

/** Requires that the account at `position` is `authority` and signs. */
function requireAuthority(
  context: InstructionContext,
  position: number,
  authority: Bytes | undefined,
  words: Authority,
): void {
  if (authority === undefined) return refuse(context, 'Immutable', words.immutable);
  if (!equalBytes(authority, keyAt(context, position)))
    refuse(context, 'IncorrectAuthority', words.incorrect);
  if (!context.account(position).isSigner) refuse(context, 'MissingRequiredSignature', words.unsigned);
}

function initializeBuffer(context: InstructionContext): void {
  requireAccounts(context, 2);
  const buffer = context.account(0);
  if (stateOf(buffer).kind !== 'uninitialized')
    refuse(context, 'AccountAlreadyInitialized', 'Buffer account already initialized');
  setState(buffer, { kind: 'buffer', authority: keyAt(context, 1) });
}

function write(context: InstructionContext, offset: number, bytes: Bytes): void {
  requireAccounts(context, 2);
  const buffer = context.account(0);
  const state = stateOf(buffer);
  if (state.kind !== 'buffer') return refuse(context, 'InvalidAccountData', 'Invalid Buffer account');
  requireAuthority(context, 1, state.authority, BUFFER_AUTHORITY);
  const problem = buffer.writeProblem();
  if (problem !== undefined) throw new InstructionFailure(problem);
  const start = BUFFER_HEADER_BYTES + offset;
  const { length } = buffer.state.data;
  if (length < start + bytes.length)
    refuse(context, 'AccountDataTooSmall', `Write overflow: ${length} < ${start + bytes.length}`);
  writeAt(buffer, start, bytes);
}

/** Requires a filled buffer of the authority at `position`; gives the file in it. */
function fileInBuffer(context: InstructionContext, buffer: BorrowedAccount, position: number): Bytes {
  if (!buffer.isWritable) refuse(context, 'InvalidArgument', 'Buffer account not writeable');
  if (!buffer.isOwned()) refuse(context, 'IncorrectProgramId', 'Buffer account not owned by loader');
  const state = stateOf(buffer);
  if (state.kind !== 'buffer') return refuse(context, 'InvalidArgument', 'Invalid Buffer account');
  if (state.authority === undefined || !equalBytes(state.authority, keyAt(context, position)))
    refuse(context, 'IncorrectAuthority', "Buffer and upgrade authority don't match");
  if (!context.account(position).isSigner)
    refuse(context, 'MissingRequiredSignature', UPGRADE_AUTHORITY.unsigned);
  return buffer.state.data.subarray(BUFFER_HEADER_BYTES);
}

function requireFilled(context: InstructionContext, file: Bytes): void {
  if (file.length === 0) refuse(context, 'InvalidAccountData', 'Buffer account too small');
}

/** Refuses a file that the machine could not run, by the stricter rules for new programs. */
function requireDeployable(context: InstructionContext, file: Bytes): void {
  const problem = context.invoker.setup.deploymentProblem(file);
  if (problem !== undefined) refuse(context, 'InvalidAccountData', problem);
}

const SYSTEM: Bytes = addressBytes(PROGRAM.system);

/** Calls the system program as programs call it. */
function callSystem(
  context: InstructionContext,
  accounts: readonly AccountMeta[],
  data: Bytes,
  signers: readonly Bytes[],
): void {
  context.invoker.process(resolveCall(context, { program: SYSTEM, accounts, data }, signers));
}

const writable = (key: Bytes, isSigner: boolean): AccountMeta => ({ key, isSigner, isWritable: true });

function createAccountData(lamports: bigint, space: number, owner: Bytes): Bytes {
  const data = new Uint8Array(52);
  const view = new DataView(data.buffer);
  view.setBigUint64(4, lamports, true);
  view.setBigUint64(12, BigInt(space), true);
  data.set(owner, 20);
  return data;
}

function transferData(lamports: bigint): Bytes {
  const data = new Uint8Array(12);
  data[0] = 2;
  new DataView(data.buffer).setBigUint64(4, lamports, true);
  return data;
}

const atLeastOne = (lamports: bigint): bigint => (lamports < 1n ? 1n : lamports);

function deploy(context: InstructionContext, maxLength: bigint): void {
  requireAccounts(context, 4);
  const [payer, programDataKey] = [keyAt(context, 0), keyAt(context, 1)];
  requireSysvar(context, 4, SYSVAR.rent);
  requireSysvar(context, 5, SYSVAR.clock);
  const { slot } = readClock(context);
  requireAccounts(context, 8);
  const authority = keyAt(context, 7);

  const program = context.account(2);
  if (stateOf(program).kind !== 'uninitialized')
    refuse(context, 'AccountAlreadyInitialized', 'Program account already initialized');
  const { length } = program.state.data;
  if (length < PROGRAM_ACCOUNT_BYTES) refuse(context, 'AccountDataTooSmall', 'Program account too small');
  if (program.state.lamports < minimumBalance(context, length))
    refuse(context, 'ExecutableAccountNotRentExempt', 'Program account not rent-exempt');

  const buffer = context.account(3);
  const file = fileInBuffer(context, buffer, 7);
  requireFilled(context, file);
  if (maxLength < BigInt(file.length))
    refuse(context, 'AccountDataTooSmall', 'Max data length is too small to hold Buffer data');
  if (maxLength + BigInt(PROGRAM_DATA_HEADER_BYTES) > BigInt(MAX_ACCOUNT_DATA_BYTES))
    refuse(context, 'InvalidArgument', 'Max data length is too large');
  const derived = findProgramAddress([program.state.key], context.program);
  if (derived === undefined || !equalBytes(derived.address, programDataKey))
    refuse(context, 'InvalidArgument', 'ProgramData address is not derived');

  // The buffer pays first: what it holds may be what the payer pays with.
  requireDistinct(context, 3, 0);
  addLamports(context.account(0), buffer.state.lamports);
  buffer.setLamports(0n);
  const space = PROGRAM_DATA_HEADER_BYTES + Number(maxLength);
  const price = atLeastOne(minimumBalance(context, space));
  callSystem(
    context,
    // The buffer goes along, or its lamports would be missing from the sum before the call.
    [writable(payer, true), writable(programDataKey, true), writable(buffer.state.key, false)],
    createAccountData(price, space, context.program),
    [programDataKey],
  );
  requireDeployable(context, file);

  const programData = context.account(1);
  setState(programData, { kind: 'programData', slot, authority });
  requireDistinct(context, 1, 3);
  writeAt(programData, PROGRAM_DATA_HEADER_BYTES, file);
  buffer.resize(BUFFER_RESET_BYTES);
  setState(program, { kind: 'program', programData: programDataKey });
  program.state.isExecutable = true;
  context.log(`Deployed program ${toBase58(program.state.key)}`);
}

function requireProgramData(context: InstructionContext, account: BorrowedAccount, slot: bigint): void {
  const state = stateOf(account);
  if (state.kind !== 'programData')
    return refuse(context, 'InvalidAccountData', 'Invalid ProgramData account');
  if (state.slot === slot) refuse(context, 'InvalidArgument', 'Program was deployed in this block already');
  requireAuthority(context, 6, state.authority, UPGRADE_AUTHORITY);
}

function upgrade(context: InstructionContext): void {
  requireAccounts(context, 3);
  const programDataKey = keyAt(context, 0);
  requireSysvar(context, 4, SYSVAR.rent);
  requireSysvar(context, 5, SYSVAR.clock);
  const { slot } = readClock(context);
  requireAccounts(context, 7);
  const authority = keyAt(context, 6);

  const program = context.account(1);
  // Since SIMD-0162 the flag says nothing any more.
  if (!program.isWritable) refuse(context, 'InvalidArgument', 'Program account not writeable');
  if (!program.isOwned()) refuse(context, 'IncorrectProgramId', 'Program account not owned by loader');
  const state = stateOf(program);
  if (state.kind !== 'program') return refuse(context, 'InvalidAccountData', 'Invalid Program account');
  if (!equalBytes(state.programData, programDataKey))
    refuse(context, 'InvalidArgument', 'Program and ProgramData account mismatch');

  const buffer = context.account(2);
  const file = fileInBuffer(context, buffer, 6);
  const lamports = buffer.state.lamports;
  requireFilled(context, file);

  const programData = context.account(0);
  const { length } = programData.state.data;
  const price = atLeastOne(minimumBalance(context, length));
  if (length < PROGRAM_DATA_HEADER_BYTES + file.length)
    refuse(context, 'AccountDataTooSmall', 'ProgramData account not large enough');
  if (programData.state.lamports + lamports < price)
    refuse(context, 'InsufficientFunds', 'Buffer account balance too low to fund upgrade');
  requireProgramData(context, programData, slot);
  requireDeployable(context, file);

  setState(programData, { kind: 'programData', slot, authority });
  requireDistinct(context, 0, 2);
  const rest = new Uint8Array(length - PROGRAM_DATA_HEADER_BYTES);
  rest.set(file);
  writeAt(programData, PROGRAM_DATA_HEADER_BYTES, rest);
  requireDistinct(context, 0, 2, 3);
  addLamports(context.account(3), programData.state.lamports + lamports - price);
  buffer.setLamports(0n);
  programData.setLamports(price);
  buffer.resize(BUFFER_RESET_BYTES);
  context.log(`Upgraded program ${toBase58(program.state.key)}`);
}

/** Hands a buffer or a program's data over; only the latter may be left to nobody. */
function setAuthority(context: InstructionContext, isChecked: boolean): void {
  requireAccounts(context, isChecked ? 3 : 2);
  const account = context.account(0);
  const next = context.instruction.accounts[2] === undefined ? undefined : keyAt(context, 2);
  const state = stateOf(account);
  if (state.kind !== 'buffer' && state.kind !== 'programData')
    return refuse(context, 'InvalidArgument', 'Account does not support authorities');
  if (state.kind === 'buffer' && next === undefined)
    refuse(context, 'IncorrectAuthority', 'Buffer authority is not optional');
  const words = state.kind === 'buffer' ? BUFFER_AUTHORITY : UPGRADE_AUTHORITY;
  requireAuthority(context, 1, state.authority, words);
  if (isChecked && !context.account(2).isSigner)
    refuse(context, 'MissingRequiredSignature', 'New authority did not sign');
  setState(account, { ...state, authority: next });
  const name = next === undefined ? 'None' : toBase58(next);
  context.log(`New authority ${isChecked || next === undefined ? name : `Some(${name})`}`);
}

function closeAccount(context: InstructionContext, authority: Bytes | undefined): void {
  requireAuthority(context, 2, authority, CLOSE_AUTHORITY);
  const account = context.account(0);
  addLamports(context.account(1), account.state.lamports);
  account.setLamports(0n);
  setState(account, { kind: 'uninitialized' });
}

function closeProgram(context: InstructionContext, state: ProgramData): void {
  requireAccounts(context, 4);
  const program = context.account(3);
  if (!program.isWritable) refuse(context, 'InvalidArgument', 'Program account is not writable');
  if (!program.isOwned()) refuse(context, 'IncorrectProgramId', 'Program account not owned by loader');
  if (readClock(context).slot === state.slot)
    refuse(context, 'InvalidArgument', 'Program was deployed in this block already');
  const programState = stateOf(program);
  if (programState.kind !== 'program') return refuse(context, 'InvalidArgument', 'Invalid Program account');
  if (!equalBytes(programState.programData, keyAt(context, 0)))
    refuse(context, 'InvalidArgument', 'ProgramData account does not match ProgramData account');
  closeAccount(context, state.authority);
  context.log(`Closed Program ${toBase58(program.state.key)}`);
}

function close(context: InstructionContext): void {
  requireAccounts(context, 2);
  const { accounts } = context.instruction;
  if (accounts[0]?.index === accounts[1]?.index)
    refuse(context, 'InvalidArgument', 'Recipient is the same as the account being closed');
  const account = context.account(0);
  const state = stateOf(account);
  const name = toBase58(account.state.key);
  account.resize(UNINITIALIZED_BYTES);
  switch (state.kind) {
    case 'uninitialized':
      addLamports(context.account(1), account.state.lamports);
      account.setLamports(0n);
      context.log(`Closed Uninitialized ${name}`);
      return;
    case 'buffer':
      requireAccounts(context, 3);
      closeAccount(context, state.authority);
      context.log(`Closed Buffer ${name}`);
      return;
    case 'programData':
      return closeProgram(context, state);
    case 'program':
      refuse(context, 'InvalidArgument', 'Account does not support closing');
  }
}

/** Makes room in a program's data, at the payer's cost. */
function extend(context: InstructionContext, additional: number, isChecked: boolean): void {
  if (additional === 0) refuse(context, 'InvalidInstructionData', 'Additional bytes must be greater than 0');
  const account = context.account(0);
  if (!account.isOwned()) refuse(context, 'InvalidAccountOwner', 'ProgramData owner is invalid');
  if (!account.isWritable) refuse(context, 'InvalidArgument', 'ProgramData is not writable');
  context.account(1);
  requireDistinct(context, 0, 1);
  const program = context.account(1);
  if (!program.isWritable) refuse(context, 'InvalidArgument', 'Program account is not writable');
  if (!program.isOwned()) refuse(context, 'InvalidAccountOwner', 'Program account not owned by loader');
  const programState = stateOf(program);
  if (programState.kind !== 'program')
    return refuse(context, 'InvalidAccountData', 'Invalid Program account');
  if (!equalBytes(programState.programData, account.state.key))
    refuse(context, 'InvalidArgument', 'Program account does not match ProgramData account');

  const { length } = account.state.data;
  const extended = length + additional;
  if (extended > MAX_ACCOUNT_DATA_BYTES) {
    const text = `Extended ProgramData length of ${extended} bytes exceeds max account data length of ${MAX_ACCOUNT_DATA_BYTES} bytes`;
    refuse(context, 'InvalidRealloc', text);
  }
  const { features } = context.invoker.setup.transaction.environment;
  if (
    features.has('loader_v3_minimum_extend_program_size') &&
    additional < MINIMUM_EXTEND_BYTES &&
    extended < MAX_ACCOUNT_DATA_BYTES
  ) {
    const text = `ExtendProgram requires a minimum of ${MINIMUM_EXTEND_BYTES} additional bytes or to extend to maximum size, but only ${additional} were requested`;
    refuse(context, 'InvalidArgument', text);
  }
  const { slot } = readClock(context);
  const state = stateOf(account);
  if (state.kind !== 'programData')
    return refuse(context, 'InvalidAccountData', 'ProgramData state is invalid');
  if (state.slot === slot) refuse(context, 'InvalidArgument', 'Program was extended in this block already');
  if (state.authority === undefined)
    refuse(context, 'Immutable', 'Cannot extend ProgramData accounts that are not upgradeable');
  if (isChecked) requireAuthority(context, 2, state.authority, UPGRADE_AUTHORITY);

  const missing = atLeastOne(minimumBalance(context, extended)) - account.state.lamports;
  if (missing > 0n) {
    const payer = keyAt(context, isChecked ? 4 : 3);
    const accounts = [writable(payer, true), writable(account.state.key, false)];
    callSystem(context, accounts, transferData(missing), []);
  }
  account.resize(extended);
  requireDeployable(context, account.state.data.subarray(PROGRAM_DATA_HEADER_BYTES));
  setState(account, { ...state, slot });
  context.log(`Extended ProgramData account by ${additional} bytes`);
}

type Action = (context: InstructionContext) => void;

/** By tag. Migration (8) ended with the loader it led to and is no instruction. */
const INSTRUCTIONS: Readonly<Record<number, (reader: Reader) => Action>> = {
  0: () => initializeBuffer,
  1(reader) {
    const offset = reader.u32();
    const bytes = reader.bytes(reader.count(1));
    return (context) => write(context, offset, bytes);
  },
  2(reader) {
    const maxLength = reader.u64();
    return (context) => deploy(context, maxLength);
  },
  3: () => upgrade,
  4: () => (context) => setAuthority(context, false),
  5: () => close,
  6(reader) {
    const additional = reader.u32();
    return (context) => {
      if (isExtensionChecked(context)) {
        const text = 'ExtendProgram was superseded by ExtendProgramChecked';
        refuse(context, 'InvalidInstructionData', text);
      }
      extend(context, additional, false);
    };
  },
  7: () => (context) => {
    const { features } = context.invoker.setup.transaction.environment;
    if (!features.has('enable_bpf_loader_set_authority_checked_ix'))
      throw new InstructionFailure('InvalidInstructionData');
    setAuthority(context, true);
  },
  9(reader) {
    const additional = reader.u32();
    return (context) => {
      if (!isExtensionChecked(context)) throw new InstructionFailure('InvalidInstructionData');
      extend(context, additional, true);
    };
  },
};

const isExtensionChecked = (context: InstructionContext): boolean =>
  context.invoker.setup.transaction.environment.features.has('enable_extend_program_checked');

/** The upgradeable loader's instructions: buffers, deployment, upgrades, authorities, closing. */
export const upgradeableLoader: Builtin = {
  units: 2370,
  run(context) {
    const reader = createReader(context.instruction.data);
    const read = INSTRUCTIONS[reader.u32()];
    if (read === undefined) throw new InstructionFailure('InvalidInstructionData');
    read(reader)(context);
  },
};

/** The loaders before it only keep what they have. */
const retired = (units: number, text: string): Builtin => ({
  units,
  run: (context) => refuse(context, 'UnsupportedProgramId', text),
});

export const deprecatedLoader: Builtin = retired(1140, 'Deprecated loader is no longer supported');
export const finalLoader: Builtin = retired(
  570,
  'BPF loader management instructions are no longer supported',
);
