import { generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createTransaction, encodeMessage, encodeTransaction, type Message } from '@ninefold/chain-solana';
import { addressBytes, PROGRAM } from '@ninefold/vm-svm';
import { chainLoop, inputLoop, type Loop, memoryLoop, mixedLoop } from './loops.ts';

/** An account to put in place before the work begins. */
export type Placed = {
  readonly address: Uint8Array;
  readonly lamports: bigint;
  readonly owner: Uint8Array;
  readonly data: Uint8Array;
  readonly isExecutable: boolean;
};

/** One kind of work: what has to be there, and transactions on the wire. */
export type Work = {
  readonly accounts: readonly Placed[];
  readonly programs: readonly (readonly [address: Uint8Array, file: Uint8Array])[];
  readonly transactions: readonly Uint8Array[];
  /** What each transaction consumes, where that is known. */
  readonly units?: number;
  readonly checksSignatures: boolean;
  /** Seconds since 1970. */
  readonly unixTimestamp?: bigint;
  /** Whether the transactions may be sent again and again without putting accounts back. */
  readonly isRepeatable: boolean;
};

export const CASES = {
  arithmetic: 'arithmetic loop, one chain',
  mixed: 'arithmetic loop, several chains',
  memory: 'load and store loop, on the stack',
  input: 'load and store loop, in the input',
  token: 'token transfer, signatures unchecked',
  sol: 'SOL transfer, signature of one payer checked',
  solWall: 'SOL transfer, signature of one payer checked, by the clock',
  freshSol: 'SOL transfer, signatures of new payers checked',
  freshSolWall: 'SOL transfer, signatures of new payers checked, by the clock',
  plainSol: 'SOL transfer, signatures unchecked',
  swaps: 'Orca swap, signatures unchecked',
} as const;

const TOKEN = addressBytes('TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA');
const SYSTEM = addressBytes(PROGRAM.system);
const COMPUTE_BUDGET = addressBytes(PROGRAM.computeBudget);
const NOTHING = new Uint8Array(0);

/** By the clock instead of in CPU time: where other threads help. */
export const BY_THE_CLOCK: ReadonlySet<string> = new Set([CASES.solWall, CASES.freshSolWall]);

/** More keys than any engine remembers: every one comes as a new one. */
const NEW_PAYERS = 3000;

type Signer = { readonly key: Uint8Array; readonly sign: (message: Uint8Array) => Uint8Array };

function createSigner(): Signer {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { x } = publicKey.export({ format: 'jwk' });
  return {
    key: new Uint8Array(Buffer.from(x as string, 'base64url')),
    sign: (message) => new Uint8Array(sign(null, message, privateKey)),
  };
}

const one = createSigner();
const payer = one.key;

const address = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

function u64(value: bigint): Uint8Array {
  return new Uint8Array(BigUint64Array.of(value).buffer);
}

const wallet = (at: Uint8Array, lamports: bigint): Placed => ({
  address: at,
  lamports,
  owner: SYSTEM,
  data: NOTHING,
  isExecutable: false,
});

const read = (vectors: string, path: string): Uint8Array =>
  new Uint8Array(gunzipSync(readFileSync(join(vectors, 'svm', path))));

type Call = {
  readonly program: number;
  readonly accounts: readonly number[];
  readonly data: readonly number[];
};

/** A transaction that a payer signs; the last `readonly` keys are programs. */
function signed(
  keys: readonly Uint8Array[],
  readonlyKeys: number,
  calls: readonly Call[],
  blockhash: Uint8Array,
  signer: Signer = one,
): Uint8Array {
  const message: Message = {
    version: 'legacy',
    header: { signatures: 1, readonlySigned: 0, readonlyUnsigned: readonlyKeys },
    keys: [signer.key, ...keys],
    blockhash,
    instructions: calls.map(({ program, accounts, data }) => ({
      program,
      accounts: Uint8Array.from(accounts),
      data: Uint8Array.from(data),
    })),
  };
  return encodeTransaction(createTransaction(message, [signer.sign(encodeMessage(message))]));
}

/** What the compute budget program takes. */
const BUDGET_UNITS = 150;

/** Asks for as many units as there are, then calls a program. */
function loop({ file, instructions }: Loop, blockhash: Uint8Array): Work {
  const program = address(50);
  const limit = [2, ...new Uint8Array(Uint32Array.of(1_400_000).buffer)];
  const calls = [
    { program: 2, accounts: [], data: limit },
    { program: 1, accounts: [], data: [] },
  ];
  return {
    accounts: [wallet(payer, 10n ** 15n)],
    programs: [[program, file]],
    transactions: [signed([program, COMPUTE_BUDGET], 2, calls, blockhash)],
    units: BUDGET_UNITS + instructions,
    checksSignatures: false,
    isRepeatable: true,
  };
}

function tokenAccount(mint: Uint8Array, at: Uint8Array): Placed {
  const data = new Uint8Array(165);
  data.set(mint);
  data.set(payer, 32);
  data.set(u64(10n ** 15n), 64);
  data[108] = 1;
  return { address: at, lamports: 10n ** 9n, owner: TOKEN, data, isExecutable: false };
}

function tokenTransfer(vectors: string, blockhash: Uint8Array): Work {
  const mint = address(2);
  const mintData = new Uint8Array(82);
  mintData.set(u64(10n ** 16n), 36);
  mintData.set([6, 1], 44);
  const [from, to] = [address(3), address(4)];
  const call = { program: 3, accounts: [1, 2, 0], data: [3, ...u64(1n)] };
  return {
    accounts: [
      wallet(payer, 10n ** 15n),
      { address: mint, lamports: 10n ** 9n, owner: TOKEN, data: mintData, isExecutable: false },
      tokenAccount(mint, from),
      tokenAccount(mint, to),
    ],
    programs: [[TOKEN, read(vectors, 'programs/ptoken.so.gz')]],
    transactions: [signed([from, to, TOKEN], 1, [call], blockhash)],
    checksSignatures: false,
    isRepeatable: true,
  };
}

function solTransfer(
  blockhash: Uint8Array,
  checksSignatures: boolean,
  payers: readonly Signer[] = [one],
): Work {
  const to = address(9);
  const call = { program: 2, accounts: [0, 1], data: [2, 0, 0, 0, ...u64(1n)] };
  return {
    accounts: [wallet(to, 10n ** 9n), ...payers.map(({ key }) => wallet(key, 10n ** 15n))],
    programs: [],
    transactions: payers.map((signer) => signed([to, SYSTEM], 1, [call], blockhash, signer)),
    checksSignatures,
    isRepeatable: true,
  };
}

type Recorded = {
  readonly lamports: string;
  readonly owner: string;
  readonly data: string;
  readonly executable: boolean;
};

type Step = {
  readonly op: string;
  readonly pubkey?: string;
  readonly account?: Recorded;
  readonly programId?: string;
  readonly file?: string;
  readonly tx?: string;
  readonly err?: unknown;
  readonly unixTimestamp?: string;
};

/** The recorded swaps on the first of three pools of mainnet. */
function swaps(vectors: string): Work {
  const [scenario] = JSON.parse(
    Buffer.from(read(vectors, 'golden/whirlpool.json.gz')).toString(),
  ) as readonly {
    readonly steps: readonly Step[];
  }[];
  const all = scenario?.steps ?? [];
  const next = all.findIndex(({ op }, i) => op === 'setAccount' && all[i - 1]?.op === 'tx');
  const steps = all.slice(0, next);
  const file = (name: string): Uint8Array => read(vectors, `programs/${name.replace('programs/', '')}.gz`);
  return {
    accounts: steps.flatMap(({ op, pubkey, account }) =>
      op !== 'setAccount' || account === undefined
        ? []
        : [
            {
              address: addressBytes(pubkey as string),
              lamports: BigInt(account.lamports),
              owner: addressBytes(account.owner),
              data: new Uint8Array(Buffer.from(account.data, 'base64')),
              isExecutable: account.executable,
            },
          ],
    ),
    programs: [
      [TOKEN, file('ptoken.so')] as const,
      ...steps.flatMap(({ op, programId, file: name }) =>
        op === 'addProgram' ? [[addressBytes(programId as string), file(name as string)] as const] : [],
      ),
    ],
    // What fails leaves nothing behind, so the others come out alike without it.
    transactions: steps.flatMap(({ tx, err }) =>
      tx === undefined || err !== null ? [] : [new Uint8Array(Buffer.from(tx, 'base64'))],
    ),
    unixTimestamp: BigInt(steps.find(({ op }) => op === 'setClock')?.unixTimestamp ?? 0),
    checksSignatures: false,
    isRepeatable: false,
  };
}

/**
 * The work of a case.
 *
 * @param blockhash the engine's latest
 */
export function workOf(name: string, vectors: string, blockhash: Uint8Array): Work {
  switch (name) {
    case CASES.arithmetic:
      return loop(chainLoop(), blockhash);
    case CASES.mixed:
      return loop(mixedLoop(), blockhash);
    case CASES.memory:
      return loop(memoryLoop(), blockhash);
    case CASES.input:
      return loop(inputLoop(), blockhash);
    case CASES.token:
      return tokenTransfer(vectors, blockhash);
    case CASES.swaps:
      return swaps(vectors);
    case CASES.freshSol:
    case CASES.freshSolWall:
      return solTransfer(blockhash, true, Array.from({ length: NEW_PAYERS }, createSigner));
    default:
      return solTransfer(blockhash, name !== CASES.plainSol);
  }
}
