import { createHash } from 'node:crypto';
import { utf8ToBytes } from '@ninefold/base';
import { addressBytes, SYSVAR, toBase58 } from '@ninefold/vm-svm';
import { describe, expect, it } from 'vitest';
import { parseInstruction } from '../../../src/rpc/parsed/instructions.ts';

const TOKEN = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';
const TOKEN_2022 = 'TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb';

const key = (n: number): string => toBase58(new Uint8Array(32).fill(n));
const [a, b, c, d, e, g, h] = [1, 2, 3, 4, 5, 6, 7].map(key) as [
  string,
  string,
  string,
  string,
  string,
  string,
  string,
];
const NONE = toBase58(new Uint8Array(32));
const SYSVAR_I = SYSVAR.instructions;

/** Bytes: numbers one each, addresses, and what is bytes already. */
const bytes = (...parts: readonly (number | string | Uint8Array)[]): Uint8Array =>
  Uint8Array.from(
    Buffer.concat(
      parts.map((part) =>
        typeof part === 'number' ? Uint8Array.of(part) : typeof part === 'string' ? addressBytes(part) : part,
      ),
    ),
  );
const little =
  (size: number) =>
  (value: number | bigint): Uint8Array =>
    Uint8Array.from({ length: size }, (_, i) => Number((BigInt(value) >> BigInt(8 * i)) & 255n));
const [u16, u32, u64] = [little(2), little(4), little(8)];
const f64 = (value: number): Uint8Array => new Uint8Array(new Float64Array([value]).buffer);
const text = (value: string): Uint8Array => bytes(u32(value.length), utf8ToBytes(value));
const filled = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);
const base64 = (data: Uint8Array): string => Buffer.from(data).toString('base64');

const KEY = filled(32, 9);
const CIPHER = filled(64, 8);
const SHOWN = filled(36, 7);

const amount = (raw: string, shown: string): object => ({
  amount: raw,
  decimals: 2,
  uiAmount: Number(shown),
  uiAmountString: shown,
});

type Example = readonly [accounts: readonly string[], data: Uint8Array, type: string, info: object];

const owned = (tag: number, sub: number, type: string): readonly Example[] => [
  [[a, b], bytes(tag, sub), type, { account: a, owner: b }],
  [[a, b, c, d], bytes(tag, sub), type, { account: a, multisigOwner: b, signers: [c, d] }],
];

const pointer = (tag: number, name: string, field: string): readonly Example[] => [
  [[a], bytes(tag, 0, b, c), `initialize${name}`, { mint: a, authority: b, [field]: c }],
  [[a], bytes(tag, 0, NONE, NONE), `initialize${name}`, { mint: a }],
  [[a, b], bytes(tag, 1, c), `update${name}`, { mint: a, authority: b, [field]: c }],
  [[a, b], bytes(tag, 1, NONE), `update${name}`, { mint: a, authority: b }],
];

const discriminator = (name: string): Uint8Array =>
  Uint8Array.from(createHash('sha256').update(name).digest().subarray(0, 8));
const metadata = (name: string): Uint8Array => discriminator(`spl_token_metadata_interface:${name}`);
const group = (name: string): Uint8Array => discriminator(`spl_token_group_interface:${name}`);

const FEES: readonly Example[] = [
  [
    [a],
    bytes(26, 0, 1, b, 0, u16(42), u64(2n ** 63n)),
    'initializeTransferFeeConfig',
    { mint: a, transferFeeConfigAuthority: b, transferFeeBasisPoints: 42, maximumFee: 2n ** 63n },
  ],
  [
    [a, b, c, d],
    bytes(26, 1, u64(55), 2, u64(5)),
    'transferCheckedWithFee',
    {
      source: a,
      mint: b,
      destination: c,
      authority: d,
      tokenAmount: amount('55', '0.55'),
      feeAmount: amount('5', '0.05'),
    },
  ],
  [
    [a, b, c],
    bytes(26, 2),
    'withdrawWithheldTokensFromMint',
    { mint: a, feeRecipient: b, withdrawWithheldAuthority: c },
  ],
  [
    [a, b, c, d, e],
    bytes(26, 3, 2),
    'withdrawWithheldTokensFromAccounts',
    { mint: a, feeRecipient: b, withdrawWithheldAuthority: c, sourceAccounts: [d, e] },
  ],
  [
    [a, b, c, d, e],
    bytes(26, 3, 1),
    'withdrawWithheldTokensFromAccounts',
    {
      mint: a,
      feeRecipient: b,
      multisigWithdrawWithheldAuthority: c,
      signers: [d],
      sourceAccounts: [e],
    },
  ],
  [[a, b, c], bytes(26, 4), 'harvestWithheldTokensToMint', { mint: a, sourceAccounts: [b, c] }],
  [
    [a, b, c],
    bytes(26, 5, u16(1), u64(2)),
    'setTransferFee',
    {
      mint: a,
      multisigtransferFeeConfigAuthority: b,
      signers: [c],
      transferFeeBasisPoints: 1,
      maximumFee: 2n,
    },
  ],
];

const CONFIDENTIAL: readonly Example[] = [
  [
    [a],
    bytes(27, 0, b, 1, KEY),
    'initializeConfidentialTransferMint',
    { mint: a, authority: b, autoApproveNewAccounts: true, auditorElGamalPubkey: base64(KEY) },
  ],
  [
    [a, b],
    bytes(27, 1, 0, NONE),
    'updateConfidentialTransferMint',
    {
      mint: a,
      confidentialTransferMintAuthority: b,
      autoApproveNewAccounts: false,
      auditorElGamalPubkey: null,
    },
  ],
  [
    [a, b, SYSVAR_I, c],
    bytes(27, 2, SHOWN, u64(65_536), 0xff),
    'configureConfidentialTransferAccount',
    {
      account: a,
      mint: b,
      instructionsSysvar: SYSVAR_I,
      owner: c,
      decryptableZeroBalance: base64(SHOWN),
      maximumPendingBalanceCreditCounter: 65_536n,
      proofInstructionOffset: -1,
    },
  ],
  [
    [a, b, c],
    bytes(27, 3),
    'approveConfidentialTransferAccount',
    { account: a, mint: b, confidentialTransferAuditorAuthority: c },
  ],
  [
    [a, b, c, d],
    bytes(27, 4, 0),
    'emptyConfidentialTransferAccount',
    {
      account: a,
      proofContextStateAccount: b,
      multisigOwner: c,
      signers: [d],
      proofInstructionOffset: 0,
    },
  ],
  [
    [a, b, c],
    bytes(27, 5, u64(7), 2),
    'depositConfidentialTransfer',
    { account: a, mint: b, owner: c, amount: 7n, decimals: 2 },
  ],
  [
    [a, b, SYSVAR_I, c, d],
    bytes(27, 6, u64(7), 2, SHOWN, 0, 1),
    'withdrawConfidentialTransfer',
    {
      account: a,
      mint: b,
      instructionsSysvar: SYSVAR_I,
      equalityProofContextStateAccount: c,
      owner: d,
      amount: 7n,
      decimals: 2,
      newDecryptableAvailableBalance: base64(SHOWN),
      equalityProofInstructionOffset: 0,
      rangeProofInstructionOffset: 1,
    },
  ],
  [
    [a, b, c, d, e, g, h],
    bytes(27, 7, SHOWN, CIPHER, CIPHER, 0, 0, 0),
    'confidentialTransfer',
    {
      source: a,
      mint: b,
      destination: c,
      equalityProofContextStateAccount: d,
      ciphertextValidityProofContextStateAccount: e,
      rangeProofContextStateAccount: g,
      owner: h,
      newSourceDecryptableAvailableBalance: base64(SHOWN),
      equalityProofInstructionOffset: 0,
      ciphertextValidityProofInstructionOffset: 0,
      rangeProofInstructionOffset: 0,
    },
  ],
  [
    // Too few accounts for its proofs: the last one is the owner all the same.
    [a, b, c, d],
    bytes(27, 7, SHOWN, CIPHER, CIPHER, 1, 2, 3),
    'confidentialTransfer',
    {
      source: a,
      mint: b,
      destination: c,
      owner: d,
      newSourceDecryptableAvailableBalance: base64(SHOWN),
      equalityProofInstructionOffset: 1,
      ciphertextValidityProofInstructionOffset: 2,
      rangeProofInstructionOffset: 3,
    },
  ],
  [
    [a, b],
    bytes(27, 8, u64(3), SHOWN),
    'applyPendingConfidentialTransferBalance',
    {
      account: a,
      owner: b,
      expectedPendingBalanceCreditCounter: 3n,
      newDecryptableAvailableBalance: base64(SHOWN),
    },
  ],
  ...owned(27, 9, 'enableConfidentialTransferConfidentialCredits'),
  ...owned(27, 10, 'disableConfidentialTransferConfidentialCredits'),
  ...owned(27, 11, 'enableConfidentialTransferNonConfidentialCredits'),
  ...owned(27, 12, 'disableConfidentialTransferNonConfidentialCredits'),
  [
    [a, b, c, SYSVAR_I, d, e],
    bytes(27, 13, SHOWN, CIPHER, CIPHER, 1, 2, 0, 3, 4),
    'confidentialTransferWithFee',
    {
      source: a,
      mint: b,
      destination: c,
      instructionsSysvar: SYSVAR_I,
      feeSigmaProofContextStateAccount: d,
      owner: e,
      newSourceDecryptableAvailableBalance: base64(SHOWN),
      equalityProofInstructionOffset: 1,
      transferAmountCiphertextValidityProofInstructionOffset: 2,
      feeSigmaProofInstructionOffset: 0,
      feeCiphertextValidityProofInstructionOffset: 3,
      rangeProofInstructionOffset: 4,
    },
  ],
  [
    [a, b, c],
    bytes(27, 14),
    'configureConfidentialAccountWithRegistry',
    { account: a, mint: b, registry: c },
  ],
  [
    [a],
    bytes(37, 0, b, KEY),
    'initializeConfidentialTransferFeeConfig',
    { mint: a, authority: b, withdrawWithheldAuthorityElGamalPubkey: base64(KEY) },
  ],
  [
    [a, b, c, d],
    bytes(37, 1, 0, SHOWN),
    'withdrawWithheldConfidentialTransferTokensFromMint',
    {
      mint: a,
      feeRecipient: b,
      proofContextStateAccount: c,
      withdrawWithheldAuthority: d,
      proofInstructionOffset: 0,
      newDecryptableAvailableBalance: base64(SHOWN),
    },
  ],
  [
    [a, b, SYSVAR_I, c, d, e],
    bytes(37, 2, 2, 1, SHOWN),
    'withdrawWithheldConfidentialTransferTokensFromAccounts',
    {
      mint: a,
      feeRecipient: b,
      instructionsSysvar: SYSVAR_I,
      withdrawWithheldAuthority: c,
      sourceAccounts: [d, e],
      proofInstructionOffset: 1,
      newDecryptableAvailableBalance: base64(SHOWN),
    },
  ],
  [[a, b], bytes(37, 3), 'harvestWithheldConfidentialTransferTokensToMint', { mint: a, sourceAccounts: [b] }],
  ...owned(37, 4, 'enableConfidentialTransferFeeHarvestToMint'),
  ...owned(37, 5, 'disableConfidentialTransferFeeHarvestToMint'),
  [
    [a],
    bytes(42, 0, KEY, SHOWN),
    'initializeConfidentialMintBurnMint',
    { mint: a, supplyElGamalPubkey: base64(KEY), decryptableSupply: base64(SHOWN) },
  ],
  [
    [a, b, c],
    bytes(42, 1, KEY, 0),
    'rotateConfidentialMintBurnSupplyElGamalPubkey',
    {
      mint: a,
      proofContextStateAccount: b,
      owner: c,
      newSupplyElGamalPubkey: base64(KEY),
      proofInstructionOffset: 0,
    },
  ],
  [
    [a, b],
    bytes(42, 2, SHOWN),
    'updateConfidentialMintBurnDecryptableSupply',
    { mint: a, owner: b, newDecryptableSupply: base64(SHOWN) },
  ],
  [
    [a, b, SYSVAR_I, c],
    bytes(42, 3, SHOWN, CIPHER, CIPHER, 1, 2, 3),
    'confidentialMint',
    {
      destination: a,
      mint: b,
      instructionsSysvar: SYSVAR_I,
      owner: c,
      newDecryptableSupply: base64(SHOWN),
      equalityProofInstructionOffset: 1,
      ciphertextValidityProofInstructionOffset: 2,
      rangeProofInstructionOffset: 3,
    },
  ],
  [
    [a, b, c, d, e, g],
    bytes(42, 4, SHOWN, CIPHER, CIPHER, 0, 0, 0),
    'confidentialBurn',
    {
      destination: a,
      mint: b,
      equalityProofContextStateAccount: c,
      ciphertextValidityProofContextStateAccount: d,
      rangeProofContextStateAccount: e,
      owner: g,
      newDecryptableAvailableBalance: base64(SHOWN),
      equalityProofInstructionOffset: 0,
      ciphertextValidityProofInstructionOffset: 0,
      rangeProofInstructionOffset: 0,
    },
  ],
  [[a, b], bytes(42, 5), 'applyPendingBurn', { mint: a, owner: b }],
];

const BURN: readonly Example[] = [
  [[a], bytes(46, 0, b), 'initializePermissionedBurnConfig', { mint: a, authority: b }],
  [
    [a, b, c, d],
    bytes(46, 1, u64(42)),
    'permissionedBurn',
    { account: a, mint: b, permissionedBurnAuthority: c, authority: d, amount: '42' },
  ],
  [
    [a, b, c, d],
    bytes(46, 2, u64(42), 2),
    'permissionedBurnChecked',
    {
      account: a,
      mint: b,
      permissionedBurnAuthority: c,
      authority: d,
      tokenAmount: amount('42', '0.42'),
    },
  ],
  [
    [a, b, SYSVAR_I, c, d, e],
    bytes(46, 3, SHOWN, CIPHER, CIPHER, 1, 0, 2),
    'permissionedConfidentialBurn',
    {
      account: a,
      mint: b,
      instructionsSysvar: SYSVAR_I,
      ciphertextValidityProofContextStateAccount: c,
      permissionedBurnAuthority: d,
      authority: e,
      newDecryptableAvailableBalance: base64(SHOWN),
      equalityProofInstructionOffset: 1,
      ciphertextValidityProofInstructionOffset: 0,
      rangeProofInstructionOffset: 2,
    },
  ],
];

const MINTS: readonly Example[] = [
  [[a], bytes(28, 0, 2), 'initializeDefaultAccountState', { mint: a, accountState: 'frozen' }],
  [
    [a, b],
    bytes(28, 1, 1),
    'updateDefaultAccountState',
    { mint: a, freezeAuthority: b, accountState: 'initialized' },
  ],
  ...owned(30, 0, 'enableRequiredMemoTransfers'),
  ...owned(30, 1, 'disableRequiredMemoTransfers'),
  [
    [a],
    bytes(33, 0, NONE, u16(0xfe_0c)),
    'initializeInterestBearingConfig',
    { mint: a, rateAuthority: null, rate: -500 },
  ],
  [
    [a, b],
    bytes(33, 1, u16(500)),
    'updateInterestBearingConfigRate',
    { mint: a, rateAuthority: b, newRate: 500 },
  ],
  ...owned(34, 0, 'enableCpiGuard'),
  ...owned(34, 1, 'disableCpiGuard'),
  ...pointer(36, 'TransferHook', 'programId'),
  ...pointer(39, 'MetadataPointer', 'metadataAddress'),
  ...pointer(40, 'GroupPointer', 'groupAddress'),
  ...pointer(41, 'GroupMemberPointer', 'memberAddress'),
  [
    [a],
    bytes(43, 0, b, f64(1e21)),
    'initializeScaledUiAmountConfig',
    { mint: a, authority: b, multiplier: `1${'0'.repeat(21)}` },
  ],
  [
    [a, b],
    bytes(43, 1, f64(1.5e-7), u64(-1n)),
    'updateMultiplier',
    { mint: a, authority: b, newMultiplier: '0.00000015', newMultiplierTimestamp: -1n },
  ],
  [[a], bytes(44, 0, b), 'initializePausableConfig', { mint: a, authority: b }],
  [[a, b], bytes(44, 1), 'pause', { mint: a, authority: b }],
  [[a, b, c], bytes(44, 2), 'resume', { mint: a, multisigAuthority: b, signers: [c] }],
  [[a, b, c], bytes(45, 0), 'unwrapLamports', { source: a, destination: b, authority: c }],
  [
    [a, b, c],
    bytes(45, 1, u64(9)),
    'unwrapLamports',
    { source: a, destination: b, authority: c, amount: '9' },
  ],
  [
    [a, b],
    bytes(6, 17, 0),
    'setAuthority',
    { mint: a, authority: b, authorityType: 'permissionedBurn', newAuthority: null },
  ],
  [
    [a],
    bytes(21, u16(25), u16(26), u16(28)),
    'getAccountDataSize',
    { mint: a, extensionTypes: ['scaledUiAmount', 'pausable', 'permissionedBurn'] },
  ],
];

const INTERFACES: readonly Example[] = [
  [
    [a, b, c],
    bytes(group('initialize_token_group'), d, u64(300)),
    'initializeTokenGroup',
    { group: a, mint: b, mintAuthority: c, updateAuthority: d, maxSize: 300n },
  ],
  [
    [a, b],
    bytes(group('update_group_max_size'), u64(500)),
    'updateTokenGroupMaxSize',
    { group: a, updateAuthority: b, maxSize: 500n },
  ],
  [
    [a, b],
    bytes(group('update_authority'), NONE),
    'updateTokenGroupAuthority',
    { group: a, updateAuthority: b, newAuthority: null },
  ],
  [
    [a, b, c, d, e],
    group('initialize_member'),
    'initializeTokenGroupMember',
    { member: a, memberMint: b, memberMintAuthority: c, group: d, groupUpdateAuthority: e },
  ],
  [
    [a, b, c, d],
    bytes(metadata('initialize_account'), text('Mega'), text('M'), text('')),
    'initializeTokenMetadata',
    { metadata: a, updateAuthority: b, mint: c, mintAuthority: d, name: 'Mega', symbol: 'M', uri: '' },
  ],
  [
    [a, b],
    bytes(metadata('updating_field'), 2, text('x')),
    'updateTokenMetadataField',
    { metadata: a, updateAuthority: b, field: 'uri', value: 'x' },
  ],
  [
    [a, b],
    bytes(metadata('updating_field'), 3, text('color'), text('red')),
    'updateTokenMetadataField',
    { metadata: a, updateAuthority: b, field: 'color', value: 'red' },
  ],
  [
    [a, b],
    bytes(metadata('remove_key_ix'), 1, text('color')),
    'removeTokenMetadataKey',
    { metadata: a, updateAuthority: b, idempotent: true, key: 'color' },
  ],
  [
    [a, b],
    bytes(metadata('update_the_authority'), c),
    'updateTokenMetadataAuthority',
    { metadata: a, updateAuthority: b, newAuthority: c },
  ],
  [[a], bytes(metadata('emitter'), 1, u64(1), 0), 'emitTokenMetadata', { metadata: a, start: 1n }],
  [[a], bytes(metadata('emitter'), 0, 1, u64(2)), 'emitTokenMetadata', { metadata: a, end: 2n }],
];

const BATCH: readonly Example[] = [
  [
    [a, b, c, d, e],
    bytes(255, 3, 9, 3, u64(5), 2, 2, 34, 0),
    'batch',
    {
      instructions: [
        { type: 'transfer', info: { source: a, destination: b, authority: c, amount: '5' } },
        { type: 'enableCpiGuard', info: { account: d, owner: e } },
      ],
    },
  ],
  [[a], bytes(255), 'batch', { instructions: [] }],
];

describe.each([TOKEN, TOKEN_2022])('an instruction of %s', (program) => {
  it.each([...MINTS, ...FEES, ...CONFIDENTIAL, ...BURN, ...INTERFACES, ...BATCH])(
    'with accounts %j is told',
    (accounts, data, type, info) => {
      expect(parseInstruction(program, accounts, data)).toEqual({
        program: 'spl-token',
        parsed: { type, info },
      });
    },
  );
});

it.each<readonly [string, readonly string[], Uint8Array]>([
  ['an extension without an instruction', [a, b], bytes(30)],
  ['an instruction that the extension has not', [a, b], bytes(30, 2)],
  ['a state that there is not', [a], bytes(28, 0, 3)],
  ['too few accounts', [a], bytes(44, 1)],
  ['too few accounts for its proofs', [a, b, c], bytes(27, 6, u64(7), 2, SHOWN, 0, 0)],
  ['fewer accounts than it counts', [a, b, c, d], bytes(26, 3, 2)],
  ['more bytes than its fields', [a, b], bytes(36, 1, c, 0)],
  ['no flag', [a, b], bytes(metadata('remove_key_ix'), 2, text('color'))],
  ['text that is none', [a, b], bytes(metadata('updating_field'), 0, u32(1), 0xff)],
  ['a field that there is not', [a, b], bytes(metadata('updating_field'), 4, text('x'))],
  ['an interface that nobody knows', [a, b], filled(8, 200)],
  ['half an interface', [a, b], metadata('emitter').subarray(0, 7)],
  ['a batch of nobody', [], bytes(255)],
  ['a batch in a batch', [a], bytes(255, 0, 1, 255)],
  ['a batch that ends early', [a, b, c], bytes(255, 3, 9, 3, u64(5).subarray(1))],
  ['a batch without a length', [a], bytes(255, 1)],
  ['a batch of more accounts', [a, b], bytes(255, 3, 9, 3, u64(5))],
  ['a batch of what cannot be told', [a, b], bytes(255, 2, 1, 200)],
])('is shown as bytes: %s', (_, accounts, data) => {
  expect(parseInstruction(TOKEN_2022, accounts, data)).toBeUndefined();
});
