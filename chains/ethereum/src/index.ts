export { blobBaseFee } from './spec/fees.ts';
