import { type Bytes, defineErrors } from '@ninefold/base';

const fail = defineErrors({
  CRYPTO_INVALID_LENGTH: (context: {
    readonly name: string;
    readonly length: number;
    readonly expected: number;
  }) => `A ${context.name} has ${context.expected} bytes, not ${context.length}`,
});

/** @throws `CRYPTO_INVALID_LENGTH` when `bytes` has another length than `expected`. */
export function requireLength(name: string, bytes: Bytes, expected: number): void {
  if (bytes.length !== expected) {
    throw fail('CRYPTO_INVALID_LENGTH', { name, length: bytes.length, expected });
  }
}
