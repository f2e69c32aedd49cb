export { blobBaseFee } from './spec/fees.ts';
export type { EthereumChain } from './chain.ts';
export { createEthereumChain } from './chain.ts';
export type { MatrixEntry } from './api/matrix.ts';
export { methodMatrix } from './api/matrix.ts';
export type { GethGenesis } from './ledger/genesis.ts';
export { parseGethGenesis } from './ledger/genesis.ts';
