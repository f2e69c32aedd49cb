import { type Bytes, bytesToBase64, equalBytes } from '@ninefold/base';
import { addressBytes, toBase58 } from '@ninefold/vm-svm';
import type { ParsingContext } from './accounts.ts';
import { type Fields, type Json, type JsonObject, readFields, tryParse, Unparsable } from './fields.ts';
import { tokenAmount } from './token-amount.ts';
import { EXTENSION_NAMES } from './token-instructions.ts';

export const TOKEN_ACCOUNT_BYTES = 165;
const MINT_BYTES = 82;
const MULTISIG_BYTES = 355;
const MULTISIG_SIGNERS = 11;

/** Behind the longer of the two kinds one byte says which it is; extensions follow. */
const KIND = { mint: 1, account: 2 } as const;
const EXTENSIONS_START: number = TOKEN_ACCOUNT_BYTES + 1;

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
      if (data.length < EXTENSIONS_START) return undefined;
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

function account(f: Fields, { decimalsOf }: ParsingContext): JsonObject {
  const mintAddress = f.key();
  const owner = f.key();
  const amount = f.u64();
  const delegate = f.wideOption(f.key);
  const state = STATES[f.u8()];
  const reserve = f.wideOption(f.u64);
  const delegated = f.u64();
  const closeAuthority = f.wideOption(f.key);
  const decimals = decimalsOf(mintAddress);
  // Amounts mean nothing without their mint.
  if (state === undefined || state === 'uninitialized' || decimals === undefined)
    throw new Unparsable('uninitialized');
  return {
    mint: mintAddress,
    owner,
    tokenAmount: tokenAmount(amount, decimals),
    ...(delegate !== null && { delegate }),
    state,
    isNative: reserve !== null,
    ...(reserve !== null && { rentExemptReserve: tokenAmount(reserve, decimals) }),
    ...(delegate !== null && { delegatedAmount: tokenAmount(delegated, decimals) }),
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
    autoApproveNewAccounts: f.flag(),
    auditorElgamalPubkey: elgamalKey(f),
  }),
  defaultAccountState: (f) => ({ accountState: STATES[f.u8()] ?? 'uninitialized' }),
  memoTransfer: (f) => ({ requireIncomingTransferMemos: f.flag() }),
  interestBearingConfig: (f) => ({
    rateAuthority: f.keyOrNone(),
    initializationTimestamp: f.i64(),
    preUpdateAverageRate: f.i16(),
    lastUpdateTimestamp: f.i64(),
    currentRate: f.i16(),
  }),
  cpiGuard: (f) => ({ lockCpi: f.flag() }),
  permanentDelegate: (f) => ({ delegate: f.keyOrNone() }),
  transferHook: (f) => ({ authority: f.keyOrNone(), programId: f.keyOrNone() }),
  transferHookAccount: (f) => ({ transferring: f.flag() }),
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
      multiplier: multiplier.toString(),
      newMultiplierEffectiveTimestamp,
      newMultiplier: f.f64().toString(),
    };
  },
  pausableConfig: (f) => ({ authority: f.keyOrNone(), paused: f.flag() }),
};

const STATELESS: readonly string[] = [
  'uninitialized',
  'immutableOwner',
  'nonTransferable',
  'nonTransferableAccount',
  'pausableAccount',
];

const MAX_METADATA_FIELDS = 1000;
const ELGAMAL_KEY_BYTES = 32;
const NO_KEY = toBase58(new Uint8Array(ELGAMAL_KEY_BYTES));

/** Keys for ElGamal are shown in base64; zeros are none. */
function elgamalKey(f: Fields): string | null {
  const key = f.take(ELGAMAL_KEY_BYTES);
  return toBase58(key) === NO_KEY ? null : bytesToBase64(key);
}

/** Type, length and value of each extension behind the account. */
function extensions(data: Bytes): JsonObject {
  if (data.length <= EXTENSIONS_START) return {};
  const f = readFields(data, EXTENSIONS_START);
  const found: Json[] = [];
  for (let at = EXTENSIONS_START; at + 4 <= data.length;) {
    const [type, length] = [f.u16(), f.u16()];
    if (type === 0) break;
    const value = f.take(length);
    at += 4 + length;
    found.push(extension(EXTENSION_NAMES[type], value));
  }
  return { extensions: found };
}

function extension(name: string | undefined, value: Bytes): Json {
  if (name !== undefined && STATELESS.includes(name)) return { extension: name };
  const read = name === undefined ? undefined : EXTENSIONS[name];
  const state = read === undefined ? undefined : tryParse(() => read(readFields(value)));
  if (name === undefined || state === undefined) return { extension: 'unparseableExtension' };
  return { extension: name, state };
}
