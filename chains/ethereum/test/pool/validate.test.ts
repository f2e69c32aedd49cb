import type { Hex } from '@ninefold/base';
import { isNinefoldError } from '@ninefold/base';
import { createEvm } from '@ninefold/vm-evm';
import type { ForkName } from '@ninefold/vm-evm';
import { describe, expect, it } from 'vitest';
import type { PoolRules } from '../../src/pool/validate.ts';
import { MAX_TRANSACTION_SIZE, validateForPool } from '../../src/pool/validate.ts';
import { createDevConfig } from '../../src/spec/chain-config.ts';
import { addressOf, impersonate, senderOf, signTransaction } from '../../src/tx/signature.ts';
import { transactionHash } from '../../src/tx/transaction.ts';
import type { SignedTransaction, UnsignedTransaction } from '../../src/tx/types.ts';

const KEY = new Uint8Array(32).fill(9);
const SENDER = addressOf(KEY);
const TO: Hex = `0x${'bb'.repeat(20)}`;

type Fields = Record<string, unknown>;

function unsigned(fields: Fields = {}): UnsignedTransaction {
  return {
    type: 2,
    chainId: 31337n,
    nonce: 0n,
    gasLimit: 21_000n,
    to: TO,
    value: 0n,
    data: new Uint8Array(0),
    maxFeePerGas: 100n,
    maxPriorityFeePerGas: 10n,
    accessList: [],
    ...fields,
  } as UnsignedTransaction;
}

const evms = new Map<ForkName, ReturnType<typeof createEvm>>();

function evmOf(fork: ForkName): ReturnType<typeof createEvm> {
  let evm = evms.get(fork);
  if (evm === undefined) evms.set(fork, (evm = createEvm({ fork })));
  return evm;
}

function check(
  transaction: SignedTransaction,
  fork: ForkName = 'osaka',
  more: Partial<PoolRules> = {},
): string {
  const config = createDevConfig({ fork });
  const blobSchedule = fork === 'osaka' ? { target: 6, max: 9, updateFraction: 5_007_716n } : undefined;
  try {
    validateForPool(
      {
        hash: transactionHash(transaction),
        sender: senderOf(transaction, true),
        transaction,
        sidecar: undefined,
      },
      {
        config,
        rules: { fork, blobSchedule },
        evm: evmOf(fork),
        gasLimit: 30_000_000n,
        baseFee: 50n,
        minGasPrice: 0n,
        codeOf: () => new Uint8Array(0),
        maySendUnsigned: () => false,
        ...more,
      },
    );
    return 'valid';
  } catch (error) {
    if (isNinefoldError(error)) return error.code;
    throw error;
  }
}

const signed = (fields: Fields = {}): SignedTransaction => signTransaction(unsigned(fields), KEY);

describe('a transaction is refused', () => {
  it('not at all when nothing is wrong', () => {
    expect(check(signed())).toBe('valid');
  });

  it.each([
    [1, 'istanbul', 'berlin'],
    [2, 'berlin', 'london'],
    [3, 'shanghai', 'cancun'],
    [4, 'cancun', 'prague'],
  ] as const)('of type %i before its fork', (type, before, _since) => {
    const extras = { 3: { maxFeePerBlobGas: 1n, blobVersionedHashes: [] }, 4: { authorizationList: [] } };
    const fields = { type, gasPrice: 100n, ...extras[type as 3 | 4] };
    expect(check(signed(fields), before)).toBe('ETH_POOL_TYPE_NOT_SUPPORTED');
  });

  it('when its gas is below what it costs or above what fits', () => {
    expect(check(signed({ gasLimit: 20_999n }))).toBe('ETH_POOL_INTRINSIC_GAS');
    expect(check(signed({ gasLimit: 30_000_001n }), 'prague')).toBe('ETH_POOL_GAS_ABOVE_BLOCK');
    expect(check(signed({ gasLimit: 16_777_217n }))).toBe('ETH_POOL_GAS_ABOVE_CAP');
    expect(check(signed({ gasLimit: 16_777_217n }), 'prague')).toBe('valid');
    const data = new Uint8Array(1000).fill(1);
    // 16 a byte is paid for, the floor of 40 is not (EIP-7623).
    expect(check(signed({ data, gasLimit: 21_000n + 16_000n }))).toBe('ETH_POOL_FLOOR_GAS');
    expect(check(signed({ data, gasLimit: 21_000n + 40_000n }))).toBe('valid');
  });

  it('when its fees make no sense or pay too little', () => {
    expect(check(signed({ maxFeePerGas: 9n }))).toBe('ETH_POOL_TIP_ABOVE_FEE_CAP');
    expect(check(signed({ maxFeePerGas: 49n }))).toBe('ETH_POOL_FEE_CAP_BELOW_BASE_FEE');
    expect(check(signed({ maxFeePerGas: 49n }), 'osaka', { baseFee: undefined })).toBe('valid');
    expect(check(signed(), 'osaka', { minGasPrice: 11n })).toBe('ETH_POOL_UNDERPRICED');
  });

  it('when it is too large', () => {
    const data = new Uint8Array(MAX_TRANSACTION_SIZE);
    expect(check(signed({ data, gasLimit: 16_000_000n }))).toBe('ETH_POOL_OVERSIZED');
    const initcode = new Uint8Array(49_153);
    expect(check(signed({ to: undefined, data: initcode, gasLimit: 16_000_000n }))).toBe(
      'ETH_POOL_INITCODE_TOO_LARGE',
    );
    expect(check(signed({ to: undefined, data: initcode, gasLimit: 16_000_000n }), 'london')).toBe('valid');
  });

  it('when its nonce is the last there is', () => {
    expect(check(signed({ nonce: (1n << 64n) - 1n }))).toBe('ETH_POOL_NONCE_MAX');
  });

  it('when it is signed for another chain or not properly', () => {
    expect(check(signed({ chainId: 1n }))).toBe('TX_CHAIN_ID_MISMATCH');
    const good = signed() as SignedTransaction & { s: bigint; yParity: 0 | 1 };
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const flipped = { ...good, s: order - good.s, yParity: (1 - good.yParity) as 0 | 1 };
    expect(check(flipped as SignedTransaction)).toBe('TX_INVALID_SIGNATURE');
  });

  it('when its sender has code, unless that is a delegation', () => {
    const codeOf = (code: string) => (): Uint8Array =>
      Uint8Array.from(code.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
    expect(check(signed(), 'osaka', { codeOf: codeOf('00') })).toBe('ETH_POOL_SENDER_HAS_CODE');
    expect(check(signed(), 'osaka', { codeOf: codeOf(`ef0100${'11'.repeat(20)}`) })).toBe('valid');
  });

  it('not for its signature or code when it is impersonated', () => {
    const sent = impersonate(unsigned(), SENDER);
    const anyCode = { codeOf: () => Uint8Array.of(0) };
    expect(check(sent, 'osaka', anyCode)).toBe('ETH_POOL_INVALID_SENDER');
    expect(check(sent, 'osaka', { maySendUnsigned: () => true, ...anyCode })).toBe('valid');
    expect(check(signed(), 'osaka', { maySendUnsigned: () => true, ...anyCode })).toBe(
      'ETH_POOL_SENDER_HAS_CODE',
    );
  });

  it('when its blobs are missing, too many or too cheap', () => {
    const blobs = (count: number, fields: Fields = {}): SignedTransaction =>
      signed({
        type: 3,
        maxFeePerBlobGas: 1n,
        blobVersionedHashes: Array.from({ length: count }, () => `0x01${'00'.repeat(31)}`),
        ...fields,
      });
    expect(check(blobs(0))).toBe('ETH_POOL_BLOB_COUNT');
    expect(check(blobs(7))).toBe('ETH_POOL_BLOB_COUNT');
    expect(check(blobs(1, { maxFeePerBlobGas: 0n }))).toBe('ETH_POOL_BLOB_FEE_TOO_LOW');
    expect(check(blobs(1))).toBe('ETH_POOL_BLOB_SIDECAR_MISSING');
  });

  it('when it sets no code although that is all it is for', () => {
    expect(check(signed({ type: 4, authorizationList: [] }))).toBe('ETH_POOL_AUTHORIZATIONS_EMPTY');
  });
});
