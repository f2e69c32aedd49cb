import { concatBytes, utf8ToBytes } from '@ninefold/base';
import { sha256 } from '@ninefold/crypto';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressBytes } from '../src/host/base58.ts';
import { MAX_LOCKOUT_HISTORY, VOTE_ERROR } from '../src/host/programs/tower.ts';
import { verifyProofOfPossession } from '../src/host/programs/vote-keys.ts';
import {
  decodeVoteState,
  encodeVoteState,
  newVoteState,
  VOTE_STATE_BYTES,
  type VoteState,
} from '../src/host/programs/vote-state.ts';
import { type AccountState, createSvm, type Instruction, type MessageOutcome } from '../src/run.ts';
import { PROGRAM, SYSVAR } from '../src/spec/addresses.ts';
import { ENVIRONMENT } from './support/call.ts';
import { account, key, meta, pack } from './support/world.ts';

const SLOT = 1000n;
const EPOCH = 3n;
const PRICE = 10n;
const rent = (length: number): bigint => (128n + BigInt(length)) * PRICE;

const VOTE = addressBytes(PROGRAM.vote);
const AT = key(40);
const NODE = key(1);
const VOTER = key(2);
const WITHDRAWER = key(3);
const OTHER = key(4);

/** Hashes of the newest hundred slots, newest first. */
const HASHES = Array.from({ length: 100 }, (_, i) => ({ slot: SLOT - 1n - BigInt(i), hash: key(i) }));
const hashOf = (slot: bigint): Uint8Array => HASHES.find((each) => each.slot === slot)!.hash;

function words(length: number, fields: Readonly<Record<number, bigint>>): Uint8Array {
  const bytes = new Uint8Array(length);
  for (const [at, value] of Object.entries(fields))
    new DataView(bytes.buffer).setBigUint64(Number(at), value, true);
  return bytes;
}

const RENT = concatBytes(pack(PRICE), new Uint8Array(new Float64Array([1]).buffer), Uint8Array.of(50));
const SYSVARS = new Map<string, Uint8Array>([
  [SYSVAR.clock, words(40, { 0: SLOT, 16: EPOCH, 24: EPOCH + 1n })],
  [SYSVAR.rent, RENT],
  [SYSVAR.epochSchedule, words(33, { 0: 1000n, 8: 1000n })],
  [SYSVAR.slotHashes, concatBytes(pack(100n), ...HASHES.flatMap(({ slot, hash }) => [pack(slot), hash]))],
]);

const before4 = new Set([...ENVIRONMENT.features].filter((name) => name !== 'vote_state_v4'));

const begun = (change: Partial<VoteState> = {}): VoteState => ({
  ...newVoteState(AT, { node: NODE, voter: VOTER, withdrawer: WITHDRAWER, commission: 5 }, EPOCH),
  ...change,
});

function stored(state: VoteState, version: 'v1' | 'v3' | 'v4' = 'v4', length = VOTE_STATE_BYTES): Uint8Array {
  const data = new Uint8Array(length);
  data.set(encodeVoteState(state, version));
  return data;
}

type Result = MessageOutcome & {
  readonly vote: AccountState;
  readonly to: AccountState;
  readonly reason: unknown;
};

const NAMES = ['vote', 'rent', 'clock', 'hashes', 'node', 'voter', 'withdrawer', 'other', 'to'] as const;
const KEYS = [
  AT,
  addressBytes(SYSVAR.rent),
  addressBytes(SYSVAR.clock),
  addressBytes(SYSVAR.slotHashes),
  NODE,
  VOTER,
  WITHDRAWER,
  OTHER,
  key(9),
];

type Setting = {
  readonly data?: Uint8Array;
  readonly lamports?: bigint;
  readonly owner?: Uint8Array;
  readonly features?: ReadonlySet<string>;
};

/** Executes one instruction; each word is an account and, behind a colon, its rights. */
function vote(names: string, data: Uint8Array, setting: Setting = {}): Result {
  const held = setting.data ?? stored(begun());
  const list = KEYS.map((at) => account(at, { lamports: 10n ** 9n }));
  list[0] = account(AT, {
    lamports: setting.lamports ?? rent(held.length),
    data: held,
    owner: setting.owner ?? VOTE,
  });
  const metas: Instruction['accounts'] = names.split(' ').map((word) => {
    const [name, rights] = word.split(':');
    return meta(NAMES.indexOf(name as (typeof NAMES)[number]), rights);
  });
  const self = account(VOTE, { lamports: 1n, owner: addressBytes(PROGRAM.nativeLoader), isExecutable: true });
  const outcome = createSvm({
    environment: { ...ENVIRONMENT, features: setting.features ?? ENVIRONMENT.features, sysvars: SYSVARS },
    programFile: () => undefined,
  }).run({
    accounts: [...list, self],
    instructions: [{ program: list.length, accounts: metas, data }],
    budget: 100_000,
  });
  return { ...outcome, vote: list[0], to: list[8]!, reason: outcome.error?.[1] };
}

const stateOf = ({ vote: { data } }: Result): VoteState => decodeVoteState(data, AT);
const custom = (name: keyof typeof VOTE_ERROR): unknown => ({ Custom: VOTE_ERROR[name] });

const init = (commission = 7): Uint8Array =>
  concatBytes(pack(0), NODE, VOTER, WITHDRAWER, Uint8Array.of(commission));
const INIT = 'vote:w rent clock node:s';
const empty = { data: new Uint8Array(VOTE_STATE_BYTES) };

describe('states', () => {
  const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
  const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  const states: fc.Arbitrary<VoteState> = fc
    .record({
      node: bytes32,
      withdrawer: bytes32,
      inflationCollector: bytes32,
      blockCollector: bytes32,
      inflationCommission: fc.nat(10_000),
      blockCommission: fc.nat(10_000),
      pendingRewards: u64,
      blsKey: fc.option(fc.uint8Array({ minLength: 48, maxLength: 48 }), { nil: undefined }),
      votes: fc.array(
        fc.record({ slot: u64, confirmations: fc.nat(31), latency: fc.nat(255) }, { noNullPrototype: true }),
        { maxLength: 31 },
      ),
      root: fc.option(u64, { nil: undefined }),
      voters: fc.uniqueArray(fc.tuple(u64, bytes32), { selector: ([epoch]) => epoch, maxLength: 4 }),
      credits: fc.array(fc.record({ epoch: u64, credits: u64, previous: u64 }, { noNullPrototype: true }), {
        maxLength: 64,
      }),
      timestamp: fc.record(
        { slot: u64, time: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) },
        { noNullPrototype: true },
      ),
    })
    .map((fields) => ({
      ...fields,
      voters: new Map(fields.voters.toSorted(([a], [b]) => (a < b ? -1 : 1))),
      priorVoters: begun().priorVoters,
    }));

  it('of version 4 come back as they were written', () => {
    fc.assert(
      fc.property(states, (state) => {
        expect(decodeVoteState(stored(state), AT)).toEqual(state);
      }),
    );
  });

  it('of older versions come back with what those keep', () => {
    fc.assert(
      fc.property(states, (state) => {
        const old = decodeVoteState(stored(state, 'v3'), AT);
        expect(old.inflationCommission).toBe((Math.floor(state.inflationCommission / 100) % 256) * 100);
        expect(old.blockCollector).toEqual(state.node);
        expect(old.inflationCollector).toEqual(AT);
        expect(old.votes).toEqual(state.votes);
        const oldest = decodeVoteState(stored(state, 'v1'), AT);
        expect(oldest.votes).toEqual(state.votes.map((each) => ({ ...each, latency: 0 })));
        expect(oldest.credits).toEqual(state.credits);
      }),
    );
  });

  it('are none or one, for any bytes', () => {
    fc.assert(
      fc.property(fc.constantFrom(0, 1, 2, 3, 4), fc.uint8Array({ maxLength: 300 }), (tag, rest) => {
        const { reason } = vote('vote:w withdrawer:s', concatBytes(pack(5), Uint8Array.of(1)), {
          data: concatBytes(pack(tag), rest),
        });
        expect([
          'InvalidAccountData',
          'UninitializedAccount',
          'MissingRequiredSignature',
          'AccountNotRentExempt',
          undefined,
        ]).toContain(reason);
      }),
    );
  });
});

describe('new accounts', () => {
  it('begin with what they are given', () => {
    const result = vote(INIT, init(), empty);
    expect(result.error).toBe(undefined);
    expect(result.units).toBe(2100);
    expect(stateOf(result)).toMatchObject({
      node: NODE,
      withdrawer: WITHDRAWER,
      inflationCommission: 700,
      inflationCollector: AT,
      blockCollector: NODE,
      voters: new Map([[EPOCH, VOTER]]),
    });
    expect(result.vote.data[0]).toBe(3);
    expect(vote(INIT, init(), { ...empty, features: before4 }).vote.data[0]).toBe(2);
  });

  it.each<[reason: string, names: string, setting: Setting]>([
    ['MissingRequiredSignature', 'vote:w rent clock node', empty],
    ['AccountAlreadyInitialized', INIT, {}],
    ['AccountAlreadyInitialized', INIT, { data: stored(begun(), 'v3') }],
    ['InsufficientFunds', INIT, { ...empty, lamports: 5n }],
    ['InvalidAccountData', INIT, { data: new Uint8Array(VOTE_STATE_BYTES - 1) }],
    ['InvalidArgument', 'vote:w clock clock node:s', empty],
    ['InvalidArgument', 'vote:w rent rent node:s', empty],
    ['InvalidAccountOwner', INIT, { ...empty, owner: OTHER }],
    ['ReadonlyDataModified', 'vote rent clock node:s', empty],
  ])('%s (%s)', (reason, names, setting) => {
    expect(vote(names, init(), setting).reason).toBe(reason);
  });

  it.each([new Uint8Array(3), pack(20), pack(1), pack(14), concatBytes(pack(1), VOTER, pack(3))])(
    'instruction %# is none',
    (data) => {
      expect(vote('vote:w withdrawer:s', data).reason).toBe('InvalidInstructionData');
    },
  );
});

describe('authorities', () => {
  const authorize = (role: number): Uint8Array => concatBytes(pack(1), OTHER, pack(role));

  it('of votes change in the epoch after the next, by voter or withdrawer', () => {
    for (const who of ['voter', 'withdrawer']) {
      const result = vote(`vote:w clock ${who}:s`, authorize(0));
      expect(stateOf(result).voters).toEqual(
        new Map([
          [EPOCH, VOTER],
          [EPOCH + 2n, OTHER],
        ]),
      );
      expect(vote(`vote:w clock ${who}:s`, authorize(0), { data: result.vote.data }).reason).toEqual(
        custom('TooSoonToReauthorize'),
      );
    }
    expect(vote('vote:w clock other:s', authorize(0)).reason).toBe('MissingRequiredSignature');
  });

  it('that were replaced are remembered by version 3', () => {
    const result = vote('vote:w clock voter:s', authorize(0), {
      data: stored(begun(), 'v3'),
      features: before4,
    });
    const { priorVoters } = stateOf(result);
    expect(priorVoters.slots[0]).toEqual({ key: VOTER, from: 0n, until: EPOCH + 2n });
    expect(priorVoters).toMatchObject({ index: 0, isEmpty: false });
  });

  it('of withdrawals change at once', () => {
    expect(stateOf(vote('vote:w clock withdrawer:s', authorize(1))).withdrawer).toEqual(OTHER);
    expect(vote('vote:w clock voter:s', authorize(1)).reason).toBe('MissingRequiredSignature');
  });

  it('may have to sign for themselves', () => {
    const checked = concatBytes(pack(7), pack(1));
    expect(stateOf(vote('vote:w clock withdrawer:s other:s', checked)).withdrawer).toEqual(OTHER);
    expect(vote('vote:w clock withdrawer:s other', checked).reason).toBe('MissingRequiredSignature');
    expect(vote('vote:w clock withdrawer:s', checked).reason).toBe('MissingAccount');
  });

  it('may be derived from a base that signs', () => {
    const derived = sha256(concatBytes(OTHER, utf8ToBytes('seed'), NODE));
    const data = stored(begun({ withdrawer: derived }));
    const seeded = concatBytes(pack(10), pack(1), NODE, pack(4n), utf8ToBytes('seed'), VOTER);
    expect(stateOf(vote('vote:w clock other:s', seeded, { data })).withdrawer).toEqual(VOTER);
    expect(vote('vote:w clock other', seeded, { data }).reason).toBe('MissingRequiredSignature');
    expect(vote('vote:w clock other:s', seeded).reason).toBe('MissingRequiredSignature');
    const checked = concatBytes(pack(11), pack(1), NODE, pack(4n), utf8ToBytes('seed'));
    expect(stateOf(vote('vote:w clock other:s voter:s', checked, { data })).withdrawer).toEqual(VOTER);
    expect(vote('vote:w clock other:s voter', checked, { data }).reason).toBe('MissingRequiredSignature');
  });

  it('with a BLS key prove that they have it', () => {
    const secret = bls12_381.utils.randomSecretKey(new Uint8Array(48).fill(7));
    const { longSignatures } = bls12_381;
    const publicKey = longSignatures.getPublicKey(secret).toBytes();
    const message = concatBytes(utf8ToBytes('ALPENGLOW'), AT, publicKey);
    const hashed = longSignatures.hash(message, 'BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_');
    const proof = longSignatures.sign(hashed, secret).toBytes();
    expect(verifyProofOfPossession(publicKey, proof, message)).toBe(true);
    expect(verifyProofOfPossession(publicKey, proof, AT)).toBe(false);
    expect(verifyProofOfPossession(new Uint8Array(48), proof, message)).toBe(false);
    const data = concatBytes(pack(1), OTHER, pack(2), publicKey, proof);
    const result = vote('vote:w clock voter:s', data);
    expect(stateOf(result).blsKey).toEqual(publicKey);
    const wrong = concatBytes(pack(1), OTHER, pack(2), publicKey, proof.with(5, proof[5]! ^ 1));
    expect(vote('vote:w clock voter:s', wrong).reason).toBe('InvalidArgument');
    // Whoever has such a key names the next one with the next voter.
    const later = vote('vote:w clock voter:s', authorize(0), { data: result.vote.data });
    expect(later.reason).toBe('InvalidInstructionData');
  });
});

describe('settings', () => {
  it('the identity is changed by withdrawer and node', () => {
    const result = vote('vote:w other:s withdrawer:s', pack(4));
    expect(stateOf(result).node).toEqual(OTHER);
    expect(vote('vote:w other withdrawer:s', pack(4)).reason).toBe('MissingRequiredSignature');
    expect(vote('vote:w other:s', pack(4)).reason).toBe('MissingRequiredSignature');
    expect(vote('vote:w', pack(4)).reason).toBe('MissingAccount');
  });

  const commission = (percent: number): Uint8Array => concatBytes(pack(5), Uint8Array.of(percent));

  it('the commission is changed by the withdrawer', () => {
    expect(stateOf(vote('vote:w withdrawer:s', commission(9))).inflationCommission).toBe(900);
    expect(vote('vote:w voter:s', commission(9)).reason).toBe('MissingRequiredSignature');
  });

  it('the commission rose in the first half of epochs only, before changes were delayed', () => {
    const features = new Set([...ENVIRONMENT.features].filter((name) => name !== 'delay_commission_updates'));
    const sysvars = SYSVARS.get(SYSVAR.clock)!;
    expect(vote('vote:w withdrawer:s', commission(9), { features }).error).toBe(undefined);
    SYSVARS.set(SYSVAR.clock, words(40, { 0: 1501n, 16: EPOCH, 24: EPOCH + 1n }));
    expect(vote('vote:w withdrawer:s', commission(9), { features }).reason).toEqual(
      custom('CommissionUpdateTooLate'),
    );
    expect(vote('vote:w withdrawer:s', commission(4), { features }).error).toBe(undefined);
    SYSVARS.set(SYSVAR.clock, sysvars);
  });

  const rate = (bps: number, kind = 0): Uint8Array =>
    concatBytes(pack(18), Uint8Array.of(bps & 255, bps >> 8), pack(kind));

  it('the commission is set in hundredths of a percent, to any', () => {
    expect(stateOf(vote('vote:w withdrawer:s', rate(1234))).inflationCommission).toBe(1234);
    expect(stateOf(vote('vote:w withdrawer:s', rate(50_000))).inflationCommission).toBe(50_000);
    expect(vote('vote:w voter:s', rate(1)).reason).toBe('MissingRequiredSignature');
    for (const kind of [1, 2])
      expect(vote('vote:w withdrawer:s', rate(1, kind)).reason).toBe('InvalidInstructionData');
    expect(vote('vote:w withdrawer:s', rate(1), { features: before4 }).reason).toBe('InvalidInstructionData');
  });

  const collector = (kind: number): Uint8Array => concatBytes(pack(17), pack(kind));

  it('revenue goes to wallets or to the account itself', () => {
    expect(stateOf(vote('vote:w to:w withdrawer:s', collector(0))).inflationCollector).toEqual(key(9));
    expect(stateOf(vote('vote:w to:w withdrawer:s', collector(1))).blockCollector).toEqual(key(9));
    expect(stateOf(vote('vote:w vote:w withdrawer:s', collector(1))).blockCollector).toEqual(AT);
  });

  it.each<[reason: string, names: string, data: Uint8Array, features?: ReadonlySet<string>]>([
    ['MissingRequiredSignature', 'vote:w to:w voter:s', collector(0)],
    ['InvalidArgument', 'vote:w to withdrawer:s', collector(0)],
    ['MissingAccount', 'vote:w to:w', collector(0)],
    ['InvalidInstructionData', 'vote:w to:w withdrawer:s', collector(2)],
    ['InvalidInstructionData', 'vote:w to:w withdrawer:s', collector(0), before4],
  ])('revenue stays where it is: %s of %s', (reason, names, data, features = ENVIRONMENT.features) => {
    expect(vote(names, data, { features }).reason).toBe(reason);
  });

  const withdraw = (lamports: bigint): Uint8Array => pack(3, lamports);
  const held = rent(VOTE_STATE_BYTES);

  it('lamports beyond the rent can be withdrawn, or all of them', () => {
    const some = vote('vote:w to:w withdrawer:s', withdraw(5n), { lamports: held + 5n });
    expect([some.vote.lamports, some.to.lamports]).toEqual([held, 10n ** 9n + 5n]);
    const all = vote('vote:w to:w withdrawer:s', withdraw(held));
    expect(all.vote.lamports).toBe(0n);
    expect(all.vote.data.every((byte) => byte === 0)).toBe(true);
    expect(vote('vote:w to:w withdrawer:s', withdraw(6n), { lamports: held + 5n }).reason).toBe(
      'InsufficientFunds',
    );
    expect(vote('vote:w to:w withdrawer:s', withdraw(held + 1n)).reason).toBe('InsufficientFunds');
    expect(vote('vote:w to:w voter:s', withdraw(1n)).reason).toBe('MissingRequiredSignature');
  });

  it('accounts that earned credits lately, or owe rewards, are not closed', () => {
    const active = stored(begun({ credits: [{ epoch: EPOCH - 1n, credits: 5n, previous: 0n }] }));
    expect(vote('vote:w to:w withdrawer:s', withdraw(held), { data: active }).reason).toEqual(
      custom('ActiveVoteAccountClose'),
    );
    const owing = stored(begun({ pendingRewards: 1n }));
    expect(vote('vote:w to:w withdrawer:s', withdraw(held), { data: owing }).reason).toBe(
      'InsufficientFunds',
    );
  });
});

/** A tower as `TowerSync` has it. */
function tower(
  lockouts: readonly (readonly [slot: bigint, confirmations: number])[],
  options: { readonly root?: bigint; readonly hash?: Uint8Array; readonly time?: bigint } = {},
): Uint8Array {
  let last = options.root ?? 0n;
  const offsets = lockouts.flatMap(([slot, confirmations]) => {
    const bytes: number[] = [];
    for (let rest = slot - last; ; rest >>= 7n) {
      bytes.push(Number(rest & 127n) | (rest >= 128n ? 128 : 0));
      if (rest < 128n) break;
    }
    last = slot;
    return [...bytes, confirmations];
  });
  const hash = options.hash ?? hashOf(lockouts.at(-1)?.[0] ?? SLOT - 1n);
  const time = options.time === undefined ? [0] : [1, ...pack(options.time)];
  return concatBytes(
    pack(14, options.root ?? 2n ** 64n - 1n),
    Uint8Array.of(lockouts.length, ...offsets),
    hash,
    Uint8Array.from(time),
    key(0),
  );
}

const SYNC = 'vote:w voter:s';
const withVotes = (
  ...votes: readonly (readonly [slot: bigint, confirmations: number])[]
): { readonly data: Uint8Array } => ({
  data: stored(
    begun({ votes: votes.map(([slot, confirmations]) => ({ slot, confirmations, latency: 2 })), root: 940n }),
  ),
});

describe('towers', () => {
  it('are taken with the latency that they came with', () => {
    const result = vote(
      SYNC,
      tower(
        [
          [990n, 3],
          [995n, 2],
          [998n, 1],
        ],
        { root: 950n, time: 77n },
      ),
    );
    expect(result.error).toBe(undefined);
    const state = stateOf(result);
    expect(state.votes).toEqual([
      { slot: 990n, confirmations: 3, latency: 10 },
      { slot: 995n, confirmations: 2, latency: 5 },
      { slot: 998n, confirmations: 1, latency: 2 },
    ]);
    expect(state.root).toBe(950n);
    expect(state.timestamp).toEqual({ slot: 998n, time: 77n });
  });

  it('keep latencies and earn credits for slots that are rooted', () => {
    const result = vote(
      SYNC,
      tower(
        [
          [991n, 2],
          [992n, 1],
        ],
        { root: 990n },
      ),
      withVotes([990n, 3], [991n, 1]),
    );
    expect(stateOf(result).votes.map(({ latency }) => latency)).toEqual([2, 8]);
    expect(stateOf(result).credits).toEqual([{ epoch: EPOCH, credits: 16n, previous: 0n }]);
  });

  it('credits fall with latency, and move on to the epoch', () => {
    const late = {
      data: stored(
        begun({
          votes: [{ slot: 950n, confirmations: 5, latency: 10 }],
          root: 940n,
          credits: [{ epoch: 2n, credits: 9n, previous: 4n }],
        }),
      ),
    };
    const result = vote(SYNC, tower([[990n, 1]], { root: 950n }), late);
    expect(stateOf(result).credits.at(-1)).toEqual({ epoch: EPOCH, credits: 17n, previous: 9n });
  });

  it.each<[name: keyof typeof VOTE_ERROR, data: Uint8Array, setting?: Setting]>([
    ['EmptySlots', tower([])],
    ['VoteTooOld', tower([[990n, 1]]), withVotes([990n, 1])],
    ['VoteTooOld', tower([[800n, 1]], { hash: key(0) })],
    ['SlotsMismatch', tower([[SLOT + 5n, 1]], { hash: key(0) })],
    ['SlotHashMismatch', tower([[990n, 1]], { hash: key(77) })],
    ['RootRollBack', tower([[990n, 1]]), withVotes([950n, 1])],
    ['RootRollBack', tower([[990n, 1]], { root: 930n }), withVotes([950n, 1])],
    [
      'SlotSmallerThanRoot',
      tower(
        [
          [990n, 2],
          [992n, 1],
        ],
        { root: 990n },
      ),
    ],
    ['ZeroConfirmations', tower([[990n, 0]])],
    ['ConfirmationTooLarge', tower([[990n, MAX_LOCKOUT_HISTORY + 1]])],
    [
      'ConfirmationsNotOrdered',
      tower([
        [990n, 1],
        [991n, 1],
      ]),
    ],
    [
      'NewVoteStateLockoutMismatch',
      tower([
        [980n, 2],
        [990n, 1],
      ]),
    ],
    ['LockoutConflict', tower([[991n, 1]], { root: 945n }), withVotes([990n, 3])],
    [
      'ConfirmationRollBack',
      tower(
        [
          [990n, 2],
          [992n, 1],
        ],
        { root: 945n },
      ),
      withVotes([990n, 3]),
    ],
    [
      'TimestampTooOld',
      tower([[990n, 1]], { time: 1n }),
      { data: stored(begun({ timestamp: { slot: 5n, time: 9n } })) },
    ],
  ])('%s', (name, data, setting) => {
    expect(vote(SYNC, data, setting).reason).toEqual(custom(name));
  });

  it('leave out slots too old to be checked, and replace such roots', () => {
    const result = vote(
      SYNC,
      tower(
        [
          [850n, 20],
          [990n, 1],
        ],
        { root: 800n },
      ),
    );
    expect(stateOf(result).votes.map(({ slot }) => slot)).toEqual([990n]);
    expect(stateOf(result).root).toBe(undefined);
    const known = { data: stored(begun({ votes: [{ slot: 850n, confirmations: 20, latency: 1 }] })) };
    const kept = vote(
      SYNC,
      tower([
        [850n, 20],
        [990n, 1],
      ]),
      known,
    );
    expect(stateOf(kept).votes.map(({ slot }) => slot)).toEqual([850n, 990n]);
  });

  it('are given by the voter of the epoch', () => {
    expect(vote('vote:w withdrawer:s', tower([[990n, 1]])).reason).toBe('MissingRequiredSignature');
    const changed = {
      data: stored(
        begun({
          voters: new Map([
            [1n, OTHER],
            [2n, VOTER],
          ]),
        }),
      ),
    };
    const result = vote(SYNC, tower([[990n, 1]]), changed);
    expect(stateOf(result).voters).toEqual(
      new Map([
        [2n, VOTER],
        [EPOCH, VOTER],
      ]),
    );
    const none = { data: stored(begun({ voters: new Map([[9n, VOTER]]) })) };
    expect(vote(SYNC, tower([[990n, 1]]), none).reason).toBe('InvalidAccountData');
  });

  it('come in older forms as well', () => {
    const compact = tower([[990n, 1]]);
    const old = concatBytes(pack(12), compact.subarray(4, -32));
    expect(stateOf(vote(SYNC, old)).votes).toHaveLength(1);
    const long = concatBytes(
      pack(8),
      pack(1n),
      pack(990n),
      pack(1),
      Uint8Array.of(0),
      hashOf(990n),
      Uint8Array.of(0),
    );
    expect(stateOf(vote(SYNC, long)).votes).toHaveLength(1);
    const features = new Set([...ENVIRONMENT.features, 'deprecate_legacy_vote_ixs']);
    expect(vote(SYNC, old, { features }).reason).toBe('InvalidInstructionData');
    expect(vote(SYNC, compact, { features }).error).toBe(undefined);
  });

  it('turn older accounts into the newest, if they can pay for it', () => {
    const small = stored(begun(), 'v1', 3731);
    const grown = vote(SYNC, tower([[990n, 1]]), { data: small, lamports: rent(VOTE_STATE_BYTES) });
    expect(grown.vote.data).toHaveLength(VOTE_STATE_BYTES);
    expect(grown.vote.data[0]).toBe(3);
    expect(vote(SYNC, tower([[990n, 1]]), { data: small }).reason).toBe('AccountNotRentExempt');
    const kept = vote(SYNC, tower([[990n, 1]]), { data: small, features: before4 });
    expect(kept.vote.data[0]).toBe(1);
  });
});

describe('votes one by one', () => {
  const votes = (slots: readonly bigint[], hash: Uint8Array, time?: bigint): Uint8Array =>
    concatBytes(
      pack(2),
      pack(BigInt(slots.length)),
      ...slots.map((slot) => pack(slot)),
      hash,
      Uint8Array.from(time === undefined ? [0] : [1, ...pack(time)]),
    );
  const VOTING = 'vote:w hashes clock voter:s';

  it('stack up and lock', () => {
    const result = vote(VOTING, votes([990n, 991n, 992n], hashOf(992n), 5n));
    expect(stateOf(result).votes.map(({ slot, confirmations }) => [slot, confirmations])).toEqual([
      [990n, 3],
      [991n, 2],
      [992n, 1],
    ]);
    expect(stateOf(result).timestamp).toEqual({ slot: 992n, time: 5n });
  });

  it('root the oldest when the stack is full', () => {
    const full = Array.from(
      { length: MAX_LOCKOUT_HISTORY },
      (_, i) => [950n + BigInt(i), MAX_LOCKOUT_HISTORY - i] as const,
    );
    const result = vote(VOTING, votes([981n], hashOf(981n)), withVotes(...full));
    expect(stateOf(result).root).toBe(950n);
    expect(stateOf(result).votes).toHaveLength(MAX_LOCKOUT_HISTORY);
    expect(stateOf(result).credits).toEqual([{ epoch: EPOCH, credits: 16n, previous: 0n }]);
  });

  it('push out what has expired', () => {
    const result = vote(VOTING, votes([998n], hashOf(998n)), withVotes([950n, 3], [951n, 1]));
    expect(stateOf(result).votes.map(({ slot }) => slot)).toEqual([998n]);
  });

  it.each<[name: keyof typeof VOTE_ERROR, data: Uint8Array, setting?: Setting]>([
    ['EmptySlots', votes([], key(0))],
    ['VotesTooOldAllFiltered', votes([5n], key(0))],
    ['VoteTooOld', votes([990n], hashOf(990n)), withVotes([990n, 1])],
    ['SlotsMismatch', votes([990n, 1005n], hashOf(990n))],
    ['SlotHashMismatch', votes([990n], key(77))],
  ])('%s', (name, data, setting) => {
    expect(vote(VOTING, data, setting).reason).toEqual(custom(name));
  });

  it('want their sysvars', () => {
    expect(vote('vote:w clock clock voter:s', votes([990n], hashOf(990n))).reason).toBe('InvalidArgument');
    expect(vote('vote:w hashes hashes voter:s', votes([990n], hashOf(990n))).reason).toBe('InvalidArgument');
  });
});
