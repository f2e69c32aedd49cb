export { verifyEd25519Native } from './ed25519.ts';
export type { SignatureChecker } from './signature-checker.ts';
export { createSignatureChecker } from './signature-checker.ts';
