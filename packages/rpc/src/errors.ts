/** Codes of JSON-RPC 2.0 §5.1. */
export const PARSE_ERROR = -32700;
export const INVALID_REQUEST = -32600;
export const METHOD_NOT_FOUND = -32601;
export const INVALID_PARAMS = -32602;
export const INTERNAL_ERROR = -32603;

/** Codes outside the specification that go-ethereum uses and clients know. */
export const NOTIFICATIONS_UNSUPPORTED = -32001;
export const RESPONSE_TOO_LARGE = -32003;

/** The `error` member of an answer. */
export type RpcErrorBody = { readonly code: number; readonly message: string; readonly data?: unknown };

/**
 * What a handler throws to answer with an error, and what an in-process `request()` rejects with:
 * it has the shape of EIP-1193's `ProviderRpcError`.
 *
 * @example throw new RpcError(3, 'execution reverted: no', '0x08c379a0…')
 */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly code: number;
  declare readonly data?: unknown;

  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.code = code;
    // Absent, not undefined: clients test with `'data' in error`.
    if (data !== undefined) this.data = data;
  }

  toJSON(): RpcErrorBody {
    const { code, message, data } = this;
    return data === undefined ? { code, message } : { code, message, data };
  }
}

/** Whether `value` is an {@link RpcError}, also one of another copy of the package. */
export function isRpcError(value: unknown): value is RpcError {
  if (typeof value !== 'object' || value === null) return false;
  const error = value as { readonly name?: unknown; readonly code?: unknown; readonly message?: unknown };
  return error.name === 'RpcError' && typeof error.code === 'number' && typeof error.message === 'string';
}
