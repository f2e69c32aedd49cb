import { type Bytes, bytesToBase64, bytesToHex } from '@ninefold/base';
import { toBase58 } from '@ninefold/vm-svm';
import { type Fields, floatText, type Json, type JsonObject, Unparsable } from './fields.ts';
import type { InstructionSpec } from './instruction-spec.ts';
import { tokenAmount } from './token-amount.ts';

type Read = (f: Fields) => JsonObject;

const OWNER = ['owner', 'multisigOwner'] as const;
const AUTHORITY = ['authority', 'multisigAuthority'] as const;
const FREEZE_AUTHORITY = ['freezeAuthority', 'multisigFreezeAuthority'] as const;
const RATE_AUTHORITY = ['rateAuthority', 'multisigRateAuthority'] as const;
const WITHHELD_AUTHORITY = ['withdrawWithheldAuthority', 'multisigWithdrawWithheldAuthority'] as const;
// The second name is spelled like that.
const FEE_AUTHORITY = ['transferFeeConfigAuthority', 'multisigtransferFeeConfigAuthority'] as const;

const ELGAMAL_KEY_BYTES = 32;
const ELGAMAL_BYTES = 64;
const ENCRYPTED_BYTES = 36;
const ACCOUNT_STATES = ['uninitialized', 'initialized', 'frozen'] as const;

/** Fields of a fixed size: bytes behind them are not let through. */
const fixed =
  (read: Read): Read =>
  (f) => {
    const info = read(f);
    if (f.rest().length > 0) throw new Unparsable('too many bytes');
    return info;
  };

const truth = (f: Fields): boolean => f.u8() !== 0;
const base64 = (f: Fields, length: number): string => bytesToBase64(f.take(length));
/** An encrypted balance that its owner can read. */
const encrypted = (f: Fields): string => base64(f, ENCRYPTED_BYTES);
const offset = (f: Fields): number => (f.u8() << 24) >> 24;

const NO_KEY = toBase58(new Uint8Array(ELGAMAL_KEY_BYTES));

/** Keys for ElGamal are shown in base64; zeros are none. */
export function elgamalKey(f: Fields): string | null {
  const key = f.take(ELGAMAL_KEY_BYTES);
  return toBase58(key) === NO_KEY ? null : bytesToBase64(key);
}

/** A field that is left out when there is nothing. */
const maybe = (name: string, value: Json): JsonObject => (value === null ? {} : { [name]: value });

/** What is shown where a proof is: in an account, or in an instruction of the same transaction. */
const proofAccount = (info: JsonObject): string =>
  info['proofInstructionOffset'] === 0 ? 'proofContextStateAccount' : 'instructionsSysvar';

/**
 * Accounts of instructions with several proofs: the sysvar when one of them is in an instruction, and
 * an account for each that is not.
 *
 * @param mark how many accounts behind have another meaning, see {@link InstructionSpec}
 */
const withProofs =
  (first: string, proofs: readonly string[], mark: string = '+') =>
  (info: JsonObject): string => {
    const kept = proofs.filter((proof) => info[`${proof}InstructionOffset`] === 0);
    const names = kept.map((proof) => `${proof}ContextStateAccount${mark}`);
    const sysvar = kept.length < proofs.length ? [`instructionsSysvar${mark}`] : [];
    return [first, ...sysvar, ...names].join(' ');
  };

const offsets = (f: Fields, proofs: readonly string[]): JsonObject =>
  Object.fromEntries(proofs.map((proof) => [`${proof}InstructionOffset`, offset(f)]));

const WITHDRAW_PROOFS = ['equalityProof', 'rangeProof'];
const TRANSFER_PROOFS = ['equalityProof', 'ciphertextValidityProof', 'rangeProof'];
const FEE_PROOFS = [
  'equalityProof',
  'transferAmountCiphertextValidityProof',
  'feeSigmaProof',
  'feeCiphertextValidityProof',
  'rangeProof',
];

/** A new balance, two ciphertexts for the auditor that are not shown, and where the proofs are. */
const audited = (balance: string, proofs: readonly string[]): Read =>
  fixed((f) => {
    const shown = encrypted(f);
    f.take(2 * ELGAMAL_BYTES);
    return { [balance]: shown, ...offsets(f, proofs) };
  });

/** What a mint says of where something is: it is set with an authority, and changed. */
const pointer = (name: string, field: string): readonly InstructionSpec[] => [
  {
    type: `initialize${name}`,
    accounts: 'mint',
    read: fixed((f) => ({ ...maybe('authority', f.keyOrNone()), ...maybe(field, f.keyOrNone()) })),
  },
  {
    type: `update${name}`,
    accounts: 'mint',
    authority: AUTHORITY,
    read: fixed((f) => maybe(field, f.keyOrNone())),
  },
];

const ownersChoice = (type: string): InstructionSpec => ({ type, accounts: 'account', authority: OWNER });

function accountState(f: Fields): JsonObject {
  const state = ACCOUNT_STATES[f.u8()];
  if (state === undefined) throw new Unparsable('unknown state');
  return { accountState: state };
}

const transferFee = (f: Fields): JsonObject => ({ transferFeeBasisPoints: f.u16(), maximumFee: f.u64() });

const TRANSFER_FEE: readonly InstructionSpec[] = [
  {
    type: 'initializeTransferFeeConfig',
    accounts: 'mint',
    read(f) {
      const [config, withheld] = [f.option(f.key), f.option(f.key)];
      return {
        ...transferFee(f),
        ...maybe('transferFeeConfigAuthority', config),
        ...maybe('withdrawWithheldAuthority', withheld),
      };
    },
  },
  {
    type: 'transferCheckedWithFee',
    accounts: 'source mint destination',
    authority: AUTHORITY,
    read(f) {
      const [amount, decimals] = [f.u64(), f.u8()];
      return { tokenAmount: tokenAmount(amount, decimals), feeAmount: tokenAmount(f.u64(), decimals) };
    },
  },
  { type: 'withdrawWithheldTokensFromMint', accounts: 'mint feeRecipient', authority: WITHHELD_AUTHORITY },
  {
    type: 'withdrawWithheldTokensFromAccounts',
    accounts: 'mint feeRecipient',
    authority: WITHHELD_AUTHORITY,
    counted: 'sourceAccounts',
  },
  { type: 'harvestWithheldTokensToMint', accounts: 'mint', list: 'sourceAccounts' },
  { type: 'setTransferFee', accounts: 'mint', authority: FEE_AUTHORITY, read: transferFee },
];

const CONFIDENTIAL_TRANSFER: readonly InstructionSpec[] = [
  {
    type: 'initializeConfidentialTransferMint',
    accounts: 'mint',
    read: fixed((f) => {
      const authority = f.keyOrNone();
      return {
        autoApproveNewAccounts: truth(f),
        auditorElGamalPubkey: elgamalKey(f),
        ...maybe('authority', authority),
      };
    }),
  },
  {
    type: 'updateConfidentialTransferMint',
    accounts: 'mint confidentialTransferMintAuthority',
    read: fixed((f) => ({ autoApproveNewAccounts: truth(f), auditorElGamalPubkey: elgamalKey(f) })),
  },
  {
    type: 'configureConfidentialTransferAccount',
    accounts: (info) => `account mint ${proofAccount(info)}`,
    authority: OWNER,
    read: fixed((f) => ({
      decryptableZeroBalance: encrypted(f),
      maximumPendingBalanceCreditCounter: f.u64(),
      proofInstructionOffset: offset(f),
    })),
  },
  {
    type: 'approveConfidentialTransferAccount',
    accounts: 'account mint confidentialTransferAuditorAuthority',
  },
  {
    type: 'emptyConfidentialTransferAccount',
    accounts: (info) => `account ${proofAccount(info)}`,
    authority: OWNER,
    read: fixed((f) => ({ proofInstructionOffset: offset(f) })),
  },
  {
    type: 'depositConfidentialTransfer',
    accounts: 'account mint',
    authority: OWNER,
    read: fixed((f) => ({ amount: f.u64(), decimals: f.u8() })),
  },
  {
    type: 'withdrawConfidentialTransfer',
    accounts: withProofs('account mint', WITHDRAW_PROOFS),
    least: 4,
    authority: OWNER,
    read: fixed((f) => ({
      amount: f.u64(),
      decimals: f.u8(),
      newDecryptableAvailableBalance: encrypted(f),
      ...offsets(f, WITHDRAW_PROOFS),
    })),
  },
  {
    type: 'confidentialTransfer',
    accounts: withProofs('source mint destination', TRANSFER_PROOFS),
    authority: OWNER,
    read: audited('newSourceDecryptableAvailableBalance', TRANSFER_PROOFS),
  },
  {
    type: 'applyPendingConfidentialTransferBalance',
    accounts: 'account',
    authority: OWNER,
    read: fixed((f) => ({
      expectedPendingBalanceCreditCounter: f.u64(),
      newDecryptableAvailableBalance: encrypted(f),
    })),
  },
  ownersChoice('enableConfidentialTransferConfidentialCredits'),
  ownersChoice('disableConfidentialTransferConfidentialCredits'),
  ownersChoice('enableConfidentialTransferNonConfidentialCredits'),
  ownersChoice('disableConfidentialTransferNonConfidentialCredits'),
  {
    type: 'confidentialTransferWithFee',
    accounts: withProofs('source mint destination', FEE_PROOFS),
    authority: OWNER,
    read: audited('newSourceDecryptableAvailableBalance', FEE_PROOFS),
  },
  { type: 'configureConfidentialAccountWithRegistry', accounts: 'account mint registry' },
];

const CONFIDENTIAL_TRANSFER_FEE: readonly InstructionSpec[] = [
  {
    type: 'initializeConfidentialTransferFeeConfig',
    accounts: 'mint',
    read: fixed((f) => {
      const authority = f.keyOrNone();
      return {
        withdrawWithheldAuthorityElGamalPubkey: base64(f, ELGAMAL_KEY_BYTES),
        ...maybe('authority', authority),
      };
    }),
  },
  {
    type: 'withdrawWithheldConfidentialTransferTokensFromMint',
    accounts: (info) => `mint feeRecipient ${proofAccount(info)}`,
    authority: WITHHELD_AUTHORITY,
    read: fixed((f) => ({
      proofInstructionOffset: offset(f),
      newDecryptableAvailableBalance: encrypted(f),
    })),
  },
  {
    type: 'withdrawWithheldConfidentialTransferTokensFromAccounts',
    accounts: (info) => `mint feeRecipient ${proofAccount(info)}`,
    authority: WITHHELD_AUTHORITY,
    counted: 'sourceAccounts',
    read: fixed((f) => ({
      proofInstructionOffset: offset(f),
      newDecryptableAvailableBalance: encrypted(f),
    })),
  },
  { type: 'harvestWithheldConfidentialTransferTokensToMint', accounts: 'mint', list: 'sourceAccounts' },
  ownersChoice('enableConfidentialTransferFeeHarvestToMint'),
  ownersChoice('disableConfidentialTransferFeeHarvestToMint'),
];

const CONFIDENTIAL_MINT_BURN: readonly InstructionSpec[] = [
  {
    type: 'initializeConfidentialMintBurnMint',
    accounts: 'mint',
    read: fixed((f) => ({
      supplyElGamalPubkey: base64(f, ELGAMAL_KEY_BYTES),
      decryptableSupply: encrypted(f),
    })),
  },
  {
    type: 'rotateConfidentialMintBurnSupplyElGamalPubkey',
    accounts: (info) => `mint ${proofAccount(info)}`,
    authority: OWNER,
    read: fixed((f) => ({
      newSupplyElGamalPubkey: base64(f, ELGAMAL_KEY_BYTES),
      proofInstructionOffset: offset(f),
    })),
  },
  {
    type: 'updateConfidentialMintBurnDecryptableSupply',
    accounts: 'mint',
    authority: OWNER,
    read: fixed((f) => ({ newDecryptableSupply: encrypted(f) })),
  },
  {
    type: 'confidentialMint',
    accounts: withProofs('destination mint', TRANSFER_PROOFS),
    authority: OWNER,
    read: audited('newDecryptableSupply', TRANSFER_PROOFS),
  },
  {
    type: 'confidentialBurn',
    accounts: withProofs('destination mint', TRANSFER_PROOFS),
    authority: OWNER,
    read: audited('newDecryptableAvailableBalance', TRANSFER_PROOFS),
  },
  { type: 'applyPendingBurn', accounts: 'mint', authority: OWNER },
];

const PERMISSIONED_BURN: readonly InstructionSpec[] = [
  {
    type: 'initializePermissionedBurnConfig',
    accounts: 'mint',
    read: fixed((f) => ({ authority: f.key() })),
  },
  {
    type: 'permissionedBurn',
    accounts: 'account mint permissionedBurnAuthority',
    authority: AUTHORITY,
    read: fixed((f) => ({ amount: f.u64().toString() })),
  },
  {
    type: 'permissionedBurnChecked',
    accounts: 'account mint permissionedBurnAuthority',
    authority: AUTHORITY,
    read: fixed((f) => ({ tokenAmount: tokenAmount(f.u64(), f.u8()) })),
  },
  {
    type: 'permissionedConfidentialBurn',
    accounts: (info) =>
      `${withProofs('account mint', TRANSFER_PROOFS, '++')(info)} permissionedBurnAuthority+`,
    least: 4,
    authority: AUTHORITY,
    read: audited('newDecryptableAvailableBalance', TRANSFER_PROOFS),
  },
];

/** Instructions of Token-2022's extensions: by the extension's tag, then by their own. */
export const TOKEN_EXTENSION_INSTRUCTIONS: Readonly<Record<number, readonly InstructionSpec[]>> = {
  26: TRANSFER_FEE,
  27: CONFIDENTIAL_TRANSFER,
  28: [
    { type: 'initializeDefaultAccountState', accounts: 'mint', read: accountState },
    {
      type: 'updateDefaultAccountState',
      accounts: 'mint',
      authority: FREEZE_AUTHORITY,
      read: accountState,
    },
  ],
  30: [ownersChoice('enableRequiredMemoTransfers'), ownersChoice('disableRequiredMemoTransfers')],
  33: [
    {
      type: 'initializeInterestBearingConfig',
      accounts: 'mint',
      read: fixed((f) => ({ rateAuthority: f.keyOrNone(), rate: f.i16() })),
    },
    {
      type: 'updateInterestBearingConfigRate',
      accounts: 'mint',
      authority: RATE_AUTHORITY,
      read: fixed((f) => ({ newRate: f.i16() })),
    },
  ],
  34: [ownersChoice('enableCpiGuard'), ownersChoice('disableCpiGuard')],
  36: pointer('TransferHook', 'programId'),
  37: CONFIDENTIAL_TRANSFER_FEE,
  39: pointer('MetadataPointer', 'metadataAddress'),
  40: pointer('GroupPointer', 'groupAddress'),
  41: pointer('GroupMemberPointer', 'memberAddress'),
  42: CONFIDENTIAL_MINT_BURN,
  43: [
    {
      type: 'initializeScaledUiAmountConfig',
      accounts: 'mint',
      read: fixed((f) => ({ authority: f.keyOrNone(), multiplier: floatText(f.f64()) })),
    },
    {
      type: 'updateMultiplier',
      accounts: 'mint',
      authority: AUTHORITY,
      read: fixed((f) => ({ newMultiplier: floatText(f.f64()), newMultiplierTimestamp: f.i64() })),
    },
  ],
  44: [
    {
      type: 'initializePausableConfig',
      accounts: 'mint',
      read: fixed((f) => ({ authority: f.keyOrNone() })),
    },
    { type: 'pause', accounts: 'mint', authority: AUTHORITY },
    { type: 'resume', accounts: 'mint', authority: AUTHORITY },
  ],
  46: PERMISSIONED_BURN,
};

const METADATA_FIELDS = ['name', 'symbol', 'uri'] as const;

function metadataField(f: Fields): string {
  const kind = f.u8();
  if (kind > METADATA_FIELDS.length) throw new Unparsable('unknown field');
  return METADATA_FIELDS[kind] ?? f.shortText();
}

const METADATA = 'metadata updateAuthority';
const GROUP = 'group updateAuthority';

/** Instructions of the interfaces for metadata and groups, by the eight bytes at their begin, in hex. */
const INTERFACE_INSTRUCTIONS: Readonly<Record<string, InstructionSpec>> = {
  '0x79716c2736330004': {
    type: 'initializeTokenGroup',
    accounts: 'group mint mintAuthority',
    read: fixed((f) => ({ updateAuthority: f.keyOrNone(), maxSize: f.u64() })),
  },
  '0x6c25ab8ff81e126e': {
    type: 'updateTokenGroupMaxSize',
    accounts: GROUP,
    read: fixed((f) => ({ maxSize: f.u64() })),
  },
  '0xa1695801edddd8cb': {
    type: 'updateTokenGroupAuthority',
    accounts: GROUP,
    read: fixed((f) => ({ newAuthority: f.keyOrNone() })),
  },
  '0x9820deb0dfed7486': {
    type: 'initializeTokenGroupMember',
    accounts: 'member memberMint memberMintAuthority group groupUpdateAuthority',
    read: fixed(() => ({})),
  },
  '0xd2e11ea258b84d8d': {
    type: 'initializeTokenMetadata',
    accounts: `${METADATA} mint mintAuthority`,
    read: fixed((f) => ({ name: f.shortText(), symbol: f.shortText(), uri: f.shortText() })),
  },
  '0xdde9312db5cadcc8': {
    type: 'updateTokenMetadataField',
    accounts: METADATA,
    read: fixed((f) => ({ field: metadataField(f), value: f.shortText() })),
  },
  '0xea122038598d25b5': {
    type: 'removeTokenMetadataKey',
    accounts: METADATA,
    read: fixed((f) => ({ idempotent: f.flag(), key: f.shortText() })),
  },
  '0xd7e4a6e45464567b': {
    type: 'updateTokenMetadataAuthority',
    accounts: METADATA,
    read: fixed((f) => ({ newAuthority: f.keyOrNone() })),
  },
  '0xfaa6b4fa0d0cb846': {
    type: 'emitTokenMetadata',
    accounts: 'metadata',
    read: fixed((f) => ({ ...maybe('start', f.option(f.u64)), ...maybe('end', f.option(f.u64)) })),
  },
};

/** The instruction of an interface that begins with these eight bytes. */
export const interfaceInstruction = (discriminator: Bytes): InstructionSpec | undefined =>
  INTERFACE_INSTRUCTIONS[bytesToHex(discriminator)];
