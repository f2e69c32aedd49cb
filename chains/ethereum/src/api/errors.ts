import type { NinefoldError } from '@ninefold/base';
import type { RpcErrorBody, RpcErrorTable, RpcWording } from '@ninefold/rpc';
import { INVALID_PARAMS, METHOD_NOT_FOUND, RpcError } from '@ninefold/rpc';

/** Codes go-ethereum and EIP-1474 add to JSON-RPC's. */
export const EXECUTION_REVERTED = 3;
export const SERVER_ERROR = -32000;
export const TRANSACTION_REJECTED = -32003;

export function invalidParams(message: string): RpcError {
  return new RpcError(INVALID_PARAMS, message);
}

/** geth's default for everything that went wrong inside a method. */
export function serverError(message: string, data?: unknown): RpcError {
  return new RpcError(SERVER_ERROR, message, data);
}

/** The protocol's own errors as geth words them: clients match some of these strings. */
export const GETH_WORDING: Partial<RpcWording> = {
  methodNotFound: (method) => ({
    code: METHOD_NOT_FOUND,
    message: `the method ${method.slice(0, 100)} does not exist/is not available`,
  }),
  invalidParams: ({ path, message, problem }) => {
    if (path.length === 0) return { code: INVALID_PARAMS, message };
    const [index, ...inner] = path;
    if (problem === 'missing' && inner.length === 0) {
      return { code: INVALID_PARAMS, message: `missing value for required argument ${index}` };
    }
    const place = inner.length === 0 ? '' : `field ${inner.join('.').slice(0, 100)}: `;
    return { code: INVALID_PARAMS, message: `invalid argument ${index}: ${place}${message}` };
  },
};

const rejected = ({ message }: NinefoldError): RpcErrorBody => ({ code: TRANSACTION_REJECTED, message });
const malformed = ({ message }: NinefoldError): RpcErrorBody => ({ code: SERVER_ERROR, message });

/** Answers to the typed errors of pool and codecs. */
export const ERROR_TABLE: RpcErrorTable = {
  ETH_POOL_ALREADY_KNOWN: rejected,
  ETH_POOL_REPLACEMENT_UNDERPRICED: rejected,
  ETH_POOL_UNDERPRICED: rejected,
  ETH_POOL_FULL: rejected,
  ETH_POOL_SENDER_FULL: rejected,
  ETH_POOL_NONCE_TOO_LOW: rejected,
  ETH_POOL_NONCE_MAX: rejected,
  ETH_POOL_INSUFFICIENT_FUNDS: rejected,
  ETH_POOL_GAS_ABOVE_BLOCK: rejected,
  ETH_POOL_GAS_ABOVE_CAP: rejected,
  ETH_POOL_INTRINSIC_GAS: rejected,
  ETH_POOL_FLOOR_GAS: rejected,
  ETH_POOL_TIP_ABOVE_FEE_CAP: rejected,
  ETH_POOL_FEE_CAP_BELOW_BASE_FEE: rejected,
  ETH_POOL_TYPE_NOT_SUPPORTED: rejected,
  ETH_POOL_OVERSIZED: rejected,
  ETH_POOL_INVALID_SENDER: rejected,
  ETH_POOL_INITCODE_TOO_LARGE: rejected,
  ETH_POOL_SENDER_HAS_CODE: rejected,
  ETH_POOL_BLOB_SIDECAR_MISSING: rejected,
  ETH_BLOB_SIDECAR_COUNT: rejected,
  ETH_BLOB_HASH_MISMATCH: rejected,
  ETH_BLOB_PROOF_INVALID: rejected,
  ETH_POOL_BLOB_FEE_TOO_LOW: rejected,
  ETH_POOL_BLOB_COUNT: rejected,
  ETH_POOL_AUTHORIZATIONS_EMPTY: rejected,
  TX_INVALID_SIGNATURE: () => ({ code: TRANSACTION_REJECTED, message: 'invalid sender' }),
  TX_CHAIN_ID_MISMATCH: ({ context }) => {
    const { actual, expected } = context as {
      readonly actual: bigint | undefined;
      readonly expected: bigint;
    };
    const message = `invalid sender: invalid chain id for signer: have ${actual} want ${expected}`;
    return { code: TRANSACTION_REJECTED, message };
  },
  ETH_TIMESTAMP_NOT_AFTER_PARENT: ({ message }) => ({ code: INVALID_PARAMS, message }),
  ETH_NO_SCHEDULER: malformed,
  ETH_UNKNOWN_ACCOUNT: malformed,
  ETH_TYPED_DATA_TYPE: ({ message }) => ({ code: INVALID_PARAMS, message }),
  ETH_TYPED_DATA_VALUE: ({ message }) => ({ code: INVALID_PARAMS, message }),
  ETH_TYPED_DATA_LENGTH: ({ message }) => ({ code: INVALID_PARAMS, message }),
  ETH_TYPED_DATA_DEPTH: ({ message }) => ({ code: INVALID_PARAMS, message }),
  ETH_INVALID_STATE_DUMP: ({ message }) => ({ code: INVALID_PARAMS, message }),
  ETH_STATE_DUMP_TOO_LARGE: ({ message }) => ({ code: INVALID_PARAMS, message }),
  CHAIN_STATE_UNAVAILABLE: malformed,
  CHAIN_STORE_FAILED: malformed,
  CHAIN_CLOSED: malformed,
  BLOCK_INVALID_DEPOSIT_LAYOUT: malformed,
  BLOCK_SYSTEM_CONTRACT_EMPTY: malformed,
  BLOCK_SYSTEM_CALL_FAILED: malformed,
  CHAIN_TIME_NOT_AFTER_PARENT: ({ message }) => ({ code: INVALID_PARAMS, message }),
  CHAIN_TIME_OUT_OF_RANGE: ({ message }) => ({ code: INVALID_PARAMS, message }),
  TX_EMPTY: malformed,
  TX_TYPE_UNKNOWN: malformed,
  ETH_MALFORMED_RLP: malformed,
  ETH_FIELD_COUNT: malformed,
  ETH_INVALID_FIELD: malformed,
};
