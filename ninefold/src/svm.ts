export * from '@ninefold/vm-svm';
