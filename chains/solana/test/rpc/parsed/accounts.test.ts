import { stringifyExactJson } from '@ninefold/rpc';
import { addressBytes, PROGRAM, SYSVAR, toBase58 } from '@ninefold/vm-svm';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAccount } from '../../../src/rpc/parsed/accounts.ts';
import { createWriter, type Writer } from '../../../src/tx/writer.ts';

const TOKEN = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';
const TOKEN_2022 = 'TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb';
const STAKE = 'Stake11111111111111111111111111111111111111';
const TABLES = 'AddressLookupTab1e1111111111111111111111111';
const SYSVARS = 'Sysvar1111111111111111111111111111111111111';

const key = (n: number): string => toBase58(new Uint8Array(32).fill(n));
const [here, a, b, c] = [9, 1, 2, 3].map(key) as [string, string, string, string];
const context = { unitOf: (mint: string) => (mint === a ? { decimals: 6 } : undefined) };

/** What `write` writes, with zeros behind up to `length`. */
function written(length: number, write: (writer: Writer) => void): Uint8Array {
  const writer = createWriter();
  write(writer);
  const data = new Uint8Array(Math.max(length, writer.finish().length));
  data.set(writer.finish());
  return data;
}

const address = (writer: Writer, text: string): void => writer.bytes(addressBytes(text));

const parse = (owner: string, data: Uint8Array, at: string = here): unknown =>
  parseAccount(at, owner, data, context)?.parsed;

const tokenAccount = (writer: Writer): void => {
  address(writer, a);
  address(writer, b);
  writer.u64(1_500_000n);
  writer.u32(1);
  address(writer, c);
  writer.u8(2);
  writer.u32(0);
  writer.u64(0n);
  writer.u64(1_000_000n);
  writer.u32(0);
  writer.bytes(new Uint8Array(32));
};

const SHOWN = {
  mint: a,
  owner: b,
  tokenAmount: { amount: '1500000', decimals: 6, uiAmount: 1.5, uiAmountString: '1.5' },
  delegate: c,
  state: 'frozen',
  isNative: false,
  delegatedAmount: { amount: '1000000', decimals: 6, uiAmount: 1, uiAmountString: '1' },
};

describe('an account', () => {
  it('of tokens', () => {
    const data = written(165, tokenAccount);
    expect(parse(TOKEN, data)).toEqual({ type: 'account', info: SHOWN });
    expect(parse(TOKEN_2022, data)).toEqual({ type: 'account', info: SHOWN });
    expect(parseAccount(here, TOKEN_2022, data, context)?.program).toBe('spl-token-2022');
    expect(parseAccount(here, TOKEN, data, { unitOf: () => undefined })).toBeUndefined();
  });

  it('of tokens with extensions', () => {
    const data = written(0, (writer) => {
      tokenAccount(writer);
      writer.u8(2);
      writer.u16(7);
      writer.u16(0);
      writer.u16(2);
      writer.u16(8);
      writer.u64(11n);
      writer.u16(3);
      writer.u16(1);
      writer.u8(0);
    });
    expect(parse(TOKEN_2022, data)).toEqual({
      type: 'account',
      info: {
        ...SHOWN,
        extensions: [
          { extension: 'immutableOwner' },
          { extension: 'transferFeeAmount', state: { withheldAmount: 11n } },
          { extension: 'unparseableExtension' },
        ],
      },
    });
  });

  const extended = (type: number, value: (writer: Writer) => void): unknown => {
    const inner = createWriter();
    value(inner);
    const bytes = inner.finish();
    const data = written(0, (writer) => {
      tokenAccount(writer);
      writer.u8(2);
      writer.u16(type);
      writer.u16(bytes.length);
      writer.bytes(bytes);
    });
    return (parse(TOKEN_2022, data) as { info: { extensions?: unknown } }).info.extensions;
  };
  const filled = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  const [pubkey, cipher, readable] = [filled(32, 9), filled(64, 8), filled(36, 7)];

  it('with confidential extensions', () => {
    const account = extended(5, (writer) => {
      writer.u8(1);
      for (const part of [pubkey, cipher, cipher, filled(64, 1), readable]) writer.bytes(part);
      writer.u8(1);
      writer.u8(0);
      for (const counter of [1n, 65_536n, 2n, 3n]) writer.u64(counter);
    });
    expect(account).toEqual([
      {
        extension: 'confidentialTransferAccount',
        state: {
          approved: true,
          elgamalPubkey: base64(pubkey),
          pendingBalanceLo: base64(cipher),
          pendingBalanceHi: base64(cipher),
          availableBalance: base64(filled(64, 1)),
          decryptableAvailableBalance: base64(readable),
          allowConfidentialCredits: true,
          allowNonConfidentialCredits: false,
          pendingBalanceCreditCounter: 1n,
          maximumPendingBalanceCreditCounter: 65_536n,
          expectedPendingBalanceCreditCounter: 2n,
          actualPendingBalanceCreditCounter: 3n,
        },
      },
    ]);
    const fees = extended(16, (writer) => {
      writer.bytes(filled(32, 0));
      writer.bytes(filled(32, 0));
      writer.u8(1);
      writer.bytes(cipher);
    });
    expect(fees).toEqual([
      {
        extension: 'confidentialTransferFeeConfig',
        state: {
          authority: null,
          // This key is there in any case.
          withdrawWithheldAuthorityElgamalPubkey: base64(filled(32, 0)),
          harvestToMintEnabled: true,
          withheldAmount: base64(cipher),
        },
      },
    ]);
    expect(extended(17, (writer) => writer.bytes(cipher))).toEqual([
      { extension: 'confidentialTransferFeeAmount', state: { withheldAmount: base64(cipher) } },
    ]);
    const burning = extended(24, (writer) => {
      for (const part of [cipher, readable, pubkey, cipher]) writer.bytes(part);
    });
    expect(burning).toEqual([
      {
        extension: 'confidentialMintBurn',
        state: {
          confidentialSupply: base64(cipher),
          decryptableSupply: base64(readable),
          supplyElgamalPubkey: base64(pubkey),
          pendingBurn: base64(cipher),
        },
      },
    ]);
    expect(extended(28, (writer) => address(writer, a))).toEqual([
      { extension: 'permissionedBurnConfig', state: { authority: a } },
    ]);
  });

  it('with extensions that are damaged', () => {
    // Bytes behind the fields.
    expect(extended(17, (writer) => writer.bytes(filled(65, 1)))).toEqual([
      { extension: 'unparseableExtension' },
    ]);
    // One that nobody knows hides all.
    expect(extended(29, (writer) => writer.u8(0))).toBeUndefined();
    for (const bytes of [
      [7, 0],
      [7, 0, 1, 0],
    ]) {
      const data = written(0, (writer) => {
        tokenAccount(writer);
        writer.u8(2);
        writer.bytes(Uint8Array.from(bytes));
      });
      expect(parse(TOKEN_2022, data)).toEqual({ type: 'account', info: SHOWN });
    }
  });

  it('of a mint', () => {
    const data = written(82, (writer) => {
      writer.u32(1);
      address(writer, a);
      writer.u64(2n ** 64n - 1n);
      writer.u8(9);
      writer.u8(1);
    });
    expect(parse(TOKEN, data)).toEqual({
      type: 'mint',
      info: {
        mintAuthority: a,
        supply: '18446744073709551615',
        decimals: 9,
        isInitialized: true,
        freezeAuthority: null,
      },
    });
    expect(parse(TOKEN, new Uint8Array(82))).toBeUndefined();
  });

  it('of a nonce', () => {
    const data = written(80, (writer) => {
      writer.u32(1);
      writer.u32(1);
      address(writer, a);
      address(writer, b);
      writer.u64(5000n);
    });
    expect(parse(PROGRAM.system, data)).toEqual({
      type: 'initialized',
      info: { authority: a, blockhash: b, feeCalculator: { lamportsPerSignature: '5000' } },
    });
    expect(parse(PROGRAM.system, new Uint8Array(0))).toBeUndefined();
  });

  it('of a lookup table', () => {
    const data = written(0, (writer) => {
      writer.u32(1);
      writer.u64(2n ** 64n - 1n);
      writer.u64(5n);
      writer.u8(1);
      writer.u8(1);
      address(writer, a);
      writer.u16(0);
      address(writer, b);
      address(writer, c);
    });
    expect(parse(TABLES, data)).toEqual({
      type: 'lookupTable',
      info: {
        deactivationSlot: '18446744073709551615',
        lastExtendedSlot: '5',
        lastExtendedSlotStartIndex: 1,
        authority: a,
        addresses: [b, c],
      },
    });
    expect(parse(TABLES, data.subarray(0, data.length - 1))).toBeUndefined();
  });

  it('of the clock', () => {
    const data = written(40, (writer) => {
      writer.u64(3n);
      writer.u64(2n ** 64n - 5n);
      writer.u64(0n);
      writer.u64(1n);
      writer.u64(7n);
    });
    expect(parse(SYSVARS, data, SYSVAR.clock)).toEqual({
      type: 'clock',
      info: { slot: 3n, epochStartTimestamp: -5n, epoch: 0n, leaderScheduleEpoch: 1n, unixTimestamp: 7n },
    });
    expect(parse(SYSVARS, data)).toBeUndefined();
  });

  it('of any bytes is shown or not, and never fails', () => {
    const owners = [
      PROGRAM.system,
      PROGRAM.vote,
      PROGRAM.loaderV3,
      STAKE,
      TABLES,
      SYSVARS,
      TOKEN,
      TOKEN_2022,
    ];
    const lengths = [0, 4, 36, 40, 45, 56, 80, 82, 88, 120, 165, 166, 170, 200, 300, 355, 3762];
    const data = fc
      .tuple(
        fc.constantFrom(...lengths),
        fc.nat(4),
        fc.array(fc.tuple(fc.nat(3761), fc.oneof(fc.nat(3), fc.nat(255))), { maxLength: 30 }),
        fc.boolean(),
      )
      .map(([length, tag, changes, isTight]) => {
        const bytes = new Uint8Array(length);
        if (length > 0) bytes[0] = tag;
        for (const [at, value] of changes) if (length > 0) bytes[at % (isTight ? 90 : length)] = value;
        return bytes;
      });
    fc.assert(
      fc.property(
        fc.constantFrom(...owners),
        fc.constantFrom(here, ...Object.values(SYSVAR)),
        fc.oneof(data, fc.uint8Array({ maxLength: 400 })),
        (owner, at, given) => {
          const all = { unitOf: () => ({ decimals: 6 }) };
          const parsed = parseAccount(at, owner, given, all);
          if (parsed !== undefined) expect(() => JSON.parse(stringifyExactJson(parsed)!)).not.toThrow();
        },
      ),
      { numRuns: 5000 },
    );
  });
});
