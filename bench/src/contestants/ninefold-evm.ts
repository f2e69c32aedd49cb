import type { Bytes, Hex } from '@ninefold/base';
import { bytesToHex, EMPTY_BYTES, hexToBytes } from '@ninefold/base';
import { keccak256 } from '@ninefold/crypto';
import type { Account, BlockEnvironment, StateChanges, StateView, Transaction } from '@ninefold/vm-evm';
import { createEvm } from '@ninefold/vm-evm';
import { cpuOfThisProcess } from '../process.ts';
import { gasOfTransaction, readPrograms } from '../programs.ts';
import type { Contestant } from '../rounds.ts';

const CALLER: Hex = '0x1111111111111111111111111111111111111111';
const ZERO_ADDRESS: Hex = '0x0000000000000000000000000000000000000000';
const GAS_LIMIT = 1_000_000_000n;

const BLOCK: BlockEnvironment = {
  chainId: 1n,
  number: 1n,
  timestamp: 1_700_000_000n,
  gasLimit: GAS_LIMIT,
  coinbase: ZERO_ADDRESS,
  difficulty: 0n,
  prevRandao: `0x${'00'.repeat(32)}`,
  baseFee: 0n,
  blobBaseFee: 1n,
  slotNumber: 0n,
};

/** The workload programs as transactions on `createEvm`, over accounts in maps. */
export async function createContestant(vectors: string): Promise<Contestant> {
  const programs = readPrograms(vectors);
  const evm = createEvm({ fork: 'cancun' });
  const accounts = new Map<Hex, Account>();
  const codes = new Map<Hex, Bytes>();
  const storage = new Map<Hex, ReadonlyMap<Hex, Hex>>();
  const view: StateView = {
    account: (address) => accounts.get(address),
    storage: (address, slot) => storage.get(address)?.get(slot),
    hasStorage: (address) => storage.has(address),
    code: (hash) => codes.get(hash) ?? EMPTY_BYTES,
    blockHash: () => undefined,
  };
  const apply = (changes: StateChanges): void => {
    for (const [hash, code] of changes.codes) codes.set(hash, code);
    for (const [address, change] of changes.accounts) {
      if (change.account !== undefined) accounts.set(address, change.account);
      if (change.storage.size > 0) storage.set(address, change.storage);
    }
  };
  let nonce = 0n;
  const execute = (to: Hex | undefined, data: Bytes) => {
    const transaction: Transaction = {
      type: 0,
      from: CALLER,
      to,
      nonce,
      gasLimit: GAS_LIMIT,
      maxFeePerGas: 0n,
      maxPriorityFeePerGas: 0n,
      value: 0n,
      data,
    };
    const outcome = evm.transact(transaction, BLOCK, view, { skipFees: true });
    if (!outcome.valid || outcome.status !== 'success') throw new Error(JSON.stringify(outcome, replacer));
    return outcome;
  };

  accounts.set(CALLER, { nonce: 0n, balance: 10n ** 24n, codeHash: bytesToHex(keccak256(EMPTY_BYTES)) });
  const addresses = new Map<string, Hex>();
  for (const [name, { initcode }] of Object.entries(programs.contracts)) {
    const { changes, createdAddress } = execute(undefined, hexToBytes(initcode));
    apply(changes);
    nonce++;
    addresses.set(name, createdAddress!);
  }
  return {
    name: 'ninefold',
    sample: (name) => {
      const run = programs.runs.find((candidate) => candidate.name === name)!;
      const data = hexToBytes(run.calldata);
      const before = cpuOfThisProcess();
      const { gasUsed, output } = execute(addresses.get(run.contract), data);
      const figure = cpuOfThisProcess() - before;
      if (Number(gasUsed) !== gasOfTransaction(run) || bytesToHex(output) !== run.returnData) {
        throw new Error(`${name}: ${gasUsed} gas, ${bytesToHex(output)}`);
      }
      return Promise.resolve(figure);
    },
    close: () => Promise.resolve(),
  };
}

function replacer(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
