import type { Rng } from '@ninefold/base';
import { createTransaction, encodeTransaction, type Message } from '@ninefold/chain-solana';
import { addressBytes, PROGRAM } from '@ninefold/vm-svm';
import { ACCOUNTS, accountProgram } from './account-code.ts';
import { randomProgram } from './code.ts';

export type PlacedAccount = {
  readonly address: Uint8Array;
  readonly lamports: bigint;
  readonly owner: Uint8Array;
  readonly data: Uint8Array;
};

/** Accounts, a program, and transactions on them that are sent one after the other. */
export type Scene = {
  readonly seed: number;
  readonly accounts: readonly PlacedAccount[];
  readonly program: {
    readonly address: Uint8Array;
    readonly file: Uint8Array;
    /** The upgradeable one by default. */
    readonly loader?: string | undefined;
  };
  readonly transactions: readonly Uint8Array[];
};

type Meta = { readonly key: Uint8Array; readonly isSigner: boolean; readonly isWritable: boolean };
type Call = { readonly program: Uint8Array; readonly metas: readonly Meta[]; readonly data: Uint8Array };

const SYSTEM = addressBytes(PROGRAM.system);
const COMPUTE_BUDGET = addressBytes(PROGRAM.computeBudget);
const TOKEN = addressBytes('TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA');
const RENT = addressBytes('SysvarRent111111111111111111111111111111111');

const MINT_BYTES = 82;
const TOKEN_ACCOUNT_BYTES = 165;
/** Lamports that exempt an account without data. */
const EXEMPT = 890_880n;

const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);
const u32 = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);
const u64 = (value: bigint): Uint8Array => new Uint8Array(BigUint64Array.of(value).buffer);
const join = (...parts: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));

/** Amounts around what an account has and what it needs. */
function anyAmount(rng: Rng): bigint {
  const base = rng.pick([0n, 1n, EXEMPT, EXEMPT - 1n, 1000n, 10n ** 9n, 5n * 10n ** 9n, 2n ** 64n - 1n]);
  const moved = base + BigInt(rng.below(3)) - 1n;
  return moved < 0n || moved >= 2n ** 64n ? base : moved;
}

function mintData(authority: Uint8Array): Uint8Array {
  const data = new Uint8Array(MINT_BYTES);
  data.set([1, 0, 0, 0]);
  data.set(authority, 4);
  data.set(u64(10n ** 12n), 36);
  data.set([6, 1], 44);
  return data;
}

function tokenData(mint: Uint8Array, owner: Uint8Array, amount: bigint): Uint8Array {
  const data = new Uint8Array(TOKEN_ACCOUNT_BYTES);
  data.set(mint);
  data.set(owner, 32);
  data.set(u64(amount), 64);
  data[108] = 1;
  return data;
}

/** Who takes part in a scene. */
type Cast = {
  readonly wallets: readonly Uint8Array[];
  readonly empty: readonly Uint8Array[];
  readonly mint: Uint8Array;
  readonly tokens: readonly Uint8Array[];
  readonly program: Uint8Array;
  readonly owned: Uint8Array;
};

function castScene(rng: Rng): Cast {
  const many = (count: number): readonly Uint8Array[] => Array.from({ length: count }, () => rng.bytes(32));
  return {
    wallets: many(3),
    empty: many(2),
    mint: rng.bytes(32),
    tokens: many(2),
    program: rng.bytes(32),
    owned: rng.bytes(32),
  };
}

function accountsOf(rng: Rng, cast: Cast): readonly PlacedAccount[] {
  const [first] = cast.wallets as readonly [Uint8Array];
  const token = (address: Uint8Array): PlacedAccount => ({
    address,
    lamports: 2_039_280n,
    owner: TOKEN,
    data: tokenData(cast.mint, rng.pick(cast.wallets), BigInt(rng.below(2000))),
  });
  return [
    ...cast.wallets.map((address, i) => ({
      address,
      lamports: i === 0 ? 10n ** 10n : rng.pick([EXEMPT, EXEMPT + 5000n, 10n ** 9n]),
      owner: SYSTEM,
      data: new Uint8Array(0),
    })),
    { address: cast.mint, lamports: 1_461_600n, owner: TOKEN, data: mintData(first) },
    ...cast.tokens.map(token),
    { address: cast.owned, lamports: 10n ** 8n, owner: cast.program, data: rng.bytes(rng.below(64)) },
  ];
}

type Maker = (rng: Rng, cast: Cast) => Call;

const meta = (key: Uint8Array, rights = ''): Meta => ({
  key,
  isSigner: rights.includes('s'),
  isWritable: rights.includes('w'),
});

const anyAddress = (rng: Rng, cast: Cast): Uint8Array =>
  rng.pick([...cast.wallets, ...cast.empty, ...cast.tokens, cast.owned, cast.mint]);

const SYSTEM_CALLS: readonly Maker[] = [
  (rng, cast) => ({
    program: SYSTEM,
    metas: [meta(rng.pick(cast.wallets), 'sw'), meta(anyAddress(rng, cast), 'w')],
    data: join(u32(2), u64(anyAmount(rng))),
  }),
  (rng, cast) => ({
    program: SYSTEM,
    metas: [meta(rng.pick(cast.wallets), 'sw'), meta(rng.pick(cast.empty), 'sw')],
    data: join(
      u32(0),
      u64(anyAmount(rng)),
      u64(BigInt(rng.below(300))),
      rng.pick([SYSTEM, TOKEN, cast.program]),
    ),
  }),
  (rng, cast) => ({
    program: SYSTEM,
    metas: [meta(rng.pick([...cast.empty, ...cast.wallets]), 'sw')],
    data: join(u32(8), u64(BigInt(rng.below(400)))),
  }),
  (rng, cast) => ({
    program: SYSTEM,
    metas: [meta(rng.pick([...cast.empty, ...cast.wallets]), 'sw')],
    data: join(u32(1), rng.pick([SYSTEM, TOKEN, cast.program])),
  }),
  (rng, cast) => ({
    program: SYSTEM,
    metas: [meta(anyAddress(rng, cast), rng.pick(['', 's', 'w', 'sw'])), meta(anyAddress(rng, cast), 'w')],
    data: join(u32(rng.below(15)), rng.bytes(rng.below(60))),
  }),
];

const TOKEN_CALLS: readonly Maker[] = [
  (rng, cast) => ({
    program: TOKEN,
    metas: [
      meta(rng.pick(cast.tokens), 'w'),
      meta(rng.pick(cast.tokens), 'w'),
      meta(rng.pick(cast.wallets), 's'),
    ],
    data: join(bytes(3), u64(BigInt(rng.below(2500)))),
  }),
  (rng, cast) => ({
    program: TOKEN,
    metas: [meta(cast.mint, 'w'), meta(rng.pick(cast.tokens), 'w'), meta(rng.pick(cast.wallets), 's')],
    data: join(bytes(rng.pick([7, 8])), u64(anyAmount(rng))),
  }),
  (rng, cast) => ({
    program: TOKEN,
    metas: [
      meta(rng.pick(cast.tokens), 'w'),
      meta(rng.pick(cast.wallets)),
      meta(rng.pick(cast.wallets), 's'),
    ],
    data: join(bytes(4), u64(BigInt(rng.below(2500)))),
  }),
  (rng, cast) => ({
    program: TOKEN,
    metas: [
      meta(rng.pick(cast.tokens), 'w'),
      meta(rng.pick(cast.wallets), 'w'),
      meta(rng.pick(cast.wallets), 's'),
    ],
    data: bytes(rng.pick([9, 10, 11, 5])),
  }),
  (rng, cast) => ({
    program: TOKEN,
    metas: [meta(anyAddress(rng, cast), 'w'), meta(cast.mint), meta(rng.pick(cast.wallets), 's'), meta(RENT)],
    data: join(bytes(rng.below(30)), rng.bytes(rng.below(40))),
  }),
];

const PROGRAM_CALLS: readonly Maker[] = [
  (rng, cast) => ({
    program: cast.program,
    metas: [
      meta(cast.owned, rng.pick(['', 'w'])),
      meta(anyAddress(rng, cast), rng.pick(['', 's', 'w', 'sw'])),
    ],
    data: rng.bytes(rng.below(24)),
  }),
  (rng, cast) => ({ program: cast.program, metas: [], data: rng.bytes(rng.below(12)) }),
];

const BUDGET_CALLS: readonly Maker[] = [
  (rng) => ({
    program: COMPUTE_BUDGET,
    metas: [],
    data: join(bytes(2), u32(rng.pick([150, 300, 1000, 200_000, 2_000_000]))),
  }),
  (rng) => ({ program: COMPUTE_BUDGET, metas: [], data: join(bytes(3), u64(BigInt(rng.below(1_000_000)))) }),
  (rng) => ({
    program: COMPUTE_BUDGET,
    metas: [],
    data: join(bytes(1), u32(rng.pick([32_768, 65_536, 1000, 262_144, 262_145]))),
  }),
  (rng) => ({ program: COMPUTE_BUDGET, metas: [], data: rng.bytes(rng.below(10)) }),
];

const KINDS: readonly (readonly Maker[])[] = [
  SYSTEM_CALLS,
  TOKEN_CALLS,
  PROGRAM_CALLS,
  SYSTEM_CALLS,
  TOKEN_CALLS,
  BUDGET_CALLS,
];

const keyOf = (key: Uint8Array): string => String.fromCharCode(...key);

/** A message of `calls` whose keys are in the order that the format wants. */
function compile(payer: Uint8Array, calls: readonly Call[], blockhash: Uint8Array): Message {
  const rights = new Map<string, Meta>([[keyOf(payer), meta(payer, 'sw')]]);
  for (const next of calls.flatMap(({ program, metas }) => [...metas, meta(program)])) {
    const known = rights.get(keyOf(next.key));
    rights.set(keyOf(next.key), {
      key: next.key,
      isSigner: next.isSigner || known?.isSigner === true,
      isWritable: next.isWritable || known?.isWritable === true,
    });
  }
  const rank = ({ isSigner, isWritable }: Meta): number => (isSigner ? 0 : 2) + (isWritable ? 0 : 1);
  const sorted = [...rights.values()].toSorted((a, b) => rank(a) - rank(b));
  const index = new Map(sorted.map(({ key }, position) => [keyOf(key), position]));
  const at = (key: Uint8Array): number => index.get(keyOf(key)) as number;
  return {
    version: 'legacy',
    header: {
      signatures: sorted.filter(({ isSigner }) => isSigner).length,
      readonlySigned: sorted.filter((account) => rank(account) === 1).length,
      readonlyUnsigned: sorted.filter((account) => rank(account) === 3).length,
    },
    keys: sorted.map(({ key }) => key),
    blockhash,
    instructions: calls.map(({ program, metas, data }) => ({
      program: at(program),
      accounts: Uint8Array.from(metas, ({ key }) => at(key)),
      data,
    })),
  };
}

const TRANSACTIONS = 6;

/** A way to make scenes. */
export type SceneMaker = (rng: Rng, seed: number, blockhash: Uint8Array) => Scene;

/** The scene of a seed; signatures are left out. */
export function randomScene(rng: Rng, seed: number, blockhash: Uint8Array): Scene {
  const cast = castScene(rng);
  const accounts = accountsOf(rng, cast);
  const program = { address: cast.program, file: randomProgram(rng) };
  const transactions = Array.from({ length: TRANSACTIONS }, () => {
    const calls = Array.from({ length: 1 + rng.below(3) }, () => rng.pick(rng.pick(KINDS))(rng, cast));
    const payer = rng.below(8) === 0 ? rng.pick(cast.wallets) : (cast.wallets[0] as Uint8Array);
    const message = compile(payer, calls, blockhash);
    const signatures = Array.from({ length: message.header.signatures }, () => rng.bytes(64));
    return encodeTransaction(createTransaction(message, signatures));
  });
  return { seed, accounts, program, transactions };
}

/** Lengths of data: none, few, and what is near a page. */
const DATA_LENGTHS: readonly number[] = [0, 1, 8, 40, 100, 4096];

/** A scene about a program that works on the data of its accounts, and calls programs with them. */
export function accountScene(rng: Rng, seed: number, blockhash: Uint8Array): Scene {
  const program = rng.bytes(32);
  const [payer, wallet] = [rng.bytes(32), rng.bytes(32)];
  const empty = [rng.bytes(32), rng.bytes(32)];
  const owned = [rng.bytes(32), rng.bytes(32), rng.bytes(32)];
  const accounts: readonly PlacedAccount[] = [
    ...[payer, wallet].map((address) => ({
      address,
      lamports: 10n ** 10n,
      owner: SYSTEM,
      data: new Uint8Array(0),
    })),
    ...empty.map((address) => ({ address, lamports: EXEMPT, owner: SYSTEM, data: new Uint8Array(0) })),
    ...owned.map((address) => {
      const length = rng.pick(DATA_LENGTHS) + rng.below(9);
      const data = rng.below(4) === 0 ? new Uint8Array(length) : rng.bytes(length);
      return { address, lamports: 10n ** 9n, owner: program, data };
    }),
  ];
  const isUnaligned = rng.below(6) === 0;
  const transactions = Array.from({ length: TRANSACTIONS }, () => {
    const calls = Array.from({ length: 1 + rng.below(2) }, (): Call => {
      const metas = Array.from({ length: ACCOUNTS - 1 }, () =>
        meta(rng.pick([...owned, ...owned, wallet, ...empty]), rng.pick(['w', 'w', 'w', 'sw', 'sw', ''])),
      );
      return { program, metas: [...metas, meta(rng.pick([SYSTEM, program]))], data: rng.bytes(rng.below(9)) };
    });
    const message = compile(payer, calls, blockhash);
    const signatures = Array.from({ length: message.header.signatures }, () => rng.bytes(64));
    return encodeTransaction(createTransaction(message, signatures));
  });
  const loader = isUnaligned ? PROGRAM.loaderV1 : rng.pick([PROGRAM.loaderV2, PROGRAM.loaderV3]);
  const file = accountProgram(rng, { self: program, stranger: payer }, isUnaligned);
  return { seed, accounts, program: { address: program, file, loader }, transactions };
}
