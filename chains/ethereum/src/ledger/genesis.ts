import type { Bytes, Hex } from '@ninefold/base';
import { bytesToHex, defineErrors, EMPTY_BYTES, hexToBytes, isHex, padLeft } from '@ninefold/base';
import type { AccountChange, StateChanges } from '@ninefold/vm-evm';
import { isAtLeast } from '@ninefold/vm-evm';
import type { ChainConfig } from '../spec/chain-config.ts';
import { blobScheduleAt, forkAt } from '../spec/chain-config.ts';
import { INITIAL_BASE_FEE } from '../spec/fees.ts';
import { parseGethConfig } from '../spec/geth-config.ts';
import { predeploys } from '../spec/predeploys.ts';
import { codeHashOf } from './account.ts';
import { EMPTY_BLOOM } from './bloom.ts';
import type { Header } from './header.ts';
import { EMPTY_OMMERS_HASH, EMPTY_ROOT, ZERO_ADDRESS, ZERO_HASH, ZERO_NONCE } from './header.ts';
import { requestsHash } from './requests.ts';

/** An account to begin with; what is left out is zero. */
export type GenesisAccount = {
  readonly balance?: bigint | undefined;
  readonly nonce?: bigint | undefined;
  readonly code?: Bytes | undefined;
  readonly storage?: ReadonlyMap<Hex, Hex> | undefined;
};

/** Where a chain begins. Header fields a fork does not have are ignored before it. */
export type Genesis = {
  readonly config: ChainConfig;
  readonly accounts: ReadonlyMap<Hex, GenesisAccount>;
  readonly number: bigint;
  readonly timestamp: bigint;
  readonly gasLimit: bigint;
  readonly gasUsed: bigint;
  readonly difficulty: bigint;
  readonly beneficiary: Hex;
  readonly extraData: Bytes;
  readonly mixHash: Hex;
  readonly nonce: Hex;
  readonly parentHash: Hex;
  readonly baseFeePerGas: bigint | undefined;
  readonly blobGasUsed: bigint | undefined;
  readonly excessBlobGas: bigint | undefined;
  readonly parentBeaconBlockRoot: Hex | undefined;
};

const fail = defineErrors({
  GENESIS_INVALID: (c: { readonly field: string; readonly expected: string }) =>
    `${c.field} of the genesis file is not ${c.expected}`,
});

/** EIP-7935 */
export const DEFAULT_GAS_LIMIT = 60_000_000n;

/**
 * The genesis of a development chain: `accounts` beside the system contracts of its fork.
 *
 * @example devGenesis({ config: createDevConfig(), timestamp: 0n, accounts: new Map([[alice, { balance }]]) })
 */
export function devGenesis(options: {
  readonly config: ChainConfig;
  readonly timestamp: bigint;
  readonly accounts?: ReadonlyMap<Hex, GenesisAccount> | undefined;
  readonly gasLimit?: bigint | undefined;
  readonly baseFeePerGas?: bigint | undefined;
  readonly number?: bigint | undefined;
}): Genesis {
  const { config, timestamp, accounts = new Map(), number = 0n } = options;
  const fork = forkAt(config, { number, timestamp, totalDifficulty: 0n });
  return {
    config,
    accounts: new Map([...predeploys(fork), ...accounts]),
    number,
    timestamp,
    gasLimit: options.gasLimit ?? DEFAULT_GAS_LIMIT,
    gasUsed: 0n,
    difficulty: isAtLeast(fork, 'paris') ? 0n : 1n,
    beneficiary: ZERO_ADDRESS,
    extraData: EMPTY_BYTES,
    mixHash: ZERO_HASH,
    nonce: ZERO_NONCE,
    parentHash: ZERO_HASH,
    baseFeePerGas: options.baseFeePerGas,
    blobGasUsed: undefined,
    excessBlobGas: undefined,
    parentBeaconBlockRoot: undefined,
  };
}

/** A genesis file as geth and most other clients read it, parsed from JSON. */
export type GethGenesis = Readonly<Record<string, unknown>>;

/**
 * Reads a geth-style genesis file.
 *
 * @throws `GENESIS_INVALID`, `GENESIS_INVALID_CONFIG`
 * @example parseGethGenesis(JSON.parse(text))
 */
export function parseGethGenesis(json: GethGenesis): Genesis {
  return {
    config: parseGethConfig(asObject(json['config'] ?? {}, 'config')),
    accounts: new Map(
      Object.entries(asObject(json['alloc'] ?? {}, 'alloc')).map(([address, account]) => [
        asFixed(withPrefix(address), 20, `alloc.${address}`),
        parseAccount(asObject(account, `alloc.${address}`), `alloc.${address}`),
      ]),
    ),
    number: asInteger(json['number'], 'number') ?? 0n,
    timestamp: asInteger(json['timestamp'], 'timestamp') ?? 0n,
    gasLimit: asInteger(json['gasLimit'], 'gasLimit') ?? DEFAULT_GAS_LIMIT,
    gasUsed: asInteger(json['gasUsed'], 'gasUsed') ?? 0n,
    difficulty: asInteger(json['difficulty'], 'difficulty') ?? 0n,
    beneficiary: asFixed(json['coinbase'] ?? ZERO_ADDRESS, 20, 'coinbase'),
    extraData: asBytes(json['extraData'] ?? '0x', 'extraData'),
    mixHash: asFixed(json['mixHash'] ?? json['mixhash'] ?? ZERO_HASH, 32, 'mixHash'),
    nonce: parseNonce(json['nonce']),
    parentHash: asFixed(json['parentHash'] ?? ZERO_HASH, 32, 'parentHash'),
    baseFeePerGas: asInteger(json['baseFeePerGas'], 'baseFeePerGas'),
    blobGasUsed: asInteger(json['blobGasUsed'], 'blobGasUsed'),
    excessBlobGas: asInteger(json['excessBlobGas'], 'excessBlobGas'),
    parentBeaconBlockRoot:
      json['parentBeaconBlockRoot'] === undefined
        ? undefined
        : asFixed(json['parentBeaconBlockRoot'], 32, 'parentBeaconBlockRoot'),
  };
}

/** What the genesis accounts make of an empty world. */
export function genesisChanges(genesis: Genesis): StateChanges {
  const accounts = new Map<Hex, AccountChange>();
  const codes = new Map<Hex, Bytes>();
  for (const [address, { balance = 0n, nonce = 0n, code = EMPTY_BYTES, storage }] of genesis.accounts) {
    const codeHash = codeHashOf(code);
    if (code.length > 0) codes.set(codeHash, code);
    accounts.set(address, {
      account: { nonce, balance, codeHash },
      storageCleared: true,
      storage: new Map(Array.from(storage ?? []).filter(([, value]) => BigInt(value) !== 0n)),
    });
  }
  return { accounts, codes };
}

/** The header of block 0 (or of the number the genesis begins with) with this state. */
export function genesisHeader(genesis: Genesis, stateRoot: Hex): Header {
  const { config, number, timestamp } = genesis;
  const fork = forkAt(config, { number, timestamp, totalDifficulty: 0n });
  const since = <Value>(first: Parameters<typeof isAtLeast>[1], value: Value): Value | undefined =>
    isAtLeast(fork, first) ? value : undefined;
  const hasBlobs = blobScheduleAt(config, fork) !== undefined && isAtLeast(fork, 'cancun');
  return {
    parentHash: genesis.parentHash,
    ommersHash: EMPTY_OMMERS_HASH,
    beneficiary: genesis.beneficiary,
    stateRoot,
    transactionsRoot: EMPTY_ROOT,
    receiptsRoot: EMPTY_ROOT,
    logsBloom: EMPTY_BLOOM,
    difficulty: genesis.difficulty,
    number,
    gasLimit: genesis.gasLimit,
    gasUsed: genesis.gasUsed,
    timestamp,
    extraData: genesis.extraData,
    mixHash: genesis.mixHash,
    nonce: genesis.nonce,
    baseFeePerGas: since('london', genesis.baseFeePerGas ?? INITIAL_BASE_FEE),
    withdrawalsRoot: since('shanghai', EMPTY_ROOT),
    blobGasUsed: hasBlobs ? (genesis.blobGasUsed ?? 0n) : undefined,
    excessBlobGas: hasBlobs ? (genesis.excessBlobGas ?? 0n) : undefined,
    parentBeaconBlockRoot: since('cancun', genesis.parentBeaconBlockRoot ?? ZERO_HASH),
    requestsHash: since('prague', requestsHash([])),
    blockAccessListHash: undefined,
    slotNumber: undefined,
  };
}

function parseAccount(json: GethGenesis, field: string): GenesisAccount {
  const storage = Object.entries(asObject(json['storage'] ?? {}, `${field}.storage`)).map(
    ([slot, value]) =>
      [asWord(withPrefix(slot), `${field}.storage`), asWord(value, `${field}.storage.${slot}`)] as const,
  );
  return {
    balance: asInteger(json['balance'], `${field}.balance`),
    nonce: asInteger(json['nonce'], `${field}.nonce`),
    code: asBytes(json['code'] ?? '0x', `${field}.code`),
    storage: new Map(storage),
  };
}

/** geth writes the nonce as a number or as 8 bytes. */
function parseNonce(value: unknown): Hex {
  const nonce = asInteger(value, 'nonce') ?? 0n;
  return `0x${nonce.toString(16).padStart(16, '0')}`;
}

function withPrefix(hex: string): string {
  return hex.startsWith('0x') ? hex : `0x${hex}`;
}

function asObject(value: unknown, field: string): GethGenesis {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as GethGenesis;
  throw fail('GENESIS_INVALID', { field, expected: 'an object' });
}

function asInteger(value: unknown, field: string): bigint | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  if (typeof value === 'string' && /^(0x[\da-fA-F]+|\d+)$/.test(value)) return BigInt(value);
  throw fail('GENESIS_INVALID', { field, expected: 'an unsigned integer' });
}

function asBytes(value: unknown, field: string): Bytes {
  if (isHex(value)) return hexToBytes(value);
  throw fail('GENESIS_INVALID', { field, expected: 'hex' });
}

function asFixed(value: unknown, length: number, field: string): Hex {
  if (isHex(value, length)) return value.toLowerCase() as Hex;
  throw fail('GENESIS_INVALID', { field, expected: `hex of ${length} bytes` });
}

/** A slot or its value: hex of any length up to a word. */
function asWord(value: unknown, field: string): Hex {
  if (typeof value !== 'string' || !/^0x[\da-fA-F]{0,64}$/.test(value)) {
    throw fail('GENESIS_INVALID', { field, expected: 'hex of at most 32 bytes' });
  }
  const digits = value.slice(2);
  return bytesToHex(padLeft(hexToBytes(`0x${digits.length % 2 === 0 ? digits : `0${digits}`}`), 32));
}
