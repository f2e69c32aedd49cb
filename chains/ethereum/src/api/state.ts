import type { Bytes, Hex } from '@ninefold/base';
import { bytesToHex, EMPTY_BYTES, toQuantity } from '@ninefold/base';
import type { MethodTable, Validator } from '@ninefold/rpc';
import { array, query } from '@ninefold/rpc';
import type { Account } from '@ninefold/vm-evm';
import { EMPTY_CODE_HASH } from '../ledger/account.ts';
import type { AccountProof } from '../ledger/world.ts';
import type { EthereumNode } from '../node.ts';
import { invalidParams } from './errors.ts';
import type { BlockRef } from './values.ts';
import { address, dictionary, latestByDefault, slot } from './values.ts';

const ZERO_WORD: Hex = `0x${'00'.repeat(32)}`;

/** Slots one `eth_getStorageValues` or `eth_getProof` may ask for (geth's limit). */
export const MAX_SLOTS = 1024;

const slotList = array(slot, MAX_SLOTS);

/** A slot with the text it was asked by: geth answers short keys in short form. */
type AskedSlot = { readonly slot: Hex; readonly key: Hex };

const askedSlot: Validator<AskedSlot> = (value) => {
  const full = slot(value);
  const isFull = typeof value === 'string' && value.length === 66;
  return { slot: full, key: isFull ? full : toQuantity(BigInt(full)) };
};

/** Balances, nonces, code, storage and proofs of them, at any block whose state is kept. */
export function stateMethods(node: EthereumNode): MethodTable {
  const accountAt = (address: Hex, ref: BlockRef): Account | undefined => node.view(ref).account(address);
  const codeAt = (address: Hex, ref: BlockRef): Bytes => {
    const view = node.view(ref);
    const account = view.account(address);
    return account === undefined ? EMPTY_BYTES : view.code(account.codeHash);
  };

  return {
    eth_getBalance: query([address, latestByDefault], ([address, ref]) =>
      toQuantity(accountAt(address, ref)?.balance ?? 0n),
    ),
    eth_getTransactionCount: query([address, latestByDefault], ([address, ref]) =>
      toQuantity(ref === 'pending' ? node.pool.nextNonce(address) : (accountAt(address, ref)?.nonce ?? 0n)),
    ),
    eth_getCode: query([address, latestByDefault], ([address, ref]) => bytesToHex(codeAt(address, ref))),
    eth_getStorageAt: query(
      [address, slot, latestByDefault],
      ([address, slot, ref]) => node.view(ref).storage(address, slot) ?? ZERO_WORD,
    ),
    eth_getStorageValues: query([dictionary(address, slotList), latestByDefault], ([wanted, ref]) => {
      let count = 0;
      for (const slots of wanted.values()) count += slots.length;
      if (count === 0) throw invalidParams('empty request');
      if (count > MAX_SLOTS) throw invalidParams(`too many slots (max ${MAX_SLOTS})`);
      const view = node.view(ref);
      const values: Record<Hex, readonly Hex[]> = {};
      for (const [address, slots] of wanted) {
        values[address] = slots.map((slot) => view.storage(address, slot) ?? ZERO_WORD);
      }
      return values;
    }),
    eth_getAccountInfo: query([address, latestByDefault], ([address, ref]) => {
      const account = accountAt(address, ref);
      return {
        code: bytesToHex(codeAt(address, ref)),
        balance: toQuantity(account?.balance ?? 0n),
        nonce: toQuantity(account?.nonce ?? 0n),
      };
    }),
    eth_getAccount: query([address, latestByDefault], ([address, ref]) => {
      const account = accountAt(address, ref);
      if (account === undefined) return null;
      return {
        balance: toQuantity(account.balance),
        nonce: toQuantity(account.nonce),
        codeHash: account.codeHash,
        storageRoot: node.world(ref).storageRoot(address),
      };
    }),
    eth_getProof: query([address, array(askedSlot, MAX_SLOTS), latestByDefault], ([address, slots, ref]) =>
      proofJson(
        node.world(ref).prove(
          address,
          slots.map(({ slot }) => slot),
        ),
        slots,
      ),
    ),
  };
}

function proofJson(proof: AccountProof, asked: readonly AskedSlot[]): unknown {
  const { address, account, storageRoot, accountProof, storageProofs } = proof;
  return {
    address,
    accountProof: accountProof.map(bytesToHex),
    balance: toQuantity(account?.balance ?? 0n),
    codeHash: account?.codeHash ?? EMPTY_CODE_HASH,
    nonce: toQuantity(account?.nonce ?? 0n),
    storageHash: storageRoot,
    storageProof: storageProofs.map(({ value, proof }, i) => ({
      key: (asked[i] as AskedSlot).key,
      value: toQuantity(BigInt(value ?? '0x0')),
      proof: proof.map(bytesToHex),
    })),
  };
}
