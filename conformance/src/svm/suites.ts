import type { FolderResult } from '../suite.ts';
import { runElf } from './elf.ts';
import { onEachEngine } from './engines.ts';
import { runExecution } from './execution.ts';
import { runFuzz } from './fuzz.ts';
import { runInstructions } from './instructions.ts';
import { runBlockFixtures, runBlocks, runRecordedSlot } from './ledger.ts';
import type { VectorFiles } from './read.ts';
import { runSerialization } from './serialization.ts';
import { runSignatures } from './signatures.ts';
import { runSyscalls } from './syscalls.ts';
import { runTransactions } from './transactions.ts';

export type SvmSuiteName =
  | 'svm/elf'
  | 'svm/instructions'
  | 'svm/execution'
  | 'svm/serialization'
  | 'svm/fuzz'
  | 'svm/syscalls'
  | 'svm/transactions'
  | 'svm/blocks'
  | 'svm/recorded-slot'
  | 'svm/block-fixtures'
  | 'svm/signatures';

/** The suites of Solana, in Node as in browsers; those that execute programs do it with each engine. */
export const SVM_SUITES: Readonly<Record<SvmSuiteName, (vectors: VectorFiles) => FolderResult>> = {
  'svm/elf': runElf,
  'svm/instructions': onEachEngine(runInstructions),
  'svm/execution': onEachEngine(runExecution),
  'svm/serialization': runSerialization,
  'svm/fuzz': onEachEngine(runFuzz),
  'svm/syscalls': onEachEngine(runSyscalls),
  'svm/transactions': onEachEngine(runTransactions),
  'svm/blocks': onEachEngine(runBlocks),
  'svm/recorded-slot': runRecordedSlot,
  'svm/block-fixtures': onEachEngine(runBlockFixtures),
  'svm/signatures': runSignatures,
};
