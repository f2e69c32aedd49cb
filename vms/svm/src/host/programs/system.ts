import { type Bytes, equalBytes } from '@ninefold/base';
import { PROGRAM } from '../../spec/addresses.ts';
import { type BorrowedAccount, MAX_ACCOUNT_DATA_BYTES } from '../accounts.ts';
import { addressBytes, toBase58 } from '../base58.ts';
import { customFailure, InstructionFailure } from '../failure.ts';
import type { Builtin, InstructionContext } from '../invoke.ts';
import { createReader, type Reader } from './reader.ts';
import { withSeed } from './seed.ts';
import { advanceNonce, authorizeNonce, initializeNonce, upgradeNonce, withdrawNonce } from './nonce.ts';

const SYSTEM: Bytes = addressBytes(PROGRAM.system);

const ALREADY_IN_USE = 0;
const RESULT_WITH_NEGATIVE_LAMPORTS = 1;
const INVALID_ACCOUNT_DATA_LENGTH = 3;
const ADDRESS_WITH_SEED_MISMATCH = 5;

/** An address, and what it is derived from: then the base signs for it. */
type Address = { readonly key: Bytes; readonly base: Bytes | undefined };

const describe = ({ key, base }: Address): string =>
  `Address { address: ${toBase58(key)}, base: ${base === undefined ? 'None' : `Some(${toBase58(base)})`} }`;

function signs(context: InstructionContext, { key, base }: Address): boolean {
  const signer = base ?? key;
  return context.instruction.accounts.some(
    ({ isSigner }, i) => isSigner && equalBytes(context.account(i).state.key, signer),
  );
}

function derived(context: InstructionContext, key: Bytes, base: Bytes, seed: Bytes, owner: Bytes): Address {
  const expected = withSeed(base, seed, owner);
  if (equalBytes(expected, key)) return { key, base };
  context.log(`Create: address ${toBase58(key)} does not match derived address ${toBase58(expected)}`);
  throw customFailure(ADDRESS_WITH_SEED_MISMATCH);
}

function allocate(
  context: InstructionContext,
  account: BorrowedAccount,
  address: Address,
  space: bigint,
): void {
  if (!signs(context, address)) {
    context.log(`Allocate: 'to' account ${describe(address)} must sign`);
    throw new InstructionFailure('MissingRequiredSignature');
  }
  if (account.state.data.length > 0 || !equalBytes(account.state.owner, SYSTEM)) {
    context.log(`Allocate: account ${describe(address)} already in use`);
    throw customFailure(ALREADY_IN_USE);
  }
  if (space > BigInt(MAX_ACCOUNT_DATA_BYTES)) {
    context.log(`Allocate: requested ${space}, max allowed ${MAX_ACCOUNT_DATA_BYTES}`);
    throw customFailure(INVALID_ACCOUNT_DATA_LENGTH);
  }
  account.resize(Number(space));
}

function assign(context: InstructionContext, account: BorrowedAccount, address: Address, owner: Bytes): void {
  if (equalBytes(account.state.owner, owner)) return;
  if (!signs(context, address)) {
    context.log(`Assign: account ${describe(address)} must sign`);
    throw new InstructionFailure('MissingRequiredSignature');
  }
  account.setOwner(owner);
}

function transferVerified(context: InstructionContext, from: number, to: number, lamports: bigint): void {
  const source = context.account(from);
  if (source.state.data.length > 0) {
    context.log('Transfer: `from` must not carry data');
    throw new InstructionFailure('InvalidArgument');
  }
  if (lamports > source.state.lamports) {
    context.log(`Transfer: insufficient lamports ${source.state.lamports}, need ${lamports}`);
    throw customFailure(RESULT_WITH_NEGATIVE_LAMPORTS);
  }
  source.setLamports(source.state.lamports - lamports);
  const target = context.account(to);
  target.setLamports(target.state.lamports + lamports);
}

function transfer(context: InstructionContext, from: number, to: number, lamports: bigint): void {
  const source = context.account(from);
  if (!source.isSigner) {
    context.log(`Transfer: \`from\` account ${toBase58(source.state.key)} must sign`);
    throw new InstructionFailure('MissingRequiredSignature');
  }
  transferVerified(context, from, to, lamports);
}

function createAccount(
  context: InstructionContext,
  address: Address,
  lamports: bigint,
  space: bigint,
  owner: Bytes,
): void {
  const account = context.account(1);
  if (account.state.lamports > 0n) {
    context.log(`Create Account: account ${describe(address)} already in use`);
    throw customFailure(ALREADY_IN_USE);
  }
  allocate(context, account, address, space);
  assign(context, account, address, owner);
  transfer(context, 0, 1, lamports);
}

function transferWithSeed(context: InstructionContext, lamports: bigint, seed: Bytes, owner: Bytes): void {
  const source = context.account(0);
  const base = context.account(1);
  if (!base.isSigner) {
    context.log(`Transfer: 'from' account ${toBase58(base.state.key)} must sign`);
    throw new InstructionFailure('MissingRequiredSignature');
  }
  const expected = withSeed(base.state.key, seed, owner);
  if (!equalBytes(expected, source.state.key)) {
    context.log(
      `Transfer: 'from' address ${toBase58(source.state.key)} does not match derived address ${toBase58(expected)}`,
    );
    throw customFailure(ADDRESS_WITH_SEED_MISMATCH);
  }
  transferVerified(context, 0, 2, lamports);
}

/** Creates an account that may hold lamports already (SIMD-0312); the payer is the second account. */
function createPrefunded(context: InstructionContext, lamports: bigint, space: bigint, owner: Bytes): void {
  const account = context.account(0);
  const address = { key: account.state.key, base: undefined };
  allocate(context, account, address, space);
  assign(context, account, address, owner);
  if (lamports === 0n) return;
  if (context.instruction.accounts.length < 2) throw new InstructionFailure('MissingAccount');
  transfer(context, 1, 0, lamports);
}

type Action = (context: InstructionContext) => void;
type InstructionSpec = {
  /** Accounts it needs. */
  readonly accounts: number;
  /** Reads the fields behind the tag, then gives what to do. */
  readonly read: (reader: Reader) => Action;
};

const keyAt = (context: InstructionContext, position: number): Bytes => context.account(position).state.key;

/** By tag. */
const INSTRUCTIONS: Readonly<Record<number, InstructionSpec>> = {
  0: {
    accounts: 2,
    read(reader) {
      const [lamports, space, owner] = [reader.u64(), reader.u64(), reader.key()];
      return (context) => {
        createAccount(context, { key: keyAt(context, 1), base: undefined }, lamports, space, owner);
      };
    },
  },
  1: {
    accounts: 1,
    read(reader) {
      const owner = reader.key();
      return (context) => {
        const account = context.account(0);
        assign(context, account, { key: account.state.key, base: undefined }, owner);
      };
    },
  },
  2: {
    accounts: 2,
    read(reader) {
      const lamports = reader.u64();
      return (context) => transfer(context, 0, 1, lamports);
    },
  },
  3: {
    accounts: 2,
    read(reader) {
      const [base, seed, lamports, space, owner] = [
        reader.key(),
        reader.text(),
        reader.u64(),
        reader.u64(),
        reader.key(),
      ];
      return (context) => {
        const address = derived(context, keyAt(context, 1), base, seed, owner);
        createAccount(context, address, lamports, space, owner);
      };
    },
  },
  4: { accounts: 1, read: () => advanceNonce },
  5: {
    accounts: 2,
    read(reader) {
      const lamports = reader.u64();
      return (context) => withdrawNonce(context, lamports);
    },
  },
  6: {
    accounts: 1,
    read(reader) {
      const authority = reader.key();
      return (context) => initializeNonce(context, authority);
    },
  },
  7: {
    accounts: 1,
    read(reader) {
      const authority = reader.key();
      return (context) => authorizeNonce(context, authority);
    },
  },
  8: {
    accounts: 1,
    read(reader) {
      const space = reader.u64();
      return (context) => {
        const account = context.account(0);
        allocate(context, account, { key: account.state.key, base: undefined }, space);
      };
    },
  },
  9: {
    accounts: 1,
    read(reader) {
      const [base, seed, space, owner] = [reader.key(), reader.text(), reader.u64(), reader.key()];
      return (context) => {
        const account = context.account(0);
        const address = derived(context, account.state.key, base, seed, owner);
        allocate(context, account, address, space);
        assign(context, account, address, owner);
      };
    },
  },
  10: {
    accounts: 1,
    read(reader) {
      const [base, seed, owner] = [reader.key(), reader.text(), reader.key()];
      return (context) => {
        const account = context.account(0);
        assign(context, account, derived(context, account.state.key, base, seed, owner), owner);
      };
    },
  },
  11: {
    accounts: 3,
    read(reader) {
      const [lamports, seed, owner] = [reader.u64(), reader.text(), reader.key()];
      return (context) => transferWithSeed(context, lamports, seed, owner);
    },
  },
  12: { accounts: 1, read: () => upgradeNonce },
  13: {
    accounts: 1,
    read(reader) {
      const [lamports, space, owner] = [reader.u64(), reader.u64(), reader.key()];
      return (context) => createPrefunded(context, lamports, space, owner);
    },
  },
};

function parse(data: Bytes): { readonly spec: InstructionSpec; readonly act: Action } {
  const reader = createReader(data);
  const spec = INSTRUCTIONS[reader.u32()];
  if (spec === undefined) throw new InstructionFailure('InvalidInstructionData');
  return { spec, act: spec.read(reader) };
}

/** Accounts, lamports and nonces: creates, assigns, transfers. */
export const systemProgram: Builtin = {
  units: 150,
  run(context) {
    const { spec, act } = parse(context.instruction.data);
    if (context.instruction.accounts.length < spec.accounts) throw new InstructionFailure('MissingAccount');
    act(context);
  },
};
