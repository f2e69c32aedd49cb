export { openEthereumStudio } from './studio/open.ts';
export type { EthereumChain } from './chain.ts';
export { createEthereumChain } from './chain.ts';
export type { MatrixEntry } from './api/matrix.ts';
export { methodMatrix } from './api/matrix.ts';
export type { BlockPosition, BombDelay, ChainConfig, ForkActivation } from './spec/chain-config.ts';
export {
  blobScheduleAt,
  createDevConfig,
  DEV_CHAIN_ID,
  forkAt,
  MAINNET_CONFIG,
  rulesAt,
} from './spec/chain-config.ts';
export type { GethConfig } from './spec/geth-config.ts';
export { parseGethConfig } from './spec/geth-config.ts';
export { nextDifficulty } from './spec/difficulty.ts';
export { blobBaseFee, GAS_PER_BLOB, nextBaseFee, nextExcessBlobGas } from './spec/fees.ts';
export type { ForkId } from './spec/fork-id.ts';
export { forkId } from './spec/fork-id.ts';
export type {
  AccessListTransaction,
  BlobTransaction,
  FeeMarketTransaction,
  LegacyTransaction,
  SetCodeTransaction,
  Signature,
  SignedTransaction,
  UnsignedTransaction,
} from './tx/types.ts';
export { decodeTransaction, encodeTransaction, signingHash, transactionHash } from './tx/transaction.ts';
export { addressOf, impersonate, senderOf, signTransaction } from './tx/signature.ts';
export { checkTransaction } from './tx/check.ts';
export { authorityOf, signAuthorization } from './tx/authorization.ts';
export { toVmTransaction } from './tx/vm-transaction.ts';
export type { Block } from './ledger/block.ts';
export { decodeBlock, encodeBlock } from './ledger/block.ts';
export type { Header } from './ledger/header.ts';
export { decodeHeader, encodeHeader, headerHash } from './ledger/header.ts';
export type { Receipt } from './ledger/receipt.ts';
export { decodeReceipt, encodeReceipt } from './ledger/receipt.ts';
export type { Withdrawal } from './ledger/withdrawal.ts';
export type { Genesis, GenesisAccount, GethGenesis } from './ledger/genesis.ts';
export { devGenesis, parseGethGenesis } from './ledger/genesis.ts';
export type {
  BlockAttributes,
  BlockBuilder,
  Chain,
  ChainEvents,
  ChainSnapshot,
  ExecutedBlock,
  HeadChange,
  ImportResult,
  PendingState,
  SealedBlock,
  TransactionLocation,
} from './ledger/types.ts';
export type { World } from './ledger/world.ts';
export type { ChainOptions } from './ledger/chain.ts';
export { createChain } from './ledger/chain.ts';
