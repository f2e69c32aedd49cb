import { sha256 } from '@ninefold/crypto';
import { addressBytes, mainnetFeatures, PROGRAM } from '@ninefold/vm-svm';
import { ed25519 } from '@noble/curves/ed25519.js';
import type { Account } from '../../src/bank/account.ts';
import type { BankRules } from '../../src/bank/bank.ts';
import { epochScheduleOf } from '../../src/bank/epoch-schedule.ts';
import type { PlacedAccount } from '../../src/bank/genesis.ts';
import { walletAccount } from '../../src/bank/genesis.ts';
import { encodeMessage, type Message } from '../../src/tx/message.ts';
import { createTransaction, type Transaction } from '../../src/tx/transaction.ts';

export const SYSTEM: Uint8Array = addressBytes(PROGRAM.system);
export const COMPUTE_BUDGET: Uint8Array = addressBytes(PROGRAM.computeBudget);
export const SOL = 1_000_000_000n;

/** An address that nobody has the key of. */
export const at = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

export type Wallet = { readonly secret: Uint8Array; readonly address: Uint8Array };

/** A key pair that follows from a number. */
export function walletOf(number: number): Wallet {
  const secret = sha256(Uint8Array.of(number));
  return { secret, address: ed25519.getPublicKey(secret) };
}

export const PAYER: Wallet = walletOf(1);
export const LEADER: Uint8Array = walletOf(99).address;

export const rich = (address: Uint8Array, lamports: bigint = 10n * SOL): PlacedAccount => [
  address,
  walletAccount(lamports),
];

export const u64 = (value: bigint): Uint8Array => new Uint8Array(BigUint64Array.of(value).buffer);
export const u32 = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);
export const bytes = (...parts: readonly (number | Uint8Array)[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === 'number' ? [part] : [...part])));

export type Call = {
  readonly program: Uint8Array;
  readonly accounts: readonly Uint8Array[];
  readonly data: Uint8Array;
};

export const transfer = (from: Uint8Array, to: Uint8Array, lamports: bigint): Call => ({
  program: SYSTEM,
  accounts: [from, to],
  data: bytes(u32(2), u64(lamports)),
});

export const budgetCall = (...data: readonly (number | Uint8Array)[]): Call => ({
  program: COMPUTE_BUDGET,
  accounts: [],
  data: bytes(...data),
});

const isSame = (a: Uint8Array, b: Uint8Array): boolean => a.every((byte, i) => byte === b[i]);

/** A legacy message that `signers` sign; programs are read-only, everything else can be written. */
export function messageOf(
  signers: readonly Uint8Array[],
  calls: readonly Call[],
  blockhash: Uint8Array,
  readonlyAccounts: readonly Uint8Array[] = [],
): Extract<Message, { version: 'legacy' }> {
  const keys: Uint8Array[] = [...signers];
  const add = (key: Uint8Array): void => {
    if (!keys.some((known) => isSame(known, key))) keys.push(key);
  };
  const isReadonly = (key: Uint8Array): boolean => readonlyAccounts.some((other) => isSame(other, key));
  for (const key of calls.flatMap(({ accounts }) => accounts)) if (!isReadonly(key)) add(key);
  const writable = keys.length;
  for (const key of readonlyAccounts) add(key);
  for (const { program } of calls) add(program);
  const indexOf = (key: Uint8Array): number => keys.findIndex((known) => isSame(known, key));
  return {
    version: 'legacy',
    header: {
      signatures: signers.length,
      readonlySigned: 0,
      readonlyUnsigned: keys.length - writable,
    },
    keys,
    blockhash,
    instructions: calls.map(({ program, accounts, data }) => ({
      program: indexOf(program),
      accounts: Uint8Array.from(accounts, indexOf),
      data,
    })),
  };
}

/** A message with the signatures of `wallets`. */
export function sign(message: Message, ...wallets: readonly Wallet[]): Transaction {
  const signed = encodeMessage(message);
  return createTransaction(
    message,
    wallets.map(({ secret }) => ed25519.sign(signed, secret)),
  );
}

/** A transaction of the payer alone. */
export const payerTransaction = (calls: readonly Call[], blockhash: Uint8Array): Transaction =>
  sign(messageOf([PAYER.address], calls, blockhash), PAYER);

export const account = (more: Partial<Account>): Account => ({ ...walletAccount(SOL), ...more });

export const rulesOf = (more: Partial<BankRules> = {}): BankRules => ({
  features: mainnetFeatures(),
  epochSchedule: epochScheduleOf(64),
  limits: { blockUnits: 60_000_000, accountUnits: 24_000_000, newDataBytes: 100_000_000 },
  leader: () => LEADER,
  ...more,
});
