import {
  type Account,
  createSvm,
  loadGenesisPrograms,
  type SolanaSvm,
  type TransactionError,
} from '@ninefold/chain-solana';
import { toBase58 } from '@ninefold/vm-svm';
import { featuresWith, PEER_SLOT } from './litesvm.ts';
import { accountText, type SvmEngine } from './result.ts';
import type { Scene } from './scene.ts';

const RENT = { lamportsPerByte: 6960n, threshold: 1, burnPercent: 50 };

/** Our machine as the peer is when it is new, with its features changed. */
export async function openOurs(blockhash: string, changes: readonly string[] = []): Promise<SolanaSvm> {
  const svm = createSvm({
    features: featuresWith(changes),
    rent: RENT,
    slot: PEER_SLOT,
    verify: null,
    checksDuplicates: false,
    programs: await loadGenesisPrograms(),
  });
  svm.expireBlockhash(blockhash);
  return svm;
}

/** An error as Rust prints it. */
export function errorText(error: TransactionError | undefined): string {
  if (error === undefined) return '';
  if (typeof error === 'string') return error;
  if ('DuplicateInstruction' in error) return `DuplicateInstruction(${error.DuplicateInstruction})`;
  if ('InsufficientFundsForRent' in error)
    return `InsufficientFundsForRent { account_index: ${error.InsufficientFundsForRent.account_index} }`;
  const [index, inner] = error.InstructionError;
  const text = typeof inner === 'string' ? inner : `Custom(${inner.Custom})`;
  return `InstructionError(${index}, ${text})`;
}

/** Puts a scene into a copy of `base`. */
export function enterOurs(base: SolanaSvm, { accounts, program }: Scene): SvmEngine {
  const svm = base.fork();
  for (const { address, lamports, owner, data } of accounts) {
    const account: Account = { lamports, owner, data, isExecutable: false, rentEpoch: 2n ** 64n - 1n };
    svm.setAccount(address, account);
  }
  svm.addProgram(toBase58(program.address), program.file, program.loader);
  return {
    run(transaction) {
      const { error, units, logs } = svm.sendTransaction(transaction);
      return {
        error: errorText(error),
        units,
        logs,
        accounts: accounts.map(({ address }) => accountText(svm.getAccount(address))),
      };
    },
  };
}
