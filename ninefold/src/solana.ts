export * from '@ninefold/chain-solana';
