import { bytesToUtf8 } from '@ninefold/base';
import { type Fields, type Json, type JsonObject, Unparsable } from './fields.ts';
import type { InstructionSpec, InstructionTable } from './instructions.ts';
import { tokenAmount } from './token-amount.ts';

const AUTHORITY_TYPES: readonly (readonly [name: string, owned: 'mint' | 'account'])[] = [
  ['mintTokens', 'mint'],
  ['freezeAccount', 'mint'],
  ['accountOwner', 'account'],
  ['closeAccount', 'account'],
  ['transferFeeConfig', 'mint'],
  ['withheldWithdraw', 'mint'],
  ['closeMint', 'mint'],
  ['interestRate', 'mint'],
  ['permanentDelegate', 'mint'],
  ['confidentialTransferMint', 'mint'],
  ['transferHookProgramId', 'mint'],
  ['confidentialTransferFeeConfig', 'mint'],
  ['metadataPointer', 'mint'],
  ['groupPointer', 'mint'],
  ['groupMemberPointer', 'mint'],
  ['scaledUiAmount', 'mint'],
  ['pause', 'mint'],
];

/** Names of Token-2022's extensions, by number. */
export const EXTENSION_NAMES: readonly string[] = [
  'uninitialized',
  'transferFeeConfig',
  'transferFeeAmount',
  'mintCloseAuthority',
  'confidentialTransferMint',
  'confidentialTransferAccount',
  'defaultAccountState',
  'immutableOwner',
  'memoTransfer',
  'nonTransferable',
  'interestBearingConfig',
  'cpiGuard',
  'permanentDelegate',
  'nonTransferableAccount',
  'transferHook',
  'transferHookAccount',
  'confidentialTransferFeeConfig',
  'confidentialTransferFeeAmount',
  'metadataPointer',
  'tokenMetadata',
  'groupPointer',
  'tokenGroup',
  'groupMemberPointer',
  'tokenGroupMember',
  'confidentialMintBurn',
  'scaledUiAmountConfig',
  'pausableConfig',
  'pausableAccount',
];

const amount = (f: Fields): JsonObject => ({ amount: f.u64().toString() });
const checkedAmount = (f: Fields): JsonObject => ({ tokenAmount: tokenAmount(f.u64(), f.u8()) });

function mintInit(f: Fields): JsonObject {
  const info = { decimals: f.u8(), mintAuthority: f.key() };
  const freezeAuthority = f.option(f.key);
  return freezeAuthority === null ? info : { ...info, freezeAuthority };
}

function extensionTypes(f: Fields): readonly string[] {
  const rest = f.rest();
  if (rest.length % 2 !== 0) throw new Unparsable('half a type');
  return Array.from({ length: rest.length / 2 }, (_, i) => {
    const name = EXTENSION_NAMES[(rest[2 * i] as number) | ((rest[2 * i + 1] as number) << 8)];
    if (name === undefined) throw new Unparsable('unknown extension');
    return name;
  });
}

const OWNER = ['owner', 'multisigOwner'] as const;
const AUTHORITY = ['authority', 'multisigAuthority'] as const;
const MINT_AUTHORITY = ['mintAuthority', 'multisigMintAuthority'] as const;
const FREEZE_AUTHORITY = ['freezeAuthority', 'multisigFreezeAuthority'] as const;

/** Which account a change of authority is about follows from what authority it is. No tag is as high. */
const SET_AUTHORITY = 256;

function setAuthority(owned: 'mint' | 'account'): InstructionSpec {
  return {
    type: 'setAuthority',
    accounts: owned,
    authority: AUTHORITY,
    read(f) {
      const [authorityType] = AUTHORITY_TYPES[f.u8()] as (typeof AUTHORITY_TYPES)[number];
      return { authorityType, newAuthority: f.option(f.key) };
    },
  };
}

/** The token programs', Token-2022's own included where they are no extensions' instructions. */
export const TOKEN_INSTRUCTIONS: InstructionTable = {
  program: 'spl-token',
  tag(f) {
    const tag = f.u8();
    if (tag !== 6) return tag;
    const kind = AUTHORITY_TYPES[f.peek()];
    if (kind === undefined) throw new Unparsable('unknown authority');
    return kind[1] === 'mint' ? SET_AUTHORITY : SET_AUTHORITY + 1;
  },
  specs: {
    0: { type: 'initializeMint', accounts: 'mint rentSysvar', read: mintInit },
    1: { type: 'initializeAccount', accounts: 'account mint owner rentSysvar' },
    2: {
      type: 'initializeMultisig',
      accounts: 'multisig rentSysvar',
      least: 3,
      list: 'signers',
      read: (f) => ({ m: f.u8() }),
    },
    3: { type: 'transfer', accounts: 'source destination', authority: AUTHORITY, read: amount },
    4: { type: 'approve', accounts: 'source delegate', authority: OWNER, read: amount },
    5: { type: 'revoke', accounts: 'source', authority: OWNER },
    [SET_AUTHORITY]: setAuthority('mint'),
    [SET_AUTHORITY + 1]: setAuthority('account'),
    7: { type: 'mintTo', accounts: 'mint account', authority: MINT_AUTHORITY, read: amount },
    8: { type: 'burn', accounts: 'account mint', authority: AUTHORITY, read: amount },
    9: { type: 'closeAccount', accounts: 'account destination', authority: OWNER },
    10: { type: 'freezeAccount', accounts: 'account mint', authority: FREEZE_AUTHORITY },
    11: { type: 'thawAccount', accounts: 'account mint', authority: FREEZE_AUTHORITY },
    12: {
      type: 'transferChecked',
      accounts: 'source mint destination',
      authority: AUTHORITY,
      read: checkedAmount,
    },
    13: { type: 'approveChecked', accounts: 'source mint delegate', authority: OWNER, read: checkedAmount },
    14: { type: 'mintToChecked', accounts: 'mint account', authority: MINT_AUTHORITY, read: checkedAmount },
    15: { type: 'burnChecked', accounts: 'account mint', authority: AUTHORITY, read: checkedAmount },
    16: {
      type: 'initializeAccount2',
      accounts: 'account mint rentSysvar',
      read: (f) => ({ owner: f.key() }),
    },
    17: { type: 'syncNative', accounts: 'account' },
    18: { type: 'initializeAccount3', accounts: 'account mint', read: (f) => ({ owner: f.key() }) },
    19: {
      type: 'initializeMultisig2',
      accounts: 'multisig',
      least: 2,
      list: 'signers',
      read: (f) => ({ m: f.u8() }),
    },
    20: { type: 'initializeMint2', accounts: 'mint', read: mintInit },
    21: {
      type: 'getAccountDataSize',
      accounts: 'mint',
      read(f): { [key: string]: Json } {
        const types = extensionTypes(f);
        return types.length === 0 ? {} : { extensionTypes: types };
      },
    },
    22: { type: 'initializeImmutableOwner', accounts: 'account' },
    23: { type: 'amountToUiAmount', accounts: 'mint', read: amount },
    24: {
      type: 'uiAmountToAmount',
      accounts: 'mint',
      read: (f) => ({ uiAmount: bytesToUtf8(f.rest()) }),
    },
    25: {
      type: 'initializeMintCloseAuthority',
      accounts: 'mint',
      read: (f) => ({ newAuthority: f.option(f.key) }),
    },
    29: {
      type: 'reallocate',
      accounts: 'account payer systemProgram',
      authority: OWNER,
      read: (f) => ({ extensionTypes: extensionTypes(f) }),
    },
    31: { type: 'createNativeMint', accounts: 'payer nativeMint systemProgram' },
    32: { type: 'initializeNonTransferableMint', accounts: 'mint' },
    35: {
      type: 'initializePermanentDelegate',
      accounts: 'mint',
      read: (f) => ({ delegate: f.key() }),
    },
    38: { type: 'withdrawExcessLamports', accounts: 'source destination', authority: AUTHORITY },
  },
};

const ASSOCIATED = 'source account wallet mint systemProgram tokenProgram';

/** Associated token accounts'; no data is the first of them. */
export const ASSOCIATED_TOKEN_INSTRUCTIONS: InstructionTable = {
  program: 'spl-associated-token-account',
  tag: (f) => f.rest()[0] ?? 0,
  specs: {
    0: { type: 'create', accounts: ASSOCIATED },
    1: { type: 'createIdempotent', accounts: ASSOCIATED },
    2: {
      type: 'recoverNested',
      accounts: 'nestedSource nestedMint destination nestedOwner ownerMint wallet tokenProgram',
    },
  },
};
