export * from '@ninefold/vm-riscv';
