import { createRequire } from 'node:module';
import type { RpcAnswer } from '../load/connection.ts';
import { resolveFromHardhat } from '../hardhat.ts';
import { SECOND_SENDER, SECOND_SENDER_KEY, SENDER, SENDER_KEY } from '../load/transfers.ts';
import { hexToBytes } from '@ninefold/base';
import type { Contestant } from '../rounds.ts';
import type { ProviderPlan } from './provider.ts';
import { providerContestant } from './provider.ts';

/** The part of `@nomicfoundation/edr` 0.22 that is used; it is installed on demand, with Hardhat. */
type Edr = {
  readonly L1_CHAIN_TYPE: string;
  readonly MineOrdering: { readonly Priority: unknown };
  readonly l1ProviderFactory: () => unknown;
  readonly l1HardforkLatest: () => number;
  readonly l1HardforkToString: (hardfork: number) => string;
  readonly l1GenesisState: (hardfork: number) => readonly object[];
  readonly ContractDecoder: new () => object;
  readonly EdrContext: new () => {
    readonly registerProviderFactory: (chainType: string, factory: unknown) => Promise<void>;
    readonly createProvider: (
      chainType: string,
      config: object,
      logger: object,
      subscriptions: object,
      decoder: object,
    ) => Promise<{
      readonly handleRequest: (request: string) => Promise<{ readonly data: string | object }>;
    }>;
  };
};

/** Hardhat's engine behind its provider, configured as Hardhat's own simulated network. */
export async function createContestant(argument: string): Promise<Contestant> {
  const plan = JSON.parse(argument) as ProviderPlan;
  const edr = createRequire(import.meta.url)(resolveFromHardhat('@nomicfoundation/edr')) as Edr;
  const context = new edr.EdrContext();
  await context.registerProviderFactory(edr.L1_CHAIN_TYPE, edr.l1ProviderFactory());
  const hardfork = edr.l1HardforkLatest();
  const provider = await context.createProvider(
    edr.L1_CHAIN_TYPE,
    {
      allowBlocksWithSameTimestamp: false,
      allowUnlimitedContractSize: false,
      bailOnCallFailure: true,
      bailOnTransactionFailure: true,
      chainId: 31_337n,
      coinbase: hexToBytes('0xc014ba5ec014ba5ec014ba5ec014ba5ec014ba5e'),
      defaultTransactionGasLimit: 16_777_216n,
      genesisState: [
        ...edr.l1GenesisState(hardfork),
        ...[SENDER, SECOND_SENDER].map((sender) => ({ address: hexToBytes(sender), balance: 10n ** 22n })),
      ],
      hardfork: edr.l1HardforkToString(hardfork),
      initialBaseFeePerGas: 1_000_000_000n,
      minGasPrice: 0n,
      mining: {
        autoMine: true,
        blockGasLimit: 60_000_000n,
        memPool: { order: edr.MineOrdering.Priority },
      },
      network: { genesisBlockGasLimit: 60_000_000n },
      networkId: 31_337n,
      observability: {},
      ownedAccounts: [SENDER_KEY, SECOND_SENDER_KEY],
      precompileOverrides: [],
    },
    { enable: false, decodeConsoleLogInputsCallback: () => [], printLineCallback: () => {} },
    { subscriptionCallback: () => {} },
    new edr.ContractDecoder(),
  );
  const request = async (method: string, params: readonly unknown[]): Promise<unknown> => {
    const { data } = await provider.handleRequest(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }));
    const answer = (typeof data === 'string' ? JSON.parse(data) : data) as RpcAnswer;
    if (answer.error) throw new Error(`${method}: ${answer.error.code} ${answer.error.message}`);
    return answer.result;
  };
  return providerContestant('EDR 0.22.0', request, plan);
}
