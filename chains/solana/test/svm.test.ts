import { addressBytes, durableNonceOf, PROGRAM, SYSVAR, toBase58 } from '@ninefold/vm-svm';
import { describe, expect, it } from 'vitest';
import { createSvm, type SolanaSvm, type SvmSettings } from '../src/svm/svm.ts';
import { toTransaction } from '../src/svm/transaction-like.ts';
import { listAccounts } from '../src/tx/account-list.ts';
import { innerInstructionsOf } from '../src/tx/inner-instructions.ts';
import { encodeInstructions } from '../src/tx/instructions-sysvar.ts';
import { encodeTransaction } from '../src/tx/transaction.ts';
import {
  account,
  at,
  bytes,
  type Call,
  messageOf,
  PAYER,
  payerTransaction,
  sign,
  SOL,
  SYSTEM,
  transfer,
  u32,
  u64,
  walletOf,
} from './support/world.ts';

const RENT = { lamportsPerByte: 6960n, threshold: 1, burnPercent: 50 };
const EXEMPT = 890_880n;

function open(settings: SvmSettings = {}): SolanaSvm {
  const svm = createSvm({ rent: RENT, ...settings });
  svm.airdrop(PAYER.address, 10n * SOL);
  svm.airdrop(at(2), SOL);
  return svm;
}

const latest = (svm: SolanaSvm): Uint8Array => addressBytes(svm.latestBlockhash());
const send = (svm: SolanaSvm, ...calls: readonly Call[]) =>
  svm.sendTransaction(payerTransaction(calls, latest(svm)));

describe('a machine without a chain', () => {
  it('moves lamports', () => {
    const svm = open();
    const transaction = payerTransaction([transfer(PAYER.address, at(2), 7n)], latest(svm));
    const result = svm.sendTransaction(transaction);
    expect(result).toMatchObject({ error: undefined, units: 150, fee: 5000n, returnData: undefined });
    expect(result.logs).toEqual([
      `Program ${PROGRAM.system} invoke [1]`,
      `Program ${PROGRAM.system} success`,
    ]);
    expect(result.signature).toBe(toBase58(transaction.signatures[0]!));
    expect(svm.getBalance(at(2))).toBe(SOL + 7n);
    expect(svm.getBalance(toBase58(PAYER.address))).toBe(10n * SOL - 5007n);
  });

  it('remembers what it did', () => {
    const svm = open();
    const { signature } = send(svm, transfer(PAYER.address, at(2), 7n));
    expect(svm.getTransaction(signature)?.units).toBe(150);
    expect(svm.getTransaction(toBase58(new Uint8Array(64)))).toBeUndefined();
  });

  it('takes a transaction once, and its blockhash while it is the latest', () => {
    const svm = open();
    const transaction = payerTransaction([transfer(PAYER.address, at(2), 7n)], latest(svm));
    svm.sendTransaction(transaction);
    expect(svm.sendTransaction(transaction).error).toBe('AlreadyProcessed');
    svm.expireBlockhash();
    expect(svm.sendTransaction(transaction).error).toBe('BlockhashNotFound');
    expect(send(svm, transfer(PAYER.address, at(2), 7n)).error).toBeUndefined();
    svm.expireBlockhash(toBase58(at(9)));
    expect(svm.latestBlockhash()).toBe(toBase58(at(9)));
  });

  it('is as lax as it is told to be', () => {
    const svm = open({ verify: null, checksBlockhash: false, checksDuplicates: false });
    const transaction = payerTransaction([transfer(PAYER.address, at(2), 7n)], at(77));
    const unsigned = { ...transaction, signatures: [new Uint8Array(64)] };
    expect(svm.sendTransaction(unsigned).error).toBeUndefined();
    expect(svm.sendTransaction(unsigned).error).toBeUndefined();
    expect(open().sendTransaction(unsigned).error).toBe('SignatureFailure');
  });

  it('simulates without a trace', () => {
    const svm = open();
    const transaction = payerTransaction([transfer(PAYER.address, at(2), 7n)], latest(svm));
    const { accounts, error } = svm.simulateTransaction(transaction);
    expect(error).toBeUndefined();
    expect(accounts.find(([address]) => address === toBase58(at(2)))?.[1].lamports).toBe(SOL + 7n);
    expect(svm.getBalance(at(2))).toBe(SOL);
  });

  it('goes two ways after a fork', () => {
    const svm = open();
    const other = svm.fork();
    send(other, transfer(PAYER.address, at(2), 7n));
    other.warpToSlot(500);
    expect(svm.getBalance(at(2))).toBe(SOL);
    expect(svm.getClock().slot).toBe(1n);
    expect(other.getBalance(at(2))).toBe(SOL + 7n);
    expect(other.getClock().slot).toBe(500n);
  });

  it('keeps accounts and time as they are put', () => {
    const svm = open();
    svm.setAccount(at(7), account({ owner: at(8), data: Uint8Array.of(1, 2) }));
    expect(svm.getAccount(at(7))?.data).toEqual(Uint8Array.of(1, 2));
    expect(svm.getProgramAccounts(at(8)).map(([address]) => address)).toEqual([toBase58(at(7))]);
    svm.setAccount(at(7), undefined);
    expect(svm.getAccount(at(7))).toBeUndefined();
    svm.setClock({ unixTimestamp: 55n });
    expect(svm.getClock()).toMatchObject({ unixTimestamp: 55n, slot: 1n });
    expect(svm.minimumBalanceForRentExemption(0)).toBe(EXEMPT);
    svm.setRent({ ...RENT, lamportsPerByte: 1n });
    expect(svm.minimumBalanceForRentExemption(0)).toBe(128n);
    svm.setSlotHashes([{ slot: 3n, hash: at(1) }]);
    expect(svm.getAccount(SYSVAR.slotHashes)?.data.subarray(0, 9)).toEqual(bytes(u64(1n), 3));
  });

  it('refuses addresses and bytes that are none', () => {
    const svm = open();
    expect(() => svm.getAccount('0OIl')).toThrow(expect.objectContaining({ code: 'SVM_INVALID_BASE58' }));
    expect(() => svm.getAccount('111')).toThrow(expect.objectContaining({ code: 'SVM_INVALID_ADDRESS' }));
    expect(() => svm.sendTransaction(Uint8Array.of(1, 2))).toThrow(
      expect.objectContaining({ code: 'SOLANA_TRUNCATED' }),
    );
  });
});

describe('who pays', () => {
  const errorOf = (lamports: bigint, more: Parameters<typeof account>[0] = {}) => {
    const svm = open();
    svm.setAccount(PAYER.address, lamports === 0n ? undefined : account({ lamports, ...more }));
    return send(svm, transfer(PAYER.address, at(2), 0n)).error;
  };

  it('has to be there, with enough', () => {
    expect(errorOf(0n)).toBe('AccountNotFound');
    expect(errorOf(4999n)).toBe('InsufficientFundsForFee');
    expect(errorOf(5000n)).toBeUndefined();
    expect(errorOf(5001n)).toEqual({ InsufficientFundsForRent: { account_index: 0 } });
    expect(errorOf(EXEMPT + 4999n)).toEqual({ InsufficientFundsForRent: { account_index: 0 } });
    expect(errorOf(EXEMPT + 5000n)).toBeUndefined();
  });

  it('is an account of the system program, without data', () => {
    expect(errorOf(SOL, { owner: at(8) })).toBe('InvalidAccountForFee');
    expect(errorOf(SOL, { data: new Uint8Array(1) })).toBe('InvalidAccountForFee');
    expect(errorOf(SOL, { data: new Uint8Array(80) })).toBe('InvalidAccountForFee');
  });
});

describe('what is left', () => {
  it('has to be exempt from rent', () => {
    const svm = open();
    expect(send(svm, transfer(PAYER.address, at(100), EXEMPT - 1n)).error).toEqual({
      InsufficientFundsForRent: { account_index: 1 },
    });
    expect(svm.getAccount(at(100))).toBeUndefined();
    expect(svm.getBalance(PAYER.address)).toBe(10n * SOL - 5000n);
    expect(send(svm, transfer(PAYER.address, at(100), EXEMPT)).error).toBeUndefined();
  });
});

describe('locks', () => {
  it('are 64 at most, each account once', () => {
    const svm = open();
    const many = Array.from({ length: 63 }, (_, i) => at(i + 10));
    const call = (accounts: readonly Uint8Array[]): Call => ({
      ...transfer(PAYER.address, at(2), 1n),
      accounts: [PAYER.address, at(2), ...accounts],
    });
    expect(send(svm, call(many.slice(0, 61))).error).toBeUndefined();
    expect(send(svm, call(many)).error).toBe('TooManyAccountLocks');
    const message = messageOf([PAYER.address], [transfer(PAYER.address, at(2), 1n)], latest(svm));
    const twice = { ...message, keys: [PAYER.address, PAYER.address, SYSTEM] };
    expect(svm.sendTransaction(sign(twice, PAYER)).error).toBe('AccountLoadedTwice');
  });
});

describe('nonces', () => {
  const NONCE = at(50);
  const stored = at(51);
  const nonceData = (authority: Uint8Array, version = 1): Uint8Array =>
    bytes(u32(version), u32(1), authority, stored, u64(5000n));
  const advance: Call = {
    program: SYSTEM,
    accounts: [NONCE, addressBytes(SYSVAR.recentBlockhashes), PAYER.address],
    data: u32(4),
  };
  const withNonce = (data: Uint8Array, more = {}): SolanaSvm => {
    const svm = open();
    svm.setAccount(NONCE, account({ lamports: SOL, data, ...more }));
    return svm;
  };
  const spend = (svm: SolanaSvm, ...calls: readonly Call[]) =>
    svm.sendTransaction(sign(messageOf([PAYER.address], calls, stored), PAYER));
  const durable = (svm: SolanaSvm): Uint8Array => svm.getAccount(NONCE)!.data.subarray(40, 72);

  it('stand in for a blockhash, once', () => {
    const svm = withNonce(nonceData(PAYER.address));
    const call = transfer(PAYER.address, at(2), 7n);
    expect(spend(svm, advance, call).error).toBeUndefined();
    expect(svm.getBalance(at(2))).toBe(SOL + 7n);
    expect(durable(svm)).toEqual(durableNonceOf(latest(svm)));
    expect(spend(svm, advance, call).error).toBe('BlockhashNotFound');
  });

  it('are used up by what fails', () => {
    const svm = withNonce(nonceData(PAYER.address));
    const result = spend(svm, advance, transfer(PAYER.address, at(2), 100n * SOL));
    expect(result.error).toEqual({ InstructionError: [1, { Custom: 1 }] });
    expect(durable(svm)).toEqual(durableNonceOf(latest(svm)));
    expect(svm.getBalance(PAYER.address)).toBe(10n * SOL - 5000n);
    expect(svm.getBalance(at(2))).toBe(SOL);
  });

  it('count only when everything about them is right', () => {
    const call = transfer(PAYER.address, at(2), 7n);
    const refused = (svm: SolanaSvm, ...calls: readonly Call[]): void =>
      expect(spend(svm, ...calls).error).toBe('BlockhashNotFound');
    refused(withNonce(nonceData(PAYER.address)), call, advance);
    refused(withNonce(nonceData(PAYER.address)), call);
    refused(withNonce(nonceData(PAYER.address)), { ...advance, accounts: [] }, call);
    refused(withNonce(nonceData(PAYER.address)), { ...advance, data: u32(5) }, call);
    refused(withNonce(nonceData(walletOf(7).address)), advance, call);
    refused(withNonce(nonceData(PAYER.address, 0)), advance, call);
    refused(withNonce(nonceData(PAYER.address), { owner: at(9) }), advance, call);
    refused(withNonce(new Uint8Array(80)), advance, call);
    const svm = withNonce(nonceData(PAYER.address));
    svm.expireBlockhash(toBase58(at(9)));
    const used = nonceData(PAYER.address);
    used.set(durableNonceOf(at(9)), 40);
    svm.setAccount(NONCE, account({ lamports: SOL, data: used }));
    const message = messageOf([PAYER.address], [advance, call], durableNonceOf(at(9)));
    expect(svm.sendTransaction(sign(message, PAYER)).error).toBe('BlockhashNotFound');
  });

  it('pay fees down to what keeps them alive', () => {
    const kept = (128n + 80n) * 6960n;
    const of = (lamports: bigint) => {
      const svm = open();
      const data = nonceData(PAYER.address);
      svm.setAccount(PAYER.address, account({ lamports, data }));
      return send(svm, { program: SYSTEM, accounts: [at(2)], data: u32(99) }).error;
    };
    expect(of(kept + 4999n)).toBe('InsufficientFundsForFee');
    expect(of(kept + 5000n)).toEqual({ InstructionError: [0, 'InvalidInstructionData'] });
  });
});

describe('transactions of clients', () => {
  const transaction = payerTransaction([transfer(PAYER.address, at(2), 7n)], at(9));
  const wire = encodeTransaction(transaction);

  it('are taken in every form', () => {
    expect(toTransaction(wire)).toEqual(transaction);
    expect(toTransaction(transaction)).toBe(transaction);
    expect(toTransaction({ serialize: () => wire })).toEqual(transaction);
    const compiled = {
      messageBytes: transaction.messageBytes,
      signatures: { [toBase58(PAYER.address)]: transaction.signatures[0]! },
    };
    expect(toTransaction(compiled)).toEqual(transaction);
    const unsigned = { ...compiled, signatures: { [toBase58(PAYER.address)]: null } };
    expect(toTransaction(unsigned).signatures).toEqual([new Uint8Array(64)]);
  });

  it('may have bytes behind them', () => {
    expect(toTransaction(bytes(wire, 1, 2, 3))).toEqual(transaction);
  });

  it('are refused when a message has', () => {
    const longer = { messageBytes: bytes(transaction.messageBytes, 0), signatures: {} };
    expect(() => toTransaction(longer)).toThrow(expect.objectContaining({ code: 'SOLANA_TRAILING_BYTES' }));
  });
});

describe('what programs are told', () => {
  it('has the instructions of the transaction, and the position of the one that runs', () => {
    const message = messageOf([PAYER.address], [transfer(PAYER.address, at(2), 1n)], at(9));
    const data = encodeInstructions(message, listAccounts(message));
    const body = bytes(2, 0, 3, PAYER.address, 2, at(2), SYSTEM, 12, 0, u32(2), u64(1n));
    expect(data).toEqual(bytes(1, 0, 4, 0, body, 0, 0));
  });

  it('is sorted by the instruction that called', () => {
    const run = (stackHeight: number, program: Uint8Array, ...accounts: readonly Uint8Array[]) => ({
      stackHeight,
      program,
      data: Uint8Array.of(stackHeight),
      accounts: accounts.map((key) => ({ key, isSigner: false, isWritable: false })),
    });
    const keys = [at(1), at(2), at(3)].map((address) => String.fromCharCode(...address));
    const trace = [
      run(1, at(3)),
      run(1, at(3)),
      run(2, at(2), at(1)),
      run(3, at(3), at(2), at(2)),
      run(1, at(2)),
    ];
    expect(innerInstructionsOf(trace, keys)).toEqual([
      {
        index: 1,
        instructions: [
          { stackHeight: 2, program: 1, accounts: Uint8Array.of(0), data: Uint8Array.of(2) },
          { stackHeight: 3, program: 2, accounts: Uint8Array.of(1, 1), data: Uint8Array.of(3) },
        ],
      },
    ]);
    expect(innerInstructionsOf([], keys)).toEqual([]);
  });
});
