export * from '@ninefold/chain-ethereum';
