import type { Bytes } from '@ninefold/base';
import { addressBytes, type FeatureSet, PROGRAM } from '@ninefold/vm-svm';
import { DEFAULT_UNITS, HEAP, MAX_LOADED_DATA_BYTES, MAX_UNIT_LIMIT } from '../spec/budget.ts';
import { MICRO_LAMPORTS_PER_LAMPORT } from '../spec/fees.ts';
import { addressKey, type AddressKey } from './address-key.ts';
import { instructionError, type TransactionError } from './errors.ts';
import type { CompiledInstruction, Message, V1Config } from './message.ts';

/** What a transaction may use, and what it offers for that. */
export type ComputeBudget = {
  readonly unitLimit: number;
  readonly heapBytes: number;
  readonly loadedDataLimit: number;
  /** Lamports. */
  readonly priorityFee: bigint;
};

const keyOf = (address: string): AddressKey => addressKey(addressBytes(address));

const COMPUTE_BUDGET: AddressKey = keyOf(PROGRAM.computeBudget);
const VOTE: AddressKey = keyOf(PROGRAM.vote);

/** Programs whose instructions get the smaller share; secp256r1 came too late to be one. */
const BUILTINS: ReadonlySet<AddressKey> = new Set(
  [
    PROGRAM.system,
    PROGRAM.computeBudget,
    PROGRAM.vote,
    PROGRAM.loaderV1,
    PROGRAM.loaderV2,
    PROGRAM.loaderV3,
    PROGRAM.ed25519,
    PROGRAM.secp256k1,
  ].map(keyOf),
);

/** Fields that compute budget instructions set, by their tag. */
const FIELDS = [undefined, 'heapBytes', 'unitLimit', 'unitPrice', 'loadedDataLimit'] as const;
type Field = NonNullable<(typeof FIELDS)[number]>;

type Request = { readonly value: bigint; readonly instruction: number };

const U64_MAX = 2n ** 64n - 1n;

/** What one compute budget instruction asks for; what follows in its data is ignored. */
function decode(data: Bytes): readonly [field: Field, value: bigint] | undefined {
  const field = FIELDS[data[0] ?? 0];
  if (field === undefined || data.length < (field === 'unitPrice' ? 9 : 5)) return undefined;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return [field, field === 'unitPrice' ? view.getBigUint64(1, true) : BigInt(view.getUint32(1, true))];
}

const isHeapSize = (bytes: number): boolean =>
  bytes >= HEAP.min && bytes <= HEAP.max && bytes % HEAP.granularity === 0;

function budgetOfV1(config: V1Config): ComputeBudget {
  return {
    unitLimit: Math.min(config.unitLimit ?? 0, MAX_UNIT_LIMIT),
    heapBytes: config.heapBytes ?? HEAP.min,
    loadedDataLimit: Math.min(config.loadedDataLimit ?? 0, MAX_LOADED_DATA_BYTES),
    priorityFee: config.priorityFee ?? 0n,
  };
}

function priorityFeeOf(price: bigint, units: number): bigint {
  if (price === 0n) return 0n;
  const fee = (price * BigInt(units) + MICRO_LAMPORTS_PER_LAMPORT - 1n) / MICRO_LAMPORTS_PER_LAMPORT;
  return fee > U64_MAX ? U64_MAX : fee;
}

function isBuiltin(key: AddressKey, features: FeatureSet): boolean {
  // With this feature the vote program counts as one that has become an ordinary program.
  if (key === VOTE && features.has('bls_pubkey_management_in_vote_account')) return false;
  return BUILTINS.has(key);
}

/**
 * The budget of a message: what its compute budget instructions say, or its configuration in
 * version 1; otherwise the defaults. `keys` are those of the message itself.
 */
export function computeBudgetOf(
  message: Message,
  keys: readonly AddressKey[],
  features: FeatureSet,
): { readonly budget: ComputeBudget } | { readonly error: TransactionError } {
  if (message.version === 1) return { budget: budgetOfV1(message.config) };
  const requests = new Map<Field, Request>();
  let defaultUnits = 0;
  for (let index = 0; index < message.instructions.length; index++) {
    const { program, data } = message.instructions[index] as CompiledInstruction;
    const key = keys[program] as AddressKey;
    defaultUnits += isBuiltin(key, features) ? DEFAULT_UNITS.builtin : DEFAULT_UNITS.program;
    if (key !== COMPUTE_BUDGET) continue;
    const decoded = decode(data);
    if (decoded === undefined) return { error: instructionError(index, 'InvalidInstructionData') };
    const [field, value] = decoded;
    if (requests.has(field)) return { error: { DuplicateInstruction: index } };
    requests.set(field, { value, instruction: index });
  }
  const numberOf = (field: Field, fallback: number): number => Number(requests.get(field)?.value ?? fallback);
  const heapBytes = numberOf('heapBytes', HEAP.min);
  if (!isHeapSize(heapBytes)) {
    const { instruction } = requests.get('heapBytes') as Request;
    return { error: instructionError(instruction, 'InvalidInstructionData') };
  }
  const loadedDataLimit = numberOf('loadedDataLimit', MAX_LOADED_DATA_BYTES);
  if (loadedDataLimit === 0) return { error: 'InvalidLoadedAccountsDataSizeLimit' };
  const unitLimit = Math.min(numberOf('unitLimit', defaultUnits), MAX_UNIT_LIMIT);
  return {
    budget: {
      unitLimit,
      heapBytes,
      loadedDataLimit: Math.min(loadedDataLimit, MAX_LOADED_DATA_BYTES),
      priorityFee: priorityFeeOf(requests.get('unitPrice')?.value ?? 0n, unitLimit),
    },
  };
}
