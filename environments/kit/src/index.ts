export type { CompiledContract } from './contracts.ts';
export { contract } from './contracts.ts';
export type { TestNode } from './node.ts';
export { startNode } from './node.ts';
export { ECHO, refusing } from './program-file.ts';
