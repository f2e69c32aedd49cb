export type { ChainName, EthereumOptions, Node, NodeOptions, NodeUrls, SolanaOptions } from './node.ts';
export { createNode } from './node.ts';
export type { ChainUrls, ListenOptions } from './listen.ts';
export type { NinefoldConfig } from './config.ts';
export { defineConfig } from './config.ts';
export type { Evm, EvmOptions } from '@ninefold/vm-evm';
export { createEvm } from '@ninefold/vm-evm';
export type { EthereumChain } from '@ninefold/chain-ethereum';
export type { SolanaChain } from '@ninefold/chain-solana';
