import { readFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { PROVERS } from '../proofs/provers.ts';
import type { Contestant } from '../rounds.ts';
import { proverContestant, type ProverPlan } from './prover.ts';

type Proven = { readonly serialize: () => Uint8Array };

/** The part of Miden's web SDK 0.13 that is used; it is installed on demand. */
type Miden = {
  readonly MockWebClient: {
    readonly createClient: () => Promise<{
      readonly newWallet: (mode: unknown, mutable: boolean, scheme: number) => Promise<{ id: () => unknown }>;
      readonly createCodeBuilder: () => Promise<{ compileTxScript: (source: string) => unknown }>;
      readonly executeTransaction: (account: unknown, request: unknown) => Promise<unknown>;
      readonly proveTransaction: (executed: unknown, prover: unknown) => Promise<Proven>;
    }>;
  };
  readonly AccountStorageMode: { readonly private: () => unknown };
  readonly TransactionProver: { readonly newLocalProver: () => unknown };
  readonly TransactionRequestBuilder: new () => {
    readonly withCustomScript: (script: unknown) => { readonly build: () => unknown };
  };
};

/** One addition of field elements a term; the stack holds counter, latest term and the one before. */
const script = (terms: number): string => `begin
  push.0 push.1 push.${terms} dup neq.0
  while.true
    sub.1 movdn.2
    dup movup.2 add
    movup.2 dup neq.0
  end
  drop drop drop
end`;

/**
 * A transaction of a new account on the SDK's mock chain whose script is the loop. Miden proves no bare
 * programs in Node: the transaction's own code is proved with it, some 70,000 cycles.
 */
export async function createContestant(argument: string): Promise<Contestant> {
  const { terms } = JSON.parse(argument) as ProverPlan;
  await prepareGlobals();
  const miden = (await import(
    pathToFileURL(PROVERS.resolve('@miden-sdk/miden-sdk')).href
  )) as unknown as Miden;
  const client = await miden.MockWebClient.createClient();
  const wallet = await client.newWallet(miden.AccountStorageMode.private(), true, 0);
  const compiled = (await client.createCodeBuilder()).compileTxScript(script(terms));
  const request = (): unknown => new miden.TransactionRequestBuilder().withCustomScript(compiled).build();
  const executed = await client.executeTransaction(wallet.id(), request());
  return proverContestant({
    name: 'Miden 0.13.3',
    prove: async () =>
      (await client.proveTransaction(executed, miden.TransactionProver.newLocalProver())).serialize(),
    bytes: (proof) => proof.length,
  });
}

/** What the SDK finds in a browser: a database, a global scope of its name, and its module by `fetch`. */
async function prepareGlobals(): Promise<void> {
  await import(pathToFileURL(PROVERS.resolve('fake-indexeddb/auto')).href);
  Object.assign(globalThis, {
    self: globalThis,
    fetch: async (url: unknown) =>
      new Response(await readFile(fileURLToPath(String(url))), {
        headers: { 'content-type': 'application/wasm' },
      }),
  });
}
