import { bytesToBase64 } from '@ninefold/base';
import {
  type Account as ChainAccount,
  createSvm,
  type SolanaSvm,
  type SvmResult,
} from '@ninefold/chain-solana';
import { addressBytes, fromBase58, NONCE_BYTES, PROGRAM, toBase58 } from '@ninefold/vm-svm';
import type { FolderResult } from '../suite.ts';
import { ENVIRONMENT } from './environment.ts';
import { PRELOADED } from './preloaded.ts';
import { createCounter, differs, fromBase64, readJson, toHex, type VectorFiles } from './read.ts';

type Account = {
  readonly lamports: string;
  readonly owner: string;
  readonly data: string;
  readonly executable: boolean;
  readonly rentEpoch: string;
};

type InnerRow = readonly [stackHeight: number, program: number, accounts: string, data: string];

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
  readonly returnData?: { readonly programId: string; readonly data: string };
  readonly inner?: readonly (readonly InnerRow[])[];
  readonly post?: Readonly<Record<string, Account | null>>;
  readonly caveat?: string;
  readonly latest?: string;
  readonly hashes?: readonly (readonly [slot: string, hash: string])[];
  readonly slot?: string;
  readonly epochStartTimestamp?: string;
  readonly epoch?: string;
  readonly leaderScheduleEpoch?: string;
  readonly unixTimestamp?: string;
};

type Scenario = { readonly name: string; readonly steps: readonly Step[] };

const FILES: readonly string[] = [
  'system.json.gz',
  'token.json.gz',
  'programs.json.gz',
  'more.json.gz',
  'whirlpool.json.gz',
];

/** Where the recording engine is not as strict as a validator, by the step's label. */
const VALIDATOR_ERRORS: Readonly<Record<string, unknown>> = {
  'program account missing': 'ProgramAccountNotFound',
  '65 instructions': 'SanitizeFailure',
  'invoke in the deployment slot is delayed': { InstructionError: [0, 'UnsupportedProgramId'] },
};

/** Accounts that the recording engine has from the begin and that are of no consequence. */
const UNLIKE_VALIDATORS: ReadonlySet<string> = new Set(['StakeConfig11111111111111111111111111111111']);

/** Opens what the recording started from. */
function openSvm(program: (file: string) => Uint8Array): SolanaSvm {
  const svm = createSvm({
    rent: { lamportsPerByte: 6960n, threshold: 1, burnPercent: 50 },
    slot: 447_552_000,
    programs: PRELOADED.map(([address, file, loader]) => ({ address, loader, file: program(file) })),
  });
  for (const [address, data] of ENVIRONMENT.sysvars) {
    const owner = addressBytes('Sysvar1111111111111111111111111111111111111');
    svm.setAccount(address, { lamports: 1n, data, owner, isExecutable: false, rentEpoch: 0n });
  }
  svm.expireBlockhash(toBase58(ENVIRONMENT.blockhash as Uint8Array));
  return svm;
}

const toAccount = ({ lamports, owner, data, executable, rentEpoch }: Account): ChainAccount => ({
  lamports: BigInt(lamports),
  owner: addressBytes(owner),
  data: fromBase64(data),
  isExecutable: executable,
  rentEpoch: BigInt(rentEpoch),
});

const json = (value: unknown): string => JSON.stringify(value ?? null);

/** Calls of each instruction, as the recording lists them. */
function innerRows({ innerInstructions }: SvmResult, count: number): readonly (readonly InnerRow[])[] {
  return Array.from({ length: count }, (_, index) => {
    const found = innerInstructions.find((group) => group.index === index);
    return (found?.instructions ?? []).map(({ stackHeight, program, accounts, data }): InnerRow => [
      stackHeight,
      program,
      toHex(accounts),
      toHex(data),
    ]);
  });
}

function checkTransaction(recorded: SolanaSvm, step: Step): string | undefined {
  // The recording engine takes no fee from what it cannot load: it goes on as if that had not happened.
  const isCharged = step.caveat !== undefined || step.err === 'MaxLoadedAccountsDataSizeExceeded';
  const svm = isCharged ? recorded.fork() : recorded;
  const result = svm.sendTransaction(fromBase64(step.tx as string));
  const strict = step.caveat === undefined ? undefined : VALIDATOR_ERRORS[step.label ?? ''];
  if (strict !== undefined) return differs('error', json(result.error), json(strict));
  const { inner, returnData } = step;
  const problem =
    differs('error', json(result.error), json(step.err)) ??
    differs('logs', result.logs.join('\n'), (step.logs ?? []).join('\n')) ??
    differs('units', result.units, step.cu) ??
    (inner === undefined
      ? undefined
      : differs('inner instructions', json(innerRows(result, inner.length)), json(inner))) ??
    differs(
      'return data',
      result.returnData === undefined
        ? ''
        : `${toBase58(result.returnData.program)} ${bytesToBase64(result.returnData.data)}`,
      returnData === undefined ? '' : `${returnData.programId} ${returnData.data}`,
    );
  return problem ?? (step.caveat === undefined ? checkPost(svm, step) : undefined);
}

/**
 * Data to compare. The recording engine advances a nonce to the blockhash that the transaction names,
 * a validator to the latest one: what is stored is left out.
 */
function dataText(data: Uint8Array): string {
  const isNonce = data.length === NONCE_BYTES && data[0] === 1 && data[4] === 1;
  return bytesToBase64(isNonce ? Uint8Array.from([...data.subarray(0, 40), ...data.subarray(72)]) : data);
}

function checkPost(svm: SolanaSvm, { post }: Step): string | undefined {
  for (const [address, expected] of Object.entries(post ?? {})) {
    const account = svm.getAccount(address);
    if (expected?.owner === PROGRAM.nativeLoader || UNLIKE_VALIDATORS.has(address)) continue;
    if (expected === null || account === undefined) {
      if ((expected === null) !== (account === undefined))
        return `${address} is ${account === undefined ? 'missing' : 'left'}`;
      continue;
    }
    const problem =
      differs(`${address} lamports`, account.lamports, BigInt(expected.lamports)) ??
      differs(`${address} owner`, toBase58(account.owner), expected.owner) ??
      differs(`${address} data`, dataText(account.data), dataText(fromBase64(expected.data))) ??
      differs(`${address} executable`, account.isExecutable, expected.executable);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Brings accounts to what was recorded, whatever came out. */
function applyPost(svm: SolanaSvm, { post }: Step): void {
  for (const [address, account] of Object.entries(post ?? {}))
    svm.setAccount(address, account === null ? undefined : toAccount(account));
}

const ACTIONS: Readonly<
  Record<string, (svm: SolanaSvm, step: Step, program: (file: string) => Uint8Array) => void>
> = {
  setAccount: (svm, step) => svm.setAccount(step.pubkey as string, toAccount(step.account as Account)),
  addProgram: (svm, step, program) => {
    const elf = step.elf === undefined ? program(step.file as string) : fromBase64(step.elf);
    svm.addProgram(step.programId as string, elf, loaderOf(step.loader));
  },
  setClock: (svm, step) =>
    svm.setClock({
      slot: BigInt(step.slot as string),
      epochStartTimestamp: BigInt(step.epochStartTimestamp as string),
      epoch: BigInt(step.epoch as string),
      leaderScheduleEpoch: BigInt(step.leaderScheduleEpoch as string),
      unixTimestamp: BigInt(step.unixTimestamp as string),
    }),
  warpToSlot: (svm, step) => svm.warpToSlot(Number(step.slot)),
  expireBlockhash: (svm, step) => svm.expireBlockhash(step.latest),
  setSlotHashes: (svm, step) =>
    svm.setSlotHashes(
      (step.hashes ?? []).map(([slot, hash]) => ({ slot: BigInt(slot), hash: addressBytes(hash) })),
    ),
};

/** A loader by address, or by its number. */
function loaderOf(loader: string | undefined): string {
  if (loader === undefined) return PROGRAM.loaderV3;
  return fromBase58(loader).length === 32 ? loader : PROGRAM.loaderV3;
}

/** Whole transactions of recorded scenarios: errors, logs, units, calls, return data, accounts. */
export function runTransactions(vectors: VectorFiles): FolderResult {
  const counter = createCounter('svm/transactions');
  const elves = readJson<Readonly<Record<string, string>>>(vectors, 'elf/elf-files.json.gz');
  const cache = new Map<string, Uint8Array>();
  const program = (file: string): Uint8Array => {
    let elf = cache.get(file);
    if (elf === undefined) {
      elf = file.startsWith('elf/')
        ? fromBase64(elves[file.slice(4)] as string)
        : vectors.read(`programs/${file.replace('programs/', '')}.gz`);
      cache.set(file, elf);
    }
    return elf;
  };
  for (const file of FILES) {
    for (const { name, steps } of readJson<readonly Scenario[]>(vectors, `golden/${file}`)) {
      const svm = openSvm(program);
      for (const step of steps) {
        if (step.op === 'tx') {
          counter.check(`${name} ${step.label}`, () => checkTransaction(svm, step));
          applyPost(svm, step);
        } else ACTIONS[step.op]?.(svm, step, program);
      }
    }
  }
  return counter.result();
}
