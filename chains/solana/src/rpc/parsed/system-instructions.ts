import type { Fields } from './fields.ts';
import type { InstructionTable } from './instruction-spec.ts';

const u32 = (fields: Fields): number => fields.u32();

/** The system program's. */
export const SYSTEM_INSTRUCTIONS: InstructionTable = {
  program: 'system',
  tag: u32,
  specs: {
    0: {
      type: 'createAccount',
      accounts: 'source newAccount',
      read: (f) => ({ lamports: f.u64(), space: f.u64(), owner: f.key() }),
    },
    1: { type: 'assign', accounts: 'account', read: (f) => ({ owner: f.key() }) },
    2: { type: 'transfer', accounts: 'source destination', read: (f) => ({ lamports: f.u64() }) },
    3: {
      type: 'createAccountWithSeed',
      accounts: 'source newAccount',
      read: (f) => ({
        base: f.key(),
        seed: f.text(),
        lamports: f.u64(),
        space: f.u64(),
        owner: f.key(),
      }),
    },
    4: { type: 'advanceNonce', accounts: 'nonceAccount recentBlockhashesSysvar nonceAuthority' },
    5: {
      type: 'withdrawFromNonce',
      accounts: 'nonceAccount destination recentBlockhashesSysvar rentSysvar nonceAuthority',
      read: (f) => ({ lamports: f.u64() }),
    },
    6: {
      type: 'initializeNonce',
      accounts: 'nonceAccount recentBlockhashesSysvar rentSysvar',
      read: (f) => ({ nonceAuthority: f.key() }),
    },
    7: {
      type: 'authorizeNonce',
      accounts: 'nonceAccount nonceAuthority',
      read: (f) => ({ newAuthorized: f.key() }),
    },
    8: { type: 'allocate', accounts: 'account', read: (f) => ({ space: f.u64() }) },
    9: {
      type: 'allocateWithSeed',
      accounts: 'account',
      least: 2,
      read: (f) => ({ base: f.key(), seed: f.text(), space: f.u64(), owner: f.key() }),
    },
    10: {
      type: 'assignWithSeed',
      accounts: 'account',
      least: 2,
      read: (f) => ({ base: f.key(), seed: f.text(), owner: f.key() }),
    },
    11: {
      type: 'transferWithSeed',
      accounts: 'source sourceBase destination',
      read: (f) => ({ lamports: f.u64(), sourceSeed: f.text(), sourceOwner: f.key() }),
    },
    12: { type: 'upgradeNonce', accounts: 'nonceAccount' },
    13: {
      type: 'createAccountAllowPrefund',
      accounts: 'newAccount source?',
      read(f) {
        const lamports = f.u64();
        const rest = { space: f.u64(), owner: f.key() };
        return lamports === 0n ? rest : { lamports, ...rest };
      },
    },
  },
};

/** The upgradeable loader's. */
export const LOADER_INSTRUCTIONS: InstructionTable = {
  program: 'bpf-upgradeable-loader',
  tag: u32,
  specs: {
    0: { type: 'initializeBuffer', accounts: 'account authority?' },
    1: {
      type: 'write',
      accounts: 'account authority',
      read: (f) => ({ offset: f.u32(), bytes: f.base64() }),
    },
    2: {
      type: 'deployWithMaxDataLen',
      accounts:
        'payerAccount programDataAccount programAccount bufferAccount rentSysvar clockSysvar systemProgram authority',
      read: (f) => ({ maxDataLen: f.u64() }),
    },
    3: {
      type: 'upgrade',
      accounts:
        'programDataAccount programAccount bufferAccount spillAccount rentSysvar clockSysvar authority',
    },
    4: { type: 'setAuthority', accounts: 'account authority newAuthority~' },
    5: { type: 'close', accounts: 'account recipient authority programAccount~' },
    6: {
      type: 'extendProgram',
      accounts: 'programDataAccount programAccount systemProgram~ payerAccount~',
      read: (f) => ({ additionalBytes: f.u32() }),
    },
    7: { type: 'setAuthorityChecked', accounts: 'account authority newAuthority' },
    9: {
      type: 'extendProgramChecked',
      accounts: 'programDataAccount programAccount authority systemProgram~ payerAccount~',
      read: (f) => ({ additionalBytes: f.u32() }),
    },
  },
};

/** Of address lookup tables. */
export const LOOKUP_TABLE_INSTRUCTIONS: InstructionTable = {
  program: 'address-lookup-table',
  tag: u32,
  specs: {
    0: {
      type: 'createLookupTable',
      accounts: 'lookupTableAccount lookupTableAuthority payerAccount systemProgram',
      read: (f) => ({ recentSlot: f.u64(), bumpSeed: f.u8() }),
    },
    1: { type: 'freezeLookupTable', accounts: 'lookupTableAccount lookupTableAuthority' },
    2: {
      type: 'extendLookupTable',
      accounts: 'lookupTableAccount lookupTableAuthority payerAccount? systemProgram?',
      read: (f) => ({ newAddresses: f.list(f.key) }),
    },
    3: { type: 'deactivateLookupTable', accounts: 'lookupTableAccount lookupTableAuthority' },
    4: { type: 'closeLookupTable', accounts: 'lookupTableAccount lookupTableAuthority recipient' },
  },
};
