// What whoever only verifies needs, and nothing of what proving needs: the package's `ninefold/verifier` is this
// module and all that it takes in one file (`tools/verifier.mjs`), which loads in a tenth of the time.
export {
  decodeReceipt,
  encodeReceipt,
  MAX_JOURNAL_BYTES,
  type ProgramCommitment,
  programIdOf,
  type Receipt,
  type Verified,
  verifyReceipt,
} from '@ninefold/vm-riscv';
export { type SecurityReport, securityText } from '@ninefold/stark';
