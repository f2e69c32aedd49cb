export type { LmdbStoreOptions } from './lmdb-store.ts';
export { createLmdbStore } from './lmdb-store.ts';
