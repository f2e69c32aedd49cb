import type { Bytes, Hex } from '@ninefold/base';
import { bytesToBigint, bytesToHex, defineErrors, isNinefoldError } from '@ninefold/base';
import type { RlpValue } from '@ninefold/codec';
import { decodeRlp } from '@ninefold/codec';

/** What is being decoded; names the culprit in errors. */
export type StructureName =
  | 'transaction'
  | 'access list entry'
  | 'authorization'
  | 'blob sidecar'
  | 'header'
  | 'block'
  | 'withdrawal'
  | 'receipt'
  | 'log'
  | 'account';

/** Why a field was refused. `value` shows at most its first 40 bytes. */
export type FieldProblem =
  | { readonly problem: 'leading-zeros'; readonly value: Hex }
  | { readonly problem: 'overflow'; readonly value: Hex; readonly maxBytes: number }
  | { readonly problem: 'length'; readonly actual: number; readonly expected: string }
  | { readonly problem: 'is-list' | 'is-not-list' };

const fail = defineErrors({
  ETH_MALFORMED_RLP: (c: { readonly structure: StructureName }) => `The ${c.structure} is not canonical RLP`,
  ETH_FIELD_COUNT: (c: {
    readonly structure: StructureName;
    readonly minimum: number;
    readonly maximum: number;
    readonly actual: number;
  }) => {
    const expected = c.minimum === c.maximum ? `${c.minimum}` : `${c.minimum} to ${c.maximum}`;
    return `A ${c.structure} has ${expected} fields, this one has ${c.actual}`;
  },
  ETH_INVALID_FIELD: (
    c: { readonly structure: StructureName; readonly field: string } & FieldProblem,
  ): string => `Field ${c.field} of the ${c.structure} ${describe(c)}`,
});

function describe(problem: FieldProblem): string {
  switch (problem.problem) {
    case 'leading-zeros':
      return `has leading zeros: ${problem.value}`;
    case 'overflow':
      return `is longer than ${problem.maxBytes} bytes: ${problem.value}`;
    case 'length':
      return `has ${problem.actual} bytes instead of ${problem.expected}`;
    case 'is-list':
      return 'is a list where bytes are expected';
    case 'is-not-list':
      return 'is bytes where a list is expected';
  }
}

/**
 * {@link decodeRlp} with this package's error.
 *
 * @throws `ETH_MALFORMED_RLP`; the codec's own error with the byte position is its cause
 */
export function decodeStructure(bytes: Bytes, structure: StructureName): RlpValue {
  try {
    return decodeRlp(bytes);
  } catch (cause) {
    if (!isNinefoldError(cause)) throw cause;
    throw fail('ETH_MALFORMED_RLP', { structure }, { cause });
  }
}

/** Reads the fields of one RLP list in their order; every refusal names structure and field. */
export class FieldReader {
  readonly #structure: StructureName;
  readonly #items: readonly RlpValue[];
  #at = 0;

  /**
   * @throws `ETH_FIELD_COUNT`, `ETH_INVALID_FIELD` when `value` is no list of `minimum` to `maximum` items
   */
  constructor(value: RlpValue, structure: StructureName, minimum: number, maximum: number = minimum) {
    if (!Array.isArray(value)) {
      throw fail('ETH_INVALID_FIELD', { structure, field: structure, problem: 'is-not-list' });
    }
    if (value.length < minimum || value.length > maximum) {
      throw fail('ETH_FIELD_COUNT', { structure, minimum, maximum, actual: value.length });
    }
    this.#structure = structure;
    this.#items = value;
  }

  /** Whether fields are left. */
  get more(): boolean {
    return this.#at < this.#items.length;
  }

  /** Any byte string: a view of the input. */
  bytes(field: string): Bytes {
    const item = this.#items[this.#at++] as RlpValue;
    if (item instanceof Uint8Array) return item;
    throw this.#invalid(field, { problem: 'is-list' });
  }

  /** A byte string of exactly `length` bytes. */
  fixed(field: string, length: number): Bytes {
    const bytes = this.bytes(field);
    if (bytes.length === length) return bytes;
    throw this.#invalid(field, { problem: 'length', actual: bytes.length, expected: `${length}` });
  }

  /** As {@link fixed}, as hex. */
  hex(field: string, length: number): Hex {
    return bytesToHex(this.fixed(field, length));
  }

  /** An address, or nothing at all (the receiver of a creation). */
  receiver(field: string): Hex | undefined {
    const bytes = this.bytes(field);
    if (bytes.length === 0) return undefined;
    if (bytes.length === 20) return bytesToHex(bytes);
    throw this.#invalid(field, { problem: 'length', actual: bytes.length, expected: '0 or 20' });
  }

  /** An unsigned integer of at most `maxBytes` bytes, without leading zeros. */
  uint(field: string, maxBytes: number): bigint {
    const bytes = this.bytes(field);
    if (bytes.length > maxBytes) {
      const value = bytesToHex(bytes.subarray(0, 40));
      throw this.#invalid(field, { problem: 'overflow', value, maxBytes });
    }
    if (bytes[0] === 0) throw this.#invalid(field, { problem: 'leading-zeros', value: bytesToHex(bytes) });
    return bytesToBigint(bytes);
  }

  /** A bit: 0 or 1. */
  bit(field: string): 0 | 1 {
    const value = this.uint(field, 32);
    if (value === 0n) return 0;
    if (value === 1n) return 1;
    throw this.#invalid(field, { problem: 'overflow', value: `0x${value.toString(16)}`, maxBytes: 1 });
  }

  list(field: string): readonly RlpValue[] {
    const item = this.#items[this.#at++] as RlpValue;
    if (Array.isArray(item)) return item;
    throw this.#invalid(field, { problem: 'is-not-list' });
  }

  #invalid(field: string, problem: FieldProblem): Error {
    return fail('ETH_INVALID_FIELD', { structure: this.#structure, field, ...problem });
  }
}
