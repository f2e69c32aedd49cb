import type { Hex } from '@ninefold/base';
import { hexToBytes, isNinefoldError } from '@ninefold/base';
import type { SignedTransaction } from '@ninefold/chain-ethereum';
import {
  checkTransaction,
  decodeTransaction,
  senderOf,
  toVmTransaction,
  transactionHash,
} from '@ninefold/chain-ethereum';
import type { Evm, ForkName } from '@ninefold/vm-evm';
import { createEvm, isAtLeast } from '@ninefold/vm-evm';
import type { Suite } from '../suite.ts';
import { forkOfNetwork } from './networks.ts';
import { toBigint } from './state-record.ts';

/** What a fork makes of the bytes. */
type Expectation = {
  readonly hash?: Hex | undefined;
  readonly sender?: Hex | undefined;
  readonly intrinsicGas: string;
  readonly exception?: string | undefined;
};

/** A transaction test as published (ethereum/tests `TransactionTests`). */
type TransactionTest = {
  readonly txbytes: Hex;
  readonly result: Readonly<Record<string, Expectation>>;
};

const CHAIN_ID = 1n;

/** Fields as the exception names spell them. */
const FIELDS: Readonly<Record<string, string>> = {
  nonce: 'NONCE',
  gasPrice: 'GASPRICE',
  maxFeePerGas: 'GASPRICE',
  maxPriorityFeePerGas: 'PRIORITY',
  gasLimit: 'GASLIMIT',
  to: 'TO',
  value: 'VALUE',
  data: 'DATA',
  v: 'V',
  r: 'R',
  s: 'S',
};

/** Names for encodings that are not canonical; which one a fixture uses depends on where they are. */
const MALFORMED = [
  'RLP_ERROR_SIZE',
  'RLP_ERROR_SIZE_LEADING_ZEROS',
  'RLP_LEADING_ZEROS_NONCE_SIZE',
  'RLP_LEADING_ZEROS_DATA_SIZE',
  'RLP_INVALID_GASLIMIT',
  'RLP_INVALID_TO',
];

/** The exception names a refusal may go by, without their class. */
function namesOf(error: unknown): readonly string[] {
  if (!isNinefoldError(error)) throw error;
  const context = error.context as Readonly<Record<string, unknown>>;
  switch (error.code) {
    case 'ETH_MALFORMED_RLP':
      return MALFORMED;
    case 'ETH_FIELD_COUNT':
      return Number(context['actual']) < Number(context['minimum'])
        ? ['RLP_TOO_FEW_ELEMENTS']
        : ['RLP_TOO_MANY_ELEMENTS'];
    case 'ETH_INVALID_FIELD':
      return namesOfField(context);
    case 'TX_TYPE_UNKNOWN':
    case 'TX_TYPE_UNSUPPORTED':
      return ['TYPE_NOT_SUPPORTED'];
    case 'TX_CHAIN_ID_MISMATCH':
      return ['INVALID_CHAINID'];
    case 'TX_FEE_OVERFLOW':
      return ['GASLIMIT_PRICE_PRODUCT_OVERFLOW'];
    case 'TX_INVALID_SIGNATURE':
      return context['problem'] === 'no-key' ? ['EC_RECOVERY_FAIL'] : ['INVALID_SIGNATURE_VRS'];
    default:
      throw error;
  }
}

function namesOfField({
  field,
  problem,
  value,
  actual,
}: Readonly<Record<string, unknown>>): readonly string[] {
  const name = FIELDS[String(field)] ?? String(field);
  switch (problem) {
    case 'leading-zeros':
      return [`RLP_LEADING_ZEROS_${name === 'PRIORITY' ? 'PRIORITY_FEE' : name}`];
    case 'overflow':
      // Too long and with zeros in front: either may be named.
      return [
        name === 'R' || name === 'S' ? 'INVALID_SIGNATURE_VRS' : `${name}_OVERFLOW`,
        ...(String(value).startsWith('0x00') ? namesOfField({ field, problem: 'leading-zeros' }) : []),
      ];
    case 'length':
      if (field === 'to') return [Number(actual) < 20 ? 'ADDRESS_TOO_SHORT' : 'ADDRESS_TOO_LONG'];
      return field === 'storageKey' ? ['RLP_INVALID_ACCESS_LIST_STORAGE_TOO_SHORT'] : [];
    default:
      return [`RLP_INVALID_${name}`];
  }
}

const FIRST_TYPE_FORKS: readonly ForkName[] = ['frontier', 'berlin', 'london', 'cancun', 'prague'];

/** Every reason `fork` has to refuse the bytes; none when it takes them. */
function refusals(bytes: Uint8Array, fork: ForkName, evm: Evm, expected: Expectation): readonly string[] {
  const reasons: string[] = [];
  const first = bytes[0] ?? 0;
  const since = FIRST_TYPE_FORKS[first];
  if (first > 0 && since !== undefined && !isAtLeast(fork, since)) reasons.push('TYPE_NOT_SUPPORTED');
  try {
    const transaction: SignedTransaction = decodeTransaction(bytes);
    checkTransaction(transaction, fork, CHAIN_ID);
    const sender = senderOf(transaction);
    const vmTransaction = toVmTransaction(transaction, sender);
    const { intrinsic, floor } = evm.intrinsicGas(vmTransaction);
    if (transaction.gasLimit < intrinsic || transaction.gasLimit < floor)
      reasons.push('INTRINSIC_GAS_TOO_LOW');
    if (expected.exception !== undefined) return reasons;
    if (sender !== expected.sender?.toLowerCase()) reasons.push(`sender ${sender}`);
    if (transactionHash(transaction) !== expected.hash) reasons.push(`hash ${transactionHash(transaction)}`);
    if (intrinsic !== toBigint(expected.intrinsicGas)) reasons.push(`intrinsic gas ${intrinsic}`);
  } catch (error) {
    reasons.push(...namesOf(error));
  }
  return reasons;
}

const machines = new Map<ForkName, Evm>();

function machineOf(fork: ForkName): Evm {
  const known = machines.get(fork);
  if (known !== undefined) return known;
  const machine = createEvm({ fork });
  machines.set(fork, machine);
  return machine;
}

function check(bytes: Uint8Array, network: string, expected: Expectation): string | undefined {
  const fork = forkOfNetwork(network);
  if (fork === undefined) return `no fork is called ${network}`;
  const reasons = refusals(bytes, fork, machineOf(fork), expected);
  if (expected.exception === undefined) return reasons.length === 0 ? undefined : reasons.join();
  if (reasons.length === 0) return `taken, expected ${expected.exception}`;
  const names = expected.exception.split('|').map((name) => name.slice(name.indexOf('.') + 1));
  return names.some((name) => reasons.includes(name))
    ? undefined
    : `${reasons.join()}, expected ${expected.exception}`;
}

/** Transaction tests: bytes and what each fork makes of them. A record is a file, as published. */
export const transactionSuite: Suite = {
  kind: 'records',
  accepts: (record) =>
    Object.values(record).some((test) => typeof test === 'object' && test !== null && 'txbytes' in test),
  run: (record, cases) => {
    for (const [name, test] of Object.entries(record)) {
      if (typeof test !== 'object' || test === null || !('txbytes' in test)) continue;
      const { txbytes, result } = test as TransactionTest;
      for (const [network, expected] of Object.entries(result)) {
        cases.check(`${String(record['name'])} ${name} ${network}`, () =>
          check(hexToBytes(txbytes), network, expected),
        );
      }
    }
  },
};
