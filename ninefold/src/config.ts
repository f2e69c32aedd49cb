import type { ForkName } from '@ninefold/vm-evm';

type Integer = bigint | number | string;

/**
 * Settings of the command in a file `ninefold.config.ts`, `.mjs`, `.js` or `.json`: each is the flag
 * of the same name, `blockTime` is `--block-time`.
 */
export type NinefoldConfig = {
  readonly host?: string;
  readonly port?: number;
  readonly solanaPort?: number;
  readonly bitcoinPort?: number;
  readonly esploraPort?: number;
  /** `user:password` of Bitcoin's JSON-RPC; made up at each start when absent. */
  readonly bitcoinAuth?: string;
  readonly ipc?: string;
  /** Web pages that may call, `['*']` for all. */
  readonly cors?: readonly string[];
  readonly allowedHosts?: readonly string[];
  /** The next free one from 9909 on when absent. */
  readonly studioPort?: number;
  readonly noStudio?: boolean;
  /** What runs; `['ethereum']` by default. */
  readonly chains?: readonly ('ethereum' | 'solana' | 'bitcoin')[];
  readonly chainId?: Integer;
  readonly hardfork?: ForkName;
  /** Path of a genesis in the format of geth. */
  readonly genesis?: string;
  readonly gasLimit?: Integer;
  /** Wei. */
  readonly baseFee?: Integer;
  /** Seconds since the epoch. */
  readonly timestamp?: Integer;
  readonly dialect?: 'anvil' | 'hardhat';
  /** Programs that a Solana chain begins with, each `ADDRESS=FILE`. */
  readonly programs?: readonly string[];
  /** Seconds. */
  readonly blockTime?: number;
  readonly noMining?: boolean;
  /** Milliseconds of Solana's slots; 0 for one per transaction. */
  readonly slotTime?: number;
  readonly accounts?: number;
  /** Ether. */
  readonly balance?: number | string;
  readonly mnemonic?: string;
  readonly derivationPath?: string;
  readonly state?: string;
  readonly loadState?: string;
  readonly dumpState?: string;
  readonly rpc?: string;
  /** Folder of a party of `ninefold bitvm`: key, contract, evidence. */
  readonly folder?: string;
  /** Bitcoin node of that party, with `user:password@` if it asks for them. */
  readonly node?: string;
  /** File with the password of that node. */
  readonly cookie?: string;
  readonly role?: 'prover' | 'verifier';
  /** Path of a circuit in Bristol format. */
  readonly circuit?: string;
  /** `[HOST:]PORT` where the other party is waited for. */
  readonly listen?: string;
  /** `[HOST:]PORT` where it is met. */
  readonly connect?: string;
  /** Key that the other party has to have. */
  readonly peer?: string;
  /** Satoshi. */
  readonly prize?: Integer;
  /** Satoshi. */
  readonly proverDeposit?: Integer;
  /** Satoshi. */
  readonly verifierDeposit?: Integer;
  /** Blocks for each move. */
  readonly timeoutBlocks?: number;
  /** Satoshi a virtual byte. */
  readonly feeRate?: number;
  readonly blockGates?: number;
  /** Input bits agreed on: `0`, `1`, or `*` for a free one. */
  readonly inputPins?: string;
  readonly outputPins?: string;
  /** Milliseconds between two looks at the chain. */
  readonly poll?: number;
  /** Blocks on the end until it is final. */
  readonly burial?: number;
  readonly json?: boolean;
  readonly readyFile?: string;
  readonly silent?: boolean;
  readonly quiet?: boolean;
  /** 1 as `-v`, 2 as `-vv`. */
  readonly verbose?: number;
};

/**
 * Gives a configuration file its types.
 *
 * @example
 * // ninefold.config.ts
 * export default defineConfig({ port: 8545, blockTime: 2 });
 */
export function defineConfig(config: NinefoldConfig): NinefoldConfig {
  return config;
}
