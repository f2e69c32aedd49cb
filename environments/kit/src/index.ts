export type { CompiledContract } from './contracts.ts';
export { contract } from './contracts.ts';
