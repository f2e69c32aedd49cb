import { type Bytes, bytesToBase64, equalBytes } from '@ninefold/base';
import { addressBytes } from '@ninefold/vm-svm';
import type { ParsingContext } from './accounts.ts';
import {
  type Fields,
  floatText,
  type Json,
  type JsonObject,
  readFields,
  tryParse,
  Unparsable,
} from './fields.ts';
import { tokenAmount } from './token-amount.ts';
import { elgamalKey } from './token-extension-instructions.ts';
import { EXTENSION_NAMES, extensionsOf, TOKEN_ACCOUNT_BYTES } from './token-extensions.ts';

const MINT_BYTES = 82;
const MULTISIG_BYTES = 355;
const MULTISIG_SIGNERS = 11;

/** Behind the longer of the two kinds one byte says which it is; extensions follow. */
const KIND = { mint: 1, account: 2 } as const;

const TOKEN_PROGRAMS: readonly Bytes[] = [
  'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA',
  'TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb',
].map(addressBytes);

/** Whether an address is SPL Token's or Token-2022's. */
export const isTokenProgram = (address: Bytes): boolean =>
  TOKEN_PROGRAMS.some((program) => equalBytes(program, address));

const STATES = ['uninitialized', 'initialized', 'frozen'] as const;

/** Which of SPL Token's accounts data is, by its length and the byte behind. */
export function tokenKind(data: Bytes): 'mint' | 'account' | 'multisig' | undefined {
  switch (data.length) {
    case MINT_BYTES:
      return 'mint';
    case TOKEN_ACCOUNT_BYTES:
      return 'account';
    case MULTISIG_BYTES:
      return 'multisig';
    default:
      if (data.length <= TOKEN_ACCOUNT_BYTES) return undefined;
      if (data[TOKEN_ACCOUNT_BYTES] === KIND.mint) return 'mint';
      return data[TOKEN_ACCOUNT_BYTES] === KIND.account ? 'account' : undefined;
  }
}

/** A mint, a token account or a multisig of either token program. */
export function parseTokenAccount(data: Bytes, context: ParsingContext): Json {
  switch (tokenKind(data)) {
    case 'mint':
      return { type: 'mint', info: { ...mint(readFields(data)), ...extensions(data) } };
    case 'account':
      return { type: 'account', info: { ...account(readFields(data), context), ...extensions(data) } };
    case 'multisig':
      return { type: 'multisig', info: multisig(readFields(data)) };
    default:
      throw new Unparsable('no token account');
  }
}

function mint(f: Fields): JsonObject {
  const mintAuthority = f.wideOption(f.key);
  const supply = f.u64().toString();
  const decimals = f.u8();
  const isInitialized = f.flag();
  if (!isInitialized) throw new Unparsable('uninitialized');
  return { mintAuthority, supply, decimals, isInitialized, freezeAuthority: f.wideOption(f.key) };
}

function account(f: Fields, { unitOf }: ParsingContext): JsonObject {
  const mintAddress = f.key();
  const owner = f.key();
  const amount = f.u64();
  const delegate = f.wideOption(f.key);
  const state = STATES[f.u8()];
  const reserve = f.wideOption(f.u64);
  const delegated = f.u64();
  const closeAuthority = f.wideOption(f.key);
  const unit = unitOf(mintAddress);
  // Amounts mean nothing without their mint.
  if (state === undefined || state === 'uninitialized' || unit === undefined)
    throw new Unparsable('uninitialized');
  return {
    mint: mintAddress,
    owner,
    tokenAmount: tokenAmount(amount, unit),
    ...(delegate !== null && { delegate }),
    state,
    isNative: reserve !== null,
    ...(reserve !== null && { rentExemptReserve: tokenAmount(reserve, unit) }),
    ...(delegate !== null && { delegatedAmount: tokenAmount(delegated, unit) }),
    ...(closeAuthority !== null && { closeAuthority }),
  };
}

function multisig(f: Fields): JsonObject {
  const [numRequiredSigners, numValidSigners] = [f.u8(), f.u8()];
  const isInitialized = f.flag();
  const signers = Array.from({ length: MULTISIG_SIGNERS }, f.keyOrNone);
  return {
    numRequiredSigners,
    numValidSigners,
    isInitialized,
    signers: signers.filter((signer) => signer !== null),
  };
}

const truth = (f: Fields): boolean => f.u8() !== 0;
const ciphertext = (f: Fields): string => bytesToBase64(f.take(CIPHERTEXT_BYTES));
const decryptable = (f: Fields): string => bytesToBase64(f.take(DECRYPTABLE_BYTES));
/** A key that there is in any case. */
const publicKey = (f: Fields): string => bytesToBase64(f.take(32));

const transferFee = (f: Fields): JsonObject => ({
  epoch: f.u64(),
  maximumFee: f.u64(),
  transferFeeBasisPoints: f.u16(),
});

const pointer =
  (name: string) =>
  (f: Fields): JsonObject => ({ authority: f.keyOrNone(), [name]: f.keyOrNone() });

/** States of the extensions, by name; those without a state are a name alone. */
const EXTENSIONS: Readonly<Record<string, (f: Fields) => JsonObject>> = {
  transferFeeConfig: (f) => ({
    transferFeeConfigAuthority: f.keyOrNone(),
    withdrawWithheldAuthority: f.keyOrNone(),
    withheldAmount: f.u64(),
    olderTransferFee: transferFee(f),
    newerTransferFee: transferFee(f),
  }),
  transferFeeAmount: (f) => ({ withheldAmount: f.u64() }),
  mintCloseAuthority: (f) => ({ closeAuthority: f.keyOrNone() }),
  confidentialTransferMint: (f) => ({
    authority: f.keyOrNone(),
    autoApproveNewAccounts: truth(f),
    auditorElgamalPubkey: elgamalKey(f),
  }),
  defaultAccountState: (f) => ({ accountState: STATES[f.u8()] ?? 'uninitialized' }),
  memoTransfer: (f) => ({ requireIncomingTransferMemos: truth(f) }),
  interestBearingConfig: (f) => ({
    rateAuthority: f.keyOrNone(),
    initializationTimestamp: f.i64(),
    preUpdateAverageRate: f.i16(),
    lastUpdateTimestamp: f.i64(),
    currentRate: f.i16(),
  }),
  cpiGuard: (f) => ({ lockCpi: truth(f) }),
  permanentDelegate: (f) => ({ delegate: f.keyOrNone() }),
  transferHook: (f) => ({ authority: f.keyOrNone(), programId: f.keyOrNone() }),
  transferHookAccount: (f) => ({ transferring: truth(f) }),
  metadataPointer: pointer('metadataAddress'),
  groupPointer: pointer('groupAddress'),
  groupMemberPointer: pointer('memberAddress'),
  tokenMetadata(f) {
    const [updateAuthority, mintAddress] = [f.keyOrNone(), f.key()];
    const [name, symbol, uri] = [f.shortText(), f.shortText(), f.shortText()];
    const count = f.u32();
    if (count > MAX_METADATA_FIELDS) throw new Unparsable('too many fields');
    const additionalMetadata = Array.from({ length: count }, () => [f.shortText(), f.shortText()]);
    return { updateAuthority, mint: mintAddress, name, symbol, uri, additionalMetadata };
  },
  tokenGroup: (f) => ({
    updateAuthority: f.keyOrNone(),
    mint: f.key(),
    size: f.u64(),
    maxSize: f.u64(),
  }),
  tokenGroupMember: (f) => ({ mint: f.key(), group: f.key(), memberNumber: f.u64() }),
  scaledUiAmountConfig(f) {
    const authority = f.keyOrNone();
    const multiplier = f.f64();
    const newMultiplierEffectiveTimestamp = f.i64();
    return {
      authority,
      multiplier: floatText(multiplier),
      newMultiplierEffectiveTimestamp,
      newMultiplier: floatText(f.f64()),
    };
  },
  confidentialTransferAccount: (f) => ({
    approved: truth(f),
    elgamalPubkey: publicKey(f),
    pendingBalanceLo: ciphertext(f),
    pendingBalanceHi: ciphertext(f),
    availableBalance: ciphertext(f),
    decryptableAvailableBalance: decryptable(f),
    allowConfidentialCredits: truth(f),
    allowNonConfidentialCredits: truth(f),
    pendingBalanceCreditCounter: f.u64(),
    maximumPendingBalanceCreditCounter: f.u64(),
    expectedPendingBalanceCreditCounter: f.u64(),
    actualPendingBalanceCreditCounter: f.u64(),
  }),
  confidentialTransferFeeConfig: (f) => ({
    authority: f.keyOrNone(),
    withdrawWithheldAuthorityElgamalPubkey: publicKey(f),
    harvestToMintEnabled: truth(f),
    withheldAmount: ciphertext(f),
  }),
  confidentialTransferFeeAmount: (f) => ({ withheldAmount: ciphertext(f) }),
  confidentialMintBurn: (f) => ({
    confidentialSupply: ciphertext(f),
    decryptableSupply: decryptable(f),
    supplyElgamalPubkey: publicKey(f),
    pendingBurn: ciphertext(f),
  }),
  permissionedBurnConfig: (f) => ({ authority: f.keyOrNone() }),
  pausableConfig: (f) => ({ authority: f.keyOrNone(), paused: truth(f) }),
};

const STATELESS: readonly string[] = [
  'uninitialized',
  'immutableOwner',
  'nonTransferable',
  'nonTransferableAccount',
  'pausableAccount',
];

/** The only extension whose length is its own. */
const VARIABLE = 'tokenMetadata';
const MAX_METADATA_FIELDS = 1000;
const CIPHERTEXT_BYTES = 64;
const DECRYPTABLE_BYTES = 36;

/** Each extension behind the account, by name. */
function extensions(data: Bytes): JsonObject {
  const found = extensionsOf(data).map(({ type, value }) =>
    extension(EXTENSION_NAMES[type] as string, value),
  );
  return found.length === 0 ? {} : { extensions: found };
}

function extension(name: string, value: Bytes): Json {
  if (STATELESS.includes(name)) return { extension: name };
  const state = tryParse(() => {
    const f = readFields(value);
    const fields = EXTENSIONS[name]?.(f);
    if (fields === undefined || (f.rest().length > 0 && name !== VARIABLE)) throw new Unparsable('too long');
    return fields;
  });
  return state === undefined ? { extension: 'unparseableExtension' } : { extension: name, state };
}
