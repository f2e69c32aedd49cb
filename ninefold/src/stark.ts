export * from '@ninefold/stark';
