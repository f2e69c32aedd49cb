import { type Fields, type Json, type JsonObject, Unparsable } from './fields.ts';
import type { InstructionTable } from './instruction-spec.ts';

const u32 = (fields: Fields): number => fields.u32();

function oneOf(names: readonly string[], fields: Fields): string {
  const name = names[fields.u32()];
  if (name === undefined) throw new Unparsable('unknown kind');
  return name;
}

const stakeRole = (fields: Fields): string => oneOf(['Staker', 'Withdrawer'], fields);

const REVENUES = ['InflationRewards', 'BlockRevenue'] as const;

/** What is there of an optional lockup. */
function lockup(fields: Fields, hasCustodian: boolean): JsonObject {
  const entries: [string, Json | null][] = [
    ['unixTimestamp', fields.option(fields.i64)],
    ['epoch', fields.option(fields.u64)],
  ];
  if (hasCustodian) entries.push(['custodian', fields.option(fields.key)]);
  return Object.fromEntries(entries.filter(([, value]) => value !== null));
}

/** The stake program's, which takes accounts with and without the sysvars it no longer needs. */
export const STAKE_INSTRUCTIONS: InstructionTable = {
  program: 'stake',
  tag: u32,
  specs: {
    0: {
      type: 'initialize',
      accounts: 'stakeAccount rentSysvar!',
      read: (f) => ({
        authorized: { staker: f.key(), withdrawer: f.key() },
        lockup: { unixTimestamp: f.i64(), epoch: f.u64(), custodian: f.key() },
      }),
    },
    1: {
      type: 'authorize',
      accounts: 'stakeAccount clockSysvar! authority custodian?',
      read: (f) => ({ newAuthority: f.key(), authorityType: stakeRole(f) }),
    },
    2: {
      type: 'delegate',
      accounts:
        'stakeAccount voteAccount clockSysvar! stakeHistorySysvar! stakeConfigAccount! stakeAuthority?',
      least: 3,
    },
    3: {
      type: 'split',
      accounts: 'stakeAccount newSplitAccount stakeAuthority?',
      read: (f) => ({ lamports: f.u64() }),
    },
    4: {
      type: 'withdraw',
      accounts: 'stakeAccount destination clockSysvar! stakeHistorySysvar! withdrawAuthority custodian?',
      read: (f) => ({ lamports: f.u64() }),
    },
    5: { type: 'deactivate', accounts: 'stakeAccount clockSysvar! stakeAuthority?', least: 2 },
    6: {
      type: 'setLockup',
      accounts: 'stakeAccount custodian',
      read: (f) => ({ lockup: lockup(f, true) }),
    },
    7: {
      type: 'merge',
      accounts: 'destination source clockSysvar! stakeHistorySysvar! stakeAuthority?',
      least: 3,
    },
    8: {
      type: 'authorizeWithSeed',
      accounts: 'stakeAccount authorityBase clockSysvar! custodian?',
      read: (f) => ({
        newAuthorized: f.key(),
        authorityType: stakeRole(f),
        authoritySeed: f.text(),
        authorityOwner: f.key(),
      }),
    },
    9: { type: 'initializeChecked', accounts: 'stakeAccount rentSysvar! staker withdrawer' },
    10: {
      type: 'authorizeChecked',
      accounts: 'stakeAccount clockSysvar! authority newAuthority custodian?',
      read: (f) => ({ authorityType: stakeRole(f) }),
    },
    11: {
      type: 'authorizeCheckedWithSeed',
      accounts: 'stakeAccount authorityBase clockSysvar! newAuthorized custodian?',
      read: (f) => ({
        authorityType: stakeRole(f),
        authoritySeed: f.text(),
        authorityOwner: f.key(),
      }),
    },
    12: {
      type: 'setLockupChecked',
      accounts: 'stakeAccount custodian',
      read: (f) => ({ lockup: lockup(f, false) }),
    },
    13: { type: 'getMinimumDelegation', accounts: 'stakeAccount?' },
    14: { type: 'deactivateDelinquent', accounts: 'stakeAccount voteAccount referenceVoteAccount' },
    16: {
      type: 'moveStake',
      accounts: 'source destination stakeAuthority',
      read: (f) => ({ lamports: f.u64() }),
    },
    17: {
      type: 'moveLamports',
      accounts: 'source destination stakeAuthority',
      read: (f) => ({ lamports: f.u64() }),
    },
  },
};

const BLS_KEY_BYTES = 48;
const BLS_PROOF_BYTES = 96;

/** Who is authorized: as a name, or as a key for BLS and the proof that it is possessed. */
function voteRole(f: Fields): Json {
  const role = oneOf(['Voter', 'Withdrawer', 'VoterWithBLS'], f);
  if (role !== 'VoterWithBLS') return role;
  const [key, proof] = [[...f.take(BLS_KEY_BYTES)], [...f.take(BLS_PROOF_BYTES)]];
  return { VoterWithBLS: { bls_pubkey: key, bls_proof_of_possession: proof } };
}

const vote = (f: Fields): JsonObject => ({
  slots: f.list(f.u64),
  hash: f.key(),
  timestamp: f.option(f.i64),
});

const voteState = (f: Fields): JsonObject => ({
  lockouts: f.list(() => ({ slot: f.u64(), confirmation_count: f.u32() })),
  root: f.option(f.u64),
  hash: f.key(),
  timestamp: f.option(f.i64),
});

const U64_MAX = 2n ** 64n - 1n;

/** LEB128. */
function varint(f: Fields): bigint {
  let value = 0n;
  for (let shift = 0n; shift < 64n; shift += 7n) {
    const byte = f.u8();
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  throw new Unparsable('no integer');
}

/** Slots as distances from the root on. */
function compactState(f: Fields): JsonObject {
  const root = f.u64();
  let slot = root === U64_MAX ? 0n : root;
  const lockouts = Array.from({ length: Math.min(Number(varint(f)), 65_535) }, () => {
    slot += varint(f);
    if (slot > U64_MAX) throw new Unparsable('no slot');
    return { slot, confirmation_count: f.u8() };
  });
  return {
    lockouts,
    root: root === U64_MAX ? null : root,
    hash: f.key(),
    timestamp: f.option(f.i64),
  };
}

const towerSync = (f: Fields): JsonObject => ({ ...compactState(f), blockId: f.key() });

const VOTING = 'voteAccount slotHashesSysvar clockSysvar voteAuthority';
const TOWER = 'voteAccount voteAuthority';

/** The vote program's. */
export const VOTE_INSTRUCTIONS: InstructionTable = {
  program: 'vote',
  tag: u32,
  specs: {
    0: {
      type: 'initialize',
      accounts: 'voteAccount rentSysvar clockSysvar node',
      read(f) {
        f.key();
        return { authorizedVoter: f.key(), authorizedWithdrawer: f.key(), commission: f.u8() };
      },
    },
    1: {
      type: 'authorize',
      accounts: 'voteAccount clockSysvar authority',
      read: (f) => ({ newAuthority: f.key(), authorityType: voteRole(f) }),
    },
    2: { type: 'vote', accounts: VOTING, read: (f) => ({ vote: vote(f) }) },
    3: {
      type: 'withdraw',
      accounts: 'voteAccount destination withdrawAuthority',
      read: (f) => ({ lamports: f.u64() }),
    },
    4: {
      type: 'updateValidatorIdentity',
      accounts: 'voteAccount newValidatorIdentity withdrawAuthority',
    },
    5: {
      type: 'updateCommission',
      accounts: 'voteAccount withdrawAuthority',
      read: (f) => ({ commission: f.u8() }),
    },
    6: { type: 'voteSwitch', accounts: VOTING, read: (f) => ({ vote: vote(f), hash: f.key() }) },
    7: {
      type: 'authorizeChecked',
      accounts: 'voteAccount clockSysvar authority newAuthority',
      read: (f) => ({ authorityType: voteRole(f) }),
    },
    8: { type: 'updatevotestate', accounts: TOWER, read: (f) => ({ voteStateUpdate: voteState(f) }) },
    9: {
      type: 'updatevotestateswitch',
      accounts: TOWER,
      read: (f) => ({ voteStateUpdate: voteState(f), hash: f.key() }),
    },
    10: {
      type: 'authorizeWithSeed',
      accounts: 'voteAccount clockSysvar authorityBaseKey',
      read: (f) => ({
        authorityType: voteRole(f),
        authorityOwner: f.key(),
        authoritySeed: f.text(),
        newAuthority: f.key(),
      }),
    },
    11: {
      type: 'authorizeCheckedWithSeed',
      accounts: 'voteAccount clockSysvar authorityBaseKey newAuthority',
      read: (f) => ({
        authorityType: voteRole(f),
        authorityOwner: f.key(),
        authoritySeed: f.text(),
      }),
    },
    12: {
      type: 'compactupdatevotestate',
      accounts: TOWER,
      read: (f) => ({ voteStateUpdate: compactState(f) }),
    },
    13: {
      type: 'compactupdatevotestateswitch',
      accounts: TOWER,
      read: (f) => ({ voteStateUpdate: compactState(f), hash: f.key() }),
    },
    14: { type: 'towersync', accounts: TOWER, read: (f) => ({ towerSync: towerSync(f) }) },
    15: {
      type: 'towersyncswitch',
      accounts: TOWER,
      read: (f) => ({ towerSync: towerSync(f), hash: f.key() }),
    },
    16: {
      type: 'initializeV2',
      accounts: 'voteAccount node',
      read(f) {
        f.key();
        const authorizedVoter = f.key();
        f.take(BLS_KEY_BYTES + BLS_PROOF_BYTES);
        return {
          authorizedVoter,
          authorizedWithdrawer: f.key(),
          inflationRewardsCommissionBps: f.u16(),
          inflationRewardsCollector: f.key(),
          blockRevenueCommissionBps: f.u16(),
          blockRevenueCollector: f.key(),
        };
      },
    },
    17: {
      type: 'updateCommissionCollector',
      accounts: 'voteAccount newCollector withdrawAuthority',
      read: (f) => ({ commissionKind: oneOf(REVENUES, f) }),
    },
    18: {
      type: 'updateCommissionBps',
      accounts: 'voteAccount withdrawAuthority',
      read: (f) => ({ commissionBps: f.u16(), commissionKind: oneOf(REVENUES, f) }),
    },
    19: {
      type: 'depositDelegatorRewards',
      accounts: 'voteAccount source',
      read: (f) => ({ deposit: f.u64() }),
    },
  },
};
