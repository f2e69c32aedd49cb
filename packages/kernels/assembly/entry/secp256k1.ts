// The curve secp256k1 as a module; its TypeScript face is `src/secp256k1.ts`. Tables of the
// generator's multiples are made on first use and stay in its memory.
export {
  combine,
  derive,
  expectSigner,
  invert,
  isSignersRecovery,
  parse,
  recover,
  sign,
  sum,
  verify,
} from '../secp256k1/ecdsa';

/** First byte after the module's tables: the host's memory begins here. */
export const heapBase: usize = __heap_base;
