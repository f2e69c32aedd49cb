import type { Hex } from '@ninefold/base';
import { bytesToHex, EMPTY_BYTES } from '@ninefold/base';
import type { Account, AccountChange, Evm, Rules, TransactionOutcome } from '@ninefold/vm-evm';

const EMPTY_CODE_HASH: Hex = '0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470';
const ABSENT: Account = { nonce: 0n, balance: 0n, codeHash: EMPTY_CODE_HASH };

/** What a transaction costs here, whatever it does. */
export const TOY_GAS = 21_000n;

/**
 * A machine without instructions, for tests of what surrounds one: a transaction moves its value and
 * writes its data, a slot and a word at a time, into the receiver's storage. Each write is logged.
 */
export function createToyEvm(rules: Rules): Evm {
  const invalid = (
    reason: 'NONCE_TOO_LOW' | 'NONCE_TOO_HIGH' | 'INSUFFICIENT_FUNDS',
  ): TransactionOutcome => ({
    valid: false,
    reason,
  });
  return {
    rules,
    intrinsicGas: () => ({ intrinsic: TOY_GAS, floor: TOY_GAS }),
    systemCall: () => ({
      status: 'success',
      output: EMPTY_BYTES,
      logs: [],
      changes: { accounts: new Map(), codes: new Map() },
    }),
    transact: (transaction, block, view, options = {}) => {
      const { from, to = `0x${'cc'.repeat(20)}`, nonce, value, data } = transaction;
      const sender = view.account(from) ?? ABSENT;
      if (nonce < sender.nonce && !options.skipNonce) return invalid('NONCE_TOO_LOW');
      if (nonce > sender.nonce && !options.skipNonce) return invalid('NONCE_TOO_HIGH');
      const fee = options.skipFees ? 0n : TOY_GAS * transaction.maxFeePerGas;
      if (sender.balance < value + fee) return invalid('INSUFFICIENT_FUNDS');
      const accounts = new Map<Hex, AccountChange>();
      const set = (address: Hex, account: Account, storage: ReadonlyMap<Hex, Hex> = new Map()): void => {
        accounts.set(address, { account, storageCleared: false, storage });
      };
      const now = (address: Hex): Account =>
        accounts.get(address)?.account ?? view.account(address) ?? ABSENT;
      set(from, { ...sender, nonce: sender.nonce + 1n, balance: sender.balance - value - fee });
      const storage = new Map<Hex, Hex>();
      for (let at = 0; at + 64 <= data.length; at += 64) {
        storage.set(bytesToHex(data.subarray(at, at + 32)), bytesToHex(data.subarray(at + 32, at + 64)));
      }
      const receiver = now(to);
      set(to, { ...receiver, balance: receiver.balance + value }, storage);
      return {
        valid: true,
        status: 'success',
        gasUsed: TOY_GAS,
        gasRefunded: 0n,
        blockGasUsed: TOY_GAS,
        effectiveGasPrice: transaction.maxFeePerGas,
        output: EMPTY_BYTES,
        logs: Array.from(storage, ([slot, word]) => ({
          address: to,
          topics: [slot, word],
          data: EMPTY_BYTES,
        })),
        changes: { accounts, codes: new Map() },
      };
    },
  };
}
