import { manualClock, seededRng } from '@ninefold/base';
import { type BitcoinChainHandle, type BitcoinOptions, createBitcoin } from '../src/chain.ts';
import { withChecksum } from '../src/descriptor/checksum.ts';
import { masterKey } from '../src/descriptor/keys.ts';
import type { Wallet } from '../src/wallet/wallet.ts';
import { type Answer, START } from './support.ts';

/** An address that no wallet of a test has. */
export const ELSEWHERE = 'bcrt1qdsd4f5hjvemfz79thz0mh36rxffua9hx9p42wa';

export type Rpc = (method: string, ...params: readonly unknown[]) => Promise<Answer>;

/** A node that is asked as clients ask it; its wallets' seeds are the same at every run. */
export async function rpcScene(options: BitcoinOptions = {}): Promise<{
  readonly bitcoin: BitcoinChainHandle;
  readonly clock: ReturnType<typeof manualClock>;
  readonly rpc: Rpc;
  /** The same by the path of a wallet. */
  readonly of: (wallet: string) => Rpc;
}> {
  const rng = seededRng(7);
  const clock = manualClock(START * 1000);
  const bitcoin = await createBitcoin({ clock, random: (length) => rng.bytes(length), ...options });
  const of =
    (wallet: string | undefined): Rpc =>
    (method, ...params) =>
      bitcoin.request(method, params, { wallet });
  return { bitcoin, clock, rpc: of(undefined), of };
}

/** Code and text of what a call is refused with. */
export async function refusal(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    const { code, message } = error as { readonly code: number; readonly message: string };
    return `${code} ${message}`;
  }
  return 'accepted';
}

/** Two wallets, `alice` and `bob`, each with a ripe reward of 50 bitcoins. */
export async function twoWallets(): Promise<{
  readonly bitcoin: BitcoinChainHandle;
  readonly rpc: Rpc;
  readonly wallets: readonly [alice: Rpc, bob: Rpc];
  /** What stands behind them, in their order. */
  readonly models: readonly [alice: Wallet, bob: Wallet];
}> {
  const { bitcoin, rpc, of } = await rpcScene();
  const [alice, bob] = [of('alice'), of('bob')];
  await bech32Wallet(rpc, alice, 'alice');
  await bech32Wallet(rpc, bob, 'bob');
  for (const wallet of [alice, bob]) await rpc('generatetoaddress', 1, await wallet('getnewaddress'));
  await rpc('generatetoaddress', 101, ELSEWHERE);
  const models = [bitcoin.wallets.of('alice'), bitcoin.wallets.of('bob')] as const;
  return { bitcoin, rpc, wallets: [alice, bob], models };
}

/** A wallet of bech32 addresses alone: made in a quarter of the time of one with all four forms. */
async function bech32Wallet(rpc: Rpc, wallet: Rpc, name: string): Promise<void> {
  await rpc('createwallet', name, false, true);
  const seed = new Uint8Array(32).fill(name.length);
  const key = masterKey(seed, 'test').privateExtendedKey;
  const requests = [false, true].map((internal) => ({
    desc: withChecksum(`wpkh(${key}/84h/1h/0h/${internal ? 1 : 0}/*)`),
    timestamp: 'now',
    active: true,
    internal,
  }));
  await wallet('importdescriptors', requests);
}
