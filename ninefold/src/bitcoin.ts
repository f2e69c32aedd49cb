export * from '@ninefold/chain-bitcoin';
