export type { CompiledInstruction, Message, MessageHeader, TableLookup, V1Config } from './tx/message.ts';
export { encodeMessage } from './tx/message.ts';
export type { Transaction } from './tx/transaction.ts';
export { createTransaction, decodeTransaction, encodeTransaction } from './tx/transaction.ts';
export type { GenesisProgram } from './genesis/programs.ts';
export { loadGenesisPrograms, NATIVE_MINT, nativeMintData } from './genesis/programs.ts';
export { addressKey, keyAddress } from './tx/address-key.ts';
export type { AddressKey } from './tx/address-key.ts';
export type { PlainTransactionError, TransactionError } from './tx/errors.ts';
export type { InnerInstruction, InnerInstructions } from './tx/inner-instructions.ts';
export { innerInstructionsOf } from './tx/inner-instructions.ts';
export type { LookupTable } from './tx/lookup-table.ts';
export { decodeLookupTable } from './tx/lookup-table.ts';
export type { SignatureVerifier } from './tx/signatures.ts';
export type { Account } from './bank/account.ts';
export type { AccountsSnapshot } from './bank/accounts.ts';
export { Accounts } from './bank/accounts.ts';
export type { Bank, BankRules, FeeDistribution, FrozenBank, HardFork, SimulateOptions } from './bank/bank.ts';
export { openBank } from './bank/bank.ts';
export { BlockhashQueue } from './bank/blockhash-queue.ts';
export type { EpochSchedule } from './bank/epoch-schedule.ts';
export { decodeEpochSchedule, epochOf, epochScheduleOf } from './bank/epoch-schedule.ts';
export type { GenesisOptions, InitialProgram, PlacedAccount } from './bank/genesis.ts';
export { builtinAccounts, createGenesis, programAccounts, walletAccount } from './bank/genesis.ts';
export type { Stake } from './bank/leader-schedule.ts';
export { leaderSchedule } from './bank/leader-schedule.ts';
export type { TimestampScene, TimestampVote } from './bank/timestamp.ts';
export { estimateTimestamp } from './bank/timestamp.ts';
export type { Lattice } from './bank/lattice.ts';
export { decodeLattice, encodeLattice } from './bank/lattice.ts';
export type { Entry } from './bank/poh.ts';
export { areEntriesValid, decodeEntries, encodeEntries } from './bank/poh.ts';
export type { Prepared, TransactionResult } from './bank/process.ts';
export type { Rent } from './bank/rent.ts';
export { minimumBalance } from './bank/rent.ts';
export { StatusCache } from './bank/status-cache.ts';
export type { BankClock, SlotHash } from './bank/sysvars.ts';
export { decodeClock } from './bank/sysvars.ts';
export { entriesOfShreds } from './bank/shreds.ts';
export type { SlotTiming, BlockLimits } from './spec/slots.ts';
export { slotTimingOf } from './spec/slots.ts';
export type { AddressLike, SolanaSvm, SvmResult, SvmSettings, SvmSimulation } from './svm/svm.ts';
export { createSvm } from './svm/svm.ts';
export type { TransactionLike } from './svm/transaction-like.ts';
export { toTransaction } from './svm/transaction-like.ts';
export type { SolanaChain } from './chain.ts';
export { createSolanaChain } from './chain.ts';
export type { Scheduler, SolanaChainOptions } from './options.ts';
export { SolanaNode } from './node.ts';
export { Ledger } from './ledger/ledger.ts';
export type { Block, Commitment, SlotView, TransactionRecord } from './ledger/types.ts';
export type { ClientChain, InProcessSocket, KitChannel, KitTransport, Web3Fetch } from './rpc/client.ts';
export {
  attachWeb3,
  createInProcessSocket,
  createKitChannels,
  createKitTransport,
  createWeb3Fetch,
} from './rpc/client.ts';
