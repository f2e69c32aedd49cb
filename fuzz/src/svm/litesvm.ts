import { Account, LiteSvm } from 'litesvm/dist/internal.js';
import { accountText, type SvmEngine } from './result.ts';
import type { Scene } from './scene.ts';

/** Agave's engine. */
export function openPeer(): LiteSvm {
  const svm = new LiteSvm();
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
  svm.addProgram(program.address, program.file);
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
