/** Hex digits of PUSH for a value of as many bytes as it needs, or as are given. */
export function push(value: bigint | number | string, bytes?: number): string {
  const digits = BigInt(value).toString(16);
  const size = bytes ?? Math.ceil(digits.length / 2);
  return (0x5f + size).toString(16) + digits.padStart(2 * size, '0');
}

/** Answers with the word on top of the stack: PUSH0 MSTORE PUSH1 32 PUSH0 RETURN. */
export const ANSWER = '5f5260205ff3';

/** Ends without success and without data: PUSH0 PUSH0 REVERT. */
export const REVERT = '5f5ffd';

const CALL_KINDS = { CALL: 'f1', CALLCODE: 'f2', DELEGATECALL: 'f4', STATICCALL: 'fa' } as const;

/** Calls `to` with the first `inputSize` bytes of memory and all gas; leaves the flag on the stack. */
export function call(
  to: string,
  options: {
    readonly kind?: keyof typeof CALL_KINDS;
    readonly value?: number;
    readonly inputSize?: number;
  } = {},
): string {
  const { kind = 'CALL', value = 0, inputSize = 0 } = options;
  const amount = kind === 'CALL' || kind === 'CALLCODE' ? push(value, 1) : '';
  return `5f5f${push(inputSize, 1)}5f${amount}${push(to, 20)}5a${CALL_KINDS[kind]}`;
}

/** Stores the constant `value` in `slot`. */
export const store = (slot: number, value: number): string => `${push(value, 1)}${push(slot, 1)}55`;

/** Creates a contract with `initcode` of at most 32 bytes; leaves the address on the stack. */
export function create(initcode: string, salt?: number): string {
  const size = initcode.length / 2;
  // PUSHn initcode PUSH0 MSTORE [PUSH1 salt] PUSH1 size PUSH1 32-size PUSH0 CREATE
  const head = `${push(`0x${initcode}`, size)}5f52`;
  const range = `${push(size, 1)}${push(32 - size, 1)}5f`;
  return salt === undefined ? `${head}${range}f0` : `${head}${push(salt, 1)}${range}f5`;
}
