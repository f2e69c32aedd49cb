import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  type AccountState,
  addressBytes,
  createSvm,
  deployedFile,
  encodeLoaderState,
  findProgramAddress,
  fromBase58,
  type Instruction,
  PROGRAM,
  programDataOf,
  SYSVAR,
  toBase58,
} from '@ninefold/vm-svm';
import type { FolderResult } from '../suite.ts';
import { ENVIRONMENT } from './environment.ts';
import { type ParsedMessage, parseTransaction } from './message.ts';
import { createCounter, differs, fromBase64, readJson } from './read.ts';

type Account = {
  readonly lamports: string;
  readonly owner: string;
  readonly data: string;
  readonly executable: boolean;
  readonly rentEpoch: string;
};

type Step = {
  readonly op: string;
  readonly pubkey?: string;
  readonly account?: Account;
  readonly programId?: string;
  readonly loader?: string;
  readonly file?: string;
  readonly elf?: string;
  readonly label?: string;
  readonly tx?: string;
  readonly err?: unknown;
  readonly cu?: number;
  readonly logs?: readonly string[];
  readonly post?: Readonly<Record<string, Account | null>>;
  readonly slot?: string;
  readonly epochStartTimestamp?: string;
  readonly epoch?: string;
  readonly leaderScheduleEpoch?: string;
  /** Where the recording differs from the network. */
  readonly caveat?: string;
  readonly unixTimestamp?: string;
};

type Scenario = { readonly name: string; readonly steps: readonly Step[] };

/** Scenarios of which every transaction but what its checks refuse is executed. */
const SCENARIOS: Readonly<Record<string, readonly string[]>> = {
  'system.json.gz': ['system-create-transfer-assign', 'system-seeds', 'system-nonce'],
  'token.json.gz': [
    'ptoken-mainnet',
    'ptoken-mainnet-ata',
    'spl-token-3.5.0',
    'spl-token-3.5.0-ata',
    'token-2022-11.0.0',
    'token-2022-11.0.0-ata',
    'memo',
  ],
  'programs.json.gz': ['small-programs', 'sample-programs', 'account-rules', 'precompiles', 'loader-v3'],
  'more.json.gz': ['stake-vote'],
  'whirlpool.json.gz': ['orca-whirlpool-swaps'],
};

const PRELOADED: readonly (readonly [address: string, file: string, loader: string])[] = [
  ['TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA', 'ptoken.so', PROGRAM.loaderV3],
  ['TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb', 'spl_token_2022-11.0.0.so', PROGRAM.loaderV3],
  ['Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo', 'spl_memo-1.0.0.so', PROGRAM.loaderV1],
  ['MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr', 'spl_memo-4.0.0.so', PROGRAM.loaderV2],
  ['ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL', 'spl_associated_token_account-1.1.1.so', PROGRAM.loaderV2],
  ['Stake11111111111111111111111111111111111111', 'core_bpf_stake-5.0.0.so', PROGRAM.loaderV3],
];

const BUILTINS: readonly (readonly [address: string, name: string])[] = [
  [PROGRAM.system, 'solana_system_program'],
  [PROGRAM.computeBudget, 'compute_budget_program'],
  [PROGRAM.ed25519, ''],
  [PROGRAM.secp256k1, ''],
  [PROGRAM.secp256r1, ''],
  [PROGRAM.loaderV1, 'solana_bpf_loader_deprecated_program'],
  [PROGRAM.loaderV2, 'solana_bpf_loader_program'],
  [PROGRAM.loaderV3, 'solana_bpf_loader_upgradeable_program'],
  [PROGRAM.vote, 'vote_program'],
];

const SYSVAR_OWNER = 'Sysvar1111111111111111111111111111111111111';
const LAMPORTS_PER_SIGNATURE = 5000n;
const DEFAULT_UNITS = { builtin: 3000, program: 200_000, most: 1_400_000 };
const U64_MAX = 2n ** 64n - 1n;

type World = {
  readonly accounts: Map<string, AccountState>;
  readonly files: Map<string, Uint8Array>;
  readonly sysvars: Map<string, Uint8Array>;
};

const stateOf = (
  address: string,
  account: Omit<Account, 'data'> & { readonly data: Uint8Array },
): AccountState => ({
  key: addressBytes(address),
  lamports: BigInt(account.lamports),
  owner: addressBytes(account.owner),
  data: account.data,
  isExecutable: account.executable,
  rentEpoch: BigInt(account.rentEpoch),
});

function addProgram(world: World, address: string, loader: string, elf: Uint8Array): void {
  // The upgradeable loader keeps the program in a second account that this one names.
  const derived = findProgramAddress([addressBytes(address)], addressBytes(PROGRAM.loaderV3));
  const pointer = encodeLoaderState({ kind: 'program', programData: derived?.address as Uint8Array });
  const data = loader === PROGRAM.loaderV3 ? pointer : elf;
  world.files.set(address, elf);
  world.accounts.set(
    address,
    stateOf(address, { lamports: '1', owner: loader, data, executable: true, rentEpoch: '0' }),
  );
}

function setSysvar(world: World, address: string, data: Uint8Array): void {
  const fields = { lamports: '1', owner: SYSVAR_OWNER, data, executable: false, rentEpoch: '0' };
  world.sysvars.set(address, data);
  world.accounts.set(address, stateOf(address, fields));
}

/** The file of a program: given with it, or deployed by the transactions. */
function programFile(world: World, account: AccountState): Uint8Array | undefined {
  const file = world.files.get(toBase58(account.key));
  if (file !== undefined) return file;
  const key = programDataOf(account);
  const programData = key && world.accounts.get(toBase58(key));
  const clock = world.sysvars.get(SYSVAR.clock);
  if (programData === undefined || clock === undefined) return undefined;
  return deployedFile(programData.data, new DataView(clock.buffer).getBigUint64(0, true));
}

/** The clock at another slot. */
function warp(world: World, slot: string): void {
  const clock = (world.sysvars.get(SYSVAR.clock) as Uint8Array).slice();
  new DataView(clock.buffer).setBigUint64(0, BigInt(slot), true);
  setSysvar(world, SYSVAR.clock, clock);
}

function clockOf(step: Step): Uint8Array {
  const { slot, epochStartTimestamp, epoch, leaderScheduleEpoch, unixTimestamp } = step;
  const fields = [slot, epochStartTimestamp, epoch, leaderScheduleEpoch, unixTimestamp];
  return new Uint8Array(BigInt64Array.from(fields, (field) => BigInt(field as string)).buffer);
}

function createWorld(program: (file: string) => Uint8Array): World {
  const world: World = {
    accounts: new Map(),
    files: new Map(),
    sysvars: new Map(ENVIRONMENT.sysvars),
  };
  for (const [address, name] of BUILTINS) {
    const data = new TextEncoder().encode(name);
    const owner = PROGRAM.nativeLoader;
    world.accounts.set(
      address,
      stateOf(address, { lamports: '1', owner, data, executable: true, rentEpoch: '0' }),
    );
  }
  for (const [address, data] of ENVIRONMENT.sysvars) setSysvar(world, address, data);
  for (const [address, file, loader] of PRELOADED) addProgram(world, address, loader, program(file));
  return world;
}

/** The account that tells programs of the transaction's instructions. */
function instructionsSysvar(message: ParsedMessage): Uint8Array {
  const parts: number[] = [];
  const u16 = (value: number): readonly number[] => [value & 255, value >> 8];
  const count = message.instructions.length;
  const offsets: number[] = [];
  let at = 2 + 2 * count;
  const bodies = message.instructions.map(({ program, accounts, data }) => {
    const metas = accounts.flatMap((index) => [
      (message.isSigner(index) ? 1 : 0) | (message.isWritable(index) ? 2 : 0),
      ...(message.keys[index] as Uint8Array),
    ]);
    const key = message.keys[program] as Uint8Array;
    return [...u16(accounts.length), ...metas, ...key, ...u16(data.length), ...data];
  });
  for (const body of bodies) {
    offsets.push(at);
    at += body.length;
  }
  parts.push(...u16(count), ...offsets.flatMap(u16), ...bodies.flat(), 0, 0);
  return Uint8Array.from(parts);
}

type Budget = { readonly units: number; readonly heap: number | undefined; readonly price: bigint };

function budgetOf(message: ParsedMessage): Budget {
  let units: number | undefined;
  let heap: number | undefined;
  let price = 0n;
  let fallback = 0;
  for (const { program, data } of message.instructions) {
    const address = toBase58(message.keys[program] as Uint8Array);
    fallback += BUILTINS.some(([builtin]) => builtin === address)
      ? DEFAULT_UNITS.builtin
      : DEFAULT_UNITS.program;
    if (address !== PROGRAM.computeBudget) continue;
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    if (data[0] === 1) heap = view.getUint32(1, true);
    if (data[0] === 2) units = view.getUint32(1, true);
    if (data[0] === 3) price = view.getBigUint64(1, true);
  }
  return { units: Math.min(units ?? fallback, DEFAULT_UNITS.most), heap, price };
}

const SIGNATURE_PROGRAMS: readonly string[] = [PROGRAM.ed25519, PROGRAM.secp256k1, PROGRAM.secp256r1];

/** Signatures that instructions check, which are paid for like the transaction's own. */
function checkedSignatures({ instructions, keys }: ParsedMessage): number {
  return instructions
    .filter(({ program }) => SIGNATURE_PROGRAMS.includes(toBase58(keys[program] as Uint8Array)))
    .reduce((sum, { data }) => sum + (data[0] ?? 0), 0);
}

/** Accounts that are read-only whatever the message says. */
const RESERVED: ReadonlySet<string> = new Set<string>([...Object.values(SYSVAR), ...Object.values(PROGRAM)]);

function runTransaction(world: World, step: Step): string | undefined {
  const message = parseTransaction(fromBase64(step.tx as string));
  const isExecuted =
    step.err === null || (step.err as { InstructionError?: unknown }).InstructionError !== undefined;
  if (message === undefined || !isExecuted) return undefined;
  const addresses = message.keys.map(toBase58);
  const called = new Set(message.instructions.map(({ program }) => program));
  const isWritable = (index: number): boolean =>
    message.isWritable(index) &&
    !RESERVED.has(addresses[index] as string) &&
    !(called.has(index) && !addresses.includes(PROGRAM.loaderV3));
  const { units, heap, price } = budgetOf(message);
  const fee =
    LAMPORTS_PER_SIGNATURE * BigInt(message.signatures + checkedSignatures(message)) +
    (price * BigInt(units) + 999_999n) / 1_000_000n;
  const accounts = addresses.map((address): AccountState => {
    const known = world.accounts.get(address);
    if (address === SYSVAR.instructions) {
      const data = instructionsSysvar(message);
      return stateOf(address, {
        lamports: '0',
        owner: SYSVAR_OWNER,
        data,
        executable: false,
        rentEpoch: '0',
      });
    }
    if (known !== undefined) return { ...known };
    const fields = { lamports: '0', owner: PROGRAM.system, data: new Uint8Array(0), executable: false };
    return stateOf(address, { ...fields, rentEpoch: String(U64_MAX) });
  });
  (accounts[0] as AccountState).lamports -= fee;
  const instructions = message.instructions.map(({ program, accounts: indices, data }): Instruction => ({
    program,
    data,
    accounts: indices.map((index) => ({
      index,
      isSigner: message.isSigner(index),
      isWritable: isWritable(index),
    })),
  }));
  // The recording took the transaction's own blockhash for the latest one.
  const svm = createSvm({
    environment: { ...ENVIRONMENT, sysvars: world.sysvars, blockhash: message.blockhash },
    programFile: (account) => programFile(world, account),
  });
  const outcome = svm.run({ instructions, accounts, budget: units, heapBytes: heap });
  const error = outcome.error === undefined ? null : { InstructionError: outcome.error };
  if (step.caveat?.includes('invisible until the next slot') === true)
    return differs(
      'error',
      JSON.stringify(error),
      JSON.stringify({ InstructionError: [0, 'UnsupportedProgramId'] }),
    );
  return (
    differs('logs', outcome.logs.join('\n'), (step.logs ?? []).join('\n')) ??
    differs('error', JSON.stringify(error), JSON.stringify(step.err)) ??
    differs('units', outcome.units, step.cu) ??
    (step.err === null ? checkPost(step, accounts, isWritable) : undefined)
  );
}

function checkPost(
  step: Step,
  accounts: readonly AccountState[],
  isWritable: (index: number) => boolean,
): string | undefined {
  for (const [index, account] of accounts.entries()) {
    const address = toBase58(account.key);
    const expected = step.post?.[address];
    if (!isWritable(index) || expected === undefined) continue;
    const problem =
      expected === null
        ? differs(`${address} lamports`, account.lamports, 0n)
        : (differs(`${address} lamports`, account.lamports, BigInt(expected.lamports)) ??
          differs(`${address} owner`, toBase58(account.owner), expected.owner) ??
          differs(`${address} data`, Buffer.from(account.data).toString('base64'), expected.data));
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Brings the world to what was recorded, whatever came out. */
function applyPost(world: World, { post }: Step): void {
  for (const [address, account] of Object.entries(post ?? {})) {
    if (account === null) world.accounts.delete(address);
    else world.accounts.set(address, stateOf(address, { ...account, data: fromBase64(account.data) }));
  }
}

/** Whole transactions of recorded scenarios: logs, errors, units, accounts. */
export function runGolden(folder: string): FolderResult {
  const counter = createCounter('svm/golden');
  const root = join(folder, '..');
  const elves = readJson<Readonly<Record<string, string>>>(join(root, 'elf'), 'elf-files.json.gz');
  const cache = new Map<string, Uint8Array>();
  const program = (file: string): Uint8Array => {
    let elf = cache.get(file);
    if (elf === undefined) {
      elf = file.startsWith('elf/')
        ? fromBase64(elves[file.slice(4)] as string)
        : new Uint8Array(
            gunzipSync(readFileSync(join(root, 'programs', `${file.replace('programs/', '')}.gz`))),
          );
      cache.set(file, elf);
    }
    return elf;
  };
  for (const [file, names] of Object.entries(SCENARIOS)) {
    const scenarios = readJson<readonly Scenario[]>(folder, file).filter(({ name }) => names.includes(name));
    for (const { name, steps } of scenarios) {
      const world = createWorld(program);
      for (const step of steps) {
        if (step.op === 'setAccount' && step.account !== undefined) {
          const account = { ...step.account, data: fromBase64(step.account.data) };
          world.accounts.set(step.pubkey as string, stateOf(step.pubkey as string, account));
        } else if (step.op === 'addProgram') {
          const elf = step.elf === undefined ? program(step.file as string) : fromBase64(step.elf);
          addProgram(world, step.programId as string, loaderOf(step.loader), elf);
        } else if (step.op === 'setClock') {
          setSysvar(world, SYSVAR.clock, clockOf(step));
        } else if (step.op === 'warpToSlot') {
          warp(world, step.slot as string);
        } else if (step.op === 'tx') {
          counter.check(`${name} ${step.label}`, () => runTransaction(world, step));
          applyPost(world, step);
        }
      }
    }
  }
  return counter.result();
}

/** A loader by address, or by its number. */
function loaderOf(loader: string | undefined): string {
  if (loader === undefined) return PROGRAM.loaderV3;
  return fromBase58(loader).length === 32 ? loader : PROGRAM.loaderV3;
}
