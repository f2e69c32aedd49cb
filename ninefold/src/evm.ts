export * from '@ninefold/vm-evm';
