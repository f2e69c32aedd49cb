import { bytesToHex, hexToBytes } from '@ninefold/base';
import { recoverAddress } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { describe, expect, it } from 'vitest';
import { Accounts, deriveAccounts } from '../../src/dev/accounts.ts';
import {
  DEFAULT_ACCOUNTS,
  DEFAULT_DERIVATION_PATH,
  DEFAULT_MNEMONIC,
} from '../../src/dev/default-accounts.ts';
import { isImpersonated, senderOf } from '../../src/tx/signature.ts';
import type { UnsignedTransaction } from '../../src/tx/types.ts';

const TRANSFER: UnsignedTransaction = {
  type: 2,
  chainId: 31337n,
  nonce: 0n,
  maxPriorityFeePerGas: 1n,
  maxFeePerGas: 2n,
  gasLimit: 21_000n,
  to: '0x00000000000000000000000000000000000000aa',
  value: 5n,
  data: new Uint8Array(0),
  accessList: [],
};

const ANYONE = '0x00000000000000000000000000000000000000bb';

describe('derivation', () => {
  it('gives the table of default accounts when it is not taken from there', async () => {
    // A path of the same meaning that does not match the table's.
    const derived = await deriveAccounts({
      mnemonic: `  ${DEFAULT_MNEMONIC} `,
      path: DEFAULT_DERIVATION_PATH,
      count: DEFAULT_ACCOUNTS.length,
    });
    expect(derived.map(({ address, privateKey }) => [address, bytesToHex(privateKey)])).toEqual(
      DEFAULT_ACCOUNTS,
    );
  });

  it('takes the default accounts from the table', async () => {
    const accounts = await deriveAccounts({
      mnemonic: DEFAULT_MNEMONIC,
      path: DEFAULT_DERIVATION_PATH,
      count: 3,
    });
    expect(accounts.map(({ address }) => address)).toEqual(
      DEFAULT_ACCOUNTS.slice(0, 3).map(([address]) => address),
    );
  });

  it('agrees with viem on another phrase and path', async () => {
    const mnemonic = 'legal winner thank year wave sausage worth useful legal winner thank yellow';
    const [first, second] = await deriveAccounts({ mnemonic, path: "m/44'/60'/7'/0", count: 2 });
    const theirs = (index: number): string =>
      mnemonicToAccount(mnemonic, { path: `m/44'/60'/7'/0/${index}` }).address.toLowerCase();
    expect([first?.address, second?.address]).toEqual([theirs(0), theirs(1)]);
  });

  it('refuses phrases and paths that are none', async () => {
    const path = DEFAULT_DERIVATION_PATH;
    await expect(deriveAccounts({ mnemonic: 'test test', path, count: 1 })).rejects.toMatchObject({
      code: 'ETH_INVALID_MNEMONIC',
    });
    await expect(
      deriveAccounts({ mnemonic: DEFAULT_MNEMONIC, path: 'over there', count: 30 }),
    ).rejects.toMatchObject({ code: 'ETH_INVALID_DERIVATION_PATH' });
    // Indices have 31 bits.
    for (const beyond of ["m/2147483648'", 'm/9999999999']) {
      await expect(
        deriveAccounts({ mnemonic: DEFAULT_MNEMONIC, path: beyond, count: 1 }),
      ).rejects.toMatchObject({ code: 'ETH_INVALID_DERIVATION_PATH' });
    }
    await deriveAccounts({ mnemonic: DEFAULT_MNEMONIC, path: "m/2147483647'", count: 1 });
  });
});

describe('accounts', () => {
  const [address, key] = DEFAULT_ACCOUNTS[0] as (typeof DEFAULT_ACCOUNTS)[number];
  const create = (): Accounts => new Accounts([{ address, privateKey: hexToBytes(key), path: 'm' }]);

  it('sign with their keys', async () => {
    const accounts = create();
    expect(senderOf(accounts.signTransaction(address, TRANSFER))).toBe(address);
    const hash = new Uint8Array(32).fill(7);
    const signature = accounts.signHash(address, hash);
    expect(signature).toHaveLength(2 + 130);
    expect((await recoverAddress({ hash: bytesToHex(hash), signature })).toLowerCase()).toBe(address);
  });

  it('do not sign for others', () => {
    const accounts = create();
    expect(() => accounts.signTransaction(ANYONE, TRANSFER)).toThrow(
      expect.objectContaining({ code: 'ETH_UNKNOWN_ACCOUNT' }),
    );
    expect(() => accounts.signHash(ANYONE, new Uint8Array(32))).toThrow(
      expect.objectContaining({ code: 'ETH_UNKNOWN_ACCOUNT' }),
    );
  });

  it('send for impersonated ones until that ends', () => {
    const accounts = create();
    accounts.impersonate(ANYONE);
    expect(accounts.addresses()).toEqual([address, ANYONE]);
    const sent = accounts.signTransaction(ANYONE, TRANSFER);
    expect(isImpersonated(sent)).toBe(true);
    expect(senderOf(sent, true)).toBe(ANYONE);
    expect(accounts.stopImpersonating(ANYONE)).toBe(true);
    expect(accounts.stopImpersonating(ANYONE)).toBe(false);
    expect(accounts.canSend(ANYONE)).toBe(false);
  });

  it('send for everybody when told to', () => {
    const accounts = create();
    accounts.impersonateAll(true);
    expect(accounts.canSend(ANYONE)).toBe(true);
    expect(accounts.isImpersonated(address)).toBe(false);
    accounts.impersonateAll(false);
    expect(accounts.canSend(ANYONE)).toBe(false);
  });

  it('go back to an earlier state, and fork into independent ones', () => {
    const accounts = create();
    const before = accounts.state;
    accounts.impersonate(ANYONE);
    const fork = accounts.fork();
    accounts.restore(before);
    expect(accounts.canSend(ANYONE)).toBe(false);
    expect(fork.canSend(ANYONE)).toBe(true);
    expect(fork.canSend(address)).toBe(true);
  });
});
