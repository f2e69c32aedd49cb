export type { RlpValue } from './rlp.ts';
export {
  decodeRlp,
  decodeRlpItem,
  encodeRlp,
  expectBytes,
  expectList,
  RLP_MAX_DEPTH,
  rlpFromUint,
  rlpToUint,
} from './rlp.ts';
export { compactSizeLength, decodeCompactSize, encodeCompactSize, writeCompactSize } from './compact-size.ts';
