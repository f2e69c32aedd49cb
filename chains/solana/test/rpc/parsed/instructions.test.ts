import { utf8ToBytes } from '@ninefold/base';
import { stringifyExactJson } from '@ninefold/rpc';
import { addressBytes, PROGRAM, SYSVAR, toBase58 } from '@ninefold/vm-svm';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memoText, parseInstruction } from '../../../src/rpc/parsed/instructions.ts';

const TOKEN = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';
const TOKEN_2022 = 'TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb';
const ASSOCIATED = 'ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL';
const STAKE = 'Stake11111111111111111111111111111111111111';
const TABLES = 'AddressLookupTab1e1111111111111111111111111';
const MEMO = 'MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr';
const PROGRAMS = [
  PROGRAM.system,
  PROGRAM.vote,
  PROGRAM.loaderV3,
  STAKE,
  TABLES,
  TOKEN,
  TOKEN_2022,
  ASSOCIATED,
  MEMO,
];

const key = (n: number): string => toBase58(new Uint8Array(32).fill(n));
const [a, b, c, d, e] = [1, 2, 3, 4, 5].map(key) as [string, string, string, string, string];

/** Bytes of numbers: `u32(5)`, and of addresses. */
const little = (size: number) => (value: number | bigint) =>
  Uint8Array.from({ length: size }, (_, i) => Number((BigInt(value) >> BigInt(8 * i)) & 255n));
const [u8, u16, u32, u64] = [1, 2, 4, 8].map(little) as [
  ReturnType<typeof little>,
  ReturnType<typeof little>,
  ReturnType<typeof little>,
  ReturnType<typeof little>,
];
const at = (address: string): Uint8Array => addressBytes(address);
const bytes = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts));

type Example = readonly [
  program: string,
  accounts: readonly string[],
  data: Uint8Array,
  type: string,
  info: object,
];

const amount = (text: string, decimals: number, shown: string): object => ({
  amount: text,
  decimals,
  uiAmount: Number(shown),
  uiAmountString: shown,
});

const KEY_BLS = new Uint8Array(48).fill(3);
const PROOF_BLS = new Uint8Array(96).fill(4);

const EXAMPLES: readonly Example[] = [
  [
    PROGRAM.vote,
    [a, SYSVAR.clock, b],
    bytes(u32(1), at(c), u32(2), KEY_BLS, PROOF_BLS),
    'authorize',
    {
      voteAccount: a,
      clockSysvar: SYSVAR.clock,
      authority: b,
      newAuthority: c,
      authorityType: {
        VoterWithBLS: { bls_pubkey: [...KEY_BLS], bls_proof_of_possession: [...PROOF_BLS] },
      },
    },
  ],
  [
    PROGRAM.vote,
    [a, b],
    bytes(u32(16), at(b), at(c), KEY_BLS, PROOF_BLS, at(d), u16(500), at(e), u16(10_000), at(a)),
    'initializeV2',
    {
      voteAccount: a,
      node: b,
      authorizedVoter: c,
      authorizedWithdrawer: d,
      inflationRewardsCommissionBps: 500,
      inflationRewardsCollector: e,
      blockRevenueCommissionBps: 10_000,
      blockRevenueCollector: a,
    },
  ],
  [
    PROGRAM.vote,
    [a, b],
    bytes(u32(19), u64(7)),
    'depositDelegatorRewards',
    { voteAccount: a, source: b, deposit: 7n },
  ],
  [
    PROGRAM.system,
    [a, b],
    bytes(u32(0), u64(2n ** 63n), u64(165), at(TOKEN)),
    'createAccount',
    { source: a, newAccount: b, lamports: 2n ** 63n, space: 165n, owner: TOKEN },
  ],
  [PROGRAM.system, [a, b], bytes(u32(2), u64(7)), 'transfer', { source: a, destination: b, lamports: 7n }],
  [
    PROGRAM.system,
    [a, b],
    bytes(u32(3), at(c), u64(3), utf8ToBytes('abc'), u64(1), u64(2), at(d)),
    'createAccountWithSeed',
    { source: a, newAccount: b, base: c, seed: 'abc', lamports: 1n, space: 2n, owner: d },
  ],
  [
    PROGRAM.system,
    [a, SYSVAR.recentBlockhashes, b],
    u32(4),
    'advanceNonce',
    { nonceAccount: a, recentBlockhashesSysvar: SYSVAR.recentBlockhashes, nonceAuthority: b },
  ],
  [
    PROGRAM.loaderV3,
    [a, b],
    bytes(u32(1), u32(9), u64(3), Uint8Array.of(1, 2, 3)),
    'write',
    { account: a, authority: b, offset: 9, bytes: 'AQID' },
  ],
  [PROGRAM.loaderV3, [a, b], u32(4), 'setAuthority', { account: a, authority: b, newAuthority: null }],
  [
    PROGRAM.loaderV3,
    [a, b, c],
    u32(5),
    'close',
    { account: a, recipient: b, authority: c, programAccount: null },
  ],
  [
    TABLES,
    [a, b],
    bytes(u32(2), u64(2), at(c), at(d)),
    'extendLookupTable',
    { lookupTableAccount: a, lookupTableAuthority: b, newAddresses: [c, d] },
  ],
  [
    STAKE,
    [a, b, SYSVAR.clock, SYSVAR.stakeHistory, 'StakeConfig11111111111111111111111111111111', c],
    u32(2),
    'delegate',
    {
      stakeAccount: a,
      voteAccount: b,
      clockSysvar: SYSVAR.clock,
      stakeHistorySysvar: SYSVAR.stakeHistory,
      stakeConfigAccount: 'StakeConfig11111111111111111111111111111111',
      stakeAuthority: c,
    },
  ],
  [STAKE, [a, b, c], u32(2), 'delegate', { stakeAccount: a, voteAccount: b, stakeAuthority: c }],
  [
    STAKE,
    [a, SYSVAR.clock, b],
    bytes(u32(1), at(c), u32(1)),
    'authorize',
    {
      stakeAccount: a,
      clockSysvar: SYSVAR.clock,
      authority: b,
      newAuthority: c,
      authorityType: 'Withdrawer',
    },
  ],
  [
    PROGRAM.vote,
    [a, b, c],
    bytes(u32(17), u32(1)),
    'updateCommissionCollector',
    { voteAccount: a, newCollector: b, withdrawAuthority: c, commissionKind: 'BlockRevenue' },
  ],
  [
    PROGRAM.vote,
    [a, b],
    bytes(u32(18), u16(1234), u32(0)),
    'updateCommissionBps',
    { voteAccount: a, withdrawAuthority: b, commissionBps: 1234, commissionKind: 'InflationRewards' },
  ],
  [
    TOKEN,
    [a, b, c],
    bytes(u8(3), u64(1_000)),
    'transfer',
    { source: a, destination: b, authority: c, amount: '1000' },
  ],
  [
    TOKEN,
    [a, b, c, d, e],
    bytes(u8(3), u64(1_000)),
    'transfer',
    { source: a, destination: b, multisigAuthority: c, signers: [d, e], amount: '1000' },
  ],
  [
    TOKEN,
    [a, b, c, d],
    bytes(u8(12), u64(1_500_000), u8(6)),
    'transferChecked',
    { source: a, mint: b, destination: c, authority: d, tokenAmount: amount('1500000', 6, '1.5') },
  ],
  [
    TOKEN,
    [a, b],
    bytes(u8(6), u8(0), u8(1), at(c)),
    'setAuthority',
    { mint: a, authority: b, authorityType: 'mintTokens', newAuthority: c },
  ],
  [
    TOKEN,
    [a, b],
    bytes(u8(6), u8(2), u8(0)),
    'setAuthority',
    { account: a, authority: b, authorityType: 'accountOwner', newAuthority: null },
  ],
  [
    TOKEN,
    [a, SYSVAR.rent],
    bytes(u8(0), u8(9), at(b), u8(0)),
    'initializeMint',
    { mint: a, rentSysvar: SYSVAR.rent, decimals: 9, mintAuthority: b },
  ],
  [TOKEN, [a, b, c], bytes(u8(19), u8(2)), 'initializeMultisig2', { multisig: a, signers: [b, c], m: 2 }],
  [
    TOKEN_2022,
    [a],
    bytes(u8(21), u16(7), u16(2)),
    'getAccountDataSize',
    { mint: a, extensionTypes: ['immutableOwner', 'transferFeeAmount'] },
  ],
  [TOKEN_2022, [a], bytes(u8(24), utf8ToBytes('1.5')), 'uiAmountToAmount', { mint: a, uiAmount: '1.5' }],
  [
    ASSOCIATED,
    [a, b, c, d, PROGRAM.system, TOKEN],
    new Uint8Array(0),
    'create',
    { source: a, account: b, wallet: c, mint: d, systemProgram: PROGRAM.system, tokenProgram: TOKEN },
  ],
  [
    ASSOCIATED,
    [a, b, c, d, PROGRAM.system, TOKEN],
    u8(1),
    'createIdempotent',
    { source: a, account: b, wallet: c, mint: d, systemProgram: PROGRAM.system, tokenProgram: TOKEN },
  ],
];

describe('an instruction', () => {
  it.each(EXAMPLES)('%s %j %j is %s', (program, accounts, data, type, info) => {
    expect(parseInstruction(program, accounts, data)?.parsed).toEqual({ type, info });
  });

  it.each(EXAMPLES)('%s %j %j is shown as bytes when accounts or bytes lack', (program, accounts, data) => {
    expect(parseInstruction(program, accounts.slice(0, 0), data)).toBeUndefined();
    // Without data associated token accounts are made as well.
    if (program === ASSOCIATED || data.length <= 4) return;
    const isText = program === TOKEN_2022;
    const cut = data.subarray(0, data.length - 1);
    if (!isText) expect(parseInstruction(program, accounts, cut)).toBeUndefined();
  });

  it('of a program that nobody knows is shown as bytes', () => {
    expect(parseInstruction(key(9), [a, b], u32(2))).toBeUndefined();
    expect(parseInstruction(PROGRAM.system, [a, b], u32(99))).toBeUndefined();
    expect(parseInstruction(PROGRAM.system, [a, b], new Uint8Array(0))).toBeUndefined();
  });

  it('with a memo is its text', () => {
    expect(parseInstruction(MEMO, [], utf8ToBytes('héllo'))).toEqual({
      program: 'spl-memo',
      parsed: 'héllo',
    });
    expect(parseInstruction(MEMO, [], Uint8Array.of(0xff, 0xfe))).toBeUndefined();
    expect(memoText(Uint8Array.of(0xed, 0xa0, 0x80))).toBeUndefined();
  });

  it('of any bytes is shown or not, and never fails', () => {
    const account = fc.constantFrom(a, b, c, SYSVAR.clock, SYSVAR.rent, SYSVAR.stakeHistory);
    const tag = fc.oneof(
      fc.oneof(fc.nat(45), fc.nat(255)).map((value) => u8(value)),
      fc.nat(20).map((value) => u32(value)),
    );
    const zeros = fc.nat(200).map((length) => new Uint8Array(length));
    const rest = fc.oneof(fc.uint8Array({ maxLength: 200 }), zeros);
    fc.assert(
      fc.property(
        fc.constantFrom(...PROGRAMS),
        fc.array(account, { maxLength: 9 }),
        fc.oneof(
          rest,
          fc.tuple(tag, rest).map((parts) => bytes(...parts)),
        ),
        (program, accounts, data) => {
          const parsed = parseInstruction(program, accounts, data);
          if (parsed !== undefined) expect(() => JSON.parse(stringifyExactJson(parsed)!)).not.toThrow();
        },
      ),
      { numRuns: 5000 },
    );
  });
});
