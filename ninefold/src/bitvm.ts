/**
 * BitVM: circuits, commitments, disputes and their players; set-up over a socket, folders that survive
 * crashes, and the loop that plays against a Bitcoin node.
 */
export * from '@ninefold/vm-bitvm';
export type { Coin } from './bitvm/bitcoin-rpc.ts';
export { BitcoinRpc, connectBitcoin, DEFAULT_BITCOIN_RPC } from './bitvm/bitcoin-rpc.ts';
export { ChainFollower } from './bitvm/chain-follower.ts';
export type { Message } from './bitvm/channel.ts';
export { Channel } from './bitvm/channel.ts';
export type { Stakes } from './bitvm/contract-json.ts';
export type { Contract } from './bitvm/dispute-store.ts';
export { DisputeStore } from './bitvm/dispute-store.ts';
export type { PlayOptions } from './bitvm/play.ts';
export { playProver, playVerifier, watchDispute } from './bitvm/play.ts';
export type { SetupOptions } from './bitvm/setup.ts';
export { partyScript, setUpDispute } from './bitvm/setup.ts';
