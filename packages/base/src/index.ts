export type { Bytes, Hex } from './bytes.ts';
export {
  bytesToHex,
  bytesToUtf8,
  compareBytes,
  concatBytes,
  copyBytes,
  EMPTY_BYTES,
  equalBytes,
  hexToBytes,
  isHex,
  padLeft,
  padRight,
  pageCopier,
  trimLeadingZeros,
  utf8ToBytes,
} from './bytes.ts';
export {
  bigintToBytes,
  bytesToBigint,
  bytesToNumber,
  fromQuantity,
  numberToBytes,
  toQuantity,
} from './integers.ts';
export {
  decodeLeb128Signed,
  decodeLeb128Unsigned,
  encodeLeb128Signed,
  encodeLeb128Unsigned,
} from './leb128.ts';
export type { ErrorCatalog, ErrorDescriptor, ErrorJson } from './errors.ts';
export { defineErrors, invariant, isNinefoldError, NinefoldError, unreachable } from './errors.ts';
export { didYouMean } from './did-you-mean.ts';
export type { LogFields, Logger, LogLevel, LogRecord, LogSink } from './logger.ts';
export { createLogger, silentLogger } from './logger.ts';
export type { Clock } from './clock.ts';
export { fixedClock, manualClock, systemClock } from './clock.ts';
export type { Rng } from './rng.ts';
export { seededRng } from './rng.ts';
export type { Emitter, Listener } from './emitter.ts';
export { createEmitter } from './emitter.ts';
export type { Counter, Histogram, Metrics } from './metrics.ts';
export { createMetrics } from './metrics.ts';
export { base64ToBytes, bytesToBase64 } from './base64.ts';
