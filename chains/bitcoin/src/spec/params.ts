import { hexToBytes } from '@ninefold/base';
import { type Block, CONSENSUS_FLAGS, decodeBlock } from '@ninefold/vm-bitcoin-script';

/** What tells one Bitcoin network from another. */
export type ChainParams = {
  /** As `getblockchaininfo` calls it. */
  readonly name: string;
  readonly genesis: Block;
  /** Blocks between two halvings of the subsidy. */
  readonly halvingInterval: number;
  /** The easiest target in its short form; on regtest also every block's. */
  readonly powLimitBits: number;
  /** Height from which coinbases begin with it (BIP 34), and blocks have version 2. */
  readonly bip34Height: number;
  /** BIP 66: blocks have version 3. */
  readonly bip66Height: number;
  /** BIP 65: blocks have version 4. */
  readonly bip65Height: number;
  /** BIP 68, 112 and 113. */
  readonly csvHeight: number;
  /** BIP 141. */
  readonly segwitHeight: number;
  /** The rules scripts of blocks keep. */
  readonly scriptFlags: number;
  /** Height from which BIP 110 ("reduced data") holds; undefined where it does not. */
  readonly reducedDataHeight?: number | undefined;
};

// The coinbase of 3 January 2009 is in the first block of every network.
const GENESIS_COINBASE: string =
  '01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff4d' +
  '04ffff001d0104455468652054696d65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e' +
  '206272696e6b206f66207365636f6e64206261696c6f757420666f722062616e6b73ffffffff01' +
  '00f2052a01000000434104678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb6' +
  '49f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac00000000';

const REGTEST_GENESIS: string =
  `01000000${'00'.repeat(32)}3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a` +
  `dae5494dffff7f200200000001${GENESIS_COINBASE}`;

/**
 * The private network for tests: every nonce in two makes a block, and all soft forks hold from the
 * start. The difficulty never changes.
 */
export function regtestParams(): ChainParams {
  return {
    name: 'regtest',
    genesis: decodeBlock(hexToBytes(`0x${REGTEST_GENESIS}`)),
    halvingInterval: 150,
    powLimitBits: 0x207fffff,
    bip34Height: 1,
    bip66Height: 1,
    bip65Height: 1,
    csvHeight: 1,
    segwitHeight: 0,
    scriptFlags: CONSENSUS_FLAGS,
  };
}

const FIRST_SUBSIDY = 5_000_000_000n;
const MAX_HALVINGS = 64;

/** What a block may make besides its fees, in satoshi. */
export function blockSubsidy(height: number, { halvingInterval }: ChainParams): bigint {
  const halvings = Math.floor(height / halvingInterval);
  return halvings >= MAX_HALVINGS ? 0n : FIRST_SUBSIDY >> BigInt(halvings);
}
