import { RpcError } from '@ninefold/rpc';

/** Codes of Bitcoin Core's JSON-RPC (rpc/protocol.h). */
export const RPC_MISC_ERROR: number = -1;
export const RPC_TYPE_ERROR: number = -3;
export const RPC_WALLET_ERROR: number = -4;
export const RPC_INVALID_ADDRESS_OR_KEY: number = -5;
export const RPC_WALLET_INSUFFICIENT_FUNDS: number = -6;
export const RPC_INVALID_PARAMETER: number = -8;
export const RPC_WALLET_INVALID_LABEL_NAME: number = -11;
export const RPC_WALLET_KEYPOOL_RAN_OUT: number = -12;
export const RPC_WALLET_NOT_FOUND: number = -18;
export const RPC_WALLET_NOT_SPECIFIED: number = -19;
export const RPC_DATABASE_ERROR: number = -20;
export const RPC_DESERIALIZATION_ERROR: number = -22;
export const RPC_VERIFY_ERROR: number = -25;
export const RPC_VERIFY_REJECTED: number = -26;
export const RPC_VERIFY_ALREADY_IN_CHAIN: number = -27;
export const RPC_METHOD_DEPRECATED: number = -32;
export const RPC_WALLET_ALREADY_LOADED: number = -35;
export const RPC_INVALID_REQUEST: number = -32600;
export const RPC_METHOD_NOT_FOUND: number = -32601;
export const RPC_PARSE_ERROR: number = -32700;

/** What a handler throws to answer with an error. */
export function rpcFailure(code: number, message: string): RpcError {
  return new RpcError(code, message);
}

export const typeError = (message: string): RpcError => rpcFailure(RPC_TYPE_ERROR, message);
export const invalidParameter = (message: string): RpcError => rpcFailure(RPC_INVALID_PARAMETER, message);
export const notFound = (message: string): RpcError => rpcFailure(RPC_INVALID_ADDRESS_OR_KEY, message);
export const undecodable = (message: string): RpcError => rpcFailure(RPC_DESERIALIZATION_ERROR, message);
