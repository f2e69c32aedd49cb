import { dirname } from 'node:path';
import type { FolderResult, Suite, SuiteEntry } from './suite.ts';
import type { SvmSuiteName } from './svm/suites.ts';

const folderSuite = (run: (folder: string) => FolderResult | Promise<FolderResult>): Suite => ({
  kind: 'folder',
  run,
});

/** Vectors of these suites refer to files in each other's folders. */
const svmSuite = (name: SvmSuiteName, vectors: string): SuiteEntry => ({
  name,
  vectors,
  load: async () => {
    const { SVM_SUITES } = await import('./svm/suites.ts');
    const { openFolder } = await import('./svm/folder.ts');
    return folderSuite((folder) => SVM_SUITES[name](openFolder(dirname(folder))));
  },
});

/** Every suite there is; `load` keeps what a run does not need out of its workers. */
export const SUITES: readonly SuiteEntry[] = [
  {
    name: 'evm/basic',
    vectors: 'evm/basic',
    load: async () => folderSuite((await import('./evm/basic.ts')).runBasic),
  },
  {
    name: 'evm/precompiles',
    vectors: 'evm/precompiles',
    load: async () => folderSuite((await import('./evm/precompiles.ts')).runPrecompiles),
  },
  {
    name: 'evm/state',
    vectors: 'evm/state',
    load: async () => (await import('./evm/state.ts')).stateSuite,
  },
  {
    name: 'evm/amsterdam',
    vectors: 'evm/state',
    load: async () => (await import('./evm/state.ts')).amsterdamSuite,
  },
  {
    name: 'evm/transaction',
    vectors: 'evm/transaction',
    load: async () => (await import('./evm/transaction.ts')).transactionSuite,
  },
  {
    name: 'evm/difficulty',
    vectors: 'evm/basic',
    load: async () => (await import('./evm/difficulty.ts')).difficultySuite,
  },
  {
    name: 'evm/blockchain',
    vectors: 'evm/blockchain',
    load: async () => (await import('./evm/blockchain.ts')).blockchainSuite,
  },
  {
    name: 'evm/worst-case',
    vectors: 'evm/bench',
    load: async () => (await import('./evm/blockchain.ts')).blockchainSuite,
  },
  {
    name: 'evm/rpc',
    vectors: 'evm/rpc',
    load: async () => folderSuite((await import('./evm/rpc.ts')).runRpc),
  },
  svmSuite('svm/elf', 'svm/elf'),
  svmSuite('svm/instructions', 'svm/sbpf'),
  svmSuite('svm/execution', 'svm/sbpf'),
  svmSuite('svm/serialization', 'svm/sbpf'),
  svmSuite('svm/fuzz', 'svm/sbpf'),
  svmSuite('svm/syscalls', 'svm/sbpf'),
  svmSuite('svm/transactions', 'svm/golden'),
  svmSuite('svm/blocks', 'svm/golden'),
  svmSuite('svm/recorded-slot', 'svm/ledger'),
  svmSuite('svm/block-fixtures', 'svm/ledger'),
  svmSuite('svm/signatures', 'svm/misc'),
  {
    name: 'bitcoin/script',
    vectors: 'bitcoin/core',
    load: async () => folderSuite((await import('./bitcoin/scripts.ts')).runScriptTests),
  },
  {
    name: 'bitcoin/tx-valid',
    vectors: 'bitcoin/core',
    load: async () => folderSuite((await import('./bitcoin/scripts.ts')).runValidTransactions),
  },
  {
    name: 'bitcoin/tx-invalid',
    vectors: 'bitcoin/core',
    load: async () => folderSuite((await import('./bitcoin/scripts.ts')).runInvalidTransactions),
  },
  {
    name: 'bitcoin/sighash',
    vectors: 'bitcoin/core',
    load: async () => folderSuite((await import('./bitcoin/scripts.ts')).runSighashes),
  },
  {
    name: 'bitcoin/taproot',
    vectors: 'bitcoin/taproot',
    load: async () => folderSuite((await import('./bitcoin/scripts.ts')).runScriptAssets),
  },
  {
    name: 'bitcoin/taproot-peer',
    vectors: 'bitcoin/taproot',
    load: async () => folderSuite((await import('./bitcoin/peer.ts')).runTaprootPeer),
  },
  {
    name: 'bitcoin/bip340',
    vectors: 'bitcoin/bips',
    load: async () => folderSuite((await import('./bitcoin/bips.ts')).runBip340),
  },
  {
    name: 'bitcoin/bip341',
    vectors: 'bitcoin/bips',
    load: async () => folderSuite((await import('./bitcoin/bips.ts')).runBip341),
  },
  {
    name: 'bitcoin/bip110',
    vectors: 'bitcoin/bips',
    load: async () => folderSuite((await import('./bitcoin/reduced-data.ts')).runReducedData),
  },
  {
    name: 'bitcoin/bip158',
    vectors: 'bitcoin/bips',
    load: async () => folderSuite((await import('./bitcoin/messages.ts')).runBip158),
  },
  {
    name: 'bitcoin/bip322',
    vectors: 'bitcoin/bips',
    load: async () => folderSuite((await import('./bitcoin/messages.ts')).runBip322),
  },
  {
    name: 'bitcoin/bip328',
    vectors: 'bitcoin/bips',
    load: async () => folderSuite((await import('./bitcoin/messages.ts')).runBip328),
  },
  {
    name: 'bitcoin/bip327',
    vectors: 'bitcoin/bips',
    load: async () => folderSuite((await import('./bitcoin/musig.ts')).runBip327),
  },
  {
    name: 'bitcoin/blocks',
    vectors: 'bitcoin/blocks',
    load: async () => folderSuite((await import('./bitcoin/blocks.ts')).runBlocks),
  },
  {
    name: 'bitcoin/replay',
    vectors: 'bitcoin/rpc',
    load: async () => folderSuite((await import('./bitcoin/replay.ts')).runReplay),
  },
  {
    name: 'bitcoin/rpc',
    vectors: 'bitcoin/rpc',
    load: async () => folderSuite((await import('./bitcoin/rpc.ts')).runRecordedRpc),
  },
  {
    name: 'bitcoin/winternitz',
    vectors: 'bitcoin/bitvm',
    load: async () => folderSuite((await import('./bitcoin/winternitz.ts')).runWinternitz),
  },
  {
    name: 'bitcoin/bitvm',
    vectors: 'bitcoin/circuits',
    load: async () => folderSuite((await import('./bitcoin/bitvm.ts')).runBitvm),
  },
  {
    name: 'bitcoin/psbt',
    vectors: 'bitcoin/bips',
    load: async () => folderSuite((await import('./bitcoin/psbt.ts')).runPsbt),
  },
  {
    name: 'proofs/riscv-tests',
    vectors: 'proofs/riscv',
    load: async () => folderSuite((await import('./proofs/riscv-tests.ts')).runRiscvTests),
  },
  {
    name: 'proofs/riscv-tests-zkvm',
    vectors: 'proofs/riscv',
    load: async () => folderSuite((await import('./proofs/riscv-tests.ts')).runRiscvTestsZkvm),
  },
  {
    name: 'proofs/arch-tests',
    vectors: 'proofs/riscv',
    load: async () => folderSuite((await import('./proofs/riscv-tests.ts')).runArchTests),
  },
  {
    name: 'proofs/zkvm',
    vectors: 'proofs/riscv',
    load: async () => folderSuite((await import('./proofs/zkvm.ts')).runZkvmTests),
  },
  {
    name: 'proofs/zkvm-machine',
    vectors: 'proofs/riscv',
    load: async () => folderSuite((await import('./proofs/zkvm.ts')).runMachineTests),
  },
  {
    name: 'proofs/zkvm-arch',
    vectors: 'proofs/riscv',
    load: async () => folderSuite((await import('./proofs/zkvm.ts')).runArchProofs),
  },
  {
    name: 'proofs/zkvm-mutation',
    vectors: 'proofs/riscv',
    load: async () => folderSuite((await import('./proofs/zkvm.ts')).runMutations),
  },
  {
    name: 'proofs/zkvm-segments',
    vectors: 'proofs/riscv',
    load: async () => folderSuite((await import('./proofs/zkvm-segments.ts')).runSegmentProofs),
  },
  {
    name: 'proofs/zkvm-guests',
    vectors: 'proofs/guests',
    load: async () => folderSuite((await import('./proofs/zkvm-guests.ts')).runGuestProofs),
  },
  {
    name: 'proofs/zkvm-guest-mutation',
    vectors: 'proofs/guests',
    load: async () => folderSuite((await import('./proofs/zkvm-guests.ts')).runGuestMutations),
  },
  {
    name: 'proofs/zkvm-precompiles',
    vectors: 'proofs/hashes',
    load: async () => folderSuite((await import('./proofs/zkvm-precompiles.ts')).runPrecompileProofs),
  },
  {
    name: 'proofs/guests',
    vectors: 'proofs/guests',
    load: async () => folderSuite((await import('./proofs/guests.ts')).runGuests),
  },
  {
    name: 'proofs/fields',
    vectors: 'proofs/fields',
    load: async () => folderSuite((await import('./proofs/fields.ts')).runFields),
  },
  {
    name: 'proofs/hashes',
    vectors: 'proofs/hashes',
    load: async () => folderSuite((await import('./proofs/hashes.ts')).runHashes),
  },
  {
    name: 'proofs/plonky3',
    vectors: 'proofs/proofs/plonky3',
    load: async () => folderSuite((await import('./proofs/plonky3/suite.ts')).runPlonky3),
  },
  {
    name: 'proofs/groth16',
    vectors: 'proofs/proofs/risc0_groth16',
    load: async () => folderSuite((await import('./proofs/groth16/suite.ts')).runGroth16),
  },
  {
    name: 'proofs/bug-catalog',
    vectors: 'proofs/soundness',
    load: async () => folderSuite((await import('./proofs/bug-catalog.ts')).runBugCatalog),
  },
];
