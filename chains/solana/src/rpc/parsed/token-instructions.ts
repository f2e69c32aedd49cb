import type { Bytes } from '@ninefold/base';
import { type Fields, type Json, type JsonObject, readFields, Unparsable, utf8 } from './fields.ts';
import { describe, type InstructionSpec, type InstructionTable } from './instruction-spec.ts';
import { tokenAmount } from './token-amount.ts';
import { EXTENSION_NAMES } from './token-extensions.ts';
import { interfaceInstruction, TOKEN_EXTENSION_INSTRUCTIONS } from './token-extension-instructions.ts';

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
  ['permissionedBurn', 'mint'],
];

/** Extensions that instructions call otherwise than accounts do. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  scaledUiAmountConfig: 'scaledUiAmount',
  pausableConfig: 'pausable',
  permissionedBurnConfig: 'permissionedBurn',
};

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
    return SHORT_NAMES[name] ?? name;
  });
}

const OWNER = ['owner', 'multisigOwner'] as const;
const AUTHORITY = ['authority', 'multisigAuthority'] as const;
const MINT_AUTHORITY = ['mintAuthority', 'multisigMintAuthority'] as const;
const FREEZE_AUTHORITY = ['freezeAuthority', 'multisigFreezeAuthority'] as const;

/** Which account a change of authority is about follows from what authority it is. */
function setAuthority(f: Fields): InstructionSpec {
  const kind = AUTHORITY_TYPES[f.u8()];
  if (kind === undefined) throw new Unparsable('unknown authority');
  const [authorityType, owned] = kind;
  return {
    type: 'setAuthority',
    accounts: owned,
    authority: AUTHORITY,
    read: () => ({ authorityType, newAuthority: f.option(f.key) }),
  };
}

const SET_AUTHORITY = 6;
const BATCH = 255;
/** Of the interfaces' instructions eight bytes say which they are. */
const DISCRIMINATOR_BYTES = 8;

const SPECS: Readonly<Record<number, InstructionSpec>> = {
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
    read: (f) => ({ uiAmount: utf8(f.rest()) }),
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
  45: {
    type: 'unwrapLamports',
    accounts: 'source destination',
    authority: AUTHORITY,
    read(f): { [key: string]: Json } {
      const lamports = f.option(f.u64);
      return lamports === null ? {} : { amount: lamports.toString() };
    },
  },
  [BATCH]: { type: 'batch', accounts: '', compose: batch },
};

/** The token programs', with those of Token-2022's extensions and of the interfaces it implements. */
export const TOKEN_INSTRUCTIONS: InstructionTable = {
  program: 'spl-token',
  find: findToken,
};

function findToken(f: Fields): InstructionSpec | undefined {
  const tag = f.u8();
  if (tag === SET_AUTHORITY) return setAuthority(f);
  const extension = TOKEN_EXTENSION_INSTRUCTIONS[tag];
  if (extension !== undefined) return extension[f.u8()];
  const spec = SPECS[tag];
  if (spec !== undefined) return spec;
  return interfaceInstruction(Uint8Array.of(tag, ...f.take(DISCRIMINATOR_BYTES - 1)));
}

/**
 * Instructions in one, each behind the number of its accounts and of its bytes; the accounts are one
 * after the other. There is no batch in a batch.
 */
function batch(f: Fields, accounts: readonly string[]): JsonObject {
  if (accounts.length === 0) throw new Unparsable('too few accounts');
  const instructions: Json[] = [];
  const data = f.rest();
  for (let at = 0, first = 0; at < data.length;) {
    const [count, length] = [data[at] as number, data[at + 1] ?? Infinity];
    const [end, last] = [at + 2 + length, first + count];
    if (end > data.length || last > accounts.length || data[at + 2] === BATCH)
      throw new Unparsable('no batch');
    instructions.push(tokenInstruction(data.subarray(at + 2, end), accounts.slice(first, last)));
    [at, first] = [end, last];
  }
  return { instructions };
}

function tokenInstruction(data: Bytes, accounts: readonly string[]): Json {
  const f = readFields(data);
  const spec = 'find' in TOKEN_INSTRUCTIONS ? TOKEN_INSTRUCTIONS.find(f) : undefined;
  if (spec === undefined) throw new Unparsable('unknown tag');
  return describe(spec, f, accounts);
}

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
