import { addressBytes, FEATURES, mainnetFeatures, PROGRAM } from '@ninefold/vm-svm';
import { Account, FeatureSet, LiteSvm } from 'litesvm/dist/internal.js';
import { accountText, type SvmEngine } from './result.ts';
import type { Scene } from './scene.ts';

/** The slot whose features the peer has when it is new. */
export const PEER_SLOT = 440_208_000;

/** The features that the peer has when it is new, with some more and, by `-name`, without others. */
export function featuresWith(changes: readonly string[]): ReadonlySet<string> {
  const names = new Set([...mainnetFeatures(PEER_SLOT), ...changes]);
  for (const change of changes) if (change.startsWith('-')) names.delete(change.slice(1));
  return names;
}

/** Agave's engine, with its features changed as {@link featuresWith} says. */
export function openPeer(changes: readonly string[] = []): LiteSvm {
  const svm = new LiteSvm();
  if (changes.length > 0) {
    const active = new FeatureSet();
    const names = featuresWith(changes);
    for (const [name, address] of FEATURES) if (names.has(name)) active.activate(addressBytes(address), 0n);
    svm.setFeatureSet(active);
    svm.setBuiltins();
    svm.setDefaultPrograms();
  }
  svm.setSigverify(false);
  svm.setTransactionHistory(0n);
  return svm;
}

/** The error in what the engine prints of a failure. */
function errorIn(text: string): string {
  const start = text.indexOf('{ err: ') + '{ err: '.length;
  return text.slice(start, text.indexOf(', meta: '));
}

/** Puts a scene into the engine; addresses of scenes never meet. */
export function enterPeer(svm: LiteSvm, { accounts, program }: Scene): SvmEngine {
  for (const { address, lamports, owner, data } of accounts)
    svm.setAccount(address, new Account(lamports, data, owner, false, 2n ** 64n - 1n));
  svm.addProgramWithLoader(program.address, program.file, addressBytes(program.loader ?? PROGRAM.loaderV3));
  const stateOf = (address: Uint8Array): string => {
    const account = svm.getAccount(address);
    return accountText(
      account === null
        ? undefined
        : {
            lamports: account.lamports(),
            owner: account.owner(),
            data: account.data(),
            isExecutable: account.executable(),
          },
    );
  };
  return {
    run(transaction) {
      const result = svm.sendLegacyTransaction(transaction);
      const failure = 'err' in result ? result : undefined;
      const meta =
        failure === undefined ? (result as Exclude<typeof result, { err: unknown }>) : failure.meta();
      return {
        error: failure === undefined ? '' : errorIn(failure.toString()),
        units: Number(meta.computeUnitsConsumed()),
        logs: meta.logs(),
        accounts: accounts.map(({ address }) => stateOf(address)),
      };
    },
  };
}
