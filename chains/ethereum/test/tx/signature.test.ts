import { hexToBytes, isNinefoldError } from '@ninefold/base';
import { secp256k1 } from '@ninefold/crypto';
import type { ForkName } from '@ninefold/vm-evm';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { authorityOf, signAuthorization } from '../../src/tx/authorization.ts';
import { checkTransaction } from '../../src/tx/check.ts';
import { addressOf, impersonate, isImpersonated, senderOf, signTransaction } from '../../src/tx/signature.ts';
import {
  decodeTransaction,
  encodeTransaction,
  encodeUnsigned,
  transactionHash,
} from '../../src/tx/transaction.ts';
import type { LegacyTransaction, SignedTransaction, UnsignedTransaction } from '../../src/tx/types.ts';
import { toVmTransaction } from '../../src/tx/vm-transaction.ts';
import { address, transactions } from './arbitraries.ts';

/** Code and context an action fails with. */
function refusal(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    if (!isNinefoldError(error)) throw error;
    return { code: error.code, ...(error.context as object) };
  }
  return undefined;
}

const key = new Uint8Array(32).fill(0x46);
const unsigned: UnsignedTransaction = {
  type: 0,
  chainId: 1n,
  nonce: 9n,
  gasPrice: 20_000_000_000n,
  gasLimit: 21_000n,
  to: '0x3535353535353535353535353535353535353535',
  value: 10n ** 18n,
  data: new Uint8Array(0),
};

/** Drops the signature, as a wallet has it before signing. */
function withoutSignature(transaction: SignedTransaction): UnsignedTransaction {
  const { r: _r, s: _s, ...rest } = transaction;
  if (rest.type === 0) {
    const { v: _v, ...legacy } = rest as LegacyTransaction;
    return { ...legacy, chainId: 1n };
  }
  const { yParity: _y, ...typed } = rest as Exclude<typeof rest, { type: 0 }>;
  return typed as UnsignedTransaction;
}

describe('signTransaction', () => {
  it('reproduces the example of EIP-155', () => {
    const signed = signTransaction(unsigned, key);
    expect(encodeUnsigned(unsigned)).toEqual(
      hexToBytes(
        '0xec098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a764000080018080',
      ),
    );
    expect(encodeTransaction(signed)).toEqual(
      hexToBytes(
        '0xf86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83',
      ),
    );
    expect(senderOf(signed)).toBe('0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f');
    expect(addressOf(key)).toBe('0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f');
  });

  it('makes what decodes to the same sender, for every type', () => {
    fc.assert(
      fc.property(transactions, (transaction) => {
        const signed = signTransaction(withoutSignature(transaction), key);
        const decoded = decodeTransaction(encodeTransaction(signed));
        expect(decoded).toEqual(signed);
        expect(senderOf(decoded)).toBe(addressOf(key));
        expect(transactionHash(decoded)).toBe(transactionHash(signed));
      }),
      { numRuns: 30 },
    );
  });
});

describe('checkTransaction', () => {
  const signed = signTransaction(unsigned, key) as LegacyTransaction;
  const check = (changes: Partial<LegacyTransaction>, fork: ForkName = 'osaka', chainId = 1n): unknown =>
    refusal(() => checkTransaction({ ...signed, ...changes }, fork, chainId));

  it('takes a good one', () => {
    expect(check({})).toBeUndefined();
    expect(check({ v: 27n, chainId: undefined })).toBeUndefined();
  });

  it('wants the chain id of this chain, where there are chain ids', () => {
    expect(check({}, 'osaka', 5n)).toEqual({ code: 'TX_CHAIN_ID_MISMATCH', actual: 1n, expected: 5n });
    expect(check({}, 'homestead')).toEqual({ code: 'TX_INVALID_SIGNATURE', problem: 'v' });
    expect(check({ v: 0n, chainId: undefined })).toEqual({ code: 'TX_INVALID_SIGNATURE', problem: 'v' });
    expect(check({ v: 29n, chainId: undefined })).toMatchObject({ code: 'TX_CHAIN_ID_MISMATCH' });
  });

  it('wants r and s in their ranges, and s low from Homestead on', () => {
    const invalid = (problem: string) => ({ code: 'TX_INVALID_SIGNATURE', problem });
    expect(check({ r: 0n })).toEqual(invalid('r'));
    expect(check({ r: secp256k1.N })).toEqual(invalid('r'));
    expect(check({ s: 0n })).toEqual(invalid('s'));
    expect(check({ s: secp256k1.N })).toEqual(invalid('s'));
    expect(check({ s: secp256k1.N - signed.s })).toEqual(invalid('high-s'));
    expect(check({ s: secp256k1.N - signed.s, v: 27n, chainId: undefined }, 'frontier')).toBeUndefined();
  });

  it('knows since when there are types', () => {
    const since: readonly (readonly [1 | 2 | 3 | 4, ForkName, ForkName])[] = [
      [1, 'istanbul', 'berlin'],
      [2, 'berlin', 'london'],
      [3, 'shanghai', 'cancun'],
      [4, 'cancun', 'prague'],
    ];
    fc.assert(
      fc.property(transactions, (transaction) => {
        const row = since.find(([type]) => type === transaction.type);
        if (row === undefined) return;
        const code = 'TX_TYPE_UNSUPPORTED';
        expect(refusal(() => checkTransaction(transaction, row[1], 1n))).toMatchObject({ code });
        expect(refusal(() => checkTransaction(transaction, row[2], 1n))).not.toMatchObject({ code });
      }),
    );
  });

  it('refuses fees beyond 256 bits', () => {
    const rich = signTransaction({ ...unsigned, gasPrice: 2n ** 256n - 1n } as UnsignedTransaction, key);
    expect(refusal(() => checkTransaction(rich, 'osaka', 1n))).toMatchObject({ code: 'TX_FEE_OVERFLOW' });
  });
});

describe('senderOf', () => {
  it('refuses signatures of nobody', () => {
    const base = signTransaction(unsigned, key) as LegacyTransaction;
    for (const changes of [{ r: 0n }, { s: 0n }, { r: secp256k1.N }, { r: 5n, s: 0n }]) {
      expect(refusal(() => senderOf({ ...base, ...changes }))).toMatchObject({
        code: 'TX_INVALID_SIGNATURE',
      });
    }
    expect(refusal(() => senderOf({ ...base, v: 29n }))).toEqual({
      code: 'TX_INVALID_SIGNATURE',
      problem: 'v',
    });
  });
});

describe('impersonation', () => {
  it('survives the way through bytes, where it is allowed', () => {
    fc.assert(
      fc.property(transactions, address, (transaction, sender) => {
        const made = impersonate(withoutSignature(transaction), sender);
        expect(senderOf(made)).toBe(sender);
        const decoded = decodeTransaction(encodeTransaction(made));
        expect(isImpersonated(decoded)).toBe(true);
        expect(senderOf(decoded, true)).toBe(sender);
      }),
      { numRuns: 30 },
    );
  });

  it('is nobody where it is not', () => {
    const made = impersonate(unsigned, `0x${'12'.repeat(20)}`);
    const decoded = decodeTransaction(encodeTransaction(made));
    // The curve may have a point for the mark, but then it is the key of another account.
    let sender: string | undefined;
    refusal(() => {
      sender = senderOf(decoded);
    });
    expect(sender).not.toBe(`0x${'12'.repeat(20)}`);
    expect(isImpersonated(signTransaction(unsigned, key))).toBe(false);
  });
});

describe('authorizations', () => {
  const code = `0x${'ab'.repeat(20)}` as const;

  it('speak for the account that signed', () => {
    const authorization = signAuthorization({ chainId: 1n, address: code, nonce: 3n }, key);
    expect(authorityOf(authorization)).toBe(addressOf(key));
    expect(authorityOf({ ...authorization, nonce: 4n })).not.toBe(addressOf(key));
  });

  it('speak for nobody when the signature is no good', () => {
    const authorization = signAuthorization({ chainId: 0n, address: code, nonce: 0n }, key);
    expect(authorityOf({ ...authorization, yParity: 2 })).toBeUndefined();
    expect(authorityOf({ ...authorization, s: secp256k1.N - authorization.s })).toBeUndefined();
    expect(authorityOf({ ...authorization, r: 0n })).toBeUndefined();
  });
});

describe('toVmTransaction', () => {
  it('gives the machine one shape for all types', () => {
    fc.assert(
      fc.property(transactions, address, (transaction, from) => {
        const vm = toVmTransaction(transaction, from);
        expect(vm).toMatchObject({ type: transaction.type, from, nonce: transaction.nonce });
        expect(vm.maxFeePerGas).toBe(
          'gasPrice' in transaction ? transaction.gasPrice : transaction.maxFeePerGas,
        );
        expect(vm.maxPriorityFeePerGas).toBe(
          'gasPrice' in transaction ? transaction.gasPrice : transaction.maxPriorityFeePerGas,
        );
        expect(vm.blobHashes !== undefined).toBe(transaction.type === 3);
        expect(vm.authorizations !== undefined).toBe(transaction.type === 4);
      }),
    );
  });
});
