import type { Bytes } from '@ninefold/base';
import { bytesToHex } from '@ninefold/base';
import type { MethodTable, Validator } from '@ninefold/rpc';
import { anything, ParamFailure, query } from '@ninefold/rpc';
import type { TypedData } from '../dev/typed-data.ts';
import { isTypedData, personalMessageHash, typedDataHash } from '../dev/typed-data.ts';
import type { EthereumNode } from '../node.ts';
import { withSignature } from '../tx/signature.ts';
import { encodeTransaction } from '../tx/transaction.ts';
import type { SignedTransaction } from '../tx/types.ts';
import { serverError } from './errors.ts';
import { fillRequest, signRequest } from './fill.ts';
import { transactionJson } from './format.ts';
import { transactionRequest } from './requests.ts';
import { address, bytes } from './values.ts';

const typedData: Validator<TypedData> = (value) => {
  const parsed = typeof value === 'string' ? parseJson(value) : value;
  if (!isTypedData(parsed)) throw new ParamFailure('no EIP-712 typed data');
  return parsed;
};

/** The node's accounts and what they sign. */
export function signingMethods(node: EthereumNode): MethodTable {
  const { accounts } = node;
  const signMessage = (from: `0x${string}`, message: Bytes): unknown =>
    accounts.signHash(from, personalMessageHash(message));
  const signTypedData = query([address, typedData], ([from, data]) =>
    accounts.signHash(from, typedDataHash(data)),
  );

  return {
    eth_accounts: query([], () => accounts.addresses()),
    eth_requestAccounts: query([], () => accounts.addresses()),
    eth_sign: query([address, bytes], ([from, message]) => signMessage(from, message)),
    // Message first: the order MetaMask made the standard. A password may follow.
    personal_sign: query([bytes, address, anything], ([message, from]) => signMessage(from, message)),
    eth_signTypedData: signTypedData,
    eth_signTypedData_v3: signTypedData,
    eth_signTypedData_v4: signTypedData,
    eth_signTransaction: query([transactionRequest], ([request], { cancelled }) => {
      if (request.from === undefined) throw serverError("missing 'from' in transaction");
      const signed = signRequest(node, request, node.deadline(cancelled));
      return bytesToHex(encodeTransaction(signed));
    }),
    eth_fillTransaction: query([transactionRequest], ([request], { cancelled }) => {
      const from = request.from ?? ZERO_ADDRESS;
      const filled = fillRequest(node, request, from, node.deadline(cancelled));
      const unsigned = withSignature(filled, { yParity: 0, r: 0n, s: 0n });
      return { raw: bytesToHex(encodeTransaction(unsigned)), tx: filledJson(unsigned, from) };
    }),
  };
}

const ZERO_ADDRESS = `0x${'00'.repeat(20)}` as const;

/** As a transaction, but without a place in a block and without what a signature brings. */
function filledJson(unsigned: SignedTransaction, from: `0x${string}`): unknown {
  const {
    blockHash: _h,
    blockNumber: _n,
    blockTimestamp: _t,
    transactionIndex: _i,
    ...rest
  } = transactionJson(unsigned, from, undefined);
  return rest;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
