export type { SignatureChecker } from './signature-checker.ts';
export { createSignatureChecker } from './signature-checker.ts';
