export * from '@ninefold/vm-bitvm';
