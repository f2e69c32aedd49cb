export type { CompiledInstruction, Message, MessageHeader, TableLookup, V1Config } from './tx/message.ts';
export { encodeMessage } from './tx/message.ts';
export type { Transaction } from './tx/transaction.ts';
export { createTransaction, decodeTransaction, encodeTransaction } from './tx/transaction.ts';
export type { GenesisProgram } from './genesis/programs.ts';
export { loadGenesisPrograms, NATIVE_MINT, nativeMintData } from './genesis/programs.ts';
